// SPDX-License-Identifier: Apache-2.0
#include "sim/lan.hpp"

#include <algorithm>

#include "sim/frames_ipv6.hpp"

namespace linnet::sim {

namespace {

std::uint64_t mac_key(const std::uint8_t* mac) {
  return static_cast<std::uint64_t>(load16(mac)) << 32 | load32(mac + 2);
}

}  // namespace

Port& Lan::add_port(const PortFaults& faults, std::uint64_t seed) {
  const std::size_t index = ports_.size();
  const MacAddress mac{{0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(index + 1)}};
  return *ports_.emplace_back(std::make_unique<Port>(*this, index, mac, faults, seed));
}

std::uint32_t Lan::store(Bytes frame) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(store_.size()));
    store_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  store_[index].assign(frame.begin(), frame.end());
  return index;
}

void Lan::schedule(std::size_t port, std::uint32_t frame, Instant due) {
  heap_.push_back(
      {.due = due, .ordinal = ordinal_++, .frame = frame, .port = static_cast<std::uint16_t>(port)});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void Lan::set_time(Instant now) {
  now_ = now;
  std::erase_if(up_again_, [&](const auto& entry) {
    if (entry.first > now) return false;
    ports_[entry.second]->set_up(true);
    return true;
  });
  while (!heap_.empty() && heap_.front().due <= now) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const Arrival arrival = heap_.back();
    heap_.pop_back();
    deliver(arrival);
  }
}

Instant Lan::next_deadline() const {
  Instant next = heap_.empty() ? Instant::never() : heap_.front().due;
  for (const auto& entry : up_again_) next = earlier(next, entry.first);
  return next;
}

bool Lan::idle() const {
  return heap_.empty() &&
         std::none_of(ports_.begin(), ports_.end(), [](const auto& port) { return port->waiting(); });
}

void Lan::take_down(std::size_t port, Duration length) {
  ports_[port]->set_up(false);
  std::erase_if(up_again_, [port](const auto& entry) { return entry.second == port; });
  up_again_.emplace_back(now_ + length, port);
}

bool Lan::fires(std::size_t port, Fault fault, Bytes frame) {
  const std::uint64_t event = events_++;
  for (const auto& [first, last] : suppressed_) {
    if (event >= first && event < last) return false;
  }
  counts_.add(fault);
  if (tap_ != nullptr) tap_->fault(port, fault, frame, moment_of(*ports_[port]));
  return true;
}

void Lan::deliver(const Arrival& arrival) {
  const Buffer& frame = store_[arrival.frame];
  if (frame.size() < 12) return hand_to(arrival.port ^ 1u, arrival.frame);
  learned_[mac_key(frame.data() + 6)] = arrival.port;
  const auto known = (frame[0] & 1) != 0 ? learned_.end() : learned_.find(mac_key(frame.data()));
  if (known != learned_.end()) {
    if (known->second == arrival.port) return release(arrival.frame);
    return hand_to(known->second, arrival.frame);
  }
  for (std::size_t port = 0; port < ports_.size(); ++port) {
    if (port != arrival.port) hand_to(port, store(Bytes(store_[arrival.frame])));
  }
  release(arrival.frame);
}

void Lan::hand_to(std::size_t port, std::uint32_t frame) {
  if (port >= ports_.size()) return release(frame);
  Port& to = *ports_[port];
  if (to.deaf_) return release(frame);
  if (!to.up_) {
    counts_.add(Fault::flap);
    return release(frame);
  }
  to.enqueue(frame);
}

Port::Port(Lan& lan, std::size_t index, const MacAddress& mac, const PortFaults& faults, std::uint64_t seed)
    : lan_(lan),
      index_(index),
      mac_(mac),
      faults_(faults),
      model_(faults.link, mixed(seed, index)),
      choices_(mixed(seed, index), "port") {}

void Port::set_up(bool up) {
  if (up && !up_ && lan_.tap_ != nullptr) lan_.tap_->link_up(index_);
  up_ = up;
}

void Port::change(const PortFaults& faults) {
  faults_ = faults;
  model_.change(faults.link);
}

