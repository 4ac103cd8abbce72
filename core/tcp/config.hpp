// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/time.hpp"
#include "core/tcp/rack.hpp"
#include "core/tcp/types.hpp"

namespace linnet::tcp {

/// What a listener does with a request that finds its backlog full.
enum class BacklogPolicy : std::uint8_t {
  refuse,  ///< reset it at once, which tells the caller (what the ESP32 text promises)
  drop,    ///< ignore it, so that the caller tries again; SYN cookies when the SYN table is full (RFC 4987 3.6)
};

/// Bits of Config::fast_open, with the numbers of Linux's tcp_fastopen.
struct FastOpen {
  static constexpr std::uint16_t client = 1;
  static constexpr std::uint16_t server = 2;  ///< where the listener's options ask for it
  static constexpr std::uint16_t client_without_cookie = 4;
  static constexpr std::uint16_t server_without_cookie = 0x200;
};

/// Explicit congestion notification (RFC 3168), with the numbers of Linux's tcp_ecn.
enum class Ecn : std::uint8_t {
  off,
  request,  ///< asked for by our SYNs, agreed to when a peer's asks
  accept,   ///< only agreed to
};

/// In which order a SYN's options stand: a fingerprint, and what test scripts compare.
enum class OptionOrder : std::uint8_t {
  compact,  ///< Linux: MSS, SACK-permitted and timestamps in one word, NOP, window scale
  bsd,      ///< MSS, NOP, window scale, SACK-permitted, timestamps
};

/// RFC 4821: search for the size that the path takes where ICMP does not tell it.
enum class PathMtuProbing : std::uint8_t {
  off,
  on_black_hole,  ///< when segments of full size time out again and again
  always,         ///< from the start, with packets of `base_path_mtu` at first
};

struct Config {
  std::uint16_t connections = 16;
  std::uint16_t listeners = 8;           ///< bound and listening endpoints
  std::uint16_t syn_records = 16;        ///< handshakes in progress, all listeners together
  std::uint16_t time_wait_records = 32;  ///< the oldest goes when they are full
  std::uint16_t reassembly_blocks = 8;   ///< blocks of out-of-order data that one connection may hold
  std::uint16_t transmissions = 128;     ///< runs of sent segments that are told apart, beside one for each connection
  std::uint16_t recoveries = 16;         ///< connections that repair a loss at the same time with all that is known of it
  BacklogPolicy backlog_policy = BacklogPolicy::refuse;

  std::uint16_t maximum_segment_size = 1460;  ///< upper bound of what we announce; the interface's MTU lowers it
  std::uint32_t send_buffer = 5840;           ///< bytes that a connection may hold unacknowledged or unsent
  std::uint32_t receive_buffer = 5840;        ///< bytes; the largest window that a connection offers at first
  /// Above the two, buffers grow up to these by measured need unless the user sets their size; 0: they stay. The window
  /// scale is chosen for the largest.
  std::uint32_t maximum_send_buffer = 0;
  std::uint32_t maximum_receive_buffer = 0;
  std::uint16_t first_window = 65535;         ///< upper bound of the window of a SYN (RFC 7323 2.2: never scaled)
  std::uint8_t initial_window = 10;           ///< segments (RFC 6928)
  OptionOrder syn_option_order = OptionOrder::compact;
  std::uint16_t fast_open = FastOpen::client | FastOpen::server;
  std::uint16_t fast_open_cache = 8;          ///< servers whose cookies a client remembers
  /// RFC 7413 4.1.3.1: so long a server gets no Fast Open SYN after one with data was lost, twice as long each time; 0: never.
  Duration fast_open_back_off = Duration::seconds(120);
  Ecn ecn = Ecn::accept;
  bool timestamps = true;                     ///< RFC 7323
  bool window_scaling = true;                 ///< RFC 7323
  bool selective_acknowledgment = true;       ///< RFC 2018
  bool duplicate_sack = true;                 ///< RFC 2883: say which data came twice

  PathMtuProbing path_mtu_probing = PathMtuProbing::on_black_hole;
  std::uint16_t base_path_mtu = 1024;         ///< RFC 4821 7.2 search_low: IP packets that nearly every path takes
  std::uint16_t least_path_mtu = 552;         ///< RFC 4821 7.7: smaller ones are not tried
  bool largest_probe_first = true;            ///< RFC 4821 7.3: at first the largest, or the middle

  CongestionControl congestion = CongestionControl::cubic;
  bool hystart = true;                        ///< RFC 9406
  bool slow_start_after_idle = true;          ///< RFC 5681 4.1, RFC 2861
  RackSettings rack;                          ///< RFC 8985 6
  bool tail_loss_probe = true;                ///< RFC 8985 7
  bool forward_rto = true;                    ///< RFC 5682
  /// A closed window is asked for by an old sequence number without data, as Linux does; else by one byte of new data, as
  /// RFC 9293 3.8.6.1 has it.
  bool bare_window_probes = false;
  /// A FIN behind data is acknowledged late, with what the user answers to it, as Linux does (RFC 1122 4.2.3.2 allows it).
  bool late_fin_acknowledgment = false;
  bool pacing = true;                         ///< spreads a window over the round trip, where that takes milliseconds

  Duration initial_rto = Duration::seconds(1);           ///< RFC 6298 2.1
  Duration minimum_rto = Duration::milliseconds(200);    ///< RFC 6298 2.4 says 1 s; see docs/decisions.md
  Duration maximum_rto = Duration::seconds(60);          ///< RFC 6298 2.5
  std::uint8_t syn_retransmissions = 7;                  ///< 183 s in all: at least 3 minutes (RFC 9293 MUST-23)
  std::uint8_t syn_ack_retransmissions = 5;
  std::uint8_t retransmissions = 12;                     ///< then the connection is aborted (RFC 9293 3.8.3 R2)
  std::uint8_t orphan_retransmissions = 12;              ///< the same for connections that nobody holds any more (Linux: 8)
  Duration delayed_ack = Duration::milliseconds(40);     ///< below 500 ms (RFC 9293 MUST-40)
  Duration maximum_segment_lifetime = Duration::seconds(30);  ///< TIME-WAIT lasts twice that (RFC 9293 3.4.2)
  Duration fin_wait_2_timeout = Duration::seconds(60);   ///< for connections that nobody holds any more
  /// RFC 6191, for active opens: so old a TIME-WAIT with timestamps gives its four-tuple to a new connection; never: max().
  Duration time_wait_reuse = Duration::seconds(1);
  Duration keepalive_idle = Duration::seconds(7200);     ///< RFC 9293 MUST-28: not less by default
  Duration keepalive_interval = Duration::seconds(75);
  std::uint8_t keepalive_count = 9;
  Duration cork_limit = Duration::milliseconds(200);     ///< TCP_CORK, MSG_MORE: a short segment waits an RTO, but at least so long and at most a second
  std::uint8_t quick_acks = 16;                          ///< so many acknowledgments of a new connection are not delayed
  std::uint32_t unsent_low_water = 0;                    ///< TCP_NOTSENT_LOWAT; 0: no limit but the send buffer
  /// RFC 5461 4.1, against RFC 9293 MUST-56: ICMP errors of every kind about a handshake end it, as on Linux.
  bool soft_errors_end_handshakes = false;
  std::uint8_t challenge_acks = 10;                      ///< per connection and 5 s (RFC 5961 7)
};

}  // namespace linnet::tcp
