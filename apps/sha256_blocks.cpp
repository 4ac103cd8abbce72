// SPDX-License-Identifier: Apache-2.0
// The SHA instructions of x86, where there are any: a gigabyte is hashed in under a second instead of in
// four, so that a transfer that is hashed on the way is still about the network.
#include "apps/sha256.hpp"
#include "apps/sha256_constants.hpp"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

namespace linnet::apps {
namespace {

bool cpu_has_sha() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSE4_1) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

// Four rounds for each step; the instructions keep the state as ABEF and CDGH.
__attribute__((target("sha,sse4.1"))) void blocks_by_instruction(std::array<std::uint32_t, 8>& state,
                                                                 const std::uint8_t* block,
                                                                 std::size_t count) {
  const __m128i swap_bytes = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  auto* words = reinterpret_cast<__m128i*>(state.data());
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
  for (; count > 0; --count, block += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; ++i) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i), swap_bytes);
    }
    for (int step = 0; step < 16; ++step) {
      const auto* constants = reinterpret_cast<const __m128i*>(sha256_constants.data() + 4 * step);
      const __m128i sum = _mm_add_epi32(w[0], _mm_loadu_si128(constants));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
      // The next four words of the message schedule out of the last sixteen.
      const __m128i next = _mm_sha256msg2_epu32(
          _mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]), _mm_alignr_epi8(w[3], w[2], 4)), w[3]);
      w[0] = w[1], w[1] = w[2], w[2] = w[3], w[3] = next;
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace

void detail::sha256_blocks(std::array<std::uint32_t, 8>& state, const std::uint8_t* blocks,
                           std::size_t count) {
  static const bool has_sha = cpu_has_sha();
  if (has_sha) return blocks_by_instruction(state, blocks, count);
  sha256_blocks_portable(state, blocks, count);
}

}  // namespace linnet::apps

#else

namespace linnet::apps {

void detail::sha256_blocks(std::array<std::uint32_t, 8>& state, const std::uint8_t* blocks,
                           std::size_t count) {
  sha256_blocks_portable(state, blocks, count);
}

}  // namespace linnet::apps

#endif
