// SPDX-License-Identifier: Apache-2.0
#include "tests/test_goodput.hpp"

#include <algorithm>
#include <array>
#include <deque>

#include "tests/fixed_buffers.hpp"

namespace linnet::test {

void SegmentCounter::take(std::uint32_t seq, std::uint32_t length) {
  if (!first_) return;
  ++segments_;
  if (!add(seq - *first_, seq - *first_ + length)) ++repeated_;
}

/// False when there was nothing new in [begin, end).
bool SegmentCounter::add(std::uint32_t begin, std::uint32_t end) {
  if (end <= next_) return false;
  begin = std::max(begin, next_);
  auto at = later_.upper_bound(begin);
  if (at != later_.begin()) {
    const auto before = std::prev(at);
    if (before->second >= end) return false;
    if (before->second >= begin) {
      begin = before->first;
      at = later_.erase(before);
    }
  }
  while (at != later_.end() && at->first <= end) {
    end = std::max(end, at->second);
    at = later_.erase(at);
  }
  if (begin <= next_) {
    next_ = end;
  } else {
    later_.emplace(begin, end);
  }
  return true;
}

namespace {

constexpr IpAddress sender_address = IpAddress::v4(10, 0, 0, 1);
constexpr IpAddress receiver_address = IpAddress::v4(10, 0, 0, 2);
constexpr std::uint16_t first_port = 5001;
constexpr std::size_t chunk = 65536;

/// Reads the capture of both ends of the link as it is written: data segments to the flows' ports.
class CaptureReader final : public ByteSink {
 public:
  struct Flow {
    SegmentCounter sent;
    SegmentCounter arrived;
  };
  explicit CaptureReader(std::size_t flows) : flows_(flows) {}
  const Flow& flow(std::size_t index) const { return flows_[index]; }

  void write(Bytes bytes) override {
    while (!bytes.empty()) {
      const std::size_t wanted = at_ < 8 ? 8 - at_ : length_ - at_;
      const std::size_t count = std::min(wanted, bytes.size());
      if (at_ < head_.size()) {
        copy_bytes(head_.data() + at_, bytes.first(std::min(count, head_.size() - at_)));
      }
      at_ += count;
      bytes = bytes.subspan(count);
      if (at_ == 8) length_ = little32(4);
      if (at_ >= 8 && at_ == length_) end_block();
    }
  }

 private:
  static constexpr std::uint32_t enhanced_packet = 6;
  static constexpr std::size_t frame_at = 28;
  static constexpr std::size_t ip_at = frame_at + 14;
  static constexpr std::size_t tcp_at = ip_at + 20;

  std::uint32_t little32(std::size_t at) const {
    return head_[at] | std::uint32_t{head_[at + 1]} << 8 | std::uint32_t{head_[at + 2]} << 16 |
           std::uint32_t{head_[at + 3]} << 24;
  }
  void end_block() {
    at_ = 0;
    if (little32(0) != enhanced_packet || little32(20) < 54) return;
    const std::uint8_t* ip = head_.data() + ip_at;
    const bool is_tcp = load16(ip - 2) == 0x0800 && ip[0] == 0x45 && ip[9] == 6;
    if (!is_tcp) return;
    const std::uint8_t* tcp = head_.data() + tcp_at;
    const auto header = static_cast<std::uint32_t>(20 + (tcp[12] >> 4) * 4);
    const std::uint32_t length = load16(ip + 2) - header;
    const std::uint16_t port = load16(tcp + 2);
    if (length == 0 || port < first_port || port >= first_port + flows_.size()) return;
    Flow& flow = flows_[static_cast<std::size_t>(port - first_port)];
    const std::uint32_t seq = load32(tcp + 4);
    const bool at_receiver = little32(8) == 1;  // the interfaces' order in World::add_link: left, right
    if (!at_receiver && flow.sent.segments() == 0) {
      flow.sent.begin(seq);
      flow.arrived.begin(seq);
    }
    (at_receiver ? flow.arrived : flow.sent).take(seq, length);
  }

  std::vector<Flow> flows_;
  std::array<std::uint8_t, 128> head_{};  // as much of the block as is looked at
  std::size_t at_ = 0;                    // in the block
  std::size_t length_ = 0;
};

bool waits(tcp::Error error) { return error == tcp::Error::would_block || error == tcp::Error::in_progress; }

/// Opens its connection and sends.
class Sender final : public sim::Program {
 public:
  Sender(sim::Host& host, std::uint16_t port, std::uint64_t bytes, Instant begins)
      : host_(host), port_(port), left_(bytes), begins_(begins), piece_(chunk, 0x5a) {}

