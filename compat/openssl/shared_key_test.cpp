// SPDX-License-Identifier: Apache-2.0
// Keys that both ends know, by the callbacks of programs (SSL_CTX_set_psk_..._callback).
#include <cstring>

#include "compat/openssl/test_connections.hpp"

namespace linnet::openssl {
namespace {

using namespace test;

constexpr std::string_view secret = "0123456789abcdef";
std::string client_name;
std::string client_key;

unsigned int choose(SSL* ssl, const char* hint, char* identity, unsigned int most_identity,
                    unsigned char* key, unsigned int most) {
  EXPECT_NE(ssl, nullptr);
  EXPECT_EQ(hint, nullptr);
  EXPECT_LE(client_name.size(), most_identity);
  EXPECT_LE(client_key.size(), most);
  std::strcpy(identity, client_name.c_str());
  std::memcpy(key, client_key.data(), client_key.size());
  return static_cast<unsigned int>(client_key.size());
}

unsigned int find(SSL*, const char* identity, unsigned char* key, unsigned int most) {
  EXPECT_LE(secret.size(), most);
  if (std::strcmp(identity, "a device") != 0) return 0;
  std::memcpy(key, secret.data(), secret.size());
  return static_cast<unsigned int>(secret.size());
}

class OpensslSharedKey : public Connections {
 protected:
  OpensslSharedKey() {
    client_name = "a device";
    client_key = secret;
    SSL_CTX_set_psk_client_callback(client_ctx, choose);
    SSL_CTX_set_psk_server_callback(server_ctx, find);
  }
};

TEST_F(OpensslSharedKey, RFC4279_a_connection_without_certificates) {
  EXPECT_EQ(SSL_CTX_use_psk_identity_hint(server_ctx, "a hint"), 1);
  EXPECT_EQ(SSL_CTX_use_psk_identity_hint(server_ctx, std::string(200, 'h').c_str()), 0);
  make();
  EXPECT_STREQ(SSL_get_psk_identity_hint(server), "a hint");
  EXPECT_EQ(SSL_use_psk_identity_hint(server, nullptr), 1);
  EXPECT_EQ(SSL_get_psk_identity_hint(server), nullptr);
  EXPECT_EQ(SSL_get_psk_identity(server), nullptr);
  ASSERT_TRUE(shake()) << ERR_error_string(ERR_peek_error(), nullptr);
  EXPECT_STREQ(SSL_get_cipher(client), "TLS-ECDHE-PSK-WITH-CHACHA20-POLY1305-SHA256");
  EXPECT_STREQ(SSL_get_psk_identity(server), "a device");
  EXPECT_STREQ(SSL_get_psk_identity(client), "a device");
  EXPECT_EQ(SSL_get_peer_certificate(client), nullptr);
  EXPECT_EQ(SSL_write(client, "hello", 5), 5);
  std::array<char, 8> buffer{};
  EXPECT_EQ(SSL_read(server, buffer.data(), buffer.size()), 5);
}

TEST_F(OpensslSharedKey, others_are_refused) {
  client_name = "nobody";
  make();
  EXPECT_FALSE(shake());
  drop();
  client_name = "a device";
  client_key = "another";
  make();
  EXPECT_FALSE(shake());
  drop();
  client_key.clear();
  make();
  EXPECT_EQ(SSL_connect(client), -1) << "there is no key";
  EXPECT_EQ(SSL_get_error(client, -1), SSL_ERROR_SSL);
}

TEST_F(OpensslSharedKey, a_certificate_does_not_stand_in_for_the_key) {
  make();
  SSL_set_psk_server_callback(server, nullptr);
  EXPECT_FALSE(shake());
  drop();
  make();
  SSL_set_psk_client_callback(client, nullptr);
  EXPECT_FALSE(shake());
}

}  // namespace
}  // namespace linnet::openssl
