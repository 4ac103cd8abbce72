// SPDX-License-Identifier: Apache-2.0
// One connection as the TCP monitor sees it: a reference of RFC 9293 that is not deterministic. What arrived is an
// upper bound of what the endpoint knows, what it sent is a lower one, and between the two everything is right.
#pragma once

#include "core/base/time.hpp"
#include "sim/tcp_monitor_bytes.hpp"
#include "sim/tcp_monitor_rules.hpp"
#include "sim/tcp_monitor_segment.hpp"
#include "sim/tcp_monitor_states.hpp"

namespace linnet::sim {

struct TcpMonitorConfig {
  bool ethernet = true;             ///< frames begin with an Ethernet header, else with IP
  std::vector<MonitorAddress> own;  ///< the host's addresses; none: every frame is its
  bool from_the_start = true;       ///< no connection was open before the first frame
  bool sent_checksums = true;       ///< sent frames have their checksums (a capture may see them unfinished)

  std::uint16_t default_mss = 536;    ///< RFC 9293 MUST-15; for IPv6 it is 1220
  std::uint16_t initial_window = 10;  ///< segments
  bool window_in_segments = false;    ///< the congestion window counts segments whatever their length
  Duration initial_rto = Duration::seconds(1);
  Duration rto_min = Duration::milliseconds(200);
  Duration rto_max = Duration::seconds(120);
  Duration delayed_ack_max = Duration::milliseconds(500);
  Duration lateness{};                                ///< how much later than due a timer of the host may run
  Duration processing = Duration::milliseconds(100);  ///< without turns: so long after its arrival a frame is processed
  Duration gives_up = Duration::seconds(100);         ///< R2: after such a silence a connection may be gone
  Duration fin_wait_2 = Duration::seconds(10);        ///< after such a silence FIN-WAIT-2 may be over
  bool linear_syn_timeouts = false;                   ///< the first SYNs are sent again without back-off
  bool every_second_segment = true;                   ///< SHLD-19, judged at turns
  bool closes_without_memory = true;     ///< the window may close when data finds no memory, against SHLD-14
  bool reset_at_sack = false;            ///< a RST is also taken at the right edge of the rightmost SACK block
  bool lenient_acknowledgments = false;  ///< ACK and window of an unacceptable segment are used as well
  bool rounds_up = false;                ///< a scaled window, so that its edge never moves left at all (RFC 7323 2.4)
  bool steps = true;                     ///< the window opens by worthwhile steps (MUST-39)
  bool gathers = false;                  ///< no connection has TCP_NODELAY
  bool keeps_alive = true;               ///< some connection may have SO_KEEPALIVE
  bool tells_duplicates = false;         ///< RFC 2883
};

/// What the host does beside this connection that matters to it.
struct HostContext {
  bool hidden =
      false;  ///< the link is busy, or a neighbour's address is being asked for: what is sent may be held back, or lost
  bool turns = false;  ///< turn() is being told
};

class TcpMonitorConnection {
 public:
  TcpMonitorConnection(const TcpMonitorConfig& config, TcpJudge& judge, TcpCells& cells)
      : config_(&config), judge_(&judge), cells_(&cells) {}

  void received(const MonitoredSegment& s, Instant now, const HostContext& host);
  void sent(const MonitoredSegment& s, Instant now, const HostContext& host);
  /// Everything that was received has been processed.
  void turn(const HostContext& host);
  /// Something other than a segment arrived that may have moved a timer (ICMP).
  void disturbed() { timer_.quiet = false; }

  bool dirty = false;                               ///< for its owner: received something since the last turn
  Instant last_sent() const { return last_sent_; }  ///< never: nothing yet
  bool gone() const { return states_.within(state_set::gone); }
  /// State, sequence numbers and the last segments, for a report.
  std::string text() const;

