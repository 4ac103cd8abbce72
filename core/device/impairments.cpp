// SPDX-License-Identifier: Apache-2.0
#include "core/device/impairments.hpp"

#include <array>
#include <span>

#include "core/base/text.hpp"

namespace linnet {
namespace {

constexpr std::uint32_t million = 1000000;
constexpr std::uint64_t day_in_microseconds = 86400ull * million;

/// A decimal number with up to six digits behind the point, and what follows it.
struct Number {
  std::uint64_t whole = 0;  ///< below 10^9
  std::uint64_t millionths = 0;
  std::string_view unit;

  /// The number times `factor` (at most 10^9), rounded down.
  std::uint64_t times(std::uint64_t factor) const { return whole * factor + millionths * factor / million; }
};

std::size_t digits_at(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  return count;
}

std::uint64_t value_of(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

std::optional<Number> parse_number(std::string_view text) {
  Number number;
  const std::size_t whole = digits_at(text);
  if (whole == 0 || whole > 9) return std::nullopt;
  number.whole = value_of(slice(text, 0, whole));
  text.remove_prefix(whole);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    const std::size_t fraction = digits_at(text);
    if (fraction == 0 || fraction > 6) return std::nullopt;
    number.millionths = value_of(slice(text, 0, fraction));
    for (std::size_t i = fraction; i < 6; ++i) number.millionths *= 10;
    text.remove_prefix(fraction);
  }
  number.unit = text;
  return number;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

std::optional<std::uint64_t> factor_of(std::span<const Unit> units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

constexpr std::string_view probability_text = "a probability such as 1%, 0.25% or 500ppm";
constexpr std::string_view duration_text = "a time such as 10ms, 1.5s or 250us";
constexpr std::string_view rate_text = "a rate such as 5Mbit, 64kbit or 100kB";
constexpr std::string_view names_text =
    "one of loss, burst, burst-length, burst-loss, delay, jitter, reorder, reorder-delay, duplicate, "
    "duplicate-copies, duplicate-delay, corrupt, rate, queue";

template <typename Parsed, typename Field>
bool store(const std::optional<Parsed>& parsed, Field& field) {
  if (parsed) field = *parsed;
  return parsed.has_value();
}

struct ProbabilityOption {
  std::string_view name;
  std::uint32_t Impairments::*field;
};
constexpr std::array<ProbabilityOption, 6> probabilities{{{"loss", &Impairments::loss},
                                                          {"burst", &Impairments::burst},
                                                          {"burst-loss", &Impairments::burst_loss},
                                                          {"reorder", &Impairments::reorder},
                                                          {"duplicate", &Impairments::duplicate},
                                                          {"corrupt", &Impairments::corrupt}}};

struct DurationOption {
  std::string_view name;
  Duration Impairments::*field;
};
constexpr std::array<DurationOption, 4> durations{{{"delay", &Impairments::delay},
                                                   {"jitter", &Impairments::jitter},
                                                   {"reorder-delay", &Impairments::reorder_delay},
                                                   {"duplicate-delay", &Impairments::duplicate_delay}}};

struct CountOption {
  std::string_view name;
  std::uint32_t Impairments::*field;
  std::uint32_t most;
  std::string_view accepted;
};
constexpr std::array<CountOption, 3> counts{
    {{"burst-length", &Impairments::burst_length, million, "a number of packets from 1 to 1000000"},
     {"duplicate-copies", &Impairments::duplicate_copies, 3, "a number of copies from 1 to 3"},
     {"queue", &Impairments::queue, 1024, "a number of packets from 1 to 1024"}}};

}  // namespace

std::optional<std::uint32_t> parse_probability(std::string_view text) {
  constexpr std::array<Unit, 2> units{{{"%", 10000}, {"ppm", 1}}};
  const auto number = parse_number(text);
  if (!number) return std::nullopt;
  if (number->unit.empty()) {
    return number->times(million) == 0 ? std::optional<std::uint32_t>(0) : std::nullopt;
  }
  const auto factor = factor_of(units, number->unit);
  if (!factor || number->times(*factor) > million) return std::nullopt;
  return static_cast<std::uint32_t>(number->times(*factor));
}

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr std::array<Unit, 4> units{{{"us", 1}, {"ms", 1000}, {"s", million}, {"min", 60ull * million}}};
  const auto number = parse_number(text);
  if (!number) return std::nullopt;
  if (number->unit.empty()) {
    return number->times(million) == 0 ? std::optional<Duration>(Duration()) : std::nullopt;
  }
  const auto factor = factor_of(units, number->unit);
  if (!factor || number->times(*factor) > day_in_microseconds) return std::nullopt;
  return Duration::microseconds(static_cast<std::int64_t>(number->times(*factor)));
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
  constexpr std::array<Unit, 4> bits{
      {{"bit", 1}, {"kbit", 1000}, {"Mbit", million}, {"Gbit", 1000ull * million}}};
  constexpr std::array<Unit, 4> bytes{{{"B", 1}, {"kB", 1000}, {"MB", million}, {"GB", 1000ull * million}}};
  if (text.ends_with("/s")) text.remove_suffix(2);
  const auto number = parse_number(text);
  if (!number) return std::nullopt;
  std::optional<std::uint64_t> rate;
  if (const auto factor = factor_of(bits, number->unit)) rate = number->times(*factor) / 8;
  if (const auto factor = factor_of(bytes, number->unit)) rate = number->times(*factor);
  return rate && *rate > 0 ? rate : std::nullopt;
}

std::optional<std::uint32_t> parse_count(std::string_view text, std::uint32_t least, std::uint32_t most) {
  if (text.empty() || text.size() > 9 || digits_at(text) != text.size()) return std::nullopt;
  const auto value = static_cast<std::uint32_t>(value_of(text));
  return value >= least && value <= most ? std::optional(value) : std::nullopt;
}

std::optional<ImpairmentError> set_impairment(Impairments& to, std::string_view name,
                                              std::string_view value) {
  const auto result = [name](bool good, std::string_view accepted) -> std::optional<ImpairmentError> {
    return good ? std::nullopt : std::optional(ImpairmentError{name, accepted});
  };
  for (const auto& option : probabilities) {
    if (option.name == name)
      return result(store(parse_probability(value), to.*option.field), probability_text);
  }
  for (const auto& option : durations) {
    if (option.name == name) return result(store(parse_duration(value), to.*option.field), duration_text);
  }
  for (const auto& option : counts) {
    if (option.name == name)
      return result(store(parse_count(value, 1, option.most), to.*option.field), option.accepted);
  }
  if (name == "rate") return result(store(parse_rate(value), to.rate), rate_text);
  return ImpairmentError{name, names_text};
}

std::optional<ImpairmentError> set_impairments(Impairments& to, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view item = slice(list, 0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : slice(list, comma + 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) return ImpairmentError{item, "name=value, separated by commas"};
    if (const auto error = set_impairment(to, slice(item, 0, equals), slice(item, equals + 1))) return error;
  }
  return std::nullopt;
}

}  // namespace linnet
