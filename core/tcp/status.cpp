// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.6 STATUS: what a user can ask.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {

/// What is not this file's knowledge: loss recovery, rate samples and auto-tuning fill it here, and nowhere else.
Measurements Tcp::measurements_of(const Connection& c) const {
  const auto segments = [&](std::uint32_t bytes) { return (bytes + c.send_mss - 1) / c.send_mss; };
  Measurements m;
  m.state = c.congestion_state;
  m.sacked = segments(c.scoreboard.sacked());
  m.lost = segments(c.scoreboard.lost());
  m.retransmitted = segments(c.scoreboard.again());
  m.reordering = c.rack.degree();
  m.reorderings_seen = c.rack.reorderings();
  m.duplicates_reported = c.duplicates_reported;
  m.delivered = c.delivered;
  m.bytes_retransmitted = c.bytes_retransmitted;
  if (paces(c)) {
    const std::int64_t interval = std::max<std::int64_t>(pacing_interval(c, c.send_mss).as_microseconds(), 1);
    m.pacing_rate = static_cast<std::uint64_t>(c.send_mss) * 1000000u / static_cast<std::uint64_t>(interval);
  }
  m.minimum_rtt = c.rtt.minimum();
  m.receive_space = c.receive_buffer;
  return m;
}

Status Tcp::status_of(const Connection& c) const {
  const std::uint32_t fin_in_flight = c.fin_sent && c.flight() > 0 ? 1 : 0;
  const std::uint32_t syn_in_flight = !c.synchronized() && c.flight() > 0 ? 1 : 0;
  const std::uint32_t data_in_flight = c.flight() - std::min(c.flight(), fin_in_flight + syn_in_flight);
  const std::uint32_t limit = c.options.window_clamp != 0 ? std::min(c.receive_buffer, c.options.window_clamp) : c.receive_buffer;
  const bool retransmitting = c.persist_at.is_never();
  const bool answered = c.state != State::syn_sent;
  return {.local = c.local,
          .remote = c.remote,
          .state = c.state,
          .send_queue = static_cast<std::uint32_t>(c.send_queue.size()),
          .unsent = unsent(c),
          .receive_queue = static_cast<std::uint32_t>(c.receive_queue.size()),
          .send_window = c.snd.wnd,
          .receive_window = c.rcv.edge - c.rcv.nxt,
          .send_buffer = c.send_buffer,
          .receive_buffer = c.receive_buffer,
          .congestion_window = c.congestion.window(),
          .slow_start_threshold = c.congestion.threshold(),
          .segment_size = c.send_mss,
          .smoothed_rtt = c.rtt.smoothed(),
          .rtt_variation = c.rtt.variation(),
          .retransmission_timeout = c.rtt.rto(),
          .retransmissions = c.retransmissions,
          .segments_in = c.segments_in,
          .segments_out = c.segments_out,
          .bytes_in = c.bytes_in,
          .bytes_out = c.bytes_out,
          .orphan = c.orphan,
          .timestamps = c.timestamps && answered,
          .sack = c.sack && answered,
          .window_scaling = c.window_scaling && answered,
          .ecn = c.ecn && c.synchronized(),
          .ecn_seen = c.ecn_seen,
          .syn_data = c.syn_data,
          .send_scale = c.snd.scale,
          .receive_scale = c.rcv.scale,
          .timeouts = retransmitting ? c.backoffs : std::uint8_t{0},
          .probes = c.unanswered_probes,
          .receive_segment_size = c.receive_mss,
          .announced_segment_size = announced_mss(c.path.link_mtu, c.remote, c.options.maximum_segment_size),
          .path_mtu = static_cast<std::uint16_t>(c.path.mtu),
          .outstanding = (c.flight() + c.send_mss - 1) / c.send_mss,
          .window_limit = limit,
          .data_segments_in = c.data_segments_in,
          .data_segments_out = c.data_segments_out,
          .out_of_order = c.out_of_order,
          .bytes_acknowledged = c.bytes_out - data_in_flight,
          .ack_delay = config_.delayed_ack,
          .last_data_sent = c.last_sent,
          .last_data_received = c.last_data_received,
          .last_received = c.last_received,
          .measured = measurements_of(c)};
}

ListenerStatus Tcp::status_of(const Listener& l) const {
  return {.local = l.local,
          .listening = l.listening,
          .backlog = l.backlog,
          .waiting = l.waiting,
          .handshakes = l.handshakes};
}

std::optional<Status> Tcp::status(ConnectionHandle handle) const {
  const Connection* c = find(handle);
  if (c == nullptr) return std::nullopt;
  return status_of(*c);
}

