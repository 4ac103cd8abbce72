// SPDX-License-Identifier: Apache-2.0
// State machines as tables: a row for each state, a cell for each event.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace linnet::test {

/// What each event makes of a state: the next one, or more.
template <typename State, typename Next, std::size_t Events>
struct StateRow {
  State state;
  std::array<Next, Events> next;  // by event
};

/// `play(state, event, next)` for each cell; `text(state)` and the name of the event stand in front of what
/// fails.
template <typename Event, typename State, typename Next, std::size_t Rows, std::size_t Events, typename Text,
          typename Play>
void for_each_cell(const StateRow<State, Next, Events> (&table)[Rows],
                   const std::array<const char*, Events>& events, Text&& text, Play&& play) {
  for (const auto& row : table) {
    for (std::size_t event = 0; event < Events; ++event) {
      SCOPED_TRACE(std::string(text(row.state)) + ", " + events[event]);
      play(row.state, static_cast<Event>(event), row.next[event]);
    }
  }
}

}  // namespace linnet::test
