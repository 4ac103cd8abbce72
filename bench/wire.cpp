// SPDX-License-Identifier: Apache-2.0
// Two of our hosts over the in-memory wire, on one thread, through non-blocking socket calls.
#include <fmt/format.h>

#include <memory>

#include "bench/stream.hpp"
#include "platform/linux/clock.hpp"
#include "platform/linux/vnet_header.hpp"
#include "sim/wire.hpp"
#include "sockets/host.hpp"
#include "sockets/single_thread_port.hpp"
#include "tests/fixed_buffers.hpp"

namespace linnet::bench {
namespace {

constexpr std::uint16_t port_number = 5001;
constexpr double patience = 10;  // seconds of wall time that one step of a connection may take

using sockets::Host;
using sockets::Sockets;

/// One end: a host with a single interface.
class Station {
 public:
  Station(const Config& stack, sim::WireEnd& device, std::uint8_t number)
      : memory_(new std::uint8_t[size(stack)]),
        port_(seed(number), platform::monotonic_now()),
        host_(stack, sockets_config, {memory_.get(), size(stack)}, port_),
        address_(IpAddress::v4(0x0a000000u + number)) {
    if (!host_.ok()) throw Failure("the stack could not be built");
    device.register_pool(host_.stack().pool());
    const auto interface = host_.stack().add_interface(device);
    if (!interface || !host_.stack().ip().add_address(*interface, {address_, 24}, false, port_.now())) {
      throw Failure("the stack has no room for an interface and its address");
    }
  }

  Host& host() { return host_; }
  Sockets& sockets() { return host_.sockets(); }
  const IpAddress& address() const { return address_; }
  void set_time(Instant now) { port_.set_time(now); }

 private:
  static constexpr sockets::Config sockets_config = sockets::Config::linux_host();
  static std::size_t size(const Config& stack) { return Host::memory_needed(stack, sockets_config); }
  static Random::Seed seed(std::uint8_t number) {
    Random::Seed seed{};
    seed.fill(number);
    return seed;
  }

  std::unique_ptr<std::uint8_t[]> memory_;  // not cleared: pages that nothing touches cost nothing
  sockets::SingleThreadPort port_;
  Host host_;
  IpAddress address_;
};

/// Client and server, the wire between them, and a listening socket.
class World {
 public:
  World(const Config& stack, const sim::WireConfig& wire)
      : wire_(wire), client_(stack, wire_.left(), 1), server_(stack, wire_.right(), 2) {
    listening_ = server().socket(sockets::af::inet, sockets::sock::stream | sockets::sock::nonblock);
    const bool listens = server().bind(listening_, {IpAddress::any_v4(), port_number}) == 0 &&
                         server().listen(listening_, 64) == 0;
    if (!listens) throw Failure("the server cannot listen");
  }

  Sockets& client() { return client_.sockets(); }
  Sockets& server() { return server_.sockets(); }

  /// Both hosts are told the time, so that nobody looks at a clock inside a call.
  void tick() { set_time(platform::monotonic_now()); }
  void set_time(Instant now) {
    client_.set_time(now);
    server_.set_time(now);
  }
  /// Both hosts do what is due.
  void poll() {
    client_.host().poll_once();
    server_.host().poll_once();
  }

  struct Connection {
    int client = -1;
    int server = -1;
  };
  Connection connect() {
    Connection c;
    tick();  // or the handshake's round trip would contain the other rows
    c.client = client().socket(sockets::af::inet, sockets::sock::stream | sockets::sock::nonblock);
    const int begun = client().connect(c.client, {server_.address(), port_number});
    if (begun != 0 && begun != -sockets::error::in_progress) throw Failure(fmt::format("connect: {}", -begun));
    until([&] {
      c.server = server().accept(listening_, nullptr, sockets::sock::nonblock);
      if (c.server < 0 && c.server != -sockets::error::try_again) throw Failure(fmt::format("accept: {}", -c.server));
      return c.server >= 0;
    });
    return c;
  }
  void close(const Connection& c) {
    client().close(c.client);
    server().close(c.server);
  }

  /// Polls until `done()`.
  template <typename Done>
  void until(Done done) {
    const double begun = wall_seconds();
    while (!done()) {
      if (wall_seconds() - begun > patience) throw Failure("two stacks in one process wait for each other");
      tick();
      poll();
    }
  }

