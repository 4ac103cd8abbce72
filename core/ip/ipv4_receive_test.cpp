// SPDX-License-Identifier: Apache-2.0
// Receiving IPv4: RFC 791, RFC 1122 3.2.1 and 3.3, hostile-packet rows C03, C04, C05, C19.
#include "core/ip/test_host.hpp"

namespace linnet::ip::test {
namespace {

constexpr std::array<std::uint8_t, 28> literal = {0x45, 0x10, 0,   28, 0x12, 0x34, 0x40, 0, 64, 17,
                                                  0xa4, 0x89, 192, 0,  2,    2,    192,  0, 2,  1,
                                                  1,    2,    3,   4,  5,    6,    7,    8};
constexpr std::optional<Ipv4Header> parsed() {
  Drop reason = Drop::none;
  return Ipv4Header::parse(literal, reason);
}
static_assert(parsed()->length() == 20 && parsed()->total_length() == 28 &&
              parsed()->traffic_class() == 0x10);
static_assert(parsed()->identification() == 0x1234 && parsed()->may_not_fragment() &&
              !parsed()->is_fragment());
static_assert(parsed()->ttl() == 64 && parsed()->protocol() == 17);
static_assert(parsed()->source() == peer.v4_value() && parsed()->destination() == our_address.v4_value());
static_assert([] {
  std::array<std::uint8_t, 20> written{};
  Ipv4Header::write(written.data(),
                    {0x10, 28, 0x1234, 0x4000, 64, 17, peer.v4_value(), our_address.v4_value()});
  return std::equal(written.begin(), written.end(), literal.begin());
}());

TEST(Ipv4, hands_up_what_is_for_us) {
  Host host;
  EXPECT_EQ(host.inject(ipv4_packet({.ttl = 0, .traffic_class = 0x2e}, pattern(100))), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->source, peer);
  EXPECT_EQ(host.datagram->destination, our_address);
  EXPECT_EQ(host.datagram->protocol, 253);
  EXPECT_EQ(host.datagram->ttl, 0) << "RFC 1122 3.2.1.7: a host takes a TTL of zero";
  EXPECT_EQ(host.datagram->traffic_class, 0x2e);
  EXPECT_EQ(host.datagram->interface, 1);
  EXPECT_EQ(host.datagram->header_length, 20);
  EXPECT_FALSE(host.datagram->group);
  EXPECT_EQ(host.payload(), pattern(100));
}

TEST(Ipv4, C03_01_header_lengths) {
  Host host;
  for (std::uint8_t words = 0; words < 5; ++words) {
    Buffer packet = ipv4_packet({}, Buffer(20));
    packet[0] = 0x40 | words;
    EXPECT_EQ(host.reject(packet), Drop::ip_header_length) << int{words};
  }
  Buffer packet = ipv4_packet({}, Buffer(20));
  packet[0] = 0x4f;
  EXPECT_EQ(host.reject(packet), Drop::ip_header_length);
  for (std::uint8_t version = 0; version < 16; ++version) {
    if (version == 4) continue;
    packet[0] = static_cast<std::uint8_t>(version << 4 | 5);
    EXPECT_EQ(host.reject(packet), Drop::ip_version);
  }
}

TEST(Ipv4, C03_02_total_length_below_the_header) {
  Host host;
  for (const std::uint16_t length : {0, 1, 19}) {
    Buffer packet = ipv4_packet({}, Buffer(20));
    store16(packet.data() + 2, length);
    fix_checksum(packet, 20);
    EXPECT_EQ(host.reject(packet), Drop::ip_length) << length;
  }
}

TEST(Ipv4, C03_03_total_length_beyond_the_frame_and_short_of_it) {
  Host host;
  for (const std::uint32_t length : {41u, 42u, 1500u, 32768u, 65535u}) {
    Buffer packet = ipv4_packet({}, Buffer(20));
    store16(packet.data() + 2, static_cast<std::uint16_t>(length));
    fix_checksum(packet, 20);
    EXPECT_EQ(host.reject(packet), Drop::ip_length) << length;
  }
  for (std::uint16_t length = 20; length < 40; ++length) {
    Buffer packet = ipv4_packet({}, pattern(20));
    store16(packet.data() + 2, length);
    fix_checksum(packet, 20);
    EXPECT_EQ(host.inject(packet), Drop::none);
    Buffer expected = pattern(20);
    expected.resize(length - 20u);
    EXPECT_EQ(host.payload(), expected) << "the padding is not data";
  }
}

TEST(Ipv4, every_truncation_is_refused) {
  Host host;
  const Buffer packet = ipv4_packet({.options = {7, 7, 4, 0, 0, 0, 0, 0}}, pattern(12));
  for (std::size_t size = 0; size < packet.size(); ++size) {
    const Drop reason = host.reject(Buffer(packet.begin(), packet.begin() + static_cast<long>(size)));
    EXPECT_EQ(reason, size < 20   ? Drop::ip_short
                      : size < 28 ? Drop::ip_header_length
                                  : Drop::ip_length)
        << size;
  }
}

TEST(Ipv4, C01_04_our_own_link_address_as_source_earns_no_trust) {
  Host host;
  Buffer packet = ipv4_packet({}, Buffer(8));
  packet[10] = static_cast<std::uint8_t>(packet[10] ^ 1);
  const auto frame = ethernet::test::ethernet_frame(our_mac, our_mac, ethernet::ethertype::ipv4, packet);
  auto up = host.ethernet.receive(host.wire.packet(frame, 1), host.now);
  ASSERT_TRUE(up);
  EXPECT_FALSE(host.ip.receive(std::move(*up), host.now));
  EXPECT_EQ(host.drops.last(), Drop::ip_checksum);
}

TEST(Ipv4, RFC1122_3_2_1_2_every_header_bit_is_covered_by_the_checksum) {
  Host host;
  const Buffer good = ipv4_packet({}, Buffer(8));
  for (std::size_t bit = 0; bit < 160; ++bit) {
    Buffer packet = good;
    packet[bit / 8] = static_cast<std::uint8_t>(packet[bit / 8] ^ (0x80 >> bit % 8));
    EXPECT_NE(host.reject(packet), Drop::none) << bit;
  }
}

TEST(Ipv4, C03_06_a_header_that_sums_to_ffff_and_zero_in_the_field) {
  // A checksum field of 0xffff where 0x0000 is computed says the same sum (RFC 1071).
  Host host;
  std::uint32_t accepted = 0;
  for (std::uint32_t id = 0; id < 65536; ++id) {
    Buffer packet = ipv4_packet({.identification = static_cast<std::uint16_t>(id)}, {});
    if (load16(packet.data() + 10) != 0) continue;
    EXPECT_EQ(host.inject(packet), Drop::none);
    store16(packet.data() + 10, 0xffff);
    EXPECT_EQ(host.inject(packet), Drop::none);
    ++accepted;
  }
  EXPECT_EQ(accepted, 1u);
}

TEST(Ipv4, C03_04_C19_01_own_and_loopback_addresses_from_the_wire) {
  Host host;
  for (const std::uint8_t protocol : {1, 6, 17, 253}) {
    for (const IpAddress& source : {IpAddress::loopback_v4(), IpAddress::v4(127, 9, 9, 9), our_address}) {
      EXPECT_EQ(host.reject(ipv4_packet({.source = source, .protocol = protocol}, Buffer(40))),
                Drop::ip_martian);
    }
    EXPECT_EQ(
        host.reject(ipv4_packet({.destination = IpAddress::loopback_v4(), .protocol = protocol}, Buffer(40))),
        Drop::ip_martian);
  }
}

TEST(Ipv4, C03_05_RFC1122_3_2_1_3_sources_that_cannot_be) {
  Host host;
  for (const IpAddress& source :
       {IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255), IpAddress::v4(224, 0, 0, 1),
        IpAddress::v4(239, 255, 255, 255), IpAddress::v4(240, 0, 0, 1), IpAddress::any_v4(),
        IpAddress::v4(0, 0, 0, 9)}) {
    EXPECT_EQ(host.reject(ipv4_packet({.source = source}, Buffer(8))), Drop::ip_martian)
        << AddressText(source).view();
  }
  // RFC 1122 3.2.1.3 (a): a host that learns its address may shout.
  EXPECT_EQ(host.inject(ipv4_packet({.source = IpAddress::any_v4(), .destination = IpAddress::broadcast_v4()},
                                    Buffer(8)),
                        MacAddress::broadcast()),
            Drop::none);
  EXPECT_TRUE(host.datagram && host.datagram->group);
}

TEST(Ipv4, destinations) {
  Host host;
  EXPECT_EQ(host.reject(ipv4_packet({.destination = remote}, Buffer(8))), Drop::ip_not_for_us);
  EXPECT_EQ(host.reject(ipv4_packet({.destination = IpAddress::any_v4()}, Buffer(8))), Drop::ip_martian);
  EXPECT_EQ(host.reject(ipv4_packet({.destination = IpAddress::v4(240, 1, 1, 1)}, Buffer(8))),
            Drop::ip_martian);
  EXPECT_EQ(host.reject(ipv4_packet({.destination = IpAddress::v4(224, 0, 0, 251)}, Buffer(8))),
            Drop::ip_not_for_us);
  for (const IpAddress& group :
       {IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255), IpAddress::v4(224, 0, 0, 1)}) {
    EXPECT_EQ(host.inject(ipv4_packet({.destination = group}, Buffer(8)), MacAddress::broadcast()),
              Drop::none);
    ASSERT_TRUE(host.datagram);
    EXPECT_TRUE(host.datagram->group);
  }
}

