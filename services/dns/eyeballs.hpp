// SPDX-License-Identifier: Apache-2.0
// Eyeballs: which address of a name is tried when (RFC 8305, "happy eyeballs"). Neither asks nor connects.
#pragma once

#include "services/dns/types.hpp"

namespace linnet::dns {

struct EyeballsConfig {
  /// For the addresses of IPv6, once those of IPv4 are known (RFC 8305 3).
  Duration resolution_delay = Duration::milliseconds(50);
  /// From one attempt to the next, unless one fails before (RFC 8305 5: 100 ms to 2 s, 250 ms recommended).
  Duration attempt_delay = Duration::milliseconds(250);
};

class Eyeballs {
 public:
  explicit Eyeballs(const EyeballsConfig& config = {}) : config_(config) {}

  /// What is known of a family now: its addresses in the order in which they are to be tried (RFC 6724 6), or
  /// that there are none. Once for each family.
  void known(Families family, std::span<const IpAddress> addresses, Instant now);
  bool is_known(Families family) const { return queue(family).known; }
  /// Which family begins where both are known: IPv6 unless it is said before the first attempt.
  void prefer(Families family) { first_ = family; }

  /// The address to be tried now, or nothing. The families take turns (RFC 8305 4). Call until nothing.
  std::optional<IpAddress> next(Instant now);
  /// One of the attempts came to nothing: the next need not wait (RFC 8305 5).
  void failed(Instant now) { next_at_ = now; }
  /// When `next` may have an address, if nothing else happens.
  Instant deadline() const;
  /// Both families are known, and each of their addresses was tried.
  bool exhausted() const;

 private:
  struct Queue {
    bool has_more() const { return next < answer.addresses().size(); }
    bool known = false;
    Answer answer;
    std::size_t next = 0;
  };
  static constexpr Families other(Families family) {
    return family == Families::v4 ? Families::v6 : Families::v4;
  }
  Queue& queue(Families family) { return family == Families::v4 ? v4_ : v6_; }
  const Queue& queue(Families family) const { return family == Families::v4 ? v4_ : v6_; }

  EyeballsConfig config_;
  Queue v4_;
  Queue v6_;
  Families first_ = Families::v6;
  Families last_ = Families::none;  // that an address was tried of
  Instant v4_known_at_ = Instant::never();
  Instant next_at_;  // no attempt before
};

}  // namespace linnet::dns
