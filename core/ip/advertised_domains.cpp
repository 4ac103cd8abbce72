// SPDX-License-Identifier: Apache-2.0
#include "core/ip/advertised_domains.hpp"

#include "core/base/reader.hpp"

namespace linnet::ip {
namespace {

/// Of a host's name (RFC 1123 2.1), or of a service's (RFC 6763 7); 0: of neither.
char lower_case(std::uint8_t c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c + ('a' - 'A'));
  const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  return good ? static_cast<char>(c) : '\0';
}

/// The next name in the form of RFC 1035 3.1, without compression. False: it is none that is kept; `reader`
/// fails when it goes beyond the option.
bool read_name(Reader& reader, AdvertisedDomain& domain) {
  bool good = true;
  for (std::uint8_t length = reader.u8(); length != 0; length = reader.u8()) {
    if (length > 63) reader.fail();
    const Bytes label = reader.bytes(length);
    if (!reader.ok()) return false;
    const std::size_t dot = domain.size != 0 ? 1 : 0;
    good = good && domain.size + dot + length <= AdvertisedDomain::longest;
    if (!good) continue;
    if (dot != 0) domain.characters[domain.size++] = '.';
    for (const std::uint8_t byte : label) {
      domain.characters[domain.size] = lower_case(byte);
      good = good && domain.characters[domain.size++] != '\0';
    }
  }
  return reader.ok() && good && domain.size != 0;
}

}  // namespace

void AdvertisedDomains::receive(std::uint8_t interface, const nd::DnsSearchList& option, Instant now) {
  Reader reader(option.names);
  while (!reader.at_end()) {
    AdvertisedDomain domain{.interface = interface, .expires = now + nd::lifetime(option.lifetime)};
    if (read_name(reader, domain))
      take(domain, [&](const AdvertisedDomain& known) { return known.name() == domain.name(); });
  }
  expire(now);  // a lifetime of zero: not to be used any more
}

void AdvertisedDomains::digest(Digest& digest) const {
  for (const AdvertisedDomain& domain : all()) {
    digest.add(Bytes(reinterpret_cast<const std::uint8_t*>(domain.characters.data()), domain.size));
  }
}

}  // namespace linnet::ip
