// SPDX-License-Identifier: Apache-2.0
// `linnet listen PORT`: waits for a connection and joins it to stdin and stdout.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "apps/commands.hpp"
#include "apps/datagram_pump.hpp"
#include "apps/interrupt.hpp"
#include "apps/problem.hpp"
#include "apps/pump_options.hpp"
#include "apps/server.hpp"
#include "apps/text.hpp"

namespace linnet::apps {
namespace {

/// A multicast group, and the only sources that are wanted; none: all.
struct Join {
  IpAddress group;
  std::vector<IpAddress> sources;
};

struct ListenOptions {
  DeviceOptions device;
  std::uint16_t port = 0;
  std::uint16_t backlog = 1;
  bool udp = false;
  bool keep = false;
  bool verbose = false;
  std::vector<Join> joins;
  std::optional<Duration> leave_after;
  DatagramOptions datagrams;
};

void announce(Machine& machine, const ListenOptions& options) {
  fmt::print(stderr, "listening on {} ({})\n", endpoint_words({machine.address(), options.port}),
             options.udp ? "UDP" : "TCP");
}

std::optional<Join> parse_join(const std::string& text) {
  const std::size_t at = text.find('@');
  const auto group = IpAddress::parse(text.substr(0, at));
  if (!group || !group->is_multicast()) return std::nullopt;
  Join join{*group, {}};
  if (at == std::string::npos) return join;
  for (const std::string& part : CLI::detail::split(text.substr(at + 1), ',')) {
    const auto source = IpAddress::parse(part);
    if (!source || source->is_v4() != group->is_v4() || source->is_multicast() || source->is_unspecified()) {
      return std::nullopt;
    }
    join.sources.push_back(*source);
  }
  return join;
}

void change_groups(Machine& machine, int fd, const std::vector<Join>& joins, bool enter) {
  using sockets::GroupChange;
  const auto change = [&](GroupChange what, const IpAddress& group, const IpAddress& source) {
    const int result = machine.sockets().change_group(fd, what, group, machine.interface(), source);
    if (enter && result < 0) throw_socket_error(fmt::format("cannot join {}", AddressText(group).view()), result);
  };
  for (const Join& wanted : joins) {
    if (wanted.sources.empty()) change(enter ? GroupChange::join : GroupChange::leave, wanted.group, {});
    for (const IpAddress& source : wanted.sources) {
      change(enter ? GroupChange::join_source : GroupChange::leave_source, wanted.group, source);
    }
  }
}

/// Leaves groups after a while, beside the pump that waits meanwhile: any thread may call a socket.
class LeavesLater {
 public:
  LeavesLater(Machine& machine, int fd, const ListenOptions& options)
      : thread_([this, &machine, fd, &options] { wait(machine, fd, options); }) {}
  LeavesLater(const LeavesLater&) = delete;
  LeavesLater& operator=(const LeavesLater&) = delete;
  ~LeavesLater() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void wait(Machine& machine, int fd, const ListenOptions& options) {
    std::unique_lock lock(mutex_);
    const std::chrono::microseconds after(options.leave_after->as_microseconds());
    if (changed_.wait_for(lock, after, [this] { return ended_; })) return;
    change_groups(machine, fd, options.joins, false);
    fmt::print(stderr, "left the groups\n");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

int run_udp(Machine& machine, const ListenOptions& options) {
  const Stream socket(machine, machine.sockets().socket(sockets::af::inet6, sockets::sock::dgram));
  const int result = machine.sockets().bind(socket.fd(), {IpAddress::any_v6(), options.port});
  if (result < 0) throw_socket_error(fmt::format("cannot use UDP port {}", options.port), result);
  change_groups(machine, socket.fd(), options.joins, true);
  announce(machine, options);
  std::optional<LeavesLater> later;
  if (options.leave_after) later.emplace(machine, socket.fd(), options);
  DatagramPump(machine, options.datagrams).run(socket.fd(), false);
  return exit_code::success;
}

int accept(Machine& machine, int listener, Endpoint& peer) {
  while (true) {
    const int fd = machine.sockets().accept(listener, &peer);
    if (fd >= 0) return fd;
    if (fd != -sockets::error::connection_aborted) throw_socket_error("accepting failed", fd);
  }
}

int run_tcp(Machine& machine, const ListenOptions& options) {
  const Stream listener(machine, listen_on(machine.sockets(), options.port, options.backlog));
  machine.sockets().set_non_blocking(listener.fd(), false);
  announce(machine, options);
  StreamPump pump(machine, options.datagrams.pump);
  do {
    Endpoint peer;
    const Stream connection(machine, accept(machine, listener.fd(), peer));
    if (options.verbose) fmt::print(stderr, "connection from {}\n", endpoint_words(peer));
    try {
      pump.run(connection.fd());
    } catch (const Problem& problem) {
      // With --keep, a peer that resets its connection is no reason to refuse the next one.
      if (!options.keep || Interrupt::requested()) throw;
      fmt::print(stderr, "linnet: {}: {}\n", endpoint_words(peer), problem.what());
    }
  } while (options.keep);
  return exit_code::success;
}

}  // namespace

void add_listen_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("listen", "Wait for a connection and join it to stdin and stdout, as netcat does");
  auto options = std::make_shared<ListenOptions>();
  add_port_argument(*command, options->port);
  command->add_flag("-u,--udp", options->udp, "Datagrams; the first sender is the one who gets ours");
  command->add_flag("-k,--keep", options->keep, "Serve one connection after the other; stdin is not read");
  command->add_flag("-v,--verbose", options->verbose, "Say on stderr who connects");
  add_pump_options(*command, options->datagrams);
  add_checked_option(*command, "--backlog", "N", "1 to 4096",
                     "Connections that wait at the listener (default: 1)",
                     [options](const std::string& text) {
                       options->backlog = static_cast<std::uint16_t>(parse_decimal(text, 4096).value_or(0));
                       return options->backlog != 0;
                     })
      ->group("Options");
  add_repeatable_option(*command, "--join", "GROUP[@SOURCE,...]",
                     "a multicast address, and behind an @ the only senders that are wanted, of the same family",
                     "Listen to a multicast group as well (--udp); repeatable", [options](const std::string& text) {
                       const auto join = parse_join(text);
                       if (join) options->joins.push_back(*join);
                       return join.has_value();
                     })
      ->group("Options");
  add_checked_option(*command, "--leave-after", "SECONDS", "a time", "Leave the groups again after so long, and go on",
                     [options](const std::string& text) {
                       options->leave_after = parse_seconds(text);
                       return options->leave_after.has_value();
                     })
      ->group("Options");
  add_device_options(*command, options->device);
  command->footer("On the user-mode network, --forward leads a port of this machine here.");
  command->callback([command, options, &exit_code] {
    check_pump_options(options->datagrams, options->udp);
    if (!options->joins.empty() && !options->udp) throw CLI::ValidationError("--join", "accepted with --udp");
    if (options->leave_after && options->joins.empty()) throw CLI::ValidationError("--leave-after", "accepted with --join");
    if (options->keep) options->datagrams.pump.use_stdin = false;
    exit_code = run_on_machine(*command, options->device, [&](Machine& machine) {
      return options->udp ? run_udp(machine, *options) : run_tcp(machine, *options);
    });
  });
}

}  // namespace linnet::apps
