// SPDX-License-Identifier: Apache-2.0
// The packet socket on one end of a veth pair, the kernel on the other, in a network namespace of their own.
#include "platform/linux/packet_socket.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "platform/linux/clock.hpp"
#include "platform/linux/test_support.hpp"

namespace linnet::platform {
namespace {

using namespace test;

class PacketSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!namespace_.reason().empty()) GTEST_SKIP() << namespace_.reason();
    if (!run("ip link add kernel0 type veth peer name linnet0 2>/dev/null"))
      GTEST_SKIP() << "no veth devices";
    ASSERT_TRUE(
        run("for i in kernel0 linnet0; do sysctl -q -w net.ipv6.conf.$i.disable_ipv6=1 2>/dev/null; "
            "ip link set $i up || exit 1; done; ip addr add 10.77.0.1/24 dev kernel0"));
  }
  std::unique_ptr<PacketSocket> open(bool offload = true) {
    auto device = PacketSocket::open("linnet0", {.mac = {}, .mac_seed = 7, .offload = offload});
    if (!device) {
      ADD_FAILURE() << device.error().text;
      return nullptr;
    }
    EXPECT_TRUE(run("ip neigh add 10.77.0.2 lladdr " + std::string(AddressText((*device)->mac()).view()) +
                    " dev kernel0"));
    return std::move(*device);
  }
  static Flow flow(const PacketSocket& device) {
    return {.our_mac = device.mac(),
            .peer_mac = interface_info("kernel0")->mac,
            .our_address = IpAddress::v4(10, 77, 0, 2),
            .peer_address = IpAddress::v4(10, 77, 0, 1),
            .our_port = 7,
            .peer_port = 0};
  }

  Namespace namespace_;
};

TEST_F(PacketSocketTest, takes_super_segments_and_undone_checksums_both_ways) {
  const auto device = open();
  ASSERT_NE(device, nullptr);
  Blocks blocks(with_large_blocks());
  Station station(*device, blocks.pool);
  const BulkResult result = exchange_bulk(station, flow(*device), 2'000'000, 1460);
  EXPECT_GT(result.largest_received, 20000u);
  EXPECT_EQ(result.segment_size, 1460);
  EXPECT_TRUE(result.all_verified);
  EXPECT_EQ(device->counters().receive_dropped, 0u);
  EXPECT_TRUE(blocks.pool.full());
}

TEST_F(PacketSocketTest, cuts_super_segments_when_the_pool_has_no_large_blocks) {
  const auto device = open();
  ASSERT_NE(device, nullptr);
  Blocks blocks({.small_size = 1664, .small_count = 16, .large_size = 0, .large_count = 0});
  Station station(*device, blocks.pool);
  const BulkResult result = exchange_bulk(station, flow(*device), 1'000'000, 1460);
  EXPECT_EQ(result.largest_received, 1460u);
  EXPECT_EQ(device->counters().receive_dropped, 0u);
  EXPECT_TRUE(blocks.pool.full());
}

TEST_F(PacketSocketTest, without_offload_the_stack_finishes_what_it_sends) {
  const auto device = open(false);
  ASSERT_NE(device, nullptr);
  EXPECT_EQ(device->capabilities().segmentation, 0u);
  EXPECT_FALSE(device->capabilities().transmit_checksum);
  Blocks blocks(with_large_blocks());
  Station station(*device, blocks.pool);
  const BulkResult result = exchange_bulk(station, flow(*device), 300'000, 0);
  EXPECT_TRUE(result.all_verified);  // the kernel's own frames are unfinished on a veth
}

/// A raw socket that sends any frame out of kernel0, as another station would.
class Injector {
 public:
  Injector() : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
    to_.sll_family = AF_PACKET;
    to_.sll_ifindex = interface_info("kernel0")->index;
  }
  void send(const MacAddress& destination, std::uint16_t ethertype, std::size_t size) {
    Payload frame = pattern(size);
    std::copy(destination.bytes.begin(), destination.bytes.end(), frame.begin());
    store16(frame.data() + 12, ethertype);
    ASSERT_EQ(::sendto(fd_.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to_),
                       sizeof to_),
              static_cast<ssize_t>(size));
  }

 private:
  FileDescriptor fd_;
  sockaddr_ll to_{};
};

