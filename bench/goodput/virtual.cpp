// SPDX-License-Identifier: Apache-2.0
#include "bench/goodput/virtual.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "bench/measure.hpp"
#include "tests/test_goodput.hpp"

namespace linnet::bench {
namespace {

Duration seconds(double count) { return Duration::microseconds(static_cast<std::int64_t>(count * 1e6)); }

void set_faults(Impairments& to, const std::string& list) {
  const auto wrong = set_impairments(to, list);
  if (wrong) throw Failure(fmt::format("{} in '{}': accepted is {}", wrong->name, list, wrong->accepted));
}

std::string json_of(const test::GoodputResult& flow) {
  if (!flow.problem.empty()) throw Failure(flow.problem);
  return fmt::format(
      "{{\"bytes\": {}, \"seconds\": {:.6f}, \"complete\": {}, \"retransmissions\": {}, \"timeouts\": {}, \"spurious\": {}, "
      "\"tenths\": [{}]}}",
      flow.bytes, static_cast<double>(flow.took.as_microseconds()) * 1e-6, flow.complete, flow.retransmissions,
      flow.timeouts, flow.spurious, fmt::join(flow.tenths, ", "));
}

}  // namespace

void run_virtual(const VirtualOptions& options) {
  test::GoodputCase goodput;
  set_faults(goodput.to_receiver, options.forward);
  set_faults(goodput.to_sender, options.backward);
  goodput.spikes = {.every = seconds(options.spike_every), .lasts = seconds(options.spike_lasts)};
  goodput.flows.resize(options.flows);
  for (unsigned i = 0; i < options.flows; ++i) goodput.flows[i].begins = seconds(options.stagger * i);
  goodput.bytes = options.bytes;
  goodput.limit = seconds(options.seconds);
  goodput.seed = options.seed;
  // A window of them, and what is sent again: the link is not to be what holds the sender back.
  goodput.frames_under_way = std::max(goodput.frames_under_way, options.buffer / 1360 * 2);
  goodput.sender = goodput.receiver = test::goodput_config(options.buffer);
  const test::GoodputOutcome outcome = test::run_goodput(goodput);
  std::vector<std::string> flows;
  for (const test::GoodputResult& flow : outcome.flows) flows.push_back(json_of(flow));
  const ImpairModel::Counters& link = outcome.to_receiver;
  fmt::print("{{\"flows\": [{}], \"lost\": {}, \"overflow\": {}, \"reordered\": {}}}\n", fmt::join(flows, ", "),
             link.lost + link.burst, link.overflow, link.reordered);
}

}  // namespace linnet::bench
