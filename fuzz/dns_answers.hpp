// SPDX-License-Identifier: Apache-2.0
// Answers of DNS servers, good and bad as the input will have them.
#pragma once

#include <array>

#include "fuzz/input.hpp"
#include "services/dns/wire.hpp"

namespace linnet::fuzz {

constexpr std::size_t longest_dns_answer = 800;

/// A record with an address or an alias, of the name that was asked for or of another. Yields its size.
inline std::size_t put_dns_record(Input& input, std::uint8_t* to, std::uint16_t record_type) {
  const std::uint8_t how = input.u8();
  store16(to, static_cast<std::uint16_t>(0xc000 | ((how & 0x0f) == 0 ? input.u8() : 12)));
  const bool alias = (how & 0x30) == 0x30;
  const bool long_one = record_type == dns::type::aaaa;
  store16(to + 2, alias ? dns::type::cname : record_type);
  store16(to + 4, 1);
  store32(to + 6, (how & 0x40) != 0 ? input.u32() : 60);
  if (alias) {
    store16(to + 10, 2);
    store16(to + 12, static_cast<std::uint16_t>(0xc000 | input.u8()));
    return 14;
  }
  const std::uint8_t last = input.u8();
  if (!long_one) {
    store16(to + 10, 4);
    store32(to + 12, (how & 0x80) != 0 ? 0x7f000000u | last : 0xcb007100u | last);
    return 16;
  }
  // ::1, fe80::, mapped, multicast, and what may be an address.
  constexpr std::array<std::uint16_t, 4> fronts{0, 0xfe80, 0xff02, 0x2001};
  store16(to + 10, 16);
  std::fill_n(to + 12, 16, std::uint8_t{0});
  store16(to + 12, (how & 0x80) != 0 ? fronts[last % 4] : std::uint16_t{0x2001});
  if ((how & 0x80) != 0 && last % 8 == 0) store16(to + 22, 0xffff);
  to[27] = static_cast<std::uint8_t>(last / 8);
  return 28;
}

/// To `question` (name, type and class), which is at most 300 bytes long; in longest_dns_answer bytes of
/// zeros. Yields its size.
inline std::size_t put_dns_answer(Input& input, std::uint8_t* to, std::uint16_t id, Bytes question,
                                  std::uint16_t record_type) {
  store16(to, id);
  store16(to + 2, static_cast<std::uint16_t>(0x8180 | (input.below(8) == 0 ? input.u16() & 0x020f : 0)));
  to[5] = 1;
  to[7] = static_cast<std::uint8_t>(input.below(5));
  to[9] = static_cast<std::uint8_t>(input.below(2));
  copy_bytes(to + dns::header_size, question);
  std::size_t at = dns::header_size + question.size();
  for (int i = 0; i < to[7]; ++i) at += put_dns_record(input, to + at, record_type);
  const Bytes more = input.bytes(input.below(100));
  copy_bytes(to + at, more);
  return at + more.size();
}

}  // namespace linnet::fuzz
