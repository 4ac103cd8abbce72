// SPDX-License-Identifier: Apache-2.0
// How a server begins and ends, what it needs, and what its owner learns.
#include "services/dhcps/test_dhcps.hpp"

namespace linnet::dhcps::test {
namespace {

class DhcpServerLife : public DhcpServerTest {
 protected:
  std::size_t open_sockets() {
    std::size_t count = 0;
    link.stack.udp().for_each([&count](const udp::SocketView&) { ++count; });
    return count;
  }
  /// One beside the fixture's, which is stopped. `size`: of its memory.
  bool starts(const Config& config, std::size_t size) {
    server->stop();
    std::vector<std::uint8_t> bytes(size + Arena::alignment);
    Arena arena(bytes);
    Server other(link.stack, link.interface, config, arena);
    const bool started = other.start();
    EXPECT_EQ(started, other.status().running);
    return started;
  }
  bool starts(const Config& config) { return starts(config, Server::memory_needed(config)); }
  std::vector<News> news() {
    std::vector<News> all;
    while (const auto one = server->take_news()) all.push_back(*one);
    return all;
  }
};

TEST_F(DhcpServerLife, it_starts_with_a_pool_and_memory_alone) {
  const Config good = quick();
  EXPECT_TRUE(starts(good));
  Config config = good;
  config.first = *IpAddress::parse("2001:db8::1");
  EXPECT_FALSE(starts(config)) << "no IPv4";
  config.first = good.first;
  config.last = *IpAddress::parse("2001:db8::1");
  EXPECT_FALSE(starts(config)) << "no IPv4";
  config.last = address_at(9);
  EXPECT_FALSE(starts(config)) << "the wrong way round";
  config.last = config.first;
  EXPECT_TRUE(starts(config)) << "of one";
  config.leases = 0;
  EXPECT_FALSE(starts(config)) << "nobody could be remembered";
  EXPECT_FALSE(starts(good, 0)) << "no memory";
  EXPECT_FALSE(starts(good, LeaseTable::memory_needed(good))) << "none for a message";
  EXPECT_EQ(open_sockets(), 0u);
}

TEST_F(DhcpServerLife, without_a_free_socket_it_does_not_start) {
  server->stop();
  std::vector<udp::SocketHandle> all;
  while (const auto socket = link.stack.udp().open()) all.push_back(*socket);
  EXPECT_FALSE(server->start());
  link.stack.udp().close(all.back());
  EXPECT_TRUE(server->start());
  for (const auto& socket : all) link.stack.udp().close(socket);
}

TEST_F(DhcpServerLife, it_answers_between_start_and_stop_and_leases_stay) {
  ASSERT_EQ(bind(1), address_at(10));
  server->stop();
  server->stop();  // once more does nothing
  EXPECT_FALSE(server->status().running);
  EXPECT_EQ(open_sockets(), 0u);
  EXPECT_TRUE(server->poll(link.now).is_never());
  EXPECT_FALSE(discover(2));
  ASSERT_TRUE(server->start());
  EXPECT_EQ(discover(2)->yiaddr(), address_at(11));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::bound);
}

TEST_F(DhcpServerLife, lease_times_below_a_minute_are_a_minute) {
  Config config = quick();
  config.lease_time = Duration::seconds(59);
  make_server(config);
  EXPECT_EQ(discover(1)->message().u32(option::lease_time), 60u);
}

TEST_F(DhcpServerLife, it_answers_only_where_the_whole_pool_is_of_its_subnet) {
  Config config = quick();
  config.first = IpAddress::v4(192, 0, 1, 250);
  make_server(config);
  EXPECT_FALSE(discover(1));
  EXPECT_EQ(server->status().ignored, 1u);
}

TEST_F(DhcpServerLife, an_address_that_is_still_being_looked_for_is_not_its_own) {
  ASSERT_TRUE(link.stack.ip().remove_address(link.interface, own_address));
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {own_address, 24}, true, link.now));
  EXPECT_FALSE(discover(1)) << "RFC 5227 2.1";
  link.run_for(Duration::seconds(10));
  EXPECT_TRUE(discover(1));
}

