// SPDX-License-Identifier: Apache-2.0
// Names: whoever resolves the names of servers. An owner leads it to dns::Resolver.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/address.hpp"
#include "core/base/bounded_list.hpp"
#include "core/base/time.hpp"

namespace linnet::sntp {

class Names {
 public:
  using Addresses = BoundedList<IpAddress, 8>;
  enum class Outcome : std::uint8_t { pending, found, failed };

  /// Begins to look `name` up; a number to ask by, or nothing when it cannot be begun now.
  virtual std::optional<std::uint32_t> begin(std::string_view name, Instant now) = 0;
  /// `addresses` is filled when they are found.
  virtual Outcome result(std::uint32_t lookup, Addresses& addresses) = 0;
  /// Each number must be given back, also while it is pending.
  virtual void release(std::uint32_t lookup) = 0;

 protected:
  ~Names() = default;
};

}  // namespace linnet::sntp
