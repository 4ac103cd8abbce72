// SPDX-License-Identifier: Apache-2.0
// What `--forward` says: a port of the host that leads into the user-mode network.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/address.hpp"

namespace linnet::apps {

struct Forward {
  bool udp = false;
  IpAddress host_address = IpAddress::loopback_v4();
  std::uint16_t host_port = 0;
  std::uint16_t port = 0;  ///< of the device

  bool operator==(const Forward&) const = default;
};

/// `[tcp:|udp:][host_ip:]host_port:port`, for instance "8080:80" or "udp:0.0.0.0:5353:53". Or a sentence that
/// says what is wrong.
std::variant<Forward, std::string> parse_forward(std::string_view text);

}  // namespace linnet::apps
