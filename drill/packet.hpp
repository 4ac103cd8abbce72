// SPDX-License-Identifier: Apache-2.0
// A packet as scripts write it; its bytes on the wire and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/address.hpp"
#include "core/base/bytes.hpp"

namespace linnet::drill {

enum class Protocol : std::uint8_t { tcp, udp, icmp };

/// TCP control bits, with the AE bit of accurate ECN (RFC 9768) as the ninth.
namespace tcp_flag {
constexpr std::uint16_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20, ece = 0x40,
                        cwr = 0x80, ae = 0x100;
}

/// What stands in brackets behind the direction: [ect0], (tos 0x10), [ttl 5].
struct IpInfo {
  enum class Check : std::uint8_t { nothing, ecn, ect0_or_1, traffic_class };
  Check check = Check::nothing;
  std::uint8_t value = 0;  ///< the ECN bits, or the whole traffic class
  std::optional<std::uint8_t> ttl{};
  std::optional<std::uint32_t> flow_label{};  ///< IPv6
};

enum class TcpOptionKind : std::uint8_t {
  eol = 0,
  nop = 1,
  mss = 2,
  window_scale = 3,
  sack_permitted = 4,
  sack = 5,
  timestamp = 8,
  md5 = 19,
  fast_open = 34,
  experimental = 254,  ///< FOEXP: Fast Open by RFC 6994 with magic 0xf989
};

struct TcpOption {
  TcpOptionKind kind = TcpOptionKind::nop;
  std::uint32_t value = 0;                                        ///< mss, shift, TSval
  std::uint32_t echo = 0;                                         ///< TSecr
  bool any_value = false;                                         ///< of outbound packets: TS val ...
  bool any_echo = false;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks{};  ///< SACK
  std::vector<std::uint8_t> data{};  ///< cookies, digests, and the content of options that nobody knows
  bool operator==(const TcpOption&) const = default;
};

/// What an ICMP message says of the packet that it is about.
struct Quoted {
  Protocol protocol = Protocol::tcp;
  bool raw = false;  ///< [raw (n)]: n bytes of nothing in particular
  std::uint32_t seq = 0;
  std::uint32_t payload = 0;
};

struct PacketSpec {
  bool inbound = false;
  Protocol protocol = Protocol::tcp;
  IpInfo ip{};
  bool has_ports = false;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t payload = 0;  ///< bytes

  std::uint16_t flags = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::optional<std::uint16_t> window{};
  std::uint16_t urgent_pointer = 0;
  bool any_options = false;  ///< <...>
  std::vector<TcpOption> options{};

  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::optional<std::uint32_t> mtu{};
  std::uint16_t echo_id = 0;
  std::optional<Quoted> quoted{};

  bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
};

struct Addresses {
  Endpoint source{};
  Endpoint destination{};
};

/// The bytes of `packet` between `ends`, whose ports count. Payload bytes are zero. An ICMP message quotes a
/// packet of `quoted_ends`.
std::vector<std::uint8_t> build(const PacketSpec& packet, const Addresses& ends,
                                const Addresses& quoted_ends = {});

/// A packet that was on the wire.
struct WirePacket {
  PacketSpec spec{};
  Addresses ends{};
  std::optional<Addresses> quoted_ends{};  ///< of an ICMP error
};

/// Nothing, and why in `problem`, when the bytes are no packet that a script could describe: lengths and
/// checksums are looked at.
std::optional<WirePacket> decode(Bytes packet, std::string& problem);

/// As scripts write it, without the time.
std::string packet_text(const PacketSpec& packet);
std::string options_text(const std::vector<TcpOption>& options);
std::size_t options_size(const std::vector<TcpOption>& options);

/// "unreachable", "frag_needed" and their like; for IPv6 those of ICMPv6. Numbers are taken too.
std::optional<std::uint8_t> icmp_type_of(const std::string& name, bool v6);
std::optional<std::uint8_t> icmp_code_of(std::uint8_t type, const std::string& name, bool v6);
std::string icmp_text(std::uint8_t type, std::uint8_t code, bool v6);

}  // namespace linnet::drill
