// SPDX-License-Identifier: Apache-2.0
// Servers whose certificate leads to more than one authority, one of which has expired.
#include <cstdio>

#include "tls/calendar.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::bytes_of;
using test::day;
using test::Pair;
using test::year_2026;

/// Somebody with a key, who has certificates and may issue others.
class Party {
 public:
  explicit Party(const char* name) : name_(name) {
    mbedtls_pk_init(&key_);
    EXPECT_EQ(library::make_key(key_, random_bytes, &random_), 0);
  }
  ~Party() { mbedtls_pk_free(&key_); }
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  /// In PEM: a certificate for this party's key, by `issuer`.
  std::string certificate(Party& issuer, bool authority, std::int64_t until) {
    mbedtls_x509write_cert made;
    mbedtls_x509write_crt_init(&made);
    std::array<std::uint8_t, 1> number{++serial_};
    EXPECT_EQ(library::set_serial(made, number), 0);
    mbedtls_x509write_crt_set_version(&made, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&made, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&made, &key_);
    mbedtls_x509write_crt_set_issuer_key(&made, &issuer.key_);
    EXPECT_EQ(mbedtls_x509write_crt_set_subject_name(&made, name_), 0);
    EXPECT_EQ(mbedtls_x509write_crt_set_issuer_name(&made, issuer.name_), 0);
    EXPECT_EQ(
        mbedtls_x509write_crt_set_validity(&made, date(year_2026 - 900 * day).c_str(), date(until).c_str()),
        0);
    EXPECT_EQ(mbedtls_x509write_crt_set_basic_constraints(&made, authority ? 1 : 0, -1), 0);
    std::array<unsigned char, 4096> text{};
    EXPECT_EQ(mbedtls_x509write_crt_pem(&made, text.data(), text.size(), random_bytes, &random_), 0);
    mbedtls_x509write_crt_free(&made);
    return reinterpret_cast<const char*>(text.data());
  }
  std::string key() {
    std::array<unsigned char, 2048> text{};
    EXPECT_EQ(mbedtls_pk_write_key_pem(&key_, text.data(), text.size()), 0);
    return reinterpret_cast<const char*>(text.data());
  }

 private:
  static std::string date(std::int64_t seconds) {
    const mbedtls_x509_time t = date_of(seconds);
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%04d%02d%02d000000", t.year, t.mon, t.day);
    return text.data();
  }
  static inline std::uint8_t serial_ = 0;
  static inline Random random_{test::seed_of(11)};
  const char* name_;
  mbedtls_pk_context key_;
};

class TlsChain : public ::testing::Test {
 protected:
  static constexpr std::int64_t past = year_2026 - 100 * day;
  static constexpr std::int64_t future = year_2026 + 100 * day;

  /// What a client says to a server that shows `chain`, when it trusts these; empty: it is content.
  std::string opinion(const std::string& chain, const std::vector<std::string>& trusted) {
    Identity identity;
    EXPECT_TRUE(identity.load(bytes_of(chain), bytes_of(server.key()), test::seed_of(2)))
        << identity.problem();
    Trust trust;
    for (const std::string& one : trusted) EXPECT_EQ(trust.add(bytes_of(one)), 1);
    Pair pair({.host_name = "device.example", .trust = &trust}, {.identity = &identity});
    const bool content = pair.shake();
    EXPECT_EQ(pair.client->error(), content ? Error::none : Error::certificate);
    EXPECT_EQ(content, pair.client->peer_verified());
    return std::string(pair.client->words());
  }

  Party old_root{"CN=old root"};
  Party root{"CN=root"};
  Party between{"CN=between"};
  Party server{"CN=device.example"};
  std::string end = server.certificate(between, false, future) + between.certificate(root, true, future);
};

TEST_F(TlsChain, C27_05_an_authority_that_was_renewed_with_its_key) {
  const std::string expired = root.certificate(root, true, past);
  const std::string renewed = root.certificate(root, true, future);
  EXPECT_EQ(opinion(end, {renewed}), "");
  EXPECT_EQ(opinion(end, {expired, renewed}), "");
  EXPECT_EQ(opinion(end, {renewed, expired}), "");
  EXPECT_EQ(opinion(end, {expired}), "the certificate of CN=root expired on 2025-09-23 00:00 UTC");
}

TEST_F(TlsChain, C27_05_a_chain_that_goes_on_to_an_expired_root_past_a_trusted_one) {
  // As the web's were in September 2021: the server still sends what the old root had said of the new one.
  const std::string old = old_root.certificate(old_root, true, past);
  const std::string vouched = root.certificate(old_root, true, future);
  const std::string own = root.certificate(root, true, future);
  EXPECT_EQ(opinion(end + vouched, {own}), "");
  EXPECT_EQ(opinion(end + vouched, {old, own}), "");
  EXPECT_EQ(opinion(end + vouched, {own, old}), "");
  EXPECT_EQ(opinion(end + vouched, {old}), "the certificate of CN=old root expired on 2025-09-23 00:00 UTC");
}

TEST_F(TlsChain, C27_05_two_certificates_of_the_one_between) {
  // By an expired root and by a good one. mbedTLS takes the first that fits and never comes back, as OpenSSL
  // does: whoever sends them in the wrong order is refused, with the reason of the way that was taken.
  const std::string old = old_root.certificate(old_root, true, past);
  const std::string own = root.certificate(root, true, future);
  const std::string leaf = server.certificate(between, false, future);
  const std::string by_old = between.certificate(old_root, true, future);
  const std::string by_root = between.certificate(root, true, future);
  EXPECT_EQ(opinion(leaf + by_root + by_old, {old, own}), "");
  EXPECT_EQ(opinion(leaf + by_old + by_root, {own}),
            "the certificate was issued by somebody who is not trusted: CN=old root");
  EXPECT_EQ(opinion(leaf + by_old + by_root, {old, own}),
            "the certificate of CN=old root expired on 2025-09-23 00:00 UTC");
}

}  // namespace
}  // namespace linnet::tls
