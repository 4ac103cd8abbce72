// SPDX-License-Identifier: Apache-2.0
// What the device tests share: frames made by hand, a checker that shares no code with the core, and a device
// whose other side is the test.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "core/base/test_memory.hpp"
#include "core/device/device.hpp"

namespace linnet::test {

using Octets = std::vector<std::uint8_t>;

inline Octets octets(Bytes bytes) { return Octets(bytes.begin(), bytes.end()); }
inline Octets gathered(const Frame& frame) {
  Octets bytes(frame.size());
  frame.gather(bytes.data());
  return bytes;
}

inline std::uint16_t word(const Octets& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes.at(at) << 8 | bytes.at(at + 1));
}
inline std::uint32_t long_word(const Octets& bytes, std::size_t at) {
  return static_cast<std::uint32_t>(word(bytes, at)) << 16 | word(bytes, at + 2);
}
inline void put_word(Octets& bytes, std::size_t at, unsigned value) {
  bytes.at(at) = static_cast<std::uint8_t>(value >> 8);
  bytes.at(at + 1) = static_cast<std::uint8_t>(value);
}

/// RFC 1071, the plain loop.
inline std::uint16_t plain_sum(const Octets& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

struct FrameSpec {
  LinkType link = LinkType::ethernet;
  bool vlan = false;
  int version = 4;
  std::uint8_t protocol = 6;   ///< 6 or 17
  std::size_t ip_options = 0;  ///< bytes, a multiple of four; IPv6: a hop-by-hop header of 8 when not 0
  std::size_t tcp_options = 12;
  std::uint16_t identification = 0xfffe;
  std::uint32_t sequence = 0xffffff00;
  std::uint8_t flags = 0x18;
  std::uint16_t urgent = 0;
};

/// The headers of a packet that carries `payload` bytes: lengths filled in, the IPv4 header's checksum right,
/// the transport's checksum field holding the pseudo header's sum.
struct Headers {
  Octets bytes;
  std::size_t network = 0;
  std::size_t transport = 0;
};
inline Octets pseudo_header(const Octets& headers, std::size_t network, int version, std::uint8_t protocol,
                            std::size_t length) {
  Octets pseudo(headers.begin() + static_cast<std::ptrdiff_t>(network + (version == 4 ? 12 : 8)),
                headers.begin() + static_cast<std::ptrdiff_t>(network + (version == 4 ? 20 : 40)));
  for (const unsigned part : {unsigned(length >> 16), unsigned(length & 0xffff), unsigned{protocol}}) {
    pseudo.push_back(static_cast<std::uint8_t>(part >> 8));
    pseudo.push_back(static_cast<std::uint8_t>(part));
  }
  return pseudo;
}
inline Headers make_headers(const FrameSpec& spec, std::size_t payload) {
  Headers made;
  Octets& b = made.bytes;
  if (spec.link == LinkType::ethernet) {
    b = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    if (spec.vlan) b.insert(b.end(), {0x81, 0x00, 0x00, 0x05});
    b.insert(b.end(), {static_cast<std::uint8_t>(spec.version == 4 ? 0x08 : 0x86),
                       static_cast<std::uint8_t>(spec.version == 4 ? 0x00 : 0xdd)});
  }
  made.network = b.size();
  const std::size_t transport_header = spec.protocol == 6 ? 20 + spec.tcp_options : 8;
  const std::size_t length = transport_header + payload;
  if (spec.version == 4) {
    const std::size_t header = 20 + spec.ip_options;
    b.resize(b.size() + header, 1);  // options: no operation
    std::uint8_t* ip = b.data() + made.network;
    std::memset(ip, 0, 20);
    ip[0] = static_cast<std::uint8_t>(0x40 | header / 4);
    put_word(b, made.network + 2, static_cast<unsigned>(header + length));
    put_word(b, made.network + 4, spec.identification);
    ip[6] = 0x40;
    ip[8] = 64;
    ip[9] = spec.protocol;
    const Octets addresses{192, 0, 2, 1, 198, 51, 100, 9};
    std::copy(addresses.begin(), addresses.end(), ip + 12);
    put_word(b, made.network + 10,
             static_cast<std::uint16_t>(~plain_sum(Octets(ip, ip + static_cast<std::ptrdiff_t>(header)))));
  } else {
    const std::size_t extension = spec.ip_options == 0 ? 0 : 8;
    b.resize(b.size() + 40 + extension, 0);
    std::uint8_t* ip = b.data() + made.network;
    ip[0] = 0x60;
    put_word(b, made.network + 4, static_cast<unsigned>(extension + length));
    ip[6] = extension == 0 ? spec.protocol : 0;
    ip[7] = 64;
    for (int i = 0; i < 32; ++i) ip[8 + i] = static_cast<std::uint8_t>(0x20 + i);
    if (extension != 0) {
      ip[40] = spec.protocol;
      ip[42] = 1;  // PadN
      ip[43] = 4;
    }
  }
  made.transport = b.size();
  b.resize(b.size() + transport_header, 1);
  put_word(b, made.transport, 40000);
  put_word(b, made.transport + 2, 443);
  if (spec.protocol == 6) {
    put_word(b, made.transport + 4, spec.sequence >> 16);
    put_word(b, made.transport + 6, spec.sequence & 0xffff);
    b[made.transport + 12] = static_cast<std::uint8_t>(transport_header / 4 << 4);
    b[made.transport + 13] = spec.flags;
    put_word(b, made.transport + 18, spec.urgent);
  } else {
    put_word(b, made.transport + 4, static_cast<unsigned>(length));
  }
  put_word(b, made.transport + (spec.protocol == 6 ? 16 : 6),
           plain_sum(pseudo_header(b, made.network, spec.version, spec.protocol, length)));
  return made;
}

/// Fills `frame` so that the checksum is still to be done.
inline void fill(Frame& frame, const FrameSpec& spec, Bytes payload) {
  const Headers headers = make_headers(spec, payload.size());
  copy_bytes(frame.prepend(headers.bytes.size()), headers.bytes);
  ASSERT_TRUE(frame.add_payload(payload));
  frame.checksum = {.header_from_end = static_cast<std::uint16_t>(headers.bytes.size() - headers.transport),
                    .field = static_cast<std::uint16_t>(spec.protocol == 6 ? 16 : 6)};
}

/// Checks lengths and checksums of a whole packet as a strict receiver would.
inline void expect_intact(const Octets& bytes, const FrameSpec& spec) {
  const Headers headers = make_headers(spec, 0);  // for the offsets
  const std::size_t network = headers.network;
  const std::size_t transport = headers.transport;
  ASSERT_GE(bytes.size(), headers.bytes.size());
  const Octets ip(bytes.begin() + static_cast<std::ptrdiff_t>(network), bytes.end());
  if (spec.version == 4) {
    EXPECT_EQ(word(ip, 2), ip.size()) << "total length";
    EXPECT_EQ(plain_sum(Octets(ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(transport - network))),
              0xffff)
        << "IPv4 header checksum";
  } else {
    EXPECT_EQ(word(ip, 4) + 40u, ip.size()) << "payload length";
  }
  const Octets body(bytes.begin() + static_cast<std::ptrdiff_t>(transport), bytes.end());
  Octets covered = pseudo_header(bytes, network, spec.version, spec.protocol, body.size());
  covered.insert(covered.end(), body.begin(), body.end());
  EXPECT_EQ(plain_sum(covered), 0xffff) << "transport checksum";
}

/// A device whose other side is the test.
class TestDevice final : public Device {
 public:
  explicit TestDevice(Capabilities capabilities = {}) : capabilities_(capabilities) {}

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    std::size_t count = 0;
    while (count < batch.size() && !arriving.empty()) {
      const auto& [bytes, info] = arriving.front();
      Block block = pool.allocate(bytes.size());
      if (!block) break;
      copy_bytes(block.data(), bytes);
      batch[count] = Packet(std::move(block), 0, static_cast<std::uint32_t>(bytes.size()));
      batch[count++].info = info;
      arriving.pop_front();
    }
    return count;
  }
  Transmit transmit(const Frame& frame) override {
    if (result == Transmit::taken) sent.push_back(gathered(frame));
    return result;
  }
  std::uint16_t mtu() const override { return 1500; }
  MacAddress mac() const override { return {{2, 0, 0, 0, 0, 1}}; }
  Capabilities capabilities() const override { return capabilities_; }
  bool link_up() const override { return up; }
  void dropped(Drop reason) override { drops.push_back(reason); }
  void flush() override { ++flushes; }

  std::deque<std::pair<Octets, ReceiveInfo>> arriving;
  std::vector<Octets> sent;
  std::vector<Drop> drops;
  Transmit result = Transmit::taken;
  bool up = true;
  int flushes = 0;

 private:
  Capabilities capabilities_;
};

}  // namespace linnet::test
