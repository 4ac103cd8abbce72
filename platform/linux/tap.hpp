// SPDX-License-Identifier: Apache-2.0
// Tap: a TAP device, the kernel's end of which is a network interface. Segments of up to 64 KiB cross it with
// their checksums undone.
#pragma once

#include <memory>
#include <optional>

#include "core/base/result.hpp"
#include "core/device/device.hpp"
#include "platform/linux/device_counters.hpp"
#include "platform/linux/link_monitor.hpp"
#include "platform/linux/pollable.hpp"
#include "platform/linux/super_frame_cutter.hpp"
#include "platform/linux/tun_file.hpp"
#include "platform/linux/vnet_header.hpp"

namespace linnet::platform {

struct TapOptions {
  /// Our end's address; without one, a locally administered address out of `mac_seed`, or of real entropy.
  std::optional<MacAddress> mac{};
  std::optional<std::uint64_t> mac_seed{};
  /// Ask the kernel for super-segments and undone checksums. Worth it when the pool has large blocks of at
  /// least max_super_frame + 2 bytes; without those, what the kernel hands over is cut into small blocks
  /// again.
  bool offload = true;
};

class Tap final : public Device, public Pollable {
 public:
  /// Opens the tap `name` (made if it is not there and the process may). Addresses and "up" on the kernel's
  /// end are the caller's business. Errors: permission, no_driver, busy, bad_name, system.
  static Result<std::unique_ptr<Tap>, OpenError> open(const std::string& name,
                                                      const TapOptions& options = {});

  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override;
  Transmit transmit(const Frame& frame) override;
  std::uint16_t mtu() const override { return monitor_.mtu(); }
  MacAddress mac() const override { return mac_; }
  Capabilities capabilities() const override { return capabilities_; }
  /// The kernel's end is up.
  bool link_up() const override { return !gone_ && monitor_.up(); }

  void fill(std::vector<pollfd>& fds, Duration& timeout) override;
  void process(std::span<const pollfd> fds) override;

  const std::string& name() const { return file_.name; }
  int fd() const { return file_.fd.get(); }
  const DeviceCounters& counters() const { return counters_; }

 private:
  Tap(TunFile file, const InterfaceInfo& info, MacAddress mac, bool offload);
  /// Bytes of the next frame, which lie in `small` from the headroom on, and go on in `rest`; 0: none.
  std::size_t read_frame(Block& small, std::uint32_t small_room, MutableBytes rest, ReceiveInfo& info);
  std::optional<Packet> receive_one(BlockPool& pool, Block& small, Block& large);

  TunFile file_;
  LinkMonitor monitor_;
  MacAddress mac_;
  Capabilities capabilities_;
  SuperFrameCutter cutter_;
  std::unique_ptr<std::uint8_t[]> scratch_;  // a frame that found no large block
  DeviceCounters counters_;
  bool gone_ = false;
  bool starved_ = false;  // a frame waits for a block
};

}  // namespace linnet::platform
