// SPDX-License-Identifier: Apache-2.0
// DNS messages on the wire (RFC 1035 4, RFC 3596 2, with RFC 9267's list of other people's mistakes).
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "services/dns/name.hpp"

namespace linnet::dns {

constexpr std::uint16_t server_port = 53;
constexpr std::size_t header_size = 12;
constexpr std::size_t plain_size = 512;          ///< bytes of the largest answer by UDP without EDNS
constexpr std::size_t largest_announced = 1232;  ///< with it, so that no answer needs fragments
constexpr std::size_t options_size = 11;         ///< of an OPT record without options (RFC 6891 6.1.2)
constexpr std::size_t maximum_query = header_size + Name::maximum_size + 4 + options_size;
constexpr std::size_t padding_block = 128;  ///< queries that nobody reads are as long as a multiple of it, so
                                            ///< that their length says little of the name (RFC 8467 4.1)
constexpr std::size_t maximum_padded_query = 3 * padding_block;
constexpr std::size_t maximum_cnames = 8;  ///< in a chain

namespace type {
constexpr std::uint16_t a = 1;
constexpr std::uint16_t ns = 2;
constexpr std::uint16_t cname = 5;
constexpr std::uint16_t soa = 6;
constexpr std::uint16_t ptr = 12;
constexpr std::uint16_t mx = 15;
constexpr std::uint16_t txt = 16;
constexpr std::uint16_t aaaa = 28;  // RFC 3596 2.1
constexpr std::uint16_t srv = 33;   // RFC 2782
constexpr std::uint16_t opt = 41;   // RFC 6891 6.1.1
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

/// What a query says beside its question.
struct QueryForm {
  std::uint16_t announced = 0;  ///< bytes of the largest answer by UDP (RFC 6891 6.2.3); 0: without EDNS
  std::uint64_t capitals = 0;   ///< the nth byte of the name is a capital letter, if bit n mod 64 is set and
                                ///< it is a letter at all
  bool padded = false;          ///< with EDNS: to a multiple of padding_block (RFC 7830)
};

/// Writes a recursive query for the records of `record_type` of `name`; `to` must hold maximum_query bytes,
/// maximum_padded_query of a padded one. Yields the message, empty when there is less room.
Bytes write_query(MutableBytes to, std::uint16_t id, const Name& name, std::uint16_t record_type,
                  const QueryForm& form = {});

enum class Verdict : std::uint8_t {
  ignored,  ///< not an answer to this query, or malformed: the true answer may still come
  answer,
  no_such_name,    ///< RCODE 3
  no_data,         ///< the name exists and has no record of the type, or none that can be an address
  not_understood,  ///< FORMERR, NOTIMP or BADVERS: perhaps for want of EDNS (RFC 6891 7)
  other_case,      ///< an answer to this query but for the case of its letters
  failure,  ///< any other RCODE, a referral, too long a chain, or a truncated answer without a whole record
};

struct Response {
  Verdict verdict = Verdict::ignored;
  Answer answer{};          ///< of Verdict::answer
  Duration negative_ttl{};  ///< of no_such_name and no_data: RFC 2308 5, zero without an SOA record
  bool truncated = false;   ///< there is more, to be asked for by TCP (RFC 7766 5)
};

/// Reads an answer to the query with that id for the records of `record_type` of `name`. Of other types than
/// a and aaaa it says only whether there are some, which `Records` then reads. An AAAA record with an address
/// that no host can be reached by is left out: an unspecified or a multicast one, or an IPv4-mapped one,
/// which would be an IPv4 address in disguise. `cut`: there was more of the message than `message` holds.
/// `capitals`: as in the query. Work is bounded by maximum_cnames + 3 passes over the message.
Response read_response(Bytes message, bool cut, std::uint16_t id, const Name& name, std::uint16_t record_type,
                       std::uint64_t capitals = 0);

/// RFC 2181 8: a TTL with the top bit set is zero.
constexpr Duration ttl_of(std::uint32_t wire) {
  return wire > 0x7fffffffu ? Duration() : Duration::seconds(wire);
}

}  // namespace linnet::dns
