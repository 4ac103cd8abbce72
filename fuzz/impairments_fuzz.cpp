// SPDX-License-Identifier: Apache-2.0
// What people write of a link: values in their bounds, and what is written anew means the same.
#include <string>

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
  if (i.rate > 0) {
    const bool large = i.rate > 999999999;
    text += ",rate=" + (large ? std::to_string(i.rate / 1000) + "." +
                                    std::to_string(1000 + i.rate % 1000).substr(1) + "kB"
                              : std::to_string(i.rate) + "B");
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
  if (const auto ppm = parse_probability(text)) require(*ppm <= 1000000, "a probability");
  if (const auto duration = parse_duration(text)) require(*duration >= Duration(), "a time");
  if (const auto rate = parse_rate(text)) require(*rate >= 1, "a rate");
  return 0;
}
