// SPDX-License-Identifier: Apache-2.0
// Text as a shell reads it: commands, their words, and the numbers among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace linnet::drill {

using Numbers = std::vector<std::int64_t>;

/// The commands of a text: without comments, cut at ; && and line ends.
std::vector<std::string> commands_of(const std::string& text);
/// The words of a command, quotes resolved, redirections left out.
std::vector<std::string> words_of(const std::string& command);
/// A command without its redirections, and the files that they name ("&1" is a stream): quotes are left as they are.
struct Redirected {
  std::string command{};
  std::vector<std::string> targets{};
  bool piped = false;
};
Redirected redirections_of(const std::string& command);
/// The numbers of a value, $((2*3)) among them; nothing when it holds anything else.
std::optional<Numbers> numbers_of(std::string text);
/// a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4, or two of them with a comma between: words whose bytes stand last first.
std::optional<std::vector<std::uint8_t>> keys_of(const std::string& text);

}  // namespace linnet::drill
