// SPDX-License-Identifier: Apache-2.0
// What the tests of the mapping share: a certificate and its key, and files with bytes.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "tls/credentials.hpp"

// OpenSSL's own headers may be installed beside ours: who links compat_openssl must never see them.
#ifndef LINNET_OPENSSL_SSL_H
#error "<openssl/ssl.h> is not ours"
#endif

namespace linnet::openssl::test {

inline const tls::SelfSigned& device() {
  static const std::string names[] = {"device.example"};
  static const tls::SelfSigned made = tls::make_self_signed({.common_name = "device",
                                                             .names = names,
                                                             .not_before = std::time(nullptr) - 86400,
                                                             .not_after = std::time(nullptr) + 86400},
                                                            Random::Seed{1});
  return made;
}

inline BIO* bio_of(const std::string& text) {
  return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
}

inline X509* certificate() {
  BIO* bio = bio_of(device().certificate);
  X509* x509 = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return x509;
}
inline EVP_PKEY* key() {
  BIO* bio = bio_of(device().key);
  EVP_PKEY* made = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return made;
}
/// The bytes between the lines of PEM.
inline std::vector<unsigned char> der_of(const std::string& pem) {
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

}  // namespace linnet::openssl::test
