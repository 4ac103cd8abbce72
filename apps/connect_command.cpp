// SPDX-License-Identifier: Apache-2.0
// `linnet connect HOST PORT`: stdin to a connection, the connection to stdout.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "apps/commands.hpp"
#include "apps/datagram_pump.hpp"
#include "apps/problem.hpp"
#include "apps/pump_options.hpp"
#include "apps/text.hpp"

namespace linnet::apps {
namespace {

struct ConnectOptions {
  DeviceOptions device;
  std::string host;
  std::uint16_t port = 0;
  bool udp = false;
  Duration patience = Duration::seconds(30);
  DatagramOptions datagrams{.pump = {}, .quiet = Duration::seconds(1), .count = {}};
};

int run_udp(Machine& machine, const ConnectOptions& options) {
  const dns::Answer answer = machine.names().resolve(options.host);
  const Stream socket(machine, machine.sockets().socket(sockets::af::inet6, sockets::sock::dgram));
  machine.await_path(answer.addresses()[0]);
  const int result = machine.sockets().connect(socket.fd(), {answer.addresses()[0], options.port});
  if (result < 0) throw_socket_error(fmt::format("cannot send to {}", options.host), result);
  DatagramPump(machine, options.datagrams).run(socket.fd(), true);
  return exit_code::success;
}

int run_tcp(Machine& machine, const ConnectOptions& options) {
  const Stream stream(machine, options.host, options.port, options.patience);
  StreamPump(machine, options.datagrams.pump).run(stream.fd());
  return exit_code::success;
}

}  // namespace

void add_connect_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("connect", "Join stdin and stdout to a connection, as netcat does");
  auto options = std::make_shared<ConnectOptions>();
  command->add_option("HOST", options->host, "A name or an address")->required();
  add_port_argument(*command, options->port);
  command->add_flag("-u,--udp", options->udp,
                    "Datagrams: one for each read of stdin; ends when stdin has and it is quiet");
  add_pump_options(*command, options->datagrams);
  add_checked_option(*command, "--timeout", "SECONDS", "a time such as 30, 0.5 or 500ms, more than zero",
                     "For the connection to be made (default: 30)",
                     [options](const std::string& text) {
                       options->patience = parse_seconds(text).value_or(Duration());
                       return options->patience > Duration();
                     })
      ->group("Options");
  add_device_options(*command, options->device);
  command->footer(
      "When stdin ends, so does our sending direction; the command ends when the other side's does.");
  command->callback([command, options, &exit_code] {
    check_pump_options(options->datagrams, options->udp);
    exit_code = run_on_machine(*command, options->device, [&](Machine& machine) {
      return options->udp ? run_udp(machine, *options) : run_tcp(machine, *options);
    });
  });
}

}  // namespace linnet::apps
