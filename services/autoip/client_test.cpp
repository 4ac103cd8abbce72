// SPDX-License-Identifier: Apache-2.0
// RFC 3927 on a link that a test plays, in virtual time.
#include "services/autoip/client.hpp"

#include "core/test_link.hpp"

namespace linnet::autoip {
namespace {

using test::ArpFrame;
using test::ScriptedLink;

constexpr MacAddress other_mac{{0x02, 0, 0, 0, 0, 0x55}};

struct Autoip : ::testing::Test {
  Autoip() : client(link.stack, link.interface) {
    link.service = [this](Instant now) { return client.poll(now); };
  }
  IpAddress address() const { return client.status().address; }
  State state() const { return client.status().state; }
  /// Somebody else says that he has the address.
  void claim(const IpAddress& taken) {
    link.inject_arp({.operation = 1, .sender_mac = other_mac, .sender = taken, .target = taken}, {},
                    MacAddress::broadcast());
    link.run_for(Duration());
  }
  void start() { ASSERT_TRUE(client.start(link.now)); }

  ScriptedLink link;
  Client client;
};

TEST_F(Autoip, RFC3927_2_2_1_probes_three_times_and_announces_twice) {
  start();
  EXPECT_EQ(state(), State::probing);
  link.run_for(Duration::seconds(12));
  EXPECT_EQ(state(), State::bound);
  EXPECT_EQ(link.stack.ip().address_state(link.interface, address()), ethernet::AddressState::usable);
  ASSERT_EQ(link.arp_sent.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    const ArpFrame& arp = link.arp_sent[i];
    EXPECT_EQ(arp.operation, 1);
    EXPECT_EQ(arp.target, address());
    EXPECT_EQ(arp.sender, i < 3 ? IpAddress::any_v4() : address()) << i;
  }
}

TEST_F(Autoip, RFC3927_2_1_the_address_is_in_the_range_and_the_stations_own) {
  start();
  const IpAddress first = address();
  EXPECT_TRUE(first.is_link_local());
  EXPECT_GE(first.v4_value(), 0xa9fe0100u);
  EXPECT_LE(first.v4_value(), 0xa9fefeffu);
  ScriptedLink again(9);
  Client same(again.stack, again.interface);
  ASSERT_TRUE(same.start(again.now));
  EXPECT_EQ(same.status().address, first) << "whatever the seed";
}

TEST_F(Autoip, RFC3927_2_2_1_an_address_that_is_taken_is_left_alone) {
  start();
  link.run_for(Duration::milliseconds(1100));
  const IpAddress taken = address();
  claim(taken);
  EXPECT_NE(address(), taken);
  EXPECT_EQ(client.status().conflicts, 1u);
  link.run_for(Duration::seconds(12));
  EXPECT_EQ(state(), State::bound);
  EXPECT_EQ(link.stack.ip().address_state(link.interface, taken), ethernet::AddressState::absent);
}

TEST_F(Autoip, RFC3927_2_5_defends_once_in_ten_seconds_then_gives_way) {
  start();
  link.run_for(Duration::seconds(30));
  const IpAddress ours = address();
  link.arp_sent.clear();
  claim(ours);
  EXPECT_EQ(address(), ours);
  ASSERT_EQ(link.arp_sent.size(), 1u) << "the defence";
  link.run_for(Duration::seconds(11));
  claim(ours);
  EXPECT_EQ(address(), ours) << "long after the first";
  link.run_for(Duration::seconds(5));
  claim(ours);
  EXPECT_NE(address(), ours);
}

TEST_F(Autoip, RFC3927_2_2_1_after_ten_conflicts_one_address_a_minute) {
  start();
  for (int i = 0; i < 10; ++i) {
    link.run_for(Duration::seconds(3));
    claim(address());
  }
  EXPECT_EQ(client.status().conflicts, 10u);
  link.arp_sent.clear();
  link.run_for(Duration::seconds(58));
  EXPECT_TRUE(link.arp_sent.empty());
  link.run_for(Duration::seconds(15));
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Autoip, RFC3927_2_2_a_link_that_is_up_again_is_probed_anew) {
  start();
  link.run_for(Duration::seconds(12));
  const IpAddress before = address();
  link.device.up = false;
  link.run_for(Duration::seconds(1));
  link.device.up = true;
  link.arp_sent.clear();
  link.run_for(Duration::milliseconds(1100));
  EXPECT_EQ(state(), State::probing);
  link.run_for(Duration::seconds(12));
  EXPECT_EQ(state(), State::bound);
  EXPECT_EQ(address(), before);
}

TEST_F(Autoip, StoppedItLeavesNothing) {
  const auto before = link.stack.digest();
  start();
  link.run_for(Duration::seconds(12));
  const IpAddress ours = address();
  client.stop();
  client.stop();
  link.run_for(Duration::seconds(12));
  EXPECT_EQ(state(), State::stopped);
  EXPECT_TRUE(link.stack.digest() == before);
  start();
  EXPECT_EQ(address(), ours) << "the same one again";
}

TEST_F(Autoip, RFC3927_2_6_2_link_local_destinations_are_on_the_link) {
  ASSERT_TRUE(
      link.stack.ip().add_address(link.interface, {IpAddress::v4(192, 0, 2, 1), 24}, false, link.now));
  ASSERT_TRUE(
      link.stack.ip().add_route({IpAddress::any_v4(), 0}, IpAddress::v4(192, 0, 2, 254), link.interface));
  const IpAddress there = IpAddress::v4(169, 254, 7, 7);
  EXPECT_EQ(link.stack.ip().path(there)->next_hop, there) << "never by a router";
  start();
  link.run_for(Duration::seconds(12));
  EXPECT_EQ(link.stack.ip().path(there)->source, address());
}

TEST_F(Autoip, its_state_has_a_text_and_is_part_of_the_digest) {
  const auto digest = [&] {
    Digest d;
    client.digest(d);
    return d.value();
  };
  const auto stopped = digest();
  EXPECT_EQ(state_text(state()), "stopped");
  start();
  EXPECT_EQ(state_text(state()), "probing");
  const auto probing = digest();
  EXPECT_FALSE(probing == stopped);
  ASSERT_TRUE(client.start(link.now)) << "it runs already";
  link.run_for(Duration::seconds(12));
  EXPECT_EQ(state_text(state()), "bound");
  EXPECT_FALSE(digest() == probing);
}

/// As many addresses as the stack has room for, beside the one that is there.
void fill_addresses(ScriptedLink& link) {
  for (std::uint8_t i = 1;
       link.stack.ip().add_address(link.interface, {IpAddress::v4(10, 0, 0, i), 32}, false, link.now); ++i) {
    ASSERT_LT(i, 100);
  }
}

TEST_F(Autoip, without_room_for_an_address_it_does_not_start) {
  fill_addresses(link);
  EXPECT_FALSE(client.start(link.now));
  EXPECT_EQ(state(), State::stopped);
}

TEST_F(Autoip, RFC3927_2_5_an_address_that_somebody_took_away_is_replaced_while_there_is_room) {
  start();
  link.run_for(Duration::seconds(12));
  const IpAddress first = address();
  link.stack.ip().remove_address(link.interface, first);
  link.run_for(Duration::seconds(12));
  link.stack.ip().remove_address(link.interface, address());
  client.poll(link.now);
  EXPECT_EQ(state(), State::probing);
  EXPECT_NE(address(), first);
  link.run_for(Duration::seconds(12));
  link.stack.ip().remove_address(link.interface, address());
  fill_addresses(link);
  EXPECT_TRUE(client.poll(link.now).is_never());
  EXPECT_EQ(state(), State::stopped);
}

TEST_F(Autoip, while_the_link_is_down_there_is_nothing_to_be_asked_for) {
  start();
  link.run_for(Duration::seconds(1));
  link.device.up = false;
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(state(), State::probing);
  EXPECT_TRUE(client.poll(link.now).is_never());
  link.arp_sent.clear();
  link.run_for(Duration::seconds(60));
  EXPECT_TRUE(link.arp_sent.empty());
  link.device.up = true;
  link.run_for(Duration::seconds(12));
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Autoip, RFC3927_2_2_a_link_that_is_up_again_without_room_for_the_address_is_the_end) {
  start();
  link.run_for(Duration::seconds(12));
  link.device.up = false;
  link.run_for(Duration::seconds(1));
  link.service = nullptr;
  link.stack.ip().remove_address(link.interface, address());
  fill_addresses(link);
  link.device.up = true;
  link.run_for(Duration());
  EXPECT_TRUE(client.poll(link.now).is_never());
  EXPECT_EQ(state(), State::stopped);
}

}  // namespace
}  // namespace linnet::autoip
