// SPDX-License-Identifier: Apache-2.0
#include "sim/tcp_monitor_states.hpp"

namespace linnet::sim {
namespace {

constexpr std::array<std::string_view, tcp_states> state_names{
    "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
    "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT"};
constexpr std::array<std::string_view, tcp_events> event_names{
    "receive SYN", "receive SYN-ACK", "receive ACK", "receive data", "receive duplicate", "receive out of order",
    "receive FIN", "receive RST",     "send SYN",    "send SYN-ACK", "send ACK",          "send data",
    "send again",  "send FIN",        "send RST"};

StateSet advance_once(StateSet states, const StateFacts& facts) {
  if (facts.syn_acknowledged) states.lead(TcpState::syn_received, TcpState::established);
  if (facts.syn_acknowledged && facts.peer_syn) states.lead(TcpState::syn_sent, TcpState::established);
  if (facts.peer_bare_syn) states.lead(TcpState::syn_sent, TcpState::syn_received);
  if (facts.fin_acknowledged) {
    states.lead(TcpState::fin_wait_1, TcpState::fin_wait_2);
    states.lead(TcpState::closing, TcpState::time_wait);
    states.lead(TcpState::last_ack, TcpState::closed);
  }
  if (facts.peer_fin) {
    states.lead(TcpState::established, TcpState::close_wait);
    states.lead(TcpState::fin_wait_1, TcpState::closing);
    states.lead(TcpState::fin_wait_2, TcpState::time_wait);
  }
  // Without a segment: the place of a TIME-WAIT or of a handshake is needed, or its time is over.
  states.lead(TcpState::time_wait, TcpState::closed);
  states.lead(TcpState::syn_sent, TcpState::closed);
  states.lead(TcpState::syn_received, TcpState::closed);
  states.lead(TcpState::closed, TcpState::listen);
  return states;
}

}  // namespace

std::string_view name_of(TcpState state) { return state_names[static_cast<std::size_t>(state)]; }
std::string_view name_of(TcpEvent event) { return event_names[static_cast<std::size_t>(event)]; }

TcpState StateSet::last() const {
  std::size_t last = 0;
  for (std::size_t i = 0; i < tcp_states; ++i) {
    if (has(static_cast<TcpState>(i))) last = i;
  }
  return static_cast<TcpState>(last);
}

std::string StateSet::text() const {
  std::string text;
  for (std::size_t i = 0; i < tcp_states; ++i) {
    if (!has(static_cast<TcpState>(i))) continue;
    text += text.empty() ? "" : ", ";
    text += state_names[i];
  }
  return text.empty() ? "none" : text;
}

StateSet advance(StateSet states, const StateFacts& facts) {
  for (StateSet before; before != states;) {
    before = states;
    states = advance_once(states, facts);
  }
  return states;
}

StateSet send_fin(StateSet states) {
  StateSet after = states & StateSet::of(TcpState::fin_wait_1, TcpState::closing, TcpState::last_ack);
  if (states.has(TcpState::syn_received)) after = after | StateSet::of(TcpState::fin_wait_1);
  if (states.has(TcpState::established)) after = after | StateSet::of(TcpState::fin_wait_1);
  if (states.has(TcpState::close_wait)) after = after | StateSet::of(TcpState::last_ack);
  return after;
}

}  // namespace linnet::sim
