// SPDX-License-Identifier: Apache-2.0
// What is set so that a handshake fails: a chain that is too long, versions that are switched off.
#include <limits>

#include "compat/openssl/objects.hpp"
#include "compat/openssl/test_connections.hpp"
#include "tls/calendar.hpp"

namespace linnet::openssl {
namespace {

using namespace test;

/// A chain of certificates: an authority, another below it, and a server below that one.
class Chain {
 public:
  explicit Chain(const char* root = "CN=root", std::uint8_t seed = 5) : random_(Random::Seed{seed}) {
    links_[0].name = root;
    for (Link& link : links_) {
      mbedtls_pk_init(&link.key);
      EXPECT_EQ(tls::library::make_key(link.key, tls::random_bytes, &random_), 0);
    }
    for (std::size_t i = 0; i < links_.size(); ++i)
      write(links_[i], links_[i > 0 ? i - 1 : 0], i + 1 < links_.size());
  }
  ~Chain() {
    for (Link& link : links_) mbedtls_pk_free(&link.key);
  }
  /// Those of a server with this chain, and what its clients trust.
  void use(SSL_CTX* server, SSL_CTX* client) {
    std::array<unsigned char, 2048> key{};
    EXPECT_EQ(mbedtls_pk_write_key_pem(&links_[2].key, key.data(), key.size()), 0);
    const File chain(links_[2].pem + links_[1].pem);
    const File key_file(reinterpret_cast<const char*>(key.data()));
    const File root(links_[0].pem);
    EXPECT_EQ(SSL_CTX_use_certificate_chain_file(server, chain.name.c_str()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(server, key_file.name.c_str(), SSL_FILETYPE_PEM), 1);
    SSL_CTX_set_cert_store(client, X509_STORE_new());
    EXPECT_EQ(SSL_CTX_load_verify_locations(client, root.name.c_str(), nullptr), 1);
  }

  const std::string& root() const { return links_[0].pem; }

 private:
  struct Link {
    const char* name;
    mbedtls_pk_context key;
    std::string pem;
  };
  static std::string date(std::int64_t seconds) {
    const mbedtls_x509_time t = tls::date_of(seconds);
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%04d%02d%02d000000", t.year, t.mon, t.day);
    return text.data();
  }
  void write(Link& link, Link& issuer, bool authority) {
    mbedtls_x509write_cert certificate;
    mbedtls_x509write_crt_init(&certificate);
    std::array<std::uint8_t, 1> number{++serial_};
    EXPECT_EQ(tls::library::set_serial(certificate, number), 0);
    mbedtls_x509write_crt_set_version(&certificate, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&certificate, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&certificate, &link.key);
    mbedtls_x509write_crt_set_issuer_key(&certificate, &issuer.key);
    const std::int64_t now = std::time(nullptr);
    EXPECT_EQ(mbedtls_x509write_crt_set_subject_name(&certificate, link.name), 0);
    EXPECT_EQ(mbedtls_x509write_crt_set_issuer_name(&certificate, issuer.name), 0);
    EXPECT_EQ(mbedtls_x509write_crt_set_validity(&certificate, date(now - 86400).c_str(),
                                                 date(now + 172800).c_str()),
              0);
    EXPECT_EQ(mbedtls_x509write_crt_set_basic_constraints(&certificate, authority ? 1 : 0, -1), 0);
    std::array<unsigned char, 4096> text{};
    EXPECT_EQ(mbedtls_x509write_crt_pem(&certificate, text.data(), text.size(), tls::random_bytes, &random_),
              0);
    link.pem = reinterpret_cast<const char*>(text.data());
    mbedtls_x509write_crt_free(&certificate);
  }
  Random random_;
  std::uint8_t serial_ = 0;
  std::array<Link, 3> links_{{{nullptr, {}, {}}, {"CN=between", {}, {}}, {"CN=device.example", {}, {}}}};
};

class OpensslRefusals : public Connections {
 protected:
  /// The client's handshake has failed at once, with this reason and nothing said.
  void expect_no_version() {
    EXPECT_EQ(SSL_get_error(client, -1), SSL_ERROR_SSL);
    EXPECT_EQ(ERR_GET_LIB(ERR_peek_error()), ERR_LIB_SSL);
    EXPECT_EQ(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_PROTOCOLS_AVAILABLE);
    EXPECT_STREQ(ERR_reason_error_string(ERR_get_error()), "no protocols available");
    EXPECT_EQ(BIO_ctrl_pending(SSL_get_rbio(server)), 0u);
  }
};

TEST_F(OpensslRefusals, a_chain_longer_than_the_verify_depth) {
  Chain chain;
  chain.use(server_ctx, client_ctx);
  struct Row {
    int depth;
    bool accepted;
  };
  // One authority stands between the server's certificate and the trusted one, which do not count.
  for (const Row& row : {Row{std::numeric_limits<int>::max(), true}, {8, true}, {1, true}, {0, false}}) {
    SSL_CTX_set_verify_depth(client_ctx, row.depth);
    make();
    EXPECT_EQ(shake(), row.accepted) << row.depth;
    EXPECT_EQ(SSL_get_verify_result(client), row.accepted ? X509_V_OK : X509_V_ERR_CERT_CHAIN_TOO_LONG)
        << row.depth;
    drop();
  }
  make();
  SSL_set_verify_depth(client, 1);
  EXPECT_TRUE(shake()) << "a connection's own";
  drop();
  // Nobody in it is trusted: then the last one counts, too.
  const File stranger(Chain("CN=stranger", 6).root());
  SSL_CTX_set_cert_store(client_ctx, X509_STORE_new());
  EXPECT_EQ(SSL_CTX_load_verify_locations(client_ctx, stranger.name.c_str(), nullptr), 1);
  for (const int depth : {0, 1}) {
    SSL_CTX_set_verify_depth(client_ctx, depth);
    make();
    EXPECT_FALSE(shake());
    EXPECT_EQ(SSL_get_verify_result(client),
              depth == 0 ? X509_V_ERR_CERT_CHAIN_TOO_LONG : X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    drop();
  }
}

TEST_F(OpensslRefusals, no_version_is_left) {
  SSL_CTX_set_options(client_ctx, SSL_OP_NO_TLSv1_2);
  make();
  ERR_clear_error();
  EXPECT_EQ(SSL_connect(client), -1);
  expect_no_version();
  drop();
  SSL_CTX_clear_options(client_ctx, SSL_OP_NO_TLSv1_2);
  make();
  SSL_set_options(server, SSL_OP_NO_TLSv1_2);
  EXPECT_EQ(SSL_accept(server), -1);
  EXPECT_EQ(SSL_get_error(server, -1), SSL_ERROR_SSL);
  drop();
  make();
  SSL_set_options(client, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_SSLv3);
  EXPECT_TRUE(shake()) << "TLS 1.2 is left";
}

/// Both speak 1.1 and 1.2, where mbedTLS speaks 1.1 (2.28 does, 3.6 does not).
TEST_F(OpensslRefusals, the_newest_version_is_switched_off) {
  EXPECT_EQ(SSL_CTX_set_min_proto_version(client_ctx, TLS1_1_VERSION), 1);
  EXPECT_EQ(SSL_CTX_set_min_proto_version(server_ctx, TLS1_1_VERSION), 1);
  make();
  EXPECT_TRUE(shake());
  EXPECT_STREQ(SSL_get_version(client), "TLSv1.2");
  drop();
  SSL_CTX_set_options(client_ctx, SSL_OP_NO_TLSv1_2);
  make();
  ASSERT_EQ(SSL_connect(client), -1);
  if (tls::library::oldest_version > TLS1_1_VERSION) return expect_no_version();
  // Who switches 1.2 off is spoken with by 1.1, if by a suite that 1.1 has.
  ASSERT_EQ(SSL_get_error(client, -1), SSL_ERROR_WANT_READ) << "a ClientHello";
  std::array<unsigned char, 11> head{};
  ASSERT_EQ(BIO_read(SSL_get_rbio(server), head.data(), head.size()), 11);
  EXPECT_EQ(head[9] << 8 | head[10], TLS1_1_VERSION) << "client_version";
}

TEST_F(OpensslRefusals, a_version_that_mbedTLS_does_not_speak) {
  // By its method: the handshake says so.
  for (const SSL_METHOD* method : {SSLv3_client_method(), TLSv1_client_method(), TLSv1_1_client_method()}) {
    SSL_CTX_set_ssl_version(client_ctx, method);
    make();
    const int version = SSL_version(client);
    ERR_clear_error();
    ASSERT_EQ(SSL_connect(client), -1);
    if (version < tls::library::oldest_version) {
      expect_no_version();
    } else {
      EXPECT_EQ(SSL_get_error(client, -1), SSL_ERROR_WANT_READ) << version;
    }
    drop();
  }
  // As the most: the setting says so, and stays what it was.
  SSL_CTX_set_ssl_version(client_ctx, TLS_client_method());
  for (const int version : {SSL3_VERSION, TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION}) {
    ERR_clear_error();
    const bool spoken = version >= tls::library::oldest_version;
    EXPECT_EQ(SSL_CTX_set_max_proto_version(client_ctx, version), spoken ? 1 : 0) << version;
    EXPECT_EQ(ERR_GET_REASON(ERR_peek_error()), spoken ? 0 : SSL_R_UNSUPPORTED_PROTOCOL) << version;
    const auto most = SSL_CTX_ctrl(client_ctx, SSL_CTRL_GET_MAX_PROTO_VERSION, 0, nullptr);
    EXPECT_EQ(most, spoken ? version : TLS1_2_VERSION);
  }
}

}  // namespace
}  // namespace linnet::openssl
