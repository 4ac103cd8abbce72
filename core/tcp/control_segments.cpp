// SPDX-License-Identifier: Apache-2.0
// Segments without data: SYN, SYN-ACK, RST, and what is sent for states that are only records.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {

/// SYN of an active open, or SYN-ACK of a simultaneous one.
void Tcp::send_syn(Connection& c, Instant now, const FastOpenCookie* reply) {
  const bool answering = c.state == State::syn_received;
  SynOptions offer;
  offer.maximum_segment_size = announced_mss(c.path.link_mtu, c.remote, c.options.maximum_segment_size);
  offer.sack_permitted = c.sack;
  if (c.timestamps) {
    // RFC 7323 3.2: TSecr is zero in a SYN without ACK.
    offer.timestamp = {c.timestamp_offset + Secrets::milliseconds(now), answering ? c.ts_recent : 0};
  }
  if (c.window_scaling) offer.window_scale = c.rcv.scale;
  // RFC 7413 4.1.3.1: only the first SYN has cookie and data.
  std::array<Bytes, Frame::max_payload_spans> spans;
  std::size_t count = 0;
  if (!answering && c.fast_open && !c.syn_bare) {
    offer.fast_open = fast_open_plan(c.remote, c.options, now).option;
    if (!c.send_queue.empty()) count = c.send_queue.peek(0, c.send_queue.size(), spans);
  }
  if (reply != nullptr) offer.fast_open = *reply;
  OptionsWriter options;
  options.syn(offer, config_.syn_option_order);
  const HeaderFields fields{.source_port = c.local.port,
                            .destination_port = c.remote.port,
                            .seq = c.snd.iss,
                            .ack = answering ? c.rcv.nxt : SequenceNumber(0),
                            .flags = static_cast<std::uint8_t>(Flags::syn | (answering ? Flags::ack : 0u) | ecn_syn_flags(c)),
                            // RFC 7323 2.2: the window of a SYN is never scaled.
                            .window = answering ? static_cast<std::uint16_t>(std::min<std::uint32_t>(c.rcv.edge - c.rcv.nxt, 65535u))
                                                : first_window(c.options),
                            .urgent_pointer = 0};
  send_bare(c.local, c.remote, fields, options.finish(), c.path.interface, now, c.options, std::span(spans).first(count));
  ++c.segments_out;
  c.last_sent = now;
  if (c.retransmit_at.is_never()) c.retransmit_at = now + c.rtt.rto();
  arm(c);
}

void Tcp::send_syn_ack(const SynRecord& record, std::optional<std::uint32_t> cookie_timestamp, Instant now,
                       const FastOpenCookie* reply) {
  const Listener* listener = listeners_.find(record.listener);
  const Options& wanted = listener->options;
  const auto path = ip_.path(record.remote.address, record.local.address, ip::any_interface);
  if (!path) return;
  // A cookie without timestamps cannot remember scale and SACK, so it does not offer them.
  const bool remembered = !cookie_timestamp || record.timestamps;
  SynOptions offer;
  offer.maximum_segment_size = announced_mss(path->link_mtu, record.remote, wanted.maximum_segment_size);
  offer.sack_permitted = record.sack && remembered;
  if (record.timestamps) {
    const std::uint32_t value = secrets_.timestamp(record.local, record.remote, now);
    offer.timestamp = {cookie_timestamp.value_or(value), record.ts_recent};
  }
  if (record.window_scaling && remembered) offer.window_scale = record.window_scale;
  if (reply != nullptr) offer.fast_open = *reply;
  OptionsWriter options;
  options.syn(offer, config_.syn_option_order);
  const HeaderFields fields{.source_port = record.local.port,
                            .destination_port = record.remote.port,
                            .seq = record.iss,
                            .ack = record.irs + 1,
                            .flags = static_cast<std::uint8_t>(Flags::syn | Flags::ack | (record.ecn && remembered ? Flags::ece : 0u)),
                            .window = first_window(wanted),
                            .urgent_pointer = 0};
  send_bare(record.local, record.remote, fields, options.finish(), path->interface, now, wanted);
}

/// 3.10.5 ABORT: <SEQ=SND.NXT><CTL=RST>, with an ACK so that middleboxes believe it.
void Tcp::send_reset(Connection& c, Instant now) {
  if (c.state == State::syn_sent || c.state == State::closed || c.state == State::time_wait) return;
  const HeaderFields fields{.source_port = c.local.port,
                            .destination_port = c.remote.port,
                            .seq = c.snd.nxt,
                            .ack = c.rcv.nxt,
                            .flags = static_cast<std::uint8_t>(Flags::rst | Flags::ack),
                            .window = static_cast<std::uint16_t>(std::min<std::uint32_t>((c.rcv.edge - c.rcv.nxt) >> c.rcv.scale, 65535u)),
                            .urgent_pointer = 0};
  OptionsWriter options;  // RFC 7323 3.2: a reset should carry timestamps as well
  if (c.timestamps) options.timestamp(c.timestamp_offset + Secrets::milliseconds(now), c.ts_recent);
  send_bare(c.local, c.remote, fields, options.finish(), c.path.interface, now, c.options);
}

/// 3.5.2: the reset that answers a segment of no connection. Never an answer to a reset.
void Tcp::send_reset_for(const Arrival& a) {
  const Segment& segment = a.segment;
  if (segment.has(Flags::rst)) return;
  HeaderFields fields{.source_port = a.local.port,
                      .destination_port = a.remote.port,
                      .seq = SequenceNumber(0),
                      .ack = segment.seq + segment.length(),
                      .flags = static_cast<std::uint8_t>(Flags::rst | Flags::ack),
                      .window = 0,
                      .urgent_pointer = 0};
  if (segment.has(Flags::ack)) {
    fields.seq = segment.ack;
    fields.ack = SequenceNumber(0);
    fields.flags = Flags::rst;
  }
  send_bare(a.local, a.remote, fields, {}, a.datagram.interface, a.now);
}

/// `user`: whose connection it is, for time to live and Differentiated Services field (MUST-48, MUST-49).
void Tcp::send_bare(const Endpoint& local, const Endpoint& remote, const HeaderFields& fields, Bytes options,
                    std::uint8_t interface, Instant now, const Options& user, std::span<const Bytes> payload) {
  // MUST-57: the peer's address may have become a broadcast address since it was heard, by a prefix of ours.
  if (ip_.is_broadcast(remote.address, ip::any_interface)) return;
  Frame frame;
  for (const Bytes span : payload) frame.add_payload(span);
  std::uint8_t* header = frame.prepend(header_size + options.size());
  write_header(header, fields, options.size());
  copy_bytes(header + header_size, options);
  frame.checksum = {.header_from_end = static_cast<std::uint16_t>(header_size + options.size()), .field = 16};
  // The route decides by which interface; only a link-local peer needs the one it was heard on.
  const bool needs_interface = remote.address.is_link_local();
  const ip::SendInfo info{.source = local.address,
                          .destination = remote.address,
                          .protocol = ip::protocol::tcp,
                          .ttl = user.ttl,
                          .traffic_class = user.traffic_class,
                          .dont_fragment = user.path_mtu_discovery != 0,
                          .interface = needs_interface ? interface : ip::any_interface};
  // Whatever becomes of it: the peer asks again, or our timer does.
  static_cast<void>(ip_.send(frame, info, now));
}

}  // namespace linnet::tcp
