// SPDX-License-Identifier: Apache-2.0
// A stack on an Ethernet whose other stations are a test's script, in virtual time. Frames are put together
// and taken apart here by code of its own, so that a mistake in the stack's is not made twice.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/stack.hpp"

namespace linnet::test {

using Buffer = std::vector<std::uint8_t>;

inline std::uint32_t ones_complement_sum(Bytes bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/// A UDP datagram as it is on the wire.
struct UdpFrame {
  MacAddress to;
  MacAddress from;
  Endpoint source;
  Endpoint destination;
  Buffer payload;
  Instant at;
};

struct ArpFrame {
  std::uint16_t operation = 1;
  MacAddress sender_mac;
  IpAddress sender = IpAddress::any_v4();
  IpAddress target = IpAddress::any_v4();
  Instant at;
};

class ScriptedDevice : public Device {
 public:
  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    std::size_t count = 0;
    while (count < batch.size() && !in.empty()) {
      Block block = pool.allocate(in.front().size());
      if (!block) break;
      copy_bytes(block.data(), in.front());
      batch[count++] = Packet(std::move(block), 0, static_cast<std::uint32_t>(in.front().size()));
      in.pop_front();
    }
    return count;
  }
  Transmit transmit(const Frame& frame) override {
    Buffer bytes(frame.size());
    frame.gather(bytes.data());
    out.push_back(std::move(bytes));
    return Transmit::taken;
  }
  std::uint16_t mtu() const override { return link_mtu; }
  MacAddress mac() const override { return {{0x02, 0, 0, 0, 0, 1}}; }
  Capabilities capabilities() const override { return {}; }
  bool link_up() const override { return up; }

  std::deque<Buffer> in;   ///< what the stack will receive
  std::deque<Buffer> out;  ///< what it sent
  bool up = true;
  std::uint16_t link_mtu = 1500;
};

class ScriptedLink {
 public:
  static constexpr Config default_config() {
    Config config;
    config.blocks = {.small_size = 1664, .small_count = 64};
    config.udp.sockets = 16;
    config.udp.queue_datagrams = 32;
    return config;
  }
  explicit ScriptedLink(std::uint8_t seed = 1, const Config& config = default_config())
      : memory_(Stack::memory_needed(config)), stack(config, memory_, seed_of(seed)) {
    EXPECT_TRUE(stack.ok());
    interface = stack.add_interface(device).value();
  }
  static Random::Seed seed_of(std::uint8_t seed) {
    Random::Seed bytes{};
    bytes[0] = seed;
    bytes[31] = 1;
    return bytes;
  }

  /// The stations that answer ARP requests.
  std::map<IpAddress, MacAddress> stations;
  std::function<void(const UdpFrame&)> on_udp;
  std::function<Instant(Instant)> service;  ///< polled beside the stack
  std::vector<UdpFrame> udp_sent;
  std::vector<ArpFrame> arp_sent;
  std::vector<Buffer> icmp_sent;  ///< IPv4 packets

  /// Lets things happen until nothing is due before `until`.
  void run_until(Instant until) {
    for (unsigned turns = 0;; ++turns) {
      ASSERT_LT(turns, 10000u) << "the clock does not move";
      stack.poll(now);
      const Instant served = service ? service(now) : Instant::never();
      const Instant next = earlier(served, stack.poll(now));  // the service may have called the stack
      drain();
      if (!device.in.empty() || next <= now) continue;
      if (next > until) break;
      now = next;
      turns = 0;
    }
    now = until;
  }
  void run_for(Duration duration) { run_until(now + duration); }

