// SPDX-License-Identifier: Apache-2.0
// DNS over TLS (RFC 7858, RFC 8310): the resolver, the stream and a server on two stacks, in virtual time.
#include "tls/dns_stream.hpp"

#include <functional>
#include <memory>

#include "services/dns/resolver.hpp"
#include "services/dns/test_stacks.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using dns::test::Buffer;
using dns::test::Node;
using dns::test::ServerMessage;
using test::TestIdentity;

constexpr IpAddress own_address = IpAddress::v4(192, 0, 2, 50);
constexpr IpAddress server_address = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress one = IpAddress::v4(198, 51, 100, 7);

class TlsDnsStream : public ::testing::Test {
 protected:
  TlsDnsStream() : client(1, own_address), server(2, server_address), port(test::seed_of(9)) {
    client.device.peer = &server.device;
    server.device.peer = &client.device;
    port.set_wall_clock(Duration::seconds(test::year_2026));
    run_for(Duration::seconds(5));
    listen(dns_port);
  }
  void listen(std::uint16_t number) {
    listener = server.stack.tcp().bind({server_address, number}, true).value();
    EXPECT_TRUE(server.stack.tcp().listen(listener, 4, {}));
  }
  void make(DnsServer proof, dns::Privacy privacy = dns::Privacy::strict) {
    resolver.reset();
    stream = std::make_unique<DnsStream>(client.stack, port, std::move(proof));
    const dns::Config config{.secure_servers = 1};
    memory.assign(dns::Resolver::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    resolver = std::make_unique<dns::Resolver>(client.stack, config, arena);
    EXPECT_TRUE(resolver->set_server(0, server_address));
    EXPECT_TRUE(resolver->set_secure_stream(0, stream.get()));
    resolver->set_privacy(privacy);
  }
  DnsServer named(std::string_view name = "dns.example") {
    return {.name = std::string(name), .trust = &identity().trust};
  }
  static TestIdentity& identity() {
    static TestIdentity made({"dns.example"});
    return made;
  }
  static TestIdentity& stranger() {
    static TestIdentity made({"dns.example"}, {}, test::year_2026 - test::day, test::year_2026 + test::day,
                             7);
    return made;
  }

  // --- the server

  static std::ptrdiff_t send(void* self, Bytes bytes) {
    auto& me = *static_cast<TlsDnsStream*>(self);
    const auto sent = me.server.stack.tcp().send(me.connection, bytes, {}, me.now);
    return sent ? static_cast<std::ptrdiff_t>(*sent) : Transport::would_block;
  }
  static std::ptrdiff_t receive(void* self, MutableBytes to) {
    auto& me = *static_cast<TlsDnsStream*>(self);
    const auto got = me.server.stack.tcp().receive(me.connection, to, false, me.now);
    if (got) return static_cast<std::ptrdiff_t>(*got);
    return got.error() == tcp::Error::would_block ? Transport::would_block : Transport::failed;
  }
  void serve() {
    if (const auto accepted = server.stack.tcp().accept(listener)) {
      connection = *accepted;
      ++connections;
      tls = std::make_unique<Connection>(port,
                                         Options{.role = Role::server, .identity = own, .tickets = &tickets},
                                         Transport{this, send, receive});
    }
    if (!tls) return;
    std::array<std::uint8_t, 600> bytes{};
    std::size_t count = 0;
    const Step step = tls->read(bytes, count);
    if (step == Step::closed) ++closed;
    if (step == Step::closed || step == Step::failed) return hang_up();
    if (count == 0) return;
    EXPECT_EQ(load16(bytes.data()), count - 2);
    EXPECT_EQ((count - 2) % dns::padding_block, 0u);
    ++questions;
    if (silent) return hang_up();
    ServerMessage reply(load16(bytes.data() + 2), "www.example");
    Buffer out = reply.a("www.example", one).finish();
    out.insert(out.begin(), {0, static_cast<std::uint8_t>(out.size())});
    EXPECT_EQ(tls->write(out, count), Step::done);
  }
  void hang_up() {
    if (tls) static_cast<void>(tls->close());
    tls.reset();
    server.stack.tcp().close(connection, now);
  }
  void run_for(Duration duration) {
    dns::test::run_both(client, server, now, duration, [this] {
      port.set_time(now);
      const Instant next = resolver ? resolver->poll(now) : Instant::never();
      if (listener) serve();
      return next;
    });
  }
  dns::Error resolve(Duration within = Duration::seconds(15)) {
    resolver->clear_cache();
    const auto query = resolver->resolve("www.example", now);
    if (!query) return query.error();
    run_for(within);
    const auto result = resolver->result(*query);
    resolver->release(*query);
    if (!result) return result.error();
    EXPECT_EQ(result->addresses()[0], one);
    return dns::Error::none;
  }
  std::string words() const { return std::string(resolver->secure_words(0)); }

  Node client;
  Node server;
  sockets::SingleThreadPort port;
  std::vector<std::uint8_t> memory;
  std::unique_ptr<DnsStream> stream;
  std::unique_ptr<dns::Resolver> resolver;
  tcp::ListenerHandle listener;
  tcp::ConnectionHandle connection;
  std::unique_ptr<Connection> tls;
  Tickets tickets{test::seed_of(3)};
  const Identity* own = &identity().identity;
  bool silent = false;
  std::size_t connections = 0;
  std::size_t questions = 0;
  std::size_t closed = 0;
  Instant now;
};

TEST_F(TlsDnsStream, RFC7858_3_1_names_are_asked_for_at_port_853_of_the_server_that_was_named) {
  make(named());
  ASSERT_EQ(resolve(Duration::seconds(1)), dns::Error::none) << words();
  EXPECT_EQ(connections, 1u);
  EXPECT_EQ(stream->port(), 853);
  ASSERT_EQ(resolve(Duration::seconds(1)), dns::Error::none);
  EXPECT_EQ(connections, 1u) << "RFC 7858 3.4: the same connection";
  run_for(Duration::seconds(11));
  EXPECT_EQ(closed, 1u) << "with a close_notify, once it is idle";
}

TEST_F(TlsDnsStream, RFC7858_3_4_next_connection_resumes_the_session) {
  make(named());
  ASSERT_EQ(resolve(Duration::seconds(20)), dns::Error::none) << words();
  ASSERT_EQ(resolve(Duration::seconds(1)), dns::Error::none) << words();
  EXPECT_EQ(connections, 2u);
  EXPECT_TRUE(stream->resumed());
}

TEST_F(TlsDnsStream, RFC8310_8_1_certificate_for_another_name_is_refused_and_told) {
  make(named("other.example"));
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::insecure);
  EXPECT_EQ(words(), "the certificate is for dns.example, not for other.example");
  EXPECT_EQ(questions, 0u) << "the name that was wanted was not told to it";
}

