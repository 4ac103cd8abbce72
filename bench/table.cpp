// SPDX-License-Identifier: Apache-2.0
#include "bench/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace linnet::bench {
namespace {

using Value = double (*)(const Row&, const Measurement&);

Spread spread_of(const Result& result, Value value) {
  std::vector<double> values;
  for (const Measurement& m : result.rounds) values.push_back(value(result.row, m));
  return bench::spread_of(std::move(values));
}

std::string text_of(const Spread& s) { return fmt::format("{:8.2f}  {:17}", s.median, fmt::format("{:.2f} - {:.2f}", s.least, s.most)); }

const char* unit_text(Unit unit) {
  switch (unit) {
    case Unit::gigabits: return "Gbit";
    case Unit::nanoseconds: return "ns";
    case Unit::thousands: return "1000/s";
  }
  return "";
}

struct Promise {
  const char* of;
  const char* to;
  double at_least;
};
constexpr Promise promises[] = {{"a", "lwip", 2}, {"b", "a", 4}, {"c", "veth", 0.5}, {"d", "veth", 0.5}};

const Result* find(const std::vector<Result>& results, const std::string& name) {
  const auto found = std::find_if(results.begin(), results.end(), [&](const Result& r) { return r.row.name == name; });
  return found == results.end() || found->rounds.empty() ? nullptr : &*found;
}

Spread ratio_of(const Result& of, const Result& to, Value value) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(of.rounds.size(), to.rounds.size()); ++i) {
    ratios.push_back(value(of.row, of.rounds[i]) / value(to.row, to.rounds[i]));
  }
  return bench::spread_of(std::move(ratios));
}

}  // namespace

double per_cpu(const Row& row, const Measurement& m) {
  switch (row.unit) {
    case Unit::gigabits: return m.amount * 8e-9 / m.cpu;
    case Unit::nanoseconds: return m.cpu * 1e9 / m.amount;
    case Unit::thousands: return m.amount * 1e-3 / m.cpu;
  }
  return 0;
}

double per_wall(const Row& row, const Measurement& m) {
  return per_cpu(row, {.amount = m.amount, .cpu = m.wall, .wall = m.wall});
}

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {.median = median, .least = values.front(), .most = values.back()};
}

void print_table(const std::vector<Result>& results) {
  fmt::print("{:18} {:7}{:>8}  {:17}{:>8}  {:17}{}\n", "row", "unit", "per CPU", "range", "by wall", "range", "what");
  for (const Result& result : results) {
    const Row& row = result.row;
    if (result.rounds.empty()) {
      fmt::print("{:18} SKIPPED: {}\n", row.name, row.skipped);
      continue;
    }
    const std::string wall = row.wall ? text_of(spread_of(result, per_wall)) : std::string(27, ' ');
    fmt::print("{:18} {:7}{}{}{}\n", row.name, unit_text(row.unit), text_of(spread_of(result, per_cpu)), wall, row.what);
  }
}

void print_ratios(const std::vector<Result>& results) {
  for (const Promise& promise : promises) {
    const Result* of = find(results, promise.of);
    const Result* to = find(results, promise.to);
    if (of == nullptr || to == nullptr) continue;
    const Spread cpu = ratio_of(*of, *to, per_cpu);
    fmt::print("({})/{:5} {:5.2f} ({:.2f} - {:.2f}) per CPU second", promise.of, promise.to, cpu.median, cpu.least,
               cpu.most);
    bool kept = cpu.median >= promise.at_least;
    if (of->row.wall) {
      const Spread wall = ratio_of(*of, *to, per_wall);
      fmt::print(", {:5.2f} ({:.2f} - {:.2f}) by wall clock", wall.median, wall.least, wall.most);
      kept = kept && wall.median >= promise.at_least;
    }
    fmt::print("; at least {} wanted: {}\n", promise.at_least, kept ? "yes" : "NO");
  }
}

}  // namespace linnet::bench
