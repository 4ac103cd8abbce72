// SPDX-License-Identifier: Apache-2.0
// Real entropy from the kernel for the stack's random source.
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/random.hpp"

namespace linnet::platform {

/// Fills `out` by getrandom(2). Throws std::system_error if the kernel has none to give.
void fill_entropy(MutableBytes out);

Random::Seed entropy_seed();
std::uint64_t entropy64();

}  // namespace linnet::platform
