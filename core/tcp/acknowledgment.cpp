// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7.4, fifth step: the ACK field; with RFC 5681, RFC 6582 and RFC 6298.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {
constexpr Duration confirm_period = Duration::seconds(5);
}

bool Tcp::fifth_check_ack(Connection& c, Arrival& a) {
  const Segment& segment = a.segment;
  const bool ends_handshake = c.state == State::syn_received;
  if (ends_handshake) {
    if (segment.ack <= c.snd.una || segment.ack > c.snd.nxt) {
      drops_.add(Drop::tcp_bad_ack);
      send_reset_for(a);
      return false;
    }
    measure_handshake(c, segment, a.now);
    c.snd.una = c.snd.iss + 1;
    // RFC 7323 2.2: the window of a segment without SYN is scaled. What else it means (update_send_window) is as usual.
    c.snd.wnd = segment.wnd << c.snd.scale;
    established(c, a.now);
    if (c.flight() > 0) c.retransmit_at = a.now + c.rtt.rto();  // Fast Open: data that was sent before
    if (c.active_open && segment.ack < c.snd.nxt) {  // of the data on our SYN, which crossed the peer's (RFC 7413 4.2.2)
      c.send_queue.drop_front(segment.ack - c.snd.una);
      c.snd.una = segment.ack;
      syn_data_lost(c, a.now);
    }
    if (Listener* listener = listeners_.find(c.listener)) changed(*listener);
  }
  // RFC 5961 5.2: an ACK of what was never sent, or older than a whole window ago, is challenged and dropped.
  // Nor older than the connection: a peer with a huge scaled window would else be believed anything (CVE-2023-52881).
  // Our SYN and FIN count: in FIN-WAIT-2 the peer's FIN may have been sent before it knew of ours, and overtaken.
  const auto age = std::min<std::uint64_t>(c.snd.max_wnd, c.bytes_out + 1u + (c.fin_sent ? 1u : 0u));
  const SequenceNumber oldest = c.snd.una - static_cast<std::uint32_t>(age);
  if (segment.ack > c.snd.nxt || segment.ack < oldest) {
    drops_.add(Drop::tcp_bad_ack);
    challenge(c, a.now);
    return false;
  }
  note_timestamp(c, segment, a.now);
  return acknowledge(c, a, ends_handshake);
}

/// What ESTABLISHED does with an acceptable ACK, and what the closing states do on top. False when the connection
/// is over. `ends_handshake`: it was of our SYN; what Fast Open let us send behind that may be outstanding.
bool Tcp::acknowledge(Connection& c, const Arrival& a, bool ends_handshake) {
  const Segment& segment = a.segment;
  const std::uint32_t old_window = c.snd.wnd;
  update_send_window(c, segment);
  const bool outstanding = c.flight() > 0;
  // A D-SACK may come when everything is acknowledged: of a short transfer it always does.
  if (outstanding || (c.sack && segment.options.sack_count > 0)) {
    AckNews news{.segment = segment, .now = a.now};
    news.sacked_before = c.sack && c.scoreboard.sacked() > 0;
    news.highest_before = c.scoreboard.highest_sacked();
    news.advanced = segment.ack > c.snd.una;
    // RFC 5681 2: a duplicate acknowledgment has no data and the same window, while something is outstanding.
    news.duplicate = outstanding && !ends_handshake && segment.ack == c.snd.una && segment.length() == 0 &&
                     old_window == c.snd.wnd && c.snd.wnd > 0;
    news.marked = c.ecn && segment.has(Flags::ece);
    take_sack(c, news);
    if (news.advanced) new_data_acknowledged(c, news);
    measure_round_trip(c, news);
    repair(c, news);
    if (news.advanced || news.sacked || news.duplicate) queue_output(c);
    if (news.advanced && !our_fin_acknowledged(c, a.now)) return false;
  }
  if (c.snd.wnd > old_window) queue_output(c);
  return true;
}

