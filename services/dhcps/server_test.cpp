// SPDX-License-Identifier: Apache-2.0
#include "services/dhcps/test_dhcps.hpp"

namespace linnet::dhcps::test {
namespace {

TEST_F(DhcpServerTest, RFC2131_3_1_discover_offer_request_ack) {
  Config config = quick();
  config.dns_servers.add(address_at(53));
  config.dns_servers.add(address_at(54));
  config.domain_name = "lan.example";
  config.mtu = 1400;
  make_server(config);
  const auto offer = discover(1);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->type(), MessageType::offer);
  EXPECT_EQ(offer->yiaddr(), address_at(10));
  EXPECT_EQ(offer->message().op(), dhcp::Op::reply);
  EXPECT_EQ(offer->message().xid(), 0x11223344u);
  EXPECT_EQ(offer->message().mac(), mac_of(1));
  EXPECT_EQ(offer->message().address(option::server_id), own_address);
  EXPECT_EQ(offer->message().u32(option::lease_time), 3600u);
  EXPECT_EQ(offer->message().u32(option::renewal_time), 1800u);
  EXPECT_EQ(offer->message().u32(option::rebinding_time), 3150u);
  EXPECT_EQ(offer->message().u32(option::subnet_mask), 0xffffff00u);
  EXPECT_EQ(offer->message().address(option::router), own_address);
  EXPECT_EQ(offer->value(option::dns_servers), (Buffer{192, 0, 2, 53, 192, 0, 2, 54}));
  EXPECT_EQ(offer->value(option::domain_name).size(), 11u);
  EXPECT_EQ(offer->message().u16(option::interface_mtu), 1400);
  EXPECT_EQ(offer->frame.source, (Endpoint{own_address, 67}));
  EXPECT_EQ(offer->frame.destination, (Endpoint{IpAddress::broadcast_v4(), 68}));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::offered);
  EXPECT_FALSE(server->take_news());

  const auto ack = send({.type = MessageType::request,
                         .requested = address_at(10),
                         .server = own_address,
                         .host_name = "sensor"});
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type(), MessageType::ack);
  EXPECT_EQ(ack->yiaddr(), address_at(10));
  const auto news = server->take_news();
  ASSERT_TRUE(news);
  EXPECT_EQ(news->kind, NewsKind::granted);
  EXPECT_EQ(news->address, address_at(10));
  EXPECT_EQ(news->mac, mac_of(1));
  EXPECT_EQ(news->host_name.view(), "sensor");
}

TEST_F(DhcpServerTest, RFC2131_4_3_1_the_address_that_the_client_has_had_or_wants) {
  EXPECT_EQ(send({.requested = address_at(12)})->yiaddr(), address_at(12)) << "wanted and free";
  EXPECT_EQ(select(1, address_at(12))->type(), MessageType::ack);
  EXPECT_EQ(discover(1)->yiaddr(), address_at(12)) << "has";
  EXPECT_EQ(send({.client = 2, .requested = address_at(12)})->yiaddr(), address_at(10)) << "wanted and taken";
  EXPECT_EQ(send({.client = 3, .requested = address_at(200)})->yiaddr(), address_at(11))
      << "wanted, not of the pool";
  EXPECT_FALSE(discover(4)) << "full";
  EXPECT_EQ(server->status().full, 1u);
  link.run_for(Duration::seconds(61));
  EXPECT_EQ(discover(2)->yiaddr(), address_at(10)) << "was offered before";
  EXPECT_EQ(discover(4)->yiaddr(), address_at(11)) << "that offer was kept for a minute";
}

