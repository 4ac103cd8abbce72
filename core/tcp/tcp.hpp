// SPDX-License-Identifier: Apache-2.0
// Tcp: RFC 9293. Calls (3.10.1 to 3.10.6) are in calls.cpp, arriving segments (3.10.7) in listen_arrives.cpp,
// segment_arrives.cpp and segment_steps.cpp, timeouts (3.10.8) in timeouts.cpp, sending (3.8) in output.cpp.
#pragma once

#include <optional>

#include "core/base/object_pool.hpp"
#include "core/base/timer_wheel.hpp"
#include "core/ip/ip.hpp"
#include "core/tcp/connection.hpp"
#include "core/tcp/fast_open.hpp"
#include "core/tcp/initial_sequence.hpp"
#include "core/tcp/listener.hpp"
#include "core/tcp/time_wait.hpp"

namespace linnet::tcp {

/// The TCP of one stack. Single-threaded; never calls its user back. After each `receive` and before waiting,
/// call `poll`: acknowledgments and data go out there.
class Tcp {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return ObjectPool<Connection>::memory_needed(config.connections) +
           ConnectionTable::memory_needed(config.connections) +
           ObjectPool<Listener>::memory_needed(config.listeners) +
           HashTable<Listener, ListenerTag>::memory_needed(config.listeners) + SynTable::memory_needed(config.syn_records) +
           TimeWaitTable::memory_needed(config.time_wait_records) +
           TransmissionPool::memory_needed(config.connections, config.transmissions) +
           ObjectPool<Recovery>::memory_needed(config.recoveries) +
           FastOpenCache::memory_needed(config.fast_open_cache);
  }
  Tcp(const Config& config, Arena& arena, BlockPool& pool, Random& random, ip::Ip& ip, DropCounters& drops);
  Tcp(const Tcp&) = delete;
  Tcp& operator=(const Tcp&) = delete;

  // --- 3.10.1 OPEN ---

  /// Reserves a local endpoint (CLOSED, SYNs to it are refused). Port 0 picks one (RFC 6056). Errors: address_in_use
  /// (another listener, or a connection or TIME-WAIT on that port unless `reuse`), address_not_available, no_memory.
  Result<ListenerHandle, Error> bind(const Endpoint& local, bool reuse, const Options& options = {});
  /// Passive open. `backlog` is at least 1. Calling it again changes the backlog and the options for later connections.
  Result<void, Error> listen(ListenerHandle listener, std::uint16_t backlog, const Options& options);
  /// Its own keys for Fast Open cookies, in place of the stack's.
  void set_fast_open_keys(ListenerHandle listener, const FastOpenKeys& keys);
  /// The oldest established connection that waits at the listener, or nothing.
  std::optional<ConnectionHandle> accept(ListenerHandle listener);
  /// Active open; the handshake goes on by itself (watch `readiness`, `take_error`). `bound`, if given, is used up.
  /// Errors: no_route, bad_address, address_not_available, address_in_use (that four-tuple exists), no_memory.
  /// With Options::fast_open and a cookie for that server, the beginning of `syn_data` travels on the SYN (RFC 7413); how
  /// much is then in status().send_queue, the rest is for `send` once the connection is established.
  Result<ConnectionHandle, Error> connect(ListenerHandle bound, const Endpoint& remote, const Options& options,
                                          Instant now, std::span<const Bytes> syn_data = {});
  /// Would data travel on a SYN to that server now?
  bool fast_open_ready(const Endpoint& remote, const Options& options, Instant now) const;
  /// The keys of the cookies of those listeners that have none of their own (RFC 7413 4.1.2), at first random.
  FastOpenKeys& fast_open_keys() { return fast_open_keys_; }
  /// What is known of servers, by address: to be cleared when the network is another one.
  FastOpenCache& fast_open_cache() { return fast_open_cache_; }

  // --- 3.10.2 SEND, 3.10.3 RECEIVE ---

