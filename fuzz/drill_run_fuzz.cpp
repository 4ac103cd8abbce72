// SPDX-License-Identifier: Apache-2.0
// Small scripts run against the stack in virtual time: twice with the same outcome. Commands and code are
// refused.
#include <algorithm>

#include "drill/drill.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

/// Nothing that could start a program, read a file, or ask for hours and gigabytes.
bool refused(std::string_view text) {
  for (const char* word : {"`", "%{", "init_scripts", "define"}) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  std::size_t digits = 0;
  for (const char c : text) {
    digits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f' && digits > 0) || c == 'x' ? digits + 1 : 0;
    if (digits > 5) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (refused(text)) return 0;
  static drill::Drill drill({}, "");  // its memory serves all inputs
  const drill::Report first = drill.run_text(text, "script");
  const int lines = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  require(first.line >= 0 && first.line <= lines + 1, "a line of the script");
  require((first.outcome == drill::Outcome::passed) == first.text.empty(), "why it failed, when it did");
  require(first.time >= 0 && first.capture.empty(), "time goes on, and nothing is written");
  if (size % 4 != 0) return 0;
  const drill::Report second = drill.run_text(text, "script");
  require(second.outcome == first.outcome && second.line == first.line && second.time == first.time &&
              second.text == first.text,
          "the same script, the same outcome");
  return 0;
}
