// SPDX-License-Identifier: Apache-2.0
// Every function of the mapping, called as its programs call it; connections go through pairs of BIOs.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "tls/credentials.hpp"

namespace linnet::openssl {
namespace {

const tls::SelfSigned& device() {
  static const std::string names[] = {"device.example"};
  static const tls::SelfSigned made = tls::make_self_signed({.common_name = "device",
                                                             .names = names,
                                                             .not_before = std::time(nullptr) - 86400,
                                                             .not_after = std::time(nullptr) + 86400},
                                                            Random::Seed{1});
  return made;
}

BIO* bio_of(const std::string& text) { return BIO_new_mem_buf(text.data(), static_cast<int>(text.size())); }

X509* certificate() {
  BIO* bio = bio_of(device().certificate);
  X509* x509 = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return x509;
}
EVP_PKEY* key() {
  BIO* bio = bio_of(device().key);
  EVP_PKEY* made = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return made;
}
/// The bytes between the lines of PEM.
std::vector<unsigned char> der_of(const std::string& pem) {
  std::string base64;
  std::size_t at = pem.find('\n') + 1;
  for (const std::size_t end = pem.find("-----END"); at < end; ++at) {
    if (pem[at] != '\n') base64 += pem[at];
  }
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<unsigned char> out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : base64) {
    const std::size_t value = digits.find(c);
    if (value == std::string::npos) break;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffffff;
    count += 6;
    if (count >= 8) out.push_back(static_cast<unsigned char>(bits >> (count -= 8)));
  }
  return out;
}

struct File {
  explicit File(const std::string& text)
      : name(::testing::TempDir() + "linnet-openssl-" + std::to_string(++count)) {
    std::FILE* file = std::fopen(name.c_str(), "wb");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  ~File() { std::remove(name.c_str()); }
  static inline int count = 0;
  std::string name;
};

class OpensslMapping : public ::testing::Test {
 protected:
  OpensslMapping() {
    ERR_clear_error();
    X509* x509 = certificate();
    EVP_PKEY* k = key();
    EXPECT_EQ(SSL_CTX_use_certificate(server_ctx, x509), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(server_ctx, k), 1);
    EXPECT_EQ(SSL_CTX_check_private_key(server_ctx), 1);
    EXPECT_EQ(X509_STORE_add_cert(SSL_CTX_get_cert_store(client_ctx), x509), 1);
    X509_free(x509);
    EVP_PKEY_free(k);
    SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, nullptr);
  }
  ~OpensslMapping() override {
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
  }
  void make() {
    client = SSL_new(client_ctx);
    server = SSL_new(server_ctx);
    BIO* a = nullptr;
    BIO* b = nullptr;
    ASSERT_EQ(BIO_new_bio_pair(&a, 0, &b, 0), 1);
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
    SSL_set_tlsext_host_name(client, "device.example");
  }
  bool shake() {
    int c = 0;
    int s = 0;
    for (int i = 0; i < 1000 && (c != 1 || s != 1); ++i) {
      if (c != 1) c = SSL_connect(client);
      if (s != 1) s = SSL_accept(server);
      const auto over = [](SSL* ssl, int result) {
        const int error = SSL_get_error(ssl, result);
        return result != 1 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
      };
      if (over(client, c) || over(server, s)) return false;
    }
    return c == 1 && s == 1;
  }

