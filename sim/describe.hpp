// SPDX-License-Identifier: Apache-2.0
// What a frame says, in a line.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "core/base/time.hpp"
#include "sim/frames.hpp"

namespace linnet::sim {

/// Describes the frames of one run in their order: TCP's numbers count from the SYNs that it saw.
class Describer {
 public:
  /// "10.0.0.1 > 10.0.0.2 TCP 49152 > 80 SYN,ACK seq 0 ack 1 win 65535" and the like, whatever the bytes.
  std::string describe(Bytes frame);

 private:
  using Direction = std::tuple<IpAddress, IpAddress, std::uint16_t, std::uint16_t>;
  std::string ip_text(Bytes frame);
  std::string ipv6_text(Bytes frame, const struct Ipv6View& ip);
  std::string tcp_text(const struct TcpView& tcp, Bytes frame);
  std::map<Direction, std::uint32_t> begins_;
};

/// "12.345678": seconds with microseconds.
std::string seconds_text(Duration duration);
std::string address_text(std::uint32_t ipv4);
std::string udp_text(const std::uint8_t* udp, std::size_t size);

}  // namespace linnet::sim
