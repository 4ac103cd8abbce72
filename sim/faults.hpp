// SPDX-License-Identifier: Apache-2.0
// What a world may do to its hosts. Each fault is on or off for a seed, and counted when it happens.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace linnet::sim {

enum class Fault : std::uint8_t {
  loss,         ///< single frames, independently
  burst,        ///< bad times of a link (Gilbert-Elliott)
  targeted,     ///< the k-th SYN, FIN, ACK, ... of a host
  reorder,      ///< held back, so that later frames overtake; now and then for minutes
  duplicate,    ///< copies, now and then minutes later
  corrupt,      ///< flipped bits, truncation, padding; swapped words that no checksum sees are left out
  delay,        ///< latency and jitter
  rate,         ///< bandwidth and a queue
  mtu,          ///< a smaller path MTU, with ICMP, without, or lying
  flap,         ///< a link goes down and comes back
  address,      ///< an address is taken away, claimed by another station, or granted anew
  peer_crash,   ///< a host loses everything and stays away for a while
  own_crash,    ///< a host restarts at once
  pool,         ///< little memory, or none for a while
  driver,       ///< a full transmit ring, an overrun receive ring, storms of frames
  clock,        ///< polled late, polled twice, a clock near its wraps
  skew,         ///< a clock that is fast or slow, or coarse
  application,  ///< slow readers, single-byte writers, resets, half-closes
  adversary,    ///< an attacker, on the path or off it
  service,      ///< DHCP and DNS servers that are slow, silent, wrong or twice there
  scheduling,   ///< another order of turns
};
inline constexpr std::size_t fault_count = 21;

/// "F1" to "F21", as in the simulator's specification; and in words.
std::string_view fault_name(Fault fault);
std::string_view fault_text(Fault fault);

class FaultSet {
 public:
  static constexpr FaultSet all() { return FaultSet((1u << fault_count) - 1); }
  constexpr FaultSet() = default;
  constexpr bool has(Fault fault) const { return (bits_ >> static_cast<unsigned>(fault) & 1) != 0; }
  constexpr void add(Fault fault) { bits_ |= 1u << static_cast<unsigned>(fault); }
  constexpr void remove(Fault fault) { bits_ &= ~(1u << static_cast<unsigned>(fault)); }
  constexpr bool empty() const { return bits_ == 0; }
  bool operator==(const FaultSet&) const = default;

 private:
  constexpr explicit FaultSet(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

/// How often each happened.
class FaultCounts {
 public:
  void add(Fault fault, std::uint64_t count = 1) { counts_[static_cast<std::size_t>(fault)] += count; }
  std::uint64_t of(Fault fault) const { return counts_[static_cast<std::size_t>(fault)]; }
  void add(const FaultCounts& other) {
    for (std::size_t i = 0; i < fault_count; ++i) counts_[i] += other.counts_[i];
  }

 private:
  std::array<std::uint64_t, fault_count> counts_{};
};

}  // namespace linnet::sim
