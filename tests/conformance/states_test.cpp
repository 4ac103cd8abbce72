// SPDX-License-Identifier: Apache-2.0
// Every call in every state.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/conformance/test_states.hpp"

namespace linnet::conformance {
namespace {

TEST(Conformance, stream_calls_in_stream_states) {
  compare("tcp4/", cross("tcp", stream_states(), stream_calls(), Family::v4));
}

TEST(Conformance, stream_calls_in_stream_states_over_ipv6) {
  compare("tcp6/", cross("tcp", stream_states(), stream_calls(), Family::v6));
}

TEST(Conformance, stream_calls_in_stream_states_with_mapped_addresses) {
  compare("tcp46/", cross("tcp", stream_states(), stream_calls(), Family::mapped));
}

TEST(Conformance, datagram_calls_in_datagram_states) {
  compare("udp4/", cross("udp", datagram_states(), datagram_calls(), Family::v4));
}

TEST(Conformance, datagram_calls_in_datagram_states_over_ipv6) {
  compare("udp6/", cross("udp", datagram_states(), datagram_calls(), Family::v6));
}

TEST(Conformance, datagram_calls_in_datagram_states_with_mapped_addresses) {
  compare("udp46/", cross("udp", datagram_states(), datagram_calls(), Family::mapped));
}

TEST(Conformance, has_400_cases_and_more_each_with_a_name_of_its_own) {
  std::set<std::string> names;
  for (const Family family : {Family::v4, Family::v6, Family::mapped}) {
    for (const Case& one : cross("tcp", stream_states(), stream_calls(), family)) names.insert(one.name);
    for (const Case& one : cross("udp", datagram_states(), datagram_calls(), family)) names.insert(one.name);
    if (family == Family::v4) {
      EXPECT_GE(names.size(), 400u) << "states and calls of IPv4 alone";
    }
  }
  EXPECT_EQ(names.size(), 3 * (stream_states().size() * stream_calls().size() +
                               datagram_states().size() * datagram_calls().size()));
}

}  // namespace
}  // namespace linnet::conformance
