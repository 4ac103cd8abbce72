// SPDX-License-Identifier: Apache-2.0
#include "services/dns/wire.hpp"

#include <algorithm>

#include "core/base/fields.hpp"
#include "core/base/reader.hpp"
#include "core/base/writer.hpp"

namespace linnet::dns {

namespace {

/// RFC 1035 4.1.1.
class Header {
 public:
  explicit Header(const std::uint8_t* data) : fields_(data) {}
  std::uint16_t id() const { return fields_.get16<0>(); }
  bool is_response() const { return (fields_.get8<2>() & 0x80) != 0; }
  std::uint8_t opcode() const { return (fields_.get8<2>() >> 3) & 0x0f; }
  bool authoritative() const { return (fields_.get8<2>() & 0x04) != 0; }
  bool truncated() const { return (fields_.get8<2>() & 0x02) != 0; }
  std::uint8_t rcode() const { return fields_.get8<3>() & 0x0f; }
  std::uint16_t questions() const { return fields_.get16<4>(); }
  std::uint16_t answers() const { return fields_.get16<6>(); }
  std::uint16_t authorities() const { return fields_.get16<8>(); }

 private:
  Fields<header_size> fields_;
};

constexpr std::uint16_t flag_recursion_desired = 0x0100;

/// RFC 1035 4.1.3.
struct Record {
  Name owner;
  std::uint16_t type = 0;
  std::uint16_t record_class = 0;
  Duration ttl;
  std::size_t data = 0;  ///< position in the message
  std::size_t length = 0;
};

enum class Next : std::uint8_t { record, end, malformed };

/// Reads records one after the other. The end of the data is an end too, whatever the counts say (RFC 9267
/// 6); a record that is not all there is not read.
class Records {
 public:
  Records(Bytes message, std::size_t position, std::uint16_t count)
      : message_(message), position_(position), left_(count) {}

  Next next(Record& record) {
    if (left_ == 0) return Next::end;
    if (position_ == message_.size()) return incomplete();
    const std::optional<Name> owner = Name::read(message_, position_);
    if (!owner) return Next::malformed;
    Reader reader(message_);
    reader.seek(position_);
    record.owner = *owner;
    record.type = reader.u16();
    record.record_class = reader.u16();
    record.ttl = ttl_of(reader.u32());
    record.length = reader.u16();
    record.data = reader.position();
    reader.skip(record.length);
    if (!reader.ok()) return incomplete();
    position_ = reader.position();
    --left_;
    return Next::record;
  }
  std::size_t position() const { return position_; }
  bool all_there() const { return !incomplete_; }

 private:
  Next incomplete() {
    left_ = 0;
    incomplete_ = true;
    return Next::end;
  }

  Bytes message_;
  std::size_t position_;
  std::uint16_t left_;
  bool incomplete_ = false;
};

/// The target of a CNAME, which must fill its RDATA exactly (RFC 9267 5).
std::optional<Name> read_target(Bytes message, const Record& record) {
  std::size_t position = record.data;
  const Bytes until_end = message.first(record.data + record.length);
  const std::optional<Name> target = Name::read(until_end, position);
  if (!target || position != until_end.size()) return std::nullopt;
  return target;
}

/// The address in an A record (RFC 1035 3.4.1) or an AAAA record (RFC 3596 2.2); nothing when its length is
/// another, or when an AAAA record holds what can be no host's IPv6 address. A mapped one (RFC 4291 2.5.5.2)
/// would pass for an A record that nobody checked as one.
std::optional<IpAddress> read_address(Bytes message, const Record& record) {
  const Bytes data = message.subspan(record.data);
  if (record.type == type::a && record.length == 4) return IpAddress::v4(data.first<4>());
  if (record.type == type::aaaa && record.length == 16) {
    const IpAddress address = IpAddress::v6(data.first<16>());
    if (address.is_v6() && !address.is_multicast() && !address.is_unspecified()) return address;
  }
  return std::nullopt;
}

/// Follows the chain from a name to its addresses through the answer section, in whatever order the records
/// are.
struct Chain {
  Name target{};
  std::uint16_t wanted = type::a;
  Duration ttl = Duration::max();
  std::size_t cnames = 0;
  std::size_t end = 0;   ///< position behind the answer section
  bool complete = true;  ///< all records that were announced are there
  Answer answer{};

  enum class Outcome : std::uint8_t { followed, malformed, too_long };

  Outcome follow(Bytes message, std::size_t position, std::uint16_t count) {
    for (;;) {
      const std::size_t before = cnames;
      if (!pass(message, Records(message, position, count))) return Outcome::malformed;
      if (cnames > maximum_cnames) return Outcome::too_long;
      if (cnames == before) return Outcome::followed;
    }
  }

