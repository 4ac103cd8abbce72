// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.8: what may be sent now (windows, Nagle, silly window avoidance), and the segments themselves.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {

/// Whatever peer and path say, headers shall not be most of what is sent (C17-03). Linux's tcp_min_snd_mss.
constexpr std::uint32_t least_segment_size = 48;

/// Where a window goes round so often, the processor is the limit.
constexpr Duration short_round_trip = Duration::microseconds(500);

/// A segment has left: every one acknowledges all that was received.
void note_sent(Connection& c) {
  ++c.segments_out;
  c.rcv.acked = c.rcv.nxt;
  c.ack_bytes = 0;
  c.ack_at = Instant::never();
  c.ack_now = false;
  if (c.quick_acks > 0) --c.quick_acks;
}

void note_data_sent(Connection& c, std::uint32_t segments, Instant now, const Config& config) {
  c.segments_out += segments - 1;  // counted as one frame already
  c.data_segments_out += segments;
  // Whoever answers soon has acknowledgments travel with its answers.
  if (c.data_segments_in > 0 && now - c.last_data_received < config.delayed_ack) c.pingpong = true;
}

}  // namespace

void Tcp::queue_output(Connection& c) {
  if (!static_cast<ListNode<OutputTag>&>(c).linked()) output_.push_back(c);
}

/// Sends everything that may go now: what is lost first, then new data, then a bare acknowledgment if one is due.
void Tcp::output(Connection& c, Instant now) {
  c.output_blocked = false;
  if (c.open()) {
    if (c.path.generation != ip_.generation()) refresh_path(c, now);
    // RFC 5681 2: what carries data is no duplicate acknowledgment, so a gap is told of without. So is what came twice:
    // each segment of a super-segment would tell it again.
    const bool tell = !c.reassembly.empty() || !c.reassembly.duplicate.empty();
    if (c.ack_now && tell) send_acknowledgment(c, now);
    if (output_retransmissions(c, now) && probe_path_mtu(c, now)) output_new_data(c, now);
  }
  if (c.ack_now && !c.output_blocked) send_acknowledgment(c, now);
  if (unsent_limit(c) != 0xffffffffu) changed(c);  // less is unsent than before: there may be room
  arm(c);
}

/// False when the device is busy. RFC 6675 5 (C): what is lost goes first, as the window allows.
bool Tcp::output_retransmissions(Connection& c, Instant now) {
  // RFC 5682 step 2b: new data goes first, to find out whether anything was lost at all.
  if (c.recovery != nullptr && c.recovery->forward_new_data) return true;
  SequenceNumber begin;
  while (Transmission* lost = c.scoreboard.next_lost(c.snd.una, begin)) {
    const std::uint32_t pipe = c.pipe();
    const std::uint32_t window = c.congestion.window();
    if (pipe >= window || pacing_holds(c, now)) return true;
    const std::uint32_t room = std::max<std::uint32_t>((window - pipe) / c.send_mss * c.send_mss, c.send_mss);
    const Sent sent = send_again(c, *lost, begin, room, now);
    if (sent != Sent::done) return sent != Sent::busy;
  }
  return true;
}

