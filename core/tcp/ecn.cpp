// SPDX-License-Identifier: Apache-2.0
// RFC 3168: explicit congestion notification. The marks themselves are set in transmit.cpp: ECT(0) on new data, CWR on the
// first of it after a reduction, ECE on everything while a mark is to be echoed.
#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {
constexpr std::uint8_t ecn_mask = 3;  // of the traffic class (5)
constexpr std::uint8_t congestion_experienced = 3;
}  // namespace

/// 6.1.1: an ECN-setup SYN has ECE and CWR, an ECN-setup SYN-ACK only ECE. A SYN that was lost may have been dropped for it:
/// the next one does not ask (6.1.1.1).
std::uint8_t Tcp::ecn_syn_flags(const Connection& c) const {
  if (!c.ecn) return 0;
  if (c.state == State::syn_received) return Flags::ece;
  return c.backoffs == 0 ? Flags::ece | Flags::cwr : 0;
}

/// Does this SYN ask for ECN, and may it? 6.1.1: a SYN must not be ECN-capable itself; one that is was marked by somebody
/// who does not know what he does.
bool Tcp::ecn_setup(const Arrival& a) const {
  return config_.ecn != Ecn::off && a.segment.has(Flags::ece) && a.segment.has(Flags::cwr) &&
         (a.datagram.traffic_class & ecn_mask) == 0;
}

/// The answer to our SYN: a SYN-ACK with ECE alone agrees (both would be a peer that only reflects bits); a SYN that
/// crosses ours asks by itself.
void Tcp::ecn_answered(Connection& c, const Segment& segment) {
  const bool cwr_wanted = !segment.has(Flags::ack);
  c.ecn = c.ecn && segment.has(Flags::ece) && segment.has(Flags::cwr) == cwr_wanted;
}

/// 6.1.3: the receiver echoes CE until the sender says that it has reduced its window. A packet that says so and is marked
/// itself begins anew.
void Tcp::ecn_received(Connection& c, const Arrival& a) {
  if (a.segment.has(Flags::cwr) && c.ecn_echo) {
    c.ecn_echo = false;
    c.ack_now = true;  // the sender's window may be one segment now: it waits for this
    queue_output(c);
  }
  const std::uint8_t codepoint = a.datagram.traffic_class & ecn_mask;
  if (codepoint != 0) c.ecn_seen = true;
  if (codepoint != congestion_experienced) return;
  if (!c.ecn_echo) {
    c.ack_now = true;
    queue_output(c);
  }
  c.ecn_echo = true;
}

/// 6.1.2: a mark counts like a loss, but once a window only, and nothing needs to be sent again. A reduction that it
/// confirms is not taken back.
void Tcp::ecn_marked(Connection& c) {
  if (c.recovery != nullptr) c.recovery->may_undo = false;
  enter_window_reduced(c);
}

}  // namespace linnet::tcp
