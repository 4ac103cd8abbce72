// SPDX-License-Identifier: Apache-2.0
// Messages of Multicast DNS with names that mean something, good and bad as the input will have them.
#pragma once

#include <array>

#include "fuzz/input.hpp"
#include "services/mdns/wire.hpp"

namespace linnet::fuzz {

inline mdns::Name mdns_name(Input& input) {
  constexpr std::array<std::string_view, 6> names = {
      "host.local",       "host-2.local", "Web._http._tcp.local",
      "_http._tcp.local", "x.local",      "_services._dns-sd._udp.local"};
  return *mdns::name_from_text(names[input.below(names.size())]);
}

inline std::uint16_t mdns_type(Input& input) {
  constexpr std::array<std::uint16_t, 7> types = {mdns::type::a,   mdns::type::aaaa, mdns::type::ptr,
                                                  mdns::type::srv, mdns::type::txt,  mdns::type::nsec,
                                                  mdns::type::any};
  return types[input.below(types.size())];
}

/// Into `room`, of 1,500 bytes.
inline Bytes put_mdns_message(Input& input, MutableBytes room) {
  mdns::MessageWriter writer(room, input.u8(), static_cast<std::uint16_t>(input.u16() & 0x8600u));
  const unsigned questions = input.u8() % 3u;
  for (unsigned i = 0; i < questions; ++i) writer.question(mdns_name(input), mdns_type(input), input.flag());
  for (const mdns::Section section :
       {mdns::Section::answer, mdns::Section::authority, mdns::Section::additional}) {
    const unsigned records = input.u8() % 3u;
    for (unsigned i = 0; i < records; ++i) {
      const mdns::Name owner = mdns_name(input);
      const std::uint16_t of_type = mdns_type(input);
      const mdns::Name target = mdns_name(input);
      const bool named = of_type == mdns::type::ptr || of_type == mdns::type::nsec;
      const Bytes data = named ? target.wire() : input.bytes(of_type == mdns::type::a ? 4 : input.u8() % 20u);
      writer.record(section, owner,
                    {.type = of_type, .flush = input.flag(), .ttl = input.u8() * 20u, .data = data});
    }
  }
  return writer.finish();
}

}  // namespace linnet::fuzz
