// SPDX-License-Identifier: Apache-2.0
// DHCPv6 messages between client and server on the wire (RFC 8415 8, 21; RFC 3646, 4075, 5908): bytes to
// values and back.
#pragma once

#include "core/base/fields.hpp"
#include "core/base/result.hpp"
#include "core/base/writer.hpp"
#include "services/dhcpv6/values.hpp"

namespace linnet::dhcpv6 {

constexpr std::uint16_t client_port = 546;  ///< RFC 8415 7.2
constexpr std::uint16_t server_port = 547;
constexpr std::size_t header_size = 4;           ///< msg-type and transaction-id
constexpr std::size_t maximum_addresses = 4;     ///< of one IA_NA that are taken or asked for
constexpr std::uint32_t infinity = 0xffffffffu;  ///< RFC 8415 7.7

/// RFC 8415 7.1: All_DHCP_Relay_Agents_and_Servers, ff02::1:2 of the link with this zone.
constexpr IpAddress all_servers(std::uint8_t zone) {
  constexpr std::array<std::uint8_t, 16> bytes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2};
  return IpAddress::v6(bytes, zone);
}

enum class MessageType : std::uint8_t {  // RFC 8415 7.3
  none = 0,
  solicit = 1,
  advertise = 2,
  request = 3,
  confirm = 4,
  renew = 5,
  rebind = 6,
  reply = 7,
  release = 8,
  decline = 9,
  reconfigure = 10,
  information_request = 11,
  relay_forward = 12,
  relay_reply = 13,
};

enum class StatusCode : std::uint16_t {  // RFC 8415 7.5
  success = 0,
  unspec_fail = 1,
  no_addrs_avail = 2,
  no_binding = 3,
  not_on_link = 4,
  use_multicast = 5,
};

namespace option {  // RFC 8415 21, unless another is named
constexpr std::uint16_t client_id = 1;
constexpr std::uint16_t server_id = 2;
constexpr std::uint16_t ia_na = 3;
constexpr std::uint16_t ia_ta = 4;
constexpr std::uint16_t ia_address = 5;
constexpr std::uint16_t option_request = 6;
constexpr std::uint16_t preference = 7;
constexpr std::uint16_t elapsed_time = 8;
constexpr std::uint16_t status_code = 13;
constexpr std::uint16_t rapid_commit = 14;
constexpr std::uint16_t reconfigure_message = 19;
constexpr std::uint16_t reconfigure_accept = 20;
constexpr std::uint16_t dns_servers = 23;   // RFC 3646 3
constexpr std::uint16_t domain_list = 24;   // RFC 3646 4
constexpr std::uint16_t sntp_servers = 31;  // RFC 4075
constexpr std::uint16_t information_refresh_time = 32;
constexpr std::uint16_t ntp_server = 56;  // RFC 5908
constexpr std::uint16_t sol_max_rt = 82;
constexpr std::uint16_t inf_max_rt = 83;
}  // namespace option

/// Why a received message changed nothing. Exactly one is counted for each.
enum class Drop : std::uint8_t {
  source,           ///< no server can have that address
  too_short,        ///< less than msg-type and transaction-id
  option_framing,   ///< an option reaches past the end of the message or of its enclosing option
  option_length,    ///< a known option, nested ones included, is of a length that it cannot have
  repeated_option,  ///< two identifiers of the client or of the server
  message_type,     ///< no Advertise and no Reply (RFC 8415 16.2 to 16.14), or unknown
  reconfigure,      ///< refused: none was accepted, and there is no key to authenticate it (16.11)
  unexpected,       ///< no answer of that type is being waited for
  transaction_id,   ///< 16.3, 16.10
  server_id,        ///< none (16.3, 16.10)
  client_id,        ///< none, or another's (16.3, 16.10)
  wrong_server,     ///< another one was asked
  no_rapid_commit,  ///< a Reply to a Solicit that does not commit (18.2.1)
  status,           ///< a failure that only ends by asking again (18.2.10)
  no_addresses,     ///< none that could be used (18.2.9, 18.2.10.1)
  count,
};
std::string_view drop_text(Drop drop);

/// Calls `visit(code, value)` for each option of `area`; yields whether they fill it exactly. Every turn
/// consumes four bytes at least.
template <typename Visit>
constexpr bool for_each_option(Bytes area, Visit&& visit) {
  while (!area.empty()) {
    if (area.size() < 4) return false;
    const std::size_t length = load16(area.data() + 2);
    if (area.size() - 4 < length) return false;
    visit(load16(area.data()), area.subspan(4, length));
    area = area.subspan(4 + length);
  }
  return true;
}

