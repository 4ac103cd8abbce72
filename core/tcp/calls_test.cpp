// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.1 to 3.10.6: what each call says in the states that it is not for, and of handles that are
// gone.
#include <gtest/gtest.h>

#include <array>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr std::array<std::uint8_t, 3> some = {1, 2, 3};

TEST(Calls, RFC9293_3_10_a_connection_that_does_not_exist) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.tcp.abort(c, h.now);
  h.discard_sent();
  std::array<std::uint8_t, 8> room{};
  EXPECT_EQ(h.tcp.send(c, some, {}, h.now).error(), Error::closed);
  EXPECT_EQ(h.tcp.receive(c, room, false, h.now).error(), Error::closed);
  EXPECT_EQ(h.tcp.discard(c, 8, false, h.now).error(), Error::closed);
  EXPECT_EQ(h.tcp.receive_urgent(c).error(), Error::closed);
  EXPECT_EQ(h.tcp.shutdown_send(c, h.now).error(), Error::closed);
  EXPECT_EQ(h.tcp.shutdown_receive(c).error(), Error::closed);
  EXPECT_EQ(h.tcp.take_error(c), Error::closed);
  EXPECT_EQ(h.tcp.take_soft_error(c), Error::none);
  EXPECT_FALSE(h.tcp.status(c).has_value());
  EXPECT_EQ(h.tcp.options(c), nullptr);
  EXPECT_FALSE(h.tcp.at_mark(c));
  EXPECT_FALSE(h.tcp.quick_ack(c));
  EXPECT_EQ(h.tcp.send_room(c), 0u);
  const Readiness ready = h.tcp.readiness(c);  // every call would fail at once: nothing to wait for
  EXPECT_TRUE(ready.readable && ready.data && ready.writable && ready.peer_closed && ready.hangup);
  EXPECT_FALSE(ready.urgent || ready.error);
  h.tcp.set_options(c, {}, h.now);
  h.tcp.push(c, h.now);
  h.tcp.set_quick_ack(c, true, h.now);
  h.tcp.set_tag(c, 7);
  h.tcp.close(c, h.now);
  h.tcp.abort(c, h.now);
  EXPECT_FALSE(h.tcp.take_changed().has_value());
  h.expect_silence();
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Calls, RFC9293_3_10_a_listener_that_does_not_exist) {
  Harness h;
  const ListenerHandle l = h.listen(80);
  h.tcp.close(l, h.now);
  EXPECT_EQ(h.tcp.listen(l, 1, {}).error(), Error::closed);
  EXPECT_FALSE(h.tcp.accept(l).has_value());
  EXPECT_TRUE(h.tcp.acceptable(l));
  EXPECT_FALSE(h.tcp.status(l).has_value());
  EXPECT_EQ(h.tcp.connect(l, {h.peer_address, 5}, {}, h.now).error(), Error::invalid);
  h.tcp.set_tag(l, 7);
  h.tcp.set_fast_open_keys(l, FastOpenKeys(SipKey{}));
  h.tcp.close(l, h.now);
  EXPECT_FALSE(h.tcp.take_changed().has_value());
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Calls, RFC9293_3_10_1_what_cannot_be_opened) {
  Harness h({.tcp = {.connections = 1}});
  EXPECT_EQ(h.tcp.connect({}, {h.peer_address, 0}, {}, h.now).error(), Error::address_not_available);
  EXPECT_EQ(h.tcp.connect({}, {IpAddress::v4(10, 0, 0, 255), 80}, {}, h.now).error(), Error::bad_address);
  EXPECT_EQ(h.tcp.connect({}, {IpAddress::v4(192, 0, 2, 1), 80}, {}, h.now).error(), Error::no_route);
  const ListenerHandle listening = h.listen(80);
  EXPECT_EQ(h.tcp.connect(listening, {h.peer_address, 5}, {}, h.now).error(), Error::invalid);
  const auto only_v6 = h.tcp.bind({IpAddress::any_v6(), 81}, false, {.v6_only = true});
  ASSERT_TRUE(only_v6.ok());
  EXPECT_EQ(h.tcp.connect(*only_v6, {h.peer_address, 5}, {}, h.now).error(), Error::no_route);
  EXPECT_TRUE(h.tcp.connect({}, {h.peer_address, 5}, {}, h.now).ok());
  EXPECT_EQ(h.tcp.connect({}, {h.peer_address, 6}, {}, h.now).error(), Error::no_memory);
}

