// SPDX-License-Identifier: Apache-2.0
// InterfaceGroup: what an interface wants of one group (RFC 3376 3.2, RFC 3810 4.2), and what of it the
// routers still have to be told: the state of RFC 3376 5.1 and 5.2, RFC 3810 6.1 and 6.2.
#pragma once

#include <utility>

#include "core/base/digest.hpp"
#include "core/base/time.hpp"
#include "core/ip/membership_wire.hpp"
#include "core/ip/source_filter.hpp"
#include "core/ip/well_known_group.hpp"

namespace linnet::ip {

// Every host belongs to these, and tells nobody (RFC 3376 5, RFC 3810 6).
constexpr IpAddress all_systems = IpAddress::v4(224, 0, 0, 1);
constexpr IpAddress all_nodes_interface = well_known_group(1, 1);
constexpr IpAddress all_nodes_link = well_known_group(2, 1);

struct GroupSource {
  IpAddress address{};
  bool listed = false;      ///< in the source list of the interface
  bool was_listed = false;  ///< before the change that is being made
  bool queried = false;     ///< a group-and-source-specific query asked about it
  std::uint8_t left = 0;    ///< state-change reports that still have to name it

  bool needed() const { return listed || was_listed || queried || left > 0; }
};

/// How far a message came that could not hold everything.
struct ReportCursor {
  std::uint8_t record = 0;
  std::uint8_t source = 0;
};

struct InterfaceGroup {
  IpAddress group{};  ///< unspecified: no row
  std::uint8_t interface = 0;
  FilterMode mode = FilterMode::include;
  std::uint8_t own = 0;                  ///< how often the stack itself has joined
  std::uint8_t mode_left = 0;            ///< reports that still have to tell the whole state
  bool last_reporter = true;             ///< RFC 2236 6, RFC 2710 5: nobody else reported after us
  bool specific = false;                 ///< the pending answer is about the queried sources only
  Instant change_at = Instant::never();  ///< of the next state-change or unsolicited report
  Instant answer_at = Instant::never();  ///< of the answer to a query: the group timer of RFC 3376 5.2
  ReportCursor change_cursor{};
  ReportCursor answer_cursor{};
  std::span<GroupSource> sources{};  ///< fixed room; entries that are not needed are free

  bool used() const { return !group.is_unspecified(); }
  /// There is reception state: somebody listens to it.
  bool active() const;
  bool permits(const IpAddress& source) const;
  /// RFC 3376 5, RFC 3810 6: routers are told of it.
  bool reported() const;

  // A change: first begin, then list() for each source of the new filter, then end.
  void begin_change();
  /// When the room ends, the memory of what was listed before is given up, and after that the list: then the
  /// interface takes the group from all, and the sockets' own filters remain.
  void list(const IpAddress& source);
  /// Notes what `robustness` state-change reports have to tell of the difference; 0: none. True when it
  /// differs.
  bool end_change(FilterMode new_mode, std::uint8_t robustness);
  /// As if it had been joined just now.
  void tell_again(std::uint8_t robustness);

  bool change_pending() const;
  /// A state-change report is out.
  void change_sent();
  /// RFC 3376 5.2 rules 3 to 5.
  void queried(const membership::Sources& about, Instant at);
  /// The answer is out, or not wanted any more.
  void answered();
  void answer_whole(Instant at);
  /// All that was pending is not.
  void cancel();
  /// Frees the row unless somebody listens or reports are pending.
  void settle();

  /// The sources from index `from` on that belong into a record (the tables of RFC 3376 5.1 and 5.2).
  std::size_t count(membership::RecordType type, std::size_t from = 0) const;
  /// Writes `most` of those; the index of what comes next.
  std::size_t write_sources(Writer& writer, membership::RecordType type, std::size_t from,
                            std::size_t most) const;

  void digest(Digest& digest) const;

 private:
  GroupSource* find(const IpAddress& source);
  GroupSource* free_source();
  bool belongs(const GroupSource& source, membership::RecordType type) const;

  bool overflow_ = false;  ///< of the change: more sources than room
  bool lost_ = false;      ///< of the change: what was listed before is not known any more
};

}  // namespace linnet::ip