  SSL_CTX* client_ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX* server_ctx = SSL_CTX_new(TLS_server_method());
  SSL* client = nullptr;
  SSL* server = nullptr;
};

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

TEST_F(OpensslMapping, certificates_are_checked) {
  make();
  SSL_set_tlsext_host_name(client, "other.example");
  EXPECT_FALSE(shake());
  EXPECT_EQ(SSL_get_verify_result(client), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_NE(ERR_peek_error(), 0u);
  SSL_free(std::exchange(client, nullptr));
  SSL_free(std::exchange(server, nullptr));

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
  SSL_free(std::exchange(client, nullptr));
  SSL_free(std::exchange(server, nullptr));
  make();
  SSL_set_verify(client, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 0; });
  EXPECT_NE(SSL_get_verify_callback(client), nullptr);
  EXPECT_EQ(SSL_get_verify_mode(client), SSL_VERIFY_PEER);
  EXPECT_FALSE(shake());
  SSL_free(std::exchange(client, nullptr));
  SSL_free(std::exchange(server, nullptr));
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
  SSL_free(std::exchange(client, nullptr));
  SSL_free(std::exchange(server, nullptr));
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

TEST_F(OpensslMapping, sessions) {
  make();
  ASSERT_TRUE(shake());
  SSL_SESSION* session = SSL_get1_session(client);
  ASSERT_NE(session, nullptr);
  SSL_free(std::exchange(client, nullptr));
  SSL_free(std::exchange(server, nullptr));
  make();
  EXPECT_EQ(SSL_set_session(client, session), 1);
  SSL_SESSION_free(session);
  EXPECT_TRUE(shake());
  SSL_SESSION_free(SSL_SESSION_new());
  EXPECT_EQ(SSL_clear(client), 1);
  EXPECT_EQ(SSL_get_state(client), TLS_ST_BEFORE);
}

TEST(OpensslMethods, each_is_there) {
  EXPECT_EQ(SSL_library_init(), 1);
  SSL_load_error_strings();
  struct Row {
    const SSL_METHOD* method;
    const char* version;
  };
  for (const Row& row : {Row{TLS_method(), "TLSv1.2"},
                         {TLS_client_method(), "TLSv1.2"},
                         {TLS_server_method(), "TLSv1.2"},
                         {SSLv23_method(), "TLSv1.2"},
                         {SSLv23_client_method(), "TLSv1.2"},
                         {SSLv23_server_method(), "TLSv1.2"},
                         {TLSv1_2_method(), "TLSv1.2"},
                         {TLSv1_2_client_method(), "TLSv1.2"},
                         {TLSv1_2_server_method(), "TLSv1.2"},
                         {TLSv1_1_method(), "TLSv1.1"},
                         {TLSv1_1_client_method(), "TLSv1.1"},
                         {TLSv1_1_server_method(), "TLSv1.1"},
                         {TLSv1_method(), "TLSv1"},
                         {TLSv1_client_method(), "TLSv1"},
                         {TLSv1_server_method(), "TLSv1"},
                         {SSLv3_method(), "SSLv3"},
                         {SSLv3_client_method(), "SSLv3"},
                         {SSLv3_server_method(), "SSLv3"}}) {
    SSL_CTX* ctx = SSL_CTX_new(row.method);
    SSL* ssl = SSL_new(ctx);
    EXPECT_STREQ(SSL_get_version(ssl), row.version);
    EXPECT_EQ(SSL_get_ssl_method(ssl), row.method);
    EXPECT_EQ(SSL_CTX_get_ssl_method(ctx), row.method);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
  }
  EXPECT_EQ(SSL_CTX_new(nullptr), nullptr);
  SSL_CTX* ctx = SSL_CTX_new(SSLv3_client_method());
  SSL* ssl = SSL_new(ctx);
  EXPECT_EQ(SSL_connect(ssl), -1) << "nobody speaks that any more";
  EXPECT_EQ(SSL_get_error(ssl, -1), SSL_ERROR_SSL);
  EXPECT_EQ(SSL_set_ssl_method(ssl, TLS_client_method()), 1);
  EXPECT_EQ(SSL_accept(ssl), -1) << "a client's method";
  SSL_free(ssl);
  SSL_CTX_free(ctx);
}

TEST(OpensslSettings, contexts_remember) {
  SSL_CTX* ctx = SSL_CTX_new(TLS_method());
  EXPECT_EQ(SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_SSLv3), SSL_OP_NO_TICKET | SSL_OP_NO_SSLv3);
  EXPECT_EQ(SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET), SSL_OP_NO_SSLv3);
  EXPECT_EQ(SSL_CTX_get_options(ctx), SSL_OP_NO_SSLv3);
  EXPECT_EQ(SSL_CTX_set_timeout(ctx, 10), 300);
  EXPECT_EQ(SSL_CTX_get_timeout(ctx), 10);
  SSL_CTX_set_read_ahead(ctx, 1);
  EXPECT_EQ(SSL_CTX_get_read_ahead(ctx), 1);
  EXPECT_EQ(SSL_CTX_get_default_read_ahead(ctx), 1);
  SSL_CTX_set_default_read_buffer_len(ctx, 100);
  SSL_CTX_set_verify_depth(ctx, 3);
  EXPECT_EQ(SSL_CTX_get_verify_depth(ctx), 3);
  EXPECT_EQ(SSL_CTX_get_verify_mode(ctx), SSL_VERIFY_NONE);
  EXPECT_EQ(SSL_CTX_set_min_proto_version(ctx, TLS1_1_VERSION), 1);
  EXPECT_EQ(SSL_CTX_set_min_proto_version(ctx, SSL3_VERSION), 0);
  EXPECT_EQ(SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION), 1);
  EXPECT_EQ(SSL_CTX_set_ssl_version(ctx, TLSv1_2_method()), 1);
  int data = 0;
  EXPECT_EQ(SSL_CTX_set_app_data(ctx, &data), 1);
  EXPECT_EQ(SSL_CTX_get_app_data(ctx), &data);
  EXPECT_EQ(SSL_CTX_set_ex_data(ctx, 5, &data), 1);
  EXPECT_EQ(SSL_CTX_get_ex_data(ctx, 5), &data);
  EXPECT_EQ(SSL_CTX_get_ex_data(ctx, 4), nullptr);
  EXPECT_EQ(SSL_CTX_get_ex_data(ctx, 50), nullptr);
  EXPECT_EQ(SSL_CTX_up_ref(ctx), 2);
  SSL_CTX_free(ctx);
  SSL_CTX_free(ctx);
}

