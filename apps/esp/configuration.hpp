// SPDX-License-Identifier: Apache-2.0
// What linnet_add_esp_app was told of a program's settings. Each program has its own `configuration`.
#pragma once

#include <optional>

#include "core/config.hpp"
#include "sockets/config.hpp"

namespace linnet::apps {

class Machine;

struct EspConfiguration {
  std::uint16_t max_sockets = 10;
  bool reuse_address = true;
  std::optional<Config> stack{};             ///< nothing: as large as this machine's
  std::optional<sockets::Config> sockets{};  ///< the same; its numbers of descriptors are not looked at
  /// More that is to be done before the program begins: attach_tls, where it was asked for.
  void (*prepare)(Machine& machine) = nullptr;
};

extern const EspConfiguration esp_configuration;

}  // namespace linnet::apps
