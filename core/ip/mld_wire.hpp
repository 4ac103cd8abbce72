// SPDX-License-Identifier: Apache-2.0
// Multicast listener discovery on the wire: MLDv1 (RFC 2710) and MLDv2 (RFC 3810). The checksum is the
// caller's.
#pragma once

#include "core/base/drop.hpp"
#include "core/ip/icmpv6_wire.hpp"
#include "core/ip/membership_wire.hpp"

namespace linnet::ip::mld {

using membership::query_interval;
using membership::Record;
using membership::RecordType;
using membership::Sources;

/// What the IP headers of a message say.
struct Envelope {
  IpAddress source{};
  std::uint8_t hop_limit = 0;
  bool router_alert = false;  ///< RFC 2711, in the hop-by-hop options
};

/// RFC 3810 5.1.3: milliseconds; from 32,768 on a floating point number, of up to 8,387,584.
constexpr std::uint32_t maximum_response_delay(std::uint16_t code) {
  if (code < 0x8000) return code;
  return (0x1000u | (code & 0xfffu)) << (((code >> 12) & 7) + 3);
}

/// A query of either version (RFC 3810 5.1, 8.1).
struct Query {
  std::uint8_t version = 1;
  std::uint32_t maximum_delay = 0;  ///< milliseconds
  IpAddress group{};                ///< unspecified: a general query
  bool suppress = false;            ///< S: routers keep their timers
  std::uint8_t robustness = 0;      ///< QRV; 0: not told
  std::uint32_t interval = 0;       ///< QQI in seconds
  Sources sources{};

  static std::optional<Query> parse(Bytes message, const Envelope& envelope, Drop& reason);
};

/// Of MLDv1: another listener's report or its leave-taking (RFC 2710 3.1).
struct ReportV1 {
  static constexpr std::size_t size = 24;
  bool done = false;
  IpAddress group{};

  static std::optional<ReportV1> parse(Bytes message, const Envelope& envelope, Drop& reason);
  /// icmpv6::listener_report or listener_done.
  static void write(Writer& writer, std::uint8_t type, const IpAddress& group);
};

/// Of MLDv2. All its records are inside of the message.
class ReportV2 {
 public:
  static constexpr std::size_t header_size = 8;

  static std::optional<ReportV2> parse(Bytes message, const Envelope& envelope, Drop& reason);

  using Records = membership::Records;
  Records records() const {
    return Records(message_.subspan(header_size), load16(message_.data() + 6), false);
  }

  /// First the header, with the number of records; then these.
  static void write(Writer& writer, std::uint16_t records);
  static void write_record(Writer& writer, RecordType type, const IpAddress& group,
                           std::span<const IpAddress> sources = {}) {
    Record::write(writer, type, group, sources);
  }

 private:
  explicit ReportV2(Bytes message) : message_(message) {}
  Bytes message_;
};

}  // namespace linnet::ip::mld
