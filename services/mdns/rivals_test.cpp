// SPDX-License-Identifier: Apache-2.0
// Hosts that lose a name at the same time (RFC 6762 8.2, 9): who tries which next.
#include "services/mdns/test_machine.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

class MdnsRivals : public MdnsMachine {
 protected:
  /// Up to our first probe.
  void begin_probing() {
    begin_host("host", {own_v4});
    run_until(machine->responder().host(host)->claim.due);
  }
  void hear_probe(std::string_view name, std::uint8_t last_byte) {
    hear(query_message()
             .ask(name, 255, unicast_in)
             .record(labels(name), type::a, 120, {192, 0, 2, last_byte})
             .count(8));
  }
  void hear_announcement(std::string_view name, std::uint8_t last_byte) {
    hear(response_message().record(labels(name), type::a, 120, {192, 0, 2, last_byte}, flush_in).count(6));
  }
};

TEST(MdnsRivalsNumbers, the_next_is_the_first_that_nobody_was_heard_to_have) {
  Rivals rivals;
  EXPECT_EQ(rivals.next(1), 2u);
  EXPECT_EQ(rivals.next(64), 65u);
  EXPECT_EQ(rivals.next(9999), 2u);
  rivals.heard(2);
  rivals.heard(3);
  rivals.heard(64);
  rivals.heard(65);  // more than are kept
  rivals.heard(0);
  EXPECT_EQ(rivals.next(1), 4u);
  EXPECT_EQ(rivals.next(63), 65u);
  for (std::uint32_t i = 1; i <= 64; ++i) rivals.heard(i);
  EXPECT_EQ(rivals.next(9999), 65u);
}

TEST(MdnsRivalsNumbers, those_who_lose_together_are_told_apart_by_the_order_of_their_data) {
  Rivals rivals;
  rivals.lost_to(7);  // who gets the name
  EXPECT_EQ(rivals.next(1), 2u);
  rivals.lost_to(7);
  rivals.lost_to(8);
  rivals.lost_to(9);
  EXPECT_EQ(rivals.next(1), 4u) << "the two others go first";
  rivals.heard(3);
  EXPECT_EQ(rivals.next(1), 5u);
  rivals.forget_contest();
  EXPECT_EQ(rivals.next(1), 2u);
  for (std::uint32_t i = 0; i < 1000; ++i) rivals.lost_to(i);
  EXPECT_EQ(rivals.next(1), 10u) << "no more than are kept";
}

TEST_F(MdnsRivals, RFC6762_9_who_deferred_gives_the_name_up_when_the_winner_announces_it) {
  begin_probing();
  hear_probe("host.local", 200);
  run_for(ms(700));
  EXPECT_EQ(label_of(host), "host") << "a tie-break alone takes no name";
  hear_announcement("host.local", 200);
  EXPECT_EQ(label_of(host), "host-2");
  run_for(Duration::seconds(3));
  EXPECT_EQ(state_of(host), ClaimState::established);
}

TEST_F(MdnsRivals, RFC6762_8_2_who_deferred_to_a_stale_probe_has_the_name_after_all) {
  begin_probing();
  hear_probe("host.local", 200);
  run_for(Duration::seconds(4));
  EXPECT_EQ(label_of(host), "host");
  EXPECT_EQ(state_of(host), ClaimState::established);
}

TEST_F(MdnsRivals, RFC6762_9_losers_of_one_contest_try_different_names) {
  begin_probing();
  hear_probe("host.local", 200);
  hear_probe("host.local", 100);
  hear_probe("host.local", 60);
  hear_probe("host.local", 10);  // comes after us
  hear_probe("host.local", 100);
  run_for(ms(800));
  hear_announcement("host.local", 200);
  EXPECT_EQ(label_of(host), "host-4") << "two lose with us whose data come later";
}

TEST_F(MdnsRivals, RFC6762_9_a_rival_that_was_heard_before_our_first_probe_counts) {
  begin_host("host", {own_v4});
  hear_probe("host.local", 100);
  EXPECT_EQ(state_of(host), ClaimState::waiting);
  run_until(machine->responder().host(host)->claim.due);
  hear_probe("host.local", 200);
  hear_announcement("host.local", 200);
  EXPECT_EQ(label_of(host), "host-3");
}

TEST_F(MdnsRivals, RFC6762_9_names_that_others_probe_for_or_have_are_not_tried) {
  begin_probing();
  hear_announcement("HOST-2.local", 77);
  hear_probe("host-3.local", 78);
  hear_announcement("host-5x.local", 79);
  hear_announcement("host-5._http._tcp.local", 79);
  hear_announcement("host-05.local", 79);
  hear_announcement("host.local", 80);
  EXPECT_EQ(label_of(host), "host-4");
  hear_announcement("host-4.local", 80);
  run_until(machine->responder().host(host)->claim.due);
  hear_announcement("host-4.local", 80);
  EXPECT_EQ(label_of(host), "host-5") << "nobody has a host's name of that";
}

TEST_F(MdnsRivals, RFC6763_D_instances_likewise) {
  make_host();
  const auto service =
      machine->responder().add_service({.instance = "Web", .type = "_http._tcp", .port = 80}, now);
  run_until(machine->responder().service(*service)->claim.due);
  const auto announced = [](std::string_view name) {
    return response_message().record(labels(name), type::srv, 120, srv_data("x.local", 1), flush_in).count(6);
  };
  hear(announced("Web (2)._http._tcp.local"));
  hear(announced("Web (3)._ipp._tcp.local"));
  hear(announced("Web._http._tcp.local"));
  EXPECT_EQ(label_of(*service), "Web (3)") << "that one is of another type";
}

TEST_F(MdnsRivals, RFC6762_8_1_on_a_new_link_nobody_is_known_to_have_a_name) {
  begin_probing();
  hear_announcement("host-2.local", 77);
  machine->halt();
  machine->start(now);
  run_until(machine->responder().host(host)->claim.due);
  hear_announcement("host.local", 80);
  EXPECT_EQ(label_of(host), "host-2");
}

}  // namespace
}  // namespace linnet::mdns