void Port::count(Fault fault) { lan_.counts_.add(fault); }

void Port::enqueue(std::uint32_t index) {
  // A ring that runs over loses the newest.
  if (ring_.size() >= faults_.receive_ring && lan_.fires(index_, Fault::driver, lan_.store_[index])) {
    return lan_.release(index);
  }
  ring_.push_back(index);
}

void Port::forget_waiting() {
  for (const std::uint32_t index : ring_) lan_.release(index);
  ring_.clear();
}

std::size_t Port::receive(BlockPool& pool, std::span<Packet> batch) {
  std::size_t count = 0;
  starved_ = false;
  while (count < batch.size() && !ring_.empty()) {
    const Buffer& frame = lan_.store_[ring_.front()];
    const std::uint32_t begin = 2;  // so that the IP header is aligned
    Block block = pool.allocate(frame.size() + begin);
    starved_ = !block && frame.size() + begin <= pool.small_size();
    if (starved_) break;
    if (lan_.tap_ != nullptr) lan_.tap_->received(index_, frame, lan_.moment_of(*this));
    if (block) {
      copy_bytes(block.data() + begin, frame);
      batch[count++] = Packet(std::move(block), begin, begin + static_cast<std::uint32_t>(frame.size()));
    }
    lan_.release(ring_.front());
    ring_.pop_front();
  }
  return count;
}

Transmit Port::transmit(const Frame& frame) {
  if (faults_.busy != 0 && choices_.chance_ppm(faults_.busy) && lan_.fires(index_, Fault::driver)) {
    if (lan_.tap_ != nullptr) lan_.tap_->busy(index_, lan_.moment_of(*this));
    return Transmit::busy;
  }
  // Longer than the stack's frames ever are without super-segments, which this port does not offer.
  std::array<std::uint8_t, 2048> bytes;
  if (frame.size() > bytes.size()) return Transmit::gone;
  frame.gather(bytes.data());
  send(Bytes(bytes).first(frame.size()), true);
  return Transmit::taken;
}

void Port::send(Bytes frame, bool by_host) {
  if (lan_.tap_ != nullptr) lan_.tap_->sent(index_, frame, lan_.moment_of(*this, by_host));
  if (!up_) {
    lan_.faults().add(Fault::flap);
    return;
  }
  if (!faults_.targeted.empty() && meets_target(frame_class(frame), frame)) return;
  if (faults_.path_mtu != 0 && too_long(frame)) return;
  pass(frame);
}

bool Port::meets_target(FrameClass kind, Bytes frame) {
  const std::uint32_t number = seen_[static_cast<std::size_t>(kind)]++;
  for (const TargetedLoss& target : faults_.targeted) {
    if (target.kind != kind || number < target.skip || number - target.skip >= target.count) continue;
    if (!lan_.fires(index_, Fault::targeted, frame)) continue;
    if (target.down > Duration() && number == target.skip && lan_.fires(index_, Fault::flap)) {
      lan_.take_down(index_, target.down);
    }
    return true;
  }
  return false;
}

bool Port::too_long(Bytes frame) {
  const std::size_t link = 14;
  const std::uint16_t mtu = faults_.path_mtu;
  if (frame.size() > link && load16(frame.data() + 12) == 0x86dd) return too_long_v6(frame);
  if (frame.size() <= link + mtu || load16(frame.data() + 12) != 0x0800) return false;
  if (!lan_.fires(index_, Fault::mtu, frame)) return false;
  const MacAddress router_mac{{0x02, 0, 0, 0, 0, 0xfe}};
  const IpAddress router = IpAddress::v4((load32(frame.data() + link + 12) & 0xffffff00u) | 254);
  const auto report = [&](std::uint16_t said) {
    const Buffer message = fragmentation_needed(frame, router, router_mac, said);
    lan_.hand_to(index_, lan_.store(message));
  };
  if (faults_.mtu_mode == MtuMode::lying) {
    constexpr std::array<std::uint16_t, 6> lies{0, 68, 296, 552, 1500, 65535};
    report(lies[choices_.between(0, lies.size() - 1)]);
    return false;
  }
  if (faults_.mtu_mode == MtuMode::silent) return true;
  if ((frame[link + 6] & 0x40) != 0) {
    report(mtu);
  } else {
    for (const Buffer& piece : fragments_of(frame, mtu)) pass(piece);
  }
  return true;
}

