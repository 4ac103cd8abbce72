// SPDX-License-Identifier: Apache-2.0
// What clients should not say, and what they say of others' leases: counted once, and nothing changed by it.
#include "services/dhcps/test_dhcps.hpp"

namespace linnet::dhcps::test {
namespace {

struct Row {
  const char* what;
  Asked asked;
};

class DhcpServerHostile : public DhcpServerTest {
 protected:
  Digest::Value digest() const {
    Digest digest;
    server->digest(digest);
    return digest.value();
  }
  /// Each is silently ignored, and counted so.
  template <std::size_t Rows>
  void expect_ignored(const Row (&rows)[Rows]) {
    for (const Row& row : rows) {
      const Status before = server->status();
      const Digest::Value leases = digest();
      EXPECT_FALSE(send(row.asked)) << row.what;
      EXPECT_EQ(server->status().ignored, before.ignored + 1) << row.what;
      EXPECT_EQ(server->status().received, before.received) << row.what;
      EXPECT_TRUE(digest() == leases) << row.what;
    }
  }
};

constexpr IpAddress elsewhere = IpAddress::v4(10, 0, 0, 1);

TEST_F(DhcpServerHostile, RFC2131_4_3_3_DECLINE_of_anything_but_the_own_lease_from_this_server) {
  ASSERT_EQ(bind(1), address_at(10));
  ASSERT_EQ(bind(2), address_at(11));
  using enum MessageType;
  expect_ignored<5>({
      {"no server", {.type = decline, .requested = address_at(10)}},
      {"another server", {.type = decline, .requested = address_at(10), .server = address_at(2)}},
      {"no address", {.type = decline, .server = own_address}},
      {"another's address", {.type = decline, .requested = address_at(11), .server = own_address}},
      {"no lease", {.type = decline, .client = 3, .requested = address_at(10), .server = own_address}},
  });
  EXPECT_EQ(server->status().conflicts, 0u);
}

TEST_F(DhcpServerHostile, RFC2131_4_3_4_RELEASE_of_anything_but_the_own_lease_from_this_server) {
  ASSERT_EQ(bind(1), address_at(10));
  ASSERT_TRUE(discover(2));
  using enum MessageType;
  expect_ignored<5>({
      {"another server", {.type = release, .ciaddr = address_at(10), .server = address_at(2)}},
      {"no address", {.type = release, .server = own_address}},
      {"another address", {.type = release, .ciaddr = address_at(11), .server = own_address}},
      {"no lease", {.type = release, .client = 3, .ciaddr = address_at(10), .server = own_address}},
      {"only offered", {.type = release, .client = 2, .ciaddr = address_at(11), .server = own_address}},
  });
  EXPECT_FALSE(send({.type = release, .ciaddr = address_at(10)}));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::free)
      << "RFC 2131 Table 5 has a server id, some leave it out";
}

TEST_F(DhcpServerHostile, RFC2131_4_3_requests_of_no_kind_and_those_for_another_server) {
  ASSERT_EQ(bind(1), address_at(10));
  using enum MessageType;
  expect_ignored<8>({
      {"neither address", {.type = request}},
      {"both addresses", {.type = request, .ciaddr = address_at(10), .requested = address_at(10)}},
      {"another server, of a lease", {.type = request, .requested = address_at(99), .server = address_at(2)}},
      {"another server, of no lease",
       {.type = request, .client = 3, .requested = address_at(99), .server = address_at(2)}},
      {"INFORM without an address", {.type = inform}},
      {"INFORM from another subnet", {.type = inform, .ciaddr = elsewhere}},
      {"INFORM from the server's own address", {.type = inform, .ciaddr = own_address}},
      {"a relay of another subnet", {.giaddr = elsewhere}},
  });
}

TEST_F(DhcpServerHostile, RFC2131_4_3_2_SELECTING_without_an_address_is_refused) {
  ASSERT_TRUE(discover(1));
  EXPECT_EQ(send({.type = MessageType::request, .server = own_address})->type(), MessageType::nak);
  EXPECT_EQ(state_of(address_at(10)), LeaseState::offered);
  EXPECT_EQ(select(2, address_at(11))->type(), MessageType::nak) << "nothing was offered to that one";
  EXPECT_EQ(server->status().naks, 2u);
}

TEST_F(DhcpServerHostile, addresses_that_are_asked_for_wrongly_are_not_looked_at) {
  EXPECT_EQ(send({.client = 1, .requested = elsewhere})->yiaddr(), address_at(10)) << "another subnet";
  EXPECT_EQ(send({.client = 2, .requested = own_address})->yiaddr(), address_at(11)) << "the server's own";
  EXPECT_EQ(send({.client = 3, .requested = IpAddress::any_v4()})->yiaddr(), address_at(12));
}

TEST_F(DhcpServerHostile, hardware_addresses_that_no_station_has) {
  const auto with_mac = [](const MacAddress& mac) {
    Buffer bytes = Asked{}.bytes();
    copy_bytes(bytes.data() + 28, mac.bytes);
    return bytes;
  };
  EXPECT_FALSE(send(with_mac({})));
  EXPECT_FALSE(send(with_mac(MacAddress::broadcast())));
  EXPECT_EQ(server->status().ignored, 2u);
  EXPECT_TRUE(send(with_mac(mac_of(1))));
}

/// A client's datagram to everybody, in two fragments (RFC 791 3.2).
std::array<Buffer, 2> in_fragments(const Buffer& payload) {
  Buffer datagram(8);
  store16(datagram.data(), 68);
  store16(datagram.data() + 2, 67);
  store16(datagram.data() + 4, static_cast<std::uint16_t>(8 + payload.size()));
  datagram.insert(datagram.end(), payload.begin(), payload.end());
  constexpr std::size_t first_size = 1200;
  std::array<Buffer, 2> frames;
  for (const std::size_t part : {0u, 1u}) {
    const auto begin = datagram.begin() + static_cast<std::ptrdiff_t>(part * first_size);
    const auto end = part == 0 ? begin + first_size : datagram.end();
    Buffer& frame = frames[part];
    frame = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x99, 8, 0};
    frame.resize(34);
    std::uint8_t* ip = frame.data() + 14;
    ip[0] = 0x45;
    store16(ip + 2, static_cast<std::uint16_t>(20 + (end - begin)));
    store16(ip + 4, 77);
    store16(ip + 6, static_cast<std::uint16_t>(part == 0 ? 0x2000 : first_size / 8));
    ip[8] = 64;
    ip[9] = 17;
    copy_bytes(ip + 16, IpAddress::broadcast_v4().v4_bytes());
    store16(ip + 10, static_cast<std::uint16_t>(~linnet::test::ones_complement_sum({ip, 20})));
    frame.insert(frame.end(), begin, end);
  }
  return frames;
}