/// A server on one of two links.
class DhcpServerOfTwo : public ::testing::Test {
 protected:
  static linnet::Config config_of_two() {
    linnet::Config config = ScriptedLink::default_config();
    config.ip.interfaces = config.ethernet.links = 3;
    return config;
  }
  DhcpServerOfTwo() {
    config.first = address_at(10);
    config.last = address_at(11);
    const auto second = link.stack.add_interface(other);
    EXPECT_TRUE(second.has_value());
    other_interface = second.value_or(0);
    memory.assign(Server::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    server.emplace(link.stack, link.interface, config, arena);
    EXPECT_TRUE(server->start());
    link.service = [this](Instant now) { return server->poll(now); };
  }
  void add_address(std::uint8_t interface) {
    EXPECT_TRUE(link.stack.ip().add_address(interface, {own_address, 24}, false, link.now));
    link.run_for(Duration::seconds(10));
  }
  void discover() {
    link.inject_udp({IpAddress::any_v4(), 68}, {IpAddress::broadcast_v4(), 67}, Asked{}.bytes(),
                    MacAddress::broadcast());
    link.run_for(Duration::seconds(1));
  }

  linnet::test::ScriptedDevice other;
  ScriptedLink link{1, config_of_two()};
  std::uint8_t other_interface = 0;
  Config config;
  std::vector<std::uint8_t> memory;
  std::optional<Server> server;
};

TEST_F(DhcpServerOfTwo, the_address_of_the_other_interface_is_not_its_own) {
  add_address(other_interface);
  discover();
  EXPECT_EQ(server->status().ignored, 1u);
  ASSERT_TRUE(link.stack.ip().remove_address(other_interface, own_address));
  add_address(link.interface);
  discover();
  EXPECT_EQ(server->status().offers, 1u);
}

TEST_F(DhcpServerOfTwo, what_comes_on_the_other_link_is_not_for_it) {
  add_address(link.interface);
  link.udp_sent.clear();
  link.inject_udp({IpAddress::any_v4(), 68}, {IpAddress::broadcast_v4(), 67}, Asked{}.bytes(),
                  MacAddress::broadcast());
  std::swap(link.device.in, other.in);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(server->status().received + server->status().ignored, 0u) << "it has not even read it";
  EXPECT_TRUE(link.udp_sent.empty());
  discover();
  EXPECT_EQ(server->status().offers, 1u);
}

TEST_F(DhcpServerOfTwo, RFC2131_2_2_who_has_the_address_on_the_other_link_does_not_count) {
  add_address(link.interface);
  ASSERT_TRUE(
      link.stack.ip().add_address(other_interface, {IpAddress::v4(192, 0, 2, 130), 25}, false, link.now));
  link.run_for(Duration::seconds(10));
  link.inject_udp({IpAddress::any_v4(), 68}, {IpAddress::broadcast_v4(), 67}, Asked{}.bytes(),
                  MacAddress::broadcast());
  link.run_for(Duration::milliseconds(100));
  std::swap(link.device.in, other.in);
  link.inject_arp(
      {.sender_mac = mac_of(9), .sender = address_at(10), .target = IpAddress::v4(192, 0, 2, 130)}, {},
      MacAddress::broadcast());
  std::swap(link.device.in, other.in);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(server->status().conflicts, 0u);
  EXPECT_EQ(server->status().offers, 1u);
}

TEST_F(DhcpServerLife, an_address_that_is_lost_while_a_client_waits_ends_the_offer) {
  Config config = quick();
  config.probe_time = Duration::milliseconds(500);
  make_server(config);
  EXPECT_FALSE(discover(1));
  ASSERT_EQ(state_of(address_at(10)), LeaseState::probing);
  ASSERT_TRUE(link.stack.ip().remove_address(link.interface, own_address));
  link.udp_sent.clear();
  link.run_for(Duration::seconds(2));
  EXPECT_TRUE(link.udp_sent.empty()) << "nothing to be known by";
  EXPECT_EQ(server->status().offers, 0u);
}

TEST_F(DhcpServerLife, RFC2131_2_2_only_who_else_has_that_very_address_counts) {
  Config config = quick();
  config.probe_time = Duration::milliseconds(500);
  make_server(config);
  link.stations[address_at(10)] = mac_of(1);  // the client itself has kept it
  link.stations[address_at(11)] = mac_of(9);
  link.inject_arp({.sender_mac = mac_of(9), .sender = address_at(11), .target = own_address}, {},
                  MacAddress::broadcast());  // another address of somebody's
  link.run_for(Duration::milliseconds(10));
  const auto offer = send(Asked{}.bytes(), {IpAddress::any_v4(), 68}, Duration::milliseconds(700));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->yiaddr(), address_at(10));
  EXPECT_EQ(server->status().conflicts, 0u);
}

TEST_F(DhcpServerLife, RFC2131_4_1_relayed_clients_are_not_looked_for_on_this_link) {
  Config config = quick();
  config.probe_time = Duration::milliseconds(500);
  make_server(config);
  link.stations[address_at(200)] = mac_of(8);
  EXPECT_TRUE(send(Asked{.giaddr = address_at(200)}.bytes(), {address_at(200), 67}));
  EXPECT_EQ(state_of(address_at(10)), LeaseState::offered) << "at once";
}

