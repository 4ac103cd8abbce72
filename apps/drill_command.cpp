// SPDX-License-Identifier: Apache-2.0
#include "apps/drill_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>
#include <thread>

#include "apps/problem.hpp"
#include "apps/text.hpp"
#include "drill/drill.hpp"

namespace linnet::apps {
namespace {

constexpr int only_unsupported = 3;

struct DrillOptions {
  std::vector<std::string> paths{};
  drill::Settings settings{};
  std::string captures = "drill-captures";
  bool verbose = false;
  unsigned jobs = 0;
};

/// The original tool's options, which scripts may hold as well: name, placeholder, what it does.
struct Passed {
  const char* name;
  const char* placeholder;  ///< empty: a flag
  const char* description;
};
constexpr std::array<Passed, 24> passed_options{{
    {"tolerance_usecs", "MICROSECONDS", "How far a packet may be from its time (default: 4000)"},
    {"tolerance_percent", "PERCENT", "The same as a share of the time since the event before (default: 1)"},
    {"ip_version", "VERSION", "ipv4, ipv4-mapped-ipv6 or ipv6 (default: ipv4)"},
    {"personality", "SYSTEM", "linux or bsd: the defaults that scripts were written for (default: linux)"},
    {"local_ip", "ADDRESS", "The stack's address (default: 192.168.0.1)"},
    {"remote_ip", "ADDRESS", "The script's (default: 192.0.2.1)"},
    {"gateway_ip", "ADDRESS", "The stack's router (default: 192.168.0.2)"},
    {"netmask_ip", "MASK", "Of the stack's network (default: 255.255.0.0)"},
    {"bind_port", "PORT", "What bind(fd, ..., ...) binds to (default: 8080)"},
    {"connect_port", "PORT", "What connect(fd, ..., ...) connects to (default: 8080)"},
    {"mtu", "BYTES", "Of the stack's link (default: 1500)"},
    {"tcp_ts_tick_usecs", "MICROSECONDS", "Check the clock of outbound timestamps (default: 0, not)"},
    {"init_scripts", "COMMAND", "Settings to make before each script"},
    {"define", "NAME=VALUE", "A word that scripts may use; also -D"},
    {"non_fatal", "KIND", "Taken for the original's sake, without effect"},
    {"speed", "RATE", "Taken for the original's sake, without effect"},
    {"wire_client_dev", "DEVICE", "Not supported: nothing leaves the process"},
    {"so_filename", "FILE", "Not supported: the stack is this one"},
    {"strict_segments", "", "Outbound packets must have the sizes that the script says"},
    {"strict_timestamps", "", "TS ecr of outbound packets must be what the script says"},
    {"dry_run", "", "Only read the scripts"},
    {"tcp_ts_ecr_scaled", "", "Taken for the original's sake, without effect"},
    {"send_omit_free", "", "Taken for the original's sake, without effect"},
    {"debug", "", "Taken for the original's sake, without effect"},
}};

void apply(DrillOptions& options, const std::string& name, const std::optional<std::string>& value) {
  switch (drill::apply_option(options.settings, name, value)) {
    case drill::OptionResult::taken:
      return;
    case drill::OptionResult::unsupported:
      throw CLI::ValidationError("--" + name, "is not supported here");
    default:
      throw CLI::ValidationError("--" + name, fmt::format("'{}' is not accepted", value.value_or("")));
  }
}

void add_passed_option(CLI::App& command, DrillOptions& options, const Passed& passed) {
  const std::string name = passed.name;
  if (*passed.placeholder == '\0') {
    command
        .add_flag_callback(
            "--" + name, [&options, name] { apply(options, name, std::nullopt); }, passed.description)
        ->group("Scripts");
    return;
  }
  const std::string names = name == "define" ? "-D,--define" : "--" + name;
  command
      .add_option_function<std::vector<std::string>>(
          names,
          [&options, name](const std::vector<std::string>& values) {
            for (const std::string& value : values) apply(options, name, value);
          },
          passed.description)
      ->type_name(passed.placeholder)
      ->allow_extra_args(false)
      ->take_all()
      ->group("Scripts");
}

/// Each thread has its own memory and takes every n-th script; the reports stay in order.
std::vector<drill::Report> run_all(const DrillOptions& options, const std::vector<std::string>& scripts) {
  std::vector<drill::Report> reports(scripts.size());
  const auto work = [&](std::size_t first, std::size_t step) {
    drill::Drill drill(options.settings, options.captures);
    for (std::size_t i = first; i < scripts.size(); i += step) reports[i] = drill.run_file(scripts[i]);
  };
  const std::size_t jobs = std::min<std::size_t>(options.jobs, scripts.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < jobs; ++i) threads.emplace_back(work, i, jobs);
  work(0, std::max<std::size_t>(jobs, 1));
  threads.clear();
  return reports;
}

int run_drill(DrillOptions& options) {
  std::vector<std::string> scripts;
  try {
    scripts = drill::find_scripts(options.paths);
  } catch (const std::exception& problem) {
    throw Problem(problem.what(), exit_code::usage);
  }
  options.settings.trace = options.verbose;
  const auto began = std::chrono::steady_clock::now();
  const std::vector<drill::Report> reports = run_all(options, scripts);
  std::array<int, 3> counts{};
  for (const drill::Report& report : reports) {
    ++counts[static_cast<std::size_t>(report.outcome)];
    if (report.outcome != drill::Outcome::passed) {
      fmt::print("{}\n", drill::report_text(report));
    } else if (options.verbose) {
      fmt::print("{}: passed, {:.3f} s of the script\n", report.path, static_cast<double>(report.time) / 1e6);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("{} passed, {} failed, {} unsupported ({:.2f} s)\n", counts[0], counts[1], counts[2],
             took.count());
  if (counts[1] > 0) return exit_code::failure;
  return counts[2] > 0 ? only_unsupported : exit_code::success;
}

}  // namespace

void add_drill_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("drill", "Run packetdrill scripts against this stack");
  auto options = std::make_shared<DrillOptions>();
  command->add_option("PATH", options->paths, "Scripts, and folders with *.pkt in them")->required();
  for (const Passed& passed : passed_options) add_passed_option(*command, *options, passed);
  command->add_flag("--verbose,-v", options->verbose,
                    "Name the scripts that pass, too, and list the packets of those that fail");
  command
      ->add_option(
          "--capture", options->captures,
          "Where scripts that fail leave their packets: a folder, or a file that ends with .pcapng; '' for "
          "nowhere (default: drill-captures)")
      ->type_name("PATH");
  command->add_option("--jobs", options->jobs, "How many scripts run at once (default: 1)")
      ->type_name("COUNT")
      ->check(CLI::Range(1u, 256u));
  command->footer(
      "Exit code 0: all passed; 1: a script failed; 2: wrong usage; 3: nothing failed, but something is not "
      "supported.\n"
      "docs/drill.md tells how to write a script.");
  command->callback([options, &exit_code] { exit_code = run_drill(*options); });
}

}  // namespace linnet::apps
