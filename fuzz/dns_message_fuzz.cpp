// SPDX-License-Identifier: Apache-2.0
// DNS names and answers: against a second reader, and queries that read as they were written.
#include <array>
#include <string>

#include "fuzz/input.hpp"
#include "services/dns/wire.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dns::Name;

namespace {

/// RFC 1035 4.1.4 by recursion; every pointer goes in front of where its part of the name began.
bool plain_name(Bytes message, std::size_t at, std::size_t jumps, std::string& wire, std::size_t& end) {
  const std::size_t part = at;
  for (;;) {
    if (at >= message.size()) return false;
    const std::uint8_t length = message[at];
    if (length == 0) {
      end = at + 1;
      wire += '\0';
      return wire.size() <= 255;
    }
    if (length >= 0xc0) {
      if (at + 1 >= message.size() || jumps == 16) return false;
      const std::size_t target = (length & 0x3fu) * 256u + message[at + 1];
      std::size_t ignored = 0;
      end = at + 2;
      return target < part && plain_name(message, target, jumps + 1, wire, ignored);
    }
    if (length > 63 || at + length >= message.size()) return false;
    wire += static_cast<char>(length);
    for (std::size_t i = 1; i <= length; ++i) {
      const char c = static_cast<char>(message[at + i]);
      wire += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    if (wire.size() > 254) return false;
    at += 1u + length;
  }
}

std::string wire_of(const Name& name) {
  return std::string(reinterpret_cast<const char*>(name.wire().data()), name.wire().size());
}

void check_name(Bytes message, std::size_t position) {
  std::size_t at = position;
  const auto name = Name::read(message, at);
  std::string wire;
  std::size_t end = 0;
  const bool right = plain_name(message, position, 0, wire, end);
  require(name.has_value() == right, "RFC 9267: a name for both readers, or for none");
  if (!name) return;
  require(wire_of(*name) == wire && at == end, "the same name, ending at the same place");
  at = 0;
  require(Name::read(name->wire(), at) == *name && at == name->wire().size(),
          "read again from its own wire form");
}

void check_text(std::string_view text) {
  const auto name = Name::from_text(text);
  if (!name) return;
  std::string again;
  const Bytes wire = name->wire();
  require(wire.size() <= Name::maximum_size && wire.back() == 0, "RFC 1035 2.3.4");
  for (std::size_t at = 0; wire[at] != 0; at += 1u + wire[at]) {
    require(wire[at] <= 63, "no label is longer than 63 characters");
    if (!again.empty()) again += '.';
    again.append(reinterpret_cast<const char*>(wire.data()) + at + 1, wire[at]);
  }
  require(again.size() <= 253 && Name::from_text(again) == *name, "the text of its labels is the same name");
  require(Name::from_text(again + ".") == *name, "with the root's dot, too");
  std::array<std::uint8_t, dns::maximum_query> buffer;
  const std::uint16_t record_type = text.size() % 2 == 0 ? dns::type::a : dns::type::aaaa;
  const Bytes query = dns::write_query(buffer, 0x1234, *name, record_type);
  require(query.size() == dns::header_size + wire.size() + 4, "every name fits into a query");
  require(dns::read_response(query, false, 0x1234, *name, record_type).verdict == dns::Verdict::ignored,
          "a query is no answer");
  buffer[2] |= 0x80;
  const dns::Response response = dns::read_response(query, false, 0x1234, *name, record_type);
  require(response.verdict == dns::Verdict::no_data, "an empty answer to it says that there is no data");
}

/// `patch`: the message is made to answer the query that its own question asks.
void check_response(Input& input, bool patch) {
  const std::uint8_t how = input.u8();
  const bool cut = (how & 1) != 0;
  const std::uint16_t record_type = (how & 2) == 0 ? dns::type::a : dns::type::aaaa;
  const Bytes rest = input.rest();
  std::array<std::uint8_t, 2048> buffer;
  if (rest.size() > buffer.size()) return;
  copy_bytes(buffer.data(), rest);
  const Bytes message = patch ? Bytes(buffer).first(rest.size()) : rest;
  std::size_t at = dns::header_size;
  if (patch && rest.size() >= dns::header_size) {
    buffer[2] = static_cast<std::uint8_t>((buffer[2] & 0x07) | 0x80);
    store16(buffer.data() + 4, 1);
    if (Name::read(message, at) && rest.size() >= at + 4) {
      store16(buffer.data() + at, record_type);
      store16(buffer.data() + at + 2, dns::class_in);
    }
  }
  at = dns::header_size;
  std::optional<Name> name = Name::read(message, at);
  if (!name) name = Name::from_text("www.example");
  const std::uint16_t id = rest.size() >= 2 ? load16(rest.data()) : std::uint16_t{0};
  const dns::Response response = dns::read_response(message, cut, id, *name, record_type);
  require(response.answer.empty() == (response.verdict != dns::Verdict::answer),
          "addresses with an answer, and only then");
  require(response.answer.ttl >= Duration() || response.answer.empty(), "RFC 2181 8: no TTL is negative");
  require(response.negative_ttl >= Duration() && response.negative_ttl <= Duration::seconds(0x7fffffff),
          "RFC 2308 5");
  for (const IpAddress& address : response.answer.addresses()) {
    require(address.is_v4() == (record_type == dns::type::a), "of the family that was asked for");
    require(address.is_v4() || !(address.is_multicast() || address.is_unspecified()), "a host's address");
    const Bytes bytes = address.is_v4() ? Bytes(address.v4_bytes()) : Bytes(address.bytes());
    bool there = false;
    for (std::size_t i = dns::header_size; i + bytes.size() <= message.size(); ++i) {
      there = there || same(bytes, message.subspan(i, bytes.size()));
    }
    require(there, "every address stands in the message");
  }
  require(dns::read_response(message, cut, static_cast<std::uint16_t>(id + 1), *name, record_type).verdict ==
              dns::Verdict::ignored,
          "RFC 5452 9.1: another identifier is another query's");
  // A complaint without a question is about any (RFC 6891 7), and needs the identifier only.
  const bool bare = response.verdict == dns::Verdict::not_understood && load16(message.data() + 4) == 0;
  require(dns::read_response(message, cut, id, Name(), record_type).verdict == dns::Verdict::ignored ||
              *name == Name() || bare,
          "RFC 5452 9.1: and so is another name");
  const std::uint16_t other_type = record_type == dns::type::a ? dns::type::aaaa : dns::type::a;
  require(response.verdict == dns::Verdict::ignored || bare ||
              dns::read_response(message, cut, id, *name, other_type).verdict == dns::Verdict::ignored,
          "RFC 5452 9.1: and so is another type");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.u8() % 4) {
    case 0: {
      const std::size_t position = input.u8();
      check_name(input.rest(), position);
      break;
    }
    case 1:
      check_text(input.text());
      break;
    case 2:
      check_response(input, true);
      break;
    default:
      check_response(input, false);
  }
  return 0;
}
