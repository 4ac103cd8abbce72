// SPDX-License-Identifier: Apache-2.0
// Groups: which multicast groups the sockets and the stack itself listen to, of both families, with source
// filters (RFC 3376 2 and 3, RFC 3810 3 and 4), and what IGMP and MLD have to tell the routers of that. It
// sends nothing itself, but says what its owner has to.
#pragma once

#include "core/ip/group_reports.hpp"
#include "core/ip/igmp_wire.hpp"
#include "core/ip/mld_wire.hpp"

namespace linnet::ip {

/// Whose membership: a socket's, known by a number of its owner's choice.
struct Membership {
  std::uint32_t owner = 0;
  std::uint8_t interface = 0;
  IpAddress group{};  ///< its zone does not count: `interface` says it

  bool operator==(const Membership&) const = default;
};

/// RFC 3678 4.1.2 and 4.1.3: what a socket does to its source list.
enum class SourceChange : std::uint8_t {
  join,     ///< JOIN_SOURCE_GROUP: one more of INCLUDE
  leave,    ///< LEAVE_SOURCE_GROUP: one less; without any it has left the group
  block,    ///< BLOCK_SOURCE: one more of EXCLUDE
  unblock,  ///< UNBLOCK_SOURCE
};

enum class GroupError : std::uint8_t {
  none,
  no_interface,
  not_a_group,
  bad_source,       ///< of the other family, unspecified or a group
  wrong_mode,       ///< INCLUDE where it has to be EXCLUDE, or the other way round
  already_listed,   ///< of join and block
  not_listed,       ///< of leave and unblock
  no_source_room,   ///< more than Config::group_sources
  no_request_room,  ///< more than Config::group_requests
  no_group_room,    ///< more than Config::groups
};

class Groups {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<InterfaceGroup>(config.groups) +
           Arena::bytes_for<GroupSource>(std::size_t{config.groups} * config.group_sources) +
           Arena::bytes_for<Request>(config.group_requests) +
           Arena::bytes_for<IpAddress>(std::size_t{config.group_requests} * config.group_sources) +
           GroupReports::memory_needed(config);
  }
  Groups(const Config& config, Arena& arena, Random& random);

  // What sockets want. A failure changes nothing.
  /// Replaces the owner's filter; one that wants nothing leaves the group, which always works. Its sources
  /// may be those that filter_of() yields.
  [[nodiscard]] GroupError set(const Membership& who, const SourceFilter& filter, Instant now);
  [[nodiscard]] GroupError change_source(const Membership& who, SourceChange change, const IpAddress& source,
                                         Instant now);
  void leave_all(std::uint32_t owner, Instant now);
  /// Nothing: not a member. The sources are valid until the next change.
  std::optional<SourceFilter> filter_of(const Membership& who) const;

  // What the stack wants itself, such as solicited-node groups: counted, since addresses may share one.
  [[nodiscard]] GroupError join_own(std::uint8_t interface, const IpAddress& group, Instant now);
  void leave_own(std::uint8_t interface, const IpAddress& group, Instant now);

  /// Somebody listens. Groups of all hosts always are (RFC 3376 5, RFC 3810 6).
  bool wants(std::uint8_t interface, const IpAddress& group, const IpAddress& source) const;
  /// The filter of this member lets it through (RFC 3376 3.1); without a membership only what goes to all
  /// hosts.
  bool allows(const Membership& who, const IpAddress& source) const;

  /// A link begins down. When it is up, all its groups are reported; without a link nothing is.
  void set_link(std::uint8_t interface, bool up, Instant now) { reports_.set_link(interface, up, now); }
  /// RFC 3590 4: for when there is an own address at last, and earlier reports had none.
  void report_again(std::uint8_t interface, bool v4, Instant now) {
    reports_.report_again(interface, v4, now);
  }

  /// An IGMP message, without its IP header, to an address of ours or a group that is wanted.
  Drop receive_igmp(std::uint8_t interface, Bytes message, const igmp::Envelope& envelope, Instant now);
  /// An ICMPv6 message of the types of MLD whose checksum is right.
  Drop receive_mld(std::uint8_t interface, Bytes message, const mld::Envelope& envelope, Instant now);

  /// What has to be sent now; call until there is nothing. It stays due until it is written.
  std::optional<GroupMessage> next_due(Instant now) { return reports_.next_due(now); }
  /// Writes the message of next_due() into `room`, which is what an IP packet of the link has space for; the
  /// rest becomes another message. The checksum of MLD is left zero. Its size; 0: nothing to send after all,
  /// or no room for it, and then it is given up.
  std::size_t write(const GroupMessage& message, MutableBytes room, Instant now) {
    return reports_.write(message, room, now);
  }
  Instant next_deadline() const { return reports_.next_deadline(); }

  /// For the filter of a device; rows that are not used(), or not active() any more, between them.
  std::span<const InterfaceGroup> all() const { return rows_; }
  void digest(Digest& digest) const;

 private:
  struct Request {
    bool used = false;
    Membership who;
    FilterMode mode = FilterMode::include;
    SourceList sources;

    SourceFilter filter() const { return {mode, sources.all()}; }
  };
  const Request* find(const Membership& who) const;
  Request* find(const Membership& who);
  const InterfaceGroup* row(std::uint8_t interface, const IpAddress& group) const;
  InterfaceGroup* row(std::uint8_t interface, const IpAddress& group);
  GroupError check(std::uint8_t interface, const IpAddress& group) const;
  GroupError check(const Membership& who, std::span<const IpAddress> sources) const;
  /// The row of a group, made if need be; null: no room.
  InterfaceGroup* row_for(std::uint8_t interface, const IpAddress& group);
  Request* request_for(const Membership& who, GroupError& error);
  void drop(Request& request, Instant now);
  /// Merges all that is wanted of a group.
  void update(std::uint8_t interface, const IpAddress& group, Instant now);

  std::uint8_t interfaces_;
  std::span<InterfaceGroup> rows_;
  std::span<Request> requests_;
  GroupReports reports_;
};

}  // namespace linnet::ip
