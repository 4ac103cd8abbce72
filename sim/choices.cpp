// SPDX-License-Identifier: Apache-2.0
#include "sim/choices.hpp"

#include <algorithm>
#include <bit>

#include "core/base/bytes.hpp"

namespace linnet::sim {

namespace {

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) { return mix(mix(a + 0x9e3779b97f4a7c15u) + b); }

Random::Seed stack_seed(std::uint64_t seed) {
  Choices choices(seed, "stack");
  Random::Seed bytes{};
  for (std::size_t i = 0; i < bytes.size(); i += 8) store64(bytes.data() + i, choices.next());
  return bytes;
}

Choices::Choices(std::uint64_t seed, std::string_view name) : state_(mix(seed + 0x9e3779b97f4a7c15u)) {
  for (const char c : name) state_ = mix(state_ + static_cast<unsigned char>(c) + 0x9e3779b97f4a7c15u);
}

std::uint64_t Choices::next() {
  state_ += 0x9e3779b97f4a7c15u;
  return mix(state_);
}

std::uint64_t Choices::log_between(std::uint64_t least, std::uint64_t most) {
  const int first = std::bit_width(least) - 1;
  const int last = std::bit_width(most) - 1;
  const auto power =
      static_cast<int>(between(static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last)));
  const std::uint64_t low = std::uint64_t{1} << power;
  return std::clamp(between(low, low * 2 - 1), least, most);
}

}  // namespace linnet::sim
