// SPDX-License-Identifier: Apache-2.0
// Waiter: one thread inside a call that waits. It lives on that thread's stack.
#pragma once

#include "core/base/intrusive_list.hpp"
#include "sockets/port.hpp"

namespace linnet::sockets {

struct OfHost {};        // tag: the list of all waiters of a host
struct OfDescriptor {};  // tag: the list of those that wait for one descriptor

enum class Wake : std::uint8_t {
  no,           ///< still waiting
  ready,        ///< what it waits for may have happened
  closed,       ///< the descriptor was closed under it
  interrupted,  ///< Port::take_interrupt
  timed_out,
};

struct Waiter : ListNode<OfHost>, ListNode<OfDescriptor> {
  Port::Thread thread = nullptr;
  std::uint16_t events = 0;  ///< of a waiter for one descriptor: any of these wakes it
  Wake wake = Wake::no;  ///< of one wait: each has a waiter of its own
  bool parked = false;
  /// Of a waiter for anything else: asked after each poll, under the lock, by whichever thread polls.
  bool (*ready)(Waiter& self) = nullptr;
};

}  // namespace linnet::sockets
