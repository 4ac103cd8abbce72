// SPDX-License-Identifier: Apache-2.0
#include "apps/sim_options.hpp"

#include <CLI/CLI.hpp>

#include <charconv>

#include "apps/device_options.hpp"
#include "apps/text.hpp"

namespace linnet::apps {
namespace {

/// "30s", "10m", "2h": seconds.
std::optional<std::uint64_t> parse_wall_time(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto number = parse_decimal(text.substr(0, text.size() - 1), 100000);
  const std::uint64_t unit = text.back() == 's' ? 1 : text.back() == 'm' ? 60 : text.back() == 'h' ? 3600 : 0;
  if (!number || *number == 0 || unit == 0) return std::nullopt;
  return *number * unit;
}

template <typename Take>
bool for_each_item(const std::string& list, Take&& take) {
  std::string_view rest = list;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (!take(rest.substr(0, comma))) return false;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return true;
}

bool take_fault(sim::FaultSet& faults, std::string_view name) {
  for (std::size_t i = 0; i < sim::fault_count; ++i) {
    const auto fault = static_cast<sim::Fault>(i);
    if (sim::fault_name(fault) != name) continue;
    faults.add(fault);
    return true;
  }
  return false;
}

bool take_range(sim::Omissions& omissions, std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto first = parse_decimal(text.substr(0, dash), UINT64_MAX);
  const auto last = parse_decimal(text.substr(dash + 1), UINT64_MAX);
  if (!first || !last || *first >= *last) return false;
  omissions.events.emplace_back(*first, *last);
  return true;
}

bool take_length(SimOptions& options, const std::string& text) {
  options.length = sim::length_named(text);
  return options.length.has_value();
}

void add_scenario_options(CLI::App& command, SimOptions& options) {
  const auto add = [&command](auto&&... arguments) {
    add_checked_option(command, std::forward<decltype(arguments)>(arguments)...)->group("One scenario");
  };
  const char* seeds = "a number below 2^64, decimal or with 0x";
  add("--seed", "NUMBER", seeds, "Play the scenario of this seed", [&options](const std::string& text) {
    options.seed = parse_seed(text);
    return options.seed.has_value();
  });
  add("--without", "F1,F2,...", "names of faults, F1 to F21, with commas between", "Leave faults out",
      [&options](const std::string& text) {
        return for_each_item(
            text, [&](std::string_view name) { return take_fault(options.omissions.faults, name); });
      });
  add("--without-programs", "0,1,...", "numbers with commas between",
      "Leave transfers and datagram flows out", [&options](const std::string& text) {
        return for_each_item(text, [&](std::string_view item) {
          const auto number = parse_decimal(item, 1000);
          if (number) options.omissions.programs.push_back(static_cast<unsigned>(*number));
          return number.has_value();
        });
      });
  add("--without-events", "A-B,...", "ranges such as 0-10,17-18",
      "Fault events number A to B-1 do not happen", [&options](const std::string& text) {
        return for_each_item(text,
                             [&](std::string_view item) { return take_range(options.omissions, item); });
      });
  add("--halve", "TIMES", "a number from 0 to 63", "Halve what is transferred so often",
      [&options](const std::string& text) {
        const auto number = parse_decimal(text, 63);
        options.omissions.halvings = static_cast<unsigned>(number.value_or(0));
        return number.has_value();
      });
  command
      .add_flag("--plain", options.omissions.plain,
                "Without SNTP, our own DHCP server and late hosts, as seeds were before there was any")
      ->group("One scenario");
  command.add_flag("--trace", options.trace, "Print every frame and fault")->group("One scenario");
  command.add_flag("--watch", options.watch, "Draw the exchange as a ladder")->group("One scenario");
  command.add_flag("--shrink", options.shrink, "Find the smallest part of it that still fails")
      ->group("One scenario");
  command.add_option("--page", options.page, "Write the ladder to an HTML page")
      ->type_name("FILE")
      ->group("One scenario");
  command.add_option("--capture", options.capture, "Write the frames to a pcapng file")
      ->type_name("FILE")
      ->group("One scenario");
}

void add_campaign_options(CLI::App& command, SimOptions& options) {
  const auto add = [&command](auto&&... arguments) {
    add_checked_option(command, std::forward<decltype(arguments)>(arguments)...)->group("Many scenarios");
  };
  add("--campaign", "TIME", "a time such as 30s, 10m or 2h", "Play scenarios so long",
      [&options](const std::string& text) {
        options.seconds = parse_wall_time(text);
        return options.seconds.has_value();
      });
  add("--count", "NUMBER", "a number from 1 to 10^12", "Play so many", [&options](const std::string& text) {
    options.count = parse_decimal(text, 1000000000000);
    return options.count.value_or(0) > 0;
  });
  add("--base", "NUMBER", "a number below 2^64, decimal or with 0x",
      "Scenario i has the seed made of this and i (default: 1)", [&options](const std::string& text) {
        const auto base = parse_seed(text);
        options.base = base.value_or(0);
        return base.has_value();
      });
  add("--first", "NUMBER", "a number below 2^64", "i of the first (default: 0)",
      [&options](const std::string& text) {
        const auto first = parse_decimal(text, UINT64_MAX);
        options.first = first.value_or(0);
        return first.has_value();
      });
  add("--jobs", "COUNT", "a number from 1 to 256", "How many run at once (default: one for each processor)",
      [&options](const std::string& text) {
        options.jobs = static_cast<unsigned>(parse_decimal(text, 256).value_or(0));
        return options.jobs > 0;
      });
  command
      .add_option("--regressions", options.regressions,
                  "First play every seed of a file: '0xSEED LENGTH' a line")
      ->type_name("FILE")
      ->group("Many scenarios");
  command
      .add_option(
          "--failures", options.failures,
          "Where a scenario that fails leaves a capture and a page; '' for nowhere (default: sim-failures)")
      ->type_name("FOLDER")
      ->group("Many scenarios");
  command
      .add_flag("--until-failure", options.until_failure,
                "End with the first that fails, and say which it was")
      ->group("Many scenarios");
  command
      .add_flag("--allow-gaps", options.allow_gaps,
                "Do not fail when some fault, drop reason, rule or cell never happened")
      ->group("Many scenarios");
  command.add_flag("--quiet", options.quiet, "Print failures and the last line only")
      ->group("Many scenarios");
}

}  // namespace

std::optional<std::uint64_t> parse_seed(std::string_view text) {
  if (!text.starts_with("0x")) return parse_decimal(text, UINT64_MAX);
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + 2, end, value, 16);
  if (error != std::errc() || stopped != end || text.size() == 2) return std::nullopt;
  return value;
}

void add_sim_options(CLI::App& command, SimOptions& options) {
  add_scenario_options(command, options);
  add_campaign_options(command, options);
  add_checked_option(command, "--length", "LENGTH", "short, medium, long, soak or flow",
                     "Of the scenarios (default: by the seed)",
                     [&options](const std::string& text) { return take_length(options, text); });
}

}  // namespace linnet::apps
