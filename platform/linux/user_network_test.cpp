// SPDX-License-Identifier: Apache-2.0
// The user-mode network: hand-made frames on one side, sockets of the host on the other.
#include "platform/linux/user_network.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <mutex>
#include <thread>

#include "core/base/checksum.hpp"
#include "platform/linux/clock.hpp"
#include "platform/linux/test_support.hpp"

namespace linnet::platform {
namespace {

using namespace test;

constexpr IpAddress localhost = IpAddress::loopback_v4();
constexpr IpAddress any = IpAddress::any_v4();
constexpr MacAddress gateway_mac{{0x52, 0x55, 10, 0, 2, 2}};  // slirp: 52:55 and the address

sockaddr_in socket_address(const IpAddress& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(address.v4_value());
  return result;
}

/// A socket on 127.0.0.1 with a port of the system's choice.
struct HostSocket {
  explicit HostSocket(int type) : fd(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = socket_address(localhost, 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
  }
  FileDescriptor fd;
  std::uint16_t port = 0;
};

class UserNetworkTest : public testing::Test {
 protected:
  UserNetworkTest() : blocks_(with_large_blocks()) {}

  void open(UserNetworkOptions options = {}) {
    options.mac_seed = 5;
    auto network = UserNetwork::open(options);
    ASSERT_TRUE(network.ok()) << network.error().text;
    network_ = std::move(*network);
    station_.emplace(*network_, blocks_.pool);
  }
  void TearDown() override {
    station_.reset();
    EXPECT_TRUE(blocks_.pool.full());
  }
  Flow flow(std::uint16_t peer_port) const {
    return {.our_mac = network_->mac(),
            .peer_mac = gateway_mac,
            .our_address = network_->first_guest_address(),
            .peer_address = network_->host_address(),
            .our_port = 5000,
            .peer_port = peer_port};
  }
  void send_arp(std::uint16_t operation, const IpAddress& target) {
    Frame frame;
    std::uint8_t* arp = prepend_zeros(frame, 42);
    std::memset(arp, 0xff, 6);
    std::memcpy(arp + 6, network_->mac().bytes.data(), 6);
    store16(arp + 12, 0x0806);
    const std::array<std::uint8_t, 6> kind = {0, 1, 8, 0, 6, 4};
    std::memcpy(arp + 14, kind.data(), 6);
    store16(arp + 20, operation);
    std::memcpy(arp + 22, network_->mac().bytes.data(), 6);
    store32(arp + 28, network_->first_guest_address().v4_value());
    store32(arp + 38, target.v4_value());
    station_->send(frame);
  }
  /// The next frame that `wanted` accepts; answers slirp's ARP requests for us in the meantime.
  template <typename F>
  auto next(F wanted) -> decltype(wanted(Bytes{})) {
    while (auto packet = station_->next()) {
      const Bytes bytes = packet->bytes();
      if (load16(bytes.data() + 12) == 0x0806 && load16(bytes.data() + 20) == 1 &&
          load32(bytes.data() + 38) == network_->first_guest_address().v4_value()) {
        send_arp(2, IpAddress::v4(load32(bytes.data() + 28)));
      }
      if (auto found = wanted(bytes)) return found;
    }
    return {};
  }