/// Sends the beginning of a run again, at most `most` bytes of it. `probe`: though it is not lost.
Tcp::Sent Tcp::send_again(Connection& c, Transmission& t, SequenceNumber begin, std::uint32_t most, Instant now, bool probe) {
  const SequenceNumber data_end = c.data_end();
  std::uint32_t length = begin < data_end ? min(t.end, data_end) - begin : 0;
  length = std::min({length, most, largest_segment(c), paced_size(c)});
  // SHLD-15: a window that shrank is respected; one byte probes a closed one.
  const SequenceNumber edge = c.snd.una + std::max<std::uint32_t>(c.snd.wnd, 1u);
  if (begin >= edge) return Sent::nothing;
  length = std::min(length, edge - begin);
  const bool fin = c.fin_sent && begin + length == data_end && t.end > data_end;
  if (length == 0 && !fin) return Sent::nothing;
  const bool last = length > 0 && begin + length == data_end && !c.more_follows;  // MUST-61 speaks of what is queued, not of how often it goes
  const unsigned flags = (fin ? Flags::fin : 0u) | (last ? Flags::psh : 0u);
  Outgoing out{.seq = begin, .length = length, .flags = static_cast<std::uint8_t>(flags)};
  if (transmit(c, out, now) == Sent::busy) return Sent::busy;
  const std::uint32_t sent = out.length + ((out.flags & Flags::fin) != 0 ? 1u : 0u);
  if (probe) {
    c.scoreboard.probed(transmissions_, t, begin + sent, now);
  } else {
    c.scoreboard.sent_again(transmissions_, t, begin, begin + sent, now);
  }
  c.retransmissions += (out.length + c.send_mss - 1u) / c.send_mss + (out.length == 0 ? 1u : 0u);
  c.bytes_retransmitted += out.length;
  if (c.recovery != nullptr) {
    c.recovery->unaccounted += sent;
    if (!c.recovery->retransmitted) c.recovery->first_timestamp = c.timestamp_offset + Secrets::milliseconds(now);
    c.recovery->retransmitted = true;
  }
  note_window_used(c, sent, now);
  // RFC 6298 5: a segment is never sent again less than one RTO after it was sent before.
  const bool oldest = begin == c.snd.una && c.retransmit_purpose == RetransmitPurpose::timeout;
  if (oldest || c.retransmit_at.is_never()) restart_timeout(c, now, true);
  return Sent::done;
}

/// What PRR and pacing count.
void Tcp::note_window_used(Connection& c, std::uint32_t bytes, Instant now) {
  if (c.recovery != nullptr && c.reducing()) c.recovery->rate.out += bytes;
  note_paced(c, bytes, now);
}

/// 3.8.6.2.1 and 3.7.4 (Nagle): how much of `unsent` bytes goes now, given that `usable` fit the windows.
std::uint32_t Tcp::sendable(const Connection& c, std::uint32_t unsent, std::uint32_t usable) const {
  const std::uint32_t mss = c.send_mss;
  const std::uint32_t length = std::min(unsent, usable);
  // Nagle as Minshall refined it: a short segment waits only for another short one, so that the end of a large
  // write does not wait for a delayed acknowledgment of its beginning.
  // TCP_CORK and MSG_MORE stand above TCP_NODELAY; urgent data and the end of everything are never held back.
  const bool flush = c.fin_queued || c.snd.urgent ||
                     ((c.options.no_delay || !c.snd.short_outstanding) && !c.push_more && !c.options.cork);
  if (length == unsent && flush) return length;
  if (length >= mss) return length - length % mss;
  if (length == unsent) return 0;
  // Silly window avoidance: a part is worth sending when it is half of the largest window ever seen.
  return length >= c.snd.max_wnd / 2 ? length : 0;
}

/// What one frame carries at most: whole segments, as many as the device cuts apart.
std::uint32_t Tcp::largest_segment(const Connection& c) {
  return std::max<std::uint32_t>(c.path.segmentation - c.path.segmentation % c.send_mss, c.send_mss);
}

/// A super-segment costs the same whatever its length. While most of the window is under way, and the first of it for half
/// a round trip, the ACK that makes room for a longer one is near: less usable window than this is left alone until then.
/// What is left over is missed where the window is small for the path, so a long one has only an eighth of it to spare.
std::uint32_t Tcp::worth_waiting_for(const Connection& c, std::uint32_t window, Instant now) const {
  const std::uint32_t largest = largest_segment(c);
  const Transmission* oldest = c.scoreboard.first();
  const bool soon = oldest != nullptr && now - oldest->sent >= c.rtt.smoothed() / 2;
  if (largest == c.send_mss || !soon) return 0;
  const std::uint32_t spare = window / (c.rtt.smoothed() < short_round_trip ? 3 : 8);
  return std::min({largest, paced_size(c), spare / c.send_mss * c.send_mss});
}

