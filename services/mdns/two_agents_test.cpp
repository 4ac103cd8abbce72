// SPDX-License-Identifier: Apache-2.0
// A host on two links: an agent for each (RFC 6762 14, 15).
#include "core/test_link.hpp"
#include "services/mdns/agent.hpp"
#include "services/mdns/test_message.hpp"

namespace linnet::mdns {
namespace {

using namespace test;
using linnet::test::ScriptedDevice;
using linnet::test::ScriptedLink;
using linnet::test::UdpFrame;

constexpr IpAddress near_own = IpAddress::v4(192, 0, 2, 50), near_other = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress far_own = IpAddress::v4(198, 51, 100, 50);
constexpr MacAddress group_mac{{0x01, 0, 0x5e, 0, 0, 0xfb}};

/// The first link has a script, the second only says what was sent there.
class MdnsTwoAgents : public ::testing::Test {
 protected:
  MdnsTwoAgents() {
    link.stations[near_other] = link.station_mac;
    far_interface = link.stack.add_interface(far_device).value();
    EXPECT_TRUE(link.stack.ip().add_address(link.interface, {near_own, 24}, false, link.now));
    EXPECT_TRUE(link.stack.ip().add_address(far_interface, {far_own, 24}, false, link.now));
    link.run_for(Duration::seconds(5));
    near = make(link.interface);
    far = make(far_interface);
    link.service = [this](Instant now) {
      const Instant next = earlier(near->poll(now), far->poll(now));
      take_far(now);
      return next;
    };
    link.on_udp = [this](const UdpFrame& frame) {
      if (frame.source.port == port) near_sent.push_back(take_apart(frame.payload, frame.at, std::nullopt));
    };
    far_device.out.clear();
  }
  ~MdnsTwoAgents() override {
    near->stop(link.now);
    far->stop(link.now);
  }
  std::unique_ptr<Agent> make(std::uint8_t interface) {
    memory.emplace_back(Agent::memory_needed({}) + Arena::alignment);
    Arena arena(memory.back());
    return std::make_unique<Agent>(link.stack, interface, Config{}, arena);
  }
  void take_far(Instant now) {
    for (const Buffer& frame : far_device.out) {
      const bool mdns = frame.size() > 42 && load16(frame.data() + 12) == 0x0800 && frame[23] == 17 &&
                        load16(frame.data() + 36) == port;
      if (mdns) far_sent.push_back(take_apart(Bytes(frame).subspan(42), now, std::nullopt));
    }
    far_device.out.clear();
  }
  static std::string name_of(const Agent& agent) {
    return std::string(agent.machine().responder().host(agent.host())->label.text());
  }
  static bool says(const std::vector<Sent>& all, const char* name, const IpAddress& address) {
    for (const Sent& one : all) {
      const auto* record = one.is_response() ? one.find(name, type::a) : nullptr;
      if (record != nullptr && record->data == a_data(address)) return true;
    }
    return false;
  }

  static constexpr linnet::Config two_links() {
    linnet::Config config = ScriptedLink::default_config();
    config.ip.interfaces = config.ethernet.links = 3;  // with loopback
    return config;
  }

  ScriptedDevice far_device;
  ScriptedLink link{1, two_links()};
  std::uint8_t far_interface = 0;
  std::deque<std::vector<std::uint8_t>> memory;
  std::unique_ptr<Agent> near, far;
  std::vector<Sent> near_sent, far_sent;
};

TEST_F(MdnsTwoAgents, RFC6762_14_each_link_is_told_the_addresses_of_its_own_interface) {
  ASSERT_TRUE(near->start("host", link.now));
  ASSERT_TRUE(far->start("host", link.now)) << "RFC 6762 15.1: they share the port";
  link.run_for(Duration::seconds(5));
  EXPECT_TRUE(says(near_sent, "host.local", near_own));
  EXPECT_TRUE(says(far_sent, "host.local", far_own));
  EXPECT_FALSE(says(near_sent, "host.local", far_own));
  EXPECT_FALSE(says(far_sent, "host.local", near_own));
}

TEST_F(MdnsTwoAgents, RFC6762_9_a_name_that_is_anothers_on_one_link_stays_ours_on_the_other) {
  ASSERT_TRUE(near->start("host", link.now));
  ASSERT_TRUE(far->start("host", link.now));
  link.run_for(Duration::milliseconds(400));
  link.inject_udp({near_other, port}, {group_v4, port},
                  response_message()
                      .record(labels("host.local"), type::a, 120, a_data(near_other), flush_in)
                      .count(6)
                      .finish(),
                  group_mac);
  link.run_for(Duration::seconds(10));
  EXPECT_EQ(name_of(*near), "host-2");
  EXPECT_EQ(name_of(*far), "host");
  EXPECT_TRUE(says(near_sent, "host-2.local", near_own));
  EXPECT_FALSE(says(near_sent, "host.local", near_own));
  EXPECT_TRUE(says(far_sent, "host.local", far_own));
  EXPECT_FALSE(says(far_sent, "host-2.local", far_own));
}

TEST_F(MdnsTwoAgents, RFC6762_15_what_is_asked_on_one_link_is_answered_there_alone) {
  ASSERT_TRUE(near->start("host", link.now));
  ASSERT_TRUE(far->start("host", link.now));
  link.run_for(Duration::seconds(20));
  near_sent.clear();
  far_sent.clear();
  link.inject_udp({near_other, port}, {group_v4, port}, query_message().ask("host.local", type::a).finish(),
                  group_mac);
  link.run_for(Duration::seconds(2));
  EXPECT_EQ(near_sent.size(), 1u);
  EXPECT_TRUE(says(near_sent, "host.local", near_own));
  EXPECT_TRUE(far_sent.empty());
}

}  // namespace
}  // namespace linnet::mdns
