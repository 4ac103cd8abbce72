// SPDX-License-Identifier: Apache-2.0
// What others' hosts fell over, sent to a host that speaks IPv6: rows C07 to C13 of docs/hostile-packets.csv.
// What the parsers refuse by themselves is in ipv6_wire_test.cpp and nd_*_test.cpp.
#include <algorithm>
#include <set>

#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

using test6::extension;
using test6::fragment_header;
using test6::joined;

/// A packet that is one fragment, with these headers in front of the fragment header.
Buffer fragment(std::uint8_t next, std::uint16_t offset, bool more, const Buffer& data,
                const Buffer& before = {}) {
  const Buffer part = joined({before, fragment_header(next, offset, more), data});
  return packet(before.empty() ? 44 : 60, part);
}

/// Discarded, and nothing goes out.
void expect_silence(Host6& host, const Buffer& bytes, Drop reason, const MacAddress& to = our_mac) {
  EXPECT_EQ(host.inject6(bytes, to), reason) << drop_text(reason);
  EXPECT_TRUE(host.take_all().empty());
}

TEST(Ipv6Hostile, C07_01_RFC7739_identifications_of_fragments_show_no_counter) {
  Host6 host;
  host.settle();
  std::set<std::uint32_t> seen, steps;
  std::uint32_t last = 0;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(host.send(pattern(1600), {.destination = neighbour, .protocol = experimental}), Send::sent);
    const std::uint32_t identification = load32(host.take_all().at(0).bytes.data() + 44);
    seen.insert(identification);
    steps.insert(identification - last);
    last = identification;
  }
  EXPECT_EQ(seen.size(), 100u);
  EXPECT_EQ(steps.size(), 100u);
}

TEST(Ipv6Hostile, C07_02_RFC8021_no_fragment_header_for_a_small_mtu) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.send(pattern(1232), {.destination = neighbour, .protocol = experimental}), Send::sent);
  const Buffer quote = host.take_all().at(0).bytes;
  for (std::uint32_t mtu = 0; mtu < 1280; ++mtu)
    ASSERT_EQ(host.inject6(icmpv6_packet(2, 0, mtu, quote)), Drop::icmp_quote) << mtu;
  EXPECT_EQ(host.ip.path_mtu_update(neighbour, 68, host.now), 1280);
  EXPECT_EQ(host.send(pattern(1240), {.destination = neighbour, .protocol = experimental}), Send::sent);
  EXPECT_EQ(host.take_all().at(0).next_header(), experimental) << "1280 bytes, and no fragment header";
}

TEST(Ipv6Hostile, C07_03_RFC6946_4_an_atomic_fragment_joins_no_queue) {
  Host6 host;
  host.settle();
  const Buffer first = pattern(64, 1), last = pattern(40, 2), other = pattern(24, 3);
  EXPECT_EQ(host.inject6(fragment(experimental, 0, true, first)), Drop::none);
  EXPECT_EQ(host.inject6(fragment(experimental, 0, false, other)), Drop::none);
  EXPECT_EQ(host.payload(), other) << "of the same identification, and a packet by itself";
  EXPECT_EQ(host.inject6(fragment(experimental, 64, false, last)), Drop::none);
  EXPECT_EQ(host.payload(), joined({first, last})) << "the queue is as it was";
}

TEST(Ipv6Hostile, C08_01_C08_02_lengths_and_versions) {
  Host6 host;
  host.settle();
  const Buffer good = packet(experimental, pattern(20));
  for (std::size_t size = 0; size < good.size(); ++size)
    expect_silence(host, test6::prefix_of(good, size), size < 40 ? Drop::ip_short : Drop::ip_length);
  for (const int length : {21, 22, 1500, 0xffff}) {
    Buffer bytes = good;
    store16(bytes.data() + 4, static_cast<std::uint16_t>(length));
    expect_silence(host, bytes, Drop::ip_length);
  }
  for (const int length : {0, 1, 19}) {
    Buffer bytes = good;
    store16(bytes.data() + 4, static_cast<std::uint16_t>(length));
    EXPECT_EQ(host.inject6(bytes), Drop::none);
    EXPECT_EQ(host.payload().size(), static_cast<std::size_t>(length))
        << "what follows is the link's padding";
  }
  for (unsigned version = 0; version < 16; ++version) {
    if (version == 6) continue;
    Buffer bytes = good;
    bytes[0] = static_cast<std::uint8_t>(version << 4);
    expect_silence(host, bytes, Drop::ip_version);
  }
}

