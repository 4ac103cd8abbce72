// SPDX-License-Identifier: Apache-2.0
// IGMP on the wire: versions 1 (RFC 1112 appendix I), 2 (RFC 2236) and 3 (RFC 3376). The checksum is checked
// and filled in here, since it covers the message alone.
#pragma once

#include "core/base/drop.hpp"
#include "core/ip/membership_wire.hpp"

namespace linnet::ip::igmp {

using membership::query_interval;
using membership::Record;
using membership::RecordType;
using membership::Sources;

// RFC 3376 4.
constexpr std::uint8_t membership_query = 0x11;
constexpr std::uint8_t report_v1 = 0x12;
constexpr std::uint8_t report_v2 = 0x16;
constexpr std::uint8_t leave_group = 0x17;
constexpr std::uint8_t report_v3 = 0x22;

constexpr std::size_t minimum_size = 8;

/// What the IP header of a message says.
struct Envelope {
  IpAddress source{};
  IpAddress destination{};
  std::uint8_t ttl = 0;
  bool router_alert = false;  ///< RFC 2113
};

/// RFC 3376 4.1.1: milliseconds, of up to 3,174,400; of version 2 `code` is no floating point number.
constexpr std::uint32_t maximum_response_time(std::uint8_t code) {
  return membership::floating_point(code) * 100;
}

/// A query of any version (RFC 3376 7.1).
struct Query {
  std::uint8_t version = 1;
  std::uint32_t maximum_delay = 0;        ///< milliseconds
  IpAddress group = IpAddress::any_v4();  ///< unspecified: a general query
  bool suppress = false;                  ///< S: routers keep their timers
  std::uint8_t robustness = 0;            ///< QRV; 0: not told
  std::uint32_t interval = 0;             ///< QQI in seconds; 0: not told
  Sources sources{};

  static std::optional<Query> parse(Bytes message, const Envelope& envelope, Drop& reason);
};

/// Of versions 1 and 2: another member's report or its leaving (RFC 2236 2).
struct Report {
  static constexpr std::size_t size = 8;
  std::uint8_t type = report_v2;  ///< report_v1, report_v2 or leave_group
  IpAddress group = IpAddress::any_v4();

  static std::optional<Report> parse(Bytes message, const Envelope& envelope, Drop& reason);
  static void write(Writer& writer, std::uint8_t type, const IpAddress& group);
};

/// Of version 3. All its records are inside of the message.
class ReportV3 {
 public:
  static constexpr std::size_t header_size = 8;
  using Records = membership::Records;

  static std::optional<ReportV3> parse(Bytes message, const Envelope& envelope, Drop& reason);
  Records records() const {
    return Records(message_.subspan(header_size), load16(message_.data() + 6), true);
  }
  /// First the header, with the number of records; then these, by Record::write.
  static void write(Writer& writer, std::uint16_t records);

 private:
  explicit ReportV3(Bytes message) : message_(message) {}
  Bytes message_;
};

/// Fills in the checksum of a message of at least 4 bytes.
void finish(MutableBytes message);

}  // namespace linnet::ip::igmp
