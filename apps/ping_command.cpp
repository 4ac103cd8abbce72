// SPDX-License-Identifier: Apache-2.0
// `linnet ping HOST`: ICMP echo (RFC 792, RFC 4443 4).
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>

#include "apps/commands.hpp"
#include "apps/interrupt.hpp"
#include "apps/pattern.hpp"
#include "apps/ping_statistics.hpp"
#include "apps/problem.hpp"
#include "apps/text.hpp"

namespace linnet::apps {
namespace {

struct Types {
  std::uint8_t request;
  std::uint8_t reply;
};
constexpr Types icmp_types{8, 0};
constexpr Types icmpv6_types{128, 129};
constexpr std::size_t header_size = 8;

struct PingOptions {
  DeviceOptions device;
  std::string host;
  std::uint32_t count = 0;  // 0: until interrupted
  Duration interval = Duration::seconds(1);
  Duration patience = Duration::seconds(1);
  std::uint16_t size = 56;
};

class Pinger {
 public:
  Pinger(Machine& machine, const PingOptions& options, const IpAddress& remote)
      : machine_(machine),
        options_(options),
        remote_(remote),
        message_(header_size + options.size),
        reply_(65536) {
    const sockets::Host::Lock lock(machine_.host());
    const auto socket = v6() ? lock.stack().raw().open(ip::protocol::icmpv6, true) : lock.stack().raw().open(ip::protocol::icmp);
    if (!socket) throw Problem("no raw socket is free");
    socket_ = *socket;
    identifier_ = static_cast<std::uint16_t>(lock.stack().random().next32());
  }
  Pinger(const Pinger&) = delete;
  Pinger& operator=(const Pinger&) = delete;
  ~Pinger() {
    const sockets::Host::Lock lock(machine_.host());
    lock.stack().raw().close(socket_);
  }

  int run();

 private:
  bool v6() const { return !remote_.is_v4(); }
  Types types() const { return v6() ? icmpv6_types : icmp_types; }
  ip::RawSockets& raw() { return machine_.host().stack().raw(); }
  void send();
  void receive_until(Instant deadline, bool all_answered_ends);
  bool take_one();
  void show(const ip::RawReceived& info, Bytes message);
  void show_error(const ip::RawReceived& info);

