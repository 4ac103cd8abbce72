// SPDX-License-Identifier: Apache-2.0
// RFC 7413: cookies and cache, and what TCP does with them on both sides.
#include "core/tcp/fast_open.hpp"

#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {

constexpr std::uint8_t cookie_size = 8;
constexpr std::uint32_t option_space = 40;  // kept free on a SYN with data, for middleboxes that add options

std::uint64_t load_little(const std::uint8_t* p) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = (value << 8) | p[i];
  return value;
}
void store_little(std::uint8_t* p, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) p[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

// --- cookies ---

bool FastOpenKeys::set(Bytes keys) {
  if (keys.size() != key_size && keys.size() != 2 * key_size) return false;
  two_ = keys.size() == 2 * key_size;
  for (std::size_t i = 0; i < (two_ ? 2u : 1u); ++i) {
    keys_[i] = {load_little(keys.data() + i * key_size), load_little(keys.data() + i * key_size + 8)};
  }
  return true;
}

std::size_t FastOpenKeys::get(MutableBytes to) const {
  std::size_t written = 0;
  for (std::size_t i = 0; i < (two_ ? 2u : 1u) && to.size() - written >= key_size; ++i) {
    store_little(to.data() + written, keys_[i].k0);
    store_little(to.data() + written + 8, keys_[i].k1);
    written += key_size;
  }
  return written;
}

FastOpenCookie FastOpenKeys::make(std::size_t key, const IpAddress& client, const IpAddress& server) const {
  std::array<std::uint8_t, 32> message;
  const std::size_t size = client.is_v4() ? 4 : 16;
  for (std::size_t i = 0; i < size; ++i) {
    message[i] = client.is_v4() ? client.v4_bytes()[i] : client.bytes()[i];
    message[size + i] = server.is_v4() ? server.v4_bytes()[i] : server.bytes()[i];
  }
  FastOpenCookie cookie;
  cookie.size = cookie_size;
  store_little(cookie.bytes.data(), siphash_2_4(keys_[key], Bytes(message).first(2 * size)));
  return cookie;
}

FastOpenKeys::Check FastOpenKeys::check(const FastOpenCookie& cookie, const IpAddress& client,
                                        const IpAddress& server) const {
  const auto is = [&](std::size_t key) {
    const FastOpenCookie right = make(key, client, server);
    return cookie.size == right.size && cookie.bytes == right.bytes;
  };
  if (is(0)) return Check::good;
  return two_ && is(1) ? Check::old : Check::wrong;
}

// --- cache ---

FastOpenEntry* FastOpenCache::find(const IpAddress& server) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const FastOpenEntry& e) { return e.used != 0 && e.server == server; });
  return found == entries_.end() ? nullptr : &*found;
}

FastOpenEntry* FastOpenCache::obtain(const IpAddress& server) {
  FastOpenEntry* entry = find(server);
  if (entry == nullptr) {
    const auto oldest = std::min_element(entries_.begin(), entries_.end(),
                                         [](const FastOpenEntry& a, const FastOpenEntry& b) { return a.used < b.used; });
    if (oldest == entries_.end()) return nullptr;
    entry = &*oldest;
    *entry = {};
    entry->server = server;
  }
  entry->used = ++clock_;
  return entry;
}

void FastOpenCache::clear() { std::fill(entries_.begin(), entries_.end(), FastOpenEntry{}); }

// --- server ---

void Tcp::set_fast_open_keys(ListenerHandle handle, const FastOpenKeys& keys) {
  if (Listener* listener = listeners_.find(handle)) listener->fast_open_keys = keys;
}

