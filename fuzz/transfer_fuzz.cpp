// SPDX-License-Identifier: Apache-2.0
// Two stacks and a link that loses, doubles, delays, damages and marks what the input says: bytes arrive
// once, in order.
#include <array>
#include <cstring>

#include "core/stack.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr std::uint16_t link_mtu = 600;  // many segments of few bytes
constexpr std::uint16_t port = 80;

constexpr Config config() {
  Config c;
  c.blocks = {.small_size = 704, .small_count = 64};
  c.tcp.connections = 4;
  c.tcp.transmissions = 48;
  c.tcp.send_buffer = 8192;
  c.tcp.receive_buffer = 8192;
  c.tcp.reassembly_blocks = 16;
  c.tcp.ecn = tcp::Ecn::request;
  c.tcp.fast_open_cache = 0;
  return c;
}

/// What is on its way in one direction.
class Pipe final : public Device {
 public:
  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    std::size_t count = 0;
    while (arrived_ > 0 && count < batch.size()) {
      Block block = pool.allocate(link_mtu);
      if (!block) break;
      const Slot& slot = slots_[first_];
      copy_bytes(block.data(), Bytes(slot.bytes).first(slot.size));
      batch[count++] = Packet(std::move(block), 0, slot.size);
      pop();
      --arrived_;
    }
    return count;
  }
  Transmit transmit(const Frame& frame) override {
    require(frame.size() <= link_mtu && frame.segment_size == 0, "no packet is larger than the link takes");
    other->push(frame);
    return Transmit::taken;
  }
  std::uint16_t mtu() const override { return link_mtu; }
  MacAddress mac() const override { return {}; }
  Capabilities capabilities() const override { return {.link = LinkType::ip}; }

  Pipe* other = nullptr;
  std::size_t under_way() const { return count_ - arrived_; }
  /// The next packet comes out: so many times, as it is, damaged or marked; or behind the one after it.
  void next(std::uint8_t fate, std::uint8_t detail) {
    if (under_way() == 0) return;
    Slot& slot = slots_[(first_ + arrived_) % slots_.size()];
    if (fate == lose) {
      take_out(arrived_);
      return;
    }
    if (fate == swap && under_way() > 1) std::swap(slot, slots_[(first_ + arrived_ + 1) % slots_.size()]);
    if (fate == damage) {  // one bit: the checksum finds it
      slot.bytes[detail % slot.size] ^= static_cast<std::uint8_t>(1u << detail % 8);
    }
    if (fate == mark && (slot.bytes[1] & 3) != 0) {  // RFC 3168: only what may be marked
      slot.bytes[1] |= 3;
      store16(slot.bytes.data() + 10, 0);
      store16(slot.bytes.data() + 10, static_cast<std::uint16_t>(~plain_sum(Bytes(slot.bytes).first(20))));
    }
    if (fate == twice && count_ < slots_.size()) {
      const Slot copy = slot;
      slots_[(first_ + count_++) % slots_.size()] = copy;
    }
    ++arrived_;
  }
  static constexpr std::uint8_t pass = 0, lose = 1, swap = 2, damage = 3, mark = 4, twice = 5, fates = 6;

 private:
  struct Slot {
    std::array<std::uint8_t, link_mtu> bytes;
    std::uint32_t size = 0;
  };
  void push(const Frame& frame) {
    if (count_ == slots_.size()) return;  // the link's queue is full
    Slot& slot = slots_[(first_ + count_++) % slots_.size()];
    slot.size = static_cast<std::uint32_t>(frame.size());
    frame.gather(slot.bytes.data());
  }
  void pop() {
    first_ = (first_ + 1) % slots_.size();
    --count_;
  }
  void take_out(std::size_t index) {
    for (std::size_t i = index; i + 1 < count_; ++i) {
      slots_[(first_ + i) % slots_.size()] = slots_[(first_ + i + 1) % slots_.size()];
    }
    --count_;
  }
  std::array<Slot, 48> slots_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t arrived_ = 0;  // of these, what the stack has not taken yet
};

constexpr IpAddress address_of(std::uint8_t side) {
  return IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(1 + side));
}
std::uint8_t pattern(std::uint64_t at) { return static_cast<std::uint8_t>(at * 7 + at / 251); }

