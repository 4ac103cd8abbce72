// SPDX-License-Identifier: Apache-2.0
// OptionArea: options that an owner adds to messages, or keeps of them, as they are on the wire.
#pragma once

#include "services/dhcp/wire.hpp"

namespace linnet::dhcp {

class OptionArea {
 public:
  /// `memory` must outlive it: two bytes an option, and its value.
  explicit OptionArea(MutableBytes memory) : memory_(memory) {}

  /// The same code again replaces the value, an empty one takes the option away. False, and nothing changes:
  /// no room, more than 255 bytes, or a code that frames options and messages instead of being one (RFC
  /// 2132 3.1, 3.2, 9.3, 9.6).
  bool set(std::uint8_t code, Bytes value);
  void clear() { used_ = 0; }
  std::optional<Bytes> find(std::uint8_t code) const;
  void write_to(MessageWriter& writer) const;

 private:
  MutableBytes memory_;
  std::size_t used_ = 0;
};

}  // namespace linnet::dhcp
