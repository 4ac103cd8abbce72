// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_dhcp_options.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t sname_offset = 44;
constexpr std::size_t file_offset = 108;
constexpr std::size_t options_offset = 240;

/// RFC 2132 3 to 9: the length that an option has, or the least that it may have.
bool length_fits(std::uint8_t code, std::size_t size) {
  switch (code) {
    case dhcp_option::overload:
    case dhcp_option::message_type:
      return size == 1;
    case dhcp_option::maximum_size:
      return size == 2;
    case dhcp_option::requested_address:
    case dhcp_option::lease_time:
    case dhcp_option::server_identifier:
      return size == 4;
    case dhcp_option::client_identifier:
      return size >= 2;
    case dhcp_option::rapid_commit:
      return size == 0;
    default:
      return size >= 1;
  }
}

}  // namespace

void DhcpOptions::take(FrameJudge& judge, Bytes message, std::size_t at, std::size_t size) {
  const std::uint8_t code = message[at];
  judge.require(length_fits(code, size), Rule::dhcp_option_length, message, at + 1, size,
                "the length of its code");
  judge.require(!has(code), Rule::dhcp_option_twice, message, at, code, "each option once");
  values_[code] = message.subspan(at, size + 2);
}

/// One field of options: whole ones, an end, and nothing but zeros behind it.
void DhcpOptions::read_field(FrameJudge& judge, Bytes message, std::size_t from, std::size_t to) {
  std::size_t at = from;
  while (at < to && message[at] != dhcp_option::end) {
    if (message[at] == dhcp_option::pad) {
      ++at;
      continue;
    }
    const std::size_t left = to - at;
    if (left < 2 || std::size_t{message[at + 1]} + 2 > left) {
      judge.require(false, Rule::dhcp_option_framing, message, at, message[at], "an option that fits");
      return;
    }
    take(judge, message, at, message[at + 1]);
    at += std::size_t{message[at + 1]} + 2;
  }
  if (!judge.require(at < to, Rule::dhcp_end, message, to - 1, message[to - 1], "an end option")) return;
  judge.zero(Rule::dhcp_padding, message, at + 1, to);
}

void DhcpOptions::read(FrameJudge& judge, Bytes message) {
  read_field(judge, message, options_offset, message.size());
  if (!judge.ok()) return;
  unsigned overload = 0;
  if (has(dhcp_option::overload)) {
    overload = values_[dhcp_option::overload][2];
    judge.require(overload >= 1 && overload <= 3, Rule::dhcp_option_framing, values_[dhcp_option::overload],
                  2, overload, "1 to 3");
  }
  // Table 5: the two fields are a client's to fill in only with options.
  if ((overload & 1) != 0) {
    read_field(judge, message, file_offset, 236);
  } else {
    judge.zero(Rule::dhcp_names, message, file_offset, 236);
  }
  if ((overload & 2) != 0) {
    read_field(judge, message, sname_offset, file_offset);
  } else {
    judge.zero(Rule::dhcp_names, message, sname_offset, file_offset);
  }
  const Bytes type = values_[dhcp_option::message_type];
  type_ = type.empty() ? 0 : type[2];
  const bool of_client = type_ == dhcp_type::discover || type_ == dhcp_type::request ||
                         type_ == dhcp_type::decline || type_ == dhcp_type::release ||
                         type_ == dhcp_type::inform;
  judge.require(of_client, Rule::dhcp_message_type, message, options_offset, type_,
                "a client's message type");
}

void DhcpOptions::must(FrameJudge& judge, Bytes message, std::uint8_t code) const {
  judge.require(has(code), Rule::dhcp_option_required, message, options_offset, type_,
                code == dhcp_option::server_identifier ? "a server identifier" : "a requested address");
}

void DhcpOptions::must_not(FrameJudge& judge, Bytes message, std::uint8_t code) const {
  const Bytes part = has(code) ? values_[code] : message;
  judge.require(!has(code), Rule::dhcp_option_forbidden, part, 0, code, "no such option in this message");
}

/// 4.3.2: with a server named, the answer to an offer; else without an address, INIT-REBOOT; else an
/// extension.
void DhcpOptions::check_request(FrameJudge& judge, Bytes message) const {
  if (load32(message.data() + 12) == 0) return must(judge, message, dhcp_option::requested_address);
  must_not(judge, message, dhcp_option::requested_address);
  must_not(judge, message, dhcp_option::server_identifier);
}

/// RFC 2132 9.10; RFC 3442: 121 stands in front of 3 and 33.
void DhcpOptions::check_parameters(FrameJudge& judge) const {
  if (has(dhcp_option::maximum_size)) {
    const Bytes size = values_[dhcp_option::maximum_size];
    judge.require(load16(size.data() + 2) >= 576, Rule::dhcp_option_length, size, 2, load16(size.data() + 2),
                  "576 at least");
  }
  const Bytes list = values_[dhcp_option::parameters];
  bool routes = false;
  for (std::size_t i = 2; i < list.size(); ++i) {
    if (list[i] == dhcp_option::router || list[i] == dhcp_option::static_route) routes = true;
    judge.require(list[i] != dhcp_option::classless_routes || !routes, Rule::dhcp_parameter_order, list, i,
                  list[i], "classless routes in front of routers");
  }
}

void DhcpOptions::check_by_type(FrameJudge& judge, Bytes message) const {
  check_parameters(judge);
  switch (type_) {
    case dhcp_type::discover:
      return must_not(judge, message, dhcp_option::server_identifier);
    case dhcp_type::request:
      return check_request(judge, message);
    case dhcp_type::inform:
      must_not(judge, message, dhcp_option::requested_address);
      must_not(judge, message, dhcp_option::lease_time);
      return must_not(judge, message, dhcp_option::server_identifier);
    default:
      break;
  }
  // DHCPDECLINE and DHCPRELEASE: what is needed to know what they are about, and nothing else.
  must(judge, message, dhcp_option::server_identifier);
  if (type_ == dhcp_type::decline) must(judge, message, dhcp_option::requested_address);
  for (unsigned code = 1; code < dhcp_option::end; ++code) {
    const bool allowed = code == dhcp_option::overload || code == dhcp_option::message_type ||
                         code == dhcp_option::server_identifier || code == dhcp_option::message ||
                         code == dhcp_option::client_identifier ||
                         (code == dhcp_option::requested_address && type_ == dhcp_type::decline);
    if (!allowed) must_not(judge, message, static_cast<std::uint8_t>(code));
  }
}

}  // namespace linnet::sim
