// SPDX-License-Identifier: Apache-2.0
#include "tls/nts_records.hpp"

#include <algorithm>

#include "core/base/reader.hpp"

namespace linnet::tls::nts {
namespace {

enum class Type : std::uint16_t {
  end = 0,
  next_protocol = 1,
  error = 2,
  warning = 3,
  aead = 4,
  cookie = 5,
  server = 6,
  port = 7,
};
constexpr std::uint16_t critical = 0x8000;

constexpr std::uint8_t request_bytes[] = {0x80, 1, 0, 2, 0, ntpv4, 0x80, 4, 0, 2, 0, aes_siv_cmac_256,
                                          0x80, 0, 0, 0};

std::string_view words_of_error(std::uint16_t code) {
  switch (code) {
    case 0:
      return "the server does not know a part of the request that it must know";
    case 1:
      return "the server calls the request a bad one";
    case 2:
      return "the server has an error of its own";
    default:
      return "the server has an error that has no name";
  }
}

/// A name or an address as it may stand in a URL: nothing else is shown or looked up.
bool is_name(Bytes bytes) {
  return !bytes.empty() && bytes.size() <= 253 &&
         std::ranges::all_of(bytes, [](std::uint8_t c) { return c > ' ' && c < 0x7f; });
}

bool is_one(Bytes body, std::uint16_t value) { return body.size() == 2 && load16(body.data()) == value; }

}  // namespace

const Bytes request(request_bytes);

std::size_t whole_answer(Bytes bytes) {
  Reader r(bytes);
  while (r.remaining() >= 4) {
    const std::uint16_t type = r.u16();
    r.skip(r.u16());
    if (r.ok() && (type & ~critical) == static_cast<std::uint16_t>(Type::end)) return r.position();
  }
  return 0;
}

std::string_view parse_answer(Bytes bytes, Answer& answer) {
  Reader r(bytes);
  bool protocol = false;
  bool aead = false;
  while (!r.at_end()) {
    const std::uint16_t word = r.u16();
    const Bytes body = r.bytes(r.u16());
    if (!r.ok()) return "the server's answer is cut short";
    switch (static_cast<Type>(word & ~critical)) {
      case Type::end:
        if (!protocol) return "the server does not offer NTPv4";
        if (!aead) return "the server does not offer AES-SIV-CMAC-256";
        return answer.cookies.empty() ? "the server gave no cookie" : "";
      case Type::next_protocol:
        protocol = is_one(body, ntpv4);
        break;
      case Type::error:
        return words_of_error(body.size() == 2 ? load16(body.data()) : std::uint16_t{0xffff});
      case Type::warning:  // RFC 8915 4.1.4: none is known, and an unknown one is an error
        return "the server warns of something that has no name";
      case Type::aead:
        aead = is_one(body, aes_siv_cmac_256);
        break;
      case Type::cookie:
        if (body.empty() || body.size() > most_cookie_size) return "the server's cookies are no cookies";
        if (answer.cookies.size() < most_cookies) answer.cookies.emplace_back(body.begin(), body.end());
        break;
      case Type::server:
        if (!is_name(body)) return "the server names no server";
        answer.server.assign(body.begin(), body.end());
        break;
      case Type::port:
        if (body.size() != 2 || load16(body.data()) == 0) return "the server names no port";
        answer.port = load16(body.data());
        break;
      default:
        if ((word & critical) != 0) return "the server's answer has a part that is not known here";
    }
  }
  return "the server's answer has no end";
}

}  // namespace linnet::tls::nts
