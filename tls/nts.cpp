// SPDX-License-Identifier: Apache-2.0
#include "tls/nts.hpp"

#include <algorithm>
#include <utility>

#include "core/base/reader.hpp"
#include "services/sntp/wire.hpp"
#include "tls/library.hpp"

namespace linnet::tls {
namespace {

/// RFC 8915 5.7.
enum class Field : std::uint16_t {
  identifier = 0x0104,
  cookie = 0x0204,
  placeholder = 0x0304,
  authenticator = 0x0404,
};
constexpr std::size_t field_header = 4;
constexpr std::uint32_t nak = 0x4e54534e;  // "NTSN"

constexpr std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

void put16(std::vector<std::uint8_t>& to, std::size_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}

/// RFC 7822: type, length with this header, and the body with zeros up to a word's end.
void put_field(std::vector<std::uint8_t>& to, Field type, Bytes body) {
  put16(to, static_cast<std::uint16_t>(type));
  put16(to, field_header + padded(body.size()));
  to.insert(to.end(), body.begin(), body.end());
  to.resize(to.size() + padded(body.size()) - body.size());
}

/// The body of the next field; its header is in front. Failure of `r`: there is no whole one.
Bytes take_field(Reader& r, Field& type) {
  type = static_cast<Field>(r.u16());
  const std::size_t length = r.u16();
  if (length < field_header || length % 4 != 0) r.fail();
  return r.bytes(length - field_header);
}

}  // namespace

Nts::Nts(const Random::Seed& seed) : random_(seed) {}
Nts::~Nts() {
  for (auto& cookie : answer_.cookies) library::wipe(cookie);
}

bool Nts::fail(std::string_view words) {
  words_ = words;
  return false;
}

void Nts::set_keys(const Key& to_server, const Key& from_server, nts::Answer answer) {
  to_server_.emplace(to_server);
  from_server_.emplace(from_server);
  answer_ = std::move(answer);
  waiting_ = false;
}

bool Nts::exchange_keys(Stream& stream) {
  if (!possible) return fail("this mbedTLS has no TLS 1.3, which NTS needs");
  if (!stream.handshake()) return fail(stream.words());
  const Connection& connection = stream.connection();
  if (connection.version() != "TLSv1.3") return fail("the server does not speak TLS 1.3, which NTS needs");
  if (connection.alpn() != protocols[0]) return fail("the server does not speak NTS");
  if (!stream.write(nts::request)) return fail(stream.words());
  return take_answer(stream);
}

bool Nts::take_answer(Stream& stream) {
  std::vector<std::uint8_t> bytes;
  std::size_t size = 0;
  while ((size = nts::whole_answer(bytes)) == 0) {
    std::array<std::uint8_t, 1024> piece{};
    if (bytes.size() > nts::most_answer_size) return fail("the server's answer has no end");
    const std::ptrdiff_t got = stream.read(piece);
    if (got < 0) return fail(stream.words());
    if (got == 0) return fail("the server's answer has no end");
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + got);
  }
  nts::Answer answer;
  if (const auto wrong = nts::parse_answer(Bytes(bytes).first(size), answer); !wrong.empty())
    return fail(wrong);
  // RFC 8915 5.1: a key for each direction, which the last byte tells.
  Key keys[2];
  for (std::uint8_t direction = 0; direction < 2; ++direction) {
    const std::uint8_t context[] = {0, nts::ntpv4, 0, nts::aes_siv_cmac_256, direction};
    if (!library::export_keys(stream.connection().library(), "EXPORTER-network-time-security", context,
                              keys[direction])) {
      return fail("the keys could not be had");
    }
  }
  set_keys(keys[0], keys[1], std::move(answer));
  for (Key& key : keys) library::wipe(key);
  static_cast<void>(stream.close());
  return true;
}

/// RFC 8915 5.7: an identifier, a cookie, which is never used twice, a placeholder for each that is missing,
/// and the proof that we have the key.
Bytes Nts::secure(Bytes message) {
  request_.clear();
  waiting_ = false;
  if (!to_server_ || answer_.cookies.empty()) return {};
  std::vector<std::uint8_t> cookie = std::move(answer_.cookies.back());
  answer_.cookies.pop_back();
  request_.assign(message.begin(), message.end());
  random_.fill(identifier_);
  put_field(request_, Field::identifier, identifier_);
  put_field(request_, Field::cookie, cookie);
  // As many as fit into a packet that is not fragmented.
  const std::vector<std::uint8_t> nothing(cookie.size());
  constexpr std::size_t most_size = 1200;
  for (std::size_t have = answer_.cookies.size() + 1; have < nts::most_cookies; ++have) {
    if (request_.size() + field_header + padded(cookie.size()) > most_size) break;
    put_field(request_, Field::placeholder, nothing);
  }
  std::vector<std::uint8_t> proof(4 + nonce_size + AesSiv::tag_size);
  proof[1] = nonce_size;
  proof[3] = AesSiv::tag_size;
  const MutableBytes nonce = MutableBytes(proof).subspan(4, nonce_size);
  random_.fill(nonce);
  const Bytes associated[] = {request_, nonce};
  if (!to_server_->seal(associated, {}, MutableBytes(proof).last(AesSiv::tag_size))) return {};
  put_field(request_, Field::authenticator, proof);
  waiting_ = true;
  return request_;
}

bool Nts::accept(Bytes answer) {
  const auto message = sntp::Message::parse(answer);
  if (!waiting_ || !message) return false;
  Reader r(answer);
  r.skip(sntp::message_size);
  bool ours = false;
  while (r.remaining() > 0) {
    const std::size_t at = r.position();
    Field type{};
    const Bytes body = take_field(r, type);
    if (!r.ok()) return false;
    // What stands behind the proof is not proven (RFC 8915 5.7).
    if (type == Field::authenticator) return ours && authentic(answer, at, body);
    if (type == Field::identifier && !std::ranges::equal(body, identifier_)) return false;
    ours = ours || type == Field::identifier;
  }
  // RFC 8915 5.7: a server that does not know our cookies says so without a proof. Whoever sees our requests
  // can say it, too, and gains no more than that we exchange keys again.
  if (ours && message->stratum == 0 && message->reference_id == nak) answer_.cookies.clear();
  return false;
}

bool Nts::authentic(Bytes answer, std::size_t authenticator, Bytes body) {
  Reader r(body);
  const std::size_t nonce_length = r.u16();
  const std::size_t sealed_length = r.u16();
  const Bytes nonce = r.bytes(nonce_length);
  r.skip(padded(nonce_length) - nonce_length);
  const Bytes sealed = r.bytes(sealed_length);
  if (!r.ok() || nonce.empty() || sealed.size() < AesSiv::tag_size) return false;
  std::vector<std::uint8_t> plain(sealed.size() - AesSiv::tag_size);
  const Bytes associated[] = {answer.first(authenticator), nonce};
  if (!from_server_->open(associated, sealed, plain)) return false;
  waiting_ = false;
  take_cookies(plain);
  return true;
}

void Nts::take_cookies(Bytes fields) {
  Reader r(fields);
  while (r.remaining() > 0) {
    Field type{};
    const Bytes body = take_field(r, type);
    if (!r.ok()) return;
    const bool useful = type == Field::cookie && !body.empty() && body.size() <= nts::most_cookie_size;
    if (useful && answer_.cookies.size() < nts::most_cookies)
      answer_.cookies.emplace_back(body.begin(), body.end());
  }
}

}  // namespace linnet::tls
