// SPDX-License-Identifier: Apache-2.0
// setsockopt and getsockopt: values, wrong values, wrong sizes, on each kind of socket.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tests/conformance/test_trial.hpp"

namespace linnet::conformance {
namespace {

struct Option {
  const char* name;
  int level;
  int number;
  std::vector<int> values;
  bool fixed = true;  ///< what it is at first is no setting of the machine
};

const std::vector<int> flags = {1, 0, 2, -1};

const Option options[] = {
    {"REUSEADDR", SOL_SOCKET, SO_REUSEADDR, flags},
    {"REUSEPORT", SOL_SOCKET, SO_REUSEPORT, flags},
    {"KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, flags},
    {"BROADCAST", SOL_SOCKET, SO_BROADCAST, flags},
    {"OOBINLINE", SOL_SOCKET, SO_OOBINLINE, flags},
    {"DONTROUTE", SOL_SOCKET, SO_DONTROUTE, flags},
    {"SNDBUF", SOL_SOCKET, SO_SNDBUF, {20000, 30001}, false},
    {"RCVBUF", SOL_SOCKET, SO_RCVBUF, {20000, 30001}, false},
    {"RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, {1, 0, 100}},
    {"SNDLOWAT", SOL_SOCKET, SO_SNDLOWAT, {1}},
    {"ERROR", SOL_SOCKET, SO_ERROR, {0, 5}},
    {"TYPE", SOL_SOCKET, SO_TYPE, {1}},
    {"ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN, {1}},
    {"PROTOCOL", SOL_SOCKET, SO_PROTOCOL, {6}},
    {"DOMAIN", SOL_SOCKET, SO_DOMAIN, {2}},
    {"unknown", SOL_SOCKET, 9999, {0}},
    {"TOS", IPPROTO_IP, IP_TOS, {0, 0x10, 0xff, 256, -1}},
    {"TTL", IPPROTO_IP, IP_TTL, {1, 64, 255, 0, 256}, false},
    {"MULTICAST_TTL", IPPROTO_IP, IP_MULTICAST_TTL, {0, 1, 255, 256, -1, -2}},
    {"MULTICAST_LOOP", IPPROTO_IP, IP_MULTICAST_LOOP, {0, 1, 2}},
    {"MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER, {0, 1, 2, -1, 100}, false},
    {"unknown-ip", IPPROTO_IP, 999, {0}},
    {"V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, flags},
    {"UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS, {1, 64, 255, 0, 256, -2}, false},
    {"MULTICAST_HOPS", IPPROTO_IPV6, IPV6_MULTICAST_HOPS, {0, 1, 255, -1, 256, -2}},
    {"MULTICAST_LOOP6", IPPROTO_IPV6, IPV6_MULTICAST_LOOP, {0, 1, 2}},
    {"TCLASS", IPPROTO_IPV6, IPV6_TCLASS, {0, 0x10, 255, -1, 256, -2}},
    {"unknown-ipv6", IPPROTO_IPV6, 999, {0}},
    {"NODELAY", IPPROTO_TCP, TCP_NODELAY, flags},
    {"CORK", IPPROTO_TCP, TCP_CORK, flags},
    {"MAXSEG", IPPROTO_TCP, TCP_MAXSEG, {536, 1000, 10, 70000, 0}, false},
    {"KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, {1, 7200, 0, -1, 32767, 32768}, false},
    {"KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, {1, 75, 0, -1, 32767, 32768}, false},
    {"KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, {1, 127, 0, 128, -1}, false},
    {"SYNCNT", IPPROTO_TCP, TCP_SYNCNT, {1, 127, 0, 128, -1}, false},
    {"LINGER2", IPPROTO_TCP, TCP_LINGER2, {10, -1}, false},
    {"DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT, {1, 0}},
    {"WINDOW_CLAMP", IPPROTO_TCP, TCP_WINDOW_CLAMP, {10000}, false},
    {"QUICKACK", IPPROTO_TCP, TCP_QUICKACK, {1, 0}},
    {"USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, {1000, 0, -1}},
    {"unknown-tcp", IPPROTO_TCP, 999, {0}},
    {"unknown-level", 9999, 1, {0}},
};

struct Kind {
  const char* name;
  int domain;
  int type;
};

constexpr Kind kinds[] = {{"tcp4", AF_INET, SOCK_STREAM},
                          {"udp4", AF_INET, SOCK_DGRAM},
                          {"tcp6", AF_INET6, SOCK_STREAM},
                          {"udp6", AF_INET6, SOCK_DGRAM}};

std::string value_text(long result, long value) {
  return result < 0 ? result_text(result) : std::to_string(value);
}

void get(Trial& trial, int fd, const Option& option, const std::string& label) {
  int value = 0;
  std::size_t length = sizeof value;
  const long result = trial.api.get(fd, option.level, option.number, &value, &length);
  trial.log(label, value_text(result, value));
}

void values(Trial& trial, const Kind& kind, const Option& option) {
  const int fd = trial.open_of(kind.domain, kind.type);
  if (option.fixed) get(trial, fd, option, "at first");
  for (const int value : option.values) {
    trial.log("set " + std::to_string(value), trial.set(fd, option.level, option.number, value));
    get(trial, fd, option, "get after " + std::to_string(value));
  }
}

void sizes(Trial& trial, const Kind& kind, const Option& option) {
  const int fd = trial.open_of(kind.domain, kind.type);
  std::array<unsigned char, 16> value{1};
  for (const std::size_t size : {0, 1, 2, 3, 4, 8, 16}) {
    trial.log("set of size " + std::to_string(size),
              trial.api.set(fd, option.level, option.number, value.data(), size));
  }
  for (const std::size_t size : {0, 1, 2, 3, 4, 8, 16}) {
    std::size_t length = size;
    const long result = trial.api.get(fd, option.level, option.number, value.data(), &length);
    trial.log("get of size " + std::to_string(size), value_text(result, static_cast<long>(length)));
  }
}

std::vector<Case> each_option(const std::string& group, void (*play)(Trial&, const Kind&, const Option&)) {
  std::vector<Case> cases;
  for (const Kind& kind : kinds) {
    for (const Option& option : options) {
      cases.push_back({.name = group + "/" + kind.name + "/" + option.name,
                       .play = [&kind, &option, play](Trial& trial) { play(trial, kind, option); }});
    }
  }
  return cases;
}

TEST(Conformance, values_of_options) { compare("option/", each_option("option", values)); }
TEST(Conformance, sizes_of_options) { compare("option-size/", each_option("option-size", sizes)); }

// --- those that are no int ---

void linger_values(Trial& trial, int type) {
  const int fd = trial.open_of(AF_INET, type);
  linger value{7, 7};
  std::size_t length = sizeof value;
  const auto get_it = [&](const std::string& label) {
    const long result = trial.api.get(fd, SOL_SOCKET, SO_LINGER, &value, &length);
    trial.log(label, result < 0 ? result_text(result)
                                : std::to_string(value.l_onoff) + " " + std::to_string(value.l_linger));
  };
  get_it("at first");
  for (const linger& one : {linger{1, 0}, linger{1, 5}, linger{2, 100}, linger{0, 9}}) {
    trial.log("set", trial.api.set(fd, SOL_SOCKET, SO_LINGER, &one, sizeof one));
    get_it("get");
  }
  trial.log("set too short", trial.api.set(fd, SOL_SOCKET, SO_LINGER, &value, sizeof(int)));
  length = 4;
  trial.log("get too short", trial.api.get(fd, SOL_SOCKET, SO_LINGER, &value, &length));
  trial.log("its length", static_cast<long>(length));
}

void timeout_values(Trial& trial, int name) {
  const int fd = trial.open_of(AF_INET, SOCK_STREAM);
  timeval value{7, 7};
  std::size_t length = sizeof value;
  const auto get_it = [&](const std::string& label) {
    const long result = trial.api.get(fd, SOL_SOCKET, name, &value, &length);
    trial.log(label, result < 0 ? result_text(result)
                                : std::to_string(value.tv_sec) + "." + std::to_string(value.tv_usec));
  };
  get_it("at first");
  for (const timeval& one :
       {timeval{1, 0}, timeval{0, 500000}, timeval{0, 0}, timeval{3, 1000000}, timeval{3, -1}}) {
    trial.log("set " + std::to_string(one.tv_sec) + "." + std::to_string(one.tv_usec),
              trial.api.set(fd, SOL_SOCKET, name, &one, sizeof one));
    get_it("get");
  }
  const timeval negative{-1, 0};
  trial.log("set -1.0", trial.api.set(fd, SOL_SOCKET, name, &negative, sizeof negative));
  trial.log("set too short", trial.api.set(fd, SOL_SOCKET, name, &negative, sizeof(int)));
}

void congestion(Trial& trial, const std::string& name) {
  const int fd = trial.open_of(AF_INET, SOCK_STREAM);
  const long result = trial.api.set(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), name.size());
  trial.log("set", result);
  if (result < 0) return;
  std::array<char, 16> value{};
  std::size_t length = value.size();
  trial.log("get", trial.api.get(fd, IPPROTO_TCP, TCP_CONGESTION, value.data(), &length));
  trial.log("it is", value.data());
}

void null_pointers(Trial& trial, int type) {
  const int fd = trial.open_of(AF_INET, type);
  trial.log("set", trial.api.set(fd, SOL_SOCKET, SO_REUSEADDR, nullptr, 4));
  std::size_t length = 4;
  trial.log("get", trial.api.get(fd, SOL_SOCKET, SO_REUSEADDR, nullptr, &length));
  int value = 1;
  trial.log("of no descriptor", trial.api.set(9999, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
  trial.log("get of no descriptor", trial.api.get(9999, SOL_SOCKET, SO_REUSEADDR, &value, &length));
}

TEST(Conformance, options_that_are_no_int) {
  std::vector<Case> cases;
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const std::string kind = type == SOCK_STREAM ? "tcp" : "udp";
    cases.push_back(
        {.name = "struct/linger/" + kind, .play = [=](Trial& trial) { linger_values(trial, type); }});
    cases.push_back(
        {.name = "struct/null/" + kind, .play = [=](Trial& trial) { null_pointers(trial, type); }});
  }
  cases.push_back(
      {.name = "struct/rcvtimeo", .play = [](Trial& trial) { timeout_values(trial, SO_RCVTIMEO); }});
  cases.push_back(
      {.name = "struct/sndtimeo", .play = [](Trial& trial) { timeout_values(trial, SO_SNDTIMEO); }});
  for (const char* name : {"cubic", "reno", "none-such"}) {
    cases.push_back({.name = std::string("struct/congestion/") + name,
                     .play = [=](Trial& trial) { congestion(trial, name); }});
  }
  compare("struct/", cases);
}

// --- socket() itself ---

TEST(Conformance, arguments_of_socket) {
  std::vector<Case> cases;
  for (const int domain : {AF_INET, AF_INET6, AF_UNSPEC, 9999, -1}) {
    for (const int type : {int{SOCK_STREAM}, int{SOCK_DGRAM}, 0, 99}) {
      for (const int protocol : {0, int{IPPROTO_TCP}, int{IPPROTO_UDP}, 200, 999, -1}) {
        cases.push_back({.name = "socket/" + std::to_string(domain) + "/" + std::to_string(type) + "/" +
                                 std::to_string(protocol),
                         .play = [=](Trial& trial) {
                           const long fd = trial.keep(trial.api.socket(domain, type, protocol));
                           trial.log("socket", std::min(fd, 0L));
                         }});
      }
    }
  }
  compare("socket/", cases);
}

}  // namespace
}  // namespace linnet::conformance
