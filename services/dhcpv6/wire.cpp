// SPDX-License-Identifier: Apache-2.0
#include "services/dhcpv6/wire.hpp"

namespace linnet::dhcpv6 {

namespace {

constexpr std::size_t address_size = 16;

bool is_list_of_addresses(std::size_t length) { return length != 0 && length % address_size == 0; }

/// Whether an option that this client knows can be so long; true for all others.
bool length_is_possible(std::uint16_t code, std::size_t length) {
  switch (code) {
    case option::client_id:
    case option::server_id:
      return length >= Duid::minimum && length <= Duid::maximum;  // RFC 8415 11.1
    case option::ia_na:
      return length >= IaNa::fixed;
    case option::ia_address:
      return length >= IaAddress::fixed;
    case option::option_request:
      return length % 2 == 0;
    case option::preference:
    case option::reconfigure_message:
      return length == 1;
    case option::elapsed_time:
      return length == 2;
    case option::status_code:
      return length >= 2;
    case option::rapid_commit:
    case option::reconfigure_accept:
      return length == 0;
    case option::dns_servers:
    case option::sntp_servers:
      return is_list_of_addresses(length);
    case option::information_refresh_time:
    case option::sol_max_rt:
    case option::inf_max_rt:
      return length == 4;
    default:
      return true;
  }
}

/// The first fault among options and those within them, where nothing more is looked at once there is one. As
/// deep as IA_NA, IA Address, Status Code: what else may be nested has no meaning here, and is not followed.
class Checker {
 public:
  std::optional<Drop> check_message(Bytes options) {
    const bool whole = for_each_option(options, [this](std::uint16_t code, Bytes value) {
      check_length(code, value);
      if (code == option::client_id && ++client_ids_ > 1) fail(Drop::repeated_option);
      if (code == option::server_id && ++server_ids_ > 1) fail(Drop::repeated_option);
      if (code == option::ia_na && !fault_) check_ia(value.subspan(IaNa::fixed));
    });
    if (!whole) fail(Drop::option_framing);
    return fault_;
  }

 private:
  void check_ia(Bytes options) {
    const bool whole = for_each_option(options, [this](std::uint16_t code, Bytes value) {
      check_length(code, value);
      if (code == option::ia_address && !fault_) check_address(value.subspan(IaAddress::fixed));
    });
    if (!whole) fail(Drop::option_framing);
  }
  void check_address(Bytes options) {
    if (!for_each_option(options, [this](std::uint16_t code, Bytes value) { check_length(code, value); })) {
      fail(Drop::option_framing);
    }
  }
  void check_length(std::uint16_t code, Bytes value) {
    if (!length_is_possible(code, value.size())) fail(Drop::option_length);
  }
  void fail(Drop drop) {
    if (!fault_) fault_ = drop;
  }

  std::optional<Drop> fault_;
  std::size_t client_ids_ = 0;
  std::size_t server_ids_ = 0;
};

std::optional<Bytes> find(Bytes options, std::uint16_t wanted) {
  std::optional<Bytes> found;
  for_each_option(options, [&found, wanted](std::uint16_t code, Bytes value) {
    if (code == wanted && !found) found = value;
  });
  return found;
}

/// RFC 8415 21.13: success without the option.
StatusCode status_of(Bytes options) {
  const std::optional<Bytes> value = find(options, option::status_code);
  return value ? static_cast<StatusCode>(load16(value->data())) : StatusCode::success;
}

}  // namespace

std::string_view drop_text(Drop drop) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Drop::count)> texts = {
      "source",       "too short",    "option framing",  "option length",  "repeated option",
      "message type", "reconfigure",  "unexpected",      "transaction id", "server id",
      "client id",    "wrong server", "no rapid commit", "status",         "no addresses"};
  return texts[static_cast<std::size_t>(drop)];
}

StatusCode IaAddress::status() const { return status_of(value_.subspan(fixed)); }

StatusCode IaNa::status() const { return status_of(value_.subspan(fixed)); }

Result<Message, Drop> Message::parse(Bytes bytes) {
  if (bytes.size() < header_size) return Failure{Drop::too_short};
  const Message message(bytes);
  // RFC 8415 9: hop-count and two addresses follow, and a client discards them anyhow.
  if (message.type() == MessageType::relay_forward || message.type() == MessageType::relay_reply) {
    return Message(bytes.first(header_size));
  }
  if (const std::optional<Drop> fault = Checker().check_message(message.options())) return Failure{*fault};
  return message;
}

std::optional<Bytes> Message::option(std::uint16_t code) const { return find(options(), code); }

std::optional<std::uint32_t> Message::u32(std::uint16_t code) const {
  const std::optional<Bytes> value = option(code);
  if (!value || value->size() != 4) return std::nullopt;
  return load32(value->data());
}

std::uint8_t Message::preference() const {
  const std::optional<Bytes> value = option(option::preference);
  return value ? (*value)[0] : std::uint8_t{0};
}

StatusCode Message::status() const { return status_of(options()); }

std::optional<IaNa> Message::ia_na(std::uint32_t iaid) const {
  std::optional<IaNa> found;
  for_each_option(options(), [&found, iaid](std::uint16_t code, Bytes value) {
    if (code != option::ia_na || found) return;
    const IaNa ia(value);
    if (ia.iaid() == iaid && ia.times_are_valid()) found = ia;
  });
  return found;
}

MessageWriter::MessageWriter(MutableBytes buffer, MessageType type, std::uint32_t transaction_id)
    : writer_(buffer) {
  writer_.u32(static_cast<std::uint32_t>(type) << 24 | (transaction_id & 0xffffffu));
}

void MessageWriter::head(std::uint16_t code, std::size_t length) {
  writer_.u16(code);
  writer_.u16(static_cast<std::uint16_t>(length));
}

void MessageWriter::bytes(std::uint16_t code, Bytes value) {
  head(code, value.size());
  writer_.bytes(value);
}

void MessageWriter::u16(std::uint16_t code, std::uint16_t value) {
  head(code, 2);
  writer_.u16(value);
}

void MessageWriter::option_request(std::span<const std::uint16_t> codes) {
  head(option::option_request, 2 * codes.size());
  for (const std::uint16_t code : codes) writer_.u16(code);
}

void MessageWriter::ia_na(std::uint32_t iaid, std::span<const IpAddress> addresses) {
  head(option::ia_na, IaNa::fixed + addresses.size() * (4 + IaAddress::fixed));
  writer_.u32(iaid);
  writer_.fill(0, 8);  // T1, T2
  for (const IpAddress& address : addresses) {
    head(option::ia_address, IaAddress::fixed);
    writer_.bytes(address.bytes());
    writer_.fill(0, 8);  // preferred and valid lifetime
  }
}

}  // namespace linnet::dhcpv6
