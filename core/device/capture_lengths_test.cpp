// SPDX-License-Identifier: Apache-2.0
// Which received frames a capture completes in its record, and which it leaves alone: those that lie about
// their length are recorded as they came.
#include "core/device/capture.hpp"
#include "core/device/test_frames.hpp"
#include "core/device/test_pcapng.hpp"

namespace linnet {
namespace {

using test::FrameSpec;
using test::Octets;

/// What a capture records of a frame that the device vouches for.
std::vector<Octets> recorded(const Octets& bytes, const ReceiveInfo& info) {
  const CaptureConfig config{.name = "tap0"};
  test::TestDevice device{Capabilities{.receive_checksum = true, .segmentation = 65'535}};
  test::MemorySink sink;
  PcapngWriter writer(sink, "test");
  test::OwnedArena arena(Capture::memory_needed(config));
  Capture capture(arena.arena, device, writer, config);
  test::OwnedPool stack({.small_count = 8, .large_size = 66'000, .large_count = 2});
  device.arriving.push_back({bytes, info});
  std::array<Packet, 1> batch;
  EXPECT_EQ(capture.receive(stack.pool, batch), 1u);
  capture.flush();
  std::vector<Octets> all;
  for (const auto& packet : test::read_packets(sink.bytes)) all.push_back(packet.bytes);
  return all;
}

/// The pseudo header's sum of `length` bytes behind the IPv4 header.
std::uint16_t pseudo(const Octets& bytes, std::size_t network, std::uint8_t protocol, std::size_t length) {
  return test::plain_sum(test::pseudo_header(bytes, network, 4, protocol, length));
}

TEST(CaptureLengths, RFC9293_3_1_a_checksum_is_completed_only_if_all_of_it_is_inside_the_packet) {
  for (const std::uint8_t protocol : {6, 17}) {
    const std::size_t field = protocol == 6 ? 16 : 6;
    for (std::size_t length = field - 4; length <= field + 4; ++length) {
      const auto headers = test::make_headers({.protocol = protocol}, 40);
      Octets bytes = headers.bytes;
      bytes.resize(bytes.size() + 40, 7);
      test::put_word(bytes, headers.network + 2, static_cast<unsigned>(20 + length));  // the rest is padding
      test::put_word(bytes, headers.transport + field, pseudo(bytes, headers.network, protocol, length));
      const auto packets = recorded(bytes, {.checksum_verified = true});
      ASSERT_EQ(packets.size(), 1u);
      EXPECT_EQ(packets[0] == bytes, length < field + 2) << int{protocol} << ' ' << length;
    }
  }
}

TEST(CaptureLengths, what_ends_before_its_header_says_is_recorded_as_it_is) {
  for (const std::uint8_t protocol : {6, 17}) {
    const std::size_t field = protocol == 6 ? 16 : 6;
    const auto headers = test::make_headers({.protocol = protocol}, 40);
    Octets bytes = headers.bytes;
    bytes.resize(bytes.size() + 40, 7);
    const std::size_t length = bytes.size() - headers.transport + 1;
    test::put_word(bytes, headers.network + 2, static_cast<unsigned>(20 + length));
    test::put_word(bytes, headers.transport + field, pseudo(bytes, headers.network, protocol, length));
    EXPECT_EQ(recorded(bytes, {.checksum_verified = true}), std::vector<Octets>{bytes}) << int{protocol};
  }
}

TEST(CaptureLengths, what_says_that_it_ends_inside_its_IP_header_is_recorded_as_it_is) {
  for (const std::uint8_t protocol : {6, 17}) {
    const auto headers = test::make_headers({.protocol = protocol}, 40);
    Octets bytes = headers.bytes;
    bytes.resize(bytes.size() + 40, 7);
    test::put_word(bytes, headers.network + 2, 18);
    // As who subtracts the header's 20 bytes from 18 would have it.
    test::put_word(bytes, headers.transport + (protocol == 6 ? 16 : 6),
                   pseudo(bytes, headers.network, protocol, 0xfffffffe));
    EXPECT_EQ(recorded(bytes, {.checksum_verified = true}), std::vector<Octets>{bytes}) << int{protocol};
  }
}

TEST(CaptureLengths, a_transport_that_no_device_sums_is_recorded_as_it_is) {
  const std::uint8_t icmp = 1;
  const auto headers = test::make_headers({.protocol = 17}, 40);
  Octets bytes = headers.bytes;
  bytes.resize(bytes.size() + 40);
  bytes[headers.network + 9] = icmp;
  const std::size_t length = bytes.size() - headers.transport;
  // Wherever one looks, it is the pseudo header's sum.
  for (std::size_t i = headers.transport; i < bytes.size(); i += 2) {
    test::put_word(bytes, i, pseudo(bytes, headers.network, icmp, length));
  }
  EXPECT_EQ(recorded(bytes, {.checksum_verified = true}), std::vector<Octets>{bytes});
}

TEST(CaptureLengths, what_was_joined_of_one_segment_or_less_is_one_packet) {
  const FrameSpec spec{.tcp_options = 0};
  for (const std::size_t payload : {0u, 1u, 10u, 11u, 20u, 21u}) {
    const auto headers = test::make_headers(spec, payload);
    Octets bytes = headers.bytes;
    bytes.resize(bytes.size() + payload, 7);
    const auto packets = recorded(bytes, {.checksum_verified = true, .segment_size = 10});
    const std::size_t segments = payload <= 10 ? 1 : (payload + 9) / 10;
    ASSERT_EQ(packets.size(), segments) << payload;
    for (const Octets& packet : packets) test::expect_intact(packet, spec);
  }
}

TEST(CaptureLengths, what_was_joined_of_no_IP_packet_is_recorded_as_it_is) {
  Octets bytes(100, 7);  // neither an Ethertype of IP, nor a version
  EXPECT_EQ(recorded(bytes, {.checksum_verified = true, .segment_size = 10}), std::vector<Octets>{bytes});
  const auto headers = test::make_headers({.protocol = 6}, 0);
  for (std::size_t size = headers.transport; size < headers.transport + 20; ++size) {
    const Octets cut(headers.bytes.begin(), headers.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(recorded(cut, {.checksum_verified = true, .segment_size = 1}), std::vector<Octets>{cut})
        << size;
  }
}

}  // namespace
}  // namespace linnet
