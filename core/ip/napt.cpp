// SPDX-License-Identifier: Apache-2.0
#include "core/ip/napt.hpp"

#include "core/base/digest_sum.hpp"
#include "core/ip/protocol.hpp"

namespace linnet::ip {
namespace {

// What a TCP session has seen: a segment from either side, FINs, and that it was up.
constexpr std::uint8_t from_inside = 1;
constexpr std::uint8_t from_outside = 2;
constexpr std::uint8_t fin_inside = 4;
constexpr std::uint8_t fin_outside = 8;
constexpr std::uint8_t established = 16;
constexpr std::uint8_t was_reset = 32;

constexpr std::array<Duration, 5> timeouts = {Duration::seconds(60), Duration::seconds(240),
                                              Duration::seconds(300), Duration::seconds(300),
                                              Duration::seconds(7440)};

constexpr Duration timeout_of(NaptIdle idle) { return timeouts[static_cast<std::size_t>(idle)]; }

/// RFC 4787 REQ-8: of UDP and echo the address counts.
NaptEndpoint remote_of(std::uint8_t protocol, const NaptEndpoint& remote) {
  return {remote.address, protocol == protocol::tcp ? remote.port : std::uint16_t{0}};
}

/// RFC 5382 REQ-5: idle for hours only between the handshake and the second FIN, or a reset.
std::uint8_t tcp_seen(std::uint8_t seen, std::uint8_t flags, bool outbound) {
  const bool opens = (flags & (tcp_syn | tcp_ack)) == tcp_syn;
  const bool over =
      (seen & was_reset) != 0 || (seen & (fin_inside | fin_outside)) == (fin_inside | fin_outside);
  if (opens && over) seen = 0;  // the same ports once more
  const bool both = (seen & (from_inside | from_outside)) == (from_inside | from_outside);
  unsigned now = seen;
  if ((flags & tcp_rst) != 0) return static_cast<std::uint8_t>(now | was_reset);
  if (both && (flags & (tcp_syn | tcp_ack)) == tcp_ack) now |= established;
  now |= outbound ? from_inside : from_outside;
  if ((flags & tcp_fin) != 0) now |= outbound ? fin_inside : fin_outside;
  return static_cast<std::uint8_t>(now);
}

NaptIdle tcp_idle(std::uint8_t seen) {
  const bool over =
      (seen & was_reset) != 0 || (seen & (fin_inside | fin_outside)) == (fin_inside | fin_outside);
  return (seen & established) != 0 && !over ? NaptIdle::tcp_established : NaptIdle::tcp_transitory;
}

}  // namespace

Napt::Napt(const Config& config, Arena& arena, Random& random)
    : random_(random),
      key_(random.key()),
      first_port_(config.napt_first_port != 0 ? config.napt_first_port : std::uint16_t{1}),
      last_port_(config.napt_last_port < first_port_ ? first_port_ : config.napt_last_port),
      sessions_(arena, config.napt_entries),
      mappings_(arena, mappings(config)),
      sessions_inside_(arena, config.napt_entries),
      sessions_outside_(arena, config.napt_entries),
      mappings_inside_(arena, mappings(config)),
      mappings_outside_(arena, mappings(config)),
      most_fixed_(config.port_maps) {}

std::uint32_t Napt::hash(std::uint8_t protocol, const NaptEndpoint& a, const NaptEndpoint& b) const {
  TableHasher hasher(key_);
  hasher.word((std::uint64_t{a.address} << 32) | (std::uint64_t{a.port} << 8) | protocol);
  hasher.word((std::uint64_t{b.address} << 32) | b.port);
  return static_cast<std::uint32_t>(hasher.finish() & 0xffffffffu);
}

NaptMapping* Napt::find_outside(std::uint8_t protocol, const NaptEndpoint& outside) const {
  return mappings_outside_.find(hash(protocol, outside), [&](const NaptMapping& m) {
    return m.protocol == protocol && m.outside == outside;
  });
}

NaptMapping* Napt::find_inside(std::uint8_t protocol, const NaptEndpoint& inside,
                               std::uint32_t outside_address) const {
  return mappings_inside_.find(hash(protocol, inside, {outside_address, 0}), [&](const NaptMapping& m) {
    return m.protocol == protocol && m.inside == inside && m.outside.address == outside_address;
  });
}

NaptSession* Napt::session_inside(std::uint8_t protocol, const NaptEndpoint& inside,
                                  const NaptEndpoint& remote) const {
  return sessions_inside_.find(hash(protocol, inside, remote), [&](const NaptSession& s) {
    return s.mapping->protocol == protocol && s.mapping->inside == inside && s.remote == remote;
  });
}

NaptSession* Napt::session_outside(std::uint8_t protocol, const NaptEndpoint& outside,
                                   const NaptEndpoint& remote) const {
  return sessions_outside_.find(hash(protocol, outside, remote), [&](const NaptSession& s) {
    return s.mapping->protocol == protocol && s.mapping->outside == outside && s.remote == remote;
  });
}

void Napt::insert(NaptMapping& mapping) {
  mappings_inside_.insert(mapping, hash(mapping.protocol, mapping.inside, {mapping.outside.address, 0}));
  mappings_outside_.insert(mapping, hash(mapping.protocol, mapping.outside));
}

void Napt::remove(NaptMapping& mapping) {
  mappings_inside_.remove(mapping);
  mappings_outside_.remove(mapping);
  mappings_.destroy(mapping);
}

Napt::Translation Napt::outbound(const NaptFlow& flow, std::uint32_t outside_address, Instant now) {
  const NaptEndpoint remote = remote_of(flow.protocol, flow.destination);
  NaptSession* session = session_inside(flow.protocol, flow.source, remote);
  if (flow.error) {
    if (session == nullptr) return {.reason = Drop::icmp_quote};
    return {.found = true, .to = session->mapping->outside};
  }
  if (session != nullptr && !session->mapping->fixed &&
      session->mapping->outside.address != outside_address) {
    end(*session);  // our address is another now, or the way is
    session = nullptr;
  }
  if (session == nullptr && !flow.opens) return {.reason = Drop::napt_filtered};
  if (session == nullptr) session = session_to(flow, outside_address);
  if (session == nullptr) return {.reason = Drop::napt_full};
  touch(*session, flow, true, now);
  return {.found = true, .to = session->mapping->outside};
}

/// A new session for what begins inside, by the mapping that its endpoint has, or a new one.
NaptSession* Napt::session_to(const NaptFlow& flow, std::uint32_t outside_address) {
  if (sessions_.free() == 0 && !make_room()) return nullptr;
  NaptMapping* mapping = find_inside(flow.protocol, flow.source, outside_address);
  if (mapping == nullptr) mapping = open_mapping(flow.protocol, flow.source, outside_address);
  return mapping != nullptr ? open_session(*mapping, remote_of(flow.protocol, flow.destination)) : nullptr;
}

Napt::Translation Napt::inbound(const NaptFlow& flow, Instant now) {
  const NaptEndpoint remote = remote_of(flow.protocol, flow.source);
  NaptSession* session = session_outside(flow.protocol, flow.destination, remote);
  if (session == nullptr && flow.error) return {};
  if (session == nullptr) {
    NaptMapping* mapping = find_outside(flow.protocol, flow.destination);
    if (mapping == nullptr) return {};
    // RFC 5382 REQ-4: what is not let in is not answered either.
    if (!mapping->fixed || !flow.opens || session_inside(flow.protocol, mapping->inside, remote) != nullptr) {
      return {.found = true, .reason = Drop::napt_filtered};
    }
    if (sessions_.free() == 0 && !make_room()) return {.found = true, .reason = Drop::napt_full};
    session = open_session(*mapping, remote);
  }
  // RFC 5508 REQ-3: an error keeps nothing alive.
  if (!flow.error) touch(*session, flow, false, now);
  return {.found = true, .to = session->mapping->inside};
}

std::optional<NaptEndpoint> Napt::inside_of(const NaptFlow& sent) const {
  const NaptSession* session =
      session_outside(sent.protocol, sent.source, remote_of(sent.protocol, sent.destination));
  return session != nullptr ? std::optional(session->mapping->inside) : std::nullopt;
}

/// There is a mapping for each session that there can be.
NaptMapping* Napt::open_mapping(std::uint8_t protocol, const NaptEndpoint& inside,
                                std::uint32_t outside_address) {
  const std::uint16_t port = choose_port(protocol, inside, outside_address);
  if (port == 0) return nullptr;
  NaptMapping* mapping = mappings_.create();
  if (mapping == nullptr) return nullptr;  // never, as said
  mapping->protocol = protocol;
  mapping->inside = inside;
  mapping->outside = {outside_address, port};
  insert(*mapping);
  return mapping;
}

/// The inside's own port where that is possible, else RFC 6056 3.3.2: at random, then the next free one. No
/// two mappings share one (RFC 4787 REQ-3). 0: none is free. There are few mappings: the search is as short.
std::uint16_t Napt::choose_port(std::uint8_t protocol, const NaptEndpoint& inside,
                                std::uint32_t outside_address) {
  const auto free = [&](std::uint16_t port) {
    return find_outside(protocol, {outside_address, port}) == nullptr;
  };
  if (inside.port >= first_port_ && inside.port <= last_port_ && free(inside.port)) return inside.port;
  const std::uint32_t range = last_port_ - first_port_ + 1u;
  const std::uint32_t start = random_.below(range);
  for (std::uint32_t i = 0; i < range; ++i) {
    const auto port = static_cast<std::uint16_t>(first_port_ + (start + i) % range);
    if (free(port)) return port;
  }
  return 0;
}

NaptSession* Napt::open_session(NaptMapping& mapping, const NaptEndpoint& remote) {
  NaptSession* session = sessions_.create();
  if (session == nullptr) return nullptr;  // never: the caller made room
  session->mapping = &mapping;
  session->remote = remote;
  ++mapping.sessions;
  sessions_inside_.insert(*session, hash(mapping.protocol, mapping.inside, remote));
  sessions_outside_.insert(*session, hash(mapping.protocol, mapping.outside, remote));
  return session;
}

void Napt::end(NaptSession& session) {
  NaptMapping& mapping = *session.mapping;
  sessions_inside_.remove(session);
  sessions_outside_.remove(session);
  session.unlink();
  sessions_.destroy(session);
  if (--mapping.sessions == 0 && !mapping.fixed) remove(mapping);
}

/// Whoever has been idle longest of those that lose little. What is up, and whom somebody answers, stays.
bool Napt::make_room() {
  NaptSession* oldest = nullptr;
  for (const NaptIdle idle : {NaptIdle::echo, NaptIdle::tcp_transitory, NaptIdle::udp_unanswered}) {
    NaptSession* first = queue(idle).front();
    if (first != nullptr && (oldest == nullptr || first->used < oldest->used)) oldest = first;
  }
  if (oldest != nullptr) end(*oldest);
  return oldest != nullptr;
}

void Napt::touch(NaptSession& session, const NaptFlow& flow, bool outbound, Instant now) {
  switch (flow.protocol) {
    case protocol::tcp:
      session.seen = tcp_seen(session.seen, flow.tcp_flags, outbound);
      session.idle = tcp_idle(session.seen);
      break;
    case protocol::udp:
      session.seen = static_cast<std::uint8_t>(session.seen | (outbound ? from_inside : from_outside));
      session.idle = session.seen == (from_inside | from_outside) ? NaptIdle::udp : NaptIdle::udp_unanswered;
      break;
    default:
      session.idle = NaptIdle::echo;
  }
  session.used = now;
  session.unlink();
  queue(session.idle).push_back(session);
}

bool Napt::add_port_map(const PortMap& map) {
  const bool translatable = map.protocol == protocol::tcp || map.protocol == protocol::udp;
  if (!translatable || map.outside.port == 0 || map.inside.port == 0 || map.outside.address == 0)
    return false;
  NaptMapping* there = find_outside(map.protocol, map.outside);
  if (there != nullptr && !there->fixed) return false;
  if (there != nullptr) remove_fixed(*there);
  if (fixed_ == most_fixed_) return false;
  NaptMapping* mapping = mappings_.create();
  if (mapping == nullptr) return false;  // never: sessions have no more than are left
  mapping->protocol = map.protocol;
  mapping->fixed = true;
  mapping->inside = map.inside;
  mapping->outside = map.outside;
  insert(*mapping);
  ++fixed_;
  return true;
}

bool Napt::remove_port_map(std::uint8_t protocol, std::uint16_t outside_port) {
  NaptMapping* found = nullptr;
  mappings_.for_each([&](NaptMapping& m) {
    if (m.fixed && m.protocol == protocol && m.outside.port == outside_port) found = &m;
  });
  if (found == nullptr) return false;
  remove_fixed(*found);
  return true;
}

void Napt::remove_fixed(NaptMapping& mapping) {
  end_all([&](const NaptSession& session) { return session.mapping == &mapping; });
  remove(mapping);
  --fixed_;
}

template <typename Goes>
void Napt::end_all(Goes&& goes) {
  for (Queue& queue : queues_) {
    for (NaptSession* session = queue.front(); session != nullptr;) {
      NaptSession* next = queue.next(*session);
      if (goes(*session)) end(*session);
      session = next;
    }
  }
}

void Napt::expire(Instant now) {
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    while (NaptSession* first = queues_[i].front()) {
      if (first->used + timeouts[i] > now) break;
      end(*first);
    }
  }
}

