// SPDX-License-Identifier: Apache-2.0
#include "apps/pump_options.hpp"

#include <CLI/CLI.hpp>

#include "apps/text.hpp"

namespace linnet::apps {

void add_pump_options(CLI::App& command, DatagramOptions& options) {
  command.add_flag("--echo", options.pump.echo, "Send back what comes, instead of stdin");
  command.add_flag("--sha256", options.pump.sha256,
                   "Print the SHA-256 and the size of what came, instead of it");
  command.add_flag_callback(
      "-n,--no-stdin", [&options] { options.pump.use_stdin = false; },
      "Send nothing, and leave our sending direction open");
  add_checked_option(command, "--bytes", "N", "a decimal number below 2^63; with --udp 0 to 65507",
                     "Send N bytes of a fixed pattern, instead of stdin",
                     [&options](const std::string& text) {
                       options.pump.pattern_bytes = parse_decimal(text, INT64_MAX);
                       return options.pump.pattern_bytes.has_value();
                     })
      ->group("Options");
  add_checked_option(command, "--count", "N", "a decimal number above 0",
                     "With --udp: end when N datagrams have come",
                     [&options](const std::string& text) {
                       options.count = parse_decimal(text, UINT64_MAX);
                       return options.count.value_or(0) != 0;
                     })
      ->group("Options");
  add_checked_option(command, "--quiet-time", "SECONDS", "a time such as 1, 0.5 or 500ms",
                     "With --udp: end when our input has ended and nothing came for so long",
                     [&options](const std::string& text) {
                       options.quiet = parse_seconds(text);
                       return options.quiet.has_value();
                     })
      ->group("Options");
}

void check_pump_options(const DatagramOptions& options, bool udp) {
  if (options.pump.echo && options.pump.pattern_bytes) {
    throw CLI::ValidationError("--echo", "accepted without --bytes: a connection has one source");
  }
  if (udp && options.pump.pattern_bytes.value_or(0) > 65507) {
    throw CLI::ValidationError("--bytes", "a datagram holds 0 to 65507 bytes");
  }
  if (!udp && options.count) throw CLI::ValidationError("--count", "accepted with --udp");
}

}  // namespace linnet::apps
