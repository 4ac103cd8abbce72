// SPDX-License-Identifier: Apache-2.0
// The tap device against the kernel, in a network namespace of its own.
#include "platform/linux/tap.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "platform/linux/clock.hpp"
#include "platform/linux/test_support.hpp"

namespace linnet::platform {
namespace {

using namespace test;

class TapTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!namespace_.reason().empty()) GTEST_SKIP() << namespace_.reason();
  }

  /// A tap that is up, the kernel being 10.77.0.1 and we 10.77.0.2.
  std::unique_ptr<Tap> open(const TapOptions& options = {.mac = {}, .mac_seed = 1, .offload = true}) {
    auto tap = Tap::open("linnet0", options);
    if (!tap) {
      if (tap.error().failure == OpenFailure::no_driver)
        missing_ = tap.error().text;
      else
        ADD_FAILURE() << tap.error().text;
      return nullptr;
    }
    const std::string mac(AddressText((*tap)->mac()).view());
    EXPECT_TRUE(run(
        "sysctl -q -w net.ipv6.conf.linnet0.disable_ipv6=1 2>/dev/null; ip addr add 10.77.0.1/24 dev linnet0"
        " && ip link set linnet0 up && ip neigh add 10.77.0.2 lladdr " +
        mac + " dev linnet0"));
    return std::move(*tap);
  }
  Flow flow(const Tap& tap) {
    return {.our_mac = tap.mac(),
            .peer_mac = interface_info("linnet0")->mac,
            .our_address = IpAddress::v4(10, 77, 0, 2),
            .peer_address = IpAddress::v4(10, 77, 0, 1),
            .our_port = 7,
            .peer_port = 0};
  }

  static sockaddr_in socket_address(const IpAddress& address, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    result.sin_addr.s_addr = htonl(address.v4_value());
    return result;
  }
  /// From the kernel to our port 9.
  static void send_datagram(Bytes payload) {
    const FileDescriptor sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in to = socket_address(IpAddress::v4(10, 77, 0, 2), 9);
    ASSERT_EQ(::sendto(sender.get(), payload.data(), payload.size(), 0,
                       reinterpret_cast<const sockaddr*>(&to), sizeof to),
              static_cast<ssize_t>(payload.size()));
  }

  Namespace namespace_;
  std::string missing_;
};

#define OPEN_OR_SKIP(name, ...)                    \
  auto name = open(__VA_ARGS__);                   \
  if (!missing_.empty()) GTEST_SKIP() << missing_; \
  ASSERT_NE(name, nullptr)

TEST_F(TapTest, a_tap_that_was_there_and_up_has_its_link_from_the_first_moment) {
  // Several in a row: the kernel delays the news of all but the first change of a link by up to a second.
  for (const std::string name : {"ready0", "ready1", "ready2", "ready3"}) {
    if (!run("ip tuntap add dev " + name + " mode tap && ip link set " + name + " up")) GTEST_SKIP() << "no tap driver";
    const auto tap = Tap::open(name, {.mac = {}, .mac_seed = 1, .offload = true});
    ASSERT_TRUE(tap) << tap.error().text;
    EXPECT_TRUE((*tap)->link_up()) << name;
  }
}

TEST_F(TapTest, takes_super_segments_and_undone_checksums_both_ways) {
  OPEN_OR_SKIP(tap);
  Blocks blocks(with_large_blocks());
  Station station(*tap, blocks.pool);
  const BulkResult result = exchange_bulk(station, flow(*tap), 2'000'000, 1460);
  EXPECT_GT(result.largest_received, 20000u);
  EXPECT_EQ(result.segment_size, 1460);
  EXPECT_TRUE(result.all_verified);
  EXPECT_TRUE(tap->capabilities().transmit_checksum);
  EXPECT_GE(tap->capabilities().segmentation, 60000u);
  EXPECT_EQ(tap->counters().receive_dropped, 0u);
  EXPECT_EQ(tap->counters().transmit_dropped, 0u);
  EXPECT_TRUE(blocks.pool.full());
}

