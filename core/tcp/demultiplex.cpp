// SPDX-License-Identifier: Apache-2.0
// Which connection a segment belongs to, and how connections begin and end their lives in the tables.
#include "core/ip/bound_address.hpp"
#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {

/// One to one (the factor is odd): listeners with one hash have one port.
constexpr std::uint32_t port_hash(std::uint16_t port) { return port * 0x9e3779b1u; }

}  // namespace

std::string_view state_text(State state) {
  constexpr std::string_view texts[] = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                        "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                        "CLOSING",     "LAST-ACK",   "TIME-WAIT"};
  return texts[static_cast<std::size_t>(state)];
}

Tcp::Tcp(const Config& config, Arena& arena, BlockPool& pool, Random& random, ip::Ip& ip, DropCounters& drops)
    : config_(config),
      pool_(pool),
      random_(random),
      ip_(ip),
      drops_(drops),
      hash_key_(random.key()),
      secrets_(random),
      connections_(arena, config.connections),
      table_(arena, config.connections),
      listeners_(arena, config.listeners),
      listener_table_(arena, config.listeners),
      syns_(arena, config.syn_records),
      time_wait_(arena, config.time_wait_records),
      transmissions_(arena, config.connections, config.transmissions),
      recoveries_(arena, config.recoveries),
      fast_open_cache_(arena, config.fast_open_cache),
      fast_open_keys_(random.key()),
      receive_budget_(config, pool) {}

void Tcp::receive(ip::Datagram&& datagram, Instant now) {
  // RFC 9293 MUST-57, MUST-63: TCP is between two hosts.
  if (datagram.group || datagram.source.is_multicast() || datagram.source.is_unspecified() ||
      datagram.source.is_limited_broadcast()) {
    drops_.add(Drop::tcp_bad_address);
    return;
  }
  const auto parsed = Segment::parse(datagram);
  if (!parsed) {
    drops_.add(parsed.error());
    return;
  }
  Arrival a{.segment = *parsed,
            .datagram = datagram,
            .local = {datagram.destination, parsed->destination_port},
            .remote = {datagram.source, parsed->source_port},
            .hash = 0,
            .now = now};
  if (Connection* c = find_connection(a)) {
    if (c->state == State::syn_sent) return syn_sent_arrives(*c, a);
    return other_states_arrive(*c, a);
  }
  if (SynRecord* record = syns_.find(a.hash, a.local, a.remote)) return syn_record_arrives(*record, a);
  if (TimeWait* record = time_wait_.find(a.hash, a.local, a.remote)) return time_wait_arrives(*record, a);
  Listener* listener = find_listener(a.local);
  if (listener != nullptr && listener->listening) return listen_arrives(*listener, a, SequenceNumber(0));
  closed_arrives(a);
}

Connection* Tcp::find_connection(const Arrival& arrival) {
  if (recent_ != nullptr && recent_->remote == arrival.remote && recent_->local == arrival.local) return recent_;
  auto& a = const_cast<Arrival&>(arrival);
  a.hash = tuple_hash(hash_key_, a.local, a.remote);
  Connection* c = table_.find(
      a.hash, [&](const Connection& other) { return other.remote == a.remote && other.local == a.local; });
  if (c != nullptr) recent_ = c;
  return c;
}

Listener* Tcp::find_listener(const Endpoint& local) const {
  const auto listens_on = [&](const IpAddress& address) {
    return listener_table_.find(port_hash(local.port), [&](const Listener& l) {
      return l.local.address == address && ip::covers(address, l.options.v6_only, local.address);
    });
  };
  if (Listener* exact = listens_on(local.address)) return exact;
  Listener* any = local.address.is_v4() ? listens_on(IpAddress::any_v4()) : nullptr;
  return any != nullptr ? any : listens_on(IpAddress::any_v6());
}

bool Tcp::tuple_in_use(const Endpoint& local, const Endpoint& remote) const {
  const std::uint32_t hash = tuple_hash(hash_key_, local, remote);
  return table_.find(hash, [&](const Connection& c) { return c.remote == remote && c.local == local; }) != nullptr ||
         syns_.find(hash, local, remote) != nullptr || time_wait_.find(hash, local, remote) != nullptr;
}

