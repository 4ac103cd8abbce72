// SPDX-License-Identifier: Apache-2.0
// The program around a main component of ESP-IDF (cmake/linnet_esp_app.cmake): starts a device from its
// options, gets it an address, lends its host to the calls that the component knows, and runs app_main until
// Ctrl-C.
#include <fmt/format.h>
#include <sys/select.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "apps/esp/configuration.hpp"
#include "apps/interrupt.hpp"
#include "apps/machine.hpp"
#include "apps/problem.hpp"
#include "compat/esp_idf/device.hpp"
#include "compat/lwip/host.hpp"

extern "C" void app_main(void);

namespace linnet::apps {
namespace {

/// Their numbers end at FD_SETSIZE, so that the operating system's do not meet them.
sockets::Config sockets_of(const DeviceOptions& options) {
  sockets::Config config = esp_configuration.sockets.value_or(sockets::Config::device());
  config.max_sockets = esp_configuration.max_sockets;
  config.first_descriptor = FD_SETSIZE - esp_configuration.max_sockets;
  config.doubled_buffers = !esp_configuration.sockets && options.profile == Profile::linux_host;
  return config;
}

/// Some services leave while their successors come.
mdns::Config mdns_of() {
  const auto services = static_cast<std::uint16_t>(esp_configuration.services.mdns_services + 6);
  return {.hosts = 8,
          .addresses = 16,
          .services = services,
          .subtypes = 8,
          .txt_size = 900,
          .queries = 512,
          .lookups = 16,
          .cache_records = 1024,
          .record_size = 1024};
}

MacAddress mac_of(Machine& machine) {
  const sockets::Host::Lock lock(machine.host());
  return lock.stack().ethernet().links()[machine.interface()].mac;
}

bool until_idle = false;
bool unconfigured = false;
std::string nvs_file;

/// Until Ctrl-C, or, if that is wished, until no task is left.
void wait_for_the_end() {
  while (!Interrupt::requested() && !(until_idle && esp::tasks() == 0)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

int run_app(const CLI::App& command, DeviceOptions& options) {
  check_device_options(command, options);
  options.sockets = sockets_of(options);
  options.mdns_numbers = mdns_of();
  options.stack = esp_configuration.stack;
  const EspServices& services = esp_configuration.services;
  if (command.count("--hostname") == 0 && !services.host_name.empty()) options.host_name = services.host_name;
  options.most_name_servers = services.name_servers;
  options.last_server = IpAddress::parse(services.last_name_server);
  options.link_local_v4 = services.autoip;
  options.link_local_tries = services.autoip_tries;
  options.dns_mix_case = options.dns_mix_case || services.dns_mix_case;
  options.dns_refuse_local = options.dns_refuse_local || services.dns_refuse_local;
  options.dhcp.config = services.dhcp;
  options.dhcp.keep_lease = services.restore_address;
  if (services.restore_address) options.dhcp.remembered = esp::remembered_address(nvs_file);
  options.router.nat = options.router.on();  // possible; esp_netif_napt_enable begins it
  Machine machine(options);
  const Interrupt interrupt(machine.port());
  if (!unconfigured && !machine.configure()) return exit_code::interrupted;
  compat::attach(
      machine.host(), &machine.names().resolver(),
      {.first_descriptor = options.sockets->first_descriptor,
       .reuse_address = esp_configuration.reuse_address,
       .packet_information = options.sockets->offers.packet_information,
       .name_servers = services.name_servers,
       .mdns = machine.mdns(),
       .mdns_names = services.mdns_names,
       .dhcp = machine.dhcp(),
       .sntp_startup = services.sntp_startup,
       .sntp_interval = services.sntp_interval});
  esp::set_device({.interface = machine.interface(),
                   .lan_interface = machine.lan_interface(),
                   .mac = mac_of(machine),
                   .host_name = options.host_name,
                   .restore_address = services.restore_address,
                   .dhcp_server_leases = services.dhcp_server_leases,
                   .dhcp_server_unit = services.dhcp_server_unit});
  esp::set_tick_rate(esp_configuration.tick_rate);
  esp::set_nvs_file(nvs_file);
  if (esp_configuration.prepare != nullptr) esp_configuration.prepare(machine);
  // Tasks may all be away from the stack for long.
  std::thread background([&machine] { machine.host().run_background(); });
  esp::start_main_task(app_main);
  wait_for_the_end();
  machine.shut_down(Duration::milliseconds(until_idle ? 1000 : 0));
  machine.host().stop_background();
  background.join();
  std::fflush(nullptr);
  // Tasks run on: what they use must not go away before they do.
  std::_Exit(exit_code::success);
}

int run(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  setenv("TZ", "UTC0", 1);  // a device is nowhere until its program says where; this machine's zone is not its own
  CLI::App command("A program for ESP-IDF on linnet's stack", argv[0]);
  DeviceOptions options;
  command.add_flag("--until-idle", until_idle, "End when no task is left; otherwise Ctrl-C does");
  command.add_flag("--unconfigured", unconfigured,
                   "Begin without an address: the program sets one, or connects, which begins DHCP");
  command.add_option("--nvs", nvs_file, "Where the program's non-volatile storage stays; otherwise it is gone with it")
      ->type_name("FILE");
  add_device_options(command, options);
  add_lan_option(command, options.router);
  try {
    command.parse(argc, argv);
    return run_app(command, options);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
      return command.exit(error);  // --help
    fmt::print(stderr, "{}: {}\n'{} --help' tells more\n", argv[0], error.what(), argv[0]);
    return exit_code::usage;
  } catch (const Problem& problem) {
    fmt::print(stderr, "{}: {}\n", argv[0], problem.what());
    return problem.code;
  }
}

}  // namespace
}  // namespace linnet::apps

int main(int argc, char** argv) { return linnet::apps::run(argc, argv); }
