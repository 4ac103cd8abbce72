// SPDX-License-Identifier: Apache-2.0
// Problem: why a command ends, in words for whoever typed it.
#pragma once

#include <stdexcept>
#include <string>

namespace linnet::apps {

/// Exit codes of `linnet`.
namespace exit_code {
constexpr int success = 0;
constexpr int failure = 1;
constexpr int usage = 2;          ///< an option or argument that is wrong
constexpr int interrupted = 130;  ///< by Ctrl-C, as shells number it
}  // namespace exit_code

struct Problem : std::runtime_error {
  explicit Problem(const std::string& text, int exit_with = exit_code::failure)
      : std::runtime_error(text), code(exit_with) {}
  int code;
};

}  // namespace linnet::apps