 private:
  static constexpr std::size_t events_kept = 50;
  struct Event {
    Instant at;
    bool outgoing = false;
    std::uint8_t flags = 0;
    std::uint8_t sack_count = 0;
    bool timestamps = false;
    std::uint16_t window = 0;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint32_t payload = 0;
    std::uint32_t ts_value = 0;
    std::uint32_t ts_echo = 0;
    std::array<SackBlock, 4> sack{};
  };
  /// What a SYN said.
  struct Syn {
    bool known = false;
    bool again = false;  ///< it arrived more than once
    std::uint32_t seq = 0;
    std::uint32_t payload = 0;
    std::uint16_t window = 0;
    std::optional<std::uint16_t> mss;
    std::optional<std::uint8_t> scale;
    bool sack = false;
    bool timestamps = false;
    bool fast_open = false;
    std::uint32_t ts_value = 0;
    std::uint32_t ts_first = 0;  ///< of the first that arrived with this number
  };
  /// The endpoint's own stream.
  struct Sending {
    std::uint32_t iss = 0;
    std::int64_t next = 0;         ///< SND.NXT: the end of what was sent
    std::int64_t last_end = 0;     ///< of the last segment with data
    std::int64_t una = 0;          ///< the highest acknowledgment that arrived
    std::int64_t una_certain = 0;  ///< that was processed
    std::int64_t una_waiting = 0;  ///< arrived at waiting_since, and not certainly processed
    std::int64_t una_latest = 0;
    Instant waiting_since;
    std::int64_t edge = 0;        ///< the greatest that the peer offered
    std::int64_t last_edge = 0;   ///< what it offered last
    std::int64_t window_max = 0;  ///< MAX.SND.WND
    bool shrunk = false;          ///< it once offered less than was sent already
    std::int64_t probe_end = -1;  ///< of the last segment of one byte
    std::int64_t unseen = 0;      ///< before it there may be what was sent and never seen
    std::optional<std::int64_t> fin;
    std::uint32_t mss = 536;
    std::uint8_t scale = 0;   ///< of the peer's windows
    std::int64_t credit = 0;  ///< bound of the congestion window
    std::int64_t sacked_high = 0;
    PositionSet sacked;  ///< certainly
    std::vector<PositionRange> sacked_waiting;
    SentBytes bytes;
    std::uint32_t ts_value = 0;
    bool ts_value_known = false;
    bool fast_open = false;
  };
  /// What it receives.
  struct Receiving {
    bool known = false;  ///< the peer's SYN
    std::uint32_t irs = 0;
    ArrivedBytes bytes;
    std::int64_t turn_high = 0;  ///< what of it had come by the last turn
    std::int64_t acked = 0;      ///< Last.ACK.sent
    std::int64_t edge = 0;       ///< the greatest offered
    std::uint8_t scale = 0;
    std::uint32_t mss = 536;  ///< RMSS
    std::optional<std::int64_t> fin;
    bool fins_differ = false;
    Instant due_since = Instant::never();  ///< when the first byte came that is not acknowledged
    bool closed = false;                   ///< for want of memory: the edge moved back
    bool again = false;                    ///< some of what is not acknowledged came more than once
    bool stale = false;                    ///< an acknowledgment was sent without what had been received before
    bool duplicates = false;               ///< some byte came twice, ever
    std::int64_t sacked_to = 0;            ///< highest right edge of the SACK blocks sent last
    Instant provoked = Instant::from_microseconds(std::numeric_limits<std::int64_t>::min());  ///< last to be challenged
    std::uint32_t ts_newest = 0;
    bool ts_newest_known = false;
  };
  struct Echo {
    std::uint32_t value = 0;
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };
  /// Timestamps that may be echoed.
  struct Echoes {
    std::array<Echo, 128> ring{};
    std::size_t next = 0;
    std::size_t count = 0;
    std::size_t since_sent = 0;  ///< added since the last segment sent
    std::uint32_t last = 0;      ///< TSecr sent last
    bool last_known = false;
  };
  /// Short segments that are all under way.
  struct Gathering {
    std::int64_t begin = 0;
    std::int64_t bytes = 0;
    unsigned count = 0;
  };
  /// Probes of a window that stays closed.
  struct Probes {
    Instant last;
    Duration interval{};
    unsigned count = 0;
  };
  /// The chain of retransmissions of one segment while nothing arrives.
  struct Timer {
    bool quiet = false;  ///< nothing arrived since the last of them
    std::int64_t begin = -1;
    std::int64_t size = 0;
    unsigned count = 0;
    Instant last;
    Duration interval{};
    std::int64_t sent_since = 0;  ///< bytes, since a timeout that was certainly one
    bool timed_out = false;
    Instant una_moved;  ///< or the first was sent: the timer began anew
    Instant data_sent;  ///< new data, before the first acknowledgment
    Instant syn_sent;
    unsigned syns = 0;
    bool syns_answer = false;  ///< some of them answer a SYN that came again
    Duration syn_interval{};
  };

  // tcp_monitor_connection.cpp
  void note(const MonitoredSegment& s, Instant now, bool outgoing);
  void age(Instant now);
  void advance_states();
  void count(TcpEvent event);
  bool certain(StateSet states) const { return !states_.empty() && states_.within(states); }
  bool check(TcpRule rule, bool holds, std::int64_t value = 0, std::int64_t limit = 0) {
    return judge_->check(rule, holds, value, limit);
  }
  void satisfy(std::optional<TcpRule>& duty);
  std::int64_t sent_position(std::uint32_t seq) const { return unwrap(seq, send_.iss, send_.next); }
  std::int64_t received_position(std::uint32_t seq) const { return unwrap(seq, receive_.irs, receive_.bytes.high()); }
  static std::int64_t unwrap(std::uint32_t number, std::uint32_t initial, std::int64_t near) {
    const auto offset = static_cast<std::int32_t>(number - initial - static_cast<std::uint32_t>(near));
    return near + offset;
  }
  TcpEvent kind_of_received(const MonitoredSegment& s) const;
  TcpEvent kind_of_sent(const MonitoredSegment& s) const;

