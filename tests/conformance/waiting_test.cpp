// SPDX-License-Identifier: Apache-2.0
// A call that waits, and another thread that ends the wait; one socket that speaks both families.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "tests/conformance/test_states.hpp"

namespace linnet::conformance {
namespace {

/// The result does not depend on which of them comes first.
template <typename Wait, typename Act>
void meanwhile(Wait wait, Act act) {
  std::jthread other(act);
  wait();
}

void thread_recv_data(Trial& trial) {
  const World world = connected(trial);
  trial.api.set_non_blocking(world.fd, false);
  meanwhile([&] { trial.log("recv", trial.api.receive(world.fd, 5, MSG_WAITALL)); },
            [&] {
              trial.send(world.peer, "he");
              trial.send(world.peer, "llo");
            });
}

void thread_recv_end(Trial& trial) {
  const World world = connected(trial);
  trial.api.set_non_blocking(world.fd, false);
  meanwhile([&] { trial.log("recv", trial.api.receive(world.fd, 5, MSG_WAITALL)); },
            [&] {
              trial.send(world.peer, "he");
              trial.api.shutdown(world.peer, SHUT_WR);
            });
  trial.log("recv", trial.api.receive(world.fd, 5, 0));
}

void thread_recv_shutdown(Trial& trial) {
  const World world = connected(trial);
  trial.api.set_non_blocking(world.fd, false);
  meanwhile([&] { trial.log("recv", trial.api.receive(world.fd, 5, 0)); },
            [&] { trial.api.shutdown(world.fd, SHUT_RD); });
}

void thread_recv_reset(Trial& trial) {
  const World world = connected(trial);
  trial.api.set_non_blocking(world.fd, false);
  trial.reset(world.peer);
  meanwhile([&] { trial.log("recv", trial.api.receive(world.fd, 5, 0)); },
            [&] { trial.api.connect(world.peer, Endpoint{}); });
}

void thread_accept(Trial& trial) {
  const int listener = trial.listener();
  const Endpoint name = trial.name_of(listener);
  const int fd = trial.open(SOCK_STREAM);
  meanwhile([&] { trial.log("accept", std::min(trial.keep(trial.api.accept(listener, 0, nullptr)), 0)); },
            [&] { trial.api.connect(fd, name); });
}

void thread_accept_shutdown(Trial& trial) {
  const int listener = trial.listener();
  meanwhile([&] { trial.log("accept", trial.api.accept(listener, 0, nullptr)); },
            [&] { trial.api.shutdown(listener, SHUT_RDWR); });
}

void thread_datagram(Trial& trial) {
  const int fd = trial.bound(SOCK_DGRAM);
  const int other = trial.bound(SOCK_DGRAM);
  const Endpoint name = trial.name_of(fd);
  meanwhile([&] { trial.log("recv", trial.api.receive(fd, 10, 0)); },
            [&] { trial.send(other, "hello", MSG_NOSIGNAL, &name); });
}

void thread_datagram_shutdown(Trial& trial) {
  const int fd = trial.bound(SOCK_DGRAM);
  trial.api.connect(fd, trial.loopback(9));
  meanwhile([&] { trial.log("recv", trial.api.receive(fd, 10, 0)); },
            [&] { trial.api.shutdown(fd, SHUT_RD); });
}

void thread_send(Trial& trial) {
  const World world = connected(trial);
  trial.api.set_non_blocking(world.fd, false);
  const std::string much(16 << 20, 'm');
  long received = 0;
  meanwhile([&] { trial.log("send", trial.send(world.fd, much)); },
            [&] {
              while (received < static_cast<long>(much.size())) {
                const long result = trial.api.receive(world.peer, 1 << 20, 0).result;
                if (result <= 0) break;
                received += result;
              }
            });
  trial.log("received", received);
}

void thread_send_reset(Trial& trial) {
  const World world = connected(trial);
  trial.api.set_non_blocking(world.fd, false);
  const std::string much(64 << 20, 'm');
  trial.reset(world.peer);
  meanwhile(
      [&] {
        // What was taken before counts; the error comes with the next call at the latest.
        long result = 0;
        while ((result = trial.send(world.fd, much)) > 0) continue;
        trial.log("send", result == -ECONNRESET || result == -EPIPE ? 1 : result);
      },
      [&] {
        trial.await(world.peer);
        trial.api.connect(world.peer, Endpoint{});
      });
}

void thread_poll(Trial& trial) {
  const World world = connected(trial);
  meanwhile([&] { trial.log("poll", events_text(trial.revents(world.fd, POLLIN, -1))); },
            [&] { trial.send(world.peer, "x"); });
}

void thread_connect_refused(Trial& trial) {
  const Endpoint name = trial.closed_port(SOCK_STREAM);
  const int fd = trial.open(SOCK_STREAM);
  trial.log("connect", trial.api.connect(fd, name));
  trial.log_error(fd, "error");
}

struct Play {
  const char* name;
  void (*play)(Trial&);
};

constexpr Play threads[] = {
    {"recv-data", thread_recv_data},
    {"recv-end", thread_recv_end},
    {"recv-shutdown", thread_recv_shutdown},
    {"recv-reset", thread_recv_reset},
    {"accept", thread_accept},
    {"accept-shutdown", thread_accept_shutdown},
    {"datagram", thread_datagram},
    {"datagram-shutdown", thread_datagram_shutdown},
    {"send", thread_send},
    {"send-reset", thread_send_reset},
    {"poll", thread_poll},
    {"connect-refused", thread_connect_refused},
};

TEST(Conformance, calls_that_wait_for_another_thread) {
  std::vector<Case> cases;
  for (const Family family : {Family::v4, Family::v6}) {
    for (const Play& one : threads) {
      cases.push_back({.name = "thread" + to_text(family) + "/" + one.name,
                       .family = family,
                       .play = one.play,
                       .threads = true});
    }
  }
  compare("thread/", cases);
}

// --- one socket, both families ---

void dual(Trial& trial, int type, int v6_only, Family client) {
  const int server = trial.open_of(AF_INET6, type);
  trial.set(server, IPPROTO_IPV6, IPV6_V6ONLY, v6_only);
  trial.log("bind", trial.api.bind(server, {IpAddress::any_v6(), 0}));
  trial.api.set_non_blocking(server, true);
  const std::uint16_t port = trial.name_of(server).port;
  const IpAddress address = client == Family::v6 ? IpAddress::loopback_v6() : IpAddress::loopback_v4();
  const int fd = trial.open_of(client == Family::v4 ? AF_INET : AF_INET6, type);
  if (type == SOCK_STREAM) trial.log("listen", trial.api.listen(server, 4));
  const long connected = trial.api.connect(fd, {address, port});
  trial.log("connect", connected);
  if (connected != 0) return;
  trial.know(trial.name_of(fd), "client");
  trial.log("send", trial.send(fd, "hello"));
  int end = server;
  Endpoint from;
  if (type == SOCK_STREAM) {
    trial.await(server);
    end = trial.keep(trial.api.accept(server, SOCK_NONBLOCK, &from));
    trial.log_name("accept", end < 0 ? end : 0, from);
  }
  if (v6_only == 0 || client == Family::v6) trial.await(end);
  const Received received = trial.api.receive(end, 10, 0);
  trial.log("recv", received);
  if (type == SOCK_DGRAM && received.result >= 0) trial.log_name("from", 0, received.from);
  Endpoint own;
  const long result = trial.api.getsockname(end, own);
  if (own.port == port) own.port = 0;
  trial.log_name("own", result, own);
}

TEST(Conformance, one_socket_for_both_families) {
  std::vector<Case> cases;
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    for (const int v6_only : {0, 1}) {
      for (const Family client : {Family::v4, Family::v6, Family::mapped}) {
        cases.push_back({.name = std::string("dual/") + (type == SOCK_STREAM ? "tcp" : "udp") +
                                 (v6_only == 1 ? "-only/" : "/") + to_text(client),
                         .family = client,
                         .play = [=](Trial& trial) { dual(trial, type, v6_only, client); }});
      }
    }
  }
  compare("dual/", cases);
}

}  // namespace
}  // namespace linnet::conformance
