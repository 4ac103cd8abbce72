// SPDX-License-Identifier: Apache-2.0
// Recorder: keeps everything that passes in a run, to be read, drawn, or written to a capture.
#pragma once

#include <optional>
#include <string>

#include "core/device/pcapng.hpp"
#include "sim/lan.hpp"

namespace linnet::sim {

struct RecordedEvent {
  enum class Kind : std::uint8_t { sent, received, fault };
  Kind kind = Kind::sent;
  Fault fault = Fault::loss;
  std::size_t port = 0;
  Instant at{};  ///< of the world's clock
  Buffer frame{};
};

class Recorder final : public Tap {
 public:
  /// `most`: further events are only counted.
  explicit Recorder(std::size_t most = 200000) : most_(most) {}
  void sent(std::size_t port, Bytes frame, const Moment& at) override {
    add({.kind = RecordedEvent::Kind::sent, .port = port, .at = at.world}, frame);
  }
  void received(std::size_t port, Bytes frame, const Moment& at) override {
    add({.kind = RecordedEvent::Kind::received, .port = port, .at = at.world}, frame);
  }
  void fault(std::size_t port, Fault fault, Bytes frame, const Moment& at) override {
    add({.kind = RecordedEvent::Kind::fault, .fault = fault, .port = port, .at = at.world}, frame);
  }
  const std::vector<RecordedEvent>& events() const { return events_; }
  std::size_t ports() const { return ports_; }
  std::size_t left_out() const { return left_out_; }

 private:
  void add(RecordedEvent event, Bytes frame);
  std::size_t most_;
  std::size_t ports_ = 0;
  std::size_t left_out_ = 0;
  std::vector<RecordedEvent> events_;
};

/// One frame on its way, put together from what was recorded.
struct Passage {
  std::size_t from = 0;
  std::optional<std::size_t> to{};  ///< nothing: nobody got it
  Instant sent{};
  Instant received{};
  std::optional<Fault> fault{};  ///< what befell it
  std::string text{};
};
/// In the order of sending. Faults without a frame are passages of their own, with `from` == `to`.
std::vector<Passage> passages_of(const Recorder& recorder);

/// "12.345678  1 sent      TCP ...", a line for each event.
std::string trace_text(const Recorder& recorder, Instant start);
/// What each port has sent and received, as a capture that packet analysers read.
void write_capture(const Recorder& recorder, ByteSink& sink);

}  // namespace linnet::sim