TEST_F(DhcpServerLife, news_come_in_their_order_and_the_oldest_go_first) {
  ASSERT_EQ(bind(1), address_at(10));
  for (int i = 0; i < 9; ++i) {
    send({.type = MessageType::release, .ciaddr = address_at(10), .server = own_address});
    ASSERT_TRUE(select(1, address_at(10)));
  }
  ASSERT_TRUE(discover(2));  // an offer is none
  EXPECT_EQ(server->status().lost_news, 3u) << "nineteen came, sixteen are kept";
  const std::vector<News> all = news();
  ASSERT_EQ(all.size(), 16u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].kind, i % 2 == 0 ? NewsKind::released : NewsKind::granted) << i;
    EXPECT_EQ(all[i].mac, mac_of(1));
  }
  ASSERT_TRUE(select(1, address_at(10)));
  EXPECT_TRUE(news().empty()) << "a lease that is extended is none";
  link.run_for(Duration::seconds(3600));
  ASSERT_EQ(server->take_news()->kind, NewsKind::expired);
  EXPECT_FALSE(server->take_news()) << "an offer that ends is none";
}

TEST_F(DhcpServerLife, what_is_configured_not_to_be_offered_is_not) {
  Config config = quick();
  config.offer_router = false;
  config.mtu = 67;  // RFC 2132 5.1: no link has less than 68
  make_server(config);
  const auto plain = discover(1);
  for (const std::uint8_t code :
       {option::router, option::dns_servers, option::domain_name, option::interface_mtu}) {
    EXPECT_EQ(plain->value(code), Buffer{}) << int{code};
  }
  config.offer_router = true;
  config.router = address_at(254);
  config.mtu = 68;
  make_server(config);
  EXPECT_EQ(discover(1)->message().address(option::router), address_at(254));
  EXPECT_EQ(discover(1)->message().u16(option::interface_mtu), 68);
}

TEST_F(DhcpServerLife, options_that_the_server_writes_itself_are_not_the_owners) {
  for (const int code : {0, 1, 50, 51, 52, 53, 54, 55, 58, 59, 61, 255}) {
    EXPECT_FALSE(server->set_option(static_cast<std::uint8_t>(code), Buffer{1, 2, 3, 4})) << code;
  }
  for (const int code : {2, 43, 60, 254}) {
    EXPECT_TRUE(server->set_option(static_cast<std::uint8_t>(code), Buffer{1, 2, 3, 4})) << code;
  }
}

TEST_F(DhcpServerLife, RFC2131_2_more_options_than_every_client_takes_are_not_sent) {
  Config config = quick();
  config.option_bytes = 600;
  make_server(config);
  ASSERT_TRUE(server->set_option(43, Buffer(200)));
  EXPECT_TRUE(discover(1));
  ASSERT_TRUE(server->set_option(60, Buffer(200)));
  EXPECT_FALSE(discover(1));
  EXPECT_FALSE(select(1, address_at(10)));
  EXPECT_EQ(server->status().offers, 1u);
  EXPECT_EQ(server->status().acks, 0u);
  ASSERT_TRUE(server->set_option(60, {}));
  EXPECT_EQ(bind(1), address_at(10));
}

TEST_F(DhcpServerLife, a_subnet_without_a_prefix_has_a_mask_of_zero) {
  ASSERT_TRUE(link.stack.ip().remove_address(link.interface, own_address));
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {own_address, 0}, false, link.now));
  link.run_for(Duration::seconds(10));
  const auto offer = discover(1);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->message().u32(option::subnet_mask), 0u);
}

TEST_F(DhcpServerLife, its_digest_is_that_of_its_leases) {
  const auto digest = [this] {
    Digest value;
    server->digest(value);
    return value.value();
  };
  const auto empty = digest();
  discover(1);
  const auto offered = digest();
  EXPECT_FALSE(offered == empty);
  select(1, address_at(10));
  const auto granted = digest();
  EXPECT_FALSE(granted == offered);
  discover(1);
  EXPECT_TRUE(digest() == granted);
}

TEST_F(DhcpServerLife, its_digest_tells_leases_apart) {
  const auto bound = [this](const Asked& as) {
    make_server(quick());
    Asked asked = as;
    const auto offer = send(asked);
    EXPECT_TRUE(offer);
    asked.type = MessageType::request;
    asked.requested = offer->yiaddr();
    asked.server = own_address;
    EXPECT_EQ(send(asked)->type(), MessageType::ack);
    Digest value;
    server->digest(value);
    return value.value();
  };
  const Asked usual{.client_id = {0, 'x'}};
  const auto reference = bound(usual);
  EXPECT_TRUE(bound(usual) == reference);
  EXPECT_FALSE(bound({.requested = address_at(11), .client_id = {0, 'x'}}) == reference) << "another address";
  EXPECT_FALSE(bound({.client = 2, .client_id = {0, 'x'}}) == reference) << "another hardware address";
  EXPECT_FALSE(bound({.client_id = {0, 'y'}}) == reference) << "another identifier";
  EXPECT_FALSE(bound({.client_id = {0, 'x'}, .host_name = "box"}) == reference) << "another name";
}

}  // namespace
}  // namespace linnet::dhcps::test
