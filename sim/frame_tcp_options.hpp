// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/frame_parts.hpp"

namespace linnet::sim {

/// `options`: the part of `segment` between the fixed header and the data.
void check_tcp_options(FrameJudge& judge, Bytes segment, Bytes options, const TcpParts& tcp,
                       const FrameCheckerConfig& config);

}  // namespace linnet::sim
