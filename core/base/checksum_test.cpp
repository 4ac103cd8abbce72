// SPDX-License-Identifier: Apache-2.0
#include "core/base/checksum.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "core/base/test_checksum_variants.hpp"

namespace linnet {
namespace {

/// RFC 1071 4.1, word by word: the slow loop that all others must agree with.
std::uint16_t reference(const std::uint8_t* p, std::size_t n) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += i % 2 == 0 ? std::uint64_t{p[i]} << 8 : p[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t own_sum(const std::uint8_t* data, std::size_t size) { return checksum_sum({data, size}); }
std::uint16_t own_copy(std::uint8_t* to, const std::uint8_t* data, std::size_t size) {
  return checksum_copy(to, {data, size});
}

class ChecksumKernel : public testing::TestWithParam<ChecksumVariant> {
 protected:
  void SetUp() override {
    if (GetParam().sum == nullptr)
      GTEST_SKIP() << "this build is not for processors with " << GetParam().name;
  }
  std::uint16_t sum(const std::uint8_t* p, std::size_t n) const { return GetParam().sum(p, n); }
};

INSTANTIATE_TEST_SUITE_P(EveryWidth, ChecksumKernel,
                         testing::Values(ChecksumVariant{"own", own_sum, own_copy}, checksum_u32(),
                                         checksum_u64(), checksum_avx2()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(ChecksumKernel, agrees_with_the_reference_at_every_length_and_alignment) {
  std::mt19937_64 random(1);
  alignas(64) std::array<std::uint8_t, 64 + 300 + 64> source{};
  std::size_t buffers = 0;
  for (std::size_t alignment = 0; alignment < 64; ++alignment) {
    for (std::size_t length = 0; length <= 300; ++length) {
      for (int round = 0; round < 3; ++round) {
        for (auto& byte : source) byte = static_cast<std::uint8_t>(random());
        if (round == 1) source.fill(0xff);
        if (round == 2) source.fill(0x00);
        if (round == 2 && length > 0) source[alignment + random() % length] = 1;
        const std::uint8_t* p = source.data() + alignment;
        ASSERT_EQ(sum(p, length), reference(p, length)) << length << " bytes at alignment " << alignment;
        ++buffers;
      }
    }
  }
  EXPECT_EQ(buffers, 64u * 301 * 3);
}

TEST_P(ChecksumKernel, agrees_with_the_reference_on_random_buffers) {
  std::mt19937_64 random(2);
  std::vector<std::uint8_t> source(4096 + 64);
  for (auto& byte : source) byte = static_cast<std::uint8_t>(random());
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t begin = random() % 64;
    const std::size_t length = random() % 2 == 0 ? random() % 256 : random() % 4096;
    source[random() % source.size()] = static_cast<std::uint8_t>(random());
    const std::uint8_t* p = source.data() + begin;
    ASSERT_EQ(sum(p, length), reference(p, length)) << length << " bytes at " << begin;
  }
}

TEST_P(ChecksumKernel, copies_exactly_what_it_sums) {
  std::mt19937_64 random(3);
  alignas(64) std::array<std::uint8_t, 512> source{};
  alignas(64) std::array<std::uint8_t, 512> target{};
  for (std::size_t alignment = 0; alignment < 64; ++alignment) {
    for (std::size_t length = 0; length <= 300; ++length) {
      for (auto& byte : source) byte = static_cast<std::uint8_t>(random());
      target.fill(0xa5);
      const std::size_t to = 1 + (alignment * 7) % 64;
      const std::uint8_t* from = source.data() + alignment;
      ASSERT_EQ(GetParam().copy(target.data() + to, from, length), reference(from, length)) << length;
      ASSERT_TRUE(std::equal(from, from + length, target.data() + to)) << length;
      ASSERT_EQ(target[to - 1], 0xa5) << "written in front";
      ASSERT_EQ(target[to + length], 0xa5) << "written behind";
    }
  }
}

TEST_P(ChecksumKernel, carries_are_kept_over_64_KiB_of_ones) {
  const std::vector<std::uint8_t> ones(65'536, 0xff);
  for (const std::size_t length : {65'536u, 65'535u, 65'534u, 65'503u}) {
    EXPECT_EQ(sum(ones.data(), length), reference(ones.data(), length)) << length;
  }
}

TEST_P(ChecksumKernel, of_nothing_is_zero) {
  EXPECT_EQ(sum(nullptr, 0), 0);
  std::uint8_t target = 7;
  EXPECT_EQ(GetParam().copy(&target, nullptr, 0), 0);
  EXPECT_EQ(target, 7);
}

TEST(Checksum, RFC1071_3_example) {
  constexpr std::array<std::uint8_t, 8> bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum_sum(bytes), 0xddf2);
  Checksum checksum;
  checksum.add(bytes);
  EXPECT_EQ(checksum.finish(), 0x220d);
}

TEST(Checksum, of_an_ipv4_header_of_RFC791) {
  std::array<std::uint8_t, 20> header{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                      0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
  Checksum checksum;
  checksum.add(header);
  EXPECT_EQ(checksum.finish(), 0xb861);
  EXPECT_FALSE(checksum.good());
  store16(header.data() + 10, checksum.finish());
  Checksum again;
  again.add(header);
  EXPECT_TRUE(again.good());
}

TEST(Checksum, folds_at_the_limits) {
  static_assert(checksum_fold(0) == 0);
  static_assert(checksum_fold(0xffff) == 0xffff);
  static_assert(checksum_fold(0x10000) == 1);
  static_assert(checksum_fold(0xffff'ffff) == 0xffff);
  static_assert(checksum_fold(0xffff'ffff'ffff'ffff) == 0xffff);
  static_assert(checksum_fold(0xffff'0000'0001'0000) == 1);
  std::mt19937_64 random(4);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    const std::uint64_t expected = value == 0 ? 0 : (value - 1) % 0xffff + 1;
    ASSERT_EQ(checksum_fold(value), expected) << value;
  }
}

TEST(Checksum, zero_and_all_ones_stay_apart) {
  const std::array<std::uint8_t, 6> zeros{};
  EXPECT_EQ(checksum_sum(zeros), 0x0000);
  const std::array<std::uint8_t, 4> minus_zero{0x12, 0x34, 0xed, 0xcb};
  EXPECT_EQ(checksum_sum(minus_zero), 0xffff);
  Checksum checksum;
  checksum.add(zeros);
  EXPECT_EQ(checksum.finish(), 0xffff);
  EXPECT_FALSE(checksum.good());
  checksum.add(minus_zero);
  EXPECT_EQ(checksum.finish(), 0x0000);
  EXPECT_TRUE(checksum.good());
}

TEST(Checksum, RFC1071_2_pieces_of_any_lengths_sum_as_the_whole) {
  std::mt19937_64 random(5);
  std::vector<std::uint8_t> whole(600);
  for (int round = 0; round < 20'000; ++round) {
    for (int i = 0; i < 8; ++i) whole[random() % whole.size()] = static_cast<std::uint8_t>(random());
    const std::size_t length = random() % (whole.size() + 1);
    Checksum checksum;
    Checksum by_sums;
    for (std::size_t at = 0; at < length;) {
      const std::size_t piece = std::min<std::size_t>(length - at, random() % 40);
      checksum.add({whole.data() + at, piece});
      by_sums.add_sum(reference(whole.data() + at, piece), piece);
      at += piece;
    }
    ASSERT_EQ(checksum.sum(), reference(whole.data(), length));
    ASSERT_EQ(by_sums.sum(), reference(whole.data(), length));
  }
}

TEST(Checksum, single_bit_errors_are_seen) {
  std::mt19937_64 random(6);
  std::array<std::uint8_t, 60> bytes{};
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  bytes[16] = bytes[17] = 0;
  Checksum checksum;
  checksum.add(bytes);
  store16(bytes.data() + 16, checksum.finish());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << (bit % 8)));
    Checksum broken;
    broken.add(bytes);
    EXPECT_FALSE(broken.good()) << bit;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << (bit % 8)));
  }
}

TEST(Checksum, RFC9293_3_1_ipv4_pseudo_header) {
  const auto source = IpAddress::v4(192, 0, 2, 1);
  const auto destination = IpAddress::v4(198, 51, 100, 2);
  constexpr std::array<std::uint8_t, 12> literal{192, 0, 2, 1, 198, 51, 100, 2, 0, 6, 0x12, 0x34};
  EXPECT_EQ(pseudo_header_checksum(source, destination, 6, 0x1234).sum(),
            reference(literal.data(), literal.size()));
}

TEST(Checksum, RFC8200_8_1_ipv6_pseudo_header) {
  const auto source = IpAddress::parse("2001:db8::1");
  const auto destination = IpAddress::parse("fe80::ffff:1%3");
  ASSERT_TRUE(source && destination);
  std::vector<std::uint8_t> literal;
  for (const auto byte : source->bytes()) literal.push_back(byte);
  for (const auto byte : destination->bytes()) literal.push_back(byte);
  // The upper-layer packet length has 32 bits here: a jumbo length must not be cut.
  for (const int byte : {0x00, 0x01, 0xff, 0xfe, 0, 0, 0, 17})
    literal.push_back(static_cast<std::uint8_t>(byte));
  EXPECT_EQ(pseudo_header_checksum(*source, *destination, 17, 0x0001fffe).sum(),
            reference(literal.data(), literal.size()));
}

TEST(ChecksumChange, RFC1624_3_the_field_is_corrected_by_what_changed) {
  std::array<std::uint8_t, 12> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  Checksum before;
  before.add(bytes);
  const std::uint16_t old = before.finish();
  ChecksumChange first;
  first.store(bytes.data() + 2, std::uint16_t{0xabcd});
  ChecksumChange second;
  second.store(bytes.data() + 4, std::uint32_t{0x01fe02ff});
  first.add(second);
  Checksum after;
  after.add(bytes);
  EXPECT_EQ(first.applied_to(old), after.finish());
}

}  // namespace
}  // namespace linnet