TEST(Ipv6Hostile, C08_02_a_group_before_there_is_any_address) {
  Host6 host;  // all of its addresses are tentative
  for (const char* group : {"ff02::1", "ff02::2", "ff02::1:ff00:1", "ff02::1:ff12:3456", "ff0e::1"}) {
    const Envelope e{neighbour, address(group), 255};
    for (const Buffer& bytes :
         {icmpv6_packet(echo_request, 0, 1, {}, e), packet(60, extension(59, {0xc0, 0}), e),
          packet(43, extension(59, {0, 1}), e), packet(experimental, {1}, e)}) {
      host.inject6(bytes, all_nodes_mac);
      EXPECT_FALSE(host.take(4) || host.take(echo_reply)) << group;
    }
  }
}

TEST(Ipv6Hostile, C08_08_jumbograms) {
  Host6 host;
  host.settle();
  for (const std::uint32_t length : {0u, 8u, 65535u, 65536u, 0xffffffffu}) {
    Buffer jumbo(4);
    store32(jumbo.data(), length);
    const Buffer option = joined({{0xc2, 4}, jumbo});
    Buffer bytes = packet(0, joined({extension(experimental, option), pattern(100)}));
    store16(bytes.data() + 4, 0);
    expect_silence(host, bytes, Drop::ipv6_jumbo);
  }
  expect_silence(host, packet(59, {}), Drop::ip_protocol);
}

TEST(Ipv6Hostile, C08_11_what_goes_by_a_router_of_no_known_address_waits) {
  Host6 host;
  host.settle();
  const Envelope e{router, address("ff02::1"), 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(134, 0, 1800, Buffer(8), e), all_nodes_mac), Drop::none);
  const IpAddress far_away = address("2001:db8:99::1");
  EXPECT_EQ(host.send({1, 2, 3}, {.destination = far_away, .protocol = experimental}), Send::sent);
  host.ip.poll(host.now);
  const auto before = host.take_all();
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0].type(), 135) << "a question, and nothing else";
  const Envelope answer{router, our_global, 255};
  EXPECT_EQ(
      host.inject6(icmpv6_packet(136, 0, 0xe0000000, with_address(router, mac_option(2, peer_mac)), answer)),
      Drop::none);
  const auto after = host.take_all();
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].destination(), far_away);
  EXPECT_EQ(after[0].to, peer_mac);
}

TEST(Ipv6Hostile, C09_01_RFC5722_3_after_an_overlap_nothing_of_the_datagram_counts_until_its_time_is_up) {
  Host6 host;
  host.settle();
  const Buffer all = pattern(96);
  const auto part = [&](std::size_t from, std::size_t size) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from);
    return fragment(experimental, static_cast<std::uint16_t>(from), from + size < all.size(),
                    Buffer(begin, begin + static_cast<std::ptrdiff_t>(size)));
  };
  EXPECT_EQ(host.inject6(part(0, 48)), Drop::none);
  expect_silence(host, part(40, 16), Drop::fragment_overlap);
  for (const auto& [from, size] : {std::pair{48u, 48u}, {0u, 48u}, {40u, 56u}, {0u, 8u}})
    expect_silence(host, part(from, size), Drop::fragment_overlap);
  host.run_for(host.config.reassembly_timeout + Duration::seconds(1));
  EXPECT_EQ(host.inject6(part(0, 48)), Drop::none) << "the identification may be used again";
  EXPECT_EQ(host.inject6(part(48, 48)), Drop::none);
  EXPECT_EQ(host.payload(), all);
}

