// SPDX-License-Identifier: Apache-2.0
// A script as the parser understood it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/address.hpp"
#include "drill/packet.hpp"

namespace linnet::drill {

enum class TimeKind : std::uint8_t {
  absolute,        ///< 1.5: since the script began
  relative,        ///< +.1: since the event before
  any,             ///< *
  absolute_range,  ///< 1~1.5
  relative_range,  ///< +0~+.1
};

struct EventTime {
  TimeKind kind = TimeKind::absolute;
  std::int64_t begin = 0;  ///< microseconds
  std::int64_t end = 0;    ///< of a range
  bool is_relative() const { return kind == TimeKind::relative || kind == TimeKind::relative_range; }
  bool is_range() const { return kind == TimeKind::absolute_range || kind == TimeKind::relative_range; }
};

enum class ExpressionKind : std::uint8_t {
  ellipsis,  ///< ...
  integer,
  word,  ///< a symbol
  string,
  list,       ///< [a, b]
  structure,  ///< {a, name = b, name(count) = c}
  either,     ///< a | b
  call,       ///< htons(8080): `text` is the name
};

struct Expression {
  ExpressionKind kind = ExpressionKind::ellipsis;
  int line = 0;
  std::string name{};  ///< in front of '=': of a structure's field or a list's named value
  std::int64_t integer = 0;
  std::string text{};     ///< of words, strings and calls
  bool open_end = false;  ///< "text"...: a string of which only the beginning matters
  std::vector<Expression> items{};

  bool is(ExpressionKind of) const { return kind == of; }
  bool is_ellipsis() const { return kind == ExpressionKind::ellipsis; }
  /// A structure's field, or null.
  const Expression* field(std::string_view wanted) const;
  /// As a script writes it.
  std::string str() const;
};

struct SystemCall {
  std::string name{};
  std::vector<Expression> arguments{};
  Expression result{};
  std::string error_name{};  ///< ECONNREFUSED; empty: none
  bool blocks = false;       ///< begin...end
  std::int64_t end = 0;      ///< when it returns, in the sense of the event's time
};

struct Command {
  std::string text{};
};

struct Code {
  std::string text{};
};

struct Event {
  int line = 0;
  EventTime time{};
  std::variant<PacketSpec, SystemCall, Command, Code> action{};
};

struct Option {
  int line = 0;
  std::string name{};
  std::optional<std::string> value{};
};

struct Script {
  std::vector<Option> options{};
  std::optional<Event> first_command{};  ///< before the first event, without a time
  std::vector<Event> events{};
  std::optional<Event> last_command{};  ///< after the last event
};

}  // namespace linnet::drill