  /// Queues a copy of as much as the send buffer takes (at least 1 byte unless `bytes` is empty) and sends what may
  /// go. Errors: would_block, in_progress, not_connected, closed (after shutdown_send), and once the
  /// connection's end (reset, timed_out, ...).
  Result<std::size_t, Error> send(ConnectionHandle connection, Bytes bytes, SendFlags flags, Instant now);
  /// Copies what is there, at most `to.size()`; 0 is end of file. Errors: would_block, in_progress, not_connected, the
  /// connection's end. With `peek` the bytes stay, and reading begins `offset` bytes further on.
  Result<std::size_t, Error> receive(ConnectionHandle connection, MutableBytes to, bool peek, Instant now,
                                     std::size_t offset = 0);
  /// The same without copying: at most `most` bytes are thrown away, or with `peek` counted.
  Result<std::size_t, Error> discard(ConnectionHandle connection, std::size_t most, bool peek, Instant now,
                                     std::size_t offset = 0);
  /// The urgent byte when urgent_inline is off (MSG_OOB). Errors: invalid (there is none), would_block.
  Result<std::uint8_t, Error> receive_urgent(ConnectionHandle connection);
  /// The next byte to be read is the urgent one, or was before it was read apart (POSIX sockatmark). A read ends there.
  bool at_mark(ConnectionHandle connection) const;

  // --- 3.10.4 CLOSE, 3.10.5 ABORT ---

  /// "I have no more data to send": FIN behind what is queued.
  Result<void, Error> shutdown_send(ConnectionHandle connection, Instant now);
  /// Later data is acknowledged and thrown away; reads yield end of file.
  Result<void, Error> shutdown_receive(ConnectionHandle connection);
  /// Gives the handle back. Queued data is still sent, then FIN; unread data or linger zero resets (RFC 2525 2.17).
  void close(ConnectionHandle connection, Instant now);
  /// Gives the handle back and resets the connection.
  void abort(ConnectionHandle connection, Instant now);
  /// Gives the handle back; connections waiting at it are reset.
  void close(ListenerHandle listener, Instant now);

  // --- 3.10.6 STATUS and options ---

  std::optional<Status> status(ConnectionHandle connection) const;
  std::optional<ListenerStatus> status(ListenerHandle listener) const;
  Readiness readiness(ConnectionHandle connection) const;
  bool acceptable(ListenerHandle listener) const;
  /// The pending error, cleared by asking (SO_ERROR).
  Error take_error(ConnectionHandle connection);
  /// The last ICMP error that did not end the connection (RFC 9293 MUST-56), cleared by asking.
  Error take_soft_error(ConnectionHandle connection);
  const Options* options(ConnectionHandle connection) const;
  void set_options(ConnectionHandle connection, const Options& options, Instant now);
  /// Sends what a cork, MSG_MORE or Nagle's algorithm holds back, as far as the windows allow.
  void push(ConnectionHandle connection, Instant now);
  /// TCP_QUICKACK: acknowledgments are not delayed, and one that waits leaves now; or they may wait for a reply to
  /// travel with. What the connection does next may change that again.
  void set_quick_ack(ConnectionHandle connection, bool on, Instant now);
  bool quick_ack(ConnectionHandle connection) const;
  /// Bytes that the send buffer takes now.
  std::size_t send_room(ConnectionHandle connection) const;

  /// A number of the user's own that `take_changed` yields: the descriptor.
  void set_tag(ConnectionHandle connection, std::uint32_t tag);
  void set_tag(ListenerHandle listener, std::uint32_t tag);
  /// The tag of a connection or listener whose readiness may have changed since its last turn; each change once.
  std::optional<std::uint32_t> take_changed();

  template <typename Visit>  // visit(const Status&)
  void for_each_connection(Visit&& visit) const {
    connections_.for_each([&](const Connection& c) { visit(status_of(c)); });
    time_wait_.for_each([&](const TimeWait& t) {
      visit(Status{.local = t.local, .remote = t.remote, .state = State::time_wait, .orphan = true});
    });
  }
  template <typename Visit>  // visit(const ListenerStatus&)
  void for_each_listener(Visit&& visit) const {
    listeners_.for_each([&](const Listener& l) { visit(status_of(l)); });
  }

  // --- the three verbs ---

