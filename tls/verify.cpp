// SPDX-License-Identifier: Apache-2.0
// What is to be said of the peer's certificates, beside what mbedTLS finds: dates by our clock, addresses,
// and words.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "tls/calendar.hpp"
#include "tls/connection.hpp"

namespace linnet::tls {
namespace {

constexpr int tag_ip_address = 0x87;  // RFC 5280 4.2.1.6: iPAddress [7]
constexpr int tag_dns_name = 0x82;

/// What comes from outside must not reach a terminal as control sequences.
std::string printable(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes.first(std::min<std::size_t>(bytes.size(), 80))) {
    text += byte < ' ' || byte >= 0x7f ? '?' : static_cast<char>(byte);
  }
  return text;
}

std::string name_words(const mbedtls_x509_name& name) {
  std::array<char, 160> text{};
  if (mbedtls_x509_dn_gets(text.data(), text.size(), &name) < 0) return "somebody with a long name";
  return printable({reinterpret_cast<const std::uint8_t*>(text.data()), std::strlen(text.data())});
}

std::string date_words(const mbedtls_x509_time& date) {
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d UTC", date.year, date.mon, date.day,
                date.hour, date.min);
  return text.data();
}

std::string address_words(Bytes bytes) {
  if (bytes.size() == 4) return std::string(AddressText(IpAddress::v4(bytes.first<4>())).view());
  if (bytes.size() == 16) return std::string(AddressText(IpAddress::v6(bytes.first<16>())).view());
  return {};
}

/// "a.example, b.example, 192.0.2.1", at most four of them.
std::string names_of(const mbedtls_x509_crt& certificate) {
  std::string text;
  int count = 0;
  const bool listed = certificate.subject_alt_names.buf.p != nullptr;
  for (const auto* one = &certificate.subject_alt_names; listed && one != nullptr; one = one->next) {
    const Bytes bytes(one->buf.p, one->buf.len);
    std::string name;
    if (one->buf.tag == tag_dns_name) name = printable(bytes);
    if (one->buf.tag == tag_ip_address) name = address_words(bytes);
    if (name.empty()) continue;
    if (++count > 4) return text + ", ...";
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? name_words(certificate.subject) : text;
}

bool self_issued(const mbedtls_x509_crt& certificate) {
  const auto& subject = certificate.subject_raw;
  const auto& issuer = certificate.issuer_raw;
  return subject.len == issuer.len && std::memcmp(subject.p, issuer.p, subject.len) == 0;
}

}  // namespace

/// Called from the authority's certificate down to the peer's own; `flags` is what mbedTLS thinks of this
/// one.
int Connection::check_certificate(void* self, mbedtls_x509_crt* certificate, int depth,
                                  std::uint32_t* flags) {
  auto& connection = *static_cast<Connection*>(self);
  connection.certificate_checked_ = true;
  connection.check_dates(*certificate, *flags);
  if (depth == 0) connection.check_host(*certificate, *flags);
  if (*flags != 0 && connection.certificate_words_.empty()) {
    connection.certificate_words_ = connection.certificate_problem(*certificate, *flags);
  }
  return 0;
}

/// By the clock that was given to us: mbedTLS has asked the C library's.
void Connection::check_dates(const mbedtls_x509_crt& certificate, std::uint32_t& flags) {
  flags = (flags & ~date_flags) | date_problem(certificate, port_->wall_clock().as_seconds());
}

/// RFC 9110 4.3.5: a host that is named by its address must have it in its certificate, as an address.
void Connection::check_host(const mbedtls_x509_crt& certificate, std::uint32_t& flags) const {
  if (options_.verify == Verify::chain) flags &= ~std::uint32_t{MBEDTLS_X509_BADCERT_CN_MISMATCH};
  if (!host_address_ || options_.verify == Verify::chain) return;
  flags &= ~std::uint32_t{MBEDTLS_X509_BADCERT_CN_MISMATCH};
  const IpAddress& address = *host_address_;
  const Bytes wanted = address.is_v4() ? Bytes(address.v4_bytes()) : Bytes(address.bytes());
  for (const auto* one = &certificate.subject_alt_names; one != nullptr; one = one->next) {
    if (one->buf.tag != tag_ip_address || one->buf.p == nullptr) continue;
    if (std::ranges::equal(Bytes(one->buf.p, one->buf.len), wanted)) return;
  }
  flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
}

std::string Connection::certificate_problem(const mbedtls_x509_crt& certificate, std::uint32_t flags) {
  const std::int64_t now = port_->wall_clock().as_seconds();
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
    if (self_issued(certificate)) {
      return "the certificate is self-signed, and not among those that are trusted: " +
             name_words(certificate.subject);
    }
    return "the certificate was issued by somebody who is not trusted: " + name_words(certificate.issuer);
  }
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
    return "the certificate is for " + names_of(certificate) + ", not for " + std::string(options_.host_name);
  }
  if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) {
    return "the certificate expired on " + date_words(certificate.valid_to);
  }
  if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) {
    const std::string clock =
        now == 0 ? "this machine does not know the time" : "it is " + date_words(date_of(now));
    return "the certificate is not valid before " + date_words(certificate.valid_from) + ", and " + clock;
  }
  if ((flags & MBEDTLS_X509_BADCERT_MISSING) != 0) return "the other side showed no certificate";
  if ((flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY)) !=
      0) {
    return "the certificate has a signature or a key that is too weak";
  }
  if ((flags & (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE)) != 0) {
    return "the certificate is made for another use";
  }
  std::array<char, 200> text{};
  mbedtls_x509_crt_verify_info(text.data(), text.size(), "", flags);
  return "the certificate is not accepted: " +
         printable({reinterpret_cast<const std::uint8_t*>(text.data()), std::strlen(text.data())});
}

}  // namespace linnet::tls
