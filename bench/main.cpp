// SPDX-License-Identifier: Apache-2.0
// bench: all rows in one run, interleaved, so that they can be compared with each other.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "bench/table.hpp"

namespace linnet::bench {
namespace {

constexpr int success = 0;
constexpr int failure = 1;
constexpr int usage = 2;

struct Options {
  double seconds = 1;
  unsigned rounds = 5;
  std::uint32_t buffer = 256;  // KiB
  std::vector<std::string> only;
  bool list = false;
  bool no_check = false;
};

std::vector<Row> all_rows(const Options& options) {
  const std::uint32_t buffer = options.buffer * 1024;
  std::vector<Row> rows;
  for (auto& group : {memory_rows(), wire_rows(buffer), lwip_rows(), kernel_rows(buffer)}) {
    rows.insert(rows.end(), group.begin(), group.end());
  }
  return rows;
}

void list(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    fmt::print("{:18} {}{}\n", row.name, row.what, row.skipped.empty() ? "" : " [SKIPPED: " + row.skipped + "]");
  }
}

void progress(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  std::fflush(stderr);
}

/// Names the row in what went wrong.
template <typename Work>
auto of_row(const Row& row, Work work) {
  try {
    return work();
  } catch (const std::exception& error) {
    throw Failure(row.name + ": " + error.what());
  }
}

void run(std::vector<Result>& results, const Options& options) {
  for (const Result& result : results) {
    if (!result.row.skipped.empty() || !result.row.check || options.no_check) continue;
    of_row(result.row, result.row.check);
  }
  if (!options.no_check) progress("check: every byte that the transfers carried was right");
  for (unsigned round = 0; round < options.rounds; ++round) {
    for (Result& result : results) {
      if (!result.row.skipped.empty()) continue;
      result.rounds.push_back(of_row(result.row, [&] { return result.row.measure(options.seconds); }));
    }
    progress(fmt::format("round {} of {}", round + 1, options.rounds));
  }
}

int bench(const Options& options, std::vector<Row> rows) {
  std::vector<Result> results;
  for (Row& row : rows) {
    const bool wanted = std::find(options.only.begin(), options.only.end(), row.name) != options.only.end();
    if (options.only.empty() || wanted) results.push_back({.row = std::move(row)});
  }
  run(results, options);
  print_table(results);
  print_ratios(results);
  return success;
}

int main(int argc, char** argv) {
  CLI::App app("bench: how fast linnet is, and what it is measured against", "bench");
  Options options;
  std::vector<std::string> names;
  std::vector<Row> rows = all_rows(options);
  for (const Row& row : rows) names.push_back(row.name);
  app.add_option("--seconds", options.seconds, "how long each row works in each round")
      ->check(CLI::Range(0.01, 3600.0))->capture_default_str();
  app.add_option("--rounds", options.rounds, "how often each row is measured")
      ->check(CLI::Range(1u, 1000u))->capture_default_str();
  app.add_option("--buffer", options.buffer, "KiB of each of our connections' send and receive buffers")
      ->check(CLI::Range(8u, 16384u))->capture_default_str();
  app.add_option("--only", options.only, "the rows to measure, with commas between them")
      ->delimiter(',')->check(CLI::IsMember(names));
  app.add_flag("--list", options.list, "print the rows and stop");
  app.add_flag("--no-check", options.no_check, "leave out the round that compares every byte");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);  // --help
    fmt::print(stderr, "bench: {}\n'bench --help' tells more\n", error.what());
    return usage;
  }
  rows = all_rows(options);
  if (options.list) {
    list(rows);
    return success;
  }
  try {
    return bench(options, std::move(rows));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    return failure;
  }
}

}  // namespace
}  // namespace linnet::bench

int main(int argc, char** argv) { return linnet::bench::main(argc, argv); }
