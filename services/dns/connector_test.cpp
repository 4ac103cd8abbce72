// SPDX-License-Identifier: Apache-2.0
// Connections by name between two stacks, in virtual time; the server's is a name server as well.
#include "services/dns/connector.hpp"

#include <memory>

#include "services/dns/test_stacks.hpp"

namespace linnet::dns::test {
namespace {

constexpr IpAddress four_server = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress four_silent = IpAddress::v4(192, 0, 2, 77);  // nobody has it
const IpAddress six_server = *IpAddress::parse("2001:db8::1");
const IpAddress six_silent = *IpAddress::parse("2001:db8::77");
constexpr std::uint16_t port = 80;

class DnsConnector : public ::testing::Test {
 protected:
  DnsConnector() : client(1, IpAddress::v4(192, 0, 2, 50)), server(2, four_server) {
    client.device.peer = &server.device;
    server.device.peer = &client.device;
    for (Node* node : {&client, &server}) {
      EXPECT_TRUE(node->stack.ip().enable_ipv6(1, now));
      const IpAddress own = node == &server ? six_server : *IpAddress::parse("2001:db8::50");
      EXPECT_TRUE(node->stack.ip().add_address(1, {own, 64}, false, now));
    }
    memory.assign(Resolver::memory_needed({}) + Arena::alignment, 0);
    Arena arena(memory);
    resolver = std::make_unique<Resolver>(client.stack, Config{}, arena);
    resolver->set_server(0, four_server);
    connector = std::make_unique<Connector>(client.stack, *resolver);
    udp = server.stack.udp().open().value();
    EXPECT_TRUE(server.stack.udp().bind(udp, {four_server, server_port}, false));
    run_for(Duration::seconds(5));
  }
  ~DnsConnector() override {
    connector.reset();
    EXPECT_EQ(resolver->lookups(), 0u);
  }
  void listen(const IpAddress& address) {
    const auto listener = server.stack.tcp().bind({address, port}, true).value();
    EXPECT_TRUE(server.stack.tcp().listen(listener, 4, {}));
  }
  /// Of one family the name has these addresses, which the server tells after `delay`.
  struct Said {
    std::vector<IpAddress> addresses;
    Duration delay;
  };
  void answer_queries() {
    std::array<std::uint8_t, 600> bytes{};
    while (const auto got = server.stack.udp().receive(udp, bytes, false)) {
      const bool a = bytes[static_cast<std::size_t>(12 + 13 + 1)] == type::a;  // "www.example"
      ServerMessage message(load16(bytes.data()), "www.example", a ? type::a : type::aaaa);
      for (const IpAddress& address : (a ? v4 : v6).addresses) {
        a ? message.a("www.example", address) : message.aaaa("www.example", address);
      }
      answers.push_back({now + (a ? v4 : v6).delay, message.finish(), got->source});
    }
    std::erase_if(answers, [&](const auto& answer) {
      if (now < answer.at) return false;
      const Bytes piece(answer.message);
      (void)server.stack.udp().send(udp, {&piece, 1}, &answer.to, {}, now);
      return true;
    });
  }
  void run_for(Duration duration) {
    run_both(client, server, now, duration, [this] {
      answer_queries();
      Instant next = resolver->poll(now);
      next = earlier(next, connector->poll(now));
      for (const auto& answer : answers) next = earlier(next, answer.at);
      if (connector->done() && done_at.is_never()) done_at = now;
      return next;
    });
  }
  /// Milliseconds until it was done.
  std::int64_t connect(Duration within = Duration::seconds(10), Families families = Families::both) {
    const Instant began = now;
    connector->start("www.example", port, families, {}, now);
    if (connector->done()) done_at = now;
    run_for(within);
    EXPECT_TRUE(connector->done());
    return (done_at - began).as_microseconds() / 1000;
  }
  std::size_t client_connections() {
    std::size_t count = 0;
    client.stack.tcp().for_each_connection(
        [&](const tcp::Status& status) { count += status.state != tcp::State::time_wait; });
    return count;
  }

