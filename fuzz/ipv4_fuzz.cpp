// SPDX-License-Identifier: Apache-2.0
// IPv4 headers with their options, ICMP and UDP headers.
#include <array>

#include "core/ip/wire.hpp"
#include "core/udp/wire.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

/// RFC 791 3.1, by indices.
Drop plain_options(Bytes o) {
  for (std::size_t i = 0; i < o.size() && o[i] != 0;) {
    if (o[i] == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= o.size() || o[i + 1] < 2 || i + o[i + 1] > o.size()) return Drop::ip_options;
    if (o[i] == 131 || o[i] == 137) return Drop::ip_source_route;
    i += o[i + 1];
  }
  return Drop::none;
}

void check_write(const ip::Ipv4Header& header, Bytes packet) {
  std::array<std::uint8_t, 20> again;
  const std::uint16_t fragment = load16(packet.data() + 6);
  ip::Ipv4Header::write(again.data(), {.traffic_class = header.traffic_class(),
                                       .total_length = header.total_length(),
                                       .identification = header.identification(),
                                       .fragment = fragment,
                                       .ttl = header.ttl(),
                                       .protocol = header.protocol(),
                                       .source = header.source(),
                                       .destination = header.destination()});
  require(plain_sum(again) == 0xffff, "the checksum that is written is right");
  require(again[0] == 0x45 && same(Bytes(again).subspan(1, 9), packet.subspan(1, 9)) &&
              same(Bytes(again).subspan(12), packet.subspan(12, 8)),
          "IPv4: written as it was read");
  require(header.is_fragment() == (header.more() || header.fragment_offset() > 0), "what is a fragment");
  require(header.fragment_offset() <= 65528 && header.fragment_offset() % 8 == 0, "offsets count 8 bytes");
  require(header.may_not_fragment() == ((fragment & 0x4000) != 0), "DF");
}

void check_ipv4(Bytes packet) {
  Drop reason = Drop::count_;
  const auto header = ip::Ipv4Header::parse(packet, reason);
  require(header.has_value() == (reason == Drop::none) && reason != Drop::count_,
          "a reason when there is none");
  const auto quoted = ip::Ipv4Header::parse_quoted(packet);
  if (header) {
    require(quoted.has_value(), "a whole packet could be a quoted one, too");
    require(header->length() <= header->total_length() && header->total_length() <= packet.size(),
            "lengths in order");
    require(header->checksum_good() == (plain_sum(packet.first(header->length())) == 0xffff), "RFC 1071");
    const Drop options = ip::check_options(header->options());
    require(options == plain_options(header->options()), "options as RFC 791 3.1 reads");
    check_write(*header, packet);
  }
  if (quoted) {
    require(quoted->length() >= 20 && quoted->length() <= packet.size(), "the quoted header is there");
    require(quoted->options().size() == quoted->length() - 20, "and its options");
  }
}

void check_udp(Bytes datagram) {
  const auto header = udp::Header::parse(datagram);
  const bool right = datagram.size() >= 8 && load16(datagram.data() + 4) >= 8 &&
                     load16(datagram.data() + 4) <= datagram.size();
  require(header.has_value() == right, "RFC 768: Length");
  require(udp::Header::parse_quoted(datagram).has_value() == (datagram.size() >= 8), "quoted: the 8 bytes");
  if (!header) return;
  std::array<std::uint8_t, 8> again;
  udp::Header::write(again.data(), header->source_port(), header->destination_port(), header->length());
  require(same(Bytes(again).first(6), datagram.first(6)) && load16(again.data() + 6) == 0,
          "UDP: written as read");
  require(header->checksum() == load16(datagram.data() + 6), "the checksum field");
}

void check_icmp(Bytes message) {
  const auto header = ip::IcmpHeader::parse(message);
  require(header.has_value() == (message.size() >= 8), "ICMP has 8 bytes");
  if (!header) return;
  std::array<std::uint8_t, 8> again;
  ip::IcmpHeader::write(again.data(), header->type(), header->code(), header->rest());
  require(same(Bytes(again).first(2), message.first(2)) && same(Bytes(again).last(4), message.subspan(4, 4)),
          "ICMP: written as read");
  require(header->next_hop_mtu() == (header->rest() & 0xffff), "RFC 1191 4: the low half of the word");
  const std::uint8_t type = header->type();
  const bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  require(header->is_error() == error, "RFC 1122 3.2.2: the messages that report errors");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t what = input.u8();
  const Bytes rest = input.rest();
  switch (what % 4) {
    case 0:
      check_ipv4(rest);
      break;
    case 1:
      check_udp(rest);
      break;
    case 2:
      check_icmp(rest);
      break;
    default:
      require(ip::check_options(rest) == plain_options(rest), "options of any length");
  }
  return 0;
}