/// RFC 6191: the timestamps of a new connection begin above those of the old one, because a four-tuple has one timestamp
/// clock; once that has moved on, PAWS tells old duplicates apart.
/// `bound`: the user named the port himself, and has a good reason (as on Linux): at any age.
TimeWait* Tcp::reusable_time_wait(const Endpoint& local, const Endpoint& remote, Instant now, bool bound) const {
  if (!config_.timestamps) return nullptr;
  TimeWait* record = time_wait_.find(tuple_hash(hash_key_, local, remote), local, remote);
  if (record == nullptr || !record->has_timestamp) return nullptr;
  const Instant began = record->expires - config_.maximum_segment_lifetime * 2;
  return bound || now - began >= config_.time_wait_reuse ? record : nullptr;
}

bool Tcp::local_port_bound(std::uint16_t port) const {
  return listener_table_.find(port_hash(port), [](const Listener&) { return true; }) != nullptr;
}

/// Among which ports `options` let the stack choose: the first, and how many.
std::pair<std::uint16_t, std::uint32_t> Tcp::port_range(const Options& options) {
  const std::uint16_t low = options.lowest_port != 0 ? options.lowest_port : first_ephemeral_port;
  const std::uint32_t last = first_ephemeral_port + (ephemeral_port_count - 1u);
  const std::uint32_t high = options.highest_port != 0 ? options.highest_port : last;
  return {low, high < low ? 1 : high - low + 1};
}

/// RFC 6056 3.3.1: a random start, then the next free one. Only the whole four-tuple must be free. When none is, one in
/// TIME-WAIT will do.
std::optional<std::uint16_t> Tcp::choose_port(const Endpoint& local, const Endpoint& remote, const Options& options, Instant now) {
  const auto [first, count] = port_range(options);
  const std::uint32_t start = random_.below(count);
  std::optional<std::uint16_t> second_choice;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(first + (start + i) % count);
    if (local_port_bound(port)) continue;
    if (!tuple_in_use({local.address, port}, remote)) return port;
    if (!second_choice && reusable_time_wait({local.address, port}, remote, now, false) != nullptr) second_choice = port;
  }
  return second_choice;
}

/// May that endpoint be bound? RFC 9293 3.9.1.1: one application per port; two may share it only before either of them listens.
bool Tcp::may_bind(const Endpoint& local, bool reuse, bool v6_only) const {
  bool taken = false;
  const auto conflicts = [&](const Endpoint& other, bool other_v6_only = false) {
    return other.port == local.port && ip::overlap(other.address, other_v6_only, local.address, v6_only);
  };
  listeners_.for_each([&](const Listener& l) {
    if (conflicts(l.local, l.options.v6_only) && !(reuse && l.reuse && !l.listening)) taken = true;
  });
  if (reuse || taken) return !taken;
  connections_.for_each([&](const Connection& c) { taken = taken || (c.demultiplexed && conflicts(c.local)); });
  time_wait_.for_each([&](const TimeWait& t) { taken = taken || conflicts(t.local); });
  return !taken;
}

Result<ListenerHandle, Error> Tcp::bind(const Endpoint& local, bool reuse, const Options& options) {
  if (!local.address.is_unspecified() && !ip_.is_own(local.address)) return Failure{Error::address_not_available};
  Endpoint chosen{ip_.scoped_own(local.address), local.port};
  if (local.port == 0) {
    const auto [first, count] = port_range(options);
    const std::uint32_t start = random_.below(count);
    for (std::uint32_t i = 0; i < count && chosen.port == 0; ++i) {
      const auto port = static_cast<std::uint16_t>(first + (start + i) % count);
      if (!local_port_bound(port) && may_bind({local.address, port}, reuse, options.v6_only)) chosen.port = port;
    }
    if (chosen.port == 0) return Failure{Error::address_not_available};
  } else if (!may_bind(chosen, reuse, options.v6_only)) {
    return Failure{Error::address_in_use};
  }
  Listener* listener = listeners_.create();
  if (listener == nullptr) return Failure{Error::no_memory};
  listener->local = chosen;
  listener->reuse = reuse;
  listener->options.v6_only = options.v6_only;
  listener_table_.insert(*listener, port_hash(chosen.port));
  return listeners_.handle_of(*listener);
}