  Machine& machine_;
  const PingOptions& options_;
  IpAddress remote_;
  ip::RawHandle socket_;
  std::uint16_t identifier_ = 0;
  std::uint32_t sequence_ = 0;
  std::vector<std::uint8_t> message_;
  std::vector<std::uint8_t> reply_;
  std::vector<Instant> sent_at_;
  PingStatistics statistics_;
};

int Pinger::run() {
  fmt::print("PING {} ({}) {} data bytes\n", options_.host, AddressText(remote_).view(), options_.size);
  const Instant began = machine_.now();
  Instant next = began;
  while (!Interrupt::requested() && (options_.count == 0 || sequence_ < options_.count)) {
    send();
    next = std::max(next + options_.interval, machine_.now());
    if (sequence_ != options_.count) receive_until(next, false);
  }
  receive_until(machine_.now() + options_.patience, true);
  fmt::print("\n--- {} ping statistics ---\n{}\n", options_.host,
             statistics_.summary(machine_.now() - began));
  return statistics_.replies() > 0 ? exit_code::success : exit_code::failure;
}

void Pinger::send() {
  ++sequence_;
  message_[0] = types().request;
  message_[1] = 0;
  store16(message_.data() + 2, 0);  // the checksum is the stack's business
  store16(message_.data() + 4, identifier_);
  store16(message_.data() + 6, static_cast<std::uint16_t>(sequence_));
  fill_pattern(MutableBytes(message_).subspan(header_size), sequence_);
  const sockets::Host::Lock lock(machine_.host());
  const Bytes message = message_;
  sent_at_.push_back(lock.now());
  statistics_.sent(sequence_);
  const auto sent = raw().send(socket_, {&message, 1}, &remote_, sent_at_.back());
  if (sent || sent.error() == ip::RawError::would_block) return;
  statistics_.error();
  fmt::print(
      "icmp_seq={} could not be sent: {}\n", sequence_,
      sent.error() == ip::RawError::no_route ? "no route to the host" : "the next hop does not answer");
}

void Pinger::receive_until(Instant deadline, bool all_answered_ends) {
  while (!Interrupt::requested()) {
    if (all_answered_ends && statistics_.replies() >= sequence_) return;
    if (!machine_.host().wait_until([this] { return raw().readable(socket_); }, deadline)) {
      if (machine_.now() >= deadline) return;
      continue;
    }
    while (take_one()) {
    }
    std::fflush(stdout);
  }
}

bool Pinger::take_one() {
  ip::RawReceived info;
  {
    const sockets::Host::Lock lock(machine_.host());
    const auto received = raw().receive(socket_, reply_, false);
    if (!received) return false;
    info = *received;
  }
  show(info, Bytes(reply_).first(info.size));
  return true;
}

void Pinger::show(const ip::RawReceived& info, Bytes message) {
  if (message.size() < header_size || load16(message.data() + 4) != identifier_) return;  // somebody else's
  // The number on the wire has 16 bits; the newest request that it can mean is the one.
  const std::uint16_t wire = load16(message.data() + 6);
  const std::uint32_t sequence = sequence_ - static_cast<std::uint16_t>(sequence_ - wire);
  if (sequence == 0 || sequence > sequence_) return;
  if (info.error != ip::ErrorKind::none) {
    if (message[0] == types().request) show_error(info);
    return;
  }
  if (message[0] != types().reply) return;
  std::vector<std::uint8_t> expected(options_.size);
  fill_pattern(expected, sequence);
  const Bytes data = message.subspan(header_size);
  const bool same = std::equal(data.begin(), data.end(), expected.begin(), expected.end());
  const Duration rtt = info.received - sent_at_[sequence - 1];
  const bool first = statistics_.received(sequence, rtt);
  fmt::print("{} bytes from {}: icmp_seq={} ttl={} time={} ms{}{}\n", info.datagram_size,
             AddressText(info.source).view(), sequence, info.ttl, milliseconds_text(rtt),
             first ? "" : " (DUP!)", same ? "" : " (DATA DIFFERS!)");
}

void Pinger::show_error(const ip::RawReceived& info) {
  statistics_.error();
  const auto words = [&] {
    switch (info.error) {
      case ip::ErrorKind::net_unreachable:
        return "Destination Net Unreachable";
      case ip::ErrorKind::host_unreachable:
        return "Destination Host Unreachable";
      case ip::ErrorKind::protocol_unreachable:
        return "Destination Protocol Unreachable";
      case ip::ErrorKind::port_unreachable:
        return "Destination Port Unreachable";
      case ip::ErrorKind::fragmentation_needed:
        return "Fragmentation Needed";
      case ip::ErrorKind::administratively_prohibited:
        return "Packet Filtered";
      case ip::ErrorKind::time_exceeded:
        return "Time to Live Exceeded";
      default:
        return "Parameter Problem";
    }
  };
  fmt::print("From {}: {}\n", AddressText(info.reporter).view(), words());
}

void add_options(CLI::App& command, PingOptions& options) {
  command.add_option("HOST", options.host, "A name or an address")->required();
  add_checked_option(
      command, "-c,--count", "N", "1 to 4294967295", "Stop after that many requests (default: Ctrl-C stops)",
      [&options](const std::string& text) {
        options.count = static_cast<std::uint32_t>(parse_decimal(text, UINT32_MAX).value_or(0));
        return options.count != 0;
      })
      ->group("Options");
  add_checked_option(command, "-i,--interval", "SECONDS", "0.001 to 86400",
                     "Time between requests (default: 1)",
                     [&options](const std::string& text) {
                       options.interval = parse_seconds(text).value_or(Duration());
                       return options.interval >= Duration::milliseconds(1);
                     })
      ->group("Options");
  add_checked_option(command, "-s,--size", "BYTES", "0 to 65507", "Data bytes in each request (default: 56)",
                     [&options](const std::string& text) {
                       const auto size = parse_decimal(text, 65507);
                       if (size) options.size = static_cast<std::uint16_t>(*size);
                       return size.has_value();
                     })
      ->group("Options");
  add_checked_option(command, "-W,--wait", "SECONDS", "a time such as 1, 0.5 or 500ms",
                     "How long to wait for the last replies (default: 1)",
                     [&options](const std::string& text) {
                       const auto time = parse_seconds(text);
                       if (time) options.patience = *time;
                       return time.has_value();
                     })
      ->group("Options");
}

}  // namespace

void add_ping_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("ping", "Send ICMP echo requests");
  auto options = std::make_shared<PingOptions>();
  add_options(*command, *options);
  add_device_options(*command, options->device);
  command->callback([command, options, &exit_code] {
    exit_code = run_on_machine(*command, options->device, [&](Machine& machine) {
      const dns::Answer answer = machine.names().resolve(options->host);
      machine.await_path(answer.addresses()[0]);
      return Pinger(machine, *options, answer.addresses()[0]).run();
    });
  });
}

}  // namespace linnet::apps
