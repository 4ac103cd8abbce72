// SPDX-License-Identifier: Apache-2.0
// One wrong thing a frame: neighbour discovery and multicast listener discovery.
#include "sim/test_frames_ipv6.hpp"

namespace linnet::sim::test {
namespace {

constexpr std::size_t source_at = ip_at + 8;
constexpr std::size_t destination_at = ip_at + 24;
constexpr std::size_t target_at = upper_at + 8;
constexpr std::size_t option_at = upper_at + 24;
constexpr std::size_t mld_at = upper_at + 8;  // behind the router alert
constexpr std::string_view link_option = "01 01 020000000001";

Rejection put_in(Rule rule, Buffer (*golden)(), std::size_t at, std::string_view digits) {
  return {.rule = rule, .golden = golden, .edit = [at, digits](Buffer& frame) { put(frame, at, digits); }};
}
Rejection resized(Rule rule, Buffer (*golden)(), std::size_t size) {
  return {
      .rule = rule, .golden = golden, .edit = [size](Buffer& frame) { frame.resize(size); }, .lengths = true};
}
Rejection appended(Rule rule, Buffer (*golden)(), std::string_view digits) {
  return {.rule = rule,
          .golden = golden,
          .edit = [digits](Buffer& frame) { frame = frame + hex(digits); },
          .lengths = true};
}

void add_options(std::vector<Rejection>& all) {
  all.push_back(appended(Rule::nd_option, solicitation, link_option));
  all.push_back(appended(Rule::nd_option, solicitation, "0e 01 010203040506"));
  all.push_back(appended(Rule::nd_option, solicitation, "05 01 0000 000005dc"));
  all.push_back(appended(Rule::nd_option, advertisement, "0e 01 010203040506"));
  all.push_back(put_in(Rule::nd_option, solicitation, option_at, "02"));
  all.push_back(put_in(Rule::nd_option, advertisement, option_at, "01"));
  all.push_back(put_in(Rule::nd_option_length, solicitation, option_at + 1, "00"));
  all.push_back(put_in(Rule::nd_option_length, solicitation, option_at + 1, "02"));
  all.push_back(resized(Rule::nd_option_length, solicitation, option_at + 7));
  all.push_back({.rule = Rule::nd_option_length,
                 .golden = solicitation,
                 .edit =
                     [](Buffer& frame) {
                       put(frame, option_at + 1, "02");
                       frame.resize(frame.size() + 8);
                     },
                 .lengths = true});
  all.push_back(put_in(Rule::nd_link_layer, solicitation, option_at + 7, "02"));
  all.push_back(put_in(Rule::nd_link_layer, advertisement, option_at + 7, "02"));
  all.push_back(put_in(Rule::nd_link_layer, router_solicitation, upper_at + 15, "02"));
}

void add_solicitations(std::vector<Rejection>& all) {
  all.push_back(resized(Rule::nd_length, solicitation, upper_at + 23));
  all.push_back(put_in(Rule::nd_hop_limit, solicitation, ip_at + 7, "40"));
  all.push_back(put_in(Rule::nd_hop_limit, router_solicitation, ip_at + 7, "01"));
  all.push_back(put_in(Rule::nd_reserved, solicitation, upper_at + 7, "01"));
  all.push_back(put_in(Rule::nd_reserved, router_solicitation, upper_at + 4, "01"));
  all.push_back(put_in(Rule::nd_target, solicitation, target_at, "ff020000000000000000000000000003"));
  all.push_back(put_in(Rule::nd_target, solicitation, target_at, "00000000000000000000000000000000"));
  all.push_back({.rule = Rule::nd_target, .golden = solicitation, .edit = [](Buffer& frame) {
                   put(frame, 0, "3333ff000001");
                   put(frame, destination_at + 13, "000001");
                   put(frame, target_at, "20010db8000000000000000000000001");
                 }});
  all.push_back(put_in(Rule::nd_destination, solicitation, destination_at + 15, "04"));
  all.push_back(put_in(Rule::nd_destination, unicast_solicitation, destination_at + 15, "fe"));
  all.push_back(put_in(Rule::nd_destination, probe_v6, destination_at, "20010db8000100000000000000000001"));
  all.push_back(put_in(Rule::nd_destination, router_solicitation, destination_at + 15, "01"));
  all.push_back(resized(Rule::nd_source_option, solicitation, option_at));
  all.push_back(appended(Rule::nd_source_option, probe_v6, link_option));
  all.push_back(appended(Rule::nd_source_option, router_solicitation_without_source, link_option));
  all.push_back(put_in(Rule::nd_router_message, router_solicitation, upper_at, "86"));
  all.push_back(put_in(Rule::nd_router_message, solicitation, upper_at, "89"));
  all.push_back({.rule = Rule::nd_probe_target, .golden = probe_v6, .edit = [](Buffer& frame) {
                   put(frame, target_at, "20010db8000200000000000000000001");
                 }});
}

void add_advertisements(std::vector<Rejection>& all) {
  all.push_back(resized(Rule::nd_length, advertisement, upper_at + 23));
  all.push_back(put_in(Rule::nd_reserved, advertisement, upper_at + 4, "70"));
  all.push_back(put_in(Rule::nd_router_flag, advertisement, upper_at + 4, "e0"));
  all.push_back(put_in(Rule::nd_solicited, advertisement, upper_at + 4, "20"));
  all.push_back(put_in(Rule::nd_solicited, unsolicited_advertisement, upper_at + 4, "60"));
  all.push_back(put_in(Rule::nd_solicited, advertisement, destination_at + 15, "09"));
  all.push_back(put_in(Rule::nd_override, advertisement, upper_at + 4, "40"));
  all.push_back({.rule = Rule::nd_override,
                 .golden = unsolicited_advertisement,
                 .edit = [](Buffer& frame) { frame.resize(option_at); },
                 .lengths = true});
  all.push_back({.rule = Rule::nd_override,
                 .golden = advertisement,
                 .edit = [](Buffer& frame) { frame.resize(option_at); },
                 .lengths = true});
  all.push_back({.rule = Rule::nd_target_option,
                 .golden = advertisement,
                 .edit =
                     [](Buffer& frame) {
                       put(frame, upper_at + 4, "40");
                       frame.resize(option_at);
                     },
                 .lengths = true});
  all.push_back(put_in(Rule::nd_advertised_target, advertisement, target_at + 15, "09"));
  all.push_back(
      put_in(Rule::nd_advertised_destination, unsolicited_advertisement, destination_at + 15, "02"));
}

void add_listener_reports(std::vector<Rejection>& all) {
  const auto add = [&](Rule rule, std::size_t at, std::string_view digits) {
    all.push_back(put_in(rule, listener_report, at, digits));
  };
  add(Rule::mld_hop_limit, ip_at + 7, "ff");
  all.push_back({.rule = Rule::mld_router_alert,
                 .golden = listener_report,
                 .edit =
                     [](Buffer& frame) {
                       put(frame, ip_at + 6, "3a");
                       frame.erase(frame.begin() + upper_at, frame.begin() + upper_at + 8);
                     },
                 .lengths = true});
  add(Rule::mld_source, source_at, "20010db8000000000000000000000001");
  add(Rule::mld_destination, destination_at + 15, "02");
  add(Rule::mld_reserved, mld_at + 4, "01");
  add(Rule::mld_record, mld_at + 6, "0000");
  add(Rule::mld_record, mld_at + 6, "0001");
  add(Rule::mld_record, mld_at + 6, "0003");
  add(Rule::mld_record, mld_at + 8, "07");
  add(Rule::mld_record, mld_at + 8, "00");
  add(Rule::mld_record, mld_at + 8, "05");  // allows no source
  add(Rule::mld_record, mld_at + 9, "01");
  add(Rule::mld_record, mld_at + 30, "0002");
  add(Rule::mld_record, mld_at + 48, "ff020000000000000000000000000005");
  add(Rule::mld_group, mld_at + 12, "20010db8000000000000000000000001");
  add(Rule::mld_group, mld_at + 12, "ff020000000000000000000000000001");
  add(Rule::mld_group, mld_at + 12, "ff010000000000000000000000000005");
  all.push_back({.rule = Rule::mld_version, .golden = old_listener_report, .before = [](Bench&) {}});
  const auto old = [&](Rejection rejection) {
    rejection.before = [](Bench& bench) { bench.received(old_query()); };
    all.push_back(std::move(rejection));
  };
  old(put_in(Rule::mld_reserved, old_listener_report, mld_at + 5, "01"));
  old(put_in(Rule::mld_destination, old_listener_report, destination_at + 15, "16"));
  old(put_in(Rule::mld_destination, listener_done, destination_at + 15, "fb"));
  old(put_in(Rule::mld_group, listener_done, mld_at + 8, "fe"));
  old(resized(Rule::mld_length, old_listener_report, mld_at + 23));
  old(appended(Rule::mld_length, old_listener_report, "00"));
}

}  // namespace

std::vector<Rejection> nd_rejections() {
  std::vector<Rejection> all;
  add_options(all);
  add_solicitations(all);
  add_advertisements(all);
  add_listener_reports(all);
  for (Rejection& rejection : all) rejection.ipv6 = true;
  return all;
}

}  // namespace linnet::sim::test
