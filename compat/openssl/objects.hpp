// SPDX-License-Identifier: Apache-2.0
// What the opaque types of the OpenSSL mapping are.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "compat/openssl/client_hello.hpp"
#include "core/base/random.hpp"
#include "tls/library.hpp"
#include "tls/options.hpp"

struct x509_name_st {
  std::vector<unsigned char> der;
  std::string words;
};
struct x509_st {
  x509_st() { mbedtls_x509_crt_init(&chain); }
  ~x509_st() { mbedtls_x509_crt_free(&chain); }
  mbedtls_x509_crt chain;
  mutable std::unique_ptr<X509_NAME> subject, issuer;  // once somebody has asked
};
struct evp_pkey_st {
  evp_pkey_st() { mbedtls_pk_init(&key); }
  ~evp_pkey_st() { mbedtls_pk_free(&key); }
  mbedtls_pk_context key;
};
struct x509_store_st {
  x509_st trusted;
};
struct x509_store_ctx_st {
  int error = X509_V_OK;
  int depth = 0;
  X509* current = nullptr;
  SSL* ssl = nullptr;
};
struct x509_verify_param_st {
  std::string host;
  unsigned int flags = 0;
};
struct stack_st {
  std::vector<const void*> items;
};
struct bio_method_st {
  int type = BIO_TYPE_MEM;
};
struct bio_st {
  std::string bytes;  // that this end reads
  std::size_t capacity = ~std::size_t{0};
  bio_st* peer = nullptr;  // whose bytes this end writes; of a pair
  bool pair = false;
  bool read_only = false;
  int flags = 0;
};
struct ssl_method_st {
  int endpoint = -1;  // MBEDTLS_SSL_IS_CLIENT, ..._SERVER, or either
  int version = TLS_ANY_VERSION;
};
/// Of the connection that a session is from: what spares the next one its proofs must not prove more.
struct SessionProof {
  bool peer_checked = false;  // a certificate was shown, and looked at
  long verify_result = X509_V_OK;
  std::string host{};  // that the certificate was checked for
  bool shared_key = false;
  long time = 0;  // UTC, seconds since 1970
  long timeout = 300;
};
struct ssl_session_st {
  ssl_session_st() { mbedtls_ssl_session_init(&session); }
  ~ssl_session_st() { mbedtls_ssl_session_free(&session); }
  mbedtls_ssl_session session;
  SessionProof proof;
};

namespace linnet::openssl {

using Certificate = std::shared_ptr<x509_st>;
using Key = std::shared_ptr<evp_pkey_st>;

/// A list that owns what is in it.
struct Names {
  ~Names();
  OPENSSL_STACK list;
};

/// What a context sets and a connection may set otherwise.
struct Settings {
  const SSL_METHOD* method = nullptr;
  int least = TLS1_2_VERSION;
  int most = TLS1_2_VERSION;
  unsigned long options = 0;
  long mode = 0;
  long timeout = 300;
  int read_ahead = 0;
  bool quiet_shutdown = false;
  int verify_mode = SSL_VERIFY_NONE;
  int verify_depth = 8;
  SSL_verify_cb verify_callback = nullptr;
  Certificate certificate;  // with its chain
  Key key;
  std::vector<int> suites;  // zero-terminated; empty: tls::strong_suites
  std::vector<std::string> protocols;
  void* app_data = nullptr;
  std::shared_ptr<Names> client_authorities;  // null: not set
  SSL_client_cert_cb_func client_certificate = nullptr;
  SSL_psk_server_cb_func find_key = nullptr;
  SSL_psk_client_cb_func choose_key = nullptr;
  std::string key_hint;
  bool has_key_hint = false;
};

/// Who chooses among the protocols that a client offers; null: mbedTLS, from Settings::protocols.
struct AlpnSelection {
  SSL_CTX_alpn_select_cb_func select = nullptr;
  void* argument = nullptr;
};

/// What programs keep with an object, by number.
class ExtraData {
 public:
  bool set(int index, void* data);
  void* get(int index) const;

