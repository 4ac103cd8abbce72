// SPDX-License-Identifier: Apache-2.0
// World: hosts, the links between them, and the time, which jumps from one deadline to the next. The same
// configuration and seed give the same run, frame by frame. After construction nothing here takes memory from
// the heap.
#pragma once

#include <memory>
#include <vector>

#include "core/device/capture.hpp"
#include "core/device/impair.hpp"
#include "sim/choices.hpp"
#include "sim/host.hpp"
#include "sim/wire.hpp"

namespace linnet::sim {

struct LinkConfig {
  WireConfig wire{};
  Impairments to_right{};
  Impairments to_left{};
  std::uint64_t seed = 1;
  std::uint32_t frames_under_way = 256;  ///< in each direction; more find the link busy
};

/// A cable between two hosts, with faults of its own in each direction, and a capture at each end if asked
/// for.
class Link {
 public:
  /// `sink` null: no capture. `start`: the time.
  Link(const LinkConfig& config, Host& left, Host& right, PcapngWriter* capture, Instant start);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  Wire& wire() { return wire_; }
  std::uint8_t left_interface() const { return left_.interface; }
  std::uint8_t right_interface() const { return right_.interface; }
  void set_time(Instant now);
  Instant next_deadline() const;
  /// Other faults from now on.
  void change(const Impairments& to_right, const Impairments& to_left);
  const ImpairModel::Counters& to_right() const { return left_.impair.transmit_counters(); }
  const ImpairModel::Counters& to_left() const { return right_.impair.transmit_counters(); }
  bool idle() const { return wire_.idle() && left_.impair.held() == 0 && right_.impair.held() == 0; }

 private:
  struct End {
    End(const LinkConfig& config, const Impairments& faults, WireEnd& wire, Host& host, PcapngWriter* writer,
        std::string_view name, Instant start);
    Memory memory;
    Arena arena;
    Impair impair;
    std::optional<Capture> capture;
    std::uint8_t interface = 0;
  };
  Wire wire_;
  End left_;
  End right_;
};

class World {
 public:
  explicit World(Instant start) : now_(start) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Host& add_host(const Config& config, std::uint64_t seed);
  Link& add_link(const LinkConfig& config, Host& left, Host& right, PcapngWriter* capture = nullptr);
  /// `program` must outlive its use.
  void add_program(Program& program) { programs_.push_back(&program); }

  Instant now() const { return now_; }
  std::uint64_t turns() const { return turns_; }
  enum class End : std::uint8_t {
    done,   ///< `until` said so
    late,   ///< the time was over first
    spins,  ///< somebody has something due again and again, and the time stands still
  };
  /// Lets things happen until `until()` holds, at most to `limit`.
  template <typename Until>
  End run(Instant limit, Until&& until) {
    for (unsigned standing = 0; standing < most_turns_at_once;) {
      if (until()) return End::done;
      const Instant next = turn();
      if (next <= now_) {
        ++standing;
        continue;
      }
      if (next > limit) {
        now_ = limit;
        set_time();
        return End::late;
      }
      now_ = next;
      standing = 0;
    }
    return End::spins;
  }
  /// Lets the time pass.
  End run_until(Instant limit) {
    return run(limit, [] { return false; });
  }

 private:
  static constexpr unsigned most_turns_at_once = 100000;
  Instant turn();
  void set_time();

  Instant now_;
  std::uint64_t turns_ = 0;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<Program*> programs_;
};

}  // namespace linnet::sim