  struct DueAnswer {
    Instant at;
    Buffer message;
    Endpoint to;
  };
  Instant now;
  Node client;
  Node server;
  std::vector<std::uint8_t> memory;
  std::unique_ptr<Resolver> resolver;
  std::unique_ptr<Connector> connector;
  udp::SocketHandle udp;
  Said v4;
  Said v6;
  std::vector<DueAnswer> answers;
  Instant done_at = Instant::never();
};

TEST_F(DnsConnector, connection_by_ipv6_where_both_answer) {
  listen(four_server);
  listen(six_server);
  v4.addresses = {four_server};
  v6.addresses = {six_server};
  EXPECT_LT(connect(), 10);
  EXPECT_EQ(connector->remote(), (Endpoint{six_server, port}));
  EXPECT_EQ(client_connections(), 1u);
  const tcp::ConnectionHandle mine = connector->take();
  ASSERT_TRUE(mine);
  EXPECT_FALSE(connector->take()) << "it is given once";
  connector.reset(new Connector(client.stack, *resolver));
  EXPECT_EQ(client.stack.tcp().status(mine)->state, tcp::State::established) << "its owner is another now";
  client.stack.tcp().abort(mine, now);
}

TEST_F(DnsConnector, RFC8305_5_silent_ipv6_costs_250_ms_and_its_attempt_is_given_up) {
  listen(four_server);
  v4.addresses = {four_server};
  v6.addresses = {six_silent};
  const std::int64_t took = connect();
  EXPECT_GE(took, 250);
  EXPECT_LT(took, 260);
  EXPECT_EQ(connector->remote(), (Endpoint{four_server, port}));
  EXPECT_EQ(client_connections(), 1u) << "RFC 8305 5: the losers are cancelled";
}

TEST_F(DnsConnector, RFC8305_5_refused_ipv6_costs_nothing) {
  listen(four_server);
  v4.addresses = {four_server};
  v6.addresses = {six_server};
  EXPECT_LT(connect(), 10);
  EXPECT_EQ(connector->remote(), (Endpoint{four_server, port}));
}

TEST_F(DnsConnector, RFC8305_3_late_answer_about_ipv6_is_waited_for_50_ms) {
  listen(four_server);
  listen(six_server);
  v4.addresses = {four_server};
  v6 = {{six_server}, Duration::milliseconds(40)};
  const std::int64_t took = connect();
  EXPECT_EQ(connector->remote(), (Endpoint{six_server, port}));
  EXPECT_GE(took, 40);
  EXPECT_LT(took, 50);
}

TEST_F(DnsConnector, RFC8305_3_answer_about_ipv6_that_is_too_late_is_not_waited_for) {
  listen(four_server);
  listen(six_server);
  v4.addresses = {four_server};
  v6 = {{six_server}, Duration::milliseconds(400)};
  const std::int64_t took = connect();
  EXPECT_EQ(connector->remote(), (Endpoint{four_server, port}));
  EXPECT_GE(took, 50);
  EXPECT_LT(took, 60);
}

TEST_F(DnsConnector, RFC8305_3_ipv6_does_not_wait_for_the_answer_about_ipv4) {
  listen(six_server);
  v4 = {{four_server}, Duration::milliseconds(900)};
  v6.addresses = {six_server};
  EXPECT_LT(connect(), 10);
}

TEST_F(DnsConnector, RFC6724_6_family_to_which_there_is_no_way_does_not_begin) {
  client.stack.ip().remove_address(1, *IpAddress::parse("2001:db8::50"));
  listen(four_server);
  v4.addresses = {four_server};
  v6.addresses = {*IpAddress::parse("2001:db8:1::1")};
  EXPECT_LT(connect(), 10);
  EXPECT_EQ(connector->remote(), (Endpoint{four_server, port}));
}

TEST_F(DnsConnector, last_failure_is_told_where_no_address_answers) {
  v4.addresses = {four_server};
  v6.addresses = {six_server};
  connect();
  EXPECT_EQ(connector->connect_error(), tcp::Error::refused);
  EXPECT_EQ(connector->error(), Error::none);
  EXPECT_EQ(connector->remote(), (Endpoint{four_server, port}));
  EXPECT_EQ(client_connections(), 0u);
}

TEST_F(DnsConnector, name_without_addresses_is_told_as_the_resolver_does) {
  connect();
  EXPECT_EQ(connector->error(), Error::no_data);
  EXPECT_FALSE(connector->take());
}

TEST_F(DnsConnector, wrong_name_is_done_at_once) {
  connector->start("a..b", port, Families::both, {}, now);
  EXPECT_TRUE(connector->done());
  EXPECT_EQ(connector->error(), Error::bad_name);
}

TEST_F(DnsConnector, at_most_six_attempts_at_a_time) {
  v4.addresses = {four_silent, IpAddress::v4(192, 0, 2, 78), IpAddress::v4(192, 0, 2, 79),
                  IpAddress::v4(192, 0, 2, 80)};
  v6.addresses = {six_silent, *IpAddress::parse("2001:db8::78"), *IpAddress::parse("2001:db8::79"),
                  *IpAddress::parse("2001:db8::80")};
  connector->start("www.example", port, Families::both, {}, now);
  run_for(Duration::milliseconds(900));
  EXPECT_EQ(connector->attempts(), 4u);
  run_for(Duration::milliseconds(1000));
  EXPECT_LE(connector->attempts(), Connector::maximum_attempts);
  connector->cancel();
  EXPECT_EQ(client_connections(), 0u);
  EXPECT_TRUE(connector->done());
}

TEST_F(DnsConnector, addresses_that_are_known_are_tried_in_their_order) {
  listen(four_server);
  listen(six_server);
  const std::array<IpAddress, 2> addresses = {four_server, six_server};
  connector->start(addresses, port, {}, now);
  run_for(Duration::seconds(1));
  EXPECT_EQ(connector->remote(), (Endpoint{four_server, port}));
}

TEST_F(DnsConnector, connection_that_nobody_takes_is_aborted_with_it) {
  listen(four_server);
  v4.addresses = {four_server};
  connect(Duration::seconds(1), Families::v4);
  EXPECT_EQ(client_connections(), 1u);
  connector = std::make_unique<Connector>(client.stack, *resolver);
  EXPECT_EQ(client_connections(), 0u);
}

TEST_F(DnsConnector, known_addresses_of_ipv6_begin_where_they_come_first_and_none_is_an_error) {
  listen(four_server);
  listen(six_server);
  const std::array<IpAddress, 2> addresses = {six_server, four_server};
  connector->start(addresses, port, {}, now);
  run_for(Duration::seconds(1));
  EXPECT_EQ(connector->remote(), (Endpoint{six_server, port}));
  connector = std::make_unique<Connector>(client.stack, *resolver);
  connector->start(std::span<const IpAddress>(), port, {}, now);
  EXPECT_TRUE(connector->done());
  EXPECT_EQ(connector->error(), Error::no_data);
  EXPECT_EQ(connector->connect_error(), tcp::Error::none) << "there was nothing to connect to";
}

TEST_F(DnsConnector, an_address_to_which_there_is_no_way_is_lost_at_once) {
  listen(four_server);
  const IpAddress nowhere = IpAddress::v4(10, 9, 9, 9);
  const std::array<IpAddress, 2> addresses = {nowhere, four_server};
  connector->start(addresses, port, {}, now);
  run_for(Duration::milliseconds(10));
  EXPECT_TRUE(connector->done());
  EXPECT_EQ(connector->remote(), (Endpoint{four_server, port}));
  connector = std::make_unique<Connector>(client.stack, *resolver);
  connector->start(std::span(addresses).first(1), port, {}, now);
  EXPECT_TRUE(connector->done());
  EXPECT_EQ(connector->remote(), (Endpoint{nowhere, port}));
  EXPECT_NE(connector->connect_error(), tcp::Error::none);
  EXPECT_EQ(client_connections(), 0u);
}

TEST_F(DnsConnector, the_other_family_that_is_known_later_is_tried_beside_the_first) {
  listen(four_server);
  v4 = {{four_server}, Duration::milliseconds(100)};
  v6.addresses = {six_silent};
  const std::int64_t took = connect();
  EXPECT_GE(took, 250) << "RFC 8305 5: a quarter of a second after the first attempt";
  EXPECT_LT(took, 260);
  EXPECT_EQ(connector->remote(), (Endpoint{four_server, port}));
}

TEST_F(DnsConnector, what_is_known_is_tried_by_the_call_that_begins) {
  listen(four_server);
  connector->start("192.0.2.1", port, Families::both, {}, now);
  EXPECT_EQ(connector->attempts(), 1u);
  run_for(Duration::seconds(1));
  EXPECT_EQ(connector->remote(), (Endpoint{four_server, port}));
  EXPECT_EQ(connector->attempts(), 0u) << "the one that succeeded is under way no longer";
}

TEST_F(DnsConnector, the_query_is_given_back_as_soon_as_nothing_more_is_wanted_of_it) {
  listen(six_server);
  v6.addresses = {six_server};
  v4 = {{four_server}, Duration::milliseconds(900)};
  EXPECT_LT(connect(Duration::milliseconds(100)), 10);
  EXPECT_EQ(resolver->lookups(), 0u) << "there is a connection";

  connector = std::make_unique<Connector>(client.stack, *resolver);
  resolver->clear_cache();
  v4 = {{four_silent}, Duration()};
  v6 = {};
  connector->start("www.example", port, Families::both, {}, now);
  run_for(Duration::milliseconds(100));
  EXPECT_FALSE(connector->done());
  EXPECT_EQ(resolver->lookups(), 0u) << "all addresses are known";

  connector = std::make_unique<Connector>(client.stack, *resolver);
  resolver->clear_cache();
  v4.delay = Duration::seconds(1);
  connector->start("www.example", port, Families::both, {}, now);
  run_for(Duration::milliseconds(10));
  EXPECT_EQ(resolver->lookups(), 1u);
  connector->cancel();
  EXPECT_EQ(resolver->lookups(), 0u) << "it was cancelled";
}

TEST_F(DnsConnector, RFC8305_3_where_the_first_family_comes_to_nothing_the_other_is_still_waited_for) {
  listen(six_server);
  v4.addresses = {four_server};
  v6 = {{six_server}, Duration::milliseconds(900)};
  const std::int64_t took = connect();
  EXPECT_EQ(connector->remote(), (Endpoint{six_server, port}));
  EXPECT_GE(took, 900);
  EXPECT_LT(took, 910);
}

TEST_F(DnsConnector, RFC6724_6_addresses_to_which_there_is_no_way_come_last) {
  const IpAddress nowhere = *IpAddress::parse("2001:db8:1::1");
  v6.addresses = {nowhere, six_server};
  connect(Duration::seconds(1), Families::v6);
  EXPECT_EQ(connector->remote(), (Endpoint{nowhere, port})) << "within a family";

  connector = std::make_unique<Connector>(client.stack, *resolver);
  resolver->clear_cache();
  v6.addresses = {nowhere};
  v4.addresses = {four_server};
  connect(Duration::seconds(1));
  EXPECT_EQ(connector->remote(), (Endpoint{nowhere, port})) << "and the whole family";
}

TEST_F(DnsConnector, nothing_is_said_of_attempts_where_there_was_nothing_to_connect_to) {
  connect();
  EXPECT_EQ(connector->error(), Error::no_data);
  EXPECT_EQ(connector->connect_error(), tcp::Error::none);
  EXPECT_EQ(connector->remote(), Endpoint{});
}

TEST_F(DnsConnector, cancelled_attempts_are_told_and_no_longer_under_way) {
  v4.addresses = {four_silent};
  connector->start("www.example", port, Families::v4, {}, now);
  run_for(Duration::milliseconds(100));
  EXPECT_EQ(connector->attempts(), 1u);
  connector->cancel();
  EXPECT_EQ(connector->attempts(), 0u);
  EXPECT_EQ(connector->remote(), (Endpoint{four_silent, port}));
}

TEST_F(DnsConnector, each_step_of_an_attempt_is_told_to_who_drives_the_stack) {
  listen(four_server);
  v4.addresses = {four_server};
  while (client.stack.tcp().take_changed()) continue;
  connect(Duration::milliseconds(100), Families::v4);
  EXPECT_EQ(client.stack.tcp().take_changed(), 0u) << "the tag of services";
}

}  // namespace
}  // namespace linnet::dns::test
