// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/frame_parts.hpp"

namespace linnet::sim {

/// What the options may say besides.
struct TcpOptionLimits {
  std::uint16_t mtu = 1500;
  unsigned ip_and_tcp = 40;  ///< bytes of the two fixed headers (RFC 6691 2)
  bool data_without_cookie = false;
};

/// `options`: the part of `segment` between the fixed header and the data.
void check_tcp_options(FrameJudge& judge, Bytes segment, Bytes options, const TcpParts& tcp,
                       const TcpOptionLimits& limits);

}  // namespace linnet::sim
