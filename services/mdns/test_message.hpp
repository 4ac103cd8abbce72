// SPDX-License-Identifier: Apache-2.0
// Messages as other programs write them, and ours taken apart, by code of its own.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "services/dns/test_message.hpp"
#include "services/mdns/types.hpp"

namespace linnet::mdns::test {

using dns::test::Buffer;
using dns::test::labels;
using dns::test::ServerMessage;

constexpr std::uint16_t flush_in = 0x8001;  // class IN with the cache-flush bit
constexpr std::uint16_t unicast_in = 0x8001;

inline ServerMessage query_message(std::uint16_t id = 0) { return ServerMessage(id).flags(0); }
inline ServerMessage response_message() { return ServerMessage(0).flags(0x8400); }

inline Buffer srv_data(std::string_view target, std::uint16_t port_number, std::uint16_t priority = 0,
                       std::uint16_t weight = 0) {
  Buffer data(6);
  store16(data.data(), priority);
  store16(data.data() + 2, weight);
  store16(data.data() + 4, port_number);
  const Buffer name = labels(target);
  data.insert(data.end(), name.begin(), name.end());
  return data;
}
inline Buffer a_data(const IpAddress& address) {
  if (address.is_v4()) return Buffer(address.v4_bytes().begin(), address.v4_bytes().end());
  return Buffer(address.bytes().begin(), address.bytes().end());
}

/// ::ffff:192.0.2.1, as an AAAA record must not say.
inline Buffer a_data_mapped() {
  const auto bytes = IpAddress::v4(192, 0, 2, 1).bytes();
  return Buffer(bytes.begin(), bytes.end());
}

struct SentQuestion {
  std::string name;
  std::uint16_t type = 0;
  bool unicast = false;
};
struct SentRecord {
  Section section = Section::answer;
  std::string name;
  std::uint16_t type = 0;
  bool flush = false;
  std::uint32_t ttl = 0;
  Buffer data{};         // as on the wire
  std::string target{};  // the name in it
};
struct Sent {
  Instant at;
  std::optional<Endpoint> to;
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::vector<SentQuestion> questions;
  std::vector<SentRecord> records;
  Buffer bytes;

  bool is_response() const { return (flags & 0x8000) != 0; }
  bool truncated() const { return (flags & 0x0200) != 0; }
  /// The first record of that name and type, or null.
  const SentRecord* find(std::string_view name, std::uint16_t type) const {
    for (const SentRecord& record : records) {
      if (record.name == name && record.type == type) return &record;
    }
    return nullptr;
  }
  std::size_t count(Section section) const {
    return static_cast<std::size_t>(std::count_if(records.begin(), records.end(),
                                                  [&](const SentRecord& r) { return r.section == section; }));
  }
};

/// The name at a position, with dots between its labels.
inline std::string name_at(const Buffer& message, std::size_t& at) {
  std::string text;
  std::size_t position = at;
  bool jumped = false;
  for (int turns = 0; turns < 300; ++turns) {
    const std::uint8_t length = message.at(position);
    if (length >= 0xc0) {
      const std::size_t target = (length & 0x3fu) * 256u + message.at(position + 1);
      if (!jumped) at = position + 2;
      jumped = true;
      EXPECT_LT(target, position);
      position = target;
      continue;
    }
    EXPECT_LT(length, 64);
    if (length == 0) {
      if (!jumped) at = position + 1;
      return text;
    }
    if (!text.empty()) text += '.';
    for (std::size_t i = 1; i <= length; ++i) text += static_cast<char>(message.at(position + i));
    position += 1u + length;
  }
  ADD_FAILURE() << "a name without an end";
  return text;
}

inline Sent take_apart(Bytes bytes, Instant at, const std::optional<Endpoint>& to) {
  Sent sent;
  sent.at = at;
  sent.to = to;
  sent.bytes.assign(bytes.begin(), bytes.end());
  const Buffer& m = sent.bytes;
  const auto word = [&m](std::size_t i) { return static_cast<std::uint16_t>(m.at(i) * 256u + m.at(i + 1)); };
  sent.id = word(0);
  sent.flags = word(2);
  std::size_t position = 12;
  for (unsigned i = 0; i < word(4); ++i) {
    SentQuestion question;
    question.name = name_at(m, position);
    question.type = word(position);
    question.unicast = (word(position + 2) & 0x8000) != 0;
    EXPECT_EQ(word(position + 2) & 0x7fff, 1);
    position += 4;
    sent.questions.push_back(question);
  }
  const unsigned count = 0u + word(6) + word(8) + word(10);
  for (unsigned i = 0; i < count; ++i) {
    SentRecord record;
    record.section = i < word(6)                  ? Section::answer
                     : i < 0u + word(6) + word(8) ? Section::authority
                                                  : Section::additional;
    record.name = name_at(m, position);
    record.type = word(position);
    record.flush = (word(position + 2) & 0x8000) != 0;
    EXPECT_EQ(word(position + 2) & 0x7fff, 1);
    record.ttl = static_cast<std::uint32_t>(word(position + 4)) << 16 | word(position + 6);
    const std::size_t length = word(position + 8);
    position += 10;
    record.data.assign(m.begin() + static_cast<std::ptrdiff_t>(position),
                       m.begin() + static_cast<std::ptrdiff_t>(position + length));
    if (record.type == 12 || record.type == 33 || record.type == 47) {
      std::size_t inner = position + (record.type == 33 ? 6 : 0);
      record.target = name_at(m, inner);
      EXPECT_TRUE(record.type == 47 || inner == position + length) << "the name fills the data";
    }
    position += length;
    sent.records.push_back(record);
  }
  EXPECT_EQ(position, m.size()) << "nothing behind the message";
  return sent;
}

}  // namespace linnet::mdns::test
