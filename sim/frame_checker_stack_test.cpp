// SPDX-License-Identifier: Apache-2.0
// What the stack and its services really send, held against the RFCs by FrameChecker.
#include <gtest/gtest.h>

#include <memory>

#include "services/dhcp/client.hpp"
#include "services/dhcp/test_message.hpp"
#include "services/dns/resolver.hpp"
#include "sim/test_checked_network.hpp"

namespace linnet::sim::test {
namespace {

constexpr IpAddress left_address = IpAddress::v4(10, 0, 0, 1);
constexpr IpAddress right_address = IpAddress::v4(10, 0, 0, 2);

Impairments faults_of(std::uint64_t seed) {
  Choices choices(seed, "faults");
  Impairments faults;
  if (choices.chance(50)) faults.loss = choices.log_between32(100, 100000);
  if (choices.chance(50)) faults.corrupt = choices.log_between32(100, 20000);
  if (choices.chance(50)) {
    faults.reorder = choices.log_between32(1000, 200000);
    faults.reorder_delay = Duration::milliseconds(static_cast<std::int64_t>(choices.between(1, 100)));
  }
  if (choices.chance(50)) {
    faults.duplicate = choices.log_between32(1000, 100000);
    faults.duplicate_delay = Duration::milliseconds(static_cast<std::int64_t>(choices.between(0, 100)));
  }
  if (choices.chance(50))
    faults.delay = Duration::milliseconds(static_cast<std::int64_t>(choices.between(1, 100)));
  return faults;
}

Config large_blocks() {
  Config config;
  config.blocks.small_count = 256;
  config.blocks.large_size = 66048;
  config.blocks.large_count = 4;
  return config;
}

/// An echo request of `size` bytes of data from the left.
void ping(CheckedNetwork& network, ip::RawHandle socket, std::size_t size, std::uint16_t number) {
  std::vector<std::uint8_t> message(8 + size, 0x61);
  message[0] = 8;
  message[1] = message[2] = message[3] = 0;
  store32(message.data() + 4, 0x77770000u | number);
  const Bytes piece = message;
  ASSERT_TRUE(network.left.stack().raw().send(socket, {&piece, 1}, &right_address, network.world.now()));
}

TEST(FrameCheckerStack, probes_and_announcements) {
  CheckedNetwork network(1);
  network.configure(true);
  EXPECT_EQ(network.violations(), "");
  EXPECT_EQ(network.left.device.checker.frames(), 5u);  // RFC 5227: three probes, two announcements
}

TEST(FrameCheckerStack, pings_whole_and_in_fragments) {
  CheckedNetwork network(2, {}, large_blocks(), large_blocks());
  network.configure();
  const auto socket = network.left.stack().raw().open(1);
  ASSERT_TRUE(socket);
  std::uint16_t number = 0;
  for (const std::size_t size : {0u, 1u, 56u, 57u, 1472u, 1473u, 4001u, 8000u}) {
    ping(network, *socket, size, ++number);
    network.wait(Duration::seconds(2));
    std::array<std::uint8_t, 9000> answer;
    EXPECT_TRUE(network.left.stack().raw().receive(*socket, answer, false)) << size;
  }
  EXPECT_EQ(network.violations(), "");
}

TEST(FrameCheckerStack, datagrams_to_one_and_to_all) {
  CheckedNetwork network(3, {}, large_blocks(), large_blocks());
  network.configure();
  udp::Udp& udp = network.left.stack().udp();
  const auto socket = udp.open();
  ASSERT_TRUE(socket);
  udp.options(*socket)->broadcast = true;
  const std::vector<std::uint8_t> text(4000, 0x62);
  const std::array<IpAddress, 4> to = {right_address, IpAddress::v4(10, 0, 0, 255), IpAddress::broadcast_v4(),
                                       IpAddress::v4(239, 255, 2, 3)};
  for (const IpAddress& address : to) {
    for (const std::size_t size : {0u, 1u, 1472u, 1473u, 4000u}) {
      const Bytes piece = Bytes(text).first(size);
      const Endpoint endpoint{address, 6789};
      EXPECT_TRUE(udp.send(*socket, {&piece, 1}, &endpoint, {.interface = network.left.interface},
                           network.world.now()));
      network.wait(Duration::milliseconds(500));
    }
  }
  EXPECT_EQ(network.violations(), "");
}

/// Each is answered by an ICMP error, until the limiter has had enough.
TEST(FrameCheckerStack, a_flood_to_closed_ports) {
  CheckedNetwork network(4, {}, large_blocks());
  network.configure();
  udp::Udp& udp = network.left.stack().udp();
  const auto socket = udp.open();
  ASSERT_TRUE(socket);
  const std::uint64_t before = network.right.device.checker.frames();
  for (std::uint16_t i = 0; i < 2000; ++i) {
    const std::vector<std::uint8_t> text(i % 1400, 0x63);
    const Bytes piece = text;
    const Endpoint endpoint{right_address, static_cast<std::uint16_t>(1000 + i)};
    static_cast<void>(udp.send(*socket, {&piece, 1}, &endpoint, {}, network.world.now()));
    network.wait(Duration::milliseconds(3));
  }
  EXPECT_EQ(network.violations(), "");
  EXPECT_GT(network.right.device.checker.frames(), before + 50);
}

/// A connection of the left to the right, that carries `size` bytes each way and is closed or aborted.
class Transfer final : public Program {
 public:
  Transfer(CheckedNetwork& network, std::uint64_t seed, const tcp::Options& client,
           const tcp::Options& server)
      : network_(network), choices_(seed, "transfer"), client_options_(client) {
    const auto listener = network.right.host.tcp().bind({IpAddress::any_v4(), 80}, false);
    listener_ = *listener;
    EXPECT_TRUE(network.right.host.tcp().listen(listener_, 4, server));
    network.add_program(*this);
  }
  void connect(std::size_t size, bool abort) {
    abort_ = abort;
    for (Side* side : {&client_, &server_}) *side = {.left = size};
    const auto connection =
        network_.left.host.tcp().connect({}, {right_address, 80}, client_options_, network_.world.now());
    ASSERT_TRUE(connection);
    client_.connection = *connection;
    connected_ = true;
  }
  Instant step(Instant now) override {
    if (!connected_) return Instant::never();
    if (!server_.connection) {
      if (const auto connection = network_.right.host.tcp().accept(listener_))
        server_.connection = *connection;
    }
    const bool moved = move(network_.left.host.tcp(), client_, now);
    return move(network_.right.host.tcp(), server_, now) || moved ? now : Instant::never();
  }
  bool over() const { return client_.over && server_.over; }
  std::uint64_t received() const { return received_; }
  void stop(Instant now) {
    connected_ = false;
    network_.left.host.tcp().abort(client_.connection, now);
    network_.right.host.tcp().abort(server_.connection, now);
  }