Instant Napt::next_deadline() const {
  Instant deadline = Instant::never();
  for (const Queue& queue : queues_) {
    if (const NaptSession* first = queue.front())
      deadline = earlier(deadline, first->used + timeout_of(first->idle));
  }
  return deadline;
}

void Napt::forget() {
  end_all([](const NaptSession&) { return true; });
}

void Napt::forget(std::uint32_t outside_address) {
  end_all([&](const NaptSession& session) { return session.mapping->outside.address == outside_address; });
}

void Napt::digest(Digest& digest) const {
  DigestSum all;
  const auto add = [&](const NaptMapping& m, const NaptEndpoint& remote, std::uint8_t state) {
    Digest entry;
    for (const NaptEndpoint* e : {&m.inside, &m.outside, &remote})
      entry.add((std::uint64_t{e->address} << 16) | e->port);
    entry.add((std::uint64_t{m.protocol} << 8) | state);
    all.add(entry);
  };
  sessions_.for_each(
      [&](const NaptSession& s) { add(*s.mapping, s.remote, static_cast<std::uint8_t>(s.idle)); });
  mappings_.for_each([&](const NaptMapping& m) {
    if (m.fixed) add(m, {}, 0xff);
  });
  all.add_to(digest);
}

}  // namespace linnet::ip
