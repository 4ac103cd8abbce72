// SPDX-License-Identifier: Apache-2.0
// Two ends of a connection that talk through a pair of BIOs.
#pragma once

#include <utility>

#include "compat/openssl/test_openssl.hpp"

namespace linnet::openssl::test {

/// A client and a server, each with a context: the client trusts the server's certificate.
class Connections : public ::testing::Test {
 protected:
  Connections() {
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
  ~Connections() override {
    drop();
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
  }
  void drop() {
    SSL_free(std::exchange(client, nullptr));
    SSL_free(std::exchange(server, nullptr));
  }
  /// The wire takes `buffer` bytes at a time in each direction; 0: any number.
  void make(std::size_t buffer = 0) {
    client = SSL_new(client_ctx);
    server = SSL_new(server_ctx);
    BIO* a = nullptr;
    BIO* b = nullptr;
    ASSERT_EQ(BIO_new_bio_pair(&a, buffer, &b, buffer), 1);
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
    SSL_set_tlsext_host_name(client, "device.example");
  }
  bool shake() {
    int c = 0;
    int s = 0;
    for (int i = 0; i < 10000 && (c != 1 || s != 1); ++i) {
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

}  // namespace linnet::openssl::test
