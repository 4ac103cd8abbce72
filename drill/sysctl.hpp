// SPDX-License-Identifier: Apache-2.0
// The settings of Linux and of the BSDs that scripts make by sysctl, and what each is in this stack.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "drill/shell.hpp"

namespace linnet::drill {

/// What the commands of a script decide.
struct System {
  linnet::Config config{};
  std::uint16_t mtu = 1500;
  bool fast_open_listeners = false;              ///< every listener is as if it had asked for it
  std::vector<std::uint8_t> fast_open_keys{};    ///< empty: the stack's own
  bool time_wait_reuse = false;                  ///< tcp_tw_reuse, and after how long
  Duration time_wait_reuse_delay = Duration::seconds(1);
};

struct Setting {
  std::string_view name;
  /// False: this stack cannot do that.
  bool (*apply)(System& system, const Numbers& values);
  /// Memory and addresses are made with it: it cannot change while the host runs.
  bool fixed = false;
};

/// Linux's are named without net.ipv4. and net.core. in front. Null: not known.
const Setting* find_setting(std::string_view name);

}  // namespace linnet::drill