TEST_F(DhcpServerHostile, a_message_larger_than_any_is_ignored) {
  for (const std::size_t size : {1472u, 1473u}) {
    Buffer bytes = Asked{}.bytes();
    bytes.resize(size);
    for (const Buffer& frame : in_fragments(bytes)) link.device.in.push_back(frame);
    link.run_for(Duration::milliseconds(1));
    EXPECT_EQ(server->status().offers, 1u) << size;
    EXPECT_EQ(server->status().ignored, size == 1472 ? 0u : 1u);
  }
}

TEST_F(DhcpServerHostile, many_messages_at_once_are_all_answered) {
  for (int i = 0; i < 20; ++i) {
    link.inject_udp({IpAddress::any_v4(), 68}, {IpAddress::broadcast_v4(), 67}, Asked{}.bytes(),
                    MacAddress::broadcast());
  }
  link.udp_sent.clear();
  link.stack.poll(link.now);
  EXPECT_EQ(server->poll(link.now), link.now) << "a bounded number of them each time";
  EXPECT_EQ(server->status().offers, 8u);
  link.run_for(Duration::milliseconds(1));
  EXPECT_EQ(server->status().offers, 20u);
}

TEST_F(DhcpServerHostile, RFC2132_2_zeros_behind_a_host_name_are_no_part_of_it) {
  ASSERT_EQ(bind(1), address_at(10));
  link.stations[address_at(10)] = mac_of(1);
  const std::pair<std::string, std::string> rows[] = {
      {std::string("two\0\0", 5), "two"},
      {std::string("\0\0", 2), "two"},  // nothing is said: it stays
      {std::string(63, 'n'), std::string(63, 'n')},
      {std::string(64, 'm'), std::string(63, 'n')},
      {"a." + std::string(62, 'm'), std::string(63, 'n')},  // a name, and too long for a lease
      {"a." + std::string(63, 'm'), std::string(63, 'n')},  // too long to be looked at
  };
  for (const auto& [sent, kept] : rows) {
    ASSERT_TRUE(send(Asked{.type = MessageType::request, .ciaddr = address_at(10), .host_name = sent}.bytes(),
                     {address_at(10), 68}));
    EXPECT_EQ(server->leases()[0].host_name.view(), kept);
  }
}

}  // namespace
}  // namespace linnet::dhcps::test