bool Tcp::output_new_data(Connection& c, Instant now) {
  if (c.flight() == 0) note_idle(c, now);
  const SequenceNumber before = c.snd.nxt;
  const bool done = output_what_fits(c, now);
  if (c.snd.nxt != before && c.retransmit_purpose != RetransmitPurpose::reordering) schedule_tail_probe(c, now, false);
  return done;
}

/// RFC 5681 4.1: after an idle RTO the window says nothing about the path.
void Tcp::note_idle(Connection& c, Instant now) {
  const Duration idle = now - c.last_sent;
  if (idle <= c.rtt.rto()) return;
  if (config_.slow_start_after_idle) c.congestion.idle(idle, c.rtt.rto());
  c.congestion.resumed(idle);
  c.last_sent = now;
}

/// RFC 7661 4: how much of cwnd is in use. `limited`: it was what ended this burst.
void Tcp::note_usage(Connection& c, bool limited) {
  const std::uint32_t flight = c.flight();
  if (c.snd.una < c.usage_end && !limited && (c.window_limited || flight <= c.largest_flight)) return;
  c.window_limited = limited;
  c.largest_flight = flight;
  c.usage_end = c.snd.nxt;
}

/// 3.8.6.2.1: the override timeout, one RTO as on Linux, but within what the RFC says.
Duration Tcp::cork_time(const Connection& c) const {
  return std::clamp(c.rtt.rto(), config_.cork_limit, std::max(config_.cork_limit, Duration::seconds(1)));
}

bool Tcp::output_what_fits(Connection& c, Instant now) {
  while (!c.fin_sent) {
    const std::uint32_t unsent = c.data_end() - c.snd.nxt;
    if (unsent == 0) {
      note_usage(c, false);
      return output_fin(c, now);
    }
    const std::uint32_t flight = c.flight();
    // Fast Open (RFC 7413): the SYN that is not acknowledged yet is no data.
    const std::uint32_t syn = c.snd.una == c.snd.iss ? 1 : 0;
    const std::uint32_t pipe = c.pipe() - std::min(c.pipe(), syn);
    const std::uint32_t window = c.congestion.window();
    const std::uint32_t by_congestion = window > pipe ? window - pipe : 0;
    const std::uint32_t by_peer = c.snd.wnd > flight - syn ? c.snd.wnd - (flight - syn) : 0;
    const std::uint32_t usable = std::min(by_congestion, by_peer);
    std::uint32_t length = sendable(c, unsent, usable);
    const bool calm = c.congestion_state == CongestionState::open;
    const bool waits = length < unsent && usable < worth_waiting_for(c, std::min(window, c.snd.wnd), now) && calm;
    if (length == 0 || waits) {
      note_usage(c, by_congestion < unsent && by_congestion <= by_peer);
      // Nothing outstanding means that no ACK will come: the window must be probed (MUST-36), and holding back for
      // silly window reasons, or for more data to come, must end some time (3.8.6.2.1 override timeout).
      const bool held = usable >= std::min<std::uint32_t>(unsent, c.send_mss);
      if (length == 0 && flight == 0 && c.persist_at.is_never()) {
        c.progress_at = now;  // the user timeout counts from here
        c.persist_at = now + (held ? cork_time(c) : c.rtt.rto());
      }
      return true;
    }
    if (pacing_holds(c, now)) {
      note_usage(c, true);
      return true;
    }
    c.persist_at = Instant::never();
    length = std::min({length, largest_segment(c), paced_size(c)});
    if (!send_new(c, length, length == unsent, now)) return false;
  }
  return true;
}

