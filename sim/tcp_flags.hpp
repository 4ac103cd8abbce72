// SPDX-License-Identifier: Apache-2.0
// TCP's control bits (RFC 9293 3.1, RFC 3168 6.1), for everything here that reads or writes segments without the stack.
#pragma once

#include <cstdint>

namespace linnet::sim::tcp_flag {

constexpr std::uint8_t fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32, ece = 64, cwr = 128;

}  // namespace linnet::sim::tcp_flag
