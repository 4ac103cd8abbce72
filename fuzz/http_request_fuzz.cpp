// SPDX-License-Identifier: Apache-2.0
// Requests in pieces of any size: the pieces change nothing, and a body cannot be read in two ways.
#include "apps/http_request.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using apps::HttpBodyReader;
using apps::HttpRequestReader;

namespace {

struct Outcome {
  int error = 0;
  bool complete = false;
  std::size_t head = 0;
  std::string body{};
  std::size_t taken = 0;
  HttpBodyReader::Status status = HttpBodyReader::Status::more;
  bool operator==(const Outcome&) const = default;
};

/// Reads all of `text` in pieces of `step` bytes; 0: as one.
Outcome read(std::string_view text, std::size_t step, HttpRequestReader& reader) {
  Outcome outcome;
  const auto piece = [&](std::size_t at) { return text.substr(at, step == 0 ? text.size() : step); };
  while (!reader.complete() && reader.error() == 0 && outcome.head < text.size()) {
    const std::size_t taken = reader.feed(piece(outcome.head));
    require(taken <= piece(outcome.head).size(), "not more than there is");
    require(taken > 0 || reader.error() != 0, "something is taken, or it is over");
    outcome.head += taken;
  }
  outcome.error = reader.error();
  outcome.complete = reader.complete();
  if (!outcome.complete) return outcome;
  HttpBodyReader body = reader.request().body_reader();
  outcome.taken = outcome.head;
  while (body.status() == HttpBodyReader::Status::more && outcome.taken < text.size()) {
    const apps::BodyPiece next = body.next(piece(outcome.taken));
    require(next.taken > 0 && next.taken <= piece(outcome.taken).size(), "a body goes on, within the piece");
    require(next.content.size() <= next.taken, "content is part of what is taken");
    outcome.body.append(next.content);
    outcome.taken += next.taken;
  }
  outcome.status = body.status();
  // How much of a line was looked at before it was found to be wrong depends on the pieces.
  if (outcome.status == HttpBodyReader::Status::malformed) outcome.taken = 0;
  return outcome;
}

void check_request(const apps::HttpRequest& request) {
  require(apps::is_http_token(request.method), "RFC 9110 9.1: a method is a token");
  require(request.target.starts_with('/') || (request.target == "*" && request.method == "OPTIONS"),
          "RFC 9112 3.2");
  for (const char c : request.target) require(c > ' ' && c < 0x7f, "a target is visible");
  require(!request.framing.chunked || !request.framing.length, "RFC 9112 6.3: one length of a body");
  for (const apps::HttpField& field : request.fields.all()) {
    require(apps::is_http_token(field.name), "RFC 9110 5.1: a field's name is a token");
    for (const char c : field.value)
      require(c != '\r' && c != '\n' && c != '\0', "RFC 9110 5.5: no line ends in values");
    const auto again = apps::parse_http_field(field.name + ": " + field.value);
    require(again && again->name == field.name && again->value == field.value, "a field, read again");
  }
  if (const auto value = request.query("name"))
    require(value->size() <= request.target.size(), "decoding shortens");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t step = input.u8();
  const std::string_view text = input.text();
  HttpRequestReader whole;
  HttpRequestReader pieces;
  const Outcome one = read(text, 0, whole);
  const Outcome many = read(text, step, pieces);
  require(one == many, "how a request is cut into pieces changes nothing");
  require(one.error == 0 || (one.error >= 400 && one.error < 600), "an error is a status code");
  require(!(one.complete && one.error != 0), "complete, or wrong");
  require(one.head <= HttpRequestReader::head_limit, "a head is limited");
  if (one.complete) check_request(whole.request());
  return 0;
}
