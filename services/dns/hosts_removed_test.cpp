// SPDX-License-Identifier: Apache-2.0
// Static names that are taken away again.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/dns/hosts.hpp"

namespace linnet::dns::test {
namespace {

constexpr IpAddress one = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress two = IpAddress::v4(192, 0, 2, 2);
constexpr IpAddress three = IpAddress::v4(192, 0, 2, 3);

class RemovedHosts : public ::testing::Test {
 protected:
  static constexpr Config config{.hosts = 4, .hosts_size = 3 * 7};  // of names such as "a.lan"
  static Name name(std::string_view text) { return *Name::from_text(text); }
  std::size_t found(std::string_view text) {
    return hosts.find(name(text), Families::both).addresses().size();
  }
  std::string all() const {
    std::string text;
    hosts.for_each([&](const IpAddress& address, const Name& own) {
      text += std::to_string(address.v4_bytes()[3]) + static_cast<char>(own.wire()[1]) + " ";
    });
    return text;
  }

  std::vector<std::uint8_t> memory =
      std::vector<std::uint8_t>(Hosts::memory_needed(config) + Arena::alignment);
  Arena arena{memory};
  Hosts hosts{config, arena};
};

TEST_F(RemovedHosts, one_pair_goes_and_the_others_stay_as_they_are) {
  EXPECT_EQ(hosts.add_line("192.0.2.1 a.lan b.lan"), HostsError::none);
  EXPECT_EQ(hosts.add_line("192.0.2.2 a.lan c.lan"), HostsError::none);
  EXPECT_EQ(all(), "1a 1b 2a 2c ");
  EXPECT_EQ(hosts.remove(name("a.lan"), one), 1u);
  EXPECT_EQ(all(), "1b 2a 2c ");
  EXPECT_EQ(found("a.lan"), 1u);
  EXPECT_EQ(hosts.remove(name("a.lan"), one), 0u) << "it is gone";
  EXPECT_EQ(hosts.remove(name("a.lan"), std::nullopt), 1u);
  EXPECT_EQ(all(), "1b 2c ");
  EXPECT_EQ(hosts.name_of(two), name("c.lan"));
}

TEST_F(RemovedHosts, all_names_of_an_address_go_or_all_there_are) {
  EXPECT_EQ(hosts.add_line("192.0.2.1 a.lan b.lan"), HostsError::none);
  EXPECT_EQ(hosts.add_line("192.0.2.2 b.lan"), HostsError::none);
  EXPECT_EQ(hosts.remove(std::nullopt, one), 2u);
  EXPECT_EQ(all(), "2b ");
  EXPECT_EQ(hosts.remove(std::nullopt, std::nullopt), 1u);
  EXPECT_TRUE(hosts.empty());
}

TEST_F(RemovedHosts, room_comes_back_for_pairs_and_for_letters) {
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(hosts.add_line("192.0.2.1 a.lan b.lan c.lan"), HostsError::none) << round;
    EXPECT_EQ(hosts.add(two, name("b.lan")), HostsError::none) << "letters that are there already";
    EXPECT_EQ(hosts.add(three, name("b.lan")), HostsError::no_room);
    EXPECT_EQ(hosts.remove(name("b.lan"), one), 1u);
    EXPECT_EQ(hosts.add(three, name("d.lan")), HostsError::no_room) << "the letters are the other pair's";
    EXPECT_EQ(hosts.remove(name("b.lan"), std::nullopt), 1u);
    EXPECT_EQ(hosts.add(three, name("d.lan")), HostsError::none);
    EXPECT_EQ(all(), "1a 1c 3d ");
    EXPECT_EQ(hosts.remove(std::nullopt, std::nullopt), 3u);
  }
}

}  // namespace
}  // namespace linnet::dns::test