TEST_F(TapTest, cuts_super_segments_when_the_pool_has_no_large_blocks) {
  OPEN_OR_SKIP(tap);
  Blocks blocks({.small_size = 1664, .small_count = 16, .large_size = 0, .large_count = 0});
  Station station(*tap, blocks.pool);
  const BulkResult result = exchange_bulk(station, flow(*tap), 1'000'000, 1460);
  EXPECT_EQ(result.largest_received, 1460u);
  EXPECT_EQ(result.segment_size, 0);
  EXPECT_EQ(tap->counters().receive_dropped, 0u);
  EXPECT_LT(tap->counters().frames_received, 1'000'000u / 1460) << "the kernel handed over super-segments";
  EXPECT_TRUE(blocks.pool.full());
}

TEST_F(TapTest, without_offload_the_kernel_finishes_everything) {
  OPEN_OR_SKIP(tap, {.mac = {}, .mac_seed = 1, .offload = false});
  Blocks blocks({.small_size = 1664, .small_count = 16, .large_size = 0, .large_count = 0});
  Station station(*tap, blocks.pool);
  const BulkResult result = exchange_bulk(station, flow(*tap), 300'000, 0);  // checks each segment's checksum
  EXPECT_EQ(result.largest_received, 1460u);
  EXPECT_FALSE(tap->capabilities().receive_checksum);
}

TEST_F(TapTest, a_frame_that_finds_no_block_stays_until_there_is_one) {
  OPEN_OR_SKIP(tap);
  Blocks blocks({.small_size = 1664, .small_count = 2, .large_size = 0, .large_count = 0});
  Station station(*tap, blocks.pool);
  while (station.poller().wait(monotonic_now())) {
  }  // notices that the link came up
  for (std::uint8_t i = 0; i < 5; ++i) send_datagram({&i, 1});
  std::vector<std::uint8_t> got;
  while (got.size() < 5) {
    std::array<Packet, 8> batch;
    const std::size_t n = tap->receive(blocks.pool, batch);
    ASSERT_GE(n, 1u);
    ASSERT_LE(n, 2u);
    std::array<Packet, 8> none;
    ASSERT_EQ(tap->receive(blocks.pool, none), 0u);
    if (got.size() + n < 5) {  // more is there, but an owner who has no block must not spin on it
      const Instant before = monotonic_now();
      EXPECT_FALSE(station.poller().wait(before + Duration::seconds(1)));
      EXPECT_LT(monotonic_now() - before, Duration::milliseconds(500));
      EXPECT_GE(monotonic_now() - before, Duration::microseconds(900));
    }
    for (std::size_t i = 0; i < n; ++i) got.push_back(parse_udp(batch[i].bytes()).value().at(0));
  }
  EXPECT_EQ(got, (Payload{0, 1, 2, 3, 4}));
  EXPECT_EQ(tap->counters().receive_dropped, 0u);
}

TEST_F(TapTest, ip_headers_are_aligned) {
  OPEN_OR_SKIP(tap);
  Blocks blocks(with_large_blocks());
  Station station(*tap, blocks.pool);
  send_datagram(pattern(700));
  const auto packet = station.next();
  ASSERT_TRUE(packet);
  EXPECT_EQ(parse_udp(packet->bytes()), pattern(700));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(packet->bytes().data() + 14) % 4, 0u);
}

