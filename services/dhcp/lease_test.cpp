// SPDX-License-Identifier: Apache-2.0
#include "services/dhcp/lease.hpp"

#include <gtest/gtest.h>

#include <string>

#include "services/dhcp/test_message.hpp"

namespace linnet::dhcp {
namespace {

using test::Buffer;
using test::ServerMessage;

constexpr IpAddress server_address = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress offered = IpAddress::v4(192, 0, 2, 50);

Random fixed_random() {
  Random::Seed seed{};
  seed[0] = 5;
  return Random(seed);
}

ServerMessage ack(std::uint32_t seconds = 3600) {
  ServerMessage message(MessageType::ack);
  message.yiaddr(offered).address(54, server_address).u32(51, seconds);
  return message;
}

std::optional<Lease> read(const ServerMessage& message, const Config& config = {}) {
  const Buffer bytes = message.finish();
  Random random = fixed_random();
  return read_lease(*Message::parse(bytes), config, 1500, random);
}

TEST(DhcpLease, everything_that_a_server_says) {
  const auto lease = read(ack()
                              .address(1, IpAddress::v4(255, 255, 255, 128))
                              .address(3, server_address)
                              .option(6, {192, 0, 2, 2, 192, 0, 2, 3})
                              .text(12, "box")
                              .text(15, "example.org")
                              .u16(26, 1400)
                              .option(42, {192, 0, 2, 4}));
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->prefix, (Prefix{offered, 25}));
  EXPECT_EQ(lease->server, server_address);
  EXPECT_EQ(lease->duration, Duration::seconds(3600));
  ASSERT_EQ(lease->routers.size(), 1u);
  EXPECT_EQ(lease->routers[0], server_address);
  ASSERT_EQ(lease->dns_servers.size(), 2u);
  EXPECT_EQ(lease->dns_servers[1], IpAddress::v4(192, 0, 2, 3));
  EXPECT_EQ(lease->host_name.view(), "box");
  EXPECT_EQ(lease->domain_name.view(), "example.org");
  EXPECT_EQ(lease->mtu, 1400);
  ASSERT_EQ(lease->ntp_servers.size(), 1u);
}

TEST(DhcpLease, server_identifier_and_lease_time_are_needed) {
  for (const IpAddress& no_host :
       {IpAddress::any_v4(), IpAddress::v4(127, 0, 0, 1), IpAddress::broadcast_v4()}) {
    const auto message = ServerMessage(MessageType::ack).yiaddr(offered).address(54, no_host).u32(51, 3600);
    EXPECT_FALSE(read(message)) << "a server that is no host";
    const Buffer bytes = message.finish();
    EXPECT_FALSE(read_information(*Message::parse(bytes), {}, 1500, {offered, 24}));
  }
  EXPECT_FALSE(read(ServerMessage(MessageType::ack).yiaddr(offered).address(54, server_address)));
  EXPECT_FALSE(read(ServerMessage(MessageType::ack).yiaddr(offered).u32(51, 3600)));
  EXPECT_FALSE(
      read(ServerMessage(MessageType::ack).yiaddr(offered).u16(51, 3600).address(54, server_address)));
}

TEST(DhcpLease, C23_04_addresses_that_no_host_may_have_are_refused) {
  for (const IpAddress& bad :
       {IpAddress::v4(0u), IpAddress::v4(0, 1, 2, 3), IpAddress::broadcast_v4(), IpAddress::v4(224, 0, 0, 1),
        IpAddress::v4(239, 255, 255, 255), IpAddress::v4(127, 0, 0, 1), IpAddress::v4(240, 0, 0, 1),
        server_address, IpAddress::v4(192, 0, 2, 254) /* the router, below */, IpAddress::v4(192, 0, 2, 0),
        IpAddress::v4(192, 0, 2, 255)}) {
    const auto message = ack()
                             .yiaddr(bad)
                             .address(1, IpAddress::v4(255, 255, 255, 0))
                             .address(3, IpAddress::v4(192, 0, 2, 254));
    EXPECT_FALSE(read(message)) << AddressText(bad).view();
  }
  EXPECT_TRUE(read(ack().address(1, IpAddress::v4(255, 255, 255, 0))));
}

TEST(DhcpLease, C23_05_mask_of_any_other_length_than_four_gives_way_to_the_class) {
  for (std::size_t length = 0; length < 256; ++length) {
    const auto lease = read(ack().option(1, Buffer(length, 255)));
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->prefix.length, 24) << length;
  }
}

