// SPDX-License-Identifier: Apache-2.0
// Our stack at an end of a transfer: a station of its own on an interface, by a packet socket.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "bench/goodput/ends.hpp"
#include "bench/measure.hpp"
#include "platform/linux/packet_socket.hpp"
#include "platform/linux/sockets_port.hpp"
#include "sockets/host.hpp"
#include "tests/fixed_buffers.hpp"

namespace linnet::bench {
namespace {

constexpr std::size_t chunk = 256 * 1024;
const Duration turn = Duration::milliseconds(50);     // so often an end looks whether it is to leave
const Duration patience = Duration::seconds(60);      // for the link to come up, for a connection to be made

using sockets::Sockets;

void require(bool good, const std::string& what) {
  if (!good) throw Failure(what);
}

IpAddress address_of(const std::string& text) {
  const auto address = IpAddress::parse(text);
  require(address && address->is_v4(), "not an IPv4 address: " + text);
  return *address;
}

class OurStation {
 public:
  explicit OurStation(const Station& station) {
    auto device = platform::PacketSocket::open(station.interface);
    if (!device) throw Failure(device.error().text);
    device_ = std::move(*device);
    Config stack = test::fixed_buffers(station.buffer);
    // What waits out of order is at most a window, in an Ethernet's segments.
    const std::uint32_t segments = std::min<std::uint32_t>(station.buffer / 1360 + 16, UINT16_MAX);
    stack.tcp.reassembly_blocks = static_cast<std::uint16_t>(segments);
    stack.blocks.small_count = std::max(stack.blocks.small_count, segments * 4);
    stack.blocks.large_count = std::max(stack.blocks.large_count, station.buffer / 65536 * 3);
    const sockets::Config config = sockets::Config::linux_host();
    const std::size_t size = sockets::Host::memory_needed(stack, config);
    memory_.reset(new std::uint8_t[size]);
    host_ = std::make_unique<sockets::Host>(stack, config, MutableBytes(memory_.get(), size), port_);
    require(host_->ok(), "the stack could not be built");
    const auto interface = host_->stack().add_interface(*device_);
    require(interface && host_->stack().ip().add_address(*interface, {address_of(station.address), 24}, false, port_.now()),
            "the stack has no room for an interface and its address");
    port_.poller().add(*device_);
  }
  ~OurStation() { port_.poller().remove(*device_); }

  Sockets& sockets() { return host_->sockets(); }
  Instant now() { return port_.now(); }
  void await_link() {
    require(host_->wait_until([this] { return device_->link_up(); }, port_.now() + patience), "the link is not up");
  }
  int socket() {
    const int fd = sockets().socket(sockets::af::inet, sockets::sock::stream);
    require(fd >= 0, "no descriptor");
    sockets().set_send_timeout(fd, turn);
    sockets().set_receive_timeout(fd, turn);
    return fd;
  }
  /// Lets the stack work.
  void idle(Duration time) {
    host_->wait_until([] { return false; }, port_.now() + time);
  }

 private:
  platform::SocketsPort port_;
  std::unique_ptr<platform::PacketSocket> device_;
  std::unique_ptr<std::uint8_t[]> memory_;  // not cleared: pages that nothing touches cost nothing
  std::unique_ptr<sockets::Host> host_;
};

bool waits(std::ptrdiff_t result) {
  return result == -sockets::error::try_again || result == -sockets::error::interrupted ||
         result == -sockets::error::in_progress || result == -sockets::error::already;
}

bool connect_to(OurStation& station, int fd, const Endpoint& to) {
  for (const Instant end = station.now() + patience; station.now() < end && !asked_to_end;) {
    const int result = station.sockets().connect(fd, to);
    if (result == 0 || result == -sockets::error::is_connected) return true;
    if (!waits(result)) throw Failure(fmt::format("our connect: {}", sockets::error_name(-result)));
    station.idle(Duration::milliseconds(1));
  }
  return false;
}

std::uint64_t send_all(OurStation& station, int fd, std::uint64_t bytes) {
  const std::vector<std::uint8_t> piece(chunk, 0x5a);
  std::uint64_t sent = 0;
  while (sent < bytes && !asked_to_end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk, bytes - sent));
    const std::ptrdiff_t count = station.sockets().send(fd, Bytes(piece).first(wanted));
    if (count < 0 && !waits(count)) {
      throw Failure(fmt::format("our send: {}", sockets::error_name(static_cast<int>(-count))));
    }
    sent += count > 0 ? static_cast<std::uint64_t>(count) : 0;
  }
  return sent;
}

}  // namespace

void stack_send(const SendOptions& options) {
  OurStation station(options.station);
  station.await_link();
  Sockets& s = station.sockets();
  const int fd = station.socket();
  std::uint64_t sent = 0;
  if (connect_to(station, fd, {address_of(options.to), options.port})) {
    sent = send_all(station, fd, options.bytes);
    s.shutdown(fd, sockets::shut::write);
    std::uint8_t byte = 0;
    while (!asked_to_end && waits(s.recv(fd, {&byte, 1}))) {
    }
  }
  const auto status = s.status(fd).value_or(tcp::Status{});
  fmt::print("{{\"taken\": {}, \"retransmissions\": {}, \"segments_out\": {}, \"smoothed_rtt_us\": {}, "
             "\"congestion_window\": {}, \"send_window\": {}}}\n",
             sent, status.retransmissions, status.segments_out, status.smoothed_rtt.as_microseconds(),
             status.congestion_window, status.send_window);
  std::fflush(stdout);
  s.set_linger(fd, Duration());
  s.close(fd);
}

void stack_receive(const ReceiveOptions& options) {
  OurStation station(options.station);
  Sockets& s = station.sockets();
  const int listener = station.socket();
  require(s.bind(listener, {IpAddress::any_v4(), options.port}) == 0 && s.listen(listener, 1) == 0, "our socket cannot listen");
  station.await_link();
  fmt::print("listening\n");
  std::fflush(stdout);
  Account account;
  int fd = -1;
  for (const Instant end = station.now() + patience; fd < 0 && station.now() < end && !asked_to_end;) {
    fd = s.accept(listener);
    if (fd < 0 && !waits(fd)) throw Failure(fmt::format("our accept: {}", sockets::error_name(-fd)));
  }
  if (fd >= 0) {
    account.accepted();
    s.set_receive_timeout(fd, turn);
    std::vector<std::uint8_t> room(chunk);
    while (!asked_to_end && account.bytes() < options.bytes && account.elapsed() < options.seconds) {
      const std::ptrdiff_t count = s.recv(fd, room);
      if (count == 0) break;
      if (count < 0 && !waits(count)) {
        throw Failure(fmt::format("our recv: {}", sockets::error_name(static_cast<int>(-count))));
      }
      if (count > 0) account.got(static_cast<std::size_t>(count));
    }
  }
  account.print(options.bytes);
  // The connection stays: a sender that met a reset could not say what it counted.
  while (!asked_to_end) station.idle(turn);
}

}  // namespace linnet::bench
