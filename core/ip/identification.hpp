// SPDX-License-Identifier: Apache-2.0
// The IPv4 identification field: unique for each datagram that may be fragmented (RFC 6864 4.3), and telling
// nobody how much we send to others (RFC 7739).
#pragma once

#include <array>

#include "core/base/random.hpp"

namespace linnet::ip {

/// A counter for each of many groups of (source, destination, protocol), as RFC 7739 5.3 has it, enciphered
/// with a secret of that very triple: no value comes back within 65,536 datagrams of a triple, and neither
/// the values nor the steps between them show a counter.
class Identification {
 public:
  explicit Identification(Random& random);

  /// Addresses in host order.
  std::uint16_t next(std::uint32_t source, std::uint32_t destination, std::uint8_t protocol);

 private:
  SipKey key_;
  std::array<std::uint16_t, 64> counters_;
};

}  // namespace linnet::ip
