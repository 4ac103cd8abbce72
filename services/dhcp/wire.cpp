// SPDX-License-Identifier: Apache-2.0
#include "services/dhcp/wire.hpp"

namespace linnet::dhcp {

namespace {

constexpr std::size_t sname_offset = 44;
constexpr std::size_t sname_size = 64;
constexpr std::size_t file_offset = 108;
constexpr std::size_t file_size = 128;

/// Joins the instances of one option as they are met.
class Joiner {
 public:
  Joiner(std::uint8_t code, MutableBytes scratch) : code_(code), scratch_(scratch) {}

  void collect(Bytes area) {
    for_each_option(area, [this](std::uint8_t code, Bytes value) {
      if (code == code_) add(value);
    });
  }
  std::optional<Bytes> value() const {
    if (instances_ == 0 || too_long_) return std::nullopt;
    return value_;
  }

 private:
  void add(Bytes part) {
    ++instances_;
    if (instances_ == 1) {
      value_ = part;
      return;
    }
    if (too_long_ || value_.size() + part.size() > scratch_.size()) {
      too_long_ = true;
      return;
    }
    if (instances_ == 2) copy_bytes(scratch_.data(), value_);
    copy_bytes(scratch_.data() + value_.size(), part);
    value_ = scratch_.first(value_.size() + part.size());
  }

  std::uint8_t code_;
  MutableBytes scratch_;
  Bytes value_;
  std::size_t instances_ = 0;
  bool too_long_ = false;
};

}  // namespace

std::optional<Message> Message::parse(Bytes bytes) {
  if (bytes.size() <= options_offset) return std::nullopt;
  if (load32(bytes.data() + header_size) != magic_cookie) return std::nullopt;
  if (!for_each_option(bytes.subspan(options_offset), [](std::uint8_t, Bytes) {})) return std::nullopt;
  return Message(bytes);
}

std::uint8_t Message::overload() const {
  // RFC 2132 9.3: only the options field can say that the others hold options too.
  std::uint8_t value = 0;
  for_each_option(bytes_.subspan(options_offset), [&value](std::uint8_t code, Bytes bytes) {
    if (code == option::overload && bytes.size() == 1 && bytes[0] <= 3) value = bytes[0];
  });
  return value;
}

std::optional<Bytes> Message::option(std::uint8_t code, MutableBytes scratch) const {
  Joiner joiner(code, scratch);
  joiner.collect(bytes_.subspan(options_offset));
  const std::uint8_t overloaded = overload();
  if ((overloaded & 1) != 0) joiner.collect(bytes_.subspan(file_offset, file_size));
  if ((overloaded & 2) != 0) joiner.collect(bytes_.subspan(sname_offset, sname_size));
  return joiner.value();
}

MessageType Message::type() const {
  const std::optional<Bytes> value = option(option::message_type, {});
  if (!value || value->size() != 1 || (*value)[0] > 8) return MessageType::none;
  return static_cast<MessageType>((*value)[0]);
}

std::optional<std::uint16_t> Message::u16(std::uint8_t code) const {
  const std::optional<Bytes> value = option(code, {});
  if (!value || value->size() != 2) return std::nullopt;
  return load16(value->data());
}

std::optional<std::uint32_t> Message::u32(std::uint8_t code) const {
  const std::optional<Bytes> value = option(code, {});
  if (!value || value->size() != 4) return std::nullopt;
  return load32(value->data());
}

std::optional<IpAddress> Message::address(std::uint8_t code) const {
  const std::optional<std::uint32_t> value = u32(code);
  if (!value) return std::nullopt;
  return IpAddress::v4(*value);
}

void MessageWriter::begin(Op op, std::uint32_t xid, std::uint16_t secs, std::uint16_t flags) {
  writer_.u8(static_cast<std::uint8_t>(op));
  writer_.u8(hardware_ethernet);
  writer_.u8(static_cast<std::uint8_t>(MacAddress{}.bytes.size()));
  writer_.u8(0);  // hops
  writer_.u32(xid);
  writer_.u16(secs);
  writer_.u16(flags);
}

void MessageWriter::end_header(const MacAddress& mac, MessageType type) {
  writer_.bytes(mac.bytes);
  writer_.fill(0, 16 - mac.bytes.size() + sname_size + file_size);
  writer_.u32(magic_cookie);
  const std::uint8_t value = static_cast<std::uint8_t>(type);
  bytes(option::message_type, {&value, 1});
}

MessageWriter::MessageWriter(MutableBytes buffer, const RequestHeader& header, MessageType type)
    : writer_(buffer) {
  begin(Op::request, header.xid, header.secs, header.broadcast ? flag_broadcast : std::uint16_t{0});
  writer_.bytes(header.ciaddr.v4_bytes());
  writer_.fill(0, 12);  // yiaddr, siaddr, giaddr
  end_header(header.mac, type);
}

MessageWriter::MessageWriter(MutableBytes buffer, const ReplyHeader& header, MessageType type)
    : writer_(buffer) {
  begin(Op::reply, header.xid, 0, header.flags);
  writer_.bytes(header.ciaddr.v4_bytes());
  writer_.bytes(header.yiaddr.v4_bytes());
  writer_.fill(0, 4);  // siaddr: nothing to boot from here
  writer_.bytes(header.giaddr.v4_bytes());
  end_header(header.mac, type);
}

void MessageWriter::u16(std::uint8_t code, std::uint16_t value) {
  writer_.u8(code);
  writer_.u8(2);
  writer_.u16(value);
}

void MessageWriter::u32(std::uint8_t code, std::uint32_t value) {
  writer_.u8(code);
  writer_.u8(4);
  writer_.u32(value);
}

void MessageWriter::address(std::uint8_t code, const IpAddress& value) { bytes(code, value.v4_bytes()); }

void MessageWriter::bytes(std::uint8_t code, Bytes value) {
  writer_.u8(code);
  writer_.u8(static_cast<std::uint8_t>(value.size()));
  writer_.bytes(value);
}

Bytes MessageWriter::finish() {
  writer_.u8(option::end);
  if (writer_.size() < minimum_message) writer_.fill(option::pad, minimum_message - writer_.size());
  return writer_.ok() ? Bytes(writer_.written()) : Bytes();
}

}  // namespace linnet::dhcp
