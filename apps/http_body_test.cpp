// SPDX-License-Identifier: Apache-2.0
#include "apps/http_body.hpp"

#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

struct Read {
  std::string content;
  std::size_t taken = 0;
  HttpBodyReader::Status status{};
};

/// Feeds `bytes` in pieces of `step` bytes.
Read read_body(HttpBodyReader reader, std::string_view bytes, std::size_t step = 1000000) {
  Read result;
  while (result.taken < bytes.size()) {
    std::string_view piece = bytes.substr(result.taken, step);
    bool stuck = true;
    while (!piece.empty()) {
      const BodyPiece next = reader.next(piece);
      if (next.taken == 0) break;
      stuck = false;
      result.content += next.content;
      result.taken += next.taken;
      piece.remove_prefix(next.taken);
    }
    if (stuck) break;
  }
  result.status = reader.status();
  return result;
}

using Status = HttpBodyReader::Status;

const std::string chunks = "5\r\nhello\r\n7;name=\"value\"\r\n, world\r\n00\r\nTrailer: x\r\n\r\n";

TEST(HttpBody, of_known_length_leaves_the_next_message_alone) {
  const Read read = read_body(HttpBodyReader::of_length(5), "helloGET /");
  EXPECT_EQ(read.content, "hello");
  EXPECT_EQ(read.taken, 5u);
  EXPECT_EQ(read.status, Status::complete);
  EXPECT_EQ(HttpBodyReader::of_length(0).status(), Status::complete);
  EXPECT_EQ(HttpBodyReader::none().status(), Status::complete);
}

TEST(HttpBody, RFC9112_7_1_chunks_in_pieces_of_every_size) {
  for (std::size_t step = 1; step <= chunks.size(); ++step) {
    const Read read = read_body(HttpBodyReader::chunked(), chunks + "GET /", step);
    ASSERT_EQ(read.content, "hello, world") << step;
    ASSERT_EQ(read.taken, chunks.size()) << step;
    ASSERT_EQ(read.status, Status::complete) << step;
  }
}

TEST(HttpBody, chunks_truncated_at_every_byte_are_not_complete) {
  for (std::size_t n = 0; n < chunks.size(); ++n) {
    ASSERT_EQ(read_body(HttpBodyReader::chunked(), std::string_view(chunks).substr(0, n)).status,
              Status::more)
        << n;
  }
}

TEST(HttpBody, malformed_chunks) {
  for (const auto* bad : {"\r\n", "x\r\n", "-1\r\n", "0x5\r\n", "5\nhello\n", "5\r\nhelloX\r\n",
                          "5\r\nhello\n", "5\r\nhelloXYZ", "10000000000000000\r\n", "8000000000000000\r\n",
                          "5 5\r\n", ";x\r\n", "0\r\nbad trailer\r\n", "0\r\n folded: x\r\n"}) {
    EXPECT_EQ(read_body(HttpBodyReader::chunked(), bad).status, Status::malformed) << bad;
  }
  EXPECT_EQ(read_body(HttpBodyReader::chunked(), "5;" + std::string(5000, 'x')).status, Status::malformed);
  std::string trailers = "0\r\n";
  while (trailers.size() < 9000) trailers += "Trailer: 1234567890\r\n";
  EXPECT_EQ(read_body(HttpBodyReader::chunked(), trailers).status, Status::malformed);
}

TEST(HttpBody, the_end_of_the_connection_completes_only_what_lasts_until_then) {
  HttpBodyReader open = HttpBodyReader::until_close();
  EXPECT_EQ(open.next("abc").content, "abc");
  EXPECT_EQ(open.status(), Status::more);
  open.end_of_connection();
  EXPECT_EQ(open.status(), Status::complete);
  HttpBodyReader short_body = HttpBodyReader::of_length(4);
  short_body.next("abc");
  short_body.end_of_connection();
  EXPECT_EQ(short_body.status(), Status::malformed);
  HttpBodyReader chunked = HttpBodyReader::chunked();
  chunked.end_of_connection();
  EXPECT_EQ(chunked.status(), Status::malformed);
}

}  // namespace
}  // namespace linnet::apps
