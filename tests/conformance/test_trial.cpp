// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/test_trial.hpp"

#include <fnmatch.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "sockets/errno.hpp"

namespace linnet::conformance {

std::string result_text(long result) {
  if (result >= 0) return std::to_string(result);
  const std::string_view name = sockets::error_name(static_cast<int>(-result));
  return name.empty() ? std::to_string(result) : std::string(name);
}

std::string to_text(Family family) { return family == Family::v4 ? "4" : family == Family::v6 ? "6" : "46"; }

std::string events_text(int events) {
  static constexpr std::pair<int, const char*> names[] = {
      {POLLIN, "IN"},         {POLLPRI, "PRI"},       {POLLOUT, "OUT"},       {POLLERR, "ERR"},
      {POLLHUP, "HUP"},       {POLLNVAL, "NVAL"},     {POLLRDNORM, "RDNORM"}, {POLLRDBAND, "RDBAND"},
      {POLLWRNORM, "WRNORM"}, {POLLWRBAND, "WRBAND"}, {POLLRDHUP, "RDHUP"},
  };
  std::string text;
  for (const auto& [bit, name] : names) {
    if ((events & bit) != 0) text += (text.empty() ? "" : "|") + std::string(name);
  }
  return text.empty() ? "none" : text;
}

Trial::~Trial() {
  for (const int fd : open_) {
    reset(fd);
    api.close(fd);
  }
}

Endpoint Trial::loopback(std::uint16_t port) const {
  return {family == Family::v6 ? IpAddress::loopback_v6() : IpAddress::loopback_v4(), port};
}

Endpoint Trial::any(std::uint16_t port) const {
  return {family == Family::v4 ? IpAddress::any_v4() : IpAddress::any_v6(), port};
}

int Trial::keep(long fd) {
  if (fd >= 0) open_.push_back(static_cast<int>(fd));
  return static_cast<int>(fd);
}

void Trial::close(int fd) {
  std::erase(open_, fd);
  api.close(fd);
}

int Trial::bound(int type) {
  const int fd = open(type);
  if (const long result = api.bind(fd, loopback()); result != 0) log("bind of the state", result);
  return fd;
}

int Trial::listener(int backlog) {
  const int fd = bound(SOCK_STREAM);
  if (const long result = api.listen(fd, backlog); result != 0) log("listen of the state", result);
  know(name_of(fd), "listener");
  return fd;
}

Endpoint Trial::name_of(int fd) {
  Endpoint name;
  api.getsockname(fd, name);
  return name;
}

Endpoint Trial::closed_port(int type) {
  // A stream socket that does not listen resets; a datagram socket with a peer is none for others.
  const int fd = bound(type);
  const Endpoint name = name_of(fd);
  if (type == SOCK_DGRAM) api.connect(fd, loopback(9));
  know(name, "closed");
  return name;
}

long Trial::get(int fd, int level, int name) {
  int value = 0;
  std::size_t length = sizeof value;
  const long result = api.get(fd, level, name, &value, &length);
  return result < 0 ? result : value;
}

void Trial::reset(int fd) {
  const linger value{1, 0};
  api.set(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value);
}

std::uint16_t Trial::revents(int fd, int events, int milliseconds) {
  pollfd entry{fd, static_cast<short>(events), 0};
  api.poll({&entry, 1}, milliseconds);
  return static_cast<std::uint16_t>(entry.revents);
}

void Trial::await(int fd, int events) {
  if (revents(fd, events, 3000) == 0) log("await " + events_text(events), "did not come");
}

void Trial::log(std::string label, long result) { log(std::move(label), result_text(result)); }

void Trial::log(std::string label, const Received& received) {
  std::string value = result_text(received.result);
  if (!received.data.empty()) value += " '" + received.data.substr(0, 20) + "'";
  if (received.truncated) value += " TRUNC";
  log(std::move(label), std::move(value));
}

void Trial::log_events(int fd, std::string label) { log(std::move(label), events_text(revents(fd))); }

void Trial::log_name(std::string label, long result, const Endpoint& endpoint) {
  if (result < 0) return log(std::move(label), result);
  std::string port = endpoint.port == 0 ? "0" : "some";
  for (const auto& [number, name] : known_) {
    if (number == endpoint.port) port = name;
  }
  const IpAddress& address = endpoint.address;
  const bool v4 = address.is_v4();
  const std::string text = address.is_unspecified() ? (v4 ? "0.0.0.0" : "::")
                           : address.is_loopback()  ? (v4 ? "127.0.0.1" : "::1")
                                                    : "other";
  log(std::move(label), text + " " + port);
}

namespace {

using Table = std::span<const Difference>;

std::vector<Step> play(Api& api, const Case& one) {
  Trial trial(api, one.family);
  one.play(trial);
  return std::move(trial.trace);
}

bool fits(std::string_view pattern, const std::string& text) {
  return ::fnmatch(std::string(pattern).c_str(), text.c_str(), FNM_NOESCAPE) == 0;
}

/// "tcp/reset/send" of "tcp6/reset/send".
std::string without_family(std::string name) {
  const auto slash = name.find('/');
  const auto digits = std::remove_if(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(slash),
                                     [](char c) { return c >= '0' && c <= '9'; });
  name.erase(digits, name.begin() + static_cast<std::ptrdiff_t>(slash));
  return name;
}

/// The row of the table that has it, or -1.
int row_of(Table table, const std::string& name, const Step& of_linux, const Step& ours) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Difference& row = table[i];
    const bool same = (fits(row.cases, name) || fits(row.cases, without_family(name))) &&
                      fits(row.step, of_linux.label) && fits(row.of_linux, of_linux.value) &&
                      fits(row.ours, ours.value);
    if (same) return static_cast<int>(i);
  }
  return -1;
}

