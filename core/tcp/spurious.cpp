// SPDX-License-Identifier: Apache-2.0
// Retransmissions that were not needed, found afterwards: by timestamps (Eifel, RFC 3522 and 4015), by D-SACK (RFC 3708),
// and by what arrives after a timeout (F-RTO, RFC 5682). The window then is what it was.
#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {

/// There is a reduction to take back, and something was sent again that may have been needless.
bool may_be_spurious(const Recovery* recovery) {
  return recovery != nullptr && recovery->may_undo && recovery->retransmitted;
}

}  // namespace

/// RFC 3522 3.2: the acknowledgment echoes a segment that was sent before the first retransmission.
bool Tcp::echoes_original(const Connection& c, const AckNews& news) const {
  const SegmentOptions& options = news.segment.options;
  return c.timestamps && options.has_timestamp && options.timestamp_echo != 0 &&
         SequenceNumber(options.timestamp_echo) < SequenceNumber(c.recovery->first_timestamp);
}

bool Tcp::may_undo(const Connection& c, const AckNews& news) const {
  return may_be_spurious(c.recovery) && (c.recovery->unaccounted == 0 || echoes_original(c, news));
}

/// RFC 4015 3.2: ssthresh and cwnd as they were. `unmark`: what is outstanding was never lost.
void Tcp::undo(Connection& c, bool unmark) {
  if (unmark) c.scoreboard.unmark_losses(c.snd.una);
  c.congestion.restore(c.recovery->before);
  c.recovery->may_undo = false;
  c.recovery->forward = c.recovery->forward_new_data = false;
  c.rtt.end_back_off(config_);
}

/// In recovery, an acknowledgment of a part: if it is of an original, so was all the rest.
bool Tcp::undo_partial(Connection& c, const AckNews& news) {
  if (!may_be_spurious(c.recovery) || !echoes_original(c, news)) return false;
  if (c.scoreboard.again() > 0) return true;  // its own acknowledgment first
  undo(c, true);
  settle(c);
  return true;
}

/// Every retransmission was reported as a duplicate.
void Tcp::undo_by_duplicates(Connection& c) {
  if (!may_be_spurious(c.recovery) || c.recovery->unaccounted != 0) return;
  undo(c, false);
  if (!c.scoreboard.anything_lost()) settle(c);
}

/// After a timeout. `proven`: F-RTO has seen it.
bool Tcp::undo_timeout(Connection& c, const AckNews& news, bool proven) {
  if (!proven && !may_undo(c, news)) return false;
  if (!c.recovery->may_undo) return false;
  undo(c, true);
  if (!c.sack) presume_arrived(c, 0);
  if (proven || c.sack) settle(c);
  return true;
}

/// RFC 5682 2.1 and 3.1, steps 2 and 3. True when nothing else is to be done about this acknowledgment.
bool Tcp::judge_timeout(Connection& c, const AckNews& news) {
  Recovery& recovery = *c.recovery;
  // Step 3b: something that was sent only once, before the timeout, has arrived.
  if (news.original_arrived && undo_timeout(c, news, true)) return true;
  if (c.snd.nxt > c.high_seq) {
    // Step 3a: the new data arrived and the old did not.
    if (news.sacked || news.duplicate) recovery.forward = recovery.forward_new_data = false;
    return false;
  }
  if (!news.advanced || c.snd.una >= c.high_seq) return false;
  const bool unsent = !c.fin_sent && c.data_end() > c.snd.nxt;
  if (unsent && c.flight() + c.send_mss <= c.snd.wnd) {
    // Step 2b: two new segments, to see whose acknowledgments come.
    recovery.forward_new_data = true;
    return true;
  }
  recovery.forward = false;  // step 2c
  return false;
}

}  // namespace linnet::tcp
