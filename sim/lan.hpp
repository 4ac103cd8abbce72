// SPDX-License-Identifier: Apache-2.0
// Lan: a learning switch, and the cables between it and its ports, with faults in each. What a port transmits
// is under way until its time has come, then waits in the ring of every port that it is for.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/device/impair_model.hpp"
#include "sim/choices.hpp"
#include "sim/faults.hpp"
#include "sim/frames.hpp"

namespace linnet::sim {

/// When something happens: by the world's clock, and by that of the port's host.
struct Moment {
  Instant world;
  Instant local;
  bool by_host = true;  ///< false: a frame that the port's host knows nothing of
};

/// Sees what passes.
class Tap {
 public:
  virtual void sent(std::size_t port, Bytes frame, const Moment& at) = 0;
  virtual void received(std::size_t port, Bytes frame, const Moment& at) = 0;
  /// `frame` is about to meet a fault (empty: no frame of its own).
  virtual void fault(std::size_t, Fault, Bytes, const Moment&) {}
  /// The port's transmit ring was full.
  virtual void busy(std::size_t, const Moment&) {}
  /// The port's link is up again.
  virtual void link_up(std::size_t) {}

 protected:
  ~Tap() = default;
};

/// Loses the frames number `skip` to `skip` + `count` - 1 of a kind, and takes the link down for `down` with
/// the first of them.
struct TargetedLoss {
  FrameClass kind = FrameClass::other;
  std::uint32_t skip = 0;
  std::uint32_t count = 1;
  Duration down{};
};

enum class MtuMode : std::uint8_t {
  icmp,    ///< a router says so, and fragments what may be (of IPv4)
  silent,  ///< what is too long vanishes: a black hole
  lying,   ///< a router speaks of MTUs that nobody has; nothing is lost
};

/// What befalls what a port transmits, and the port's own troubles.
struct PortFaults {
  Impairments link{};
  std::vector<TargetedLoss> targeted{};
  std::uint32_t truncate = 0;  ///< ppm cut short
  std::uint32_t pad = 0;       ///< ppm with bytes behind the packet
  std::uint32_t late = 0;      ///< ppm that come once more, up to `late_delay` later
  Duration late_delay{};
  std::uint16_t path_mtu = 0;  ///< 0: that of the link
  MtuMode mtu_mode = MtuMode::icmp;
  std::uint32_t busy = 0;  ///< ppm: the transmit ring is full
  std::uint32_t receive_ring = 1024;
};

class Lan;

class Port final : public Device {
 public:
  Port(Lan& lan, std::size_t index, const MacAddress& mac, const PortFaults& faults, std::uint64_t seed);
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override;
  Transmit transmit(const Frame& frame) override;
  std::uint16_t mtu() const override { return 1500; }
  MacAddress mac() const override { return mac_; }
  Capabilities capabilities() const override { return {}; }
  bool link_up() const override { return up_; }

  /// Between boots of its host only.
  void set_mac(const MacAddress& mac) { mac_ = mac; }
  void set_up(bool up);
  /// What the port's host takes for the time.
  void set_local_time(Instant now) { local_now_ = now; }
  /// Other faults from now on.
  void change(const PortFaults& faults);
  const PortFaults& faults() const { return faults_; }
  /// A fault of whoever uses the port.
  void count(Fault fault);
  /// A frame that comes from the port without its host: a storm, an attacker.
  void inject(Bytes frame) { send(frame, false); }
  /// Nothing that comes is kept: somebody who only sends.
  void set_deaf() { deaf_ = true; }
  bool waiting() const { return !ring_.empty(); }
  /// What waits found no block of the stack's when it was asked for last.
  bool starved() const { return starved_; }
  bool ready() const { return waiting() && !starved_; }
  void forget_waiting();

 private:
  friend class Lan;
  void send(Bytes frame, bool by_host);
  bool meets_target(FrameClass kind, Bytes frame);
  bool too_long(Bytes frame);
  bool too_long_v6(Bytes frame);
  void pass(Bytes frame);
  void corrupt(Buffer& frame, const ImpairModel::Decision& decision);
  void enqueue(std::uint32_t index);

  Lan& lan_;
  std::size_t index_;
  MacAddress mac_;
  PortFaults faults_;
  ImpairModel model_;
  Choices choices_;
  bool up_ = true;
  bool deaf_ = false;
  bool starved_ = false;
  Instant local_now_{};
  std::array<std::uint32_t, frame_classes> seen_{};
  std::deque<std::uint32_t> ring_;
};

class Lan {
 public:
  explicit Lan(Instant start) : now_(start) {}
  Lan(const Lan&) = delete;
  Lan& operator=(const Lan&) = delete;

  Port& add_port(const PortFaults& faults, std::uint64_t seed);
  Port& port(std::size_t index) { return *ports_[index]; }
  std::size_t ports() const { return ports_.size(); }
  void set_tap(Tap* tap) { tap_ = tap; }
  /// Fault events number `first` to `last` - 1 do not happen: for shrinking a failure.
  void suppress(std::uint64_t first, std::uint64_t last) { suppressed_.push_back({first, last}); }
  std::uint64_t fault_events() const { return events_; }
  /// Takes a port's link down, up again by itself.
  void take_down(std::size_t port, Duration length);

  /// Moves what has arrived by `now` into the rings.
  void set_time(Instant now);
  Instant now() const { return now_; }
  Instant next_deadline() const;
  bool idle() const;
  FaultCounts& faults() { return counts_; }
  std::uint64_t frames() const { return ordinal_; }
  /// A fault wants to happen: counts it, and says whether it may.
  bool fires(std::size_t port, Fault fault, Bytes frame = {});

 private:
  friend class Port;
  struct Arrival {
    Instant due;
    std::uint64_t ordinal = 0;
    std::uint32_t frame = 0;
    std::uint16_t port = 0;
    bool operator>(const Arrival& other) const {
      return due != other.due ? due > other.due : ordinal > other.ordinal;
    }
  };
  std::uint32_t store(Bytes frame);
  void schedule(std::size_t port, std::uint32_t frame, Instant due);
  void deliver(const Arrival& arrival);
  void hand_to(std::size_t port, std::uint32_t frame);
  void release(std::uint32_t frame) { free_.push_back(frame); }

  Instant now_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<Buffer> store_;
  std::vector<std::uint32_t> free_;
  std::vector<Arrival> heap_;
  std::uint64_t ordinal_ = 0;
  std::map<std::uint64_t, std::size_t> learned_;
  std::vector<std::pair<Instant, std::size_t>> up_again_;
  Moment moment_of(const Port& port, bool by_host = true) const { return {now_, port.local_now_, by_host}; }
  Tap* tap_ = nullptr;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> suppressed_;
  std::uint64_t events_ = 0;
  FaultCounts counts_;
};

}  // namespace linnet::sim
