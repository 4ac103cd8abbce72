// SPDX-License-Identifier: Apache-2.0
// What differs between the versions of mbedTLS, 2.28 and 3.6, in one place: nothing else here asks which one
// it is.
#pragma once

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/sha256.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#endif

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "core/base/bytes.hpp"

namespace linnet::tls::library {

// Below it, parsers of X.509 and TLS have known holes (C27-01): we have none of our own, so theirs must be
// sound.
static_assert(MBEDTLS_VERSION_NUMBER >= 0x021c0300, "mbedTLS 2.28.3 or later is needed");

using RandomFunction = int (*)(void* context, unsigned char* out, std::size_t size);

inline int parse_key(mbedtls_pk_context& key, Bytes text, Bytes password,
                     [[maybe_unused]] RandomFunction random, [[maybe_unused]] void* context) {
#if MBEDTLS_VERSION_MAJOR < 3
  return mbedtls_pk_parse_key(&key, text.data(), text.size(), password.data(), password.size());
#else
  return mbedtls_pk_parse_key(&key, text.data(), text.size(), password.data(), password.size(), random,
                              context);
#endif
}

inline int check_pair(const mbedtls_pk_context& certified, const mbedtls_pk_context& key,
                      [[maybe_unused]] RandomFunction random, [[maybe_unused]] void* context) {
#if MBEDTLS_VERSION_MAJOR < 3
  return mbedtls_pk_check_pair(&certified, &key);
#else
  return mbedtls_pk_check_pair(&certified, &key, random, context);
#endif
}

inline int sha256(Bytes bytes, std::uint8_t* out) {
#if MBEDTLS_VERSION_MAJOR < 3
  return mbedtls_sha256_ret(bytes.data(), bytes.size(), out, 0);
#else
  return mbedtls_sha256(bytes.data(), bytes.size(), out, 0);
#endif
}

/// `serial` is big-endian, and positive.
inline int set_serial(mbedtls_x509write_cert& certificate, MutableBytes serial) {
#if MBEDTLS_VERSION_MAJOR < 3
  mbedtls_mpi number;
  mbedtls_mpi_init(&number);
  int result = mbedtls_mpi_read_binary(&number, serial.data(), serial.size());
  if (result == 0) result = mbedtls_x509write_crt_set_serial(&certificate, &number);
  mbedtls_mpi_free(&number);
  return result;
#else
  return mbedtls_x509write_crt_set_serial_raw(&certificate, serial.data(), serial.size());
#endif
}

/// A new key on the curve P-256.
inline int make_key(mbedtls_pk_context& key, RandomFunction random, void* context) {
  const int result = mbedtls_pk_setup(&key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
  return result != 0 ? result
                     : mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key), random, context);
}

/// TLS 1.3 can be spoken, too. (MBEDTLS_SSL_PROTO_TLS1_3 alone does not say so: 2.28 has an unfinished one.)
#if MBEDTLS_VERSION_MAJOR >= 3 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
inline constexpr bool has_tls13 = true;
inline constexpr std::array<int, 3> tls13_suites{MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
                                                 MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
                                                 MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256};
#else
inline constexpr bool has_tls13 = false;
inline constexpr std::array<int, 0> tls13_suites{};
#endif

/// All random numbers are asked of us; else PSA, which makes the keys of TLS 1.3's exchange, has a generator
/// of its own: see tls/psa_random.cpp.
#if MBEDTLS_VERSION_MAJOR < 3 || defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
inline constexpr bool asks_for_random = true;
#else
inline constexpr bool asks_for_random = false;
#endif

/// To be called before the first connection; again does no harm. False: there is no memory.
inline bool begin() {
#if MBEDTLS_VERSION_MAJOR < 3
  return true;
#else
  return psa_crypto_init() == PSA_SUCCESS;  // TLS 1.3 exchanges its keys by PSA
#endif
}

/// The oldest version of TLS that the library can speak, as on the wire (0x0301: TLS 1.0, 0x0303: TLS 1.2).
#if MBEDTLS_VERSION_MAJOR >= 3
inline constexpr int oldest_version = 0x0303;
#elif defined(MBEDTLS_SSL_PROTO_TLS1)
inline constexpr int oldest_version = 0x0301;
#elif defined(MBEDTLS_SSL_PROTO_TLS1_1)
inline constexpr int oldest_version = 0x0302;
#else
inline constexpr int oldest_version = 0x0303;
#endif

/// From `least`, which is no older than `oldest_version`, to `most`, numbers as on the wire.
inline void set_versions(mbedtls_ssl_config& config, int least, int most) {
#if MBEDTLS_VERSION_MAJOR < 3
  mbedtls_ssl_conf_min_version(&config, least >> 8, least & 0xff);
  mbedtls_ssl_conf_max_version(&config, most >> 8, most & 0xff);
#else
  mbedtls_ssl_conf_min_tls_version(&config, static_cast<mbedtls_ssl_protocol_version>(least));
  mbedtls_ssl_conf_max_tls_version(&config, static_cast<mbedtls_ssl_protocol_version>(most));
#endif
}