/// 4.2: a SYN with a good cookie makes a connection at once, in SYN-RECEIVED, that its user may read from and write to.
/// Null when the usual handshake is to go on; `reply` then, or for a cookie of the older key, is the cookie to send.
Connection* Tcp::fast_open_arrives(Listener& listener, Arrival& a, SequenceNumber iss,
                                   std::optional<FastOpenCookie>& reply) {
  const auto& asked = a.segment.options.fast_open;
  const bool wanted = asked.has_value() || a.segment.data_length > 0;
  const bool enabled = (config_.fast_open & FastOpen::server) != 0;
  const bool room = listener.fast_open_pending < listener.options.fast_open_queue;
  if (!wanted || !enabled || !room) return nullptr;
  const bool no_cookie_needed =
      (config_.fast_open & FastOpen::server_without_cookie) != 0 || listener.options.fast_open_without_cookie;
  const FastOpenKeys& keys = listener.fast_open_keys ? *listener.fast_open_keys : fast_open_keys_;
  auto check = FastOpenKeys::Check::wrong;
  if (asked) {
    check = keys.check(*asked, a.remote.address, a.local.address);
    reply = keys.cookie(a.remote.address, a.local.address);
    reply->experimental = asked->experimental;
  }
  if (!no_cookie_needed && check == FastOpenKeys::Check::wrong) return nullptr;

  const auto path = ip_.path(a.remote.address, a.local.address, ip::any_interface);
  if (!path) return nullptr;
  SynRecord record;
  start_record(record, listener, a);
  record.iss = iss;
  Connection* c = accept_handshake(listener, record, *path, a);
  if (c == nullptr) return nullptr;  // the handshake goes on without, and says the cookie again
  if (check != FastOpenKeys::Check::old) reply.reset();
  c->fast_open_pending = true;
  ++listener.fast_open_pending;
  c->snd.max_wnd = c->snd.wnd;
  c->congestion.start(c->send_mss, c->snd.nxt, config_);
  c->timing = true;
  c->timed_at = a.now;
  c->progress_at = a.now;
  a.segment.seq += 1;
  seventh_process_text(*c, a);
  c->syn_data = a.segment.data_length > 0 && c->rcv.nxt == a.segment.seq + a.segment.data_length;
  // The SYN-ACK acknowledges the data.
  c->ack_now = false;
  c->ack_at = Instant::never();
  c->ack_bytes = 0;
  c->rcv.acked = c->rcv.nxt;
  // The data had room in the window that the SYN-ACK is about to open; what it opens is as much as without.
  const std::uint32_t window = std::min<std::uint32_t>(first_window(c->options), receive_space(*c));
  c->rcv.edge = max(c->rcv.edge, c->rcv.nxt + window);
  return c;
}

/// The connection is established, or over: it counts no more as pending.
void Tcp::fast_open_over(Connection& c) {
  if (!c.fast_open_pending) return;
  c.fast_open_pending = false;
  if (Listener* listener = listeners_.find(c.listener)) --listener->fast_open_pending;
  if (!static_cast<ListNode<AcceptTag>&>(c).linked()) c.listener = {};
}

// --- client ---

/// What the next SYN to that server may do.
Tcp::FastOpenPlan Tcp::fast_open_plan(const Endpoint& remote, const Options& options, Instant now) const {
  FastOpenPlan plan;
  if (!options.fast_open || (config_.fast_open & FastOpen::client) == 0) return plan;
  const FastOpenEntry* entry = fast_open_cache_.find(remote.address);
  if (entry != nullptr && entry->disabled_until > now) return plan;
  if (entry != nullptr) plan.maximum_segment_size = entry->maximum_segment_size;
  if (options.fast_open_without_cookie || (config_.fast_open & FastOpen::client_without_cookie) != 0) {
    plan.data = true;
    return plan;
  }
  plan.option.emplace();
  if (entry == nullptr) return plan;
  plan.data = entry->cookie.size != 0;
  if (plan.data) {
    plan.option = entry->cookie;
  } else {
    plan.option->experimental = entry->try_experimental == 1;
  }
  return plan;
}

bool Tcp::fast_open_ready(const Endpoint& remote, const Options& options, Instant now) const {
  return fast_open_plan(remote, options, now).data;
}

