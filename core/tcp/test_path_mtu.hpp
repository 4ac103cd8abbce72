// SPDX-License-Identifier: Apache-2.0
// For tests of path MTU discovery: what is sent, by whom, and how long what routers told is believed.
#pragma once

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {

/// RFC 1191 6.3: so long a told MTU is believed.
constexpr Duration told_lifetime = Duration::seconds(600);

inline std::string pattern(std::size_t size, std::size_t from = 0) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (from + i) % 23);
  return text;
}

inline HarnessOptions sender(PathMtuProbing probing) {
  HarnessOptions options;
  options.tcp.path_mtu_probing = probing;
  options.tcp.send_buffer = 200000;
  return options;
}

}  // namespace linnet::tcp::test