void Tcp::update_send_window(Connection& c, const Segment& segment) {
  // Whoever acknowledges more is newer whatever its number: a retransmission's is older than that of what came out of
  // order before it, and the window that it carries may be the only word of one that closed.
  const bool newer = c.snd.una < segment.ack || c.snd.wl1 < segment.seq ||
                     (c.snd.wl1 == segment.seq && c.snd.wl2 <= segment.ack);
  if (segment.ack < c.snd.una || !newer) return;
  const std::uint32_t window = segment.wnd << c.snd.scale;
  if (c.snd.wnd == 0 && window > 0) {
    // The window opened: what a probe sent is sent again if it was not taken.
    c.persist_at = Instant::never();
    c.backoffs = 0;
    c.rtt.end_back_off(config_);  // the probes' back-off says nothing of the path
    c.scoreboard.mark_all_lost(c.snd.una);
  }
  c.snd.wnd = window;
  c.snd.max_wnd = std::max(c.snd.max_wnd, window);
  c.snd.wl1 = segment.seq;
  c.snd.wl2 = segment.ack;
}

void Tcp::new_data_acknowledged(Connection& c, AckNews& news) {
  const SequenceNumber ack = news.segment.ack;
  news.acked = ack - c.snd.una;
  if (news.now - c.confirmed_at >= confirm_period) {
    c.confirmed_at = news.now;
    ip_.confirm(c.path, news.now);
  }
  take_delivered(c, news);
  // RFC 5682 2.1 step 2a: without SACK, what was passed may have waited for the retransmission.
  if (!c.sack && news.retransmission_acked) news.original_arrived = false;
  c.push_more = false;  // MSG_MORE's hint has served
  c.send_queue.drop_front(std::min<std::size_t>(news.acked, c.send_queue.size()));  // less than acked by a FIN
  c.snd.una = ack;
  if (c.snd.urgent && c.snd.up <= c.snd.una) c.snd.urgent = false;
  if (c.snd.short_outstanding && c.snd.short_end <= c.snd.una) c.snd.short_outstanding = false;
  c.backoffs = 0;
  c.progress_at = news.now;
  if (room(c) > 0) changed(c);
}

/// RFC 6298 3 (Karn): nothing is learnt from a segment that was sent more than once, unless its timestamp tells which
/// copy came (RFC 7323 4).
void Tcp::measure_round_trip(Connection& c, AckNews& news) {
  if (!news.last_sent.is_never()) news.rtt = std::max(news.now - news.last_sent, Duration::microseconds(1));
  Duration rtt;
  if (!news.first_sent.is_never() && !news.retransmission_acked) {
    rtt = news.now - news.first_sent;
  } else if (!news.first_sacked.is_never()) {
    rtt = news.now - news.first_sacked;
  } else {
    const auto echoed = echoed_round_trip(c, news.segment, news.now);
    if (!news.advanced || !echoed) return;
    rtt = *echoed;
  }
  c.rtt.sample(rtt, c.snd.una, c.snd.nxt, config_, news.now);
}

/// RFC 7323 4: by the timestamp that comes back, unless that is older than any segment could be.
std::optional<Duration> Tcp::echoed_round_trip(const Connection& c, const Segment& segment, Instant now) {
  if (!c.timestamps || !segment.options.has_timestamp) return std::nullopt;
  const std::uint32_t echo = segment.options.timestamp_echo - c.timestamp_offset;
  const std::uint32_t elapsed = Secrets::milliseconds(now) - echo;
  if (elapsed >= 600000) return std::nullopt;
  return Duration::milliseconds(elapsed);
}

/// The states that wait for their FIN's acknowledgment. False when the connection is over.
bool Tcp::our_fin_acknowledged(Connection& c, Instant now) {
  if (!c.fin_sent || c.snd.una != c.snd.nxt) return true;
  switch (c.state) {
    case State::fin_wait_1:
      c.state = State::fin_wait_2;
      if (c.orphan) return begin_fin_wait_2(c, now);
      changed(c);
      return true;
    case State::closing:
      enter_time_wait(c, now);
      return false;
    default:  // LAST-ACK: none other has sent a FIN that is not acknowledged
      end(c, Error::none);
      return false;
  }
}

}  // namespace linnet::tcp
