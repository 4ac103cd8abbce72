// SPDX-License-Identifier: Apache-2.0
#include "core/ip/interface_identifier.hpp"

namespace linnet::ip {

bool is_reserved(const InterfaceIdentifier& identifier) {
  const std::uint64_t value = load64(identifier.data());
  const bool iana = value >> 24 == 0x02005efffeull;
  return value == 0 || iana || (value >= 0xfdffffffffffff80ull && value <= 0xfdffffffffffffffull);
}

namespace {

InterfaceIdentifier hashed(SipKey secret, const StableInputs& inputs) {
  SipHasher<2, 4> hasher(secret);
  hasher.word(load64(inputs.prefix.bytes().data()));
  std::array<std::uint8_t, 8> interface{};
  copy_bytes(interface.data(), inputs.mac.bytes);
  interface[6] = inputs.dad_counter;
  hasher.word(load64(interface.data()));
  InterfaceIdentifier identifier{};
  store64(identifier.data(), hasher.finish(inputs.network));
  return identifier;
}

}  // namespace

InterfaceIdentifier stable_identifier(SipKey secret, StableInputs& inputs) {
  InterfaceIdentifier identifier = hashed(secret, inputs);
  for (; is_reserved(identifier); identifier = hashed(secret, inputs)) ++inputs.dad_counter;
  return identifier;
}

InterfaceIdentifier temporary_identifier(Random& random) {
  InterfaceIdentifier identifier{};
  do {
    store64(identifier.data(), random.next64());
  } while (is_reserved(identifier));
  return identifier;
}

InterfaceIdentifier modified_eui64(const MacAddress& mac) {
  const auto& b = mac.bytes;
  return {static_cast<std::uint8_t>(b[0] ^ 0x02), b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]};
}

IpAddress with_identifier(const IpAddress& prefix, const InterfaceIdentifier& identifier) {
  std::array<std::uint8_t, 16> bytes = prefix.bytes();
  for (std::size_t i = 0; i < identifier.size(); ++i) bytes[8 + i] = identifier[i];
  return IpAddress::v6(bytes);
}

}  // namespace linnet::ip
