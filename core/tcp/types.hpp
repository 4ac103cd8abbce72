// SPDX-License-Identifier: Apache-2.0
// The words that users of TCP need: states, errors, handles, options, status.
#pragma once

#include <string_view>

#include "core/base/address.hpp"
#include "core/base/handle.hpp"
#include "core/base/time.hpp"

namespace linnet::tcp {

/// RFC 9293 3.3.2.
enum class State : std::uint8_t {
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};
std::string_view state_text(State state);

enum class Error : std::uint8_t {
  none,
  no_memory,              ///< no free connection, listener or block
  address_in_use,
  address_not_available,  ///< not an address of ours, or no free port
  invalid,                ///< not possible in this state or with these arguments
  closed,                 ///< the handle is stale, or sending was shut down
  not_connected,
  in_progress,            ///< the handshake is not over
  already_connected,
  would_block,            ///< nothing to read, or no room to write, now
  no_route,
  refused,                ///< reset during the handshake (RFC 9293: "connection refused")
  reset,                  ///< reset by the peer
  aborted,                ///< by this side
  timed_out,              ///< R2, the user timeout or keep-alive ran out
  host_unreachable,       ///< ICMP, reported when the connection could not be made or was lost
  net_unreachable,
  bad_address,            ///< broadcast, multicast or unspecified peer (RFC 9293 MUST-57)
};

class Connection;
class Listener;
using ConnectionHandle = Handle<Connection>;
using ListenerHandle = Handle<Listener>;

enum class CongestionControl : std::uint8_t {
  configured,  ///< only in what a user sets: a connection's options have one of the others
  cubic,       ///< RFC 9438
  reno,        ///< RFC 5681, 6582
};

/// What a user can set on a connection; a listener hands its own to the connections it accepts.
struct Options {
  bool no_delay = false;        ///< RFC 9293 MUST-17: switches Nagle's algorithm off
  bool cork = false;            ///< TCP_CORK: no short segment until it is off again, or Config::cork_limit is over
  bool v6_only = false;         ///< IPV6_V6ONLY: bound to ::, nothing of IPv4
  bool quick_ack = true;        ///< TCP_QUICKACK at the beginning; for an open connection, set_quick_ack
  bool keepalive = false;       ///< MUST-25: off by default
  bool linger = false;          ///< with linger_time zero, close() resets
  bool urgent_inline = true;    ///< RFC 6093 6: urgent data stays in the stream
  /// IP_MTU_DISCOVER: 0 lets routers fragment what is sent; 1 and 2 do not, which is what path MTU discovery needs.
  std::uint8_t path_mtu_discovery = 1;
  std::uint8_t ttl = 0;         ///< 0: the configured default (MUST-49)
  std::uint8_t traffic_class = 0;
  std::uint8_t interface = 0xff;          ///< only by this interface
  std::uint8_t keepalive_count = 0;       ///< 0: configured
  std::uint8_t syn_retransmissions = 0;   ///< TCP_SYNCNT; 0: configured
  /// TCP_DEFER_ACCEPT of a listener: so many SYN-ACK timeouts it waits for data behind the handshake's last ACK.
  std::uint8_t defer_accept = 0;
  bool fast_open = false;                 ///< of an active open: asks for a cookie, or sends data with one (RFC 7413)
  bool fast_open_without_cookie = false;  ///< TCP_FASTOPEN_NO_COOKIE: for paths where addresses cannot be forged
  std::uint16_t fast_open_queue = 0;      ///< TCP_FASTOPEN of a listener: so many may be open before their handshake ends
  CongestionControl congestion = CongestionControl::configured;
  std::int16_t fin_wait_2_seconds = 0;    ///< TCP_LINGER2, of an orphan; 0: configured, negative: none at all
  std::uint16_t maximum_segment_size = 0; ///< 0: configured
  std::uint16_t lowest_port = 0;          ///< IP_LOCAL_PORT_RANGE, for a port that the stack chooses; 0: the usual bound
  std::uint16_t highest_port = 0;
  std::uint32_t send_buffer = 0;          ///< 0: configured
  std::uint32_t receive_buffer = 0;       ///< 0: configured; later changes never shrink the window offered
  std::uint32_t window_clamp = 0;         ///< TCP_WINDOW_CLAMP: no larger window is offered; 0: no limit but the buffer
  std::uint32_t receive_low_water = 1;    ///< SO_RCVLOWAT: readable from so many bytes on
  std::uint32_t unsent_low_water = 0;     ///< TCP_NOTSENT_LOWAT: no more than this waits unsent; 0: configured
  Duration linger_time;
  Duration keepalive_idle;                ///< 0: configured
  Duration keepalive_interval;            ///< 0: configured
  Duration user_timeout;                  ///< RFC 5482; 0: R2 by the number of retransmissions
};

/// What poll and select ask: level-triggered truth, what a non-blocking call would do now.
struct Readiness {
  bool readable = false;     ///< enough data (receive_low_water), end of file, or an error is there to be read
  bool data = false;         ///< any data at all, or an end: a read that wants the rest of something need not wait
  bool writable = false;     ///< at least a segment or half the send buffer is free, or a write fails at once
  bool urgent = false;       ///< unread urgent data
  bool peer_closed = false;  ///< the peer sent FIN
  bool hangup = false;       ///< both directions are over
  bool error = false;        ///< an error is pending
};

/// How Linux names what a sender does about congestion (tcpi_ca_state), with its numbers.
enum class CongestionState : std::uint8_t { open, disorder, window_reduced, recovery, loss };

/// What loss recovery, rate sampling and receive auto-tuning know: filled in one place, Tcp::measurements_of.
struct Measurements {
  CongestionState state = CongestionState::open;
  std::uint32_t sacked = 0;             ///< segments
  std::uint32_t lost = 0;               ///< segments
  std::uint32_t retransmitted = 0;      ///< segments sent again and still outstanding
  std::uint32_t reordering = 3;         ///< segments
  std::uint32_t reorderings_seen = 0;
  std::uint32_t duplicates_reported = 0;  ///< by D-SACK (RFC 2883)
  std::uint32_t delivered = 0;          ///< segments
  std::uint32_t delivered_marked = 0;   ///< of these, with CE
  std::uint64_t bytes_retransmitted = 0;
  std::uint64_t pacing_rate = ~std::uint64_t{0};  ///< bytes a second; all ones: not paced
  std::uint64_t delivery_rate = 0;      ///< bytes a second
  bool application_limited = false;     ///< the delivery rate is
  Duration minimum_rtt{};
  Duration receive_rtt{};
  std::uint32_t receive_space = 0;      ///< bytes read in a round trip, as auto-tuning sees it
};

/// 3.10.6 STATUS, for status pages and TCP_INFO.
struct Status {
  Endpoint local;
  Endpoint remote;
  State state = State::closed;
  std::uint32_t send_queue = 0;        ///< bytes unsent or unacknowledged
  std::uint32_t unsent = 0;            ///< of these, bytes never sent
  std::uint32_t receive_queue = 0;     ///< bytes in order, unread
  std::uint32_t send_window = 0;
  std::uint32_t receive_window = 0;
  std::uint32_t send_buffer = 0;       ///< bytes that the send queue may hold now
  std::uint32_t receive_buffer = 0;    ///< bytes that the receive queue may hold now
  std::uint32_t congestion_window = 0; ///< bytes
  std::uint32_t slow_start_threshold = 0;
  std::uint16_t segment_size = 0;      ///< payload bytes of a full segment sent
  Duration smoothed_rtt{};
  Duration rtt_variation{};
  Duration retransmission_timeout{};
  std::uint64_t retransmissions = 0;
  std::uint64_t segments_in = 0;
  std::uint64_t segments_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  bool orphan = false;                 ///< closed by its user, still finishing
  bool timestamps = false;             ///< negotiated (RFC 7323), as are the next four
  bool sack = false;
  bool window_scaling = false;
  bool ecn = false;                    ///< RFC 3168
  bool ecn_seen = false;               ///< a packet came with ECT
  bool syn_data = false;               ///< data on our SYN was acknowledged, or on the peer's taken (RFC 7413)
  std::uint8_t send_scale = 0;
  std::uint8_t receive_scale = 0;
  std::uint8_t timeouts = 0;           ///< expirations in a row without progress: of the retransmission timer
  std::uint8_t probes = 0;             ///< the same of the persist and keep-alive timers
  std::uint16_t receive_segment_size = 0;
  std::uint16_t announced_segment_size = 0;
  std::uint16_t path_mtu = 0;
  std::uint32_t outstanding = 0;       ///< segments
  std::uint32_t window_limit = 0;      ///< bytes: the largest window that is offered now
  std::uint32_t data_segments_in = 0;
  std::uint32_t data_segments_out = 0;
  std::uint32_t out_of_order = 0;      ///< segments
  std::uint64_t bytes_acknowledged = 0;
  Duration ack_delay{};
  Instant last_data_sent;
  Instant last_data_received;
  Instant last_received;
  Measurements measured;
};

struct ListenerStatus {
  Endpoint local;
  bool listening = false;    ///< false: bound only
  std::uint16_t backlog = 0;
  std::uint16_t waiting = 0; ///< established, not accepted yet
  std::uint16_t handshakes = 0;
};

struct SendFlags {
  bool more = false;    ///< MSG_MORE: hold back a short last segment
  bool urgent = false;  ///< MSG_OOB: the last byte is urgent (RFC 6093)
};

}  // namespace linnet::tcp