  void inject_udp(const Endpoint& source, const Endpoint& destination, Bytes payload,
                  MacAddress to = {{0x02, 0, 0, 0, 0, 1}}) {
    Buffer frame(42);
    copy_bytes(frame.data(), to.bytes);
    copy_bytes(frame.data() + 6, station_mac.bytes);
    store16(frame.data() + 12, 0x0800);
    std::uint8_t* ip = frame.data() + 14;
    ip[0] = 0x45;
    store16(ip + 2, static_cast<std::uint16_t>(28 + payload.size()));
    ip[8] = 64;
    ip[9] = 17;
    copy_bytes(ip + 12, source.address.v4_bytes());
    copy_bytes(ip + 16, destination.address.v4_bytes());
    store16(ip + 10, static_cast<std::uint16_t>(~ones_complement_sum({ip, 20})));
    store16(ip + 20, source.port);
    store16(ip + 22, destination.port);
    store16(ip + 24, static_cast<std::uint16_t>(8 + payload.size()));
    frame.insert(frame.end(), payload.begin(), payload.end());  // UDP without a checksum (RFC 768)
    device.in.push_back(std::move(frame));
  }
  /// ICMP destination unreachable about a datagram that the stack sent.
  void inject_unreachable(const UdpFrame& about, std::uint8_t code, const IpAddress& from) {
    Buffer frame(14 + 20 + 8 + 28);
    copy_bytes(frame.data(), device.mac().bytes);
    copy_bytes(frame.data() + 6, station_mac.bytes);
    store16(frame.data() + 12, 0x0800);
    std::uint8_t* ip = frame.data() + 14;
    ip[0] = 0x45;
    store16(ip + 2, 56);
    ip[8] = 64;
    ip[9] = 1;
    copy_bytes(ip + 12, from.v4_bytes());
    copy_bytes(ip + 16, about.source.address.v4_bytes());
    store16(ip + 10, static_cast<std::uint16_t>(~ones_complement_sum({ip, 20})));
    std::uint8_t* icmp = ip + 20;
    icmp[0] = 3;
    icmp[1] = code;
    std::uint8_t* quoted = icmp + 8;
    quoted[0] = 0x45;
    store16(quoted + 2, static_cast<std::uint16_t>(28 + about.payload.size()));
    quoted[8] = 63;
    quoted[9] = 17;
    copy_bytes(quoted + 12, about.source.address.v4_bytes());
    copy_bytes(quoted + 16, about.destination.address.v4_bytes());
    store16(quoted + 10, static_cast<std::uint16_t>(~ones_complement_sum({quoted, 20})));
    store16(quoted + 20, about.source.port);
    store16(quoted + 22, about.destination.port);
    store16(quoted + 24, static_cast<std::uint16_t>(8 + about.payload.size()));
    store16(icmp + 2, static_cast<std::uint16_t>(~ones_complement_sum({icmp, 36})));
    device.in.push_back(std::move(frame));
  }
  void inject_arp(const ArpFrame& arp, const MacAddress& target_mac, const MacAddress& to) {
    Buffer frame(60);
    copy_bytes(frame.data(), to.bytes);
    copy_bytes(frame.data() + 6, arp.sender_mac.bytes);
    store16(frame.data() + 12, 0x0806);
    const Buffer fixed = {0, 1, 8, 0, 6, 4};
    copy_bytes(frame.data() + 14, fixed);
    store16(frame.data() + 20, arp.operation);
    copy_bytes(frame.data() + 22, arp.sender_mac.bytes);
    copy_bytes(frame.data() + 28, arp.sender.v4_bytes());
    copy_bytes(frame.data() + 32, target_mac.bytes);
    copy_bytes(frame.data() + 38, arp.target.v4_bytes());
    device.in.push_back(std::move(frame));
  }

  Instant now = Instant::from_microseconds(1000000);
  MacAddress station_mac{{0x02, 0, 0, 0, 0, 0x99}};
  ScriptedDevice device;

 private:
  void drain() {
    while (!device.out.empty()) {
      const Buffer frame = std::move(device.out.front());
      device.out.pop_front();
      ASSERT_GE(frame.size(), 14u);
      const std::uint16_t type = load16(frame.data() + 12);
      if (type == 0x0806) read_arp(frame);
      if (type == 0x0800) read_ipv4(frame);
    }
  }
  void read_arp(const Buffer& frame) {
    ASSERT_GE(frame.size(), 42u);
    const Bytes bytes(frame);
    ArpFrame arp{.operation = load16(frame.data() + 20),
                 .sender_mac = MacAddress::from(bytes.subspan<22, 6>()),
                 .sender = IpAddress::v4(bytes.subspan<28, 4>()),
                 .target = IpAddress::v4(bytes.subspan<38, 4>()),
                 .at = now};
    arp_sent.push_back(arp);
    const auto station = stations.find(arp.target);
    if (arp.operation != 1 || station == stations.end()) return;
    inject_arp({.operation = 2, .sender_mac = station->second, .sender = arp.target, .target = arp.sender},
               arp.sender_mac, arp.sender_mac);
  }
  void read_ipv4(const Buffer& frame) {
    ASSERT_GE(frame.size(), 34u);
    const Bytes ip = Bytes(frame).subspan(14);
    const std::size_t header = (ip[0] & 0x0fu) * 4;
    const std::size_t length = load16(ip.data() + 2);
    ASSERT_LE(length, ip.size());
    ASSERT_EQ(ones_complement_sum(ip.first(header)), 0xffffu) << "IP header checksum";
    if (ip[9] == 1) icmp_sent.emplace_back(ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(length));
    if (ip[9] != 17) return;
    const Bytes udp = ip.subspan(header, length - header);
    ASSERT_EQ(load16(udp.data() + 4), udp.size());
    if (load16(udp.data() + 6) != 0) {
      std::uint32_t sum = ones_complement_sum(ip.subspan(12, 8), 17 + static_cast<std::uint32_t>(udp.size()));
      ASSERT_EQ(ones_complement_sum(udp, sum), 0xffffu) << "UDP checksum";
    }
    const Bytes bytes(frame);
    udp_sent.push_back({.to = MacAddress::from(bytes.subspan<0, 6>()),
                        .from = MacAddress::from(bytes.subspan<6, 6>()),
                        .source = {IpAddress::v4(ip.subspan<12, 4>()), load16(udp.data())},
                        .destination = {IpAddress::v4(ip.subspan<16, 4>()), load16(udp.data() + 2)},
                        .payload = Buffer(udp.begin() + 8, udp.end()),
                        .at = now});
    const UdpFrame sent = udp_sent.back();
    if (on_udp) on_udp(sent);
  }

  std::vector<std::uint8_t> memory_;

 public:
  Stack stack;
  std::uint8_t interface = 0;
};

}  // namespace linnet::test
