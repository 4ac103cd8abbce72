// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>

#include "tests/conformance/test_states.hpp"

namespace linnet::conformance {

namespace {

template <int flags, std::size_t size = 100>
void receive(Trial& trial, World& world) {
  const Received received = trial.api.receive(world.fd, size, flags);
  trial.log("recv", received);
  if (received.result >= 0 && received.from != Endpoint{}) trial.log_name("from", 0, received.from);
  trial.log("recv again", trial.api.receive(world.fd, size, 0));
  trial.log_events(world.fd);
}

void send(Trial& trial, World& world) {
  trial.log("send", trial.send(world.fd, "x"));
  if (world.after_send != 0) trial.await(world.fd, world.after_send);
  if (world.peer >= 0) trial.log("peer's recv", trial.api.receive(world.peer, 100, MSG_DONTWAIT));
  trial.log_error(world.fd);
}

void send_nothing(Trial& trial, World& world) {
  trial.log("send", trial.send(world.fd, ""));
  if (world.peer >= 0) trial.log("peer's recv", trial.api.receive(world.peer, 100, MSG_DONTWAIT));
}

void send_urgent(Trial& trial, World& world) {
  trial.log("send", trial.send(world.fd, "x", MSG_NOSIGNAL | MSG_OOB));
}

void send_to(Trial& trial, World& world) {
  trial.log("sendto", trial.send(world.fd, "x", MSG_NOSIGNAL, &world.remote));
  if (world.peer < 0) return;
  const Received received = trial.api.receive(world.peer, 100, MSG_DONTWAIT);
  trial.log("peer's recv", received);
  if (received.result < 0) return trial.log("from", "nobody");
  trial.know(trial.name_of(world.fd), "own");
  trial.log_name("from", 0, received.from);
}

void send_to_port_0(Trial& trial, World& world) {
  const Endpoint to = trial.loopback(0);
  trial.log("sendto", trial.send(world.fd, "x", MSG_NOSIGNAL, &to));
}

void send_to_other_family(Trial& trial, World& world) {
  const IpAddress other = trial.family == Family::v4 ? IpAddress::loopback_v6() : IpAddress::loopback_v4();
  const Endpoint to{other, world.remote.port};
  trial.log("sendto", trial.send(world.fd, "x", MSG_NOSIGNAL, &to));
}

void send_vector(Trial& trial, World& world) {
  const std::string_view parts[] = {"ab", "", "cde"};
  trial.log("sendmsg", trial.api.send(world.fd, parts, MSG_NOSIGNAL, &world.remote));
  if (world.peer >= 0) trial.log("peer's recv", trial.api.receive(world.peer, 100, MSG_DONTWAIT));
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
  trial.log("connect", trial.api.connect(world.fd, world.remote));
  peer_name(trial, world);
  own_name(trial, world);
  trial.log("connect again", trial.api.connect(world.fd, world.remote));
}

void connect_port_0(Trial& trial, World& world) {
  trial.log("connect", trial.api.connect(world.fd, trial.loopback(0)));
  peer_name(trial, world);
}

void connect_other_family(Trial& trial, World& world) {
  const IpAddress other = trial.family == Family::v4 ? IpAddress::loopback_v6() : IpAddress::loopback_v4();
  trial.log("connect", trial.api.connect(world.fd, {other, world.remote.port}));
}

void dissolve(Trial& trial, World& world) {
  trial.log("dissolve", trial.api.connect(world.fd, Endpoint{}));
  peer_name(trial, world);
  own_name(trial, world);
  trial.log("send", trial.send(world.fd, "x"));
  trial.log_error(world.fd);
}

void bind(Trial& trial, World& world) { trial.log("bind", trial.api.bind(world.fd, trial.loopback())); }
void listen(Trial& trial, World& world) { trial.log("listen", trial.api.listen(world.fd, 4)); }
void accept(Trial& trial, World& world) { trial.log("accept", trial.api.accept(world.fd, 0, nullptr)); }

template <int how>
void shutdown(Trial& trial, World& world) {
  trial.log("shutdown", trial.api.shutdown(world.fd, how));
  trial.log_events(world.fd);
  trial.log("recv", trial.api.receive(world.fd, 100, 0));
  trial.log("recv again", trial.api.receive(world.fd, 100, 0));
  trial.log("send", trial.send(world.fd, "x"));
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

void at_mark(Trial& trial, World& world) {
  int value = -1;
  trial.log("SIOCATMARK", trial.api.ioctl(world.fd, SIOCATMARK, &value));
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
  trial.close(fd);
  trial.log("events of a closed one", events_text(trial.revents(fd)));
  trial.log("close", trial.api.close(fd));
}

constexpr Call all_calls[] = {
    {"recv", receive<0>},
    {"recv-nothing", receive<0, 0>},
    {"recv-peek", receive<MSG_PEEK>},
    {"recv-all", receive<MSG_WAITALL>},
    {"recv-short", receive<0, 3>},
    {"recv-trunc", receive<MSG_TRUNC, 3>},
    {"recv-trunc-peek", receive<MSG_TRUNC | MSG_PEEK, 3>},
    {"recv-dontwait", receive<MSG_DONTWAIT>},
    {"send", send},
    {"send-nothing", send_nothing},
    {"send-oob", send_urgent},
    {"sendto", send_to},
    {"sendto-port-0", send_to_port_0},
    {"sendto-family", send_to_other_family},
    {"sendmsg", send_vector},
    {"getsockname", own_name},
    {"getpeername", peer_name},
    {"connect", connect},
    {"connect-port-0", connect_port_0},
    {"connect-family", connect_other_family},
    {"dissolve", dissolve},
    {"bind", bind},
    {"listen", listen},
    {"accept", accept},
    {"shutdown-read", shutdown<SHUT_RD>},
    {"shutdown-write", shutdown<SHUT_WR>},
    {"shutdown-both", shutdown<SHUT_RDWR>},
    {"poll", poll},
    {"select", select},
    {"error", error},
    {"fionread", bytes_readable},
    {"atmark", at_mark},
    {"facts", facts},
    {"bands", bands},
    {"close-twice", close_twice},
};

}  // namespace

std::span<const Call> datagram_calls() { return all_calls; }

}  // namespace linnet::conformance
