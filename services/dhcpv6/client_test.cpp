// SPDX-License-Identifier: Apache-2.0
// The machine in a stack: messages on the wire, addresses in use.
#include "services/dhcpv6/client.hpp"

#include <gtest/gtest.h>

#include "core/test_link.hpp"
#include "services/dhcpv6/test_message.hpp"

namespace linnet::dhcpv6::test {
namespace {

using linnet::test::ones_complement_sum;
using linnet::test::ScriptedDevice;
using linnet::test::ScriptedLink;

struct Datagram {
  MacAddress to;
  IpAddress source;
  IpAddress destination;
  std::uint16_t source_port = 0;
  std::uint8_t hop_limit = 0;
  Buffer payload;
  MessageType type = MessageType::none;
  std::uint32_t xid = 0;
};

class Dhcpv6Client : public ::testing::Test {
 protected:
  Dhcpv6Client()
      : memory(Stack::memory_needed(ScriptedLink::default_config())),
        stack(ScriptedLink::default_config(), memory, ScriptedLink::seed_of(1)),
        interface(stack.add_interface(device).value()),
        client_memory(Client::memory_needed() + Arena::alignment) {
    Arena arena(client_memory);
    client = std::make_unique<Client>(stack, interface, Config{}, arena);
    EXPECT_TRUE(stack.ip().enable_ipv6(interface, now));
  }

  void run_for(Duration duration) {
    const Instant until = now + duration;
    for (unsigned turns = 0;; ++turns) {
      ASSERT_LT(turns, 10000u) << "the clock does not move";
      stack.poll(now);
      const Instant served = client->poll(now);
      const Instant next = earlier(served, stack.poll(now));
      drain();
      if (!device.in.empty() || next <= now) continue;
      if (next > until) break;
      now = next;
      turns = 0;
    }
    now = until;
  }
  void drain() {
    while (!device.out.empty()) {
      const linnet::test::Buffer frame = std::move(device.out.front());
      device.out.pop_front();
      if (frame.size() < 54 || load16(frame.data() + 12) != 0x86dd) continue;
      if (frame[20] == 17) read_udp(frame);
      if (frame[20] == 58 && frame[54] == 135) read_solicitation(frame);
    }
  }
  void read_udp(const Buffer& frame) {
    const Bytes bytes(frame);
    if (load16(frame.data() + 56) != server_port) return;
    Datagram datagram{.to = MacAddress::from(bytes.first<6>()),
                      .source = IpAddress::v6(bytes.subspan<22, 16>()),
                      .destination = IpAddress::v6(bytes.subspan<38, 16>()),
                      .source_port = load16(frame.data() + 54),
                      .hop_limit = frame[21],
                      .payload = Buffer(frame.begin() + 62, frame.end())};
    const auto message = Message::parse(datagram.payload);
    ASSERT_TRUE(message.ok());
    datagram.type = message->type();
    datagram.xid = message->transaction_id();
    sent.push_back(datagram);
    if (answers) answer(datagram);
  }
  void answer(const Datagram& to) {
    const MessageType type = to.type == MessageType::solicit ? MessageType::advertise : MessageType::reply;
    ServerMessage message(type, to.xid);
    message.server(1).client(Duid::link_layer(device.mac()).bytes());
    if (to.type != MessageType::information_request && to.type != MessageType::confirm) {
      std::vector<Granted> granted = also;
      granted.push_back({.address = offered, .preferred = 1800, .valid = 3600});
      message.raw(ia_na(granted, 0, 0, {}, 1));
    }
    message.addresses(option::dns_servers, {ip("fe80::53")});
    inject(to.source, message.bytes);
  }
  /// From the server's link-local address, port 547.
  void inject(const IpAddress& to, const Buffer& payload) {
    Buffer packet = {0x60, 0, 0, 0};
    append16(packet, 8 + payload.size());
    packet.push_back(17);
    packet.push_back(64);
    append(packet, ip("fe80::99").bytes());
    append(packet, to.bytes());
    Buffer udp;
    append16(udp, server_port);
    append16(udp, client_port);
    append16(udp, 8 + payload.size());
    append16(udp, 0);
    append(udp, payload);
    const std::uint32_t pseudo =
        ones_complement_sum(Bytes(packet).subspan(8, 32), static_cast<std::uint32_t>(udp.size()) + 17);
    const auto sum = static_cast<std::uint16_t>(~ones_complement_sum(udp, pseudo));
    store16(udp.data() + 6, sum == 0 ? 0xffff : sum);
    append(packet, udp);
    deliver(device.mac(), packet);
  }
  void deliver(const MacAddress& to, const Buffer& packet) {
    Buffer frame;
    append(frame, to.bytes);
    append(frame, server_mac.bytes);
    append16(frame, 0x86dd);
    append(frame, packet);
    device.in.push_back(frame);
  }
  /// Somebody else has the address `taken`: says so when asked.
  void read_solicitation(const Buffer& frame) {
    const IpAddress target = IpAddress::v6(Bytes(frame).subspan<62, 16>());
    if (!taken || target != *taken) return;
    Buffer packet = {0x60, 0, 0, 0, 0, 32, 58, 255};
    append(packet, target.bytes());
    append(packet, ip("ff02::1").bytes());
    Buffer advertisement = {136, 0, 0, 0, 0x20, 0, 0, 0};
    append(advertisement, target.bytes());
    append(advertisement, Buffer{2, 1});
    append(advertisement, server_mac.bytes);
    const std::uint32_t pseudo = ones_complement_sum(Bytes(packet).subspan(8, 32), 32 + 58);
    store16(advertisement.data() + 2,
            static_cast<std::uint16_t>(~ones_complement_sum(advertisement, pseudo)));
    append(packet, advertisement);
    deliver({{0x33, 0x33, 0, 0, 0, 1}}, packet);
  }