TEST(DhcpLease, C23_05_mask_that_is_none_gives_way_to_the_class) {
  for (const IpAddress& mask : {IpAddress::v4(255, 0, 255, 0), IpAddress::v4(0u), IpAddress::broadcast_v4(),
                                IpAddress::v4(0, 0, 0, 255), IpAddress::v4(255, 255, 255, 1)}) {
    EXPECT_EQ(read(ack().address(1, mask))->prefix.length, 24);
  }
  EXPECT_EQ(read(ack().yiaddr(IpAddress::v4(10, 1, 2, 3)))->prefix.length, 8);
  EXPECT_EQ(read(ack().yiaddr(IpAddress::v4(126, 1, 2, 3)))->prefix.length, 8);
  EXPECT_EQ(read(ack().yiaddr(IpAddress::v4(128, 1, 2, 3)))->prefix.length, 16) << "RFC 950 2.1: class B";
  EXPECT_EQ(read(ack().yiaddr(IpAddress::v4(191, 16, 2, 3)))->prefix.length, 16);
  EXPECT_EQ(read(ack().address(1, IpAddress::v4(255, 255, 255, 254)))->prefix.length, 31);
}

TEST(DhcpLease, C23_08_times_are_in_order_and_apart_whatever_the_server_says) {
  const std::vector<std::uint32_t> leases = {0,  1,   2,    9,     10,       59,        60,
                                             61, 120, 3600, 86400, 1u << 31, 0xfffffffe};
  const std::vector<std::optional<std::uint32_t>> times = {
      std::nullopt, 0u, 1u, 30u, 60u, 1800u, 3599u, 3600u, 3601u, 1u << 31, 0xffffffffu};
  for (const std::uint32_t seconds : leases) {
    for (const auto& t1 : times) {
      for (const auto& t2 : times) {
        ServerMessage message = ack(seconds);
        if (t1) message.u32(58, *t1);
        if (t2) message.u32(59, *t2);
        const auto lease = read(message);
        ASSERT_EQ(lease.has_value(), seconds >= 10) << seconds;
        if (!lease) continue;
        EXPECT_EQ(lease->duration, Duration::seconds(seconds));
        EXPECT_LT(lease->renewal, lease->rebinding);
        EXPECT_LT(lease->rebinding, lease->duration);
        const Duration apart = seconds >= 240 ? Duration::seconds(60) : Duration::seconds(seconds) / 4;
        EXPECT_GE(lease->renewal, apart) << seconds;
        if (seconds >= 240 && (!t1 || *t1 < seconds - 120)) {
          EXPECT_GE(lease->rebinding - lease->renewal, Duration::seconds(59)) << seconds;
        }
      }
    }
  }
}

TEST(DhcpLease, RFC2131_4_4_5_default_times_are_a_half_and_seven_eighths_with_fuzz) {
  const auto lease = read(ack(80000));
  EXPECT_LE(lease->renewal, Duration::seconds(40000));
  EXPECT_GE(lease->renewal, Duration::seconds(40000 - 80000 / 32));
  EXPECT_LE(lease->rebinding, Duration::seconds(70000));
  EXPECT_GE(lease->rebinding, Duration::seconds(70000 - 80000 / 32));
  const auto nothing = read(ack(80000).u32(58, 0).u32(59, 0));
  EXPECT_EQ(nothing->renewal, lease->renewal) << "at once is no time to ask again: as if not said";
  EXPECT_EQ(nothing->rebinding, lease->rebinding);
  const auto told = read(ack(80000).u32(58, 1000).u32(59, 2000));
  EXPECT_EQ(told->renewal, Duration::seconds(1000));
  EXPECT_EQ(told->rebinding, Duration::seconds(2000));
}