TEST(Ipv4, RFC1122_3_3_6_a_link_broadcast_to_a_single_host_is_discarded) {
  Host host;
  EXPECT_EQ(host.reject(ipv4_packet({}, Buffer(8)), MacAddress::broadcast()), Drop::ip_martian);
}

TEST(Ipv4, RFC1122_3_3_4_2_strong_model_an_address_belongs_to_its_interface) {
  Config config;
  config.interfaces = 3;
  Host host(config);
  host.add_second();
  const auto to_second = ipv4_packet({.destination = Host::second_address}, Buffer(8));
  EXPECT_EQ(host.reject(to_second), Drop::ip_not_for_us);
  EXPECT_EQ(host.inject(to_second, our_mac, 2), Drop::none);
  EXPECT_TRUE(host.datagram);
  EXPECT_EQ(host.inject(ipv4_packet({.destination = IpAddress::v4(10, 255, 255, 255)}, Buffer(8)),
                        MacAddress::broadcast()),
            Drop::ip_not_for_us)
      << "a broadcast address of the other link";
}

TEST(Ipv4, C04_03_and_harmless_options_are_ignored) {
  Host host;
  for (std::uint8_t length = 4; length <= 40; length = static_cast<std::uint8_t>(length + 4)) {
    for (int pointer = 0; pointer < 256; ++pointer) {
      for (const std::uint8_t type : {68, 7, 148, 136}) {
        Buffer options(length, 0);
        options[0] = type;
        options[1] = length;
        options[2] = static_cast<std::uint8_t>(pointer);
        ASSERT_EQ(host.inject(ipv4_packet({.options = options}, pattern(9))), Drop::none);
        ASSERT_EQ(host.payload(), pattern(9));
        ASSERT_EQ(host.datagram->header_length, 20 + length);
      }
    }
  }
}

