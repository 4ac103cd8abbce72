// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/test_states.hpp"

namespace linnet::conformance {

namespace {

/// `fd` bound, and `peer` bound with a name that is `remote`.
World named(Trial& trial) {
  World world;
  world.peer = trial.bound(SOCK_DGRAM);
  world.remote = trial.name_of(world.peer);
  trial.know(world.remote, "peer");
  world.fd = trial.bound(SOCK_DGRAM);
  trial.know(trial.name_of(world.fd), "own");
  trial.api.set_non_blocking(world.fd, true);
  return world;
}

World fresh(Trial& trial) {
  World world;
  world.peer = trial.bound(SOCK_DGRAM);
  world.remote = trial.name_of(world.peer);
  trial.know(world.remote, "peer");
  world.fd = trial.open(SOCK_DGRAM, SOCK_NONBLOCK);
  return world;
}

World bound_to_any(Trial& trial) {
  World world = fresh(trial);
  trial.api.bind(world.fd, trial.any());
  trial.know(trial.name_of(world.fd), "own");
  return world;
}

World connected_unbound(Trial& trial) {
  World world = fresh(trial);
  trial.log("connect of the state", trial.api.connect(world.fd, world.remote));
  trial.know(trial.name_of(world.fd), "own");
  return world;
}

World connected_to_each_other(Trial& trial) {
  World world = named(trial);
  trial.api.connect(world.fd, world.remote);
  trial.api.connect(world.peer, trial.name_of(world.fd));
  return world;
}

World with(Trial& trial, std::initializer_list<std::string_view> datagrams) {
  World world = connected_to_each_other(trial);
  for (const std::string_view datagram : datagrams) {
    trial.send(world.peer, datagram);
    trial.await(world.fd);
  }
  return world;
}

World with_one(Trial& trial) { return with(trial, {"hello"}); }
World with_two(Trial& trial) { return with(trial, {"hello", "you"}); }
World with_empty(Trial& trial) { return with(trial, {""}); }
World with_empty_and_one(Trial& trial) { return with(trial, {"", "hello"}); }

World unconnected_with_one(Trial& trial) {
  World world = named(trial);
  const Endpoint own = trial.name_of(world.fd);
  trial.send(world.peer, "hello", MSG_NOSIGNAL, &own);
  trial.await(world.fd);
  return world;
}

World unreachable(Trial& trial) {
  World world = named(trial);
  world.remote = trial.closed_port(SOCK_DGRAM);
  trial.api.connect(world.fd, world.remote);
  trial.send(world.fd, "x");
  trial.await(world.fd, POLLERR);
  return world;
}

World unreachable_and_told(Trial& trial) {
  World world = unreachable(trial);
  trial.log_error(world.fd, "error of the state");
  world.after_send = POLLERR;
  return world;
}

World unreachable_with_one(Trial& trial) {
  World world = with_one(trial);
  trial.close(world.peer);
  world.peer = -1;
  trial.send(world.fd, "x");
  trial.await(world.fd, POLLERR);
  return world;
}

World dissolved(Trial& trial) {
  World world = connected_to_each_other(trial);
  trial.log("dissolve of the state", trial.api.connect(world.fd, Endpoint{}));
  return world;
}

World dissolved_unbound(Trial& trial) {
  World world = connected_unbound(trial);
  trial.log("dissolve of the state", trial.api.connect(world.fd, Endpoint{}));
  return world;
}

template <int how>
World shut(Trial& trial) {
  World world = with_one(trial);
  trial.log("shutdown of the state", trial.api.shutdown(world.fd, how));
  return world;
}

World closed(Trial& trial) {
  World world = named(trial);
  trial.close(world.fd);
  return world;
}

constexpr State all_states[] = {
    {"fresh", fresh},
    {"bound", named},
    {"bound-any", bound_to_any},
    {"connected-unbound", connected_unbound},
    {"connected", connected_to_each_other},
    {"one", with_one},
    {"two", with_two},
    {"empty", with_empty},
    {"empty-one", with_empty_and_one},
    {"one-unconnected", unconnected_with_one},
    {"unreachable", unreachable},
    {"unreachable-told", unreachable_and_told},
    {"unreachable-one", unreachable_with_one},
    {"dissolved", dissolved},
    {"dissolved-unbound", dissolved_unbound},
    {"shut-read", shut<SHUT_RD>},
    {"shut-write", shut<SHUT_WR>},
    {"shut-both", shut<SHUT_RDWR>},
    {"closed", closed},
};

}  // namespace

std::span<const State> datagram_states() { return all_states; }

}  // namespace linnet::conformance
