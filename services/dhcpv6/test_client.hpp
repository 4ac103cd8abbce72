// SPDX-License-Identifier: Apache-2.0
// A client in a stack on a link with a DHCPv6 server that does as a test tells it, in virtual time.
#pragma once

#include <gtest/gtest.h>

#include "core/test_link.hpp"
#include "services/dhcpv6/client.hpp"
#include "services/dhcpv6/test_message.hpp"

namespace linnet::dhcpv6::test {

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

class Dhcpv6ClientTest : public ::testing::Test {
 protected:
  explicit Dhcpv6ClientTest(const linnet::Config& config = ScriptedLink::default_config())
      : memory(Stack::memory_needed(config)),
        stack(config, memory, ScriptedLink::seed_of(1)),
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

}  // namespace linnet::dhcpv6::test