  // tcp_monitor_handshake.cpp
  static Syn syn_of(const MonitoredSegment& s);
  void open(const MonitoredSegment& s, Instant now);
  void remember_syn(const MonitoredSegment& s);
  void adopt_peer(const Syn& syn);
  void negotiate();
  void syn_arrives(const MonitoredSegment& s, Instant now);
  void syn_sent(const MonitoredSegment& s, Instant now, const HostContext& host);
  void syn_ack_sent(const MonitoredSegment& s, Instant now, const HostContext& host);
  void syn_again(const MonitoredSegment& s, Instant now, const HostContext& host);
  void syn_data_sent(const MonitoredSegment& s);

  // tcp_monitor_reset.cpp
  void reset_arrives(const MonitoredSegment& s, Instant now);
  void reset_sent(const MonitoredSegment& s, const HostContext& host);
  enum class Answered : std::uint8_t { nothing, something, text };
  Answered answers(const MonitoredSegment& s) const;

  // tcp_monitor_arrival.cpp: what was received
  void segment_arrives(const MonitoredSegment& s, Instant now);
  bool acknowledgment_arrives(const MonitoredSegment& s, std::int64_t begin, Instant now);
  void selective_arrives(const MonitoredSegment& s, bool sure);
  void mature(Instant now, bool turn);
  void timestamp_arrives(const MonitoredSegment& s, std::int64_t begin, std::int64_t end);
  void text_arrives(const MonitoredSegment& s, std::int64_t begin, std::int64_t end, Instant now);
  void text_duties(std::int64_t begin, std::int64_t end, std::int64_t before);

  // tcp_monitor_answer.cpp: the receiver's side of what is sent
  void judge_acknowledgment(const MonitoredSegment& s, Instant now, const HostContext& host);
  void judge_delay(std::int64_t ack, Instant now, const HostContext& host);
  void judge_window(const MonitoredSegment& s, std::int64_t ack);
  void judge_opening(std::int64_t growth, std::int64_t unit);
  void judge_timestamps(const MonitoredSegment& s, std::int64_t ack);
  bool may_echo(std::uint32_t value) const;
  void judge_sack(const MonitoredSegment& s, std::int64_t ack, Instant now, const HostContext& host);
  bool duplicate_alone(const MonitoredSegment& s, Instant now, const HostContext& host) const;
  void judge_first_block(const std::array<PositionRange, 4>& blocks, std::size_t count);

  // tcp_monitor_stream.cpp: the sender's side
  void judge_states(const MonitoredSegment& s, std::int64_t ack);
  void judge_bare(std::int64_t begin);
  bool judge_text(const MonitoredSegment& s, std::int64_t begin, Instant now, const HostContext& host);
  void judge_limits(const MonitoredSegment& s, std::int64_t begin, std::int64_t end);
  void judge_fin(const MonitoredSegment& s, std::int64_t begin);
  void judge_again(const MonitoredSegment& s, std::int64_t begin, std::int64_t end, Instant now,
                   const HostContext& host);
  void judge_new(const MonitoredSegment& s, std::int64_t begin, std::int64_t end, Instant now, const HostContext& host);

  // tcp_monitor_small.cpp: what is sent though it is little
  void judge_small(const MonitoredSegment& s, std::int64_t begin, const HostContext& host);
  void judge_probe(std::int64_t begin, std::int64_t length, Instant now, const HostContext& host);

  // tcp_monitor_timing.cpp
  void judge_timeout(std::int64_t begin, std::int64_t size, Instant now, const HostContext& host);
  void judge_burst(std::int64_t begin, std::int64_t size);
  void judge_interval(Duration interval, Duration before);

  const TcpMonitorConfig* config_;
  TcpJudge* judge_;
  TcpCells* cells_;
  StateSet states_ = state_set::gone;
  TcpState likely_ = TcpState::listen;
  bool opened_ = false;  ///< the endpoint sent a SYN
  bool blind_ = false;   ///< more happened to the handshake than is followed here
  bool passive_ = false;
  bool peer_bare_syn_ = false;
  bool scaling_ = false, sack_ = false, timestamps_ = false;
  Syn own_syn_;
  std::optional<std::uint32_t> former_iss_;
  std::array<Syn, 4> syns_{};  ///< that arrived, the last ones
  std::size_t next_syn_ = 0;
  Sending send_;
  Receiving receive_;
  Echoes echoes_;
  Timer timer_;
  Gathering gathering_;
  Probes probes_;
  std::optional<TcpRule> duty_;       ///< something must be sent before the turn is over
  struct Arrived {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool anew = false;  ///< for the first time
    bool taken = false;  ///< nothing of it is a reason to drop it
  };
  std::vector<Arrived> fresh_;  ///< data that arrived since the last segment was sent
  bool fresh_overflow_ = false;
  Instant last_received_ = Instant::never();
  Instant last_sent_ = Instant::never();
  std::array<Event, events_kept> events_{};
  std::uint64_t event_count_ = 0;
};

}  // namespace linnet::sim
