// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace linnet {
namespace {

TEST(Random, RFC8439_2_3_the_second_half_of_each_block_with_the_first_as_the_next_key) {
  // Key 0 (A.1, test vector 1), then its keystream's first half as the key; both made again with OpenSSL.
  Random random(Random::Seed{});
  for (const std::uint32_t expected :
       {0x7c5941dau, 0x8d485751u, 0x3fe02477u, 0x374ad8b8u, 0xf4b8436au, 0x1ca11815u, 0x69b687c3u,
        0x8665eeb2u, 0x28adbdafu, 0xdb3cb945u, 0x6364feb2u, 0x2a16fed2u, 0xe6f6e0dau, 0x4249f076u,
        0x05cef518u, 0x5c9fe796u}) {
    EXPECT_EQ(random.next32(), expected);
  }
}

TEST(Random, the_same_seed_gives_the_same_numbers) {
  Random::Seed seed{1, 2, 3};
  Random one(seed);
  Random two(seed);
  seed[31] ^= 1;
  Random other(seed);
  int same = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = one.next64();
    ASSERT_EQ(value, two.next64());
    same += value == other.next64() ? 1 : 0;
  }
  EXPECT_EQ(same, 0);
}

TEST(Random, every_bit_of_the_seed_counts) {
  std::set<std::uint64_t> firsts{Random(Random::Seed{}).next64()};
  for (unsigned bit = 0; bit < 256; ++bit) {
    Random::Seed seed{};
    seed[bit / 8] = static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_TRUE(firsts.insert(Random(seed).next64()).second) << bit;
  }
}

TEST(Random, below_is_uniform) {
  Random random(Random::Seed{7});
  for (const std::uint32_t bound : {2u, 3u, 7u, 64u, 1000u}) {
    std::vector<std::uint32_t> counts(bound);
    const std::uint32_t draws = bound * 1000;
    for (std::uint32_t i = 0; i < draws; ++i) {
      const std::uint32_t value = random.below(bound);
      ASSERT_LT(value, bound);
      ++counts[value];
    }
    double chi_square = 0;
    for (const std::uint32_t count : counts) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
    const double degrees = bound - 1;
    // Five standard deviations, and the long tail of few degrees of freedom.
    EXPECT_LT(chi_square, degrees + 5 * std::sqrt(2 * degrees) + 10) << bound;
  }
}

TEST(Random, below_rejects_what_would_favour_small_numbers) {
  // With 3 * 2^30 a plain multiplication would draw one third of all values twice as often.
  constexpr std::uint32_t bound = 3u << 30;
  Random random(Random::Seed{8});
  std::array<int, 3> thirds{};
  for (int i = 0; i < 300'000; ++i) ++thirds[random.below(bound) >> 30];
  for (const int third : thirds) EXPECT_NEAR(third, 100'000, 1'500);
  std::array<int, 3> residues{};
  for (int i = 0; i < 300'000; ++i) ++residues[random.below(bound) % 3];
  for (const int residue : residues) EXPECT_NEAR(residue, 100'000, 1'500);
}

TEST(Random, below_one_is_zero_and_below_the_limit_works) {
  Random random(Random::Seed{9});
  std::uint32_t largest = 0;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(random.below(1), 0u);
    largest = std::max(largest, random.below(0xffffffff));
  }
  EXPECT_GT(largest, 0xf0000000);
}

TEST(Random, fill_writes_exactly_its_bytes) {
  for (std::size_t length = 0; length < 70; ++length) {
    Random random(Random::Seed{10});
    std::array<std::uint8_t, 72> bytes{};
    bytes[length] = 0xee;
    random.fill(MutableBytes(bytes).first(length));
    EXPECT_EQ(bytes[length], 0xee);
    const std::set<std::uint8_t> values(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_GE(values.size(), length / 2);
  }
}

TEST(Random, bits_are_balanced) {
  Random random(Random::Seed{11});
  std::array<int, 32> ones{};
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t value = random.next32();
    for (unsigned bit = 0; bit < 32; ++bit) ones[bit] += static_cast<int>(value >> bit & 1);
  }
  for (const int count : ones) EXPECT_NEAR(count, 50'000, 900);
}

TEST(Random, reseeding_changes_what_comes_and_forgets_nothing) {
  const std::array<std::uint8_t, 40> entropy{1, 2, 3};
  Random plain(Random::Seed{12});
  Random reseeded(Random::Seed{12});
  reseeded.reseed(entropy);
  Random other_seed(Random::Seed{13});
  other_seed.reseed(entropy);
  EXPECT_NE(plain.next64(), reseeded.next64());
  EXPECT_NE(reseeded.next64(), other_seed.next64()) << "entropy does not replace the seed";
  std::set<std::uint64_t> seen;
  for (std::size_t at = 0; at < 40; ++at) {
    auto changed = entropy;
    changed[at] = static_cast<std::uint8_t>(changed[at] ^ 0x80);
    Random random(Random::Seed{12});
    random.reseed(changed);
    EXPECT_TRUE(seen.insert(random.next64()).second)
        << "byte " << at << " counts, beyond the key's length too";
  }
  Random nothing(Random::Seed{12});
  Random untouched(Random::Seed{12});
  EXPECT_EQ(nothing.next64(), untouched.next64());
  nothing.reseed({});
  EXPECT_NE(nothing.next64(), untouched.next64()) << "at least what was buffered is gone";
}

TEST(Random, keys_differ) {
  Random random(Random::Seed{14});
  const SipKey a = random.key();
  const SipKey b = random.key();
  EXPECT_TRUE(a.k0 != b.k0 && a.k1 != b.k1 && a.k0 != a.k1);
}

TEST(Random, a_duration_lies_between_both_ends_and_reaches_them) {
  Random random(Random::Seed{3});
  const Duration least = Duration::microseconds(10);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.between(least, Duration::microseconds(13)).as_microseconds());
  EXPECT_EQ(seen, (std::set<std::int64_t>{10, 11, 12, 13}));
}

}  // namespace
}  // namespace linnet
