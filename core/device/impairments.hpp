// SPDX-License-Identifier: Apache-2.0
// Impairments: what a link may do to its packets, and how people write that down ("1%", "10ms", "5Mbit").
#pragma once

#include <optional>
#include <string_view>

#include "core/base/time.hpp"

namespace linnet {

/// One direction of a link. Probabilities are in parts per million and apply to each packet on its own.
struct Impairments {
  std::uint32_t loss = 0;  ///< ppm

  // Gilbert-Elliott: a link that is good or bad, and loses in bad times.
  std::uint32_t burst = 0;             ///< ppm per packet: good becomes bad
  std::uint32_t burst_length = 4;      ///< packets: mean length of a bad time, at least 1
  std::uint32_t burst_loss = 1000000;  ///< ppm lost while bad

  Duration delay{};   ///< of every packet
  Duration jitter{};  ///< uniform in [0, jitter] more; packets keep their order

  std::uint32_t reorder = 0;                            ///< ppm held back, so that later packets overtake
  Duration reorder_delay = Duration::milliseconds(10);  ///< for how much longer

  std::uint32_t duplicate = 0;         ///< ppm
  std::uint32_t duplicate_copies = 1;  ///< further copies, 1 to 3
  Duration duplicate_delay{};          ///< each copy comes uniform in [0, duplicate_delay] later

  std::uint32_t corrupt = 0;  ///< ppm: one bit of the IP packet is flipped

  std::uint64_t rate = 0;     ///< bytes per second; 0: unlimited
  std::uint32_t queue = 100;  ///< packets that wait for the rate before more are lost, 1 to 1024

  constexpr bool operator==(const Impairments&) const = default;
  /// True when a packet passes untouched and at once.
  constexpr bool none() const {
    return loss == 0 && burst == 0 && delay == Duration() && jitter == Duration() && reorder == 0 &&
           duplicate == 0 && corrupt == 0 && rate == 0;
  }
};

/// "1%", "0.25%", "500ppm", "0": parts per million, at most a million.
std::optional<std::uint32_t> parse_probability(std::string_view text);
/// "10ms", "1.5s", "250us", "2min", "0"; at most a day.
std::optional<Duration> parse_duration(std::string_view text);
/// "5Mbit", "64kbit", "1.5Gbit", "100kB", "2MB" (powers of ten, "/s" may follow): bytes per second, at
/// least 1.
std::optional<std::uint64_t> parse_rate(std::string_view text);
/// A plain decimal number in [least, most].
std::optional<std::uint32_t> parse_count(std::string_view text, std::uint32_t least, std::uint32_t most);

/// What was wrong with a setting: its name as given, and what would have been accepted.
struct ImpairmentError {
  std::string_view name;
  std::string_view accepted;
};

/// Sets one impairment by its name: loss, burst, burst-length, burst-loss, delay, jitter, reorder,
/// reorder-delay, duplicate, duplicate-copies, duplicate-delay, corrupt, rate, queue.
std::optional<ImpairmentError> set_impairment(Impairments& to, std::string_view name, std::string_view value);
/// "loss=1%,delay=10ms": any number of settings. `to` keeps what came before a wrong one.
std::optional<ImpairmentError> set_impairments(Impairments& to, std::string_view list);

}  // namespace linnet
