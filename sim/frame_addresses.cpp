// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_addresses.hpp"

#include <algorithm>
#include <utility>

#include "sim/frame_parts.hpp"

namespace linnet::sim {
namespace {

// RFC 5227 1.1.
constexpr std::uint32_t probe_num = 3;
constexpr Duration probe_min = Duration::seconds(1);
constexpr Duration announce_wait = Duration::seconds(2);
constexpr Duration announce_interval = Duration::seconds(2);

constexpr std::uint32_t host_bits(std::uint8_t prefix_length) {
  return prefix_length >= 32 ? 0 : 0xffffffffu >> prefix_length;
}

}  // namespace

FrameAddresses::Own* FrameAddresses::find(std::uint32_t address) {
  const auto at =
      std::find_if(own_.begin(), own_.end(), [&](const Own& own) { return own.address == address; });
  return address == 0 || at == own_.end() ? nullptr : &*at;
}

const FrameAddresses::Own* FrameAddresses::find(std::uint32_t address) const {
  return const_cast<FrameAddresses*>(this)->find(address);
}

void FrameAddresses::add(std::uint32_t address, std::uint8_t prefix_length, AddressUse use) {
  Own* own = find(address);
  // A free one, or the lease that has ended or will end first.
  const auto sooner = [](const Own& a, const Own& b) {
    return std::pair{a.address != 0, a.expires} < std::pair{b.address != 0, b.expires};
  };
  if (own == nullptr) own = &*std::min_element(own_.begin(), own_.end(), sooner);
  *own = {.address = address, .prefix_length = prefix_length, .tentative = use == AddressUse::tentative};
}

void FrameAddresses::remove(std::uint32_t address) {
  if (Own* own = find(address)) *own = {};
}

void FrameAddresses::lease(std::uint32_t address, std::uint8_t prefix_length, Instant expires) {
  Own* own = find(address);
  if (own != nullptr && !own->leased) return;  // somebody gave it for good
  if (own == nullptr) add(address, prefix_length, AddressUse::usable);
  own = find(address);
  if (own == nullptr) return;
  own->prefix_length = prefix_length;
  // An answer that the client may ignore must not shorten what it has.
  own->expires = own->leased && own->expires > expires ? own->expires : expires;
  own->leased = true;
}

void FrameAddresses::link_came_up() {
  for (Own& own : own_) own.announcements = 0;
}

bool FrameAddresses::is_broadcast(std::uint32_t address) const {
  return address == 0xffffffffu || std::any_of(own_.begin(), own_.end(), [&](const Own& own) {
           const std::uint32_t bits = host_bits(own.prefix_length);
           return own.address != 0 && bits > 1 && (own.address | bits) == address;  // RFC 3021: /31 has none
         });
}

bool FrameAddresses::on_link(std::uint32_t address) const {
  return std::any_of(own_.begin(), own_.end(), [&](const Own& own) {
    const std::uint32_t bits = host_bits(own.prefix_length);
    return own.address != 0 && bits != 0 && (own.address | bits) == (address | bits);
  });
}

void FrameAddresses::claimed(std::uint32_t address) {
  if (Own* own = find(address); own != nullptr && own->tentative) own->conflict = true;
}

void FrameAddresses::sent(FrameJudge& judge, Bytes packet, const ArpParts& arp, Instant now) {
  if (arp.is_probe()) {
    Own* own = find(arp.target);
    if (own == nullptr) own = &probed_;
    if (own == &probed_ && probed_.address != arp.target) probed_ = {.address = arp.target};
    return sent_probe(judge, packet, *own, now);
  }
  Own* own = find(arp.sender);
  const bool leased = own != nullptr && now <= own->expires;
  judge.require(leased, Rule::arp_sender, packet, 14, arp.sender,
                "an address of the host's, or 0 in a probe");
  if (!leased) return;
  if (arp.is_announcement()) return sent_announcement(judge, packet, *own, now);
  judge.require(!own->tentative, Rule::arp_sender, packet, 14, arp.sender, "no tentative address");
}

void FrameAddresses::sent_probe(FrameJudge& judge, Bytes packet, Own& own, Instant now) {
  const bool spaced = own.probes == 0 || now - own.last_probe >= probe_min;
  judge.require(spaced, Rule::arp_probe_interval, packet, 24, own.address, "a second since the last probe");
  ++own.probes;
  own.last_probe = now;
}

void FrameAddresses::sent_announcement(FrameJudge& judge, Bytes packet, Own& own, Instant now) {
  if (own.tentative) {
    judge.require(!own.conflict, Rule::arp_conflict, packet, 14, own.address,
                  "no announcement: another has it");
    const bool waited = own.probes >= probe_num && now - own.last_probe >= announce_wait;
    judge.require(waited, Rule::arp_announce_wait, packet, 14, own.probes,
                  "three probes and two seconds before");
    if (!judge.ok()) return;
    own.tentative = false;
  }
  // Two in a row, and between them one in defence (2.4).
  const bool spaced = own.announcements < 2 || now - own.announced[0] >= announce_interval;
  judge.require(spaced, Rule::arp_announcement_rate, packet, 14, own.address,
                "two announcements in two seconds");
  ++own.announcements;
  own.announced = {own.announced[1], now};
}

}  // namespace linnet::sim