/// The next `length` bytes; `last`: of what there is.
bool Tcp::send_new(Connection& c, std::uint32_t length, bool last, Instant now) {
  const std::uint32_t flight = c.flight();
  std::uint8_t flags = last && !c.more_follows ? Flags::psh : std::uint8_t{0};  // MUST-60, MUST-61
  if (last && c.fin_queued && flight + length < c.snd.wnd) flags |= Flags::fin;
  Outgoing out{.seq = c.snd.nxt, .length = length, .flags = flags};
  if (transmit(c, out, now) == Sent::busy) return false;
  const bool fin = (out.flags & Flags::fin) != 0;
  c.bytes_out += out.length;
  c.fin_sent = fin;
  note_new(c, out.length + (fin ? 1u : 0u), now);
  if (out.length % out.segment_size != 0) {
    c.snd.short_end = c.snd.nxt;
    c.snd.short_outstanding = true;
  }
  return true;
}

/// SND.NXT moves over what was sent for the first time.
void Tcp::note_new(Connection& c, std::uint32_t count, Instant now) {
  const bool first = c.flight() == 0;
  const bool whole = !c.snd.short_outstanding || c.snd.short_end != c.snd.nxt;
  if (first) c.progress_at = now;
  c.snd.nxt += count;
  c.scoreboard.sent(transmissions_, c.snd.una, c.snd.nxt, now, whole);
  c.last_sent = now;
  note_window_used(c, count, now);
  if (first || c.retransmit_at.is_never()) restart_timeout(c, now, true);  // RFC 6298 5.1
}

/// A FIN by itself: all data has been sent.
bool Tcp::output_fin(Connection& c, Instant now) {
  if (!c.fin_queued || c.fin_sent) return true;
  if (c.flight() >= c.snd.wnd) {
    if (c.flight() == 0 && c.persist_at.is_never()) {
      c.progress_at = now;
      c.persist_at = now + c.rtt.rto();
    }
    return true;
  }
  c.persist_at = Instant::never();
  Outgoing out{.seq = c.snd.nxt, .length = 0, .flags = Flags::fin};
  if (transmit(c, out, now) == Sent::busy) return false;
  c.fin_sent = true;
  note_new(c, 1, now);
  return true;
}

/// The options of a segment of a synchronized connection; yields their size, a multiple of four. SACK blocks stand in
/// every segment while something is held out of order (RFC 2018 4), what came twice in one without data.
std::size_t Tcp::write_options(Connection& c, const Outgoing& out, std::span<std::uint8_t, 40> to, Instant now) {
  std::size_t size = 0;
  if (c.timestamps) {
    store32(to.data(), 0x0101080au);
    store32(to.data() + 4, c.timestamp_offset + Secrets::milliseconds(now));
    store32(to.data() + 8, c.ts_recent);
    size = timestamp_option_size;
  }
  DuplicateRange& duplicate = c.reassembly.duplicate;
  const bool twice = out.length == 0 && !duplicate.empty();
  if (!c.sack || (c.reassembly.empty() && !twice)) return size;
  std::array<SackBlock, SegmentOptions::maximum_sack_blocks> blocks;
  std::size_t count = 0;
  if (twice) blocks[count++] = duplicate;
  const std::size_t most = std::min<std::size_t>(blocks.size(), (to.size() - size - 4) / 8);
  count += c.reassembly.sack_blocks(std::span(blocks).subspan(count, most - count));
  if (count == 0) return size;
  return size + write_sack(to.data() + size, std::span(blocks).first(count));
}

