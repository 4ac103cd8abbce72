// SPDX-License-Identifier: Apache-2.0
// The %{ code }% blocks: Python over a connection's numbers, under Linux's names.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "sockets/tcp_info.hpp"

namespace linnet::drill {

/// One python3 serves all scripts of a run; it is started for the first block of all. Blocks of one script
/// share their variables, scripts share none.
class Python {
 public:
  Python() = default;
  Python(const Python&) = delete;
  Python& operator=(const Python&) = delete;
  ~Python();

  /// A script begins.
  void begin() { fresh_ = true; }
  /// Throws Unsupported for a block that asks for numbers that the stack does not count.
  void check(const std::string& code, int line);
  /// Runs a block. Throws Mismatch with Python's words, or Unsupported when there is no python3.
  void run(const std::string& code, int line, const std::optional<sockets::TcpInfo>& info);

 private:
  void ask(const char* verb, const std::string& code, int line, const std::optional<sockets::TcpInfo>& info);
  bool start();
  void stop();
  bool write(const std::string& text);
  bool read_line(std::string& line);
  bool read_bytes(std::string& text, std::size_t size);

  pid_t child_ = -1;
  int to_ = -1;
  int from_ = -1;
  bool fresh_ = true;
};

/// Assignments "tcpi_snd_cwnd = 10" of all numbers that the stack has.
std::string tcp_info_text(const sockets::TcpInfo& info);

}  // namespace linnet::drill