/// TLS 1.2, or what is newer if it is wished and there; keys are exchanged on good curves, and signed with
/// SHA-2.
inline void restrict_protocol(mbedtls_ssl_config& config, bool newest = false) {
  set_versions(config, 0x0303, newest && has_tls13 ? 0x0304 : 0x0303);
#if MBEDTLS_VERSION_MAJOR < 3
  static constexpr mbedtls_ecp_group_id curves[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                                    MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_SECP521R1,
                                                    MBEDTLS_ECP_DP_NONE};
  static constexpr int hashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
  mbedtls_ssl_conf_curves(&config, curves);
  mbedtls_ssl_conf_sig_hashes(&config, hashes);
#else
  static constexpr std::uint16_t groups[] = {
      MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
      MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
      MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
  mbedtls_ssl_conf_groups(&config, groups);
#endif
}

/// A client wants to hear of TLS 1.3's tickets, which come after the handshake.
inline void hear_of_tickets([[maybe_unused]] mbedtls_ssl_config& config) {
#if MBEDTLS_VERSION_MAJOR >= 3 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
  mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
      &config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}

/// The result of a call that did nothing but take in such a ticket: it is to be called again.
inline bool is_ticket([[maybe_unused]] int result) {
#if MBEDTLS_VERSION_MAJOR < 3
  return false;
#else
  return result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#endif
}

/// RFC 5705, RFC 8446 7.5: keys for a use of one's own. False: this library cannot.
inline bool export_keys([[maybe_unused]] mbedtls_ssl_context& ssl, [[maybe_unused]] std::string_view label,
                        [[maybe_unused]] Bytes context, [[maybe_unused]] MutableBytes out) {
#if MBEDTLS_VERSION_MAJOR >= 3 && defined(MBEDTLS_SSL_KEYING_MATERIAL_EXPORT)
  return mbedtls_ssl_export_keying_material(&ssl, out.data(), out.size(), label.data(), label.size(),
                                            context.data(), context.size(), 1) == 0;
#else
  return false;
#endif
}

/// The description of the alert that a fatal one had, or -1: none.
inline int alert_description(const mbedtls_ssl_context& ssl) {
#if MBEDTLS_VERSION_MAJOR < 3
  return ssl.in_msg != nullptr ? ssl.in_msg[1] : -1;
#else
  return ssl.MBEDTLS_PRIVATE(in_msg) != nullptr ? ssl.MBEDTLS_PRIVATE(in_msg)[1] : -1;
#endif
}

/// A client is about to show its certificate, or that it has none. (3.6 does not tell whether the server
/// asked.)
inline bool is_at_client_certificate(const mbedtls_ssl_context& ssl) {
#if MBEDTLS_VERSION_MAJOR < 3
  return ssl.state == MBEDTLS_SSL_CLIENT_CERTIFICATE && ssl.client_auth != 0;
#else
  return ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_CLIENT_CERTIFICATE;
#endif
}

inline bool is_handshake_over(const mbedtls_ssl_context& ssl) {
#if MBEDTLS_VERSION_MAJOR < 3
  return ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER;
#else
  return mbedtls_ssl_is_handshake_over(const_cast<mbedtls_ssl_context*>(&ssl)) != 0;
#endif
}

/// The session is one of a peer whose certificate was accepted, and has it.
inline bool has_accepted_peer([[maybe_unused]] const mbedtls_ssl_session& session) {
#if !defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
  return false;
#elif MBEDTLS_VERSION_MAJOR < 3
  return session.peer_cert != nullptr && session.verify_result == 0;
#else
  return session.MBEDTLS_PRIVATE(peer_cert) != nullptr && session.MBEDTLS_PRIVATE(verify_result) == 0;
#endif
}

/// Seconds since 1970 of the full handshake that the session is from; 0: this library does not keep it.
inline std::int64_t start_of([[maybe_unused]] const mbedtls_ssl_session& session) {
#if !defined(MBEDTLS_HAVE_TIME)
  return 0;
#elif MBEDTLS_VERSION_MAJOR < 3
  return session.start;
#else
  return session.MBEDTLS_PRIVATE(start);
#endif
}

/// After a handshake of TLS 1.2: its secret is that of `session`, which it has therefore resumed.
inline bool has_secret_of(const mbedtls_ssl_context& ssl, const mbedtls_ssl_session& session) {
#if MBEDTLS_VERSION_MAJOR < 3
  const mbedtls_ssl_session* now = ssl.session;
  return now != nullptr &&
         std::equal(std::begin(now->master), std::end(now->master), std::begin(session.master));
#else
  const mbedtls_ssl_session* now = ssl.MBEDTLS_PRIVATE(session);
  return now != nullptr &&
         std::equal(std::begin(now->MBEDTLS_PRIVATE(master)), std::end(now->MBEDTLS_PRIVATE(master)),
                    std::begin(session.MBEDTLS_PRIVATE(master)));
#endif
}

/// What mbedtls_ssl_get_user_data_p gives; 2.28 has no place for it.
inline void set_user_data([[maybe_unused]] mbedtls_ssl_context& ssl, [[maybe_unused]] void* data) {
#if MBEDTLS_VERSION_MAJOR >= 3
  mbedtls_ssl_set_user_data_p(&ssl, data);
#endif
}

/// The error of a server that shares no cipher suite with its client.
#if MBEDTLS_VERSION_MAJOR < 3
inline constexpr int no_common_suite = MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN;
#else
inline constexpr int no_common_suite = MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
#endif

/// Whether a handshake failed because the peer's certificate is not accepted.
inline bool is_certificate_error(int error) {
#if MBEDTLS_VERSION_MAJOR < 3
  constexpr int unsuited = MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE;
#else
  constexpr int unsuited = MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
#endif
  return error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || error == unsuited;
}

/// Wipes what was secret.
inline void wipe(MutableBytes bytes) { mbedtls_platform_zeroize(bytes.data(), bytes.size()); }

}  // namespace linnet::tls::library
