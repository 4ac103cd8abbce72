// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/reassembly.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "core/base/test_memory.hpp"

namespace linnet::tcp {

/// Looks at the links: rings, order, heap; and how deep the tree is.
class ReassemblyInspector {
 public:
  explicit ReassemblyInspector(const Reassembly& r) : r_(r) { visit(r.root_, 1, 0xffffffffu); }
  std::size_t ranges = 0;
  std::size_t blocks = 0;
  std::size_t height = 0;
  bool good = true;

 private:
  void visit(const BlockHeader* head, std::size_t depth, std::uint32_t above) {
    if (head == nullptr) return;
    const auto& links = Reassembly::links(*head);
    good = good && links.priority <= above;
    visit(links.left, depth + 1, links.priority);
    good = good && (!end_ || *end_ < Reassembly::start_of(*head));
    const BlockHeader* previous = links.previous;
    for (const BlockHeader* b = head; b != nullptr; b = b->next, ++blocks) {
      good = good && Reassembly::links(*b).previous == previous && b->size() > 0;
      good = good && (b == head || Reassembly::end_of(*previous) == Reassembly::start_of(*b));
      previous = b;
    }
    good = good && links.previous == previous;
    end_ = Reassembly::end_of(*previous);
    height = std::max(height, depth);
    ++ranges;
    good = good && ((links.right != nullptr) || end_ < Reassembly::start_of(*r_.last_) || r_.last_ == head);
    visit(links.right, depth + 1, links.priority);
  }
  const Reassembly& r_;
  std::optional<SequenceNumber> end_;
};

namespace {

constexpr std::uint32_t first = 0xffffff00u;  // numbers wrap in every test

struct Fixture {
  explicit Fixture(std::uint32_t blocks = 64, std::uint32_t size = 128)
      : owned({.small_size = size, .small_count = blocks}), pool(owned.pool) {
    reassembly.seed(77);
  }
  /// Keeps `text` at `at`; the range that had come before.
  std::pair<std::uint32_t, std::uint32_t> insert(std::uint32_t at, std::string_view text, std::uint16_t limit = 1000,
                                                 std::uint32_t begin = 40) {
    Block block = pool.allocate(begin + text.size());
    EXPECT_TRUE(block);
    copy_bytes(block.data() + begin, Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    DuplicateRange twice;
    kept = reassembly.insert(std::move(block), begin, begin + static_cast<std::uint32_t>(text.size()),
                             SequenceNumber(first + at), limit, twice);
    check();
    return {twice.left.value() - (twice.empty() ? 0 : first), twice.right.value() - (twice.empty() ? 0 : first)};
  }
  void check() {
    const ReassemblyInspector seen(reassembly);
    ASSERT_TRUE(seen.good);
    ASSERT_EQ(seen.blocks, reassembly.blocks());
    ASSERT_EQ(pool.small_count() - pool.small_free(), reassembly.blocks());
    ASSERT_EQ(reassembly.empty(), seen.blocks == 0);
  }
  /// Everything contiguous from `at` on.
  std::string take(std::uint32_t at) {
    std::string text;
    while (Block block = reassembly.take_front(SequenceNumber(first + at))) {
      const BlockHeader& h = *block.header();
      const std::uint32_t old = std::min(first + at - h.sequence, h.size());
      text.append(reinterpret_cast<const char*>(block.data()) + h.begin + old, h.size() - old);
      at += h.size() - old;
      block.reset();
      check();
    }
    return text;
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sacks() const {
    std::array<SackBlock, 4> blocks;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
    for (const SackBlock& b : std::span(blocks).first(reassembly.sack_blocks(blocks, false))) {
      out.emplace_back(b.left.value() - first, b.right.value() - first);
    }
    return out;
  }

  test::OwnedPool owned;
  BlockPool& pool;
  Reassembly reassembly;
  bool kept = false;
};

using Range = std::pair<std::uint32_t, std::uint32_t>;

TEST(Reassembly, RFC2525_the_first_copy_of_a_byte_stays) {
  Fixture f;
  f.insert(100, "first");
  f.insert(110, "second");
  EXPECT_EQ(f.insert(98, "xxFIRSTxxxxxSECONDxx"), Range(100, 105));
  EXPECT_EQ(f.take(98), "xxfirstxxxxxsecondxx");
  f.insert(200, "0123456789");
  EXPECT_EQ(f.insert(195, "abcdefghij"), Range(200, 205));
  EXPECT_EQ(f.insert(205, "ABCDEFGHIJ"), Range(205, 210));
  EXPECT_EQ(f.insert(202, "xyz"), Range(202, 205));
  EXPECT_FALSE(f.kept);
  EXPECT_EQ(f.take(195), "abcde0123456789FGHIJ");
  EXPECT_TRUE(f.pool.full());
}

TEST(Reassembly, C17_04_small_neighbours_share_a_block) {
  Fixture f;
  for (std::uint32_t i = 0; i < 60; ++i) f.insert(10 + i, "x");
  EXPECT_EQ(f.reassembly.blocks(), 1);
  f.insert(71, std::string(60, 'z'));
  f.insert(70, "y");
  EXPECT_EQ(f.sacks(), std::vector{Range(10, 131)}) << "what fills a gap joins both sides";
  EXPECT_EQ(f.take(10), std::string(60, 'x') + "y" + std::string(60, 'z'));
}

TEST(Reassembly, the_furthest_block_gives_way) {
  Fixture f;
  f.insert(100, "a", 3);
  f.insert(300, std::string(60, 'b'), 3);
  f.insert(360, std::string(60, 'c'), 3);
  f.insert(500, "d", 3);
  EXPECT_FALSE(f.kept) << "itself the furthest";
  f.insert(200, "e", 3);
  EXPECT_TRUE(f.kept);
  EXPECT_EQ(f.reassembly.blocks(), 3);
  EXPECT_EQ(f.sacks(), (std::vector{Range(200, 201), Range(300, 360), Range(100, 101)}));
  f.insert(50, "f", 0);
  EXPECT_TRUE(f.kept) << "a lower limit drops one at a time";
  while (!f.reassembly.empty()) f.reassembly.drop_last();
  EXPECT_TRUE(f.pool.full());
  f.insert(50, "f", 0);
  EXPECT_FALSE(f.kept);
}

TEST(Reassembly, bytes_at_the_very_front_of_a_block_are_moved) {
  Fixture f;
  f.insert(10, "0123456789", 100, 0);
  f.insert(30, std::string(120, 'x'), 100, 0);
  EXPECT_FALSE(f.kept) << "no room for the links";
  EXPECT_EQ(f.take(10), "0123456789");
}

TEST(Reassembly, behaves_as_a_map_of_bytes) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    std::mt19937_64 random(seed);
    Fixture f(400);
    std::map<std::uint32_t, char> model;
    std::uint32_t next = 0;
    for (int step = 0; step < 1200; ++step) {
      const auto at = next + 1 + static_cast<std::uint32_t>(random() % 2000);
      const auto length = 1 + random() % (random() % 4 == 0 ? 80 : 12);
      std::string text;
      for (std::size_t i = 0; i < length; ++i) text += static_cast<char>('a' + random() % 26);
      Range expected{0, 0};
      for (std::uint32_t i = 0; i < length; ++i) {
        if (!model.contains(at + i)) {
          if (expected.second != 0) break;
        } else {
          expected = expected.second == 0 ? Range(at + i, at + i + 1) : Range(expected.first, at + i + 1);
        }
      }
      ASSERT_EQ(f.insert(at, text), expected);
      if (testing::Test::HasFatalFailure()) return;
      for (std::uint32_t i = 0; i < length; ++i) model.emplace(at + i, text[i]);
      const auto told = f.sacks();
      ASSERT_FALSE(told.empty());
      ASSERT_TRUE(told[0].first <= at && told[0].second > at) << "RFC 2018 4: the latest first";
      std::set<Range> different(told.begin(), told.end());
      ASSERT_EQ(different.size(), told.size());
      for (const Range& range : told) {
        ASSERT_FALSE(model.contains(range.first - 1) || model.contains(range.second));
        for (std::uint32_t i = range.first; i < range.second; ++i) ASSERT_TRUE(model.contains(i));
      }
      if (random() % 40 != 0 || model.empty()) continue;
      next = model.begin()->first;  // the gap fills
      std::string text_of_model;
      while (model.contains(next)) {
        text_of_model += model[next];
        model.erase(next++);
      }
      ASSERT_EQ(f.take(next - static_cast<std::uint32_t>(text_of_model.size())), text_of_model);
    }
    f.reassembly.clear();
    ASSERT_TRUE(f.pool.full());
  }
}

TEST(Reassembly, thousands_of_ranges_in_any_order_make_a_shallow_tree) {
  for (const int order : {0, 1, 2, 3}) {
    Fixture f(4100, 64);
    std::mt19937 random(3);
    constexpr std::uint32_t count = 4000;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t at = order == 0   ? i
                               : order == 1 ? count - i
                               : order == 2 ? (i % 2 == 0 ? i : 2 * count - i)
                                            : static_cast<std::uint32_t>(random() % 100000);
      Block block = f.pool.allocate(60);
      DuplicateRange twice;
      f.reassembly.insert(std::move(block), 40, 41, SequenceNumber(first + 1 + at * 3), 4096, twice);
    }
    f.check();
    const ReassemblyInspector seen(f.reassembly);
    EXPECT_GT(seen.ranges, 3800u);
    EXPECT_LT(seen.height, 45u) << order;  // 2 ln n is what a random one has on average
  }
}

}  // namespace
}  // namespace linnet::tcp
