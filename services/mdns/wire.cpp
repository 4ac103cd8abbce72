// SPDX-License-Identifier: Apache-2.0
#include "services/mdns/wire.hpp"

#include <algorithm>

#include "core/base/reader.hpp"
#include "services/mdns/types.hpp"

namespace linnet::mdns {

namespace {

constexpr std::uint16_t top_bit = 0x8000;
constexpr std::uint16_t dname = 39;

}  // namespace

std::optional<std::size_t> name_in_data(std::uint16_t record_type) {
  switch (record_type) {
    case type::ptr:
    case type::cname:
    case type::ns:
    case type::nsec:
    case dname:
      return 0;
    case type::srv:
      return 6;  // priority, weight, port
    default:
      return std::nullopt;
  }
}

std::optional<Header> Message::parse_header(Bytes bytes) {
  if (bytes.size() < dns::header_size) return std::nullopt;
  const auto word = [&](std::size_t at) { return load16(bytes.data() + at); };
  return Header{word(0), word(2), word(4), word(6), word(8), word(10)};
}

std::optional<Message> Message::parse(Bytes bytes) {
  const std::optional<Header> header = parse_header(bytes);
  if (!header) return std::nullopt;
  Message message(bytes);
  message.header_ = *header;
  std::size_t at = dns::header_size;
  Question question;
  for (unsigned i = 0; i < header->questions; ++i) {
    if (!message.read(question, at)) return std::nullopt;
  }
  message.records_ = at;
  Record record;
  for (unsigned i = 0; i < message.record_count(); ++i) {
    if (!message.read(record, at, i)) return std::nullopt;
  }
  return message;
}

bool Message::read(Question& question, std::size_t& at) const {
  const std::optional<Name> name = Name::read(bytes_, at, dns::Letters::as_written);
  if (!name || bytes_.size() - at < 4) return false;
  question.name = *name;
  question.type = load16(bytes_.data() + at);
  const std::uint16_t word = load16(bytes_.data() + at + 2);
  question.record_class = word & static_cast<std::uint16_t>(~top_bit);
  question.unicast = (word & top_bit) != 0;
  at += 4;
  return true;
}

bool Message::read(Record& record, std::size_t& at, unsigned index) const {
  const std::optional<Name> owner = Name::read(bytes_, at, dns::Letters::as_written);
  if (!owner) return false;
  Reader reader(bytes_);
  reader.seek(at);
  record.owner = *owner;
  record.type = reader.u16();
  const std::uint16_t word = reader.u16();
  record.record_class = word & static_cast<std::uint16_t>(~top_bit);
  record.flush = (word & top_bit) != 0;
  record.ttl = static_cast<std::uint32_t>(dns::ttl_of(reader.u32()).as_seconds());
  record.length = reader.u16();
  record.data = reader.position();
  reader.skip(record.length);
  const unsigned before_additionals = 0u + header_.answers + header_.authorities;
  record.section = index < header_.answers      ? Section::answer
                   : index < before_additionals ? Section::authority
                                                : Section::additional;
  at = reader.position();
  return reader.ok();
}

std::optional<Bytes> Message::data_of(const Record& record, MutableBytes room) const {
  const Bytes data = bytes_.subspan(record.data, record.length);
  Writer writer(room);
  const std::optional<std::size_t> name_at = name_in_data(record.type);
  if (!name_at) {
    const bool good = record.type == type::a      ? data.size() == 4
                      : record.type == type::aaaa ? data.size() == 16
                      : record.type == type::txt  ? is_txt(data)
                                                  : true;
    if (!good) return std::nullopt;
    writer.bytes(data);
  } else {
    if (data.size() < *name_at) return std::nullopt;
    std::size_t at = record.data + *name_at;
    const Bytes until_end = bytes_.first(record.data + record.length);
    const std::optional<Name> name = Name::read(until_end, at, dns::Letters::as_written);
    if (!name || (record.type != type::nsec && at != until_end.size())) return std::nullopt;
    writer.bytes(data.first(*name_at));
    writer.bytes(name->wire());
    writer.bytes(until_end.subspan(at));
  }
  if (!writer.ok()) return std::nullopt;
  return writer.written();
}

bool same_data(std::uint16_t record_type, Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  const std::optional<std::size_t> name_at = name_in_data(record_type);
  const auto equal = [](Bytes one, Bytes other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end());
  };
  if (!name_at) return equal(a, b);
  if (a.size() < *name_at) return false;
  std::size_t end_a = *name_at;
  std::size_t end_b = *name_at;
  const std::optional<Name> name_a = Name::read(a, end_a, dns::Letters::as_written);
  const std::optional<Name> name_b = Name::read(b, end_b, dns::Letters::as_written);
  return name_a && name_b && name_a->same_as(*name_b) && equal(a.first(*name_at), b.first(*name_at)) &&
         equal(a.subspan(end_a), b.subspan(end_b));
}

std::size_t write_nsec(MutableBytes room, const Name& name, std::span<const std::uint16_t> types) {
  Writer writer(room);
  std::array<std::uint8_t, 32> bits{};
  std::size_t used = 0;
  for (const std::uint16_t type : types) {
    if (type > 255) continue;
    bits[type / 8u] = static_cast<std::uint8_t>(bits[type / 8u] | (0x80u >> (type % 8u)));
    used = std::max<std::size_t>(used, type / 8u + 1u);
  }
  writer.bytes(name.wire());
  if (used != 0) {
    writer.u8(0);  // the block of types 0 to 255 (RFC 4034 4.1.2)
    writer.u8(static_cast<std::uint8_t>(used));
    writer.bytes(Bytes(bits).first(used));
  }
  return writer.ok() ? writer.size() : 0;
}

