// SPDX-License-Identifier: Apache-2.0
// Stack: one host's protocols, put together. `receive` is the map of the house.
#pragma once

#include <array>

#include "core/config.hpp"
#include "core/ip/raw.hpp"
#include "core/tcp/tcp.hpp"
#include "core/udp/udp.hpp"

namespace linnet {

/// What an interface is, beside its device.
struct InterfaceOptions {
  std::uint16_t vlan = 0;  ///< IEEE 802.1Q identifier, 1 to 4094; 0: frames without a tag
};

/// A TCP/IP stack: not thread safe, without clock, heap and globals. Its owner hands in memory, randomness,
/// devices and the time, and calls `poll` when a device has frames, when the deadline that poll yielded has
/// come, and after it called anything of the stack's. Interface 0 is loopback, with 127.0.0.1/8, and ::1 where IPv6 fits.
class Stack {
 public:
  static constexpr std::uint8_t loopback_interface = 0;
  static constexpr std::size_t batch_size = 32;

  /// Bytes of memory that the constructor wants.
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::alignment + BlockPool::memory_needed(config.blocks) +
           ethernet::Ethernet::memory_needed(config.ethernet) + ip::Ip::memory_needed(config.ip) +
           ip::RawSockets::memory_needed(config.ip) + udp::Udp::memory_needed(config.udp) +
           tcp::Tcp::memory_needed(config.tcp) + Loopback::memory_needed(config.loopback);
  }
  /// `memory` must outlive the stack, and so must its devices. `seed`: 32 bytes from a real entropy source.
  Stack(const Config& config, MutableBytes memory, const Random::Seed& seed);
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  /// False when `memory` was too small or `seed` all zero: the stack must not be used then.
  bool ok() const { return ok_; }

  /// Makes an interface of a device, or of a VLAN of one. Yields its number (1, 2, ...), or nothing when
  /// there are as many as configured.
  std::optional<std::uint8_t> add_interface(Device& device, const InterfaceOptions& options = {});

  /// Takes one frame whose info.interface is set.
  void receive(Packet frame, Instant now);
  /// Takes up to batch_size frames of each device, does what is due, and yields the next deadline: `now` when
  /// there may be more frames.
  Instant poll(Instant now);

  ethernet::Ethernet& ethernet() { return ethernet_; }
  ip::Ip& ip() { return ip_; }
  ip::RawSockets& raw() { return raw_; }
  udp::Udp& udp() { return udp_; }
  tcp::Tcp& tcp() { return tcp_; }
  BlockPool& pool() { return pool_; }
  Random& random() { return random_; }
  const DropCounters& drops() const { return drops_; }
  DropCounters& drops() { return drops_; }
  const Config& config() const { return config_; }
  /// Over all protocol state: neither counters nor times.
  Digest::Value digest() const;

 private:
  void receive_error(ip::Datagram& datagram, Instant now);
  /// True when the device may have more frames.
  bool receive_batch(Device& device, std::uint8_t interface, Instant now);

  Config config_;
  Arena arena_;
  Random random_;
  DropCounters drops_;
  BlockPool pool_;
  Loopback loopback_;
  ethernet::Ethernet ethernet_;
  ip::Ip ip_;
  ip::RawSockets raw_;
  udp::Udp udp_;
  tcp::Tcp tcp_;
  std::array<Packet, batch_size> batch_;
  bool ok_ = false;
};

}  // namespace linnet
