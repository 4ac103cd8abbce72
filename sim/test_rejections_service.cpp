// SPDX-License-Identifier: Apache-2.0
// One wrong thing a frame: DHCP (table 5 of RFC 2131), DNS.
#include "sim/test_frames.hpp"

namespace linnet::sim::test {
namespace {

Rejection dhcp(Rule rule, Buffer (*golden)(), std::size_t at, std::string_view digits) {
  return {.rule = rule, .golden = golden, .edit = [at, digits](Buffer& frame) {
            put(frame, dhcp_at + at, digits);
          }};
}
/// The same message with other options.
Rejection options(Rule rule, Buffer (*golden)(), std::string_view digits) {
  return {.rule = rule,
          .golden = golden,
          .edit =
              [digits](Buffer& frame) {
                frame.resize(dhcp_options_at);
                frame = frame + hex(digits);
              },
          .lengths = true};
}
Rejection dns(Rule rule, Buffer (*golden)(), std::size_t at, std::string_view digits) {
  return {.rule = rule, .golden = golden, .edit = [at, digits](Buffer& frame) {
            put(frame, dns_at + at, digits);
          }};
}
Rejection dns_resized(Rule rule, Buffer (*golden)(), long more) {
  return {.rule = rule,
          .golden = golden,
          .edit =
              [more](Buffer& frame) {
                frame.resize(static_cast<std::size_t>(static_cast<long>(frame.size()) + more));
              },
          .lengths = true};
}
/// A name of labels of 63 bytes, one too long in all.
void long_name(Buffer& frame) {
  frame.resize(dns_at + 12);
  for (int i = 0; i < 4; ++i) frame = frame + hex("3f") + Buffer(63, 'a');
  frame = frame + hex("00 0001 0001");
}

void add_fixed_part(std::vector<Rejection>& all) {
  all.push_back({.rule = Rule::dhcp_length,
                 .golden = dhcp_discover,
                 .edit = [](Buffer& frame) { frame.resize(dhcp_options_at); },
                 .lengths = true});
  all.push_back({.rule = Rule::dhcp_ports, .golden = dhcp_renewal, .edit = [](Buffer& frame) {
                   put(frame, transport_at, "0045");
                 }});
  all.push_back(dhcp(Rule::dhcp_operation, dhcp_discover, 0, "02"));
  all.push_back(dhcp(Rule::dhcp_hardware, dhcp_discover, 1, "06"));
  all.push_back(dhcp(Rule::dhcp_hardware, dhcp_discover, 2, "10"));
  all.push_back(dhcp(Rule::dhcp_hops, dhcp_discover, 3, "01"));
  all.push_back(dhcp(Rule::dhcp_secs, dhcp_release, 9, "01"));
  all.push_back(dhcp(Rule::dhcp_secs, dhcp_decline, 8, "01"));
  all.push_back(dhcp(Rule::dhcp_flags, dhcp_discover, 11, "01"));
  all.push_back(dhcp(Rule::dhcp_flags, dhcp_decline, 10, "80"));
  all.push_back(dhcp(Rule::dhcp_client_address, dhcp_discover, 12, "0a000001"));
  all.push_back(dhcp(Rule::dhcp_client_address, dhcp_decline, 12, "0a000001"));
  all.push_back(dhcp(Rule::dhcp_client_address, dhcp_request, 12, "0a000001"));
  all.push_back(dhcp(Rule::dhcp_client_address, dhcp_release, 12, "00000000"));
  all.push_back(dhcp(Rule::dhcp_client_address, dhcp_inform, 12, "00000000"));
  all.push_back(dhcp(Rule::dhcp_zero_address, dhcp_discover, 16, "0a"));
  all.push_back(dhcp(Rule::dhcp_zero_address, dhcp_discover, 20, "0a"));
  all.push_back(dhcp(Rule::dhcp_zero_address, dhcp_discover, 27, "0a"));
  all.push_back(dhcp(Rule::dhcp_chaddr, dhcp_discover, 33, "02"));
  all.push_back(dhcp(Rule::dhcp_chaddr, dhcp_discover, 43, "02"));
  all.push_back(dhcp(Rule::dhcp_names, dhcp_discover, 44, "61"));
  all.push_back(dhcp(Rule::dhcp_names, dhcp_discover, 235, "61"));
  all.push_back(dhcp(Rule::dhcp_cookie, dhcp_discover, 239, "64"));
}

void add_options(std::vector<Rejection>& all) {
  all.push_back(options(Rule::dhcp_option_framing, dhcp_discover, "35 01 01 0c 05 61626364"));
  all.push_back(options(Rule::dhcp_option_framing, dhcp_discover, "35 01 01 0c"));
  all.push_back(options(Rule::dhcp_option_framing, dhcp_discover, "35 01 01 34 01 04 ff"));
  all.push_back(options(Rule::dhcp_end, dhcp_discover, "35 01 01 00"));
  all.push_back(options(Rule::dhcp_end, dhcp_discover, "35 01 01 34 01 01 ff"));  // `file` has none
  all.push_back(options(Rule::dhcp_padding, dhcp_discover, "35 01 01 ff 00 01"));
  all.push_back(options(Rule::dhcp_option_length, dhcp_discover, "35 02 0101 ff"));
  all.push_back(options(Rule::dhcp_option_length, dhcp_discover, "35 01 01 3d 01 01 ff"));
  all.push_back(options(Rule::dhcp_option_length, dhcp_discover, "35 01 01 0c 00 ff"));
  all.push_back(options(Rule::dhcp_option_length, dhcp_discover, "35 01 01 39 02 023f ff"));
  all.push_back(options(Rule::dhcp_option_length, dhcp_request, "35 01 03 36 04 0a0000fe 32 03 0a0000 ff"));
  all.push_back(options(Rule::dhcp_option_twice, dhcp_discover, "35 01 01 35 01 01 ff"));
  all.push_back(options(Rule::dhcp_message_type, dhcp_discover, "0c 01 61 ff"));
  all.push_back(options(Rule::dhcp_message_type, dhcp_discover, "35 01 02 ff"));
  all.push_back(options(Rule::dhcp_message_type, dhcp_discover, "35 01 09 ff"));
  all.push_back(options(Rule::dhcp_parameter_order, dhcp_discover, "35 01 01 37 03 01 03 79 ff"));
  all.push_back(options(Rule::dhcp_option_required, dhcp_request, "35 01 03 36 04 0a0000fe ff"));
  all.push_back(options(Rule::dhcp_option_required, dhcp_decline, "35 01 04 36 04 0a0000fe ff"));
  all.push_back(options(Rule::dhcp_option_required, dhcp_decline, "35 01 04 32 04 0a000063 ff"));
  all.push_back(options(Rule::dhcp_option_required, dhcp_release, "35 01 07 ff"));
  all.push_back(options(Rule::dhcp_option_forbidden, dhcp_discover, "35 01 01 36 04 0a0000fe ff"));
  all.push_back(options(Rule::dhcp_option_forbidden, dhcp_renewal, "35 01 03 32 04 0a000001 ff"));
  for (const std::string_view extra : {"32 04 0a000063", "33 04 00000e10", "36 04 0a0000fe"}) {
    all.push_back({.rule = Rule::dhcp_option_forbidden,
                   .golden = dhcp_inform,
                   .edit = [extra](Buffer& frame) { insert(frame, dhcp_options_at + 3, extra); },
                   .lengths = true});
  }
  for (const std::string_view extra :
       {"32 04 0a000063", "33 04 00000e10", "37 01 01", "39 02 0400", "0c 01 61", "3c 01 61"}) {
    all.push_back({.rule = Rule::dhcp_option_forbidden,
                   .golden = dhcp_release,
                   .edit = [extra](Buffer& frame) { insert(frame, dhcp_options_at + 3, extra); },
                   .lengths = true});
  }
}

}  // namespace

std::vector<Rejection> dhcp_rejections() {
  std::vector<Rejection> all;
  add_fixed_part(all);
  add_options(all);
  const auto address = [](Rule rule, Buffer (*golden)(), std::size_t at, std::string_view digits) {
    return Rejection{.rule = rule, .golden = golden, .edit = [at, digits](Buffer& frame) {
                       put(frame, ip_at + at, digits);
                     }};
  };
  all.push_back(address(Rule::dhcp_source, dhcp_discover, 12, "0a000001"));
  all.push_back(address(Rule::dhcp_source, dhcp_decline, 12, "0a000001"));
  all.push_back({.rule = Rule::dhcp_source, .golden = dhcp_renewal, .edit = [](Buffer& frame) {
                   put(frame, dhcp_at + 12, "0a000009");
                 }});
  all.push_back(address(Rule::dhcp_destination, dhcp_release, 16, "ffffffff"));
  all.push_back({.rule = Rule::dhcp_destination,
                 .golden =
                     [] {
                       Buffer frame = dhcp_inform();
                       put(frame, ip_at + 16, "0a0000fe");
                       put(frame, 0, "0200000000fe");
                       return finished(frame);
                     },
                 .edit =
                     [](Buffer& frame) {
                       put(frame, ip_at + 16, "ffffffff");
                       put(frame, 0, "ffffffffffff");
                       frame.resize(dhcp_options_at);
                       frame = frame + hex("35 01 07 36 04 0a0000fe ff");
                     },
                 .lengths = true});
  return all;
}

std::vector<Rejection> dns_rejections() {
  std::vector<Rejection> all = {
      dns_resized(Rule::dns_length, dns_query, -21),
      dns(Rule::dns_query, dns_query, 2, "81"),
      dns(Rule::dns_query, dns_query, 2, "11"),
      dns(Rule::dns_flags, dns_query, 2, "05"),
      dns(Rule::dns_flags, dns_query, 2, "03"),
      dns(Rule::dns_flags, dns_query, 3, "80"),
      dns(Rule::dns_flags, dns_query, 3, "40"),
      dns(Rule::dns_flags, dns_query, 3, "03"),
      dns(Rule::dns_recursion, dns_query, 2, "00"),
      dns(Rule::dns_counts, dns_query, 4, "0000"),
      dns(Rule::dns_counts, dns_query, 4, "0002"),
      dns(Rule::dns_counts, dns_query, 6, "0001"),
      dns(Rule::dns_counts, dns_query, 8, "0001"),
      dns(Rule::dns_counts, dns_query, 10, "0002"),
      dns(Rule::dns_name, dns_query, 12, "c00c"),
      dns(Rule::dns_name, dns_query, 16, "1f"),
      {.rule = Rule::dns_name, .golden = dns_query, .edit = long_name, .lengths = true},
      dns_resized(Rule::dns_question, dns_query, -1),
      dns(Rule::dns_question, dns_query, 29, "0000"),
      dns(Rule::dns_question, dns_query, 31, "0003"),
      dns(Rule::dns_edns, dns_query, 10, "0001"),
      dns_resized(Rule::dns_trailing, dns_query, 1),
      dns_resized(Rule::dns_trailing, dns_query_with_edns, 1),
      dns(Rule::dns_trailing, dns_query_with_edns, 10, "0000"),
  };
  constexpr std::size_t record = 33;
  for (const auto& [at, digits] : {std::pair{0, "01"},
                                   {1, "0001"},
                                   {3, "01ff"},
                                   {5, "01"},
                                   {6, "01"},
                                   {7, "c0"},
                                   {8, "01"},
                                   {9, "0009"},
                                   {9, "0003"},
                                   {13, "0005"}}) {
    all.push_back(dns(Rule::dns_edns, dns_query_with_edns, record + static_cast<std::size_t>(at), digits));
  }
  return all;
}

}  // namespace linnet::sim::test
