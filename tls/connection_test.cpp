// SPDX-License-Identifier: Apache-2.0
#include "tls/connection.hpp"

#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::carry;
using test::Pair;
using test::text_of;
using test::TlsConnection;

TEST_F(TlsConnection, handshake_and_data_both_ways) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake()) << pair.client->words() << " | " << pair.server->words();
  EXPECT_EQ(pair.client->version(), library::has_tls13 ? "TLSv1.3" : "TLSv1.2");
  EXPECT_EQ(pair.client->suite(),
            library::has_tls13 ? "TLS1-3-AES-128-GCM-SHA256" : "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256");
  EXPECT_TRUE(pair.client->peer_verified());
  EXPECT_FALSE(pair.client->resumed());
  const std::string text = text_of(100000);
  EXPECT_TRUE(carry(*pair.client, *pair.server, text) == text);
  EXPECT_TRUE(carry(*pair.server, *pair.client, text) == text);
}

TEST_F(TlsConnection, all_that_is_random_is_of_the_machines_entropy) {
  if (!library::asks_for_random) GTEST_SKIP() << "PSA has a generator of its own";
  // The same entropy, the same bytes on the wire, the keys of the exchange among them.
  const auto said = [&](Pair& pair) {
    EXPECT_EQ(pair.client->handshake(), Step::want_read);
    std::deque<std::uint8_t> bytes = pair.to_server.bytes;
    EXPECT_EQ(pair.server->handshake(), Step::want_read);
    bytes.insert(bytes.end(), pair.to_client.bytes.begin(), pair.to_client.bytes.end());
    return bytes;
  };
  Pair first(client_options(), server_options());
  const auto once = said(first);
  EXPECT_GT(once.size(), 300u);
  Pair second(client_options(), server_options());
  EXPECT_EQ(said(second), once);
  // What the entropy gives next makes others.
  first.to_server.bytes.clear();
  first.to_client.bytes.clear();
  Connection next(first.port, client_options(), first.client_end.transport());
  EXPECT_EQ(next.handshake(), Step::want_read);
  EXPECT_FALSE(std::equal(first.to_server.bytes.begin(), first.to_server.bytes.end(), once.begin()));
}

TEST_F(TlsConnection, either_end_may_keep_to_TLS_1_2) {
  for (const bool client_does : {true, false}) {
    Options client = client_options();
    Options server = server_options();
    (client_does ? client : server).version = Version::tls_1_2;
    Pair pair(client, server);
    ASSERT_TRUE(pair.shake()) << pair.client->words() << " | " << pair.server->words();
    EXPECT_EQ(pair.client->version(), "TLSv1.2");
    EXPECT_EQ(carry(*pair.client, *pair.server, "older"), "older");
  }
}

TEST_F(TlsConnection, RFC5246_7_2_1_close_notify_is_the_clean_end) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake());
  ASSERT_EQ(pair.server->close(), Step::done);
  std::array<std::uint8_t, 8> buffer{};
  std::size_t count = 0;
  EXPECT_EQ(pair.client->read(buffer, count), Step::closed);
  EXPECT_EQ(pair.client->read(buffer, count), Step::closed);
  EXPECT_EQ(pair.client->error(), Error::none);
  EXPECT_TRUE(carry(*pair.client, *pair.server, "after it") == "after it")
      << "the other direction is still open";
}

TEST_F(TlsConnection, C27_03_an_end_without_close_notify_is_an_error) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake());
  ASSERT_EQ(carry(*pair.server, *pair.client, "half of it"), "half of it");
  pair.to_client.ended = true;
  std::array<std::uint8_t, 8> buffer{};
  std::size_t count = 0;
  EXPECT_EQ(pair.client->read(buffer, count), Step::failed);
  EXPECT_EQ(pair.client->error(), Error::truncated);
  EXPECT_EQ(pair.client->read(buffer, count), Step::failed) << "and stays one";
}

