// SPDX-License-Identifier: Apache-2.0
// Text to Script. The grammar is the language's own; docs/drill.md describes it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "drill/script.hpp"

namespace linnet::drill {

/// `-D NAME=VALUE` and `--define=NAME=VALUE`: VALUE is a word, a "string" or a `command`.
using Definitions = std::map<std::string, std::string, std::less<>>;

/// Throws SyntaxError, or Unsupported for what is of the language but not of this interpreter. `v6`: names of
/// ICMP types are those of ICMPv6. Definitions in the script's own options are added to `definitions`.
Script parse(std::string_view text, Definitions& definitions, bool v6 = false);

/// Adds "NAME=VALUE"; false when it is not of that form.
bool define(Definitions& definitions, std::string_view text);

}  // namespace linnet::drill
