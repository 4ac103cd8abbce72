// SPDX-License-Identifier: Apache-2.0
// What ends a script early: it is wrong, it asks for something that is not there, or the stack did otherwise.
#pragma once

#include <stdexcept>
#include <string>

namespace linnet::drill {

/// `line` is that of the script; 0: of no particular line.
struct ScriptError : std::runtime_error {
  ScriptError(int at, const std::string& text) : std::runtime_error(text), line(at) {}
  int line;
};

/// The script is not of the language.
struct SyntaxError : ScriptError {
  using ScriptError::ScriptError;
};
/// The script is fine, but this interpreter or this stack cannot do what it asks for.
struct Unsupported : ScriptError {
  using ScriptError::ScriptError;
};
/// The stack did something else than the script says.
struct Mismatch : ScriptError {
  using ScriptError::ScriptError;
};

}  // namespace linnet::drill