TEST_F(DhcpServerTest, leases_end_and_the_oldest_is_given_away_last) {
  EXPECT_EQ(bind(1), address_at(10));
  link.run_for(Duration::seconds(10));
  EXPECT_EQ(bind(2), address_at(11));
  while (server->take_news()) {
  }
  link.run_for(Duration::seconds(3595));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::free);
  EXPECT_EQ(state_of(address_at(11)), LeaseState::bound);
  EXPECT_EQ(server->take_news()->kind, NewsKind::expired);
  link.run_for(Duration::seconds(20));
  EXPECT_EQ(bind(3), address_at(12)) << "never given before one that was";
  EXPECT_EQ(bind(4), address_at(10)) << "then the one that is free for the longest";
  EXPECT_EQ(bind(2), address_at(11)) << "and who comes back has the same";
}

TEST_F(DhcpServerTest, RFC2131_4_3_2_SELECTING_another_server_frees_the_offer) {
  EXPECT_EQ(discover(1)->yiaddr(), address_at(10));
  EXPECT_FALSE(send({.type = MessageType::request, .requested = address_at(99), .server = address_at(2)}));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::free);
  EXPECT_EQ(select(1, address_at(11))->type(), MessageType::nak) << "not what was offered";
  EXPECT_EQ(select(2, address_at(10))->type(), MessageType::nak) << "offered to somebody else";
}

/// RFC 2131 4.3.2: "'ciaddr' MUST be zero" there. Who fills it in all the same gets his answer, but where he
/// likes nobody is sent one: the address may be another host's.
TEST_F(DhcpServerTest, RFC2131_4_3_2_SELECTING_what_is_in_ciaddr_decides_nothing) {
  link.stations[address_at(77)] = mac_of(7);
  for (const IpAddress& ciaddr : {address_at(77), address_at(10), IpAddress::v4(198, 51, 100, 7)}) {
    ASSERT_EQ(discover(1)->yiaddr(), address_at(10));
    const auto ack = send(
        {.type = MessageType::request, .ciaddr = ciaddr, .requested = address_at(10), .server = own_address});
    ASSERT_TRUE(ack);
    EXPECT_EQ(ack->type(), MessageType::ack);
    EXPECT_EQ(ack->yiaddr(), address_at(10));
    EXPECT_EQ(ack->frame.destination, (Endpoint{IpAddress::broadcast_v4(), 68}));
    EXPECT_EQ(ack->message().ciaddr(), IpAddress::any_v4());
  }
}

TEST_F(DhcpServerTest, RFC2131_4_3_2_INIT_REBOOT) {
  ASSERT_EQ(bind(1), address_at(10));
  const auto reboot = [&](int client, const IpAddress& address) {
    return send({.type = MessageType::request, .client = client, .requested = address});
  };
  EXPECT_EQ(reboot(1, address_at(10))->type(), MessageType::ack);
  EXPECT_EQ(reboot(1, address_at(11))->type(), MessageType::nak) << "it has another one";
  const auto wrong_net = reboot(1, IpAddress::v4(10, 0, 0, 1));
  EXPECT_EQ(wrong_net->type(), MessageType::nak);
  EXPECT_EQ(wrong_net->frame.destination.address, IpAddress::broadcast_v4());
  EXPECT_EQ(wrong_net->yiaddr(), IpAddress::any_v4());
  EXPECT_FALSE(wrong_net->message().u32(option::lease_time));
  EXPECT_EQ(reboot(2, address_at(11))->type(), MessageType::nak) << "authoritative";
  Config config = quick();
  config.authoritative = false;
  make_server(config);
  EXPECT_FALSE(reboot(2, address_at(11))) << "MUST remain silent about whom it does not know";
  EXPECT_EQ(reboot(2, IpAddress::v4(10, 0, 0, 1))->type(), MessageType::nak);
}

TEST_F(DhcpServerTest, RFC2131_4_3_2_RENEWING_and_REBINDING_extend_and_answer_to_ciaddr) {
  ASSERT_EQ(bind(1), address_at(10));
  link.stations[address_at(10)] = mac_of(1);
  link.run_for(Duration::seconds(1800));
  const auto ack =
      send(Asked{.type = MessageType::request, .ciaddr = address_at(10)}.bytes(), {address_at(10), 68});
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type(), MessageType::ack);
  EXPECT_EQ(ack->frame.destination, (Endpoint{address_at(10), 68}));
  EXPECT_EQ(ack->message().ciaddr(), address_at(10));
  link.run_for(Duration::seconds(3500));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::bound) << "for an hour from then on";
  EXPECT_EQ(send({.type = MessageType::request, .client = 2, .ciaddr = address_at(10)})->type(),
            MessageType::nak)
      << "somebody else's";
}

