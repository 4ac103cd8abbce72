// SPDX-License-Identifier: Apache-2.0
// Servers with IPv6 addresses: two stacks on one link, one of which answers.
#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "core/test_link.hpp"
#include "services/dns/resolver.hpp"
#include "services/dns/test_message.hpp"

namespace linnet::dns::test {
namespace {

using linnet::test::ScriptedLink;

class WiredDevice final : public Device {
 public:
  explicit WiredDevice(std::uint8_t last) : last_(last) {}
  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    if (in.empty()) return 0;
    Block block = pool.allocate(in.front().size());
    copy_bytes(block.data(), in.front());
    batch[0] = Packet(std::move(block), 0, static_cast<std::uint32_t>(in.front().size()));
    in.pop_front();
    return 1;
  }
  Transmit transmit(const Frame& frame) override {
    Buffer bytes(frame.size());
    frame.gather(bytes.data());
    other->in.push_back(std::move(bytes));
    return Transmit::taken;
  }
  std::uint16_t mtu() const override { return 1500; }
  MacAddress mac() const override { return {{0x02, 0, 0, 0, 0, last_}}; }
  Capabilities capabilities() const override { return {}; }

  std::deque<Buffer> in;
  WiredDevice* other = nullptr;

 private:
  std::uint8_t last_;
};

struct Host {
  explicit Host(std::uint8_t number)
      : device(number),
        memory(Stack::memory_needed(ScriptedLink::default_config())),
        stack(ScriptedLink::default_config(), memory, ScriptedLink::seed_of(number)) {
    EXPECT_TRUE(stack.ok());
    interface = stack.add_interface(device).value();
  }
  void enable_ipv6(Instant now) { EXPECT_TRUE(stack.ip().enable_ipv6(interface, now)); }
  /// Without a zone.
  IpAddress link_local() {
    for (const ip::Ipv6Address& own : stack.ip().neighbour_discovery().addresses().all()) {
      if (own.interface == interface && own.origin == ip::AddressOrigin::link_local)
        return own.address.with_zone(0);
    }
    ADD_FAILURE() << "no link-local address";
    return {};
  }
  WiredDevice device;
  std::vector<std::uint8_t> memory;
  Stack stack;
  std::uint8_t interface = 0;
};

const IpAddress global_server = *IpAddress::parse("2001:db8::53");
const IpAddress result_v6 = *IpAddress::parse("2001:db8::7");
constexpr IpAddress result_v4 = IpAddress::v4(198, 51, 100, 7);

class DnsIpv6Server : public ::testing::Test {
 protected:
  DnsIpv6Server() : memory(Resolver::memory_needed({}) + Arena::alignment), arena(memory) {
    client.device.other = &server.device;
    server.device.other = &client.device;
    resolver.emplace(client.stack, Config{}, arena);
  }
  void enable_ipv6() {
    client.enable_ipv6(now);
    server.enable_ipv6(now);
    run_for(Duration::seconds(15));
  }
  /// The server as the client names it.
  IpAddress link_local_server() {
    return server.link_local().with_zone(static_cast<std::uint8_t>(client.interface + 1));
  }
  /// Answers at every address of the host.
  void serve(Host& host) {
    serving = &host;
    socket = *host.stack.udp().open();
    ASSERT_TRUE(host.stack.udp().bind(socket, {IpAddress::any_v6(), server_port}, false));
  }
  bool answer_one() {
    if (serving == nullptr) return false;
    std::array<std::uint8_t, 512> buffer;
    const auto received = serving->stack.udp().receive(socket, buffer, false);
    if (!received) return false;
    asked_from.push_back(received->source.address);
    const Bytes query = Bytes(buffer).first(received->size);
    std::size_t at = header_size;
    EXPECT_TRUE(Name::read(query, at));
    const std::uint16_t record_type = load16(query.data() + at);
    ServerMessage message(load16(query.data()), "www.example", record_type);
    if (record_type == type::a)
      message.a("www.example", result_v4);
    else
      message.aaaa("www.example", result_v6);
    const Buffer bytes = message.finish();
    const Bytes payload(bytes);
    const udp::SendOptions options{.source = received->destination.address};
    EXPECT_TRUE(serving->stack.udp().send(socket, {&payload, 1}, &received->source, options, now));
    return true;
  }
  void run_for(Duration duration) {
    const Instant until = now + duration;
    for (unsigned turns = 0;; ++turns) {
      ASSERT_LT(turns, 10000u) << "the clock does not move";
      client.stack.poll(now);
      server.stack.poll(now);
      const bool answered = answer_one();
      Instant next = resolver->poll(now);
      next = earlier(next, earlier(client.stack.poll(now), server.stack.poll(now)));
      if (answered || !client.device.in.empty() || !server.device.in.empty() || next <= now) continue;
      if (next > until) break;
      now = next;
      turns = 0;
    }
    now = until;
  }
  void expect_both_families(Duration within) {
    const auto query = resolver->resolve("www.example", now, Families::both);
    ASSERT_TRUE(query);
    run_for(within);
    const auto result = resolver->result(*query);
    ASSERT_TRUE(result) << error_text(result.error());
    const auto addresses = result->addresses();
    EXPECT_EQ(std::vector(addresses.begin(), addresses.end()), (std::vector{result_v6, result_v4}));
    resolver->release(*query);
  }

