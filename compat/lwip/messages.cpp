// SPDX-License-Identifier: Apache-2.0
// sendmsg, recvmsg, readv, writev: data in parts, and what control data say of a datagram.
#include <cstring>
#include <vector>

#include "compat/lwip/calls.hpp"

using namespace linnet;
using compat::with_sockets;
using sockets::Sockets;

namespace {

constexpr int most_parts = 1024;  // IOV_MAX

bool parts_ok(const iovec* parts, int count) {
  return count >= 0 && count <= most_parts && (parts != nullptr || count == 0);
}

template <typename Part, typename Byte>
std::vector<Part> parts_of(const iovec* parts, int count) {
  std::vector<Part> result;
  result.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) result.push_back({static_cast<Byte*>(parts[i].iov_base), parts[i].iov_len});
  return result;
}

std::uint8_t interface_of(unsigned int index) {
  return index == 0 || index > ip::any_interface ? ip::any_interface : static_cast<std::uint8_t>(index - 1);
}

/// What the control data of a datagram to be sent say of its way.
sockets::PacketInfo info_of(const msghdr& message) {
  sockets::PacketInfo info;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_len < sizeof(cmsghdr)) break;
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO &&
        header->cmsg_len >= CMSG_LEN(sizeof(in_pktinfo))) {
      in_pktinfo own;
      std::memcpy(&own, CMSG_DATA(header), sizeof own);
      info.interface = interface_of(own.ipi_ifindex);
      if (own.ipi_addr.s_addr != 0) info.address = compat::address_of(own.ipi_addr);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO &&
               header->cmsg_len >= CMSG_LEN(sizeof(in6_pktinfo))) {
      in6_pktinfo own;
      std::memcpy(&own, CMSG_DATA(header), sizeof own);
      info.interface = interface_of(own.ipi6_ifindex);
      info.address = compat::address_of(own.ipi6_addr, own.ipi6_ifindex);
    }
  }
  return info;
}

template <typename Info>
bool put_control(msghdr& message, int level, int type, const Info& info) {
  if (message.msg_control == nullptr || message.msg_controllen < CMSG_SPACE(sizeof info)) return false;
  auto* header = static_cast<cmsghdr*>(message.msg_control);
  header->cmsg_len = CMSG_LEN(sizeof info);
  header->cmsg_level = level;
  header->cmsg_type = type;
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  message.msg_controllen = CMSG_SPACE(sizeof info);
  return true;
}

/// IP_PKTINFO, IPV6_RECVPKTINFO: where a datagram came to. False: there is no room.
bool put_info(msghdr& message, const sockets::PacketInfo& info) {
  const unsigned int index = info.interface == ip::any_interface ? 0 : info.interface + 1u;
  if (info.address.is_v4())
    return put_control(message, IPPROTO_IP, IP_PKTINFO, in_pktinfo{index, compat::in4_of(info.address)});
  return put_control(message, IPPROTO_IPV6, IPV6_PKTINFO, in6_pktinfo{compat::in6_of(info.address), index});
}

void tell(int s, msghdr& message, Sockets& sockets, sockets::ReceiveMessage& received) {
  const std::uint8_t flags = compat::flags_of(s);
  const bool stream = received.from == Endpoint{};
  if (message.msg_name != nullptr) {
    if (stream) static_cast<void>(sockets.getpeername(s, received.from));
    compat::put_endpoint(received.from, (flags & compat::descriptor_flag::v6) != 0,
                         static_cast<sockaddr*>(message.msg_name), &message.msg_namelen);
  }
  message.msg_flags = received.flags;
  const bool wanted = !stream && (flags & compat::descriptor_flag::packet_info) != 0;
  if (wanted && put_info(message, received.info)) return;
  if (wanted) message.msg_flags |= MSG_CTRUNC;
  message.msg_controllen = 0;
}

}  // namespace

extern "C" {

ssize_t lwip_sendmsg(int s, const struct msghdr* message, int flags) {
  return with_sockets([&](Sockets& sockets) -> std::ptrdiff_t {
    if (message == nullptr) return -sockets::error::bad_address;
    if (!parts_ok(message->msg_iov, message->msg_iovlen)) return -sockets::error::message_too_long;
    compat::EndpointOf to;
    if (message->msg_name != nullptr) {
      to = compat::endpoint_of(static_cast<const sockaddr*>(message->msg_name), message->msg_namelen);
      if (to.error != 0) return -to.error;
    }
    const auto parts = parts_of<Bytes, const std::uint8_t>(message->msg_iov, message->msg_iovlen);
    return sockets.sendmsg(
        s,
        {.parts = parts,
         .to = message->msg_name != nullptr ? &to.endpoint : nullptr,
         .info = message->msg_control != nullptr ? info_of(*message) : sockets::PacketInfo{}},
        flags);
  });
}

ssize_t lwip_recvmsg(int s, struct msghdr* message, int flags) {
  return with_sockets([&](Sockets& sockets) -> std::ptrdiff_t {
    if (message == nullptr) return -sockets::error::bad_address;
    if (!parts_ok(message->msg_iov, message->msg_iovlen)) return -sockets::error::message_too_long;
    const auto parts = parts_of<MutableBytes, std::uint8_t>(message->msg_iov, message->msg_iovlen);
    sockets::ReceiveMessage received{.parts = parts, .from = {}, .info = {}, .flags = 0};
    const std::ptrdiff_t count = sockets.recvmsg(s, received, flags);
    if (count >= 0) tell(s, *message, sockets, received);
    return count;
  });
}

ssize_t lwip_readv(int s, const struct iovec* iov, int iovcnt) {
  return with_sockets([&](Sockets& sockets) -> std::ptrdiff_t {
    if (!parts_ok(iov, iovcnt)) return -sockets::error::invalid;
    const auto parts = parts_of<MutableBytes, std::uint8_t>(iov, iovcnt);
    return sockets.readv(s, parts);
  });
}

ssize_t lwip_writev(int s, const struct iovec* iov, int iovcnt) {
  return with_sockets([&](Sockets& sockets) -> std::ptrdiff_t {
    if (!parts_ok(iov, iovcnt)) return -sockets::error::invalid;
    const auto parts = parts_of<Bytes, const std::uint8_t>(iov, iovcnt);
    return sockets.writev(s, parts);
  });
}

}  // extern "C"