  State state() const { return client->status().state; }
  const ip::Ipv6Address* find(const IpAddress& address) {
    for (const ip::Ipv6Address& own : stack.ip().neighbour_discovery().addresses().all()) {
      if (own.address == address && own.usable()) return &own;
    }
    return nullptr;
  }
  bool has(const IpAddress& address) { return find(address) != nullptr; }
  std::size_t sockets() {
    std::size_t count = 0;
    stack.udp().for_each([&](const udp::SocketView&) { ++count; });
    return count;
  }
  std::vector<MessageType> types() const {
    std::vector<MessageType> all;
    for (const Datagram& datagram : sent) all.push_back(datagram.type);
    return all;
  }

  const MacAddress server_mac{{0x02, 0, 0, 0, 0, 0x99}};
  Instant now = Instant::from_microseconds(1000000);
  std::vector<std::uint8_t> memory;
  ScriptedDevice device;
  Stack stack;
  std::uint8_t interface;
  std::vector<std::uint8_t> client_memory;
  std::unique_ptr<Client> client;
  bool answers = true;
  IpAddress offered = ip("2001:db8::50");
  std::vector<Granted> also;  ///< in front of it
  std::optional<IpAddress> taken;
  std::vector<Datagram> sent;
};

TEST_F(Dhcpv6Client, RFC8415_13_from_a_link_local_address_to_all_servers_and_the_address_is_used) {
  ASSERT_TRUE(client->start(Mode::stateful, now));
  run_for(Duration::seconds(10));
  ASSERT_EQ(types(), (std::vector{MessageType::solicit, MessageType::request}));
  for (const Datagram& datagram : sent) {
    EXPECT_TRUE(datagram.source.is_link_local());
    EXPECT_EQ(datagram.source_port, 546);
    EXPECT_EQ(datagram.destination, ip("ff02::1:2"));
    EXPECT_EQ(datagram.to, (MacAddress{{0x33, 0x33, 0, 1, 0, 2}}));
  }
  EXPECT_EQ(client->status().sent, 2u) << "none in vain, before there was an address to send from";
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has(offered));
  for (const ip::Route& route : stack.ip().routes()) {
    EXPECT_FALSE(route.destination.length < 128 && route.destination.contains(offered))
        << "18.2.10.1: MUST NOT assume that anything is on the link";
  }
  EXPECT_EQ(client->status().information->dns_servers[0],
            ip("fe80::53").with_zone(static_cast<std::uint8_t>(interface + 1)));
}

TEST_F(Dhcpv6Client, expired_address_is_taken_out_of_the_stack) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(has(offered));
  answers = false;
  run_for(Duration::seconds(3595));
  EXPECT_FALSE(has(offered));
  EXPECT_EQ(state(), State::soliciting);
}

