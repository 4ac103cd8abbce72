// SPDX-License-Identifier: Apache-2.0
#include "sim/test_frames.hpp"

#include <gtest/gtest.h>

#include <cctype>

#include "sim/test_frames_ipv6.hpp"

namespace linnet::sim::test {

/// Word by word, with the carry brought round at once: RFC 1071's definition, not how anybody computes it.
std::uint16_t sum_of(Bytes bytes, std::uint16_t sum) {
  const auto add = [&sum](unsigned word) {
    const unsigned wide = sum + word;
    sum = static_cast<std::uint16_t>(wide > 0xffff ? wide - 0xffff : wide);
  };
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) add(bytes[i] * 256u + bytes[i + 1]);
  if (bytes.size() % 2 != 0) add(bytes.back() * 256u);
  return sum;
}

void set16(Buffer& frame, std::size_t at, std::size_t value) {
  frame[at] = static_cast<std::uint8_t>(value / 256);
  frame[at + 1] = static_cast<std::uint8_t>(value % 256);
}

namespace {

std::size_t checksum_field(std::uint8_t protocol) { return protocol == 1 ? 2 : protocol == 6 ? 16 : 6; }

void fill_transport(Buffer& frame, std::size_t ip, std::size_t header, std::size_t end) {
  const std::uint8_t protocol = frame[ip + 9];
  const bool fragment = (frame[ip + 6] & 0x3f) != 0 || frame[ip + 7] != 0;
  const std::size_t field = ip + header + checksum_field(protocol);
  if (fragment || field + 2 > end || (protocol != 1 && protocol != 6 && protocol != 17)) return;
  set16(frame, field, 0);
  std::uint16_t sum = 0;
  if (protocol != 1) {
    Buffer pseudo(frame.begin() + static_cast<long>(ip + 12), frame.begin() + static_cast<long>(ip + 20));
    pseudo.resize(12);
    pseudo[9] = protocol;
    set16(pseudo, 10, end - ip - header);
    sum = sum_of(pseudo);
  }
  const std::size_t value = 0xffffu - sum_of(Bytes(frame).subspan(ip + header, end - ip - header), sum);
  set16(frame, field, value == 0 ? 0xffff : value);
}

}  // namespace

Buffer hex(std::string_view digits) {
  Buffer bytes;
  int high = -1;
  for (const char c : digits) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) continue;
    const int value = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = value;
      continue;
    }
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + value));
    high = -1;
  }
  return bytes;
}

