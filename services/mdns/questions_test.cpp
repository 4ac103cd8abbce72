// SPDX-License-Identifier: Apache-2.0
// Before whom is asked: what two hosts may both think theirs alone is asked before everybody.
#include "services/mdns/test_machine.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

class MdnsFirstQuestions : public MdnsMachine {};

TEST_F(MdnsFirstQuestions, RFC6762_5_4_names_that_are_one_hosts_alone_are_asked_for_so_that_all_hear_the_answers) {
  machine->start(now);
  for (const std::uint16_t wanted : {type::a, type::aaaa, type::srv, type::txt, type::any}) {
    SCOPED_TRACE(wanted);
    sent.clear();
    const auto query = machine->querier().query(*name_from_text("x.local"), wanted, now);
    ASSERT_TRUE(query);
    run_for(Duration::seconds(3));
    ASSERT_EQ(sent.size(), 2u);
    for (const Sent& message : sent) EXPECT_FALSE(message.questions.at(0).unicast);
    machine->querier().release(*query);
  }
}

}  // namespace
}  // namespace linnet::mdns