/// A view of an IA Address option (RFC 8415 21.6) whose length was checked. Lifetimes in seconds.
class IaAddress {
 public:
  static constexpr std::size_t fixed = 24;
  explicit IaAddress(Bytes value) : value_(value) {}
  IpAddress address() const { return IpAddress::v6(fields().get_bytes<0, 16>()); }
  std::uint32_t preferred_lifetime() const { return fields().get32<16>(); }
  std::uint32_t valid_lifetime() const { return fields().get32<20>(); }
  StatusCode status() const;

 private:
  Fields<fixed> fields() const { return Fields<fixed>(value_.data()); }
  Bytes value_;
};

/// A view of an IA_NA option (RFC 8415 21.4) whose length and whose options' were checked. T1, T2 in seconds.
class IaNa {
 public:
  static constexpr std::size_t fixed = 12;
  explicit IaNa(Bytes value) : value_(value) {}
  std::uint32_t iaid() const { return fields().get32<0>(); }
  std::uint32_t t1() const { return fields().get32<4>(); }
  std::uint32_t t2() const { return fields().get32<8>(); }
  /// 21.4: T1 behind T2, both given: the client discards the IA_NA.
  bool times_are_valid() const { return t1() == 0 || t2() == 0 || t1() <= t2(); }
  StatusCode status() const;
  template <typename Visit>
  void for_each_address(Visit&& visit) const {
    for_each_option(value_.subspan(fixed), [&visit](std::uint16_t code, Bytes value) {
      if (code == option::ia_address) visit(IaAddress(value));
    });
  }

 private:
  Fields<fixed> fields() const { return Fields<fixed>(value_.data()); }
  Bytes value_;
};

/// A message between client and server whose option framing was checked, and the length of each option that
/// this client knows. It points into the bytes parsed.
class Message {
 public:
  /// Fails with one of too_short to repeated_option. Relay messages have another header: they are not read,
  /// but yield a message without options. Unknown options are skipped (RFC 8415 16).
  static Result<Message, Drop> parse(Bytes bytes);
  Message() = default;  // for Result only

  MessageType type() const { return static_cast<MessageType>(bytes_[0]); }
  std::uint32_t transaction_id() const { return load32(bytes_.data()) & 0xffffffu; }
  /// The first instance's value: instances are never joined (RFC 8415 21).
  std::optional<Bytes> option(std::uint16_t code) const;
  bool has(std::uint16_t code) const { return option(code).has_value(); }
  /// Every instance of an option that may appear several times.
  template <typename Visit>
  void for_each(std::uint16_t wanted, Visit&& visit) const {
    for_each_option(options(), [&visit, wanted](std::uint16_t code, Bytes value) {
      if (code == wanted) visit(value);
    });
  }
  std::optional<std::uint32_t> u32(std::uint16_t code) const;
  std::uint8_t preference() const;  ///< 0 without the option (RFC 8415 18.2.1)
  StatusCode status() const;        ///< the top-level one; success without the option (21.13)
  /// The first IA_NA with this number whose times are valid.
  std::optional<IaNa> ia_na(std::uint32_t iaid) const;

 private:
  explicit Message(Bytes bytes) : bytes_(bytes) {}
  Bytes options() const { return bytes_.subspan(header_size); }

  Bytes bytes_;
};

/// Writes one client message: the header at construction, then options, then `finish`.
class MessageWriter {
 public:
  MessageWriter(MutableBytes buffer, MessageType type, std::uint32_t transaction_id);

  void bytes(std::uint16_t code, Bytes value);
  void u16(std::uint16_t code, std::uint16_t value);
  void option_request(std::span<const std::uint16_t> codes);
  /// T1, T2 and all lifetimes are 0: they would be hints only (RFC 8415 18.2.3, 21.4, 21.6).
  void ia_na(std::uint32_t iaid, std::span<const IpAddress> addresses);
  /// The whole message; empty when the buffer was too small.
  Bytes finish() const { return writer_.ok() ? Bytes(writer_.written()) : Bytes(); }

 private:
  void head(std::uint16_t code, std::size_t length);

  Writer writer_;
};

}  // namespace linnet::dhcpv6
