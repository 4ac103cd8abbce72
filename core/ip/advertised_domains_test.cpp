// SPDX-License-Identifier: Apache-2.0
// RFC 8106 5.2, 5.3 and 6: the search list of routers.
#include "core/ip/advertised_domains.hpp"

#include "core/ip/test_advertisement.hpp"

namespace linnet::ip::test {
namespace {

/// Names as RFC 1035 3.1 writes them: "\3foo\3bar" and so on; a zero byte ends each.
Buffer names(const std::vector<std::string>& list) {
  Buffer bytes;
  for (const std::string& name : list) {
    bytes.insert(bytes.end(), name.begin(), name.end());
    bytes.push_back(0);
  }
  return bytes;
}
/// The option, padded with zeros to a multiple of 8.
Advertisement search_list(Buffer list, std::uint32_t seconds) {
  while (list.size() % 8 != 0 || list.empty()) list.push_back(0);
  Advertisement a;
  a.options = {31, static_cast<std::uint8_t>(1 + list.size() / 8), 0, 0};
  put32(a.options, seconds);
  a.options.insert(a.options.end(), list.begin(), list.end());
  return a;
}
const std::string example = "\7example\3com", lab = "\3lab\7example\3net";

std::vector<std::string> known(const DiscoveringHost& host) {
  std::vector<std::string> list;
  for (const AdvertisedDomain& domain : host.discovery.domains()) list.emplace_back(domain.name());
  return list;
}
void wait(DiscoveringHost& host, Duration duration) {
  host.now = host.now + duration;
  static_cast<void>(host.discovery.next_due(host.now));
}
using List = std::vector<std::string>;

TEST(AdvertisedDomains, RFC8106_5_2_names_and_the_padding_behind_them) {
  DiscoveringHost host;
  host.hear(search_list(names({example, lab}), 600));
  EXPECT_EQ(known(host), (List{"example.com", "lab.example.net"}));
}

TEST(AdvertisedDomains, RFC8106_5_3_1_each_lives_its_lifetime_from_the_last_advertisement_on) {
  DiscoveringHost host;
  host.hear(search_list(names({example}), 600));
  host.hear(search_list(names({lab}), 1000));
  EXPECT_LE(host.discovery.next_deadline(), host.now + Duration::seconds(600));
  wait(host, Duration::seconds(500));
  host.hear(search_list(names({example}), 200));
  const std::uint32_t version = host.discovery.version();
  wait(host, Duration::seconds(199));
  EXPECT_EQ(known(host), (List{"example.com", "lab.example.net"}));
  wait(host, Duration::seconds(1));
  EXPECT_EQ(known(host), (List{"lab.example.net"}));
  EXPECT_NE(host.discovery.version(), version);
  wait(host, Duration::seconds(300));
  EXPECT_TRUE(known(host).empty());
}

TEST(AdvertisedDomains, RFC8106_5_2_zero_takes_a_name_back_and_all_ones_never_end) {
  DiscoveringHost host;
  host.hear(search_list(names({example, lab}), 0xffffffff));
  wait(host, Duration::seconds(1000000000));
  EXPECT_EQ(known(host).size(), 2u);
  host.hear(search_list(names({"\7EXAMPLE\3Com"}), 0));
  EXPECT_EQ(known(host), (List{"lab.example.net"}));
}

TEST(AdvertisedDomains, RFC8106_6_1_the_table_is_bounded_and_names_repeated_take_no_room) {
  DiscoveringHost host;
  for (int i = 0; i < 1000; ++i) {
    const std::string name =
        "\4" + std::string{'n', static_cast<char>('a' + i / 100), static_cast<char>('a' + i / 10 % 10),
                           static_cast<char>('a' + i % 10)};
    host.hear(search_list(names({example, name}), 600));
  }
  EXPECT_EQ(known(host).size(), std::size_t{host.config.advertised_domains});
  EXPECT_EQ(known(host).front(), "example.com");
}

TEST(AdvertisedDomains, a_link_that_goes_takes_its_names_along) {
  DiscoveringHost host;
  host.hear(search_list(names({example}), 600));
  host.discovery.stop(1);
  EXPECT_TRUE(known(host).empty());
}

TEST(AdvertisedDomainsHostile, names_that_go_beyond_the_option_end_it) {
  DiscoveringHost host;
  Buffer list = names({example});
  list.insert(list.end(), {40, 'x'});
  host.hear(search_list(list, 600));
  EXPECT_EQ(known(host), (List{"example.com"}));
}

TEST(AdvertisedDomainsHostile, compression_and_labels_of_other_kinds_are_no_names) {
  DiscoveringHost host;
  Buffer list = names({example});
  list.insert(list.end(), {0xc0, 0x00, 1, 'a', 0});
  host.hear(search_list(list, 600));
  EXPECT_EQ(known(host), (List{"example.com"}));
}

TEST(AdvertisedDomainsHostile, other_characters_and_long_names_are_passed_over) {
  DiscoveringHost host;
  const std::string label = '\77' + std::string(63, 'x');
  host.hear(search_list(
      names({"\3a b\3com", "\3a\nb", "\3a.b", label + label + "\1a", example, label + label}), 600));
  EXPECT_EQ(known(host), (List{"example.com", std::string(63, 'x') + "." + std::string(63, 'x')}));
}

TEST(AdvertisedDomainsHostile, RFC1123_2_1_of_all_characters_those_of_hosts_and_services) {
  for (unsigned c = 0; c < 256; ++c) {
    DiscoveringHost host;
    host.hear(search_list(names({std::string{1, static_cast<char>(c)}}), 600));
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool good = letter || (c >= '0' && c <= '9') || c == '-' || c == '_';
    ASSERT_EQ(known(host).size(), good ? 1u : 0u) << c;
    if (!good) continue;
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    EXPECT_EQ(known(host)[0], std::string(1, lower));
  }
}

TEST(AdvertisedDomainsHostile, a_name_that_ends_with_the_option_and_not_with_a_zero_is_none) {
  DiscoveringHost host;
  host.hear(search_list({7, 'e', 'x', 'a', 'm', 'p', 'l', 'e'}, 600));
  EXPECT_TRUE(known(host).empty());
}

TEST(AdvertisedDomains, what_two_links_tell_has_a_lifetime_for_each_and_both_count_in_the_digest) {
  DiscoveringHost host({.interfaces = 3});
  host.discovery.start(2, mac, 1500, host.now);
  const auto digest = [&] {
    Digest d;
    host.discovery.digest(d);
    return d.value();
  };
  host.hear(search_list(names({example}), 600));
  const auto before = digest();
  const Buffer bytes = search_list(names({example}), 100).bytes();
  Drop reason = Drop::none;
  const auto message = nd::RouterAdvertisement::parse(
      bytes, {.source = address("fe80::1"), .destination = address("ff02::1"), .hop_limit = 255}, reason);
  ASSERT_TRUE(message);
  host.discovery.receive(2, address("fe80::1"), *message, host.now);
  EXPECT_EQ(known(host), (List{"example.com", "example.com"}));
  EXPECT_FALSE(digest() == before);
  wait(host, Duration::seconds(100));
  EXPECT_EQ(known(host), (List{"example.com"}));
}

}  // namespace
}  // namespace linnet::ip::test
