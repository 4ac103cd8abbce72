// SPDX-License-Identifier: Apache-2.0
// The only piece of TLS that is read here: whatever arrives, nothing outside of it is read, every byte of it
// reaches mbedTLS, and the work is bounded.
#include "compat/openssl/client_hello.hpp"

#include <gtest/gtest.h>

#include <string>

namespace linnet::openssl {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
/// `body` behind its length of 1 to 3 bytes.
Octets counted(std::size_t width, const Octets& body) {
  Octets out;
  for (std::size_t i = width; i-- > 0;) out.push_back(static_cast<std::uint8_t>(body.size() >> 8 * i));
  return out + body;
}
Octets extension(std::uint8_t type, const Octets& body) { return Octets{0, type} + counted(2, body); }
Octets name(std::string_view text) { return counted(1, {text.begin(), text.end()}); }
Octets hello(const Octets& extensions) {
  return Octets{1} + counted(3, Octets{3, 3} + Octets(32, 7) + counted(1, {1, 2}) + counted(2, {0xc0, 0x2b}) +
                                    counted(1, {0}) + counted(2, extensions));
}
Octets records(const Octets& message, std::size_t size) {
  Octets out;
  for (std::size_t at = 0; at < message.size(); at += size) {
    const auto begin = message.begin() + static_cast<std::ptrdiff_t>(at);
    out = out + Octets{22, 3, 1} +
          counted(2, Octets(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, message.size() - at))));
  }
  return out;
}
const Octets names = name("h2") + name("http/1.1");
Octets usual() {
  return hello(extension(0, {1, 2, 3}) + extension(16, counted(2, names)) + extension(23, {}));
}

/// As a transport gives it, `piece` bytes at a time at most; what mbedTLS gets.
Octets read(ClientHello& reader, Octets stream, std::size_t piece = 4096) {
  std::size_t at = 0;
  while (!reader.done()) {
    const std::size_t count = std::min({piece, reader.wanted(), stream.size() - at});
    if (count == 0) reader.give_up();
    reader.push(Bytes(stream).subspan(at, count));
    at += count;
  }
  EXPECT_EQ(reader.wanted(), 0u);
  Octets replayed;
  std::uint8_t some[7];
  while (const std::size_t count = reader.replay(some)) replayed.insert(replayed.end(), some, some + count);
  EXPECT_EQ(replayed, Octets(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(at)));
  return replayed;
}

TEST(OpensslClientHello, RFC7301_3_1_what_is_offered_in_any_pieces) {
  for (const std::size_t record : {16384u, 50u, 5u, 1u}) {
    for (const std::size_t piece : {4096u, 3u, 1u}) {
      const Octets stream = records(usual(), record);
      ClientHello reader;
      EXPECT_EQ(read(reader, stream + Octets{1, 2, 3}, piece), stream) << "and not a byte beyond it";
      EXPECT_EQ(reader.offered(), names) << record << ' ' << piece;
    }
  }
}

TEST(OpensslClientHello, C27_01_each_truncation_offers_nothing) {
  const Octets message = usual();
  for (std::size_t size = 0; size < message.size(); ++size) {
    // The stream ends.
    ClientHello reader;
    read(reader, records({message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size)}, 16384));
    EXPECT_TRUE(reader.offered().empty()) << size;
    // It is complete, but says less than its lengths do.
    if (size < 4) continue;
    const Octets body(message.begin() + 4, message.begin() + static_cast<std::ptrdiff_t>(size));
    ClientHello cut;
    read(cut, records(Octets{1} + counted(3, body), 16384));
    EXPECT_TRUE(cut.offered().empty()) << size;
  }
}

TEST(OpensslClientHello, C27_01_any_byte_may_be_any_other) {
  const Octets stream = records(usual(), 16384);
  for (std::size_t at = 0; at < stream.size(); ++at) {
    for (const unsigned change : {1u, 2u, 0x80u, 0xffu}) {
      Octets changed = stream;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ change);
      ClientHello reader;
      read(reader, changed);
      const Octets& offered = reader.offered();
      std::size_t i = 0;
      while (i < offered.size()) {
        ASSERT_NE(offered[i], 0) << at;
        i += 1u + offered[i];
      }
      EXPECT_EQ(i, offered.size()) << "each name is whole";
    }
  }
}

TEST(OpensslClientHello, C27_01_lengths_that_do_not_agree_offer_nothing) {
  const Octets wrong[] = {
      {},                                  // no length
      counted(2, {}),                      // no name
      counted(2, name("")),                // an empty one
      counted(2, names + Octets{5, 'a'}),  // cut short
      counted(2, names) + Octets{0},       // more than the list
      Octets{0, 99} + names,               // less
  };
  for (const Octets& body : wrong) {
    ClientHello reader;
    read(reader, records(hello(extension(16, body)), 16384));
    EXPECT_TRUE(reader.offered().empty());
  }
  for (const Octets& message : {Octets{2} + counted(3, {1, 2}), hello({}), hello({0}), Octets{1, 0, 0, 0},
                                hello(extension(16, counted(2, names))) + Octets{}}) {
    ClientHello reader;
    read(reader, records(message, 16384));
    EXPECT_EQ(reader.offered().empty(), message.size() < 60) << message.size();
  }
}

TEST(OpensslClientHello, C27_01_the_work_and_the_memory_are_bounded) {
  // A message of 16 MB, byte by byte: it is left to mbedTLS before long.
  Octets stream = records(Octets{1, 0xff, 0xff, 0xff} + Octets(5000, 0), 1);
  ClientHello reader;
  EXPECT_LE(read(reader, stream).size(), ClientHello::most + 5);
  // Neither alerts nor empty records are waited through.
  for (const Octets& first :
       {Octets{21, 3, 1, 0, 2}, Octets{22, 3, 1, 0, 0}, Octets{'G', 'E', 'T', ' ', '/'}}) {
    ClientHello other;
    EXPECT_EQ(read(other, first + Octets(100, 0)), first);
    EXPECT_TRUE(other.offered().empty());
  }
}

}  // namespace
}  // namespace linnet::openssl
