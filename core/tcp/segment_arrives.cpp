// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7 SEGMENT ARRIVES: CLOSED (.1), SYN-SENT (.3), how a connection begins, and TIME-WAIT, which is a record.
#include "core/tcp/tcp.hpp"

namespace linnet::tcp {

/// RFC 9293 MUST-15 and 3.7.1: without the option 536 for IPv4, 1220 for IPv6. An option that says 0 says nothing.
std::uint16_t Tcp::peer_mss_of(const SegmentOptions& options, const Endpoint& remote) {
  const std::uint16_t fallback = remote.address.is_v4() ? 536 : 1220;
  const std::uint16_t announced = options.maximum_segment_size.value_or(0);
  return announced != 0 ? announced : fallback;
}

/// 3.10.7.1: all data in the segment is discarded; everything but a reset is answered by one.
void Tcp::closed_arrives(const Arrival& a) {
  drops_.add(Drop::tcp_no_connection);
  send_reset_for(a);
}

/// A timestamp that comes back is one that a SYN of ours carried (RFC 7323 3.2): between the first of them and now. Whoever
/// guesses a SYN-ACK, or repeats one of an earlier connection, has another one, and is refused as for a wrong ACK.
bool Tcp::echoes_our_syn(const Connection& c, const Segment& segment, Instant now) {
  const SegmentOptions& options = segment.options;
  if (!c.timestamps || !options.has_timestamp || options.timestamp_echo == 0) return true;
  const std::uint32_t first = c.timestamp_offset + Secrets::milliseconds(c.timed_at);
  return options.timestamp_echo - first <= Secrets::milliseconds(now) - Secrets::milliseconds(c.timed_at);
}

/// 3.10.7.3.
void Tcp::syn_sent_arrives(Connection& c, Arrival& a) {
  const Segment& segment = a.segment;
  const bool has_ack = segment.has(Flags::ack);
  // First: the ACK bit.
  if (has_ack && (segment.ack <= c.snd.iss || segment.ack > c.snd.nxt)) {
    drops_.add(Drop::tcp_bad_ack);
    return send_reset_for(a);
  }
  if (has_ack && !echoes_our_syn(c, segment, a.now)) {
    drops_.add(Drop::tcp_bad_ack);
    return send_reset_for(a);
  }
  // Second: the RST bit. RFC 5961 3.2 needs no more here: the ACK proves that the peer saw our SYN.
  if (segment.has(Flags::rst)) {
    if (!has_ack) {
      drops_.add(Drop::tcp_no_ack);
      return;
    }
    return end(c, Error::refused);
  }
  // Fourth: the SYN bit; a SYN with FIN that answers nothing is dropped as nobody's handshake. Fifth: neither, drop.
  if (!segment.has(Flags::syn) || (segment.has(Flags::fin) && !has_ack)) {
    drops_.add(Drop::tcp_state);
    return;
  }
  ++c.segments_in;
  c.rcv.irs = segment.seq;
  c.rcv.nxt = segment.seq + 1;
  c.rcv.acked = c.rcv.nxt;
  c.rcv.up = c.rcv.nxt;
  c.rcv.edge = c.rcv.nxt + first_window(c.options);
  negotiate(c, segment);
  c.snd.wnd = segment.wnd;
  c.snd.max_wnd = segment.wnd;
  c.snd.wl1 = segment.seq;
  c.snd.wl2 = segment.ack;
  if (!has_ack) {
    // Simultaneous open (3.5, figure 7): our SYN goes out again, now with an ACK.
    c.state = State::syn_received;
    send_syn(c, a.now);
    return;
  }
  measure_handshake(c, segment, a.now);
  if (c.fast_open) fast_open_answered(c, segment);
  c.snd.una = segment.ack;
  established(c, a.now);
  if (c.flight() > 0) syn_data_lost(c, a.now);
  // A user that will send at once, or waits for the peer to ask something, lets the ACK travel with data.
  c.ack_now = !c.pingpong && c.options.defer_accept == 0;
  if (!c.ack_now) c.ack_at = a.now + config_.delayed_ack;
  // Data or controls on the SYN-ACK are processed from the sixth step on.
  a.segment.seq += 1;
  a.segment.flags = static_cast<std::uint8_t>(a.segment.flags & ~Flags::syn);
  sixth_check_urg(c, a);
  static_cast<void>(seventh_process_text(c, a));  // ESTABLISHED takes text, and nobody has closed
  eighth_check_fin(c, a.now);
}

/// What our SYN offered and the answer takes up.
void Tcp::negotiate(Connection& c, const Segment& segment) {
  const SegmentOptions& options = segment.options;
  c.peer_mss = peer_mss_of(options, c.remote);
  c.timestamps = c.timestamps && options.has_timestamp;
  if (c.timestamps) c.ts_recent = options.timestamp_value;
  c.sack = c.sack && options.sack_permitted;
  ecn_answered(c, segment);
  c.window_scaling = c.window_scaling && options.window_scale.has_value();
  c.snd.scale = c.window_scaling ? *options.window_scale : std::uint8_t{0};
  if (!c.window_scaling) c.rcv.scale = 0;
  set_segment_size(c);
}

/// RFC 6298 3: the handshake's round trip, unless the SYN was sent more than once and no timestamp tells which one was answered.
void Tcp::measure_handshake(Connection& c, const Segment& segment, Instant now) {
  const bool once = std::exchange(c.timing, false);
  const std::optional<Duration> rtt = once ? now - c.timed_at : echoed_round_trip(c, segment, now);
  if (rtt && (once || c.backoffs > 0 || c.syn_bare)) c.rtt.sample(*rtt, c.snd.una, c.snd.nxt, config_, now);
}

/// Both sides are synchronized.
void Tcp::established(Connection& c, Instant now) {
  fast_open_over(c);
  ++c.delivered;  // the SYN, with what it carried
  c.state = c.fin_queued ? State::fin_wait_1 : State::established;  // closed already, after Fast Open
  if (c.backoffs > 0) c.rtt.syn_was_retransmitted();
  const bool lost_twice = c.backoffs > 1;
  c.backoffs = 0;
  c.retransmit_at = Instant::never();
  c.ts_recent_age = now;
  c.last_received = now;
  c.last_data_received = now;
  c.last_sent = now;
  c.progress_at = now;
  c.quick_acks = config_.quick_acks;
  choose_congestion_control(c);
  begin_path_mtu_search(c, now);
  c.congestion.start(c.send_mss, c.snd.nxt, config_);
  if (lost_twice) c.congestion.set_window(c.send_mss);  // RFC 6928 2, RFC 5681 3.1
  c.high_seq = c.snd.una;
  c.snd.up = c.snd.una;
  if (c.options.keepalive) {
    const Duration idle = c.options.keepalive_idle;
    c.keepalive_at = now + (idle == Duration() ? config_.keepalive_idle : idle);
  }
  changed(c);
  queue_output(c);
}

/// RFC 6191 2: is this SYN of a later connection than the one that TIME-WAIT remembers? Timestamps decide where both have
/// them, even against the sequence number: an older one is an old duplicate.
bool Tcp::new_incarnation(const TimeWait& record, const Segment& segment) const {
  const bool later = segment.seq > record.rcv_nxt;
  if (!record.has_timestamp || !segment.options.has_timestamp || !config_.timestamps) return later;
  const SequenceNumber value(segment.options.timestamp_value);
  const SequenceNumber last(record.ts_recent);
  return value > last || (value == last && later);
}

/// TIME-WAIT, by the steps of 3.10.7.4 and RFC 1337.
void Tcp::time_wait_arrives(TimeWait& record, Arrival& a) {
  const Segment& segment = a.segment;
  if (segment.has(Flags::rst)) {  // RFC 1337 3 fix (1): a RST does not end TIME-WAIT
    drops_.add(Drop::tcp_state);
    return;
  }
  if (segment.has(Flags::syn) && !segment.has(Flags::ack) && new_incarnation(record, segment)) {
    // RFC 9293 3.10.7.4 (MAY-2).
    Listener* listener = find_listener(a.local);
    if (listener != nullptr && listener->listening) {
      const SequenceNumber least_iss = record.snd_nxt + 65536;
      time_wait_.remove(record);
      return listen_arrives(*listener, a, least_iss);
    }
  }
  if (segment.length() == 0 && segment.seq == record.rcv_nxt) return;  // nothing to say to a plain ACK
  if (!segment.has(Flags::ack) && !segment.has(Flags::syn)) {
    drops_.add(Drop::tcp_no_ack);
    return;
  }
  // The other side has not seen our last ACK, or a segment is very late: acknowledge again.
  if (segment.has(Flags::fin)) time_wait_.restart(record, a.now + config_.maximum_segment_lifetime * 2);
  drops_.add(Drop::tcp_state);
  OptionsWriter options;
  if (record.has_timestamp) {
    options.timestamp(record.timestamp_offset + Secrets::milliseconds(a.now), record.ts_recent);
  }
  const HeaderFields fields{.source_port = a.local.port,
                            .destination_port = a.remote.port,
                            .seq = record.snd_nxt,
                            .ack = record.rcv_nxt,
                            .flags = Flags::ack,
                            .window = record.window,
                            .urgent_pointer = 0};
  send_bare(a.local, a.remote, fields, options.finish(), a.datagram.interface, a.now,
            {.ttl = record.ttl, .traffic_class = record.traffic_class});
}

}  // namespace linnet::tcp
