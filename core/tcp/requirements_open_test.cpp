// SPDX-License-Identifier: Apache-2.0
// Opening and closing by requirement of RFC 9293 3.4.1, 3.5, 3.6, 3.9.1 and 3.9.2.3.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr IpAddress second_address = IpAddress::v4(10, 0, 0, 7);

void add_second_address(Harness& h) {
  ASSERT_TRUE(h.ip.add_address(h.interface, {second_address, 24}, false, h.now));
}

IpAddress source_of(const std::vector<std::uint8_t>& frame) { return IpAddress::v4(load32(frame.data() + 12)); }

TEST(RequirementsOpen, RFC9293_MUST_9_the_isn_depends_on_a_secret) {
  // All that a stranger can know is the same: addresses, ports and the time.
  const Endpoint local{Harness::our_address, 80};
  const Endpoint remote{Harness::peer_address, 1000};
  const Instant now = Instant::from_microseconds(1000000);
  int near = 0;
  SequenceNumber previous;
  for (std::uint8_t seed = 1; seed <= 64; ++seed) {
    Random random(Random::Seed{seed});
    const SequenceNumber iss = Secrets(random).initial_sequence(local, remote, now);
    const std::uint32_t distance = std::min(iss - previous, previous - iss);
    near += distance < 65536 ? 1 : 0;
    previous = iss;
  }
  EXPECT_LE(near, 1);
}

TEST(RequirementsOpen, RFC9293_MUST_8_the_wire_shows_the_clocked_isn) {
  Harness h;
  h.listen(80);
  h.inject({.seq = 100, .flags = Flags::syn});
  const std::uint32_t first = h.expect_sent().seq;
  h.inject({.seq = 101, .ack = first + 1, .flags = Flags::rst | Flags::ack});  // that was all
  h.advance(Duration::milliseconds(400));
  h.inject({.seq = 200, .flags = Flags::syn});
  EXPECT_EQ(h.expect_sent().seq - first, 100000u);  // one every 4 microseconds
}

TEST(RequirementsOpen, RFC9293_MUST_11_an_active_open_in_SYN_RECEIVED_is_refused_by_a_reset) {
  // A passive one returns to LISTEN: StateTable.
  Harness h;
  const auto c = h.connect();
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460)});
  ASSERT_EQ(h.state(c), State::syn_received);
  h.discard_sent();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::rst | Flags::ack});
  EXPECT_EQ(h.state(c), State::closed);
  EXPECT_EQ(h.tcp.take_error(c), Error::refused);
}

TEST(RequirementsOpen, RFC9293_MUST_41_a_passive_open_leaves_connections_of_the_port_alone) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "before");
  EXPECT_EQ(h.expect_sent().data, "before");
  const auto again = h.tcp.bind({IpAddress::any_v4(), 80}, true);
  ASSERT_TRUE(again.ok());
  ASSERT_TRUE(h.tcp.listen(*again, 4, {}).ok());
  EXPECT_EQ(h.state(c), State::established);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 6, .flags = Flags::ack, .data = "for the old one"});
  EXPECT_EQ(h.read(c), "for the old one");
  h.discard_sent();
  h.inject({.seq = 77, .flags = Flags::syn, .remote_port = 999});
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
}

TEST(RequirementsOpen, RFC9293_MUST_42_listens_beside_SYN_SENT_and_SYN_RECEIVED_of_the_same_port) {
  Harness h;
  const auto bound = h.tcp.bind({IpAddress::any_v4(), 80}, true);
  ASSERT_TRUE(bound.ok());
  const auto active = h.tcp.connect(*bound, {Harness::peer_address, 4321}, {}, h.now);
  ASSERT_TRUE(active.ok());
  EXPECT_EQ(h.expect_sent().local_port, 80);
  ASSERT_EQ(h.state(*active), State::syn_sent);
  const auto listener = h.tcp.bind({IpAddress::any_v4(), 80}, true);
  ASSERT_TRUE(listener.ok());
  ASSERT_TRUE(h.tcp.listen(*listener, 4, {}).ok());
  for (const std::uint16_t port : {1000, 1001}) {  // the second one beside a SYN-RECEIVED
    h.inject({.seq = 100, .flags = Flags::syn, .remote_port = port});
    EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
  }
  EXPECT_EQ(h.tcp.status(*listener)->handshakes, 2);
  EXPECT_EQ(h.state(*active), State::syn_sent);
}

