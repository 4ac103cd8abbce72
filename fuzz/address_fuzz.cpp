// SPDX-License-Identifier: Apache-2.0
// Addresses as text: against inet_pton, and back again. Sequence numbers against arithmetic in 64 bits.
#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <limits>

#include "core/base/address.hpp"
#include "core/base/sequence_number.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

void check_text(const IpAddress& address) {
  const AddressText text(address);
  require(text.view().size() == std::strlen(text.c_str()), "the text ends with a zero");
  require(IpAddress::parse(text.view()) == address, "written and read again");
  if (address.is_v4()) {
    std::array<std::uint8_t, 4> host;
    require(inet_pton(AF_INET, text.c_str(), host.data()) == 1 && same(host, address.v4_bytes()),
            "dotted, for others too");
  } else if (address.zone() == 0) {
    std::array<std::uint8_t, 16> host;
    require(inet_pton(AF_INET6, text.c_str(), host.data()) == 1 && same(host, address.bytes()),
            "RFC 5952, for others too");
  }
}

void check_ip(std::string_view view) {
  const std::string text(view);
  const auto address = IpAddress::parse(view);
  if (address) check_text(*address);
  if (text.find('\0') != std::string::npos) return;
  const std::size_t percent = text.find('%');
  if (percent != std::string::npos) return;  // inet_pton knows no zones
  std::array<std::uint8_t, 16> host{};
  const bool v4 = inet_pton(AF_INET, text.c_str(), host.data()) == 1;
  if (v4) {
    require(address && address->is_v4() && same(address->v4_bytes(), Bytes(host).first(4)),
            "IPv4 as inet_pton reads it");
    return;
  }
  const bool v6 = inet_pton(AF_INET6, text.c_str(), host.data()) == 1;
  require(address.has_value() == v6, "accepted as inet_pton does");
  if (v6) require(same(address->bytes(), host), "IPv6 as inet_pton reads it");
}

void check_others(std::string_view text) {
  if (const auto mac = MacAddress::parse(text)) {
    const AddressText again(*mac);
    require(again.view().size() == 17 && MacAddress::parse(again.view()) == *mac,
            "a MAC address, read again");
  }
  if (const auto endpoint = Endpoint::parse(text)) {
    const AddressText again(*endpoint);
    require(Endpoint::parse(again.view()) == *endpoint, "an endpoint, read again");
  }
  if (const auto prefix = Prefix::parse(text)) {
    require(prefix->length <= (prefix->address.is_v4() ? 32 : 128), "no prefix is longer than its address");
    require(prefix->contains(prefix->address), "a prefix contains its own address");
    const std::string again =
        std::string(AddressText(prefix->address).view()) + "/" + std::to_string(int{prefix->length});
    require(Prefix::parse(again) == *prefix, "a prefix, read again");
  }
}

void check_values(Input& input) {
  const bool v4 = input.flag();
  const std::uint8_t length = static_cast<std::uint8_t>(input.below(v4 ? 33 : 129));
  std::array<std::uint8_t, 16> first{};
  std::array<std::uint8_t, 16> second{};
  for (std::uint8_t& byte : first) byte = input.u8();
  for (std::uint8_t& byte : second) byte = input.u8();
  if (v4) {
    const std::uint32_t a = load32(first.data());
    const std::uint32_t b = load32(second.data());
    check_text(IpAddress::v4(a));
    const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
    require(mask_of_prefix_length(length) == mask && prefix_length_of_mask(mask) == length, "masks");
    require(Prefix{IpAddress::v4(a), length}.contains(IpAddress::v4(b)) == ((a & mask) == (b & mask)),
            "bits compared");
    if (const auto found = prefix_length_of_mask(a))
      require(mask_of_prefix_length(*found) == a, "a mask of ones in a row");
    return;
  }
  const IpAddress a = IpAddress::v6(first);
  check_text(a);
  bool contained = true;
  for (std::size_t bit = 0; bit < length; ++bit) {
    contained = contained && ((first[bit / 8] ^ second[bit / 8]) & (0x80 >> bit % 8)) == 0;
  }
  // An IPv4 address in its mapped form is of the other family.
  const IpAddress b = IpAddress::v6(second);
  if (a.is_v6() && b.is_v6()) require(Prefix{a, length}.contains(b) == contained, "bits of IPv6 compared");
}

void check_sequence(Input& input) {
  const std::uint32_t start = input.u32();
  const std::int64_t distance = static_cast<std::int32_t>(input.u32());
  const SequenceNumber a(start);
  const SequenceNumber b(static_cast<std::uint32_t>(start + distance));
  if (distance != std::numeric_limits<std::int32_t>::min()) {  // RFC 9293 3.4: less than 2^31 apart
    require((a < b) == (distance > 0) && (a > b) == (distance < 0), "before and behind");
    require((a <= b) == (distance >= 0) && (a >= b) == (distance <= 0), "or the same");
    require(max(a, b) == (distance > 0 ? b : a) && min(a, b) == (distance > 0 ? a : b),
            "the later, the earlier");
  }
  require(b - a == static_cast<std::uint32_t>(distance) && a + (b - a) == b && b - (b - a) == a, "distances");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.u8() % 4) {
    case 0:
      check_ip(input.text());
      break;
    case 1:
      check_others(input.text());
      break;
    case 2:
      check_values(input);
      break;
    default:
      check_sequence(input);
  }
  return 0;
}