TEST_F(TlsConnection, C27_03_an_end_inside_a_record_or_the_handshake_is_an_error) {
  Pair whole(client_options(), server_options());
  ASSERT_TRUE(whole.shake());
  std::size_t count = 0;
  ASSERT_EQ(whole.server->write(test::bytes_of("0123456789"), count), Step::done);
  whole.to_client.bytes.pop_back();
  whole.to_client.ended = true;
  std::array<std::uint8_t, 16> buffer{};
  EXPECT_EQ(whole.client->read(buffer, count), Step::failed);
  EXPECT_EQ(whole.client->error(), Error::truncated);

  Pair early(client_options(), server_options());
  ASSERT_EQ(early.client->handshake(), Step::want_read);
  early.to_client.ended = true;
  EXPECT_EQ(early.client->handshake(), Step::failed);
  EXPECT_EQ(early.client->error(), Error::truncated);
}

TEST_F(TlsConnection, C27_02_empty_records_are_no_end) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake());
  std::array<std::uint8_t, 8> buffer{};
  const auto empty_record = [&] {
    ASSERT_EQ(mbedtls_ssl_write(&pair.server->library(), buffer.data(), 0), 0);
  };
  empty_record();
  empty_record();
  std::size_t count = 0;
  ASSERT_EQ(pair.server->write(test::bytes_of("x"), count), Step::done);
  EXPECT_EQ(pair.client->read(buffer, count), Step::done) << pair.client->words();
  EXPECT_EQ(count, 1u);
}

TEST_F(TlsConnection, RFC7301_the_server_chooses_a_protocol) {
  const std::array<const char*, 2> offered{"h2", "http/1.1"};
  const std::array<const char*, 1> spoken{"http/1.1"};
  const std::array<const char*, 1> other{"mqtt"};
  Options client = client_options();
  client.protocols = offered;
  Options server = server_options();
  server.protocols = spoken;
  Pair pair(client, server);
  ASSERT_TRUE(pair.shake());
  EXPECT_EQ(pair.client->alpn(), "http/1.1");
  EXPECT_EQ(pair.server->alpn(), "http/1.1");
  server.protocols = other;
  Pair none(client, server);
  EXPECT_FALSE(none.shake());
  EXPECT_EQ(none.client->words(), "the other side refused: it speaks none of the application protocols");
}

TEST_F(TlsConnection, RFC6066_4_records_are_as_small_as_the_client_wants) {
  Options client = client_options();
  client.maximum_fragment = 512;
  client.version = Version::tls_1_2;  // TLS 1.3's way is RFC 8449, which mbedTLS is built without
  Pair pair(client, server_options());
  ASSERT_TRUE(pair.shake());
  std::size_t count = 0;
  ASSERT_EQ(pair.server->write(test::bytes_of(std::string(2000, 'x')), count), Step::done);
  EXPECT_EQ(count, 512u);
}

TEST_F(TlsConnection, RFC5246_a_changed_record_is_an_error) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake());
  std::size_t count = 0;
  ASSERT_EQ(pair.server->write(test::bytes_of("0123456789"), count), Step::done);
  pair.to_client.bytes.back() ^= 1;
  std::array<std::uint8_t, 16> buffer{};
  EXPECT_EQ(pair.client->read(buffer, count), Step::failed);
  EXPECT_EQ(pair.client->error(), Error::protocol);
  EXPECT_EQ(pair.client->words(), "a record was changed on its way");
}

TEST_F(TlsConnection, C27_01_the_library_is_the_one_that_was_asked_for) {
  // All parsing of TLS and X.509 is mbedTLS's: library.hpp demands a version without the known holes.
  EXPECT_EQ(mbedtls_version_get_number(), static_cast<unsigned>(MBEDTLS_VERSION_NUMBER));
  EXPECT_GE(mbedtls_version_get_number(), 0x021c0300u);
}

}  // namespace
}  // namespace linnet::tls