void Tcp::close(ListenerHandle handle, Instant now) {
  Listener* listener = listeners_.find(handle);
  if (listener == nullptr) return;
  // RFC 9293 3.10.4: connections that nobody took end with a reset.
  while (Connection* waiting = listener->accept_queue.pop_front()) {
    send_reset(*waiting, now);
    destroy(*waiting);
  }
  syns_.for_each([&](SynRecord& record) {
    if (record.listener == handle) drop_record(record);
  });
  static_cast<ListNode<ChangedTag>&>(*listener).unlink();
  listener_table_.remove(*listener);
  listeners_.destroy(*listener);
}

void Tcp::enter_table(Connection& c) {
  table_.insert(c, tuple_hash(hash_key_, c.local, c.remote));
  c.demultiplexed = true;
}

void Tcp::leave_table(Connection& c) {
  if (recent_ == &c) recent_ = nullptr;
  if (!c.demultiplexed) return;
  table_.remove(c);
  c.demultiplexed = false;
}

/// What was sent and not acknowledged no longer matters.
void Tcp::forget_outstanding(Connection& c) {
  c.scoreboard.clear(transmissions_);
  forget_recovery(c);
}

void Tcp::destroy(Connection& c) {
  receive_budget_.change(receive_grant(c), 0);
  forget_outstanding(c);
  fast_open_over(c);
  leave_table(c);
  wheel_.disarm(c);
  static_cast<ListNode<OutputTag>&>(c).unlink();
  static_cast<ListNode<ChangedTag>&>(c).unlink();
  if (static_cast<ListNode<AcceptTag>&>(c).linked()) {
    static_cast<ListNode<AcceptTag>&>(c).unlink();
    if (Listener* listener = listeners_.find(c.listener)) --listener->waiting;
  }
  connections_.destroy(c);
}

/// The connection is over. Its user, if there still is one, reads what has arrived and then `error` (or the end).
void Tcp::end(Connection& c, Error error) {
  const bool was_open = c.open();
  fast_open_over(c);
  c.state = State::closed;
  // What waits to be accepted still is: whoever was told of a connection shall not wait for one (as on Linux), and what it
  // sent can be read.
  const bool waits = static_cast<ListNode<AcceptTag>&>(c).linked();
  if (c.orphan || (waits && !was_open)) {
    destroy(c);
    return;
  }
  leave_table(c);
  wheel_.disarm(c);
  static_cast<ListNode<OutputTag>&>(c).unlink();
  c.send_queue.clear();
  c.reassembly.clear();
  forget_outstanding(c);
  c.error = error;
  changed(c);
}

void Tcp::enter_time_wait(Connection& c, Instant now) {
  // The peer's FIN is acknowledged before the record takes over. From CLOSING it was already: an ACK is not answered.
  if (c.ack_now) send_acknowledgment(c, now);
  const std::uint16_t window = window_field(c);
  const Instant expires = now + config_.maximum_segment_lifetime * 2;
  if (TimeWait* record = time_wait_.create(tuple_hash(hash_key_, c.local, c.remote), expires)) {
    record->local = c.local;
    record->remote = c.remote;
    record->snd_nxt = c.snd.nxt;
    record->rcv_nxt = c.rcv.nxt;
    record->window = window;
    record->ttl = c.options.ttl;
    record->traffic_class = c.options.traffic_class;
    record->has_timestamp = c.timestamps;
    record->ts_recent = c.ts_recent;
    record->timestamp_offset = c.timestamp_offset;
  }
  leave_table(c);
  wheel_.disarm(c);
  static_cast<ListNode<OutputTag>&>(c).unlink();
  forget_outstanding(c);
  c.state = State::time_wait;
  if (c.orphan) {
    destroy(c);
  } else {
    changed(c);
  }
}

void Tcp::changed(Changeable& what) {
  if (what.tag != Changeable::no_tag && !what.linked()) changed_.push_back(what);
}

std::optional<std::uint32_t> Tcp::take_changed() {
  Changeable* first = changed_.pop_front();
  if (first == nullptr) return std::nullopt;
  return first->tag;
}

}  // namespace linnet::tcp
