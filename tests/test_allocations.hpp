// SPDX-License-Identifier: Apache-2.0
// Counts every allocation of a thread, whoever asks for it.
#pragma once

#include <cstdint>

namespace linnet::test {

/// From here on, until `stop` or the end of the scope.
class AllocationsCounted {
 public:
  AllocationsCounted();
  ~AllocationsCounted();
  std::uint64_t stop();
};

/// Within a scope nothing counts: what the rest of the world takes is its own.
class AllocationsUncounted {
 public:
  AllocationsUncounted();
  ~AllocationsUncounted();

 private:
  bool before_;
};

}  // namespace linnet::test
