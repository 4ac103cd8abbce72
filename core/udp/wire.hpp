// SPDX-License-Identifier: Apache-2.0
// UDP on the wire (RFC 768).
#pragma once

#include <optional>

#include "core/base/drop.hpp"
#include "core/base/fields.hpp"

namespace linnet::udp {

class Header {
 public:
  static constexpr std::size_t size = 8;
  static constexpr std::size_t checksum_offset = 6;

  /// Nothing when the datagram is too short, or says that it is longer than it is (RFC 768: "Length").
  static constexpr std::optional<Header> parse(Bytes datagram) {
    if (datagram.size() < size) return std::nullopt;
    const Header header(datagram.data());
    if (header.length() < size || header.length() > datagram.size()) return std::nullopt;
    return header;
  }
  /// For what an ICMP message quotes: at least the 8 bytes, of a datagram whose rest is not there.
  static constexpr std::optional<Header> parse_quoted(Bytes datagram) {
    if (datagram.size() < size) return std::nullopt;
    return Header(datagram.data());
  }
  constexpr std::uint16_t source_port() const { return fields_.get16<0>(); }
  constexpr std::uint16_t destination_port() const { return fields_.get16<2>(); }
  constexpr std::uint16_t length() const { return fields_.get16<4>(); }
  constexpr std::uint16_t checksum() const { return fields_.get16<6>(); }

  /// The checksum field is left zero: no checksum, until Ip::send fills it in.
  static constexpr void write(std::uint8_t* to, std::uint16_t source_port, std::uint16_t destination_port,
                              std::uint16_t length) {
    MutableFields<size> fields(to);
    fields.set16<0>(source_port);
    fields.set16<2>(destination_port);
    fields.set16<4>(length);
    fields.set16<6>(0);
  }

 private:
  explicit constexpr Header(const std::uint8_t* data) : fields_(data) {}
  Fields<size> fields_;
};

}  // namespace linnet::udp
