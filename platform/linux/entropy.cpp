// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/entropy.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace linnet::platform {

void fill_entropy(MutableBytes out) {
  while (!out.empty()) {
    const ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

Random::Seed entropy_seed() {
  Random::Seed seed{};
  fill_entropy(seed);
  return seed;
}

std::uint64_t entropy64() {
  std::array<std::uint8_t, 8> bytes{};
  fill_entropy(bytes);
  return load64(bytes.data());
}

}  // namespace linnet::platform
