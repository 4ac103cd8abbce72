// SPDX-License-Identifier: Apache-2.0
#include "tls/words.hpp"

#include <array>

#include "tls/library.hpp"

namespace linnet::tls {

std::string alert_words(int description) {
  switch (description) {
    case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
      return "the other side refused: there is no cipher suite or certificate that suits both";
    case MBEDTLS_SSL_ALERT_MSG_NO_CERT:
      return "the other side refused: it wants a certificate";
    case MBEDTLS_SSL_ALERT_MSG_BAD_CERT:
    case MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT:
      return "the other side refused our certificate";
    case MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED:
      return "the other side refused our certificate: revoked";
    case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED:
      return "the other side refused our certificate: expired";
    case MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN:
    case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
      return "the other side refused our certificate: it does not know who issued it";
    case MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED:
      return "the other side refused: access denied";
    case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
      return "the other side refused: there is no version of TLS that both speak";
    case MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY:
      return "the other side refused: our cipher suites are not enough for it";
    case MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR:
      return "the other side refused: an error of its own";
    case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_PSK_IDENTITY:
    case MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR:
      return "the other side refused: it knows no such key";
    case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
      return "the other side refused: it does not serve that host name";
    case MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL:
      return "the other side refused: it speaks none of the application protocols";
    default:
      return description < 0 ? "the other side refused"
                             : "the other side refused: alert " + std::to_string(description);
  }
}

std::string error_words(int error) {
  switch (error) {
    case library::no_common_suite:
      return "there is no cipher suite that both sides speak";
    case MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY:
      return "the client named a key that is not known here";
    case MBEDTLS_ERR_SSL_INVALID_MAC:
      return "a record was changed on its way";
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
      return "what came is not TLS";
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
      return "the other side sent a message out of turn";
    case MBEDTLS_ERR_SSL_TIMEOUT:
      return "the other side did not answer";
    case MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE:
      return "the other side's certificates, or another message of its handshake, are too long for one "
             "record, and this mbedTLS reads no "
             "more";
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
      return "there is no memory";
    default:
      break;
  }
  std::array<char, 160> text{};
  mbedtls_strerror(error, text.data(), text.size());
  return text.data();
}

}  // namespace linnet::tls