std::optional<ListenerStatus> Tcp::status(ListenerHandle handle) const {
  const Listener* l = listeners_.find(handle);
  if (l == nullptr) return std::nullopt;
  return status_of(*l);
}

Readiness Tcp::readiness(ConnectionHandle handle) const {
  const Connection* c = find(handle);
  if (c == nullptr) return {.readable = true, .data = true, .writable = true, .urgent = false, .peer_closed = true, .hangup = true, .error = false};
  const bool over = c->state == State::closed || c->state == State::time_wait;
  const bool end_of_file = c->fin_received || c->receive_shut;
  const bool pending_error = c->error != Error::none && !c->error_taken;
  const bool sending = c->state == State::established || c->state == State::close_wait || c->fast_open_pending;
  // TCP_NOTSENT_LOWAT: writable from half of the limit down, as on Linux, so that whoever waits finds room worth waking for.
  const bool roomy = room(*c) >= std::min<std::uint32_t>(c->send_mss, c->send_buffer / 2) &&
                     std::uint64_t{unsent(*c)} * 2 < unsent_limit(*c);
  // SO_RCVLOWAT never asks for more than the window lets come.
  const std::size_t held = c->receive_queue.size();
  const bool enough = held >= c->options.receive_low_water || (held > 0 && c->rcv.edge - c->rcv.nxt <= c->receive_mss);
  const bool ended = end_of_file || c->state == State::closed;
  return {.readable = (held > 0 && enough) || ended,
          .data = held > 0 || ended,
          .writable = over || (sending && roomy && !c->memory_blocked) || (c->fin_queued),
          .urgent = (c->rcv.urgent && !c->urgent_byte_taken) || c->urgent_byte_valid,
          .peer_closed = end_of_file || c->state == State::closed,
          .hangup = c->state == State::closed || (end_of_file && c->fin_queued),
          .error = pending_error};
}

bool Tcp::acceptable(ListenerHandle handle) const {
  Listener* l = listeners_.find(handle);
  if (l == nullptr) return true;  // an accept call fails at once
  const Connection* first = l->accept_queue.front();
  return first != nullptr && acceptable(*first);
}

Error Tcp::take_error(ConnectionHandle handle) {
  Connection* c = find(handle);
  if (c == nullptr) return Error::closed;
  if (c->error_taken) return Error::none;
  c->error_taken = c->error != Error::none;
  return c->error;
}

Error Tcp::take_soft_error(ConnectionHandle handle) {
  Connection* c = find(handle);
  return c == nullptr ? Error::none : std::exchange(c->soft_error, Error::none);
}

void Tcp::digest(Digest& digest) const {
  const auto add_endpoint = [&](const Endpoint& e) {
    digest.add(Bytes(e.address.bytes()));
    digest.add(e.port);
  };
  connections_.for_each([&](const Connection& c) {
    add_endpoint(c.local);
    add_endpoint(c.remote);
    digest.add(static_cast<std::uint64_t>(c.state));
    digest.add((std::uint64_t{c.snd.una.value()} << 32) | c.snd.nxt.value());
    digest.add((std::uint64_t{c.snd.wnd} << 32) | c.congestion.window());
    digest.add((std::uint64_t{c.rcv.nxt.value()} << 32) | c.rcv.edge.value());
    digest.add((std::uint64_t{c.ts_recent} << 32) | c.scoreboard.sacked());
    digest.add((std::uint64_t{c.send_queue.size()} << 32) | c.receive_queue.size());
    digest.add((c.fin_queued ? 1u : 0u) | (c.fin_sent ? 2u : 0u) | (c.fin_received ? 4u : 0u) |
               (c.rcv.urgent ? 8u : 0u) | (c.snd.urgent ? 16u : 0u));
    digest.add(static_cast<std::uint64_t>(c.error));
    c.reassembly.digest(digest);
  });
  listeners_.for_each([&](const Listener& l) {
    add_endpoint(l.local);
    digest.add((l.listening ? 1u : 0u) | (std::uint64_t{l.waiting} << 1) | (std::uint64_t{l.handshakes} << 17));
  });
  syns_.for_each([&](const SynRecord& r) {
    add_endpoint(r.remote);
    digest.add((std::uint64_t{r.irs.value()} << 32) | r.iss.value());
  });
  time_wait_.for_each([&](const TimeWait& t) {
    add_endpoint(t.remote);
    digest.add((std::uint64_t{t.snd_nxt.value()} << 32) | t.rcv_nxt.value());
  });
}

}  // namespace linnet::tcp
