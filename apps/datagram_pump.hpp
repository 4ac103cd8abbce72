// SPDX-License-Identifier: Apache-2.0
// DatagramPump: a UDP socket joined to stdin and stdout. UDP has no end of file, so time decides.
#pragma once

#include "apps/stream_pump.hpp"

namespace linnet::apps {

struct DatagramOptions {
  PumpOptions pump;
  std::optional<Duration>
      quiet;  ///< after stdin's end: how long nothing may come before the pump ends; none: never
  std::optional<std::uint64_t> count;  ///< end after that many datagrams came
};

/// Each read of stdin is one datagram of up to 65,507 bytes. Datagrams from the first sender on are written
/// to stdout as they come; a digest is printed for each datagram.
class DatagramPump {
 public:
  DatagramPump(Machine& machine, const DatagramOptions& options);
  /// `connected`: the socket has a peer; else the first sender becomes it (with echo, everybody is answered).
  void run(int fd, bool connected);

 private:
  void send_next();
  bool receive();
  void wait();

  Machine& machine_;
  DatagramOptions options_;
  StandardInput stdin_;
  Output stdout_;
  std::vector<std::uint8_t> buffer_;
  int fd_ = -1;
  bool connected_ = false;
  bool source_ended_ = false;
  std::uint64_t received_ = 0;
  Instant last_;
};

}  // namespace linnet::apps
