// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/digest.hpp"

namespace linnet {

/// The digest of a table: of all its entries, wherever in it they stand.
class DigestSum {
 public:
  constexpr void add(const Digest& entry) {
    const Digest::Value value = entry.value();
    sum_.high += value.high;
    sum_.low += value.low;
  }
  constexpr void add_to(Digest& digest) const {
    digest.add(sum_.high);
    digest.add(sum_.low);
  }

 private:
  Digest::Value sum_;
};

}  // namespace linnet
