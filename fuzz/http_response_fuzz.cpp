// SPDX-License-Identifier: Apache-2.0
// Responses in pieces of any size, interim ones in front of them; and chunked bodies that were made here.
#include "apps/http_response.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using apps::HttpBodyReader;
using apps::HttpResponseReader;

namespace {

struct Outcome {
  bool complete = false;
  std::string error{};
  std::size_t head = 0;
  std::string body{};
  HttpBodyReader::Status status = HttpBodyReader::Status::more;
  bool operator==(const Outcome&) const = default;
};

void read_body(HttpBodyReader body, std::string_view text, std::size_t at, std::size_t step,
               Outcome& outcome) {
  const auto piece = [&] { return text.substr(at, step == 0 ? text.size() : step); };
  while (body.status() == HttpBodyReader::Status::more && at < text.size()) {
    const apps::BodyPiece next = body.next(piece());
    require(next.taken > 0 && next.taken <= piece().size() && next.content.size() <= next.taken,
            "a body goes on");
    outcome.body.append(next.content);
    at += next.taken;
  }
  body.end_of_connection();
  outcome.status = body.status();
  require(outcome.status != HttpBodyReader::Status::more, "the connection's end decides");
}

Outcome read(std::string_view text, std::size_t step, std::string_view method, HttpResponseReader& reader) {
  Outcome outcome;
  const auto piece = [&](std::size_t at) { return text.substr(at, step == 0 ? text.size() : step); };
  while (!reader.complete() && reader.error().empty() && outcome.head < text.size()) {
    const std::size_t taken = reader.feed(piece(outcome.head));
    require(taken <= piece(outcome.head).size(), "not more than there is");
    require(taken > 0 || !reader.error().empty(), "something is taken, or it is over");
    outcome.head += taken;
  }
  outcome.complete = reader.complete();
  outcome.error = reader.error();
  if (outcome.complete) read_body(reader.body_reader(method), text, outcome.head, step, outcome);
  return outcome;
}

/// RFC 9112 7.1: bytes in chunks of sizes that the input chooses, extensions and trailers among them.
void check_chunks(Input& input) {
  const std::size_t step = input.u8();
  std::string body;
  std::string wire;
  while (!input.empty()) {
    const Bytes chunk = input.bytes(1u + input.u8());
    if (chunk.empty()) break;
    char size[32];
    std::snprintf(size, sizeof size, chunk.size() % 2 == 0 ? "%zx\r\n" : "%zX;name=value\r\n", chunk.size());
    wire += size;
    wire.append(reinterpret_cast<const char*>(chunk.data()), chunk.size()).append("\r\n");
    body.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  }
  wire += body.size() % 3 == 0 ? "0\r\n\r\n" : "000;last\r\nTrailer: 1\r\n\r\n";
  Outcome outcome;
  read_body(HttpBodyReader::chunked(), wire, 0, step, outcome);
  require(outcome.status == HttpBodyReader::Status::complete && outcome.body == body,
          "chunks joined are the body");
  Outcome cut;
  read_body(HttpBodyReader::chunked(), std::string_view(wire).substr(0, wire.size() - 1), 0, step, cut);
  require(cut.status == HttpBodyReader::Status::malformed, "RFC 9112 8: a body that is cut off is not whole");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t what = input.u8();
  if (what == 0) {
    check_chunks(input);
    return 0;
  }
  const std::string_view method = (what & 1) != 0 ? "HEAD" : "GET";
  const std::string_view text = input.text();
  HttpResponseReader whole;
  HttpResponseReader pieces;
  const Outcome one = read(text, 0, method, whole);
  require(one == read(text, what / 2, method, pieces), "how a response is cut into pieces changes nothing");
  require(!(one.complete && !one.error.empty()), "complete, or wrong");
  if (!one.complete) return 0;
  const apps::HttpResponse& response = whole.response();
  require(response.status >= 200 && response.status <= 999, "RFC 9110 15: a final status");
  require(!response.framing.chunked || !response.framing.length, "RFC 9112 6.3: one length of a body");
  if (method == "HEAD") require(one.body.empty(), "RFC 9112 6.3: HEAD has no body");
  if (response.framing.length && one.status == HttpBodyReader::Status::complete && method != "HEAD" &&
      response.status != 204 && response.status != 304) {
    require(one.body.size() == *response.framing.length, "as long as it said");
  }
  return 0;
}
