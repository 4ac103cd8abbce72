// SPDX-License-Identifier: Apache-2.0
#include "apps/pattern.hpp"

#include <algorithm>

namespace linnet::apps {

void fill_pattern(MutableBytes to, std::uint64_t offset) {
  std::uint64_t k = offset / 8;
  if (const std::size_t skipped = offset % 8; skipped != 0) {
    std::uint8_t word[8];
    store64(word, pattern_word(k++));
    const std::size_t n = std::min<std::size_t>(8 - skipped, to.size());
    copy_bytes(to.data(), Bytes(word).subspan(skipped, n));
    to = to.subspan(n);
  }
  for (; to.size() >= 8; to = to.subspan(8)) {
    store64(to.data(), pattern_word(k++));
  }
  if (!to.empty()) {
    std::uint8_t word[8];
    store64(word, pattern_word(k));
    copy_bytes(to.data(), Bytes(word).first(to.size()));
  }
}

}  // namespace linnet::apps