TEST(RequirementsOpen, RFC9293_MUST_43_the_local_address_of_an_open_may_be_given) {
  Harness h;
  add_second_address(h);
  const auto bound = h.tcp.bind({second_address, 0}, false);
  ASSERT_TRUE(bound.ok());
  ASSERT_TRUE(h.tcp.connect(*bound, {Harness::peer_address, 80}, {}, h.now).ok());
  ASSERT_EQ(h.link.frames.size(), 1u);
  EXPECT_EQ(source_of(h.link.frames.front()), second_address);
  h.discard_sent();
  // A passive open with one of the addresses is not asked for the other.
  const auto listener = h.tcp.bind({second_address, 81}, false);
  ASSERT_TRUE(listener.ok());
  ASSERT_TRUE(h.tcp.listen(*listener, 4, {}).ok());
  h.inject({.seq = 1, .flags = Flags::syn, .local_port = 81});
  EXPECT_EQ(h.expect_sent().flags, Flags::rst | Flags::ack);
  h.to = second_address;
  h.inject({.seq = 1, .flags = Flags::syn, .local_port = 81});
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
}

TEST(RequirementsOpen, RFC9293_MUST_44_ip_chooses_the_source_of_an_open_without_one) {
  Harness h;
  add_second_address(h);
  const auto c = h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now);
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(h.tcp.status(*c)->local.address, h.ip.path(Harness::peer_address)->source);
  ASSERT_EQ(h.link.frames.size(), 1u);
  EXPECT_EQ(source_of(h.link.frames.front()), h.tcp.status(*c)->local.address);
}

TEST(RequirementsOpen, RFC9293_MUST_45_a_connection_stays_with_the_address_of_its_first_segment) {
  Harness h;
  add_second_address(h);
  h.to = second_address;
  const auto c = h.accept();
  EXPECT_EQ(h.tcp.status(c)->local.address, second_address);
  h.write(c, "data");
  h.advance(Duration::seconds(2));  // and a retransmission
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 4, .flags = Flags::fin | Flags::ack});
  h.tcp.abort(c, h.now);
  EXPECT_GE(h.link.frames.size(), 4u);
  for (const auto& frame : h.link.frames) EXPECT_EQ(source_of(frame), second_address);
}

TEST(RequirementsOpen, RFC9293_MUST_57_segments_to_groups_are_discarded_silently) {
  Harness h;
  const auto listener = h.listen(80);
  for (const IpAddress& to : {IpAddress::broadcast_v4(), IpAddress::v4(10, 0, 0, 255), IpAddress::v4(224, 0, 0, 1)}) {
    h.to = to;
    for (const std::uint8_t flags : {Flags::syn, Flags::ack, Flags::fin}) {
      h.inject({.seq = 1, .flags = flags});                   // to a port that listens
      h.inject({.seq = 1, .flags = flags, .local_port = 9});  // and to one that does not
    }
  }
  h.expect_silence();
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
}

TEST(RequirementsOpen, RFC9293_MUST_63_segments_from_what_is_no_host_are_discarded_silently) {
  Harness h;
  const auto listener = h.listen(80);
  for (const IpAddress& from : {IpAddress::broadcast_v4(), IpAddress::v4(10, 0, 0, 255), IpAddress::v4(224, 0, 0, 1),
                                IpAddress::any_v4(), IpAddress::v4(240, 0, 0, 1)}) {
    h.from = from;
    h.inject({.seq = 1, .flags = Flags::syn});
    h.inject({.seq = 1, .flags = Flags::syn, .local_port = 9});
  }
  h.expect_silence();
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
}

TEST(RequirementsOpen, RFC1122_4_2_2_18_a_pair_of_sockets_is_opened_once) {
  Harness h;
  const auto first = h.tcp.bind({IpAddress::any_v4(), 5000}, true);
  ASSERT_TRUE(first.ok());
  const auto c = h.tcp.connect(*first, {Harness::peer_address, 80}, {}, h.now);
  ASSERT_TRUE(c.ok());
  const auto second = h.tcp.bind({IpAddress::any_v4(), 5000}, true);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(h.tcp.connect(*second, {Harness::peer_address, 80}, {}, h.now).error(), Error::address_in_use);
  EXPECT_EQ(h.state(*c), State::syn_sent);
}

