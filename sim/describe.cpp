// SPDX-License-Identifier: Apache-2.0
#include "sim/describe.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "sim/frames_ipv6.hpp"

namespace linnet::sim {

namespace {

constexpr std::size_t link = 14;

std::string arp_text(Bytes frame) {
  if (frame.size() < link + 28) return "ARP, cut short";
  const std::uint8_t* arp = frame.data() + link;
  const std::string target = address_text(load32(arp + 24));
  const std::string sender = address_text(load32(arp + 14));
  if (load16(arp + 6) == 2) return "ARP " + sender + " is here";
  if (load32(arp + 14) == 0) return "ARP probe for " + target;
  return sender == target ? "ARP announcement of " + sender : "ARP who has " + target + "? says " + sender;
}

std::string flags_text(std::uint8_t flags) {
  constexpr std::array<const char*, 8> names{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
  std::string text;
  for (const std::size_t bit : {1u, 0u, 2u, 3u, 5u, 6u, 7u, 4u}) {
    if ((flags >> bit & 1) != 0) text += (text.empty() ? "" : ",") + std::string(names[bit]);
  }
  return text.empty() ? "no flags" : text;
}

/// `base`: what sequence numbers of the other direction count from.
std::string option_text(Bytes option, std::uint32_t base) {
  const std::uint8_t* value = option.data() + 2;
  std::string text;
  switch (option[0] * 256 + option.size()) {
    case 2 * 256 + 4:
      return " mss " + std::to_string(load16(value));
    case 3 * 256 + 3:
      return " scale " + std::to_string(*value);
    case 4 * 256 + 2:
      return " sackOK";
    case 8 * 256 + 10:
      return " ts " + std::to_string(load32(value)) + "/" + std::to_string(load32(value + 4));
    default:
      break;
  }
  for (std::size_t block = 2; option[0] == 5 && block + 8 <= option.size(); block += 8) {
    text += " sack " + std::to_string(load32(option.data() + block) - base) + "-" +
            std::to_string(load32(option.data() + block + 4) - base);
  }
  return text;
}

std::string icmp_text(const std::uint8_t* icmp, std::size_t size) {
  if (size < 8) return "ICMP, cut short";
  switch (icmp[0]) {
    case 0:
      return "ICMP echo reply";
    case 3:
      return icmp[1] == 4 ? "ICMP fragmentation needed, MTU " + std::to_string(load16(icmp + 6))
                          : "ICMP unreachable, code " + std::to_string(icmp[1]);
    case 8:
      return "ICMP echo request";
    case 11:
      return "ICMP time exceeded";
    default:
      return "ICMP type " + std::to_string(icmp[0]) + " code " + std::to_string(icmp[1]);
  }
}

}  // namespace

std::string udp_text(const std::uint8_t* udp, std::size_t size) {
  if (size < 8) return "UDP, cut short";
  const std::uint16_t from = load16(udp), to = load16(udp + 2);
  std::string text = "UDP " + std::to_string(from) + " > " + std::to_string(to) + " len " +
                     std::to_string(load16(udp + 4) - 8);
  if (from == 68 || to == 68) {
    constexpr std::array<const char*, 9> types{"",    "DISCOVER", "OFFER",   "REQUEST", "DECLINE",
                                               "ACK", "NAK",      "RELEASE", "INFORM"};
    const std::uint8_t type = size >= 8 + 243 && udp[8 + 240] == 53 ? udp[8 + 242] : 0;
    return "DHCP " + std::string(type < types.size() ? types[type] : "?");
  }
  if (from == 53) return "DNS answer " + text.substr(4);
  if (to == 53) return "DNS query " + text.substr(4);
  return text;
}

std::string address_text(std::uint32_t ipv4) {
  return std::to_string(ipv4 >> 24) + "." + std::to_string(ipv4 >> 16 & 255) + "." +
         std::to_string(ipv4 >> 8 & 255) + "." + std::to_string(ipv4 & 255);
}

std::string seconds_text(Duration duration) {
  std::array<char, 40> text;
  const std::int64_t us = duration.as_microseconds();
  std::snprintf(text.data(), text.size(), "%lld.%06lld", static_cast<long long>(us / 1000000),
                static_cast<long long>(us % 1000000));
  return text.data();
}

std::string Describer::tcp_text(const TcpView& tcp, Bytes frame) {
  const Direction ours{tcp.source, tcp.destination, tcp.source_port, tcp.destination_port};
  const Direction theirs{tcp.destination, tcp.source, tcp.destination_port, tcp.source_port};
  if ((tcp.flags & tcp_flag::syn) != 0) begins_[ours] = tcp.seq;
  const auto base_of = [this](const Direction& direction) {
    const auto found = begins_.find(direction);
    return found == begins_.end() ? 0 : found->second;
  };
  std::string text = "TCP " + std::to_string(tcp.source_port) + " > " + std::to_string(tcp.destination_port) +
                     " " + flags_text(tcp.flags) + " seq " + std::to_string(tcp.seq - base_of(ours));
  if ((tcp.flags & tcp_flag::ack) != 0) text += " ack " + std::to_string(tcp.ack - base_of(theirs));
  text += " win " + std::to_string(tcp.window);
  if (tcp.size > 0) text += " len " + std::to_string(tcp.size);
  for (std::size_t at = tcp.transport + 20; at + 1 < tcp.payload && frame[at] != 0;) {
    const std::size_t length = frame[at] == 1 ? 1 : frame[at + 1];
    if (length == 0 || at + length > tcp.payload) break;
    if (length > 1) text += option_text(frame.subspan(at, length), base_of(theirs));
    at += length;
  }
  return text;
}

std::string Describer::ip_text(Bytes frame) {
  const std::uint8_t* ip = frame.data() + link;
  const std::size_t header = std::size_t{ip[0] & 0x0fu} * 4;
  if (ip[0] >> 4 != 4 || header < 20 || frame.size() < link + header) return "IP, malformed";
  const std::string ends = address_text(load32(ip + 12)) + " > " + address_text(load32(ip + 16)) + " ";
  const std::uint16_t fragment = load16(ip + 6);
  if ((fragment & 0x3fff) != 0) {
    return ends + "fragment of " + std::to_string(load16(ip + 4)) + " at " +
           std::to_string((fragment & 0x1fff) * 8) + ((fragment & 0x2000) != 0 ? ", more" : ", last");
  }
  const std::size_t total =
      std::min<std::size_t>(std::max<std::size_t>(load16(ip + 2), header), frame.size() - link);
  if (const auto tcp = tcp_view(frame)) return ends + tcp_text(*tcp, frame);
  if (ip[9] == 17) return ends + udp_text(ip + header, total - header);
  if (ip[9] == 1) return ends + icmp_text(ip + header, total - header);
  return ends + "protocol " + std::to_string(ip[9]);
}

std::string Describer::describe(Bytes frame) {
  if (frame.size() < link + 20) return "a frame of " + std::to_string(frame.size()) + " bytes";
  const std::uint16_t type = load16(frame.data() + 12);
  if (type == 0x0806) return arp_text(frame);
  if (type == 0x0800) return ip_text(frame);
  if (const auto ipv6 = ipv6_view(frame)) return ipv6_text(frame, *ipv6);
  return "EtherType " + std::to_string(type);
}

}  // namespace linnet::sim