/// One segment (or super-segment) of data with an acknowledgment. `out.length` may come back smaller: the payload
/// lies in more pieces than a frame can point at, or SACK blocks need its room.
Tcp::Sent Tcp::transmit(Connection& c, Outgoing& out, Instant now) {
  std::array<std::uint8_t, 40> options;
  const std::size_t options_size = write_options(c, out, options, now);
  // RFC 2018 3 and RFC 6691: options that not every segment carries take from the payload of those that do.
  const std::size_t usual = c.timestamps ? timestamp_option_size : 0;
  const std::uint32_t segment_size =
      out.whole ? out.length : c.send_mss - static_cast<std::uint32_t>(options_size - usual);
  out.segment_size = static_cast<std::uint16_t>(segment_size);
  const auto shorten = [&](std::uint32_t length) {
    out.flags = static_cast<std::uint8_t>(out.flags & ~(Flags::fin | Flags::psh));
    out.length = length;
  };
  // The same number of segments as before: a super-segment never grows beyond what the device takes.
  const std::uint32_t segments = (out.length + c.send_mss - 1) / c.send_mss;
  if (out.length > segments * segment_size) shorten(segments * segment_size);
  Frame frame;
  if (out.length > 0) {
    std::array<Bytes, Frame::max_payload_spans> spans;
    const std::size_t count = c.send_queue.peek(out.seq - c.data_start(), out.length, spans);
    std::uint32_t length = 0;
    for (const Bytes span : std::span(spans).first(count)) length += static_cast<std::uint32_t>(span.size());
    if (length < out.length) {
      // Too many pieces: whole segments of what could be pointed at.
      length -= length > segment_size ? length % segment_size : 0;
      shorten(length);
    }
    for (const Bytes span : std::span(spans).first(count)) {
      const std::size_t piece = std::min<std::size_t>(span.size(), length);
      frame.add_payload(span.first(piece));
      length -= static_cast<std::uint32_t>(piece);
    }
  }
  HeaderFields fields{.source_port = c.local.port,
                      .destination_port = c.remote.port,
                      .seq = out.seq,
                      .ack = c.rcv.nxt,
                      .flags = static_cast<std::uint8_t>(out.flags | Flags::ack),
                      .window = window_field(c),
                      .urgent_pointer = 0};
  if (c.snd.urgent && c.snd.up > out.seq && c.snd.up - out.seq <= 65535) {
    fields.flags |= Flags::urg;
    fields.urgent_pointer = static_cast<std::uint16_t>(c.snd.up - out.seq);
  }
  // RFC 3168 6.1.4 to 6.1.6: only new data within the window is ECN-capable, no retransmission, acknowledgment or probe.
  const bool capable = c.ecn && out.length > 0 && out.seq == c.snd.nxt &&
                       out.seq + out.length <= c.snd.una + c.snd.wnd;
  const bool reduced = capable && c.ecn_cwr;
  if (reduced) fields.flags |= Flags::cwr;
  if (c.ecn_echo) fields.flags |= Flags::ece;
  std::uint8_t* header = frame.prepend(header_size + options_size);
  write_header(header, fields, options_size);
  copy_bytes(header + header_size, Bytes(options).first(options_size));
  frame.checksum = {.header_from_end = static_cast<std::uint16_t>(header_size + options_size), .field = 16};
  if (out.length > segment_size) frame.segment_size = out.segment_size;
  const ip::SendInfo info{.source = c.local.address,
                          .destination = c.remote.address,
                          .protocol = ip::protocol::tcp,
                          .ttl = c.options.ttl,
                          .traffic_class = static_cast<std::uint8_t>((c.options.traffic_class & ~3u) | (capable ? 2u : 0u)),
                          .dont_fragment = c.options.path_mtu_discovery != 0,
                          .interface = c.path.interface};
  switch (ip_.send(frame, c.path, info, now)) {
    case ip::Send::busy:
      c.output_blocked = true;
      queue_output(c);
      return Sent::busy;
    case ip::Send::bad_source:
      c.give_up_at = now;  // our address is gone (C19-12); ended by the timer, not under the caller's feet
      break;
    case ip::Send::no_route:
    case ip::Send::unreachable:
      c.soft_error = Error::host_unreachable;
      break;
    default:
      break;  // whatever else happened to it, the retransmission timer takes care
  }
  note_sent(c);
  if (reduced) c.ecn_cwr = false;
  if (out.length > 0) {
    note_data_sent(c, out.whole ? 1u : (out.length + c.send_mss - 1u) / c.send_mss, now, config_);
    note_segment_size(c, out);
  }
  return Sent::done;
}

