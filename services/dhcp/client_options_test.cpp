// SPDX-License-Identifier: Apache-2.0
// What owners of a client may wish, and what servers may say, beside the address.
#include <gtest/gtest.h>

#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

using DhcpOptions = DhcpTest;

TEST_F(DhcpOptions, client_identifier_and_broadcast_flag_are_settings) {
  const std::array<std::uint8_t, 3> id = {0, 'x', 'y'};
  Config config = fast_config();
  config.client_id = id;
  config.broadcast = true;
  make_client(config);
  client->start(link.now);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(sent.at(0).value(61), (Buffer{0, 'x', 'y'}));
  EXPECT_EQ(sent.at(0).message().flags(), flag_broadcast);
  client->stop(link.now, false);

  config.send_client_id = false;
  config.classless_routes = true;
  make_client(config);
  sent.clear();
  client->start(link.now);
  link.run_for(Duration::seconds(1));
  EXPECT_FALSE(sent.at(0).has(61));
  EXPECT_EQ(sent.at(0).value(55).at(0), 121) << "RFC 3442: in front of the router option";
}

TEST_F(DhcpOptions, RFC3442_classless_routes_take_the_place_of_the_router) {
  Config config = fast_config();
  config.classless_routes = true;
  make_client(config);
  edit = [](ServerMessage& message) {
    message.option(121, {8, 10, 192, 0, 2, 9, 32, 198, 51, 100, 1, 0, 0, 0, 0});
  };
  bind();
  EXPECT_FALSE(has_default_route());
  const auto path = link.stack.ip().path(IpAddress::v4(10, 9, 9, 9));
  ASSERT_TRUE(path);
  EXPECT_EQ(path->next_hop, IpAddress::v4(192, 0, 2, 9));
  const auto on_link = link.stack.ip().path(IpAddress::v4(198, 51, 100, 1));
  ASSERT_TRUE(on_link);
  EXPECT_EQ(on_link->next_hop, IpAddress::v4(198, 51, 100, 1));
  client->stop(link.now, false);
  EXPECT_FALSE(link.stack.ip().path(IpAddress::v4(10, 9, 9, 9)));
}

TEST_F(DhcpOptions, RFC4039_rapid_commit_binds_by_two_messages) {
  Config config = fast_config();
  config.rapid_commit = true;
  make_client(config);
  answers = false;
  on_message = [&](const Sent& message) {
    if (message.type != MessageType::discover) return;
    EXPECT_TRUE(message.has(80));
    send(reply(MessageType::ack, message.xid));  // without the option it is no answer
    ServerMessage ack = reply(MessageType::ack, message.xid);
    send(ack.option(80, {}));
  };
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(2));
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has_address());
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_EQ(client->status().ignored, 1u);
  EXPECT_EQ(client->status().expires_at, sent[0].at + Duration::seconds(3600)) << "from the DHCPDISCOVER on";
}

TEST_F(DhcpOptions, RFC4039_an_ack_to_discover_counts_only_where_it_was_asked_for) {
  answers = false;
  on_message = [&](const Sent& message) {
    EXPECT_FALSE(message.has(80));
    send(reply(MessageType::ack, message.xid).option(80, {}));
  };
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(2));
  EXPECT_EQ(state(), State::selecting);
}

TEST_F(DhcpOptions, RFC8925_where_IPv6_is_preferred_no_address_is_asked_for) {
  Config config = fast_config();
  config.ipv6_only = true;
  make_client(config);
  edit = [](ServerMessage& message) { message.u32(108, 900); };
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(890));
  EXPECT_EQ(state(), State::init);
  EXPECT_EQ(sent.size(), 1u) << "for 900 s";
  const Buffer list = sent[0].value(55);
  EXPECT_EQ(list.back(), 108);
  edit = [](ServerMessage& message) { message.u32(108, 1); };
  link.run_for(Duration::seconds(200));
  EXPECT_EQ(sent.size(), 2u) << "300 s at least";
  edit = nullptr;
  link.run_for(Duration::seconds(200));
  EXPECT_EQ(state(), State::bound);
}

TEST_F(DhcpOptions, RFC8925_is_a_setting) {
  edit = [](ServerMessage& message) { message.u32(108, 900); };
  bind();
  ASSERT_TRUE(has_address());
}

TEST_F(DhcpOptions, RFC2132_5_1_the_servers_mtu_is_in_force_for_IPv4_as_long_as_the_lease) {
  const auto mtu = [this] { return link.stack.ip().path(server_address)->mtu; };
  edit = [](ServerMessage& message) { message.u16(26, 1400); };
  bind();
  EXPECT_EQ(client->status().lease->mtu, 1400);
  EXPECT_EQ(mtu(), 1400);
  EXPECT_EQ(link.stack.ip().interfaces()[link.interface].mtu_v6, 1500) << "IPv6 has the routers' word for it";

  edit = [](ServerMessage& message) { message.u16(26, 576); };
  link.run_until(client->status().renew_at + Duration::seconds(1));
  EXPECT_EQ(mtu(), 576) << "another one with the renewal";
  edit = nullptr;
  link.run_until(client->status().renew_at + Duration::seconds(1));
  EXPECT_EQ(mtu(), 1500) << "said no more";

  edit = [](ServerMessage& message) { message.u16(26, 68); };
  link.run_until(client->status().renew_at + Duration::seconds(1));
  EXPECT_EQ(mtu(), 68);
  client->stop(link.now, false);
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {first_address, 24}, false, link.now));
  EXPECT_EQ(mtu(), 1500) << "given back with the lease";
}

