// SPDX-License-Identifier: Apache-2.0
// A stub resolver's query: RFC 1035 4.1, RFC 1123 6.1.3.1, RFC 6891 6.1.
#include "sim/frame_parts.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t largest_name = 255;
constexpr std::uint16_t class_internet = 1;
constexpr std::uint16_t type_option = 41;

void check_header(FrameJudge& judge, Bytes message) {
  const unsigned flags = load16(message.data() + 2);
  judge.equal(Rule::dns_query, message, 2, flags & 0xf800u, 0);  // QR and OPCODE
  // AA, TC, RA, Z and RCODE are an answer's; AD and CD may ask for DNSSEC (RFC 4035 3.2.2, RFC 6840 5.7).
  judge.equal(Rule::dns_flags, message, 2, flags & 0x06cfu, 0);
  judge.require((flags & 0x0100u) != 0, Rule::dns_recursion, message, 2, flags, "recursion desired");
  judge.equal16(Rule::dns_counts, message, 4, 1);
  judge.equal32(Rule::dns_counts, message, 6, 0);
  judge.require(load16(message.data() + 10) <= 1, Rule::dns_counts, message, 10, load16(message.data() + 10),
                "one additional record at most");
}

/// The offset behind the name that begins at `at`; 0 when it is none. A question has nothing that a pointer
/// could mean.
std::size_t check_name(FrameJudge& judge, Bytes message, std::size_t at) {
  const std::size_t begin = at;
  while (at < message.size() && message[at] != 0) {
    if (!judge.require(message[at] <= 63, Rule::dns_name, message, at, message[at],
                       "a label of 1 to 63 bytes")) {
      return 0;
    }
    at += std::size_t{message[at]} + 1;
  }
  const bool whole = at < message.size() && at + 1 - begin <= largest_name;
  if (!judge.require(whole, Rule::dns_name, message, begin, at - begin, "an end within 255 bytes")) return 0;
  return at + 1;
}

/// RFC 6891 6.1.2: root, OPT, at least 512 bytes, version 0, options that fill the record. Yields its end, or
/// 0.
std::size_t check_option_record(FrameJudge& judge, Bytes message, std::size_t at) {
  const std::size_t left = message.size() - at;
  if (!judge.require(left >= 11, Rule::dns_edns, message, at - 1, left, "a record of 11 bytes at least"))
    return 0;
  judge.equal8(Rule::dns_edns, message, at, 0);
  judge.equal16(Rule::dns_edns, message, at + 1, type_option);
  judge.require(load16(message.data() + at + 3) >= 512, Rule::dns_edns, message, at + 3,
                load16(message.data() + at + 3), "512 bytes at least");
  judge.equal(Rule::dns_edns, message, at + 5, load32(message.data() + at + 5) & 0xffff7fffu,
              0);  // all but DO
  std::size_t length = load16(message.data() + at + 9);
  if (!judge.require(length <= left - 11, Rule::dns_edns, message, at + 9, length, "data that is there"))
    return 0;
  at += 11;
  while (length > 0) {
    const std::size_t size = length < 4 ? 0xffff : load16(message.data() + at + 2) + std::size_t{4};
    if (!judge.require(size <= length, Rule::dns_edns, message, at, size, "an option that fits")) return 0;
    at += size;
    length -= size;
  }
  return at;
}

}  // namespace

std::optional<DnsParts> check_dns(FrameJudge& judge, Bytes message) {
  if (!judge.require(message.size() > header_size, Rule::dns_length, message, 0, message.size(),
                     "13 bytes at least")) {
    return std::nullopt;
  }
  check_header(judge, message);
  if (!judge.ok()) return std::nullopt;
  std::size_t at = check_name(judge, message, header_size);
  if (at == 0) return std::nullopt;
  const std::size_t left = message.size() - at;
  if (!judge.require(left >= 4, Rule::dns_question, message, at - 1, left, "a type and a class"))
    return std::nullopt;
  judge.require(load16(message.data() + at) != 0, Rule::dns_question, message, at, 0, "a type");
  judge.equal16(Rule::dns_question, message, at + 2, class_internet);
  at += 4;
  const DnsParts parts{.id = load16(message.data()),
                       .question = fingerprint(message.subspan(header_size, at - header_size))};
  if (load16(message.data() + 10) == 1) at = check_option_record(judge, message, at);
  if (at == 0) return std::nullopt;
  judge.require(at == message.size(), Rule::dns_trailing, message, at - 1, message.size() - at,
                "nothing behind");
  if (!judge.ok()) return std::nullopt;
  return parts;
}

}  // namespace linnet::sim