Tcp::Sent Tcp::send_acknowledgment(Connection& c, Instant now) {
  Outgoing out{.seq = c.bare_sequence(), .length = 0, .flags = 0};
  const Sent sent = transmit(c, out, now);
  if (sent == Sent::done) c.reassembly.duplicate = {};  // RFC 2883 4 (2): each duplicate is reported once
  return sent;
}

/// 3.8.6.1: a zero-window probe, or a keep-alive (3.8.4): one segment outside of the usual accounting.
void Tcp::send_probe(Connection& c, SequenceNumber seq, std::uint32_t length, Instant now) {
  Outgoing out{.seq = seq, .length = length, .flags = 0};
  transmit(c, out, now);
}

/// The window of a SYN, which is unscaled. It depends on settings only, so that retransmissions and SYN cookies say the
/// same: what an empty pool could hold in segments of the smallest usual size.
std::uint16_t Tcp::first_window(const Options& options) const {
  std::uint32_t receive_buffer = options.receive_buffer != 0 ? options.receive_buffer : config_.receive_buffer;
  if (options.window_clamp != 0) receive_buffer = std::min(receive_buffer, options.window_clamp);
  const std::uint64_t memory = std::uint64_t{pool_.small_count() - std::min(pool_.small_reserve(), pool_.small_count())} * 536 +
                               std::uint64_t{pool_.large_count()} * pool_.large_size();
  return static_cast<std::uint16_t>(std::min({memory, std::uint64_t{receive_buffer}, std::uint64_t{config_.first_window}}));
}

/// What the window field can say (RFC 7323 2.2).
std::uint32_t Tcp::largest_window(const Connection& c) { return 65535u << c.rcv.scale; }

/// What the receive buffer takes and the pool can hold, a block for each segment: a window that is full of promises
/// which memory cannot keep would have the peer retransmit until it gives up, where a closed one is probed for ever.
std::uint32_t Tcp::receive_space(const Connection& c) const {
  const std::size_t held = c.receive_queue.size();
  std::uint32_t room = held >= c.receive_buffer ? 0 : c.receive_buffer - static_cast<std::uint32_t>(held);
  if (c.options.window_clamp != 0) room = std::min(room, c.options.window_clamp);
  room = std::min(room, largest_window(c));
  // What comes in is taken until only the reserve is left, but promised only beyond that: much is under way.
  const std::uint64_t memory = std::uint64_t{pool_.promisable_small()} * std::min<std::uint32_t>(c.receive_mss, pool_.small_size()) +
                               std::uint64_t{pool_.promisable_large()} * pool_.large_size();
  return memory < room ? static_cast<std::uint32_t>(memory) : room;
}

/// Room for data, told to the peer so that the right edge never moves left (SHLD-14) and moves right only by
/// worthwhile steps (MUST-39, 3.8.6.2.2).
std::uint16_t Tcp::window_field(Connection& c) {
  const std::uint32_t space = receive_space(c);
  const SequenceNumber edge = c.rcv.nxt + space;
  const std::uint32_t step = std::min<std::uint32_t>(c.receive_buffer / 2, c.receive_mss);
  std::uint32_t window = c.rcv.edge - c.rcv.nxt;
  if (edge > c.rcv.edge && edge - c.rcv.edge >= step) window = space;
  // Rounding up keeps the scaled edge from moving left (RFC 7323 2.4).
  const std::uint32_t unit = 1u << c.rcv.scale;
  const std::uint32_t field = std::min<std::uint32_t>((window + unit - 1) >> c.rcv.scale, 65535u);
  c.rcv.edge = max(c.rcv.edge, c.rcv.nxt + (field << c.rcv.scale));
  return static_cast<std::uint16_t>(field);
}

