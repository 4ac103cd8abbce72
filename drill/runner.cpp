// SPDX-License-Identifier: Apache-2.0
#include "drill/runner.hpp"

#include <algorithm>
#include <cstdio>

#include "drill/error.hpp"
#include "sockets/constants.hpp"

namespace linnet::drill {
namespace {

/// How long an outbound packet is waited for beyond its time, so that the report can tell when it came.
constexpr std::int64_t patience = 300'000'000;

bool is_inbound(const Event& event) {
  const auto* packet = std::get_if<PacketSpec>(&event.action);
  return packet != nullptr && packet->inbound;
}

std::string seconds(std::int64_t microseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", static_cast<double>(microseconds) / 1e6);
  return text;
}

}  // namespace

Runner::Runner(const Script& script, const Settings& settings, HostMemory& memory, Python& python)
    : script_(script), settings_(settings), commands_(settings), memory_(memory), python_(python) {}

void Runner::begin() {
  machine_ = std::make_unique<Machine>(settings_, commands_.system(), memory_);
  packets_ = std::make_unique<Packets>(*machine_, flows_, settings_);
  calls_ = std::make_unique<Calls>(*machine_, flows_, settings_, [this](Instant deadline) {
    wait(std::min(deadline, machine_->next_deadline()));
  });
  calls_->open_fast(commands_.system().fast_open_listeners);
  commands_.on_metrics_flush([this] { machine_->stack().tcp().fast_open_cache().clear(); });
  machine_->port().set_wait([](void* self, Instant until) { static_cast<Runner*>(self)->wait(until); }, this);
}

void Runner::run() {
  for (const std::string& script : settings_.init_scripts) commands_.run(script, 0);
  if (script_.first_command)
    commands_.run(std::get<Command>(script_.first_command->action).text, script_.first_command->line);
  python_.begin();
  look_ahead();
  python_.begin();
  while (at_ < script_.events.size()) {
    const Event& event = script_.events[at_];
    // Settings that come before everything else still decide what the host is made of.
    if (machine_ == nullptr && !std::holds_alternative<Command>(event.action)) begin();
    run_event(event);
  }
}

/// What is not supported is found before anything else, so that a script that fails failed by what the stack did.
void Runner::look_ahead() {
  Commands rehearsal = commands_;
  bool running = false;
  for (at_ = 0; at_ < script_.events.size(); ++at_) {
    const Event& event = script_.events[at_];
    if (const auto* command = std::get_if<Command>(&event.action)) {
      if (!running) rehearsal.run(command->text, event.line);
      if (running && !only_restores()) rehearsal.run_late(command->text, event.line);
      continue;
    }
    running = true;
    if (const auto* system_call = std::get_if<SystemCall>(&event.action)) Calls::check(*system_call, event.line);
    if (const auto* code = std::get_if<Code>(&event.action)) python_.check(code->text, event.line);
  }
  at_ = 0;
}

/// Commands at the end of a script put back what it set, for the machine that it would have run on.
bool Runner::only_restores() const {
  for (std::size_t i = at_; i < script_.events.size(); ++i) {
    const auto* command = std::get_if<Command>(&script_.events[i].action);
    if (command == nullptr || !Commands::restores(command->text)) return false;
  }
  return true;
}

/// When the event is to happen. Relative times count from when the event before was done; between inbound
/// packets from when it was to happen.
void Runner::resolve(const Event& event) {
  if (resolved_) return;
  if (!any_before_ && event.time.begin != 0)
    throw SyntaxError(event.line, "the first event must be at time 0");
  const std::int64_t now = machine_ ? machine_->time() : 0;
  const std::int64_t base = last_inbound_ && is_inbound(event) ? last_time_ : now;
  const std::int64_t offset = event.time.is_relative() || event.time.kind == TimeKind::any ? base : 0;
  begin_ = event.time.begin + offset;
  end_ = std::max(event.time.end, event.time.begin) + offset;
  if (any_before_ && event.time.kind == TimeKind::absolute && begin_ < last_time_ - settings_.tolerance_usecs)
    throw SyntaxError(event.line,
                      "the time goes backwards, from " + seconds(last_time_) + " to " + seconds(begin_));
  resolved_ = true;
}

void Runner::next() {
  const Event& event = script_.events[at_++];
  last_time_ = begin_;
  last_inbound_ = is_inbound(event);
  any_before_ = true;
  resolved_ = false;
}

std::int64_t Runner::tolerance(std::int64_t begin) const {
  const auto share =
      static_cast<std::int64_t>(settings_.tolerance_percent / 100 * static_cast<double>(begin - last_time_));
  return std::max(settings_.tolerance_usecs, any_before_ ? share : 0);
}

Window Runner::window_of(const Event& event) const {
  return {
      .any = event.time.kind == TimeKind::any, .begin = begin_, .end = end_, .tolerance = tolerance(begin_)};
}

void Runner::run_event(const Event& event) {
  resolve(event);
  if (const auto* packet = std::get_if<PacketSpec>(&event.action); packet != nullptr && !packet->inbound) {
    expect(event, *packet);
    return next();
  }
  if (machine_) machine_->advance_to(Machine::at(begin_));
  if (const auto* packet = std::get_if<PacketSpec>(&event.action)) {
    packets_->inject(*packet, event.line);
    machine_->settle();
    calls_->look();
  } else if (const auto* system_call = std::get_if<SystemCall>(&event.action)) {
    return call(event, *system_call);
  } else if (const auto* text = std::get_if<Command>(&event.action)) {
    command(event, *text);
  } else {
    code(event, std::get<Code>(event.action));
  }
  next();
}

void Runner::expect(const Event& event, const PacketSpec& packet) {
  const Window window = window_of(event);
  const Instant limit = Machine::at((window.any ? machine_->time() : window.end) + patience);
  while (!packets_->expect(packet, window, event.line)) {
    if (!machine_->step(limit)) packets_->missing(packet, window, event.line);
  }
  calls_->look();
}

void Runner::call(const Event& event, const SystemCall& call) {
  blocking_ = &event;
  const std::int64_t start = machine_->time();
  const std::int64_t offset = event.time.is_relative() ? begin_ - event.time.begin : 0;
  blocks_until_ = call.blocks ? call.end + offset : start;
  const std::int64_t allowed = std::max(
      settings_.tolerance_usecs, static_cast<std::int64_t>(settings_.tolerance_percent / 100 *
                                                           static_cast<double>(blocks_until_ - start)));
  next();  // the script goes on while the call waits
  trouble_ = nullptr;
  try {
    calls_->run(call, event.line);
  } catch (const Mismatch&) {
    if (!trouble_) throw;
  }
  blocking_ = nullptr;
  if (trouble_) std::rethrow_exception(std::exchange(trouble_, nullptr));
  const std::int64_t returned = machine_->time();
  if (returned > blocks_until_ + allowed || returned < blocks_until_ - allowed) {
    throw Mismatch(event.line, call.name + ": expected to return at " + seconds(blocks_until_) +
                                   ", returned at " + seconds(returned));
  }
  machine_->settle();
  calls_->look();
}

void Runner::command(const Event& event, const Command& command) {
  if (machine_ == nullptr) return commands_.run(command.text, event.line);
  if (only_restores()) return;
  commands_.run_late(command.text, event.line);
  machine_->take(commands_.system());
  calls_->open_fast(commands_.system().fast_open_listeners);
}

void Runner::code(const Event& event, const Code& code) {
  if (machine_ == nullptr) begin();
  Flow* flow = flows_.youngest();
  if (flow == nullptr || flow->fd < 0) flow = flows_.current(Protocol::tcp);
  std::optional<sockets::TcpInfo> info;
  if (flow != nullptr && flow->fd >= 0) {
    std::size_t length = sizeof(sockets::TcpInfo);
    const int result = machine_->sockets().getsockopt(flow->fd, sockets::ipproto::tcp, sockets::tcp_option::info,
                                                      &info.emplace(), &length);
    if (result < 0) info.reset();
  }
  python_.run(code.text, event.line, info);
}

/// What the port calls while a call blocks, from inside of it: no exception may leave.
void Runner::wait(Instant until) {
  try {
    play_until(until);
  } catch (...) {
    trouble_ = std::current_exception();
    machine_->port().interrupt();
  }
}

void Runner::give_up(const std::string& why) {
  const SystemCall& call = std::get<SystemCall>(blocking_->action);
  throw Mismatch(blocking_->line, call.name + " " + why);
}

/// Plays what the script says until `until`, when the stack has something to do, or until it got something.
void Runner::play_until(Instant until) {
  if (blocking_ == nullptr) throw std::logic_error("somebody waits outside of a call");
  const SystemCall& call = std::get<SystemCall>(blocking_->action);
  if (!call.blocks) {
    const std::int64_t limit = blocks_until_ + settings_.tolerance_usecs;
    if (until > Machine::at(limit)) give_up("waits, and the script does not say so (with begin...end)");
    return machine_->port().set_time(std::max(machine_->now(), until));
  }
  while (play_one(until)) {
  }
}

/// True: there may be more to play before the stack goes on.
bool Runner::play_one(Instant until) {
  sockets::SingleThreadPort& port = machine_->port();
  const auto pass = [&] {
    // The call has to return some time after the script wants it to.
    if (until > Machine::at(blocks_until_ + patience)) give_up("does not return");
    port.set_time(std::max(port.now(), until));
    return false;
  };
  // Calls are made one after the other: the next one waits for this.
  if (at_ == script_.events.size() || std::holds_alternative<SystemCall>(script_.events[at_].action))
    return pass();
  const Event& event = script_.events[at_];
  resolve(event);
  if (const auto* packet = std::get_if<PacketSpec>(&event.action); packet != nullptr && !packet->inbound) {
    const Window window = window_of(event);
    if (packets_->expect(*packet, window, event.line)) {
      next();
      return true;
    }
    if (until > Machine::at((window.any ? blocks_until_ : window.end) + patience))
      packets_->missing(*packet, window, event.line);
    return pass();
  }
  const Instant when = std::max(port.now(), Machine::at(begin_));
  if (when > until) return pass();
  port.set_time(when);
  if (const auto* packet = std::get_if<PacketSpec>(&event.action)) {
    packets_->inject(*packet, event.line);
    next();
    return false;
  }
  if (const auto* text = std::get_if<Command>(&event.action)) command(event, *text);
  if (const auto* text = std::get_if<Code>(&event.action)) code(event, *text);
  next();
  return true;
}

}  // namespace linnet::drill
