// SPDX-License-Identifier: Apache-2.0
// The two ends of one measured transfer, each a process of its own in the network namespace that it was started in.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace linnet::bench {

/// A station of ours or of lwIP's on an Ethernet interface, beside the kernel's.
struct Station {
  std::string interface;
  std::string address;                ///< IPv4, of a /24
  std::uint32_t buffer = 1024 * 1024;  ///< bytes: send and receive buffer of its connection; lwIP's are built in
};

struct SendOptions {
  Station station;  ///< not for the kernel, which has its interfaces
  std::string to;
  std::uint16_t port = 5001;
  std::uint64_t bytes = 0;
};

struct ReceiveOptions {
  Station station;
  std::uint16_t port = 5001;
  std::uint64_t bytes = 0;  ///< then the transfer is complete
  double seconds = 10;      ///< after which it ends incomplete; from the connection's being accepted on
};

/// What a receiving end saw, from the accepted connection on.
class Account {
 public:
  void accepted();
  void got(std::size_t count);
  std::uint64_t bytes() const { return bytes_; }
  /// Seconds since the connection was accepted; since the account's beginning when there was none.
  double elapsed() const;
  /// A line of JSON: bytes, seconds up to the last byte or to the end of an incomplete transfer, when the connection was
  /// accepted (CLOCK_MONOTONIC), and the bytes at every tenth of a second since.
  void print(std::uint64_t wanted);

 private:
  double begun_ = 0;
  double last_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<std::uint64_t> tenths_{};
};

/// Set by SIGTERM and SIGINT: an end says what it counted, and leaves.
extern std::atomic<bool> asked_to_end;

/// All throw Failure. A sender ends when everything is acknowledged or when it is asked to; it prints what it counted as
/// a line of JSON. A receiver says "listening" first, then what it counted, and stays until it is asked to end.
void kernel_send(const SendOptions& options);
void kernel_receive(const ReceiveOptions& options);
void stack_send(const SendOptions& options);
void stack_receive(const ReceiveOptions& options);
void lwip_send(const SendOptions& options);

}  // namespace linnet::bench
