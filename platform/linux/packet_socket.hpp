// SPDX-License-Identifier: Apache-2.0
// PacketSocket: our own station on an existing network interface (AF_PACKET), beside the kernel's.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/device/device.hpp"
#include "platform/linux/device_counters.hpp"
#include "platform/linux/link_monitor.hpp"
#include "platform/linux/open_error.hpp"
#include "platform/linux/pollable.hpp"
#include "platform/linux/super_frame_cutter.hpp"
#include "platform/linux/vnet_header.hpp"

namespace linnet::platform {

struct PacketSocketOptions {
  /// Our address; without one, a locally administered address out of `mac_seed`, or of real entropy: two
  /// stations with one address would reset each other's connections.
  std::optional<MacAddress> mac{};
  std::optional<std::uint64_t> mac_seed{};
  /// Let the kernel finish the checksums and cut the super-segments that we send. What arrives may be
  /// unfinished or coalesced in any case: the frames of a virtual interface are as their sender left them.
  bool offload = true;
};

/// The kernel's own stack on the same interface does not see what we send, nor we what it sends (as between
/// two stations on one macvlan parent): reach it from another machine, or over a veth pair or a tap.
class PacketSocket final : public Device, public Pollable {
 public:
  /// Opens the Ethernet interface `name` of the calling thread's network namespace.
  /// Errors: permission, no_interface, bad_name (not an Ethernet), system.
  static Result<std::unique_ptr<PacketSocket>, OpenError> open(const std::string& name,
                                                               const PacketSocketOptions& options = {});

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override;
  Transmit transmit(const Frame& frame) override;
  std::uint16_t mtu() const override { return monitor_.mtu(); }
  MacAddress mac() const override { return mac_; }
  Capabilities capabilities() const override { return capabilities_; }
  bool link_up() const override { return !gone_ && monitor_.up(); }

  void fill(std::vector<pollfd>& fds, Duration& timeout) override;
  void process(std::span<const pollfd> fds) override;

  int fd() const { return fd_.get(); }
  const DeviceCounters& counters() const { return counters_; }

 private:
  static constexpr std::size_t slots = 32;
  static constexpr std::size_t tag_size =
      4;  // room in front of a frame for the 802.1Q tag that the kernel took off
  /// Where one message of a batch lands.
  struct Slot {
    VnetHeader vnet;
    std::array<iovec, 2> parts{};
    alignas(16) std::array<std::uint8_t, 64> control{};
    MutableBytes frame;
  };

  PacketSocket(FileDescriptor fd, const InterfaceInfo& info, MacAddress mac, bool offload);
  bool read_batch(std::size_t wanted);
  void land(Slot& slot, const msghdr& message, std::size_t size);
  /// False when the frame must wait for a block. A frame that was dropped, or that the cutter took, leaves
  /// `packet` empty.
  bool hand_out(const Slot& slot, BlockPool& pool, std::optional<Packet>& packet);
  Transmit transmit_failed(int error);

  FileDescriptor fd_;
  LinkMonitor monitor_;
  MacAddress mac_;
  Capabilities capabilities_;
  SuperFrameCutter cutter_;
  std::unique_ptr<std::uint8_t[]>
      memory_;  // the slots' frames; pages that no long frame touched cost nothing
  std::array<Slot, slots> slots_;
  std::array<mmsghdr, slots> messages_{};
  std::size_t ready_ = 0;  // slots that hold a frame
  std::size_t next_ = 0;   // the first of them that was not handed out
  DeviceCounters counters_;
  bool gone_ = false;
  bool starved_ = false;     // a frame waits for a block
  bool want_write_ = false;  // the socket's queue was full
  bool want_retry_ = false;  // the interface's queue was full, of which nobody tells
};

}  // namespace linnet::platform
