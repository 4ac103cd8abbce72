// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/test_states.hpp"

namespace linnet::conformance {

World connected(Trial& trial) {
  World world;
  world.listener = trial.listener();
  world.remote = trial.name_of(world.listener);
  world.fd = trial.open(SOCK_STREAM);
  if (const long result = trial.api.connect(world.fd, world.remote); result != 0)
    trial.log("connect of the state", result);
  trial.know(trial.name_of(world.fd), "own");
  trial.await(world.listener);
  world.peer = trial.keep(trial.api.accept(world.listener, 0, nullptr));
  trial.api.set_non_blocking(world.fd, true);
  return world;
}

namespace {

World fresh(Trial& trial) {
  World world;
  world.remote = trial.name_of(trial.listener());
  world.fd = trial.open(SOCK_STREAM, SOCK_NONBLOCK);
  return world;
}

World named(Trial& trial) {
  World world = fresh(trial);
  trial.api.bind(world.fd, trial.loopback());
  trial.know(trial.name_of(world.fd), "own");
  return world;
}

World listening(Trial& trial) {
  World world = named(trial);
  trial.api.listen(world.fd, 4);
  return world;
}

World listening_with_a_connection(Trial& trial) {
  World world = listening(trial);
  world.peer = trial.open(SOCK_STREAM);
  trial.api.connect(world.peer, trial.name_of(world.fd));
  trial.await(world.fd);
  return world;
}

/// The backlog of the listener is full, so that nobody answers.
World connecting(Trial& trial) {
  World world;
  world.listener = trial.listener(0);
  world.remote = trial.name_of(world.listener);
  world.peer = trial.open(SOCK_STREAM);
  trial.api.connect(world.peer, world.remote);
  trial.await(world.listener);
  world.fd = trial.open(SOCK_STREAM, SOCK_NONBLOCK);
  trial.log("connect of the state", trial.api.connect(world.fd, world.remote));
  trial.know(trial.name_of(world.fd), "own");
  return world;
}

World refused(Trial& trial) {
  World world;
  world.remote = trial.closed_port(SOCK_STREAM);
  world.fd = trial.open(SOCK_STREAM, SOCK_NONBLOCK);
  trial.log("connect of the state", trial.api.connect(world.fd, world.remote));
  trial.await(world.fd, POLLERR);
  return world;
}

World refused_and_told(Trial& trial) {
  World world = refused(trial);
  trial.log_error(world.fd, "error of the state");
  return world;
}

World connected_after_polling(Trial& trial) {
  World world = fresh(trial);
  trial.log("connect of the state", trial.api.connect(world.fd, world.remote));
  trial.await(world.fd, POLLOUT);
  trial.know(trial.name_of(world.fd), "own");
  return world;
}

World with_data(Trial& trial) {
  World world = connected(trial);
  trial.send(world.peer, "hello");
  trial.await(world.fd);
  return world;
}

World peer_finished(Trial& trial) {
  World world = connected(trial);
  trial.api.shutdown(world.peer, SHUT_WR);
  trial.await(world.fd, POLLRDHUP);
  world.after_shutdown = POLLHUP;
  return world;
}

World data_and_end(Trial& trial) {
  World world = connected(trial);
  trial.send(world.peer, "hello");
  trial.api.shutdown(world.peer, SHUT_WR);
  trial.await(world.fd, POLLRDHUP);
  world.after_shutdown = POLLHUP;
  return world;
}

World peer_closed(Trial& trial) {
  World world = connected(trial);
  trial.close(world.peer);
  trial.await(world.fd, POLLRDHUP);
  world.after_send = POLLERR;
  world.after_shutdown = POLLHUP;
  return world;
}

World reset(Trial& trial) {
  World world = connected(trial);
  trial.reset(world.peer);
  trial.close(world.peer);
  trial.await(world.fd, POLLERR);
  return world;
}

World reset_and_told(Trial& trial) {
  World world = reset(trial);
  trial.log_error(world.fd, "error of the state");
  return world;
}

World data_and_reset(Trial& trial) {
  World world = with_data(trial);
  trial.reset(world.peer);
  trial.close(world.peer);
  trial.await(world.fd, POLLERR);
  return world;
}

/// The peer closed with data unread, which resets, after it had sent some.
World end_and_reset(Trial& trial) {
  World world = data_and_end(trial);
  trial.send(world.fd, "unread");
  trial.await(world.peer);
  trial.close(world.peer);
  trial.await(world.fd, POLLERR);
  return world;
}

World shut(Trial& trial, int how) {
  World world = connected(trial);
  trial.log("shutdown of the state", trial.api.shutdown(world.fd, how));
  if (how != SHUT_RD) trial.await(world.peer, POLLRDHUP);
  return world;
}

World shut_for_writing(Trial& trial) { return shut(trial, SHUT_WR); }
World shut_for_reading(Trial& trial) { return shut(trial, SHUT_RD); }
World shut_for_both(Trial& trial) { return shut(trial, SHUT_RDWR); }

World shut_for_reading_with_data(Trial& trial) {
  World world = with_data(trial);
  trial.log("shutdown of the state", trial.api.shutdown(world.fd, SHUT_RD));
  return world;
}

World both_finished(Trial& trial) {
  World world = shut_for_writing(trial);
  trial.api.shutdown(world.peer, SHUT_WR);
  trial.await(world.fd, POLLHUP);
  return world;
}

World both_finished_peer_first(Trial& trial) {
  World world = peer_finished(trial);
  trial.api.shutdown(world.fd, SHUT_WR);
  trial.await(world.peer, POLLHUP);
  trial.await(world.fd, POLLHUP);
  return world;
}

World dissolved(Trial& trial) {
  World world = connected(trial);
  trial.log("dissolve of the state", trial.api.connect(world.fd, Endpoint{}));
  return world;
}

World urgent_byte(Trial& trial) {
  World world = with_data(trial);
  trial.set(world.fd, SOL_SOCKET, SO_OOBINLINE, 0);
  trial.send(world.peer, "!", MSG_OOB);
  trial.await(world.fd, POLLPRI);
  return world;
}

World accepted(Trial& trial) {
  World world = connected(trial);
  std::swap(world.fd, world.peer);
  trial.api.set_non_blocking(world.peer, false);
  trial.api.set_non_blocking(world.fd, true);
  return world;
}

World closed(Trial& trial) {
  World world = connected(trial);
  trial.close(world.fd);
  return world;
}

constexpr State all_states[] = {
    {"fresh", fresh},
    {"bound", named},
    {"listening", listening},
    {"listening-connection", listening_with_a_connection},
    {"connecting", connecting},
    {"refused", refused},
    {"refused-told", refused_and_told},
    {"connected", connected},
    {"connected-by-poll", connected_after_polling},
    {"accepted", accepted},
    {"data", with_data},
    {"end", peer_finished},
    {"data-end", data_and_end},
    {"peer-closed", peer_closed},
    {"reset", reset},
    {"reset-told", reset_and_told},
    {"data-reset", data_and_reset},
    {"end-reset", end_and_reset},
    {"shut-write", shut_for_writing},
    {"shut-read", shut_for_reading},
    {"shut-both", shut_for_both},
    {"data-shut-read", shut_for_reading_with_data},
    {"finished", both_finished},
    {"finished-peer-first", both_finished_peer_first},
    {"dissolved", dissolved},
    {"urgent", urgent_byte},
    {"closed", closed},
};

}  // namespace

std::span<const State> stream_states() { return all_states; }

}  // namespace linnet::conformance