TEST_F(PacketSocketTest, hears_its_own_address_and_groups_only) {
  const auto device = open();
  ASSERT_NE(device, nullptr);
  Blocks blocks(with_large_blocks());
  Injector injector;
  const MacAddress other{{2, 9, 9, 9, 9, 9}};
  const MacAddress group{{1, 0, 0x5e, 1, 2, 3}};
  MacAddress half_ours = device->mac();  // differs in the half that the filter compares second
  half_ours.bytes[0] ^= 4;
  injector.send(other, 0x88b5, 60);
  injector.send(half_ours, 0x88b5, 60);
  injector.send(device->mac(), 0x88b5, 61);
  injector.send(interface_info("linnet0")->mac, 0x88b5, 60);
  injector.send(group, 0x88b5, 62);
  injector.send(MacAddress::broadcast(), 0x88b5, 63);
  std::array<Packet, 8> batch;
  const std::size_t n = device->receive(blocks.pool, batch);
  ASSERT_EQ(n, 3u);
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_EQ(batch[i].size(), 61 + i);
    EXPECT_FALSE(batch[i].info.checksum_verified);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch[i].bytes().data() + 14) % 4, 0u);
  }
}

TEST_F(PacketSocketTest, does_not_hear_what_it_sends) {
  const auto device = open();
  ASSERT_NE(device, nullptr);
  Blocks blocks(with_large_blocks());
  Flow broadcast = flow(*device);
  broadcast.peer_mac = MacAddress::broadcast();
  broadcast.peer_port = 9;
  Frame frame;
  const Payload payload = pattern(10);
  build_udp(frame, broadcast, payload, true);
  ASSERT_EQ(device->transmit(frame), Transmit::taken);
  std::array<Packet, 8> batch;
  EXPECT_EQ(device->receive(blocks.pool, batch), 0u);
  EXPECT_EQ(device->counters().frames_transmitted, 1u);
}

TEST_F(PacketSocketTest, ieee_802_1q_tags_arrive_in_the_frame) {
  const auto device = open();
  ASSERT_NE(device, nullptr);
  Blocks blocks(with_large_blocks());
  Injector injector;
  injector.send(device->mac(), 0x8100, 90);
  std::array<Packet, 8> batch;
  ASSERT_EQ(device->receive(blocks.pool, batch), 1u);
  const Payload sent = pattern(90);
  const Bytes got = batch[0].bytes();
  ASSERT_EQ(got.size(), 90u);
  EXPECT_EQ(load16(got.data() + 12), 0x8100);
  EXPECT_TRUE(std::equal(got.begin() + 14, got.end(), sent.begin() + 14));
  EXPECT_TRUE(std::equal(got.begin() + 6, got.begin() + 12, sent.begin() + 6));
}

TEST_F(PacketSocketTest, frames_without_a_block_stay) {
  const auto device = open();
  ASSERT_NE(device, nullptr);
  Blocks blocks({.small_size = 1664, .small_count = 2, .large_size = 0, .large_count = 0});
  Injector injector;
  for (std::size_t size = 60; size < 70; ++size) injector.send(device->mac(), 0x88b5, size);
  std::size_t expected = 60;
  while (expected < 70) {
    std::array<Packet, 8> batch;
    const std::size_t n = device->receive(blocks.pool, batch);
    ASSERT_EQ(n, 2u);
    std::array<Packet, 8> none;
    ASSERT_EQ(device->receive(blocks.pool, none), 0u);
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(batch[i].size(), expected++);
  }
  EXPECT_EQ(device->counters().receive_dropped, 0u);
}

TEST_F(PacketSocketTest, follows_the_link) {
  const auto device = open();
  ASSERT_NE(device, nullptr);
  Poller poller;
  poller.add(*device);
  EXPECT_TRUE(wait_until(poller, [&] { return device->link_up(); }));
  ASSERT_TRUE(run("ip link set linnet0 down"));
  EXPECT_TRUE(wait_until(poller, [&] { return !device->link_up(); }));
  Frame frame;
  build_udp(frame, flow(*device), {}, true);
  EXPECT_EQ(device->transmit(frame), Transmit::taken);
  EXPECT_EQ(device->counters().transmit_dropped, 1u);
  Blocks blocks(with_large_blocks());
  std::array<Packet, 1> batch;
  EXPECT_EQ(device->receive(blocks.pool, batch), 0u);  // takes the error that the kernel has left
  ASSERT_TRUE(run("ip link set linnet0 up"));
  EXPECT_TRUE(wait_until(poller, [&] { return device->link_up(); }));
  EXPECT_EQ(device->transmit(frame), Transmit::taken);
  EXPECT_EQ(device->counters().transmit_dropped, 1u);
}

TEST_F(PacketSocketTest, says_why_it_cannot_be_opened) {
  const auto missing = PacketSocket::open("nothing0");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().failure, OpenFailure::no_interface);
  EXPECT_NE(missing.error().text.find("nothing0"), std::string::npos);
  const auto loopback = PacketSocket::open("lo");
  ASSERT_FALSE(loopback.ok());
  EXPECT_EQ(loopback.error().failure, OpenFailure::bad_name);
}

}  // namespace
}  // namespace linnet::platform