TEST(OpensslSettings, connections_remember) {
  SSL_CTX* ctx = SSL_CTX_new(TLS_method());
  SSL* ssl = SSL_new(ctx);
  EXPECT_EQ(SSL_get_SSL_CTX(ssl), ctx);
  EXPECT_EQ(SSL_set_fd(ssl, 3), 1);
  EXPECT_EQ(SSL_set_wfd(ssl, 4), 1);
  EXPECT_EQ(SSL_set_rfd(ssl, 5), 1);
  EXPECT_EQ(SSL_set_fd(ssl, -1), 0);
  EXPECT_EQ(SSL_set_wfd(ssl, 4) + SSL_set_rfd(ssl, 5), 2);
  EXPECT_EQ(SSL_get_fd(ssl), 5);
  EXPECT_EQ(SSL_get_rfd(ssl), 5);
  EXPECT_EQ(SSL_get_wfd(ssl), 4);
  EXPECT_EQ(SSL_get_rbio(ssl), nullptr);
  EXPECT_EQ(SSL_get_wbio(ssl), nullptr);
  EXPECT_EQ(SSL_set_options(ssl, 6), 6u);
  EXPECT_EQ(SSL_clear_options(ssl, 2), 4u);
  EXPECT_EQ(SSL_get_options(ssl), 4u);
  SSL_set_read_ahead(ssl, 1);
  EXPECT_EQ(SSL_get_read_ahead(ssl), 1);
  SSL_set_default_read_buffer_len(ssl, 1);
  EXPECT_EQ(SSL_set_time(ssl, 7), 7);
  EXPECT_EQ(SSL_get_time(ssl), 7);
  EXPECT_EQ(SSL_set_timeout(ssl, 8), 1);
  EXPECT_EQ(SSL_get_timeout(ssl), 8);
  SSL_set_security_level(ssl, 2);
  EXPECT_EQ(SSL_get_security_level(ssl), 2);
  SSL_set_verify_depth(ssl, 1);
  EXPECT_EQ(SSL_get_verify_depth(ssl), 1);
  int data = 0;
  EXPECT_EQ(SSL_set_app_data(ssl, &data), 1);
  EXPECT_EQ(SSL_get_app_data(ssl), &data);
  EXPECT_EQ(SSL_do_handshake(ssl), -1) << "as what?";
  SSL_set_connect_state(ssl);
  SSL_set_accept_state(ssl);
  EXPECT_EQ(SSL_do_handshake(ssl), -1) << "a server without a certificate";
  SSL_free(ssl);
  SSL_CTX_free(ctx);
  SSL_free(nullptr);
  SSL_CTX_free(nullptr);
}

