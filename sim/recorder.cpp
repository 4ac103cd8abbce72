// SPDX-License-Identifier: Apache-2.0
#include "sim/recorder.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "sim/describe.hpp"

namespace linnet::sim {

void Recorder::add(RecordedEvent event, Bytes frame) {
  ports_ = std::max(ports_, event.port + 1);
  if (events_.size() == most_) {
    ++left_out_;
    return;
  }
  event.frame.assign(frame.begin(), frame.end());
  events_.push_back(std::move(event));
}

std::vector<Passage> passages_of(const Recorder& recorder) {
  using Kind = RecordedEvent::Kind;
  std::vector<Passage> passages;
  Describer describer;
  // Frames that are under way, by their bytes: the first sent is the first received.
  std::map<Buffer, std::deque<std::size_t>> under_way;
  for (const RecordedEvent& event : recorder.events()) {
    const bool own = event.kind == Kind::fault && event.frame.empty();
    if (event.kind == Kind::sent || own) {
      passages.push_back({.from = event.port, .sent = event.at});
      Passage& passage = passages.back();
      passage.text = own ? std::string(fault_text(event.fault)) : describer.describe(event.frame);
      if (own) {
        passage.to = event.port;
        passage.fault = event.fault;
      } else {
        under_way[event.frame].push_back(passages.size() - 1);
      }
      continue;
    }
    const auto found = under_way.find(event.frame);
    if (event.kind == Kind::fault) {
      if (found != under_way.end() && !found->second.empty())
        passages[found->second.back()].fault = event.fault;
      continue;
    }
    if (found == under_way.end() || found->second.empty()) {
      // Made under way: a copy, something corrupted, or a router's message.
      passages.push_back({.from = event.port, .to = event.port, .sent = event.at, .received = event.at});
      passages.back().text = describer.describe(event.frame) + " (made or changed under way)";
      continue;
    }
    Passage& passage = passages[found->second.front()];
    passage.to = event.port;
    passage.received = event.at;
    found->second.pop_front();
  }
  return passages;
}

std::string trace_text(const Recorder& recorder, Instant start) {
  constexpr std::array<const char*, 3> kinds{"sent    ", "received", "FAULT   "};
  Describer describer;
  std::string text;
  for (const RecordedEvent& event : recorder.events()) {
    text += seconds_text(event.at - start) + "  " + std::to_string(event.port) + " " +
            kinds[static_cast<std::size_t>(event.kind)] + "  ";
    if (event.kind == RecordedEvent::Kind::fault)
      text += std::string(fault_text(event.fault)) + (event.frame.empty() ? "" : ": ");
    if (!event.frame.empty()) text += describer.describe(event.frame);
    text += "\n";
  }
  if (recorder.left_out() > 0) text += "and " + std::to_string(recorder.left_out()) + " events more\n";
  return text;
}

void write_capture(const Recorder& recorder, ByteSink& sink) {
  constexpr std::uint32_t snap_length = 65535;
  PcapngWriter writer(sink, "linnet sim");
  for (std::size_t port = 0; port < recorder.ports(); ++port) {
    writer.add_interface(LinkType::ethernet, "machine" + std::to_string(port), "", snap_length);
  }
  for (const RecordedEvent& event : recorder.events()) {
    if (event.kind == RecordedEvent::Kind::fault) continue;
    const std::array<Bytes, 1> pieces{Bytes(event.frame)};
    writer.write(
        {.interface = static_cast<std::uint32_t>(event.port),
         .wall_microseconds = static_cast<std::uint64_t>(event.at.as_microseconds()),
         .direction = event.kind == RecordedEvent::Kind::sent ? Direction::outbound : Direction::inbound,
         .pieces = pieces,
         .comment = {}},
        snap_length);
  }
}

}  // namespace linnet::sim
