// SPDX-License-Identifier: Apache-2.0
// Which servers count as silent, and until when: with three of them, so that the one asked next tells.
#include "services/dns/test_families.hpp"

namespace linnet::dns::test {
namespace {

constexpr IpAddress third_server = IpAddress::v4(192, 0, 2, 3);

class DnsSilenceRemembered : public DnsFamilies {
 protected:
  enum class Says : std::uint8_t { good, nothing, failure };

  DnsSilenceRemembered() {
    link.stations[third_server] = link.station_mac;
    on_query = [this](const Query& query) {
      const Says what = says[query.server];
      if (what == Says::good) send(query, good(query));
      if (what == Says::failure) send(query, ServerMessage(query.id, query.name).rcode(2));
    };
  }
  void make_three(Config config) {
    make_resolver(config);
    EXPECT_TRUE(resolver->set_server(2, third_server));
  }
  /// Those that were asked, in their order.
  std::vector<IpAddress> asked_for(std::string_view name, Duration within) {
    queries.clear();
    const QueryHandle query = start(name);
    link.run_for(within);
    resolver->release(query);
    std::vector<IpAddress> servers;
    for (const Query& one : queries) servers.push_back(one.server);
    return servers;
  }
  std::map<IpAddress, Says> says;
};

using Order = std::vector<IpAddress>;
constexpr Duration gap = Duration::seconds(1);

TEST_F(DnsSilenceRemembered, a_silence_that_is_over_is_not_counted_when_another_begins) {
  // The second is silent from 2 s on, for 30 s. Then the first is, a moment before or just when that is over.
  for (const bool over : {false, true}) {
    make_three({.tries = 1, .avoid = Duration::seconds(30)});
    says = {{first_server, Says::failure}, {second_server, Says::nothing}};
    EXPECT_EQ(asked_for("a.example", Duration::seconds(2)),
              (Order{first_server, second_server, third_server}));
    link.run_for(over ? Duration::seconds(29) : Duration::milliseconds(28999));
    says = {{first_server, Says::nothing}};
    const Order expected = {first_server, over ? second_server : third_server};
    EXPECT_EQ(asked_for("b.example", gap + brief), expected) << over;
  }
}

TEST_F(DnsSilenceRemembered, who_was_not_asked_in_vain_is_not_silent_since_another_is) {
  make_three({.tries = 1, .avoid = Duration::seconds(30)});
  says = {{first_server, Says::failure}, {second_server, Says::nothing}};
  EXPECT_EQ(asked_for("a.example", Duration::seconds(2) + brief).size(), 3u);
  says = {};
  EXPECT_EQ(asked_for("b.example", brief), Order{first_server}) << "it had failed";
}

TEST_F(DnsSilenceRemembered, Config_avoid_is_over_when_its_time_has_come) {
  make_three({.tries = 1, .avoid = Duration::seconds(30)});
  says[first_server] = Says::nothing;
  EXPECT_EQ(asked_for("a.example", gap), (Order{first_server, second_server}));
  says = {};
  link.run_for(Duration::milliseconds(29999));
  EXPECT_EQ(asked_for("b.example", Duration::milliseconds(1)), Order{second_server});
  EXPECT_EQ(asked_for("c.example", brief), Order{first_server}) << "30 s after";
}

TEST_F(DnsSilenceRemembered, who_failed_while_the_server_beside_answered_is_not_silent) {
  make_three({.beside_after = Duration::milliseconds(500)});
  says[first_server] = Says::failure;
  EXPECT_EQ(asked_for("a.example", gap), (Order{first_server, second_server}));
  says = {};
  EXPECT_EQ(asked_for("b.example", brief), Order{first_server});
}

TEST_F(DnsSilenceRemembered, silence_is_part_of_the_digest) {
  const auto digest = [this] {
    Digest d;
    resolver->digest(d);
    return d.value();
  };
  make_three({.cache_entries = 0, .tries = 1});
  const auto before = digest();
  EXPECT_EQ(asked_for("a.example", brief), Order{first_server});
  EXPECT_TRUE(digest() == before) << "an answer leaves nothing";
  says[first_server] = Says::nothing;
  EXPECT_EQ(asked_for("b.example", gap + brief).size(), 2u);
  EXPECT_FALSE(digest() == before);
}

}  // namespace
}  // namespace linnet::dns::test
