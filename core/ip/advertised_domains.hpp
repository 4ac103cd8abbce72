// SPDX-License-Identifier: Apache-2.0
// AdvertisedDomains: the search list that routers tell of (RFC 8106 5.2, 6.1): suffixes of names, each for
// its lifetime.
#pragma once

#include <string_view>

#include "core/base/digest.hpp"
#include "core/ip/advertised_table.hpp"
#include "core/ip/config.hpp"
#include "core/ip/nd_options.hpp"

namespace linnet::ip {

struct AdvertisedDomain {
  static constexpr std::size_t longest = 127;

  std::array<char, longest> characters{};
  std::uint8_t size = 0;
  std::uint8_t interface = 0;
  Instant expires;

  /// In lower case, labels of letters, digits, hyphens and underscores with dots between them, none at the
  /// end.
  std::string_view name() const { return {characters.data(), size}; }
};

class AdvertisedDomains : public AdvertisedTable<AdvertisedDomain> {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<AdvertisedDomain>(config.advertised_domains);
  }
  AdvertisedDomains(const Config& config, Arena& arena) : AdvertisedTable(config.advertised_domains, arena) {}

  /// An option of an advertisement that came by the interface. A full table takes no new names; a name that
  /// is too long or has other characters is passed over, and one that ends beyond the option ends it.
  void receive(std::uint8_t interface, const nd::DnsSearchList& option, Instant now);
  void digest(Digest& digest) const;
};

}  // namespace linnet::ip
