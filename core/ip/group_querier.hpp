// SPDX-License-Identifier: Apache-2.0
// GroupQuerier: what the queriers of one link and one family say and how old they are (RFC 3376 7.2.1 and 8,
// RFC 3810 8.2.1 and 9).
#pragma once

#include "core/base/time.hpp"
#include "core/ip/membership_wire.hpp"

namespace linnet::ip {

/// RFC 3376 7.2.1, RFC 3810 8.2.1: the Host Compatibility Mode.
enum class HostMode : std::uint8_t {
  igmp_v1,  ///< RFC 1112; none of IPv6 is so old
  older,    ///< IGMPv2 (RFC 2236), and MLDv1 (RFC 2710), which is made after it
  newest,   ///< IGMPv3, MLDv2
};

/// A query of either family.
struct GroupQuery {
  HostMode version = HostMode::newest;
  Duration maximum_delay;
  IpAddress group{};            ///< unspecified: a general query
  std::uint8_t robustness = 0;  ///< QRV; 0: not told
  std::uint32_t interval = 0;   ///< QQI in seconds; 0: not told
  membership::Sources sources{};

  bool general() const { return group.is_unspecified(); }
};

class GroupQuerier {
 public:
  /// RFC 3376 8.1 and 8.2, RFC 3810 9.1 and 9.2.
  static constexpr std::uint8_t default_robustness = 2;
  static constexpr Duration default_interval = Duration::seconds(125);

  HostMode mode() const {
    if (!v1_until_.is_never()) return HostMode::igmp_v1;
    return older_until_.is_never() ? HostMode::newest : HostMode::older;
  }
  std::uint8_t robustness() const { return robustness_; }

  /// True when the mode is another one now: then all that is pending has to be cancelled (RFC 3376 7.2.1).
  bool heard(const GroupQuery& query, Instant now) {
    const HostMode before = mode();
    // RFC 3376 8.12: the Older Version Querier Present Timeout.
    const Instant until = now + interval_ * robustness_ + query.maximum_delay;
    if (query.version == HostMode::igmp_v1) v1_until_ = until;
    if (query.version == HostMode::older && query.general()) older_until_ = until;
    if (query.version == HostMode::newest) {
      robustness_ = query.robustness != 0 ? query.robustness : default_robustness;
      interval_ = query.interval != 0 ? Duration::seconds(query.interval) : default_interval;
    }
    return mode() != before;
  }
  /// The same, for the time that passes.
  bool expire(Instant now) {
    const HostMode before = mode();
    if (v1_until_ <= now) v1_until_ = Instant::never();
    if (older_until_ <= now) older_until_ = Instant::never();
    return mode() != before;
  }
  Instant next_deadline() const { return earlier(earlier(v1_until_, older_until_), general_at); }

  Instant general_at = Instant::never();  ///< the interface timer of RFC 3376 5.2

 private:
  std::uint8_t robustness_ = default_robustness;
  Duration interval_ = default_interval;
  Instant v1_until_ = Instant::never();  ///< IGMPv1 Querier Present; never: none
  Instant older_until_ = Instant::never();
};

}  // namespace linnet::ip
