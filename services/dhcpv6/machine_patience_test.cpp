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

TEST_F(Dhcpv6Patience, RFC8415_14_1_on_another_link_or_begun_again_the_first_refusal_is_not_waited_for) {
  struct Row {
    const char* name;
    std::function<void()> act;
    bool waits = false;
  };
  const Row rows[] = {
      {"nothing", [] {}, true},
      {"another link",
       [this] {
         machine->link_changed(false, now);
         machine->link_changed(true, now);
       }},
      {"stopped and begun",
       [this] {
         machine->stop(now, false);
         machine->start(Mode::stateful, now);
       }},
      {"another mode and back",
       [this] {
         machine->start(Mode::stateless, now);
         machine->start(Mode::stateful, now);
       }},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    make_machine({});
    pending.clear();
    server().edit = [this](ServerMessage& message) {
      if (message.bytes[0] != 7) return;
      message = head(MessageType::reply, message.xid()).raw(status(StatusCode::no_addrs_avail));
    };
    machine->start(Mode::stateful, now);
    run_for(Duration::seconds(600));
    row.act();
    sent.clear();
    run_for(Duration::seconds(3000));
    const std::vector<Sent> requests = sent_of(MessageType::request);
    const std::vector<Sent> solicits = sent_of(MessageType::solicit);
    ASSERT_GE(requests.size(), 1u);
    ASSERT_GE(solicits.size(), 2u);
    const Duration gap = solicits[1].at - requests[0].at - server().delay;
    if (row.waits) {
      EXPECT_GT(gap, Duration::seconds(100));
    } else {
      EXPECT_LE(gap, Duration::seconds(1)) << "SOL_MAX_DELAY";
    }
  }
}

}  // namespace
}  // namespace linnet::dhcpv6::test
