// SPDX-License-Identifier: Apache-2.0
// What an exchange with the servers leaves behind: sockets, deadlines, turns, and what is given out.
#include "services/dns/test_families.hpp"

namespace linnet::dns::test {
namespace {

constexpr Duration delay = Duration::milliseconds(500);

class DnsExchangeDetails : public DnsFamilies {
 protected:
  std::size_t asked_at(const IpAddress& server) const {
    return static_cast<std::size_t>(
        std::count_if(queries.begin(), queries.end(), [&](const Query& q) { return q.server == server; }));
  }
  /// Where TCP connects to, or is connected.
  std::vector<IpAddress> connections() {
    std::vector<IpAddress> found;
    link.stack.tcp().for_each_connection([&](const tcp::Status& status) {
      if (status.state == tcp::State::syn_sent) found.push_back(status.remote.address);
    });
    return found;
  }
  static ServerMessage truncated(const Query& query) {
    return ServerMessage(query.id, query.name).truncated();
  }
};

TEST_F(DnsExchangeDetails, a_server_to_which_no_way_leads_takes_no_socket) {
  ASSERT_TRUE(resolver->set_server(0, IpAddress::v4(198, 51, 100, 1)) && resolver->set_server(1, {}));
  const QueryHandle query = start("www.example");
  link.run_for(brief);
  EXPECT_EQ(error_of(query), Error::pending);
  EXPECT_EQ(open_sockets(), 0u);
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsExchangeDetails, queries_are_not_to_be_fragmented) {
  answer_all();
  ASSERT_EQ(resolve("a.example", brief), Error::none);  // the server's MAC address is known
  link.service = nullptr;
  link.device.out.clear();
  start("b.example");
  link.stack.poll(link.now);
  ASSERT_EQ(link.device.out.size(), 1u);
  EXPECT_EQ(link.device.out[0].at(14 + 6) & 0x40, 0x40) << "DF";
}

TEST_F(DnsExchangeDetails, an_answer_closes_the_socket_of_the_server_beside_too) {
  make_resolver({.beside_after = delay});
  const QueryHandle query = start("www.example");
  link.run_for(delay + brief);
  ASSERT_EQ(open_sockets(), 2u);
  send(queries.at(0), good(queries[0]));
  link.run_for(brief);
  EXPECT_EQ(error_of(query), Error::none);
  EXPECT_EQ(open_sockets(), 0u);
}

TEST_F(DnsExchangeDetails, poll_wants_to_be_called_at_no_time_that_is_past) {
  make_resolver({.beside_after = delay});
  break_aaaa([](const Query&) {});
  start("www.example", Families::both);
  link.run_for(brief);
  for (int i = 0; i < 8; ++i) {
    EXPECT_GT(resolver->poll(link.now), link.now);
    link.run_for(Duration::milliseconds(100));
  }
}

TEST_F(DnsExchangeDetails, an_answer_ends_it_in_one_poll) {
  start("www.example");
  link.run_for(brief);
  link.service = nullptr;
  send(queries.at(0), good(queries[0]));
  link.run_for(Duration());
  EXPECT_TRUE(resolver->poll(link.now).is_never()) << "nothing more is to be done";
}

TEST_F(DnsExchangeDetails, the_server_beside_that_was_of_use_has_had_its_turn) {
  make_resolver({.tries = 2, .beside_after = delay});
  on_query = [this](const Query& query) {
    if (query.server == second_server) send(query, truncated(query));  // and nobody answers by TCP
  };
  const QueryHandle query = start("www.example");
  link.run_for(delay + brief);
  EXPECT_EQ(connections(), std::vector{second_server});
  link.run_for(Duration::seconds(30));
  EXPECT_EQ(error_of(query), Error::server_failure);
  EXPECT_EQ(asked_at(second_server), 1u) << "no second turn";
}

TEST_F(DnsExchangeDetails, RFC7766_5_the_server_beside_is_turned_to_by_tcp_instead_of_the_first) {
  make_resolver({.beside_after = delay});
  const QueryHandle query = start("www.example");
  link.run_for(delay + brief);
  ASSERT_EQ(queries.size(), 2u);
  send(queries[0], truncated(queries[0]));
  link.run_for(brief);
  EXPECT_EQ(connections(), std::vector{first_server});
  send(queries[1], truncated(queries[1]));
  link.run_for(brief);
  EXPECT_EQ(connections(), std::vector{second_server});
  resolver->release(query);
  EXPECT_TRUE(connections().empty());
}

TEST_F(DnsExchangeDetails, message_is_what_the_server_said_and_nobody_else) {
  make_resolver({.record_queries = 1, .mix_case = true});
  const auto query = resolver->query(*Name::from_text("www.example"), type::txt, link.now);
  ASSERT_TRUE(query);
  link.run_for(brief);
  const Query asked = queries.at(0);
  send(asked, ServerMessage(static_cast<std::uint16_t>(asked.id + 1), asked.name, type::txt));
  link.run_for(brief);
  EXPECT_TRUE(resolver->message(*query).empty()) << "another id";
  std::string other = asked.name;
  for (char& c : other)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c >= 'a' ? static_cast<char>(c - 32) : c;
  send(asked, ServerMessage(asked.id, other, type::txt));
  link.run_for(brief);
  EXPECT_TRUE(resolver->message(*query).empty()) << "other letters: perhaps a forgery";
  EXPECT_EQ(queries.size(), 2u);
}

TEST_F(DnsExchangeDetails, C21_04_complaints_told_twice_change_no_gap) {
  make_resolver({.mix_case = true});
  start("www.example");
  link.run_for(brief);
  send(queries.at(0), ServerMessage(queries[0].id).rcode(1));
  link.run_for(brief);
  ASSERT_EQ(queries.size(), 2u) << "without EDNS";
  for (int i = 0; i < 2; ++i) send(queries[1], ServerMessage(queries[1].id).rcode(1));
  link.run_for(brief);
  std::string other = queries[1].name;
  for (char& c : other)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c >= 'a' ? static_cast<char>(c - 32) : c;
  send(queries[1], ServerMessage(queries[1].id, other));
  link.run_for(Duration::milliseconds(900));
  EXPECT_EQ(asked_at(second_server), 0u) << "Config::first_gap is left for the true answer";
  link.run_for(Duration::milliseconds(200));
  EXPECT_EQ(asked_at(second_server), 1u) << "and not more than it";
}

TEST_F(DnsExchangeDetails, C21_12_local_addresses_are_left_out_of_truncated_answers_too) {
  make_resolver({.refuse_local_answers = true});
  on_query = [this](const Query& query) {
    send(query, ServerMessage(query.id, query.name)
                    .a(query.name, IpAddress::v4(127, 0, 0, 1))
                    .a(query.name, result_address)
                    .truncated());
  };
  EXPECT_EQ(resolve("www.example"), Error::none);
  EXPECT_EQ(last, std::vector{result_address});
}

TEST_F(DnsExchangeDetails, C21_12_local_addresses_are_those_of_this_network_and_the_others_keep_their_ttl) {
  make_resolver({.refuse_local_answers = true});
  const IpAddress zeros = IpAddress::v4(198, 0, 0, 7);
  on_query = [&](const Query& query) {
    send(query,
         ServerMessage(query.id, query.name).a(query.name, IpAddress::v4(0, 1, 2, 3)).a(query.name, zeros));
  };
  const QueryHandle query = start("www.example");
  link.run_for(brief);
  ASSERT_EQ(error_of(query), Error::none);
  const Answer answer = *resolver->result(query);
  ASSERT_EQ(answer.addresses().size(), 1u) << "RFC 1122 3.2.1.3 (b)";
  EXPECT_EQ(answer.addresses()[0], zeros);
  EXPECT_EQ(answer.ttl, Duration::seconds(300));
}

}  // namespace
}  // namespace linnet::dns::test