bool denies(Bytes nsec, std::uint16_t record_type) {
  std::size_t at = 0;
  const std::optional<Name> name = Name::read(nsec, at, dns::Letters::as_written);
  if (!name || record_type > 255) return false;
  if (nsec.size() == at) return true;
  // RFC 6762 6.1: other blocks than the first are ignored, and so is one that is not as long as it says.
  if (nsec.size() - at < 2 || nsec[at] != 0) return false;
  const std::size_t length = nsec[at + 1];
  if (length == 0 || length > 32 || nsec.size() - at - 2 < length) return false;
  const std::size_t byte = record_type / 8u;
  return byte >= length || (nsec[at + 2 + byte] & (0x80u >> (record_type % 8u))) == 0;
}

MessageWriter::MessageWriter(MutableBytes room, std::uint16_t id, std::uint16_t flags, bool compress_srv)
    : buffer_(room), writer_(room), compress_srv_(compress_srv) {
  writer_.u16(id);
  writer_.u16(flags);
  writer_.fill(0, 8);
}

void MessageWriter::add_flags(std::uint16_t flags) {
  writer_.patch16(2, static_cast<std::uint16_t>(load16(buffer_.data() + 2) | flags));
}

/// Whether the name at a place is `rest`, byte by byte: how its letters are written is kept.
bool MessageWriter::is_at(std::size_t at, Bytes rest) const {
  std::size_t compared = 0;
  for (;;) {
    const std::uint8_t length = buffer_[at];
    if ((length & 0xc0) == 0xc0) {
      at = load16(buffer_.data() + at) & 0x3fffu;  // one of ours: it points in front of itself
      continue;
    }
    if (length != rest[compared]) return false;
    if (length == 0) return true;
    if (std::memcmp(buffer_.data() + at + 1, rest.data() + compared + 1, length) != 0) return false;
    at += 1 + std::size_t{length};
    compared += 1 + std::size_t{length};
  }
}

std::optional<std::uint16_t> MessageWriter::find(Bytes rest) const {
  for (std::size_t i = 0; i < label_count_; ++i) {
    if (is_at(labels_[i], rest)) return labels_[i];
  }
  return std::nullopt;
}

void MessageWriter::name(const Name& name, bool compress) {
  Bytes rest = name.wire();
  std::array<std::uint16_t, 8> fresh{};
  std::size_t fresh_count = 0;
  while (rest[0] != 0) {
    if (compress) {
      if (const auto at = find(rest)) {
        writer_.u16(static_cast<std::uint16_t>(0xc000u | *at));
        break;
      }
    }
    if (writer_.size() < 0x4000 && fresh_count < fresh.size()) {
      fresh[fresh_count++] = static_cast<std::uint16_t>(writer_.size());
    }
    writer_.bytes(rest.first(1 + std::size_t{rest[0]}));
    rest = rest.subspan(1 + std::size_t{rest[0]});
  }
  if (rest[0] == 0) writer_.u8(0);
  // Known only now: a name that is being written is no place to point to.
  for (std::size_t i = 0; writer_.ok() && i < fresh_count && label_count_ < labels_.size(); ++i) {
    labels_[label_count_++] = fresh[i];
  }
}

bool MessageWriter::keep(const Writer& before, std::size_t labels_before, bool written, std::size_t count) {
  if (!written || !writer_.ok()) {
    writer_ = before;
    label_count_ = labels_before;
    return false;
  }
  writer_.patch16(count, static_cast<std::uint16_t>(load16(buffer_.data() + count) + 1));
  return true;
}

bool MessageWriter::question(const Name& asked, std::uint16_t type, bool unicast) {
  const Writer before = writer_;
  const std::size_t labels = label_count_;
  name(asked, true);
  writer_.u16(type);
  writer_.u16(static_cast<std::uint16_t>(dns::class_in | (unicast ? top_bit : 0)));
  return keep(before, labels, true, 4);
}

bool MessageWriter::record(Section section, const Name& owner, const Entry& entry) {
  const Writer before = writer_;
  const std::size_t labels = label_count_;
  name(owner, true);
  writer_.u16(entry.type);
  writer_.u16(static_cast<std::uint16_t>(dns::class_in | (entry.flush ? top_bit : 0)));
  writer_.u32(entry.ttl);
  const std::size_t length_at = writer_.size();
  writer_.u16(0);
  const std::optional<std::size_t> name_at = name_in_data(entry.type);
  if (!name_at) {
    writer_.bytes(entry.data);
  } else {
    std::size_t at = *name_at;
    const std::optional<Name> inner = Name::read(entry.data, at, dns::Letters::as_written);
    if (!inner) return keep(before, labels, false, 0);
    writer_.bytes(entry.data.first(*name_at));
    name(*inner, entry.type != type::srv || compress_srv_);
    writer_.bytes(entry.data.subspan(at));
  }
  if (writer_.ok()) writer_.patch16(length_at, static_cast<std::uint16_t>(writer_.size() - length_at - 2));
  return keep(before, labels, true, 6 + 2 * static_cast<std::size_t>(section));
}

}  // namespace linnet::mdns
