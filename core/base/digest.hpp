// SPDX-License-Identifier: Apache-2.0
// Digest: 128 bits over all protocol state (not counters, not the clock), by which tests tell that two stacks
// are in the same state, or that a hostile frame changed nothing.
#pragma once

#include <compare>

#include "core/base/siphash.hpp"

namespace linnet {

class Digest {
 public:
  struct Value {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const Value&) const = default;
  };

  constexpr void add(std::uint64_t value) {
    high_.word(value);
    low_.word(value);
  }
  constexpr void add(Bytes bytes) {
    add(bytes.size());
    for (const std::uint8_t byte : bytes) add(byte);
  }
  constexpr Value value() const {
    SecretHasher high = high_;
    SecretHasher low = low_;
    return {high.finish(), low.finish()};
  }

 private:
  SecretHasher high_{SipKey{1, 2}};
  SecretHasher low_{SipKey{3, 4}};
};

}  // namespace linnet
