// SPDX-License-Identifier: Apache-2.0
// System calls, and the expressions in them.
#include <algorithm>

#include "drill/parser_state.hpp"

namespace linnet::drill {

const Expression* Expression::field(std::string_view wanted) const {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const Expression& item) { return item.name == wanted; });
  return found == items.end() ? nullptr : &*found;
}

std::string Expression::str() const {
  const auto joined = [this](const char* between) {
    std::string all;
    for (const Expression& item : items) all += (all.empty() ? "" : between) + item.str();
    return all;
  };
  const std::string front = name.empty() ? "" : name + "=";
  switch (kind) {
    case ExpressionKind::ellipsis:
      return front + "...";
    case ExpressionKind::integer:
      return front + std::to_string(integer);
    case ExpressionKind::word:
      return front + text;
    case ExpressionKind::string:
      return front + '"' + text + (open_end ? "\"..." : "\"");
    case ExpressionKind::list:
      return front + "[" + joined(", ") + "]";
    case ExpressionKind::structure:
      return front + "{" + joined(", ") + "}";
    case ExpressionKind::either:
      return front + joined("|");
    case ExpressionKind::call:
      return front + text + "(" + joined(", ") + ")";
  }
  return front;
}

SystemCall Parser::call() {
  SystemCall call;
  if (accept_ellipsis()) {
    call.blocks = true;
    call.end = instant();
  }
  if (peek().kind != TokenKind::word) expected("the name of a system call");
  call.name = take().text;
  expect('(');
  call.arguments = entries(')', false);
  expect('=');
  call.result = expression();
  const bool error = peek().kind == TokenKind::word && (peek(1).is('(') || peek().line == call.result.line);
  if (error) call.error_name = take().text;
  note(call);
  return call;
}

/// (Connection refused): what strerror says, or any other words. Not looked at.
void Parser::note(SystemCall&) {
  if (!accept('(')) return;
  while (!peek().is(')')) {
    if (peek().kind == TokenKind::end) expected("')'");
    take();
  }
  expect(')');
}

std::vector<Expression> Parser::entries(char closing, bool named) {
  std::vector<Expression> all;
  if (accept(closing)) return all;
  do {
    all.push_back(entry(named));
  } while (accept(','));
  expect(closing);
  return all;
}

/// In structures and lists: `name = value` and `name(count) = value`.
Expression Parser::entry(bool named) {
  if (!named || peek().kind != TokenKind::word) return expression();
  const std::size_t before = at_;
  const std::string name = take().text;
  if (peek().is('(')) {
    take();
    static_cast<void>(entries(')', false));
  }
  if (!accept('=')) {
    at_ = before;
    return expression();
  }
  Expression value = expression();
  value.name = name;
  return value;
}

Expression Parser::expression() {
  Expression left = primary();
  if (!peek().is('|')) return left;
  Expression either{.kind = ExpressionKind::either, .line = left.line};
  either.items.push_back(std::move(left));
  while (accept('|')) either.items.push_back(primary());
  return either;
}

Expression Parser::primary() {
  Expression e{.line = line()};
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::ellipsis:
      take();
      return e;
    case TokenKind::integer:
    case TokenKind::hex:
      e.kind = ExpressionKind::integer;
      e.integer = take().integer;
      return e;
    case TokenKind::string:
      e.kind = ExpressionKind::string;
      while (peek().kind == TokenKind::string) e.text += take().text;
      e.open_end = accept_ellipsis();
      return e;
    case TokenKind::word:
      e.text = take().text;
      e.kind = ExpressionKind::word;
      if (!accept('(')) return e;
      e.kind = ExpressionKind::call;
      e.items = entries(')', false);
      return e;
    default:
      break;
  }
  if (accept('[')) {
    e.kind = ExpressionKind::list;
    e.items = entries(']', true);
    return e;
  }
  if (!accept('{')) expected("a value");
  if (peek().is('(')) throw Unsupported(line(), "a stack of MPLS labels");
  e.kind = ExpressionKind::structure;
  e.items = entries('}', true);
  return e;
}

}  // namespace linnet::drill
