// SPDX-License-Identifier: Apache-2.0
#include "tls/credentials.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace linnet::tls {
namespace {

std::string library_words(int error) {
  std::array<char, 160> text{};
  mbedtls_strerror(error, text.data(), text.size());
  return text.data();
}

/// mbedTLS wants PEM with the zero behind it counted; DER as it is.
std::vector<std::uint8_t> as_library_wants(Bytes text) {
  std::vector<std::uint8_t> copy(text.begin(), text.end());
  const bool pem =
      std::string_view(reinterpret_cast<const char*>(text.data()), text.size()).find("-----BEGIN") !=
      std::string_view::npos;
  if (pem && (copy.empty() || copy.back() != 0)) copy.push_back(0);
  return copy;
}

}  // namespace

int random_bytes(void* context, unsigned char* out, std::size_t size) {
  static_cast<Random*>(context)->fill({out, size});
  return 0;
}

int Trust::added(int result) {
  const int before = count_;
  count_ = 0;
  for (const mbedtls_x509_crt* one = &chain_; one != nullptr && one->raw.p != nullptr; one = one->next) {
    if (++count_ <= before) continue;
    std::array<std::uint8_t, 2 * std::tuple_size_v<Fingerprint>> chained{};
    std::ranges::copy(fingerprint_of(*one), std::ranges::copy(digest_, chained.begin()).out);
    library::sha256(chained, digest_.data());
  }
  if (result < 0) problem_ = library_words(result);
  if (count_ == before && result >= 0) problem_ = "no certificate in it can be read";
  return count_ - before;
}

int Trust::add(Bytes certificates) {
  const std::vector<std::uint8_t> text = as_library_wants(certificates);
  return added(mbedtls_x509_crt_parse(&chain_, text.data(), text.size()));
}

int Trust::add_file(const std::string& name) {
  return added(mbedtls_x509_crt_parse_file(&chain_, name.c_str()));
}

Identity::Identity() {
  mbedtls_x509_crt_init(&chain_);
  mbedtls_pk_init(&key_);
}

Identity::~Identity() {
  mbedtls_x509_crt_free(&chain_);
  mbedtls_pk_free(&key_);
}

bool Identity::failed(std::string_view what, int error) {
  problem_ = std::string(what) + ": " + library_words(error);
  return false;
}

bool Identity::load(Bytes chain, Bytes key, const Random::Seed& seed, std::string_view password) {
  if (loaded_) return false;
  Random random(seed);
  const std::vector<std::uint8_t> chain_text = as_library_wants(chain);
  const int unread = mbedtls_x509_crt_parse(&chain_, chain_text.data(), chain_text.size());
  if (unread != 0) return failed("the certificate cannot be read", unread);
  std::vector<std::uint8_t> key_text = as_library_wants(key);
  const Bytes secret(reinterpret_cast<const std::uint8_t*>(password.data()), password.size());
  const int bad_key = library::parse_key(key_, key_text, secret, random_bytes, &random);
  library::wipe(key_text);
  if (bad_key != 0) return failed("the key cannot be read", bad_key);
  const int no_pair = library::check_pair(chain_.pk, key_, random_bytes, &random);
  if (no_pair != 0) return failed("the key is not that of the certificate", no_pair);
  loaded_ = true;
  return true;
}

Fingerprint Identity::fingerprint() const { return fingerprint_of(chain_); }

Fingerprint fingerprint_of(const mbedtls_x509_crt& certificate) {
  Fingerprint fingerprint{};
  library::sha256({certificate.raw.p, certificate.raw.len}, fingerprint.data());
  return fingerprint;
}

std::string fingerprint_words(const Fingerprint& fingerprint) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string text;
  for (const std::uint8_t byte : fingerprint) {
    if (!text.empty()) text += ':';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace linnet::tls
