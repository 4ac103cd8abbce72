// SPDX-License-Identifier: Apache-2.0
// A certificate that its own key signed (RFC 5280), for a device that nobody has given one.
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>

#include <cstdio>
#include <vector>

#include "core/base/address.hpp"
#include "tls/calendar.hpp"
#include "tls/credentials.hpp"

namespace linnet::tls {
namespace {

constexpr std::uint8_t tag_sequence = 0x30;
constexpr std::uint8_t tag_dns_name = 0x82;    // RFC 5280 4.2.1.6: [2] IA5String
constexpr std::uint8_t tag_ip_address = 0x87;  // [7] OCTET STRING

void append_der(std::vector<std::uint8_t>& out, std::uint8_t tag, Bytes content) {
  out.push_back(tag);
  if (content.size() >= 0x100) {
    out.push_back(0x82);
    out.push_back(static_cast<std::uint8_t>(content.size() >> 8));
  } else if (content.size() >= 0x80) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
}

std::vector<std::uint8_t> alternative_names(const SelfSignedOptions& options) {
  std::vector<std::uint8_t> names;
  for (const std::string& name : options.names) {
    append_der(names, tag_dns_name, {reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
  }
  for (const IpAddress& address : options.addresses) {
    append_der(names, tag_ip_address, address.is_v4() ? Bytes(address.v4_bytes()) : Bytes(address.bytes()));
  }
  std::vector<std::uint8_t> all;
  if (!names.empty() && names.size() < 0x10000) append_der(all, tag_sequence, names);
  return all;
}

std::string asn1_time(std::int64_t seconds) {
  const mbedtls_x509_time t = date_of(seconds);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d%02d%02d%02d%02d%02d", t.year, t.mon, t.day, t.hour, t.min,
                t.sec);
  return text.data();
}

bool fill_in(mbedtls_x509write_cert& certificate, mbedtls_pk_context& key, const SelfSignedOptions& options,
             Random& random) {
  const std::string subject = "CN=" + std::string(options.common_name);
  const std::vector<std::uint8_t> names = alternative_names(options);
  std::array<std::uint8_t, 16> serial{};
  random.fill(serial);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7f) | 1);  // positive, and as long as it looks
  mbedtls_x509write_crt_set_version(&certificate, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(&certificate, MBEDTLS_MD_SHA256);
  mbedtls_x509write_crt_set_subject_key(&certificate, &key);
  mbedtls_x509write_crt_set_issuer_key(&certificate, &key);
  bool done = library::set_serial(certificate, serial) == 0;
  done = done && mbedtls_x509write_crt_set_subject_name(&certificate, subject.c_str()) == 0;
  done = done && mbedtls_x509write_crt_set_issuer_name(&certificate, subject.c_str()) == 0;
  done = done && mbedtls_x509write_crt_set_validity(&certificate, asn1_time(options.not_before).c_str(),
                                                    asn1_time(options.not_after).c_str()) == 0;
  // Not an authority: who trusts this certificate trusts this machine only.
  done = done && mbedtls_x509write_crt_set_basic_constraints(&certificate, 0, -1) == 0;
  done = done && mbedtls_x509write_crt_set_key_usage(&certificate, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0;
  if (!names.empty()) {
    done = done && mbedtls_x509write_crt_set_extension(&certificate, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                                       MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0,
                                                       names.data(), names.size()) == 0;
  }
  return done;
}

}  // namespace

SelfSigned make_self_signed(const SelfSignedOptions& options, const Random::Seed& seed) {
  Random random(seed);
  SelfSigned made;
  mbedtls_pk_context key;
  mbedtls_x509write_cert certificate;
  mbedtls_pk_init(&key);
  mbedtls_x509write_crt_init(&certificate);
  std::vector<unsigned char> buffer(4096 + 64 * options.names.size() + 32 * options.addresses.size());
  bool done =
      library::make_key(key, random_bytes, &random) == 0 && fill_in(certificate, key, options, random);
  if (done &&
      mbedtls_x509write_crt_pem(&certificate, buffer.data(), buffer.size(), random_bytes, &random) == 0) {
    made.certificate = reinterpret_cast<const char*>(buffer.data());
  }
  if (done && mbedtls_pk_write_key_pem(&key, buffer.data(), buffer.size()) == 0) {
    made.key = reinterpret_cast<const char*>(buffer.data());
  }
  library::wipe(buffer);
  mbedtls_x509write_crt_free(&certificate);
  mbedtls_pk_free(&key);
  return made.certificate.empty() || made.key.empty() ? SelfSigned{} : made;
}

}  // namespace linnet::tls
