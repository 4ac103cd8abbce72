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
  connection.tell_problems(*certificate, depth, *flags);
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

/// All of them: who goes on all the same must know of each.
void Connection::tell_problems(const mbedtls_x509_crt& certificate, int depth, std::uint32_t flags) {
  const std::string subject =
      depth == 0 ? "the certificate" : "the certificate of " + name_words(certificate.subject);
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
    tell(self_issued(certificate) ? "the certificate is self-signed, and not among those that are trusted: " +
                                        name_words(certificate.subject)
                                  : "the certificate was issued by somebody who is not trusted: " +
                                        name_words(certificate.issuer));
  }
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0)
    tell(subject + " is for " + names_of(certificate) + ", not for " + std::string(options_.host_name));
  if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0)
    tell(subject + " expired on " + date_words(certificate.valid_to));
  if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) {
    const std::int64_t now = port_->wall_clock().as_seconds();
    tell(subject + " is not valid before " + date_words(certificate.valid_from) + ", and " +
         (now == 0 ? "this machine does not know the time" : "it is " + date_words(date_of(now))));
  }
  constexpr std::uint32_t told =
      date_flags | MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_CN_MISMATCH;
  told_problems_ |= flags & told;
  tell_problems(subject, flags & ~told);
}

/// Those that have no words of the certificate's own.
void Connection::tell_problems(const std::string& subject, std::uint32_t flags) {
  constexpr std::uint32_t weak =
      MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY;
  constexpr std::uint32_t use =
      MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE;
  told_problems_ |= flags;
  if ((flags & MBEDTLS_X509_BADCERT_REVOKED) != 0) tell(subject + " was revoked");
  if ((flags & weak) != 0) tell(subject + " has a signature or a key that is too weak");
  if ((flags & use) != 0) tell(subject + " is made for another use");
  flags &= ~(MBEDTLS_X509_BADCERT_REVOKED | weak | use);
  if (flags == 0) return;
  std::array<char, 200> text{};
  mbedtls_x509_crt_verify_info(text.data(), text.size(), "", flags);
  tell(subject + " is not accepted: " +
       printable({reinterpret_cast<const std::uint8_t*>(text.data()), std::strlen(text.data())}));
}

/// What mbedTLS finds beside the chain, of the server's certificate alone: its use, and the curve of its key.
void Connection::tell_other_problems() {
  if (options_.role != Role::client || options_.shared_key != nullptr || !certificate_checked_) return;
  tell_problems("the certificate", mbedtls_ssl_get_verify_result(&ssl_) & ~told_problems_);
}

void Connection::tell(const std::string& words) {
  certificate_words_ += (certificate_words_.empty() ? "" : "; ") + words;
}

}  // namespace linnet::tls