TEST_F(DhcpServerTest, RFC2131_4_3_3_DECLINE_leaves_the_address_alone) {
  ASSERT_EQ(bind(1), address_at(10));
  while (server->take_news()) {
  }
  EXPECT_FALSE(
      send({.type = MessageType::decline, .client = 2, .requested = address_at(10), .server = own_address}));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::bound) << "only its client may";
  EXPECT_FALSE(send({.type = MessageType::decline, .requested = address_at(10), .server = own_address}));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::declined);
  EXPECT_EQ(server->take_news()->kind, NewsKind::declined);
  EXPECT_EQ(bind(1), address_at(11));
  EXPECT_EQ(bind(2), address_at(12));
  EXPECT_FALSE(discover(3));
  link.run_for(Duration::seconds(601));
  EXPECT_EQ(discover(3)->yiaddr(), address_at(10));
}

TEST_F(DhcpServerTest, RFC2131_4_3_4_RELEASE_frees_and_remembers) {
  ASSERT_EQ(bind(1), address_at(10));
  while (server->take_news()) {
  }
  EXPECT_FALSE(
      send({.type = MessageType::release, .client = 2, .ciaddr = address_at(10), .server = own_address}));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::bound);
  EXPECT_FALSE(send({.type = MessageType::release, .ciaddr = address_at(10), .server = own_address}));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::free);
  EXPECT_EQ(server->take_news()->kind, NewsKind::released);
  EXPECT_EQ(bind(2), address_at(11));
  EXPECT_EQ(bind(1), address_at(10));
}

TEST_F(DhcpServerTest, RFC2131_4_3_5_INFORM_gets_parameters_without_a_lease) {
  link.stations[address_at(100)] = mac_of(7);
  const auto ack = send({.type = MessageType::inform, .client = 7, .ciaddr = address_at(100)});
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type(), MessageType::ack);
  EXPECT_EQ(ack->yiaddr(), IpAddress::any_v4());
  EXPECT_FALSE(ack->message().u32(option::lease_time));
  EXPECT_EQ(ack->message().address(option::router), own_address);
  EXPECT_EQ(ack->frame.destination, (Endpoint{address_at(100), 68}));
  EXPECT_FALSE(send({.type = MessageType::inform, .client = 7, .ciaddr = IpAddress::v4(10, 0, 0, 1)}));
  link.stations[address_at(200)] = mac_of(8);
  const auto relayed =
      send({.type = MessageType::inform, .client = 7, .ciaddr = address_at(100), .giaddr = address_at(200)});
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->frame.destination, (Endpoint{address_at(100), 68}))
      << "directly, whoever brought the question";
}

TEST_F(DhcpServerTest, RFC2131_4_1_answers_through_a_relay_go_to_it) {
  link.stations[address_at(200)] = mac_of(8);
  const auto offer = send({.giaddr = address_at(200)});
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->frame.destination, (Endpoint{address_at(200), 67}));
  EXPECT_EQ(offer->message().giaddr(), address_at(200));
  const auto nak = send(
      {.type = MessageType::request, .giaddr = address_at(200), .requested = IpAddress::v4(10, 0, 0, 1)});
  EXPECT_EQ(nak->frame.destination, (Endpoint{address_at(200), 67}));
  EXPECT_EQ(nak->message().flags() & dhcp::flag_broadcast, dhcp::flag_broadcast);
  EXPECT_FALSE(send({.client = 3, .giaddr = IpAddress::v4(10, 0, 0, 1)})) << "no pool for that link";
}

