// SPDX-License-Identifier: Apache-2.0
// Messages as a DNS server writes them, for tests: put together by hand, wrong ones too.
#pragma once

#include <string_view>
#include <vector>

#include "services/dns/wire.hpp"

namespace linnet::dns::test {

using Buffer = std::vector<std::uint8_t>;

/// "www.example" as labels with the root; no checks.
inline Buffer labels(std::string_view text) {
  Buffer wire;
  while (!text.empty()) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    wire.push_back(static_cast<std::uint8_t>(dot));
    wire.insert(wire.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(dot));
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  wire.push_back(0);
  return wire;
}

struct ServerMessage {
  explicit ServerMessage(std::uint16_t id, std::string_view question = {},
                         std::uint16_t record_type = type::a)
      : bytes(12) {
    store16(bytes.data(), id);
    store16(bytes.data() + 2, 0x8180);
    if (!question.empty()) ask(question, record_type);
  }
  ServerMessage& ask(std::string_view name, std::uint16_t type = 1, std::uint16_t record_class = 1) {
    append(labels(name));
    u16(type);
    u16(record_class);
    return count(4);
  }
  ServerMessage& flags(std::uint16_t value) {
    store16(bytes.data() + 2, value);
    return *this;
  }
  ServerMessage& rcode(std::uint8_t value) {
    bytes[3] = static_cast<std::uint8_t>((bytes[3] & 0xf0) | value);
    return *this;
  }
  ServerMessage& truncated() {
    bytes[2] |= 2;
    return *this;
  }
  /// The record without its place in a count.
  ServerMessage& record(const Buffer& owner, std::uint16_t type, std::uint32_t ttl, const Buffer& data,
                        std::uint16_t record_class = 1) {
    append(owner);
    u16(type);
    u16(record_class);
    u16(static_cast<std::uint16_t>(ttl >> 16));
    u16(static_cast<std::uint16_t>(ttl & 0xffff));
    u16(static_cast<std::uint16_t>(data.size()));
    append(data);
    return *this;
  }
  ServerMessage& a(std::string_view owner, const IpAddress& address, std::uint32_t ttl = 300) {
    return record(labels(owner), type::a, ttl, Buffer(address.v4_bytes().begin(), address.v4_bytes().end()))
        .count(6);
  }
  ServerMessage& aaaa(std::string_view owner, const IpAddress& address, std::uint32_t ttl = 300) {
    return record(labels(owner), type::aaaa, ttl, Buffer(address.bytes().begin(), address.bytes().end()))
        .count(6);
  }
  ServerMessage& cname(std::string_view owner, std::string_view target, std::uint32_t ttl = 300) {
    return record(labels(owner), type::cname, ttl, labels(target)).count(6);
  }
  ServerMessage& soa(std::uint32_t ttl, std::uint32_t minimum) {
    Buffer data = labels("ns.example");
    const Buffer mail = labels("root.example");
    data.insert(data.end(), mail.begin(), mail.end());
    data.resize(data.size() + 20);
    store32(data.data() + data.size() - 4, minimum);
    return record(labels("example"), type::soa, ttl, data).count(8);
  }
  ServerMessage& count(std::size_t offset, int by = 1) {
    store16(bytes.data() + offset, static_cast<std::uint16_t>(load16(bytes.data() + offset) + by));
    return *this;
  }
  ServerMessage& append(const Buffer& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return *this;
  }
  ServerMessage& u16(std::uint16_t value) {
    return append({static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value & 0xff)});
  }
  /// Exactly as long as its bytes, so that a sanitizer sees a read past the end.
  Buffer finish() const { return Buffer(bytes.begin(), bytes.end()); }

  Buffer bytes;
};

}  // namespace linnet::dns::test
