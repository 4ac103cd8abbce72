// SPDX-License-Identifier: Apache-2.0
// What is remembered of the client that asked last, and what happens at the moment that something ends.
#include "services/dhcps/test_dhcps.hpp"

namespace linnet::dhcps::test {
namespace {

class DhcpServerEdges : public DhcpServerTest {
 protected:
  const Lease& lease_of(const IpAddress& address) const {
    for (const Lease& lease : server->leases()) {
      if (lease.address == address) return lease;
    }
    ADD_FAILURE() << "nobody has it";
    return server->leases()[0];
  }
};

TEST_F(DhcpServerEdges, RFC2131_Table_3_the_flags_of_an_offer_are_those_of_the_discover_that_it_answers) {
  EXPECT_EQ(send(Asked{.broadcast = true})->message().flags(), dhcp::flag_broadcast);
  EXPECT_EQ(send(Asked{.broadcast = false})->message().flags(), 0);
  EXPECT_EQ(send(Asked{.broadcast = true})->message().flags(), dhcp::flag_broadcast);
}

TEST_F(DhcpServerEdges, RFC2131_4_2_a_client_that_has_other_hardware_now_is_answered_there) {
  const Buffer id = {0, 'x'};
  ASSERT_EQ(send({.client = 1, .client_id = id})->message().mac(), mac_of(1));
  const auto offer = send({.client = 2, .client_id = id});
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->message().mac(), mac_of(2)) << "Table 3: chaddr of the client's message";
  EXPECT_EQ(offer->yiaddr(), address_at(10)) << "the same client";

  ASSERT_TRUE(send({.type = MessageType::request,
                    .client = 3,
                    .requested = address_at(10),
                    .server = own_address,
                    .client_id = id}));
  EXPECT_EQ(lease_of(address_at(10)).mac, mac_of(3)) << "who has the lease";
  const auto news = server->take_news();
  ASSERT_TRUE(news);
  EXPECT_EQ(news->mac, mac_of(3));
}

TEST_F(DhcpServerEdges, RFC2131_4_2_the_client_of_a_static_entry_is_known_by_its_identifier_without_it) {
  ASSERT_TRUE(server->add_static(mac_of(1), address_at(12)));
  const Buffer id = {0, 'x'};
  ASSERT_TRUE(send(Asked{.client_id = id}));
  ASSERT_TRUE(send(
      {.type = MessageType::request, .requested = address_at(12), .server = own_address, .client_id = id}));
  Buffer kept(LeaseTable::save_size(quick()));
  kept.resize(server->save(kept, link.now));
  make_server(quick());  // without the entry
  ASSERT_TRUE(server->restore(kept, Duration(), link.now));
  EXPECT_EQ(send({.client = 2, .client_id = id})->yiaddr(), address_at(12));
}

TEST_F(DhcpServerEdges, who_asks_at_the_moment_that_a_lease_ends_gets_its_address) {
  for (int client = 1; client <= 3; ++client) ASSERT_TRUE(bind(client).is_v4());
  const Instant end = lease_of(address_at(10)).until;
  link.run_until(end - Duration::microseconds(1));
  ASSERT_EQ(state_of(address_at(10)), LeaseState::bound);
  link.now = end;
  const auto offer = discover(4);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->yiaddr(), address_at(10));
  EXPECT_EQ(server->status().full, 0u);
}

TEST_F(DhcpServerEdges, RFC2131_4_3_4_what_was_released_first_is_free_for_the_longest) {
  ASSERT_EQ(bind(1), address_at(10));
  link.run_for(Duration::seconds(10));
  ASSERT_EQ(bind(2), address_at(11));
  ASSERT_EQ(bind(3), address_at(12));
  const auto release = [this](int client, const IpAddress& address) {
    send({.type = MessageType::release, .client = client, .ciaddr = address, .server = own_address});
    link.run_for(Duration::seconds(100));
  };
  release(2, address_at(11));
  release(1, address_at(10));  // its lease would have ended first
  EXPECT_EQ(discover(4)->yiaddr(), address_at(11));
}

TEST_F(DhcpServerEdges, RFC2131_4_3_3_a_decline_is_a_conflict) {
  ASSERT_EQ(bind(1), address_at(10));
  EXPECT_EQ(server->status().conflicts, 0u);
  send({.type = MessageType::decline, .requested = address_at(10), .server = own_address});
  EXPECT_EQ(server->status().conflicts, 1u);
}

TEST_F(DhcpServerEdges, RFC2131_Table_3_a_refusal_says_whose_it_is) {
  const auto nak = send({.type = MessageType::request, .requested = IpAddress::v4(10, 0, 0, 1)});
  ASSERT_TRUE(nak);
  ASSERT_EQ(nak->type(), MessageType::nak);
  EXPECT_EQ(nak->message().address(option::server_id), own_address);
}

TEST_F(DhcpServerEdges, RFC792_an_echo_has_the_code_0) {
  Config config = quick();
  config.probe_time = Duration::milliseconds(500);
  make_server(config);
  link.stations[address_at(10)] = {{0x02, 9, 9, 9, 9, 9}};
  send(Asked{}.bytes(), {IpAddress::any_v4(), 68}, Duration::milliseconds(700));
  ASSERT_EQ(link.icmp_sent.size(), 1u);
  EXPECT_EQ(link.icmp_sent[0][20], 8);
  EXPECT_EQ(link.icmp_sent[0][21], 0);
}

TEST_F(DhcpServerEdges, RFC2131_4_1_answers_come_from_the_address_that_is_the_servers_identifier) {
  // Another address has more bits in common with the client's.
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {address_at(9), 24}, false, link.now));
  link.run_for(Duration::seconds(10));
  ASSERT_EQ(bind(1), address_at(10));
  link.stations[address_at(10)] = mac_of(1);
  const auto ack =
      send(Asked{.type = MessageType::request, .ciaddr = address_at(10)}.bytes(), {address_at(10), 68});
  ASSERT_TRUE(ack);
  ASSERT_EQ(ack->type(), MessageType::ack);
  EXPECT_EQ(ack->frame.destination.address, address_at(10));
  EXPECT_EQ(ack->message().address(option::server_id), own_address);
  EXPECT_EQ(ack->frame.source.address, own_address);
}

TEST_F(DhcpServerEdges, where_the_port_is_somebody_elses_it_holds_no_socket) {
  server->stop();
  const auto socket = link.stack.udp().open();
  ASSERT_TRUE(socket);
  ASSERT_TRUE(link.stack.udp().bind(*socket, {IpAddress::any_v4(), dhcp::server_port}, false));
  EXPECT_FALSE(server->start());
  std::size_t sockets = 0;
  link.stack.udp().for_each([&sockets](const udp::SocketView&) { ++sockets; });
  EXPECT_EQ(sockets, 1u) << "the other's";
}

}  // namespace
}  // namespace linnet::dhcps::test
