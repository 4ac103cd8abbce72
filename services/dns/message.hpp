// SPDX-License-Identifier: Apache-2.0
// The parts of a DNS message (RFC 1035 4.1), to be read in their order.
#pragma once

#include "core/base/fields.hpp"
#include "core/base/reader.hpp"
#include "services/dns/wire.hpp"

namespace linnet::dns {

/// RFC 1035 4.1.1. The message must have header_size bytes.
class Header {
 public:
  explicit Header(const std::uint8_t* data) : fields_(data) {}
  std::uint16_t id() const { return fields_.get16<0>(); }
  bool is_response() const { return (fields_.get8<2>() & 0x80) != 0; }
  std::uint8_t opcode() const { return (fields_.get8<2>() >> 3) & 0x0f; }
  bool authoritative() const { return (fields_.get8<2>() & 0x04) != 0; }
  bool truncated() const { return (fields_.get8<2>() & 0x02) != 0; }
  bool recursion_desired() const { return (fields_.get8<2>() & 0x01) != 0; }
  bool recursion_available() const { return (fields_.get8<3>() & 0x80) != 0; }
  std::uint8_t rcode() const { return fields_.get8<3>() & 0x0f; }
  std::uint16_t questions() const { return fields_.get16<4>(); }
  std::uint16_t answers() const { return fields_.get16<6>(); }
  std::uint16_t authorities() const { return fields_.get16<8>(); }
  std::uint16_t additionals() const { return fields_.get16<10>(); }

 private:
  Fields<header_size> fields_;
};

/// RFC 1035 4.1.3.
struct Record {
  Name owner;
  std::uint16_t type = 0;
  std::uint16_t record_class = 0;
  Duration ttl;
  std::size_t data = 0;  ///< position in the message
  std::size_t length = 0;
};

enum class Next : std::uint8_t { record, end, malformed };

/// Reads records one after the other. The end of the data is an end too, whatever the counts say (RFC 9267
/// 6); a record that is not all there is not read.
class Records {
 public:
  Records(Bytes message, std::size_t position, std::uint16_t count)
      : message_(message), position_(position), left_(count) {}

  Next next(Record& record);
  std::size_t position() const { return position_; }
  bool all_there() const { return !incomplete_; }

 private:
  Next incomplete() {
    left_ = 0;
    incomplete_ = true;
    return Next::end;
  }

  Bytes message_;
  std::size_t position_;
  std::uint16_t left_;
  bool incomplete_ = false;
};

/// The name in the data of a record, behind `skipped` bytes of other fields: NS, CNAME, PTR: 0, MX: 2 (RFC
/// 1035 3.3), SRV: 6 (RFC 2782). Nothing when it does not fill the data exactly (RFC 9267 5).
std::optional<Name> name_in(Bytes message, const Record& record, std::size_t skipped = 0);

/// The address in an A record (RFC 1035 3.4.1) or an AAAA record (RFC 3596 2.2); nothing when its length is
/// another, or when an AAAA record holds what can be no host's IPv6 address. A mapped one (RFC 4291 2.5.5.2)
/// would pass for an A record that nobody checked as one.
std::optional<IpAddress> address_in(Bytes message, const Record& record);

}  // namespace linnet::dns
