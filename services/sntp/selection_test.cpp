// SPDX-License-Identifier: Apache-2.0
#include "services/sntp/selection.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace linnet::sntp {
namespace {

/// From its beginning to its end, in milliseconds.
Candidate interval(std::int64_t begin, std::int64_t end) {
  return {.offset = Duration::milliseconds((begin + end) / 2),
          .distance = Duration::milliseconds((end - begin) / 2)};
}

TEST(SntpSelection, RFC5905_11_2_1_the_most_intervals_with_a_point_in_common) {
  struct Row {
    const char* what;
    std::vector<Candidate> candidates;
    std::size_t agreeing;
    std::size_t best;
    std::vector<bool> agree;
  };
  const Row rows[] = {
      {"one", {interval(0, 10)}, 1, 0, {true}},
      {"an end that is another's beginning", {interval(0, 10), interval(10, 30)}, 2, 0, {true, true}},
      {"likewise in the other order", {interval(10, 30), interval(0, 10)}, 2, 1, {true, true}},
      {"nothing in common: the first", {interval(0, 10), interval(12, 20)}, 1, 0, {true, false}},
      {"two and two: the first two",
       {interval(0, 10), interval(2, 12), interval(40, 44), interval(42, 50)},
       2,
       0,
       {true, true, false, false}},
      {"two of three", {interval(0, 4), interval(40, 50), interval(46, 50)}, 2, 2, {false, true, true}},
      {"as far off: the first",
       {interval(0, 10), interval(2, 12), interval(4, 14)},
       3,
       0,
       {true, true, true}},
  };
  for (const Row& row : rows) {
    std::vector<Candidate> candidates = row.candidates;
    const std::optional<Choice> choice = select(candidates);
    ASSERT_TRUE(choice) << row.what;
    EXPECT_EQ(choice->agreeing, row.agreeing) << row.what;
    EXPECT_EQ(choice->best, row.best) << row.what;
    for (std::size_t i = 0; i < candidates.size(); ++i)
      EXPECT_EQ(candidates[i].agrees, row.agree[i]) << row.what << i;
  }
  EXPECT_FALSE(select({}));
}

}  // namespace
}  // namespace linnet::sntp
