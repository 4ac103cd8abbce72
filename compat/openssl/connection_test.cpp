// SPDX-License-Identifier: Apache-2.0
// Connections, called as programs call them, through pairs of BIOs.
#include "compat/openssl/test_connections.hpp"

namespace linnet::openssl {
namespace {

using namespace test;

using OpensslMapping = Connections;

int infos = 0;
int verified = 0;

TEST_F(OpensslMapping, handshake_data_and_end) {
  make();
  infos = 0;
  SSL_set_info_callback(client, [](const SSL*, int, int) { ++infos; });
  EXPECT_EQ(SSL_get_state(client), TLS_ST_BEFORE);
  EXPECT_STREQ(SSL_state_string(client), "PINIT ");
  EXPECT_EQ(SSL_connect(client), -1);
  EXPECT_EQ(SSL_get_error(client, -1), SSL_ERROR_WANT_READ);
  EXPECT_EQ(SSL_want(client), SSL_READING);
  EXPECT_EQ(SSL_want_read(client), 1);
  EXPECT_EQ(SSL_want_write(client) + SSL_want_nothing(client) + SSL_want_x509_lookup(client), 0);
  EXPECT_STREQ(SSL_rstate_string(client), "RB");
  EXPECT_STREQ(SSL_rstate_string_long(client), "read body");
  ASSERT_TRUE(shake()) << ERR_error_string(ERR_peek_error(), nullptr);
  EXPECT_GT(infos, 2);
  EXPECT_EQ(SSL_is_init_finished(client), 1);
  EXPECT_EQ(SSL_get_state(client), TLS_ST_OK);
  EXPECT_STREQ(SSL_state_string_long(client), "SSL negotiation finished successfully");
  EXPECT_EQ(SSL_version(client), TLS1_2_VERSION);
  EXPECT_STREQ(SSL_get_version(server), "TLSv1.2");
  EXPECT_STREQ(SSL_get_cipher(client), "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256");
  EXPECT_STREQ(SSL_get_cipher_name(client), SSL_CIPHER_get_name(SSL_get_current_cipher(server)));
  EXPECT_EQ(SSL_get_verify_result(client), X509_V_OK);
  X509* peer = SSL_get_peer_certificate(client);
  EXPECT_NE(peer, nullptr);
  X509_free(peer);
  EXPECT_EQ(SSL_get_peer_certificate(server), nullptr);
  EXPECT_NE(SSL_get_certificate(server), nullptr);

  std::string text(40000, 'x');
  int wrote = -1;
  std::string got;
  std::array<char, 4096> buffer{};
  for (int i = 0; i < 1000 && got.size() < text.size(); ++i) {
    if (wrote < 0) wrote = SSL_write(client, text.data(), static_cast<int>(text.size()));
    const int n = SSL_read(server, buffer.data(), buffer.size());
    if (n > 0) got.append(buffer.data(), static_cast<std::size_t>(n));
  }
  EXPECT_EQ(wrote, 40000);
  EXPECT_TRUE(got == text);

  EXPECT_EQ(SSL_write(server, "hello", 5), 5);
  EXPECT_EQ(SSL_peek(client, buffer.data(), 3), 3);
  EXPECT_GE(SSL_pending(client), 3);
  EXPECT_EQ(SSL_has_pending(client), 1);
  EXPECT_EQ(SSL_read(client, buffer.data(), 3), 3);
  EXPECT_EQ(SSL_read(client, buffer.data() + 3, 10), 2);
  EXPECT_EQ(std::string(buffer.data(), 5), "hello");
  EXPECT_EQ(SSL_renegotiate(client), 0);
  EXPECT_EQ(SSL_total_renegotiations(client), 0);
  int bits = 0;
  EXPECT_EQ(SSL_get_cipher_bits(client, &bits), 128);
  EXPECT_EQ(bits, 128);
  EXPECT_STREQ(SSL_get_cipher_version(client), "TLSv1.2");

  EXPECT_EQ(SSL_shutdown(client), 0);
  EXPECT_EQ(SSL_get_shutdown(client), SSL_SENT_SHUTDOWN);
  EXPECT_EQ(SSL_read(server, buffer.data(), 10), 0);
  EXPECT_EQ(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN);
  EXPECT_EQ(SSL_shutdown(server), 1);
  EXPECT_EQ(SSL_shutdown(client), 1);
  SSL_set_shutdown(client, 0);
  EXPECT_EQ(SSL_get_shutdown(client), 0);
}

TEST_F(OpensslMapping, an_end_without_close_notify_is_no_clean_end) {
  make();
  ASSERT_TRUE(shake());
  SSL_set_bio(server, nullptr, nullptr);  // frees its end of the pair
  std::array<char, 8> buffer{};
  const int n = SSL_read(client, buffer.data(), buffer.size());
  EXPECT_EQ(n, -1);
  EXPECT_EQ(SSL_get_error(client, n), SSL_ERROR_SYSCALL);
}

TEST_F(OpensslMapping, C27_02_a_wire_of_any_width_carries_all) {
  const std::string text(3000, 'x');
  for (const std::size_t width : {1u, 2u, 3u, 5u, 7u, 100u, 1460u, 16384u}) {
    make(width);
    int c = 0;
    int s = 0;
    for (int i = 0; i < 20000 && (c != 1 || s != 1); ++i) {
      if (c != 1) c = SSL_connect(client);
      if (s != 1) s = SSL_accept(server);
    }
    ASSERT_EQ(c + s, 2) << width;
    std::string got;
    int wrote = -1;
    std::array<char, 512> buffer{};
    for (int i = 0; i < 20000 && (got.size() < text.size() || wrote < 0); ++i) {
      if (wrote < 0) wrote = SSL_write(client, text.data(), static_cast<int>(text.size()));
      const int n = SSL_read(server, buffer.data(), buffer.size());
      if (n > 0) got.append(buffer.data(), static_cast<std::size_t>(n));
      ASSERT_NE(SSL_get_error(server, n), SSL_ERROR_ZERO_RETURN) << "nobody closes";
    }
    EXPECT_EQ(wrote, 3000) << width;
    EXPECT_TRUE(got == text) << width;
    drop();
  }
}

TEST_F(OpensslMapping, C27_03_a_peer_that_goes_away_at_any_call_is_no_clean_end) {
  // After each number of calls the server's end of the pair is gone, without a close_notify.
  for (int calls = 0; calls < 200; ++calls) {
    make(500);
    int c = 0;
    int s = 0;
    int wrote = -1;
    for (int i = 0; i < calls; ++i) {
      if (i % 2 == 0 && c != 1) c = SSL_connect(client);
      if (i % 2 == 1 && s != 1) s = SSL_accept(server);
      if (s == 1 && wrote < 0) wrote = SSL_write(server, "half of it", 10);
    }
    SSL_set_bio(server, nullptr, nullptr);
    std::array<char, 4> buffer{};
    int n = 1;
    for (int i = 0; i < 10 && n > 0; ++i) n = SSL_read(client, buffer.data(), buffer.size());
    ASSERT_EQ(n, -1) << calls;
    const int error = SSL_get_error(client, n);
    ASSERT_TRUE(error == SSL_ERROR_SYSCALL || error == SSL_ERROR_SSL) << calls << ": " << error;
    EXPECT_EQ(SSL_get_shutdown(client) & SSL_RECEIVED_SHUTDOWN, 0);
    const bool complete = wrote > 0;
    drop();
    if (complete) return;
  }
  FAIL() << "the handshake takes more calls than that";
}

TEST_F(OpensslMapping, certificates_are_checked) {
  make();
  SSL_set_tlsext_host_name(client, "other.example");
  EXPECT_FALSE(shake());
  EXPECT_EQ(SSL_get_verify_result(client), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_NE(ERR_peek_error(), 0u);
  drop();

  make();
  X509_VERIFY_PARAM* param = SSL_get0_param(client);
  EXPECT_EQ(X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS), 1);
  EXPECT_EQ(X509_VERIFY_PARAM_clear_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS), 1);
  EXPECT_EQ(X509_VERIFY_PARAM_set1_host(param, "third.example", 0), 1);
  EXPECT_FALSE(shake());
  EXPECT_STREQ(X509_verify_cert_error_string(SSL_get_verify_result(client)), "hostname mismatch");
}

TEST_F(OpensslMapping, the_programs_own_opinion_counts) {
  verified = 0;
  const SSL_verify_cb accept_all = [](int, X509_STORE_CTX* ctx) {
    ++verified;
    EXPECT_EQ(X509_STORE_CTX_get_error(ctx), X509_V_ERR_HOSTNAME_MISMATCH);
    EXPECT_EQ(X509_STORE_CTX_get_error_depth(ctx), 0);
    EXPECT_NE(X509_STORE_CTX_get_current_cert(ctx), nullptr);
    return 1;
  };
  SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, accept_all);
  EXPECT_EQ(SSL_CTX_get_verify_callback(client_ctx), accept_all);
  make();
  SSL_set_tlsext_host_name(client, "other.example");
  EXPECT_TRUE(shake());
  EXPECT_EQ(verified, 1);
  drop();
  make();
  SSL_set_verify(client, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 0; });
  EXPECT_NE(SSL_get_verify_callback(client), nullptr);
  EXPECT_EQ(SSL_get_verify_mode(client), SSL_VERIFY_PEER);
  EXPECT_FALSE(shake());
  drop();
  make();
  SSL_set_verify(client, SSL_VERIFY_NONE, accept_all);
  SSL_set_tlsext_host_name(client, "other.example");
  EXPECT_TRUE(shake()) << "nobody asked";
}