 private:
  struct Side {
    tcp::ConnectionHandle connection;
    std::size_t left = 0;
    bool shut = false;
    bool over = false;
  };
  bool move(tcp::Tcp& tcp, Side& side, Instant now) {
    if (!side.connection || side.over) return false;
    bool moved = false;
    const auto size = static_cast<std::size_t>(choices_.between(1, buffer_.size()));
    if (side.left > 0) {
      const auto sent = tcp.send(side.connection, Bytes(buffer_).first(std::min(size, side.left)), {}, now);
      if (sent) side.left -= *sent;
      moved = static_cast<bool>(sent);
    } else if (!side.shut) {
      if (abort_ && &side == &client_) {
        tcp.abort(side.connection, now);
        return side.over = true;
      }
      side.shut = static_cast<bool>(tcp.shutdown_send(side.connection, now));
    }
    const auto received = tcp.receive(side.connection, MutableBytes(buffer_).first(size), false, now);
    const bool wait = !received && (received.error() == tcp::Error::would_block ||
                                    received.error() == tcp::Error::in_progress);
    if (wait) return moved;
    if (received) received_ += *received;
    if (received && (*received > 0 || !side.shut)) return true;
    tcp.close(side.connection, now);
    return side.over = true;
  }
  CheckedNetwork& network_;
  Choices choices_;
  tcp::Options client_options_;
  tcp::ListenerHandle listener_;
  Side client_;
  Side server_;
  bool connected_ = false;
  bool abort_ = false;
  std::uint64_t received_ = 0;
  std::array<std::uint8_t, 4096> buffer_{};
};

Config config_of(std::uint64_t seed, std::string_view side) {
  Choices choices(seed, side);
  Config config = large_blocks();
  config.tcp.ecn = choices.chance(50) ? tcp::Ecn::request : tcp::Ecn::accept;
  config.tcp.timestamps = choices.chance(60);
  config.tcp.window_scaling = choices.chance(60);
  config.tcp.selective_acknowledgment = choices.chance(80);
  config.tcp.receive_buffer = choices.log_between32(2048, 131071);
  config.tcp.send_buffer = choices.log_between32(2048, 131071);
  config.tcp.reassembly_blocks = 64;
  return config;
}

/// Seeds of faults and configurations, each with four connections of up to 41 times `unit` bytes each way.
void transfer_with_faults(std::size_t unit) {
  std::uint64_t received = 0;
  std::uint64_t frames = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CheckedNetwork network(seed, faults_of(seed), config_of(seed, "left"), config_of(seed, "right"));
    network.configure();
    Transfer transfer(network, seed, {.fast_open = seed % 3 == 0}, {.fast_open_queue = 4});
    for (int i = 0; i < 4; ++i) {
      transfer.connect(seed * unit + 7, i == 2);
      network.world.run(network.world.now() + Duration::seconds(600), [&] { return transfer.over(); });
      transfer.stop(network.world.now());
      network.wait(Duration::seconds(2));
    }
    ASSERT_EQ(network.violations(), "") << "seed " << seed;
    received += transfer.received();
    frames += network.left.device.checker.frames() + network.right.device.checker.frames();
  }
  EXPECT_GT(received, unit * 2000);
  EXPECT_GT(frames, 1500u);
}

TEST(FrameCheckerStack, transfers_with_faults) { transfer_with_faults(60); }
TEST(FrameCheckerStackHeavy, larger_transfers_with_faults) { transfer_with_faults(1000); }

TEST(FrameCheckerStack, a_connection_that_is_refused) {
  CheckedNetwork network(5);
  network.configure();
  for (std::uint16_t port = 1; port <= 20; ++port) {
    const auto connection =
        network.left.host.tcp().connect({}, {right_address, port}, {}, network.world.now());
    ASSERT_TRUE(connection);
    network.wait(Duration::seconds(1));
    EXPECT_EQ(network.left.host.tcp().take_error(*connection), tcp::Error::refused);
    network.left.host.tcp().close(*connection, network.world.now());
  }
  EXPECT_EQ(network.violations(), "");
}

/// The right host is a DHCP server of few words.
class DhcpServer final : public Program {
 public:
  explicit DhcpServer(CheckedNetwork& network) : network_(network) {
    udp::Udp& udp = network.right.stack().udp();
    socket_ = *udp.open();
    udp.options(socket_)->broadcast = true;
    EXPECT_TRUE(udp.bind(socket_, {IpAddress::any_v4(), 67}, false));
    network.add_program(*this);
  }
  Instant step(Instant now) override {
    udp::Udp& udp = network_.right.stack().udp();
    std::array<std::uint8_t, 1500> bytes;
    const auto received = udp.receive(socket_, bytes, false);
    if (!received) return Instant::never();
    const auto message = dhcp::Message::parse(Bytes(bytes).first(received->size));
    EXPECT_TRUE(message);
    if (message) answer(*message, now);
    return now;
  }
  std::uint32_t lease_seconds = 120;
  bool answers = true;
  std::uint32_t answered = 0;