TEST(DhcpLease, RFC2131_4_4_5_a_T2_before_half_of_the_lease_has_its_T1_in_the_same_proportion) {
  // A half is to seven eighths as four is to seven.
  const auto lease = read(ack(80000).u32(59, 7000));
  EXPECT_EQ(lease->rebinding, Duration::seconds(7000));
  EXPECT_EQ(lease->renewal, Duration::seconds(4000));
  const auto at_half = read(ack(20).u32(59, 10), {.minimum_renewal_gap = Duration::seconds(1)});
  EXPECT_EQ(at_half->rebinding, Duration::seconds(10));
  EXPECT_EQ(at_half->renewal, Duration::seconds(10) * 4 / 7) << "T1 is not T2";
}

TEST(DhcpLease, times_of_a_lease_shorter_than_two_gaps_are_its_half_and_the_half_of_what_is_left) {
  const auto lease = read(ack(80).u32(58, 1).u32(59, 2));
  EXPECT_EQ(lease->renewal, Duration::seconds(40)) << "a gap is 60 s";
  EXPECT_EQ(lease->rebinding, Duration::seconds(60));
}

TEST(DhcpLease, RFC2131_3_4_parameters_alone_are_for_ever) {
  const Buffer bytes = ServerMessage(MessageType::ack).address(54, server_address).finish();
  const auto told = read_information(*Message::parse(bytes), {}, 1500, {offered, 24});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->duration, Duration::max());
  EXPECT_EQ(told->renewal, Duration::max());
  EXPECT_EQ(told->rebinding, Duration::max());
}

TEST(DhcpLease, RFC2131_3_3_all_ones_is_for_ever) {
  const auto lease = read(ack(0xffffffff).u32(58, 10).u32(59, 20));
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->duration, Duration::max());
  EXPECT_EQ(lease->renewal, Duration::max());
  EXPECT_EQ(lease->rebinding, Duration::max());
}

TEST(DhcpLease, C23_09_address_lists_are_cut_exactly) {
  for (std::size_t length = 0; length < 256; ++length) {
    Buffer value;
    for (std::size_t i = 0; i < length; ++i)
      value.push_back(static_cast<std::uint8_t>(i % 4 == 3 ? i / 4 + 10 : 10));
    const auto lease = read(ack().option(6, value).option(3, value).option(42, value));
    ASSERT_TRUE(lease);
    ASSERT_EQ(lease->dns_servers.size(), std::min<std::size_t>(length / 4, 4)) << length;
    ASSERT_EQ(lease->routers.size(), std::min<std::size_t>(length / 4, 2));
    ASSERT_EQ(lease->ntp_servers.size(), std::min<std::size_t>(length / 4, 4));
    for (std::size_t i = 0; i < lease->dns_servers.size(); ++i) {
      EXPECT_EQ(lease->dns_servers[i], IpAddress::v4(10, 10, 10, static_cast<std::uint8_t>(10 + i)));
    }
  }
}

TEST(DhcpLease, addresses_that_are_none_are_left_out_of_lists) {
  const auto lease =
      read(ack().option(6, {0, 0, 0, 0, 127, 0, 0, 1, 224, 0, 0, 1, 255, 255, 255, 255, 9, 9, 9, 9}));
  ASSERT_EQ(lease->dns_servers.size(), 1u);
  EXPECT_EQ(lease->dns_servers[0], IpAddress::v4(9, 9, 9, 9));
}

