// SPDX-License-Identifier: Apache-2.0
// The server's program chooses among what the client offers (SSL_CTX_set_alpn_select_cb).
#include <algorithm>

#include "compat/openssl/test_connections.hpp"

namespace linnet::openssl {
namespace {

using namespace test;

/// What the program was asked, and answers.
struct Choice {
  int answer = SSL_TLSEXT_ERR_OK;
  std::string name;
  int asked = 0;
  std::string offered;
  SSL* by = nullptr;
};

int choose(SSL* ssl, const unsigned char** out, unsigned char* length, const unsigned char* in,
           unsigned int size, void* argument) {
  auto& choice = *static_cast<Choice*>(argument);
  ++choice.asked;
  choice.by = ssl;
  choice.offered.assign(reinterpret_cast<const char*>(in), size);
  *out = reinterpret_cast<const unsigned char*>(choice.name.data());
  *length = static_cast<unsigned char>(choice.name.size());
  return choice.answer;
}

class OpensslAlpn : public Connections {
 protected:
  OpensslAlpn() {
    EXPECT_EQ(SSL_CTX_set_alpn_protos(client_ctx, offered, sizeof offered - 1), 0);
    SSL_CTX_set_alpn_select_cb(server_ctx, choose, &choice);
  }
  static std::string selected(const SSL* ssl) {
    const unsigned char* name = nullptr;
    unsigned int length = 0;
    SSL_get0_alpn_selected(ssl, &name, &length);
    return {reinterpret_cast<const char*>(name), length};
  }
  static constexpr unsigned char offered[] = "\x02h2\x08http/1.1";
  Choice choice;
};

TEST_F(OpensslAlpn, RFC7301_3_2_the_program_sees_the_clients_list_and_chooses) {
  for (const char* name : {"h2", "http/1.1"}) {
    choice = {.name = name};
    make();
    ASSERT_TRUE(shake()) << ERR_error_string(ERR_peek_error(), nullptr);
    EXPECT_EQ(choice.asked, 1);
    EXPECT_EQ(choice.by, server);
    EXPECT_EQ(choice.offered, std::string(reinterpret_cast<const char*>(offered), sizeof offered - 1));
    EXPECT_EQ(selected(client), name);
    EXPECT_EQ(selected(server), name);
    drop();
  }
}

TEST_F(OpensslAlpn, a_hello_that_comes_byte_by_byte) {
  choice.name = "h2";
  make(1);
  ASSERT_TRUE(shake());
  EXPECT_EQ(choice.asked, 1);
  EXPECT_EQ(selected(client), "h2");
}

TEST_F(OpensslAlpn, without_a_protocol_the_handshake_goes_on) {
  choice = {.answer = SSL_TLSEXT_ERR_NOACK, .name = "h2"};
  make();
  ASSERT_TRUE(shake());
  EXPECT_EQ(selected(client), "");
}

TEST_F(OpensslAlpn, RFC7301_3_2_none_in_common_is_a_fatal_alert) {
  for (const Choice& bad :
       {Choice{.answer = SSL_TLSEXT_ERR_ALERT_FATAL, .name = "h2"}, Choice{.name = "other"},
        Choice{.name = ""}, Choice{.name = std::string("h2\0x", 4)}}) {
    choice = bad;
    make();
    EXPECT_FALSE(shake()) << bad.name;
    EXPECT_EQ(choice.asked, 1);
    EXPECT_EQ(SSL_is_init_finished(client) + SSL_is_init_finished(server), 0);
    drop();
  }
}

TEST_F(OpensslAlpn, a_client_that_offers_nothing_is_no_question) {
  EXPECT_EQ(SSL_CTX_set_alpn_protos(client_ctx, nullptr, 0), 0);
  // The list of the context counts for clients only, once the program chooses.
  EXPECT_EQ(SSL_CTX_set_alpn_protos(server_ctx, offered, sizeof offered - 1), 0);
  make();
  ASSERT_TRUE(shake());
  EXPECT_EQ(choice.asked, 0);
  EXPECT_EQ(selected(server), "");
}

TEST_F(OpensslAlpn, a_connection_that_is_used_again_asks_again) {
  choice.name = "h2";
  make();
  ASSERT_TRUE(shake());
  SSL_clear(client);
  SSL_clear(server);
  choice.name = "http/1.1";
  ASSERT_TRUE(shake());
  EXPECT_EQ(choice.asked, 2);
  EXPECT_EQ(selected(server), "http/1.1");
}

TEST_F(OpensslAlpn, what_is_no_tls_is_left_to_mbedtls) {
  make();
  BIO* bio = SSL_get_rbio(client);
  BIO_write(bio, "GET / HTTP/1.1\r\n\r\n", 18);
  EXPECT_EQ(SSL_accept(server), -1);
  EXPECT_EQ(SSL_get_error(server, -1), SSL_ERROR_SSL);
  EXPECT_EQ(choice.asked, 0);
}

TEST(OpensslSelectNextProto, the_servers_order_counts_and_lists_may_be_anything) {
  const auto select = [](std::string_view server, std::string_view client, std::string& name) {
    unsigned char* out = nullptr;
    unsigned char length = 0;
    const auto bytes = [](std::string_view text) {
      return reinterpret_cast<const unsigned char*>(text.data());
    };
    const int result =
        SSL_select_next_proto(&out, &length, bytes(server), static_cast<unsigned>(server.size()),
                              bytes(client), static_cast<unsigned>(client.size()));
    name.assign(reinterpret_cast<const char*>(out), length);
    return result;
  };
  std::string name;
  EXPECT_EQ(select("\x01"
                   "a\x02"
                   "bb",
                   "\x02"
                   "bb\x01"
                   "a",
                   name),
            OPENSSL_NPN_NEGOTIATED);
  EXPECT_EQ(name, "a");
  EXPECT_EQ(select("\x01"
                   "c",
                   "\x02"
                   "bb\x01"
                   "a",
                   name),
            OPENSSL_NPN_NO_OVERLAP);
  EXPECT_EQ(name, "bb");
  EXPECT_EQ(select("\x01"
                   "c",
                   "", name),
            OPENSSL_NPN_NO_OVERLAP);
  EXPECT_EQ(name, "");
  EXPECT_EQ(select("",
                   "\x05"
                   "a",
                   name),
            OPENSSL_NPN_NO_OVERLAP)
      << "cut short";
  EXPECT_EQ(name, "");
  EXPECT_EQ(select(std::string_view("\0\0", 2), std::string_view("\0", 1), name), OPENSSL_NPN_NO_OVERLAP);
}

}  // namespace
}  // namespace linnet::openssl
