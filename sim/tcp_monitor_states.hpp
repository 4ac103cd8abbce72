// SPDX-License-Identifier: Apache-2.0
// The states that an endpoint can be in (RFC 9293 3.3.2), as a set: seen from outside, nobody knows what it has
// processed already. What was received may lead on, so it adds states; what is sent is possible in some states only,
// so it takes others away.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"

namespace linnet::sim {

enum class TcpState : std::uint8_t {
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};
constexpr std::size_t tcp_states = 11;

enum class TcpEvent : std::uint8_t {
  receive_syn,
  receive_syn_ack,
  receive_ack,
  receive_data,
  receive_duplicate,
  receive_out_of_order,
  receive_fin,
  receive_rst,
  send_syn,
  send_syn_ack,
  send_ack,
  send_data,
  send_again,
  send_fin,
  send_rst,
};
constexpr std::size_t tcp_events = 15;

using TcpCells = std::array<std::array<std::uint64_t, tcp_events>, tcp_states>;

std::string_view name_of(TcpState state);
std::string_view name_of(TcpEvent event);

class StateSet {
 public:
  constexpr StateSet() = default;
  template <typename... States>
  static constexpr StateSet of(States... states) {
    return StateSet(static_cast<std::uint16_t>(((1u << static_cast<unsigned>(states)) | ... | 0u)));
  }
  constexpr bool has(TcpState state) const { return (bits_ >> static_cast<unsigned>(state) & 1) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool within(StateSet other) const { return (bits_ & ~other.bits_) == 0; }
  constexpr StateSet operator|(StateSet other) const {
    return StateSet(static_cast<std::uint16_t>(bits_ | other.bits_));
  }
  constexpr StateSet operator&(StateSet other) const {
    return StateSet(static_cast<std::uint16_t>(bits_ & other.bits_));
  }
  constexpr bool operator==(const StateSet&) const = default;
  /// Adds `to` when `from` is there.
  constexpr void lead(TcpState from, TcpState to) {
    if (has(from)) *this = *this | of(to);
  }
  /// The furthest of them, for counting.
  TcpState last() const;
  std::string text() const;

 private:
  explicit constexpr StateSet(std::uint16_t bits) : bits_(bits) {}
  std::uint16_t bits_ = 0;
};

/// What an endpoint may have processed by now; each stays true once it is.
struct StateFacts {
  bool syn_acknowledged = false;  ///< ours
  bool peer_syn = false;
  bool peer_bare_syn = false;     ///< without ACK: both opened at the same time
  bool fin_acknowledged = false;  ///< ours
  bool peer_fin = false;          ///< and everything before it
};

namespace state_set {
constexpr StateSet gone = StateSet::of(TcpState::closed, TcpState::listen);
constexpr StateSet open = StateSet::of(TcpState::established, TcpState::close_wait);
constexpr StateSet synchronized =
    StateSet::of(TcpState::established, TcpState::fin_wait_1, TcpState::fin_wait_2, TcpState::close_wait,
                 TcpState::closing, TcpState::last_ack, TcpState::time_wait);
/// Those that still take data.
constexpr StateSet receiving = StateSet::of(TcpState::established, TcpState::fin_wait_1, TcpState::fin_wait_2);
/// Those that have something to send, or sent it and wait for its acknowledgment.
constexpr StateSet sending = StateSet::of(TcpState::established, TcpState::fin_wait_1, TcpState::close_wait,
                                          TcpState::closing, TcpState::last_ack);
constexpr StateSet after_peer_fin =
    StateSet::of(TcpState::close_wait, TcpState::closing, TcpState::last_ack, TcpState::time_wait);
constexpr StateSet before_peer_fin =
    StateSet::of(TcpState::syn_received, TcpState::established, TcpState::fin_wait_1, TcpState::fin_wait_2);
}  // namespace state_set

/// Adds every state that the facts may have led to.
StateSet advance(StateSet states, const StateFacts& facts);
/// The user closes, and the FIN goes out.
StateSet send_fin(StateSet states);

}  // namespace linnet::sim
