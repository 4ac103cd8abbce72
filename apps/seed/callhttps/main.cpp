// SPDX-License-Identifier: Apache-2.0
// Gives callhttps() a machine to run on: linnet's device options, then its request over our TCP.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>

#include "apps/commands.hpp"
#include "apps/problem.hpp"
#include "apps/tls_names.hpp"
#include "tls/attach.hpp"

extern "C" void callhttps();

namespace linnet::apps {
namespace {

int run(int argc, char** argv) {
  CLI::App app("the ESP32 text's callhttps() on linnet", "callhttps");
  DeviceOptions options;
  add_device_options(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    return run_on_machine(app, options, [](Machine& machine) {
      attach_tls(machine);
      callhttps();
      std::fflush(stdout);
      tls::detach();
      return exit_code::success;
    });
  } catch (const std::exception& error) {
    fmt::print(stderr, "callhttps: {}\n", error.what());
    return exit_code::failure;
  }
}

}  // namespace
}  // namespace linnet::apps

int main(int argc, char** argv) { return linnet::apps::run(argc, argv); }
