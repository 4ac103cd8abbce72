// SPDX-License-Identifier: Apache-2.0
// One wrong thing a frame: ICMPv6.
#include "sim/test_frames_ipv6.hpp"

namespace linnet::sim::test {
namespace {

constexpr std::size_t quote_at = upper_at + 8;

Rejection put_in(Rule rule, Buffer (*golden)(), std::size_t at, std::string_view digits) {
  return {.rule = rule, .golden = golden, .edit = [at, digits](Buffer& frame) { put(frame, at, digits); }};
}
Rejection resized(Rule rule, Buffer (*golden)(), std::size_t size) {
  return {
      .rule = rule, .golden = golden, .edit = [size](Buffer& frame) { frame.resize(size); }, .lengths = true};
}
/// An error about a packet of the peer's that was changed in one thing, and did come.
Rejection about(Rule rule, std::size_t at, std::string_view digits, Buffer (*golden)() = port_unreachable_v6,
                std::string_view station = "020000000001") {
  const auto changed = [golden, at, digits] {
    Buffer frame = golden();
    put(frame, quote_at + at, digits);
    return finished(std::move(frame));
  };
  return {.rule = rule, .golden = changed, .before = [changed, station](Bench& bench) {
            const Buffer error = changed();
            bench.received(hex(station) + hex("020000000002 86dd") +
                           Buffer(error.begin() + static_cast<long>(quote_at), error.end()));
          }};
}

void add_errors(std::vector<Rejection>& all) {
  all.push_back(put_in(Rule::icmpv6_unused, port_unreachable_v6, upper_at + 7, "01"));
  all.push_back(put_in(Rule::icmpv6_pointer, parameter_problem_v6, upper_at + 4, "00000034"));
  all.push_back(put_in(Rule::icmpv6_pointer, parameter_problem_v6, upper_at + 1, "03"));
  all.push_back(resized(Rule::icmpv6_quote, port_unreachable_v6, quote_at + 39));
  all.push_back(resized(Rule::icmpv6_quote, port_unreachable_v6, quote_at + 51));
  all.push_back(resized(Rule::icmpv6_quote, port_unreachable_v6, quote_at + 53));
  all.push_back(resized(Rule::icmpv6_quote, large_unreachable_v6, ip_at + 1279));
  all.push_back(resized(Rule::icmpv6_size, large_unreachable_v6, ip_at + 1281));
  all.push_back(put_in(Rule::icmpv6_quote, port_unreachable_v6, quote_at, "40"));
  all.push_back(put_in(Rule::icmpv6_quote, port_unreachable_v6, quote_at + 51, "65"));  // none like it came
  all.push_back(put_in(Rule::icmpv6_quote, large_unreachable_v6, quote_at + 1000, "65"));
  // An error; a redirect; an error behind an extension header.
  for (const auto& [next, message] :
       {std::pair{"3a", "01"}, std::pair{"3a", "89"}, std::pair{"3c", "3a00010400000000 01000000"}}) {
    all.push_back({.rule = Rule::icmpv6_quoted_error,
                   .golden = port_unreachable_v6,
                   .edit = [next = next, message = message](Buffer& frame) {
                     put(frame, quote_at + 6, next);
                     put(frame, quote_at + 40, message);
                   }});
  }
  all.push_back(about(Rule::icmpv6_quoted_group, 24, "ff02000000000000000000000000fb00"));
  all.push_back(
      about(Rule::icmpv6_quoted_group, 24, "ff02000000000000000000000000fb00", parameter_problem_v6));
  all.push_back(about(Rule::icmpv6_quoted_group, 40, "04d3", port_unreachable_v6, "333300000001"));
  all.push_back(about(Rule::icmpv6_quoted_source, 8, "00000000000000000000000000000000"));
  all.push_back(about(Rule::icmpv6_quoted_source, 8, "ff020000000000000000000000000001"));
  all.push_back(about(Rule::icmpv6_destination, 8, "20010db8000000000000000000000009"));
  all.push_back(about(Rule::icmpv6_source, 24, "fe800000000000000000000000000001"));
  all.push_back(put_in(Rule::icmpv6_quoted_fragment, port_unreachable_v6, upper_at, "0301"));
  all.push_back(about(Rule::icmpv6_quoted_fragment, 42, "0010", reassembly_exceeded_v6));
}

}  // namespace

std::vector<Rejection> icmpv6_rejections() {
  std::vector<Rejection> all;
  all.push_back(resized(Rule::icmpv6_length, echo_v6, upper_at + 7));
  all.push_back(
      {.rule = Rule::icmpv6_checksum, .golden = echo_v6, .after = [](Buffer& f) { f[upper_at + 12] ^= 1; }});
  all.push_back(put_in(Rule::icmpv6_type, echo_v6, upper_at, "7f"));
  all.push_back(put_in(Rule::icmpv6_type, echo_v6, upper_at, "82"));
  all.push_back(put_in(Rule::icmpv6_type, port_unreachable_v6, upper_at, "0200"));
  all.push_back(put_in(Rule::icmpv6_code, echo_v6, upper_at + 1, "01"));
  all.push_back(put_in(Rule::icmpv6_code, port_unreachable_v6, upper_at + 1, "00"));
  all.push_back(put_in(Rule::icmpv6_code, port_unreachable_v6, upper_at + 1, "03"));
  all.push_back(put_in(Rule::icmpv6_code, parameter_problem_v6, upper_at + 1, "04"));
  all.push_back(put_in(Rule::icmpv6_code, port_unreachable_v6, upper_at, "0300"));
  all.push_back(put_in(Rule::icmpv6_code, solicitation, upper_at + 1, "01"));
  add_errors(all);
  all.push_back({.rule = Rule::icmpv6_unsolicited_reply, .golden = echo_reply_v6, .before = [](Bench& bench) {
                   bench.send(echo_reply_v6());
                 }});
  all.push_back(put_in(Rule::icmpv6_unsolicited_reply, echo_reply_v6, upper_at + 5, "79"));
  all.push_back(put_in(Rule::icmpv6_unsolicited_reply, echo_reply_v6, upper_at + 15, "6c"));
  all.push_back(
      put_in(Rule::icmpv6_unsolicited_reply, echo_reply_v6, ip_at + 8, "fe800000000000000000000000000001"));
  all.push_back({.rule = Rule::icmpv6_rate, .golden = port_unreachable_v6, .before = [](Bench& bench) {
                   for (int i = 0; i < 20; ++i) bench.send(port_unreachable_v6());
                 }});
  for (Rejection& rejection : all) rejection.ipv6 = true;
  return all;
}

}  // namespace linnet::sim::test
