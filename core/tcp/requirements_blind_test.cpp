// SPDX-License-Identifier: Apache-2.0
// RFC 5961 by rule: what someone can do who sees nothing of the connection.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

TEST(RequirementsBlind, RFC5961_4_2_a_SYN_is_answered_by_a_challenge_ACK_wherever_it_lies) {
  for (const std::int64_t offset : {std::int64_t{-100000}, std::int64_t{-1}, std::int64_t{0}, std::int64_t{10},
                                    std::int64_t{1000000}}) {
    for (const std::uint8_t flags : {Flags::syn, static_cast<std::uint8_t>(Flags::syn | Flags::ack)}) {
      Harness h;
      const auto c = h.accept();
      h.write(c, "data");
      h.discard_sent();
      h.inject({.seq = static_cast<std::uint32_t>(h.peer_nxt + offset), .ack = h.our_nxt, .flags = flags});
      const Wire challenge = h.expect_sent();
      EXPECT_EQ(challenge.flags, Flags::ack);
      EXPECT_EQ(challenge.seq, h.our_nxt + 4);  // SND.NXT
      EXPECT_EQ(challenge.ack, h.peer_nxt);     // RCV.NXT
      EXPECT_EQ(h.state(c), State::established);
    }
  }
}

TEST(RequirementsBlind, RFC5961_3_2_a_reset_outside_of_the_window_is_dropped_silently) {
  Harness h;
  const auto c = h.accept();
  for (const std::int64_t offset : {std::int64_t{-1}, std::int64_t{-70000}, std::int64_t{70000}, std::int64_t{1} << 30}) {
    h.inject({.seq = static_cast<std::uint32_t>(h.peer_nxt + offset), .ack = h.our_nxt, .flags = Flags::rst | Flags::ack});
    h.expect_silence();
    EXPECT_EQ(h.state(c), State::established);
  }
}

TEST(RequirementsBlind, RFC5961_5_2_an_ACK_out_of_range_is_discarded_and_answered) {
  struct Row {
    std::int64_t offset;
    bool acceptable;
  };
  for (const Row& row : {Row{5, false}, Row{100000, false}, Row{4, true}, Row{0, true}, Row{-100, true},
                         Row{-200000, false}, Row{-1000000000, false}}) {
    Harness h;
    const auto c = h.accept();
    h.write(c, std::string(1000, 'a'));  // so much was sent once and acknowledged
    h.our_nxt += 1000;
    h.inject(h.ack_of(h.our_nxt));
    h.write(c, "data");
    h.discard_sent();
    h.inject({.seq = h.peer_nxt, .ack = static_cast<std::uint32_t>(h.our_nxt + row.offset), .flags = Flags::ack,
              .data = "injected"});
    EXPECT_EQ(h.read(c), row.acceptable ? "injected" : "") << row.offset;
    const Wire reply = h.expect_sent();
    EXPECT_EQ(reply.flags & ~Flags::psh, Flags::ack) << row.offset;
    EXPECT_EQ(reply.ack, h.peer_nxt + (row.acceptable ? 8 : 0)) << row.offset;
  }
}

}  // namespace
}  // namespace linnet::tcp::test