TEST_F(Dhcpv6Client, RFC8415_18_2_8_duplicate_address_is_declined) {
  taken = offered;
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(5));
  offered = ip("2001:db8::51");
  run_for(Duration::seconds(15));
  const auto all = types();
  EXPECT_NE(std::find(all.begin(), all.end(), MessageType::decline), all.end());
  EXPECT_FALSE(has(*taken));
  EXPECT_TRUE(has(offered));
  EXPECT_GE(client->status().conflicts, 1u);
}

TEST_F(Dhcpv6Client, RFC8415_18_2_7_release_and_nothing_is_left) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  sent.clear();
  client->stop(now, true);
  EXPECT_FALSE(has(offered)) << "before the Release is sent";
  run_for(Duration::seconds(1));
  EXPECT_EQ(types(), std::vector{MessageType::release});
  EXPECT_EQ(state(), State::stopped);
  EXPECT_TRUE(client->poll(now).is_never());
  EXPECT_TRUE(stack.pool().full());
  ASSERT_TRUE(client->start(Mode::stateful, now)) << "the port is free again";
  client->stop(now, false);
  EXPECT_TRUE(client->poll(now).is_never());
}

TEST_F(Dhcpv6Client, RFC8415_18_2_12_confirm_waits_for_the_link_local_address) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  sent.clear();
  device.up = false;
  run_for(Duration::seconds(10));
  device.up = true;
  run_for(Duration::seconds(10));
  ASSERT_EQ(types(), std::vector{MessageType::confirm});
  EXPECT_TRUE(sent[0].source.is_link_local());
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has(offered));
}

TEST_F(Dhcpv6Client, address_is_back_when_ipv6_is) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  stack.ip().disable_ipv6(interface, now);
  run_for(Duration::seconds(10));
  EXPECT_FALSE(has(offered));
  ASSERT_TRUE(stack.ip().enable_ipv6(interface, now));
  run_for(Duration::seconds(10));
  EXPECT_TRUE(has(offered));
  EXPECT_EQ(sent.back().type, MessageType::confirm);
}

TEST_F(Dhcpv6Client, RFC8415_18_2_6_stateless) {
  client->start(Mode::stateless, now);
  run_for(Duration::seconds(10));
  EXPECT_EQ(types(), std::vector{MessageType::information_request});
  EXPECT_EQ(state(), State::informed);
  EXPECT_EQ(client->status().information->dns_servers.size(), 1u);
  EXPECT_FALSE(has(offered));
}

TEST_F(Dhcpv6Client, an_address_that_the_stack_has_already_is_left_alone) {
  ASSERT_TRUE(stack.ip().add_address(interface, {offered, 64}, false, now));
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  EXPECT_EQ(state(), State::bound);
  client->stop(now, false);
  EXPECT_TRUE(has(offered));
}

TEST_F(Dhcpv6Client, several_addresses_come_last_and_go_each_for_itself) {
  const IpAddress second = ip("2001:db8::60");
  const IpAddress third = ip("2001:db8::70");
  also = {{.address = second, .preferred = infinity, .valid = infinity}, {.address = third}};
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(has(offered) && has(second) && has(third));
  EXPECT_TRUE(find(second)->valid_until.is_never()) << "RFC 8415 7.7: infinity";
  const Instant until = find(offered)->valid_until;
  EXPECT_EQ(until, client->status().addresses[2].valid_until);
  also[1].preferred = also[1].valid = 0;  // taken back
  run_for(Duration::seconds(1000));
  EXPECT_FALSE(has(third));
  EXPECT_TRUE(has(second));
  ASSERT_TRUE(has(offered));
  EXPECT_GT(find(offered)->valid_until, until) << "renewed";
  client->stop(now, false);
  EXPECT_FALSE(has(second) || has(offered));
}

TEST_F(Dhcpv6Client, start_changes_the_mode_of_a_client_that_runs) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(has(offered));
  ASSERT_TRUE(client->start(Mode::stateless, now)) << "with the socket that it has";
  run_for(Duration::seconds(10));
  EXPECT_EQ(state(), State::informed);
  EXPECT_FALSE(has(offered));
}

TEST_F(Dhcpv6Client, without_memory_a_free_socket_or_the_port_it_does_not_start) {
  Arena nothing{MutableBytes()};
  Client poor(stack, interface, Config{}, nothing);
  EXPECT_FALSE(poor.start(Mode::stateless, now));

  const auto other = stack.udp().open();
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(stack.udp().bind(*other, {IpAddress::any_v6(), client_port}, false).ok());
  EXPECT_FALSE(client->start(Mode::stateless, now));
  std::vector<udp::SocketHandle> all{*other};
  while (const auto socket = stack.udp().open()) all.push_back(*socket);
  EXPECT_EQ(all.size(), ScriptedLink::default_config().udp.sockets) << "what failed holds no socket";
  EXPECT_FALSE(client->start(Mode::stateless, now));
  EXPECT_EQ(state(), State::stopped);
  for (const udp::SocketHandle& socket : all) stack.udp().close(socket);
  EXPECT_TRUE(client->start(Mode::stateless, now));
  client->stop(now, false);
}

