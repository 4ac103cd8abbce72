// SPDX-License-Identifier: Apache-2.0
// Packets as scripts write them, and the names of ICMP messages.
#include <array>
#include <charconv>
#include <cstdio>

#include "drill/packet.hpp"

namespace linnet::drill {
namespace {

std::string hex(const std::vector<std::uint8_t>& data) {
  std::string text;
  for (const std::uint8_t byte : data) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

std::string n(std::uint32_t value) { return std::to_string(value); }

std::string option_text(const TcpOption& option) {
  const std::string data = option.data.empty() ? "" : " " + hex(option.data);
  switch (option.kind) {
    case TcpOptionKind::eol:
      return "eol";
    case TcpOptionKind::nop:
      return "nop";
    case TcpOptionKind::mss:
      return "mss " + n(option.value);
    case TcpOptionKind::window_scale:
      return "wscale " + n(option.value);
    case TcpOptionKind::sack_permitted:
      return "sackOK";
    case TcpOptionKind::timestamp:
      return "TS val " + n(option.value) + " ecr " + n(option.echo);
    case TcpOptionKind::md5:
      return "md5" + data;
    case TcpOptionKind::fast_open:
      return "FO" + data;
    case TcpOptionKind::experimental:
      return "FOEXP" + data;
    case TcpOptionKind::sack: {
      std::string text = "sack";
      for (const auto& [left, right] : option.blocks) text += " " + n(left) + ":" + n(right);
      return text;
    }
  }
  return "kind " + n(static_cast<std::uint8_t>(option.kind)) + data;
}

std::string flags_text(std::uint16_t flags) {
  std::string text;
  constexpr std::array<std::pair<std::uint16_t, char>, 9> letters{{{tcp_flag::fin, 'F'},
                                                                   {tcp_flag::syn, 'S'},
                                                                   {tcp_flag::rst, 'R'},
                                                                   {tcp_flag::psh, 'P'},
                                                                   {tcp_flag::urg, 'U'},
                                                                   {tcp_flag::ece, 'E'},
                                                                   {tcp_flag::cwr, 'W'},
                                                                   {tcp_flag::ae, 'A'},
                                                                   {tcp_flag::ack, '.'}}};
  for (const auto& [flag, letter] : letters) {
    if ((flags & flag) != 0) text += letter;
  }
  return text.empty() ? "-" : text;
}

std::string range_text(std::uint32_t seq, std::uint32_t size) {
  return n(seq) + ":" + n(seq + size) + "(" + n(size) + ")";
}

std::string ip_text(const IpInfo& ip) {
  constexpr std::array<const char*, 4> ecn{"noecn", "ect1", "ect0", "ce"};
  std::string text;
  if (ip.check == IpInfo::Check::ecn) text = ecn[ip.value & 3];
  if (ip.check == IpInfo::Check::ect0_or_1) text = "ect01";
  if (ip.check == IpInfo::Check::traffic_class && ip.value != 0) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "tos 0x%x", ip.value);
    text = ip.value < 4 ? ecn[ip.value] : digits;
  }
  if (text.empty()) return "";
  return "[" + text + "] ";
}

std::string tcp_text(const PacketSpec& p) {
  std::string text = flags_text(p.flags) + " " + range_text(p.seq, p.payload);
  if (p.has(tcp_flag::ack)) text += " ack " + n(p.ack);
  if (p.window) text += " win " + n(*p.window);
  if (p.urgent_pointer != 0) text += " urg " + n(p.urgent_pointer);
  if (p.any_options) text += " <...>";
  if (!p.options.empty()) text += " <" + options_text(p.options) + ">";
  return text;
}

struct IcmpType {
  std::uint8_t type = 0;
  const char* name = "";
};
constexpr std::array<IcmpType, 15> types_v4{{{0, "echo_reply"},
                                             {3, "unreachable"},
                                             {4, "source_quench"},
                                             {5, "redirect"},
                                             {8, "echo_request"},
                                             {11, "time_exceeded"},
                                             {12, "parameter_problem"},
                                             {13, "timestamp_request"},
                                             {14, "timestamp_reply"},
                                             {15, "info_request"},
                                             {16, "info_reply"},
                                             {17, "address_mask_request"},
                                             {18, "address_mask_reply"},
                                             {15, "information_request"},
                                             {16, "information_reply"}}};
constexpr std::array<IcmpType, 6> types_v6{{{1, "unreachable"},
                                            {2, "packet_too_big"},
                                            {3, "time_exceeded"},
                                            {4, "parameter_problem"},
                                            {128, "echo_request"},
                                            {129, "echo_reply"}}};

struct IcmpCode {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  const char* name = "";
};
constexpr std::array<IcmpCode, 24> codes_v4{{{3, 0, "net_unreachable"},
                                             {3, 1, "host_unreachable"},
                                             {3, 2, "protocol_unreachable"},
                                             {3, 3, "port_unreachable"},
                                             {3, 4, "frag_needed"},
                                             {3, 5, "source_route_failed"},
                                             {3, 6, "net_unknown"},
                                             {3, 7, "host_unknown"},
                                             {3, 8, "source_host_isolated"},
                                             {3, 9, "net_prohibited"},
                                             {3, 10, "host_prohibited"},
                                             {3, 11, "net_unreachable_for_tos"},
                                             {3, 12, "host_unreachable_for_tos"},
                                             {3, 13, "packet_filtered"},
                                             {3, 14, "precedence_violation"},
                                             {3, 15, "precedence_cutoff"},
                                             {5, 0, "net"},
                                             {5, 1, "host"},
                                             {5, 2, "net_for_tos"},
                                             {5, 3, "host_for_tos"},
                                             {11, 0, "ttl_exceeded"},
                                             {11, 1, "reassembly_time_exceeded"},
                                             {12, 0, "pointer"},
                                             {12, 1, "missing_option"}}};
constexpr std::array<IcmpCode, 13> codes_v6{{{1, 0, "noroute"},
                                             {1, 0, "no_route"},
                                             {1, 1, "admin_prohibited"},
                                             {1, 2, "not_neighbour"},
                                             {1, 2, "beyond_scope"},
                                             {1, 3, "address_unreachable"},
                                             {1, 4, "port_unreachable"},
                                             {1, 5, "policy_fail"},
                                             {1, 6, "reject_route"},
                                             {3, 0, "exceed_hop_limit"},
                                             {3, 1, "exceed_fragment_reassembly"},
                                             {4, 0, "header_field"},
                                             {4, 1, "unknown_next_header"}}};

/// 17, or with the word for what it is in front: type_17.
std::optional<std::uint8_t> as_number(std::string_view text, std::string_view word) {
  if (text.starts_with(word)) text.remove_prefix(word.size());
  std::uint8_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ptr != end || result.ec != std::errc()) return std::nullopt;
  return value;
}

