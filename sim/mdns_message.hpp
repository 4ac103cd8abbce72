// SPDX-License-Identifier: Apache-2.0
// What the Multicast DNS monitor reads from a frame. It is a parser of its own, so that a mistake of the
// stack's is not made twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"

namespace linnet::sim {

constexpr std::uint16_t mdns_port = 5353;

/// A UDP datagram from or to port 5353, all checksums right, not fragmented.
struct MdnsDatagram {
  bool ipv6 = false;
  bool to_group = false;  ///< 224.0.0.251 or ff02::fb
  std::uint8_t hops = 0;  ///< TTL or hop limit
  std::string source{};   ///< address, as it is in the header
  std::string destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Bytes payload{};
};
/// Of an Ethernet frame. Nothing when it is no such datagram.
std::optional<MdnsDatagram> read_mdns_datagram(Bytes frame);

enum class MdnsPart : std::uint8_t { answer, authority, additional };

struct MdnsQuestion {
  std::string name{};  ///< labels as on the wire, in lower case
  std::uint16_t type = 0;
  std::uint16_t record_class = 0;
  bool unicast = false;
  /// Whether a record answers it. That there is none of its type, NSEC says (RFC 6762 6.1).
  bool asks(const std::string& record_name, std::uint16_t record_type) const;
};
/// A record as others know it.
struct MdnsFact {
  std::string name{};
  std::uint16_t type = 0;
  std::string data{};  ///< names in it spelled out
  auto operator<=>(const MdnsFact&) const = default;
};
struct MdnsRecord {
  MdnsPart part = MdnsPart::answer;
  MdnsFact fact{};
  std::uint16_t record_class = 0;
  bool flush = false;
  std::uint32_t ttl = 0;
};
struct MdnsMessage {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::vector<MdnsQuestion> questions{};
  std::vector<MdnsRecord> records{};
  bool is_response() const { return (flags & 0x8000) != 0; }
  bool truncated() const { return (flags & 0x0200) != 0; }
  bool has_authority() const;
};
/// Nothing when it is shorter or longer than its counts say, or a name in it does not end.
std::optional<MdnsMessage> parse_mdns(Bytes payload);

/// A name with dots.
std::string mdns_name_text(const std::string& name);

namespace mdns_type {
constexpr std::uint16_t a = 1, ptr = 12, txt = 16, aaaa = 28, srv = 33, nsec = 47, any = 255;
}

}  // namespace linnet::sim
