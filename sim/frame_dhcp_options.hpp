// SPDX-License-Identifier: Apache-2.0
// The options of a DHCP client's message: RFC 2132 for each, table 5 of RFC 2131 for which may stand where.
#pragma once

#include <array>

#include "sim/frame_parts.hpp"

namespace linnet::sim {

namespace dhcp_type {
constexpr std::uint8_t discover = 1, request = 3, decline = 4, ack = 5, nak = 6, release = 7, inform = 8;
}
namespace dhcp_option {
constexpr std::uint8_t pad = 0, subnet_mask = 1, router = 3, host_name = 12, static_route = 33,
                       requested_address = 50, lease_time = 51, overload = 52, message_type = 53,
                       server_identifier = 54, parameters = 55, message = 56, maximum_size = 57,
                       vendor_class = 60, client_identifier = 61, rapid_commit = 80, classless_routes = 121,
                       end = 255;
}

class DhcpOptions {
 public:
  /// Reads the options field, and `file` and `sname` where they are overloaded (RFC 2131 4.1).
  void read(FrameJudge& judge, Bytes message);
  void check_by_type(FrameJudge& judge, Bytes message) const;
  std::uint8_t type() const { return type_; }
  bool has(std::uint8_t code) const { return !values_[code].empty(); }

 private:
  void read_field(FrameJudge& judge, Bytes message, std::size_t from, std::size_t to);
  void take(FrameJudge& judge, Bytes message, std::size_t at, std::size_t size);
  void check_request(FrameJudge& judge, Bytes message) const;
  void check_parameters(FrameJudge& judge) const;
  void must(FrameJudge& judge, Bytes message, std::uint8_t code) const;
  void must_not(FrameJudge& judge, Bytes message, std::uint8_t code) const;

  std::array<Bytes, 256> values_{};  ///< with code and length
  std::uint8_t type_ = 0;
};

}  // namespace linnet::sim
