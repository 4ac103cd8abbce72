// SPDX-License-Identifier: Apache-2.0
// DNS over TCP (RFC 7766): a resolver and a server on two stacks, in virtual time.
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "services/dns/message.hpp"
#include "services/dns/resolver.hpp"
#include "services/dns/test_stacks.hpp"

namespace linnet::dns::test {
namespace {

constexpr IpAddress own_address = IpAddress::v4(192, 0, 2, 50);
constexpr IpAddress server_address = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress one = IpAddress::v4(198, 51, 100, 7);

class DnsStream : public ::testing::Test {
 protected:
  DnsStream() : client(1, own_address), server(2, server_address) {
    client.device.peer = &server.device;
    server.device.peer = &client.device;
    make_resolver({});
    udp = server.stack.udp().open().value();
    EXPECT_TRUE(server.stack.udp().bind(udp, {server_address, server_port}, false));
    run_for(Duration::seconds(5));
  }
  ~DnsStream() override {
    resolver.reset();
    EXPECT_EQ(client.stack.tcp().status(tcp::ConnectionHandle{}), std::nullopt);
  }
  void make_resolver(const dns::Config& config) {
    resolver.reset();
    memory.assign(Resolver::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    resolver = std::make_unique<Resolver>(client.stack, config, arena);
    EXPECT_TRUE(resolver->set_server(0, server_address));
  }
  void listen() {
    listener = server.stack.tcp().bind({server_address, server_port}, true).value();
    EXPECT_TRUE(server.stack.tcp().listen(listener, 4, {}));
  }
  /// A question as the server reads it: the id, and what stands behind the header.
  ServerMessage reply_to(Bytes query) const {
    ServerMessage message(load16(query.data()));
    message.append(Buffer(query.begin() + 12, query.begin() + 12 + question_size));
    return message.count(4);
  }
  void serve() {
    std::array<std::uint8_t, 600> bytes{};
    if (const auto got = server.stack.udp().receive(udp, bytes, false)) {
      ++udp_queries;
      ServerMessage reply = reply_to(bytes);
      if (wrong_id) reply.bytes[1] ^= 1;
      if (!long_answer) reply.truncated();
      if (half) reply.a("www.example", one);
      for (std::uint8_t i = 1; long_answer && i <= 32; ++i) {
        reply.a("www.example", IpAddress::v4(203, 0, 113, i));
      }
      const Buffer out = reply.finish();
      const Bytes piece(out);
      (void)server.stack.udp().send(udp, {&piece, 1}, &got->source, {}, now);
    }
    if (!listener) return;
    if (const auto accepted = server.stack.tcp().accept(listener)) {
      connection = *accepted;
      ++connections;
    }
    if (!connection || !on_stream) return;
    const auto got = server.stack.tcp().receive(connection, bytes, false, now);
    if (got && *got > 0) {
      ASSERT_EQ(load16(bytes.data()), *got - 2) << "RFC 7766 8: the length in front, in one go";
      on_stream(Bytes(bytes).subspan(2, *got - 2));
    }
    while (!to_send.empty() && now >= next_piece) {
      const std::size_t size = std::min(piece_size, to_send.size());
      const auto sent = server.stack.tcp().send(connection, Bytes(to_send).first(size), {}, now);
      if (!sent) break;
      to_send.erase(to_send.begin(), to_send.begin() + static_cast<std::ptrdiff_t>(*sent));
      if (piece_size < 100) next_piece = now + Duration::milliseconds(5);
    }
    if (to_send.empty() && hang_up) {
      server.stack.tcp().close(connection, now);
      connection = {};
    }
  }
  void run_for(Duration duration) {
    run_both(client, server, now, duration, [this] {
      const Instant next = resolver->poll(now);
      serve();
      return to_send.empty() ? next : earlier(next, next_piece);
    });
  }
  void say(const Buffer& message, std::size_t length) {
    to_send = {static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
    to_send.insert(to_send.end(), message.begin(), message.end());
  }
  void say(const ServerMessage& message) { say(message.finish(), message.finish().size()); }
  Result<Answer, Error> resolve(Duration within = Duration::seconds(30)) {
    const auto query = resolver->resolve("www.example", now);
    EXPECT_TRUE(query);
    run_for(within);
    auto result = resolver->result(*query);
    resolver->release(*query);
    run_for(Duration::milliseconds(50));
    return result;
  }
  std::size_t client_connections() {
    std::size_t count = 0;
    client.stack.tcp().for_each_connection(
        [&](const tcp::Status& status) { count += status.state != tcp::State::time_wait; });
    return count;
  }

  static constexpr std::ptrdiff_t question_size = 13 + 4;  // www.example
  Node client;
  Node server;
  std::vector<std::uint8_t> memory;
  std::unique_ptr<Resolver> resolver;
  udp::SocketHandle udp;
  tcp::ListenerHandle listener;
  tcp::ConnectionHandle connection;
  std::function<void(Bytes)> on_stream;
  Buffer to_send;
  std::size_t piece_size = 100'000;
  Instant next_piece;
  bool half = false;
  bool long_answer = false;  // 893 bytes
  bool hang_up = false;
  bool wrong_id = false;
  std::size_t udp_queries = 0;
  std::size_t connections = 0;
  Instant now;
};

TEST_F(DnsStream, RFC7766_5_truncated_answer_is_asked_for_by_tcp) {
  listen();
  half = true;
  on_stream = [this](Bytes query) {
    EXPECT_EQ(load16(query.data() + 10), 0) << "EDNS has nothing to say by TCP";
    say(reply_to(query).a("www.example", one).a("www.example", IpAddress::v4(198, 51, 100, 8)));
  };
  const auto result = resolve(Duration::seconds(1));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->addresses().size(), 2u);
  EXPECT_EQ(udp_queries, 1u);
  EXPECT_EQ(connections, 1u);
  server.stack.tcp().close(connection, now);
  run_for(Duration::seconds(5));
  EXPECT_EQ(client_connections(), 0u);
  EXPECT_TRUE(resolve(Duration()).ok()) << "from the cache";
  EXPECT_EQ(connections, 1u);
}

TEST_F(DnsStream, each_step_of_the_connection_is_told_to_who_drives_the_stack) {
  listen();
  on_stream = [](Bytes) {};
  const auto query = resolver->resolve("www.example", now);
  ASSERT_TRUE(query);
  while (client.stack.tcp().take_changed()) continue;
  run_for(Duration::milliseconds(100));
  EXPECT_EQ(client.stack.tcp().take_changed(), 0u)
      << "the tag of services; without it only a timer would go on";
  resolver->release(*query);
}

TEST_F(DnsStream, C21_09_answer_in_pieces_of_every_size_and_of_several_segments) {
  listen();
  on_stream = [this](Bytes query) {
    ServerMessage reply = reply_to(query).a("www.example", one);
    for (int i = 0; i < 150; ++i) reply.record({0xc0, 12}, type::txt, 60, Buffer(20, 7)).count(6);
    say(reply);
  };
  for (const std::size_t size : {7u, 33u, 99u, 100'000u}) {
    piece_size = size;
    resolver->clear_cache();
    const auto result = resolve(Duration::seconds(6));
    ASSERT_TRUE(result) << size;
    EXPECT_EQ(result->addresses().size(), 1u) << "the beginning of what is larger than the buffer serves";
    server.stack.tcp().abort(connection, now);
    connection = {};
    to_send.clear();
    run_for(Duration::seconds(1));
  }
}

TEST_F(DnsStream, C21_09_lengths_that_lie_and_connections_cut_are_failures_that_end) {
  listen();
  for (const std::size_t length : {0u, 1u, 11u, 500u, 65535u}) {
    hang_up = length >= 500;
    on_stream = [&](Bytes query) { say(reply_to(query).finish(), length); };
    const auto result = resolve(Duration::seconds(12));
    ASSERT_FALSE(result) << length;
    EXPECT_EQ(result.error(), Error::server_failure) << length;
    EXPECT_EQ(client_connections(), 0u);
    if (connection) server.stack.tcp().abort(connection, now);
    connection = {};
    to_send.clear();
  }
}

TEST_F(DnsStream, C21_09_server_that_takes_the_question_and_is_silent_costs_a_bounded_time) {
  listen();
  on_stream = [](Bytes) {};
  const Instant begin = now;
  const auto query = resolver->resolve("www.example", now);
  ASSERT_TRUE(query);
  while (resolver->result(*query).error() == Error::pending && now < begin + Duration::seconds(60)) {
    run_for(Duration::milliseconds(100));
  }
  EXPECT_EQ(resolver->result(*query).error(), Error::server_failure);
  EXPECT_LE(now - begin, Duration::milliseconds(4300)) << "dns::Config::stream_wait";
  EXPECT_EQ(connections, 1u) << "once for each server";
  resolver->release(*query);
}

TEST_F(DnsStream, truncated_answer_serves_as_far_as_it_goes_where_nobody_listens) {
  half = true;
  const auto result = resolve(Duration::seconds(10));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->addresses().size(), 1u);
  EXPECT_EQ(result->ttl, Duration()) << "and is not kept";
  half = false;
  EXPECT_FALSE(resolve(Duration::seconds(10)));
}

TEST_F(DnsStream, C07_04_answer_in_fragments_is_asked_for_by_tcp) {
  server.device.link_mtu = 576;
  listen();
  long_answer = true;
  on_stream = [this](Bytes query) { say(reply_to(query).a("www.example", one)); };
  const auto result = resolve(Duration::seconds(1));
  ASSERT_TRUE(result);
  ASSERT_EQ(result->addresses().size(), 1u);
  EXPECT_EQ(result->addresses()[0], one) << "what the server said where nobody could put a fragment in";
  EXPECT_EQ(udp_queries, 1u);
  EXPECT_EQ(connections, 1u);
}

TEST_F(DnsStream, C07_04_answer_in_fragments_is_none_where_nobody_listens_by_tcp) {
  server.device.link_mtu = 576;
  long_answer = true;
  EXPECT_FALSE(resolve(Duration::seconds(60)));
  EXPECT_GE(udp_queries, 1u);
  server.device.link_mtu = 1500;
  EXPECT_TRUE(resolve(Duration::seconds(1))) << "the same answer in one piece";
}

TEST_F(DnsStream, answer_to_another_question_by_tcp_is_none) {
  listen();
  on_stream = [this](Bytes query) {
    ServerMessage reply(static_cast<std::uint16_t>(load16(query.data()) + 1), "www.example");
    say(reply.a("www.example", one));
  };
  EXPECT_FALSE(resolve(Duration::seconds(10)));
}

TEST_F(DnsStream, release_while_the_answer_is_awaited_ends_the_connection) {
  listen();
  on_stream = [](Bytes) {};
  const auto query = resolver->resolve("www.example", now);
  run_for(Duration::milliseconds(100));
  EXPECT_EQ(client_connections(), 1u);
  resolver->release(*query);
  EXPECT_EQ(client_connections(), 0u);
}

TEST_F(DnsStream, RFC7766_5_a_server_may_say_by_tcp_that_there_is_nothing) {
  listen();
  on_stream = [this](Bytes query) { say(reply_to(query).rcode(3)); };
  EXPECT_EQ(resolve(Duration::seconds(1)).error(), Error::no_such_name);
  resolver->clear_cache();
  if (connection) server.stack.tcp().close(connection, now);
  on_stream = [this](Bytes query) { say(reply_to(query)); };
  EXPECT_EQ(resolve(Duration::seconds(1)).error(), Error::no_data);
  EXPECT_EQ(connections, 2u);
}

TEST_F(DnsStream, without_a_free_connection_the_truncated_answer_serves) {
  half = true;
  std::vector<tcp::ConnectionHandle> all;
  while (const auto made = client.stack.tcp().connect({}, {server_address, 9}, {}, now)) all.push_back(*made);
  const auto result = resolve(Duration::seconds(10));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->addresses().size(), 1u);
  EXPECT_EQ(connections, 0u);
  for (const auto& one_of_them : all) client.stack.tcp().abort(one_of_them, now);
}

TEST_F(DnsStream, result_of_a_family_is_pending_while_the_rest_of_it_is_asked_for_by_tcp) {
  listen();
  half = true;
  on_stream = [](Bytes) {};
  const auto query = resolver->resolve("www.example", now);
  ASSERT_TRUE(query);
  run_for(Duration::milliseconds(100));
  EXPECT_EQ(resolver->result(*query, Families::v4).error(), Error::pending);
  run_for(Duration::seconds(10));
  EXPECT_TRUE(resolver->result(*query, Families::v4)) << "what was truncated serves";
  EXPECT_EQ(resolver->result(*query, Families::v6).error(), Error::no_data) << "nobody wanted it";
  resolver->release(*query);
}

TEST_F(DnsStream, C07_04_fragments_that_are_no_answer_to_the_question_begin_no_connection) {
  server.device.link_mtu = 576;
  listen();
  long_answer = wrong_id = true;
  EXPECT_EQ(resolve(Duration::seconds(60)).error(), Error::timeout);
  EXPECT_EQ(connections, 0u);
}

TEST_F(DnsStream, RFC7766_6_2_4_the_answer_ends_the_connection_in_order_though_more_came) {
  listen();
  on_stream = [this](Bytes query) {
    Buffer answer = reply_to(query).a("www.example", one).finish();
    const std::size_t size = answer.size();
    answer.insert(answer.end(), 40, 0x55);  // that nobody asked for
    say(answer, size);
  };
  const auto query = resolver->resolve("www.example", now);
  ASSERT_TRUE(query);
  run_for(Duration::milliseconds(100));
  EXPECT_TRUE(resolver->result(*query).ok());
  const auto status = server.stack.tcp().status(connection);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, tcp::State::close_wait) << "a FIN, no RST";
  resolver->release(*query);
}

TEST_F(DnsStream, without_a_free_connection_and_without_any_answer_the_server_has_failed) {
  std::vector<tcp::ConnectionHandle> all;
  while (const auto made = client.stack.tcp().connect({}, {server_address, 9}, {}, now)) all.push_back(*made);
  EXPECT_EQ(resolve(Duration::seconds(60)).error(), Error::server_failure) << "it did answer";
  for (const auto& one_of_them : all) client.stack.tcp().abort(one_of_them, now);
}

TEST_F(DnsStream, what_came_by_tcp_about_records_is_kept_and_said_to_have_come_so) {
  make_resolver({.record_queries = 1});
  listen();
  on_stream = [this](Bytes query) {
    say(reply_to(query).record({0xc0, 12}, type::txt, 60, Buffer(20, 7)).count(6));
  };
  const auto query = resolver->query(*Name::from_text("www.example"), type::txt, now);
  ASSERT_TRUE(query);
  run_for(Duration::milliseconds(100));
  EXPECT_TRUE(resolver->result(*query).ok());
  EXPECT_TRUE(resolver->by_stream(*query));
  EXPECT_FALSE(resolver->by_secure_stream(*query));
  const Header header(resolver->message(*query).data());
  EXPECT_FALSE(header.truncated());
  EXPECT_EQ(resolver->message(*query).size(), 12u + question_size + 12 + 20);
  resolver->release(*query);
}

TEST_F(DnsStream, where_nobody_listens_the_turn_ends_after_a_gap) {
  half = true;
  const auto query = resolver->resolve("www.example", now);
  ASSERT_TRUE(query);
  run_for(Duration::milliseconds(900));
  EXPECT_EQ(resolver->result(*query).error(), Error::pending) << "the true answer may still come by UDP";
  run_for(Duration::milliseconds(200));
  EXPECT_TRUE(resolver->result(*query).ok()) << "dns::Config::first_gap, not stream_wait";
  resolver->release(*query);
}

}  // namespace
}  // namespace linnet::dns::test
