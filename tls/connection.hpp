// SPDX-License-Identifier: Apache-2.0
// Connection: one TLS connection (RFC 5246, RFC 8446) or DTLS 1.2 association (RFC 6347), without its
// transport: steps that never wait, so that a thread, an event loop or a coroutine can drive it.
#pragma once

#include <vector>

#include "sockets/port.hpp"
#include "tls/credentials.hpp"
#include "tls/options.hpp"

namespace linnet::tls {

/// What a step came to.
enum class Step : std::uint8_t {
  done,
  want_read,   ///< call again once the transport has something (DTLS: or at the deadline)
  want_write,  ///< call again, with the same bytes, once the transport takes something
  closed,      ///< the peer said that it sends no more (close_notify)
  failed,      ///< see error(); every further step fails, too
};

enum class Error : std::uint8_t {
  none,
  setup,        ///< the options make no sense, or there is no memory
  certificate,  ///< the peer's certificate is not accepted
  refused,      ///< the peer sent a fatal alert
  truncated,    ///< the transport ended without a close_notify: something may have been cut off
  transport,    ///< the transport failed
  protocol,     ///< what the peer sent makes no sense, or there is nothing that both sides speak
  timed_out,    ///< DTLS: a flight was repeated in vain; (Stream) nothing moved for too long
  interrupted,  ///< (Stream) a wait was interrupted
};

/// Where the bytes of the wire go and come from.
struct Transport {
  static constexpr std::ptrdiff_t would_block = -1;
  static constexpr std::ptrdiff_t failed = -2;  ///< or anything else below zero

  void* context = nullptr;
  std::ptrdiff_t (*send)(void* context, Bytes bytes) = nullptr;
  /// 0: the other side's end of the stream. DTLS: one datagram, and 0 is an empty one.
  std::ptrdiff_t (*receive)(void* context, MutableBytes to) = nullptr;
};

class Connection {
 public:
  /// `port` gives entropy and time; it and what `options` points to must outlive the connection.
  Connection(sockets::Port& port, const Options& options, const Transport& transport);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Step handshake();
  /// `count` is at least 1 when done. Completes the handshake first, if that is to do.
  Step read(MutableBytes to, std::size_t& count);
  /// `count` of `bytes`, from the front, were taken: at most a record. After want_write, the same bytes must
  /// be given again; more may follow them.
  Step write(Bytes bytes, std::size_t& count);
  /// Says that no more will be sent.
  Step close();

  bool established() const { return established_; }
  /// Bytes that `read` yields without the transport.
  std::size_t pending() const { return mbedtls_ssl_get_bytes_avail(&ssl_); }
  /// Bytes were sent to the transport, since the start.
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  /// DTLS: when the steps are to be called though nothing came.
  Instant deadline() const { return final_; }

  Error error() const { return error_; }
  /// What happened, in words.
  std::string_view words() const { return words_; }
  /// All that speaks against the peer's certificate, with "; " between; also where it is believed all the
  /// same.
  std::string_view certificate_words() const { return certificate_words_; }
  /// mbedTLS's number of the error.
  int library_error() const { return library_error_; }

  // After the handshake:
  std::string_view suite() const;
  std::string_view version() const { return mbedtls_ssl_get_version(&ssl_); }
  /// Empty: none was agreed upon.
  std::string_view alpn() const;
  /// The keys are those of an earlier connection.
  bool resumed() const { return resumed_; }
  /// Null where the peer showed none, or the library does not keep it.
  const mbedtls_x509_crt* peer_certificate() const { return mbedtls_ssl_get_peer_cert(&ssl_); }
  /// The peer showed a certificate, now or in the session that is resumed, and it is accepted.
  bool peer_verified() const;
  /// A client's way back without certificates (RFC 5077; TLS 1.3: after the first read): bytes for
  /// Options::session, secret ones. How many, or 0: `to` has no room, or the server gave none.
  std::size_t save_session(MutableBytes to) const;

  mbedtls_ssl_context& library() { return ssl_; }

 private:
  // connection.cpp
  Connection(sockets::Port& port, const Options& options, const Transport& transport,
             const Random::Seed& seed);
  Step check_options();
  bool set_up();
  bool set_up_role();
  bool set_up_datagrams();
  bool set_up_shared_key();
  std::vector<std::uint8_t> session_head() const;
  bool load_session();
  Step step_of(int result);
  Step fail(Error error, std::string words);
  static int send(void* self, const unsigned char* bytes, std::size_t size);
  static int receive(void* self, unsigned char* to, std::size_t size);
  static void set_timer(void* self, std::uint32_t intermediate_ms, std::uint32_t final_ms);
  static int timer(void* self);
  static int choose_identity(void* self, mbedtls_ssl_context* ssl, const unsigned char* name,
                             std::size_t size);
  static int write_ticket(void* self, const mbedtls_ssl_session* session, unsigned char* start,
                          const unsigned char* end, std::size_t* length, std::uint32_t* lifetime);
  static int parse_ticket(void* self, mbedtls_ssl_session* session, unsigned char* bytes, std::size_t size);

  // verify.cpp
  static int check_certificate(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);
  void check_dates(const mbedtls_x509_crt& certificate, std::uint32_t& flags);
  void check_host(const mbedtls_x509_crt& certificate, std::uint32_t& flags) const;
  void tell_problems(const mbedtls_x509_crt& certificate, int depth, std::uint32_t flags);
  void tell_problems(const std::string& subject, std::uint32_t flags);
  void tell_other_problems();
  void tell(const std::string& words);

  sockets::Port* port_;
  Options options_;
  Transport transport_;
  Random random_;
  mbedtls_ssl_config config_;
  mbedtls_ssl_context ssl_;
  std::array<const char*, Options::most_protocols + 1> protocols_{};
  std::optional<IpAddress> host_address_;  // the host is named by its address
  bool established_ = false;
  bool resumed_ = false;
  bool certificate_checked_ = false;
  bool transport_ended_ = false;
  bool transport_failed_ = false;
  bool closed_ = false;  // by the peer
  bool close_sent_ = false;
  std::size_t half_written_ = 0;  // bytes of the record that the transport has not taken whole
  std::uint64_t bytes_sent_ = 0;
  Instant intermediate_ = Instant::never();
  Instant final_ = Instant::never();
  Error error_ = Error::none;
  int library_error_ = 0;
  std::string words_;
  std::string certificate_words_;
  std::uint32_t told_problems_ = 0;  // by certificate_words_
};

static_assert(sizeof(Options) < 256);

}  // namespace linnet::tls