TEST(DhcpLease, C23_02_names_are_checked) {
  EXPECT_EQ(read(ack().text(15, std::string_view("example.org\0\0", 13)))->domain_name.view(), "example.org");
  EXPECT_EQ(read(ack().text(15, "example.org."))->domain_name.view(), "example.org");
  for (const std::string_view bad :
       {std::string_view("evil.org\0.good", 14), std::string_view("\0", 1), std::string_view("x;reboot"),
        std::string_view("$(id)"), std::string_view("a b"), std::string_view(".")}) {
    const auto lease = read(ack().text(15, bad).text(12, bad));
    ASSERT_TRUE(lease);
    EXPECT_TRUE(lease->domain_name.empty());
    EXPECT_TRUE(lease->host_name.empty());
  }
  for (std::size_t length = 0; length < 256; ++length) {
    const auto lease = read(ack().text(12, std::string(length, 'a')).text(15, std::string(length, 'b')));
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->host_name.view().size(), length <= 63 ? length : 0);
    EXPECT_EQ(lease->domain_name.view().size(), length <= 63 ? length : 0);
    EXPECT_EQ(lease->host_name.c_str()[lease->host_name.view().size()], '\0');
  }
}

TEST(DhcpLease, C23_16_mtu_below_68_or_above_the_link_is_ignored) {
  for (unsigned mtu = 0; mtu < 68; ++mtu)
    EXPECT_EQ(read(ack().u16(26, static_cast<std::uint16_t>(mtu)))->mtu, 0);
  EXPECT_EQ(read(ack().u16(26, 68))->mtu, 68);
  EXPECT_EQ(read(ack().u16(26, 1500))->mtu, 1500);
  EXPECT_EQ(read(ack().u16(26, 1501))->mtu, 0);
  EXPECT_EQ(read(ack().option(26, {5}))->mtu, 0);
}

TEST(DhcpLease, C23_12_option_121_only_when_enabled) {
  const auto message = ack().option(121, {24, 10, 1, 2, 192, 0, 2, 9, 0, 192, 0, 2, 8});
  EXPECT_TRUE(read(message)->routes.empty());
  const auto lease = read(message, {.classless_routes = true});
  ASSERT_EQ(lease->routes.size(), 2u);
  EXPECT_EQ(lease->routes[0].destination, (Prefix{IpAddress::v4(10, 1, 2, 0), 24}));
  EXPECT_EQ(lease->routes[0].gateway, IpAddress::v4(192, 0, 2, 9));
  EXPECT_EQ(lease->routes[1].destination.length, 0);
}

TEST(DhcpLease, C23_12_malformed_option_121_leaves_the_router_in_force) {
  Config config;
  config.classless_routes = true;
  const auto lease =
      read(ack().address(3, server_address).option(121, {33, 10, 0, 0, 0, 0, 192, 0, 2, 1}), config);
  ASSERT_TRUE(lease);
  EXPECT_TRUE(lease->routes.empty());
  ASSERT_EQ(lease->routers.size(), 1u);
}

TEST(DhcpLease, C23_12_malformed_option_121_is_ignored_whole) {
  const Buffer good = {24, 10, 1, 2, 192, 0, 2, 9, 0, 192, 0, 2, 8};
  for (std::size_t length = 0; length <= good.size(); ++length) {
    const bool whole = length == 8 || length == 13;
    const Buffer cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(read_classless_routes(cut).has_value(), whole) << length;
  }
  for (unsigned width = 33; width < 256; ++width) {
    Buffer wide(100, 1);
    wide[0] = static_cast<std::uint8_t>(width);
    EXPECT_FALSE(read_classless_routes(wide));
  }
}

TEST(DhcpLease, RFC3442_all_widths_and_more_routes_than_there_is_room_for) {
  for (std::uint8_t width = 0; width <= 32; ++width) {
    Buffer value = {width};
    value.resize(1 + (width + 7u) / 8, 0xff);
    value.insert(value.end(), {192, 0, 2, 1});
    const auto routes = read_classless_routes(value);
    ASSERT_TRUE(routes) << int{width};
    EXPECT_EQ((*routes)[0].destination.address.v4_value(), mask_of_prefix_length(width));
  }
  Buffer many;
  for (std::uint8_t i = 0; i < 20; ++i) many.insert(many.end(), {8, i, 192, 0, 2, 1});
  EXPECT_EQ(read_classless_routes(many)->size(), 8u);
}

}  // namespace
}  // namespace linnet::dhcp
