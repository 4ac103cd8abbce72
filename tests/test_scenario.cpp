// SPDX-License-Identifier: Apache-2.0
#include "tests/test_scenario.hpp"

#include <algorithm>
#include <deque>

namespace linnet::test {

namespace {

using sim::Choices;

constexpr IpAddress left_address = IpAddress::v4(10, 0, 0, 1);
constexpr IpAddress right_address = IpAddress::v4(10, 0, 0, 2);

Duration microseconds(std::uint64_t count) {
  return Duration::microseconds(static_cast<std::int64_t>(count));
}

std::uint32_t ppm(Choices& choices, std::uint64_t least, std::uint64_t most) {
  return static_cast<std::uint32_t>(choices.log_between(least, most));
}

Impairments faults_of(std::uint64_t seed, std::string_view direction) {
  Choices choices(seed, direction);
  Impairments faults;
  const auto on = [&choices] { return choices.chance(50); };
  if (on()) faults.loss = ppm(choices, 100, 100000);
  if (on()) {
    faults.burst = ppm(choices, 100, 10000);
    faults.burst_length = static_cast<std::uint32_t>(choices.between(1, 8));
    faults.burst_loss = static_cast<std::uint32_t>(choices.between(500000, 1000000));
  }
  if (on()) {
    faults.delay = microseconds(choices.log_between(50, 300000));
    faults.jitter = faults.delay * static_cast<std::int64_t>(choices.between(0, 100)) / 100;
  }
  if (on()) {
    faults.reorder = ppm(choices, 1000, 200000);
    faults.reorder_delay = microseconds(choices.log_between(100, 100000));
  }
  if (on()) {
    faults.duplicate = ppm(choices, 1000, 100000);
    faults.duplicate_copies = static_cast<std::uint32_t>(choices.between(1, 3));
    faults.duplicate_delay = microseconds(choices.log_between(1, 200000));
  }
  if (on()) faults.corrupt = ppm(choices, 100, 20000);
  if (on()) {
    faults.rate = choices.log_between(10000, 100000000);
    faults.queue = static_cast<std::uint32_t>(choices.between(4, 200));
  }
  return faults;
}

Config stack_of(std::uint64_t seed, std::string_view side) {
  Choices choices(seed, side);
  Config config;
  config.blocks.small_count = static_cast<std::uint32_t>(choices.log_between(32, 256));
  config.tcp.send_buffer = static_cast<std::uint32_t>(choices.log_between(1024, 131071));
  config.tcp.receive_buffer = static_cast<std::uint32_t>(choices.log_between(1024, 131071));
  config.tcp.maximum_segment_size = static_cast<std::uint16_t>(choices.between(536, 1460));
  config.tcp.timestamps = choices.chance(60);
  config.tcp.window_scaling = choices.chance(60);
  config.tcp.selective_acknowledgment = choices.chance(60);
  config.tcp.delayed_ack = Duration::milliseconds(static_cast<std::int64_t>(choices.between(1, 200)));
  config.tcp.backlog_policy = choices.chance(50) ? tcp::BacklogPolicy::refuse : tcp::BacklogPolicy::drop;
  if (choices.chance(50)) config.tcp.maximum_receive_buffer = config.tcp.receive_buffer * 8;
  if (choices.chance(50)) config.tcp.maximum_send_buffer = config.tcp.send_buffer * 8;
  return config;
}

SideConfig side_of(Choices& choices) {
  SideConfig side;
  side.to_send = choices.chance(15) ? 0 : choices.log_between(1, 150000);
  side.largest_write = static_cast<std::size_t>(choices.log_between(16, 8192));
  side.largest_read = static_cast<std::size_t>(choices.log_between(16, 8192));
  if (choices.chance(30)) {
    side.pause_percent = static_cast<std::uint32_t>(choices.between(1, 30));
    side.longest_pause = microseconds(choices.log_between(10, 500000));
  }
  const std::uint64_t ending = choices.between(0, 99);
  side.ending = ending < 60   ? Ending::shutdown
                : ending < 78 ? Ending::after_eof
                : ending < 90 ? Ending::abort
                              : Ending::rude;
  return side;
}

tcp::Options options_of(Choices& choices, bool peer_may_reset) {
  tcp::Options options;
  options.no_delay = choices.chance(30);
  // A reset that is lost leaves a connection that only a probe can end (RFC 9293 3.8.4).
  options.keepalive = peer_may_reset;
  options.keepalive_idle = Duration::seconds(30);
  options.keepalive_interval = Duration::seconds(10);
  options.keepalive_count = 20;
  return options;
}

Pair pair_of(std::uint64_t seed, std::uint64_t number) {
  Choices choices(seed + number * 1000003, "pair");
  Pair pair;
  pair.client_is_left = choices.chance(50);
  pair.client = side_of(choices);
  pair.server = side_of(choices);
  // Two that wait for each other's FIN, or fill each other's windows and read nothing, would wait for ever.
  const bool stubborn = pair.client.ending == Ending::after_eof || pair.client.ending == Ending::rude;
  if (stubborn && pair.server.ending == pair.client.ending) pair.server.ending = Ending::shutdown;
  const auto resets = [](Ending ending) { return ending == Ending::abort || ending == Ending::rude; };
  pair.client.peer_may_reset = resets(pair.server.ending);
  pair.server.peer_may_reset = resets(pair.client.ending);
  pair.client.stream = pair.server.peer_stream = seed * 16 + number * 2 + 1;
  pair.server.stream = pair.client.peer_stream = seed * 16 + number * 2 + 2;
  pair.client.peer_sends = pair.server.to_send;
  pair.server.peer_sends = pair.client.to_send;
  for (SideConfig* side : {&pair.client, &pair.server}) {
    side->abort_after = choices.between(0, side->to_send + side->peer_sends);
  }
  pair.client_options = options_of(choices, pair.client.peer_may_reset);
  pair.server_options = options_of(choices, pair.server.peer_may_reset);
  pair.begins = number == 0 ? Duration() : microseconds(choices.log_between(1, 3000000));
  return pair;
}

/// Opens the connection of a pair when its time has come.
class Opener final : public sim::Program {
 public:
  Opener(Side& client, const Pair& pair, const Endpoint& remote, Instant at)
      : client_(client), pair_(pair), remote_(remote), at_(at) {}
  Instant step(Instant now) override {
    if (opened_) return Instant::never();
    if (now < at_) return at_;
    opened_ = true;
    client_.connect(remote_, pair_.client_options, now);
    return now;
  }