/// RFC 8200 5: no link of IPv6's takes less than 1280 bytes, and nobody on the way splits a packet.
bool Port::too_long_v6(Bytes frame) {
  constexpr std::size_t link = 14;
  constexpr std::uint16_t least = 1280;
  const std::uint16_t mtu = std::max(faults_.path_mtu, least);
  if (frame.size() <= link + mtu || !lan_.fires(index_, Fault::mtu, frame)) return false;
  const MacAddress router_mac{{0x02, 0, 0, 0, 0, 0xfe}};
  const auto report = [&](std::uint32_t said) {
    const Buffer message = packet_too_big(frame, link_local_address(0xfe), router_mac, said);
    lan_.hand_to(index_, lan_.store(message));
  };
  if (faults_.mtu_mode == MtuMode::lying) {
    constexpr std::array<std::uint32_t, 7> lies{0, 68, 1279, 1280, 1500, 65535, 0xffffffff};
    report(lies[choices_.between(0, lies.size() - 1)]);
    return false;
  }
  if (faults_.mtu_mode == MtuMode::icmp) report(mtu);
  return true;
}

void Port::corrupt(Buffer& frame, const ImpairModel::Decision& decision) {
  if (decision.corrupt && lan_.fires(index_, Fault::corrupt, frame)) {
    // What has no checksum of its own is protected by the link's (the Ethernet FCS).
    if (!corrupt_frame(frame, LinkType::ethernet, decision.corruption)) frame.clear();
  }
  if (faults_.truncate != 0 && choices_.chance_ppm(faults_.truncate) && !frame.empty() &&
      lan_.fires(index_, Fault::corrupt, frame)) {
    frame.resize(choices_.between(0, frame.size() - 1));
  }
  if (faults_.pad != 0 && choices_.chance_ppm(faults_.pad) && frame.size() >= 14 && frame.size() < 1400 &&
      lan_.fires(index_, Fault::corrupt, frame)) {
    frame.resize(frame.size() + choices_.between(1, 64), 0xaa);
  }
}

void Port::pass(Bytes frame) {
  const Instant now = lan_.now_;
  ImpairModel::Decision decision = model_.decide(frame.size(), now);
  if (decision.fate != ImpairModel::Fate::delivered) {
    const Fault fault = decision.fate == ImpairModel::Fate::lost    ? Fault::loss
                        : decision.fate == ImpairModel::Fate::burst ? Fault::burst
                                                                    : Fault::rate;
    if (lan_.fires(index_, fault, frame)) return;
    decision.count = 1;
    decision.deliveries[0] = now + faults_.link.delay;
  }
  if (faults_.link.rate != 0) lan_.faults().add(Fault::rate);
  if (faults_.link.delay > Duration()) lan_.faults().add(Fault::delay);
  if (decision.reordered && !lan_.fires(index_, Fault::reorder, frame))
    decision.deliveries[0] = now + faults_.link.delay;
  for (std::size_t i = 0; i < decision.count; ++i) {
    if (i > 0 && !lan_.fires(index_, Fault::duplicate, frame)) continue;
    const std::uint32_t stored = lan_.store(frame);
    if (i == 0) corrupt(lan_.store_[stored], decision);
    if (lan_.store_[stored].empty()) {
      lan_.release(stored);
      continue;
    }
    lan_.schedule(index_, stored, decision.deliveries[i]);
  }
  if (faults_.late != 0 && choices_.chance_ppm(faults_.late) && lan_.fires(index_, Fault::reorder, frame)) {
    const auto most = static_cast<std::uint64_t>(faults_.late_delay.as_microseconds());
    const auto later = Duration::microseconds(static_cast<std::int64_t>(choices_.between(most / 2, most)));
    lan_.schedule(index_, lan_.store(frame), now + later);
  }
}

}  // namespace linnet::sim