  Instant step(Instant now) override {
    if (over_) return Instant::never();
    if (now < begins_) return begins_;
    if (!connection_ && !connect(now)) return Instant::never();
    watch();
    bool moved = false;
    while (left_ > 0) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece_.size()));
      const auto taken = host_.tcp().send(connection_, Bytes(piece_).first(size), {}, now);
      if (!taken) {
        if (!waits(taken.error())) fail("send", taken.error());
        break;
      }
      left_ -= *taken;
      moved = true;
    }
    return moved ? now : Instant::never();
  }
  void end(Instant now) {
    over_ = true;
    if (connection_) host_.tcp().abort(connection_, now);
  }
  std::uint64_t timeouts() const { return timeouts_; }
  const std::string& problem() const { return problem_; }

 private:
  bool connect(Instant now) {
    const auto connection = host_.tcp().connect({}, {receiver_address, port_}, {}, now);
    if (!connection) return fail("connect", connection.error()), false;
    connection_ = *connection;
    return true;
  }
  /// RFC 5681 3.1: after a timeout the window is one segment, and RFC 6298 5.5: the timeout doubles. Either shows.
  void watch() {
    const auto status = host_.tcp().status(connection_);
    if (!status || status->state != tcp::State::established) return;
    const bool one_segment = status->congestion_window <= status->segment_size;
    const bool doubled = status->retransmission_timeout >= rto_ * 19 / 10 && rto_ > Duration();
    if ((one_segment && !was_one_segment_) || (one_segment && doubled)) ++timeouts_;
    was_one_segment_ = one_segment;
    rto_ = status->retransmission_timeout;
  }
  void fail(const char* what, tcp::Error error) {
    problem_ = std::string(what) + ": error " + std::to_string(static_cast<int>(error));
    over_ = true;
  }

  sim::Host& host_;
  std::uint16_t port_;
  std::uint64_t left_;
  Instant begins_;
  std::vector<std::uint8_t> piece_;
  tcp::ConnectionHandle connection_;
  Duration rto_;
  bool was_one_segment_ = true;  // as the first window is when the SYN was lost (RFC 5681 3.1)
  std::uint64_t timeouts_ = 0;
  bool over_ = false;
  std::string problem_;
};

/// Accepts a connection and receives, until it has everything or its time is over.
class Receiver final : public sim::Program {
 public:
  Receiver(sim::Host& host, std::uint16_t port, const GoodputCase& goodput, Instant world_begins)
      : host_(host), wanted_(goodput.bytes), limit_(goodput.limit), begins_(world_begins), room_(chunk) {
    const auto listener = host_.tcp().bind({IpAddress::any_v4(), port}, false);
    if (!listener) {
      fail("bind", listener.error());
      return;
    }
    listener_ = *listener;
    if (const auto result = host_.tcp().listen(listener_, 1, {}); !result) fail("listen", result.error());
  }

  Instant step(Instant now) override {
    if (over_) return Instant::never();
    if (!connection_) {
      const auto connection = host_.tcp().accept(listener_);
      if (!connection) return Instant::never();
      connection_ = *connection;
      accepted_ = last_ = now;
    }
    const Instant end = accepted_ + limit_;
    bool moved = false;
    while (bytes_ < wanted_ && now < end) {
      const auto got = host_.tcp().receive(connection_, room_, false, now);
      if (!got) {
        if (!waits(got.error())) fail("receive", got.error());
        break;
      }
      if (*got == 0) return fail("end of file", tcp::Error::none), Instant::never();
      count(*got, now);
      moved = true;
    }
    over_ = over_ || bytes_ >= wanted_ || now >= end;
    if (!over_) return moved ? now : end;
    if (bytes_ < wanted_) last_ = now;
    return now;
  }
  void end(Instant now) {
    if (!over_) last_ = now;
    over_ = true;
    if (connection_) host_.tcp().abort(connection_, now);
    host_.tcp().close(listener_, now);
  }
  bool over() const { return over_; }
  void report(GoodputResult& result) const {
    result.problem = problem_.empty() && !connection_ ? "no connection was made" : problem_;
    result.complete = bytes_ >= wanted_;
    result.bytes = bytes_;
    if (connection_) result.took = last_ - accepted_;
    result.tenths = tenths_;
  }

 private:
  void count(std::size_t bytes, Instant now) {
    const auto passed = static_cast<std::size_t>((now - begins_).as_milliseconds() / 100);
    tenths_.resize(std::max(passed, tenths_.size()), bytes_);
    bytes_ += bytes;
    last_ = now;
  }
  void fail(const char* what, tcp::Error error) {
    problem_ = std::string(what) + ": error " + std::to_string(static_cast<int>(error));
    over_ = true;
  }

  sim::Host& host_;
  std::uint64_t wanted_;
  Duration limit_;
  Instant begins_;
  std::vector<std::uint8_t> room_;
  tcp::ListenerHandle listener_;
  tcp::ConnectionHandle connection_;
  Instant accepted_;
  Instant last_;
  std::uint64_t bytes_ = 0;
  std::vector<std::uint64_t> tenths_;
  bool over_ = false;
  std::string problem_;
};