 private:
  Side& client_;
  const Pair& pair_;
  Endpoint remote_;
  Instant at_;
  bool opened_ = false;
};

/// Ends the time of faults: what is slow stays slow, but nothing is lost any more. Without an end, a
/// connection could rightly be given up (RFC 9293 3.8.3).
class Healer final : public sim::Program {
 public:
  Healer(const Scenario& scenario, sim::Link& link, Instant at) : scenario_(scenario), link_(link), at_(at) {}
  Instant step(Instant now) override {
    if (healed_) return Instant::never();
    if (now < at_) return at_;
    healed_ = true;
    link_.change(slow_only(scenario_.link.to_right), slow_only(scenario_.link.to_left));
    return now;
  }

 private:
  static Impairments slow_only(const Impairments& faults) {
    Impairments slow;
    slow.delay = faults.delay;
    slow.jitter = faults.jitter;
    slow.rate = faults.rate;
    slow.queue = faults.queue;
    return slow;
  }
  const Scenario& scenario_;
  sim::Link& link_;
  Instant at_;
  bool healed_ = false;
};

class NoFile final : public ByteSink {
  void write(Bytes) override {}
};

/// Finds the first SYN in what is captured.
class SynFinder final : public ByteSink {
 public:
  void write(Bytes bytes) override { file_.insert(file_.end(), bytes.begin(), bytes.end()); }
  std::optional<std::uint32_t> sequence() const {
    const auto little32 = [this](std::size_t at) {
      return file_[at] | file_[at + 1] << 8 | file_[at + 2] << 16 |
             static_cast<std::uint32_t>(file_[at + 3]) << 24;
    };
    for (std::size_t at = 0; at + 12 <= file_.size(); at += little32(at + 4)) {
      if (little32(at) != 6) continue;  // an enhanced packet block
      const std::uint8_t* frame = file_.data() + at + 28;
      if (little32(at + 20) < 54 || load16(frame + 12) != 0x0800 || frame[23] != 6) continue;
      if ((frame[47] & 0x12) == 0x02) return load32(frame + 38);
    }
    return std::nullopt;
  }

