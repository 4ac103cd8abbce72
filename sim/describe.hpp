// SPDX-License-Identifier: Apache-2.0
// What a frame says, in a line.
#pragma once

#include <string>

#include "core/base/time.hpp"
#include "sim/frames.hpp"

namespace linnet::sim {

/// "TCP 1000 > 49152 SYN, ACK seq 1 ack 2 win 65535 len 0" and the like; never throws, whatever the bytes.
std::string describe(Bytes frame);
/// "12.345678": seconds with microseconds.
std::string seconds_text(Duration duration);
std::string address_text(std::uint32_t ipv4);

}  // namespace linnet::sim