TEST_F(DhcpServerTest, RFC2131_4_2_clients_are_told_by_their_identifier) {
  const Buffer id = {0, 'a', 'b'};
  const auto first = send({.client = 1, .client_id = id});
  EXPECT_EQ(send({.client = 2, .client_id = id})->yiaddr(), first->yiaddr())
      << "the same, with another interface";
  EXPECT_NE(send({.client = 1, .client_id = {0, 'a', 'c'}})->yiaddr(), first->yiaddr());
  EXPECT_NE(send(Asked{.client = 1, .client_id = Buffer{7}})->yiaddr(), IpAddress::any_v4())
      << "RFC 2132 9.14: one byte is no identifier";
  EXPECT_EQ(server->leases()[2].client, ClientKey::of(mac_of(1)));
  make_server(quick());
  const MacAddress mac = mac_of(3);
  Buffer as_mac = {1};
  as_mac.insert(as_mac.end(), mac.bytes.begin(), mac.bytes.end());
  const auto plain = discover(3);
  EXPECT_EQ(send({.client = 3, .client_id = as_mac})->yiaddr(), plain->yiaddr());
}

TEST_F(DhcpServerTest, RFC2131_2_2_an_address_is_looked_for_before_it_is_offered) {
  Config config = quick();
  config.probe_time = Duration::milliseconds(500);
  make_server(config);
  link.stations[address_at(10)] = {{0x02, 9, 9, 9, 9, 9}};
  link.arp_sent.clear();
  EXPECT_FALSE(send(Asked{}.bytes(), {IpAddress::any_v4(), 68}, Duration::milliseconds(700)));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::declined);
  EXPECT_EQ(server->status().conflicts, 1u);
  const auto news = server->take_news();
  ASSERT_TRUE(news);
  EXPECT_EQ(news->kind, NewsKind::declined);
  EXPECT_EQ(news->address, address_at(10));
  ASSERT_EQ(link.icmp_sent.size(), 1u) << "and nothing else reaches who has it";
  EXPECT_TRUE(link.udp_sent.empty());
  const Buffer& echo = link.icmp_sent[0];
  EXPECT_EQ(load32(echo.data() + 16), address_at(10).v4_value());
  EXPECT_EQ(echo[20], 8) << "RFC 2131 3.1 (2): an ICMP echo request";
  EXPECT_EQ(linnet::test::ones_complement_sum(Bytes(echo).subspan(20)), 0xffffu);
  const auto offer = send(Asked{.xid = 5}.bytes(), {IpAddress::any_v4(), 68}, Duration::milliseconds(700));
  ASSERT_TRUE(offer) << "nobody has the next one";
  EXPECT_EQ(offer->yiaddr(), address_at(11));
  EXPECT_EQ(offer->message().xid(), 5u);
  EXPECT_GE(offer->frame.at - link.now, Duration::milliseconds(-201));
  bool asked = false;
  for (const ArpFrame& arp : link.arp_sent) asked = asked || arp.target == address_at(11);
  EXPECT_TRUE(asked);
}

TEST_F(DhcpServerTest, RFC2131_2_2_a_neighbour_that_is_known_already_is_asked_anew) {
  Config config = quick();
  config.probe_time = Duration::milliseconds(500);
  make_server(config);
  const MacAddress other{{0x02, 9, 9, 9, 9, 9}};
  const auto meet = [&] {  // so that it is in the neighbour cache
    link.stations[address_at(10)] = other;
    link.inject_arp({.sender_mac = other, .sender = address_at(10), .target = own_address}, {}, MacAddress::broadcast());
    link.run_for(Duration::milliseconds(10));
  };
  meet();
  EXPECT_FALSE(send(Asked{}.bytes(), {IpAddress::any_v4(), 68}, Duration::milliseconds(700)));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::declined) << "it is still there";
  link.run_for(Duration::seconds(700));
  meet();
  link.stations.clear();
  const auto offer = send(Asked{.client = 2, .requested = address_at(10)}.bytes(), {IpAddress::any_v4(), 68},
                          Duration::milliseconds(700));
  ASSERT_TRUE(offer) << "it was there a moment ago, and is gone";
  EXPECT_EQ(offer->yiaddr(), address_at(10));
}

