// SPDX-License-Identifier: Apache-2.0
// Sessions that are saved and resumed.
#include "tls/connection.hpp"

#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::carry;
using test::Pair;
using test::TestIdentity;
using test::TlsConnection;
using test::year_2026;

class TlsSession : public TlsConnection {
 protected:
  TlsSession() { server.tickets = &tickets; }
  /// Of a first connection; empty: it failed.
  std::vector<std::uint8_t> saved_session() {
    std::vector<std::uint8_t> saved(4096);
    Pair first(client_options(), server);
    EXPECT_TRUE(first.shake());
    // TLS 1.3's tickets come after the handshake (RFC 8446 4.6.1), before what is read next.
    EXPECT_EQ(carry(*first.server, *first.client, "first"), "first");
    saved.resize(first.client->save_session(saved));
    EXPECT_GT(saved.size(), 0u);
    EXPECT_FALSE(first.server->resumed());
    return saved;
  }
  Tickets tickets{test::seed_of(3)};
  Options server = server_options();
};

TEST_F(TlsSession, RFC5077_a_saved_session_is_resumed) {
  const std::vector<std::uint8_t> saved = saved_session();
  Options again = client_options();
  again.session = saved;
  Pair second(again, server);
  ASSERT_TRUE(second.shake());
  EXPECT_TRUE(second.client->resumed());
  EXPECT_TRUE(second.server->resumed());
  EXPECT_TRUE(second.client->peer_verified());
  EXPECT_EQ(carry(*second.client, *second.server, "again"), "again");

  Tickets others(test::seed_of(4));
  server.tickets = &others;
  Pair elsewhere(again, server);
  ASSERT_TRUE(elsewhere.shake()) << "a ticket that nobody knows is a full handshake";
  EXPECT_FALSE(elsewhere.client->resumed());
}

TEST_F(TlsSession, C27_05_a_session_proves_nothing_about_another_host) {
  std::vector<std::uint8_t> saved = saved_session();
  Options other = client_options();
  other.host_name = "other2.example";
  other.session = saved;
  Pair second(other, server);
  EXPECT_FALSE(second.shake());
  EXPECT_EQ(second.client->error(), Error::certificate);

  Options careless{.verify = Verify::none, .host_name = "device.example"};
  Pair third(careless, server);
  ASSERT_TRUE(third.shake());
  saved.resize(4096);
  saved.resize(third.client->save_session(saved));
  const TestIdentity stranger({"device.example"}, {}, year_2026 - 1, year_2026 + 1, 7);
  Options careful{.host_name = "device.example", .trust = &stranger.trust, .session = saved};
  Pair fourth(careful, server);
  EXPECT_FALSE(fourth.shake()) << "what was not checked then is not trusted now";
}

TEST_F(TlsSession, C27_05_a_session_is_for_those_who_trust_the_same) {
  const std::vector<std::uint8_t> saved = saved_session();
  const TestIdentity stranger({"device.example"}, {}, year_2026 - 1, year_2026 + 1, 7);
  Options again = client_options();
  again.session = saved;
  again.trust = &stranger.trust;
  Pair refused(again, server);
  EXPECT_FALSE(refused.shake()) << "whom it trusts now has never vouched for that server";
  EXPECT_EQ(refused.client->error(), Error::certificate);

  Trust more;
  EXPECT_EQ(more.add(test::bytes_of(device.pem)), 1);
  again.trust = &more;
  Pair same(again, server);
  ASSERT_TRUE(same.shake()) << same.client->words();
  EXPECT_TRUE(same.client->resumed()) << "the same certificates, read again";
  EXPECT_EQ(more.add(test::bytes_of(stranger.pem)), 1);
  Pair other(again, server);
  ASSERT_TRUE(other.shake()) << other.client->words();
  EXPECT_FALSE(other.client->resumed());
}

TEST_F(TlsSession, C27_05_a_ticket_of_before_is_no_certificate) {
  // Two servers with the same tickets: one asks nobody for a certificate, the other demands one.
  const std::vector<std::uint8_t> saved = saved_session();
  const TestIdentity person({"person"}, {}, year_2026 - 1, year_2026 + 1, 6);
  server.client_certificate = ClientCertificate::required;
  server.trust = &person.trust;
  Options again = client_options();
  again.session = saved;
  Pair without(again, server);
  EXPECT_FALSE(without.shake());
  EXPECT_EQ(without.server->error(), Error::certificate);

  again.identity = &person.identity;
  Pair with(again, server);
  ASSERT_TRUE(with.shake()) << with.server->words();
  EXPECT_TRUE(with.server->peer_verified());
  EXPECT_FALSE(with.server->resumed());
  EXPECT_EQ(carry(*with.server, *with.client, "first"), "first");
  std::vector<std::uint8_t> proven(8192);
  proven.resize(with.client->save_session(proven));
  ASSERT_GT(proven.size(), 0u);
  again.session = proven;
  Pair known(again, server);
  ASSERT_TRUE(known.shake()) << known.client->words() << " | " << known.server->words();
  EXPECT_TRUE(known.server->peer_verified());
  // A session of TLS 1.3 keeps no certificate: whoever must show one does so each time.
  EXPECT_EQ(known.server->resumed(), !library::has_tls13);
}

TEST_F(TlsSession, sessions_cut_short_or_of_somebody_else_are_ignored) {
  const std::vector<std::uint8_t> saved = saved_session();
  for (std::size_t size = 0; size < saved.size(); size += 37) {
    Options again = client_options();
    again.session = Bytes(saved).first(size);
    Pair pair(again, server);
    ASSERT_TRUE(pair.shake()) << size;
  }
}

}  // namespace
}  // namespace linnet::tls
