// SPDX-License-Identifier: Apache-2.0
// Whom to trust, and who one is: certificates and keys, shared by any number of connections.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/base/address.hpp"
#include "core/base/random.hpp"
#include "tls/library.hpp"

namespace linnet::tls {

using Fingerprint = std::array<std::uint8_t, 32>;

/// Certificates of authorities (or of single machines) that are believed. Not to be changed while connections
/// use it.
class Trust {
 public:
  Trust() { mbedtls_x509_crt_init(&chain_); }
  ~Trust() { mbedtls_x509_crt_free(&chain_); }
  Trust(const Trust&) = delete;
  Trust& operator=(const Trust&) = delete;

  /// Certificates in PEM (any number) or one in DER. How many were added; those that cannot be read are left
  /// out. 0: none, and `problem()` says why.
  int add(Bytes certificates);
  int add_file(const std::string& name);
  int count() const { return count_; }
  std::string_view problem() const { return problem_; }
  /// The same for the same certificates added in the same order, and for no others.
  const Fingerprint& digest() const { return digest_; }

  mbedtls_x509_crt* chain() const { return count_ > 0 ? &chain_ : nullptr; }

 private:
  int added(int result);

  mutable mbedtls_x509_crt chain_;  // mbedTLS takes it without const, and does not change it
  int count_ = 0;
  Fingerprint digest_{};
  std::string problem_;
};

/// A certificate with those that lead up to an authority, and its private key.
class Identity {
 public:
  Identity();
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  /// PEM or DER; the chain begins with one's own certificate. False: one cannot be read, or they do not
  /// belong together; `problem()` says what. `seed` makes the numbers that some checks need.
  bool load(Bytes chain, Bytes key, const Random::Seed& seed, std::string_view password = {});
  bool loaded() const { return loaded_; }
  std::string_view problem() const { return problem_; }

  mbedtls_x509_crt* chain() const { return &chain_; }
  mbedtls_pk_context* key() const { return &key_; }
  /// SHA-256 of one's own certificate.
  Fingerprint fingerprint() const;

 private:
  bool failed(std::string_view what, int error);

  mutable mbedtls_x509_crt chain_;
  mutable mbedtls_pk_context key_;
  bool loaded_ = false;
  std::string problem_;
};

Fingerprint fingerprint_of(const mbedtls_x509_crt& certificate);
/// "AB:CD:..." as browsers and openssl show it.
std::string fingerprint_words(const Fingerprint& fingerprint);

/// mbedTLS's form of our generator: `context` is a Random.
int random_bytes(void* context, unsigned char* out, std::size_t size);

/// PEM of a certificate that its own key signed, and of that key (P-256).
struct SelfSigned {
  std::string certificate;
  std::string key;
};
struct SelfSignedOptions {
  std::string_view common_name = "linnet";
  std::span<const std::string> names{};    ///< DNS names that it is for
  std::span<const IpAddress> addresses{};  ///< addresses that it is for
  std::int64_t not_before = 0;             ///< seconds since 1970
  std::int64_t not_after = 0;
};
/// Empty strings when it could not be made.
SelfSigned make_self_signed(const SelfSignedOptions& options, const Random::Seed& seed);

}  // namespace linnet::tls
