// SPDX-License-Identifier: Apache-2.0
#include "core/ip/wire.hpp"

namespace linnet::ip {
namespace {

// RFC 791 3.1, option types with their copied flag and class.
constexpr std::uint8_t end_of_list = 0;
constexpr std::uint8_t no_operation = 1;
constexpr std::uint8_t loose_source_route = 131;
constexpr std::uint8_t strict_source_route = 137;

}  // namespace

Drop check_options(Bytes options) {
  Reader reader(options);
  while (!reader.at_end()) {
    const std::uint8_t type = reader.u8();
    if (type == end_of_list) return Drop::none;
    if (type == no_operation) continue;
    const std::uint8_t length = reader.u8();
    if (!reader.ok() || length < 2) return Drop::ip_options;
    reader.skip(length - 2u);
    if (!reader.ok()) return Drop::ip_options;
    // RFC 7126 4.3, 4.4: a host that is no router has no use for them, an attacker has.
    if (type == loose_source_route || type == strict_source_route) return Drop::ip_source_route;
  }
  return Drop::none;
}

}  // namespace linnet::ip
