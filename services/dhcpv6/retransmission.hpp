// SPDX-License-Identifier: Apache-2.0
// Retransmission: when a message of one exchange is sent again, and when the exchange fails (RFC 8415 15);
// the parameters of RFC 8415 7.6; and the brake on all exchanges together (14.1).
#pragma once

#include "core/base/random.hpp"
#include "core/base/time.hpp"

namespace linnet::dhcpv6 {

/// RFC 8415 7.6, in its words and order.
namespace parameter {
constexpr Duration sol_max_delay = Duration::seconds(1);
constexpr Duration sol_timeout = Duration::seconds(1);
constexpr Duration sol_max_rt = Duration::seconds(3600);
constexpr Duration req_timeout = Duration::seconds(1);
constexpr Duration req_max_rt = Duration::seconds(30);
constexpr std::uint8_t req_max_rc = 10;
constexpr Duration cnf_max_delay = Duration::seconds(1);
constexpr Duration cnf_timeout = Duration::seconds(1);
constexpr Duration cnf_max_rt = Duration::seconds(4);
constexpr Duration cnf_max_rd = Duration::seconds(10);
constexpr Duration ren_timeout = Duration::seconds(10);
constexpr Duration ren_max_rt = Duration::seconds(600);
constexpr Duration reb_timeout = Duration::seconds(10);
constexpr Duration reb_max_rt = Duration::seconds(600);
constexpr Duration inf_max_delay = Duration::seconds(1);
constexpr Duration inf_timeout = Duration::seconds(1);
constexpr Duration inf_max_rt = Duration::seconds(3600);
constexpr Duration rel_timeout = Duration::seconds(1);
constexpr std::uint8_t rel_max_rc = 4;
constexpr Duration dec_timeout = Duration::seconds(1);
constexpr std::uint8_t dec_max_rc = 4;
constexpr Duration irt_default = Duration::seconds(86400);
constexpr Duration irt_minimum = Duration::seconds(600);
// 14.1: "20 packets in 20 seconds".
constexpr std::int64_t rate_burst = 20;
constexpr Duration rate_interval = Duration::seconds(1);
// 21.24, 21.25: what SOL_MAX_RT and INF_MAX_RT may say, in seconds.
constexpr std::uint32_t least_max_rt = 60;
constexpr std::uint32_t most_max_rt = 86400;
}  // namespace parameter

/// RFC 8415 15; zero is no limit. MRD is an instant of the machine's.
struct RetransmissionParameters {
  Duration irt{};
  Duration mrt{};
  std::uint8_t mrc = 0;
  bool first_longer = false;  ///< 18.2.1: the RAND of the first RT is strictly greater than 0
};

class Retransmission {
 public:
  void begin() { *this = Retransmission(); }
  /// A message goes out now: yields when the next one is due.
  Instant sent(const RetransmissionParameters& parameters, Instant now, Random& random);

  bool begun() const { return count_ != 0; }
  /// The first RT is the only one so far.
  bool in_first() const { return count_ == 1; }
  /// All messages that there may be were sent.
  bool exhausted(const RetransmissionParameters& parameters) const {
    return parameters.mrc != 0 && count_ >= parameters.mrc;
  }
  /// Since the first message, in hundredths of a second, at most 0xffff (RFC 8415 21.9); 0 before it.
  std::uint16_t elapsed_time(Instant now) const;
  Instant first_sent() const { return first_sent_; }

 private:
  Duration rt_;  // RTprev
  Instant first_sent_;
  std::uint32_t count_ = 0;
};

/// A token bucket (RFC 8415 14.1). Two numbers of it are one instant: when it would be full again.
class RateLimit {
 public:
  /// The earliest that a message may be sent.
  Instant allowed() const { return full_at_ - parameter::rate_interval * (parameter::rate_burst - 1); }
  void sent(Instant now) { full_at_ = (full_at_ > now ? full_at_ : now) + parameter::rate_interval; }

 private:
  Instant full_at_;
};

/// SOL_MAX_RT or INF_MAX_RT as servers change it (RFC 8415 21.24, 21.25).
class MaximumRt {
 public:
  explicit MaximumRt(Duration standard) : standard_(standard), value_(standard) {}
  Duration value() const { return value_; }
  /// A new collection of Advertises begins.
  void begin() { advertised_ = 0; }
  /// 18.2.9: only when all Advertises say the same, otherwise the default. Seconds; others than 60 to 86400
  /// are ignored.
  void advertised(std::uint32_t seconds);
  void replied(std::uint32_t seconds);

 private:
  Duration standard_;
  Duration value_;
  std::uint32_t advertised_ = 0;  // 0: none yet
};

}  // namespace linnet::dhcpv6