TEST(Calls, RFC9293_3_10_1_one_port_to_choose_from_that_is_bound) {
  Harness h;
  h.listen(3000);
  const Options range{.lowest_port = 3000, .highest_port = 3000};
  EXPECT_EQ(h.tcp.connect({}, {h.peer_address, 5}, range, h.now).error(), Error::address_not_available);
}

TEST(Calls, endpoints_shared_while_bound_cannot_both_listen) {
  Harness h;
  const auto first = h.tcp.bind({h.our_address, 80}, true);
  const auto second = h.tcp.bind({h.our_address, 80}, true);
  const auto other = h.tcp.bind({h.our_address, 81}, true);
  ASSERT_TRUE(first.ok() && second.ok() && other.ok());
  EXPECT_TRUE(h.tcp.listen(*first, 0, {}).ok());
  EXPECT_EQ(h.tcp.status(*first)->backlog, 1);  // at least
  EXPECT_EQ(h.tcp.listen(*second, 1, {}).error(), Error::address_in_use);
  EXPECT_TRUE(h.tcp.listen(*other, 1, {}).ok());
  EXPECT_TRUE(h.tcp.listen(*first, 5, {}).ok());  // again, for another backlog
  EXPECT_EQ(h.tcp.status(*first)->backlog, 5);
}

TEST(Calls, RFC9293_3_10_1_no_more_listeners_than_there_is_room_for) {
  Harness h({.tcp = {.listeners = 1}});
  ASSERT_TRUE(h.tcp.bind({h.our_address, 80}, false).ok());
  EXPECT_EQ(h.tcp.bind({h.our_address, 81}, false).error(), Error::no_memory);
}

TEST(Calls, RFC9293_3_10_in_SYN_SENT) {
  Harness h;
  const ConnectionHandle c = h.connect();
  std::array<std::uint8_t, 8> room{};
  EXPECT_EQ(h.tcp.send(c, some, {}, h.now).error(), Error::in_progress);
  EXPECT_EQ(h.tcp.receive(c, room, false, h.now).error(), Error::in_progress);
  EXPECT_EQ(h.tcp.discard(c, 8, false, h.now).error(), Error::in_progress);
  EXPECT_EQ(h.tcp.shutdown_send(c, h.now).error(), Error::not_connected);
  EXPECT_EQ(h.tcp.shutdown_receive(c).error(), Error::not_connected);
  EXPECT_EQ(h.tcp.send_room(c), 0u);
  EXPECT_FALSE(h.tcp.readiness(c).writable);
  h.tcp.push(c, h.now);
  h.tcp.set_quick_ack(c, true, h.now);
  EXPECT_TRUE(h.tcp.quick_ack(c));
  h.tcp.set_options(c, {.keepalive = true}, h.now);
  h.expect_silence();
  h.tcp.close(c, h.now);  // 3.10.4: nothing was sent that would have to be ended
  h.expect_silence();
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Calls, RFC9293_3_10_4_an_active_open_in_SYN_RECEIVED_cannot_half_close) {
  Harness h;
  const ConnectionHandle c = h.connect();
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460)});
  EXPECT_EQ(h.state(c), State::syn_received);
  EXPECT_EQ(h.tcp.shutdown_send(c, h.now).error(), Error::not_connected);
}

TEST(Calls, RFC9293_MUST_12_the_error_that_ended_it_is_told_once_by_whoever_asks_first) {
  for (const int first : {0, 1, 2}) {
    Harness h;
    const ConnectionHandle c = h.accept();
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::rst});
    EXPECT_TRUE(h.tcp.readiness(c).error);
    std::array<std::uint8_t, 8> room{};
    if (first == 0) {
      EXPECT_EQ(h.tcp.send(c, some, {}, h.now).error(), Error::reset);
    } else if (first == 1) {
      EXPECT_EQ(h.tcp.receive(c, room, false, h.now).error(), Error::reset);
    } else {
      EXPECT_EQ(h.tcp.take_error(c), Error::reset);
    }
    EXPECT_FALSE(h.tcp.readiness(c).error);
    EXPECT_EQ(h.tcp.take_error(c), Error::none);
    EXPECT_EQ(h.tcp.send(c, some, {}, h.now).error(), Error::closed);
    const auto end = h.tcp.receive(c, room, false, h.now);
    EXPECT_TRUE(end.ok() && *end == 0);
    EXPECT_EQ(h.tcp.shutdown_send(c, h.now).error(), Error::not_connected);
    EXPECT_EQ(h.tcp.send_room(c), 0u);
    h.tcp.close(c, h.now);
    EXPECT_EQ(h.digest(), h.fresh);
  }
}

