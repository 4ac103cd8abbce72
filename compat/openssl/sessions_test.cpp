// SPDX-License-Identifier: Apache-2.0
// Sessions: that they are resumed, and that they prove no more than they did.
#include "compat/openssl/test_connections.hpp"
#include "sockets/test_host.hpp"
#include "tls/attach.hpp"

namespace linnet::openssl {
namespace {

using namespace test;

class OpensslSessions : public Connections {
 protected:
  OpensslSessions() {
    machine.port.set_wall_clock(Duration::seconds(now));
    tls::attach(machine.host);
  }
  ~OpensslSessions() override {
    drop();
    SSL_SESSION_free(saved);
    tls::detach();
  }
  /// Of the connection that there is, which ends here.
  void save() {
    ASSERT_TRUE(shake()) << ERR_error_string(ERR_peek_error(), nullptr);
    SSL_SESSION_free(saved);
    saved = SSL_get1_session(client);
    ASSERT_NE(saved, nullptr);
    drop();
  }
  void make_again() {
    make();
    EXPECT_EQ(SSL_set_session(client, saved), 1);
  }
  /// 1: both ends say that they resumed, 0: neither, -1: there is no connection, or they do not agree.
  int resumed() {
    if (!shake()) return -1;
    const int here = SSL_session_reused(client);
    return here == SSL_session_reused(server) ? here : -1;
  }
  /// A store with somebody else's certificate only.
  static X509_STORE* store_of_a_stranger() {
    const std::int64_t now = std::time(nullptr);
    const tls::SelfSigned other = tls::make_self_signed(
        {.common_name = "stranger", .not_before = now - 86400, .not_after = now + 86400}, Random::Seed{7});
    BIO* bio = bio_of(other.certificate);
    X509* x509 = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    X509_STORE* store = X509_STORE_new();
    EXPECT_EQ(X509_STORE_add_cert(store, x509), 1);
    X509_free(x509);
    BIO_free(bio);
    return store;
  }
  void trust_a_stranger() { SSL_CTX_set_cert_store(client_ctx, store_of_a_stranger()); }
  /// The client shows the certificate that the server's context believes.
  void show_certificate() {
    X509* x509 = certificate();
    EVP_PKEY* k = key();
    EXPECT_EQ(SSL_use_certificate(client, x509), 1);
    EXPECT_EQ(SSL_use_PrivateKey(client, k), 1);
    X509_free(x509);
    EVP_PKEY_free(k);
  }
  void believe_clients() {
    X509* x509 = certificate();
    EXPECT_EQ(SSL_CTX_add_client_CA(server_ctx, x509), 1);
    X509_free(x509);
  }

