// SPDX-License-Identifier: Apache-2.0
// What the parts of the parser share. Only for the sources of this folder.
#pragma once

#include <limits>

#include "drill/error.hpp"
#include "drill/lexer.hpp"
#include "drill/parser.hpp"

namespace linnet::drill {

class Parser {
 public:
  Parser(std::string_view text, Definitions& definitions, bool v6)
      : tokens_(tokenize(text)), definitions_(definitions), v6_(v6) {}

  Script script();

 private:
  // --- tokens ---
  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[at_ + ahead < tokens_.size() ? at_ + ahead : tokens_.size() - 1];
  }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  int line() const { return peek().line; }
  bool accept(char punctuation);
  bool accept_word(std::string_view word);
  bool accept_ellipsis();
  void expect(char punctuation);
  [[noreturn]] void fail(const std::string& why) const { throw SyntaxError(line(), why); }
  [[noreturn]] void expected(const std::string& what) const;
  /// A decimal number between 0 and `most`, or SyntaxError that names `what`.
  std::uint32_t number(const std::string& what,
                       std::uint64_t most = std::numeric_limits<std::uint32_t>::max());
  void apply_definitions();

  // --- parser.cpp ---
  Option option();
  bool at_event() const;
  Event event();
  EventTime time();
  std::int64_t instant();
  void check_time(const Event& event) const;

  // --- parser_call.cpp ---
  SystemCall call();
  Expression expression();
  Expression primary();
  std::vector<Expression> entries(char closing, bool named);
  Expression entry(bool named);
  void note(SystemCall& call);

  // --- parser_packet.cpp ---
  PacketSpec packet();
  IpInfo ip_info(bool inbound);
  void udp(PacketSpec& packet);
  void icmp(PacketSpec& packet);
  void quoted(PacketSpec& packet);
  void tcp(PacketSpec& packet);
  std::uint16_t flags();
  std::pair<std::uint32_t, std::uint32_t> sequence();
  void ports(PacketSpec& packet);
  void options(PacketSpec& packet);
  TcpOption tcp_option(bool inbound);
  std::vector<std::uint8_t> hex_bytes(bool required);

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Definitions& definitions_;
  bool v6_;
};

}  // namespace linnet::drill