TEST_F(TlsDnsStream, RFC8310_8_1_certificate_of_an_unknown_authority_is_refused_and_told) {
  own = &stranger().identity;
  make(named());
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::insecure);
  EXPECT_NE(words().find("not among those that are trusted"), std::string::npos) << words();
  EXPECT_EQ(questions, 0u);
}

TEST_F(TlsDnsStream, RFC7858_4_2_key_that_was_pinned_is_enough) {
  own = &stranger().identity;
  const Fingerprint backup{1, 2, 3};
  make({.pins = {backup, pin_of(*stranger().identity.chain())}});
  EXPECT_EQ(resolve(Duration::seconds(20)), dns::Error::none) << words();
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::none) << words();
  EXPECT_TRUE(stream->resumed());
}

TEST_F(TlsDnsStream, RFC7858_4_2_another_key_than_was_pinned_is_refused_and_told) {
  make({.pins = {pin_of(*stranger().identity.chain())}});
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::insecure);
  EXPECT_EQ(words(), "its key is another: " + pin_words(pin_of(*identity().identity.chain())));
  EXPECT_EQ(questions, 0u);
}

TEST_F(TlsDnsStream, RFC8310_6_4_where_name_and_pin_are_given_both_have_to_be_right) {
  DnsServer proof = named();
  proof.pins = {pin_of(*stranger().identity.chain())};
  make(proof);
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::insecure);
  proof.pins = {pin_of(*identity().identity.chain())};
  make(proof);
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::none) << words();
  proof.name = "other.example";
  make(proof);
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::insecure);
}

