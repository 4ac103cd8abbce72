// SPDX-License-Identifier: Apache-2.0
// Small text helpers of the command-line programs.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linnet::apps {

/// A decimal number of digits only (no sign, no space) that is at most `most`.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t most);

/// A port, 1 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text);

std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// "1.5 MiB", "640 B": at most four digits and a unit.
std::string human_size(std::uint64_t bytes);

}  // namespace linnet::apps
