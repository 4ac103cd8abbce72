// SPDX-License-Identifier: Apache-2.0
#include "core/device/segmentation.hpp"

#include "core/device/test_frames.hpp"

namespace linnet {
namespace {

using test::FrameSpec;
using test::Octets;

Octets pattern(std::size_t size) {
  Octets bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return bytes;
}

struct Case {
  const char* name;
  FrameSpec spec;
};

class Segmentation : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(
    Kinds, Segmentation,
    testing::Values(Case{"ipv4", {}},
                    Case{"ipv4_vlan_options", {.vlan = true, .ip_options = 40, .tcp_options = 40}},
                    Case{"ipv4_bare", {.link = LinkType::ip, .tcp_options = 0}}, Case{"ipv6", {.version = 6}},
                    Case{"ipv6_vlan_extension", {.vlan = true, .version = 6, .ip_options = 8}},
                    Case{"ipv6_bare", {.link = LinkType::ip, .version = 6, .tcp_options = 20}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(Segmentation, each_segment_is_a_packet_of_its_own_and_together_they_are_the_payload) {
  const FrameSpec& spec = GetParam().spec;
  for (const std::size_t size : {1u, 999u, 1000u, 1001u, 2000u, 64'000u}) {
    const Octets payload = pattern(size);
    Frame super;
    test::fill(super, spec, payload);
    super.segment_size = 1000;
    const auto segments = Segmenter::of(super, spec.link);
    ASSERT_TRUE(segments);
    ASSERT_EQ(segments->count(), (size + 999) / 1000);
    const auto headers = test::make_headers(spec, size);
    Octets joined;
    for (std::size_t i = 0; i < segments->count(); ++i) {
      Frame segment;
      ASSERT_TRUE(segments->write(i, segment));
      EXPECT_EQ(segment.checksum.header_from_end, 0);
      EXPECT_EQ(segment.segment_size, 0);
      const Octets bytes = test::gathered(segment);
      test::expect_intact(bytes, spec);
      EXPECT_EQ(test::long_word(bytes, headers.transport + 4),
                static_cast<std::uint32_t>(spec.sequence + 1000 * i));
      if (spec.version == 4) {
        EXPECT_EQ(test::word(bytes, headers.network + 4),
                  static_cast<std::uint16_t>(spec.identification + i));
      }
      joined.insert(joined.end(), bytes.begin() + static_cast<std::ptrdiff_t>(headers.bytes.size()),
                    bytes.end());
    }
    EXPECT_EQ(joined, payload);
  }
}

TEST_P(Segmentation, payload_in_many_pieces_is_cut_across_them) {
  const Octets payload = pattern(5000);
  const auto headers = test::make_headers(GetParam().spec, payload.size());
  Frame super;
  copy_bytes(super.prepend(headers.bytes.size()), headers.bytes);
  for (std::size_t at = 0; at < payload.size(); at += 300) {
    ASSERT_TRUE(
        super.add_payload(Bytes(payload).subspan(at, std::min<std::size_t>(300, payload.size() - at))));
  }
  super.segment_size = 777;
  const auto segments = Segmenter::of(super, GetParam().spec.link);
  ASSERT_TRUE(segments);
  for (std::size_t i = 0; i < segments->count(); ++i) {
    Frame segment;
    ASSERT_TRUE(segments->write(i, segment));
    test::expect_intact(test::gathered(segment), GetParam().spec);
  }
}

std::vector<Octets> cut(const FrameSpec& spec, Bytes payload, std::uint16_t size) {
  Frame super;
  test::fill(super, spec, payload);
  super.segment_size = size;
  const auto segments = Segmenter::of(super, spec.link);
  std::vector<Octets> result;
  for (std::size_t i = 0; segments && i < segments->count(); ++i) {
    Frame segment;
    EXPECT_TRUE(segments->write(i, segment));
    result.push_back(test::gathered(segment));
  }
  return result;
}

TEST(Segmenter, FIN_and_PSH_are_on_the_last_segment_and_CWR_on_the_first) {
  const Octets payload = pattern(2500);
  const auto segments = cut({.flags = 0x80 | 0x40 | 0x10 | 0x08 | 0x01}, payload, 1000);
  ASSERT_EQ(segments.size(), 3u);
  constexpr std::size_t flags = 14 + 20 + 13;
  EXPECT_EQ(segments[0][flags], 0x80 | 0x40 | 0x10);
  EXPECT_EQ(segments[1][flags], 0x40 | 0x10) << "ECE stays on all of them (RFC 3168 6.1.3)";
  EXPECT_EQ(segments[2][flags], 0x40 | 0x10 | 0x08 | 0x01);
}

TEST(Segmenter, RFC9293_3_1_the_urgent_pointer_is_relative_to_each_segment) {
  const Octets payload = pattern(2500);
  const auto segments = cut({.flags = 0x30, .urgent = 1500}, payload, 1000);
  ASSERT_EQ(segments.size(), 3u);
  constexpr std::size_t tcp = 14 + 20;
  EXPECT_EQ(test::word(segments[0], tcp + 18), 1500);
  EXPECT_EQ(test::word(segments[1], tcp + 18), 500);
  EXPECT_EQ(test::word(segments[2], tcp + 18), 0);
  EXPECT_EQ(segments[1][tcp + 13], 0x30);
  EXPECT_EQ(segments[2][tcp + 13], 0x10) << "nothing urgent is left";
}

TEST(Segmenter, leaves_the_checksum_to_a_device_that_computes_it) {
  const Octets payload = pattern(2500);
  Frame super;
  test::fill(super, {}, payload);
  super.segment_size = 1000;
  const auto segments = Segmenter::of(super, LinkType::ethernet);
  ASSERT_TRUE(segments);
  for (std::size_t i = 0; i < 3; ++i) {
    Frame segment;
    ASSERT_TRUE(segments->write(i, segment, SegmentChecksum::left));
    EXPECT_EQ(segment.checksum.header_from_end, 32);
    EXPECT_EQ(segment.checksum.field, 16);
    complete_checksum(segment);
    test::expect_intact(test::gathered(segment), {});
  }
}

TEST(Segmenter, refuses_what_it_cannot_cut) {
  const Octets payload = pattern(2500);
  {
    Frame plain;
    test::fill(plain, {}, payload);
    EXPECT_FALSE(Segmenter::of(plain, LinkType::ethernet)) << "not a super-segment";
  }
  {
    Frame udp;
    test::fill(udp, {.protocol = 17}, payload);
    udp.segment_size = 1000;
    EXPECT_FALSE(Segmenter::of(udp, LinkType::ethernet));
  }
  {
    Frame empty;
    test::fill(empty, {}, {});
    empty.segment_size = 1000;
    EXPECT_FALSE(Segmenter::of(empty, LinkType::ethernet));
  }
  {
    Frame fragment;
    auto headers = test::make_headers({}, 2500);
    test::put_word(headers.bytes, headers.network + 6, 0x2000);
    copy_bytes(fragment.prepend(headers.bytes.size()), headers.bytes);
    fragment.add_payload(payload);
    fragment.segment_size = 1000;
    EXPECT_FALSE(Segmenter::of(fragment, LinkType::ethernet));
  }
  {
    Frame longer;  // data behind the TCP header, inside the header area
    auto headers = test::make_headers({}, 2500);
    headers.bytes.push_back(0);
    copy_bytes(longer.prepend(headers.bytes.size()), headers.bytes);
    longer.add_payload(payload);
    longer.segment_size = 1000;
    EXPECT_FALSE(Segmenter::of(longer, LinkType::ethernet));
  }
  {
    Frame small;  // RFC 9293 3.1: a data offset below five words
    auto headers = test::make_headers({.tcp_options = 0}, 2500);
    headers.bytes[headers.transport + 12] = 0x40;
    copy_bytes(small.prepend(headers.bytes.size()), headers.bytes);
    small.add_payload(payload);
    small.segment_size = 1000;
    EXPECT_FALSE(Segmenter::of(small, LinkType::ethernet));
  }
  const auto headers = test::make_headers({}, 2500);
  for (std::size_t length = 0; length < headers.bytes.size(); ++length) {
    Frame shorter;
    copy_bytes(shorter.prepend(length), Bytes(headers.bytes).first(length));
    shorter.add_payload(payload);
    shorter.segment_size = 1000;
    EXPECT_FALSE(Segmenter::of(shorter, LinkType::ethernet)) << "headers truncated to " << length;
  }
}

TEST(CompleteChecksum, of_a_frame_in_pieces) {
  for (const std::uint8_t protocol : {6, 17}) {
    for (const int version : {4, 6}) {
      const FrameSpec spec{.version = version, .protocol = protocol};
      for (std::size_t size = 0; size < 70; ++size) {
        const Octets payload = pattern(size);
        Frame frame;
        const auto headers = test::make_headers(spec, size);
        copy_bytes(frame.prepend(headers.bytes.size()), headers.bytes);
        frame.checksum = {
            .header_from_end = static_cast<std::uint16_t>(headers.bytes.size() - headers.transport),
            .field = static_cast<std::uint16_t>(protocol == 6 ? 16 : 6)};
        frame.add_payload(Bytes(payload).first(size / 3));
        frame.add_payload(Bytes(payload).subspan(size / 3));
        Octets whole = test::gathered(frame);
        complete_checksum(MutableBytes(whole).subspan(headers.transport), frame.checksum.field);
        complete_checksum(frame);
        EXPECT_EQ(frame.checksum.header_from_end, 0) << "done once";
        EXPECT_EQ(test::gathered(frame), whole);
        test::expect_intact(whole, spec);
        complete_checksum(frame);
        EXPECT_EQ(test::gathered(frame), whole) << "nothing is asked for any more";
      }
    }
  }
}

TEST(CompleteChecksum, RFC768_a_udp_checksum_of_zero_is_sent_as_all_ones) {
  const FrameSpec spec{.protocol = 17};
  Octets payload{0, 0};
  auto headers = test::make_headers(spec, 2);
  Octets whole = headers.bytes;
  whole.insert(whole.end(), payload.begin(), payload.end());
  // Payload that brings the sum to 0xffff, so that its complement is zero.
  const Octets transport(whole.begin() + static_cast<std::ptrdiff_t>(headers.transport), whole.end());
  test::put_word(whole, whole.size() - 2, static_cast<std::uint16_t>(~test::plain_sum(transport)));
  complete_checksum(MutableBytes(whole).subspan(headers.transport), 6);
  EXPECT_EQ(test::word(whole, headers.transport + 6), 0xffff);
  test::expect_intact(whole, spec);
}

TEST(CompleteChecksum, RFC9293_3_1_a_tcp_checksum_of_zero_is_sent_as_it_is) {
  // Only to UDP does zero mean that there is none.
  Octets transport(20, 0);
  test::put_word(transport, 0, 0xff00);
  test::put_word(transport, 2, 0x00ff);
  complete_checksum(MutableBytes(transport), 16);
  EXPECT_EQ(test::word(transport, 16), 0u);
}

TEST(CompleteChecksum, requests_out_of_range_are_ignored) {
  Octets bytes(10, 0xab);
  const Octets before = bytes;
  complete_checksum(MutableBytes(bytes), 9);
  complete_checksum(MutableBytes(bytes), 0xffff);
  complete_checksum(MutableBytes(), 0);
  EXPECT_EQ(bytes, before);
  Frame frame;
  std::memset(frame.prepend(20), 0xab, 20);
  frame.checksum = {.header_from_end = 21, .field = 0};
  complete_checksum(frame);
  frame.checksum = {.header_from_end = 17, .field = 16};
  complete_checksum(frame);
  EXPECT_EQ(test::gathered(frame), Octets(20, 0xab));
}

}  // namespace
}  // namespace linnet
