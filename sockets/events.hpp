// SPDX-License-Identifier: Apache-2.0
// The level-triggered truth of a descriptor, and the stack's errors as errno values.
#pragma once

#include "core/stack.hpp"
#include "sockets/descriptor.hpp"

namespace linnet::sockets {

/// Beside those of poll, for waiting inside: there is any data at all, where event::in asks for SO_RCVLOWAT.
constexpr std::uint16_t any_data = 0x8000;

/// What poll shows of the descriptor now: event::in, out, pri, err, hup, read_hup; and any_data.
std::uint16_t events_of(Stack& stack, const Descriptor& row);

/// Positive errno values; 0 for none.
int errno_of(tcp::Error error);
int errno_of(udp::Error error);
int errno_of(ip::RawError error);

}  // namespace linnet::sockets