/// Makes the link slower for a while, again and again.
class Shaker final : public sim::Program {
 public:
  Shaker(sim::Link& link, const GoodputCase& goodput, Instant now)
      : link_(link), goodput_(goodput), next_(now + goodput.spikes.every) {}
  Instant step(Instant now) override {
    if (goodput_.spikes.every == Duration()) return Instant::never();
    if (now < next_) return next_;
    still_ = !still_;
    link_.change(slowed(goodput_.to_receiver), slowed(goodput_.to_sender));
    next_ = now + (still_ ? goodput_.spikes.lasts : goodput_.spikes.every);
    return next_;
  }

 private:
  Impairments slowed(Impairments faults) const {
    if (still_) faults.delay = faults.delay + goodput_.spikes.lasts;
    return faults;
  }

  sim::Link& link_;
  const GoodputCase& goodput_;
  Instant next_;
  bool still_ = false;
};

/// The world of one case.
class Run {
 public:
  explicit Run(const GoodputCase& goodput)
      : goodput_(goodput),
        reader_(goodput.flows.size()),
        writer_(reader_, "goodput"),
        world_(Instant::from_microseconds(1000000)),
        left_(world_.add_host(goodput.sender, goodput.seed * 2 + 1)),
        right_(world_.add_host(goodput.receiver, goodput.seed * 2 + 2)),
        link_(world_.add_link(link_config(goodput), left_, right_, &writer_)) {
    left_.stack().ip().add_address(link_.left_interface(), {sender_address, 24}, false, world_.now());
    right_.stack().ip().add_address(link_.right_interface(), {receiver_address, 24}, false, world_.now());
    world_.run_until(world_.now() + Duration::seconds(5));  // the addresses are announced
  }

  GoodputOutcome play() {
    const Instant begins = world_.now();
    Duration last_begin{};
    for (std::size_t i = 0; i < goodput_.flows.size(); ++i) {
      const auto port = static_cast<std::uint16_t>(first_port + i);
      last_begin = std::max(last_begin, goodput_.flows[i].begins);
      world_.add_program(receivers_.emplace_back(right_, port, goodput_, begins));
      world_.add_program(senders_.emplace_back(left_, port, goodput_.bytes, begins + goodput_.flows[i].begins));
    }
    Shaker shaker(link_, goodput_, begins);
    world_.add_program(shaker);
    const auto all_over = [this] {
      return std::all_of(receivers_.begin(), receivers_.end(), [](const Receiver& r) { return r.over(); });
    };
    const auto end = world_.run(begins + last_begin + to_connect + goodput_.limit, all_over);
    return report(end == sim::World::End::spins);
  }

 private:
  static constexpr Duration to_connect = Duration::seconds(60);

  static sim::LinkConfig link_config(const GoodputCase& goodput) {
    sim::LinkConfig config{.wire = {}, .to_right = goodput.to_receiver, .to_left = goodput.to_sender};
    config.seed = goodput.seed;
    config.frames_under_way = goodput.frames_under_way;
    config.wire.queue_length = goodput.frames_under_way;
    return config;
  }
  GoodputOutcome report(bool spins) {
    GoodputOutcome outcome{.flows = {}, .to_receiver = link_.to_right(), .to_sender = link_.to_left()};
    for (std::size_t i = 0; i < goodput_.flows.size(); ++i) {
      senders_[i].end(world_.now());
      receivers_[i].end(world_.now());
      GoodputResult& result = outcome.flows.emplace_back();
      receivers_[i].report(result);
      if (!senders_[i].problem().empty()) result.problem = senders_[i].problem();
      if (spins) result.problem = "the world spins";
      result.segments = reader_.flow(i).sent.segments();
      result.retransmissions = reader_.flow(i).sent.repeated();
      result.timeouts = senders_[i].timeouts();
      result.spurious = reader_.flow(i).arrived.repeated();
    }
    return outcome;
  }

  const GoodputCase& goodput_;
  CaptureReader reader_;
  PcapngWriter writer_;
  std::deque<Receiver> receivers_;
  std::deque<Sender> senders_;
  sim::World world_;
  sim::Host& left_;
  sim::Host& right_;
  sim::Link& link_;
};

}  // namespace

Config goodput_config(std::uint32_t buffer) {
  Config config = fixed_buffers(buffer);
  const std::uint32_t segments = std::min<std::uint32_t>(buffer / 1360 + 16, UINT16_MAX);
  config.tcp.reassembly_blocks = static_cast<std::uint16_t>(segments);
  config.blocks.small_count = std::max(config.blocks.small_count, segments * 2);
  config.blocks.large_count = 0;  // frames come one by one
  config.tcp.connections = 64;
  config.tcp.time_wait_records = 64;
  return config;
}

GoodputOutcome run_goodput(const GoodputCase& goodput) { return Run(goodput).play(); }

}  // namespace linnet::test