 private:
  sim::Wire wire_;
  Station client_;
  Station server_;
  int listening_ = -1;
};

/// Receives what is there. False: the end of the stream was reached.
bool drain(World& world, int fd, Sink& sink) {
  for (;;) {
    const std::ptrdiff_t count = world.server().recv(fd, sink.room());
    if (count == 0) return false;
    if (count == -sockets::error::try_again) return true;
    if (count < 0) throw Failure(fmt::format("recv: {}", -count));
    sink.got(static_cast<std::size_t>(count));
  }
}

/// Sends what the socket takes.
void fill(World& world, int fd, Source& source) {
  for (;;) {
    const std::ptrdiff_t count = world.client().send(fd, source.bytes());
    if (count == -sockets::error::try_again) return;
    if (count < 0) throw Failure(fmt::format("send: {}", -count));
    source.taken(static_cast<std::size_t>(count));
  }
}

Measurement bulk(World& world, const Goal& goal) {
  const World::Connection c = world.connect();
  Source source(goal);
  Sink sink(goal);
  const Meter meter;
  while (goal.checks() ? source.total() < goal.checked_bytes : meter.wall() < goal.seconds) {
    world.tick();
    fill(world, c.client, source);
    drain(world, c.server, sink);
  }
  const Measurement result = meter.stop(static_cast<double>(sink.total()));
  world.client().shutdown(c.client, sockets::shut::write);
  world.until([&] { return !drain(world, c.server, sink); });
  require_equal(source.total(), sink.total());
  world.close(c);
  return result;
}

/// One byte there and one back.
Measurement ping_pong(World& world, double seconds) {
  const World::Connection c = world.connect();
  world.client().set_option(c.client, sockets::ipproto::tcp, sockets::tcp_option::no_delay, 1);
  world.server().set_option(c.server, sockets::ipproto::tcp, sockets::tcp_option::no_delay, 1);
  std::uint8_t byte = 0;
  std::uint64_t rounds = 0;
  const auto across = [&](Sockets& from, int sending, Sockets& to, int receiving) {
    std::uint8_t arrived = 0;
    const bool right = from.send(sending, {&byte, 1}) == 1 && to.recv(receiving, {&arrived, 1}) == 1;
    if (!right || arrived != byte) throw Failure("a byte did not come across");
  };
  const Meter meter;
  while (meter.wall() < seconds) {
    for (int i = 0; i < 64; ++i, ++rounds) {
      ++byte;
      across(world.client(), c.client, world.server(), c.server);
      across(world.server(), c.server, world.client(), c.client);
    }
    world.tick();
  }
  const Measurement result = meter.stop(static_cast<double>(rounds));
  world.close(c);
  return result;
}

/// Opens a connection, accepts it, ends it by a reset from the client.
Measurement connect_and_reset(World& world, double seconds) {
  std::uint64_t count = 0;
  const Meter meter;
  for (; meter.wall() < seconds; ++count) {
    const World::Connection c = world.connect();
    world.client().set_linger(c.client, Duration());
    world.client().close(c.client);
    std::uint8_t byte = 0;
    const std::ptrdiff_t end = world.server().recv(c.server, {&byte, 1});
    if (end != -sockets::error::connection_reset) throw Failure(fmt::format("a reset connection said {}", end));
    world.server().close(c.server);
  }
  return meter.stop(static_cast<double>(count));
}

/// Opens a connection, accepts it, closes both ends; the client's goes through TIME-WAIT.
Measurement connect_and_close(World& world, double seconds) {
  std::uint64_t count = 0;
  const Meter meter;
  for (; meter.wall() < seconds; ++count) {
    const World::Connection c = world.connect();
    world.client().close(c.client);
    std::uint8_t byte = 0;
    const std::ptrdiff_t end = world.server().recv(c.server, {&byte, 1});
    if (end != 0) throw Failure(fmt::format("a closed connection said {}", end));
    world.server().close(c.server);
    world.poll();
  }
  return meter.stop(static_cast<double>(count));
}

sim::WireConfig wire_config(const Capabilities& capabilities) {
  sim::WireConfig config;
  config.left.capabilities = capabilities;
  config.right.capabilities = capabilities;
  return config;
}

/// A world lives as long as its row: built for the first measurement.
std::function<World&()> lazily(const Config& stack, const Capabilities& capabilities) {
  auto world = std::make_shared<std::unique_ptr<World>>();
  return [=]() -> World& {
    if (*world == nullptr) *world = std::make_unique<World>(stack, wire_config(capabilities));
    return **world;
  };
}

Row bulk_row(std::string name, std::string what, const Config& stack, const Capabilities& capabilities) {
  const auto world = lazily(stack, capabilities);
  return {.name = std::move(name),
          .what = std::move(what),
          .measure = [=](double seconds) { return bulk(world(), {.seconds = seconds}); },
          .check = [=] { bulk(world(), check_goal); }};
}

}  // namespace

std::vector<Row> wire_rows(std::uint32_t buffer) {
  Config stack = test::fixed_buffers(buffer);
  Config mortal = stack;
  // So that the four-tuples of one second do not run out: 2 MSL are 20 ms here.
  mortal.tcp.maximum_segment_lifetime = Duration::milliseconds(10);
  const Capabilities offloads{.transmit_checksum = true,
                              .receive_checksum = true,
                              .segmentation = platform::max_super_segment};
  const auto plain = lazily(stack, {});
  const auto closing = lazily(mortal, {});
  return {bulk_row("a", "(a) two stacks over the in-memory wire, MSS 1460, software checksums", stack, {}),
          bulk_row("b", "(b) the same, super-segments up to 64 KiB, checksums offloaded", stack, offloads),
          Row{.name = "ping-pong",
              .what = "two stacks, one byte there and back",
              .unit = Unit::nanoseconds,
              .measure = [=](double seconds) { return ping_pong(plain(), seconds); }},
          Row{.name = "connect-reset",
              .what = "two stacks, connections opened, accepted and reset",
              .unit = Unit::thousands,
              .measure = [=](double seconds) { return connect_and_reset(plain(), seconds); }},
          Row{.name = "connect-close",
              .what = "two stacks, connections opened, accepted and closed, with TIME-WAIT",
              .unit = Unit::thousands,
              .measure = [=](double seconds) { return connect_and_close(closing(), seconds); }}};
}

}  // namespace linnet::bench