  Blocks blocks_;
  std::unique_ptr<UserNetwork> network_;
  std::optional<Station> station_;
};

TEST_F(UserNetworkTest, has_the_addresses_that_it_says) {
  open();
  EXPECT_EQ(network_->host_address(), IpAddress::v4(10, 0, 2, 2));
  EXPECT_EQ(network_->name_server_address(), IpAddress::v4(10, 0, 2, 3));
  EXPECT_EQ(network_->first_guest_address(), IpAddress::v4(10, 0, 2, 15));
  EXPECT_EQ(network_->mtu(), 1500);
  send_arp(1, network_->host_address());
  const auto mac = next([](Bytes frame) -> std::optional<MacAddress> {
    if (load16(frame.data() + 12) != 0x0806 || load16(frame.data() + 20) != 2) return std::nullopt;
    return MacAddress::from(std::span<const std::uint8_t, 6>(frame.data() + 22, 6));
  });
  EXPECT_EQ(mac, gateway_mac);
}

TEST_F(UserNetworkTest, RFC2131_answers_a_discover_with_an_offer) {
  open({.host_name = "linnet-test"});
  Payload discover(240 + 8, 0);
  discover[0] = 1;  // BOOTREQUEST
  discover[1] = 1;
  discover[2] = 6;
  store32(discover.data() + 4, 0x12345678);
  std::memcpy(discover.data() + 28, network_->mac().bytes.data(), 6);
  store32(discover.data() + 236, 0x63825363);
  const std::array<std::uint8_t, 4> options = {53, 1, 1, 255};
  std::memcpy(discover.data() + 240, options.data(), options.size());
  Flow dhcp = flow(67);
  dhcp.our_port = 68;
  dhcp.our_address = any;
  dhcp.peer_address = IpAddress::broadcast_v4();
  dhcp.peer_mac = MacAddress::broadcast();
  Frame frame;
  build_udp(frame, dhcp, discover, false);
  station_->send(frame);
  const auto offer = next([](Bytes bytes) { return parse_udp(bytes, 67); });
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->at(0), 2);  // BOOTREPLY
  EXPECT_EQ(load32(offer->data() + 4), 0x12345678u);
  EXPECT_EQ(load32(offer->data() + 16), network_->first_guest_address().v4_value());
  const std::string text(offer->begin(), offer->end());
  EXPECT_NE(text.find("linnet-test"), std::string::npos);
}

TEST_F(UserNetworkTest, datagrams_reach_the_host_and_its_answers_come_back) {
  open();
  const HostSocket host(SOCK_DGRAM);
  const Payload question = pattern(1472);
  Frame frame;
  build_udp(frame, flow(host.port), question, false);
  station_->send(frame);
  Payload got(2000);
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t n =
      ::recvfrom(host.fd.get(), got.data(), got.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  ASSERT_EQ(n, 1472);
  got.resize(1472);
  EXPECT_EQ(got, question);
  ASSERT_EQ(::sendto(host.fd.get(), "answer", 6, 0, reinterpret_cast<sockaddr*>(&from), size), 6);
  const auto answer = next([&](Bytes bytes) { return parse_udp(bytes, host.port); });
  ASSERT_TRUE(answer);
  EXPECT_EQ(std::string(answer->begin(), answer->end()), "answer");
}

TEST_F(UserNetworkTest, a_forwarded_datagram_reaches_the_guest) {
  open();
  const auto port = network_->add_forward(ForwardProtocol::udp, {localhost, 0}, {any, 7});
  ASSERT_TRUE(port.ok()) << port.error().text;
  const HostSocket client(SOCK_DGRAM);
  const sockaddr_in to = socket_address(localhost, *port);
  ASSERT_EQ(::sendto(client.fd.get(), "hello", 5, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to), 5);
  const auto got = next([](Bytes bytes) { return parse_udp(bytes); });
  ASSERT_TRUE(got);
  EXPECT_EQ(std::string(got->begin(), got->end()), "hello");
}

TEST_F(UserNetworkTest, RFC9293_3_5_a_forwarded_connection_knocks_at_the_guest) {
  open();
  const auto port = network_->add_forward(ForwardProtocol::tcp, {localhost, 0}, {any, 80});
  ASSERT_TRUE(port.ok()) << port.error().text;
  const FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_in to = socket_address(localhost, *port);
  ::connect(client.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
  const auto request = next([](Bytes bytes) { return parse_tcp(bytes); });
  ASSERT_TRUE(request);
  EXPECT_EQ(request->flags, syn);
  EXPECT_EQ(request->destination_port, 80);
  EXPECT_TRUE(request->checksum_good);
  EXPECT_TRUE(request->ip_checksum_good);
}

TEST_F(UserNetworkTest, a_megabyte_arrives_from_a_server_on_the_host) {
  open();
  const HostSocket server(SOCK_STREAM);
  ASSERT_EQ(::listen(server.fd.get(), 1), 0);
  Flow to_host = flow(server.port);
  const auto send = [&](std::uint32_t sequence, std::uint32_t acknowledgement, std::uint8_t flags) {
    Frame frame;
    build_tcp(frame, to_host,
              {.sequence = sequence,
               .acknowledgement = acknowledgement,
               .flags = flags,
               .options = {},
               .segment_size = 0,
               .offload = false,
               .payload = {}});
    station_->send(frame);
  };
  send(1000, 0, syn);
  const auto answer = next([](Bytes bytes) { return parse_tcp(bytes); });
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->flags, syn | ack);
  std::uint32_t received = answer->sequence + 1;
  send(1001, received, ack);
  const FileDescriptor connection(::accept4(server.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  ASSERT_TRUE(connection);

  const Payload data = pattern(1 << 20);
  Payload got;
  std::size_t written = 0;
  const Instant start = monotonic_now();
  while (got.size() < data.size()) {
    const ssize_t n = ::write(connection.get(), data.data() + written, data.size() - written);
    if (n > 0) written += static_cast<std::size_t>(n);
    const auto segment = next([](Bytes bytes) { return parse_tcp(bytes); });
    ASSERT_TRUE(segment) << "after " << got.size();
    ASSERT_TRUE(segment->checksum_good);
    if (segment->sequence != received || segment->payload.empty()) continue;
    got.insert(got.end(), segment->payload.begin(), segment->payload.end());
    received += static_cast<std::uint32_t>(segment->payload.size());
    send(1001, received, ack);
  }
  EXPECT_TRUE(got == data);
  EXPECT_EQ(network_->counters().receive_dropped, 0u);
  EXPECT_LT(monotonic_now() - start, Duration::seconds(5)) << "waiting for slirp's slow timers";
}

TEST_F(UserNetworkTest, a_wait_in_progress_learns_of_sockets_that_were_opened_meanwhile) {
  open();
  send_arp(1, network_->host_address());  // slirp learns where we are, and need not ask
  ASSERT_TRUE(station_->next());
  station_.reset();
  Poller poller;
  poller.add(*network_);
  const HostSocket server(SOCK_STREAM);
  ASSERT_EQ(::listen(server.fd.get(), 1), 0);

  std::mutex mutex;
  std::size_t frames = 0;
  std::thread driver([&] {  // the thread that drives the stack: the only one that waits
    std::unique_lock lock(mutex);
    const Instant deadline = monotonic_now() + Duration::seconds(10);
    while (frames == 0 && monotonic_now() < deadline) {
      poller.wait(deadline, lock);
      std::array<Packet, 8> batch;
      const std::size_t n = network_->receive(blocks_.pool, batch);
      for (std::size_t i = 0; i < n; ++i) frames += parse_tcp(batch[i].bytes()) ? 1 : 0;
    }
  });
  std::this_thread::sleep_for(
      std::chrono::milliseconds(50));  // let it wait: only then is there something to prove
  const Instant start = monotonic_now();
  {
    const std::lock_guard lock(mutex);
    Frame frame;
    build_tcp(frame, flow(server.port),
              {.sequence = 1,
               .acknowledgement = 0,
               .flags = syn,
               .options = {},
               .segment_size = 0,
               .offload = false,
               .payload = {}});
    ASSERT_EQ(network_->transmit(frame), Transmit::taken);
  }
  driver.join();
  EXPECT_EQ(frames, 1u);
  EXPECT_LT(monotonic_now() - start, Duration::seconds(2));
  poller.remove(*network_);
}

TEST_F(UserNetworkTest, says_which_port_is_in_use) {
  open();
  const HostSocket taken(SOCK_STREAM);
  ASSERT_EQ(::listen(taken.fd.get(), 1), 0);
  const auto tcp = network_->add_forward(ForwardProtocol::tcp, {localhost, taken.port}, {any, 80});
  ASSERT_FALSE(tcp.ok());
  EXPECT_EQ(tcp.error().failure, OpenFailure::busy);
  EXPECT_NE(tcp.error().text.find("TCP port " + std::to_string(taken.port)), std::string::npos)
      << tcp.error().text;
  const auto elsewhere =
      network_->add_forward(ForwardProtocol::udp, {IpAddress::v4(192, 0, 2, 77), 0}, {any, 80});
  ASSERT_FALSE(elsewhere.ok());
  EXPECT_EQ(elsewhere.error().failure, OpenFailure::no_interface) << elsewhere.error().text;
}

TEST_F(UserNetworkTest, a_frame_that_finds_no_block_stays) {
  open();
  Blocks none({.small_size = 1664, .small_count = 0, .large_size = 0, .large_count = 0});
  send_arp(1, network_->host_address());
  std::array<Packet, 4> batch;
  EXPECT_EQ(network_->receive(none.pool, batch), 0u);
  EXPECT_EQ(network_->receive(blocks_.pool, batch), 1u);
}

TEST_F(UserNetworkTest, is_busy_while_the_stack_does_not_take_what_it_has) {
  open();
  Frame frame;
  std::size_t taken = 0;
  std::uint8_t* arp = prepend_zeros(frame, 42);
  std::memcpy(arp + 6, network_->mac().bytes.data(), 6);
  std::memset(arp, 0xff, 6);
  store16(arp + 12, 0x0806);
  const std::array<std::uint8_t, 8> kind = {0, 1, 8, 0, 6, 4, 0, 1};
  std::memcpy(arp + 14, kind.data(), 8);
  std::memcpy(arp + 22, network_->mac().bytes.data(), 6);
  store32(arp + 28, network_->first_guest_address().v4_value());
  store32(arp + 38, network_->host_address().v4_value());
  while (network_->transmit(frame) == Transmit::taken) ASSERT_LT(++taken, 1'000'000u);
  EXPECT_GT(taken, 1000u);
  std::size_t received = 0;
  std::array<Packet, 64> batch;
  while (const std::size_t n = network_->receive(blocks_.pool, batch)) {
    received += n;
    for (Packet& packet : batch) packet = Packet();
  }
  EXPECT_EQ(received, taken);
  EXPECT_EQ(network_->counters().receive_dropped, 0u);
  EXPECT_EQ(network_->transmit(frame), Transmit::taken);
}

TEST_F(UserNetworkTest, rejects_what_it_cannot_be) {
  EXPECT_FALSE(UserNetwork::open({.mtu = 575}).ok());
  EXPECT_FALSE(UserNetwork::open({.mtu = 65522}).ok());
  EXPECT_FALSE(UserNetwork::open({.network = IpAddress::v4(127, 0, 0, 0)}).ok());
  EXPECT_FALSE(UserNetwork::open({.network = IpAddress::v4(224, 0, 0, 0)}).ok());
  EXPECT_FALSE(UserNetwork::open({.network = *IpAddress::parse("fd00::")}).ok());
}

TEST_F(UserNetworkTest, ipv6_sends_router_advertisements) {
  open({.ipv6 = true});
  // RFC 4861 4.1: a router solicitation, from our link-local address to all routers.
  Frame frame;
  std::uint8_t* icmp = prepend_zeros(frame, 8);
  icmp[0] = 133;
  const IpAddress source = *IpAddress::parse("fe80::1234");
  const IpAddress routers = *IpAddress::parse("ff02::2");
  Checksum sum = pseudo_header_checksum(source, routers, 58, 8);
  sum.add({icmp, 8});
  store16(icmp + 2, sum.finish());
  std::uint8_t* ip = prepend_zeros(frame, 40);
  ip[0] = 0x60;
  ip[5] = 8;
  ip[6] = 58;
  ip[7] = 255;
  std::memcpy(ip + 8, source.bytes().data(), 16);
  std::memcpy(ip + 24, routers.bytes().data(), 16);
  std::uint8_t* ethernet = prepend_zeros(frame, 14);
  const MacAddress group{{0x33, 0x33, 0, 0, 0, 2}};
  std::memcpy(ethernet, group.bytes.data(), 6);
  std::memcpy(ethernet + 6, network_->mac().bytes.data(), 6);
  store16(ethernet + 12, 0x86dd);
  station_->send(frame);
  const auto advertisement = next([](Bytes bytes) -> std::optional<bool> {
    if (bytes.size() < 55 || load16(bytes.data() + 12) != 0x86dd || bytes[54] != 134) return std::nullopt;
    return true;
  });
  EXPECT_TRUE(advertisement);
}

}  // namespace
}  // namespace linnet::platform