  Instant now = Instant::from_microseconds(1000000);
  Host client{1};
  Host server{2};
  Host* serving = nullptr;
  udp::SocketHandle socket;
  std::vector<IpAddress> asked_from;
  std::vector<std::uint8_t> memory;
  Arena arena;
  std::optional<Resolver> resolver;
};

TEST_F(DnsIpv6Server, RFC4007_6_link_local_server_with_a_zone) {
  enable_ipv6();
  serve(server);
  EXPECT_TRUE(resolver->set_server(0, link_local_server()));
  EXPECT_EQ(resolver->server(0).zone(), client.interface + 1);
  expect_both_families(Duration::milliseconds(10));
  ASSERT_EQ(asked_from.size(), 2u);
  EXPECT_EQ(asked_from[0].with_zone(0), client.link_local());
}

TEST_F(DnsIpv6Server, global_server) {
  enable_ipv6();
  EXPECT_TRUE(server.stack.ip().add_address(server.interface, {global_server, 64}, false, now));
  const IpAddress own = *IpAddress::parse("2001:db8::1");
  EXPECT_TRUE(client.stack.ip().add_address(client.interface, {own, 64}, false, now));
  serve(server);
  EXPECT_TRUE(resolver->set_server(0, global_server));
  expect_both_families(Duration::milliseconds(10));
  ASSERT_EQ(asked_from.size(), 2u);
  EXPECT_EQ(asked_from[1], own);
}

TEST_F(DnsIpv6Server, server_on_this_host) {
  serve(client);
  EXPECT_TRUE(resolver->set_server(0, IpAddress::loopback_v6()));
  expect_both_families(Duration::milliseconds(10));
  resolver->clear_cache();
  EXPECT_TRUE(resolver->set_server(0, IpAddress::loopback_v4()));
  expect_both_families(Duration::milliseconds(10));
}

TEST_F(DnsIpv6Server, a_server_of_a_family_without_an_address_costs_no_time_when_there_is_another) {
  EXPECT_TRUE(server.stack.ip().add_address(server.interface, {IpAddress::v4(192, 0, 2, 2), 24}, false, now));
  EXPECT_TRUE(client.stack.ip().add_address(client.interface, {IpAddress::v4(192, 0, 2, 1), 24}, false, now));
  serve(server);
  EXPECT_TRUE(resolver->set_server(0, global_server));
  EXPECT_TRUE(resolver->set_server(1, IpAddress::v4(192, 0, 2, 2)));
  expect_both_families(Duration::milliseconds(10));
}

TEST_F(DnsIpv6Server, the_only_server_is_tried_until_there_is_a_way_to_it) {
  serve(server);
  server.enable_ipv6(now);
  run_for(Duration::seconds(15));
  EXPECT_TRUE(resolver->set_server(0, link_local_server()));
  const auto query = resolver->resolve("www.example", now, Families::v6);
  ASSERT_TRUE(query);
  run_for(Duration::milliseconds(500));
  client.enable_ipv6(now);
  run_for(Duration::seconds(9));
  ASSERT_TRUE(resolver->result(*query));
  EXPECT_EQ(resolver->result(*query)->addresses()[0], result_v6);
  resolver->release(*query);
}

}  // namespace
}  // namespace linnet::dns::test