 private:
  void answer(const dhcp::Message& message, Instant now) {
    if (message.type() != dhcp::MessageType::discover && message.type() != dhcp::MessageType::request) return;
    if (!answers) return;
    const bool offer = message.type() == dhcp::MessageType::discover;
    dhcp::test::ServerMessage reply(offer ? dhcp::MessageType::offer : dhcp::MessageType::ack, message.xid());
    reply.yiaddr(IpAddress::v4(10, 0, 0, 99))
        .u32(51, lease_seconds)
        .address(1, IpAddress::v4(255, 255, 255, 0));
    reply.address(54, right_address).address(3, right_address);
    const auto bytes = reply.finish();
    const Bytes piece = bytes;
    const Endpoint to{IpAddress::broadcast_v4(), 68};
    EXPECT_TRUE(network_.right.stack().udp().send(socket_, {&piece, 1}, &to,
                                                  {.interface = network_.right.interface}, now));
    ++answered;
  }
  CheckedNetwork& network_;
  udp::SocketHandle socket_;
};

struct DhcpClient final : Program {
  DhcpClient(CheckedNetwork& network, const dhcp::Config& config)
      : memory(dhcp::Client::memory_needed(config) + Arena::alignment),
        arena(memory.bytes()),
        client(network.left.stack(), network.left.interface, config, arena) {
    network.add_program(*this);
  }
  Instant step(Instant now) override { return client.poll(now); }

