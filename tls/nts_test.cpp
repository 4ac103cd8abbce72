// SPDX-License-Identifier: Apache-2.0
// NTS' messages, with a server whose part the test plays. The key exchange itself: tests/interop/tls_nts.py.
#include "tls/nts.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/reader.hpp"
#include "services/sntp/wire.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Octets two(std::size_t value) {
  return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}
Octets record(std::size_t type, const Octets& body) { return two(type) + two(body.size()) + body; }
Octets field(std::size_t type, const Octets& body) { return two(type) + two(body.size() + 4) + body; }

const Octets good_answer = record(0x8001, {0, 0}) + record(4, {0, 15}) + record(5, Octets(100, 1)) +
                           record(5, Octets(100, 2)) + record(0x8000, {});

std::string_view words_for(const Octets& bytes) {
  nts::Answer answer;
  return nts::parse_answer(bytes, answer);
}

TEST(NtsRecords, RFC8915_4_1_what_is_asked) {
  EXPECT_TRUE(std::ranges::equal(nts::request,
                                 record(0x8001, {0, 0}) + record(0x8004, {0, 15}) + record(0x8000, {})));
}

TEST(NtsRecords, RFC8915_4_1_an_answer) {
  nts::Answer answer;
  EXPECT_EQ(nts::parse_answer(good_answer, answer), "");
  ASSERT_EQ(answer.cookies.size(), 2u);
  EXPECT_EQ(answer.cookies[1], Octets(100, 2));
  EXPECT_EQ(answer.server, "");
  EXPECT_EQ(answer.port, 123);
  nts::Answer other;
  EXPECT_EQ(
      nts::parse_answer(
          record(0x8006, {'t', '.', 'e'}) + record(0x8007, {1, 2}) + record(99, {1}) + good_answer, other),
      "")
      << "a record that need not be known";
  EXPECT_EQ(other.server, "t.e");
  EXPECT_EQ(other.port, 258);
  Octets many = good_answer;
  for (int i = 0; i < 20; ++i) many = record(5, Octets(4, 9)) + many;
  nts::Answer bounded;
  EXPECT_EQ(nts::parse_answer(many, bounded), "");
  EXPECT_EQ(bounded.cookies.size(), nts::most_cookies);
}

TEST(NtsRecords, RFC8915_4_1_what_is_wrong_is_told) {
  const Octets protocol = record(0x8001, {0, 0}), aead = record(4, {0, 15}), cookie = record(5, {1}),
               end = record(0x8000, {});
  EXPECT_EQ(words_for(aead + cookie + end), "the server does not offer NTPv4");
  EXPECT_EQ(words_for(record(0x8001, {}) + aead + cookie + end), "the server does not offer NTPv4");
  EXPECT_EQ(words_for(protocol + cookie + end), "the server does not offer AES-SIV-CMAC-256");
  EXPECT_EQ(words_for(protocol + record(4, {0, 30}) + cookie + end),
            "the server does not offer AES-SIV-CMAC-256");
  EXPECT_EQ(words_for(protocol + aead + end), "the server gave no cookie");
  EXPECT_EQ(words_for(record(0x8002, {0, 1}) + end), "the server calls the request a bad one");
  EXPECT_EQ(words_for(record(0x8002, {}) + end), "the server has an error that has no name");
  EXPECT_EQ(words_for(record(0x8003, {0, 0}) + good_answer),
            "the server warns of something that has no name");
  EXPECT_EQ(words_for(record(0x8063, {}) + good_answer),
            "the server's answer has a part that is not known here");
  EXPECT_EQ(words_for(record(5, {}) + good_answer), "the server's cookies are no cookies");
  EXPECT_EQ(words_for(record(5, Octets(nts::most_cookie_size + 1)) + good_answer),
            "the server's cookies are no cookies");
  EXPECT_EQ(words_for(record(6, {'a', '\n'}) + good_answer), "the server names no server");
  EXPECT_EQ(words_for(record(7, {0, 0}) + good_answer), "the server names no port");
}

TEST(NtsRecords, every_truncation) {
  for (std::size_t size = 0; size < good_answer.size(); ++size) {
    const Bytes cut = Bytes(good_answer).first(size);
    EXPECT_EQ(nts::whole_answer(cut), 0u) << size;
    nts::Answer answer;
    EXPECT_NE(nts::parse_answer(cut, answer), "") << size;
  }
  EXPECT_EQ(nts::whole_answer(good_answer + Octets{1, 2, 3}), good_answer.size());
}

