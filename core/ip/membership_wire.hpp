// SPDX-License-Identifier: Apache-2.0
// What IGMPv3 (RFC 3376 4) and MLDv2 (RFC 3810 5) have in common on the wire: floating point codes, source
// lists, group records. The family of a group says how long its addresses are.
#pragma once

#include <optional>

#include "core/base/address.hpp"
#include "core/base/reader.hpp"
#include "core/base/writer.hpp"

namespace linnet::ip::membership {

constexpr std::size_t address_size(bool v4) { return v4 ? 4 : 16; }
/// Of the family that a message is of, at `p`: 4 or 16 bytes.
constexpr IpAddress address_at(const std::uint8_t* p, bool v4) {
  return v4 ? IpAddress::v4(std::span<const std::uint8_t, 4>(p, 4))
            : IpAddress::v6(std::span<const std::uint8_t, 16>(p, 16));
}
/// 224.0.0.0/4 or ff00::/8; not the mapped form of the one where the other is meant.
constexpr bool is_group(const IpAddress& address, bool v4) {
  return address.is_v4() == v4 && address.is_multicast();
}

/// RFC 3376 4.1.1 and 4.1.7, RFC 3810 5.1.9: from 128 on a floating point number, of up to 31,744.
constexpr std::uint32_t floating_point(std::uint8_t code) {
  if (code < 0x80) return code;
  return (0x10u | (code & 0xfu)) << (((code >> 4) & 7) + 3);
}
/// QQIC: seconds.
constexpr std::uint32_t query_interval(std::uint8_t code) { return floating_point(code); }

/// Addresses one behind the other, in a message that holds them all.
class Sources {
 public:
  constexpr Sources() = default;
  constexpr Sources(Bytes bytes, bool v4) : bytes_(bytes), v4_(v4) {}
  constexpr std::size_t size() const { return bytes_.size() / address_size(v4_); }
  /// `index` below size().
  constexpr IpAddress operator[](std::size_t index) const {
    return address_at(bytes_.data() + index * address_size(v4_), v4_);
  }

 private:
  Bytes bytes_;
  bool v4_ = false;
};

/// RFC 3376 4.2.12, RFC 3810 5.2.12.
enum class RecordType : std::uint8_t {
  is_include = 1,
  is_exclude = 2,
  to_include = 3,
  to_exclude = 4,
  allow_new_sources = 5,
  block_old_sources = 6,
};

/// RFC 3376 4.2.4, RFC 3810 5.2: a record of a report. A type that is not known must be ignored.
struct Record {
  /// Without sources.
  static constexpr std::size_t size(bool v4) { return 4 + address_size(v4); }

  RecordType type = RecordType::is_include;
  IpAddress group{};
  Sources sources{};

  /// The beginning of a record; `sources` addresses have to follow.
  static void write(Writer& writer, RecordType type, const IpAddress& group, std::uint16_t sources);
  static void write(Writer& writer, RecordType type, const IpAddress& group,
                    std::span<const IpAddress> sources);
};
/// 4 or 16 bytes, by the family of the message: a source of MLD may look like a mapped address (::ffff:0:0/96).
void write_address(Writer& writer, const IpAddress& address, bool v4);

/// Walks the records of a report; not ok() as soon as one does not fit, or is about what is no group.
class Records {
 public:
  Records(Bytes bytes, std::uint16_t count, bool v4) : reader_(bytes), left_(count), v4_(v4) {}
  std::optional<Record> next();
  bool ok() const { return reader_.ok(); }

 private:
  Reader reader_;
  std::uint16_t left_;
  bool v4_;
};

}  // namespace linnet::ip::membership
