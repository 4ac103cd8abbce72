// SPDX-License-Identifier: Apache-2.0
#include "services/dns/message.hpp"

namespace linnet::dns {

Next Records::next(Record& record) {
  if (left_ == 0) return Next::end;
  if (position_ == message_.size()) return incomplete();
  const std::optional<Name> owner = Name::read(message_, position_);
  if (!owner) return Next::malformed;
  Reader reader(message_);
  reader.seek(position_);
  record.owner = *owner;
  record.type = reader.u16();
  record.record_class = reader.u16();
  record.ttl = ttl_of(reader.u32());
  record.length = reader.u16();
  record.data = reader.position();
  reader.skip(record.length);
  if (!reader.ok()) return incomplete();
  position_ = reader.position();
  --left_;
  return Next::record;
}

std::optional<Name> name_in(Bytes message, const Record& record, std::size_t skipped) {
  if (record.length <= skipped) return std::nullopt;
  std::size_t position = record.data + skipped;
  const Bytes until_end = message.first(record.data + record.length);
  const std::optional<Name> name = Name::read(until_end, position);
  if (!name || position != until_end.size()) return std::nullopt;
  return name;
}

std::optional<IpAddress> address_in(Bytes message, const Record& record) {
  const Bytes data = message.subspan(record.data);
  if (record.type == type::a && record.length == 4) return IpAddress::v4(data.first<4>());
  if (record.type == type::aaaa && record.length == 16) {
    const IpAddress address = IpAddress::v6(data.first<16>());
    if (address.is_v6() && !address.is_multicast() && !address.is_unspecified()) return address;
  }
  return std::nullopt;
}

}  // namespace linnet::dns
