// SPDX-License-Identifier: Apache-2.0
// The rows' figures, and what they say about each other.
#pragma once

#include "bench/measure.hpp"

namespace linnet::bench {

struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};
/// `values` must not be empty.
Spread spread_of(std::vector<double> values);

/// A row and one measurement of each round.
struct Result {
  Row row;
  std::vector<Measurement> rounds{};
};

void print_table(const std::vector<Result>& results);
/// The ratios that the project promises, each the median of the rounds' own: what slows the machine for a while slows
/// both rows of a round.
void print_ratios(const std::vector<Result>& results);

}  // namespace linnet::bench
