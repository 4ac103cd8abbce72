// SPDX-License-Identifier: Apache-2.0
// GroupReports: the machine of a host in IGMP (RFC 3376 5 and 7) and MLD (RFC 3810 6 and 8). It sends nothing
// itself, but says what its owner has to, and writes it.
#pragma once

#include "core/base/arena.hpp"
#include "core/base/random.hpp"
#include "core/ip/config.hpp"
#include "core/ip/group_querier.hpp"
#include "core/ip/interface_group.hpp"

namespace linnet::ip {

/// A message that has to be sent with a TTL or hop limit of 1 and Router Alert, and of IPv4 with a type of
/// service of 0xc0 (RFC 3376 4, RFC 3810 5). Without an own address the source is unspecified (RFC
/// 3376 4.2.13, RFC 3810 5.2.13); MLD's has to be link-local.
struct GroupMessage {
  enum class Kind : std::uint8_t {
    changes,  ///< a state-change report
    answers,  ///< a current-state report
    report,   ///< of one group, to a querier of an older version
    leave,    ///< IGMPv2's Leave Group or MLDv1's Done
  };
  Kind kind = Kind::changes;
  std::uint8_t interface = 0;
  bool v4 = false;  ///< IGMP, or MLD
  IpAddress destination{};
  IpAddress group{};  ///< of report and leave
};

class GroupReports {
 public:
  /// RFC 3376 8.11, RFC 3810 9.11; and of the older versions RFC 2236 8.10, RFC 2710 7.10.
  static constexpr Duration unsolicited_interval = Duration::seconds(1);
  static constexpr Duration older_unsolicited_interval = Duration::seconds(10);
  /// What a maximum response time of 0 is taken for, so that a flood of such queries has few answers.
  static constexpr Duration least_delay = Duration::milliseconds(10);

  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Link>(config.interfaces);
  }
  GroupReports(const Config& config, Arena& arena, Random& random, std::span<InterfaceGroup> rows);

  /// Down: nothing is pending any more, and the queriers are forgotten. Up: all groups are reported.
  void set_link(std::uint8_t interface, bool up, Instant now);
  void report_again(std::uint8_t interface, bool v4, Instant now);

  /// How often the routers are told of a change in `row`; 0 when it is not by state-change reports.
  std::uint8_t robustness(const InterfaceGroup& row) const;
  /// `row` has been changed, and `was_active` before.
  void changed(InterfaceGroup& row, bool was_active, bool differs, Instant now);

  void query(std::uint8_t interface, bool v4, const GroupQuery& query, Instant now);
  /// Somebody else reported `group` in an older version.
  void heard_report(std::uint8_t interface, const IpAddress& group);

  std::optional<GroupMessage> next_due(Instant now);
  std::size_t write(const GroupMessage& message, MutableBytes room, Instant now);
  Instant next_deadline() const { return deadline_; }
  void digest(Digest& digest) const;

 private:
  using Kind = GroupMessage::Kind;
  struct Link {
    bool up = false;
    std::array<GroupQuerier, 2> queriers{};  // of IPv6, of IPv4
  };
  GroupQuerier& querier(std::uint8_t interface, bool v4) { return links_[interface].queriers[v4 ? 1 : 0]; }
  const GroupQuerier& querier(const InterfaceGroup& row) const {
    return links_[row.interface].queriers[row.group.is_v4() ? 1 : 0];
  }
  bool reports(const InterfaceGroup& row) const { return links_[row.interface].up && row.reported(); }
  InterfaceGroup* find(std::uint8_t interface, const IpAddress& group);
  template <typename Do>
  void each(std::uint8_t interface, bool v4, const Do& action) {
    for (InterfaceGroup& row : rows_) {
      if (row.used() && row.interface == interface && row.group.is_v4() == v4) action(row);
    }
  }

  void cancel(std::uint8_t interface, bool v4);
  void advance(Instant now);
  void changed_older(InterfaceGroup& row, bool was_active, Instant now);
  void query_newest(std::uint8_t interface, bool v4, const GroupQuery& query, Duration most, Instant now);
  void query_older(InterfaceGroup& row, Duration most, Instant now);
  std::optional<GroupMessage> due(InterfaceGroup& row, Instant now);
  std::size_t write_records(const GroupMessage& message, MutableBytes room, Instant now);
  std::size_t write_older(const GroupMessage& message, MutableBytes room, Instant now);
  void sent(InterfaceGroup& row, Kind kind, Instant now);
  Duration up_to(Duration most) { return random_.between(Duration::microseconds(1), most); }
  void look_ahead();

  Random& random_;
  std::span<InterfaceGroup> rows_;
  std::span<Link> links_;
  Instant deadline_ = Instant::never();
};

}  // namespace linnet::ip
