// SPDX-License-Identifier: Apache-2.0
// Messages as a DHCPv6 server writes them, for tests: put together by hand, wrong ones too.
#pragma once

#include <string_view>
#include <vector>

#include "services/dhcpv6/wire.hpp"

namespace linnet::dhcpv6::test {

using Buffer = std::vector<std::uint8_t>;

constexpr MacAddress client_mac{{0x02, 0, 0x5e, 0x10, 0x20, 0x30}};
constexpr std::uint32_t client_iaid = 0x5e102030;  // the last four bytes of the MAC

inline IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

inline void append16(Buffer& to, std::size_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}
inline void append32(Buffer& to, std::uint32_t value) {
  append16(to, value >> 16);
  append16(to, value & 0xffff);
}
inline void append(Buffer& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

inline Buffer encoded(std::uint16_t code, const Buffer& value) {
  Buffer bytes;
  append16(bytes, code);
  append16(bytes, value.size());
  append(bytes, value);
  return bytes;
}
inline Buffer status(StatusCode code, std::string_view text = "") {
  Buffer value;
  append16(value, static_cast<std::size_t>(code));
  value.insert(value.end(), text.begin(), text.end());
  return encoded(option::status_code, value);
}
inline Buffer server_duid(std::uint8_t number) { return {0, 3, 0, 1, 2, 0, 0, 0, 0, number}; }

struct Granted {
  IpAddress address;
  std::uint32_t preferred = 1800;
  std::uint32_t valid = 3600;
  Buffer options{};
};
inline Buffer ia_address(const Granted& granted) {
  Buffer value;
  append(value, granted.address.bytes());
  append32(value, granted.preferred);
  append32(value, granted.valid);
  append(value, granted.options);
  return encoded(option::ia_address, value);
}
inline Buffer ia_na(const std::vector<Granted>& addresses, std::uint32_t t1 = 0, std::uint32_t t2 = 0,
                    const Buffer& more = {}, std::uint32_t iaid = client_iaid) {
  Buffer value;
  append32(value, iaid);
  append32(value, t1);
  append32(value, t2);
  for (const Granted& granted : addresses) append(value, ia_address(granted));
  append(value, more);
  return encoded(option::ia_na, value);
}

struct ServerMessage {
  explicit ServerMessage(MessageType type, std::uint32_t xid = 0x123456) {
    append32(bytes, static_cast<std::uint32_t>(type) << 24 | xid);
  }
  ServerMessage& raw(const Buffer& more) {
    append(bytes, more);
    return *this;
  }
  ServerMessage& add(std::uint16_t code, const Buffer& value) { return raw(encoded(code, value)); }
  ServerMessage& u32(std::uint16_t code, std::uint32_t value) {
    Buffer four;
    append32(four, value);
    return add(code, four);
  }
  ServerMessage& client(Bytes duid) { return add(option::client_id, Buffer(duid.begin(), duid.end())); }
  ServerMessage& server(std::uint8_t number) { return add(option::server_id, server_duid(number)); }
  ServerMessage& addresses(std::uint16_t code, const std::vector<IpAddress>& list) {
    Buffer value;
    for (const IpAddress& address : list) append(value, address.bytes());
    return add(code, value);
  }
  /// Exactly as long as its bytes, so that reading one too many is an error that a sanitizer sees.
  Buffer exact() const { return Buffer(bytes.begin(), bytes.end()); }
  std::uint32_t xid() const { return load32(bytes.data()) & 0xffffff; }

  Buffer bytes;
};

}  // namespace linnet::dhcpv6::test
