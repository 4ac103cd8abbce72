// SPDX-License-Identifier: Apache-2.0
#include "core/ip/path_mtu.hpp"

#include "core/base/digest_sum.hpp"

namespace linnet::ip {

std::uint16_t plateau_below(std::uint16_t size) {
  // RFC 1191 table 7-1.
  constexpr std::uint16_t plateaus[] = {65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};
  for (const std::uint16_t plateau : plateaus) {
    if (plateau < size) return plateau;
  }
  return 68;
}

std::uint16_t PathMtu::get(const IpAddress& destination, std::uint16_t link_mtu) const {
  if (used_ == 0) return link_mtu;
  for (const Entry& entry : table_) {
    if (entry.mtu != 0 && entry.destination == destination)
      return entry.mtu < link_mtu ? entry.mtu : link_mtu;
  }
  return link_mtu;
}

bool PathMtu::lower(const IpAddress& destination, std::uint16_t mtu, Instant now) {
  Entry* place = nullptr;
  for (Entry& entry : table_) {
    if (entry.mtu != 0 && entry.destination == destination) {
      if (mtu >= entry.mtu) return false;
      place = &entry;
      break;
    }
    // A free entry, else the one set longest ago, which expires first.
    if (place == nullptr || (place->mtu != 0 && (entry.mtu == 0 || entry.expires < place->expires)))
      place = &entry;
  }
  if (place == nullptr) return false;
  if (place->mtu == 0) ++used_;
  *place = {.destination = destination, .mtu = mtu, .expires = now + lifetime_};
  deadline_ = earlier(deadline_, place->expires);
  return true;
}

bool PathMtu::expire(Instant now) {
  if (now < deadline_) return false;
  bool expired = false;
  deadline_ = Instant::never();
  for (Entry& entry : table_) {
    if (entry.mtu != 0 && entry.expires <= now) {
      entry = {};
      --used_;
      expired = true;
    }
    deadline_ = earlier(deadline_, entry.expires);
  }
  return expired;
}

void PathMtu::digest(Digest& digest) const {
  DigestSum all;
  for (const Entry& e : table_) {
    if (e.mtu == 0) continue;
    Digest entry;
    entry.add(e.destination.bytes());
    entry.add(e.mtu);
    all.add(entry);
  }
  all.add_to(digest);
}

}  // namespace linnet::ip
