// SPDX-License-Identifier: Apache-2.0
// The linnet command.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>

#include "apps/commands.hpp"
#include "apps/drill_command.hpp"
#include "apps/link_command.hpp"
#include "apps/problem.hpp"
#include "apps/sim_command.hpp"

namespace linnet::apps {
namespace {

/// The command that was chosen, or the program itself.
const CLI::App& chosen(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : *commands.front();
}

/// What could have been given instead of something that is not known.
std::string accepted(const CLI::App& app) {
  std::string list;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) continue;
    list += (list.empty() ? "" : ", ") + option->get_name(false, true);
  }
  return list;
}

std::string accepted_commands(const CLI::App& app) {
  std::string list;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    list += (list.empty() ? "" : ", ") + command->get_name();
  }
  return list;
}

/// CLI11 says of an unknown command only that some command is missing.
std::string words_of(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const bool no_command = app.get_subcommands().empty();
  if (no_command && argc > 1) return fmt::format("'{}' is no command", argv[1]);
  return no_command ? "a command is missing" : error.what();
}

int report(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);  // --help
  const CLI::App& command = chosen(app);
  fmt::print(stderr, "linnet: {}\n", words_of(app, error, argc, argv));
  if (&command == &app) {
    fmt::print(stderr, "accepted commands: {}\n", accepted_commands(app));
  } else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    fmt::print(stderr, "accepted by 'linnet {}': {}\n", command.get_name(), accepted(command));
  }
  fmt::print(stderr, "'linnet {}--help' tells more\n", &command == &app ? "" : command.get_name() + " ");
  return exit_code::usage;
}

int run(int argc, char** argv) {
  CLI::App app("linnet " LINNET_VERSION ": a TCP/IP stack of its own in a process", "linnet");
  app.require_subcommand(1);
  app.set_version_flag("--version", "linnet " LINNET_VERSION);
  app.footer("'linnet COMMAND --help' tells the options of each.");
  int code = exit_code::success;
  add_up_command(app, code);
  add_ping_command(app, code);
  add_get_command(app, code);
  add_resolve_command(app, code);
  add_nslookup_command(app, code);
  add_browse_command(app, code);
  add_ntp_command(app, code);
  add_connect_command(app, code);
  add_listen_command(app, code);
  add_link_command(app, code);
  add_drill_command(app, code);
  add_sim_command(app, code);
  add_menuconfig_command(app, code);
  app.add_subcommand("version", "Print the version")->callback([] {
    fmt::print("linnet " LINNET_VERSION "\n");
  });
  try {
    app.parse(argc, argv);
    return code;
  } catch (const CLI::ParseError& error) {
    return report(app, error, argc, argv);
  } catch (const Problem& problem) {
    if (problem.code != exit_code::interrupted) fmt::print(stderr, "linnet: {}\n", problem.what());
    return problem.code;
  } catch (const std::exception& error) {
    fmt::print(stderr, "linnet: {}\n", error.what());
    return exit_code::failure;
  }
}

}  // namespace
}  // namespace linnet::apps

int main(int argc, char** argv) { return linnet::apps::run(argc, argv); }
