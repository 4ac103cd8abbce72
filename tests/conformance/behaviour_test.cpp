// SPDX-License-Identifier: Apache-2.0
// What takes more than one call to see: sizes, waiting, time-outs, several threads, both families at one
// socket.
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <algorithm>

#include "tests/conformance/test_states.hpp"

namespace linnet::conformance {
namespace {

void receive_timeout(Trial& trial, int fd, int milliseconds, int name = SO_RCVTIMEO) {
  const timeval time{milliseconds / 1000, milliseconds % 1000 * 1000};
  trial.api.set(fd, SOL_SOCKET, name, &time, sizeof time);
}

// --- sizes of datagrams ---

void datagram_of_size(Trial& trial, std::size_t size, bool empty_room) {
  const int to = trial.bound(SOCK_DGRAM);
  const int from = trial.bound(SOCK_DGRAM);
  const Endpoint name = trial.name_of(to);
  const std::string data(size, 'd');
  trial.log("send", trial.send(from, data, MSG_NOSIGNAL, &name));
  if (trial.trace.back().value != std::to_string(size)) return;
  trial.await(to);
  int bytes = -1;
  trial.api.ioctl(to, FIONREAD, &bytes);
  trial.log("FIONREAD", bytes);
  trial.log("recv", trial.api.receive(to, empty_room ? 0 : 70000, 0).result);
}

std::vector<Case> datagram_sizes() {
  std::vector<Case> cases;
  for (const Family family : {Family::v4, Family::v6}) {
    for (const std::size_t size :
         {0, 1, 1472, 1473, 9000, 32768, 65506, 65507, 65508, 65526, 65527, 65528, 65535, 65536, 70000}) {
      for (const bool empty_room : {false, true}) {
        cases.push_back({.name = "size/udp" + to_text(family) + "/" + std::to_string(size) +
                                 (empty_room ? "/no-room" : ""),
                         .family = family,
                         .play = [=](Trial& trial) { datagram_of_size(trial, size, empty_room); }});
      }
    }
  }
  return cases;
}

TEST(Conformance, sizes_of_datagrams) { compare("size/", datagram_sizes()); }

// --- time-outs and blocking calls, of one thread ---

void no_data_in_time(Trial& trial) {
  const World world = connected(trial);
  trial.api.set_non_blocking(world.fd, false);
  receive_timeout(trial, world.fd, 10);
  trial.log("recv", trial.api.receive(world.fd, 10, 0));
  trial.log("recv all", trial.api.receive(world.fd, 10, MSG_WAITALL));
  trial.send(world.peer, "part");
  trial.log("recv all of more", trial.api.receive(world.fd, 10, MSG_WAITALL));
  trial.log("peek all",
            (trial.send(world.peer, "peek"), trial.api.receive(world.fd, 10, MSG_WAITALL | MSG_PEEK)));
  trial.log("recv", trial.api.receive(world.fd, 10, 0));
}

void no_datagram_in_time(Trial& trial) {
  const int fd = trial.bound(SOCK_DGRAM);
  receive_timeout(trial, fd, 10);
  trial.log("recv", trial.api.receive(fd, 10, 0));
  trial.log_error(fd, "error");
}

void nobody_to_accept_in_time(Trial& trial) {
  const int fd = trial.listener();
  receive_timeout(trial, fd, 10);
  trial.log("accept", trial.api.accept(fd, 0, nullptr));
}

void no_room_in_time(Trial& trial) {
  const World world = connected(trial);
  trial.api.set_non_blocking(world.fd, false);
  receive_timeout(trial, world.fd, 30, SO_SNDTIMEO);
  const std::string much(64 << 20, 'm');
  const long first = trial.send(world.fd, much);
  trial.log("send takes some", first > 0 && first < static_cast<long>(much.size()));
  // A machine with much to do may not have moved all that has room within the first call's time.
  long last = first;
  for (int i = 0; i < 100 && last > 0; ++i) last = trial.send(world.fd, much);
  trial.log("send", last);
}

void connect_in_time(Trial& trial) {
  const int listener = trial.listener(0);
  const Endpoint name = trial.name_of(listener);
  const int first = trial.open(SOCK_STREAM);
  trial.api.connect(first, name);
  trial.await(listener);
  const int fd = trial.open(SOCK_STREAM);
  receive_timeout(trial, fd, 20, SO_SNDTIMEO);
  trial.log("connect", trial.api.connect(fd, name));
  trial.log("connect again", trial.api.connect(fd, name));
  trial.log_events(fd);
}

void no_room_without_waiting(Trial& trial) {
  const World world = connected(trial);
  const std::string much(1 << 20, 'm');
  long sent = 0;
  long result = 0;
  // Until nothing more goes, also after what is under way has arrived.
  do {
    while ((result = trial.send(world.fd, much)) > 0) sent += result;
  } while (trial.revents(world.fd, POLLOUT, 60) != 0);
  trial.log("send at the end", result);
  trial.log("writable", events_text(trial.revents(world.fd, POLLOUT)));
  long received = 0;
  while (received < sent) {
    const Received part = trial.api.receive(world.peer, 1 << 20, 0);
    if (part.result <= 0) break;
    received += part.result;
  }
  trial.log("all arrived", received == sent);
  trial.await(world.fd, POLLOUT);
  trial.log("send", trial.send(world.fd, "x"));
}

void urgent_in_line(Trial& trial) {
  const World world = connected(trial);
  trial.set(world.fd, SOL_SOCKET, SO_OOBINLINE, 1);
  trial.send(world.peer, "ab");
  trial.send(world.peer, "cd!", MSG_OOB);
  trial.send(world.peer, "ef");
  trial.await(world.fd, POLLPRI);
  trial.log("recv", trial.api.receive(world.fd, 100, 0));
  int mark = -1;
  trial.api.ioctl(world.fd, SIOCATMARK, &mark);
  trial.log("at mark", mark);
  trial.log("recv oob", trial.api.receive(world.fd, 1, MSG_OOB));
  trial.log("recv", trial.api.receive(world.fd, 100, 0));
}

void urgent_aside(Trial& trial) {
  const World world = connected(trial);
  trial.set(world.fd, SOL_SOCKET, SO_OOBINLINE, 0);
  trial.send(world.peer, "cd!", MSG_OOB);
  trial.send(world.peer, "ef");
  trial.await(world.fd, POLLPRI);
  trial.log("recv oob", trial.api.receive(world.fd, 1, MSG_OOB));
  trial.log("recv oob again", trial.api.receive(world.fd, 1, MSG_OOB));
  trial.log("recv", trial.api.receive(world.fd, 100, 0));
  int mark = -1;
  trial.api.ioctl(world.fd, SIOCATMARK, &mark);
  trial.log("at mark", mark);
  trial.log("recv", trial.api.receive(world.fd, 100, 0));
}

void low_water(Trial& trial) {
  const World world = connected(trial);
  trial.set(world.fd, SOL_SOCKET, SO_RCVLOWAT, 5);
  trial.send(world.peer, "abc");
  trial.log("events of too little", events_text(trial.revents(world.fd, POLLIN, 20)));
  trial.send(world.peer, "de");
  trial.await(world.fd);
  trial.log("recv", trial.api.receive(world.fd, 100, 0));
}

void peek_more(Trial& trial) {
  const World world = connected(trial);
  trial.send(world.peer, "abc");
  trial.await(world.fd);
  trial.log("peek", trial.api.receive(world.fd, 2, MSG_PEEK));
  trial.log("peek", trial.api.receive(world.fd, 100, MSG_PEEK));
  trial.log("peek all", trial.api.receive(world.fd, 100, MSG_PEEK | MSG_WAITALL | MSG_DONTWAIT));
  trial.log("recv", trial.api.receive(world.fd, 1, 0));
  trial.log("peek", trial.api.receive(world.fd, 100, MSG_PEEK));
  trial.log("discard", trial.api.receive(world.fd, 100, MSG_TRUNC).result);
}

void reset_by_linger(Trial& trial) {
  const World world = connected(trial);
  trial.send(world.fd, "lost");
  trial.reset(world.fd);
  trial.close(world.fd);
  trial.await(world.peer, POLLERR);
  trial.log("recv", trial.api.receive(world.peer, 100, 0));
  trial.log("recv", trial.api.receive(world.peer, 100, 0));
}

void reset_by_unread_data(Trial& trial) {
  const World world = connected(trial);
  trial.send(world.peer, "unread");
  trial.await(world.fd);
  trial.close(world.fd);
  trial.await(world.peer, POLLERR);
  trial.log_error(world.peer, "error");
  trial.log("send", trial.send(world.peer, "x"));
}

void linger_with_time(Trial& trial) {
  const World world = connected(trial);
  const linger value{1, 2};
  trial.api.set(world.fd, SOL_SOCKET, SO_LINGER, &value, sizeof value);
  trial.send(world.fd, "kept");
  trial.log("close", (trial.close(world.fd), 0L));
  trial.await(world.peer, POLLRDHUP);
  trial.log("recv", trial.api.receive(world.peer, 100, 0));
  trial.log("recv", trial.api.receive(world.peer, 100, 0));
}

void closed_listener(Trial& trial) {
  const int listener = trial.listener();
  const int fd = trial.open(SOCK_STREAM);
  trial.api.connect(fd, trial.name_of(listener));
  trial.await(listener);
  trial.close(listener);
  trial.await(fd, POLLERR);
  trial.log_events(fd);
  trial.log("recv", trial.api.receive(fd, 10, 0));
}

void accept_what_was_reset(Trial& trial) {
  const int listener = trial.listener();
  const int fd = trial.open(SOCK_STREAM);
  trial.api.connect(fd, trial.name_of(listener));
  trial.await(listener);
  trial.send(fd, "hello");
  trial.reset(fd);
  trial.close(fd);
  const int server = trial.keep(trial.api.accept(listener, SOCK_NONBLOCK, nullptr));
  trial.log("accept", std::min(server, 0));
  trial.await(server, POLLERR);
  trial.log("recv", trial.api.receive(server, 100, 0));
  trial.log("recv", trial.api.receive(server, 100, 0));
  trial.log("recv", trial.api.receive(server, 100, 0));
}

void accepted_inherits(Trial& trial) {
  const int listener = trial.listener();
  trial.set(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
  trial.set(listener, IPPROTO_TCP, 1 /* TCP_NODELAY */, 1);
  trial.api.set_non_blocking(listener, true);
  receive_timeout(trial, listener, 1000);
  const int fd = trial.open(SOCK_STREAM);
  trial.api.connect(fd, trial.name_of(listener));
  trial.await(listener);
  const int server = trial.keep(trial.api.accept(listener, 0, nullptr));
  trial.log("keepalive", trial.get(server, SOL_SOCKET, SO_KEEPALIVE));
  trial.log("no delay", trial.get(server, IPPROTO_TCP, 1));
  trial.log("non-blocking", trial.api.non_blocking(server));
  timeval time{};
  std::size_t length = sizeof time;
  trial.api.get(server, SOL_SOCKET, SO_RCVTIMEO, &time, &length);
  trial.log("time-out", time.tv_sec);
  trial.log("reuse", trial.get(server, SOL_SOCKET, SO_REUSEADDR));
}

void self_connect(Trial& trial) {
  const int fd = trial.bound(SOCK_STREAM);
  trial.log("connect", trial.api.connect(fd, trial.name_of(fd)));
  trial.log("send", trial.send(fd, "me"));
  trial.await(fd);
  trial.log("recv", trial.api.receive(fd, 10, 0));
}

void udp_to_itself(Trial& trial) {
  const int fd = trial.bound(SOCK_DGRAM);
  trial.log("connect", trial.api.connect(fd, trial.name_of(fd)));
  trial.log("send", trial.send(fd, "me"));
  trial.await(fd);
  trial.log("recv", trial.api.receive(fd, 10, 0));
}

void connected_udp_filters(Trial& trial) {
  const int fd = trial.bound(SOCK_DGRAM);
  const int friend_ = trial.bound(SOCK_DGRAM);
  const int other = trial.bound(SOCK_DGRAM);
  const Endpoint name = trial.name_of(fd);
  trial.api.set_non_blocking(fd, true);
  trial.api.connect(fd, trial.name_of(friend_));
  trial.send(other, "no", MSG_NOSIGNAL, &name);
  trial.send(friend_, "yes", MSG_NOSIGNAL, &name);
  trial.await(fd);
  trial.log("recv", trial.api.receive(fd, 10, 0));
  trial.log("recv", trial.api.receive(fd, 10, 0));
  trial.api.connect(fd, Endpoint{});
  trial.send(other, "now", MSG_NOSIGNAL, &name);
  trial.revents(fd, POLLIN, 20);
  trial.log("recv of dissolved", trial.api.receive(fd, 10, 0));
}

void unconnected_udp_hears_no_error(Trial& trial) {
  const int fd = trial.bound(SOCK_DGRAM);
  trial.api.set_non_blocking(fd, true);
  const Endpoint name = trial.closed_port(SOCK_DGRAM);
  trial.log("send", trial.send(fd, "x", MSG_NOSIGNAL, &name));
  trial.log("events", events_text(trial.revents(fd, POLLIN | POLLERR, 20)));
  trial.log("send", trial.send(fd, "x", MSG_NOSIGNAL, &name));
  trial.log("recv", trial.api.receive(fd, 10, 0));
}

void queue_before_connect(Trial& trial) {
  // What came from others before stays readable.
  const int fd = trial.bound(SOCK_DGRAM);
  const int other = trial.bound(SOCK_DGRAM);
  const Endpoint name = trial.name_of(fd);
  trial.send(other, "early", MSG_NOSIGNAL, &name);
  trial.await(fd);
  trial.api.set_non_blocking(fd, true);
  trial.api.connect(fd, trial.loopback(9));
  trial.log("recv", trial.api.receive(fd, 10, 0));
  trial.log("recv", trial.api.receive(fd, 10, 0));
}

void wait_for_both(Trial& trial) {
  const World world = connected(trial);
  pollfd entries[2] = {{world.fd, POLLIN, 0}, {world.peer, POLLIN | POLLOUT, 0}};
  trial.log("poll", trial.api.poll(entries, 0));
  trial.log("first", events_text(entries[0].revents));
  trial.log("second", events_text(entries[1].revents));
  entries[0].fd = -1;
  entries[1].events = POLLIN;
  trial.log("poll of one left out", trial.api.poll(entries, 10));
  entries[0].fd = 9999;
  trial.log("poll of one not open", trial.api.poll(entries, 10));
  trial.log("it is", events_text(entries[0].revents));
  trial.close(world.peer);
  trial.log("select of one not open", trial.api.select(world.peer, {.read = true}, 0).result);
}

struct Play {
  const char* name;
  void (*play)(Trial&);
};

constexpr Play plays[] = {
    {"no-data-in-time", no_data_in_time},
    {"no-datagram-in-time", no_datagram_in_time},
    {"nobody-to-accept-in-time", nobody_to_accept_in_time},
    {"no-room-in-time", no_room_in_time},
    {"connect-in-time", connect_in_time},
    {"no-room", no_room_without_waiting},
    {"urgent-in-line", urgent_in_line},
    {"urgent-aside", urgent_aside},
    {"low-water", low_water},
    {"peek-more", peek_more},
    {"linger-0", reset_by_linger},
    {"linger-2", linger_with_time},
    {"close-unread", reset_by_unread_data},
    {"close-listener", closed_listener},
    {"accept-reset", accept_what_was_reset},
    {"accept-inherits", accepted_inherits},
    {"self-connect", self_connect},
    {"udp-self", udp_to_itself},
    {"udp-filter", connected_udp_filters},
    {"udp-no-error", unconnected_udp_hears_no_error},
    {"udp-early", queue_before_connect},
    {"poll-several", wait_for_both},
};

std::vector<Case> all_plays(Family family) {
  std::vector<Case> cases;
  for (const Play& one : plays) {
    cases.push_back({.name = "play" + to_text(family) + "/" + one.name, .family = family, .play = one.play});
  }
  return cases;
}

TEST(Conformance, sequences_of_calls) { compare("play4/", all_plays(Family::v4)); }
TEST(Conformance, sequences_of_calls_over_ipv6) { compare("play6/", all_plays(Family::v6)); }
TEST(Conformance, sequences_of_calls_with_mapped_addresses) { compare("play46/", all_plays(Family::mapped)); }

}  // namespace
}  // namespace linnet::conformance