TEST_F(DhcpServerTest, static_entries) {
  EXPECT_TRUE(server->add_static(mac_of(5), address_at(11)));
  EXPECT_TRUE(server->add_static(mac_of(6), address_at(100))) << "beside the pool";
  EXPECT_FALSE(server->add_static(mac_of(7), address_at(11)));
  EXPECT_EQ(bind(1), address_at(10));
  EXPECT_EQ(bind(2), address_at(12));
  EXPECT_FALSE(discover(3)) << "the third is kept";
  EXPECT_EQ(bind(5), address_at(11));
  EXPECT_EQ(bind(6), address_at(100));
  link.run_for(Duration::seconds(4000));
  EXPECT_EQ(bind(3), address_at(10));
}

TEST_F(DhcpServerTest, an_own_address_within_the_pool_is_not_given) {
  Config config = quick();
  config.first = own_address;
  config.last = address_at(2);
  make_server(config);
  EXPECT_EQ(bind(1), address_at(2));
  EXPECT_FALSE(discover(2));
}

TEST_F(DhcpServerTest, further_options) {
  EXPECT_TRUE(server->set_option(42, Buffer{192, 0, 2, 1}));
  EXPECT_TRUE(server->set_option(119, Buffer{1, 'a', 0}));
  EXPECT_TRUE(server->set_option(42, Buffer{192, 0, 2, 2}));
  EXPECT_FALSE(server->set_option(51, Buffer{0, 0, 0, 1})) << "the server's own";
  EXPECT_FALSE(server->set_option(43, Buffer(60))) << "no room";
  const auto offer = discover(1);
  EXPECT_EQ(offer->value(42), (Buffer{192, 0, 2, 2}));
  EXPECT_EQ(offer->value(119), (Buffer{1, 'a', 0}));
  EXPECT_TRUE(server->set_option(42, {}));
  EXPECT_EQ(discover(1)->value(42), Buffer{});
}

TEST_F(DhcpServerTest, leases_are_kept_over_a_restart) {
  ASSERT_EQ(bind(1), address_at(10));
  ASSERT_EQ(send({.client = 2, .client_id = {0, 'x', 'y'}})->yiaddr(), address_at(11));
  ASSERT_TRUE(send({.type = MessageType::request,
                    .client = 2,
                    .requested = address_at(11),
                    .server = own_address,
                    .client_id = {0, 'x', 'y'},
                    .host_name = "two"}));
  Buffer kept(LeaseTable::save_size(quick()));
  kept.resize(server->save(kept, link.now));
  ASSERT_GT(kept.size(), 30u);
  kept.shrink_to_fit();
  make_server(quick());
  for (std::size_t size = 0; size < kept.size(); ++size) {
    const Buffer part(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(size));
    server->restore(part, Duration(), link.now);  // some prefixes are whole records
  }
  make_server(quick());
  ASSERT_TRUE(server->restore(kept, Duration::seconds(100), link.now));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::bound);
  EXPECT_EQ(send({.type = MessageType::request, .requested = address_at(10)})->type(), MessageType::ack);
  bool named = false;
  for (const Lease& lease : server->leases()) named = named || lease.host_name.view() == "two";
  EXPECT_TRUE(named);
  link.run_for(Duration::seconds(3450));
  EXPECT_EQ(state_of(address_at(11)), LeaseState::bound);
  link.run_for(Duration::seconds(60));
  EXPECT_EQ(state_of(address_at(11)), LeaseState::free) << "the time away counts";
  Buffer wrong = kept;
  wrong[0] = 9;
  EXPECT_FALSE(server->restore(wrong, Duration(), link.now));
  make_server(quick());
  EXPECT_TRUE(server->restore(kept, Duration::seconds(4000), link.now));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::free);
}

