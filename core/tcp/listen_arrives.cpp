// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7.2 and SYN-RECEIVED of a passive open: handshakes as records or cookies, until they are connections.
#include "core/tcp/tcp.hpp"

namespace linnet::tcp {

/// 3.10.7.2.
void Tcp::listen_arrives(Listener& listener, Arrival& a, SequenceNumber least_iss) {
  const Segment& segment = a.segment;
  if (segment.has(Flags::rst)) {  // first check for a RST: ignored
    drops_.add(Drop::tcp_state);
    return;
  }
  if (segment.has(Flags::ack)) {  // second check for an ACK: bad in LISTEN, unless it returns a cookie
    if (!segment.has(Flags::syn) && a.now < cookies_until_) return cookie_arrives(listener, a);
    return closed_arrives(a);
  }
  if (!segment.has(Flags::syn) || segment.has(Flags::fin)) {  // SYN and FIN together is nobody's handshake
    drops_.add(Drop::tcp_state);
    return;
  }
  const bool refuse = config_.backlog_policy == BacklogPolicy::refuse;
  if (refuse ? listener.full() : listener.waiting >= listener.backlog) {
    drops_.add(Drop::tcp_backlog);
    if (refuse) send_reset_for(a);
    return;
  }
  SequenceNumber iss = secrets_.initial_sequence(a.local, a.remote, a.now);
  // RFC 1122 4.2.2.13: a connection reopened from TIME-WAIT begins above its predecessor's numbers.
  if (least_iss.value() != 0 && iss < least_iss) iss = least_iss;
  std::optional<FastOpenCookie> reply;
  if (listener.options.fast_open_queue > 0) {
    Connection* c = fast_open_arrives(listener, a, iss, reply);
    if (c != nullptr) send_syn(*c, a.now, reply ? &*reply : nullptr);
    if (c != nullptr) return changed(listener);
  }
  SynRecord scratch;
  SynRecord* record = syns_.create(a.hash);
  if (record == nullptr && refuse) {
    drops_.add(Drop::tcp_backlog);
    return send_reset_for(a);
  }
  if (record != nullptr) {
    start_record(*record, listener, a);
    record->iss = iss;
    ++listener.handshakes;
    record->timer_kind = syn_timer;
    wheel_.arm(*record, a.now + config_.initial_rto);
    return send_syn_ack(*record, std::nullopt, a.now, reply ? &*reply : nullptr);
  }
  // RFC 4987 3.6: the table is full, so the handshake's state travels in the SYN-ACK.
  start_record(scratch, listener, a);
  scratch.iss = secrets_.cookie(a.local, a.remote, segment.seq, scratch.peer_mss, a.now);
  CookieContent content;
  content.sack_permitted = scratch.sack;
  content.ecn = scratch.ecn;
  if (scratch.window_scaling) content.window_scale = scratch.peer_window_scale;
  cookies_until_ = a.now + Duration::seconds(128);
  const std::uint32_t timestamp = secrets_.timestamp(a.local, a.remote, a.now);
  send_syn_ack(scratch, Secrets::cookie_timestamp(timestamp, content), a.now);
}

void Tcp::start_record(SynRecord& record, Listener& listener, const Arrival& a) {
  const SegmentOptions& options = a.segment.options;
  record.local = a.local;
  record.remote = a.remote;
  record.listener = listeners_.handle_of(listener);
  record.interface = a.datagram.interface;
  record.irs = a.segment.seq;
  record.sent = a.now;
  record.window = static_cast<std::uint16_t>(a.segment.wnd);
  record.peer_mss = peer_mss_of(options, a.remote);
  record.timestamps = options.has_timestamp && config_.timestamps;
  record.ts_recent = options.timestamp_value;
  record.sack = options.sack_permitted && config_.selective_acknowledgment;
  record.ecn = ecn_setup(a);
  record.window_scaling = options.window_scale.has_value() && config_.window_scaling;
  record.peer_window_scale = options.window_scale.value_or(0);
  record.window_scale = window_shift(listener.options);
}

void Tcp::drop_record(SynRecord& record) {
  wheel_.disarm(record);
  // A listener that closes ends its records: a record's is there.
  --listeners_.find(record.listener)->handshakes;
  syns_.remove(record);
}

/// SYN-RECEIVED after a passive open, by the steps of 3.10.7.4.
void Tcp::syn_record_arrives(SynRecord& record, Arrival& a) {
  const Segment& segment = a.segment;
  const SequenceNumber rcv_nxt = record.irs + 1;
  Listener& listener = *listeners_.find(record.listener);
  const std::uint32_t window = first_window(listener.options);
  constexpr std::uint8_t ecn_flags = Flags::ece | Flags::cwr;
  if ((segment.flags & ~ecn_flags) == Flags::syn && segment.seq == record.irs) {
    // RFC 3168 6.1.1.1: one that does not ask any more takes back what an earlier one asked for.
    record.ecn = record.ecn && ecn_setup(a);
    return send_syn_ack(record, std::nullopt, a.now);  // our SYN-ACK was lost
  }
  const bool paws = record.timestamps && segment.options.has_timestamp && !segment.has(Flags::rst) &&
                    SequenceNumber(segment.options.timestamp_value) < SequenceNumber(record.ts_recent);
  const bool in_window = segment.seq >= rcv_nxt && segment.seq <= rcv_nxt + window;
  if (!in_window || paws) {  // first
    drops_.add(paws ? Drop::tcp_paws : Drop::tcp_sequence);
    if (!segment.has(Flags::rst)) challenge(record, a.now);
    return;
  }
  if (segment.has(Flags::rst)) {  // second: RFC 5961 3.2, only an exact RCV.NXT resets
    if (segment.seq == rcv_nxt) return drop_record(record);
    drops_.add(Drop::tcp_challenged);
    return challenge(record, a.now);
  }
  if (segment.has(Flags::syn)) {  // fourth: passive opens return to LISTEN
    drops_.add(Drop::tcp_challenged);
    return drop_record(record);
  }
  if (!segment.has(Flags::ack)) {  // fifth
    drops_.add(Drop::tcp_no_ack);
    return;
  }
  if (segment.ack != record.iss + 1) {
    drops_.add(Drop::tcp_bad_ack);
    return send_reset_for(a);
  }
  if (deferred(listener, record, segment)) return;
  const auto path = ip_.path(record.remote.address, record.local.address, ip::any_interface);
  if (!path) return drops_.add(Drop::ip_no_route);  // the link is down for now: what comes again may find it up
  Connection* c = accept_handshake(listener, record, *path, a);
  if (c == nullptr) {
    // No memory for a connection now. The client thinks it is connected; its data makes it try again (`drop`),
    // or it is told (`refuse`).
    drops_.add(Drop::tcp_backlog);
    if (config_.backlog_policy == BacklogPolicy::refuse) {
      drop_record(record);
      send_reset_for(a);
    }
    return;
  }
  c->backoffs = record.retransmissions;
  if (record.retransmissions == 0 && !record.acknowledged) {
    c->rtt.sample(a.now - record.sent, c->snd.una, c->snd.nxt, config_, a.now);
  }
  drop_record(record);
  other_states_arrive(*c, a);
}

/// TCP_DEFER_ACCEPT: the handshake's last ACK alone is not worth a connection yet, until that has lasted too long.
bool Tcp::deferred(const Listener& listener, SynRecord& record, const Segment& segment) {
  if (segment.length() > 0 || record.retransmissions >= listener.options.defer_accept) return false;
  record.acknowledged = true;
  return true;
}

/// The acknowledgment that answers an unacceptable segment in SYN-RECEIVED, a few times only (RFC 5961 7).
void Tcp::challenge(SynRecord& record, Instant now) {
  if (record.challenges >= config_.challenge_acks) return;
  ++record.challenges;
  const Options& wanted = listeners_.find(record.listener)->options;
  OptionsWriter options;
  if (record.timestamps) {
    options.timestamp(secrets_.timestamp(record.local, record.remote, now), record.ts_recent);
  }
  const HeaderFields fields{.source_port = record.local.port,
                            .destination_port = record.remote.port,
                            .seq = record.iss + 1,
                            .ack = record.irs + 1,
                            .flags = Flags::ack,
                            .window = first_window(wanted),
                            .urgent_pointer = 0};
  send_bare(record.local, record.remote, fields, options.finish(), record.interface, now, wanted);
}

/// An ACK to a listener while cookies are out: either the end of a handshake, or nobody's.
void Tcp::cookie_arrives(Listener& listener, Arrival& a) {
  const Segment& segment = a.segment;
  std::optional<std::uint32_t> echo;
  if (segment.options.has_timestamp && config_.timestamps) {
    echo = segment.options.timestamp_echo;
  }
  const auto content =
      secrets_.open_cookie(a.local, a.remote, segment.seq - 1, segment.ack - 1, echo, a.now);
  if (!content || segment.has(Flags::fin)) return closed_arrives(a);
  SynRecord record;
  record.local = a.local;
  record.remote = a.remote;
  record.interface = a.datagram.interface;
  record.irs = segment.seq - 1;
  record.iss = segment.ack - 1;
  record.peer_mss = content->maximum_segment_size;
  record.timestamps = content->has_timestamp;
  record.ts_recent = segment.options.timestamp_value;
  record.sack = content->sack_permitted;
  record.ecn = content->ecn && config_.ecn != Ecn::off;
  record.window_scaling = content->window_scale.has_value();
  record.peer_window_scale = content->window_scale.value_or(0);
  record.window_scale = window_shift(listener.options);
  record.window = static_cast<std::uint16_t>(segment.wnd);
  if (listener.waiting >= listener.backlog) return drops_.add(Drop::tcp_backlog);
  const auto path = ip_.path(record.remote.address, record.local.address, ip::any_interface);
  Connection* c = path ? accept_handshake(listener, record, *path, a) : nullptr;
  if (c == nullptr) return drops_.add(Drop::tcp_backlog);
  other_states_arrive(*c, a);
}

/// The connection of a handshake whose last ACK has come, in SYN-RECEIVED: the ACK itself takes the common path.
Connection* Tcp::accept_handshake(Listener& listener, const SynRecord& record, const ip::Path& path, const Arrival& a) {
  Connection* c = open(record.local, record.remote, listener.options, path);
  if (c == nullptr) return nullptr;
  c->state = State::syn_received;
  c->snd.iss = record.iss;
  c->snd.una = record.iss;
  c->snd.nxt = record.iss + 1;
  c->rcv.irs = record.irs;
  c->rcv.nxt = record.irs + 1;
  c->rcv.acked = c->rcv.nxt;
  c->rcv.up = c->rcv.nxt;
  c->rcv.edge = c->rcv.nxt + first_window(c->options);
  c->peer_mss = record.peer_mss;
  c->timestamps = record.timestamps;
  c->ts_recent = record.ts_recent;
  c->ts_recent_age = a.now;
  c->sack = record.sack;
  c->ecn = record.ecn;
  if (record.window_scaling) {
    c->window_scaling = true;
    c->snd.scale = record.peer_window_scale;
    c->rcv.scale = record.window_scale;
  }
  c->snd.wnd = record.window;
  c->listener = listeners_.handle_of(listener);
  set_segment_size(*c);
  enter_table(*c);
  listener.accept_queue.push_back(*c);
  ++listener.waiting;
  // Should this very ACK be dropped by a later check, the SYN-ACK is sent again.
  c->retransmit_at = a.now + c->rtt.rto();
  arm(*c);
  return c;
}

}  // namespace linnet::tcp