 private:
  /// Collects the target's addresses; when the target turns out to be an alias, goes on with what it stands
  /// for.
  bool pass(Bytes message, Records records) {
    answer.clear();
    answer.ttl = ttl;
    Record record;
    for (;;) {
      const Next next = records.next(record);
      if (next == Next::malformed) return false;
      if (next == Next::end) break;
      if (record.record_class == class_in && record.owner == target) take(message, record);
      if (cnames > maximum_cnames) return true;
    }
    end = records.position();
    complete = records.all_there();
    return true;
  }
  void take(Bytes message, const Record& record) {
    if (record.type == wanted) {
      const std::optional<IpAddress> address = read_address(message, record);
      if (!address) return;
      answer.add(*address);
      answer.ttl = std::min(answer.ttl, record.ttl);
    } else if (record.type == type::cname) {
      const std::optional<Name> next = read_target(message, record);
      if (!next) return;
      target = *next;
      ttl = std::min(ttl, record.ttl);
      ++cnames;
    }
  }
};

struct Authority {
  bool soa = false;
  bool name_server = false;
  Duration negative_ttl;
};

/// RFC 2308 5: the lesser of the SOA record's TTL and its MINIMUM field, its last four bytes.
Authority read_authority(Bytes message, std::size_t position, std::uint16_t count) {
  Authority authority;
  Records records(message, position, count);
  Record record;
  while (records.next(record) == Next::record) {
    if (record.record_class != class_in) continue;
    if (record.type == type::ns) authority.name_server = true;
    if (record.type != type::soa || record.length < 22) continue;
    authority.soa = true;
    const std::uint32_t minimum = load32(message.data() + record.data + record.length - 4);
    authority.negative_ttl = std::min(record.ttl, ttl_of(minimum));
  }
  return authority;
}

/// Where the answers begin, when the message is a response to this very query (RFC 5452 9.1); else nothing.
std::optional<std::size_t> match(Bytes message, std::uint16_t id, const Name& name,
                                 std::uint16_t record_type) {
  if (message.size() < header_size) return std::nullopt;
  const Header header(message.data());
  if (header.id() != id || !header.is_response() || header.opcode() != 0 || header.questions() != 1) {
    return std::nullopt;
  }
  std::size_t position = header_size;
  const std::optional<Name> question = Name::read(message, position);
  if (!question || *question != name || message.size() - position < 4) return std::nullopt;
  if (load16(message.data() + position) != record_type) return std::nullopt;
  if (load16(message.data() + position + 2) != class_in) return std::nullopt;
  return position + 4;
}

Response negative(Verdict verdict, const Authority& authority) {
  return {.verdict = verdict, .negative_ttl = authority.negative_ttl};
}

}  // namespace

Bytes write_query(MutableBytes to, std::uint16_t id, const Name& name, std::uint16_t record_type) {
  Writer writer(to);
  writer.u16(id);
  writer.u16(flag_recursion_desired);
  writer.u16(1);      // QDCOUNT
  writer.fill(0, 6);  // ANCOUNT, NSCOUNT, ARCOUNT
  writer.bytes(name.wire());
  writer.u16(record_type);
  writer.u16(class_in);
  return writer.ok() ? Bytes(writer.written()) : Bytes();
}

Response read_response(Bytes message, bool cut, std::uint16_t id, const Name& name,
                       std::uint16_t record_type) {
  const std::optional<std::size_t> answers = match(message, id, name, record_type);
  if (!answers) return {};
  const Header header(message.data());
  if (header.rcode() != 0 && header.rcode() != 3) return {.verdict = Verdict::failure};

  Chain chain{.target = name, .wanted = record_type};
  const Chain::Outcome outcome = chain.follow(message, *answers, header.answers());
  if (outcome == Chain::Outcome::malformed) return {};
  if (outcome == Chain::Outcome::too_long) return {.verdict = Verdict::failure};
  const bool truncated = cut || header.truncated();
  if (header.rcode() == 0 && !chain.answer.empty()) {
    return {.verdict = Verdict::answer, .answer = chain.answer};
  }
  // Asking again by TCP (RFC 7766 5) is still to come.
  if (truncated) return {.verdict = Verdict::failure};
  if (!chain.complete) return {};  // counts that lie: not the server's answer
  const Authority authority = read_authority(message, chain.end, header.authorities());
  if (header.rcode() == 3) return negative(Verdict::no_such_name, authority);
  // RFC 2308 2.2: name servers without SOA are a referral, which is no answer to a recursive query.
  if (header.answers() == 0 && authority.name_server && !authority.soa && !header.authoritative()) {
    return {.verdict = Verdict::failure};
  }
  return negative(Verdict::no_data, authority);
}

}  // namespace linnet::dns