TEST_F(Dhcpv6Client, a_flood_is_read_a_bounded_number_at_a_time) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_EQ(state(), State::bound);
  for (int i = 0; i < 20; ++i) inject(sent.back().source, {7, 0, 0});
  stack.poll(now);
  EXPECT_EQ(client->poll(now), now) << "again at once";
  EXPECT_EQ(client->status().dropped(Drop::too_short), 8u);
  run_for(Duration::milliseconds(1));
  EXPECT_EQ(client->status().dropped(Drop::too_short), 20u);
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Client, a_renewed_address_is_in_use_all_the_time) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  const Instant until = find(offered)->valid_until;
  run_for(Duration::seconds(880));
  for (int i = 0; i < 3000; ++i) {
    run_for(Duration::milliseconds(10));
    ASSERT_TRUE(has(offered)) << i;
  }
  EXPECT_GT(find(offered)->valid_until, until) << "it was renewed meanwhile";
}

TEST_F(Dhcpv6Client, after_many_renewals_what_comes_anew_is_taken_out_as_well) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(20000));
  const IpAddress second = ip("2001:db8::60");
  also = {{.address = second, .preferred = 1800, .valid = 3600}};
  run_for(Duration::seconds(1000));
  ASSERT_TRUE(has(offered) && has(second));
  client->stop(now, false);
  EXPECT_FALSE(has(offered) || has(second));
}

TEST_F(Dhcpv6Client, what_was_taken_back_is_the_clients_no_longer) {
  const IpAddress second = ip("2001:db8::60");
  also = {{.address = second, .preferred = 1800, .valid = 3600}};
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(has(second));
  also[0].preferred = also[0].valid = 0;
  run_for(Duration::seconds(1000));
  ASSERT_FALSE(has(second));
  ASSERT_TRUE(stack.ip().add_address(interface, {second, 64}, false, now)) << "by the owner";
  run_for(Duration::seconds(10));
  client->stop(now, false);
  EXPECT_TRUE(has(second));
  EXPECT_FALSE(has(offered));
}

TEST_F(Dhcpv6Client, an_address_is_out_of_use_the_moment_that_it_expires) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  answers = false;
  const Instant until = client->status().addresses[0].valid_until;
  run_for(until - now - Duration::microseconds(1));
  ASSERT_EQ(client->status().addresses.size(), 1u);
  now = until;
  client->poll(now);
  EXPECT_EQ(client->status().addresses.size(), 0u);
  for (const ip::Ipv6Address& own : stack.ip().neighbour_discovery().addresses().all()) {
    EXPECT_FALSE(own.address == offered && own.state != ip::Ipv6AddressState::absent);
  }
}

TEST_F(Dhcpv6Client, what_is_stopped_holds_no_socket_and_what_runs_none_of_ipv4) {
  client->start(Mode::stateful, now);
  EXPECT_EQ(sockets(), 1u);
  const auto other = stack.udp().open();
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(stack.udp().bind(*other, {IpAddress::any_v4(), client_port}, false).ok());
  stack.udp().close(*other);
  client->stop(now, false);
  EXPECT_EQ(sockets(), 0u) << "at once";
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  client->stop(now, true);
  EXPECT_EQ(sockets(), 1u) << "for the Release";
  run_for(Duration::seconds(1));
  EXPECT_EQ(sockets(), 0u);
}

TEST_F(Dhcpv6Client, nothing_is_said_where_there_is_no_link) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  const auto before = client->status().sent;
  device.up = false;
  run_for(Duration::seconds(1500));
  EXPECT_EQ(client->status().sent, before) << "neither Renew nor Rebind";
  EXPECT_EQ(state(), State::bound);
  device.up = true;
  run_for(Duration::seconds(20));
  EXPECT_TRUE(has(offered));
  client->stop(now, false);
  EXPECT_FALSE(has(offered));
}

}  // namespace
}  // namespace linnet::dhcpv6::test