  Memory memory;
  Arena arena;
  dhcp::Client client;
};

/// Nobody tells the checker of the address: it learns it, and its end, from the wire.
TEST(FrameCheckerStack, dhcp_leases_are_renewed_and_run_out) {
  for (const dhcp::Probe probe : {dhcp::Probe::none, dhcp::Probe::arp_check, dhcp::Probe::full}) {
    CheckedNetwork network(6);
    network.right.add_address(0x0a000002, false, network.world.now());
    DhcpServer server(network);
    DhcpClient left(network, {.host_name = "left", .probe = probe});
    ASSERT_TRUE(left.client.start(network.world.now()));
    network.wait(Duration::seconds(290));  // not a multiple of half a lease
    EXPECT_EQ(left.client.status().state, dhcp::State::bound);
    EXPECT_GT(server.answered, 4u);
    Transfer transfer(network, 6, {}, {});
    transfer.connect(50000, false);
    network.wait(Duration::seconds(10));
    EXPECT_TRUE(transfer.over());
    server.answers = false;
    network.wait(Duration::seconds(300));
    EXPECT_NE(left.client.status().state, dhcp::State::bound);
    server.answers = true;
    network.wait(Duration::seconds(200));
    left.client.stop(network.world.now(), true);
    network.wait(Duration::seconds(5));
    ASSERT_TRUE(left.client.start(network.world.now(), IpAddress::v4(10, 0, 0, 99)));
    network.wait(Duration::seconds(50));
    EXPECT_EQ(left.client.status().state, dhcp::State::bound);
    EXPECT_EQ(network.violations(), "");
  }
}

/// The right host has the address that it leases to others.
TEST(FrameCheckerStack, dhcp_address_that_is_taken_is_declined) {
  CheckedNetwork network(7);
  network.right.add_address(0x0a000002, false, network.world.now());
  network.right.add_address(0x0a000063, false, network.world.now());
  DhcpServer server(network);
  DhcpClient left(network, {.probe = dhcp::Probe::arp_check});
  ASSERT_TRUE(left.client.start(network.world.now()));
  network.wait(Duration::seconds(100));
  EXPECT_NE(left.client.status().state, dhcp::State::bound);
  EXPECT_EQ(network.violations(), "");
}

void transfer_over_a_link_that_comes_and_goes(std::size_t size, int times) {
  CheckedNetwork network(10, {.delay = Duration::milliseconds(5)}, large_blocks(), large_blocks());
  network.configure();
  Transfer transfer(network, 10, {}, {});
  transfer.connect(size, false);
  for (int i = 0; i < times; ++i) {
    network.wait(Duration::milliseconds(77 * i));
    network.set_up(false);
    network.wait(Duration::milliseconds(50 * i));
    network.set_up(true);
  }
  EXPECT_GT(transfer.received(), size / 5);
  EXPECT_EQ(network.violations(), "");
}

TEST(FrameCheckerStack, a_link_that_comes_and_goes) { transfer_over_a_link_that_comes_and_goes(200000, 12); }
TEST(FrameCheckerStackHeavy, a_link_that_comes_and_goes_for_longer) {
  transfer_over_a_link_that_comes_and_goes(5000000, 50);
}

/// That the tests above see nothing must not be because they cannot.
TEST(FrameCheckerStack, what_is_wrong_is_seen) {
  CheckedNetwork network(11);
  network.configure();
  const auto socket = network.left.stack().raw().open(1);
  ASSERT_TRUE(socket);
  network.left.device.checker.address_removed(left_address.v4_value());
  ping(network, *socket, 56, 1);
  network.wait(Duration::seconds(1));
  EXPECT_TRUE(network.violations().starts_with("RFC5227.2.1.sender: byte 28 of 42")) << network.violations();
}

struct ResolverProgram final : Program {
  ResolverProgram(CheckedNetwork& network, const dns::Config& config)
      : memory(dns::Resolver::memory_needed(config) + Arena::alignment),
        arena(memory.bytes()),
        resolver(network.left.stack(), config, arena) {
    network.add_program(*this);
  }
  Instant step(Instant now) override { return resolver.poll(now); }

