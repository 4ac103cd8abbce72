// SPDX-License-Identifier: Apache-2.0
#include "services/dns/name.hpp"

#include <gtest/gtest.h>

#include <string>

#include "services/dns/test_message.hpp"

namespace linnet::dns {
namespace {

using test::Buffer;
using test::labels;

Buffer wire_of(const Name& name) { return Buffer(name.wire().begin(), name.wire().end()); }

std::optional<Name> read(const Buffer& message, std::size_t position) {
  return Name::read(message, position);
}

TEST(DnsName, text_becomes_labels_in_small_letters) {
  EXPECT_EQ(wire_of(*Name::from_text("www.Example.ORG")), labels("www.example.org"));
  EXPECT_EQ(wire_of(*Name::from_text("www.example.org.")), labels("www.example.org"));
  EXPECT_EQ(wire_of(*Name::from_text("a")), labels("a"));
  EXPECT_TRUE(Name::from_text("_service.example"));
  EXPECT_TRUE(Name::from_text("3com.com"));
}

TEST(DnsName, C20_12_what_is_no_host_name_is_refused) {
  for (const std::string_view bad :
       {std::string_view(""), std::string_view("."), std::string_view(".."), std::string_view("a..b"),
        std::string_view(".a"), std::string_view("a b"), std::string_view("a\0b", 3), std::string_view("a/b"),
        std::string_view("evil.com\0.good", 14), std::string_view("\xff"), std::string_view("a\\.b"),
        std::string_view("1.2.3"), std::string_view("999.1.1.1"), std::string_view("1.2.3.4.5"),
        std::string_view("256.256.256.256."), std::string_view("a:80"), std::string_view("a..")}) {
    EXPECT_FALSE(Name::from_text(bad)) << bad;
  }
}

TEST(DnsName, RFC1035_2_3_4_labels_of_63_and_names_of_255) {
  EXPECT_TRUE(Name::from_text(std::string(63, 'a')));
  EXPECT_FALSE(Name::from_text(std::string(64, 'a')));
  const std::string three =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".";
  EXPECT_EQ(Name::from_text(three + std::string(61, 'd'))->wire().size(), 255u);
  EXPECT_FALSE(Name::from_text(three + std::string(62, 'd')));
  EXPECT_FALSE(Name::from_text(std::string(1000, 'a')));
  std::string dots;
  for (int i = 0; i < 127; ++i) dots += "a.";
  EXPECT_TRUE(Name::from_text(dots));
  EXPECT_FALSE(Name::from_text(dots + "a."));
}

TEST(DnsName, read_follows_pointers_and_stops_behind_the_first) {
  Buffer message = labels("example.org");                      // 0
  message.insert(message.end(), {3, 'W', 'w', 'W', 0xc0, 0});  // 13
  message.insert(message.end(), {1, 'x', 0xc0, 13});           // 19
  std::size_t position = 13;
  EXPECT_EQ(wire_of(*Name::read(message, position)), labels("www.example.org"));
  EXPECT_EQ(position, 19u);
  EXPECT_EQ(wire_of(*Name::read(message, position)), labels("x.www.example.org"));
  EXPECT_EQ(position, 23u);
}

TEST(DnsName, C20_01_pointers_to_self_forward_past_the_end_and_in_circles) {
  EXPECT_FALSE(read({0xc0, 0}, 0)) << "to itself";
  EXPECT_FALSE(read({0xc0, 2, 0}, 0)) << "forward";
  EXPECT_FALSE(read({0xc0, 200}, 0)) << "past the end";
  EXPECT_FALSE(read({0xff, 0xff}, 0));
  EXPECT_FALSE(read({0xc0}, 0)) << "half a pointer";
  EXPECT_FALSE(read({0xc0, 2, 0xc0, 0}, 2)) << "a circle of two";
  EXPECT_FALSE(read({1, 'a', 0xc0, 0}, 0)) << "to the label in front of itself";
  EXPECT_FALSE(read({1, 'a', 1, 'b', 0xc0, 2}, 0)) << "into the part being read";
}

TEST(DnsName, C20_01_at_most_sixteen_jumps) {
  for (std::size_t jumps = 1; jumps <= 64; ++jumps) {
    Buffer message = {0};
    for (std::size_t i = 0; i < jumps; ++i) {
      const std::size_t target = i == 0 ? 0 : 1 + 2 * (i - 1);
      message.insert(message.end(), {0xc0, static_cast<std::uint8_t>(target)});
    }
    EXPECT_EQ(read(message, message.size() - 2).has_value(), jumps <= Name::maximum_jumps) << jumps;
  }
}

TEST(DnsName, C20_02_label_types_01_and_10_and_labels_past_the_end) {
  for (unsigned type = 0x40; type < 0xc0; ++type) {
    Buffer message(200, 'a');
    message[0] = static_cast<std::uint8_t>(type);
    EXPECT_FALSE(read(message, 0)) << type;
  }
  for (std::uint8_t length = 1; length <= 63; ++length) {
    Buffer message(length, 'a');  // one byte too few
    message[0] = length;
    EXPECT_FALSE(read(message, 0));
  }
}

TEST(DnsName, C20_02_names_of_254_255_256_and_1000_bytes) {
  const auto of_size = [](std::size_t size) {  // on the wire
    Buffer message;
    while (message.size() + 64 < size) {
      message.push_back(63);
      message.resize(message.size() + 63, 'a');
    }
    const std::size_t rest = size - message.size() - 2;
    message.push_back(static_cast<std::uint8_t>(rest));
    message.resize(message.size() + rest, 'b');
    message.push_back(0);
    return message;
  };
  EXPECT_EQ(read(of_size(254), 0)->wire().size(), 254u);
  EXPECT_EQ(read(of_size(255), 0)->wire().size(), 255u);
  EXPECT_FALSE(read(of_size(256), 0));
  EXPECT_FALSE(read(of_size(1000), 0));
  // The same by pointers: 192 bytes in front, and 62, 63 or 64 that point there.
  for (const std::size_t more : {62u, 63u, 64u}) {
    Buffer message = of_size(192);
    message.push_back(static_cast<std::uint8_t>(more - 1));
    message.resize(message.size() + more - 1, 'c');
    message.insert(message.end(), {0xc0, 0});
    EXPECT_EQ(read(message, 192).has_value(), more <= 63) << more;
  }
}

TEST(DnsName, C20_03_a_name_that_does_not_end_is_none) {
  const Buffer whole = labels("www.example.org");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(read(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)), 0));
  }
  EXPECT_FALSE(read(whole, whole.size())) << "begins at the end";
  EXPECT_FALSE(read(whole, whole.size() + 7)) << "begins behind the end";
}

