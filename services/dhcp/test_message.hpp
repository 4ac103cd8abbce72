// SPDX-License-Identifier: Apache-2.0
// Messages as a DHCP server writes them, for tests: put together by hand, wrong ones too.
#pragma once

#include <string_view>
#include <vector>

#include "services/dhcp/wire.hpp"

namespace linnet::dhcp::test {

using Buffer = std::vector<std::uint8_t>;

struct ServerMessage {
  explicit ServerMessage(MessageType type, std::uint32_t xid = 0x12345678) : bytes(240) {
    bytes[0] = 2;
    bytes[1] = 1;
    bytes[2] = 6;
    store32(bytes.data() + 4, xid);
    mac({{0x02, 0, 0, 0, 0, 1}});
    store32(bytes.data() + 236, magic_cookie);
    option(53, {static_cast<std::uint8_t>(type)});
  }
  ServerMessage& mac(const MacAddress& mac) {
    copy_bytes(bytes.data() + 28, mac.bytes);
    return *this;
  }
  ServerMessage& yiaddr(const IpAddress& address) {
    copy_bytes(bytes.data() + 16, address.v4_bytes());
    return *this;
  }
  ServerMessage& ciaddr(const IpAddress& address) {
    copy_bytes(bytes.data() + 12, address.v4_bytes());
    return *this;
  }
  ServerMessage& option(std::uint8_t code, const Buffer& value) {
    bytes.push_back(code);
    bytes.push_back(static_cast<std::uint8_t>(value.size()));
    bytes.insert(bytes.end(), value.begin(), value.end());
    return *this;
  }
  ServerMessage& u32(std::uint8_t code, std::uint32_t value) {
    Buffer four(4);
    store32(four.data(), value);
    return option(code, four);
  }
  ServerMessage& u16(std::uint8_t code, std::uint16_t value) {
    Buffer two(2);
    store16(two.data(), value);
    return option(code, two);
  }
  ServerMessage& address(std::uint8_t code, const IpAddress& value) { return u32(code, value.v4_value()); }
  ServerMessage& text(std::uint8_t code, std::string_view value) {
    return option(code, Buffer(value.begin(), value.end()));
  }
  ServerMessage& file(const Buffer& content) {
    copy_bytes(bytes.data() + 108, content);
    return *this;
  }
  ServerMessage& sname(const Buffer& content) {
    copy_bytes(bytes.data() + 44, content);
    return *this;
  }
  /// Exactly as long as its bytes, so that reading one too many is an error that a sanitizer sees.
  Buffer unfinished() const { return Buffer(bytes.begin(), bytes.end()); }
  Buffer finish() const {
    Buffer whole = unfinished();
    whole.push_back(255);
    whole.shrink_to_fit();
    return whole;
  }

  Buffer bytes;
};

}  // namespace linnet::dhcp::test