Buffer operator+(Buffer a, const Buffer& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void put(Buffer& frame, std::size_t at, std::string_view digits) {
  const Buffer bytes = hex(digits);
  std::copy(bytes.begin(), bytes.end(), frame.begin() + static_cast<long>(at));
}

void insert(Buffer& frame, std::size_t at, std::string_view digits) {
  const Buffer bytes = hex(digits);
  frame.insert(frame.begin() + static_cast<long>(at), bytes.begin(), bytes.end());
}

Buffer finished(Buffer frame, bool lengths) {
  if (frame.size() < 14) return frame;
  const std::size_t ip = frame[12] == 0x81 ? 18 : 14;
  if (frame.size() < ip) return frame;
  if (frame[ip - 2] == 0x86 && frame[ip - 1] == 0xdd) return finished_ipv6(std::move(frame), ip, lengths);
  if (frame.size() < ip + 20 || frame[ip - 2] != 0x08 || frame[ip - 1] != 0) return frame;
  const std::size_t header = (frame[ip] & 15u) * 4;
  if (lengths) set16(frame, ip + 2, frame.size() - ip);
  if (lengths && frame[ip + 9] == 17 && frame.size() >= ip + header + 6) set16(frame, ip + header + 4, frame.size() - ip - header);
  const std::size_t end = std::min(frame.size(), ip + frame[ip + 2] * 256u + frame[ip + 3]);
  if (header < 20 || ip + header > end) return frame;
  set16(frame, ip + 10, 0);
  set16(frame, ip + 10, 0xffffu - sum_of(Bytes(frame).subspan(ip, header)));
  fill_transport(frame, ip, header, end);
  return frame;
}

Bench::Bench(FrameCheckerConfig config)
    : checker([&config] {
        config.mac = {0x02, 0, 0, 0, 0, 0x01};
        return config;
      }()) {
  checker.address_added(own_address, 24);
  received(peers_arp_request());
  received(peers_arp_request("0200000000fe", "0a0000fe", "0a0000fe"));
  received(peers_echo());
  if (config.ipv6) introduce_ipv6(*this);
}

void Bench::send(const Buffer& frame) {
  const auto violation = sent(frame);
  EXPECT_FALSE(violation) << violation->rule << ": " << violation->text;
}

// ---- ARP: RFC 826; RFC 5227 1.1

Buffer arp_request() {
  return hex(
      "ffffffffffff 020000000001 0806"
      "0001 0800 06 04 0001  020000000001 0a000001  000000000000 0a000002");
}
Buffer arp_reply() {
  return hex(
      "020000000002 020000000001 0806"
      "0001 0800 06 04 0002  020000000001 0a000001  020000000002 0a000002");
}
Buffer arp_probe() {
  return hex(
      "ffffffffffff 020000000001 0806"
      "0001 0800 06 04 0001  020000000001 00000000  000000000000 0a000063");
}
Buffer arp_announcement() {
  return hex(
      "ffffffffffff 020000000001 0806"
      "0001 0800 06 04 0001  020000000001 0a000001  000000000000 0a000001");
}
Buffer peers_arp_request(std::string_view sender_hardware, std::string_view sender, std::string_view target) {
  const Buffer hardware = hex(sender_hardware);
  return hex("ffffffffffff") + hardware + hex("0806 0001 0800 06 04 0001") + hardware + hex(sender) +
         hex("000000000000") + hex(target);
}

// ---- IPv4 and ICMP: RFC 791, RFC 792

namespace {
constexpr std::string_view to_peer = "020000000002 020000000001 0800 ";

Buffer to_the_peer(std::string_view rest) { return finished(hex(to_peer) + hex(rest)); }
}  // namespace

Buffer echo() {
  return to_the_peer(
      "45 00 0024 0000 4000 40 01 0000 0a000001 0a000002"
      "08 00 0000 1234 0001  6162636465666768");
}
Buffer echo_reply() {
  return to_the_peer(
      "45 00 0024 0000 4000 40 01 0000 0a000001 0a000002"
      "00 00 0000 5678 0007  6970616e64206f6b");
}
Buffer peers_echo() {
  return finished(
      hex("020000000001 020000000002 0800"
          "45 00 0024 4711 0000 40 01 0000 0a000002 0a000001"
          "08 00 0000 5678 0007  6970616e64206f6b"));
}
Buffer port_unreachable() {
  return to_the_peer(
      "45 00 0038 0000 4000 40 01 0000 0a000001 0a000002"
      "03 03 0000 00000000"
      "45 00 0020 0815 0000 3f 11 1234 0a000002 0a000001  04d2 1a85 000c 1111");
}
Buffer protocol_unreachable() {
  return to_the_peer(
      "45 00 0030 0000 4000 40 01 0000 0a000001 0a000002"
      "03 02 0000 00000000"
      "45 00 0014 0815 0000 3f 01 1234 0a000002 0a000001");
}
Buffer reassembly_exceeded() {
  return to_the_peer(
      "45 00 0038 0000 4000 40 01 0000 0a000001 0a000002"
      "0b 01 0000 00000000"
      "45 00 05dc 0815 2000 3f 11 1234 0a000002 0a000001  04d2 1a85 0bb8 1111");
}
Buffer parameter_problem() {
  return to_the_peer(
      "45 00 0038 0000 4000 40 01 0000 0a000001 0a000002"
      "0c 00 0000 14 000000"
      "45 00 0020 0815 0000 3f 11 1234 0a000002 0a000001  04d2 1a85 000c 1111");
}
Buffer first_fragment() {
  return to_the_peer(
      "45 00 0024 4321 2000 40 11 0000 0a000001 0a000002"
      "04d2 1a85 0017 989a  3132333435363738");
}
Buffer last_fragment() {
  return to_the_peer(
      "45 00 001b 4321 0002 40 11 0000 0a000001 0a000002"
      "39306162636465");
}
Buffer with_ip_options() {
  return to_the_peer(
      "47 00 0028 0000 4000 40 11 0000 0a000001 0a000002 01 94040000 000000"
      "04d2 1a85 000c 0000  64617461");
}

// ---- UDP: RFC 768

Buffer datagram() {
  return to_the_peer(
      "45 00 0020 0000 4000 40 11 0000 0a000001 0a000002"
      "04d2 1a85 000c 0000  64617461");
}
Buffer broadcast_datagram() {
  return finished(
      hex("ffffffffffff 020000000001 0800"
          "45 00 0020 0000 4000 40 11 0000 0a000001 0a0000ff"
          "04d2 1a85 000c 0000  64617461"));
}
Buffer multicast_datagram() {
  return finished(
      hex("01005e7f0203 020000000001 0800"
          "45 00 0020 0000 4000 01 11 0000 0a000001 efff0203"
          "04d2 1a85 000c 0000  64617461"));
}
Buffer tagged_datagram() {
  return finished(
      hex("020000000002 020000000001 8100 0007 0800"
          "45 00 0020 0000 4000 40 11 0000 0a000001 0a000002"
          "04d2 1a85 000c 0000  64617461"));
}

// ---- TCP: RFC 9293 3.1 and its options

Buffer syn() {
  return to_the_peer(
      "45 00 003c 0000 4000 40 06 0000 0a000001 0a000002"
      "9c40 0050 11223344 00000000 a0 02 ffff 0000 0000"
      "02 04 05b4  04 02  08 0a 01020304 00000000  01  03 03 07");
}
Buffer syn_ack() {
  return to_the_peer(
      "45 00 003c 0000 4000 40 06 0000 0a000001 0a000002"
      "0050 9c40 55667788 11223345 a0 12 ffff 0000 0000"
      "02 04 05b4  04 02  08 0a 01020304 0a0b0c0d  01  03 03 07");
}
Buffer data() {
  return to_the_peer(
      "45 02 0038 0000 4000 40 06 0000 0a000001 0a000002"
      "9c40 0050 11223345 55667789 80 18 ffff 0000 0000"
      "01 01 08 0a 01020304 0a0b0c0d  68656c6c");
}
Buffer acknowledgment() {
  return to_the_peer(
      "45 00 0048 0000 4000 40 06 0000 0a000001 0a000002"
      "9c40 0050 11223345 00001000 d0 10 ffff 0000 0000"
      "01 01 08 0a 01020304 0a0b0c0d"
      "01 01 05 12 00000800 00000c00 00002000 00003000");
}
Buffer fin() {
  return to_the_peer(
      "45 00 0028 0000 4000 40 06 0000 0a000001 0a000002"
      "9c40 0050 11223349 55667789 50 11 ffff 0000 0000");
}
Buffer rst() {
  return to_the_peer(
      "45 00 0028 0000 4000 40 06 0000 0a000001 0a000002"
      "9c40 0050 11223349 00000000 50 04 0000 0000 0000");
}
Buffer fast_open_syn() {
  return to_the_peer(
      "45 00 003c 0000 4000 40 06 0000 0a000001 0a000002"
      "9c40 0050 11223344 00000000 90 02 ffff 0000 0000"
      "02 04 05b4  22 0a a1b2c3d4e5f60718  01 01  47455420");
}

// ---- DHCP: RFC 2131 2, RFC 2132

namespace {

struct DhcpText {
  std::string_view ethernet = "ffffffffffff 020000000001 0800";
  std::string_view addresses = "00000000 ffffffff";
  std::string_view secs_flags = "0003 8000";
  std::string_view ciaddr = "00000000";
  std::string_view options;
};

Buffer dhcp(const DhcpText& text) {
  Buffer frame = hex(text.ethernet) + hex("45 00 0000 0000 4000 40 11 0000") + hex(text.addresses) +
                 hex("0044 0043 0000 0000") + hex("01 01 06 00 11223344") + hex(text.secs_flags) +
                 hex(text.ciaddr) + hex("00000000 00000000 00000000 020000000001") + Buffer(10) + Buffer(64) +
                 Buffer(128) + hex("63825363") + hex(text.options);
  return finished(frame, true);
}

}  // namespace

Buffer dhcp_discover() {
  return dhcp({.options = "35 01 01  3d 07 01020000000001  39 02 0400  37 06 79 01 03 06 0f 2a  ff 000000"});
}
Buffer dhcp_request() {
  return dhcp(
      {.options =
           "35 01 03  3d 07 01020000000001  36 04 0a0000fe  32 04 0a000063  39 02 0240  37 02 01 03  ff"});
}
Buffer dhcp_reboot() { return dhcp({.options = "35 01 03  32 04 0a000063  0c 04 686f7374  ff"}); }
Buffer dhcp_renewal() {
  return dhcp({.ethernet = "0200000000fe 020000000001 0800",
               .addresses = "0a000001 0a0000fe",
               .secs_flags = "0000 0000",
               .ciaddr = "0a000001",
               .options = "35 01 03  3d 07 01020000000001  37 02 01 03  ff"});
}
Buffer dhcp_decline() {
  return dhcp({.secs_flags = "0000 0000",
               .options = "35 01 04  3d 07 01020000000001  32 04 0a000063  36 04 0a0000fe  38 02 6e6f  ff"});
}
Buffer dhcp_release() {
  return dhcp({.ethernet = "0200000000fe 020000000001 0800",
               .addresses = "0a000001 0a0000fe",
               .secs_flags = "0000 0000",
               .ciaddr = "0a000001",
               .options = "35 01 07  3d 07 01020000000001  36 04 0a0000fe  ff"});
}
Buffer dhcp_inform() {
  return dhcp({.addresses = "0a000001 ffffffff",
               .secs_flags = "0000 0000",
               .ciaddr = "0a000001",
               .options = "35 01 08  37 02 01 03  ff"});
}
Buffer dhcp_ack(std::uint32_t seconds, std::uint32_t xid) {
  Buffer frame = hex("020000000001 0200000000fe 0800 45 00 0000 0000 4000 40 11 0000 0a0000fe 0a000063"
                     "0043 0044 0000 0000 02 01 06 00 00000000 0000 0000 00000000 0a000063 00000000 00000000"
                     "020000000001") +
                 Buffer(10 + 64 + 128) +
                 hex("63825363 35 01 05 33 04 00000000 01 04 ffffff00 36 04 0a0000fe ff");
  for (std::size_t i = 0; i < 4; ++i) {
    frame[dhcp_at + 4 + i] = static_cast<std::uint8_t>(xid >> (24 - 8 * i));
    frame[dhcp_options_at + 5 + i] = static_cast<std::uint8_t>(seconds >> (24 - 8 * i));
  }
  return finished(frame, true);
}

// ---- DNS: RFC 1035 4.1, RFC 6891 6.1.2

Buffer dns_query() {
  return to_the_peer(
      "45 00 003d 0000 4000 40 11 0000 0a000001 0a000002"
      "c001 0035 0029 0000"
      "4242 0100 0001 0000 0000 0000  03 777777 07 6578616d706c65 03 6f7267 00  0001 0001");
}
Buffer dns_query_with_edns() {
  Buffer frame = dns_query();
  put(frame, dns_at + 10, "0001");
  return finished(frame + hex("00 0029 04d0 00 00 8000 0008  000a 0004 01020304"), true);
}

}  // namespace linnet::sim::test
