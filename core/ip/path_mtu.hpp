// SPDX-License-Identifier: Apache-2.0
// Path MTU discovery (RFC 1191): destinations whose path takes less than the first link does.
#pragma once

#include <optional>

#include "core/base/address.hpp"
#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/base/time.hpp"
#include "core/ip/config.hpp"

namespace linnet::ip {

/// RFC 1191 7: the largest plateau below `size`, for routers that do not tell their next-hop MTU.
std::uint16_t plateau_below(std::uint16_t size);

class PathMtu {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Entry>(config.path_mtu_entries);
  }
  PathMtu(const Config& config, Arena& arena)
      : table_(arena.make_array<Entry>(config.path_mtu_entries)), lifetime_(config.path_mtu_lifetime) {}

  /// The MTU on the way to `destination`, at most `link_mtu`.
  std::uint16_t get(const IpAddress& destination, std::uint16_t link_mtu) const;
  /// Lowers it; never raises (RFC 1191 3). The entry set longest ago makes room. True when it did change.
  bool lower(const IpAddress& destination, std::uint16_t mtu, Instant now);
  /// Forgets what has lived its time (RFC 1191 6.3); true when it did.
  bool expire(Instant now);
  Instant next_deadline() const { return deadline_; }
  void digest(Digest& digest) const;

 private:
  struct Entry {
    IpAddress destination;
    std::uint16_t mtu = 0;  // 0: free
    Instant expires = Instant::never();
  };
  std::span<Entry> table_;
  Duration lifetime_;
  std::size_t used_ = 0;
  Instant deadline_ = Instant::never();
};

}  // namespace linnet::ip