TEST_F(DhcpServerTest, what_is_no_request_is_ignored) {
  Digest before;
  server->digest(before);
  const Buffer whole = Asked{}.bytes();
  for (std::size_t size = 0; size < 242; ++size) {
    Buffer part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    part.shrink_to_fit();
    EXPECT_FALSE(send(part)) << size;
  }
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    Buffer bytes = whole;
    bytes[at] = value;
    return bytes;
  };
  EXPECT_FALSE(send(changed(0, 2))) << "a reply: two servers must not talk to each other";
  EXPECT_FALSE(send(changed(1, 6))) << "no Ethernet";
  EXPECT_FALSE(send(changed(2, 16)));
  EXPECT_FALSE(send(changed(28, 0x03))) << "a group's address";
  for (const int type : {0, 2, 5, 6, 9, 255})
    EXPECT_FALSE(send(changed(242, static_cast<std::uint8_t>(type)))) << type;
  EXPECT_EQ(server->status().received, 0u);
  Digest after;
  server->digest(after);
  EXPECT_TRUE(before.value() == after.value());
}

TEST_F(DhcpServerTest, RFC2131_4_3_2_a_request_of_no_kind_is_ignored) {
  EXPECT_FALSE(send({.type = MessageType::request}));
  EXPECT_FALSE(send({.type = MessageType::request, .ciaddr = address_at(10), .requested = address_at(10)}));
}

TEST_F(DhcpServerTest, a_flood_of_clients_ends_at_the_table) {
  for (int client = 0; client < 200; ++client) static_cast<void>(discover(client));
  EXPECT_EQ(server->status().offers, 3u);
  EXPECT_EQ(server->status().full, 197u);
  link.run_for(Duration::seconds(100));
  EXPECT_EQ(bind(201), address_at(10)) << "offers that nobody took are free again";
}

TEST_F(DhcpServerTest, host_names_are_checked) {
  for (const char* bad : {"-x", "a b", "a;reboot", "\x1b[2J"}) {
    ASSERT_TRUE(send({.client = 1, .host_name = bad}));
    ASSERT_TRUE(send({.type = MessageType::request,
                      .requested = address_at(10),
                      .server = own_address,
                      .host_name = bad}));
    EXPECT_TRUE(server->leases()[0].host_name.empty()) << bad;
  }
}

TEST_F(DhcpServerTest, pools_that_are_none) {
  Config config = quick();
  config.last = address_at(9);
  memory.assign(Server::memory_needed(config) + Arena::alignment, 0);
  Arena arena(memory);
  Server none(link.stack, link.interface, config, arena);
  EXPECT_FALSE(none.start());
  config = quick();
  config.last = IpAddress::v4(192, 0, 3, 1);
  make_server(config);
  EXPECT_FALSE(discover(1)) << "not within the subnet of our address";
}

TEST_F(DhcpServerTest, where_the_port_is_somebody_elses_it_does_not_start) {
  server->stop();
  const auto socket = link.stack.udp().open();
  ASSERT_TRUE(socket);
  ASSERT_TRUE(link.stack.udp().bind(*socket, {IpAddress::any_v4(), dhcp::server_port}, false));
  EXPECT_FALSE(server->start());
  link.stack.udp().close(*socket);
  EXPECT_TRUE(server->start());
  EXPECT_TRUE(server->start()) << "it runs already";
}

TEST_F(DhcpServerTest, without_an_address_of_its_own_it_answers_nobody) {
  ASSERT_TRUE(link.stack.ip().remove_address(link.interface, own_address));
  EXPECT_FALSE(discover(1));
}

TEST_F(DhcpServerTest, a_station_that_was_given_an_address_keeps_it_for_good) {
  const IpAddress given = bind(1);
  EXPECT_FALSE(server->add_static(mac_of(2), given)) << "another one has it";
  EXPECT_TRUE(server->add_static(mac_of(1), given));
  EXPECT_EQ(bind(1), given);
  EXPECT_FALSE(server->add_static(mac_of(2), given));
}

}  // namespace
}  // namespace linnet::dhcps::test