 private:
  std::vector<std::uint8_t> file_;
};

class Run {
 public:
  Run(const Scenario& scenario, ByteSink* sink) : scenario_(scenario), world_(scenario.start) {
    // With or without a file, the frames go through the same devices: a capture must not change the run.
    writer_.emplace(sink != nullptr ? *sink : no_file_, "linnet tests");
    left_ = &world_.add_host(scenario.left, scenario.seed * 2 + 1);
    right_ = &world_.add_host(scenario.right, scenario.seed * 2 + 2);
    link_ = &world_.add_link(scenario.link, *left_, *right_, &*writer_);
    left_->stack().ip().add_address(link_->left_interface(), {left_address, 24}, false, world_.now());
    right_->stack().ip().add_address(link_->right_interface(), {right_address, 24}, false, world_.now());
  }

  Outcome play() {
    // Quiet first: the addresses are announced, and then everything is as it must be in the end.
    world_.run_until(world_.now() + Duration::seconds(10));
    left_fresh_ = left_->stack().digest();
    right_fresh_ = right_->stack().digest();
    open_pairs();
    healer_.emplace(scenario_, *link_, world_.now() + scenario_.chaos);
    world_.add_program(*healer_);
    const Instant limit = world_.now() + Duration::seconds(4 * 3600);
    const sim::World::End end = world_.run(limit, [this] { return all_over(); });
    if (outcome_.problem.empty() && end != sim::World::End::done) {
      outcome_.problem = end == sim::World::End::spins ? "the world spins" : "not over after four hours";
      for (const Side& side : sides_) outcome_.problem += side.done() ? "" : "; " + side.problem();
    }
    if (outcome_.problem.empty()) quiesce();
    return report();
  }
  /// Only as far as the first SYN.
  void begin() {
    world_.run_until(world_.now() + Duration::seconds(10));
    open_pairs();
    world_.run_until(world_.now() + Duration::seconds(5));
  }

 private:
  void open_pairs() {
    std::uint16_t port = 1000;
    for (const Pair& pair : scenario_.pairs) {
      sim::Host& client_host = pair.client_is_left ? *left_ : *right_;
      sim::Host& server_host = pair.client_is_left ? *right_ : *left_;
      const IpAddress address = pair.client_is_left ? right_address : left_address;
      Side& server = sides_.emplace_back(server_host, pair.server, scenario_.seed * 64 + port);
      Side& client = sides_.emplace_back(client_host, pair.client, scenario_.seed * 64 + port + 32);
      server.listen(port, pair.server_options, 4);
      Opener& opener =
          openers_.emplace_back(client, pair, Endpoint{address, port}, world_.now() + pair.begins);
      world_.add_program(opener);
      world_.add_program(server);
      world_.add_program(client);
      ++port;
    }
  }
  bool all_over() {
    bool over = true;
    for (std::size_t i = 0; i < sides_.size(); i += 2) {
      Side& server = sides_[i];
      Side& client = sides_[i + 1];
      for (Side* side : {&server, &client}) {
        if (!side->failed()) continue;
        outcome_.problem = std::string(side == &server ? "server: " : "client: ") + side->problem();
        return true;
      }
      // A client that ended its connection before the server's handshake was over leaves nothing to accept.
      if (client.done() && server.stop_waiting(world_.now())) continue;
      over = over && server.done() && client.done();
    }
    return over;
  }
  /// No more faults: all connections end, TIME-WAIT runs out, neighbours are forgotten.
  void quiesce() {
    link_->change({}, {});
    world_.run_until(world_.now() + Duration::seconds(3000));
    check(*left_, left_fresh_, "left");
    check(*right_, right_fresh_, "right");
    if (!link_->idle()) outcome_.problem += "frames are still under way; ";
  }
  void check(sim::Host& host, const Digest::Value& fresh, const std::string& name) {
    unsigned connections = 0;
    host.tcp().for_each_connection([&connections](const tcp::Status&) { ++connections; });
    if (connections != 0)
      outcome_.problem += name + ": " + std::to_string(connections) + " connections are left; ";
    if (!host.stack().pool().full()) {
      outcome_.problem += name + ": " + std::to_string(host.stack().pool().small_free()) + " of " +
                          std::to_string(host.stack().pool().small_count()) + " blocks are free; ";
    }
    if (host.stack().digest() != fresh)
      outcome_.problem += name + ": the state is not that of a fresh stack; ";
  }
  Outcome report() {
    outcome_.ok = outcome_.problem.empty();
    outcome_.turns = world_.turns();
    outcome_.end = world_.now();
    outcome_.to_right = link_->to_right();
    outcome_.to_left = link_->to_left();
    outcome_.drops = left_->stack().drops().total() + right_->stack().drops().total();
    for (const Side& side : sides_) {
      outcome_.bytes += side.received();
      outcome_.resets += side.was_reset() ? 1 : 0;
    }
    return outcome_;
  }

