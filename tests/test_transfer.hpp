// SPDX-License-Identifier: Apache-2.0
// What scenario tests share: programs that transfer bytes of known positions, and a file to write captures to.
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

#include "sim/transfer.hpp"
#include "sim/world.hpp"

namespace linnet::test {

using sim::Ending;
using sim::fill_pattern;
using sim::pattern;
using sim::Side;
using sim::SideConfig;

/// A file of captured frames.
class CaptureFile final : public ByteSink {
 public:
  explicit CaptureFile(const std::filesystem::path& path) {
    std::filesystem::create_directories(path.parent_path());
    file_ = std::fopen(path.c_str(), "wb");
  }
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;
  ~CaptureFile() {
    if (file_ != nullptr) std::fclose(file_);
  }
  void write(Bytes bytes) override {
    if (file_ != nullptr) std::fwrite(bytes.data(), 1, bytes.size(), file_);
  }

 private:
  std::FILE* file_ = nullptr;
};

}  // namespace linnet::test