template <typename Table, typename Matches>
const auto* find_row(const Table& table, Matches matches) {
  for (const auto& row : table) {
    if (matches(row)) return &row;
  }
  return static_cast<decltype(table.data())>(nullptr);
}

}  // namespace

std::string options_text(const std::vector<TcpOption>& options) {
  std::string text;
  for (const TcpOption& option : options) text += (text.empty() ? "" : ",") + option_text(option);
  return text;
}

std::string packet_text(const PacketSpec& p) {
  std::string text = std::string(p.inbound ? "<" : ">") + " " + ip_text(p.ip);
  if (p.protocol == Protocol::icmp) {
    text += "icmp " + icmp_text(p.icmp_type, p.icmp_code, p.ip.flow_label.has_value());
    if (p.mtu) text += " mtu " + n(*p.mtu);
    if (p.echo_id != 0) text += " id " + n(p.echo_id);
    if (!p.quoted) return text;
    const Quoted& q = *p.quoted;
    if (q.raw) return text + " [raw (" + n(q.payload) + ")]";
    if (q.protocol == Protocol::udp) return text + " [udp (" + n(q.payload) + ")]";
    return text + " [" + range_text(q.seq, q.payload) + "]";
  }
  const std::string ports = p.has_ports ? n(p.source_port) + " > " + n(p.destination_port) + " " : "";
  if (p.protocol == Protocol::udp) return text + "udp " + ports + "(" + n(p.payload) + ")";
  return text + ports + tcp_text(p);
}

std::optional<std::uint8_t> icmp_type_of(const std::string& name, bool v6) {
  const auto named = [&](const IcmpType& row) { return name == row.name; };
  const auto* row = v6 ? find_row(types_v6, named) : find_row(types_v4, named);
  return row != nullptr ? std::optional(row->type) : as_number(name, "type_");
}

std::optional<std::uint8_t> icmp_code_of(std::uint8_t type, const std::string& name, bool v6) {
  const auto named = [&](const IcmpCode& row) { return row.type == type && name == row.name; };
  const auto* row = v6 ? find_row(codes_v6, named) : find_row(codes_v4, named);
  return row != nullptr ? std::optional(row->code) : as_number(name, "code_");
}

std::string icmp_text(std::uint8_t type, std::uint8_t code, bool v6) {
  const auto of_type = [&](const IcmpType& row) { return row.type == type; };
  const auto of_code = [&](const IcmpCode& row) { return row.type == type && row.code == code; };
  const auto* known = v6 ? find_row(types_v6, of_type) : find_row(types_v4, of_type);
  const auto* known_code = v6 ? find_row(codes_v6, of_code) : find_row(codes_v4, of_code);
  const std::string front = known != nullptr ? known->name : n(type);
  if (known_code != nullptr) return front + " " + known_code->name;
  return code == 0 ? front : front + " " + n(code);
}

}  // namespace linnet::drill
