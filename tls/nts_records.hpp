// SPDX-License-Identifier: Apache-2.0
// The records of NTS's key establishment (RFC 8915 4): bytes to values and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"

namespace linnet::tls::nts {

constexpr std::uint16_t key_exchange_port = 4460;
constexpr std::uint16_t ntpv4 = 0;              ///< the protocol
constexpr std::uint16_t aes_siv_cmac_256 = 15;  ///< the cipher, as IANA numbers it
constexpr std::size_t most_cookies = 8;         ///< RFC 8915 6
constexpr std::size_t most_cookie_size = 256;   ///< that is believed; servers have some 100 bytes
constexpr std::size_t most_answer_size = 8192;

/// What a client asks: NTPv4, by AEAD_AES_SIV_CMAC_256.
extern const Bytes request;

struct Answer {
  std::vector<std::vector<std::uint8_t>> cookies;
  std::string server;  ///< whom to ask for the time; empty: who answered here
  std::uint16_t port = 123;
};

/// Bytes of an answer up to the end of its record End of Message, or 0: it is not whole yet.
std::size_t whole_answer(Bytes bytes);
/// Empty words and an answer, or what is wrong with it.
std::string_view parse_answer(Bytes bytes, Answer& answer);

}  // namespace linnet::tls::nts
