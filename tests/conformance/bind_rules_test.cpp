// SPDX-License-Identifier: Apache-2.0
// Who may have an address and a port when somebody has them already.
#include <gtest/gtest.h>

#include "tests/conformance/test_trial.hpp"

namespace linnet::conformance {
namespace {

/// A way to name a socket.
struct Way {
  const char* name;
  int domain;
  IpAddress address;
  int v6_only;
};

const Way ways[] = {
    {"any4", AF_INET, IpAddress::any_v4(), 0},      {"lo4", AF_INET, IpAddress::loopback_v4(), 0},
    {"any6", AF_INET6, IpAddress::any_v6(), 0},     {"any6only", AF_INET6, IpAddress::any_v6(), 1},
    {"lo6", AF_INET6, IpAddress::loopback_v6(), 0}, {"mapped", AF_INET6, IpAddress::loopback_v4(), 0},
};

struct Manner {
  const char* name;
  bool first_reuses;
  bool second_reuses;
  bool first_listens;
};

constexpr Manner manners[] = {
    {"plain", false, false, false},       {"reuse", true, true, false},
    {"first-reuses", true, false, false}, {"second-reuses", false, true, false},
    {"listening", false, false, true},    {"listening-reuse", true, true, true},
};

int prepared(Trial& trial, const Way& way, int type, bool reuses) {
  const int fd = trial.open_of(way.domain, type);
  if (way.domain == AF_INET6) trial.set(fd, IPPROTO_IPV6, IPV6_V6ONLY, way.v6_only);
  trial.set(fd, SOL_SOCKET, SO_REUSEADDR, reuses ? 1 : 0);
  return fd;
}

void bind_two(Trial& trial, int type, const Way& one, const Way& two, const Manner& manner) {
  const int first = prepared(trial, one, type, manner.first_reuses);
  const int second = prepared(trial, two, type, manner.second_reuses);
  trial.log("first bind", trial.api.bind(first, {one.address, 0}));
  if (manner.first_listens) trial.log("first listen", trial.api.listen(first, 4));
  const std::uint16_t port = trial.name_of(first).port;
  trial.log("second bind", trial.api.bind(second, {two.address, port}));
  if (type == SOCK_STREAM) trial.log("second listen", trial.api.listen(second, 4));
}

std::vector<Case> pairs(const std::string& group, int type) {
  std::vector<Case> cases;
  for (const Way& one : ways) {
    for (const Way& two : ways) {
      for (const Manner& manner : manners) {
        if (type == SOCK_DGRAM && manner.first_listens) continue;
        cases.push_back({.name = group + "/" + one.name + "/" + two.name + "/" + manner.name,
                         .play = [&, type](Trial& trial) { bind_two(trial, type, one, two, manner); }});
      }
    }
  }
  return cases;
}

TEST(Conformance, two_stream_sockets_want_one_port) { compare("bind-tcp/", pairs("bind-tcp", SOCK_STREAM)); }
TEST(Conformance, two_datagram_sockets_want_one_port) { compare("bind-udp/", pairs("bind-udp", SOCK_DGRAM)); }

/// What single binds give.
void bind_one(Trial& trial, int type, int domain, const IpAddress& address, int v6_only) {
  const int fd = trial.open_of(domain, type);
  if (domain == AF_INET6) trial.set(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6_only);
  trial.log("bind", trial.api.bind(fd, {address, 0}));
  Endpoint name;
  const long result = trial.api.getsockname(fd, name);
  trial.log_name("getsockname", result, name);
  trial.log("bind again", trial.api.bind(fd, {address, 0}));
  if (domain == AF_INET6) trial.log("v6 only", trial.set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1 - v6_only));
}

TEST(Conformance, addresses_to_bind_to) {
  struct Row {
    const char* name;
    IpAddress address;
  };
  const Row rows[] = {
      {"any4", IpAddress::any_v4()},
      {"lo4", IpAddress::loopback_v4()},
      {"lo4-other", IpAddress::v4(127, 0, 0, 2)},
      {"foreign4", IpAddress::v4(192, 0, 2, 1)},
      {"broadcast", IpAddress::broadcast_v4()},
      {"group4", IpAddress::v4(224, 0, 0, 1)},
      {"any6", IpAddress::any_v6()},
      {"lo6", IpAddress::loopback_v6()},
      {"foreign6", *IpAddress::parse("2001:db8::1")},
  };
  std::vector<Case> cases;
  for (const Row& row : rows) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      for (const int domain : {AF_INET, AF_INET6}) {
        for (const int v6_only : {0, 1}) {
          if (domain == AF_INET && v6_only == 1) continue;
          std::string name = std::string("bind-one/") + row.name + (type == SOCK_STREAM ? "/tcp" : "/udp") +
                             (domain == AF_INET ? "4"
                              : v6_only == 1    ? "6only"
                                                : "6");
          cases.push_back({.name = std::move(name), .play = [=](Trial& trial) {
                             bind_one(trial, type, domain, row.address, v6_only);
                           }});
        }
      }
    }
  }
  compare("bind-one/", cases);
}

}  // namespace
}  // namespace linnet::conformance