/// The beginning of `data` that travels on the SYN (4.2.2), by the segment size that the server last announced.
void Tcp::queue_syn_data(Connection& c, std::span<const Bytes> data, Instant now) {
  const FastOpenPlan plan = fast_open_plan(c.remote, c.options, now);
  c.fast_open = plan.data || plan.option.has_value();
  c.fast_open_asked = plan.option.has_value();
  if (!plan.data) return;
  std::uint32_t payload = plan.maximum_segment_size;
  if (c.options.maximum_segment_size != 0) payload = std::min<std::uint32_t>(payload, c.options.maximum_segment_size);
  const std::uint32_t packet = std::min<std::uint32_t>(c.path.mtu, payload + c.fixed_headers());
  const std::uint32_t others = c.fixed_headers() + option_space;
  const std::uint32_t size = std::min(std::max(packet, others) - others, c.send_buffer);
  std::size_t taken = 0;
  for (const Bytes part : data) {
    const std::size_t wanted = std::min<std::size_t>(part.size(), size - taken);
    const std::size_t queued = c.send_queue.append(part.first(wanted), true);
    taken += queued;
    if (queued < part.size()) break;
  }
  c.snd.nxt += static_cast<std::uint32_t>(taken);
  c.bytes_out += taken;
  c.data_segments_out += taken > 0 ? 1 : 0;
}

/// The SYN-ACK: how much of the data it took, and what it says of cookies (4.1.3). One that nobody asked for is nobody's.
void Tcp::fast_open_answered(Connection& c, const Segment& segment) {
  const std::uint32_t sent = c.snd.nxt - c.snd.iss - 1;
  const std::uint32_t taken = segment.ack - c.snd.iss - 1;
  c.send_queue.drop_front(taken);
  c.syn_data = sent > 0 && taken == sent;
  const auto& offered = segment.options.fast_open;
  const bool cookie = c.fast_open_asked && offered && offered->size != 0;
  const bool asked_in_vain = c.fast_open_asked && !cookie && sent == 0 && !c.syn_bare;
  if (!cookie && taken == 0 && !asked_in_vain) return;
  FastOpenEntry* entry = fast_open_cache_.obtain(c.remote.address);
  if (entry == nullptr) return;
  entry->maximum_segment_size = c.peer_mss;
  if (cookie) entry->cookie = *offered;
  if (cookie || taken > 0) entry->losses = 0;
  // A server that does not know option 34 may know the experimental one, which is tried once.
  if (asked_in_vain && entry->cookie.size == 0 && entry->try_experimental < 2) ++entry->try_experimental;
}

/// 4.1.3.1: a SYN with data got no answer. It is repeated without, and for a while no other one tries.
void Tcp::fast_open_timed_out(Connection& c, Instant now) {
  if (!c.fast_open || c.syn_bare || c.snd.nxt - c.snd.iss == 1) return;
  if (config_.fast_open_back_off == Duration()) return;
  FastOpenEntry* entry = fast_open_cache_.obtain(c.remote.address);
  if (entry == nullptr) return;
  entry->disabled_until = now + config_.fast_open_back_off * (std::int64_t{1} << entry->losses);
  if (entry->losses < 8) ++entry->losses;
}

/// 4.1.3.1: the path does not take a SYN with that much data. It is repeated without, and that one is not measured.
void Tcp::syn_too_large(Connection& c, Instant now) {
  if (c.syn_bare || c.send_queue.empty()) return;
  const auto path = ip_.path(c.remote.address, c.local.address, c.options.interface);
  if (path) c.path = *path;
  c.syn_bare = true;
  c.timing = false;
  ++c.retransmissions;
  send_syn(c, now);
}

/// The handshake is over, so that output is due, and data that was on our SYN was not taken: it goes out again, as data.
void Tcp::syn_data_lost(Connection& c, Instant now) {
  c.scoreboard.sent(transmissions_, c.snd.una, c.snd.nxt, now, true);
  send_all_again(c);
}

}  // namespace linnet::tcp
