// SPDX-License-Identifier: Apache-2.0
// What the device tests share: a network namespace of their own, blocks, and a TCP peer made of hand-written
// segments, so that the devices are tested against the kernel and not against ourselves.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/block.hpp"
#include "core/device/device.hpp"
#include "platform/linux/clock.hpp"
#include "platform/linux/file_descriptor.hpp"
#include "platform/linux/poller.hpp"

namespace linnet::platform::test {

/// The calling thread is in a new, empty network namespace while this lives.
class Namespace {
 public:
  Namespace();
  ~Namespace();
  /// Why there is none; empty when it is there.
  const std::string& reason() const { return reason_; }

 private:
  FileDescriptor before_;
  std::string reason_;
};

/// Runs a shell command in the thread's namespace; true when it succeeded.
bool run(const std::string& command);

class Blocks {
 public:
  explicit Blocks(const BlockPoolConfig& config)
      : memory_(BlockPool::memory_needed(config) + Arena::alignment), arena_(memory_), pool(arena_, config) {}

 private:
  std::vector<std::uint8_t> memory_;
  Arena arena_;

 public:
  BlockPool pool;
};

/// A pool as the Linux profile has it.
inline BlockPoolConfig with_large_blocks() {
  return {.small_size = 1664, .small_count = 256, .large_size = 65600, .large_count = 16};
}

using Payload = std::vector<std::uint8_t>;
Payload pattern(std::size_t size);

/// Both ends of a connection as our frames name them.
struct Flow {
  MacAddress our_mac;
  MacAddress peer_mac;
  IpAddress our_address;
  IpAddress peer_address;
  std::uint16_t our_port = 0;
  std::uint16_t peer_port = 0;
};

struct Segment {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
  Bytes options{};  // a multiple of four bytes
  std::uint16_t segment_size = 0;
  bool offload = true;  // leave the checksum to the device
  std::vector<Bytes> payload{};
};

inline constexpr std::uint8_t fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, ece = 64, cwr = 128;

/// Room for a header of `size` zero bytes, which the frame must have.
std::uint8_t* prepend_zeros(Frame& frame, std::size_t size);
void build_tcp(Frame& frame, const Flow& flow, const Segment& segment);
void build_udp(Frame& frame, const Flow& flow, Bytes payload, bool offload);

struct TcpView {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
  bool ip_checksum_good = false;
  bool checksum_good = false;
  Payload payload;
};
/// The TCP segment in an Ethernet frame over IPv4; nothing when it is something else.
std::optional<TcpView> parse_tcp(Bytes frame);
/// The payload of a UDP datagram over IPv4 from `source_port`, any when 0.
std::optional<Payload> parse_udp(Bytes frame, std::uint16_t source_port = 0);

/// Waits for frames with a poller, as the stack's owner does.
class Station {
 public:
  template <typename D>
  Station(D& device, BlockPool& pool) : device_(device), pool_(pool) {
    poller_.add(device);
    remove_ = [this, &device] { poller_.remove(device); };
  }
  ~Station() { remove_(); }

  /// The next frame, or an empty packet when none comes within `limit`.
  std::optional<Packet> next(Duration limit = Duration::seconds(5));
  /// The next TCP segment to `port`, and the packet it came in.
  std::optional<TcpView> next_tcp(std::uint16_t port, ReceiveInfo* info = nullptr);
  void send(const Frame& frame);
  Poller& poller() { return poller_; }

 private:
  Device& device_;
  BlockPool& pool_;
  Poller poller_;
  std::function<void()> remove_;
  std::vector<Packet> waiting_;
};

/// Waits, serving the devices, until `condition` holds; false when it does not within ten seconds.
template <typename Condition>
bool wait_until(Poller& poller, Condition condition) {
  const Instant deadline = monotonic_now() + Duration::seconds(10);
  while (!condition() && monotonic_now() < deadline) poller.wait(deadline);
  return condition();
}

/// Exchanges bulk data both ways with the kernel's TCP through `device`: `flow.peer_address` is the kernel's.
/// Fails the test when a byte is wrong; yields the largest segments seen each way.
struct BulkResult {
  std::size_t largest_received = 0;
  std::uint16_t segment_size = 0;
  bool all_verified = true;
};
BulkResult exchange_bulk(Station& station, Flow flow, std::size_t size, std::uint16_t send_segment_size);

}  // namespace linnet::platform::test
