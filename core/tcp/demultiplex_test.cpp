// SPDX-License-Identifier: Apache-2.0
// What is left when a connection is over, and the ports that there are to choose from (RFC 9293 3.3.2, RFC
// 6056).
#include <set>

#include "core/tcp/test_fast_open.hpp"

namespace linnet::tcp::test {
namespace {

TEST(Demultiplex, RFC9293_3_10_7_4_a_reset_connection_holds_neither_its_port_nor_what_came_out_of_order) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.tcp.set_tag(c, 7);
  while (h.tcp.take_changed()) continue;
  h.inject({.seq = h.peer_nxt + 10, .ack = h.our_nxt, .flags = Flags::ack, .data = "behind a gap"});
  EXPECT_EQ(h.tcp.bind({Harness::our_address, 80}, false).error(), Error::address_in_use);
  h.inject({.seq = h.peer_nxt, .flags = Flags::rst});
  EXPECT_EQ(h.tcp.take_changed(), 7u);
  EXPECT_TRUE(h.pool.full());
  EXPECT_TRUE(h.tcp.bind({Harness::our_address, 80}, false).ok());
  h.tcp.close(c, h.now);
}

TEST(Demultiplex, RFC9293_3_3_2_TIME_WAIT_is_told_and_quiet_and_answers_as_the_connection_did) {
  Harness h;
  const ConnectionHandle c = h.accept(syn_options(1460, -1, false, true),
                                      {.keepalive = true, .keepalive_idle = Duration::seconds(5)});
  h.tcp.set_tag(c, 7);
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.discard_sent();
  h.inject(
      {.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack, .options = timestamp_option(1002, 0)});
  ASSERT_EQ(h.state(c), State::fin_wait_2);
  while (h.tcp.take_changed()) continue;
  const Wire fin{.seq = h.peer_nxt,
                 .ack = h.our_nxt + 1,
                 .flags = Flags::ack | Flags::fin,
                 .options = timestamp_option(1003, 0)};
  h.inject(fin);
  ASSERT_EQ(h.state(c), State::time_wait);
  EXPECT_EQ(h.tcp.take_changed(), 7u);
  const Wire first = h.expect_sent();
  h.advance(Duration::seconds(20));
  h.expect_silence();
  h.inject(fin);
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.ack, first.ack);
  EXPECT_EQ(again.window, first.window);
  EXPECT_EQ(again.parsed.timestamp_value,
            first.parsed.timestamp_value + 20000);  // RFC 7323 5.4: the same clock
}

TEST(Demultiplex, what_a_connection_left_outstanding_is_no_burden_to_the_next) {
  HarnessOptions options;
  options.tcp.connections = 1;
  options.tcp.transmissions = 0;
  Harness h(options);
  for (std::uint16_t i = 0; i < 3; ++i) {
    h.peer_port = static_cast<std::uint16_t>(4000 + i);
    const ConnectionHandle c = h.accept();
    h.write(c, "abc");
    h.expect_sent();
    h.advance(ms(250));
    EXPECT_EQ(h.expect_sent().data, "abc") << i;
    h.tcp.abort(c, h.now);
    h.discard_sent();
  }
}

TEST(Demultiplex, RFC7413_5_1_a_pending_connection_that_is_aborted_is_pending_no_more) {
  FastOpenHarness h;
  const ListenerHandle listener = h.serve(1);
  for (std::uint16_t i = 0; i < 3; ++i) {
    h.inject(h.syn(h.right(), "GET", static_cast<std::uint16_t>(5000 + i)));
    const auto c = h.tcp.accept(listener);
    ASSERT_TRUE(c.has_value()) << i;
    h.tcp.abort(*c, h.now);
  }
}

TEST(Demultiplex, RFC6056_3_3_1_every_port_of_a_range_is_found_and_none_outside) {
  for (std::uint8_t seed = 0; seed < 6; ++seed) {
    Harness h({.seed = seed});
    const Options three{.lowest_port = 3000, .highest_port = 3002};
    std::set<std::uint16_t> ports;
    for (int i = 0; i < 3; ++i) {
      const auto c = h.tcp.connect({}, {Harness::peer_address, 99}, three, h.now);
      ASSERT_TRUE(c.ok());
      ports.insert(h.tcp.status(*c)->local.port);
    }
    EXPECT_EQ(ports, (std::set<std::uint16_t>{3000, 3001, 3002}));
    EXPECT_FALSE(h.tcp.connect({}, {Harness::peer_address, 99}, three, h.now).ok());
    const Options others{.lowest_port = 4000, .highest_port = 4002};
    ports.clear();
    for (int i = 0; i < 3; ++i) {
      const auto listener = h.tcp.bind({IpAddress::any_v4(), 0}, false, others);
      ASSERT_TRUE(listener.ok());
      ports.insert(h.tcp.status(*listener)->local.port);
    }
    EXPECT_EQ(ports, (std::set<std::uint16_t>{4000, 4001, 4002}));
    EXPECT_FALSE(h.tcp.bind({IpAddress::any_v4(), 0}, false, others).ok());
  }
}

TEST(Demultiplex, RFC6056_3_2_the_usual_range_ends_with_the_last_port_there_is) {
  std::set<std::uint16_t> ports;
  for (std::uint8_t seed = 0; seed < 20; ++seed) {
    Harness h({.seed = seed});
    const auto c = h.tcp.connect({}, {Harness::peer_address, 99}, {.lowest_port = 65534}, h.now);
    ASSERT_TRUE(c.ok());
    ports.insert(h.tcp.status(*c)->local.port);
  }
  EXPECT_EQ(ports, (std::set<std::uint16_t>{65534, 65535}));
}

}  // namespace
}  // namespace linnet::tcp::test