TEST(RequirementsOpen, RFC9293_MUST_12_a_normal_end_and_an_abort_are_told_apart) {
  Harness h;
  const auto normal = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::fin | Flags::ack});
  EXPECT_EQ(h.tcp.receive(normal, {}, false, h.now).value(), 0u);
  EXPECT_EQ(h.tcp.take_error(normal), Error::none);
  EXPECT_TRUE(h.tcp.readiness(normal).peer_closed);
  EXPECT_FALSE(h.tcp.readiness(normal).error);
  h.tcp.abort(normal, h.now);
  h.discard_sent();
  const auto aborted = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::rst | Flags::ack});
  EXPECT_TRUE(h.tcp.readiness(aborted).error);
  EXPECT_EQ(h.tcp.receive(aborted, {}, false, h.now).error(), Error::reset);
}

TEST(RequirementsOpen, RFC9293_SHLD_2_a_reset_may_carry_data) {
  Harness h;
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::rst | Flags::ack, .data = "out of order, sorry"});
  EXPECT_EQ(h.state(c), State::closed);
  EXPECT_EQ(h.tcp.receive(c, {}, false, h.now).error(), Error::reset);
  EXPECT_TRUE(h.pool.full());
}

/// Our side has closed first; the peer's next number is `peer_nxt`, ours `our_nxt`.
void reach_time_wait(Harness& h, ConnectionHandle c, bool timestamps) {
  const auto options = [&] { return timestamps ? timestamp_option(2000, 0) : std::vector<std::uint8_t>{}; };
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.our_nxt += 1;
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::fin | Flags::ack, .options = options()});
  h.peer_nxt += 1;
  EXPECT_EQ(h.state(c), State::time_wait);
  h.tcp.close(c, h.now);
  h.discard_sent();
}

/// Beside what is in TIME-WAIT.
ListenerHandle listen_again(Harness& h) {
  const auto listener = h.tcp.bind({IpAddress::any_v4(), 80}, true);
  EXPECT_TRUE(listener.ok());
  EXPECT_TRUE(h.tcp.listen(*listener, 8, {}).ok());
  return *listener;
}

TEST(RequirementsOpen, RFC9293_MAY_2_RFC1122_4_2_2_13_a_newer_SYN_reopens_from_TIME_WAIT) {
  Harness h;
  reach_time_wait(h, h.accept(), false);
  const auto listener = listen_again(h);
  h.inject({.seq = h.peer_nxt - 1, .flags = Flags::syn});  // an old duplicate
  const Wire ack = h.expect_sent();
  EXPECT_EQ(ack.flags, Flags::ack);
  EXPECT_EQ(ack.ack, h.peer_nxt);
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
  h.inject({.seq = h.peer_nxt + 1, .flags = Flags::syn});
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.flags, Flags::syn | Flags::ack);
  // (1): above every number of the connection before.
  EXPECT_GT(SequenceNumber(reply.seq), SequenceNumber(h.our_nxt));
}

TEST(RequirementsOpen, RFC9293_SHLD_4_RFC6191_2_a_later_timestamp_reopens_from_TIME_WAIT) {
  Harness h;
  reach_time_wait(h, h.accept(syn_options(1460, -1, false, true)), true);
  const auto listener = listen_again(h);
  // Lower sequence number and the same or an older timestamp: an old duplicate.
  for (const std::uint32_t value : {2000u, 1999u}) {
    h.inject({.seq = h.peer_nxt - 1000, .flags = Flags::syn, .options = syn_options(1460, -1, false, true, value)});
    EXPECT_EQ(h.expect_sent().flags, Flags::ack);
  }
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
  h.inject({.seq = h.peer_nxt - 1000, .flags = Flags::syn, .options = syn_options(1460, -1, false, true, 2001)});
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 1);
}

}  // namespace
}  // namespace linnet::tcp::test