TEST(Ipv6Hostile, C09_03_long_headers_in_front_of_every_fragment) {
  Host6 host;
  host.settle();
  Buffer options;
  for (int i = 0; i < 4; ++i) options = joined({options, {0x1e, 200}, Buffer(200, 9)});
  const Buffer before = extension(44, options);
  ASSERT_EQ(before.size(), 816u);
  const Buffer all = pattern(1024);
  for (std::size_t at = 0; at < all.size(); at += 256) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
    EXPECT_EQ(host.inject6(fragment(experimental, static_cast<std::uint16_t>(at), at + 256 < all.size(),
                                    Buffer(begin, begin + 256), before)),
              Drop::none);
  }
  EXPECT_EQ(host.payload(), all) << "they are of no packet";
  EXPECT_EQ(host.datagram->header_length, 40);
  // RFC 8200 4.5: with them the datagram would be longer than 65,535 bytes.
  for (std::size_t at = 0; at < 65536; at += 512) {
    const bool fits = before.size() + at + 512 <= 65535;
    host.inject6(
        fragment(experimental, static_cast<std::uint16_t>(at), at + 512 < 65536, Buffer(512), before));
    EXPECT_FALSE(host.datagram);
    const auto error = host.take(4);
    if (fits) {
      EXPECT_FALSE(error);
    } else {
      EXPECT_LE(error ? error->bytes.size() : 0, 1280u);
    }
  }
  host.run_for(Duration::seconds(28));
  host.solicit(neighbour);  // so that it is known when the time is up
}

TEST(Ipv6Hostile, C09_04_every_order_of_five_fragments_and_none_missing_one) {
  Host6 host;
  host.settle();
  const Buffer all = pattern(5 * 16);
  std::uint32_t identification = 1;
  std::array<std::size_t, 5> order{0, 1, 2, 3, 4};
  do {
    for (std::size_t missing = 0; missing <= 5; ++missing) {
      ++identification;
      for (const std::size_t i : order) {
        if (i == missing) continue;
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * 16);
        Buffer bytes =
            fragment(experimental, static_cast<std::uint16_t>(i * 16), i < 4, Buffer(begin, begin + 16));
        store32(bytes.data() + 44, identification);
        host.inject6(bytes);
        const bool whole = missing == 5 && i == order.back();
        ASSERT_EQ(host.datagram.has_value(), whole) << missing;
        EXPECT_EQ(host.payload(), whole ? all : Buffer{});
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Ipv6Hostile, C09_05_a_fragment_header_inside_of_what_was_in_fragments) {
  for (int nested = 1; nested <= 10; ++nested) {
    Host6 host;
    host.settle();
    Buffer inner;
    for (int i = 1; i < nested; ++i) inner = joined({inner, fragment_header(44, 0, false)});
    inner = joined({inner, fragment_header(experimental, 0, false), Buffer(32)});
    const auto middle = inner.begin() + 16;
    host.inject6(fragment(44, 16, false, Buffer(middle, inner.end())));
    host.inject6(fragment(44, 0, true, Buffer(inner.begin(), middle)));
    EXPECT_FALSE(host.datagram) << nested;
    EXPECT_TRUE(host.take_all().empty());
  }
}

TEST(Ipv6Hostile, C10_01_C10_02_messages_shorter_than_8_bytes) {
  Host6 host;
  host.settle();
  for (const std::uint8_t type : {echo_request, echo_reply}) {
    Buffer message = icmpv6_message(type, 0, 0x12340001, {});
    for (std::size_t size = 0; size < 8; ++size) {
      Buffer cut = test6::prefix_of(message, size);
      if (size >= 4) {
        store16(cut.data() + 2, 0);
        store16(cut.data() + 2, reference_checksum(cut, pseudo_sum_v6(neighbour, our_global, 58, size)));
      }
      expect_silence(host, packet(58, cut), Drop::icmp_short);
    }
  }
}

TEST(Ipv6Hostile, C10_03_every_bit_is_covered_by_the_checksum) {
  Host6 host;
  host.settle();
  const Buffer good = icmpv6_packet(echo_request, 0, 7, pattern(24));
  for (std::size_t bit = 40 * 8; bit < good.size() * 8; ++bit) {
    Buffer bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1 << bit % 8));
    expect_silence(host, bad, Drop::icmp_checksum);
  }
}