TEST_F(TlsDnsStream, RFC7858_4_2_pins_are_written_as_base64_of_32_bytes) {
  const Fingerprint pin = pin_of(*identity().identity.chain());
  EXPECT_EQ(pin_words(pin).size(), 44u);
  EXPECT_EQ(pin_from_text(pin_words(pin)), pin);
  EXPECT_EQ(pin_words(Fingerprint{}), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  for (const char* wrong : {"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "!",
                            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_FALSE(pin_from_text(wrong)) << wrong;
  }
}

TEST_F(TlsDnsStream, RFC8310_5_strict_needs_something_to_be_proved) {
  make({});
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::insecure);
  EXPECT_EQ(connections, 0u);
}

TEST_F(TlsDnsStream, RFC8310_5_opportunistic_takes_whoever_answers) {
  own = &stranger().identity;
  make({.authenticated = false}, dns::Privacy::opportunistic);
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::none) << words();
}

TEST_F(TlsDnsStream, RFC7858_3_1_port_53_is_not_for_it) {
  DnsServer proof = named();
  proof.port = 53;
  make(proof);
  EXPECT_EQ(resolve(Duration::seconds(1)), dns::Error::insecure);
  EXPECT_EQ(words(), "port 53 is for what anybody may read");
}

TEST_F(TlsDnsStream, nobody_who_listens_is_told) {
  DnsServer proof = named();
  proof.port = 8853;
  make(proof);
  EXPECT_EQ(resolve(Duration::seconds(2)), dns::Error::insecure);
  EXPECT_EQ(words(), "nobody listens at port 8853");
}

TEST_F(TlsDnsStream, server_that_is_dead_is_told) {
  server.device.peer = nullptr;
  client.device.peer = nullptr;
  make(named());
  EXPECT_EQ(resolve(Duration::seconds(5)), dns::Error::insecure);
  EXPECT_EQ(words(), "it does not answer");
}

TEST_F(TlsDnsStream, server_that_hangs_up_at_each_question_fails) {
  silent = true;
  make(named());
  EXPECT_EQ(resolve(Duration::seconds(2)), dns::Error::server_failure);
  EXPECT_EQ(questions, 2u) << "RFC 7858 3.4: asked once more";
  EXPECT_EQ(words(), "it closed the connection");
}

TEST_F(TlsDnsStream, what_is_no_tls_is_told) {
  server.stack.tcp().close(listener, now);
  listener = {};
  const auto clear = server.stack.tcp().bind({server_address, dns_port}, true).value();
  ASSERT_TRUE(server.stack.tcp().listen(clear, 1, {}));
  make(named());
  const auto query = resolver->resolve("www.example", now);
  run_for(Duration::milliseconds(100));
  const auto accepted = server.stack.tcp().accept(clear);
  ASSERT_TRUE(accepted);
  const std::string_view text = "HTTP/1.0 400 Bad Request\r\n\r\n";
  EXPECT_TRUE(server.stack.tcp().send(*accepted, test::bytes_of(text), {}, now));
  run_for(Duration::milliseconds(100));
  EXPECT_EQ(resolver->result(*query).error(), dns::Error::insecure);
  EXPECT_EQ(words(), "what came is not TLS");
  resolver->release(*query);
}

}  // namespace
}  // namespace linnet::tls
