// SPDX-License-Identifier: Apache-2.0
// Where received bytes go: a file or stdout, without a detour through buffers of the C library.
#pragma once

#include <string>

#include "core/base/bytes.hpp"

namespace linnet::apps {

class Output {
 public:
  /// `name` empty or "-": stdout. Throws Problem when the file cannot be made.
  explicit Output(const std::string& name);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();

  /// Writes all of it. Throws Problem.
  void write(Bytes bytes);

 private:
  std::string name_;
  int fd_;
};

}  // namespace linnet::apps
