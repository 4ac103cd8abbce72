// SPDX-License-Identifier: Apache-2.0
// The script as a whole: options, events, times.
#include "drill/parser.hpp"

#include <cmath>

#include "drill/parser_state.hpp"

namespace linnet::drill {

bool define(Definitions& definitions, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) return false;
  definitions.insert_or_assign(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  return true;
}

Script parse(std::string_view text, Definitions& definitions, bool v6) {
  return Parser(text, definitions, v6).script();
}

bool Parser::accept(char punctuation) {
  if (!peek().is(punctuation)) return false;
  take();
  return true;
}

bool Parser::accept_ellipsis() {
  if (peek().kind != TokenKind::ellipsis) return false;
  take();
  return true;
}

bool Parser::accept_word(std::string_view word) {
  if (!peek().is_word(word)) return false;
  take();
  return true;
}

void Parser::expect(char punctuation) {
  if (!accept(punctuation)) expected(std::string("'") + punctuation + "'");
}

void Parser::expected(const std::string& what) const {
  const std::string found = peek().kind == TokenKind::end ? "the end" : "'" + peek().text + "'";
  fail("expected " + what + ", found " + found);
}

std::uint32_t Parser::number(const std::string& what, std::uint64_t most) {
  if (peek().kind != TokenKind::integer) expected(what);
  const std::int64_t value = peek().integer;
  if (value < 0 || static_cast<std::uint64_t>(value) > most)
    fail(what + " is " + peek().text + ", which is not between 0 and " + std::to_string(most));
  take();
  return static_cast<std::uint32_t>(value);
}

/// Words that were defined stand for their values, wherever they are.
void Parser::apply_definitions() {
  for (Token& token : tokens_) {
    if (token.kind != TokenKind::word) continue;
    const auto found = definitions_.find(token.text);
    if (found == definitions_.end()) continue;
    const std::string& value = found->second;
    std::vector<Token> replaced = tokenize(value);
    if (replaced.size() != 2)
      throw SyntaxError(token.line, token.text + " is defined as '" + value + "', not one word");
    replaced[0].line = token.line;
    token = replaced[0];
  }
}

Script Parser::script() {
  Script script;
  while (peek().kind == TokenKind::option) {
    script.options.push_back(option());
    const Option& last = script.options.back();
    if (last.name == "ip_version") v6_ = last.value == "ipv6";
    if (last.name == "define" && (!last.value || !define(definitions_, *last.value)))
      throw SyntaxError(last.line, "--define wants NAME=VALUE");
  }
  // Of the default addresses and the default key, and of one that is all zeros.
  definitions_.emplace("TFO_COOKIE", v6_ ? "c1d1e9742a47a9bc" : "3021b9d889017eeb");
  definitions_.emplace("TFO_COOKIE_ZERO", v6_ ? "82af1a8f9a205c34" : "b7c12350a90dc8f5");
  apply_definitions();
  const auto command = [&] {
    Event event{.line = line()};
    event.action = Command{take().text};
    return event;
  };
  if (peek().kind == TokenKind::back_quoted) script.first_command = command();
  while (at_event()) script.events.push_back(event());
  if (peek().kind == TokenKind::back_quoted) script.last_command = command();
  if (peek().kind != TokenKind::end) expected("an event, which begins with a time");
  if (script.events.empty()) fail("the script holds no event");
  return script;
}

Option Parser::option() {
  const Token& token = take();
  Option option{.line = token.line, .name = token.text};
  if (token.has_value) {
    option.value = token.value;
    if (option.value->size() > 1 && option.value->front() == '"')
      option.value = option.value->substr(1, option.value->size() - 2);
  }
  return option;
}

bool Parser::at_event() const {
  return peek().is('+') || peek().is('*') || peek().kind == TokenKind::integer ||
         peek().kind == TokenKind::floating;
}

std::int64_t Parser::instant() {
  if (peek().kind != TokenKind::integer && peek().kind != TokenKind::floating) expected("a time in seconds");
  const double seconds = std::stod(peek().text);
  if (seconds < 0 || std::signbit(seconds)) fail("a time cannot be negative: " + peek().text);
  if (seconds > 1e9) fail("the time " + peek().text + " is too large");
  take();
  return std::llround(seconds * 1e6);
}

EventTime Parser::time() {
  EventTime time;
  if (accept('*')) return {.kind = TimeKind::any};
  const bool relative = accept('+');
  time.kind = relative ? TimeKind::relative : TimeKind::absolute;
  time.begin = time.end = instant();
  if (!accept('~')) return time;
  if (relative) expect('+');
  time.kind = relative ? TimeKind::relative_range : TimeKind::absolute_range;
  time.end = instant();
  if (time.end < time.begin) fail("the time range is backwards");
  return time;
}

Event Parser::event() {
  Event event{.line = line()};
  event.time = time();
  if (peek().is('<') || peek().is('>')) {
    event.action = packet();
  } else if (peek().kind == TokenKind::back_quoted) {
    event.action = Command{take().text};
  } else if (peek().kind == TokenKind::code) {
    event.action = Code{take().text};
  } else if (peek().kind == TokenKind::word || peek().kind == TokenKind::ellipsis) {
    event.action = call();
  } else {
    expected("a packet, a system call, a `command` or %{ code }%");
  }
  check_time(event);
  return event;
}

void Parser::check_time(const Event& event) const {
  const auto* packet = std::get_if<PacketSpec>(&event.action);
  if (packet != nullptr && !packet->inbound) return;
  if (event.time.kind == TimeKind::any)
    throw SyntaxError(event.line, "the time * is for outbound packets only");
  if (event.time.is_range()) throw SyntaxError(event.line, "a time range is for outbound packets only");
}

}  // namespace linnet::drill
