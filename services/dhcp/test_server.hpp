// SPDX-License-Identifier: Apache-2.0
// A client on a link with DHCP servers that do as a test tells them, in virtual time.
#pragma once

#include <optional>
#include <string>

#include "core/test_link.hpp"
#include "services/dhcp/client.hpp"
#include "services/dhcp/test_message.hpp"

namespace linnet::dhcp::test {

using linnet::test::ArpFrame;
using linnet::test::ScriptedLink;
using linnet::test::UdpFrame;

constexpr IpAddress server_address = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress other_server = IpAddress::v4(192, 0, 2, 2);
constexpr IpAddress first_address = IpAddress::v4(192, 0, 2, 50);
constexpr MacAddress client_mac{{0x02, 0, 0, 0, 0, 1}};
constexpr MacAddress server_mac{{0x02, 0, 0, 0, 0, 0x99}};

/// A message of the client's, and how it was sent.
struct Sent {
  UdpFrame frame;
  MessageType type = MessageType::none;
  std::uint32_t xid = 0;
  Instant at;

  Message message() const { return *Message::parse(frame.payload); }
  std::optional<IpAddress> address(std::uint8_t code) const { return message().address(code); }
  bool has(std::uint8_t code) const {
    std::array<std::uint8_t, 255> scratch;
    return message().option(code, scratch).has_value();
  }
  Buffer value(std::uint8_t code) const {
    std::array<std::uint8_t, 255> scratch;
    const auto bytes = message().option(code, scratch);
    return bytes ? Buffer(bytes->begin(), bytes->end()) : Buffer{};
  }
};

class DhcpTest : public ::testing::Test {
 protected:
  explicit DhcpTest(const Config& config = fast_config()) { make_client(config); }

  static Config fast_config() {
    Config config;
    config.probe = Probe::none;
    return config;
  }
  void make_client(const Config& config) {
    client.reset();
    memory.assign(Client::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    client = std::make_unique<Client>(link.stack, link.interface, config, arena);
    EXPECT_FALSE(arena.exhausted());
    link.service = [this](Instant now) { return client->poll(now); };
    link.on_udp = [this](const UdpFrame& frame) { on_udp(frame); };
    link.stations[server_address] = server_mac;
  }

  // --- what the servers do ---
  bool answers = true;   ///< to DHCPDISCOVER and DHCPREQUEST
  bool refuses = false;  ///< DHCPNAK instead of DHCPACK
  IpAddress offers = first_address;
  std::uint32_t lease_seconds = 3600;
  std::function<void(ServerMessage&)> edit;     ///< last touch to each answer
  std::function<void(const Sent&)> on_message;  ///< beside, or instead of, the above

  ServerMessage reply(MessageType type, std::uint32_t xid) const {
    ServerMessage message(type, xid);
    message.address(54, server_address);
    if (type == MessageType::nak) return message;
    message.yiaddr(offers).u32(51, lease_seconds).address(1, IpAddress::v4(255, 255, 255, 0));
    message.address(3, server_address).address(6, server_address);
    return message;
  }
  void send(const ServerMessage& message, const IpAddress& from = server_address,
            const IpAddress& to = IpAddress::broadcast_v4()) {
    const bool broadcast = to == IpAddress::broadcast_v4();
    link.inject_udp({from, server_port}, {to, client_port}, message.finish(),
                    broadcast ? MacAddress::broadcast() : client_mac);
  }
  void on_udp(const UdpFrame& frame) {
    if (frame.destination.port != server_port) return;
    const auto message = Message::parse(frame.payload);
    ASSERT_TRUE(message) << "what the client sends must be well-formed";
    sent.push_back({.frame = frame, .type = message->type(), .xid = message->xid(), .at = frame.at});
    if (on_message) on_message(sent.back());
    if (!answers) return;
    const MessageType type = message->type();
    if (type != MessageType::discover && type != MessageType::request) return;
    ServerMessage answer = reply(type == MessageType::discover ? MessageType::offer
                                 : refuses                     ? MessageType::nak
                                                               : MessageType::ack,
                                 message->xid());
    if (edit) edit(answer);
    send(answer);
  }

  State state() const { return client->status().state; }
  bool has_address(const IpAddress& address = first_address) {
    return link.stack.ip().address_state(link.interface, address) == ethernet::AddressState::usable;
  }
  std::size_t addresses() {
    std::size_t count = 0;
    for (const auto& view : link.stack.ip().addresses()) count += view.interface == link.interface ? 1 : 0;
    return count;
  }
  bool has_default_route() {
    for (const auto& route : link.stack.ip().routes()) {
      if (route.destination.length == 0 && route.gateway == server_address) return true;
    }
    return false;
  }
  std::vector<Sent> sent_of(MessageType type) const {
    std::vector<Sent> found;
    for (const Sent& message : sent) {
      if (message.type == type) found.push_back(message);
    }
    return found;
  }
  /// Becomes BOUND at an instant that the test knows, and forgets how.
  void bind() {
    ASSERT_TRUE(client->start(link.now));
    link.run_for(Duration::seconds(12));
    ASSERT_EQ(state(), State::bound);
    ASSERT_TRUE(has_address());
    bound_request = sent_of(MessageType::request).back().at;
    sent.clear();
  }

  ScriptedLink link;
  std::vector<std::uint8_t> memory;
  std::unique_ptr<Client> client;
  std::vector<Sent> sent;
  Instant bound_request;
};

}  // namespace linnet::dhcp::test
