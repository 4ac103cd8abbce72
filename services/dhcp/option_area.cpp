// SPDX-License-Identifier: Apache-2.0
#include "services/dhcp/option_area.hpp"

#include <algorithm>

namespace linnet::dhcp {

bool OptionArea::set(std::uint8_t code, Bytes value) {
  const bool framing =
      code == option::pad || code == option::end || code == option::overload || code == option::message_type;
  if (framing || value.size() > 255) return false;
  std::size_t at = 0;
  while (at < used_ && memory_[at] != code) at += 2u + memory_[at + 1];
  const std::size_t old_size = at < used_ ? 2u + memory_[at + 1] : 0u;
  const std::size_t size = value.empty() ? 0 : 2 + value.size();
  if (used_ - old_size + size > memory_.size()) return false;
  const auto place = [this](std::size_t offset) {
    return memory_.begin() + static_cast<std::ptrdiff_t>(offset);
  };
  std::copy(place(at + old_size), place(used_), place(at));
  used_ -= old_size;
  if (value.empty()) return true;
  memory_[used_] = code;
  memory_[used_ + 1] = static_cast<std::uint8_t>(value.size());
  copy_bytes(memory_.data() + used_ + 2, value);
  used_ += size;
  return true;
}

std::optional<Bytes> OptionArea::find(std::uint8_t code) const {
  std::optional<Bytes> found;
  for_each_option(memory_.first(used_), [&](std::uint8_t other, Bytes value) {
    if (other == code) found = value;
  });
  return found;
}

void OptionArea::write_to(MessageWriter& writer) const {
  for_each_option(memory_.first(used_), [&](std::uint8_t code, Bytes value) { writer.bytes(code, value); });
}

}  // namespace linnet::dhcp
