// SPDX-License-Identifier: Apache-2.0
// The other end of the stack's only interface: bare IP packets, in and out, with the virtual time of each.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/device/device.hpp"
#include "sockets/port.hpp"

namespace linnet::drill {

/// A packet of either direction, for expectations and for the capture of a script that failed.
struct Carried {
  Instant at{};
  bool inbound = false;
  bool taken = false;  ///< outbound: an event of the script has seen it
  std::vector<std::uint8_t> bytes{};
  Drop dropped = Drop::none;
};

class Network final : public Device {
 public:
  /// Inbound TCP packets longer than the MTU pass as several of `coalesced` payload bytes, put together by
  /// the device.
  Network(sockets::Port& clock, std::uint16_t mtu, std::uint16_t coalesced)
      : clock_(clock), mtu_(mtu), coalesced_(coalesced) {}

  /// Hands a packet to the stack, which looks at its next poll.
  void inject(std::vector<std::uint8_t> packet);
  /// All packets so far, in order.
  std::deque<Carried>& carried() { return carried_; }
  const std::deque<Carried>& carried() const { return carried_; }
  /// Injected packets that the stack has not taken yet.
  std::size_t waiting() const { return waiting_.size(); }
  /// What was carried, as a pcapng file. False when it cannot be written.
  bool write_capture(const std::string& path) const;

  void set_mtu(std::uint16_t mtu) { mtu_ = mtu; }

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override;
  Transmit transmit(const Frame& frame) override;
  std::uint16_t mtu() const override { return mtu_; }
  MacAddress mac() const override { return {}; }
  Capabilities capabilities() const override { return {.link = LinkType::ip}; }
  void dropped(Drop reason) override;

 private:
  sockets::Port& clock_;
  std::uint16_t mtu_;
  std::uint16_t coalesced_;
  std::deque<Carried> carried_{};
  std::deque<std::size_t> waiting_{};  // indices of injected packets that the stack has not taken
  std::size_t last_ = 0;               // the one that it took last
};

}  // namespace linnet::drill
