// SPDX-License-Identifier: Apache-2.0
#include "core/ethernet/neighbour_cache.hpp"

#include "core/base/digest_sum.hpp"

#include <algorithm>

namespace linnet::ethernet {

NeighbourCache::NeighbourCache(const Config& config, std::uint16_t entries, Arena& arena, BlockPool& pool,
                               Random& random, DropCounters& drops)
    : config_(config),
      pool_(pool),
      drops_(drops),
      key_(random.key()),
      times_(arena.make_array<NeighbourTimes>(config.links)),
      asked_before_(arena.make_array<Instant>(asked_before_size(entries))),
      entries_(arena, entries),
      table_(arena, entries) {
  for (NeighbourTimes& times : times_) times.reachable_time = config.reachable_time;
  std::fill(asked_before_.begin(), asked_before_.end(), Neighbour::long_ago);
}

NeighbourCache::~NeighbourCache() { forget(0xff); }

std::uint32_t NeighbourCache::hash(std::uint8_t interface, const IpAddress& address) const {
  TableHasher hasher(key_);
  hasher.word(load64(address.bytes().data()) + interface);
  hasher.word(load64(address.bytes().data() + 8));
  return static_cast<std::uint32_t>(hasher.finish() & 0xffffffffu);
}

Neighbour* NeighbourCache::find_hashed(std::uint8_t interface, const IpAddress& address) const {
  return table_.find(hash(interface, address), [&](const Neighbour& n) {
    return n.interface == interface && n.address == address;
  });
}

bool NeighbourCache::use(Neighbour& n, Instant now) {
  if (!n.resolved()) return false;
  if (n.state == NeighbourState::probe) return true;
  enter(n, NeighbourState::probe, delayed_, now + first_probe_delay);
  return true;
}

Neighbour* NeighbourCache::create(std::uint8_t interface, const IpAddress& address, Instant now) {
  if (entries_.free() == 0 && !make_room(true, now)) return nullptr;
  Neighbour* n = allocate(interface, address);
  if (n == nullptr) return nullptr;
  n->used = now;
  // RFC 1122 2.3.2.1: once a second, also when what knew of the last request is gone.
  enter(*n, NeighbourState::incomplete, asking_,
        std::max(now, asked_before(interface, address) + request_interval(*n)));
  return n;
}

void NeighbourCache::count_request(Neighbour& n, Instant now) {
  ++n.asked;
  n.asked_at = now;
  enter(n, n.state, asking_, now + request_interval(n));
}

Neighbour* NeighbourCache::allocate(std::uint8_t interface, const IpAddress& address) {
  Neighbour* n = entries_.create();
  if (n == nullptr) return nullptr;
  n->interface = interface;
  n->address = address;
  table_.insert(*n, hash(interface, address));
  return n;
}

/// Bounded work: of the quiet entries only a few are looked at, those in use getting a second chance at the
/// back.
bool NeighbourCache::make_room(bool of_incomplete, Instant now) {
  constexpr int looks = 16;
  if (!failed_.empty()) {
    remove(*failed_.front(), Drop::none);
    return true;
  }
  for (int i = 0; i < looks && !quiet_.empty(); ++i) {
    Neighbour& oldest = *quiet_.front();
    if (!in_use(oldest, now)) {
      remove(oldest, Drop::none);
      return true;
    }
    oldest.unlink();
    quiet_.push_back(oldest);
  }
  if (!of_incomplete || asking_.empty() || asking_.front()->state != NeighbourState::incomplete) return false;
  remove(*asking_.front(), Drop::neighbour_queue_full);
  return true;
}

void NeighbourCache::remove(Neighbour& n, Drop reason) {
  while (n.queued > 0) drop_oldest(n, reason);
  if (n.router && n.resolved()) ++version_;
  Instant& asked = asked_before(n.interface, n.address);
  asked = std::max(asked, n.asked_at);
  Neighbour*& recent = recent_[recent_index(n.interface, n.address)];
  if (recent == &n) recent = nullptr;
  n.unlink();
  table_.remove(n);
  entries_.destroy(n);
}

void NeighbourCache::forget(std::uint8_t interface) {
  entries_.for_each([&](Neighbour& n) {
    if (interface == 0xff || n.interface == interface) remove(n, Drop::neighbour_failed);
  });
  // The link that is there next may be another one.
  std::fill(asked_before_.begin(), asked_before_.end(), Neighbour::long_ago);
  while (take_undelivered()) {
  }
}

void NeighbourCache::enter(Neighbour& n, NeighbourState state, List& list, Instant deadline) {
  n.unlink();
  n.state = state;
  n.deadline = deadline;
  // All wait equally long, but where routers say otherwise: the place is at the end, or not far from it.
  Neighbour* before = list.back();
  while (before != nullptr && before->deadline > deadline) before = list.previous(*before);
  before == nullptr ? list.push_front(n) : list.insert_after(*before, n);
}

void NeighbourCache::settle(Neighbour& n, NeighbourState state, Instant now) {
  if (n.router && !n.resolved()) ++version_;
  n.asked = 0;
  n.confirmed = now;
  enter(n, state, quiet_, Instant::never());
  if (sweep_at_.is_never()) sweep_at_ = now + config_.stale_time;
}

NeighbourCache::Learned NeighbourCache::learn_answer(Neighbour* n, const MacAddress& mac, Instant now) {
  if (n == nullptr) return Learned::nothing;
  if (!n->resolved()) {
    n->mac = mac;
    settle(*n, NeighbourState::reachable, now);
    return Learned::resolved;
  }
  if (n->mac != mac) return doubt(*n, now);
  if (n->state != NeighbourState::probe || n->asked == 0) return Learned::nothing;
  settle(*n, NeighbourState::reachable, now);
  return Learned::resolved;
}

/// What the source of a message teaches of a neighbour whose link address is not known; nothing when one is.
std::optional<NeighbourCache::Learned> NeighbourCache::learn_if_unknown(Neighbour* n, std::uint8_t interface,
                                                                        const IpAddress& address, const MacAddress& mac,
                                                                        bool create_entry, Instant now) {
  if (n != nullptr && n->resolved()) return std::nullopt;
  const bool asked_for = n != nullptr;
  if (!asked_for) {
    if (!create_entry || (entries_.free() == 0 && !make_room(false, now))) return Learned::nothing;
    n = allocate(interface, address);
    if (n == nullptr) return Learned::nothing;
  }
  // RFC 4861 7.2.3: that somebody asks says where he is, not that he hears us.
  n->mac = mac;
  settle(*n, NeighbourState::stale, now);
  return asked_for ? Learned::resolved : Learned::nothing;
}

NeighbourCache::Learned NeighbourCache::learn_sender(std::uint8_t interface, const IpAddress& address,
                                                     const MacAddress& mac, bool create_entry, Instant now) {
  Neighbour* n = find(interface, address);
  if (const auto learned = learn_if_unknown(n, interface, address, mac, create_entry, now)) return *learned;
  if (n->mac == mac) return Learned::nothing;
  if (n->state != NeighbourState::stale || in_use(*n, now)) return doubt(*n, now);
  n->mac = mac;  // RFC 826: nobody relies on the old one
  settle(*n, NeighbourState::stale, now);
  return Learned::nothing;
}

/// Two stations claim one address: the known one is asked, once; if it is silent the entry goes and the next
/// packet asks everybody.
NeighbourCache::Learned NeighbourCache::doubt(Neighbour& n, Instant now) {
  if (n.state == NeighbourState::probe && n.asked > 0) return Learned::nothing;  // is being asked
  return probe_now(n, maximum_requests, now);
}

/// `asked`: how many of its requests count as sent with the one that the caller sends now.
NeighbourCache::Learned NeighbourCache::probe_now(Neighbour& n, std::uint8_t asked, Instant now) {
  if (now - request_interval(n) < n.asked_at) return Learned::nothing;  // RFC 1122 2.3.2.1: once a second
  n.asked = asked;
  n.asked_at = now;
  enter(n, NeighbourState::probe, asking_, now + request_interval(n));
  return Learned::doubted;
}

void NeighbourCache::confirm(Neighbour& n, Instant now) {
  if (!n.resolved()) return;
  n.confirmed = now;
  if (n.state != NeighbourState::reachable) settle(n, NeighbourState::reachable, now);
}

Neighbour* NeighbourCache::next_due(Instant now) {
  if (sweep_at_ <= now) sweep(now);
  while (!failed_.empty() && failed_.front()->deadline <= now) remove(*failed_.front(), Drop::none);
  if (!delayed_.empty() && delayed_.front()->deadline <= now) {
    Neighbour& n = *delayed_.front();  // for the first time
    count_request(n, now);
    return &n;
  }
  while (!asking_.empty() && asking_.front()->deadline <= now) {
    if (Neighbour& n = *asking_.front(); ask_again(n, now)) return &n;
  }
  return nullptr;
}

bool NeighbourCache::ask_again(Neighbour& n, Instant now) {
  if (n.asked < maximum_requests) {
    count_request(n, now);
    return true;
  }
  if (n.state == NeighbourState::probe) {
    remove(n, Drop::none);  // RFC 4861 7.3.3: the next packet resolves it anew
    return false;
  }
  while (n.queued > 0) fail_oldest(n);
  ++version_;
  enter(n, NeighbourState::failed, failed_, now + config_.failed_time);
  return false;
}

/// RFC 1122 2.3.2.1 (1): what nobody uses or confirms is forgotten. One walk in stale_time, none when idle.
void NeighbourCache::sweep(Instant now) {
  const Instant limit = now - config_.stale_time;
  for (Neighbour* n = quiet_.front(); n != nullptr;) {
    Neighbour* next = quiet_.next(*n);
    if (n->confirmed <= limit && n->used <= limit) remove(*n, Drop::none);
    n = next;
  }
  sweep_at_ = quiet_.empty() ? Instant::never() : now + config_.stale_time;
}

Instant NeighbourCache::next_deadline() const {
  Instant deadline = sweep_at_;
  for (const List* list : {&asking_, &delayed_, &failed_}) {
    if (!list->empty()) deadline = earlier(deadline, list->front()->deadline);
  }
  return deadline;
}

void NeighbourCache::digest(Digest& digest) const {
  DigestSum all;
  entries_.for_each([&](const Neighbour& n) {
    Digest entry;
    entry.add(n.address.bytes());
    entry.add(n.mac.bytes);
    entry.add(n.interface);
    entry.add(static_cast<std::uint64_t>(n.state));
    entry.add(n.asked);
    entry.add(n.queued);
    all.add(entry);
  });
  all.add_to(digest);
}

}  // namespace linnet::ethernet