TEST(Ipv6Hostile, C10_04_an_error_quotes_what_there_was_up_to_the_least_mtu) {
  for (std::size_t size = 0; size <= 1460; size += 73) {
    Host6 host;
    host.settle();
    const Buffer bytes =
        packet(60, joined({extension(experimental, {0x80, 0, 0, 0, 0, 0}), Buffer(size, 0x33)}));
    if (bytes.size() > 1500) continue;
    EXPECT_EQ(host.inject6(bytes), Drop::ipv6_option);
    const auto error = host.take(4);
    ASSERT_TRUE(error) << size;
    const std::size_t quoted = std::min<std::size_t>(bytes.size(), 1280 - 48);
    ASSERT_EQ(error->bytes.size(), 48 + quoted);
    EXPECT_TRUE(std::equal(error->bytes.begin() + 48, error->bytes.end(), bytes.begin()));
  }
}

TEST(Ipv6Hostile, C10_06_only_neighbour_discovery_configures_anything) {
  Host6 host;
  host.settle();
  for (unsigned type = 0; type < 256; ++type) {
    if (type >= 130 && type <= 137) continue;  // MLD and neighbour discovery
    const auto before = host.digest();
    host.inject6(icmpv6_packet(static_cast<std::uint8_t>(type), 0, 0, pattern(40)));
    EXPECT_TRUE(host.digest() == before) << type;
  }
  host.take_all();
  expect_silence(host, icmpv6_packet(133, 0, 0, {}, {neighbour, our_global, 255}), Drop::icmp_type);
}

TEST(Ipv6Hostile, C10_11_what_a_message_came_with_is_still_known_when_it_has_been_put_together) {
  Host6 host;
  host.settle();
  // Between link-local addresses, which mean nothing without the interface.
  const Envelope e{router, host.link_local(), 64};
  host.solicit(router);
  host.take_all();
  const Buffer message = icmpv6_message(echo_request, 0, 7, pattern(100), e);
  const auto middle = message.begin() + 64;
  const Buffer last = joined({fragment_header(58, 64, false), Buffer(middle, message.end())});
  const Buffer first = joined({fragment_header(58, 0, true), Buffer(message.begin(), middle)});
  EXPECT_EQ(host.inject6(packet(44, last, e)), Drop::none);
  EXPECT_EQ(host.inject6(packet(44, first, e)), Drop::none);
  const auto reply = host.take(echo_reply);
  ASSERT_TRUE(reply) << "by the interface that the request came by";
  EXPECT_EQ(reply->payload().size(), message.size());
  // Any kind of message: counted once at most (inject), and no block is lost (~Host).
  for (unsigned type = 0; type < 256; ++type) {
    for (const std::size_t size : {0u, 7u, 48u, 1400u}) {
      const Envelope near{neighbour, our_global, 255};
      host.inject6(icmpv6_packet(static_cast<std::uint8_t>(type), 0, 0, pattern(size, type), near));
      host.take_all();
    }
  }
}

