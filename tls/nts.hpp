// SPDX-License-Identifier: Apache-2.0
// NTS (RFC 8915): the time from a server that proves who it is. The keys come by TLS 1.3, which mbedTLS 3.6
// speaks and 2.28 does not (library::has_tls13); requests and answers work with both.
#pragma once

#include <optional>

#include "core/base/random.hpp"
#include "services/sntp/security.hpp"
#include "tls/aes_siv.hpp"
#include "tls/nts_records.hpp"
#include "tls/stream.hpp"

namespace linnet::tls {

class Nts final : public sntp::Security {
 public:
  using Key = std::array<std::uint8_t, AesSiv::key_size>;
  /// Keys can be exchanged with this mbedTLS.
  static constexpr bool possible = library::has_tls13;
  /// Options::protocols of the key exchange.
  static constexpr const char* protocols[] = {"ntske/1"};
  static constexpr std::size_t identifier_size = 32;
  static constexpr std::size_t nonce_size = 16;

  explicit Nts(const Random::Seed& seed);
  ~Nts();
  Nts(const Nts&) = delete;
  Nts& operator=(const Nts&) = delete;

  /// Gets keys and cookies over `stream`, a client's with `protocols` to nts::key_exchange_port. False:
  /// words() says why. Waits.
  bool exchange_keys(Stream& stream);
  /// The same, had elsewhere: the keys to the server and from it.
  void set_keys(const Key& to_server, const Key& from_server, nts::Answer answer);
  std::string_view words() const { return words_; }
  /// What the key exchange named; empty: whoever answered there.
  const std::string& server() const { return answer_.server; }

  /// Keys are to be exchanged anew: there is no cookie left, or the server no longer knows ours.
  bool needs_keys() const { return answer_.cookies.empty(); }
  std::size_t cookies() const { return answer_.cookies.size(); }

  std::uint16_t port() const override { return answer_.port; }
  Bytes secure(Bytes message) override;
  MutableBytes room() override { return received_; }
  bool accept(Bytes answer) override;

 private:
  bool fail(std::string_view words);
  bool take_answer(Stream& stream);
  bool authentic(Bytes answer, std::size_t authenticator, Bytes body);
  void take_cookies(Bytes fields);

  Random random_;
  std::optional<AesSiv> to_server_, from_server_;
  nts::Answer answer_;
  std::string words_;
  std::array<std::uint8_t, identifier_size> identifier_{};  // of the last request
  bool waiting_ = false;                                    // for its answer
  std::vector<std::uint8_t> request_;
  std::array<std::uint8_t, 2048> received_{};
};

}  // namespace linnet::tls
