// SPDX-License-Identifier: Apache-2.0
// `linnet menuconfig`: the settings of Kconfig, asked by kconfiglib's menu.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "apps/commands.hpp"
#include "apps/problem.hpp"

namespace linnet::apps {

void add_menuconfig_command(CLI::App& app, int&) {
  CLI::App* command = app.add_subcommand("menuconfig", "Choose the settings of a device in a menu");
  auto file = std::make_shared<std::string>("sdkconfig");
  command->add_option("--config", *file, "The file that is read and written (default: sdkconfig)");
  command->callback([file] {
    const char* tool = LINNET_SOURCE_FOLDER "/tools/settings";
    ::execl(tool, tool, "menu", "--config", file->c_str(), nullptr);
    throw Problem(std::string(tool) + ": " + std::strerror(errno) + "; the menu is part of linnet's source tree");
  });
}

}  // namespace linnet::apps
