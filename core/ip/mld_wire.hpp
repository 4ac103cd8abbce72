// SPDX-License-Identifier: Apache-2.0
// Multicast listener discovery on the wire: MLDv1 (RFC 2710) and MLDv2 (RFC 3810). The checksum is the
// caller's.
#pragma once

#include "core/base/drop.hpp"
#include "core/base/reader.hpp"
#include "core/base/writer.hpp"
#include "core/ip/icmpv6_wire.hpp"

namespace linnet::ip::mld {

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
/// RFC 3810 5.1.9: seconds; from 128 on a floating point number, of up to 31,744.
constexpr std::uint32_t query_interval(std::uint8_t code) {
  if (code < 0x80) return code;
  return (0x10u | (code & 0xfu)) << (((code >> 4) & 7) + 3);
}

/// Addresses one behind the other, in a message that holds them all.
class Sources {
 public:
  constexpr Sources() = default;
  explicit constexpr Sources(Bytes bytes) : bytes_(bytes) {}
  constexpr std::size_t size() const { return bytes_.size() / 16; }
  /// `index` below size().
  constexpr IpAddress operator[](std::size_t index) const {
    return IpAddress::v6(std::span<const std::uint8_t, 16>(bytes_.data() + index * 16, 16));
  }

 private:
  Bytes bytes_;
};

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

/// RFC 3810 5.2.12.
enum class RecordType : std::uint8_t {
  is_include = 1,
  is_exclude = 2,
  to_include = 3,
  to_exclude = 4,
  allow_new_sources = 5,
  block_old_sources = 6,
};

/// RFC 3810 5.2: a multicast address record. A type that is not known must be ignored (5.2.12).
struct Record {
  RecordType type = RecordType::is_include;
  IpAddress group{};
  Sources sources{};
};

/// Of MLDv2. All its records are inside of the message.
class ReportV2 {
 public:
  static constexpr std::size_t header_size = 8;
  static constexpr std::size_t record_size = 20;  ///< without sources

  static std::optional<ReportV2> parse(Bytes message, const Envelope& envelope, Drop& reason);

  class Records {
   public:
    std::optional<Record> next();
    bool ok() const { return reader_.ok(); }

   private:
    friend class ReportV2;
    Records(Bytes bytes, std::uint16_t count) : reader_(bytes), left_(count) {}
    Reader reader_;
    std::uint16_t left_;
  };
  Records records() const { return Records(message_.subspan(header_size), load16(message_.data() + 6)); }

  /// First the header, with the number of records; then these.
  static void write(Writer& writer, std::uint16_t records);
  static void write_record(Writer& writer, RecordType type, const IpAddress& group,
                           std::span<const IpAddress> sources = {});

 private:
  explicit ReportV2(Bytes message) : message_(message) {}
  Bytes message_;
};

}  // namespace linnet::ip::mld
