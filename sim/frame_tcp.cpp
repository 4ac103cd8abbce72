// SPDX-License-Identifier: Apache-2.0
// TCP segments by themselves: RFC 9293 3.1, RFC 3168 6.1.
#include "sim/frame_tcp_options.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t least_header = 20;

void check_flags(FrameJudge& judge, Bytes segment, const TcpParts& tcp) {
  using namespace tcp_flag;
  const auto flags = [&](bool holds, Rule rule, const char* expected) {
    judge.require(holds, rule, segment, 13, tcp.flags, expected);
  };
  const auto has = [&](std::uint8_t flag) { return (tcp.flags & flag) != 0; };
  flags(!has(syn) || !has(fin), Rule::tcp_syn_fin, "not SYN and FIN");
  flags(!has(syn) || !has(rst), Rule::tcp_syn_rst, "not SYN and RST");
  flags(!has(fin) || !has(rst), Rule::tcp_fin_rst, "not FIN and RST");
  flags(has(ack) || has(syn) || has(rst), Rule::tcp_no_ack, "ACK in all but the first SYN and a RST");
  if (!has(ack)) judge.equal(Rule::tcp_ack_field, segment, 8, tcp.ack, 0);
  judge.require(!has(rst) || tcp.text == 0, Rule::tcp_rst_data, segment, 12, tcp.text, "no data in a RST");
  if (!has(urg)) judge.equal16(Rule::tcp_urgent_pointer, segment, 18, 0);
  // RFC 3168 6.1.1: a SYN that asks has both, a SYN-ACK that agrees has ECE alone.
  const int ecn = tcp.flags & (ece | cwr);
  if (has(syn) && ecn != 0) {
    flags(ecn == (has(ack) ? ece : ece | cwr), Rule::tcp_ecn_syn, "ECE and CWR in a SYN, ECE in a SYN-ACK");
  }
}

}  // namespace

std::optional<TcpParts> check_tcp(FrameJudge& judge, const Carrier& ip, const FrameCheckerConfig& config) {
  const Bytes segment = ip.payload;
  if (!judge.require(segment.size() >= least_header, Rule::tcp_length, ip.header, ip.length_at(),
                     segment.size(), "20 bytes at least")) {
    return std::nullopt;
  }
  const std::size_t header = static_cast<std::size_t>(segment[12] >> 4) * 4;
  if (!judge.require(header >= least_header && header <= segment.size(), Rule::tcp_data_offset, segment, 12,
                     header, "20 bytes at least, all there")) {
    return std::nullopt;
  }
  const TcpParts tcp{.source_port = load16(segment.data()),
                     .destination_port = load16(segment.data() + 2),
                     .seq = load32(segment.data() + 4),
                     .ack = load32(segment.data() + 8),
                     .flags = segment[13],
                     .text = segment.size() - header};
  if (config.transport_checksums) {
    judge.equal(Rule::tcp_checksum, segment, 16, internet_sum(segment, ip.pseudo_header_sum), 0xffff);
  }
  judge.equal(Rule::tcp_reserved, segment, 12, segment[12] & 0x0fu, 0);
  judge.require(tcp.source_port != 0, Rule::tcp_port, segment, 0, 0, "a port");
  judge.require(tcp.destination_port != 0, Rule::tcp_port, segment, 2, 0, "a port");
  judge.require(!ip.to_group, Rule::tcp_group, ip.header, ip.destination_at(), ip.destination_number(),
                "a single host");
  check_flags(judge, segment, tcp);
  // RFC 3168 6.1.1, 6.1.4: neither a SYN nor a bare acknowledgment nor a reset is ECN-capable.
  const bool may_be_capable = tcp.text > 0 && (tcp.flags & tcp_flag::syn) == 0;
  judge.require(ip.ecn == 0 || may_be_capable, Rule::tcp_ecn_capable, ip.header, 1, ip.ecn,
                "not ECN-capable");
  check_tcp_options(judge, segment, segment.subspan(least_header, header - least_header), tcp,
                    {.mtu = config.mtu,
                     .ip_and_tcp = ip.ipv6 ? 60u : 40u,
                     .data_without_cookie = config.syn_data_without_cookie});
  if (!judge.ok()) return std::nullopt;
  return tcp;
}

}  // namespace linnet::sim
