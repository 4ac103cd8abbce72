// SPDX-License-Identifier: Apache-2.0
// Segments as they leave: options, payload, header, and what the connection counts of them (RFC 9293 3.1).
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {

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
  const bool twice = out.length == 0 && !c.reassembly.duplicate.empty();
  if (!c.sack || (c.reassembly.empty() && !twice)) return size;
  std::array<SackBlock, SegmentOptions::maximum_sack_blocks> blocks;
  const std::size_t most = std::min<std::size_t>(blocks.size(), (to.size() - size - 4) / 8);
  const std::size_t count = c.reassembly.sack_blocks(std::span(blocks).first(most), twice);
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
  const bool gone = c.path.generation != ip_.generation() && has_lost_addresses(c);
  switch (gone ? ip::Send::bad_source : ip_.send(frame, c.path, info, now)) {
    case ip::Send::busy:
      c.output_blocked = true;
      queue_output(c);
      return Sent::busy;
    case ip::Send::bad_source:
      c.give_up_at = now;  // ended by the timer, not under the caller's feet
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

}  // namespace linnet::tcp