/// The reader made enough room that the peer should hear of it before it asks.
bool Tcp::window_update_due(const Connection& c) const {
  const std::uint32_t space = receive_space(c);
  const SequenceNumber edge = c.rcv.nxt + space;
  if (edge <= c.rcv.edge) return false;
  const std::uint32_t growth = edge - c.rcv.edge;
  const std::uint32_t most = std::min(c.receive_buffer, largest_window(c));
  return growth >= std::min(most / 2, std::max<std::uint32_t>(2u * c.receive_mss, most / 4));
}

void Tcp::refresh_path(Connection& c, Instant now) {
  const auto path = ip_.path(c.remote.address, c.local.address, c.options.interface);
  c.path.generation = ip_.generation();
  if (!path) {
    // The address may be gone for good (C19-12), or the link only for now: then the timers decide.
    if (!ip_.is_own(c.local.address)) c.give_up_at = now;
    return;
  }
  if (path->mtu > c.path.mtu) c.path_mtu.next = now;  // a new range to search
  c.path = *path;
  const std::uint16_t before = c.send_mss;
  set_segment_size(c);
  if (c.send_mss < before && c.flight() > 0) {
    // RFC 1191 6.4: what was sent in larger segments is lost; that is no sign of congestion, but the window governs.
    send_all_again(c);
  }
}

/// The largest IP packet with a segment that path, peer and user allow.
std::uint32_t Tcp::largest_packet(const Connection& c) {
  std::uint32_t payload = c.peer_mss;
  if (c.options.maximum_segment_size != 0) payload = std::min<std::uint32_t>(payload, c.options.maximum_segment_size);
  return std::min<std::uint32_t>(c.path.mtu, payload + c.fixed_headers());
}

/// Eff.snd.MSS of 3.7.1: min(peer's MSS, path MTU less headers) less the options that every segment carries.
void Tcp::set_segment_size(Connection& c) {
  std::uint32_t packet = largest_packet(c);
  if (c.path_mtu.used != 0) packet = std::min<std::uint32_t>(packet, c.path_mtu.used);
  const std::uint32_t headers = c.fixed_headers() + (c.timestamps ? std::uint32_t{timestamp_option_size} : 0u);
  const std::uint32_t size = std::max<std::uint32_t>(packet > headers ? packet - headers : 0, least_segment_size);
  if (size != c.send_mss) c.path_mtu.watching = false;
  c.send_mss = static_cast<std::uint16_t>(size);
  if (c.synchronized()) c.congestion.set_segment_size(size);
}

std::uint16_t Tcp::announced_mss(std::uint16_t mtu, const Endpoint& remote, std::uint16_t limit) const {
  // MUST-67 and RFC 6691: the MTU less fixed headers; options are the sender's affair.
  const std::uint32_t headers = (remote.address.is_v4() ? 20u : 40u) + header_size;
  const std::uint32_t by_mtu = mtu > headers ? mtu - headers : 536u;
  std::uint32_t size = std::min<std::uint32_t>(by_mtu, config_.maximum_segment_size);
  if (limit != 0) size = std::min<std::uint32_t>(size, limit);
  return static_cast<std::uint16_t>(size);
}

std::uint8_t Tcp::window_shift(const Options& options) const {
  // The largest window that the connection may ever offer decides: the shift cannot change once a SYN has told it.
  const std::uint32_t grown = std::max(config_.receive_buffer, config_.maximum_receive_buffer);
  const std::uint32_t receive_buffer = options.receive_buffer != 0 ? options.receive_buffer : grown;
  std::uint8_t shift = 0;
  while (shift < 14 && (receive_buffer >> shift) > 65535) ++shift;
  return shift;
}

}  // namespace linnet::tcp