  const Scenario& scenario_;
  NoFile no_file_;
  std::optional<PcapngWriter> writer_;
  std::deque<Side> sides_;  // server, client, server, client, ...
  std::deque<Opener> openers_;
  std::optional<Healer> healer_;
  sim::World world_;
  sim::Host* left_ = nullptr;
  sim::Host* right_ = nullptr;
  sim::Link* link_ = nullptr;
  Digest::Value left_fresh_;
  Digest::Value right_fresh_;
  Outcome outcome_;
};

/// RFC 6528 3: the initial sequence number moves by one every four microseconds. So the hour chooses it.
Instant start_near_wrap(const Scenario& scenario) {
  SynFinder finder;
  Run(scenario, &finder).begin();
  const std::optional<std::uint32_t> sequence = finder.sequence();
  if (!sequence) return scenario.start;
  const std::uint32_t missing = 0u - scenario.bytes_before_wrap - *sequence;
  return scenario.start + Duration::microseconds(std::int64_t{missing} * 4);
}

}  // namespace

Scenario make_scenario(std::uint64_t seed) {
  Choices choices(seed, "scenario");
  Scenario scenario{.seed = seed,
                    .left = stack_of(seed, "left"),
                    .right = stack_of(seed, "right"),
                    .link = {},
                    .start = {},
                    .chaos = {},
                    .pairs = {}};
  scenario.link.to_right = faults_of(seed, "to right");
  scenario.link.to_left = faults_of(seed, "to left");
  scenario.link.seed = seed;
  scenario.chaos = microseconds(choices.log_between(1000000, 30000000));  // less than a SYN-ACK is repeated
  const std::array<std::int64_t, 6> starts = {0,
                                              (1LL << 31) - 10000000,
                                              (1LL << 32) - 10000000,
                                              ((1LL << 31) - 11) * 1000,
                                              ((1LL << 32) - 11) * 1000,
                                              ((1LL << 32) - 11) * 1000000};
  const auto offset = static_cast<std::int64_t>(choices.between(0, 2000000));
  scenario.start = Instant::from_microseconds(starts[choices.between(0, starts.size() - 1)] + offset);
  if (choices.chance(25))
    scenario.bytes_before_wrap = static_cast<std::uint32_t>(choices.log_between(1, 100000));
  const std::uint64_t pairs = choices.between(1, 3);
  for (std::uint64_t i = 0; i < pairs; ++i) scenario.pairs.push_back(pair_of(seed, i));
  // A program that reads nothing before it has sent everything can fill a small pool with what it leaves
  // unread, and then has no memory to send from: with such, no more is promised than the pool holds.
  const auto rude = [](const Pair& p) {
    return p.client.ending == Ending::rude || p.server.ending == Ending::rude;
  };
  if (std::any_of(scenario.pairs.begin(), scenario.pairs.end(), rude)) {
    for (Config* config : {&scenario.left, &scenario.right}) {
      config->blocks.small_count = std::max(config->blocks.small_count, 128u);
      config->tcp.send_buffer = std::min(config->tcp.send_buffer, 8192u);
      config->tcp.receive_buffer = std::min(config->tcp.receive_buffer, 8192u);
      config->tcp.maximum_send_buffer = 0;
      config->tcp.maximum_receive_buffer = 0;
    }
  }
  if (scenario.bytes_before_wrap != 0) scenario.start = start_near_wrap(scenario);
  return scenario;
}

Outcome run_scenario(const Scenario& scenario, ByteSink* sink) { return Run(scenario, sink).play(); }

}  // namespace linnet::test