TEST_F(OpensslMapping, client_certificates) {
  X509* x509 = certificate();
  EVP_PKEY* k = key();
  SSL_CTX_set_verify(server_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  EXPECT_EQ(SSL_CTX_add_client_CA(server_ctx, x509), 1);
  make();
  EXPECT_FALSE(shake());
  drop();
  make();
  EXPECT_EQ(SSL_add_client_CA(server, x509), 1);
  EXPECT_EQ(SSL_use_certificate(client, x509), 1);
  EXPECT_EQ(SSL_use_PrivateKey(client, k), 1);
  EXPECT_TRUE(shake());
  X509* peer = SSL_get_peer_certificate(server);
  EXPECT_NE(peer, nullptr);
  X509_free(peer);
  X509_free(x509);
  EVP_PKEY_free(k);
}

TEST_F(OpensslMapping, a_write_that_waits_is_repeated_with_all_its_bytes) {
  make(1000);
  ASSERT_TRUE(shake());
  std::string text(40000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>((i * 2654435761u) >> 24);
  const int size = static_cast<int>(text.size());
  std::string got;
  std::array<char, 3000> piece{};
  int refused = 0;
  int wrote = -1;
  for (int i = 0; i < 1000 && got.size() < text.size(); ++i) {
    if (wrote < 0) wrote = SSL_write(client, text.data(), size);
    if (wrote < 0) {
      ASSERT_EQ(SSL_get_error(client, wrote), SSL_ERROR_WANT_WRITE);
      ASSERT_EQ(SSL_write(client, text.data(), 100), -1) << "fewer than are on their way";
      ASSERT_EQ(SSL_get_error(client, -1), SSL_ERROR_SSL);
      ERR_clear_error();
      ++refused;
    }
    if (const int n = SSL_read(server, piece.data(), piece.size()); n > 0)
      got.append(piece.data(), static_cast<std::size_t>(n));
  }
  EXPECT_GT(refused, 10);
  EXPECT_EQ(wrote, size);
  EXPECT_EQ(got, text);
}

TEST_F(OpensslMapping, alpn_ciphers_versions_and_partial_writes) {
  const unsigned char offered[] = "\x02h2\x08http/1.1";
  const unsigned char spoken[] = "\x08http/1.1";
  EXPECT_EQ(SSL_CTX_set_alpn_protos(client_ctx, offered, sizeof offered - 1), 0);
  EXPECT_EQ(SSL_CTX_set_alpn_protos(server_ctx, spoken, sizeof spoken - 1), 0);
  EXPECT_NE(SSL_CTX_set_alpn_protos(server_ctx, spoken, 3), 0) << "cut short";
  EXPECT_EQ(SSL_CTX_set_cipher_list(client_ctx, "nothing"), 0);
  EXPECT_EQ(SSL_CTX_set_cipher_list(client_ctx, "ECDHE-ECDSA-AES256-GCM-SHA384:AES128-SHA"), 1);
  EXPECT_EQ(SSL_CTX_set_mode(client_ctx, SSL_MODE_ENABLE_PARTIAL_WRITE), SSL_MODE_ENABLE_PARTIAL_WRITE);
  EXPECT_EQ(SSL_CTX_get_mode(client_ctx), SSL_MODE_ENABLE_PARTIAL_WRITE);
  make();
  EXPECT_EQ(SSL_set_alpn_protos(client, offered, sizeof offered - 1), 0);
  EXPECT_EQ(SSL_set_cipher_list(server, "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384"), 1);
  EXPECT_EQ(SSL_set_mode(server, SSL_MODE_AUTO_RETRY), SSL_MODE_AUTO_RETRY);
  ASSERT_TRUE(shake()) << ERR_error_string(ERR_peek_error(), nullptr);
  const unsigned char* name = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(client, &name, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(name), length), "http/1.1");
  EXPECT_STREQ(SSL_get_cipher(client), "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384");
  const std::string text(20000, 'x');
  EXPECT_EQ(SSL_write(client, text.data(), 20000), 16384) << "a record";
}

TEST_F(OpensslMapping, a_quiet_end_says_nothing) {
  SSL_CTX_set_quiet_shutdown(client_ctx, 1);
  EXPECT_EQ(SSL_CTX_get_quiet_shutdown(client_ctx), 1);
  make();
  EXPECT_EQ(SSL_get_quiet_shutdown(client), 1);
  SSL_set_quiet_shutdown(server, 0);
  EXPECT_EQ(SSL_get_quiet_shutdown(server), 0);
  ASSERT_TRUE(shake());
  EXPECT_EQ(SSL_shutdown(client), 1);
  EXPECT_EQ(SSL_get_shutdown(client), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  char byte = 0;
  EXPECT_EQ(SSL_read(server, &byte, 1), -1);
  EXPECT_EQ(SSL_get_error(server, -1), SSL_ERROR_WANT_READ);
}

TEST_F(OpensslMapping, a_connection_lives_as_long_as_somebody_holds_it) {
  make();
  EXPECT_EQ(SSL_up_ref(client), 1);
  SSL_free(client);
  EXPECT_TRUE(shake());
}

TEST_F(OpensslMapping, a_store_of_the_programs_own) {
  X509_STORE* store = X509_STORE_new();
  SSL_CTX_set_cert_store(client_ctx, store);
  EXPECT_EQ(SSL_CTX_get_cert_store(client_ctx), store);
  make();
  EXPECT_FALSE(shake()) << "nobody is trusted any more";
  drop();
  X509* x509 = certificate();
  EXPECT_EQ(X509_STORE_add_cert(store, x509), 1);
  X509_free(x509);
  make();
  EXPECT_TRUE(shake());
}

}  // namespace
}  // namespace linnet::openssl
