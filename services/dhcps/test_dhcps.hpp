// SPDX-License-Identifier: Apache-2.0
// A server on a scripted link, and messages as clients write them.
#pragma once

#include <memory>

#include "core/test_link.hpp"
#include "services/dhcps/server.hpp"

namespace linnet::dhcps::test {

using dhcp::MessageType;
using linnet::test::ArpFrame;
using linnet::test::Buffer;
using linnet::test::ScriptedLink;
using linnet::test::UdpFrame;
namespace option = dhcp::option;

constexpr IpAddress address_at(int last) { return IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(last)); }
inline constexpr IpAddress own_address = address_at(1);
constexpr MacAddress mac_of(int client) { return {{0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(client)}}; }

/// A client's message: what is set is written.
struct Asked {
  MessageType type = MessageType::discover;
  int client = 1;
  std::uint32_t xid = 0x11223344;
  bool broadcast = false;
  IpAddress ciaddr = IpAddress::any_v4();
  IpAddress giaddr = IpAddress::any_v4();
  std::optional<IpAddress> requested{};
  std::optional<IpAddress> server{};
  Buffer client_id{};
  std::string host_name{};

  Buffer bytes() const {
    Buffer buffer(1400);
    dhcp::MessageWriter writer(
        buffer,
        dhcp::RequestHeader{.xid = xid, .broadcast = broadcast, .ciaddr = ciaddr, .mac = mac_of(client)},
        type);
    if (requested) writer.address(option::requested_address, *requested);
    if (server) writer.address(option::server_id, *server);
    if (!client_id.empty()) writer.bytes(option::client_id, client_id);
    if (!host_name.empty()) {
      writer.bytes(option::host_name,
                   {reinterpret_cast<const std::uint8_t*>(host_name.data()), host_name.size()});
    }
    const Bytes whole = writer.finish();
    Buffer exact(whole.begin(), whole.end());
    copy_bytes(exact.data() + 24, giaddr.v4_bytes());
    return exact;
  }
};

struct Answer {
  UdpFrame frame;
  dhcp::Message message() const { return *dhcp::Message::parse(frame.payload); }
  MessageType type() const { return message().type(); }
  IpAddress yiaddr() const { return message().yiaddr(); }
  Buffer value(std::uint8_t code) const {
    std::array<std::uint8_t, 255> scratch;
    const auto bytes = message().option(code, scratch);
    return bytes ? Buffer(bytes->begin(), bytes->end()) : Buffer{};
  }
};

class DhcpServerTest : public ::testing::Test {
 protected:
  DhcpServerTest() {
    EXPECT_TRUE(link.stack.ip().add_address(link.interface, {own_address, 24}, false, link.now));
    link.run_for(Duration::seconds(10));
    make_server(quick());
  }
  static Config quick() {
    Config config;
    config.first = address_at(10);
    config.last = address_at(12);
    config.lease_time = Duration::seconds(3600);
    config.probe_time = Duration();
    return config;
  }
  void make_server(const Config& config) {
    server.reset();
    memory.assign(Server::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    server = std::make_unique<Server>(link.stack, link.interface, config, arena);
    EXPECT_FALSE(arena.exhausted());
    EXPECT_TRUE(server->start());
    link.service = [this](Instant now) { return server->poll(now); };
  }
  /// What the server says within `wait`, if anything.
  std::optional<Answer> send(const Buffer& bytes, const Endpoint& from = {IpAddress::any_v4(), 68},
                             Duration wait = Duration::milliseconds(1)) {
    link.udp_sent.clear();
    link.inject_udp(from, {IpAddress::broadcast_v4(), 67}, bytes, MacAddress::broadcast());
    link.run_for(wait);
    std::optional<Answer> last;
    for (const UdpFrame& frame : link.udp_sent) {
      if (frame.source.port == 67) last = Answer{frame};
    }
    return last;
  }
  std::optional<Answer> send(const Asked& asked) { return send(asked.bytes()); }
  std::optional<Answer> discover(int client) {
    return send({.type = MessageType::discover, .client = client});
  }
  std::optional<Answer> select(int client, const IpAddress& address) {
    return send(
        {.type = MessageType::request, .client = client, .requested = address, .server = own_address});
  }
  /// The whole exchange; the address.
  IpAddress bind(int client) {
    const auto offer = discover(client);
    if (!offer) return {};
    const auto ack = select(client, offer->yiaddr());
    return ack && ack->type() == MessageType::ack ? ack->yiaddr() : IpAddress();
  }
  LeaseState state_of(const IpAddress& address) const {
    for (const Lease& lease : server->leases()) {
      if (lease.address == address) return lease.state;
    }
    return LeaseState::free;
  }

  ScriptedLink link;
  std::vector<std::uint8_t> memory;
  std::unique_ptr<Server> server;
};

}  // namespace linnet::dhcps::test
