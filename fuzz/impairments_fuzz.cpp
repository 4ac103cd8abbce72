// SPDX-License-Identifier: Apache-2.0
// What people write of a link: values in their bounds, written anew they mean the same; and what such a link
// does.
#include <string>

#include "core/device/impair_model.hpp"
#include "core/device/impairments.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

std::string microseconds(Duration d) {
  // At most nine digits stand in front of the point.
  const std::int64_t us = d.as_microseconds();
  const std::string fraction = std::to_string(1000000 + us % 1000000).substr(1);
  return std::to_string(us / 1000000) + "." + fraction + "s";
}

std::string written(const Impairments& i) {
  std::string text = "loss=" + std::to_string(i.loss) + "ppm,burst=" + std::to_string(i.burst) +
                     "ppm,burst-length=" + std::to_string(i.burst_length) +
                     ",burst-loss=" + std::to_string(i.burst_loss) + "ppm,delay=" + microseconds(i.delay) +
                     ",jitter=" + microseconds(i.jitter) + ",reorder=" + std::to_string(i.reorder) +
                     "ppm,reorder-delay=" + microseconds(i.reorder_delay) +
                     ",duplicate=" + std::to_string(i.duplicate) +
                     "ppm,duplicate-copies=" + std::to_string(i.duplicate_copies) +
                     ",duplicate-delay=" + microseconds(i.duplicate_delay) +
                     ",corrupt=" + std::to_string(i.corrupt) + "ppm,queue=" + std::to_string(i.queue);
  // At most nine digits in front of the point and six behind it: what is larger was written in larger units,
  // too.
  const auto number = [](std::uint64_t whole, std::uint64_t millionths) {
    return std::to_string(whole) + "." + std::to_string(1000000 + millionths).substr(1);
  };
  if (i.rate >= 1000000000000000u && i.rate % 1000 != 0) {
    text += ",rate=" + number(i.rate * 8 / 1000000000, i.rate * 8 % 1000000000 / 1000) + "Gbit";
  } else if (i.rate >= 1000000000000000u) {
    text += ",rate=" + number(i.rate / 1000000000, i.rate % 1000000000 / 1000) + "GB";
  } else if (i.rate > 0) {
    text += ",rate=" + number(i.rate / 1000000, i.rate % 1000000) + "MB";
  }
  return text;
}

void check_bounds(const Impairments& i) {
  for (const std::uint32_t ppm : {i.loss, i.burst, i.burst_loss, i.reorder, i.duplicate, i.corrupt}) {
    require(ppm <= 1000000, "a probability is at most one");
  }
  for (const Duration d : {i.delay, i.jitter, i.reorder_delay, i.duplicate_delay}) {
    require(d >= Duration() && d <= Duration::seconds(86400), "a time is at most a day");
  }
  require(i.burst_length >= 1 && i.burst_length <= 1000000, "a burst has a packet");
  require(i.duplicate_copies >= 1 && i.duplicate_copies <= 3, "one to three copies");
  require(i.queue >= 1 && i.queue <= 1024, "a queue of one to 1024 packets");
}

/// Packets through such a link: none too early, none out of order that is not said to be.
void check_model(const Impairments& impairments, std::string_view text) {
  ImpairModel model(impairments, text.size());
  Instant now = Instant::from_microseconds(1000000);
  Instant last_due = now;
  std::uint64_t dropped = 0;
  constexpr std::size_t packets = 24;
  for (std::size_t i = 0; i < packets; ++i) {
    const std::size_t size = 1 + static_cast<std::uint8_t>(text.empty() ? 0 : text[i % text.size()]) * 8u;
    const ImpairModel::Decision decision = model.decide(size, now);
    require(decision.count <= ImpairModel::max_deliveries, "copies have a bound");
    require((decision.fate == ImpairModel::Fate::delivered) == (decision.count > 0), "delivered, or not");
    dropped += decision.count == 0 ? 1 : 0;
    for (std::size_t k = 0; k < decision.count; ++k) {
      require(decision.deliveries[k] >= now + impairments.delay, "nothing comes before its delay is over");
    }
    if (decision.count > 0 && !decision.reordered) {
      require(decision.deliveries[0] >= last_due, "packets keep their order");
      last_due = decision.deliveries[0];
    }
    now = now + Duration::microseconds(static_cast<std::int64_t>(size * i));
  }
  const ImpairModel::Counters& counters = model.counters();
  require(counters.packets == packets && counters.lost + counters.burst + counters.overflow == dropped,
          "counted");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Impairments impairments;
  const auto error = set_impairments(impairments, text);
  if (error) {
    require(error->name.empty() ||
                (error->name.data() >= text.data() && error->name.data() <= text.data() + size),
            "an error names a part of the text");
    require(!error->accepted.empty(), "and says what is accepted");
  }
  check_bounds(impairments);
  Impairments again;
  require(!set_impairments(again, written(impairments)), "written anew, it is accepted");
  require(again == impairments, "and means the same");
  check_model(impairments, text);
  if (const auto ppm = parse_probability(text)) require(*ppm <= 1000000, "a probability");
  if (const auto duration = parse_duration(text)) require(*duration >= Duration(), "a time");
  if (const auto rate = parse_rate(text)) require(*rate >= 1, "a rate");
  return 0;
}
