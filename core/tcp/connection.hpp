// SPDX-License-Identifier: Apache-2.0
// Connection: the transmission control block of RFC 9293 3.3.1, with its field names.
#pragma once

#include "core/base/byte_queue.hpp"
#include "core/ip/datagram.hpp"
#include "core/tcp/buffer_tuning.hpp"
#include "core/tcp/listener.hpp"
#include "core/tcp/path_mtu_discovery.hpp"
#include "core/tcp/rack.hpp"
#include "core/tcp/reassembly.hpp"
#include "core/tcp/recovery.hpp"
#include "core/tcp/rtt.hpp"
#include "core/tcp/scoreboard.hpp"

namespace linnet::tcp {

struct ConnectionTag;
struct OutputTag;

/// 3.3.1 Send Sequence Variables.
struct SendVariables {
  SequenceNumber una;  ///< oldest unacknowledged
  SequenceNumber nxt;  ///< next to be sent for the first time; never goes back
  SequenceNumber up;   ///< urgent pointer: one past the urgent byte
  SequenceNumber wl1;  ///< segment sequence number of the last window update
  SequenceNumber wl2;  ///< segment acknowledgment number of the last window update
  SequenceNumber iss;
  std::uint32_t wnd = 0;      ///< bytes, scaled
  std::uint32_t max_wnd = 0;  ///< largest ever offered, for silly window avoidance (3.8.6.2.1)
  std::uint8_t scale = 0;     ///< of the windows that the peer sends
  SequenceNumber short_end;   ///< one past the last segment that was not full-sized
  bool urgent = false;        ///< up is ahead of una
  bool short_outstanding = false;  ///< that segment is not acknowledged yet
};

/// 3.3.1 Receive Sequence Variables.
struct ReceiveVariables {
  SequenceNumber nxt;
  SequenceNumber up;
  SequenceNumber irs;
  SequenceNumber edge;     ///< right edge of the window as last told to the peer; never moves left (SHLD-14)
  SequenceNumber acked;    ///< the last acknowledgment number sent
  SequenceNumber fin;      ///< where the peer's FIN stands, once it was seen
  std::uint8_t scale = 0;  ///< of the windows that we send
  bool urgent = false;     ///< up is ahead of what was read
  bool fin_seen = false;   ///< maybe still behind a gap
};

/// What `retransmit_at` stands for: one timer, as at most one of them is wanted at a time (RFC 8985 7.2, 8).
enum class RetransmitPurpose : std::uint8_t {
  timeout,     ///< RFC 6298
  tail_probe,  ///< RFC 8985 7.2: PTO
  reordering,  ///< RFC 8985 6.2 step 5: segments may still come late
};

class Connection : public HashNode<Connection, ConnectionTag>,
                   public ListNode<OutputTag>,
                   public ListNode<AcceptTag>,
                   public Changeable,
                   public Timer {
 public:
  Connection(BlockPool& pool, const Config& config) : send_queue(pool), receive_queue(pool), rtt(config) {}

  // --- touched by every segment ---
  Endpoint local;
  Endpoint remote;
  State state = State::closed;
  bool timestamps = false;        // negotiated (RFC 7323); in SYN-SENT, offered, as are the next two
  bool sack = false;              // negotiated (RFC 2018)
  bool window_scaling = false;    // negotiated (RFC 7323)
  bool fin_queued = false;        // the user closed: FIN follows the send queue
  bool fin_sent = false;
  bool fin_received = false;      // everything up to the peer's FIN is in the receive queue
  bool ack_now = false;           // an acknowledgment must leave in this poll
  bool push_more = false;         // MSG_MORE: do not send a short last segment
  bool more_follows = false;      // what the user gave last ends with MSG_MORE: no PSH (RFC 9293 MAY-15)
  bool ecn = false;               // negotiated (RFC 3168); in SYN-SENT, asked for
  bool ecn_seen = false;          // a packet of the peer's was ECN-capable
  bool ecn_echo = false;          // CE has come: ECE on every segment until CWR comes
  bool ecn_cwr = false;           // the next new data says that the window was reduced
  bool fast_open = false;         // the SYN, ours or the peer's, was a Fast Open one (RFC 7413)
  bool fast_open_asked = false;   // our SYN had the option: what comes back is the answer
  bool fast_open_pending = false; // made by a SYN, and the handshake is not over: may send and receive
  bool syn_data = false;          // data on the SYN was taken, all of it
  bool syn_bare = false;          // our SYN goes without cookie and data from now on (RFC 7413 4.1.3.1)
  bool pingpong = false;          // an acknowledgment has a reply to travel with: it may be delayed (TCP_QUICKACK)
  bool orphan = false;            // no user holds it
  bool receive_shut = false;      // shutdown_receive: data is thrown away
  bool demultiplexed = false;     // in the connection table
  bool memory_blocked = false;    // a send found no block
  bool output_blocked = false;    // the device was busy
  bool window_limited = false;    // cwnd, not the user, ended the last burst (RFC 7661)
  bool pacing = false;            // something waits for `pace_at`
  bool probing = false;           // a tail loss probe is out: TLP.end_seq holds
  bool probe_is_copy = false;     // TLP.is_retrans
  std::uint8_t duplicate_acks = 0;  // in a row, from a peer without SACK
  CongestionState congestion_state = CongestionState::open;
  RetransmitPurpose retransmit_purpose = RetransmitPurpose::timeout;
  SendVariables snd;
  ReceiveVariables rcv;
  ip::Path path;
  std::uint32_t ts_recent = 0;
  std::uint32_t timestamp_offset = 0;
  std::uint32_t ack_bytes = 0;    // received since the last acknowledgment went out
  std::uint16_t send_mss = 536;   // payload of a full segment now: peer's MSS, path MTU, less options
  std::uint16_t receive_mss = 536;// largest payload seen from the peer: what "full-sized" means for its ACKs
  Scoreboard scoreboard;
  Rack rack;
  SequenceNumber high_seq;        // SND.NXT when the congestion state last changed: RFC 6675 RecoveryPoint
  SequenceNumber probe_end;       // TLP.end_seq
  SequenceNumber usage_end;       // of the round trip for which `largest_flight` counts
  std::uint32_t largest_flight = 0;
  Recovery* recovery = nullptr;   // while the window is reduced, and until that can no more turn out needless
  ByteQueue send_queue;           // from SND.UNA (SYN and FIN aside) on
  ByteQueue receive_queue;        // in order, up to RCV.NXT
  Reassembly reassembly;
  Congestion congestion;
  RoundTripTime rtt;
  ReaderPace pace;

  // --- timers: the earliest of these is what the wheel knows ---
  Instant retransmit_at = Instant::never();
  Instant persist_at = Instant::never();
  Instant ack_at = Instant::never();
  Instant keepalive_at = Instant::never();
  Instant pace_at;                         // nothing more before this; a timer while `pacing`
  Instant give_up_at = Instant::never();   // user timeout, FIN-WAIT-2 of an orphan
  Instant last_received;                   // for keep-alive
  Instant last_sent;                       // for slow start after idle
  Instant confirmed_at;                    // the neighbour was last told to be alive
  Instant progress_at;                     // something was acknowledged, or first became outstanding
  std::uint8_t backoffs = 0;               // expirations of retransmission or persist timer without progress
  std::uint8_t unanswered_probes = 0;      // of a window or of an idle connection, since anything came
  std::uint8_t quick_acks = 0;             // so many acknowledgments go out at once
  std::uint8_t challenges = 0;             // since `challenge_window`
  bool timing = false;                     // `timed_at` holds

  // --- RTT measurement of the handshake (RFC 6298 3); later ones come from the scoreboard ---
  Instant timed_at;

  // --- RFC 5961 7: challenge ACKs ---
  Instant challenge_window;

  PathMtuSearch path_mtu;

  // --- rarely touched ---
  Options options;
  Error error = Error::none;               // what ended it; pending for the user
  Error soft_error = Error::none;          // RFC 9293 MUST-56
  bool error_taken = false;
  bool active_open = false;
  bool urgent_byte_valid = false;
  bool urgent_byte_taken = false;          // read apart; the mark is still there
  std::uint8_t urgent_byte = 0;
  std::uint16_t peer_mss = 536;            // RFC 9293 MUST-15: 536 without the option on IPv4
  Instant ts_recent_age;
  std::uint32_t send_buffer = 0;
  std::uint32_t receive_buffer = 0;
  ListenerHandle listener;                 // while it waits to be accepted
  std::uint32_t duplicates_reported = 0;   // D-SACKs
  std::uint32_t delivered = 0;             // segments known to have arrived
  Instant last_data_received;
  std::uint32_t data_segments_in = 0;
  std::uint32_t data_segments_out = 0;
  std::uint32_t out_of_order = 0;          // segments
  std::uint64_t retransmissions = 0;
  std::uint64_t bytes_retransmitted = 0;
  std::uint64_t segments_in = 0;
  std::uint64_t segments_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  /// Data may be sent and received: in SYN-RECEIVED only after Fast Open.
  bool open() const { return synchronized() || fast_open_pending; }
  /// Of IP and TCP, without options.
  std::uint32_t fixed_headers() const { return (remote.address.is_v4() ? 20u : 40u) + std::uint32_t{header_size}; }
  bool synchronized() const { return state >= State::established; }
  std::uint32_t flight() const { return snd.nxt - snd.una; }
  /// RFC 6675 "pipe": of the outstanding bytes, those thought to be on their way.
  std::uint32_t pipe() const { return scoreboard.pipe(flight()); }
  /// The window is being reduced: PRR governs it.
  bool reducing() const {
    return congestion_state == CongestionState::recovery || congestion_state == CongestionState::window_reduced;
  }
  /// One past the last byte of data in the send queue.
  SequenceNumber data_end() const { return data_start() + static_cast<std::uint32_t>(send_queue.size()); }
  /// The sequence number of the send queue's first byte: SND.UNA, or behind the SYN while that is unacknowledged.
  SequenceNumber data_start() const { return synchronized() ? snd.una : snd.iss + 1; }
  /// The sequence number of segments without data: SND.NXT, unless the peer's window closed over what was sent, a probe
  /// for one. There it takes no segment with SND.NXT, and so no acknowledgment either.
  SequenceNumber bare_sequence() const { return min(snd.nxt, snd.una + snd.wnd); }
};

using ConnectionTable = HashTable<Connection, ConnectionTag>;

}  // namespace linnet::tcp
