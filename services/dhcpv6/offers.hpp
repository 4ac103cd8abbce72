// SPDX-License-Identifier: Apache-2.0
// Offers: the Advertises collected, the best first (RFC 8415 18.2.9). However many servers there are, the few
// best are kept: to be asked one after the other when those before do not answer.
#pragma once

#include "services/dhcpv6/wire.hpp"

namespace linnet::dhcpv6 {

struct Offer {
  Duid server;
  std::uint8_t preference = 0;
  List<IpAddress, maximum_addresses> addresses;

  /// Strictly; of equals the first to arrive is asked.
  bool better_than(const Offer& other) const {
    if (preference != other.preference) return preference > other.preference;
    return addresses.size() > other.addresses.size();
  }
};

class Offers {
 public:
  static constexpr std::size_t capacity = 4;

  /// A second offer of the same server takes the place of its first.
  void add(const Offer& offer) {
    for (std::size_t i = 0; i < offers_.size(); ++i) {
      if (offers_[i].server == offer.server) {
        offers_.remove(i);
        break;
      }
    }
    std::size_t rank = 0;
    while (rank < offers_.size() && !offer.better_than(offers_[rank])) ++rank;
    offers_.insert(rank, offer);
  }
  bool empty() const { return offers_.empty(); }
  std::size_t size() const { return offers_.size(); }
  const Offer& best() const { return offers_[0]; }
  void remove_best() { offers_.remove(0); }
  void clear() { offers_.clear(); }

 private:
  List<Offer, capacity> offers_;
};

}  // namespace linnet::dhcpv6
