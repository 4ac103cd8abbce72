// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>

#include "tests/conformance/test_states.hpp"

namespace linnet::conformance {

namespace {

template <int flags, std::size_t size = 100>
void receive(Trial& trial, World& world) {
  trial.log("recv", trial.api.receive(world.fd, size, flags));
  trial.log_events(world.fd);
}

template <int flags, std::size_t size = 100>
void receive_twice(Trial& trial, World& world) {
  trial.log("recv", trial.api.receive(world.fd, size, flags));
  trial.log("recv again", trial.api.receive(world.fd, size, 0));
  trial.log("recv once more", trial.api.receive(world.fd, size, 0));
  trial.log_error(world.fd);
}

void send(Trial& trial, World& world) {
  const long result = trial.send(world.fd, "x");
  trial.log("send", result);
  if (result > 0 && world.after_send != 0) trial.await(world.fd, world.after_send);
  trial.log("send again", trial.send(world.fd, "x"));
  trial.log_error(world.fd);
}

void send_nothing(Trial& trial, World& world) { trial.log("send", trial.send(world.fd, "")); }
void send_urgent(Trial& trial, World& world) {
  trial.log("send", trial.send(world.fd, "x", MSG_NOSIGNAL | MSG_OOB));
}
void send_without_waiting(Trial& trial, World& world) {
  trial.log("send", trial.send(world.fd, "x", MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE));
}
void send_to(Trial& trial, World& world) {
  trial.log("send", trial.send(world.fd, "x", MSG_NOSIGNAL, &world.remote));
}

void send_vector(Trial& trial, World& world) {
  const std::string_view parts[] = {"ab", "", "cde"};
  trial.log("sendmsg", trial.api.send(world.fd, parts, MSG_NOSIGNAL, nullptr));
}

void own_name(Trial& trial, World& world) {
  Endpoint name;
  const long result = trial.api.getsockname(world.fd, name);
  trial.log_name("getsockname", result, name);
}

void peer_name(Trial& trial, World& world) {
  Endpoint name;
  const long result = trial.api.getpeername(world.fd, name);
  trial.log_name("getpeername", result, name);
}

void connect(Trial& trial, World& world) {
  const long result = trial.api.connect(world.fd, world.remote);
  trial.log("connect", result);
  if (result == -EINPROGRESS) trial.await(world.fd, POLLOUT | POLLERR);
  trial.log("connect again", trial.api.connect(world.fd, world.remote));
  trial.log("connect once more", trial.api.connect(world.fd, world.remote));
}

void connect_elsewhere(Trial& trial, World& world) {
  trial.log("connect", trial.api.connect(world.fd, trial.closed_port(SOCK_STREAM)));
}

void connect_and_ask(Trial& trial, World& world) {
  const long result = trial.api.connect(world.fd, world.remote);
  trial.log("connect", result);
  if (result == -EINPROGRESS) trial.await(world.fd, POLLOUT | POLLERR);
  trial.log_events(world.fd);
  trial.log_error(world.fd);
}

void connect_other_family(Trial& trial, World& world) {
  const IpAddress other = trial.family == Family::v4 ? IpAddress::loopback_v6() : IpAddress::loopback_v4();
  trial.log("connect", trial.api.connect(world.fd, {other, world.remote.port}));
}

void dissolve(Trial& trial, World& world) {
  trial.log("dissolve", trial.api.connect(world.fd, Endpoint{}));
  trial.log_events(world.fd);
  peer_name(trial, world);
  trial.log("send", trial.send(world.fd, "x"));
}

void bind(Trial& trial, World& world) { trial.log("bind", trial.api.bind(world.fd, trial.loopback())); }

void listen(Trial& trial, World& world) {
  trial.log("listen", trial.api.listen(world.fd, 4));
  trial.log_events(world.fd);
  trial.log("accepting", trial.get(world.fd, SOL_SOCKET, SO_ACCEPTCONN));
}

void accept(Trial& trial, World& world) {
  Endpoint peer;
  if (world.peer >= 0) trial.know(trial.name_of(world.peer), "peer");
  const int fd = trial.keep(trial.api.accept(world.fd, 0, &peer));
  trial.log("accept", std::min(fd, 0));
  if (fd >= 0) trial.log_name("peer", 0, peer);
  if (fd >= 0) trial.log("non-blocking", trial.api.non_blocking(fd));
  trial.log("accept again", std::min<long>(trial.api.accept(world.fd, 0, nullptr), 0));
}

template <int how>
void shutdown(Trial& trial, World& world) {
  trial.log("shutdown", trial.api.shutdown(world.fd, how));
  if (how != SHUT_RD && world.after_shutdown != 0) trial.await(world.fd, world.after_shutdown);
  trial.log_events(world.fd);
  trial.log("recv", trial.api.receive(world.fd, 100, 0));
  trial.log("send", trial.send(world.fd, "x"));
}

template <int how>
void shutdown_twice(Trial& trial, World& world) {
  trial.log("shutdown", trial.api.shutdown(world.fd, how));
  // Once for our FIN, once more for its acknowledgment.
  for (int i = 0; i < 2 && world.after_shutdown != 0; ++i) trial.await(world.fd, world.after_shutdown);
  trial.log("shutdown again", trial.api.shutdown(world.fd, how));
}

void shutdown_wrongly(Trial& trial, World& world) {
  trial.log("shutdown 3", trial.api.shutdown(world.fd, 3));
  trial.log("shutdown -1", trial.api.shutdown(world.fd, -1));
}

void poll(Trial& trial, World& world) {
  trial.log_events(world.fd);
  trial.log("asked for nothing", events_text(trial.revents(world.fd, 0)));
  trial.log("asked for IN", events_text(trial.revents(world.fd, POLLIN)));
}

void select(Trial& trial, World& world) {
  if (trial.get(world.fd, SOL_SOCKET, SO_TYPE) < 0) return trial.log("select", "no descriptor");
  const Selected found = trial.api.select(world.fd, {.read = true, .write = true, .except = true}, 0);
  trial.log("select", result_text(found.result) + (found.read ? " read" : "") +
                          (found.write ? " write" : "") + (found.except ? " except" : ""));
}

void error(Trial& trial, World& world) {
  trial.log_error(world.fd);
  trial.log_error(world.fd, "error again");
  trial.log_events(world.fd);
}

void bytes_readable(Trial& trial, World& world) {
  int value = -1;
  trial.log("FIONREAD", trial.api.ioctl(world.fd, FIONREAD, &value));
  trial.log("bytes", value);
}

void bytes_unsent(Trial& trial, World& world) {
  int value = -1;
  trial.log("TIOCOUTQ", trial.api.ioctl(world.fd, TIOCOUTQ, &value));
  trial.log("bytes", value);
}

void at_mark(Trial& trial, World& world) {
  int value = -1;
  trial.log("SIOCATMARK", trial.api.ioctl(world.fd, SIOCATMARK, &value));
  trial.log("value", value);
}

void bands(Trial& trial, World& world) {
  trial.log("bands", events_text(trial.revents(world.fd, POLLRDBAND | POLLWRBAND)));
}

void facts(Trial& trial, World& world) {
  trial.log("type", trial.get(world.fd, SOL_SOCKET, SO_TYPE));
  trial.log("accepting", trial.get(world.fd, SOL_SOCKET, SO_ACCEPTCONN));
  trial.log("non-blocking", trial.api.non_blocking(world.fd));
}

void close_twice(Trial& trial, World& world) {
  const int fd = world.fd;
  trial.reset(fd);
  trial.log("events of a closed one", (trial.close(fd), events_text(trial.revents(fd))));
  trial.log("close", trial.api.close(fd));
}

void close_and_see(Trial& trial, World& world) {
  const int peer = world.peer;
  trial.close(world.fd);
  if (peer < 0) return trial.log("peer", "none");
  if (trial.revents(peer, POLLIN | POLLRDHUP, 3000) == 0) trial.log("peer", "hears nothing");
  trial.log("peer's recv", trial.api.receive(peer, 100, MSG_DONTWAIT));
}

constexpr Call all_calls[] = {
    {"recv", receive<0>},
    {"recv-nothing", receive<0, 0>},
    {"recv-peek", receive_twice<MSG_PEEK>},
    {"recv-all", receive_twice<MSG_WAITALL, 5>},
    {"recv-some", receive_twice<0, 3>},
    {"recv-dontwait", receive_twice<MSG_DONTWAIT>},
    {"recv-oob", receive_twice<MSG_OOB, 1>},
    {"recv-oob-peek", receive_twice<MSG_OOB | MSG_PEEK, 1>},
    {"recv-trunc", receive_twice<MSG_TRUNC>},
    {"send", send},
    {"send-nothing", send_nothing},
    {"send-oob", send_urgent},
    {"send-more", send_without_waiting},
    {"sendto", send_to},
    {"sendmsg", send_vector},
    {"getsockname", own_name},
    {"getpeername", peer_name},
    {"connect", connect},
    {"connect-elsewhere", connect_elsewhere},
    {"connect-ask", connect_and_ask},
    {"connect-family", connect_other_family},
    {"dissolve", dissolve},
    {"bind", bind},
    {"listen", listen},
    {"accept", accept},
    {"shutdown-read", shutdown<SHUT_RD>},
    {"shutdown-write", shutdown<SHUT_WR>},
    {"shutdown-both", shutdown<SHUT_RDWR>},
    {"shutdown-write-twice", shutdown_twice<SHUT_WR>},
    {"shutdown-both-twice", shutdown_twice<SHUT_RDWR>},
    {"shutdown-wrong", shutdown_wrongly},
    {"poll", poll},
    {"select", select},
    {"error", error},
    {"fionread", bytes_readable},
    {"outq", bytes_unsent},
    {"atmark", at_mark},
    {"facts", facts},
    {"bands", bands},
    {"close-twice", close_twice},
    {"close-see", close_and_see},
};

}  // namespace

std::span<const Call> stream_calls() { return all_calls; }

std::vector<Case> cross(const std::string& group, std::span<const State> states, std::span<const Call> calls,
                        Family family) {
  std::vector<Case> cases;
  for (const State& state : states) {
    for (const Call& call : calls) {
      cases.push_back({.name = group + to_text(family) + "/" + state.name + "/" + call.name,
                       .family = family,
                       .play = [&state, &call](Trial& trial) {
                         World world = state.make(trial);
                         call.make(trial, world);
                       }});
    }
  }
  return cases;
}

}  // namespace linnet::conformance
