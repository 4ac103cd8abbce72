// SPDX-License-Identifier: Apache-2.0
// Trial: one case on one Api, and the trace of all that its calls gave. compare: the same cases on both.
#pragma once

#include <netinet/in.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/test_api.hpp"

namespace linnet::conformance {

/// What poll is asked for; the bands, which mean something else on every system, have a case of their own.
constexpr int all_events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLWRNORM;

enum class Family { v4, v6, mapped };  ///< mapped: sockets of AF_INET6 that speak IPv4

/// One thing that was seen: which call, and what it gave ("0", "EAGAIN", "IN|OUT", ...).
struct Step {
  std::string label;
  std::string value;
  bool operator==(const Step&) const = default;
};

class Trial {
 public:
  Trial(Api& calls, Family chosen) : api(calls), family(chosen) {}
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  /// Closes what the case left open, without TIME-WAIT.
  ~Trial();

  // --- sockets, closed at the end ---
  int domain() const { return family == Family::v4 ? AF_INET : AF_INET6; }
  Endpoint loopback(std::uint16_t port = 0) const;
  Endpoint any(std::uint16_t port = 0) const;
  int open(int type, int flags = 0) { return keep(api.socket(domain(), type | flags, 0)); }
  int open_of(int domain, int type) { return keep(api.socket(domain, type, 0)); }
  int keep(long fd);
  void close(int fd);
  /// Bound to a port of loopback that the system chose.
  int bound(int type);
  int listener(int backlog = 8);
  Endpoint name_of(int fd);
  /// A port of TCP, or of UDP, where nobody answers and that nobody else can get meanwhile.
  Endpoint closed_port(int type);

  // --- calls in short ---
  long send(int fd, std::string_view data, int flags = MSG_NOSIGNAL, const Endpoint* to = nullptr) {
    return api.send(fd, {&data, 1}, flags, to);
  }
  long set(int fd, int level, int name, int value) { return api.set(fd, level, name, &value, sizeof value); }
  /// The value, or a negated errno value.
  long get(int fd, int level, int name);
  /// A reset instead of a FIN when it is closed.
  void reset(int fd);
  /// Waits, for three seconds at most, until one of the events is there; the trace tells when they did not
  /// come.
  void await(int fd, int events = POLLIN);
  std::uint16_t revents(int fd, int events = all_events, int milliseconds = 0);

  // --- the trace ---
  void log(std::string label, std::string value) { trace.push_back({std::move(label), std::move(value)}); }
  void log(std::string label, long result);
  void log(std::string label, const Received& received);
  /// What poll says of all_events, at once.
  void log_events(int fd, std::string label = "events");
  /// SO_ERROR, by its name.
  void log_error(int fd, std::string label = "error") {
    const long error = get(fd, SOL_SOCKET, SO_ERROR);
    log(std::move(label), error > 0 ? -error : error);
  }
  /// Address and port; ports are called by the sockets that have them.
  void log_name(std::string label, long result, const Endpoint& endpoint);
  void know(const Endpoint& endpoint, std::string name) {
    known_.emplace_back(endpoint.port, std::move(name));
  }

  Api& api;
  Family family;
  std::vector<Step> trace;

 private:
  std::vector<int> open_;
  std::vector<std::pair<std::uint16_t, std::string>> known_;
};

struct Case {
  std::string name;  ///< "tcp4/reset/send": group and family, state, call
  Family family = Family::v4;
  std::function<void(Trial&)> play;
  bool threads = false;  ///< makes calls from more than one thread
};

/// "ECONNRESET" of -104, "3" of 3.
std::string result_text(long result);
std::string events_text(int events);
std::string to_text(Family family);

/// Plays all cases on Linux's sockets, on ours, and on ours by lwIP's names; a difference between the first two, or the last two,
/// that test_differences.cpp does not list is a failure, and so is one of `group` that it lists and that is none any more.
void compare(std::string_view group, const std::vector<Case>& cases);

/// A difference that is meant. In the four texts '*' stands for anything.
struct Difference {
  std::string_view cases;  ///< "tcp/..." is of all families, "tcp6/..." of one
  std::string_view step;
  std::string_view of_linux;
  std::string_view ours;
  int times;  ///< how many steps it explains, in each family
  std::uint32_t which;  ///< made of their names: another step in the place of one of them is seen, too
  std::string_view reason;
};

std::span<const Difference> differences();
/// Between ours (`of_linux`) and the same called by lwIP's names (`ours`).
std::span<const Difference> lwip_differences();

}  // namespace linnet::conformance