TEST_F(TapTest, undone_udp_checksums_are_finished_by_the_kernel) {
  OPEN_OR_SKIP(tap);
  Blocks blocks(with_large_blocks());
  Station station(*tap, blocks.pool);
  const FileDescriptor receiver(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in here = socket_address(IpAddress::v4(10, 77, 0, 1), 4000);
  ASSERT_EQ(::bind(receiver.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
  Flow to_kernel = flow(*tap);
  to_kernel.peer_port = 4000;
  for (const std::size_t size : {1u, 2u, 3u, 100u, 1471u, 1472u}) {
    Frame frame;
    const Payload payload = pattern(size);
    build_udp(frame, to_kernel, payload, true);
    ASSERT_EQ(tap->transmit(frame), Transmit::taken);
    Payload got(2000);
    const ssize_t n = ::recv(receiver.get(), got.data(), got.size(), MSG_DONTWAIT);
    ASSERT_EQ(n, static_cast<ssize_t>(size));
    got.resize(size);
    EXPECT_EQ(got, payload);
  }
}

TEST_F(TapTest, follows_the_state_and_mtu_of_the_interface) {
  OPEN_OR_SKIP(tap);
  Blocks blocks(with_large_blocks());
  Station station(*tap, blocks.pool);
  EXPECT_TRUE(wait_until(station.poller(), [&] { return tap->link_up(); }));
  EXPECT_EQ(tap->mtu(), 1500);
  ASSERT_TRUE(run("ip link set linnet0 mtu 9000 && ip link set linnet0 down"));
  EXPECT_TRUE(wait_until(station.poller(), [&] { return !tap->link_up(); }));
  EXPECT_EQ(tap->mtu(), 9000);

  Frame frame;
  const Payload payload = pattern(100);
  Flow lost = flow(*tap);
  lost.peer_port = 9;
  build_udp(frame, lost, payload, true);
  EXPECT_EQ(tap->transmit(frame), Transmit::taken);  // lost, as on an unplugged cable
  EXPECT_EQ(tap->counters().transmit_dropped, 1u);
  ASSERT_TRUE(run("ip link set linnet0 up"));
  EXPECT_TRUE(wait_until(station.poller(), [&] { return tap->link_up(); }));
  EXPECT_EQ(tap->transmit(frame), Transmit::taken);
  EXPECT_EQ(tap->counters().transmit_dropped, 1u);

  ASSERT_TRUE(run("ip link del linnet0"));
  std::array<Packet, 1> batch;
  EXPECT_EQ(tap->receive(blocks.pool, batch), 0u);
  EXPECT_EQ(tap->transmit(frame), Transmit::gone);
  EXPECT_FALSE(tap->link_up());
  station.poller().wait(monotonic_now());  // serves the notice of the removal
  EXPECT_FALSE(station.poller().wait(monotonic_now())) << "a tap that is gone must not keep its owner awake";
}

TEST_F(TapTest, says_why_it_cannot_be_opened) {
  OPEN_OR_SKIP(tap);
  const auto busy = Tap::open("linnet0");
  ASSERT_FALSE(busy.ok());
  EXPECT_EQ(busy.error().failure, OpenFailure::busy);
  EXPECT_NE(busy.error().text.find("linnet0"), std::string::npos);
  const auto no_tap = Tap::open("lo");
  ASSERT_FALSE(no_tap.ok());
  EXPECT_EQ(no_tap.error().failure, OpenFailure::bad_name);
  for (const char* name : {"a/b", "sixteen-letters!", "with space", ".."}) {
    const auto bad = Tap::open(name);
    ASSERT_FALSE(bad.ok()) << name;
    EXPECT_EQ(bad.error().failure, OpenFailure::bad_name) << name;
  }
}

TEST_F(TapTest, our_address_is_local_unicast_and_repeatable) {
  OPEN_OR_SKIP(tap, {.mac = {}, .mac_seed = 99, .offload = true});
  const MacAddress mac = tap->mac();
  EXPECT_EQ(mac.bytes[0] & 3, 2);
  EXPECT_NE(mac, interface_info("linnet0")->mac);
  tap.reset();
  const auto again = Tap::open("linnet1", {.mac = {}, .mac_seed = 99, .offload = true});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->mac(), mac);
  const auto other = Tap::open("linnet2");
  ASSERT_TRUE(other.ok());
  EXPECT_NE((*other)->mac(), mac);
}

}  // namespace
}  // namespace linnet::platform
