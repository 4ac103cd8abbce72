// SPDX-License-Identifier: Apache-2.0
// The agent by IPv6 (RFC 6762 20): which addresses it tells of, to whom, and who is a neighbour (11).
#include "core/ip/test_advertisement.hpp"
#include "core/test_link.hpp"
#include "services/mdns/agent.hpp"
#include "services/mdns/test_message.hpp"

namespace linnet::mdns {
namespace {

using namespace test;
using ip::test::Advertisement;
using linnet::test::ScriptedDevice;
using linnet::test::ScriptedLink;

IpAddress ip6(const char* text) { return *IpAddress::parse(text); }
constexpr MacAddress group_mac{{0x33, 0x33, 0, 0, 0, 0xfb}};
constexpr MacAddress nodes_mac{{0x33, 0x33, 0, 0, 0, 1}};
constexpr MacAddress router_mac{{0x02, 0, 0, 0, 0, 0x99}};
constexpr std::uint8_t udp_protocol = 17;
constexpr std::uint8_t icmpv6_protocol = 58;

class MdnsAgentV6 : public ::testing::Test {
 protected:
  MdnsAgentV6()
      : memory(Stack::memory_needed(config())),
        stack(config(), memory, ScriptedLink::seed_of(1)),
        interface(stack.add_interface(device).value()),
        agent_memory(Agent::memory_needed({}) + Arena::alignment) {
    EXPECT_TRUE(stack.ip().enable_ipv6(interface, now));
    Arena arena(agent_memory);
    agent = std::make_unique<Agent>(stack, interface, Config{}, arena);
  }
  ~MdnsAgentV6() override { agent.reset(); }
  static linnet::Config config() {
    linnet::Config with = ScriptedLink::default_config();
    with.ip.temporary_addresses = true;
    return with;
  }
  void run_for(Duration duration) {
    const Instant until = now + duration;
    for (unsigned turns = 0;; ++turns) {
      ASSERT_LT(turns, 10000u) << "the clock does not move";
      stack.poll(now);
      const Instant served = agent->poll(now);
      const Instant next = earlier(served, stack.poll(now));
      drain();
      if (!device.in.empty() || next <= now) continue;
      if (next > until) break;
      now = next;
      turns = 0;
    }
    now = until;
  }
  void drain() {
    for (; !device.out.empty(); device.out.pop_front()) {
      const Buffer frame = device.out.front();
      if (load16(frame.data() + 12) == 0x0800 && frame[23] == udp_protocol) ++over_v4;
      if (load16(frame.data() + 12) != 0x86dd) continue;
      if (frame[20] == icmpv6_protocol && frame[54] == 135) answer_solicitation(frame);
      if (frame[20] != udp_protocol || load16(frame.data() + 54) != port) continue;
      EXPECT_EQ(frame[21], 255) << "RFC 6762 11: the hop limit";
      const Bytes bytes(frame);
      const Endpoint to{IpAddress::v6(bytes.subspan<38, 16>()), load16(frame.data() + 56)};
      const bool group = to.address.is_multicast();
      if (group) {
        EXPECT_EQ(MacAddress::from(bytes.first<6>()), group_mac);
      }
      sent.push_back(take_apart(bytes.subspan(62), now, group ? std::nullopt : std::optional(to)));
    }
  }
  void put(Buffer& to, Bytes bytes) const { to.insert(to.end(), bytes.begin(), bytes.end()); }
  /// An IPv6 packet with a checksum two bytes of which are at `sum_at` of its payload.
  void inject(std::uint8_t protocol, const IpAddress& source, const IpAddress& destination,
              const MacAddress& to, Buffer payload, std::size_t sum_at) {
    const Buffer start{0x60,
                       0,
                       0,
                       0,
                       static_cast<std::uint8_t>(payload.size() >> 8),
                       static_cast<std::uint8_t>(payload.size() & 0xff),
                       protocol,
                       255};
    Buffer packet(start);
    put(packet, source.bytes());
    put(packet, destination.bytes());
    const std::uint32_t pseudo = linnet::test::ones_complement_sum(
        Bytes(packet).subspan(8, 32), static_cast<std::uint32_t>(payload.size()) + protocol);
    store16(payload.data() + sum_at,
            static_cast<std::uint16_t>(~linnet::test::ones_complement_sum(payload, pseudo)));
    Buffer frame;
    put(frame, to.bytes);
    put(frame, router_mac.bytes);
    frame.insert(frame.end(), {0x86, 0xdd});
    put(frame, packet);
    put(frame, payload);
    device.in.push_back(frame);
  }
  /// Every neighbour that is looked for is there.
  void answer_solicitation(const Buffer& frame) {
    const Bytes bytes(frame);
    const IpAddress asker = IpAddress::v6(bytes.subspan<22, 16>());
    if (asker.is_unspecified()) return;  // duplicate address detection: nobody else has it
    const IpAddress target = IpAddress::v6(bytes.subspan<62, 16>());
    Buffer advertisement{136, 0, 0, 0, 0x60, 0, 0, 0};
    put(advertisement, target.bytes());
    advertisement.insert(advertisement.end(), {2, 1});
    put(advertisement, router_mac.bytes);
    inject(icmpv6_protocol, target, asker, device.mac(), advertisement, 2);
  }
  void hear_router() {
    Advertisement advertisement;
    advertisement.prefix("2001:db8::", 7200, 3600);
    // RFC 8781: PREF64, 64:ff9b::/96 for 600 s.
    Buffer options{38, 2, 0x02, 0x58, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
    put(advertisement.options, options);
    inject(icmpv6_protocol, ip6("fe80::99"), ip6("ff02::1"), nodes_mac, advertisement.bytes(), 2);
  }
  void ask(const ServerMessage& message, const Endpoint& source, bool group = true) {
    const Buffer bytes = message.finish();
    Buffer datagram(8);
    store16(datagram.data(), source.port);
    store16(datagram.data() + 2, port);
    store16(datagram.data() + 4, static_cast<std::uint16_t>(8 + bytes.size()));
    put(datagram, bytes);
    inject(udp_protocol, source.address, group ? ip6("ff02::fb") : own(), group ? group_mac : device.mac(),
           datagram, 6);
  }
  /// The first of that origin that is in use.
  IpAddress own(ip::AddressOrigin origin = ip::AddressOrigin::configured) {
    for (const ip::Ipv6Address& address : stack.ip().neighbour_discovery().addresses().all()) {
      if (address.interface != interface || address.origin != origin) continue;
      if (address.settled()) return address.address.with_zone(0);
    }
    return {};
  }
  /// The addresses of the host in the last message that had one.
  std::vector<Buffer> told() const {
    std::vector<Buffer> addresses;
    for (const SentRecord& record : sent.back().records) {
      if (record.name == "host.local" && record.type == type::aaaa) addresses.push_back(record.data);
    }
    return addresses;
  }
  static bool has(const std::vector<Buffer>& list, const IpAddress& address) {
    return std::find(list.begin(), list.end(), a_data(address)) != list.end();
  }

  Instant now = Instant::from_microseconds(1000000);
  std::vector<std::uint8_t> memory;
  ScriptedDevice device;
  Stack stack;
  std::uint8_t interface;
  std::vector<std::uint8_t> agent_memory;
  std::unique_ptr<Agent> agent;
  std::vector<Sent> sent;
  int over_v4 = 0;
};

TEST_F(MdnsAgentV6, RFC6762_8_a_host_without_IPv4_is_announced_with_its_link_local_address) {
  ASSERT_TRUE(agent->start("host", now));
  run_for(Duration::seconds(10));
  ASSERT_EQ(sent.size(), 5u);
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(told()[0], a_data(own(ip::AddressOrigin::link_local)));
  EXPECT_EQ(over_v4, 0);
  EXPECT_TRUE(stack.ip().groups().wants(interface, ip6("ff02::fb"), ip6("fe80::99")));
}

TEST_F(MdnsAgentV6, RFC8981_addresses_that_change_or_that_are_the_translators_are_not_told) {
  ASSERT_TRUE(stack.ip().set_clat(interface, true, now));
  run_for(Duration::seconds(2));
  hear_router();
  run_for(Duration::seconds(5));
  const IpAddress fixed = ip6("2001:db8::50");
  ASSERT_TRUE(stack.ip().add_address(interface, {fixed, 64}, false, now));
  ASSERT_TRUE(stack.ip().add_address(Stack::loopback_interface, {ip6("2001:db8::51"), 128}, false, now));
  const IpAddress temporary = own(ip::AddressOrigin::temporary);
  const IpAddress translator = own(ip::AddressOrigin::translator);
  ASSERT_FALSE(temporary.is_unspecified());
  ASSERT_FALSE(translator.is_unspecified());
  ASSERT_TRUE(agent->start("host", now));
  run_for(Duration::seconds(10));
  const auto addresses = told();
  EXPECT_EQ(addresses.size(), 3u);
  for (const auto origin :
       {ip::AddressOrigin::link_local, ip::AddressOrigin::stable, ip::AddressOrigin::configured}) {
    EXPECT_TRUE(has(addresses, own(origin)));
  }
}

TEST_F(MdnsAgentV6, RFC4862_an_address_that_is_not_known_to_be_ours_is_not_told) {
  run_for(Duration::seconds(5));
  ASSERT_TRUE(agent->start("host", now));
  run_for(Duration::seconds(10));
  ASSERT_EQ(told().size(), 1u);
  sent.clear();
  ASSERT_TRUE(stack.ip().add_address(interface, {ip6("2001:db8::50"), 64}, true, now));
  run_for(Duration());
  EXPECT_TRUE(sent.empty()) << "it is looked for";
  run_for(Duration::seconds(10));
  ASSERT_FALSE(sent.empty());
  EXPECT_TRUE(has(told(), ip6("2001:db8::50")));
}

TEST_F(MdnsAgentV6, RFC6762_11_who_is_a_neighbour) {
  run_for(Duration::seconds(2));
  hear_router();
  ASSERT_TRUE(stack.ip().add_address(interface, {ip6("2001:db8::50"), 64}, false, now));
  run_for(Duration::seconds(5));
  ASSERT_TRUE(agent->start("host", now));
  run_for(Duration::seconds(20));
  struct Row {
    const char* source;
    bool answered;
  };
  for (const Row& row : {Row{"fe80::77", true}, Row{"2001:db8::77", true}, Row{"2001:db9::77", false}}) {
    sent.clear();
    ask(query_message(7).ask("host.local", type::aaaa), {ip6(row.source), 40000}, false);
    run_for(Duration::seconds(1));
    ASSERT_EQ(sent.size(), row.answered ? 1u : 0u) << row.source;
    if (row.answered) {
      EXPECT_EQ(sent[0].to->address.bytes(), ip6(row.source).bytes());
    }
  }
  EXPECT_EQ(agent->status().dropped(Drop::off_link), 1u);
  ask(query_message().ask("host.local", type::aaaa), {ip6("fe80::77"), port});
  sent.clear();
  run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_FALSE(sent[0].to);
}

TEST_F(MdnsAgentV6, an_interface_without_IPv6_joins_no_group_of_it) {
  stack.ip().disable_ipv6(interface, now);
  ASSERT_TRUE(stack.ip().add_address(interface, {IpAddress::v4(192, 0, 2, 50), 24}, false, now));
  ASSERT_TRUE(agent->start("host", now));
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  EXPECT_GT(over_v4, 0);
  EXPECT_FALSE(stack.ip().groups().wants(interface, ip6("ff02::fb"), ip6("fe80::99")));
}

TEST_F(MdnsAgentV6, RFC6762_8_4_its_group_is_joined_when_IPv6_comes_later) {
  stack.ip().disable_ipv6(interface, now);
  ASSERT_TRUE(stack.ip().add_address(interface, {IpAddress::v4(192, 0, 2, 50), 24}, false, now));
  ASSERT_TRUE(agent->start("host", now));
  run_for(Duration::seconds(5));
  ASSERT_TRUE(stack.ip().enable_ipv6(interface, now));
  run_for(Duration::seconds(5));
  EXPECT_TRUE(stack.ip().groups().wants(interface, ip6("ff02::fb"), ip6("fe80::99")));
}

}  // namespace
}  // namespace linnet::mdns
