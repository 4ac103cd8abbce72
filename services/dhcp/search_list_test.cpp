// SPDX-License-Identifier: Apache-2.0
// RFC 3397: the domain search option.
#include "services/dhcp/search_list.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "services/dhcp/lease.hpp"
#include "services/dhcp/test_message.hpp"

namespace linnet::dhcp {
namespace {

using test::Buffer;
using test::ServerMessage;
using Domains = std::vector<std::string>;

Domains domains(const SearchList& list) {
  Domains found;
  for (const std::string_view domain : list) found.emplace_back(domain);
  EXPECT_EQ(found.size(), list.size());
  return found;
}

Domains read(const Buffer& value) {
  SearchList list;
  read_search_list(value, list);
  return domains(list);
}

Buffer bytes(std::string_view text) { return {text.begin(), text.end()}; }

Buffer operator+(Buffer a, const Buffer& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Buffer name(std::string_view text) {
  Buffer wire;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    wire.push_back(static_cast<std::uint8_t>(label.size()));
    wire = wire + bytes(label);
    text.remove_prefix(std::min(text.size(), label.size() + 1));
  }
  wire.push_back(0);
  return wire;
}

TEST(DhcpSearchList, RFC3397_2_names_that_share_their_end) {
  // "eng.apple.com." and "marketing.apple.com." as the RFC's own example writes them.
  const Buffer value = {3, 'e', 'n', 'g', 5,   'a', 'p', 'p', 'l', 'e', 3,   'c',  'o', 'm',
                        0, 9,   'm', 'a', 'r', 'k', 'e', 't', 'i', 'n', 'g', 0xc0, 0x04};
  EXPECT_EQ(read(value), (Domains{"eng.apple.com", "marketing.apple.com"}));
}

TEST(DhcpSearchList, RFC3397_2_an_option_in_several_parts_is_read_as_one) {
  const Buffer value = name("a.example") + name("b.example") + Buffer{1, 'c', 0xc0, 2};
  for (std::size_t cut = 0; cut <= value.size(); ++cut) {
    const auto middle = value.begin() + static_cast<std::ptrdiff_t>(cut);
    ServerMessage message(MessageType::ack);
    message.yiaddr(IpAddress::v4(192, 0, 2, 50)).address(54, IpAddress::v4(192, 0, 2, 1)).u32(51, 3600);
    message.option(119, Buffer(value.begin(), middle)).option(119, Buffer(middle, value.end()));
    const Buffer whole = message.finish();
    Random random(Random::Seed{1});
    const auto lease = read_lease(*Message::parse(whole), {}, 1500, random);
    ASSERT_TRUE(lease);
    EXPECT_EQ(domains(lease->search_list), (Domains{"a.example", "b.example", "c.example"})) << cut;
  }
}

TEST(DhcpSearchList, RFC3397_4_a_list_with_a_malformed_name_is_no_list) {
  const Buffer good = name("lan.example");
  EXPECT_EQ(read(good + Buffer{0xc0, 0}), (Domains{"lan.example"})) << "named once more";
  const auto at = static_cast<std::uint8_t>(good.size());
  const std::vector<Buffer> bad = {
      {0xc0, at},                                           // itself
      {0xc0, 200},                                          // beyond the end
      {1, 'x', 0xc0, at},                                   // a name that is its own end
      {0xc0},                                               // half a pointer
      {5, 'a', 'b'},                                        // half a label
      {3, 'a', 'b', 'c'},                                   // no end
      {0x41, 'a', 0},                                       // RFC 6891 5: an extended label
      {0x80, 0},                                            // reserved
      {0xc0, static_cast<std::uint8_t>(at + 2), 0xc0, at},  // two that point at each other
  };
  for (const Buffer& tail : bad) {
    EXPECT_EQ(read(good + tail), Domains{}) << ::testing::PrintToString(tail);
    EXPECT_EQ(read(tail), Domains{}) << ::testing::PrintToString(tail);
  }
  EXPECT_EQ(read({}), Domains{});
}

TEST(DhcpSearchList, C23_02_what_is_no_host_name_is_left_out) {
  const Buffer evil = {5, 'a', ';', 'r', 'm', 'x', 0};
  EXPECT_EQ(read(evil + name("good.example") + Buffer{0} + Buffer{3, 'a', '.', 'b', 0}),
            (Domains{"good.example"}));
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const Domains got = read({3, 'a', static_cast<std::uint8_t>(byte), 'b', 0});
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    const bool capital = c >= 'A' && c <= 'Z';
    EXPECT_EQ(got.size(), letter || capital ? 1u : 0u) << byte;
  }
}

TEST(DhcpSearchList, names_are_taken_once_and_in_small_letters) {
  EXPECT_EQ(read(name("Lan.Example") + name("lan.example") + name("b.example")),
            (Domains{"lan.example", "b.example"}));
}

TEST(DhcpSearchList, more_than_there_is_room_for_is_left_out) {
  Buffer many;
  for (int i = 0; i < 100; ++i) many = many + name("d" + std::to_string(i) + ".example");
  const Domains got = read(many);
  EXPECT_EQ(got.size(), 22u) << "256 characters with a zero behind each";
  EXPECT_EQ(got.front(), "d0.example");
  const std::string label(63, 'x');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'x');
  ASSERT_EQ(longest.size(), 253u);
  EXPECT_EQ(read(name(longest) + name("short")), (Domains{longest}));
}

TEST(DhcpSearchList, there_is_room_for_256_characters_with_a_zero_behind_each_domain) {
  const std::string whole(SearchList::capacity - 1, 'x');
  SearchList list;
  EXPECT_FALSE(list.add(whole + "x"));
  EXPECT_TRUE(list.empty());
  EXPECT_TRUE(list.add(whole));
  EXPECT_TRUE(list.add(whole)) << "it is there already";
  EXPECT_FALSE(list.add("")) << "that would need its zero";
  EXPECT_EQ(domains(list), (Domains{whole}));
}

TEST(DhcpSearchList, what_is_read_takes_the_place_of_what_was_there) {
  SearchList list;
  ASSERT_TRUE(list.add("before.example"));
  read_search_list(name("after.example"), list);
  EXPECT_EQ(domains(list), (Domains{"after.example"}));
}

TEST(DhcpSearchList, any_bytes_are_survived) {
  std::mt19937 dice(7);
  for (int round = 0; round < 3000; ++round) {
    Buffer value(dice() % 510);
    for (std::uint8_t& byte : value) {
      byte = static_cast<std::uint8_t>(dice() % 3 == 0 ? dice() % 6 : dice() % 4 == 0 ? 0xc0 : dice() % 256);
    }
    for (const std::string& domain : read(value)) EXPECT_TRUE(is_host_name(domain)) << domain;
  }
}

}  // namespace
}  // namespace linnet::dhcp
