// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.1 to 3.10.5: the user's calls.
#include <algorithm>

#include "core/ip/bound_address.hpp"
#include "core/tcp/tcp.hpp"

namespace linnet::tcp {

// --- OPEN ---

Result<void, Error> Tcp::listen(ListenerHandle handle, std::uint16_t backlog, const Options& options) {
  Listener* listener = listeners_.find(handle);
  if (listener == nullptr) return Failure{Error::closed};
  bool taken = false;
  listeners_.for_each([&](const Listener& other) {
    // Endpoints that were shared while bound (SO_REUSEADDR) cannot both listen.
    const bool overlaps = other.local.port == listener->local.port &&
                          (other.local.address == listener->local.address);
    taken = taken || (&other != listener && other.listening && overlaps);
  });
  if (taken) return Failure{Error::address_in_use};
  listener->backlog = std::max<std::uint16_t>(backlog, 1);
  listener->options = options;
  listener->listening = true;
  return {};
}

/// Its handshake is over, and maybe everything else, too.
bool Tcp::acceptable(const Connection& c) { return c.open() || c.state == State::closed; }

std::optional<ConnectionHandle> Tcp::accept(ListenerHandle handle) {
  Listener* listener = listeners_.find(handle);
  if (listener == nullptr) return std::nullopt;
  Connection* c = listener->accept_queue.front();
  if (c == nullptr || !acceptable(*c)) return std::nullopt;
  static_cast<ListNode<AcceptTag>&>(*c).unlink();
  --listener->waiting;
  if (!c->fast_open_pending) c->listener = {};
  return connections_.handle_of(*c);
}

/// `configured` become what is configured.
Options Tcp::settled(const Options& options) const {
  Options settled = options;
  if (settled.congestion == CongestionControl::configured) settled.congestion = config_.congestion;
  return settled;
}

Connection* Tcp::open(const Endpoint& local, const Endpoint& remote, const Options& options, const ip::Path& path) {
  Connection* c = connections_.create(pool_, config_);
  if (c == nullptr) return nullptr;
  c->local = local;
  c->remote = remote;
  c->options = settled(options);
  c->pingpong = !options.quick_ack;
  c->path = path;
  c->timer_kind = connection_timer;
  c->timestamp_offset = secrets_.timestamp_offset(local, remote);
  c->reassembly.seed(random_.next32());
  c->send_buffer = options.send_buffer != 0 ? options.send_buffer : config_.send_buffer;
  c->receive_buffer = options.receive_buffer != 0 ? options.receive_buffer : config_.receive_buffer;
  return c;
}

Result<ConnectionHandle, Error> Tcp::connect(ListenerHandle bound, const Endpoint& peer, const Options& options,
                                             Instant now, std::span<const Bytes> syn_data) {
  Endpoint remote = peer;
  if (remote.port == 0) return Failure{Error::address_not_available};
  if (remote.address.is_unspecified() || remote.address.is_multicast() || ip_.is_broadcast(remote.address, 0xff)) {
    return Failure{Error::bad_address};
  }
  Endpoint local{.address = remote.address.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6(), .port = 0};
  Listener* listener = listeners_.find(bound);
  if (bound && (listener == nullptr || listener->listening)) return Failure{Error::invalid};
  if (listener != nullptr) {
    const bool any = listener->local.address.is_unspecified();
    if (any && !ip::covers(listener->local.address, listener->options.v6_only, remote.address)) {
      return Failure{Error::no_route};
    }
    local.port = listener->local.port;
    if (!any) local.address = listener->local.address;
  }
  const auto path = ip_.path(remote.address, local.address, options.interface);
  if (!path) return Failure{Error::no_route};
  local.address = path->source;
  remote.address = ip_.scoped(remote.address, path->interface);
  if (local.port == 0) {
    const auto port = choose_port(local, remote, options, now);
    if (!port) return Failure{Error::address_not_available};
    local.port = *port;
  }
  TimeWait* old = reusable_time_wait(local, remote, now, listener != nullptr);
  if (old == nullptr && tuple_in_use(local, remote)) return Failure{Error::address_in_use};
  Connection* c = open(local, remote, options, *path);
  if (c == nullptr) return Failure{Error::no_memory};
  SequenceNumber least_iss;
  if (old != nullptr) {
    least_iss = old->snd_nxt + 65537;
    time_wait_.remove(*old);
  }
  if (listener != nullptr) close(bound, now);
  c->active_open = true;
  c->state = State::syn_sent;
  c->snd.iss = secrets_.initial_sequence(local, remote, now);
  // RFC 1122 4.2.2.13: above what the predecessor's window can have held.
  if (old != nullptr && c->snd.iss < least_iss) c->snd.iss = least_iss;
  c->snd.una = c->snd.iss;
  c->snd.nxt = c->snd.iss + 1;
  c->snd.up = c->snd.una;
  c->timing = true;
  c->timed_at = now;
  c->progress_at = now;
  set_segment_size(*c);
  // What this SYN and its repetitions offer.
  c->timestamps = config_.timestamps;
  c->sack = config_.selective_acknowledgment;
  c->window_scaling = config_.window_scaling;
  c->rcv.scale = window_shift(options);  // what a SYN says holds, whatever the buffer becomes meanwhile
  c->ecn = config_.ecn == Ecn::request;
  if (options.fast_open) queue_syn_data(*c, syn_data, now);
  enter_table(*c);
  send_syn(*c, now);
  return connections_.handle_of(*c);
}

// --- SEND ---

/// Bytes that were never sent.
std::uint32_t Tcp::unsent(const Connection& c) const {
  return c.open() && !c.fin_sent ? c.data_end() - c.snd.nxt : 0;
}

std::uint32_t Tcp::unsent_limit(const Connection& c) const {
  const std::uint32_t limit = c.options.unsent_low_water != 0 ? c.options.unsent_low_water : config_.unsent_low_water;
  return limit != 0 ? limit : 0xffffffffu;
}

/// What the send buffer takes. Below TCP_NOTSENT_LOWAT that is at least a frame's worth, so that a low limit makes no
/// short segments.
std::uint32_t Tcp::room(const Connection& c) const {
  const std::size_t queued = c.send_queue.size();
  const std::uint32_t left = queued >= c.send_buffer ? 0 : c.send_buffer - static_cast<std::uint32_t>(queued);
  const std::uint32_t limit = unsent_limit(c);
  const std::uint32_t waiting = unsent(c);
  if (waiting >= limit) return 0;
  return std::min(left, std::max(limit - waiting, largest_segment(c)));
}

std::size_t Tcp::send_room(ConnectionHandle handle) const {
  const Connection* c = find(handle);
  return c == nullptr || !c->open() || c->fin_queued ? 0 : room(*c);
}

Result<std::size_t, Error> Tcp::send(ConnectionHandle handle, Bytes bytes, SendFlags flags, Instant now) {
  Connection* c = find(handle);
  if (c == nullptr) return Failure{Error::closed};
  if (c->error != Error::none && !c->error_taken) {
    c->error_taken = true;
    return Failure{c->error};
  }
  if (!c->open() && c->state != State::closed) return Failure{Error::in_progress};
  const bool sending = c->state == State::established || c->state == State::close_wait || c->fast_open_pending;
  if (!sending || c->fin_queued) return Failure{Error::closed};
  if (bytes.empty()) return std::size_t{0};
  const std::size_t wanted = std::min<std::size_t>(bytes.size(), room(*c));
  const std::size_t taken = c->send_queue.append(bytes.first(wanted), true);
  if (taken == 0) {
    if (wanted > 0) {
      c->memory_blocked = true;
      memory_blocked_ = true;
    }
    return Failure{Error::would_block};
  }
  // MSG_MORE holds back what is short until the next call, or until an arriving acknowledgment looks for something to
  // send: it is a hint for this call, where TCP_CORK is a state.
  c->push_more = c->more_follows = flags.more && taken == bytes.size();
  if (flags.urgent && taken == bytes.size()) {
    c->snd.up = c->data_end();
    c->snd.urgent = true;
  }
  output(*c, now);
  return taken;
}

// --- RECEIVE ---

Result<std::size_t, Error> Tcp::receive(ConnectionHandle handle, MutableBytes to, bool peek, Instant now,
                                        std::size_t offset) {
  Connection* c = find(handle);
  if (c == nullptr) return Failure{Error::closed};
  if (c->receive_queue.size() > offset) {
    to = to.first(up_to_mark(*c, offset, to.size()));
    if (peek) return c->receive_queue.copy_out(offset, to);
    const std::size_t count = c->receive_queue.read(to);
    tune_receive_buffer(*c, count, now);
    after_read(*c, now);
    return count;
  }
  return nothing_to_read(*c);
}

Result<std::size_t, Error> Tcp::discard(ConnectionHandle handle, std::size_t most, bool peek, Instant now,
                                        std::size_t offset) {
  Connection* c = find(handle);
  if (c == nullptr) return Failure{Error::closed};
  if (c->receive_queue.size() <= offset) return nothing_to_read(*c);
  const std::size_t count = std::min(up_to_mark(*c, offset, most), c->receive_queue.size() - offset);
  if (peek) return count;
  c->receive_queue.drop_front(count);
  tune_receive_buffer(*c, count, now);
  after_read(*c, now);
  return count;
}

void Tcp::after_read(Connection& c, Instant now) {
  finish_urgent(c);
  if (c.state >= State::established && c.state != State::time_wait && window_update_due(c)) {
    c.ack_now = true;
    output(c, now);
  }
}

/// End of file, the connection's error, or that there may be something later.
Result<std::size_t, Error> Tcp::nothing_to_read(Connection& c) const {
  if (c.fin_received || c.receive_shut) return std::size_t{0};
  if (c.error != Error::none && !c.error_taken) {
    c.error_taken = true;
    return Failure{c.error};
  }
  if (!c.open() && c.state != State::closed) return Failure{Error::in_progress};
  if (c.state == State::closed) return std::size_t{0};
  return Failure{Error::would_block};
}

Result<std::uint8_t, Error> Tcp::receive_urgent(ConnectionHandle handle) {
  Connection* c = find(handle);
  if (c == nullptr) return Failure{Error::closed};
  if (c->options.urgent_inline) return Failure{Error::invalid};
  if (!c->urgent_byte_valid) {
    return Failure{c->rcv.urgent && !c->urgent_byte_taken ? Error::would_block : Error::invalid};
  }
  c->urgent_byte_valid = false;
  c->urgent_byte_taken = true;
  return c->urgent_byte;
}

/// How many of the bytes to be read lie before the urgent one, some of them maybe still to come (RFC 6093 3.1: the mark).
/// Nothing when there is no mark, or it was passed.
std::optional<std::uint32_t> Tcp::before_mark(const Connection& c) {
  if (!c.rcv.urgent) return std::nullopt;
  const auto held = static_cast<std::uint32_t>(c.receive_queue.size());
  const SequenceNumber end = c.rcv.nxt - (c.fin_received ? 1u : 0u);
  if (c.rcv.up > end) return held + (c.rcv.up - 1u - end);
  const std::uint32_t from_mark = (end - c.rcv.up) + (c.options.urgent_inline ? 1u : 0u);
  return held >= from_mark ? std::optional(held - from_mark) : std::nullopt;
}

/// A read ends before the urgent byte, so that the mark can be asked for (POSIX sockatmark).
std::size_t Tcp::up_to_mark(const Connection& c, std::size_t offset, std::size_t wanted) {
  const auto before = before_mark(c);
  return before && *before > offset ? std::min<std::size_t>(wanted, *before - offset) : wanted;
}

bool Tcp::at_mark(ConnectionHandle handle) const {
  const Connection* c = find(handle);
  return c != nullptr && before_mark(*c) == 0u;
}

// --- CLOSE and ABORT ---

Result<void, Error> Tcp::shutdown_send(ConnectionHandle handle, Instant now) {
  Connection* c = find(handle);
  if (c == nullptr) return Failure{Error::closed};
  switch (c->state) {
    case State::syn_received:
      // 3.10.4: the FIN follows what is queued, and FIN-WAIT-1 begins when the handshake ends.
      if (c->fast_open_pending) break;
      return Failure{Error::not_connected};
    case State::syn_sent:
    case State::closed:
      return Failure{Error::not_connected};
    case State::established:
      c->state = State::fin_wait_1;
      break;
    case State::close_wait:
      c->state = State::last_ack;
      break;
    default:
      return {};  // done before
  }
  c->fin_queued = true;
  c->push_more = c->more_follows = false;
  changed(*c);
  output(*c, now);
  return {};
}

Result<void, Error> Tcp::shutdown_receive(ConnectionHandle handle) {
  Connection* c = find(handle);
  if (c == nullptr) return Failure{Error::closed};
  if (c->state < State::established) return Failure{Error::not_connected};
  c->receive_shut = true;
  c->receive_queue.clear();
  changed(*c);
  return {};
}

void Tcp::close(ConnectionHandle handle, Instant now) {
  Connection* c = find(handle);
  if (c == nullptr) return;
  const bool linger_zero = c->options.linger && c->options.linger_time == Duration();
  // RFC 2525 2.17, RFC 9293 SHLD-3: data that was acknowledged but never read must not be lost silently.
  const bool unread = !c->receive_queue.empty();
  const bool unfinished = !c->open();
  if (c->state == State::closed || c->state == State::time_wait) return destroy(*c);
  if (unread) {
    send_reset(*c, now);
    return destroy(*c);
  }
  if (linger_zero || unfinished) return abort(handle, now);
  c->orphan = true;
  c->tag = Changeable::no_tag;
  static_cast<ListNode<ChangedTag>&>(*c).unlink();
  if (c->state == State::fin_wait_2) {
    if (begin_fin_wait_2(*c, now)) arm(*c);
    return;
  }
  static_cast<void>(shutdown_send(handle, now));
}

/// FIN-WAIT-2 of a connection that nobody holds: the peer gets so long for its FIN (TCP_LINGER2), or no time at all.
/// False when the connection is over.
bool Tcp::begin_fin_wait_2(Connection& c, Instant now) {
  const std::int16_t seconds = c.options.fin_wait_2_seconds;
  if (seconds < 0) {
    send_reset(c, now);
    end(c, Error::aborted);
    return false;
  }
  c.give_up_at = now + (seconds > 0 ? Duration::seconds(seconds) : config_.fin_wait_2_timeout);
  return true;
}

void Tcp::abort(ConnectionHandle handle, Instant now) {
  Connection* c = find(handle);
  if (c == nullptr) return;
  // 3.10.5: once both sides have closed there is nothing left that a reset would end.
  const bool both_closed = c->fin_sent && (c->state == State::closing || c->state == State::last_ack);
  if (!both_closed) send_reset(*c, now);
  destroy(*c);
}

}  // namespace linnet::tcp