TEST(Calls, RFC9293_3_10_2_nothing_to_send_and_no_room) {
  Harness h;
  const ConnectionHandle c = h.accept(syn_options(1460), {.send_buffer = 4});
  const auto none = h.tcp.send(c, {}, {}, h.now);
  EXPECT_TRUE(none.ok() && *none == 0);
  EXPECT_EQ(h.tcp.send_room(c), 4u);
  EXPECT_EQ(h.write(c, "abcdef"), 4u);
  EXPECT_EQ(h.tcp.send_room(c), 0u);
  EXPECT_EQ(h.tcp.send(c, some, {}, h.now).error(), Error::would_block);
  EXPECT_FALSE(h.tcp.readiness(c).writable);
  h.tcp.set_options(c, {.send_buffer = 8, .receive_buffer = 9000}, h.now);
  EXPECT_EQ(h.tcp.send_room(c), 4u);
  EXPECT_EQ(h.tcp.status(c)->receive_buffer, 9000u);
  h.tcp.set_options(c, {}, h.now);  // 0: as it is
  EXPECT_EQ(h.tcp.status(c)->send_buffer, 8u);
  EXPECT_EQ(h.tcp.status(c)->receive_buffer, 9000u);
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());  // once more is nothing
  EXPECT_EQ(h.tcp.send_room(c), 0u);
  EXPECT_EQ(h.tcp.send(c, some, {}, h.now).error(), Error::closed);
  EXPECT_TRUE(h.tcp.readiness(c).writable);  // a call would fail at once
}

TEST(Calls, more_and_urgent_count_when_all_was_taken) {
  Harness h;
  const ConnectionHandle c = h.accept(syn_options(1460), {.send_buffer = 4});
  EXPECT_EQ(h.write(c, "abcdef", {.more = true, .urgent = true}), 4u);
  const Wire sent = h.expect_sent();
  EXPECT_EQ(sent.data, "abcd");
  EXPECT_FALSE(sent.has(Flags::urg));
  EXPECT_TRUE(sent.has(Flags::psh));
}

TEST(Calls, shutdown_receive_throws_away_what_is_there_and_what_comes) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "abc"});
  EXPECT_TRUE(h.tcp.shutdown_receive(c).ok());
  EXPECT_EQ(h.tcp.status(c)->receive_queue, 0u);
  std::array<std::uint8_t, 8> room{};
  const auto end = h.tcp.receive(c, room, false, h.now);
  EXPECT_TRUE(end.ok() && *end == 0);
  EXPECT_TRUE(h.tcp.readiness(c).peer_closed);
  EXPECT_FALSE(h.tcp.readiness(c).hangup);
  h.discard_sent();
  h.inject({.seq = h.peer_nxt + 3, .ack = h.our_nxt, .flags = Flags::ack, .data = "def"});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 6);
  EXPECT_EQ(h.tcp.status(c)->receive_queue, 0u);
  h.inject(
      {.seq = h.peer_nxt + 6, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .data = "x", .urgent = 1});
  h.inject({.seq = h.peer_nxt + 7, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin, .data = "y"});
  EXPECT_EQ(h.state(c), State::close_wait);
  EXPECT_FALSE(h.tcp.readiness(c).urgent);
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  EXPECT_TRUE(h.tcp.readiness(c).hangup);
}