TEST(OpensslCertificates, by_file_and_by_bytes) {
  const File pem(device().certificate);
  const File key_file(device().key);
  const std::vector<unsigned char> der = der_of(device().certificate);
  const std::vector<unsigned char> key_der = der_of(device().key);
  SSL_CTX* ctx = SSL_CTX_new(TLS_method());
  EXPECT_EQ(SSL_CTX_check_private_key(ctx), 0);
  EXPECT_EQ(SSL_CTX_use_certificate_file(ctx, "/nonexistent", SSL_FILETYPE_PEM), 0);
  EXPECT_EQ(SSL_CTX_use_certificate_file(ctx, pem.name.c_str(), SSL_FILETYPE_PEM), 1);
  EXPECT_EQ(SSL_CTX_use_certificate_chain_file(ctx, pem.name.c_str()), 1);
  EXPECT_EQ(SSL_CTX_use_certificate_ASN1(ctx, static_cast<int>(der.size()), der.data()), 1);
  EXPECT_EQ(SSL_CTX_add_extra_chain_cert(ctx, certificate()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey_file(ctx, key_file.name.c_str(), SSL_FILETYPE_PEM), 1);
  EXPECT_EQ(SSL_CTX_use_RSAPrivateKey_file(ctx, key_file.name.c_str(), SSL_FILETYPE_PEM), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, ctx, key_der.data(), static_cast<long>(key_der.size())),
            1);
  EXPECT_EQ(SSL_CTX_use_RSAPrivateKey_ASN1(ctx, key_der.data(), static_cast<long>(key_der.size())), 1);
  EXPECT_EQ(SSL_CTX_check_private_key(ctx), 1);
  EXPECT_EQ(SSL_CTX_load_verify_locations(ctx, pem.name.c_str(), nullptr), 1);
  EXPECT_EQ(SSL_CTX_load_verify_locations(ctx, nullptr, nullptr), 0);
  static_cast<void>(SSL_CTX_set_default_verify_paths(ctx));  // what the machine has
  SSL* ssl = SSL_new(ctx);
  EXPECT_EQ(SSL_use_certificate_file(ssl, pem.name.c_str(), SSL_FILETYPE_PEM), 1);
  EXPECT_EQ(SSL_use_certificate_ASN1(ssl, der.data(), static_cast<int>(der.size())), 1);
  EXPECT_EQ(SSL_use_PrivateKey_file(ssl, key_file.name.c_str(), SSL_FILETYPE_PEM), 1);
  EXPECT_EQ(SSL_use_PrivateKey_ASN1(0, ssl, key_der.data(), static_cast<long>(key_der.size())), 1);
  SSL_free(ssl);
  SSL_CTX_free(ctx);

  const unsigned char* in = der.data();
  X509* x509 = d2i_X509(nullptr, &in, static_cast<long>(der.size()));
  EXPECT_NE(x509, nullptr);
  EXPECT_EQ(in, der.data() + der.size());
  X509_free(x509);
  x509 = X509_new();
  in = der.data();
  EXPECT_EQ(d2i_X509(&x509, &in, static_cast<long>(der.size())), x509);
  X509_free(x509);
  in = key_der.data();
  EVP_PKEY* k = d2i_PrivateKey(0, nullptr, &in, static_cast<long>(key_der.size()));
  EXPECT_NE(k, nullptr);
  EVP_PKEY_free(k);
  EVP_PKEY_free(EVP_PKEY_new());
  const std::string key_bytes(key_der.begin(), key_der.end());
  BIO* bio = bio_of(key_bytes);
  k = d2i_PrivateKey_bio(bio, nullptr);
  EXPECT_NE(k, nullptr);
  EVP_PKEY_free(k);
  BIO_free(bio);
  bio = bio_of(key_bytes);
  RSA* rsa = d2i_RSAPrivateKey_bio(bio, nullptr);
  EXPECT_NE(rsa, nullptr);
  RSA_free(rsa);
  BIO_free(bio);
  bio = bio_of(device().key + device().certificate + device().certificate);
  rsa = PEM_read_bio_RSAPrivateKey(bio, nullptr, nullptr, nullptr);
  EXPECT_NE(rsa, nullptr);
  RSA_free(rsa);
  for (int i = 0; i < 2; ++i) {
    x509 = PEM_read_bio_X509_AUX(bio, nullptr, nullptr, nullptr);
    EXPECT_NE(x509, nullptr);
    X509_free(x509);
  }
  ERR_clear_error();
  EXPECT_EQ(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), nullptr);
  EXPECT_EQ(ERR_GET_LIB(ERR_peek_last_error()), ERR_LIB_PEM);
  EXPECT_EQ(ERR_GET_REASON(ERR_peek_last_error()), PEM_R_NO_START_LINE);
  BIO_free(bio);
  X509_STORE* store = X509_STORE_new();
  x509 = certificate();
  EXPECT_EQ(X509_STORE_add_cert(store, x509), 1);
  X509_free(x509);
  X509_STORE_free(store);
}

