// SPDX-License-Identifier: Apache-2.0
// Ladder: a run as a diagram, machines side by side and time downward: in a terminal, or as a page with an
// SVG.
#pragma once

#include "sim/recorder.hpp"

namespace linnet::sim {

/// A row for each frame: when, from whom to whom, how long it took or what befell it, and what it says.
std::string ladder_text(const Recorder& recorder, Instant start);
/// An HTML page of its own that holds the same as an SVG, with sloping arrows.
std::string ladder_page(const Recorder& recorder, Instant start, const std::string& title);

}  // namespace linnet::sim
