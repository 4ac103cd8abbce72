// SPDX-License-Identifier: Apache-2.0
#include "sockets/tcp_info.hpp"

#include <algorithm>

#include "core/tcp/congestion.hpp"

namespace linnet::sockets {
namespace {

std::uint8_t linux_state(tcp::State state) {
  constexpr std::uint8_t numbers[] = {7, 10, 2, 3, 1, 4, 5, 8, 11, 9, 6};
  return numbers[static_cast<std::size_t>(state)];
}

std::uint32_t clamped(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, 0xffffffff));
}
std::uint32_t microseconds(Duration time) { return clamped(time.as_microseconds()); }
std::uint32_t milliseconds_since(Instant then, Instant now) { return clamped((now - then).as_milliseconds()); }

/// A window in segments, with Linux's word for infinity.
std::uint32_t segments(std::uint32_t bytes, std::uint32_t size) {
  return bytes == 0xffffffffu ? 0x7fffffffu : bytes / std::max<std::uint32_t>(size, 1);
}

std::uint8_t option_bits(const tcp::Status& s) {
  unsigned bits = 0;
  if (s.timestamps) bits |= TcpInfo::timestamps;
  if (s.sack) bits |= TcpInfo::sack;
  if (s.window_scaling) bits |= TcpInfo::window_scale;
  if (s.ecn) bits |= TcpInfo::ecn;
  if (s.ecn_seen) bits |= TcpInfo::ecn_seen;
  if (s.syn_data) bits |= TcpInfo::syn_data;
  return static_cast<std::uint8_t>(bits);
}

void add_measurements(TcpInfo& info, const tcp::Measurements& m) {
  info.ca_state = static_cast<std::uint8_t>(m.state);
  info.flags = m.application_limited ? 1 : 0;
  info.sacked = m.sacked;
  info.lost = m.lost;
  info.retrans = m.retransmitted;
  info.reordering = m.reordering;
  info.reord_seen = m.reorderings_seen;
  info.dsack_dups = m.duplicates_reported;
  info.delivered = m.delivered;
  info.delivered_ce = m.delivered_marked;
  info.bytes_retrans = m.bytes_retransmitted;
  info.pacing_rate = m.pacing_rate;
  info.max_pacing_rate = ~std::uint64_t{0};
  info.delivery_rate = m.delivery_rate;
  info.min_rtt = m.minimum_rtt == Duration() ? 0xffffffffu : microseconds(m.minimum_rtt);
  info.rcv_rtt = microseconds(m.receive_rtt);
  info.rcv_space = m.receive_space;
}

}  // namespace

TcpInfo tcp_info(const tcp::Status& s, Instant now) {
  TcpInfo info;
  add_measurements(info, s.measured);
  info.state = linux_state(s.state);
  info.retransmits = s.timeouts;
  info.backoff = std::max(s.timeouts, s.probes);
  info.probes = s.probes;
  info.options = option_bits(s);
  info.window_scales = static_cast<std::uint8_t>(s.send_scale | (s.receive_scale << 4));
  info.rto = microseconds(s.retransmission_timeout);
  info.ato = microseconds(s.ack_delay);
  info.snd_mss = s.segment_size;
  info.rcv_mss = s.receive_segment_size;
  info.unacked = s.outstanding;
  info.last_data_sent = milliseconds_since(s.last_data_sent, now);
  info.last_data_recv = milliseconds_since(s.last_data_received, now);
  info.last_ack_recv = milliseconds_since(s.last_received, now);
  info.pmtu = s.path_mtu;
  info.rcv_ssthresh = s.window_limit;
  info.rtt = microseconds(s.smoothed_rtt);
  info.rttvar = microseconds(s.rtt_variation);
  const bool unlimited = s.slow_start_threshold == tcp::Congestion::unlimited;  // Linux: TCP_INFINITE_SSTHRESH
  info.snd_ssthresh = unlimited ? s.slow_start_threshold : segments(s.slow_start_threshold, s.segment_size);
  info.snd_cwnd = segments(s.congestion_window, s.segment_size);
  info.advmss = s.announced_segment_size;
  info.total_retrans = clamped(static_cast<std::int64_t>(s.retransmissions));
  info.bytes_acked = s.bytes_acknowledged;
  info.bytes_received = s.bytes_in;
  info.segs_out = static_cast<std::uint32_t>(s.segments_out);
  info.segs_in = static_cast<std::uint32_t>(s.segments_in);
  info.notsent_bytes = s.unsent;
  info.data_segs_in = s.data_segments_in;
  info.data_segs_out = s.data_segments_out;
  info.bytes_sent = s.bytes_out + s.measured.bytes_retransmitted;
  info.rcv_ooopack = s.out_of_order;
  info.snd_wnd = s.send_window;
  info.rcv_wnd = s.receive_window;
  return info;
}

TcpInfo tcp_info(const tcp::ListenerStatus& s) {
  TcpInfo info;
  info.state = s.listening ? 10 : 7;
  info.unacked = s.waiting;
  info.sacked = s.backlog;
  return info;
}

}  // namespace linnet::sockets
