// SPDX-License-Identifier: Apache-2.0
// The system calls of a script, made on the stack's sockets.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "drill/epoll.hpp"
#include "drill/flow.hpp"
#include "drill/machine.hpp"
#include "drill/script.hpp"

namespace linnet::drill {

class Calls {
 public:
  /// Lets the script go on until `deadline`, or until something happened to the stack.
  using Wait = std::function<void(Instant deadline)>;

  Calls(Machine& machine, Flows& flows, const Settings& settings, Wait wait)
      : machine_(machine), flows_(flows), settings_(settings), wait_(std::move(wait)) {}

  /// Makes the call and compares what comes out. Throws Mismatch, Unsupported, SyntaxError.
  void run(const SystemCall& call, int line);
  /// Throws Unsupported for what no run of this call could do, whatever its values.
  static void check(const SystemCall& call, int line);
  /// Listeners need not ask for TCP_FASTOPEN.
  void open_fast(bool on) { fast_open_listeners_ = on; }
  /// Something may have become ready.
  void look();

 private:
  using Result = std::int64_t;  // at least 0, or an errno negated
  using Handler = Result (Calls::*)(const SystemCall& call);
  struct Row {
    std::string_view name;
    Handler handler;
    std::size_t arguments;  // how many
    bool yields_descriptor = false;
  };
  static const Row* find(std::string_view name);

  // --- calls.cpp: arguments and results ---
  [[noreturn]] void unsupported(const std::string& what) const;
  [[noreturn]] void wrong(const std::string& what) const;
  [[noreturn]] void mismatch(const std::string& what) const;
  std::int64_t value(const Expression& e) const;
  std::size_t size(const Expression& e) const;
  int fd(const Expression& e) const;
  Epoll& epoll(const Expression& e);
  std::optional<Endpoint> endpoint(const Expression& e, const Endpoint& otherwise) const;
  void check_result(const SystemCall& call, Result result, bool descriptor);
  void check_value(const Expression& expected, std::int64_t actual, const std::string& what) const;
  /// A list of one: its only member; anything else is itself.
  const Expression& inner(const Expression& e) const;

  // --- calls_open.cpp ---
  Result socket(const SystemCall& call);
  Result bind(const SystemCall& call);
  Result listen(const SystemCall& call);
  Result accept(const SystemCall& call);
  Result connect(const SystemCall& call);
  Result close(const SystemCall& call);
  Result shutdown(const SystemCall& call);
  Result not_here(const SystemCall& call);

  // --- calls_data.cpp ---
  Result read(const SystemCall& call);
  Result readv(const SystemCall& call);
  Result recv(const SystemCall& call);
  Result recvfrom(const SystemCall& call);
  Result recvmsg(const SystemCall& call);
  Result write(const SystemCall& call);
  Result writev(const SystemCall& call);
  Result send(const SystemCall& call);
  Result sendto(const SystemCall& call);
  Result sendmsg(const SystemCall& call);
  void towards(int live, const Endpoint& to);
  Bytes content(const Expression& buffer, std::size_t size);
  MutableBytes room(std::size_t size);
  void check_content(const Expression& buffer, MutableBytes got, Result result) const;
  std::vector<MutableBytes> vector(const Expression& list);
  std::vector<MutableBytes> counted_vector(const SystemCall& call);
  std::vector<MutableBytes> message_vector(const Expression& header, const std::string& form);

  // --- calls_options.cpp ---
  Result fcntl(const SystemCall& call);
  Result ioctl(const SystemCall& call);
  Result getsockopt(const SystemCall& call);
  Result setsockopt(const SystemCall& call);
  Result get_text(int live, int level, int name, const Expression& expected, std::size_t length);

  // --- calls_poll.cpp ---
  Result poll(const SystemCall& call);
  Result epoll_create(const SystemCall& call);
  Result epoll_ctl(const SystemCall& call);
  Result epoll_wait(const SystemCall& call);

  Machine& machine_;
  Flows& flows_;
  const Settings& settings_;
  Wait wait_;
  int line_ = 0;
  bool fast_open_listeners_ = false;
  std::map<int, int> descriptors_{};  // the script's to the stack's
  std::map<int, Epoll> epolls_{};     // by the script's descriptor
  std::vector<std::uint8_t> buffer_{};
};

}  // namespace linnet::drill
