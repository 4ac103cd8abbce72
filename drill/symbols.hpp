// SPDX-License-Identifier: Apache-2.0
// The names of constants that scripts use, and the stack's numbers for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linnet::drill {

/// Nothing: the stack has no such thing.
std::optional<std::int64_t> symbol(std::string_view name);
/// The number of ECONNREFUSED and its like.
std::optional<int> errno_of_name(std::string_view name);
/// "ECONNREFUSED (Connection refused)"
std::string errno_description(int number);

}  // namespace linnet::drill
