// SPDX-License-Identifier: Apache-2.0
// IPv6 packets put together by hand, so that a mistake in the stack's writers is not made twice.
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "core/base/address.hpp"

namespace linnet::ip::test6 {

using Buffer = std::vector<std::uint8_t>;

inline IpAddress address(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(IpAddress{});
}

inline Buffer joined(std::initializer_list<Buffer> parts) {
  Buffer all;
  for (const Buffer& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// An IPv6 packet from 2001:db8::2 with a hop limit of 64.
inline Buffer packet6(std::uint8_t next_header, const Buffer& payload,
                      std::string_view destination = "2001:db8::1") {
  Buffer packet = {0x60,
                   0,
                   0,
                   0,
                   static_cast<std::uint8_t>(payload.size() >> 8),
                   static_cast<std::uint8_t>(payload.size() & 0xff),
                   next_header,
                   64};
  for (const IpAddress& a : {address("2001:db8::2"), address(destination)})
    packet.insert(packet.end(), a.bytes().begin(), a.bytes().end());
  packet.insert(packet.end(), payload.begin(), payload.end());
  packet.shrink_to_fit();
  return packet;
}

/// An extension header with these bytes behind its first two, filled up with zeros (Pad1).
inline Buffer extension(std::uint8_t next_header, const Buffer& body) {
  Buffer header = {next_header, 0};
  header.insert(header.end(), body.begin(), body.end());
  while (header.size() % 8 != 0) header.push_back(0);
  header[1] = static_cast<std::uint8_t>(header.size() / 8 - 1);
  return header;
}

inline Buffer fragment_header(std::uint8_t next_header, std::uint16_t offset, bool more) {
  const auto word = static_cast<std::uint16_t>(offset | (more ? 1 : 0));
  return {next_header, 0, static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word & 0xff), 1, 2,
          3,           4};
}

inline Buffer prefix_of(const Buffer& whole, std::size_t size) {
  Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
  cut.shrink_to_fit();
  return cut;
}

}  // namespace linnet::ip::test6
