// SPDX-License-Identifier: Apache-2.0
#include "apps/http_client.hpp"

#include <array>

#include "apps/authorities.hpp"
#include "apps/http_get_request.hpp"
#include "apps/problem.hpp"

namespace linnet::apps {
namespace {

constexpr std::size_t buffer_size = 256 * 1024;

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Without any, --insecure goes on, too; with them it need not warn of a certificate that is good.
void load_trust(const HttpsOptions& options, tls::Trust& trust) {
  if (!options.insecure || !options.authorities.empty()) {
    load_authorities(options.authorities, trust);
  } else {
    load_system_authorities(trust);
  }
}

/// The server must be who the URL says, or (insecure) `warn` hears why that is not known.
void secure(Stream& stream, const Url& url, const HttpOptions& options, const tls::Trust& trust) {
  static constexpr std::array<const char*, 1> protocols{"http/1.1"};
  stream.secure({.verify = options.https.insecure ? tls::Verify::none : tls::Verify::full,
                 .host_name = url.host,
                 .trust = &trust,
                 .protocols = protocols},
                {.flight = options.patience, .read = options.patience, .write = options.patience});
  const std::string_view doubts = stream.tls()->connection().certificate_words();
  if (!doubts.empty() && options.https.warn) options.https.warn(std::string(doubts));
}

}  // namespace

HttpResponse http_exchange(Machine& machine, const Url& url, const HttpOptions& options,
                           const std::function<bool(const HttpResponse&)>& begin,
                           const std::function<void(Bytes)>& take) {
  tls::Trust trust;
  if (url.secure) load_trust(options.https, trust);
  Stream stream(machine, url.host, url.port, options.patience);
  machine.sockets().set_receive_timeout(stream.fd(), options.patience);
  machine.sockets().set_send_timeout(stream.fd(), options.patience);
  if (url.secure) secure(stream, url, options, trust);
  stream.send_all(bytes_of(http_request_text(options.method, url, options.named, options.fields)));

  std::vector<std::uint8_t> buffer(buffer_size);
  HttpResponseReader head;
  std::string_view rest;
  while (!head.complete()) {
    const std::size_t n = stream.receive(buffer);
    if (n == 0) throw Problem("the server closed the connection before its answer was complete");
    rest = {reinterpret_cast<const char*>(buffer.data()), n};
    rest.remove_prefix(head.feed(rest));
    if (!head.error().empty()) throw Problem(head.error());
  }
  if (!begin(head.response())) return head.response();

  HttpBodyReader body = head.body_reader(options.method);
  while (true) {
    while (body.status() == HttpBodyReader::Status::more && !rest.empty()) {
      const BodyPiece piece = body.next(rest);
      if (!piece.content.empty()) take(bytes_of(piece.content));
      rest.remove_prefix(piece.taken);
    }
    if (body.status() != HttpBodyReader::Status::more) break;
    const std::size_t n = stream.receive(buffer);
    if (n == 0) body.end_of_connection();
    rest = {reinterpret_cast<const char*>(buffer.data()), n};
    if (n == 0 && body.status() == HttpBodyReader::Status::malformed) {
      throw Problem("the server closed the connection before the transfer was complete");
    }
  }
  if (body.status() == HttpBodyReader::Status::malformed)
    throw Problem("the body's chunked coding is malformed");
  stream.finish();
  return head.response();
}

}  // namespace linnet::apps
