// SPDX-License-Identifier: Apache-2.0
// goodput: the programs that bench/goodput/goodput.py starts, one subcommand each.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/goodput/ends.hpp"
#include "bench/goodput/virtual.hpp"

namespace linnet::bench {
namespace {

constexpr int success = 0;
constexpr int failure = 1;
constexpr int usage = 2;

void add_station(CLI::App& command, Station& station) {
  command.add_option("--interface", station.interface, "the Ethernet interface to be a station on")->required();
  command.add_option("--address", station.address, "the station's IPv4 address, of a /24")->required();
  command.add_option("--buffer", station.buffer, "bytes of its connection's send and receive buffer")
      ->check(CLI::Range(2048u, 64u << 20))->capture_default_str();
}

void add_send(CLI::App& command, SendOptions& options) {
  command.add_option("TO", options.to, "the receiver's IPv4 address")->required();
  command.add_option("--port", options.port)->check(CLI::Range(1, 65535))->capture_default_str();
  command.add_option("--bytes", options.bytes, "how much to send")->required();
}

void add_receive(CLI::App& command, ReceiveOptions& options) {
  command.add_option("--port", options.port)->check(CLI::Range(1, 65535))->capture_default_str();
  command.add_option("--bytes", options.bytes, "how much to expect")->required();
  command.add_option("--seconds", options.seconds, "how long to wait for it")->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
}

void add_virtual(CLI::App& command, VirtualOptions& options) {
  command.add_option("--forward", options.forward, "faults of the data's direction: loss=1%,delay=10ms");
  command.add_option("--backward", options.backward, "and of the other");
  command.add_option("--bytes", options.bytes, "how much each flow sends")->required();
  command.add_option("--seconds", options.seconds, "how long it may take")->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  command.add_option("--seed", options.seed)->capture_default_str();
  command.add_option("--buffer", options.buffer, "bytes of each connection's send and receive buffer")
      ->check(CLI::Range(2048u, 64u << 20))->capture_default_str();
  command.add_option("--flows", options.flows)->check(CLI::Range(1, 16))->capture_default_str();
  command.add_option("--stagger", options.stagger, "seconds between the flows' beginnings")->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command.add_option("--spike-every", options.spike_every, "seconds after which the link stands still; 0: never")
      ->check(CLI::Range(0.0, 1e6))->capture_default_str();
  command.add_option("--spike-lasts", options.spike_lasts, "for how long")->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
}

int main(int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = [](int) { asked_to_end = true; };
  for (const int number : {SIGTERM, SIGINT}) sigaction(number, &action, nullptr);

  CLI::App app("goodput: one end of a measured transfer", "goodput");
  app.require_subcommand(1);
  SendOptions send;
  ReceiveOptions receive;
  VirtualOptions in_virtual_time;
  CLI::App* command = app.add_subcommand("kernel-send", "the kernel's TCP sends");
  add_send(*command, send);
  command->callback([&] { kernel_send(send); });
  command = app.add_subcommand("kernel-receive", "the kernel's TCP receives");
  add_receive(*command, receive);
  command->callback([&] { kernel_receive(receive); });
  command = app.add_subcommand("stack-send", "our stack sends");
  add_station(*command, send.station);
  add_send(*command, send);
  command->callback([&] { stack_send(send); });
  command = app.add_subcommand("stack-receive", "our stack receives");
  add_station(*command, receive.station);
  add_receive(*command, receive);
  command->callback([&] { stack_receive(receive); });
  command = app.add_subcommand("virtual", "two of our stacks in virtual time");
  add_virtual(*command, in_virtual_time);
  command->callback([&] { run_virtual(in_virtual_time); });
#ifdef LINNET_BENCH_LWIP
  command = app.add_subcommand("lwip-send", "lwIP sends");
  add_station(*command, send.station);
  add_send(*command, send);
  command->callback([&] { lwip_send(send); });
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);  // --help
    fmt::print(stderr, "goodput: {}\n'goodput --help' tells more\n", error.what());
    return usage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "goodput: {}\n", error.what());
    return failure;
  }
  return success;
}

}  // namespace
}  // namespace linnet::bench

int main(int argc, char** argv) { return linnet::bench::main(argc, argv); }
