// SPDX-License-Identifier: Apache-2.0
#include "apps/datagram_pump.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "apps/interrupt.hpp"
#include "apps/pattern.hpp"
#include "apps/problem.hpp"

namespace linnet::apps {
namespace {

constexpr std::size_t largest_datagram = 65507;

}  // namespace

DatagramPump::DatagramPump(Machine& machine, const DatagramOptions& options)
    : machine_(machine), options_(options), stdin_(machine), stdout_(""), buffer_(65536) {}

void DatagramPump::run(int fd, bool connected) {
  fd_ = fd;
  connected_ = connected;
  machine_.sockets().set_non_blocking(fd, true);
  source_ended_ = !options_.pump.use_stdin && !options_.pump.pattern_bytes;
  last_ = machine_.now();
  while (!Interrupt::requested()) {
    if (options_.count && received_ >= *options_.count) return;
    if (source_ended_ && options_.quiet && machine_.now() >= last_ + *options_.quiet) return;
    if (connected_ && !source_ended_) send_next();
    if (!receive()) wait();
  }
  throw Problem("interrupted", exit_code::interrupted);
}

void DatagramPump::send_next() {
  std::size_t size = 0;
  if (options_.pump.pattern_bytes) {
    size = static_cast<std::size_t>(*options_.pump.pattern_bytes);
    fill_pattern(MutableBytes(buffer_).first(size), 0);
    source_ended_ = true;
  } else {
    if (!stdin_.ready()) return stdin_.watch();
    size = stdin_.read(MutableBytes(buffer_).first(largest_datagram));
    source_ended_ = stdin_.ended();
    if (source_ended_) return;
  }
  std::ptrdiff_t n = 0;
  while ((n = machine_.sockets().send(fd_, Bytes(buffer_).first(size))) == -sockets::error::try_again) {
    sockets::PollEntry entry{.fd = fd_, .events = sockets::event::out};
    static_cast<void>(machine_.sockets().poll({&entry, 1}, Duration::milliseconds(10)));
  }
  if (n < 0) throw_socket_error("sending failed", static_cast<int>(n));
  last_ = machine_.now();
}

bool DatagramPump::receive() {
  Endpoint from;
  const std::ptrdiff_t n = machine_.sockets().recvfrom(fd_, buffer_, 0, &from);
  if (n == -sockets::error::try_again) return false;
  if (n < 0) throw_socket_error("receiving failed", static_cast<int>(n));
  last_ = machine_.now();
  ++received_;
  const Bytes datagram = Bytes(buffer_).first(static_cast<std::size_t>(n));
  if (options_.pump.sha256) {
    Sha256 sha;
    sha.add(datagram);
    fmt::print("{}  {} bytes\n", sha.finish_hex(), n);
    std::fflush(stdout);
  } else if (!options_.pump.echo) {
    stdout_.write(datagram);
  }
  if (options_.pump.echo) {
    static_cast<void>(machine_.sockets().sendto(fd_, datagram, 0, &from));
  } else if (!connected_) {
    connected_ = machine_.sockets().connect(fd_, from) >= 0;
  }
  return true;
}

void DatagramPump::wait() {
  sockets::PollEntry entry{.fd = fd_, .events = sockets::event::in};
  std::optional<Duration> timeout;
  if (source_ended_ && options_.quiet)
    timeout = std::max(Duration(), last_ + *options_.quiet - machine_.now());
  static_cast<void>(machine_.sockets().poll({&entry, 1}, timeout));
}

}  // namespace linnet::apps
