// SPDX-License-Identifier: Apache-2.0
// What ESP-IDF's header declares and never defined: names, chains, lists, the client's choice of a
// certificate, SSL_CTX_ctrl; and what is declared for programs to compile, and says that it cannot be done.
#include <algorithm>

#include "compat/openssl/test_connections.hpp"

namespace linnet::openssl {
namespace {

using namespace test;

class OpensslLists : public Connections {
 protected:
  OpensslLists() { ERR_clear_error(); }
  /// The queue's only entry says that mbedTLS has nothing for it.
  static void expect_unsupported() {
    EXPECT_EQ(ERR_GET_LIB(ERR_peek_error()), ERR_LIB_SSL);
    EXPECT_EQ(ERR_GET_REASON(ERR_peek_error()), SSL_R_UNSUPPORTED_HERE);
    EXPECT_STREQ(ERR_reason_error_string(ERR_get_error()), "not supported by mbedTLS");
    EXPECT_EQ(ERR_get_error(), 0u);
  }
};

TEST_F(OpensslLists, names_of_certificates) {
  X509* x509 = certificate();
  X509_NAME* subject = X509_get_subject_name(x509);
  ASSERT_NE(subject, nullptr);
  EXPECT_EQ(X509_get_subject_name(x509), subject);
  EXPECT_EQ(X509_NAME_cmp(subject, X509_get_issuer_name(x509)), 0) << "self-signed";
  std::array<char, 64> line{};
  EXPECT_EQ(X509_NAME_oneline(subject, line.data(), line.size()), line.data());
  EXPECT_STREQ(line.data(), "/CN=device");
  X509_NAME_oneline(subject, line.data(), 5);
  EXPECT_STREQ(line.data(), "/CN=");
  EXPECT_EQ(X509_NAME_oneline(subject, line.data(), 0), nullptr);
  X509_NAME* copy = X509_NAME_dup(subject);
  X509_free(x509);
  EXPECT_EQ(X509_NAME_dup(nullptr), nullptr);
  char* text = X509_NAME_oneline(copy, nullptr, 0);
  EXPECT_STREQ(text, "/CN=device");
  OPENSSL_free(text);
  X509_NAME_free(copy);
  x509 = X509_new();
  EXPECT_EQ(X509_get_subject_name(x509), nullptr) << "there is nothing in it";
  X509_free(x509);
}

TEST_F(OpensslLists, authorities_that_a_server_names) {
  const File pem(device().certificate + device().certificate);
  EXPECT_EQ(SSL_load_client_CA_file("/nonexistent"), nullptr);
  STACK* names = SSL_load_client_CA_file(pem.name.c_str());
  ASSERT_NE(names, nullptr);
  EXPECT_EQ(sk_X509_NAME_num(names), 2);
  EXPECT_EQ(SSL_CTX_get_client_CA_list(server_ctx), nullptr);
  SSL_CTX_set_client_CA_list(server_ctx, names);
  STACK_OF(X509_NAME)* kept = SSL_CTX_get_client_CA_list(server_ctx);
  ASSERT_EQ(sk_X509_NAME_num(kept), 2);
  std::array<char, 64> line{};
  EXPECT_STREQ(X509_NAME_oneline(sk_X509_NAME_value(kept, 1), line.data(), line.size()), "/CN=device");
  make();
  EXPECT_EQ(sk_X509_NAME_num(SSL_get_client_CA_list(server)), 2);
  EXPECT_EQ(SSL_get_client_CA_list(client), nullptr);
  EXPECT_TRUE(shake());
  drop();
  // An empty list: the server asks for a certificate and names nobody (RFC 5246 7.4.4).
  X509* x509 = certificate();
  EVP_PKEY* k = key();
  SSL_CTX_set_verify(server_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  EXPECT_EQ(SSL_CTX_add_client_CA(server_ctx, x509), 1);
  make();
  STACK_OF(X509_NAME)* empty = sk_X509_NAME_new_null();
  X509_NAME* name = X509_NAME_dup(X509_get_subject_name(x509));
  EXPECT_EQ(sk_X509_NAME_push(empty, name), 1);
  EXPECT_EQ(sk_X509_NAME_num(empty), 1);
  sk_X509_NAME_free(empty);  // what was in it stays
  X509_NAME_free(name);
  EXPECT_EQ(OpenSSL_add_ssl_algorithms(), 1);
  SSL_set_client_CA_list(server, sk_X509_NAME_new_null());
  EXPECT_EQ(sk_X509_NAME_num(SSL_get_client_CA_list(server)), 0);
  EXPECT_EQ(SSL_use_certificate(client, x509) + SSL_use_PrivateKey(client, k), 2);
  EXPECT_TRUE(shake());
  X509_free(x509);
  EVP_PKEY_free(k);
}

TEST_F(OpensslLists, the_peers_chain) {
  X509* x509 = certificate();
  EVP_PKEY* k = key();
  EXPECT_EQ(SSL_CTX_add_extra_chain_cert(server_ctx, certificate()), 1);
  SSL_CTX_set_verify(server_ctx, SSL_VERIFY_PEER, nullptr);
  EXPECT_EQ(SSL_CTX_add_client_CA(server_ctx, x509), 1);
  make();
  EXPECT_EQ(SSL_get_peer_cert_chain(client), nullptr) << "before the handshake";
  EXPECT_EQ(SSL_use_certificate(client, x509) + SSL_use_PrivateKey(client, k), 2);
  ASSERT_TRUE(shake());
  STACK_OF(X509)* chain = SSL_get_peer_cert_chain(client);
  ASSERT_EQ(sk_X509_num(chain), 2);
  EXPECT_EQ(X509_NAME_cmp(X509_get_subject_name(sk_X509_value(chain, 1)), X509_get_subject_name(x509)), 0);
  EXPECT_EQ(SSL_get_peer_cert_chain(client), chain) << "made once";
  EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(server)), 0) << "without the client's own certificate";
  X509_free(x509);
  EVP_PKEY_free(k);
}

TEST_F(OpensslLists, ciphers) {
  EXPECT_EQ(
      SSL_CTX_set_cipher_list(server_ctx, "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"), 1);
  STACK_OF(SSL_CIPHER)* spoken = SSL_CTX_get_ciphers(server_ctx);
  ASSERT_EQ(OPENSSL_sk_num(spoken), 2);
  EXPECT_STREQ(SSL_CIPHER_get_name(static_cast<const SSL_CIPHER*>(OPENSSL_sk_value(spoken, 0))),
               "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384");
  EXPECT_GE(OPENSSL_sk_num(SSL_CTX_get_ciphers(client_ctx)), 8);
  make();
  std::array<char, 64> text{};
  EXPECT_EQ(SSL_get_shared_ciphers(server, text.data(), text.size()), nullptr) << "not yet";
  ASSERT_TRUE(shake());
  EXPECT_EQ(SSL_get_shared_ciphers(server, text.data(), text.size()), text.data());
  EXPECT_STREQ(text.data(), SSL_get_cipher(server));
  EXPECT_EQ(SSL_get_shared_ciphers(server, text.data(), 3), nullptr);
  EXPECT_EQ(SSL_get_shared_ciphers(client, text.data(), text.size()), nullptr);
  EXPECT_EQ(SSL_CTX_set_ecdh_auto(server_ctx, 1), 1);
}

int asked = 0;
int answer = 1;

int choose_certificate(SSL* ssl, X509** x509, EVP_PKEY** k) {
  ++asked;
  EXPECT_NE(ssl, nullptr);
  if (answer <= 0) return answer;
  *x509 = certificate();
  *k = key();
  return answer;
}

TEST_F(OpensslLists, the_client_chooses_its_certificate_when_the_server_asks) {
  SSL_CTX_set_client_cert_cb(client_ctx, choose_certificate);
  asked = 0;
  answer = 1;
  make();
  EXPECT_TRUE(shake());
  EXPECT_EQ(asked, MBEDTLS_VERSION_MAJOR < 3 ? 0 : 1) << "nobody asked, which 3.6 does not tell";
  asked = 0;
  drop();

  X509* x509 = certificate();
  EXPECT_EQ(SSL_CTX_add_client_CA(server_ctx, x509), 1);
  X509_free(x509);
  SSL_CTX_set_verify(server_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  make();
  EXPECT_TRUE(shake());
  EXPECT_EQ(asked, 1);
  X509* peer = SSL_get_peer_certificate(server);
  EXPECT_NE(peer, nullptr);
  X509_free(peer);
  drop();

  answer = 0;
  make();
  EXPECT_FALSE(shake()) << "the server insists";
  EXPECT_EQ(asked, 2);
}

TEST_F(OpensslLists, the_client_may_take_its_time_to_choose) {
  SSL_CTX_set_client_cert_cb(client_ctx, choose_certificate);
  X509* x509 = certificate();
  EXPECT_EQ(SSL_CTX_add_client_CA(server_ctx, x509), 1);
  X509_free(x509);
  SSL_CTX_set_verify(server_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  asked = 0;
  answer = -1;
  make();
  EXPECT_FALSE(shake());
  EXPECT_EQ(SSL_get_error(client, -1), SSL_ERROR_WANT_X509_LOOKUP);
  EXPECT_EQ(SSL_want(client), SSL_X509_LOOKUP);
  EXPECT_EQ(SSL_want_x509_lookup(client), 1);
  EXPECT_EQ(asked, 1);
  answer = 1;
  EXPECT_TRUE(shake());
  EXPECT_EQ(asked, 2);
}

TEST_F(OpensslLists, a_verify_callback_finds_its_connection) {
  static SSL* found = nullptr;
  SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, [](int good, X509_STORE_CTX* ctx) {
    found = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx()));
    EXPECT_EQ(X509_STORE_CTX_get_ex_data(ctx, 77), nullptr);
    return good;
  });
  make();
  EXPECT_TRUE(shake());
  EXPECT_EQ(found, client);
}

