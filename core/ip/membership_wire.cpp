// SPDX-License-Identifier: Apache-2.0
#include "core/ip/membership_wire.hpp"

namespace linnet::ip::membership {

void write_address(Writer& writer, const IpAddress& address, bool v4) {
  if (v4) {
    writer.bytes(address.v4_bytes());
  } else {
    writer.bytes(address.bytes());
  }
}

void Record::write(Writer& writer, RecordType type, const IpAddress& group, std::uint16_t sources) {
  writer.u8(static_cast<std::uint8_t>(type));
  writer.u8(0);  // no auxiliary data
  writer.u16(sources);
  write_address(writer, group, group.is_v4());
}

void Record::write(Writer& writer, RecordType type, const IpAddress& group,
                   std::span<const IpAddress> sources) {
  write(writer, type, group, static_cast<std::uint16_t>(sources.size()));
  for (const IpAddress& source : sources) write_address(writer, source, group.is_v4());
}

std::optional<Record> Records::next() {
  if (left_ == 0) return std::nullopt;
  --left_;
  const auto type = static_cast<RecordType>(reader_.u8());
  const std::size_t auxiliary = reader_.u8() * std::size_t{4};
  const std::size_t sources = reader_.u16() * address_size(v4_);
  const Bytes group = reader_.bytes(address_size(v4_));
  const Bytes addresses = reader_.bytes(sources);
  reader_.skip(auxiliary);  // RFC 3376 4.2.10, RFC 3810 5.2.11: ignored
  // A group that is none is as bad as a length.
  if (reader_.ok() && !is_group(address_at(group.data(), v4_), v4_)) reader_.fail();
  if (!reader_.ok()) {
    left_ = 0;
    return std::nullopt;
  }
  return Record{type, address_at(group.data(), v4_), Sources(addresses, v4_)};
}

}  // namespace linnet::ip::membership