  Memory memory;
  Arena arena;
  dns::Resolver resolver;
};

TEST(FrameCheckerStack, dns_queries) {
  CheckedNetwork network(8);
  network.configure();
  ResolverProgram left(network, {});
  ASSERT_TRUE(left.resolver.set_server(0, right_address));
  const std::uint64_t before = network.left.device.checker.frames();
  for (int i = 0; i < 40; ++i) {
    const auto query =
        left.resolver.resolve("host" + std::to_string(i) + ".example.org", network.world.now());
    ASSERT_TRUE(query);
    network.wait(Duration::seconds(12));
    left.resolver.release(*query);
  }
  EXPECT_GE(network.left.device.checker.frames(), before + 40);
  EXPECT_EQ(network.violations(), "");
}

TEST(FrameCheckerStack, an_echo_reply_carries_no_congestion_mark) {
  CheckedNetwork network(9);
  network.configure();
  const auto socket = network.left.stack().raw().open(1);
  network.left.stack().raw().options(*socket)->traffic_class = 3;  // as a router marks
  ping(network, *socket, 56, 1);
  network.wait(Duration::seconds(1));
  EXPECT_TRUE(network.right.device.violations.empty()) << network.violations();
}

TEST(FrameCheckerStack, what_waits_for_a_neighbour_does_not_outlive_its_source_address) {
  CheckedNetwork network(10, {}, large_blocks(), large_blocks());
  network.configure();
  udp::Udp& udp = network.left.stack().udp();
  const auto socket = udp.open();
  const std::vector<std::uint8_t> text(100, 0x62);
  network.left.add_address(0x0a000005, false, network.world.now());
  network.wait(Duration::seconds(3));
  ASSERT_TRUE(udp.bind(*socket, {IpAddress::v4(10, 0, 0, 5), 0}, false));
  const Bytes piece = Bytes(text);
  const Endpoint endpoint{IpAddress::v4(10, 0, 0, 9), 6789};
  EXPECT_TRUE(udp.send(*socket, {&piece, 1}, &endpoint, {}, network.world.now()));
  network.left.stack().ip().remove_address(network.left.interface, IpAddress::v4(10, 0, 0, 5));
  network.left.device.checker.address_removed(0x0a000005);
  network.right.add_address(0x0a000009, false, network.world.now());  // its announcement resolves it
  network.wait(Duration::seconds(5));
  EXPECT_EQ(network.violations(), "");
}

TEST(FrameCheckerStack, an_address_that_is_taken_away_under_a_connection) {
  CheckedNetwork network(9, {.delay = Duration::milliseconds(5)}, large_blocks(), large_blocks());
  network.configure();
  Transfer transfer(network, 9, {}, {});
  transfer.connect(1000000, false);
  network.wait(Duration::milliseconds(100));
  network.left.stack().ip().remove_address(network.left.interface, left_address);
  network.left.device.checker.address_removed(left_address.v4_value());
  const std::uint64_t before = network.right.device.checker.frames();
  network.wait(Duration::seconds(600));
  EXPECT_FALSE(transfer.over());
  EXPECT_GT(network.right.device.checker.frames(), before);
  EXPECT_EQ(network.violations(), "");
}

}  // namespace
}  // namespace linnet::sim::test