  /// 3.10.7 SEGMENT ARRIVES.
  void receive(ip::Datagram&& datagram, Instant now);
  /// An ICMP message about a segment of ours (3.9.2.2).
  void error(const ip::Datagram& datagram, Instant now);
  /// Sends what is due, runs timers; yields the next deadline.
  Instant poll(Instant now);

  void digest(Digest& digest) const;
  const Config& config() const { return config_; }
  /// Other numbers while connections live. Handshakes under way keep what they offered; the rest counts from the next
  /// segment, timer or call that asks for it. What stays as it was at construction: sizes of tables (connections to recoveries,
  /// fast_open_cache), receive_buffer, maximum_receive_buffer and first_window (windows that were offered, and their scales,
  /// come from them), and maximum_segment_lifetime (records in TIME-WAIT stand in the order of their ends).
  void reconfigure(const Config& config);

 private:
  enum TimerKind : std::uint8_t { connection_timer, syn_timer };

  /// A segment with what was worked out about it on its way in.
  struct Arrival {
    Segment segment;
    ip::Datagram& datagram;
    Endpoint local;
    Endpoint remote;
    std::uint32_t hash = 0;
    Instant now;
  };

  // demultiplex.cpp: tables and lives
  Connection* find(ConnectionHandle handle) const { return connections_.find(handle); }
  Connection* find_connection(const Arrival& arrival);
  Listener* find_listener(const Endpoint& local) const;
  bool tuple_in_use(const Endpoint& local, const Endpoint& remote) const;
  TimeWait* reusable_time_wait(const Endpoint& local, const Endpoint& remote, Instant now, bool bound) const;
  bool local_port_bound(std::uint16_t port) const;
  bool may_bind(const Endpoint& local, bool reuse, bool v6_only) const;
  static std::pair<std::uint16_t, std::uint32_t> port_range(const Options& options);
  std::optional<std::uint16_t> choose_port(const Endpoint& local, const Endpoint& remote, const Options& options, Instant now);
  void enter_table(Connection& c);
  void leave_table(Connection& c);
  void forget_outstanding(Connection& c);
  void destroy(Connection& c);
  void end(Connection& c, Error error);
  void enter_time_wait(Connection& c, Instant now);
  void changed(Changeable& what);

  // listen_arrives.cpp: 3.10.7.2, and SYN-RECEIVED of a passive open
  void listen_arrives(Listener& listener, Arrival& a, SequenceNumber least_iss);
  void start_record(SynRecord& record, Listener& listener, const Arrival& a);
  void drop_record(SynRecord& record);
  void syn_record_arrives(SynRecord& record, Arrival& a);
  bool deferred(const Listener& listener, SynRecord& record, const Segment& segment);
  void challenge(SynRecord& record, Instant now);
  void cookie_arrives(Listener& listener, Arrival& a);
  Connection* accept_handshake(Listener& listener, const SynRecord& record, const ip::Path& path, const Arrival& a);

  // segment_arrives.cpp: 3.10.7.1, 3.10.7.3, TIME-WAIT
  void closed_arrives(const Arrival& a);
  static bool echoes_our_syn(const Connection& c, const Segment& segment, Instant now);
  void syn_sent_arrives(Connection& c, Arrival& a);
  static std::uint16_t peer_mss_of(const SegmentOptions& options, const Endpoint& remote);
  void negotiate(Connection& c, const Segment& segment);
  static std::optional<Duration> echoed_round_trip(const Connection& c, const Segment& segment, Instant now);
  void measure_handshake(Connection& c, const Segment& segment, Instant now);
  void established(Connection& c, Instant now);
  bool new_incarnation(const TimeWait& record, const Segment& segment) const;
  void time_wait_arrives(TimeWait& record, Arrival& a);

  // icmp_errors.cpp
  bool end_handshake(const Endpoint& local, const Endpoint& remote, SequenceNumber seq, Error reason);

