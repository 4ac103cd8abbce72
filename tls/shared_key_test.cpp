// SPDX-License-Identifier: Apache-2.0
// Connections by a key that both ends know (RFC 4279), without certificates.
#include "tls/connection.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::bytes_of;
using test::carry;
using test::Pair;
using test::TlsConnection;

class TlsSharedKey : public TlsConnection {
 protected:
  static constexpr std::string_view secret = "0123456789abcdef";
  SharedKey known{.identity = "a device", .key = bytes_of(secret)};
};

TEST_F(TlsSharedKey, RFC4279_both_ends_know_it_and_nobody_shows_a_certificate) {
  for (const int* suite = shared_key_suites; *suite != 0; ++suite) {
    const std::array<int, 2> only{*suite, 0};
    Pair pair({.shared_key = &known, .suites = only.data()}, {.shared_key = &known});
    ASSERT_TRUE(pair.shake()) << pair.client->words() << " | " << pair.server->words();
    EXPECT_EQ(pair.client->suite(), mbedtls_ssl_get_ciphersuite_name(*suite));
    EXPECT_EQ(pair.client->version(), "TLSv1.2");
    EXPECT_EQ(pair.client->peer_certificate(), nullptr);
    EXPECT_FALSE(pair.client->peer_verified()) << "no certificate was";
    EXPECT_FALSE(pair.client->resumed());
    EXPECT_EQ(carry(*pair.client, *pair.server, "there"), "there");
    EXPECT_EQ(carry(*pair.server, *pair.client, "back"), "back");
  }
}

TEST_F(TlsSharedKey, RFC4279_another_key_or_another_name_is_refused) {
  const SharedKey other_key{.identity = "a device", .key = bytes_of("0123456789abcdeF")};
  Pair wrong({.shared_key = &other_key}, {.shared_key = &known});
  EXPECT_FALSE(wrong.shake());
  EXPECT_NE(wrong.client->error(), Error::none);
  EXPECT_NE(wrong.server->error(), Error::none);
  const SharedKey other_name{.identity = "another", .key = bytes_of(secret)};
  Pair unknown({.shared_key = &other_name}, {.shared_key = &known});
  EXPECT_FALSE(unknown.shake());
  EXPECT_EQ(unknown.server->words(), "the client named a key that is not known here");
  EXPECT_EQ(unknown.client->words(), "the other side refused: it knows no such key");
}

TEST_F(TlsSharedKey, certificates_are_no_way_around_the_key) {
  // A server with a good certificate, and a client that trusts it but was told to expect the key.
  Options client = client_options();
  client.shared_key = &known;
  Pair without(client, server_options());
  EXPECT_FALSE(without.shake());
  Options server = server_options();
  server.shared_key = &known;
  Pair keyless(client_options(), server);
  EXPECT_FALSE(keyless.shake());
}

TEST_F(TlsSharedKey, a_session_of_it_proves_nothing_about_a_certificate) {
  Tickets tickets{test::seed_of(3)};
  Options server{.tickets = &tickets, .shared_key = &known};
  Pair first({.host_name = "device.example", .shared_key = &known}, server);
  ASSERT_TRUE(first.shake()) << first.client->words();
  std::vector<std::uint8_t> saved(4096);
  saved.resize(first.client->save_session(saved));
  ASSERT_GT(saved.size(), 0u);
  Options client = client_options();
  client.session = saved;
  client.version = Version::tls_1_2;
  Options certified = server_options();
  certified.tickets = &tickets;
  Pair second(client, certified);
  ASSERT_TRUE(second.shake()) << second.client->words();
  EXPECT_FALSE(second.client->resumed()) << "the certificate was shown and checked";
  EXPECT_TRUE(second.client->peer_verified());
}

TEST_F(TlsSharedKey, keys_that_are_none_are_told) {
  const std::string long_name(256, 'n');
  const std::string long_key(33, 'k');
  for (const SharedKey& bad :
       {SharedKey{}, SharedKey{"name", {}}, SharedKey{{}, bytes_of(secret)},
        SharedKey{long_name, bytes_of(secret)}, SharedKey{"name", bytes_of(long_key)}}) {
    Pair pair({.shared_key = &bad}, {.shared_key = &bad});
    EXPECT_EQ(pair.client->handshake(), Step::failed);
    EXPECT_EQ(pair.client->error(), Error::setup);
    EXPECT_EQ(pair.server->error(), Error::setup);
  }
}

}  // namespace
}  // namespace linnet::tls