TEST(OpensslBio, memory_and_pairs) {
  BIO* bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(BIO_method_type(bio), BIO_TYPE_MEM);
  std::array<char, 16> buffer{};
  EXPECT_EQ(BIO_read(bio, buffer.data(), 16), -1);
  EXPECT_NE(BIO_should_retry(bio), 0);
  EXPECT_NE(BIO_test_flags(bio, BIO_FLAGS_READ), 0);
  EXPECT_EQ(BIO_write(bio, "abc", 3), 3);
  EXPECT_EQ(BIO_ctrl_pending(bio), 3u);
  EXPECT_EQ(BIO_pending(bio), 3);
  EXPECT_EQ(BIO_read(bio, buffer.data(), 2), 2);
  EXPECT_EQ(BIO_free(bio), 1);
  EXPECT_EQ(BIO_free(nullptr), 0);
  bio = BIO_new_mem_buf("hello", -1);
  EXPECT_EQ(BIO_write(bio, "x", 1), -1);
  EXPECT_EQ(BIO_read(bio, buffer.data(), 16), 5);
  EXPECT_EQ(BIO_read(bio, buffer.data(), 16), 0);
  BIO_free(bio);
  BIO* a = nullptr;
  BIO* b = nullptr;
  ASSERT_EQ(BIO_new_bio_pair(&a, 4, &b, 8), 1);
  EXPECT_EQ(BIO_method_type(a), BIO_TYPE_BIO);
  EXPECT_EQ(BIO_ctrl_get_write_guarantee(a), 4u);
  EXPECT_EQ(BIO_write(a, "abcdef", 6), 4);
  EXPECT_EQ(BIO_wpending(a), 4u);
  EXPECT_EQ(BIO_write(a, "ef", 2), -1);
  EXPECT_NE(BIO_should_write(a), 0);
  EXPECT_EQ(BIO_read(b, buffer.data(), 16), 4);
  BIO_free(a);
  EXPECT_EQ(BIO_read(b, buffer.data(), 16), 0) << "nobody can write any more";
  BIO_free(b);
}

TEST(OpensslErrors, a_queue) {
  ERR_clear_error();
  ERR_load_SSL_strings();
  ERR_load_crypto_strings();
  ERR_free_strings();
  EXPECT_EQ(ERR_get_error(), 0u);
  EXPECT_EQ(ERR_reason_error_string(0), nullptr);
  ERR_put_error(ERR_LIB_USER, 2, 3, "a file", 4);
  ERR_put_error(ERR_LIB_USER, 2, 5, "a file", 6);
  EXPECT_EQ(ERR_peek_error(), ERR_PACK(ERR_LIB_USER, 2, 3));
  EXPECT_EQ(ERR_peek_last_error(), ERR_PACK(ERR_LIB_USER, 2, 5));
  const char* file = nullptr;
  const char* data = nullptr;
  int line = 0;
  int flags = 1;
  EXPECT_EQ(ERR_peek_error_line_data(&file, &line, &data, &flags), ERR_PACK(ERR_LIB_USER, 2, 3));
  EXPECT_STREQ(file, "a file");
  EXPECT_EQ(line, 4);
  EXPECT_EQ(ERR_get_error_line_data(&file, &line, &data, &flags), ERR_PACK(ERR_LIB_USER, 2, 3));
  EXPECT_EQ(ERR_GET_FUNC(ERR_get_error()), 2);
  for (int i = 0; i < 100; ++i) ERR_put_error(ERR_LIB_USER, 0, i, "", 0);
  EXPECT_EQ(ERR_GET_REASON(ERR_get_error()), 84) << "the newest 16";
  std::array<char, 256> text{};
  EXPECT_EQ(ERR_error_string(ERR_PACK(1, 2, 3), text.data()), text.data());
  EXPECT_NE(std::string(text.data()).find("error:01002003"), std::string::npos);
  ERR_error_string_n(ERR_PACK(1, 2, 3), text.data(), 8);
  EXPECT_EQ(std::string(text.data()).size(), 7u);
  ERR_clear_error();
}

TEST(OpensslWords, alerts_and_lists) {
  EXPECT_STREQ(SSL_alert_desc_string(2 << 8 | 40), "HF");
  EXPECT_STREQ(SSL_alert_desc_string_long(48), "unknown CA");
  EXPECT_STREQ(SSL_alert_desc_string_long(250), "unknown");
  EXPECT_STREQ(SSL_alert_type_string(1 << 8), "W");
  EXPECT_STREQ(SSL_alert_type_string_long(2 << 8), "fatal");
  OPENSSL_STACK* stack = OPENSSL_sk_new_null();
  int item = 0;
  EXPECT_EQ(OPENSSL_sk_push(stack, &item), 1);
  EXPECT_EQ(OPENSSL_sk_num(stack), 1);
  EXPECT_EQ(OPENSSL_sk_value(stack, 0), &item);
  EXPECT_EQ(OPENSSL_sk_value(stack, 1), nullptr);
  OPENSSL_sk_free(stack);
  OPENSSL_sk_free(OPENSSL_sk_new(nullptr));
}

}  // namespace
}  // namespace linnet::openssl
