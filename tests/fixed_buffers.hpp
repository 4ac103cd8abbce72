// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"

namespace linnet::test {

/// The profile of a Linux host, with send and receive buffers of so many bytes, which are not tuned: what is measured is
/// a window of that size.
inline Config fixed_buffers(std::uint32_t bytes) {
  Config config = Config::linux_host();
  config.tcp.send_buffer = config.tcp.receive_buffer = bytes;
  config.tcp.maximum_send_buffer = config.tcp.maximum_receive_buffer = 0;
  return config;
}

}  // namespace linnet::test