TEST_F(OpensslLists, SSL_CTX_ctrl_by_number) {
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_OPTIONS, 6, nullptr), 6);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_CLEAR_OPTIONS, 2, nullptr), 4);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_MODE, 5, nullptr), 5);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_CLEAR_MODE, 1, nullptr), 4);
  EXPECT_EQ(SSL_CTX_get_mode(client_ctx), 4);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_SET_READ_AHEAD, 1, nullptr), 0);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_GET_READ_AHEAD, 0, nullptr), 1);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_1_VERSION, nullptr), 1);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, nullptr), TLS1_1_VERSION);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_SET_MAX_PROTO_VERSION, TLS1_2_VERSION, nullptr), 1);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, SSL_CTRL_GET_MAX_PROTO_VERSION, 0, nullptr), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_ctrl(server_ctx, SSL_CTRL_EXTRA_CHAIN_CERT, 0, certificate()), 1);
  EXPECT_EQ(ERR_get_error(), 0u);
  EXPECT_EQ(SSL_CTX_ctrl(client_ctx, 9999, 0, nullptr), 0);
  expect_unsupported();
}

TEST_F(OpensslLists, what_mbedTLS_cannot_do_says_so) {
  EXPECT_EQ(SSL_CTX_use_serverinfo(server_ctx, reinterpret_cast<const unsigned char*>("x"), 1), 0);
  expect_unsupported();
  EXPECT_EQ(SSL_CTX_use_serverinfo_file(server_ctx, "file"), 0);
  expect_unsupported();
  SSL_CTX_set_next_proto_select_cb(client_ctx, nullptr, nullptr);
  expect_unsupported();
  make();
  EXPECT_TRUE(shake()) << "and does no harm";
}

TEST_F(OpensslLists, a_BIO_of_a_file_and_errors_in_a_file) {
  const File pem(device().certificate);
  BIO* bio = BIO_new_file(pem.name.c_str(), "r");
  ASSERT_NE(bio, nullptr);
  X509* x509 = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  EXPECT_NE(x509, nullptr);
  X509_free(x509);
  BIO_free(bio);
  EXPECT_EQ(BIO_new_file(pem.name.c_str(), "w"), nullptr);
  ERR_clear_error();
  EXPECT_EQ(BIO_new_file("/nonexistent", "rb"), nullptr);
  ERR_put_error(ERR_LIB_USER, 0, 1, "", 0);
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  ERR_print_errors_fp(file);
  EXPECT_EQ(ERR_get_error(), 0u);
  std::rewind(file);
  std::array<char, 512> text{};
  EXPECT_GT(std::fread(text.data(), 1, text.size() - 1, file), 0u);
  std::fclose(file);
  const std::string lines = text.data();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2) << lines;
  EXPECT_NE(lines.find("error:80000001"), std::string::npos) << lines;
}

}  // namespace
}  // namespace linnet::openssl
