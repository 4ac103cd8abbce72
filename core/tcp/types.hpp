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
  bool keepalive = false;       ///< MUST-25: off by default
  bool linger = false;          ///< with linger_time zero, close() resets
  bool urgent_inline = true;    ///< RFC 6093 6: urgent data stays in the stream
  std::uint8_t ttl = 0;         ///< 0: the configured default (MUST-49)
  std::uint8_t traffic_class = 0;
  std::uint8_t interface = 0xff;          ///< only by this interface
  std::uint8_t keepalive_count = 0;       ///< 0: configured
  std::uint16_t maximum_segment_size = 0; ///< 0: configured
  std::uint32_t send_buffer = 0;          ///< 0: configured
  std::uint32_t receive_buffer = 0;       ///< 0: configured; later changes never shrink the window offered
  Duration linger_time;
  Duration keepalive_idle;                ///< 0: configured
  Duration keepalive_interval;            ///< 0: configured
  Duration user_timeout;                  ///< RFC 5482; 0: R2 by the number of retransmissions
};

/// What poll and select ask: level-triggered truth, what a non-blocking call would do now.
struct Readiness {
  bool readable = false;     ///< data, end of file, or an error is there to be read
  bool writable = false;     ///< at least a segment or half the send buffer is free, or a write fails at once
  bool urgent = false;       ///< unread urgent data
  bool peer_closed = false;  ///< the peer sent FIN
  bool hangup = false;       ///< both directions are over
  bool error = false;        ///< an error is pending
};

/// How Linux names what a sender does about congestion (tcpi_ca_state), with its numbers.
enum class CongestionState : std::uint8_t { open, disorder, window_reduced, recovery, loss };

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
