// SPDX-License-Identifier: Apache-2.0
// One wrong thing a frame: ICMP, UDP, TCP.
#include "sim/test_frames.hpp"

namespace linnet::sim::test {
namespace {

constexpr std::size_t quote_at = transport_at + 8;
constexpr std::size_t tcp_options_at = transport_at + 20;

Rejection put_in(Rule rule, Buffer (*golden)(), std::size_t at, std::string_view digits) {
  return {.rule = rule, .golden = golden, .edit = [at, digits](Buffer& frame) { put(frame, at, digits); }};
}
Rejection tcp(Rule rule, Buffer (*golden)(), std::size_t at, std::string_view digits) {
  return put_in(rule, golden, transport_at + at, digits);
}
Rejection resized(Rule rule, Buffer (*golden)(), std::size_t size) {
  return {
      .rule = rule, .golden = golden, .edit = [size](Buffer& frame) { frame.resize(size); }, .lengths = true};
}
Rejection corrupted(Rule rule, Buffer (*golden)(), std::size_t at) {
  return {.rule = rule, .golden = golden, .after = [at](Buffer& frame) { frame[at] ^= 1; }};
}
/// The same segment with other options, of a size that is a multiple of four.
Rejection options(Rule rule, Buffer (*golden)(), std::string_view digits) {
  return {.rule = rule,
          .golden = golden,
          .edit =
              [digits](Buffer& frame) {
                const std::size_t size = (frame[transport_at + 12] >> 4) * 4u - 20u;
                const Buffer now = hex(digits);
                const auto at = frame.begin() + static_cast<long>(tcp_options_at);
                frame.erase(at, at + static_cast<long>(size));
                insert(frame, tcp_options_at, digits);
                frame[transport_at + 12] = static_cast<std::uint8_t>((now.size() / 4 + 5) << 4);
              },
          .lengths = true};
}

}  // namespace

std::vector<Rejection> icmp_rejections() {
  return {
      resized(Rule::icmp_length, echo, transport_at + 7),
      corrupted(Rule::icmp_checksum, echo, transport_at + 12),
      put_in(Rule::icmp_type, echo, transport_at, "0d"),
      put_in(Rule::icmp_type, port_unreachable, transport_at, "04"),
      put_in(Rule::icmp_type, port_unreachable, transport_at, "05"),
      put_in(Rule::icmp_code, echo, transport_at + 1, "01"),
      put_in(Rule::icmp_code, port_unreachable, transport_at + 1, "01"),
      put_in(Rule::icmp_code, port_unreachable, transport_at + 1, "04"),
      put_in(Rule::icmp_code, reassembly_exceeded, transport_at + 1, "00"),
      put_in(Rule::icmp_unused, port_unreachable, transport_at + 7, "01"),
      put_in(Rule::icmp_unused, parameter_problem, transport_at + 5, "01"),
      put_in(Rule::icmp_pointer, parameter_problem, transport_at + 4, "1c"),
      resized(Rule::icmp_quote, port_unreachable, quote_at + 27),
      resized(Rule::icmp_quote, port_unreachable, quote_at + 19),
      put_in(Rule::icmp_quote, port_unreachable, quote_at, "46"),
      put_in(Rule::icmp_quote, port_unreachable, quote_at, "65"),
      put_in(Rule::icmp_quote, port_unreachable, quote_at + 2, "001b"),  // more quoted than there was
      resized(Rule::icmp_size, reassembly_exceeded, ip_at + 577),
      put_in(Rule::icmp_quoted_fragment, port_unreachable, quote_at + 6, "0001"),
      {.rule = Rule::icmp_quoted_error,
       .golden = port_unreachable,
       .edit =
           [](Buffer& frame) {
             put(frame, quote_at + 9, "01");
             put(frame, quote_at + 20, "0303");
           }},
      put_in(Rule::icmp_quoted_group, port_unreachable, quote_at + 16, "0a0000ff"),
      put_in(Rule::icmp_quoted_group, port_unreachable, quote_at + 16, "e00000fb"),
      put_in(Rule::icmp_quoted_source, port_unreachable, quote_at + 12, "00000000"),
      put_in(Rule::icmp_quoted_source, port_unreachable, quote_at + 12, "7f000001"),
      put_in(Rule::icmp_quoted_destination, port_unreachable, quote_at + 16, "0a000009"),
      put_in(Rule::icmp_destination, port_unreachable, quote_at + 12, "0a000009"),
  };
}

namespace {

void add_udp(std::vector<Rejection>& all) {
  all.push_back(resized(Rule::udp_length, datagram, transport_at + 7));
  all.push_back(put_in(Rule::udp_length, datagram, transport_at + 4, "000b"));
  all.push_back(put_in(Rule::udp_port, datagram, transport_at, "0000"));
  all.push_back(put_in(Rule::udp_port, datagram, transport_at + 2, "0000"));
  all.push_back({.rule = Rule::udp_no_checksum, .golden = datagram, .after = [](Buffer& frame) {
                   put(frame, transport_at + 6, "0000");
                 }});
  all.push_back(corrupted(Rule::udp_checksum, datagram, transport_at + 9));
}

void add_tcp_header(std::vector<Rejection>& all) {
  all.push_back(resized(Rule::tcp_length, fin, transport_at + 19));
  all.push_back(tcp(Rule::tcp_data_offset, fin, 12, "40"));
  all.push_back(tcp(Rule::tcp_data_offset, fin, 12, "60"));
  all.push_back(tcp(Rule::tcp_reserved, fin, 12, "51"));
  all.push_back(tcp(Rule::tcp_reserved, fin, 12, "58"));
  all.push_back(corrupted(Rule::tcp_checksum, data, transport_at + 33));
  all.push_back(tcp(Rule::tcp_port, syn, 0, "0000"));
  all.push_back(tcp(Rule::tcp_port, syn, 2, "0000"));
  all.push_back(put_in(Rule::tcp_group, syn, ip_at + 16, "0a0000ff"));
  all.push_back(put_in(Rule::tcp_group, syn, ip_at + 16, "e0000001"));
  all.push_back(tcp(Rule::tcp_syn_fin, syn, 13, "03"));
  all.push_back(tcp(Rule::tcp_syn_rst, syn, 13, "06"));
  all.push_back(tcp(Rule::tcp_fin_rst, fin, 13, "15"));
  all.push_back(tcp(Rule::tcp_no_ack, fin, 13, "01"));
  all.push_back(tcp(Rule::tcp_no_ack, fin, 13, "00"));
  all.push_back(tcp(Rule::tcp_ack_field, syn, 8, "00000001"));
  all.push_back(tcp(Rule::tcp_ack_field, rst, 11, "01"));
  all.push_back({.rule = Rule::tcp_rst_data,
                 .golden = rst,
                 .edit = [](Buffer& frame) { frame = frame + hex("21"); },
                 .lengths = true});
  all.push_back(tcp(Rule::tcp_urgent_pointer, data, 18, "0001"));
  all.push_back(tcp(Rule::tcp_ecn_syn, syn, 13, "42"));
  all.push_back(tcp(Rule::tcp_ecn_syn, syn, 13, "82"));
  all.push_back(tcp(Rule::tcp_ecn_syn, syn_ack, 13, "d2"));
  all.push_back(put_in(Rule::tcp_ecn_capable, syn, ip_at + 1, "02"));
  all.push_back(put_in(Rule::tcp_ecn_capable, fin, ip_at + 1, "01"));
  all.push_back(put_in(Rule::tcp_ecn_capable, acknowledgment, ip_at + 1, "02"));
}

void add_tcp_options(std::vector<Rejection>& all) {
  all.push_back(options(Rule::tcp_option_length, syn, "020405b4 01010102"));  // a kind without a length
  all.push_back(options(Rule::tcp_option_length, syn, "020405b4 01010301"));  // less than its own two bytes
  all.push_back(options(Rule::tcp_option_length, syn, "020405b4 01010304"));  // beyond the header
  all.push_back(options(Rule::tcp_option_length, syn, "020605b4 00000101"));
  all.push_back(options(Rule::tcp_option_length, syn, "03040101"));
  all.push_back(options(Rule::tcp_option_length, syn, "04030101"));
  all.push_back(options(Rule::tcp_option_length, data, "080b 010203040a0b0c0d00 01"));
  all.push_back(options(Rule::tcp_option_length, data, "0101 0502"));
  all.push_back(options(Rule::tcp_option_length, data, "0101 050e 000020000000300000004000"));
  all.push_back(options(Rule::tcp_option_kind, syn, "01 06 02 01"));  // RFC 1072's echo is obsolete
  all.push_back(options(Rule::tcp_option_kind, syn, "fe 04 0001"));
  all.push_back(options(Rule::tcp_option_twice, syn, "020405b4 020405b4"));
  all.push_back(options(Rule::tcp_option_padding, syn, "020405b4 00000001"));
  all.push_back(options(Rule::tcp_mss, data, "020405b4"));
  all.push_back(options(Rule::tcp_mss_value, syn, "02040000"));
  all.push_back(options(Rule::tcp_mss_value, syn, "020405b5"));
  all.push_back(options(Rule::tcp_window_scale, data, "01030307"));
  all.push_back(options(Rule::tcp_window_shift, syn, "0103030f"));
  all.push_back(options(Rule::tcp_sack_permitted, data, "01010402"));
  all.push_back(options(Rule::tcp_sack_in_syn, syn_ack, "0101 050a 20000000 30000000"));
  all.push_back(options(Rule::tcp_sack_block, acknowledgment, "0101 050a 00003000 00002000"));
  all.push_back(options(Rule::tcp_sack_block, acknowledgment, "0101 050a 00003000 00003000"));
  all.push_back(
      options(Rule::tcp_sack_below_ack, acknowledgment, "0101 0512 00002000 00003000 00000800 00000c00"));
  all.push_back(
      options(Rule::tcp_sack_below_ack, acknowledgment, "0101 0512 00002000 00003000 00001000 00001800"));
  all.push_back(
      options(Rule::tcp_sack_overlap, acknowledgment, "0101 0512 00002000 00003000 00002800 00003800"));
  all.push_back(options(Rule::tcp_sack_overlap, acknowledgment,
                        "0101 051a 00005000 00006000 00002000 00004000 00002800 00003000"));
  all.push_back(tcp(Rule::tcp_timestamp_echo, syn, 35, "01"));
  all.push_back(tcp(Rule::tcp_timestamp_echo, syn, 32, "01"));
  all.push_back(options(Rule::tcp_cookie, fast_open_syn, "2205 aabbcc 010101"));
  all.push_back(options(Rule::tcp_cookie, fast_open_syn, "2207 aabbccddee 01"));
  all.push_back(options(Rule::tcp_cookie, syn_ack, "0101 2202"));
  all.push_back(options(Rule::tcp_cookie_in_data, data, "0101 2206 aabbccdd"));
  all.push_back(options(Rule::tcp_syn_data, fast_open_syn, "0101 2202"));
  all.push_back(options(Rule::tcp_syn_data, fast_open_syn, "020405b4"));
}

}  // namespace

std::vector<Rejection> transport_rejections() {
  std::vector<Rejection> all;
  add_udp(all);
  add_tcp_header(all);
  add_tcp_options(all);
  return all;
}

}  // namespace linnet::sim::test
