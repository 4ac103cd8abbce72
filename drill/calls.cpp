// SPDX-License-Identifier: Apache-2.0
// What all calls share: arguments in, results out.
#include "drill/calls.hpp"

#include <array>

#include "drill/error.hpp"
#include "drill/symbols.hpp"

namespace linnet::drill {

/// A call more is a line more.
const Calls::Row* Calls::find(std::string_view name) {
  static constexpr std::array rows{
      Row{"socket", &Calls::socket, 3, true},
      Row{"bind", &Calls::bind, 3},
      Row{"listen", &Calls::listen, 2},
      Row{"accept", &Calls::accept, 3, true},
      Row{"connect", &Calls::connect, 3},
      Row{"close", &Calls::close, 1},
      Row{"shutdown", &Calls::shutdown, 2},
      Row{"read", &Calls::read, 3},
      Row{"readv", &Calls::readv, 3},
      Row{"recv", &Calls::recv, 4},
      Row{"recvfrom", &Calls::recvfrom, 6},
      Row{"recvmsg", &Calls::recvmsg, 3},
      Row{"write", &Calls::write, 3},
      Row{"writev", &Calls::writev, 3},
      Row{"send", &Calls::send, 4},
      Row{"sendto", &Calls::sendto, 6},
      Row{"sendmsg", &Calls::sendmsg, 3},
      Row{"fcntl", &Calls::fcntl, 0},
      Row{"ioctl", &Calls::ioctl, 3},
      Row{"getsockopt", &Calls::getsockopt, 5},
      Row{"setsockopt", &Calls::setsockopt, 5},
      Row{"poll", &Calls::poll, 3},
      Row{"epoll_create", &Calls::epoll_create, 1, true},
      Row{"epoll_ctl", &Calls::epoll_ctl, 4},
      Row{"epoll_wait", &Calls::epoll_wait, 4},
      Row{"pipe", &Calls::not_here, 0},
      Row{"splice", &Calls::not_here, 0},
      Row{"sendfile", &Calls::not_here, 0},
      Row{"mmap", &Calls::not_here, 0},
      Row{"open", &Calls::not_here, 0},
      Row{"cap_set", &Calls::not_here, 0},
  };
  for (const Row& row : rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

void Calls::unsupported(const std::string& what) const { throw Unsupported(line_, what); }
void Calls::wrong(const std::string& what) const { throw SyntaxError(line_, what); }
void Calls::mismatch(const std::string& what) const { throw Mismatch(line_, what); }

void Calls::run(const SystemCall& call, int line) {
  line_ = line;
  const Row* row = find(call.name);
  if (row == nullptr) unsupported("the system call " + call.name);
  if (row->arguments != 0 && call.arguments.size() != row->arguments)
    wrong(call.name + " wants " + std::to_string(row->arguments) + " arguments, not " +
          std::to_string(call.arguments.size()));
  const Result result = (this->*row->handler)(call);
  line_ = line;  // the script may have gone on meanwhile
  check_result(call, result, row->yields_descriptor);
}

void Calls::check_result(const SystemCall& call, Result result, bool descriptor) {
  const auto said = call.result.is_ellipsis() ? result : value(call.result);
  const std::string expected = call.result.str() + (call.error_name.empty() ? "" : " " + call.error_name);
  if (result < 0) {
    const int error = static_cast<int>(-result);
    if (said == -1 && call.error_name.empty()) return;
    const auto wanted = errno_of_name(call.error_name);
    if (!call.error_name.empty() && !wanted) wrong(call.error_name + " is no error");
    if (said == -1 && wanted == error) return;
    mismatch(call.name + ": expected " + expected + ", got -1 " + errno_description(error));
  }
  if (descriptor && said >= 0) {
    const int number = static_cast<int>(said);
    // epoll instances have no descriptor of the stack's.
    if (call.name != "epoll_create") descriptors_[number] = static_cast<int>(result);
    return;
  }
  if (said != result) mismatch(call.name + ": expected " + expected + ", got " + std::to_string(result));
}

std::int64_t Calls::value(const Expression& e) const {
  switch (e.kind) {
    case ExpressionKind::integer:
      return e.integer;
    case ExpressionKind::word: {
      const auto known = symbol(e.text);
      if (!known) unsupported("the symbol " + e.text);
      return *known;
    }
    case ExpressionKind::either: {
      std::int64_t all = 0;
      for (const Expression& item : e.items) all |= value(item);
      return all;
    }
    case ExpressionKind::call:
      if (e.text == "htons" && e.items.size() == 1) return value(e.items[0]);
      unsupported("the function " + e.text);
    default:
      wrong("'" + e.str() + "' is no number");
  }
}

std::size_t Calls::size(const Expression& e) const {
  const std::int64_t number = value(e);
  if (number < 0 || number > 1 << 30) wrong("'" + e.str() + "' is no size");
  return static_cast<std::size_t>(number);
}

int Calls::fd(const Expression& e) const {
  const auto found = descriptors_.find(static_cast<int>(value(e)));
  return found != descriptors_.end() ? found->second : -1;
}

Epoll& Calls::epoll(const Expression& e) {
  const auto found = epolls_.find(static_cast<int>(value(e)));
  if (found == epolls_.end()) wrong(e.str() + " is no epoll descriptor");
  return found->second;
}

/// `...` is `otherwise`, AF_UNSPEC is nothing, everything else is {sa_family = AF_INET, ...}.
std::optional<Endpoint> Calls::endpoint(const Expression& e, const Endpoint& otherwise) const {
  if (e.is_ellipsis()) return otherwise;
  if (e.is(ExpressionKind::word) && e.text == "AF_UNSPEC") return std::nullopt;
  const Expression* family = e.field("sa_family");
  const Expression* port = e.field("sin_port");
  const Expression* address = e.field("sin_addr");
  if (family != nullptr && family->text == "AF_UNSPEC") return std::nullopt;
  if (family != nullptr && family->text == "AF_INET6") unsupported("a socket address of AF_INET6");
  if (family == nullptr || port == nullptr || address == nullptr)
    wrong("'" + e.str() + "' is no socket address");
  const bool function =
      address->is(ExpressionKind::call) && address->text == "inet_addr" && address->items.size() == 1;
  const auto parsed = function ? IpAddress::parse(address->items[0].text) : std::nullopt;
  const std::int64_t number = value(*port);
  if (!parsed || number < 0 || number > 65535) wrong("'" + e.str() + "' is no socket address");
  return Endpoint{*parsed, static_cast<std::uint16_t>(number)};
}

const Expression& Calls::inner(const Expression& e) const {
  return e.is(ExpressionKind::list) && e.items.size() == 1 ? e.items[0] : e;
}

void Calls::check_value(const Expression& expected, std::int64_t actual, const std::string& what) const {
  if (expected.is_ellipsis()) return;
  const std::int64_t said = value(expected);
  if (said == actual) return;
  Expression unnamed = expected;
  unnamed.name.clear();
  mismatch(what + ": expected " + unnamed.str() + ", got " + std::to_string(actual));
}

void Calls::look() {
  for (auto& [number, instance] : epolls_) instance.look(machine_.sockets());
}

}  // namespace linnet::drill