/// The server's half: it knows the keys, and any cookie.
class NtsMessages : public ::testing::Test {
 protected:
  NtsMessages() {
    nts::Answer answer;
    answer.cookies.assign(nts::most_cookies, Octets(100, 5));
    client.set_keys(up, down, answer);
  }
  struct Fields {
    Octets identifier;
    int cookies = 0, placeholders = 0;
    bool proven = false;
  };
  Fields read(Bytes request) const {
    Fields found;
    Reader r(request);
    r.skip(sntp::message_size);
    while (!r.at_end()) {
      const std::size_t at = r.position();
      const std::uint16_t type = r.u16();
      const Bytes body = r.bytes(r.u16() - 4u);
      if (type == 0x0104) found.identifier.assign(body.begin(), body.end());
      if (type == 0x0204 && body.size() == 100) ++found.cookies;
      if (type == 0x0304 && body.size() == 100) ++found.placeholders;
      if (type != 0x0404) continue;
      Octets plain;
      const Bytes associated[] = {request.first(at), body.subspan(4, 16)};
      found.proven = r.at_end() && siv_up.open(associated, body.subspan(20), plain);
    }
    EXPECT_TRUE(r.ok());
    return found;
  }
  static Octets header(std::uint8_t stratum = 2, std::uint32_t reference = 0) {
    Octets bytes(sntp::message_size);
    sntp::Message{.mode = sntp::PacketMode::server, .stratum = stratum, .reference_id = reference}.write(
        std::span<std::uint8_t, sntp::message_size>(bytes.data(), sntp::message_size));
    return bytes;
  }
  Octets proven(const Octets& front, const Octets& hidden) const {
    const Octets nonce(16, 9);
    Octets sealed(hidden.size() + AesSiv::tag_size);
    const Bytes associated[] = {front, nonce};
    EXPECT_TRUE(siv_down.seal(associated, hidden, sealed));
    const Octets padding((4 - sealed.size() % 4) % 4);
    return front + field(0x0404, two(nonce.size()) + two(sealed.size()) + nonce + sealed + padding);
  }
  Octets answer_to(Bytes request) const {
    const Fields asked = read(request);
    Octets hidden;
    for (int i = 0; i < asked.cookies + asked.placeholders; ++i)
      hidden = hidden + field(0x0204, Octets(100, 6));
    return proven(header() + field(0x0104, asked.identifier), hidden);
  }
  Octets ask() {
    const Bytes request = client.secure(header());
    return {request.begin(), request.end()};
  }

  Nts client{test::seed_of(3)};
  std::array<std::uint8_t, 32> up = filled(1), down = filled(2);
  AesSiv siv_up{up}, siv_down{down};

 private:
  static std::array<std::uint8_t, 32> filled(std::uint8_t with) {
    std::array<std::uint8_t, 32> key{};
    key.fill(with);
    return key;
  }
};

TEST_F(NtsMessages, RFC8915_5_7_a_request_and_its_answer) {
  const Octets first = ask();
  const Fields asked = read(first);
  EXPECT_EQ(asked.identifier.size(), 32u);
  EXPECT_EQ(asked.cookies, 1);
  EXPECT_EQ(asked.placeholders, 0);
  EXPECT_TRUE(asked.proven);
  EXPECT_EQ(client.cookies(), 7u);
  EXPECT_TRUE(client.accept(answer_to(first)));
  EXPECT_EQ(client.cookies(), 8u);
  // Three requests without an answer: the fourth asks for what is missing.
  for (int i = 0; i < 3; ++i) ask();
  const Octets fourth = ask();
  EXPECT_EQ(read(fourth).placeholders, 3);
  EXPECT_NE(read(fourth).identifier, asked.identifier);
  EXPECT_TRUE(client.accept(answer_to(fourth)));
  EXPECT_EQ(client.cookies(), 8u);
}

TEST_F(NtsMessages, without_cookies_there_is_no_request) {
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(client.needs_keys());
    ask();
  }
  EXPECT_TRUE(client.needs_keys());
  EXPECT_TRUE(client.secure(header()).empty());
}

TEST_F(NtsMessages, RFC8915_5_7_only_the_servers_own_answer_counts_and_once) {
  const Octets answer = answer_to(ask());
  for (std::size_t size = 0; size < answer.size(); ++size) {
    EXPECT_FALSE(client.accept(Bytes(answer).first(size))) << size;
  }
  for (std::size_t i = 0; i < answer.size(); ++i) {
    Octets changed = answer;
    changed[i] ^= 0x10;
    EXPECT_FALSE(client.accept(changed)) << i;
  }
  EXPECT_FALSE(client.accept(header())) << "without any proof";
  EXPECT_FALSE(client.accept(proven(header(), {}))) << "to nobody's request";
  EXPECT_EQ(client.cookies(), 7u);
  EXPECT_TRUE(client.accept(answer + field(0x0204, Octets(100)))) << "what is behind the proof is nothing";
  EXPECT_EQ(client.cookies(), 8u);
  EXPECT_FALSE(client.accept(answer)) << "again";
  ask();
  EXPECT_FALSE(client.accept(answer)) << "an old one";
}

TEST_F(NtsMessages, hidden_fields_may_be_anything) {
  const Octets hidden[] = {{1},
                           {2, 4, 0, 0},
                           {2, 4, 0, 5, 0},
                           {2, 4, 0xff, 0xfc},
                           field(0x0204, {}),
                           field(0x0999, {1, 2, 3, 4}),
                           field(0x0204, Octets(nts::most_cookie_size + 4))};
  for (const Octets& each : hidden) {
    const Fields asked = read(ask());
    EXPECT_TRUE(client.accept(proven(header() + field(0x0104, asked.identifier), each)));
  }
  EXPECT_EQ(client.cookies(), 1u);
}

TEST_F(NtsMessages, RFC8915_5_7_a_nak_is_believed_only_with_our_identifier) {
  constexpr std::uint32_t ntsn = 0x4e54534e;
  const Fields asked = read(ask());
  EXPECT_FALSE(client.accept(header(0, ntsn) + field(0x0104, Octets(32, 1))));
  EXPECT_FALSE(client.accept(header(0, ntsn)));
  EXPECT_FALSE(client.needs_keys());
  EXPECT_FALSE(client.accept(header(0, ntsn) + field(0x0104, asked.identifier))) << "no time is in it";
  EXPECT_TRUE(client.needs_keys());
}

}  // namespace
}  // namespace linnet::tls
