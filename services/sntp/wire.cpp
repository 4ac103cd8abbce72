// SPDX-License-Identifier: Apache-2.0
#include "services/sntp/wire.hpp"

#include "core/base/fields.hpp"

namespace linnet::sntp {

std::optional<Message> Message::parse(Bytes bytes) {
  if (bytes.size() < message_size) return std::nullopt;
  const Fields<message_size> fields(bytes.data());
  const std::uint8_t first = fields.get8<0>();
  return Message{.leap = static_cast<Leap>(first >> 6),
                 .version = static_cast<std::uint8_t>((first >> 3) & 7),
                 .mode = static_cast<PacketMode>(first & 7),
                 .stratum = fields.get8<1>(),
                 .poll = static_cast<std::int8_t>(fields.get8<2>()),
                 .precision = static_cast<std::int8_t>(fields.get8<3>()),
                 .root_delay = fields.get32<4>(),
                 .root_dispersion = fields.get32<8>(),
                 .reference_id = fields.get32<12>(),
                 .reference = load64(bytes.data() + 16),
                 .origin = load64(bytes.data() + 24),
                 .receive = load64(bytes.data() + 32),
                 .transmit = load64(bytes.data() + 40)};
}

void Message::write(std::span<std::uint8_t, message_size> bytes) const {
  MutableFields<message_size> fields(bytes.data());
  fields.set8<0>(static_cast<std::uint8_t>(static_cast<unsigned>(leap) << 6 | (version & 7u) << 3 |
                                           static_cast<unsigned>(mode)));
  fields.set8<1>(stratum);
  fields.set8<2>(static_cast<std::uint8_t>(poll));
  fields.set8<3>(static_cast<std::uint8_t>(precision));
  fields.set32<4>(root_delay);
  fields.set32<8>(root_dispersion);
  fields.set32<12>(reference_id);
  store64(bytes.data() + 16, reference);
  store64(bytes.data() + 24, origin);
  store64(bytes.data() + 32, receive);
  store64(bytes.data() + 40, transmit);
}

}  // namespace linnet::sntp