TEST_F(DhcpOptions, C23_16_an_mtu_that_is_none_changes_nothing) {
  for (const std::uint16_t wrong : {0, 1, 67, 1501, 65535}) {
    edit = [wrong](ServerMessage& message) { message.u16(26, wrong); };
    bind();
    EXPECT_EQ(link.stack.ip().path(server_address)->mtu, 1500) << wrong;
    client->stop(link.now, false);
  }
}

TEST_F(DhcpOptions, RFC3397_the_search_list_is_part_of_the_lease) {
  edit = [](ServerMessage& message) {
    message.text(15, "example.net")
        .option(119, {1, 'a', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 1, 'b', 0xc0, 2});
  };
  bind();
  const SearchList& list = client->status().lease->search_list;
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(*list.begin(), "a.example");
  EXPECT_EQ(*++list.begin(), "b.example");
  EXPECT_EQ(client->status().lease->domain_name.view(), "example.net");
}

TEST_F(DhcpOptions, the_owner_adds_options_of_its_own) {
  Config config = fast_config();
  config.option_bytes = 16;
  make_client(config);
  EXPECT_TRUE(client->set_option(77, Buffer{3, 'c', 'a', 'r'}));
  EXPECT_TRUE(client->set_option(93, Buffer{0, 7}));
  EXPECT_TRUE(client->set_option(77, Buffer{3, 'c', 'a', 't'})) << "instead of the one before";
  EXPECT_FALSE(client->set_option(94, Buffer(8))) << "no room";
  for (const std::uint8_t own : {0, 12, 50, 52, 53, 54, 55, 57, 60, 61, 80, 255}) {
    EXPECT_FALSE(client->set_option(own, Buffer{1})) << int{own};
  }
  bind();
  client->stop(link.now, false);
  link.run_for(Duration::seconds(1));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(12));
  for (const MessageType type : {MessageType::discover, MessageType::request}) {
    ASSERT_EQ(sent_of(type).size(), 1u);
    EXPECT_EQ(sent_of(type)[0].value(77), (Buffer{3, 'c', 'a', 't'}));
    EXPECT_EQ(sent_of(type)[0].value(93), (Buffer{0, 7}));
  }
  client->stop(link.now, true);
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(sent_of(MessageType::release).size(), 1u);
  EXPECT_FALSE(sent_of(MessageType::release)[0].has(77)) << "RFC 2131 Table 5";
  EXPECT_TRUE(client->set_option(77, {}));
  sent.clear();
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_FALSE(sent.at(0).has(77)) << "taken away";
}

TEST_F(DhcpOptions, further_options_are_asked_for_and_kept_with_the_lease) {
  Config config = fast_config();
  config.requested_options.add(66);
  config.requested_options.add(43);
  config.requested_options.add(6);
  config.kept_option_bytes = 24;
  make_client(config);
  edit = [](ServerMessage& message) {
    message.text(66, "tftp.example").option(43, Buffer(20)).option(44, {1});
  };
  EXPECT_FALSE(client->option(66)) << "no lease yet";
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(12));
  EXPECT_EQ(sent.at(0).value(55), (Buffer{1, 3, 6, 12, 15, 119, 26, 42, 51, 58, 59, 66, 43}))
      << "6 only once";
  const auto name = client->option(66);
  ASSERT_TRUE(name);
  EXPECT_EQ(std::string(name->begin(), name->end()), "tftp.example");
  EXPECT_FALSE(client->option(43)) << "no room";
  EXPECT_FALSE(client->option(44)) << "nobody asked";
  EXPECT_EQ(client->option(6)->size(), 4u);

  edit = nullptr;
  link.run_until(client->status().renew_at + Duration::seconds(1));
  EXPECT_FALSE(client->option(66)) << "the renewed lease has none";
  client->stop(link.now, false);
  EXPECT_FALSE(client->option(6));
}

TEST_F(DhcpOptions, RFC2131_Table5_who_has_an_address_asks_for_no_broadcast) {
  Config config = fast_config();
  config.broadcast = true;
  make_client(config);
  bind();
  link.run_until(client->status().renew_at + Duration::seconds(1));
  client->stop(link.now, true);
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(sent_of(MessageType::request).size(), 1u);
  EXPECT_EQ(sent_of(MessageType::request)[0].message().flags(), 0) << "the renewal";
  ASSERT_EQ(sent_of(MessageType::release).size(), 1u);
  EXPECT_EQ(sent_of(MessageType::release)[0].message().flags(), 0);
}

}  // namespace
}  // namespace linnet::dhcp::test