bool explained(const std::string& name, const std::vector<Step>& of_linux, const std::vector<Step>& ours) {
  return std::equal(
      of_linux.begin(), of_linux.end(), ours.begin(), ours.end(),
      [&](const Step& a, const Step& b) { return a == b || row_of(differences(), name, a, b) >= 0; });
}

std::string text_of(const std::vector<Step>& trace) {
  std::string text;
  for (const Step& step : trace) text += "\n    " + step.label + ": " + step.value;
  return text;
}

/// What a row explained.
struct Explained {
  int times = 0;
  std::uint32_t which = 0;
  /// Whatever the order is in which they come.
  void add(const std::string& name, const Step& step) {
    std::uint32_t hash = 2166136261U;
    for (const char letter : without_family(name) + "\n" + step.label) {
      hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
    }
    ++times;
    which += hash;
  }
};

/// The traces of one pair of interfaces, and what a table of differences explained of them.
class Comparison {
 public:
  Comparison(Table table, std::string_view left, std::string_view right)
      : table_(table), left_(left), right_(right), found_(table.size()) {}

  void add(const std::string& name, const std::vector<Step>& left, const std::vector<Step>& right) {
    if (left.size() != right.size()) {
      ADD_FAILURE() << name << ": other steps; " << left_ << text_of(left) << "\n  " << right_
                    << text_of(right);
      return;
    }
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (left[i] == right[i]) continue;
      const int row = row_of(table_, name, left[i], right[i]);
      if (row >= 0) {
        found_[static_cast<std::size_t>(row)].add(name, left[i]);
        continue;
      }
      ADD_FAILURE() << left_ << " and " << right_ << ": {\"" << name << "\", \"" << left[i].label << "\", \""
                    << left[i].value << "\", \"" << right[i].value << "\"}";
    }
  }
  /// Every row of the group is of just the steps that it was made for.
  void judge(std::string_view group) const {
    for (std::size_t i = 0; i < found_.size(); ++i) {
      const Difference& row = table_[i];
      if (!row.cases.starts_with(group) && !row.cases.starts_with(without_family(std::string(group))))
        continue;
      EXPECT_TRUE(found_[i].times == row.times && found_[i].which == row.which)
          << "{\"" << row.cases << "\", \"" << row.step << "\", \"" << row.of_linux << "\", \"" << row.ours
          << "\"} is listed for others than these " << found_[i].times << " steps, 0x" << std::hex
          << found_[i].which;
    }
  }

 private:
  Table table_;
  std::string_view left_;
  std::string_view right_;
  std::vector<Explained> found_;
};

bool has_ipv6(Api& api) {
  const long fd = api.socket(AF_INET6, SOCK_STREAM, 0);
  const bool bound = fd >= 0 && api.bind(static_cast<int>(fd), {IpAddress::loopback_v6(), 0}) == 0;
  if (fd >= 0) api.close(static_cast<int>(fd));
  return bound;
}

bool needs_no_ipv6(std::string_view group) {
  return group == "tcp4/" || group == "udp4/" || group == "play4/" || group == "struct/";
}

}  // namespace

void compare(std::string_view group, const std::vector<Case>& cases) {
  const std::unique_ptr<Api> machine = linux_api();
  if (!needs_no_ipv6(group) && !has_ipv6(*machine)) GTEST_SKIP() << "this machine has no IPv6";
  Comparison with_linux(differences(), "Linux", "ours");
  Comparison with_names(lwip_differences(), "ours", "by lwIP's names");
  std::size_t steps = 0;
  for (const Case& one : cases) {
    ASSERT_EQ(without_family(one.name).find(without_family(std::string(group))), 0u) << one.name;
    std::vector<Step> of_linux = play(*machine, one);
    const std::vector<Step> ours = play(*our_api(one.threads), one);
    // A port that the system chose for one family may be another program's in the other: Linux is asked once
    // more.
    for (int i = 0; i < 3 && !explained(one.name, of_linux, ours); ++i) of_linux = play(*machine, one);
    steps += of_linux.size();
    if (std::getenv("LINNET_TRACE") != nullptr) {
      std::cout << one.name << text_of(of_linux) << "\n";
    }
    with_linux.add(one.name, of_linux, ours);
    with_names.add(one.name, ours, play(*lwip_api(one.threads), one));
  }
  with_linux.judge(group);
  with_names.judge(group);
  ::testing::Test::RecordProperty("cases", static_cast<int>(cases.size()));
  std::cout << group << ": " << cases.size() << " cases, " << steps << " results compared\n";
}

}  // namespace linnet::conformance
