// SPDX-License-Identifier: Apache-2.0
#include "drill/lexer.hpp"

#include <gtest/gtest.h>

#include "drill/error.hpp"

namespace linnet::drill {
namespace {

/// Kinds as one letter each, texts between bars.
std::string shown(std::string_view script) {
  std::string text;
  for (const Token& token : tokenize(script)) {
    if (token.kind == TokenKind::end) break;
    text += (text.empty() ? "" : " ") +
            std::string(1, "eihfwsbcoE46p"[static_cast<std::size_t>(token.kind)]) + token.text;
  }
  return text;
}

TEST(Lexer, NumbersAndTimes) {
  EXPECT_EQ(shown("1 -1 0x1F .5 1.25 -0.5"), "i1 i-1 h0x1F f.5 f1.25 f-0.5");
  EXPECT_EQ(shown("0...0.200 +.01"), "i0 E... f0.200 p+ f.01");
  EXPECT_EQ(shown("+.2~+.3 1~2"), "p+ f.2 p~ p+ f.3 i1 p~ i2");
}

TEST(Lexer, SequenceNumbersAreNoAddresses) {
  EXPECT_EQ(shown("1:1001(1000)"), "i1 p: i1001 p( i1000 p)");
  EXPECT_EQ(shown("sack 1:2 3:4"), "wsack i1 p: i2 i3 p: i4");
}

TEST(Lexer, Addresses) {
  EXPECT_EQ(shown("192.0.2.1 fe80::1 2001:db8:0:0:0:0:0:1 ::"),
            "4192.0.2.1 6fe80::1 62001:db8:0:0:0:0:0:1 6::");
}

TEST(Lexer, WordsMayBeginWithDigits) {
  EXPECT_EQ(shown("FO 12ab34cd"), "wFO w12ab34cd");
  EXPECT_EQ(shown("FO 12345678"), "wFO i12345678");
}

TEST(Lexer, FlagsOfAccurateEcn) { EXPECT_EQ(shown("S.5 . P."), "wS f.5 p. wP p."); }

TEST(Lexer, CommentsCountLines) {
  const auto tokens = tokenize("// one\n/* two\nthree */ word\n`a\nb` 5");
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(tokens[0].line, 3);
  EXPECT_EQ(tokens[1].text, "a\nb");
  EXPECT_EQ(tokens[2].line, 5);
}

TEST(Lexer, Options) {
  const auto tokens = tokenize("--tolerance_usecs=10000 --define=CC=\"re no\" --strict_segments\n0");
  ASSERT_EQ(tokens.size(), 5u);
  EXPECT_EQ(tokens[0].text, "tolerance_usecs");
  EXPECT_EQ(tokens[0].value, "10000");
  EXPECT_EQ(tokens[1].value, "CC=\"re no\"");
  EXPECT_FALSE(tokens[2].has_value);
}

TEST(Lexer, StringsAndCode) {
  EXPECT_EQ(tokenize(R"("a\"b\n\x41")")[0].text, "a\"b\nA");
  EXPECT_EQ(tokenize("%{ assert a == 1 }%")[0].text, "assert a == 1");
}

TEST(Lexer, DigitsThatAreNoNumberAreAWord) {
  EXPECT_EQ(tokenize("99999999999999999999")[0].kind, TokenKind::word);
  EXPECT_EQ(tokenize("0x99999999999999999")[0].kind, TokenKind::word);
}

TEST(Lexer, WhatNeverEndsIsSaidToBeSo) {
  for (const char* script : {"/* a", "%{ a", "\"a", "`a"}) {
    EXPECT_THROW(tokenize(script), SyntaxError) << script;
  }
}

}  // namespace
}  // namespace linnet::drill
