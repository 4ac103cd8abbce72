// SPDX-License-Identifier: Apache-2.0
// Every call in every state.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace linnet::conformance
