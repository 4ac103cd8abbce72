// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/packet_socket.hpp"

#include <linux/if_packet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace linnet::platform {
namespace {

constexpr std::uint32_t headroom = SuperFrameCutter::headroom;
// How soon to look again when frames wait for a block, or the interface's queue was full: nobody tells us.
constexpr Duration retry = Duration::milliseconds(1);
constexpr std::size_t slot_size = 4 + max_super_frame;

/// The 802.1Q tag that the kernel took off the frame, as four bytes on the wire; nothing when it had none.
std::optional<std::uint32_t> tag_of(const msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr;
       c = CMSG_NXTHDR(const_cast<msghdr*>(&message), c)) {
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata data{};
    std::memcpy(&data, CMSG_DATA(c), sizeof data);
    if ((data.tp_status & TP_STATUS_VLAN_VALID) == 0) return std::nullopt;
    const bool named = (data.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    return (std::uint32_t{named ? data.tp_vlan_tpid : std::uint16_t{0x8100}} << 16) | data.tp_vlan_tci;
  }
  return std::nullopt;
}

}  // namespace

PacketSocket::PacketSocket(FileDescriptor fd, const InterfaceInfo& info, MacAddress mac, bool offload)
    : fd_(std::move(fd)), monitor_(info), mac_(mac), memory_(new std::uint8_t[slots * slot_size]) {
  capabilities_.transmit_checksum = offload;
  capabilities_.receive_checksum = true;
  capabilities_.segmentation = offload ? max_super_segment : 0;
  for (std::size_t i = 0; i < slots; ++i) {
    Slot& slot = slots_[i];
    slot.parts[0] = {&slot.vnet, sizeof slot.vnet};
    slot.parts[1] = {memory_.get() + i * slot_size + tag_size, max_super_frame};
    msghdr& message = messages_[i].msg_hdr;
    message.msg_iov = slot.parts.data();
    message.msg_iovlen = slot.parts.size();
    message.msg_control = slot.control.data();
  }
}

bool PacketSocket::read_batch(std::size_t wanted) {
  next_ = ready_ = 0;
  if (gone_) return false;
  for (mmsghdr& message : messages_) message.msg_hdr.msg_controllen = sizeof(Slot::control);
  const auto count = static_cast<unsigned>(std::min(wanted, slots));
  int n = 0;
  do {
    n = ::recvmmsg(fd(), messages_.data(), count, MSG_DONTWAIT, nullptr);
  } while (n < 0 &&
           (errno == EINTR || errno == ENETDOWN));  // ENETDOWN: told once when the interface goes down
  if (n < 0 && (errno == ENODEV || errno == ENXIO || errno == EBADF)) gone_ = true;
  if (n <= 0) return false;
  ready_ = static_cast<std::size_t>(n);
  for (std::size_t i = 0; i < ready_; ++i) land(slots_[i], messages_[i].msg_hdr, messages_[i].msg_len);
  return true;
}

void PacketSocket::land(Slot& slot, const msghdr& message, std::size_t size) {
  auto* start = static_cast<std::uint8_t*>(slot.parts[1].iov_base);
  size -= std::min(size, slot.parts[0].iov_len);
  slot.frame = {start, size};
  const auto tag = tag_of(message);
  if (tag && size >= 12) {
    std::memmove(start - tag_size, start, 12);  // the two addresses
    store32(start + 12 - tag_size, *tag);
    slot.frame = {start - tag_size, size + tag_size};
  }
  ++counters_.frames_received;
  counters_.bytes_received += slot.frame.size();
}

bool PacketSocket::hand_out(const Slot& slot, BlockPool& pool, std::optional<Packet>& packet) {
  ReceiveInfo info;
  read_vnet_header(slot.vnet, info);
  const std::size_t size = headroom + slot.frame.size();
  Block block = pool.allocate(size);
  if (block) {
    copy_bytes(block.data() + headroom, slot.frame);
    packet.emplace(std::move(block), headroom, static_cast<std::uint32_t>(size));
    packet->info = info;
    return true;
  }
  if (size <= pool.small_size()) return false;
  if (cutter_.start(slot.frame, info, pool.small_size())) return true;
  if (size <= pool.large_size()) return false;
  ++counters_.receive_dropped;
  return true;
}

std::size_t PacketSocket::receive(BlockPool& pool, std::span<Packet> batch) {
  starved_ = false;
  std::size_t count = 0;
  while (count < batch.size()) {
    if (cutter_.pending()) {
      if (!cutter_.next(pool, batch[count])) break;
      ++count;
      continue;
    }
    if (next_ == ready_ && !read_batch(batch.size() - count)) return count;
    std::optional<Packet> packet;
    if (!hand_out(slots_[next_], pool, packet)) break;
    ++next_;
    if (packet) batch[count++] = std::move(*packet);
  }
  starved_ = count < batch.size();
  return count;
}

Transmit PacketSocket::transmit(const Frame& frame) {
  if (gone_) return Transmit::gone;
  VnetHeader vnet = vnet_header_of(frame);
  const Bytes header = frame.header();
  std::array<iovec, 2 + Frame::max_payload_spans> parts;
  parts[0] = {&vnet, sizeof vnet};
  parts[1] = {const_cast<std::uint8_t*>(header.data()), header.size()};
  std::size_t count = 2;
  for (const Bytes span : frame.payload())
    parts[count++] = {const_cast<std::uint8_t*>(span.data()), span.size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  ssize_t n = 0;
  do {
    n = ::sendmsg(fd(), &message, MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return transmit_failed(errno);
  ++counters_.frames_transmitted;
  counters_.bytes_transmitted += frame.size();
  return Transmit::taken;
}

Transmit PacketSocket::transmit_failed(int error) {
  switch (error) {
    case EAGAIN:
      want_write_ = true;
      changed();
      return Transmit::busy;
    case ENOBUFS:
    case ENOMEM:
      want_retry_ = true;
      changed();
      return Transmit::busy;
    case ENXIO:
    case ENODEV:
    case EBADF:
      gone_ = true;
      return Transmit::gone;
    default:  // ENETDOWN: lost, as on a cable that is not plugged in. EMSGSIZE: the MTU shrank a moment ago.
      ++counters_.transmit_dropped;
      return Transmit::taken;
  }
}

void PacketSocket::fill(std::vector<pollfd>& fds, Duration& timeout) {
  if (monitor_.fd() >= 0) fds.push_back({monitor_.fd(), POLLIN, 0});
  if (gone_) return;  // would be ready, with an error, for ever
  if (starved_ || want_retry_) timeout = std::min(timeout, retry);
  if (!starved_ && (next_ < ready_ || cutter_.pending())) timeout = Duration();
  const int events = (starved_ ? 0 : POLLIN) | (want_write_ ? POLLOUT : 0);
  if (events != 0) fds.push_back({fd(), static_cast<short>(events), 0});
  want_write_ = want_retry_ = false;
}

void PacketSocket::process(std::span<const pollfd> fds) {
  if (!fds.empty() && fds[0].fd == monitor_.fd() && fds[0].revents != 0) monitor_.update();
}

}  // namespace linnet::platform
