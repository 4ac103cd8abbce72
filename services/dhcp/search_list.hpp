// SPDX-License-Identifier: Apache-2.0
// SearchList: the domains that a network wants names to be completed with (RFC 3397, option 119).
#pragma once

#include <array>
#include <string_view>

#include "core/base/bytes.hpp"

namespace linnet::dhcp {

/// Domains in the server's order, all small letters, without a dot at their end; one beside the other, so
/// that a few long ones or many short ones cost the same.
class SearchList {
 public:
  static constexpr std::size_t capacity = 256;  ///< characters, and one more for each domain

  class Iterator {
   public:
    constexpr Iterator(const char* at) : at_(at) {}
    constexpr std::string_view operator*() const { return at_; }
    constexpr Iterator& operator++() {
      at_ += (**this).size() + 1;
      return *this;
    }
    constexpr bool operator==(const Iterator&) const = default;

   private:
    const char* at_;
  };

  /// A domain that is there already is not taken twice. False when there is no room for it.
  bool add(std::string_view domain);
  void clear() {
    characters_ = {};
    used_ = 0;
  }
  constexpr Iterator begin() const { return characters_.data(); }
  constexpr Iterator end() const { return characters_.data() + used_; }
  constexpr bool empty() const { return used_ == 0; }
  std::size_t size() const;
  constexpr bool operator==(const SearchList& other) const {
    return used_ == other.used_ && characters_ == other.characters_;
  }

 private:
  std::array<char, capacity> characters_{};
  std::uint16_t used_ = 0;
};

/// The domains of option 119, whose names are compressed within it (RFC 3397 2, RFC 1035 4.1.4). The list is
/// empty when a name is malformed, whichever: nobody knows what the others were to be. The root and what is
/// no host name are left out; so is what there is no room for.
void read_search_list(Bytes value, SearchList& list);

}  // namespace linnet::dhcp