  // segment_steps.cpp: 3.10.7.4, each step true when the segment goes on to the next one
  static bool crosses_syn_ack(const Connection& c, const Segment& segment);
  void other_states_arrive(Connection& c, Arrival& a);
  bool first_check_sequence_number(Connection& c, Arrival& a);
  void second_check_rst(Connection& c, const Arrival& a);
  void sixth_check_urg(Connection& c, const Arrival& a);
  bool seventh_process_text(Connection& c, Arrival& a);
  void eighth_check_fin(Connection& c, Instant now);
  bool take_in_order(Connection& c, Block block, std::uint32_t begin, std::uint32_t end);
  void take_block(Connection& c, Block block, std::uint32_t begin, std::uint32_t end);
  void deliver(Connection& c, Block block, std::uint32_t begin, std::uint32_t end);
  void note_old_data(Connection& c, const Segment& segment, Instant now);
  void note_duplicate(Connection& c, const DuplicateRange& range, Instant now);
  void finish_urgent(Connection& c);
  static bool acceptable(const Connection& c);
  static std::optional<std::uint32_t> before_mark(const Connection& c);
  static std::size_t up_to_mark(const Connection& c, std::size_t offset, std::size_t wanted);
  void note_received(Connection& c, std::uint32_t length, bool at_once, Instant now);
  bool may_challenge(Connection& c, Instant now);
  void challenge(Connection& c, Instant now);

  // acknowledgment.cpp: the fifth step
  bool fifth_check_ack(Connection& c, Arrival& a);
  static void note_timestamp(Connection& c, const Segment& segment, Instant now);
  bool acknowledge(Connection& c, const Arrival& a, bool ends_handshake);
  void new_data_acknowledged(Connection& c, AckNews& news);
  void measure_round_trip(Connection& c, AckNews& news);
  void update_send_window(Connection& c, const Segment& segment);
  bool our_fin_acknowledged(Connection& c, Instant now);

  // sack.cpp: what arrived
  void take_sack(Connection& c, AckNews& news);
  void take_duplicate_report(Connection& c, const SackBlock& block, AckNews& news);
  void take_delivered(Connection& c, AckNews& news);
  void arrived(Connection& c, AckNews& news, const Transmission& t, SequenceNumber begin, std::uint32_t length);

  // recovery.cpp: what was lost, and the window
  void repair(Connection& c, AckNews& news);
  void react(Connection& c, AckNews& news);
  void stay_in_recovery(Connection& c, AckNews& news);
  void stay_in_loss(Connection& c, AckNews& news);
  void settle(Connection& c);
  void presume_arrived(Connection& c, std::uint32_t duplicates);
  void count_duplicates(Connection& c, AckNews& news);
  void find_losses(Connection& c, AckNews& news);
  Duration detect_losses(Connection& c, Instant now);
  void mark_first_lost(Connection& c);
  void reordering_timeout(Connection& c, Instant now);
  void choose_congestion_control(Connection& c);
  void start_reduction(Connection& c);
  void enter_recovery(Connection& c);
  void enter_window_reduced(Connection& c);
  void enter_loss(Connection& c, Instant now);
  void end_reduction(Connection& c);
  void send_all_again(Connection& c);
  bool leave_recovery(Connection& c, const AckNews& news);
  void detect_losses_by_count(Connection& c);
  Recovery* take_recovery();
  void forget_recovery(Connection& c);
  void reduce_window(Connection& c, const AckNews& news);
  void grow_window(Connection& c, const AckNews& news);
  void restart_retransmission(Connection& c, Instant now, bool advanced);
  void restart_timeout(Connection& c, Instant now, bool whole);

  // spurious.cpp: what was not lost after all
  bool echoes_original(const Connection& c, const AckNews& news) const;
  bool may_undo(const Connection& c, const AckNews& news) const;
  void undo(Connection& c, bool unmark);
  bool undo_partial(Connection& c, const AckNews& news);
  void undo_by_duplicates(Connection& c);
  bool undo_timeout(Connection& c, const AckNews& news, bool proven);
  bool judge_timeout(Connection& c, const AckNews& news);

  // tail_loss_probe.cpp
  bool schedule_tail_probe(Connection& c, Instant now, bool advanced);
  bool probe_with_new_data(Connection& c, Instant now);
  bool probe_with_last_segment(Connection& c, Instant now);
  void end_tail_probe(Connection& c, const AckNews& news);
  void tail_probe_timeout(Connection& c, Instant now);

