// SPDX-License-Identifier: Apache-2.0
#include "apps/link_command.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "apps/device_options.hpp"
#include "apps/problem.hpp"
#include "apps/text.hpp"
#include "platform/linux/entropy.hpp"
#include "platform/linux/relay.hpp"

namespace linnet::apps {
namespace {

constexpr const char* group = "Faults";

struct Fault {
  const char* name;
  const char* placeholder;
  const char* description;
};
constexpr std::array<Fault, 14> faults{{
    {"loss", "PERCENT", "Lose this share of the frames, each on its own"},
    {"burst", "PERCENT", "With this chance per frame a bad time begins (Gilbert-Elliott)"},
    {"burst-length", "FRAMES", "Mean length of a bad time (default: 4)"},
    {"burst-loss", "PERCENT", "Lose this share of the frames of a bad time (default: 100%)"},
    {"delay", "TIME", "Deliver each frame this much later"},
    {"jitter", "TIME", "And up to this much later still, at random, in order"},
    {"reorder", "PERCENT", "Hold back this share of the frames, so that later ones overtake them"},
    {"reorder-delay", "TIME", "For how long (default: 10ms)"},
    {"duplicate", "PERCENT", "Deliver this share of the frames more than once"},
    {"duplicate-copies", "COUNT", "How many copies more, 1 to 3 (default: 1)"},
    {"duplicate-delay", "TIME", "Copies come up to this much later"},
    {"corrupt", "PERCENT", "Flip one bit in this share of the IP packets"},
    {"rate", "RATE", "Carry no more than this, for instance 5Mbit or 100kB"},
    {"queue", "FRAMES",
     "How many frames wait for the rate before the next is lost, 1 to 1024 (default: 100)"},
}};

struct LinkOptions {
  platform::RelayOptions relay{};
  std::string a_to_b{};
  std::string b_to_a{};
  std::optional<std::uint64_t> seed{};
  Duration report{};
};

// A signal handler has no other way to know its object.
std::atomic<platform::Relay*> running{nullptr};
static_assert(std::atomic<platform::Relay*>::is_always_lock_free);

void on_signal(int) {
  if (platform::Relay* relay = running.load()) relay->stop();
}

void handle_signals(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

void throw_if_wrong(const std::optional<ImpairmentError>& wrong, const std::string& option,
                    const std::string& value) {
  if (!wrong) return;
  throw CLI::ValidationError(option,
                             fmt::format("'{}' is not accepted; accepted is {}", value, wrong->accepted));
}

void throw_if_wrong_list(const std::optional<ImpairmentError>& wrong, const std::string& option,
                         const std::string& list) {
  if (!wrong) return;
  throw CLI::ValidationError(option,
                             fmt::format("{} in '{}': accepted is {}", wrong->name, list, wrong->accepted));
}

bool take_count(const std::string& text, std::uint64_t least, std::uint64_t most, auto& to) {
  const auto number = parse_decimal(text, most);
  if (!number || *number < least) return false;
  to = static_cast<std::remove_reference_t<decltype(to)>>(*number);
  return true;
}

void add_fault_options(CLI::App& command, LinkOptions& options) {
  for (const Fault& fault : faults) {
    const std::string name = fault.name;
    command
        .add_option_function<std::string>(
            "--" + name,
            [&options, name](const std::string& value) {
              throw_if_wrong(set_impairment(options.relay.a_to_b, name, value), "--" + name, value);
              throw_if_wrong(set_impairment(options.relay.b_to_a, name, value), "--" + name, value);
            },
            fault.description)
        ->type_name(fault.placeholder)
        ->group(group);
  }
  command
      .add_option("--a-to-b", options.a_to_b,
                  "Faults of this direction only, for instance loss=1%,delay=10ms")
      ->type_name("NAME=VALUE,...")
      ->group(group);
  command.add_option("--b-to-a", options.b_to_a, "And of the other")
      ->type_name("NAME=VALUE,...")
      ->group(group);
}

void add_other_options(CLI::App& command, LinkOptions& options) {
  const auto add = [&command](auto&&... arguments) {
    add_checked_option(command, std::forward<decltype(arguments)>(arguments)...)->group("Link");
  };
  add("--seed", "NUMBER", "a decimal number below 2^64",
      "Makes the faults repeatable (default: random, and printed)", [&options](const std::string& text) {
        options.seed = parse_decimal(text, UINT64_MAX);
        return options.seed.has_value();
      });
  add("--report", "TIME", "a time of 100ms or more, such as 1s", "Print the counters this often",
      [&options](const std::string& text) {
        const auto interval = parse_seconds(text);
        if (!interval || *interval < Duration::milliseconds(100)) return false;
        options.report = *interval;
        return true;
      });
  add("--mtu", "BYTES", "a number from 68 to 65517", "Longest IP packet that crosses (default: 1500)",
      [&options](const std::string& text) { return take_count(text, 68, 65517, options.relay.mtu); });
  add("--held", "FRAMES", "a number from 1 to 1000000",
      "How many frames may be under way in each direction (default: 16384)",
      [&options](const std::string& text) { return take_count(text, 1, 1000000, options.relay.held); });
}

int run_link(LinkOptions& options) {
  // After the options for both directions, wherever they stood.
  throw_if_wrong_list(set_impairments(options.relay.a_to_b, options.a_to_b), "--a-to-b", options.a_to_b);
  throw_if_wrong_list(set_impairments(options.relay.b_to_a, options.b_to_a), "--b-to-a", options.b_to_a);
  if (options.relay.a == options.relay.b)
    throw CLI::ValidationError("TAP-B", "a link needs two different taps");
  options.relay.seed = options.seed ? *options.seed : platform::entropy64();

  auto relay = platform::Relay::open(options.relay);
  if (!relay) throw Problem(relay.error().text);
  running = relay->get();
  handle_signals(on_signal);
  fmt::print("link up: {} <-> {}, seed {}; Ctrl-C ends it\n", (*relay)->a_name(), (*relay)->b_name(),
             options.relay.seed);
  std::fflush(stdout);
  const bool alive = (*relay)->run(options.report, [&] {
    fmt::print("{}\n", (*relay)->summary());
    std::fflush(stdout);
  });
  handle_signals(SIG_DFL);
  running = nullptr;
  fmt::print("{}\n", (*relay)->summary());
  if (!alive) throw Problem("the link ended: one of its taps was deleted");
  return exit_code::success;
}

}  // namespace

void add_link_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("link", "Join two taps into a link that loses, delays and reorders");
  auto options = std::make_shared<LinkOptions>();
  command
      ->add_option("TAP-A", options->relay.a,
                   "A tap (made if it is not there), with @NAME in the namespace NAME")
      ->required();
  command->add_option("TAP-B", options->relay.b, "The other")->required();
  add_fault_options(*command, *options);
  add_other_options(*command, *options);
  command->footer(
      "Give the taps their addresses and set them up with 'ip', before or after. A relayed tap is an "
      "ordinary\n"
      "interface: two kernels (network namespaces) talk over it, or linnet, with --packet TAP or a bridge.");
  command->callback([options, &exit_code] { exit_code = run_link(*options); });
}

}  // namespace linnet::apps
