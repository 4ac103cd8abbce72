// SPDX-License-Identifier: Apache-2.0
// DHCP messages on the wire (RFC 2131 2, RFC 2132, RFC 3396): bytes to values and back.
#pragma once

#include <optional>

#include "core/base/address.hpp"
#include "core/base/fields.hpp"
#include "core/base/writer.hpp"

namespace linnet::dhcp {

constexpr std::uint16_t server_port = 67;
constexpr std::uint16_t client_port = 68;
constexpr std::size_t header_size = 236;  ///< op to file, in front of the magic cookie
constexpr std::size_t options_offset = 240;
constexpr std::size_t minimum_message = 300;        ///< RFC 951 3: BOOTP relays may drop what is shorter
constexpr std::size_t minimum_maximum = 576;        ///< RFC 2131 2: what every client must take
constexpr std::uint32_t magic_cookie = 0x63825363;  ///< RFC 2131 3
constexpr std::uint8_t hardware_ethernet = 1;
constexpr std::uint16_t flag_broadcast = 0x8000;

enum class Op : std::uint8_t { request = 1, reply = 2 };

enum class MessageType : std::uint8_t {  // RFC 2132 9.6
  none = 0,
  discover = 1,
  offer = 2,
  request = 3,
  decline = 4,
  ack = 5,
  nak = 6,
  release = 7,
  inform = 8,
};

namespace option {
constexpr std::uint8_t pad = 0;
constexpr std::uint8_t subnet_mask = 1;
constexpr std::uint8_t router = 3;
constexpr std::uint8_t dns_servers = 6;
constexpr std::uint8_t host_name = 12;
constexpr std::uint8_t domain_name = 15;
constexpr std::uint8_t interface_mtu = 26;
constexpr std::uint8_t ntp_servers = 42;
constexpr std::uint8_t requested_address = 50;
constexpr std::uint8_t lease_time = 51;
constexpr std::uint8_t overload = 52;
constexpr std::uint8_t message_type = 53;
constexpr std::uint8_t server_id = 54;
constexpr std::uint8_t parameter_request_list = 55;
constexpr std::uint8_t maximum_message_size = 57;
constexpr std::uint8_t renewal_time = 58;
constexpr std::uint8_t rebinding_time = 59;
constexpr std::uint8_t vendor_class = 60;
constexpr std::uint8_t client_id = 61;
constexpr std::uint8_t rapid_commit = 80;  // RFC 4039
constexpr std::uint8_t ipv6_only = 108;    // RFC 8925
constexpr std::uint8_t domain_search = 119;  // RFC 3397
constexpr std::uint8_t classless_routes = 121;
constexpr std::uint8_t end = 255;
}  // namespace option

/// A received message whose fixed part, cookie and option framing were checked. It points into the bytes
/// parsed.
class Message {
 public:
  /// Nothing when `bytes` is shorter than 241 bytes, carries no magic cookie, or its options field is
  /// exhausted without the end option (RFC 2131 4.1). An option that reaches past the end of its field is
  /// ignored, and so is what would follow it.
  static std::optional<Message> parse(Bytes bytes);

  Op op() const { return static_cast<Op>(fields().get8<0>()); }
  std::uint8_t hardware_type() const { return fields().get8<1>(); }
  std::uint8_t hardware_length() const { return fields().get8<2>(); }
  std::uint32_t xid() const { return fields().get32<4>(); }
  std::uint16_t secs() const { return fields().get16<8>(); }
  std::uint16_t flags() const { return fields().get16<10>(); }
  IpAddress ciaddr() const { return IpAddress::v4(fields().get_bytes<12, 4>()); }
  IpAddress yiaddr() const { return IpAddress::v4(fields().get_bytes<16, 4>()); }
  IpAddress siaddr() const { return IpAddress::v4(fields().get_bytes<20, 4>()); }
  IpAddress giaddr() const { return IpAddress::v4(fields().get_bytes<24, 4>()); }
  std::span<const std::uint8_t, 16> chaddr() const { return fields().get_bytes<28, 16>(); }
  MacAddress mac() const { return MacAddress::from(fields().get_bytes<28, 6>()); }

  /// The value of an option: every instance of it in the options field, then in `file`, then in `sname` if
  /// they are overloaded, joined (RFC 3396 5 and 7). A single instance is pointed at, several are copied to
  /// `scratch`. Nothing when the option is absent or its parts exceed `scratch`.
  std::optional<Bytes> option(std::uint8_t code, MutableBytes scratch) const;

  /// MessageType::none when option 53 is absent, not one byte long, or of no known value.
  MessageType type() const;
  /// Options of a fixed length; nothing when they are absent or of another length.
  std::optional<std::uint16_t> u16(std::uint8_t code) const;
  std::optional<std::uint32_t> u32(std::uint8_t code) const;
  std::optional<IpAddress> address(std::uint8_t code) const;

 private:
  explicit Message(Bytes bytes) : bytes_(bytes) {}
  Fields<header_size> fields() const { return Fields<header_size>(bytes_.data()); }
  std::uint8_t overload() const;

  Bytes bytes_;
};

/// Calls `visit(code, value)` for each whole option of `area` until the end option; yields whether that was
/// seen or an option reached past the end of the area. Every turn consumes a byte.
template <typename Visit>
constexpr bool for_each_option(Bytes area, Visit&& visit) {
  std::size_t at = 0;
  while (at < area.size()) {
    const std::uint8_t code = area[at];
    if (code == option::end) return true;
    if (code == option::pad) {
      ++at;
      continue;
    }
    if (area.size() - at < 2 || area.size() - at - 2 < area[at + 1]) return true;
    visit(code, area.subspan(at + 2, area[at + 1]));
    at += 2 + std::size_t{area[at + 1]};
  }
  return false;
}

/// What a client fills in; the rest of the fixed part is zero (RFC 2131 Table 5).
struct RequestHeader {
  std::uint32_t xid = 0;
  std::uint16_t secs = 0;  ///< seconds since the client began
  bool broadcast = false;
  IpAddress ciaddr = IpAddress::any_v4();
  MacAddress mac;
};

/// What a server fills in (RFC 2131 Table 3).
struct ReplyHeader {
  std::uint32_t xid = 0;
  std::uint16_t flags = 0;
  IpAddress ciaddr = IpAddress::any_v4();
  IpAddress yiaddr = IpAddress::any_v4();
  IpAddress giaddr = IpAddress::any_v4();
  MacAddress mac;
};

/// Writes one message: the fixed part at construction, then options, then `finish`.
class MessageWriter {
 public:
  MessageWriter(MutableBytes buffer, const RequestHeader& header, MessageType type);
  MessageWriter(MutableBytes buffer, const ReplyHeader& header, MessageType type);

  void u16(std::uint8_t code, std::uint16_t value);
  void u32(std::uint8_t code, std::uint32_t value);
  void address(std::uint8_t code, const IpAddress& value);
  /// At most 255 bytes.
  void bytes(std::uint8_t code, Bytes value);
  /// The whole message with its end option, padded to 300 bytes; empty when the buffer was too small.
  Bytes finish();

 private:
  void begin(Op op, std::uint32_t xid, std::uint16_t secs, std::uint16_t flags);
  void end_header(const MacAddress& mac, MessageType type);

  Writer writer_;
};

}  // namespace linnet::dhcp
