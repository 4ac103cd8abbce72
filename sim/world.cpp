// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"

namespace linnet::sim {

Link::End::End(const LinkConfig& config, const Impairments& faults, WireEnd& wire, Host& host,
               PcapngWriter* writer, std::string_view name, Instant start)
    : memory(Impair::memory_needed({.blocks = {.small_count = config.frames_under_way}}) +
             Capture::memory_needed({}) + 2 * Arena::alignment),
      arena(memory.bytes()),
      impair(arena, wire,
             {.transmit = faults,
              .seed = config.seed + name.size(),
              .blocks = {.small_count = config.frames_under_way}}) {
  if (writer != nullptr) capture.emplace(arena, impair, *writer, CaptureConfig{.name = name});
  Device& device = capture ? static_cast<Device&>(*capture) : impair;
  impair.set_time(start);
  wire.register_pool(host.stack().pool());
  interface = host.stack().add_interface(device).value();
}

Link::Link(const LinkConfig& config, Host& left, Host& right, PcapngWriter* capture, Instant start)
    : wire_(config.wire),
      left_(config, config.to_right, wire_.left(), left, capture, "left", start),
      right_(config, config.to_left, wire_.right(), right, capture, "right", start) {}

Link::~Link() {
  wire_.left().detach();
  wire_.right().detach();
}

void Link::set_time(Instant now) {
  for (End* end : {&left_, &right_}) {
    if (end->capture) end->capture->set_time(now);
    end->impair.set_time(now);
  }
}

Instant Link::next_deadline() const {
  return earlier(left_.impair.next_deadline(), right_.impair.next_deadline());
}

void Link::change(const Impairments& to_right, const Impairments& to_left) {
  left_.impair.change(to_right, {});
  right_.impair.change(to_left, {});
}

Host& World::add_host(const Config& config, std::uint64_t seed) {
  return *hosts_.emplace_back(std::make_unique<Host>(config, seed));
}

Link& World::add_link(const LinkConfig& config, Host& left, Host& right, PcapngWriter* capture) {
  return *links_.emplace_back(std::make_unique<Link>(config, left, right, capture, now_));
}

void World::set_time() {
  for (const auto& link : links_) link->set_time(now_);
}

/// Everybody once; yields when somebody wants to be next: now, if a frame waits or a program did something.
Instant World::turn() {
  ++turns_;
  set_time();
  Instant next = Instant::never();
  for (const auto& host : hosts_) next = earlier(next, host->stack().poll(now_));
  // After the stacks: what these received is what programs wait for. What they do gives everybody another
  // turn.
  for (Program* program : programs_) next = earlier(next, program->step(now_));
  for (const auto& link : links_) {
    next = earlier(next, link->next_deadline());
    if (!link->wire().idle()) next = now_;
  }
  return next;
}

}  // namespace linnet::sim