TEST(Ipv4, C04_04_malformed_options) {
  Host host;
  for (int type = 2; type < 256; ++type) {
    for (const std::uint8_t length : {0, 1, 9, 255}) {
      Buffer options(8, 1);
      options[0] = static_cast<std::uint8_t>(type);
      options[1] = length;
      ASSERT_EQ(host.reject(ipv4_packet({.options = options}, Buffer(8))), Drop::ip_options)
          << type << " " << length;
    }
    Buffer cut(4, 1);  // ends with the type byte
    cut[3] = static_cast<std::uint8_t>(type);
    ASSERT_EQ(host.reject(ipv4_packet({.options = cut}, Buffer(8))), Drop::ip_options);
  }
  Buffer after_end{0, 131, 255, 255};
  EXPECT_EQ(host.inject(ipv4_packet({.options = after_end}, Buffer(8))), Drop::none)
      << "RFC 791: end of list";
}

TEST(Ipv4, C04_05_C04_01_source_routes) {
  Host host;
  for (const std::uint8_t type : {131, 137}) {
    Buffer options{1, type, 7, 4, 192, 0, 2, 9};
    EXPECT_EQ(host.reject(ipv4_packet({.protocol = 17, .options = options}, Buffer(8))),
              Drop::ip_source_route);
    EXPECT_EQ(host.reject(ipv4_packet({.destination = remote, .options = options}, Buffer(8))),
              Drop::ip_source_route);
  }
}

TEST(Ipv4, DHCP_needs_port_68_before_there_is_an_address) {
  Host host;
  Buffer udp(12);
  store16(udp.data() + 2, 68);
  const PacketOptions offered{.destination = IpAddress::v4(192, 0, 2, 77), .protocol = 17};
  EXPECT_EQ(host.reject(ipv4_packet(offered, udp)), Drop::ip_not_for_us);
  host.ip.set_accept_any(1, true);
  EXPECT_EQ(host.inject(ipv4_packet(offered, udp)), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->destination, offered.destination);
  store16(udp.data() + 2, 69);
  EXPECT_EQ(host.reject(ipv4_packet(offered, udp)), Drop::ip_not_for_us);
  EXPECT_EQ(host.reject(ipv4_packet(offered, Buffer(3))), Drop::ip_not_for_us);
  host.ip.set_accept_any(1, false);
}

TEST(Ipv4, packets_to_ourselves_go_through_the_loopback_device) {
  Host host;
  for (const IpAddress& to : {IpAddress::loopback_v4(), IpAddress::v4(127, 1, 2, 3), our_address}) {
    EXPECT_EQ(host.send(pattern(50), {.destination = to, .protocol = 253}), Send::sent);
    EXPECT_TRUE(host.device.out.empty());
    host.pass_loopback();
    ASSERT_TRUE(host.datagram) << AddressText(to).view();
    EXPECT_EQ(host.datagram->destination, to);
    EXPECT_EQ(host.datagram->source, to == our_address ? our_address : IpAddress::loopback_v4());
    EXPECT_EQ(host.payload(), pattern(50));
  }
}

TEST(Ipv4, other_ethertypes_are_not_ours_yet) {
  Host host;
  Packet packet = host.wire.packet(Buffer(40), 1);
  packet.info.ethertype = ethernet::ethertype::ipv6;
  EXPECT_FALSE(host.ip.receive(std::move(packet), host.now));
  EXPECT_EQ(host.drops.last(), Drop::l2_protocol);
}

}  // namespace
}  // namespace linnet::ip::test
