// SPDX-License-Identifier: Apache-2.0
#include "apps/sim_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "apps/interrupt.hpp"
#include "apps/problem.hpp"
#include "apps/sim_options.hpp"
#include "sim/ladder.hpp"
#include "sim/shrink.hpp"

namespace linnet::apps {
namespace {

using Clock = std::chrono::steady_clock;

class File final : public ByteSink {
 public:
  explicit File(const std::string& path) : stream_(path, std::ios::binary), path_(path) {
    if (!stream_) throw Problem(fmt::format("'{}' cannot be written", path));
  }
  void write(Bytes bytes) override {
    stream_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!stream_) throw Problem(fmt::format("'{}' cannot be written", path_));
  }
  void write(const std::string& text) {
    write(Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }

 private:
  std::ofstream stream_;
  std::string path_;
};

double hours(Duration duration) { return static_cast<double>(duration.as_seconds()) / 3600; }

void print_outcome(const sim::Outcome& outcome) {
  fmt::print(
      "{:.3f} s simulated, {} frames, {} bytes received, {} fault events, {} connections ended early\n",
      static_cast<double>(outcome.simulated.as_microseconds()) / 1e6, outcome.frames, outcome.bytes,
      outcome.fault_events, outcome.broken);
  fmt::print("{}\n", outcome.ok() ? "ok" : fmt::format("VIOLATED {}: {}", outcome.rule, outcome.problem));
}

void write_capture(const sim::Recorder& recorder, const std::string& path) {
  File file(path);
  sim::write_capture(recorder, file);
}

int play_one(const SimOptions& options) {
  const std::uint64_t seed = *options.seed;
  const sim::Length length = options.length.value_or(sim::length_of(seed));
  sim::Omissions omissions = options.omissions;
  if (options.shrink) {
    const auto until = Clock::now() + std::chrono::minutes(1);
    const sim::Shrunk shrunk = sim::shrink(seed, length, omissions, [&] { return Clock::now() > until; });
    if (shrunk.outcome.ok()) throw Problem("there is nothing to shrink: the scenario does not fail");
    omissions = shrunk.omissions;
    fmt::print("after {} runs: {} frames and {} fault events are left\nlinnet sim {}\n", shrunk.runs,
               shrunk.outcome.frames, shrunk.outcome.fault_events,
               sim::replay_options(seed, length, omissions));
  }
  const sim::Scenario scenario = sim::make_scenario(seed, length, omissions);
  sim::Recorder recorder;
  const sim::Outcome outcome = sim::run_scenario(scenario, &recorder);
  const std::string title = fmt::format("linnet sim {}", sim::replay_options(seed, length, omissions));
  if (options.trace) fmt::print("{}", sim::trace_text(recorder, scenario.start));
  if (options.watch) fmt::print("{}", sim::ladder_text(recorder, scenario.start));
  if (!options.page.empty()) File(options.page).write(sim::ladder_page(recorder, scenario.start, title));
  if (!options.capture.empty()) write_capture(recorder, options.capture);
  print_outcome(outcome);
  return outcome.ok() ? exit_code::success : exit_code::failure;
}

void keep_failure(const SimOptions& options, std::uint64_t seed, sim::Length length, const sim::Omissions& omissions) {
  if (options.failures.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(options.failures, error);
  if (error)
    throw Problem(fmt::format("the folder '{}' cannot be made: {}", options.failures, error.message()));
  const sim::Scenario scenario = sim::make_scenario(seed, length, omissions);
  sim::Recorder recorder;
  sim::run_scenario(scenario, &recorder);
  const std::string name = fmt::format("{}/{:#018x}", options.failures, seed);
  write_capture(recorder, name + ".pcapng");
  File(name + ".html").write(sim::ladder_page(recorder, scenario.start, fmt::format("seed {:#018x}", seed)));
  fmt::print("  capture and page: {}.pcapng, .html\n", name);
}

void print_failure(const SimOptions& options, std::uint64_t seed, sim::Length length, const sim::Outcome& outcome,
                   const sim::Omissions& omissions = {}) {
  fmt::print("FAILED {}\n  violated {}: {}\n", sim::replay_options(seed, length, omissions), outcome.rule,
             outcome.problem);
  keep_failure(options, seed, length, omissions);
}

/// Plays every seed of the file; how many failed.
std::size_t play_regressions(const SimOptions& options) {
  std::ifstream file(options.regressions);
  if (!file) throw Problem(fmt::format("'{}' cannot be read", options.regressions), exit_code::usage);
  std::size_t played = 0, failed = 0, number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    std::istringstream words(line.substr(0, line.find('#')));
    std::string seed_text, length_text, plain;
    if (!(words >> seed_text)) continue;
    words >> length_text >> plain;
    const auto seed = parse_seed(seed_text);
    const auto length = sim::length_named(length_text);
    if (!seed || !length || (!plain.empty() && plain != "plain")) {
      throw Problem(fmt::format("{}:{}: a line is a seed and short, medium, long, soak or flow, and perhaps plain",
                                options.regressions, number),
                    exit_code::usage);
    }
    const sim::Omissions omissions{.plain = !plain.empty()};
    const sim::Outcome outcome = sim::run_scenario(sim::make_scenario(*seed, *length, omissions));
    ++played;
    if (outcome.ok()) continue;
    ++failed;
    print_failure(options, *seed, *length, outcome, omissions);
  }
  fmt::print("{} regressions, {} failed\n", played, failed);
  std::fflush(stdout);
  return failed;
}

void print_totals(const sim::CampaignTotals& totals, double seconds) {
  fmt::print("{} frames, {} bytes received and right, {} connections ended early\n", totals.frames,
             totals.bytes, totals.broken);
  std::string line = "faults:";
  for (std::size_t i = 0; i < sim::fault_count; ++i) {
    const auto fault = static_cast<sim::Fault>(i);
    line += fmt::format(" {} {}", sim::fault_name(fault), totals.faults.of(fault));
  }
  fmt::print("{}\n", line);
  line = "dropped:";
  for (std::size_t i = 0; i < totals.drops.size(); ++i) {
    if (totals.drops[i] > 0)
      line += fmt::format(" {}: {};", drop_text(static_cast<Drop>(i)), totals.drops[i]);
  }
  fmt::print("{}\n", line);
  for (const sim::Coverage& coverage : totals.coverage()) {
    fmt::print("{}: {} of {} exercised\n", coverage.what, coverage.exercised, coverage.all);
  }
  fmt::print("{} frames checked, {} TCP segments judged\n", totals.monitors.frames_checked,
             totals.monitors.segments_judged);
  fmt::print("digest {:016x}\n", totals.digest);
  fmt::print(
      "{} scenarios ({} short, {} medium, {} long, {} soak, {} flow) in {:.1f} s: {:.0f} a second, {:.0f} simulated "
      "hours, {} failed\n",
      totals.scenarios, totals.by_length[0], totals.by_length[1], totals.by_length[2], totals.by_length[3], totals.by_length[4],
      seconds, static_cast<double>(totals.scenarios) / seconds, hours(totals.simulated),
      totals.failures.size());
}

int play_many(const SimOptions& options) {
  constexpr std::uint64_t enough_to_have_seen_everything = 20000;
  const Interrupt interrupt;  // ends a campaign early, with what it has seen
  std::size_t failed = options.regressions.empty() ? 0 : play_regressions(options);
  if (!options.count && !options.seconds) return failed == 0 ? exit_code::success : exit_code::failure;
  sim::CampaignOptions campaign{.base = options.base, .first = options.first, .length = options.length};
  campaign.count = options.count.value_or(UINT64_MAX);
  if (options.until_failure) campaign.most_failures = 1;
  campaign.threads = options.jobs != 0 ? options.jobs : std::max(std::thread::hardware_concurrency(), 1u);
  const auto began = Clock::now();
  const auto seconds = [&began] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  std::atomic<std::uint64_t> next_report{10};
  const sim::CampaignTotals totals = sim::run_campaign(campaign, [&](std::uint64_t done) {
    const auto now = static_cast<std::uint64_t>(seconds());
    std::uint64_t report = next_report;
    if (!options.quiet && now >= report && next_report.compare_exchange_strong(report, now + 10)) {
      fmt::print("{} scenarios, {:.0f} a second\n", done, static_cast<double>(done) / seconds());
      std::fflush(stdout);
    }
    return Interrupt::requested() || (options.seconds && now >= *options.seconds);
  });
  const double took = seconds();
  for (const sim::Failure& failure : totals.failures)
    print_failure(options, failure.seed, failure.length, failure.outcome);
  if (options.until_failure && !totals.failures.empty())
    fmt::print("first failure: scenario {}\n", totals.failures.front().number);
  failed += totals.failures.size();
  const bool whole = !options.length && totals.scenarios >= enough_to_have_seen_everything;
  const std::vector<std::string> gaps = sim::never_exercised(totals);
  if (whole || !options.quiet) {
    for (const std::string& gap : gaps) fmt::print("NEVER SEEN {}\n", gap);
  }
  if (!options.quiet) print_totals(totals, took);
  if (options.quiet) fmt::print("{} scenarios, {} failed\n", totals.scenarios, failed);
  const bool vacuous = whole && !gaps.empty() && !options.allow_gaps;
  return failed == 0 && !vacuous ? exit_code::success : exit_code::failure;
}

int run_sim(const SimOptions& options) {
  const bool many = options.count || options.seconds || !options.regressions.empty();
  if (options.seed.has_value() == many) {
    throw CLI::ValidationError(
        "sim", "either --seed NUMBER is wanted, or --campaign TIME, --count NUMBER or --regressions FILE");
  }
  return many ? play_many(options) : play_one(options);
}

}  // namespace

void add_sim_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("sim", "Play worlds of stacks in which everything goes wrong on purpose");
  auto options = std::make_shared<SimOptions>();
  add_sim_options(*command, *options);
  command->footer(
      "Exit code 0: nothing was violated; 1: something was, or a campaign never saw a fault, a drop "
      "reason\nor the like;\n"
      "2: wrong usage. docs/simulator.md tells what is checked.");
  command->callback([options, &exit_code] { exit_code = run_sim(*options); });
}

}  // namespace linnet::apps