TEST(Calls, RFC6093_6_urgent_bytes_are_apart_only_where_that_was_asked_for) {
  Harness h;
  const ConnectionHandle c = h.accept();
  EXPECT_EQ(h.tcp.receive_urgent(c).error(), Error::invalid);
  Options apart = *h.tcp.options(c);
  apart.urgent_inline = false;
  h.tcp.set_options(c, apart, h.now);
  EXPECT_EQ(h.tcp.receive_urgent(c).error(), Error::invalid);  // there is none
  h.inject(
      {.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .data = "ab", .urgent = 3});
  EXPECT_TRUE(h.tcp.readiness(c).urgent);
  EXPECT_EQ(h.tcp.receive_urgent(c).error(), Error::would_block);  // told of, and still to come
  h.inject({.seq = h.peer_nxt + 2, .ack = h.our_nxt, .flags = Flags::ack, .data = "!cd"});
  const auto byte = h.tcp.receive_urgent(c);
  ASSERT_TRUE(byte.ok());
  EXPECT_EQ(*byte, '!');
  EXPECT_FALSE(h.tcp.readiness(c).urgent);
  EXPECT_EQ(h.tcp.receive_urgent(c).error(), Error::invalid);  // read already; the mark is still there
  EXPECT_EQ(h.read(c), "ab");
  EXPECT_TRUE(h.tcp.at_mark(c));
  EXPECT_EQ(h.read(c), "cd");
  EXPECT_FALSE(h.tcp.at_mark(c));
}

TEST(Calls, quick_ack_sends_the_acknowledgment_that_waits) {
  Harness h({.tcp = {.quick_acks = 0}});
  const ConnectionHandle c = h.accept();
  h.tcp.set_quick_ack(c, true, h.now);  // nothing waits
  h.expect_silence();
  h.tcp.set_quick_ack(c, false, h.now);
  EXPECT_FALSE(h.tcp.quick_ack(c));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "abc"});
  h.expect_silence();
  h.tcp.set_quick_ack(c, false, h.now);
  h.expect_silence();
  h.tcp.set_quick_ack(c, true, h.now);
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 3);
  EXPECT_EQ(h.read(c), "abc");
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.discard_sent();
  h.tcp.set_quick_ack(c, true, h.now);
  h.expect_silence();
}

TEST(Calls, the_tag_of_what_changed_is_told_once) {
  Harness h;
  const ListenerHandle l = h.listen(80);
  h.tcp.set_tag(l, 3);
  EXPECT_EQ(h.tcp.take_changed(), 3u);
  EXPECT_FALSE(h.tcp.take_changed().has_value());
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460)});
  EXPECT_FALSE(h.tcp.acceptable(l));
  h.our_nxt = h.expect_sent().seq + 1;
  h.inject({.seq = h.peer_iss + 1, .ack = h.our_nxt, .flags = Flags::ack});
  EXPECT_EQ(h.tcp.take_changed(), 3u);
  EXPECT_TRUE(h.tcp.acceptable(l));
  const auto c = h.tcp.accept(l);
  ASSERT_TRUE(c.has_value());
  h.tcp.set_tag(*c, 4);
  EXPECT_EQ(h.tcp.take_changed(), 4u);
  h.inject({.seq = h.peer_iss + 1, .ack = h.our_nxt, .flags = Flags::ack, .data = "abc"});
  EXPECT_EQ(h.tcp.take_changed(), 4u);
  EXPECT_FALSE(h.tcp.take_changed().has_value());
}

TEST(Calls, RFC9293_3_10_5_abort_once_both_sides_have_closed_sends_nothing) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin});
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  EXPECT_EQ(h.state(c), State::last_ack);
  h.discard_sent();
  h.tcp.abort(c, h.now);
  h.expect_silence();
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Calls, RFC7413_4_1_2_keys_are_read_as_they_were_set) {
  std::array<std::uint8_t, 32> keys{};
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = static_cast<std::uint8_t>(i * 7 + 1);
  FastOpenKeys some_keys(SipKey{});
  EXPECT_FALSE(some_keys.set(Bytes(keys).first(15)));
  EXPECT_FALSE(some_keys.set({}));
  ASSERT_TRUE(some_keys.set(keys));
  std::array<std::uint8_t, 40> read{};
  EXPECT_EQ(some_keys.get(read), 32u);
  EXPECT_TRUE(std::equal(keys.begin(), keys.end(), read.begin()));
  EXPECT_EQ(some_keys.get(MutableBytes(read).first(31)), 16u);
  EXPECT_EQ(some_keys.get(MutableBytes(read).first(15)), 0u);
  ASSERT_TRUE(some_keys.set(Bytes(keys).first(16)));
  EXPECT_EQ(some_keys.get(read), 16u);
}

}  // namespace
}  // namespace linnet::tcp::test
