// SPDX-License-Identifier: Apache-2.0
// Packets, in and out.
#include <tuple>

#include "drill/parser_state.hpp"

namespace linnet::drill {
namespace {

constexpr std::uint8_t ecn_ect1 = 1, ecn_ect0 = 2, ecn_ce = 3;

}  // namespace

PacketSpec Parser::packet() {
  PacketSpec packet;
  packet.inbound = peek().is('<');
  take();
  for (const char* outer : {"ipv4", "ipv6", "gre", "GREv0", "mpls"}) {
    if (peek().is_word(outer)) throw Unsupported(line(), std::string("packets inside of ") + outer);
  }
  // The packet that an ICMP message is about stood in front of it once.
  const bool about = peek().is('[') && (peek(1).kind == TokenKind::integer || peek(1).is_word("udp") || peek(1).is_word("raw"));
  if (about) {
    take();
    quoted(packet);
    if (!peek().is_word("icmp")) expected("icmp");
  }
  packet.ip = ip_info(packet.inbound);
  for (const char* other : {"udplite", "sctp", "dccp"}) {
    if (peek().is_word(other)) throw Unsupported(line(), std::string(other) + " packets");
  }
  if (accept_word("udp")) {
    udp(packet);
  } else if (accept_word("icmp")) {
    icmp(packet);
  } else {
    tcp(packet);
  }
  if (peek().is('{')) throw Unsupported(line(), "mutated packets { ... }");
  return packet;
}

/// (ect0), [tos 0x10], [ttl 5], [ce, flowlabel 0x1].
IpInfo Parser::ip_info(bool inbound) {
  IpInfo info;
  const char closing = peek().is('(') ? ')' : ']';
  if (!accept('(') && !accept('[')) return info;
  do {
    const std::string word = peek().text;
    if (peek().kind != TokenKind::word) expected("ect0, ect1, ect01, ce, noecn, tos, ttl or flowlabel");
    take();
    if (word == "ttl") {
      info.ttl = static_cast<std::uint8_t>(number("ttl", 255));
      continue;
    }
    if (word == "tos" || word == "flowlabel") {
      const std::int64_t most = word == "tos" ? 0xff : 0xfffff;
      if (peek().kind != TokenKind::hex || peek().integer > most || peek().integer < 0)
        expected(word == "tos" ? "a hexadecimal number of 8 bits" : "a hexadecimal number of 20 bits");
      const auto value = static_cast<std::uint32_t>(take().integer);
      if (word == "tos") {
        info.check = IpInfo::Check::traffic_class;
        info.value = static_cast<std::uint8_t>(value);
      } else {
        info.flow_label = value;
      }
      continue;
    }
    info.check = word == "ect01" ? IpInfo::Check::ect0_or_1 : IpInfo::Check::ecn;
    if (word == "ect0")
      info.value = ecn_ect0;
    else if (word == "ect1")
      info.value = ecn_ect1;
    else if (word == "ce")
      info.value = ecn_ce;
    else if (word != "noecn" && word != "ect01")
      fail("'" + word + "' is nothing of an IP header");
    if (word == "ect01" && inbound) fail("[ect01] is for outbound packets only");
  } while (accept(','));
  expect(closing);
  return info;
}

/// sport > dport.
void Parser::ports(PacketSpec& packet) {
  if (peek().kind != TokenKind::integer || !peek(1).is('>')) return;
  packet.has_ports = true;
  packet.source_port = static_cast<std::uint16_t>(number("the source port", 65535));
  take();
  packet.destination_port = static_cast<std::uint16_t>(number("the destination port", 65535));
}

void Parser::udp(PacketSpec& packet) {
  packet.protocol = Protocol::udp;
  ports(packet);
  expect('(');
  packet.payload = number("the payload's size", 65535);
  expect(')');
}

void Parser::icmp(PacketSpec& packet) {
  packet.protocol = Protocol::icmp;
  if (peek().kind != TokenKind::word) expected("a type of ICMP message");
  const std::string type = take().text;
  const auto number_of_type = icmp_type_of(type, v6_);
  if (!number_of_type) fail("'" + type + "' is no type of ICMP message");
  packet.icmp_type = *number_of_type;
  const bool word = peek().kind == TokenKind::word && !peek().is_word("mtu") && !peek().is_word("id");
  if (word) {
    const std::string code = take().text;
    const auto number_of_code = icmp_code_of(packet.icmp_type, code, v6_);
    if (!number_of_code) fail("'" + code + "' is no code of ICMP " + type);
    packet.icmp_code = *number_of_code;
  }
  if (accept_word("mtu")) packet.mtu = number("the MTU");
  if (accept_word("id")) packet.echo_id = static_cast<std::uint16_t>(number("the identifier", 65535));
  if (accept('[')) quoted(packet);
}

void Parser::quoted(PacketSpec& packet) {
  Quoted quoted;
  if (peek().is_word("udp") || peek().is_word("raw")) {
    quoted.raw = take().text == "raw";
    quoted.protocol = Protocol::udp;
    expect('(');
    quoted.payload = number("the payload's size", 65535);
    expect(')');
  } else {
    const auto [seq, size] = sequence();
    quoted.seq = seq;
    quoted.payload = size;
  }
  expect(']');
  packet.quoted = quoted;
}

/// 1:1001(1000)
std::pair<std::uint32_t, std::uint32_t> Parser::sequence() {
  const std::uint32_t begin = number("the first sequence number");
  expect(':');
  const std::uint32_t end = number("the last sequence number");
  expect('(');
  const std::uint32_t size = number("the payload's size", 65535);
  expect(')');
  if (end != begin + size) fail("the sequence numbers and the payload's size do not agree");
  return {begin, size};
}

/// S, SEW, P., ., - (none), and with a number for the three bits of accurate ECN: S.5
std::uint16_t Parser::flags() {
  std::string letters;
  if (accept('-')) return 0;
  if (peek().kind == TokenKind::word) letters = take().text;
  if (peek().kind == TokenKind::floating || peek().is('.')) letters += take().text;
  if (letters.empty()) expected("TCP flags");
  std::uint16_t flags = 0;
  for (const char letter : letters) {
    switch (letter) {
      case 'F':
        flags |= tcp_flag::fin;
        break;
      case 'S':
        flags |= tcp_flag::syn;
        break;
      case 'R':
        flags |= tcp_flag::rst;
        break;
      case 'P':
        flags |= tcp_flag::psh;
        break;
      case '.':
        flags |= tcp_flag::ack;
        break;
      case 'U':
        flags |= tcp_flag::urg;
        break;
      case 'E':
        flags |= tcp_flag::ece;
        break;
      case 'W':
        flags |= tcp_flag::cwr;
        break;
      case 'A':
        flags |= tcp_flag::ae;
        break;
      default:
        if (letter < '0' || letter > '7') fail(std::string("'") + letter + "' is no TCP flag");
        // RFC 9768: the ACE field is AE, CWR, ECE from its highest bit on.
        flags |= static_cast<std::uint16_t>((letter - '0') << 6);
    }
  }
  return flags;
}

void Parser::tcp(PacketSpec& packet) {
  ports(packet);
  packet.flags = flags();
  std::tie(packet.seq, packet.payload) = sequence();
  if (accept_word("ack")) packet.ack = number("the acknowledgment number");
  if (accept_word("win")) packet.window = static_cast<std::uint16_t>(number("the window", 65535));
  if (accept_word("urg"))
    packet.urgent_pointer = static_cast<std::uint16_t>(number("the urgent pointer", 65535));
  if (accept('<')) options(packet);
}

void Parser::options(PacketSpec& packet) {
  if (accept_ellipsis()) {
    if (packet.inbound) fail("<...> is for outbound packets only");
    packet.any_options = true;
  } else {
    do {
      packet.options.push_back(tcp_option(packet.inbound));
    } while (accept(','));
    const std::size_t size = options_size(packet.options);
    if (size > 40) fail("the TCP options take more than 40 bytes");
    if (size % 4 != 0)
      fail("the TCP options take " + std::to_string(size) +
           " bytes, which is no multiple of 4: nop or eol is missing");
  }
  expect('>');
}

TcpOption Parser::tcp_option(bool inbound) {
  if (peek().kind != TokenKind::word) expected("a TCP option");
  const std::string name = take().text;
  TcpOption option;
  if (name == "eol")
    option.kind = TcpOptionKind::eol;
  else if (name == "nop")
    option.kind = TcpOptionKind::nop;
  else if (name == "sackOK")
    option.kind = TcpOptionKind::sack_permitted;
  else if (name == "mss")
    option = {.kind = TcpOptionKind::mss, .value = number("mss", 65535)};
  else if (name == "wscale")
    option = {.kind = TcpOptionKind::window_scale, .value = number("wscale", 255)};
  else if (name == "md5")
    option = {.kind = TcpOptionKind::md5, .data = hex_bytes(true)};
  else if (name == "FO")
    option = {.kind = TcpOptionKind::fast_open, .data = hex_bytes(false)};
  else if (name == "FOEXP")
    option = {.kind = TcpOptionKind::experimental, .data = hex_bytes(false)};
  else if (name == "TS") {
    option.kind = TcpOptionKind::timestamp;
    if (!accept_word("val")) expected("'val'");
    option.any_value = !inbound && accept_ellipsis();
    if (!option.any_value) option.value = number("TS val");
    if (!accept_word("ecr")) expected("'ecr'");
    option.any_echo = !inbound && accept_ellipsis();
    if (!option.any_echo) option.echo = number("TS ecr");
  } else if (name == "sack") {
    option.kind = TcpOptionKind::sack;
    do {
      const std::uint32_t left = number("a SACK block's left edge");
      expect(':');
      option.blocks.emplace_back(left, number("a SACK block's right edge"));
    } while (peek().kind == TokenKind::integer);
  } else {
    throw Unsupported(line(), "the TCP option '" + name + "'");
  }
  return option;
}

std::vector<std::uint8_t> Parser::hex_bytes(bool required) {
  std::vector<std::uint8_t> bytes;
  if (peek().kind != TokenKind::word && peek().kind != TokenKind::integer) {
    if (required) expected("hexadecimal digits");
    return bytes;
  }
  const std::string digits = take().text;
  if (digits.size() % 2 != 0) fail("an odd number of hexadecimal digits: " + digits);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos)
      fail("'" + digits + "' is not hexadecimal");
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace linnet::drill
