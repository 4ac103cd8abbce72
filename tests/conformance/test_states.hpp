// SPDX-License-Identifier: Apache-2.0
// Socket states, and the calls that are made in each of them.
#pragma once

#include "tests/conformance/test_trial.hpp"

namespace linnet::conformance {

/// What a state is made of; -1: the state has none.
struct World {
  int fd = -1;  ///< the socket in that state, non-blocking
  int peer = -1;
  int listener = -1;
  Endpoint remote;         ///< where it is or was connected to, or could be
  int after_send = 0;      ///< what poll shows some time after something was sent: the answer to it
  int after_shutdown = 0;  ///< the same of shutdown of writing
};

struct State {
  const char* name;
  World (*make)(Trial&);
};

struct Call {
  const char* name;
  void (*make)(Trial&, World&);
};

/// A connection over `listener`, `fd` being the end that connected.
World connected(Trial& trial);

std::span<const State> stream_states();
std::span<const Call> stream_calls();
std::span<const State> datagram_states();
std::span<const Call> datagram_calls();

/// Each call in each state.
std::vector<Case> cross(const std::string& group, std::span<const State> states, std::span<const Call> calls,
                        Family family);

}  // namespace linnet::conformance
