// SPDX-License-Identifier: Apache-2.0
// StreamPump: a connection joined to stdin and stdout, to the test pattern, to a digest, or to itself.
#pragma once

#include "apps/output.hpp"
#include "apps/sha256.hpp"
#include "apps/standard_input.hpp"
#include "apps/stream.hpp"

namespace linnet::apps {

struct PumpOptions {
  std::optional<std::uint64_t> pattern_bytes;  ///< send so much of the test pattern, then end
  bool echo = false;                           ///< send back what comes
  bool sha256 = false;                         ///< print the digest and the size of what comes, instead of it
  bool use_stdin = true;
};

/// One thread does both directions. The sending direction ends when its source does; the pump ends when the
/// peer's sending direction has ended, and what is ready to be sent was sent.
class StreamPump {
 public:
  static constexpr std::size_t buffer_size = 256 * 1024;

  StreamPump(Machine& machine, const PumpOptions& options);
  /// Runs until the connection is over. Throws Problem.
  void run(int fd);

 private:
  bool done() const { return input_ended_ && (output_shut_ || (output_.empty() && source_dry_)); }
  void refill();
  void send();
  void receive();
  void wait();
  void finish();

  Machine& machine_;
  PumpOptions options_;
  StandardInput stdin_;
  Output stdout_;
  std::vector<std::uint8_t> input_buffer_;
  std::vector<std::uint8_t> output_buffer_;
  int fd_ = -1;
  Bytes output_;  // of output_buffer_ or input_buffer_: not taken by the socket yet
  std::uint64_t pattern_at_ = 0;
  bool input_ended_ = false;
  bool source_ended_ = false;  // nothing more will be sent
  bool source_dry_ = false;    // nothing is there to be sent now
  bool output_shut_ = false;
  bool moved_ = false;
  Sha256 sha_;
};

}  // namespace linnet::apps
