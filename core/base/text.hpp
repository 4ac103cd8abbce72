// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace linnet {

/// A part of a text: at most `length` characters from `offset`; empty when the offset is at or past the end.
/// `std::string_view::substr` would throw there, and the core has no exceptions.
constexpr std::string_view slice(std::string_view text, std::size_t offset,
                                 std::size_t length = std::string_view::npos) {
  if (offset >= text.size()) return {};
  return {text.data() + offset, std::min(length, text.size() - offset)};
}

static_assert(slice("fe80::1%3", 8) == "3");
static_assert(slice("fe80::1%3", 0, 4) == "fe80");
static_assert(slice("fe80", 4).empty() && slice("fe80", 9, 1).empty() && slice("fe80", 2, 9) == "80");

}  // namespace linnet
