// SPDX-License-Identifier: Apache-2.0
// Scripts from files, one after the other, and what became of each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "drill/parser.hpp"
#include "drill/python.hpp"
#include "drill/settings.hpp"

namespace linnet::drill {

enum class Outcome : std::uint8_t { passed, failed, unsupported };

struct Report {
  std::string path{};
  Outcome outcome = Outcome::passed;
  int line = 0;           ///< 0: of no particular one
  std::string text{};     ///< why; several lines
  std::string capture{};  ///< the pcapng file that was written
  std::int64_t time = 0;  ///< of the script, in virtual microseconds
};

/// "file.pkt:12: expected ..."
std::string report_text(const Report& report);

/// What the paths name: files as they are, folders with all *.pkt below them, sorted. Throws
/// std::runtime_error for what is not there.
std::vector<std::string> find_scripts(const std::vector<std::string>& paths);

class Drill {
 public:
  /// Scripts that fail leave a capture: in the folder `captures`, or in the file, if that ends with .pcapng;
  /// empty: none.
  Drill(Settings settings, std::string captures)
      : settings_(std::move(settings)), captures_(std::move(captures)) {}

  Report run_file(const std::string& path);
  /// `path` is for messages, and for the commands that are relative to it.
  Report run_text(const std::string& text, const std::string& path);

 private:
  std::string capture_path(const std::string& path) const;

  Settings settings_;
  std::string captures_;
  std::vector<std::uint8_t> memory_{};
  Python python_{};
};

}  // namespace linnet::drill
