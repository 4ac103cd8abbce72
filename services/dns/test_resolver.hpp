// SPDX-License-Identifier: Apache-2.0
// A resolver on a scripted link, with two servers that answer as a test says.
#pragma once

#include <memory>
#include <string>

#include "core/test_link.hpp"
#include "services/dns/resolver.hpp"
#include "services/dns/test_message.hpp"

namespace linnet::dns::test {

using linnet::test::ScriptedLink;
using linnet::test::UdpFrame;

inline constexpr IpAddress own_address = IpAddress::v4(192, 0, 2, 50);
inline constexpr IpAddress first_server = IpAddress::v4(192, 0, 2, 1);
inline constexpr IpAddress second_server = IpAddress::v4(192, 0, 2, 2);
inline constexpr IpAddress result_address = IpAddress::v4(198, 51, 100, 7);
inline constexpr MacAddress own_mac{{0x02, 0, 0, 0, 0, 1}};

struct Query {
  UdpFrame frame;
  std::uint16_t id = 0;
  std::string name;
  std::uint16_t record_type = 0;
  std::uint16_t announced = 0;  ///< by EDNS
  IpAddress server;
};

class DnsResolver : public ::testing::Test {
 protected:
  DnsResolver() {
    link.stations[first_server] = link.stations[second_server] = link.station_mac;
    EXPECT_TRUE(link.stack.ip().add_address(link.interface, {own_address, 24}, false, link.now));
    link.run_for(Duration::seconds(5));
    make_resolver({});
    link.on_udp = [this](const UdpFrame& frame) { on_udp(frame); };
  }
  void make_resolver(const Config& config) {
    resolver.reset();
    memory.assign(Resolver::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    resolver = std::make_unique<Resolver>(link.stack, config, arena);
    EXPECT_FALSE(arena.exhausted());
    EXPECT_TRUE(resolver->set_server(0, first_server));
    EXPECT_TRUE(resolver->set_server(1, second_server));
    link.service = [this](Instant now) { return resolver->poll(now); };
  }
  void on_udp(const UdpFrame& frame) {
    ASSERT_EQ(frame.destination.port, 53);
    ASSERT_GE(frame.payload.size(), 12u + 1 + 4);
    ASSERT_EQ(load16(frame.payload.data() + 2), 0x0100) << "a recursive query";
    Query query{.frame = frame,
                .id = load16(frame.payload.data()),
                .name = {},
                .record_type = 0,
                .server = frame.destination.address};
    std::size_t at = 12;
    for (; frame.payload.at(at) != 0; at += 1u + frame.payload[at]) {
      if (!query.name.empty()) query.name += '.';
      query.name.append(frame.payload.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        frame.payload.begin() + static_cast<std::ptrdiff_t>(at) + 1 + frame.payload[at]);
    }
    query.record_type = load16(frame.payload.data() + at + 1);
    if (load16(frame.payload.data() + 10) == 0) {
      ASSERT_EQ(frame.payload.size(), at + 5);
    } else {
      ASSERT_EQ(frame.payload.size(), at + 5 + 11) << "RFC 6891 6.1.2: one OPT record without options";
      const std::uint8_t* options = frame.payload.data() + at + 5;
      ASSERT_EQ(options[0], 0);
      ASSERT_EQ(load16(options + 1), type::opt);
      query.announced = load16(options + 3);
    }
    queries.push_back(query);
    if (on_query) on_query(query);
  }
  void send(const Query& query, const ServerMessage& message) {
    link.inject_udp(query.frame.destination, query.frame.source, message.finish());
  }
  static ServerMessage good(const Query& query) {
    return ServerMessage(query.id, query.name).a(query.name, result_address);
  }
  QueryHandle start(std::string_view name, Families families = Families::v4) {
    const auto query = resolver->resolve(name, link.now, families);
    EXPECT_TRUE(query) << name;
    return query ? *query : QueryHandle{};
  }
  Error error_of(QueryHandle query) const {
    const auto result = resolver->result(query);
    return result ? Error::none : result.error();
  }
  /// Resolves to the end.
  Error resolve(std::string_view name, Duration within = Duration::seconds(60),
                Families families = Families::v4) {
    const auto query = resolver->resolve(name, link.now, families);
    if (!query) return query.error();
    link.run_for(within);
    const Error error = error_of(*query);
    if (error == Error::none) {
      const Answer answer = *resolver->result(*query);
      last.assign(answer.addresses().begin(), answer.addresses().end());
      last_ttl = answer.ttl;
    }
    resolver->release(*query);
    return error;
  }

  ScriptedLink link;
  std::vector<std::uint8_t> memory;
  std::unique_ptr<Resolver> resolver;
  std::vector<Query> queries;
  std::function<void(const Query&)> on_query;
  std::vector<IpAddress> last;
  Duration last_ttl;
};

}  // namespace linnet::dns::test