 private:
  std::vector<void*> items_;
};

/// The name that the server's certificate must be for; empty: nobody has said.
const std::string& checked_name(const SSL& ssl);
/// The session that was set, if this connection may be spared a full handshake by it, or null.
SSL_SESSION* session_to_offer(const SSL& ssl);
/// A server gives tickets, and takes them back. False: there is no memory.
bool set_up_tickets(SSL& ssl);
/// What the handshake came to where a session was resumed.
void note_resumption(SSL& ssl);

void push_error(int lib, int library_error, const char* file, int line);

bool parse_der(X509& x509, const unsigned char* bytes, std::size_t size);
bool parse_key(EVP_PKEY& key, const unsigned char* bytes, std::size_t size);
bool append_certificate(X509& to, const mbedtls_x509_crt& one);
bool read_certificates(const char* file, int type, X509& to);
bool read_key(const char* file, int type, EVP_PKEY& to);
Certificate copy_of(const X509& x509);
Key copy_of(const EVP_PKEY& key);
std::vector<int> suites_of(const char* list);
/// What `settings` would speak, zero-terminated.
const int* suites_of(const Settings& settings);
void fill_chain(const SSL& ssl);
/// For what is declared and cannot be done; 0.
int unsupported(const char* file, int line);
bool uses_shared_key(const SSL& ssl);
bool set_protocols(Settings& settings, const unsigned char* protos, unsigned int length);
long verify_error_of(std::uint32_t flags, const mbedtls_x509_crt* certificate);
Random seeded_random();

}  // namespace linnet::openssl

struct ssl_ctx_st {
  int references = 1;
  linnet::openssl::Settings settings;
  linnet::openssl::AlpnSelection alpn;
  std::unique_ptr<X509_STORE> store = std::make_unique<X509_STORE>();
  std::shared_ptr<linnet::tls::Tickets> tickets;  // once a server has needed them
  linnet::openssl::ExtraData ex_data;
  mutable OPENSSL_STACK ciphers;  // as last asked for
};

struct ssl_st {
  ssl_st() : random(linnet::openssl::seeded_random()) {}
  int references = 1;
  SSL_CTX* ctx = nullptr;
  linnet::openssl::Settings settings;
  X509_STORE store;  // beside the context's
  bool own_store = false;
  X509_VERIFY_PARAM param;
  std::string server_name;
  linnet::Random random;
  mbedtls_ssl_context ssl;
  mbedtls_ssl_config config;
  std::vector<const char*> protocols;
  linnet::openssl::ClientHello hello;  // read only for AlpnSelection
  std::string selected;                // by AlpnSelection
  linnet::openssl::ExtraData ex_data;
  bool set_up = false;
  bool established = false;
  int endpoint = -1;
  int read_fd = -1;
  int write_fd = -1;
  BIO* read_bio = nullptr;
  BIO* write_bio = nullptr;
  int shutdown = 0;
  int want = SSL_NOTHING;
  int last_error = SSL_ERROR_NONE;
  bool transport_ended = false;
  long verify_result = X509_V_OK;
  bool peer_checked = false;  // a certificate was shown in this handshake, and looked at
  bool resumed = false;
  std::shared_ptr<linnet::tls::Tickets> tickets;
  long time = 0;  // 0: not set
  int security_level = 1;
  std::string peeked;
  std::string key_identity;
  bool client_certificate_asked = false;  // the program has answered
  mutable std::vector<linnet::openssl::Certificate> peer_chain;
  mutable OPENSSL_STACK peer_chain_list;
  std::size_t half_written = 0;
  std::size_t waiting_write = 0;  // bytes of the SSL_write that is to be repeated
  SSL_SESSION* session = nullptr;
  void (*info)(const SSL*, int, int) = nullptr;
};
