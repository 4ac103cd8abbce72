// SPDX-License-Identifier: Apache-2.0
// AdvertisedDomains: the search list that routers tell of (RFC 8106 5.2, 6.1): suffixes of names, each for
// its lifetime.
#pragma once

#include <string_view>

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
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

class AdvertisedDomains {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<AdvertisedDomain>(config.advertised_domains);
  }
  AdvertisedDomains(const Config& config, Arena& arena)
      : table_(arena.make_array<AdvertisedDomain>(config.advertised_domains)) {}

  /// An option of an advertisement that came by the interface. A full table takes no new names; a name that
  /// is too long or has other characters is passed over, and one that ends beyond the option ends it.
  void receive(std::uint8_t interface, const nd::DnsSearchList& option, Instant now);
  void forget(std::uint8_t interface);
  /// Removes what has lived its time; true when there was any.
  bool expire(Instant now);
  Instant next_deadline() const;
  std::span<const AdvertisedDomain> all() const { return table_.first(count_); }
  void digest(Digest& digest) const;

 private:
  void take(const AdvertisedDomain& domain);
  template <typename Goes>
  bool remove_if(Goes&& goes);

  std::span<AdvertisedDomain> table_;
  std::size_t count_ = 0;
};

}  // namespace linnet::ip