  // pacing.cpp
  bool paces(const Connection& c) const;
  static Duration pacing_interval(const Connection& c, std::uint32_t bytes);
  std::uint32_t paced_size(const Connection& c) const;
  bool pacing_holds(Connection& c, Instant now);
  void note_paced(Connection& c, std::uint32_t bytes, Instant now);
  // fast_open.cpp: RFC 7413
  struct FastOpenPlan {
    std::optional<FastOpenCookie> option;
    std::uint16_t maximum_segment_size = 0xffff;
    bool data = false;
  };
  FastOpenPlan fast_open_plan(const Endpoint& remote, const Options& options, Instant now) const;
  Connection* fast_open_arrives(Listener& listener, Arrival& a, SequenceNumber iss, std::optional<FastOpenCookie>& reply);
  void fast_open_over(Connection& c);
  void queue_syn_data(Connection& c, std::span<const Bytes> data, Instant now);
  void fast_open_answered(Connection& c, const Segment& segment);
  void fast_open_timed_out(Connection& c, Instant now);
  void syn_too_large(Connection& c, Instant now);
  void syn_data_lost(Connection& c, Instant now);

  // ecn.cpp: RFC 3168
  std::uint8_t ecn_syn_flags(const Connection& c) const;
  bool ecn_setup(const Arrival& a) const;
  void ecn_answered(Connection& c, const Segment& segment);
  void ecn_received(Connection& c, const Arrival& a);
  void ecn_marked(Connection& c);

  // output.cpp: 3.8
  void output(Connection& c, Instant now);
  void queue_output(Connection& c);
  bool output_retransmissions(Connection& c, Instant now);
  void output_new_data(Connection& c, Instant now);
  void output_what_fits(Connection& c, Instant now);
  void output_fin(Connection& c, Instant now);
  bool send_new(Connection& c, std::uint32_t length, bool last, Instant now);
  void note_new(Connection& c, std::uint32_t count, Instant now);
  void note_idle(Connection& c, Instant now);
  static void note_usage(Connection& c, bool limited);
  void note_window_used(Connection& c, std::uint32_t bytes, Instant now);
  std::uint32_t sendable(const Connection& c, std::uint32_t unsent, std::uint32_t usable) const;
  static std::uint32_t largest_segment(const Connection& c);
  std::uint32_t worth_waiting_for(const Connection& c, std::uint32_t window, Instant now) const;
  Duration cork_time(const Connection& c) const;

  // transmit.cpp: segments
  enum class Sent : std::uint8_t { done, busy, nothing };
  struct Outgoing {
    SequenceNumber seq;
    std::uint32_t length = 0;
    std::uint8_t flags = 0;
    bool whole = false;              ///< one segment, however large: a probe of the path MTU
    std::uint16_t segment_size = 0;  ///< set by transmit: payload of a full segment with these options
  };
  Sent transmit(Connection& c, Outgoing& out, Instant now);
  static std::size_t write_options(Connection& c, const Outgoing& out, std::span<std::uint8_t, 40> to, Instant now);
  Sent send_again(Connection& c, Transmission& t, SequenceNumber begin, std::uint32_t most, Instant now, bool probe = false);
  Sent send_acknowledgment(Connection& c, Instant now);
  void send_probe(Connection& c, SequenceNumber seq, std::uint32_t length, Instant now);

  // control_segments.cpp: those without a connection's data
  void send_syn(Connection& c, Instant now, const FastOpenCookie* reply = nullptr);
  void send_syn_ack(const SynRecord& record, std::optional<std::uint32_t> cookie_timestamp, Instant now,
                    const FastOpenCookie* reply = nullptr);
  void send_reset(Connection& c, Instant now);
  void send_reset_for(const Arrival& a);
  void send_bare(const Endpoint& local, const Endpoint& remote, const HeaderFields& fields, Bytes options,
                 std::uint8_t interface, Instant now, const Options& user = {}, std::span<const Bytes> payload = {});

  // receive_window.cpp: 3.8.6
  std::uint16_t first_window(const Options& options) const;
  static std::uint32_t largest_window(const Connection& c);
  std::uint32_t receive_space(const Connection& c) const;
  std::uint16_t window_field(Connection& c);
  bool window_update_due(const Connection& c) const;
  std::uint8_t window_shift(const Options& options) const;

