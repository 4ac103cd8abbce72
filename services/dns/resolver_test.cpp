// SPDX-License-Identifier: Apache-2.0
#include "services/dns/resolver.hpp"

#include <algorithm>
#include <random>
#include <string>

#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {
namespace {

TEST_F(DnsResolver, name_to_addresses) {
  on_query = [this](const Query& query) {
    send(query, good(query).a(query.name, IpAddress::v4(198, 51, 100, 8)));
  };
  EXPECT_EQ(resolve("www.example", Duration::milliseconds(10)), Error::none);
  EXPECT_EQ(last, (std::vector{result_address, IpAddress::v4(198, 51, 100, 8)}));
  EXPECT_EQ(last_ttl, Duration::seconds(300));
  ASSERT_EQ(queries.size(), 1u);
  EXPECT_EQ(queries[0].server, first_server);
  EXPECT_EQ(resolver->lookups(), 0u);
  EXPECT_TRUE(link.stack.pool().full());
}

TEST_F(DnsResolver, literals_and_special_names_need_no_query) {
  for (const auto& [text, address] : {std::pair{"192.0.2.77", IpAddress::v4(192, 0, 2, 77)},
                                      {"localhost", IpAddress::loopback_v4()},
                                      {"LocalHost.", IpAddress::loopback_v4()},
                                      {"a.localhost", IpAddress::loopback_v4()},
                                      {"2001:db8::1", *IpAddress::parse("2001:db8::1")}}) {
    EXPECT_EQ(resolve(text, Duration()), Error::none) << text;
    EXPECT_EQ(last, std::vector{address}) << text;
  }
  EXPECT_EQ(resolve("what.invalid", Duration()), Error::no_such_name);
  EXPECT_EQ(resolve("what.onion", Duration()), Error::no_such_name);
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsResolver, C20_12_bad_names_are_refused_at_once) {
  for (const std::string_view bad :
       {std::string_view("evil.com\0.good", 14), std::string_view(""), std::string_view("a..b"),
        std::string_view("1.2.3"), std::string_view("a b")}) {
    const auto query = resolver->resolve(bad, link.now);
    ASSERT_FALSE(query);
    EXPECT_EQ(query.error(), Error::bad_name);
  }
  EXPECT_EQ(resolve(std::string(1000, 'a')), Error::bad_name);
}

TEST_F(DnsResolver, negative_results) {
  on_query = [this](const Query& query) {
    send(query, ServerMessage(query.id, query.name).rcode(query.name == "gone.example" ? 3 : 0));
  };
  EXPECT_EQ(resolve("gone.example"), Error::no_such_name);
  EXPECT_EQ(resolve("empty.example"), Error::no_data);
}

TEST_F(DnsResolver, four_tries_with_growing_gaps_then_the_second_server_then_timeout) {
  EXPECT_EQ(resolve("www.example"), Error::timeout);
  ASSERT_EQ(queries.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(queries[i].server, i < 4 ? first_server : second_server);
    if (i == 0) continue;
    const auto seconds = static_cast<std::int64_t>((i - 1) % 4 + 1);
    EXPECT_EQ(queries[i].frame.at - queries[i - 1].frame.at, Duration::seconds(seconds)) << i;
  }
  EXPECT_EQ(queries[0].frame.source, queries[3].frame.source) << "a late answer to an earlier try counts";
  EXPECT_NE(queries[3].frame.source.port, queries[4].frame.source.port);
}

TEST_F(DnsResolver, second_server_answers_when_the_first_is_not_reachable) {
  link.stations.erase(first_server);
  on_query = [this](const Query& query) {
    if (query.server == second_server) send(query, good(query));
  };
  EXPECT_EQ(resolve("www.example"), Error::none);
  for (const Query& query : queries) EXPECT_EQ(query.server, second_server);
}

TEST_F(DnsResolver, servers_are_set_by_index) {
  EXPECT_EQ(resolver->server(1), second_server);
  EXPECT_FALSE(resolver->set_server(4, first_server));
  EXPECT_TRUE(resolver->server(4).is_unspecified());
  resolver->set_server(0, {});
  resolver->set_server(1, {});
  EXPECT_EQ(resolve("www.example"), Error::no_server);
  resolver->set_server(3, second_server);
  EXPECT_EQ(resolve("www.example"), Error::timeout);
  EXPECT_EQ(queries.size(), 4u);
}

TEST_F(DnsResolver, handles_are_given_back) {
  std::vector<QueryHandle> all;
  for (const char* name : {"a", "b", "c", "d"}) all.push_back(start(name));
  EXPECT_EQ(resolve("e"), Error::no_memory);
  resolver->release(all[0]);
  EXPECT_EQ(error_of(all[0]), Error::closed);
  resolver->release(all[0]);
  EXPECT_EQ(error_of(all[1]), Error::pending);
  EXPECT_EQ(error_of(start("e")), Error::pending);
  EXPECT_EQ(error_of({}), Error::closed);
}

TEST_F(DnsResolver, cached_answers_need_no_query_until_they_expire) {
  on_query = [this](const Query& query) {
    send(query, ServerMessage(query.id, query.name).a(query.name, result_address, 100));
  };
  const Duration brief = Duration::milliseconds(10);
  EXPECT_EQ(resolve("www.example", brief), Error::none);
  link.run_for(Duration::seconds(40));
  EXPECT_EQ(resolve("WWW.Example", Duration()), Error::none);
  EXPECT_LE(last_ttl, Duration::seconds(60));
  EXPECT_EQ(queries.size(), 1u);
  link.run_for(Duration::seconds(61));
  EXPECT_EQ(resolve("www.example", brief), Error::none);
  EXPECT_EQ(queries.size(), 2u);
  resolver->clear_cache();
  EXPECT_EQ(resolve("www.example", brief), Error::none);
  EXPECT_EQ(queries.size(), 3u);
}

TEST_F(DnsResolver, C21_11_ttl_zero_negative_ttl_and_caps) {
  std::uint32_t ttl = 0x80000001;
  on_query = [&](const Query& query) {
    ServerMessage message(query.id, query.name);
    if (query.name == "gone") {
      send(query, message.rcode(3).soa(1u << 30, 1u << 30));
    } else {
      send(query, message.a(query.name, result_address, ttl));
    }
  };
  const Duration brief = Duration::milliseconds(10);
  resolve("a", brief);
  resolve("a", brief);
  EXPECT_EQ(queries.size(), 2u) << "a TTL with its top bit set is zero";
  EXPECT_EQ(last_ttl, Duration());
  ttl = 0x7fffffff;
  resolve("a", brief);
  EXPECT_EQ(last_ttl, Duration::seconds(86400));
  resolve("gone", brief);
  EXPECT_EQ(resolve("gone", Duration()), Error::no_such_name);
  EXPECT_EQ(queries.size(), 4u);
  link.run_for(Duration::seconds(901));
  resolve("gone", brief);
  EXPECT_EQ(queries.size(), 5u) << "never longer than the cap";
}

TEST_F(DnsResolver, C21_10_records_of_other_names_are_not_cached) {
  on_query = [this](const Query& query) {
    send(query, ServerMessage(query.id, query.name)
                    .cname(query.name, "b")
                    .a("b", result_address)
                    .a("bank.example", own_address));
  };
  const Duration brief = Duration::milliseconds(10);
  EXPECT_EQ(resolve("www.example", brief), Error::none);
  EXPECT_EQ(last, std::vector{result_address}) << "nor taken for an answer";
  resolve("bank.example", brief);
  resolve("b", brief);
  EXPECT_EQ(queries.size(), 3u);
}

TEST_F(DnsResolver, C21_01_ids_are_others_after_a_restart) {
  ScriptedLink again(2);
  std::vector<std::uint8_t> more(Resolver::memory_needed({}) + Arena::alignment);
  Arena arena(more);
  Resolver other(again.stack, {}, arena);
  again.stack.ip().add_address(again.interface, {own_address, 24}, false, again.now);
  again.stations[first_server] = again.station_mac;
  other.set_server(0, first_server);
  again.run_for(Duration::seconds(5));
  std::vector<std::uint32_t> theirs;
  again.on_udp = [&](const UdpFrame& frame) {
    theirs.push_back(load16(frame.payload.data()) * 65536u + frame.source.port);
  };
  std::vector<std::uint32_t> ours;
  for (const std::string name : {"a", "b", "c", "d"}) {
    start(name);
    ASSERT_TRUE(other.resolve(name, again.now));
    link.run_for(Duration());
    again.run_for(Duration());
  }
  for (const Query& query : queries) ours.push_back(query.id * 65536u + query.frame.source.port);
  ASSERT_EQ(ours.size(), 4u);
  ASSERT_EQ(theirs.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NE(ours[i], theirs[i]);
}

TEST_F(DnsResolver, C21_03_answers_that_differ_in_one_field_are_ignored_and_the_query_lives) {
  on_query = [this](const Query& query) {
    const IpAddress evil = IpAddress::v4(6, 6, 6, 6);
    const auto forged = [&] { return ServerMessage(query.id, query.name).a(query.name, evil); };
    const Endpoint server = query.frame.destination;
    const Endpoint client = query.frame.source;
    link.inject_udp({second_server, 53}, client, forged().finish());
    link.inject_udp({server.address, 54}, client, forged().finish());
    link.inject_udp(server, {client.address, static_cast<std::uint16_t>(client.port ^ 1)}, forged().finish());
    link.inject_udp(server, {IpAddress::v4(192, 0, 2, 51), client.port}, forged().finish());
    send(query, ServerMessage(query.id ^ 1, query.name).a(query.name, evil));
    send(query, ServerMessage(query.id, "other").a(query.name, evil));
    send(query, ServerMessage(query.id).ask(query.name, 28).a(query.name, evil));
    send(query, ServerMessage(query.id).ask(query.name, 1, 3).a(query.name, evil));
    send(query, forged().flags(0x0180));
    send(query, forged().flags(0x8980));
    send(query, good(query));
  };
  EXPECT_EQ(resolve("www.example", Duration::milliseconds(10)), Error::none);
  EXPECT_EQ(last, std::vector{result_address});
  EXPECT_EQ(queries.size(), 1u);
}

TEST_F(DnsResolver, C21_04_bad_packets_before_the_good_answer_end_nothing) {
  on_query = [this](const Query& query) {
    if (queries.size() > 1) return;
    send(query, ServerMessage(query.id).rcode(1));  // FORMERR as servers write it: the header only
    send(query, ServerMessage(query.id, query.name).rcode(1));
    send(query, ServerMessage(query.id, query.name).rcode(2));     // SERVFAIL
    send(query, ServerMessage(query.id, query.name).rcode(5));     // REFUSED
    send(query, ServerMessage(query.id, query.name).truncated());  // TC, empty
    send(query, ServerMessage(query.id, query.name).count(6, 5));  // counts that lie
    const Buffer whole = good(query).finish();
    for (std::size_t length = 0; length < 12; ++length) {
      link.inject_udp(query.frame.destination, query.frame.source, Bytes(whole).first(length));
    }
    link.inject_unreachable(query.frame, 3, first_server);
    link.inject_unreachable(query.frame, 1, IpAddress::v4(192, 0, 2, 254));
  };
  const QueryHandle query = start("www.example");
  link.run_for(Duration::milliseconds(900));
  EXPECT_EQ(error_of(query), Error::pending);
  ASSERT_EQ(queries.size(), 2u) << "FORMERR brings one without EDNS (RFC 6891 7)";
  EXPECT_EQ(queries[0].frame.source.port, queries[1].frame.source.port);
  send(queries[0], good(queries[0]));
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsResolver, C21_04_unreachable_port_ends_nothing_but_the_try) {
  on_query = [this](const Query& query) {
    link.inject_unreachable(query.frame, 3, query.server);
    if (queries.size() == 3) send(query, good(query));
  };
  EXPECT_EQ(resolve("www.example", Duration::seconds(6)), Error::none);
  EXPECT_EQ(queries.size(), 3u);
}

TEST_F(DnsResolver, failing_server_gives_way_to_the_next_at_the_end_of_its_gap) {
  on_query = [this](const Query& query) {
    send(query, query.server == first_server ? ServerMessage(query.id, query.name).rcode(2) : good(query));
  };
  EXPECT_EQ(resolve("www.example", Duration::milliseconds(1010)), Error::none);
  ASSERT_EQ(queries.size(), 2u);
  on_query = [this](const Query& query) { send(query, ServerMessage(query.id, query.name).rcode(2)); };
  EXPECT_EQ(resolve("fails.example", Duration::milliseconds(2010)), Error::server_failure);
}

TEST_F(DnsResolver, C21_05_a_hundred_users_of_one_name_are_one_query) {
  std::vector<QueryHandle> handles;
  for (int i = 0; i < 100; ++i) handles.push_back(start(i % 2 == 0 ? "www.example" : "WWW.EXAMPLE."));
  link.run_for(Duration::milliseconds(10));
  ASSERT_EQ(queries.size(), 1u);
  resolver->release(handles.back());
  handles.pop_back();
  send(queries[0], good(queries[0]));
  link.run_for(Duration::milliseconds(10));
  for (const QueryHandle handle : handles) {
    EXPECT_EQ(error_of(handle), Error::none);
    resolver->release(handle);
  }
  EXPECT_EQ(resolver->lookups(), 0u);
}

TEST_F(DnsResolver, C21_06_answers_crossed_between_two_queries_are_rejected) {
  const QueryHandle a = start("a.example");
  const QueryHandle b = start("b.example");
  link.run_for(Duration::milliseconds(1));
  ASSERT_EQ(queries.size(), 2u);
  Query crossed_a = queries[0];
  Query crossed_b = queries[1];
  std::swap(crossed_a.frame.source, crossed_b.frame.source);
  send(crossed_a, good(crossed_a));
  send(crossed_b, good(crossed_b));
  std::swap(crossed_a.frame.source, crossed_b.frame.source);
  std::swap(crossed_a.name, crossed_b.name);
  send(crossed_a, good(crossed_a));
  send(crossed_b, good(crossed_b));
  link.run_for(Duration::milliseconds(1));
  EXPECT_EQ(error_of(a), Error::pending);
  EXPECT_EQ(error_of(b), Error::pending);
}

TEST_F(DnsResolver, C21_09_truncated_answer_serves_as_far_as_it_goes) {
  on_query = [this](const Query& query) {
    send(query, query.name == "half.example" ? good(query).truncated()
                                             : ServerMessage(query.id, query.name).truncated());
  };
  EXPECT_EQ(resolve("half.example"), Error::none);  // nobody answers by TCP
  EXPECT_EQ(resolve("empty.example"), Error::server_failure);
}

TEST_F(DnsResolver, answers_larger_than_the_buffer_count_as_truncated) {
  on_query = [this](const Query& query) {
    ServerMessage message = good(query);
    for (int i = 0; i < 50; ++i) message.a(query.name, IpAddress::v4(198, 51, 100, 9));
    send(query, message);
  };
  EXPECT_EQ(resolve("www.example"), Error::none);
  EXPECT_EQ(last.size(), Answer::capacity);
}

TEST_F(DnsResolver, C21_12_local_addresses_are_left_out_when_asked_for) {
  on_query = [this](const Query& query) {
    ServerMessage message = ServerMessage(query.id, query.name).a(query.name, IpAddress::loopback_v4());
    message.a(query.name, IpAddress::v4(169, 254, 1, 1)).a(query.name, IpAddress::v4(0u));
    if (query.name == "mixed.example") message.a(query.name, result_address);
    send(query, message);
  };
  const Duration brief = Duration::milliseconds(10);
  EXPECT_EQ(resolve("mixed.example", brief), Error::none);
  EXPECT_EQ(last.size(), 4u);
  make_resolver({.refuse_local_answers = true});
  EXPECT_EQ(resolve("mixed.example", brief), Error::none);
  EXPECT_EQ(last, std::vector{result_address});
  EXPECT_EQ(resolve("rebind.example", brief), Error::no_data);
}

TEST_F(DnsResolver, releasing_in_every_phase_gives_everything_back) {
  link.run_for(Duration::seconds(10));
  Digest before;
  resolver->digest(before);
  std::mt19937 random(5);
  on_query = [&](const Query& query) {
    if (random() % 3 == 0) send(query, good(query).rcode(random() % 2 == 0 ? 0 : 2));
  };
  for (int i = 0; i < 2000; ++i) {
    std::vector<QueryHandle> handles;
    for (unsigned n = 0; n < 1 + random() % 4; ++n) {
      handles.push_back(start("n" + std::to_string(random() % 1000)));
      link.run_for(Duration::milliseconds(random() % 5000));
    }
    for (const QueryHandle handle : handles) resolver->release(handle);
    queries.clear();
    link.udp_sent.clear();
  }
  resolver->clear_cache();
  Digest after;
  resolver->digest(after);
  EXPECT_EQ(after.value(), before.value());
  link.run_for(Duration::seconds(10));
  EXPECT_TRUE(link.stack.pool().full());
}

TEST_F(DnsResolver, end_of_a_resolver_closes_its_sockets) {
  start("a.example");
  resolver = nullptr;
  link.service = nullptr;
  unsigned open = 0;
  link.stack.udp().for_each([&open](const udp::SocketView&) { ++open; });
  EXPECT_EQ(open, 0u);
}

TEST_F(DnsResolver, without_a_free_udp_socket_the_tries_go_on) {
  std::vector<udp::SocketHandle> all;
  while (const auto socket = link.stack.udp().open()) all.push_back(*socket);
  on_query = [this](const Query& query) { send(query, good(query)); };
  const QueryHandle query = start("www.example");
  link.run_for(Duration::milliseconds(2900));
  EXPECT_TRUE(queries.empty());
  link.stack.udp().close(all.back());
  link.run_for(Duration::milliseconds(200));
  EXPECT_EQ(error_of(query), Error::none);
}

}  // namespace
}  // namespace linnet::dns::test