TEST(DnsName, zones) {
  EXPECT_TRUE(Name::from_text("localhost")->is_within("localhost"));
  EXPECT_TRUE(Name::from_text("a.b.LOCALHOST.")->is_within("localhost"));
  EXPECT_FALSE(Name::from_text("localhost.org")->is_within("localhost"));
  EXPECT_FALSE(Name::from_text("mylocalhost")->is_within("localhost"));
  EXPECT_FALSE(Name().is_within("localhost"));
}

TEST(DnsName, RFC1123_2_1_host_names_are_of_letters_digits_hyphens_and_underscores) {
  const std::string_view good = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.";
  for (int c = 0; c < 256; ++c) {
    const char text[] = {'x', static_cast<char>(c)};
    EXPECT_EQ(Name::from_text({text, 2}).has_value(), good.find(text[1]) != std::string_view::npos) << c;
  }
}

TEST(DnsName, RFC1035_2_3_3_the_case_of_ascii_letters_and_nothing_else_is_the_same) {
  const auto name = [](std::string_view label) {
    Name made;
    EXPECT_TRUE(made.add_label(label));
    return made;
  };
  EXPECT_TRUE(name("WwW-09").same_as(name("wWw-09")));
  EXPECT_FALSE(name("WwW-09") == name("wWw-09"));
  EXPECT_FALSE(name("www").same_as(name("wwww")));
  EXPECT_FALSE(name("www").same_as(name("wwv")));
  EXPECT_FALSE(name("a@").same_as(name("a`"))) << "32 below, and no letter";
  EXPECT_FALSE(name("a[").same_as(name("a{")));
  EXPECT_TRUE(Name().same_as(Name()));
}

TEST(DnsName, RFC1034_3_1_a_parent_lacks_the_first_label) {
  const Name name = *Name::from_text("www.example");
  EXPECT_EQ(name.parent(), *Name::from_text("example"));
  EXPECT_TRUE(name.parent().parent().is_root());
  EXPECT_TRUE(Name().parent().is_root()) << "the root's is the root";
}

TEST(DnsName, labels_that_do_not_fit_change_nothing) {
  Name name = *Name::from_text("example");
  const Name before = name;
  EXPECT_FALSE(name.add_label(Bytes())) << "empty";
  EXPECT_FALSE(name.add_label(std::string(64, 'a')));
  EXPECT_EQ(name, before);
  EXPECT_TRUE(name.add_label(std::string(63, 'a')));
}

TEST(DnsName, a_name_begins_with_its_first_labels) {
  const Name name = *Name::from_text("www.example");
  EXPECT_TRUE(name.begins_with(*Name::from_text("www")));
  EXPECT_TRUE(name.begins_with(name));
  EXPECT_TRUE(name.begins_with(Name()));
  EXPECT_FALSE(name.begins_with(*Name::from_text("ww")));
  EXPECT_FALSE(name.begins_with(*Name::from_text("example")));
  EXPECT_FALSE(name.begins_with(*Name::from_text("www.example.org")));
}

TEST(DnsName, RFC1035_4_1_4_no_part_of_a_name_is_one) {
  const std::vector<std::uint8_t> whole = {1, 'a', 0, 3, 'b', 'c', 'd', 0xc0, 0x00};
  std::size_t at = 3;
  const auto name = Name::read(whole, at);
  ASSERT_TRUE(name);
  EXPECT_TRUE(*name == *Name::from_text("bcd.a"));
  EXPECT_EQ(at, whole.size());
  for (std::size_t size = 3; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    at = 3;
    EXPECT_FALSE(Name::read(part, at)) << size;
    at = 3;
    EXPECT_FALSE(Name::read(Bytes(whole).first(size), at)) << size << ", with the rest behind it";
  }
}

}  // namespace
}  // namespace linnet::dns
