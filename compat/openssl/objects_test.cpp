// SPDX-License-Identifier: Apache-2.0
// Methods, settings, certificates, BIOs, errors and words: every function that needs no connection.
#include <mbedtls/net_sockets.h>

#include "compat/openssl/objects.hpp"
#include "compat/openssl/test_openssl.hpp"
#include "tls/options.hpp"

namespace linnet::openssl {
namespace {

using namespace test;

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
  SSL_CTX_set_default_read_ahead(ctx, 0);
  EXPECT_EQ(SSL_CTX_get_read_ahead(ctx), 0);
  SSL_CTX_set_default_read_buffer_len(ctx, 100);
  SSL_CTX_set_verify_depth(ctx, 3);
  EXPECT_EQ(SSL_CTX_get_verify_depth(ctx), 3);
  EXPECT_EQ(SSL_CTX_get_verify_mode(ctx), SSL_VERIFY_NONE);
  EXPECT_EQ(SSL_CTX_set_min_proto_version(ctx, TLS1_1_VERSION), 1);
  ERR_clear_error();
  EXPECT_EQ(SSL_CTX_set_min_proto_version(ctx, SSL3_VERSION), 0);
  EXPECT_STREQ(ERR_reason_error_string(ERR_get_error()), "unsupported protocol");
  EXPECT_EQ(SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION), 1);
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
  EXPECT_STREQ(SSL_get_cipher_list(ssl, 0), mbedtls_ssl_get_ciphersuite_name(tls::strong_suites[0]));
  EXPECT_NE(SSL_get_cipher_list(ssl, 1), nullptr);
  EXPECT_EQ(SSL_get_cipher_list(ssl, 1000), nullptr);
  EXPECT_EQ(SSL_get_cipher_list(ssl, -1), nullptr);
  EXPECT_EQ(SSL_get_cipher_bits(ssl, nullptr), 0);
  EXPECT_STREQ(SSL_get_cipher_version(ssl), "(NONE)");
  int data = 0;
  EXPECT_EQ(SSL_set_ex_data(ssl, 3, &data), 1);
  EXPECT_EQ(SSL_set_ex_data(ssl, -1, &data), 0);
  EXPECT_EQ(SSL_get_ex_data(ssl, 3), &data);
  EXPECT_EQ(SSL_get_ex_data(ssl, 4), nullptr);
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
  EVP_PKEY* own_key = key();
  EXPECT_EQ(SSL_CTX_use_RSAPrivateKey(ctx, own_key), 1);
  EVP_PKEY_free(own_key);
  EXPECT_NE(SSL_CTX_get0_certificate(ctx), nullptr);
  EXPECT_NE(SSL_CTX_get0_privatekey(ctx), nullptr);
  EXPECT_EQ(SSL_CTX_check_private_key(ctx), 1);
  SSL* ssl = SSL_new(ctx);
  EXPECT_EQ(SSL_get_privatekey(ssl), SSL_CTX_get0_privatekey(ctx));
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

TEST(OpensslCertificates, the_machines_authorities_are_taken_where_there_are_any) {
  std::FILE* bundle = std::fopen("/etc/ssl/certs/ca-certificates.crt", "rb");
  const int there = bundle != nullptr ? 1 : 0;
  if (bundle != nullptr) std::fclose(bundle);
  const auto count = [](SSL_CTX* ctx) {
    int certificates = 0;
    const mbedtls_x509_crt* one = &SSL_CTX_get_cert_store(ctx)->trusted.chain;
    for (; one != nullptr && one->raw.p != nullptr; one = one->next) ++certificates;
    return certificates;
  };
  SSL_CTX* bundle_by_path = SSL_CTX_new(TLS_method());
  EXPECT_EQ(SSL_CTX_set_default_verify_paths(bundle_by_path), there);
  SSL_CTX* bundle_by_file = SSL_CTX_new(TLS_method());
  EXPECT_EQ(SSL_CTX_set_default_verify_file(bundle_by_file), there);
  SSL_CTX* folder = SSL_CTX_new(TLS_method());
  EXPECT_EQ(SSL_CTX_set_default_verify_dir(folder), there);
  for (SSL_CTX* ctx : {bundle_by_path, bundle_by_file, folder}) {
    EXPECT_EQ(count(ctx) > 0, there == 1);
    SSL_CTX_free(ctx);
  }
}

TEST(OpensslBio, memory_and_pairs) {
  BIO* bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(BIO_method_type(bio), BIO_TYPE_MEM);
  std::array<char, 16> buffer{};
  EXPECT_EQ(BIO_read(bio, buffer.data(), 16), -1);
  EXPECT_NE(BIO_should_retry(bio), 0);
  EXPECT_NE(BIO_should_read(bio), 0);
  EXPECT_EQ(BIO_test_flags(bio, BIO_FLAGS_RWS), BIO_FLAGS_READ);
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

TEST(OpensslErrors, the_words_of_mbedTLS_at_both_of_its_levels) {
  struct Row {
    int number;
    const char* words;
  };
  for (const Row& row : {Row{MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, "X509 - Certificate verification failed"},
                         {MBEDTLS_ERR_PK_KEY_INVALID_FORMAT, "PK - Invalid key tag or value"},
                         {MBEDTLS_ERR_SSL_CONN_EOF, "SSL - The connection indicated an EOF"},
                         {MBEDTLS_ERR_NET_CONN_RESET, "NET - Connection was reset by peer"}}) {
    push_error(ERR_LIB_SSL, row.number, __FILE__, __LINE__);
    EXPECT_EQ(std::string(ERR_reason_error_string(ERR_get_error())).find(row.words), 0u) << row.words;
  }
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
