// SPDX-License-Identifier: Apache-2.0
#include "sim/tcp_monitor_cells.hpp"

namespace linnet::sim {
namespace {

using enum TcpState;
using enum TcpEvent;

constexpr StateSet after_our_fin = StateSet::of(fin_wait_1, fin_wait_2, closing, last_ack, time_wait);

struct Row {
  StateSet states;
  TcpEvent event;
  CellReason reason;
};

constexpr CellReason never(std::string_view why) { return {CellUse::never, why}; }
constexpr CellReason seldom{CellUse::seldom};

constexpr std::string_view only_resets = "CLOSED sends nothing but resets (RFC 9293 3.10.7.1)";
constexpr std::string_view only_answers = "LISTEN sends SYN-ACKs and resets (3.10.7.2)";
constexpr std::string_view no_sequence = "before the peer's SYN nobody can say where its bytes begin";
constexpr std::string_view same_pair_once = "no two connections of the world have the same pair of endpoints";
constexpr std::string_view no_both = "nobody of the world opens from both sides at the same time";
constexpr std::string_view from_syn_sent =
    "SYN-SENT sends its SYN alone, Fast Open's bytes within it (3.10.3)";
constexpr std::string_view is_established =
    "what has an acknowledgment of the SYN-ACK is counted in ESTABLISHED";
constexpr std::string_view after_fin = "behind its FIN it sends nothing new, only again (3.10.4)";
constexpr std::string_view behind_fin = "behind the peer's FIN nothing comes: it is a duplicate";

constexpr std::array rows{
    Row{StateSet::of(closed), receive_syn, never("a SYN begins a connection: it is counted in LISTEN")},
    Row{StateSet::of(closed), send_syn, never("a SYN begins a connection: it is counted in SYN-SENT")},
    Row{StateSet::of(closed), send_syn_ack, never(only_resets)},
    Row{StateSet::of(closed), send_ack, never(only_resets)},
    Row{StateSet::of(closed), send_data, never(only_resets)},
    Row{StateSet::of(closed), send_again, never(only_resets)},
    Row{StateSet::of(closed), send_fin, never(only_resets)},
    Row{StateSet::of(closed), receive_syn_ack, seldom},
    Row{StateSet::of(listen), send_ack, never(only_answers)},
    Row{StateSet::of(listen), send_data, never(only_answers)},
    Row{StateSet::of(listen), send_again, never(only_answers)},
    Row{StateSet::of(listen), send_fin, never(only_answers)},
    Row{StateSet::of(syn_sent), receive_syn, never(no_both)},
    Row{StateSet::of(syn_sent), receive_ack, never(same_pair_once)},
    Row{StateSet::of(syn_sent), receive_data, seldom},
    Row{StateSet::of(syn_sent), receive_duplicate, never(no_sequence)},
    Row{StateSet::of(syn_sent), receive_out_of_order, never(no_sequence)},
    Row{StateSet::of(syn_sent), receive_fin, seldom},
    Row{StateSet::of(syn_sent), receive_rst, seldom},
    Row{StateSet::of(syn_sent), send_syn_ack, never(no_both)},
    Row{StateSet::of(syn_sent), send_ack, never(from_syn_sent)},
    Row{StateSet::of(syn_sent), send_data, never(from_syn_sent)},
    Row{StateSet::of(syn_sent), send_again, never(from_syn_sent)},
    Row{StateSet::of(syn_sent), send_fin, never(from_syn_sent)},
    Row{StateSet::of(syn_sent), send_rst, never("an abort in SYN-SENT is silent (3.10.5)")},
    Row{StateSet::of(syn_received), receive_syn_ack, never(no_both)},
    Row{StateSet::of(syn_received), receive_duplicate, never(is_established)},
    Row{StateSet::of(syn_received), receive_rst, seldom},
    Row{StateSet::of(syn_received), send_ack, seldom},
    Row{StateSet::of(syn_received), send_data, seldom},
    Row{StateSet::of(syn_received), send_again, seldom},
    Row{StateSet::of(syn_received), send_fin, seldom},
    Row{StateSet::of(syn_received), send_rst, seldom},
    Row{StateSet::of(syn_received) | state_set::synchronized, send_syn,
        never("it opened passively, or has sent its SYN in SYN-SENT")},
    Row{StateSet::of(established, close_wait), send_syn_ack, seldom},
    Row{after_our_fin, send_syn_ack, never("a FIN goes out only when the SYN is acknowledged")},
    Row{after_our_fin, send_data, never(after_fin)},
    Row{after_our_fin, send_fin, never(after_fin)},
    Row{StateSet::of(fin_wait_2), send_again, seldom},
    Row{StateSet::of(time_wait), send_again, seldom},
    Row{StateSet::of(closing), send_rst, seldom},
    Row{state_set::after_peer_fin, receive_data, never(behind_fin)},
    Row{state_set::after_peer_fin, receive_out_of_order, never(behind_fin)},
    Row{state_set::after_peer_fin, receive_fin, never(behind_fin)},
    Row{state_set::synchronized, receive_syn, seldom},
    Row{state_set::synchronized, receive_syn_ack, seldom},
};

}  // namespace

CellReason cell_reason(TcpState state, TcpEvent event) {
  for (const Row& row : rows) {
    if (row.event == event && row.states.has(state)) return row.reason;
  }
  return {};
}

std::size_t reachable_cells() {
  std::size_t cells = 0;
  for (std::size_t s = 0; s < tcp_states; ++s) {
    for (std::size_t e = 0; e < tcp_events; ++e) {
      if (cell_reason(static_cast<TcpState>(s), static_cast<TcpEvent>(e)).use != CellUse::never) ++cells;
    }
  }
  return cells;
}

}  // namespace linnet::sim
