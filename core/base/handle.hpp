// SPDX-License-Identifier: Apache-2.0
// Handle: index and generation. A stale one yields "closed", never a dangling pointer.
#pragma once

#include <cstdint>

namespace linnet {

/// `Tag` keeps the handles of different tables apart at compile time.
template <typename Tag>
struct Handle {
  static constexpr std::uint16_t none = 0xffff;
  std::uint16_t index = none;
  std::uint16_t generation = 0;

  constexpr explicit operator bool() const { return index != none; }
  constexpr bool operator==(const Handle&) const = default;
};

}  // namespace linnet