TEST(Ipv6Hostile, C11_16_the_address_of_a_redirects_target_is_in_the_target_option) {
  constexpr MacAddress wrong{{2, 0, 0, 0, 0, 0x66}}, right{{2, 0, 0, 0, 0, 0xbb}};
  const IpAddress far_away = address("2001:db8:99::1"), better = address("fe80::bb");
  const struct {
    Buffer options;
    bool known;
  } rows[] = {
      {joined({mac_option(1, wrong), mac_option(2, right)}), true},
      {joined({mac_option(2, right), mac_option(1, wrong)}), true},
      {mac_option(1, wrong), false},
      {joined({Buffer{2, 2}, Buffer(14, 0x66)}), false},
      {{}, false},
  };
  for (const auto& row : rows) {
    Host6 host;
    host.settle();
    host.advertise_router();
    const Buffer body =
        with_address(better, joined({{far_away.bytes().begin(), far_away.bytes().end()}, row.options}));
    EXPECT_EQ(host.inject6(icmpv6_packet(137, 0, 0, body, {router, our_global, 255})), Drop::none);
    EXPECT_EQ(host.send({1}, {.destination = far_away, .protocol = experimental}), Send::sent);
    host.ip.poll(host.now);
    const auto sent = host.take_all();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].type(), row.known ? 0 : 135) << "it is asked where it is";
    EXPECT_EQ(sent[0].to == right, row.known);
  }
}

TEST(Ipv6Hostile, C13_04_a_report_that_the_device_has_no_room_for_is_told_again) {
  const IpAddress group = address("ff02::1234");
  for (const bool gone : {false, true}) {
    Host6 host;
    host.settle();
    const std::uint32_t free = host.pool.small_free();
    host.device.gone = gone;
    host.device.busy = gone ? 0 : 1000;
    EXPECT_EQ(host.ip.groups().set({1, 1, group}, {FilterMode::exclude}, host.now), GroupError::none);
    host.ip.poll(host.now);
    EXPECT_TRUE(host.take_all().empty());
    EXPECT_EQ(host.pool.small_free(), free);
    host.device.gone = false;
    host.device.busy = 0;
    host.run_for(Duration::seconds(2));
    std::size_t reports = 0;
    for (const Sent& sent : host.take_all()) reports += sent.next_header() == 0 ? 1 : 0;
    EXPECT_EQ(reports, 1u);
    host.ip.groups().leave_all(1, host.now);
    host.run_for(Duration::seconds(2));
  }
}

/// From where packets to `other` come that wait, when it tells where it is.
std::vector<IpAddress> sources_after_the_answer(Host6& host, const IpAddress& other) {
  host.take_all();
  const Envelope e{other, address("ff02::1"), 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x20000000, with_address(other, mac_option(2, peer_mac)), e),
                         all_nodes_mac),
            Drop::none);
  std::vector<IpAddress> sources;
  for (const Sent& sent : host.take_all()) sources.push_back(sent.source());
  return sources;
}

TEST(Ipv6Hostile, what_waits_does_not_go_out_from_an_address_that_was_removed) {
  const IpAddress other = address("2001:db8::77"), kept = address("2001:db8::3");
  for (const bool removed : {false, true}) {
    Host6 host;
    host.settle();
    EXPECT_TRUE(host.ip.add_address(1, {kept, 64}, false, host.now));
    for (const IpAddress& from : {our_global, kept})
      EXPECT_EQ(host.send({1}, {.source = from, .destination = other, .protocol = experimental}), Send::sent);
    EXPECT_EQ(removed && host.ip.remove_address(1, our_global), removed);
    EXPECT_EQ(sources_after_the_answer(host, other),
              removed ? std::vector{kept} : (std::vector{our_global, kept}));
  }
}

TEST(Ipv6Hostile, what_waits_does_not_go_out_from_an_address_whose_lifetime_has_ended) {
  const IpAddress other = address("2001:db8::77"), leased = address("2001:db8::5");
  for (const int valid : {22, 30}) {
    Host6 host;
    const Duration lifetime = Duration::seconds(valid);
    EXPECT_TRUE(host.ip.lease_address(1, leased, {lifetime, lifetime}, host.now));
    host.settle();
    for (const IpAddress& from : {leased, our_global})
      EXPECT_EQ(host.send({1}, {.source = from, .destination = other, .protocol = experimental}), Send::sent);
    host.run_for(Duration::milliseconds(2100));
    EXPECT_EQ(sources_after_the_answer(host, other),
              valid == 22 ? std::vector{our_global} : (std::vector{leased, our_global}));
  }
}

}  // namespace
}  // namespace linnet::ip::test::v6
