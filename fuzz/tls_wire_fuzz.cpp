// SPDX-License-Identifier: Apache-2.0
// What is read here of TLS and NTS: a ClientHello for its ALPN, the records of a key exchange, and a server's
// answer.
#include <optional>
#include <vector>

#include "compat/openssl/client_hello.hpp"
#include "fuzz/input.hpp"
#include "tls/nts.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using openssl::ClientHello;

namespace {

using Octets = std::vector<std::uint8_t>;

/// As mbedTLS's transport reads it, at most `piece` bytes at a time.
Octets offered_in(Bytes stream, std::size_t piece) {
  ClientHello hello;
  std::size_t at = 0;
  while (!hello.done()) {
    const std::size_t count = std::min({piece, hello.wanted(), stream.size() - at});
    if (count == 0) hello.give_up();
    hello.push(stream.subspan(at, count));
    at += count;
  }
  require(at <= ClientHello::most + piece, "the work is bounded");
  Octets replayed(at + 1);
  const std::size_t given = hello.replay(replayed);
  require(given == at && same(Bytes(replayed).first(at), stream.first(at)), "mbedTLS gets every byte");
  std::size_t i = 0;
  for (const Octets& all = hello.offered(); i < all.size(); i += 1u + all[i])
    require(all[i] != 0, "no empty name");
  require(i == hello.offered().size(), "names are whole");
  return hello.offered();
}

void read_hello(Bytes stream) {
  const Octets whole = offered_in(stream, 4096);
  require(whole == offered_in(stream, 1) && whole == offered_in(stream, 7), "how it is cut changes nothing");
}

void read_records(Bytes bytes) {
  const std::size_t end = tls::nts::whole_answer(bytes);
  require(end <= bytes.size(), "an end inside");
  tls::nts::Answer answer;
  const bool good = tls::nts::parse_answer(bytes, answer).empty();
  require(!good || end != 0, "no answer without an end");
  require(answer.cookies.size() <= tls::nts::most_cookies && answer.port != 0, "bounds");
  for (const Octets& cookie : answer.cookies) require(!cookie.empty(), "a cookie");
}

/// The identifier of the request is put in for most inputs; nobody can guess the proof.
void read_answer(Input& input) {
  Random::Seed seed{};
  tls::Nts nts(seed);
  tls::nts::Answer keys;
  keys.cookies.assign(3, Octets(input.u8() + 1u, 1));
  nts.set_keys({}, {}, keys);
  const bool ours = input.u8() % 4 != 0;
  const std::array<std::uint8_t, 48> message{};
  const Bytes request = nts.secure(message);
  require(request.size() >= 48 + 36 + 40 && request.size() <= 1300, "a request's size");
  Octets answer(request.begin(), request.begin() + 48 + 36);
  const Bytes rest = input.rest();
  if (!ours) answer.resize(48);
  answer.insert(answer.end(), rest.begin(), rest.end());
  require(!nts.accept(answer), "without the key nothing is accepted");
  require(nts.cookies() == 2 || (ours && nts.needs_keys()), "nor changed, but by who knows the request");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.u8() % 3) {
    case 0:
      read_hello(input.rest());
      break;
    case 1:
      read_records(input.rest());
      break;
    default:
      read_answer(input);
  }
  return 0;
}
