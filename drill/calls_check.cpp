// SPDX-License-Identifier: Apache-2.0
// What can be told of a call before the script runs: whether it asks for something that is not there.
#include <algorithm>
#include <array>

#include "drill/calls.hpp"
#include "drill/error.hpp"
#include "drill/symbols.hpp"

namespace linnet::drill {
namespace {

void check_names(const Expression& e, int line) {
  if (e.is(ExpressionKind::word) && !symbol(e.text)) throw Unsupported(line, "the symbol " + e.text);
  if (e.is(ExpressionKind::call) && e.text != "htons" && e.text != "inet_addr")
    throw Unsupported(line, "the function " + e.text);
  for (const Expression& item : e.items) check_names(item, line);
}

bool is_word(const Expression& e, std::string_view text) { return e.is(ExpressionKind::word) && e.text == text; }

const Expression& inner(const Expression& e) {
  return e.is(ExpressionKind::list) && e.items.size() == 1 ? e.items[0] : e;
}

/// Buffers are `...` or text: there is no memory that they could point at.
void check_buffer(const SystemCall& call, int line) {
  constexpr std::array<std::string_view, 6> names{"read", "recv", "recvfrom", "write", "send", "sendto"};
  if (std::find(names.begin(), names.end(), call.name) == names.end()) return;
  const Expression& buffer = call.arguments[1];
  if (!buffer.is_ellipsis() && !buffer.is(ExpressionKind::string))
    throw Unsupported(line, "the buffer '" + buffer.str() + "'");
}

void check_message(const SystemCall& call, int line) {
  if (call.name != "sendmsg" && call.name != "recvmsg") return;
  const Expression* control = call.arguments[1].field("msg_control");
  if (control != nullptr && !control->items.empty())
    throw Unsupported(line, "control messages: " + control->items[0].str());
}

/// Structures that are not known here are longer than an int.
void check_option(const SystemCall& call, int line) {
  if (call.name != "getsockopt" || call.arguments.size() != 5) return;
  const Expression& room = inner(call.arguments[4]);
  if (!room.is(ExpressionKind::integer) || room.integer <= 4) return;
  for (const char* name : {"SO_LINGER", "SO_RCVTIMEO", "SO_SNDTIMEO"}) {
    if (is_word(call.arguments[2], name)) return;
  }
  if (inner(call.arguments[3]).is(ExpressionKind::string)) return;
  throw Unsupported(line, "a socket option of " + std::to_string(room.integer) + " bytes");
}

}  // namespace

void Calls::check(const SystemCall& call, int line) {
  const Row* row = find(call.name);
  if (row == nullptr || row->handler == &Calls::not_here) throw Unsupported(line, "the system call " + call.name);
  if (row->arguments != 0 && call.arguments.size() != row->arguments) return;  // told when it is made
  check_buffer(call, line);
  check_message(call, line);
  check_option(call, line);
  for (const Expression& argument : call.arguments) check_names(argument, line);
  check_names(call.result, line);
  if (call.name == "epoll_create" && call.result.is(ExpressionKind::integer) && call.result.integer < 0)
    throw Unsupported(line, "an epoll_create that fails");
}

}  // namespace linnet::drill
