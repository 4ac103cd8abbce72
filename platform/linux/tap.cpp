// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/tap.hpp"

#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "platform/linux/entropy.hpp"
#include "platform/linux/mac.hpp"

namespace linnet::platform {
namespace {

constexpr std::uint32_t headroom = SuperFrameCutter::headroom;
// How soon to look again when frames wait for a block: whoever frees one does not tell the device.
constexpr Duration starved_retry = Duration::milliseconds(1);

/// Best set first: an old kernel may lack the later ones.
bool ask_for_offloads(int fd) {
  constexpr unsigned tso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  for (const unsigned flags : {tso | TUN_F_TSO_ECN, tso}) {
    if (::ioctl(fd, TUNSETOFFLOAD, static_cast<unsigned long>(flags)) == 0) return true;
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<Tap>, OpenError> Tap::open(const std::string& name, const TapOptions& options) {
  auto file = open_tap(name, {.vnet_header = true});
  if (!file) return Failure{file.error()};
  const auto info = interface_info(file->name);
  if (!info) {
    return Failure{
        OpenError{OpenFailure::system, "the tap device " + file->name + " vanished while it was opened"}};
  }
  const MacAddress mac =
      options.mac ? *options.mac : local_mac(options.mac_seed ? *options.mac_seed : entropy64());
  if (mac == info->mac) {
    return Failure{OpenError{OpenFailure::bad_name, "the MAC address " +
                                                        std::string(AddressText(mac).view()) +
                                                        " is that of the kernel's end of " + file->name}};
  }
  const bool offload = options.offload && ask_for_offloads(file->fd.get());
  return std::unique_ptr<Tap>(new Tap(std::move(*file), *info, mac, offload));
}

Tap::Tap(TunFile file, const InterfaceInfo& info, MacAddress mac, bool offload)
    : file_(std::move(file)),
      monitor_(info),
      mac_(mac),
      scratch_(new std::uint8_t[headroom + max_super_frame]) {
  // The virtio-net header is always there, so what we send may be unfinished; only what the kernel may leave
  // undone is a matter of TUNSETOFFLOAD.
  capabilities_.transmit_checksum = true;
  capabilities_.receive_checksum = offload;
  capabilities_.segmentation = max_super_segment;
}

std::size_t Tap::read_frame(Block& small, std::uint32_t small_room, MutableBytes rest, ReceiveInfo& info) {
  VnetHeader vnet{};
  std::array<iovec, 3> parts{
      {{&vnet, sizeof vnet}, {small.data() + headroom, small_room}, {rest.data(), rest.size()}}};
  ssize_t n = 0;
  do {
    n = ::readv(fd(), parts.data(), static_cast<int>(parts.size()));
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno != EAGAIN) gone_ = true;  // EBADFD, EIO: the interface was deleted
  if (n <= static_cast<ssize_t>(sizeof vnet)) return 0;
  read_vnet_header(vnet, info);
  const std::size_t size = static_cast<std::size_t>(n) - sizeof vnet;
  ++counters_.frames_received;
  counters_.bytes_received += size;
  return size;
}

std::optional<Packet> Tap::receive_one(BlockPool& pool, Block& small, Block& large) {
  const std::uint32_t small_room = pool.small_size() - headroom;
  while (!gone_) {
    // An ordinary frame lands in the small block, where it stays. A longer one goes on where the large block
    // will have it, and only its beginning is copied.
    const bool fits_large = large && large.capacity() >= headroom + max_super_frame;
    std::uint8_t* base = fits_large ? large.data() : scratch_.get();
    const std::size_t rest = small_room < max_super_frame ? max_super_frame - small_room : 0;
    ReceiveInfo info;
    const std::size_t size =
        read_frame(small, small_room, {base + headroom + max_super_frame - rest, rest}, info);
    if (size == 0) return std::nullopt;
    if (size <= small_room) {
      Packet packet(std::move(small), headroom, headroom + static_cast<std::uint32_t>(size));
      packet.info = info;
      return packet;
    }
    std::memcpy(base + headroom, small.data() + headroom, small_room);
    if (fits_large) {
      Packet packet(std::move(large), headroom, headroom + static_cast<std::uint32_t>(size));
      packet.info = info;
      return packet;
    }
    if (cutter_.start({base + headroom, size}, info, pool.small_size())) return std::nullopt;
    ++counters_.receive_dropped;
  }
  return std::nullopt;
}

std::size_t Tap::receive(BlockPool& pool, std::span<Packet> batch) {
  starved_ = false;
  std::size_t count = 0;
  Block small;
  Block large;
  while (count < batch.size()) {
    if (cutter_.pending()) {
      if (!cutter_.next(pool, batch[count])) break;
      ++count;
      continue;
    }
    if (!small) small = pool.allocate(pool.small_size());
    if (!small) break;
    if (!large && capabilities_.receive_checksum) large = pool.allocate_large();
    std::optional<Packet> packet = receive_one(pool, small, large);
    if (packet) {
      batch[count++] = std::move(*packet);
    } else if (!cutter_.pending()) {
      return count;
    }
  }
  starved_ = count < batch.size();
  return count;
}

Transmit Tap::transmit(const Frame& frame) {
  if (gone_) return Transmit::gone;
  VnetHeader vnet = vnet_header_of(frame);
  const Bytes header = frame.header();
  std::array<iovec, 2 + Frame::max_payload_spans> parts;
  parts[0] = {&vnet, sizeof vnet};
  parts[1] = {const_cast<std::uint8_t*>(header.data()), header.size()};
  int count = 2;
  for (const Bytes span : frame.payload()) {
    parts[static_cast<std::size_t>(count++)] = {const_cast<std::uint8_t*>(span.data()), span.size()};
  }
  ssize_t n = 0;
  do {
    n = ::writev(fd(), parts.data(), count);
  } while (n < 0 && errno == EINTR);
  if (n >= 0) {
    ++counters_.frames_transmitted;
    counters_.bytes_transmitted += frame.size();
    return Transmit::taken;
  }
  if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) return Transmit::busy;
  if (errno == EBADFD) {
    gone_ = true;
    return Transmit::gone;
  }
  // EIO: the kernel's end is down, and a frame is lost as on a cable that is not plugged in.
  ++counters_.transmit_dropped;
  return Transmit::taken;
}

void Tap::fill(std::vector<pollfd>& fds, Duration& timeout) {
  if (monitor_.fd() >= 0) fds.push_back({monitor_.fd(), POLLIN, 0});
  if (cutter_.pending() && !starved_) timeout = Duration();
  if (gone_) return;  // would be ready, with an error, for ever
  if (starved_) {
    timeout = std::min(timeout, starved_retry);
    return;
  }
  fds.push_back({fd(), POLLIN, 0});
}

void Tap::process(std::span<const pollfd> fds) {
  if (!fds.empty() && fds[0].fd == monitor_.fd() && fds[0].revents != 0) monitor_.update();
}

}  // namespace linnet::platform
