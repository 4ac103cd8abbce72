// SPDX-License-Identifier: Apache-2.0
// Which cells of TCP state and event no scenario comes to, and why: what is left must be seen in a campaign.
#pragma once

#include "sim/tcp_monitor_states.hpp"

namespace linnet::sim {

/// How often a cell must be seen in a campaign that has seen everything.
enum class CellUse : std::uint8_t {
  wanted,  ///< a campaign without it tests less than it seems to
  seldom,  ///< once in thousands of scenarios: it may be missing
  never,   ///< it cannot be, or nobody of the world does that
};

struct CellReason {
  CellUse use = CellUse::wanted;
  std::string_view why{};  ///< of `never`
};

CellReason cell_reason(TcpState state, TcpEvent event);
/// How many cells are not `never`.
std::size_t reachable_cells();

}  // namespace linnet::sim
