// SPDX-License-Identifier: Apache-2.0
// What a machine does that is refused for months, and what its digest tells apart.
#include "services/dhcpv6/test_server.hpp"

namespace linnet::dhcpv6::test {
namespace {

class Dhcpv6Patience : public MachineTest {};

TEST_F(Dhcpv6Patience, RFC8415_14_1_after_hundreds_of_refusals_it_still_asks_and_still_slowly) {
  server().edit = [this](ServerMessage& message) {
    if (message.bytes[0] != 7) return;
    message = head(MessageType::reply, message.xid()).raw(status(StatusCode::no_addrs_avail));
  };
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(300 * 3602));
  const std::vector<Sent> requests = sent_of(MessageType::request);
  ASSERT_GT(requests.size(), 280u);
  for (std::size_t i = 20; i < requests.size(); ++i) {
    const Duration gap = requests[i].at - requests[i - 1].at;
    ASSERT_GE(gap, Duration::seconds(3600)) << "SOL_MAX_RT, " << i;
    ASSERT_LE(gap, Duration::seconds(3604)) << i;
  }
  server().edit = nullptr;
  run_for(Duration::seconds(3604));
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Patience, the_digest_tells_addresses_and_their_lifetimes_apart) {
  const Instant begin = now;
  const auto digest_with = [&](const Granted& granted) {
    make_machine({});
    now = begin;
    sent.clear();
    server().addresses = {granted};
    bind();
    return digest();
  };
  const Granted usual{.address = ip("2001:db8::50")};
  const auto reference = digest_with(usual);
  EXPECT_TRUE(digest_with(usual) == reference);
  Granted other = usual;
  other.address = ip("2001:db8::51");
  EXPECT_FALSE(digest_with(other) == reference);
  other = usual;
  other.preferred = 1801;
  EXPECT_FALSE(digest_with(other) == reference);
  other = usual;
  other.valid = 3601;
  EXPECT_FALSE(digest_with(other) == reference);
}

}  // namespace
}  // namespace linnet::dhcpv6::test
