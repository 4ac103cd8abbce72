// SPDX-License-Identifier: Apache-2.0
// The flags of a neighbour advertisement: ip reads them, the neighbour cache obeys them.
#pragma once

namespace linnet::ethernet {

/// RFC 4861 4.4.
struct AdvertisementFlags {
  bool router = false;
  bool solicited = false;
  bool override = false;
  constexpr bool operator==(const AdvertisementFlags&) const = default;
};

}  // namespace linnet::ethernet