MutableBytes memory_of(std::uint8_t side) {
  alignas(Arena::alignment) static std::array<std::array<std::uint8_t, Stack::memory_needed(config())>, 2>
      memory;
  std::memset(memory[side].data(), side == 0 ? 0x5a : 0xc3, memory[side].size());
  return memory[side];
}

struct End {
  explicit End(std::uint8_t side)
      : stack(config(), memory_of(side), Random::Seed{static_cast<std::uint8_t>(side + 1), 7}) {
    require(stack.ok(), "enough memory");
    const auto interface = stack.add_interface(pipe);
    require(interface && stack.ip().add_address(*interface, {address_of(side), 24}, false, {}), "an address");
    fresh = stack.digest();
  }
  Pipe pipe;
  Stack stack;
  tcp::ConnectionHandle connection;
  Digest::Value fresh;
  std::uint64_t taken = 0;     // bytes that send took
  std::uint64_t received = 0;  // bytes that receive gave
  bool shut = false;
  bool ended = false;   // end of file was read
  bool failed = false;  // the connection was lost
};

class Run {
 public:
  explicit Run(std::uint8_t what) : ends_{End(0), End(1)} {
    ends_[0].pipe.other = &ends_[1].pipe;
    ends_[1].pipe.other = &ends_[0].pipe;
    tcp::Tcp& server = ends_[1].stack.tcp();
    listener_ = server.bind({address_of(1), port}, false).value();
    const tcp::Options options{
        .no_delay = (what & 1) != 0,
        .congestion = (what & 2) != 0 ? tcp::CongestionControl::reno : tcp::CongestionControl::cubic};
    require(server.listen(listener_, 1, options).ok(), "it listens");
    const auto made = ends_[0].stack.tcp().connect({}, {address_of(1), port}, options, now_);
    require(made.ok(), "a connection begins");
    ends_[0].connection = *made;
  }
  void step(Input& input) {
    const std::uint8_t what = input.u8();
    End& end = ends_[what & 1];
    switch (what / 2 % 8) {
      case 0:
        send(end, input.below(2048), (what & 0x40) != 0);
        break;
      case 1:
        receive(end, 1 + input.below(2048));
        break;
      case 2:
      case 3:
        for (int i = 0; i <= what >> 5; ++i) {
          const std::uint8_t fate = input.u8();
          end.pipe.next(fate % Pipe::fates, fate);
          poll();
        }
        break;
      case 4:
        all_pass(input.u8() % 16);
        break;
      case 5:
        run(Duration::milliseconds(input.u8()), false);
        break;
      case 6:
        run(Duration::milliseconds(input.u8() * 20), true);
        break;
      default:
        if (what < 0xe0) {
          set_options(end, input.u8());
        } else {
          shut(end);
        }
    }
    poll();
  }
  /// The link is good again: what was taken arrives, both ends close, and nothing is left.
  void end() {
    const Instant until = now_ + Duration::seconds(1800);
    const bool alive = lives(ends_[0]) && lives(ends_[1]);
    for (unsigned turns = 0; !over(); ++turns) {
      require(turns < 20000 && now_ < until, "on a good link a transfer comes to its end");
      for (End& end : ends_) {
        set_options(end, 1);
        receive(end, 4096);
        shut(end);
      }
      run(Duration::milliseconds(200), true);
    }
    require(!alive || (!ends_[0].failed && !ends_[1].failed), "on a good link no connection is lost");
    if (!ends_[0].failed && !ends_[1].failed) {
      run(Duration::seconds(130), true);  // two retransmission timeouts at their longest
      for (End& end : ends_) require(!unfinished(end), "RFC 9293 3.6: both FINs are acknowledged");
      require(ends_[0].received == ends_[1].taken && ends_[1].received == ends_[0].taken,
              "all that was sent was received");
    }
    for (End& end : ends_) end.stack.tcp().close(end.connection, now_);
    ends_[1].stack.tcp().close(listener_, now_);
    run(Duration::seconds(3600), true);
    for (End& end : ends_) {
      require(end.stack.pool().full(), "all blocks are back");
      require(end.stack.digest() == end.fresh, "the stack is as it was at first");
    }
  }

