// SPDX-License-Identifier: Apache-2.0
// IPv6's headers: RFC 8200, RFC 5095, RFC 7112, RFC 8504 5.3, hostile-packet rows C08 and C09.
#include "core/ip/ipv6_wire.hpp"

#include <algorithm>

#include "core/ip/icmpv6_wire.hpp"
#include "core/ip/test_ipv6.hpp"

namespace linnet::ip {
namespace {

using test6::Buffer;
using test6::extension;
using test6::fragment_header;
using test6::joined;
using test6::packet6;

constexpr std::uint8_t hop = 0, routing = 43, frag = 44, dst = 60, udp = 17;
const Buffer datagram = {0, 1, 0, 2, 0, 8, 0, 0};

constexpr std::array<std::uint8_t, 44> literal = {
    0x6a, 0xb1, 0x23, 0x45, 0,   4,    17, 63, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,    2,    0x20, 1,    0xd, 0xb8, 0,  0,  0,    0, 0,   0,    0, 0, 0, 0, 0, 1, 9, 9, 9, 9};
constexpr std::optional<Ipv6Header> parsed() {
  Drop reason = Drop::none;
  return Ipv6Header::parse(literal, reason);
}
static_assert(parsed()->traffic_class() == 0xab && parsed()->flow_label() == 0x12345);
static_assert(parsed()->payload_length() == 4 && parsed()->total_length() == 44);
static_assert(parsed()->next_header() == 17 && parsed()->hop_limit() == 63);
static_assert(parsed()->source().bytes()[15] == 2 && parsed()->destination().bytes()[15] == 1);
static_assert([] {
  std::array<std::uint8_t, 40> written{};
  Ipv6Header::write(written.data(), {.traffic_class = 0xab,
                                     .flow_label = 0x12345,
                                     .payload_length = 4,
                                     .next_header = 17,
                                     .hop_limit = 63,
                                     .source = parsed()->source(),
                                     .destination = parsed()->destination()});
  return std::equal(written.begin(), written.end(), literal.begin());
}());
static_assert([] {
  std::array<std::uint8_t, 8> written{};
  FragmentHeader::write(written.data(), 17, 1448, true, 0x01020304);
  const auto header = FragmentHeader::parse(written);
  return load64(written.data()) == 0x110005a901020304u && header->offset() == 1448 && header->more() &&
         !header->atomic() && header->identification() == 0x01020304 && header->next_header() == 17;
}());

Drop reason_of(const Buffer& packet) {
  Drop reason = Drop::none;
  const auto header = Ipv6Header::parse(packet, reason);
  EXPECT_EQ(header.has_value(), reason == Drop::none);
  return reason;
}

ExtensionHeaders walk(const Buffer& packet, const ExtensionLimits& limits = {}) {
  Drop reason = Drop::none;
  const auto header = Ipv6Header::parse(packet, reason);
  EXPECT_TRUE(header) << drop_text(reason);
  return header ? ExtensionHeaders::walk(*header, packet, limits) : ExtensionHeaders{};
}

ExtensionHeaders quoted(const Buffer& packet) {
  const auto header = Ipv6Header::parse_quoted(packet);
  return header ? ExtensionHeaders::walk_quoted(*header, packet)
                : ExtensionHeaders{.reason = Drop::icmp_quote};
}

/// Dropped for `reason`, and a parameter problem is owed.
void expect_problem(const Buffer& packet, Drop reason, std::uint8_t code, std::uint32_t pointer) {
  const ExtensionHeaders chain = walk(packet);
  EXPECT_EQ(chain.reason, reason) << drop_text(chain.reason);
  ASSERT_TRUE(chain.error);
  EXPECT_EQ(chain.error->type, icmpv6::parameter_problem);
  EXPECT_EQ(chain.error->code, code);
  EXPECT_EQ(chain.error->pointer, pointer);
}

void expect_silent(const Buffer& packet, Drop reason) {
  const ExtensionHeaders chain = walk(packet);
  EXPECT_EQ(chain.reason, reason) << drop_text(chain.reason);
  EXPECT_FALSE(chain.error);
}

TEST(Ipv6Wire, C08_01_payload_length_beyond_the_frame_and_short_of_it) {
  Buffer packet = packet6(udp, Buffer(20));
  for (const std::uint16_t length : {21, 22, 1500, 0xffff}) {
    store16(packet.data() + 4, length);
    EXPECT_EQ(reason_of(packet), Drop::ip_length);
  }
  for (std::uint16_t length = 0; length <= 20; ++length) {
    store16(packet.data() + 4, length);
    EXPECT_EQ(reason_of(packet), Drop::none) << "what follows is padding";
  }
}

TEST(Ipv6Wire, C08_02_every_truncation_and_every_other_version_is_refused) {
  const Buffer packet = packet6(udp, datagram);
  for (std::size_t size = 0; size < packet.size(); ++size) {
    EXPECT_EQ(reason_of(test6::prefix_of(packet, size)), size < 40 ? Drop::ip_short : Drop::ip_length);
    EXPECT_EQ(Ipv6Header::parse_quoted(test6::prefix_of(packet, size)).has_value(), size >= 40);
  }
  for (unsigned version = 0; version < 16; ++version) {
    Buffer other = packet;
    other[0] = static_cast<std::uint8_t>(version << 4);
    EXPECT_EQ(reason_of(other), version == 6 ? Drop::none : Drop::ip_version);
    EXPECT_EQ(Ipv6Header::parse_quoted(other).has_value(), version == 6);
  }
}

TEST(Ipv6Wire, C08_08_jumbograms_are_refused_and_nothing_else_of_length_zero) {
  Buffer packet = packet6(hop, extension(udp, {0xc2, 4, 0, 1, 0, 0}));
  store16(packet.data() + 4, 0);
  EXPECT_EQ(reason_of(packet), Drop::ipv6_jumbo);
  EXPECT_EQ(reason_of(packet6(59, {})), Drop::none);
  // With a length, it is an option like any unknown one.
  expect_problem(packet6(hop, extension(udp, {0xc2, 4, 0, 1, 0, 0})), Drop::ipv6_option, 2, 42);
}

TEST(Ipv6Wire, RFC4291_2_5_5_2_mapped_addresses_are_not_seen_on_a_link) {
  for (const std::size_t at : {8, 24}) {
    Buffer packet = packet6(udp, datagram);
    const IpAddress mapped = IpAddress::v4(192, 0, 2, 1);
    std::copy(mapped.bytes().begin(), mapped.bytes().end(), packet.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_EQ(reason_of(packet), Drop::ip_martian);
    EXPECT_FALSE(Ipv6Header::parse_quoted(packet));
  }
}

TEST(ExtensionHeaders, none_at_all) {
  const ExtensionHeaders chain = walk(packet6(udp, datagram));
  EXPECT_EQ(chain.reason, Drop::none);
  EXPECT_EQ(chain.protocol, udp);
  EXPECT_EQ(chain.protocol_position, 6u);
  EXPECT_EQ(chain.offset, 40u);
  EXPECT_FALSE(chain.fragment);
  EXPECT_FALSE(chain.router_alert);
}

TEST(ExtensionHeaders, RFC8200_4_1_all_of_them_in_the_recommended_order) {
  const Buffer packet = packet6(
      hop, joined({extension(dst, {5, 2, 0, 0}), extension(routing, {}), extension(frag, {7, 0, 1, 2, 3, 4}),
                   fragment_header(dst, 0, false), extension(udp, {1, 4, 9, 9, 9, 9}), datagram}));
  const ExtensionHeaders chain = walk(packet);
  EXPECT_EQ(chain.reason, Drop::none);
  EXPECT_EQ(chain.protocol, udp);
  EXPECT_EQ(chain.offset, 80u);
  EXPECT_EQ(chain.protocol_position, 72u);
  EXPECT_EQ(chain.router_alert, 0);
  ASSERT_TRUE(chain.fragment);
  EXPECT_TRUE(chain.fragment->atomic());
  EXPECT_FALSE(chain.needs_reassembly());
  EXPECT_EQ(chain.fragment_position, 64u);
  EXPECT_EQ(chain.fragment_next_position, 56u);
  EXPECT_TRUE(chain.upper_layer_complete(packet));
}

TEST(ExtensionHeaders, RFC8200_4_7_what_follows_no_next_header_is_left_alone) {
  for (const Buffer& rest : {Buffer{}, Buffer(3, 0xff)}) {
    const ExtensionHeaders chain = walk(packet6(dst, joined({extension(59, {}), rest})));
    EXPECT_EQ(chain.reason, Drop::none);
    EXPECT_EQ(chain.protocol, 59);
  }
}

TEST(ExtensionHeaders, C08_03_every_header_length_against_every_remainder) {
  for (const std::uint8_t type : {hop, routing, dst}) {
    for (unsigned length = 0; length < 256; ++length) {
      for (const unsigned have : {1u, 7u, 8u, 9u, 15u, 16u, 24u, 200u}) {
        Buffer payload(have, 0);
        payload[0] = 59;
        if (have > 1) payload[1] = static_cast<std::uint8_t>(length);
        const bool fits = have >= 8 && (length + 1) * 8 <= have;
        const ExtensionHeaders chain = walk(packet6(type, payload), {.padding = 255});
        EXPECT_EQ(chain.reason == Drop::none, fits) << int{type} << " " << length << " " << have;
        if (!fits) {
          EXPECT_EQ(chain.reason, Drop::ipv6_extension);
        }
        EXPECT_FALSE(chain.error);
      }
    }
  }
}

TEST(ExtensionHeaders, C08_04_option_lengths_at_the_end_of_the_header_and_past_it) {
  for (const std::uint8_t type : {hop, dst}) {
    for (unsigned length = 0; length < 256; ++length) {
      const Buffer packet = packet6(
          type, joined({extension(udp, {0x1e, static_cast<std::uint8_t>(length), 9, 9, 9, 9}), Buffer(250)}));
      EXPECT_EQ(walk(packet, {.options = 255, .padding = 255}).reason == Drop::none, length == 4) << length;
    }
  }
  expect_silent(packet6(dst, extension(udp, {1, 3, 0, 0, 0, 0x1e})), Drop::ipv6_option);  // no length
}

TEST(ExtensionHeaders, RFC8504_5_3_padding_headers_and_options_have_limits) {
  EXPECT_EQ(walk(packet6(dst, extension(udp, {1, 4, 1, 2, 3, 4}))).reason, Drop::none) << "contents ignored";
  EXPECT_EQ(walk(packet6(dst, extension(udp, Buffer(6, 0)))).reason, Drop::none);
  expect_silent(packet6(dst, extension(udp, Buffer(14, 0))), Drop::ipv6_option);
  expect_silent(packet6(dst, extension(udp, {1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})), Drop::ipv6_option);
  expect_silent(packet6(dst, extension(udp, {1, 4, 0, 0, 0, 0, 1, 2, 0, 0, 1, 2, 0, 0})), Drop::ipv6_option);
  for (std::size_t count = 1; count < 20; ++count) {
    Buffer options;
    for (std::size_t i = 0; i < count; ++i) options.insert(options.end(), {0x1e, 0});
    EXPECT_EQ(walk(packet6(dst, extension(udp, options))).reason,
              count <= 8 ? Drop::none : Drop::ipv6_option);
  }
}

TEST(ExtensionHeaders, C08_05_a_chain_of_up_to_200_headers) {
  for (std::size_t count = 1; count <= 200; ++count) {
    Buffer payload;
    for (std::size_t i = 0; i < count; ++i) {
      const Buffer header = extension(i + 1 < count ? dst : udp, {});
      payload.insert(payload.end(), header.begin(), header.end());
    }
    EXPECT_EQ(walk(packet6(dst, payload)).reason, count <= 8 ? Drop::none : Drop::ipv6_extension) << count;
  }
}

TEST(ExtensionHeaders, RFC8200_4_a_hop_by_hop_header_that_is_not_the_first_is_not_recognized) {
  expect_problem(packet6(dst, joined({extension(hop, {}), extension(udp, {})})), Drop::ipv6_extension, 1, 40);
  expect_problem(packet6(hop, joined({extension(hop, {}), extension(udp, {})})), Drop::ipv6_extension, 1, 40);
}

TEST(ExtensionHeaders, C08_06_RFC5095_3_routing_headers_of_any_type_with_segments_left) {
  for (unsigned type = 0; type < 256; ++type) {
    const auto t = static_cast<std::uint8_t>(type);
    expect_problem(packet6(routing, joined({extension(udp, {t, 1}), datagram})), Drop::ip_source_route, 0,
                   42);
    const ExtensionHeaders chain =
        walk(packet6(routing, joined({extension(udp, {t, 0, 1, 2, 3, 4}), datagram})));
    EXPECT_EQ(chain.reason, Drop::none) << "RFC 8200 4.4: ignored";
    EXPECT_EQ(chain.offset, 48u);
  }
}

TEST(ExtensionHeaders, an_authentication_header_is_not_recognized) {
  expect_problem(packet6(dst, joined({extension(51, {}), Buffer(24)})), Drop::ip_protocol, 1, 40);
}

TEST(ExtensionHeaders, C08_07_RFC8200_4_2_the_highest_bits_of_an_unknown_option_say_what_to_do) {
  for (const std::uint8_t type : {hop, dst}) {
    const auto with = [type](std::uint8_t option, std::string_view to = "2001:db8::1") {
      // Behind another option, and headers that would be refused by themselves follow.
      const Buffer wrong = option < 0x40 ? extension(udp, {}) : Buffer{dst, 255};
      return packet6(type, joined({extension(option < 0x40 ? dst : hop, {1, 0, option, 2, 0, 0}), wrong}),
                     to);
    };
    EXPECT_EQ(walk(with(0x1e)).reason, Drop::none);
    expect_silent(with(0x5e), Drop::ipv6_option);
    expect_problem(with(0x9e), Drop::ipv6_option, 2, 44);
    expect_problem(with(0xde), Drop::ipv6_option, 2, 44);
    // C08-09.
    expect_silent(with(0x5e, "ff02::1"), Drop::ipv6_option);
    expect_problem(with(0x9e, "ff02::1"), Drop::ipv6_option, 2, 44);
    EXPECT_TRUE(walk(with(0x9e)).error->to_groups);
    EXPECT_FALSE(walk(with(0xde)).error->to_groups);
    expect_silent(with(0xde, "ff02::1"), Drop::ipv6_option);
  }
}

TEST(ExtensionHeaders, RFC4443_2_4_e_3_no_other_error_for_a_group) {
  expect_silent(packet6(routing, extension(udp, {0, 1}), "ff02::1"), Drop::ip_source_route);
  expect_silent(packet6(dst, extension(hop, {}), "ff02::1"), Drop::ipv6_extension);
}

TEST(ExtensionHeaders, RFC2711_2_1_router_alert_has_two_bytes_and_is_there_once) {
  EXPECT_EQ(walk(packet6(hop, extension(udp, {5, 2, 0x12, 0x34}))).router_alert, 0x1234);
  EXPECT_FALSE(walk(packet6(dst, extension(udp, {5, 2, 0x12, 0x34}))).router_alert);
  expect_silent(packet6(hop, extension(udp, {5, 1, 0})), Drop::ipv6_option);
  expect_silent(packet6(hop, extension(udp, {5, 2, 0, 0, 5, 2, 0, 0})), Drop::ipv6_option);
}

TEST(ExtensionHeaders, RFC8200_4_5_a_first_fragment_is_measured_and_a_later_one_ends_the_walk) {
  // Its options take effect when the whole packet is there, once.
  const Buffer first =
      packet6(frag, joined({fragment_header(dst, 0, true), extension(udp, {0x9e, 0}), datagram}));
  ExtensionHeaders chain = walk(first);
  EXPECT_EQ(chain.reason, Drop::none);
  EXPECT_TRUE(chain.needs_reassembly());
  EXPECT_EQ(chain.protocol, udp);
  EXPECT_EQ(chain.offset, 56u);
  EXPECT_TRUE(chain.at_upper_layer());
  chain = walk(packet6(frag, joined({fragment_header(dst, 64, false), Buffer(5, 0xff)})));
  EXPECT_EQ(chain.reason, Drop::none);
  EXPECT_EQ(chain.protocol, dst);
  EXPECT_EQ(chain.offset, 48u);
  EXPECT_FALSE(chain.at_upper_layer());
  // RFC 6946 4: an atomic one is a whole packet.
  expect_problem(packet6(frag, joined({fragment_header(dst, 0, false), extension(udp, {0x9e, 0})})),
                 Drop::ipv6_option, 2, 50);
}

TEST(ExtensionHeaders, C09_02_RFC8200_4_5_lengths_of_fragments) {
  for (std::size_t length = 1; length <= 24; ++length) {
    const Buffer packet = packet6(frag, joined({fragment_header(udp, 64, true), Buffer(length)}));
    if (length % 8 == 0) {
      EXPECT_EQ(walk(packet).reason, Drop::none);
    } else {
      expect_problem(packet, Drop::fragment_size, 0, 4);
    }
  }
  // 65,535 bytes of payload and no more; what is in front of the fragment header counts.
  EXPECT_EQ(walk(packet6(frag, joined({fragment_header(udp, 65528, false), Buffer(7)}))).reason, Drop::none);
  expect_problem(packet6(frag, joined({fragment_header(udp, 65528, false), Buffer(8)})), Drop::fragment_size,
                 0, 42);
  expect_problem(packet6(dst, joined({extension(frag, {}), fragment_header(udp, 65520, false), Buffer(8)})),
                 Drop::fragment_size, 0, 50);
  expect_silent(packet6(frag, fragment_header(udp, 64, true)), Drop::fragment_size);
  expect_silent(packet6(frag, fragment_header(udp, 64, false)), Drop::fragment_size);
}

TEST(ExtensionHeaders, C09_05_nested_fragment_headers) {
  for (const bool more : {false, true}) {
    expect_silent(
        packet6(frag, joined({fragment_header(frag, 0, more), fragment_header(udp, 0, false), datagram})),
        Drop::ipv6_extension);
  }
}

TEST(ExtensionHeaders, C08_10_RFC7112_5_a_first_fragment_without_the_whole_chain) {
  expect_problem(packet6(frag, joined({fragment_header(dst, 0, true), {udp, 1, 1, 4, 0, 0, 0, 0}})),
                 Drop::ipv6_extension, 3, 0);
  for (const std::uint8_t protocol : {std::uint8_t{6}, udp, std::uint8_t{58}}) {
    for (std::size_t length = 0; length <= 64; ++length) {
      Buffer upper(length);
      if (length > 12) upper[12] = 0x80;  // TCP's header: 32 bytes
      const Buffer packet = packet6(frag, joined({fragment_header(protocol, 0, false), upper}));
      const std::size_t needed = protocol == 6 ? 32 : protocol == udp ? 8 : 4;
      EXPECT_EQ(walk(packet).upper_layer_complete(packet), length >= needed)
          << int{protocol} << " " << length;
    }
  }
  EXPECT_EQ(ExtensionHeaders::incomplete_chain().code, icmpv6::incomplete_header_chain);
}

TEST(ExtensionHeaders, every_truncation_of_a_whole_chain_is_refused) {
  const Buffer whole =
      packet6(hop, joined({extension(dst, {5, 2, 0, 0}), extension(routing, {1, 12, 0, 0, 0, 0, 0, 0}),
                           extension(frag, {}), fragment_header(59, 0, false)}));
  EXPECT_EQ(walk(whole, {.padding = 20}).reason, Drop::none);
  for (std::size_t size = 41; size < whole.size(); ++size) {
    Buffer cut = test6::prefix_of(whole, size);
    store16(cut.data() + 4, static_cast<std::uint16_t>(size - 40));
    EXPECT_EQ(walk(cut, {.padding = 20}).reason, Drop::ipv6_extension) << size;
  }
}

TEST(ExtensionHeaders, C10_07_of_a_quoted_packet_only_lengths_count) {
  const Buffer whole = packet6(hop, joined({extension(routing, {0xde, 0}), extension(frag, {0, 3}),
                                            fragment_header(udp, 0, true), datagram}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const ExtensionHeaders chain = quoted(test6::prefix_of(whole, size));
    EXPECT_EQ(chain.reason, size < 64 ? Drop::icmp_quote : Drop::none) << size;
    EXPECT_FALSE(chain.error);
    if (chain.reason != Drop::none) continue;
    EXPECT_EQ(chain.protocol, udp);
    EXPECT_EQ(chain.offset, 64u);
  }
  EXPECT_EQ(quoted(packet6(dst, joined({extension(hop, {}), extension(udp, {})}))).reason, Drop::icmp_quote);
  EXPECT_FALSE(quoted(packet6(frag, joined({fragment_header(udp, 8, false)}))).at_upper_layer());
}

TEST(Icmpv6Wire, C10_01_RFC4443_2_header_and_checksum) {
  // Echo request, identifier 1, sequence number 2, from 2001:db8::2 to 2001:db8::1.
  Buffer message = {128, 0, 0, 0, 0, 1, 0, 2};
  const IpAddress from = test6::address("2001:db8::2"), to = test6::address("2001:db8::1");
  icmpv6::finish(from, to, message);
  // 2 * (0x2001 + 0x0db8) + 3 + 8 + 58 + 0x8000 + 1 + 2 = 0xdbba
  EXPECT_EQ(load16(message.data() + 2), static_cast<std::uint16_t>(~0xdbba));
  EXPECT_TRUE(icmpv6::checksum_good(from, to, message));
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    Buffer bad = message;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(icmpv6::checksum_good(from, to, bad)) << bit;
  }
  EXPECT_FALSE(icmpv6::checksum_good(from, from, message));
  for (std::size_t size = 0; size < 8; ++size)
    EXPECT_FALSE(Icmpv6Header::parse(test6::prefix_of(message, size)));
  const auto header = Icmpv6Header::parse(message);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->rest(), 0x00010002u);
  EXPECT_FALSE(header->is_error());
}

static_assert([] {
  std::array<std::uint8_t, 8> written{};
  Icmpv6Header::write(written.data(), icmpv6::packet_too_big, 0, 1280);
  const auto header = Icmpv6Header::parse(written);
  return load64(written.data()) == 0x0200000000000500u && header->is_error() && header->mtu() == 1280;
}());

TEST(Ipv6Wire, RFC8200_4_5_a_fragment_header_has_eight_bytes) {
  const std::array<std::uint8_t, 8> bytes{17, 0, 0, 9, 0, 0, 0, 7};
  EXPECT_FALSE(FragmentHeader::parse(Bytes(bytes).first(7)));
  ASSERT_TRUE(FragmentHeader::parse(bytes));
  EXPECT_EQ(FragmentHeader::parse(bytes)->offset(), 8u);
  EXPECT_TRUE(FragmentHeader::parse(bytes)->more());
  EXPECT_EQ(FragmentHeader::parse(bytes)->identification(), 7u);
}

}  // namespace
}  // namespace linnet::ip