  // segment_size.cpp: 3.7.1
  void refresh_path(Connection& c, Instant now);
  /// Nothing leaves from an address that was ours (C19-12), nor to one that has become a broadcast address (MUST-57).
  bool has_lost_addresses(const Connection& c) const;
  static std::uint32_t largest_packet(const Connection& c);
  void set_segment_size(Connection& c);
  std::uint16_t announced_mss(std::uint16_t mtu, const Endpoint& remote, std::uint16_t limit) const;

  // path_mtu_discovery.cpp
  void begin_path_mtu_search(Connection& c, Instant now);
  void size_timed_out(Connection& c, Instant now);
  void black_hole_suspected(Connection& c, Instant now);
  std::uint16_t next_probe_size(const Connection& c) const;
  bool probe_path_mtu(Connection& c, Instant now);
  static void probe_failed(Connection& c, Instant now);
  static bool only_probe_lost(Connection& c, Instant now);
  static void note_segment_size(Connection& c, const Outgoing& out);
  void sizes_acknowledged(Connection& c, Instant now);
  void fragmentation_needed(Connection& c, SequenceNumber seq, std::uint16_t mtu, std::uint16_t quoted, Instant now);

  // buffer_tuning.cpp
  bool tunes_receive_buffer(const Connection& c) const;
  std::uint32_t receive_grant(const Connection& c) const;
  void set_receive_grant(Connection& c, std::uint32_t grant);
  void time_reader(Connection& c, const Segment& segment, Instant now);
  void tune_receive_buffer(Connection& c, std::size_t count, Instant now);
  void reclaim_receive_buffers(Instant now);
  void tune_send_buffer(Connection& c);

  // timeouts.cpp: 3.10.8
  void timer_expired(Connection& c, Instant now);
  void retransmission_timeout(Connection& c, Instant now);
  void persist_timeout(Connection& c, Instant now);
  void keepalive_timeout(Connection& c, Instant now);
  void syn_timeout(SynRecord& record, Instant now);
  static bool user_timed_out(const Connection& c, Instant now);
  bool gave_up(Connection& c, std::uint8_t limit, Instant now);
  std::uint8_t retransmission_limit(const Connection& c) const;
  void arm(Connection& c);
  Duration user_timeout_left(const Connection& c, Instant now) const;

  Status status_of(const Connection& c) const;
  Measurements measurements_of(const Connection& c) const;
  ListenerStatus status_of(const Listener& l) const;
  Connection* open(const Endpoint& local, const Endpoint& remote, const Options& options, const ip::Path& path);
  Options settled(const Options& options) const;
  void after_read(Connection& c, Instant now);
  Result<std::size_t, Error> nothing_to_read(Connection& c) const;
  bool begin_fin_wait_2(Connection& c, Instant now);
  std::uint32_t unsent(const Connection& c) const;
  std::uint32_t unsent_limit(const Connection& c) const;
  std::uint32_t room(const Connection& c) const;

  Config config_;
  BlockPool& pool_;
  Random& random_;
  ip::Ip& ip_;
  DropCounters& drops_;
  SipKey hash_key_;
  Secrets secrets_;
  ObjectPool<Connection> connections_;
  ConnectionTable table_;
  ObjectPool<Listener> listeners_;
  HashTable<Listener, ListenerTag> listener_table_;
  SynTable syns_;
  TimeWaitTable time_wait_;
  TransmissionPool transmissions_;
  ObjectPool<Recovery> recoveries_;
  FastOpenCache fast_open_cache_;
  FastOpenKeys fast_open_keys_;
  TimerWheel wheel_;
  ReceiveBudget receive_budget_;
  IntrusiveList<Connection, OutputTag> output_;
  IntrusiveList<Changeable, ChangedTag> changed_;
  Connection* recent_ = nullptr;        // found last: segments come in bursts
  Instant cookies_until_;               // SYN cookies are honoured until then
  bool memory_blocked_ = false;         // some connection waits for free blocks
};

}  // namespace linnet::tcp