 private:
  static bool lives(End& end) {
    const auto status = end.stack.tcp().status(end.connection);
    return !end.failed && status && status->state != tcp::State::closed;
  }
  static bool unfinished(End& end) {
    const auto status = end.stack.tcp().status(end.connection);
    return status && (status->state == tcp::State::fin_wait_1 || status->state == tcp::State::closing ||
                      status->state == tcp::State::last_ack);
  }
  bool over() const {
    bool done = true;
    for (const End& end : ends_) done = done && (end.failed || (end.ended && end.shut));
    return done || (ends_[0].failed && !ends_[1].connection);
  }
  void send(End& end, std::size_t size, bool urgent) {
    if (!end.connection || end.shut || end.failed) return;
    std::array<std::uint8_t, 2048> bytes;
    for (std::size_t i = 0; i < size; ++i) bytes[i] = pattern(end.taken + i);
    const auto taken =
        end.stack.tcp().send(end.connection, Bytes(bytes).first(size), {.urgent = urgent}, now_);
    if (taken) {
      require(*taken <= size, "not more than there was");
      end.taken += *taken;
    } else {
      note(end, taken.error());
    }
  }
  void receive(End& end, std::size_t size) {
    if (!end.connection || end.failed || end.ended) return;
    std::array<std::uint8_t, 4096> bytes;
    const auto got = end.stack.tcp().receive(end.connection, MutableBytes(bytes).first(size), false, now_);
    if (!got) return note(end, got.error());
    if (*got == 0) end.ended = true;
    const End& other = &end == &ends_[0] ? ends_[1] : ends_[0];
    for (std::size_t i = 0; i < *got; ++i)
      require(bytes[i] == pattern(end.received + i), "bytes in order, none damaged");
    end.received += *got;
    require(end.received <= other.taken, "nothing that was not sent");
  }
  static void note(End& end, tcp::Error error) {
    if (error == tcp::Error::would_block || error == tcp::Error::in_progress) return;
    end.failed = true;
  }
  void shut(End& end) {
    if (!end.connection || end.shut || end.failed) return;
    if (end.stack.tcp().shutdown_send(end.connection, now_))
      end.shut = true;
    else if (end.stack.tcp().readiness(end.connection).error)
      end.failed = true;
  }
  void set_options(End& end, std::uint8_t bits) {
    if (!end.connection) return;
    const tcp::Options* old = end.stack.tcp().options(end.connection);
    if (old == nullptr) return;
    tcp::Options options = *old;
    options.no_delay = (bits & 1) != 0;
    options.cork = (bits & 2) != 0;
    if ((bits & 4) != 0) options.send_buffer = 1024u * (1 + bits / 16);
    if ((bits & 8) != 0) options.receive_buffer = 1024u * (1 + bits / 16);
    end.stack.tcp().set_options(end.connection, options, now_);
  }
  void all_pass(int count) {
    for (int i = 0; i < count; ++i) {
      for (End& end : ends_) end.pipe.next(Pipe::pass, 0);
      poll();
    }
  }
  Instant poll() {
    Instant next = Instant::never();
    for (unsigned turns = 0;; ++turns) {
      require(turns < 2000, "a stack that is never done");
      next = Instant::never();
      for (End& end : ends_) next = earlier(next, end.stack.poll(now_));
      if (!ends_[1].connection) {
        if (const auto accepted = ends_[1].stack.tcp().accept(listener_)) ends_[1].connection = *accepted;
      }
      if (next > now_) return next;
    }
  }
  void run(Duration duration, bool good) {
    const Instant until = now_ + duration;
    for (unsigned turns = 0;; ++turns) {
      require(turns < 100000, "a timer that never rests");
      while (good && (ends_[0].pipe.under_way() > 0 || ends_[1].pipe.under_way() > 0)) all_pass(1);
      const Instant next = poll();
      if (good && (ends_[0].pipe.under_way() > 0 || ends_[1].pipe.under_way() > 0)) continue;
      if (next > until) break;
      now_ = std::max(next, now_ + Duration::microseconds(1));
    }
    now_ = until;
    poll();
  }

  Instant now_ = Instant::from_microseconds(1000000);
  std::array<End, 2> ends_;
  tcp::ListenerHandle listener_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.u8());
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