  const std::int64_t now = std::time(nullptr);  // the certificate is good a day before and after it
  sockets::test::HostFixture machine;
  SSL_SESSION* saved = nullptr;
};

constexpr int demand = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

TEST_F(OpensslSessions, RFC5077_one_that_was_saved_is_resumed) {
  make();
  EXPECT_EQ(SSL_get1_session(client), nullptr) << "before the handshake";
  EXPECT_EQ(SSL_session_reused(client), 0);
  EXPECT_EQ(SSL_set_session(client, nullptr), 0);
  save();
  for (int times = 0; times < 3; ++times) {  // each gives the next
    make_again();
    EXPECT_EQ(SSL_session_reused(client), 0) << "not yet";
    ASSERT_EQ(resumed(), 1);
    EXPECT_EQ(SSL_get_verify_result(client), X509_V_OK);
    std::array<char, 8> buffer{};
    EXPECT_EQ(SSL_write(client, "again", 5), 5);
    EXPECT_EQ(SSL_read(server, buffer.data(), 8), 5);
    save();
  }
  make();
  EXPECT_EQ(resumed(), 0) << "nobody has set one";
  SSL_SESSION_free(SSL_SESSION_new());
  EXPECT_EQ(SSL_set_session(client, saved), 0) << "too late";
  EXPECT_EQ(SSL_clear(client), 1);
  EXPECT_EQ(SSL_get_state(client), TLS_ST_BEFORE);
  EXPECT_EQ(SSL_session_reused(client), 0);
}

TEST_F(OpensslSessions, without_tickets_there_is_none) {
  SSL_CTX_set_options(server_ctx, SSL_OP_NO_TICKET);
  make();
  save();
  make_again();
  EXPECT_EQ(resumed(), 0);
  drop();
  SSL_CTX_clear_options(server_ctx, SSL_OP_NO_TICKET);
  make();
  SSL_set_options(client, SSL_OP_NO_TICKET);
  save();
  make_again();
  EXPECT_EQ(resumed(), 0);
}

TEST_F(OpensslSessions, C27_05_what_was_not_proven_then_is_not_taken_for_proven) {
  trust_a_stranger();
  make();
  SSL_set_verify(client, SSL_VERIFY_NONE, nullptr);
  save();
  make_again();
  EXPECT_FALSE(shake()) << "SSL_VERIFY_PEER";
  EXPECT_EQ(SSL_get_verify_result(client), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
  drop();
  make_again();
  SSL_set_verify(client, SSL_VERIFY_NONE, nullptr);
  ASSERT_EQ(resumed(), 1);
  EXPECT_EQ(SSL_get_verify_result(client), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
      << "the session's, as SSL_SESSION of OpenSSL has it";
  save();
  make_again();
  EXPECT_FALSE(shake()) << "resumed again it is no better";
}

TEST_F(OpensslSessions, C27_05_one_of_another_host_is_no_proof) {
  make();
  save();
  make_again();
  SSL_set_tlsext_host_name(client, "other.example");
  EXPECT_FALSE(shake());
  EXPECT_EQ(SSL_get_verify_result(client), X509_V_ERR_HOSTNAME_MISMATCH);
  drop();
  make_again();
  EXPECT_EQ(X509_VERIFY_PARAM_set1_host(SSL_get0_param(client), "third.example", 0), 1);
  EXPECT_FALSE(shake());
  EXPECT_EQ(SSL_get_verify_result(client), X509_V_ERR_HOSTNAME_MISMATCH);
  drop();
  make_again();
  EXPECT_EQ(X509_VERIFY_PARAM_set1_host(SSL_get0_param(client), "device.example", 0), 1);
  EXPECT_EQ(resumed(), 1);
  drop();
  // A session without any name, of whoever answered, and a connection that wants one.
  make();
  SSL_set_tlsext_host_name(client, nullptr);
  save();
  make_again();
  EXPECT_EQ(resumed(), 0);
}

TEST_F(OpensslSessions, C27_05_what_the_program_let_pass_is_asked_again) {
  static int asked;
  asked = 0;
  const SSL_verify_cb accept_all = [](int, X509_STORE_CTX*) { return ++asked, 1; };
  trust_a_stranger();
  make();
  SSL_set_verify(client, SSL_VERIFY_PEER, accept_all);
  save();
  EXPECT_EQ(asked, 1);
  make_again();
  SSL_set_verify(client, SSL_VERIFY_PEER, accept_all);
  EXPECT_EQ(resumed(), 0);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(SSL_get_verify_result(client), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
  drop();
  make_again();
  EXPECT_FALSE(shake());
}

TEST_F(OpensslSessions, C27_05_a_ticket_is_no_certificate_of_the_client) {
  believe_clients();
  make();
  save();
  make_again();
  SSL_set_verify(server, demand, nullptr);
  EXPECT_FALSE(shake()) << "the ticket is from where nobody was asked";
  drop();
  make();
  SSL_set_verify(server, demand, nullptr);
  show_certificate();
  save();
  make_again();
  SSL_set_verify(server, demand, nullptr);
  ASSERT_EQ(resumed(), 1);
  EXPECT_EQ(SSL_get_verify_result(server), X509_V_OK);
  X509* peer = SSL_get_peer_certificate(server);
  EXPECT_NE(peer, nullptr) << "it is in the ticket";
  X509_free(peer);
}

TEST_F(OpensslSessions, C27_05_a_client_that_the_program_let_pass_gets_no_ticket) {
  SSL_CTX_set_cert_store(server_ctx, store_of_a_stranger());
  make();
  SSL_set_verify(server, demand, [](int, X509_STORE_CTX*) { return 1; });
  show_certificate();
  ASSERT_TRUE(shake());
  EXPECT_EQ(SSL_get_verify_result(server), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
  saved = SSL_get1_session(client);
  drop();
  make_again();
  SSL_set_verify(server, SSL_VERIFY_PEER, nullptr);
  EXPECT_EQ(resumed(), 0);
}

TEST_F(OpensslSessions, a_client_offers_none_that_is_older_than_its_timeout) {
  SSL_CTX_set_timeout(server_ctx, 100000);
  SSL_CTX_set_timeout(client_ctx, 50);
  make();
  save();
  machine.port.set_wall_clock(Duration::seconds(now + 50));
  make_again();
  EXPECT_EQ(resumed(), 1);
  drop();
  machine.port.set_wall_clock(Duration::seconds(now + 51));
  make_again();
  EXPECT_EQ(resumed(), 0);
  drop();
  machine.port.set_wall_clock(Duration::seconds(now - 1));
  make_again();
  EXPECT_EQ(resumed(), 0) << "from the time to come";
  drop();
  machine.port.set_wall_clock(Duration::seconds(now));
  make();
  SSL_set_timeout(client, 10);
  SSL_set_time(client, static_cast<long>(now - 11));
  save();
  make_again();
  EXPECT_EQ(resumed(), 0) << "by SSL_set_time";
  drop();
  // Resuming makes a session no younger.
  make();
  save();
  machine.port.set_wall_clock(Duration::seconds(now + 40));
  make_again();
  save();
  machine.port.set_wall_clock(Duration::seconds(now + 60));
  make_again();
  EXPECT_EQ(resumed(), 0);
}

TEST_F(OpensslSessions, a_servers_tickets_last_as_long_as_its_timeout) {
  SSL_CTX_set_timeout(client_ctx, 100000);
  SSL_CTX_set_timeout(server_ctx, 100);
  make();
  save();
  machine.port.set_wall_clock(Duration::seconds(now + 100));
  make_again();
  EXPECT_EQ(resumed(), 1);
  drop();
  make_again();
  SSL_set_timeout(server, 99);
  EXPECT_EQ(resumed(), 0) << "by SSL_set_timeout";
  drop();
  machine.port.set_wall_clock(Duration::seconds(now + 101));
  make_again();
  EXPECT_EQ(resumed(), 0);
  drop();
  machine.port.set_wall_clock(Duration::seconds(now));
  make_again();
  EXPECT_EQ(SSL_CTX_set_timeout(server_ctx, 0), 100);
  EXPECT_EQ(resumed(), 0) << "0: none at all";
}

}  // namespace
}  // namespace linnet::openssl
