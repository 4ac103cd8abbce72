// SPDX-License-Identifier: Apache-2.0
// Relay: joins the kernel's ends of two taps into one link with faults, in real time: what `linnet link`
// runs.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/device/held_frames.hpp"
#include "core/device/impair_model.hpp"
#include "platform/linux/open_error.hpp"
#include "platform/linux/tun_file.hpp"

namespace linnet::platform {

struct RelayOptions {
  /// The taps' names, each with "@NAMESPACE" behind it if it is to be in another network namespace. They are
  /// made if they are not there; addresses and "up" are the caller's business, before or after.
  std::string a{};
  std::string b{};
  Impairments a_to_b{};
  Impairments b_to_a{};
  std::uint64_t seed = 0;      ///< same seed, same faults for the same frames at the same times
  std::uint32_t held = 16384;  ///< frames that may be under way in each direction
  std::uint16_t mtu = 1500;    ///< longer packets are dropped, and counted
};

/// One direction of the link.
class RelayPath {
 public:
  struct Counters {
    std::uint64_t delivered = 0;
    std::uint64_t bytes = 0;        ///< delivered
    std::uint64_t no_room = 0;      ///< more frames under way than RelayOptions::held
    std::uint64_t too_long = 0;     ///< longer than the MTU
    std::uint64_t bad_link = 0;     ///< corrupted where only the link's own checksum guards
    std::uint64_t undelivered = 0;  ///< the other end was down
  };

  RelayPath(int from, int to, const Impairments& impairments, std::uint64_t seed,
            const RelayOptions& options);

  /// Takes in what has come, a bounded number of frames, and sends on what is due. False when a tap is gone.
  bool serve();
  /// True when `serve` stopped at its bound: there may be more.
  bool more() const { return more_; }
  Instant next_due() const { return held_.earliest(); }
  const Counters& counters() const { return counters_; }
  const ImpairModel& model() const { return model_; }
  std::size_t under_way() const { return held_.size(); }

 private:
  enum class Read : std::uint8_t { frame, nothing, gone };
  Read read_one(Instant& now);
  void carry_out(const ImpairModel::Decision& decision, std::uint32_t size, Instant now);
  bool hold_copy(Bytes frame, Instant due);
  void deliver_due(Instant now);
  void deliver(Bytes frame);

  int from_;
  int to_;
  std::vector<std::uint8_t> memory_;
  Arena arena_;
  BlockPool pool_;
  HeldFrames held_;
  ImpairModel model_;
  Block block_;  // what the next frame is read into
  Counters counters_;
  bool more_ = false;
  bool gone_ = false;
};

class Relay {
 public:
  /// Errors: those of open_tap and open_tap_in.
  static Result<std::unique_ptr<Relay>, OpenError> open(const RelayOptions& options);

  /// Carries frames until `stop`, calling `report` every `interval` unless that is zero. Yields false when
  /// one of the taps was deleted.
  template <typename Report>
  bool run(Duration interval, Report report) {
    Instant next = first_report(interval);
    while (serve_until(next)) {
      report();
      next = next + interval;
    }
    return !gone_;
  }
  bool run() {
    return run(Duration(), [] {});
  }
  /// From any thread and from signal handlers.
  void stop();

  const RelayPath& a_to_b() const { return *paths_[0]; }
  const RelayPath& b_to_a() const { return *paths_[1]; }
  const std::string& a_name() const { return files_[0].name; }
  const std::string& b_name() const { return files_[1].name; }
  /// A line of counters for each direction.
  std::string summary() const;

 private:
  Relay(TunFile a, TunFile b, const RelayOptions& options);
  static Instant first_report(Duration interval);
  /// False when stopped or gone; true at `limit`.
  bool serve_until(Instant limit);
  void wait(Instant until);

  std::array<TunFile, 2> files_;
  std::array<std::unique_ptr<RelayPath>, 2> paths_;
  FileDescriptor stop_event_;
  std::atomic<bool> stopped_{false};
  bool gone_ = false;
};

}  // namespace linnet::platform
