// SPDX-License-Identifier: Apache-2.0
// TCP_INFO: what a connection does, in the layout of Linux's struct tcp_info, so that programs and test scripts made for
// that read ours. What this TCP has no notion of stays zero.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/tcp/types.hpp"

namespace linnet::sockets {

struct TcpInfo {
  /// Bits of `options`.
  static constexpr std::uint8_t timestamps = 1, sack = 2, window_scale = 4, ecn = 8, ecn_seen = 16, syn_data = 32;

  std::uint8_t state = 7;  ///< Linux's numbers: ESTABLISHED 1 ... CLOSE 7 ... LISTEN 10, CLOSING 11
  std::uint8_t ca_state = 0;
  std::uint8_t retransmits = 0;
  std::uint8_t probes = 0;
  std::uint8_t backoff = 0;
  std::uint8_t options = 0;
  std::uint8_t window_scales = 0;  ///< the peer's in the low four bits, ours in the high ones
  std::uint8_t flags = 0;          ///< bit 0: the delivery rate is limited by the application

  std::uint32_t rto = 0;  ///< microseconds, like all times but the four `last_`, which are milliseconds
  std::uint32_t ato = 0;
  std::uint32_t snd_mss = 0;
  std::uint32_t rcv_mss = 0;

  std::uint32_t unacked = 0;  ///< segments, like the next four; of a listener: waiting connections
  std::uint32_t sacked = 0;   ///< of a listener: its backlog
  std::uint32_t lost = 0;
  std::uint32_t retrans = 0;
  std::uint32_t fackets = 0;

  std::uint32_t last_data_sent = 0;
  std::uint32_t last_ack_sent = 0;  ///< zero on Linux, too
  std::uint32_t last_data_recv = 0;
  std::uint32_t last_ack_recv = 0;

  std::uint32_t pmtu = 0;
  std::uint32_t rcv_ssthresh = 0;
  std::uint32_t rtt = 0;
  std::uint32_t rttvar = 0;
  std::uint32_t snd_ssthresh = 0;  ///< segments
  std::uint32_t snd_cwnd = 0;      ///< segments
  std::uint32_t advmss = 0;
  std::uint32_t reordering = 0;
  std::uint32_t rcv_rtt = 0;
  std::uint32_t rcv_space = 0;
  std::uint32_t total_retrans = 0;

  std::uint64_t pacing_rate = 0;
  std::uint64_t max_pacing_rate = 0;
  std::uint64_t bytes_acked = 0;  ///< RFC 4898 tcpEStatsAppHCThruOctetsAcked
  std::uint64_t bytes_received = 0;
  std::uint32_t segs_out = 0;
  std::uint32_t segs_in = 0;
  std::uint32_t notsent_bytes = 0;
  std::uint32_t min_rtt = 0;
  std::uint32_t data_segs_in = 0;
  std::uint32_t data_segs_out = 0;
  std::uint64_t delivery_rate = 0;
  std::uint64_t busy_time = 0;
  std::uint64_t rwnd_limited = 0;
  std::uint64_t sndbuf_limited = 0;
  std::uint32_t delivered = 0;
  std::uint32_t delivered_ce = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_retrans = 0;
  std::uint32_t dsack_dups = 0;
  std::uint32_t reord_seen = 0;
  std::uint32_t rcv_ooopack = 0;
  std::uint32_t snd_wnd = 0;
  std::uint32_t rcv_wnd = 0;
  std::uint32_t rehash = 0;
  std::uint16_t total_rto = 0;
  std::uint16_t total_rto_recoveries = 0;
  std::uint32_t total_rto_time = 0;
  std::uint32_t accurate_ecn[8] = {};  ///< RFC 9768
};
static_assert(offsetof(TcpInfo, rto) == 8 && offsetof(TcpInfo, pacing_rate) == 104);
static_assert(offsetof(TcpInfo, segs_out) == 136 && offsetof(TcpInfo, delivery_rate) == 160);
static_assert(offsetof(TcpInfo, delivered) == 192 && offsetof(TcpInfo, bytes_sent) == 200);
static_assert(offsetof(TcpInfo, dsack_dups) == 216 && offsetof(TcpInfo, rcv_wnd) == 232);
static_assert(offsetof(TcpInfo, total_rto) == 240 && sizeof(TcpInfo) == 280);

TcpInfo tcp_info(const tcp::Status& status, Instant now);
TcpInfo tcp_info(const tcp::ListenerStatus& status);

}  // namespace linnet::sockets
