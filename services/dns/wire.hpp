// SPDX-License-Identifier: Apache-2.0
// DNS messages on the wire (RFC 1035 4, RFC 3596 2, with RFC 9267's list of other people's mistakes).
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "services/dns/name.hpp"

namespace linnet::dns {

constexpr std::uint16_t server_port = 53;
constexpr std::size_t header_size = 12;
constexpr std::size_t maximum_query = header_size + Name::maximum_size + 4;
constexpr std::size_t maximum_cnames = 8;  ///< in a chain

namespace type {
constexpr std::uint16_t a = 1;
constexpr std::uint16_t ns = 2;
constexpr std::uint16_t cname = 5;
constexpr std::uint16_t soa = 6;
constexpr std::uint16_t ptr = 12;
constexpr std::uint16_t txt = 16;
constexpr std::uint16_t aaaa = 28;  // RFC 3596 2.1
constexpr std::uint16_t srv = 33;   // RFC 2782
constexpr std::uint16_t nsec = 47;  // RFC 4034 4
constexpr std::uint16_t any = 255;  ///< of questions
}  // namespace type
constexpr std::uint16_t class_in = 1;

/// The addresses of a name, as many as there is room for, in the order of the answer.
class Answer {
 public:
  static constexpr std::size_t capacity = 8;
  bool add(const IpAddress& address) {
    if (count_ == capacity) return false;
    addresses_[count_++] = address;
    return true;
  }
  void clear() { count_ = 0; }
  bool empty() const { return count_ == 0; }
  std::span<const IpAddress> addresses() const { return std::span(addresses_).first(count_); }

  Duration ttl;  ///< how much longer the answer is good for

 private:
  std::array<IpAddress, capacity> addresses_{};
  std::size_t count_ = 0;
};

/// Writes a recursive query for the records of `record_type` of `name`; `to` must hold maximum_query bytes.
/// Yields the message, empty when there is less room.
Bytes write_query(MutableBytes to, std::uint16_t id, const Name& name, std::uint16_t record_type);

enum class Verdict : std::uint8_t {
  ignored,  ///< not an answer to this query, or malformed: the true answer may still come
  answer,
  no_such_name,  ///< RCODE 3
  no_data,       ///< the name exists and has no record of the type, or none that can be an address
  failure,  ///< any other RCODE, a referral, too long a chain, or a truncated answer without a whole record
};

struct Response {
  Verdict verdict = Verdict::ignored;
  Answer answer{};          ///< of Verdict::answer
  Duration negative_ttl{};  ///< of no_such_name and no_data: RFC 2308 5, zero without an SOA record
};

/// Reads an answer to the query with that id for the records of `record_type`, a or aaaa, of `name`. An AAAA
/// record with an address that no host can be reached by is left out: an unspecified or a multicast one, or
/// an IPv4-mapped one, which would be an IPv4 address in disguise. `cut`: there was more of the message than
/// `message` holds. Work is bounded by maximum_cnames + 1 passes over the message.
Response read_response(Bytes message, bool cut, std::uint16_t id, const Name& name,
                       std::uint16_t record_type);

/// RFC 2181 8: a TTL with the top bit set is zero.
constexpr Duration ttl_of(std::uint32_t wire) {
  return wire > 0x7fffffffu ? Duration() : Duration::seconds(wire);
}

}  // namespace linnet::dns
