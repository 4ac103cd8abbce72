// SPDX-License-Identifier: Apache-2.0
// A server that said nothing costs its delay once, not at each name.
#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {
namespace {

class DnsSilentServer : public DnsResolver {
 protected:
  DnsSilentServer() {
    make_resolver({.tries = 2, .avoid = Duration::seconds(30)});
    on_query = [this](const Query& query) {
      const bool silent = query.server == first_server ? first_is_silent : second_is_silent;
      if (!silent) send(query, good(query));
    };
  }
  /// The server that was asked first, of those that were.
  IpAddress asked_first_for(std::string_view name, Duration within = Duration::seconds(10)) {
    queries.clear();
    EXPECT_EQ(resolve(name, within), Error::none) << name;
    return queries.empty() ? IpAddress() : queries.front().server;
  }
  bool first_is_silent = true;
  bool second_is_silent = false;
};

TEST_F(DnsSilentServer, second_name_goes_to_the_second_server_at_once) {
  EXPECT_EQ(asked_first_for("a.example"), first_server);
  EXPECT_EQ(asked_first_for("b.example", Duration::milliseconds(100)), second_server);
  EXPECT_EQ(queries.size(), 1u);
}

TEST_F(DnsSilentServer, is_asked_first_again_after_a_while) {
  EXPECT_EQ(asked_first_for("a.example"), first_server);  // silent 3 s after the beginning of these 10 s
  link.run_for(Duration::milliseconds(22900));
  EXPECT_EQ(asked_first_for("b.example", Duration::milliseconds(50)), second_server) << "29.9 s after";
  link.run_for(Duration::milliseconds(100));
  first_is_silent = false;
  EXPECT_EQ(asked_first_for("c.example", Duration::milliseconds(50)), first_server);
}

TEST_F(DnsSilentServer, one_answer_ends_it) {
  EXPECT_EQ(asked_first_for("a.example"), first_server);
  first_is_silent = false;
  second_is_silent = true;
  EXPECT_EQ(asked_first_for("b.example"), second_server) << "and the first helps out";
  ASSERT_EQ(queries.back().server, first_server);
  second_is_silent = false;
  EXPECT_EQ(asked_first_for("c.example", Duration::milliseconds(100)), first_server);
}

TEST_F(DnsSilentServer, one_try_that_is_answered_late_is_no_silence) {
  on_query = [this](const Query& query) {
    if (queries.size() > 1) send(query, good(query));
  };
  EXPECT_EQ(asked_first_for("a.example"), first_server);
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_EQ(queries[1].server, first_server);
  EXPECT_EQ(asked_first_for("b.example"), first_server);
}

TEST_F(DnsSilentServer, failing_server_is_not_silent) {
  on_query = [this](const Query& query) {
    if (query.server == first_server) return send(query, ServerMessage(query.id, query.name).rcode(2));
    send(query, good(query));
  };
  EXPECT_EQ(asked_first_for("a.example"), first_server);
  EXPECT_EQ(asked_first_for("b.example"), first_server);
}

TEST_F(DnsSilentServer, all_silent_are_asked_in_the_order_of_their_index) {
  second_is_silent = true;
  EXPECT_EQ(resolve("a.example"), Error::timeout);
  first_is_silent = second_is_silent = false;
  EXPECT_EQ(asked_first_for("b.example", Duration::milliseconds(100)), first_server);
}

TEST_F(DnsSilentServer, another_address_of_that_index_begins_without_a_record) {
  EXPECT_EQ(asked_first_for("a.example"), first_server);
  const IpAddress third_server = IpAddress::v4(192, 0, 2, 3);
  link.stations[third_server] = link.station_mac;
  EXPECT_TRUE(resolver->set_server(0, third_server));
  EXPECT_EQ(asked_first_for("b.example", Duration::milliseconds(100)), third_server);
}

TEST_F(DnsSilentServer, server_asked_beside_that_was_quicker_is_asked_first_then) {
  make_resolver({.beside_after = Duration::milliseconds(500)});
  EXPECT_EQ(asked_first_for("a.example"), first_server);
  EXPECT_EQ(asked_first_for("b.example", Duration::milliseconds(100)), second_server);
  link.run_for(Duration::seconds(30));
  EXPECT_EQ(asked_first_for("c.example"), first_server);
}

}  // namespace
}  // namespace linnet::dns::test
