// SPDX-License-Identifier: Apache-2.0
#include "services/dns/wire.hpp"

#include <algorithm>

#include "core/base/writer.hpp"
#include "services/dns/message.hpp"

namespace linnet::dns {

namespace {

constexpr std::uint16_t flag_recursion_desired = 0x0100;
constexpr std::uint16_t option_padding = 12;  // RFC 7830 3
constexpr std::size_t option_head_size = 4;
static_assert((maximum_query + option_head_size + padding_block - 1) / padding_block * padding_block ==
              maximum_padded_query);

namespace rcode {
constexpr unsigned format_error = 1;
constexpr unsigned no_such_name = 3;
constexpr unsigned not_implemented = 4;
constexpr unsigned bad_version = 16;  // RFC 6891 9
}  // namespace rcode

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
  bool found = false;  ///< a record of the type that is wanted

  enum class Outcome : std::uint8_t { followed, malformed, too_long };

  /// Addresses that can be some host's, or records of any other type that is wanted.
  bool succeeded() const {
    const bool addresses = wanted == type::a || wanted == type::aaaa;
    return addresses ? !answer.empty() : found;
  }

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
    if (record.type == wanted || wanted == type::any) {
      found = true;
      const std::optional<IpAddress> address = address_in(message, record);
      if (!address) return;
      answer.add(*address);
      answer.ttl = std::min(answer.ttl, record.ttl);
    } else if (record.type == type::cname) {
      const std::optional<Name> next = name_in(message, record);
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
  std::size_t end = 0;  ///< position behind the section
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
  authority.end = records.position();
  return authority;
}

/// RFC 6891 6.1.3: the upper bits of the RCODE, from the first OPT record; zero without one.
unsigned upper_rcode(Bytes message, std::size_t position, std::uint16_t count) {
  Records records(message, position, count);
  Record record;
  while (records.next(record) == Next::record) {
    if (record.type == type::opt && record.owner.is_root())
      return load32(message.data() + record.data - 6) >> 24;
  }
  return 0;
}

/// The letter of a name that was asked with these capitals.
std::uint8_t with_capitals(std::uint8_t c, std::size_t index, std::uint64_t capitals) {
  const bool raised = c >= 'a' && c <= 'z' && ((capitals >> (index % 64)) & 1) != 0;
  return raised ? static_cast<std::uint8_t>(c - 32) : c;  // no length of a label is a letter's code
}

bool keeps_case(Bytes message, const Name& name, std::uint64_t capitals) {
  std::size_t position = header_size;
  const std::optional<Name> question = Name::read(message, position, Letters::as_written);
  std::size_t index = 0;
  return question && std::ranges::equal(question->wire(), name.wire(), [&](std::uint8_t written, std::uint8_t asked) {
    return written == with_capitals(asked, index++, capitals);
  });
}

/// A header alone, which says that the question was not understood (RFC 6891 7, RFC 1035 4.1.1).
bool is_bare_complaint(Bytes message, std::uint16_t id) {
  if (message.size() != header_size) return false;
  const Header header(message.data());
  return header.id() == id && header.is_response() && header.opcode() == 0 && header.questions() == 0 &&
         (header.rcode() == rcode::format_error || header.rcode() == rcode::not_implemented);
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

Bytes write_query(MutableBytes to, std::uint16_t id, const Name& name, std::uint16_t record_type,
                  const QueryForm& form) {
  Writer writer(to);
  writer.u16(id);
  writer.u16(flag_recursion_desired);
  writer.u16(1);      // QDCOUNT
  writer.fill(0, 4);  // ANCOUNT, NSCOUNT
  writer.u16(form.announced != 0 ? 1 : 0);
  for (std::size_t i = 0; i < name.wire().size(); ++i) {
    writer.u8(with_capitals(name.wire()[i], i, form.capitals));
  }
  writer.u16(record_type);
  writer.u16(class_in);
  if (form.announced != 0) {
    writer.u8(0);  // RFC 6891 6.1.2: the root's
    writer.u16(type::opt);
    writer.u16(form.announced);
    writer.fill(0, 4);  // RCODE, version, flags
    const std::size_t own = writer.written().size() + 2;
    if (form.padded) {
      const std::size_t size = (own + option_head_size + padding_block - 1) / padding_block * padding_block;
      const std::size_t padding = size - own - option_head_size;
      writer.u16(static_cast<std::uint16_t>(option_head_size + padding));
      writer.u16(option_padding);
      writer.u16(static_cast<std::uint16_t>(padding));
      writer.fill(0, padding);  // RFC 7830 3: zeros
    } else {
      writer.u16(0);  // no options
    }
  }
  return writer.ok() ? Bytes(writer.written()) : Bytes();
}

Response read_response(Bytes message, bool cut, std::uint16_t id, const Name& name, std::uint16_t record_type,
                       std::uint64_t capitals) {
  const std::optional<std::size_t> answers = match(message, id, name, record_type);
  if (!answers)
    return {.verdict = is_bare_complaint(message, id) ? Verdict::not_understood : Verdict::ignored};
  if (capitals != 0 && !keeps_case(message, name, capitals)) return {.verdict = Verdict::other_case};
  const Header header(message.data());
  if (header.rcode() == rcode::format_error || header.rcode() == rcode::not_implemented) {
    return {.verdict = Verdict::not_understood};
  }
  if (header.rcode() != 0 && header.rcode() != rcode::no_such_name) return {.verdict = Verdict::failure};

  Chain chain{.target = name, .wanted = record_type};
  const Chain::Outcome outcome = chain.follow(message, *answers, header.answers());
  if (outcome == Chain::Outcome::malformed) return {};
  if (outcome == Chain::Outcome::too_long) return {.verdict = Verdict::failure};
  const Authority authority = read_authority(message, chain.end, header.authorities());
  if (const unsigned upper = upper_rcode(message, authority.end, header.additionals()); upper != 0) {
    const bool version = upper << 4 == rcode::bad_version && header.rcode() == 0;
    return {.verdict = version ? Verdict::not_understood : Verdict::failure};
  }
  const bool truncated = cut || header.truncated();
  if (header.rcode() == 0 && chain.succeeded()) {
    return {.verdict = Verdict::answer, .answer = chain.answer, .truncated = truncated};
  }
  if (truncated) return {.verdict = Verdict::failure, .truncated = true};
  if (!chain.complete) return {};  // counts that lie: not the server's answer
  if (header.rcode() == rcode::no_such_name) return negative(Verdict::no_such_name, authority);
  // RFC 2308 2.2: name servers without SOA are a referral, which is no answer to a recursive query.
  if (header.answers() == 0 && authority.name_server && !authority.soa && !header.authoritative()) {
    return {.verdict = Verdict::failure};
  }
  return negative(Verdict::no_data, authority);
}

}  // namespace linnet::dns
