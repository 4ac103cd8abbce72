// SPDX-License-Identifier: Apache-2.0
// sendmsg, recvmsg, readv, writev: data in parts, and what control data say of a datagram.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>
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

template <typename Value>
std::optional<Value> value_of(cmsghdr* header) {
  if (header->cmsg_len < CMSG_LEN(sizeof(Value))) return std::nullopt;
  Value value;
  std::memcpy(&value, CMSG_DATA(header), sizeof value);
  return value;
}

void take_v4(cmsghdr* header, sockets::PacketInfo& info) {
  if (header->cmsg_type == IP_PKTINFO) {
    const auto own = value_of<in_pktinfo>(header);
    if (!own) return;
    info.interface = interface_of(own->ipi_ifindex);
    if (own->ipi_addr.s_addr != 0) info.address = compat::address_of(own->ipi_addr);
  }
  const auto number = value_of<int>(header);
  if (header->cmsg_type == IP_TTL && number && *number > 0 && *number < 256) info.ttl = static_cast<std::uint8_t>(*number);
  if (header->cmsg_type == IP_TOS && number && *number >= 0 && *number < 256) {
    info.traffic_class = static_cast<std::uint8_t>(*number);
  }
}

/// RFC 3542 6.
void take_v6(cmsghdr* header, sockets::PacketInfo& info) {
  if (header->cmsg_type == IPV6_PKTINFO) {
    const auto own = value_of<in6_pktinfo>(header);
    if (!own) return;
    info.interface = interface_of(own->ipi6_ifindex);
    info.address = compat::address_of(own->ipi6_addr, own->ipi6_ifindex);
  }
  const auto number = value_of<int>(header);
  if (header->cmsg_type == IPV6_HOPLIMIT && number && *number > 0 && *number < 256) {
    info.ttl = static_cast<std::uint8_t>(*number);
  }
  if (header->cmsg_type == IPV6_TCLASS && number && *number >= 0 && *number < 256) {
    info.traffic_class = static_cast<std::uint8_t>(*number);
  }
}

/// What the control data of a datagram to be sent say of its way.
sockets::PacketInfo info_of(const msghdr& message) {
  sockets::PacketInfo info;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_len < sizeof(cmsghdr)) break;
    if (header->cmsg_level == IPPROTO_IP) take_v4(header, info);
    if (header->cmsg_level == IPPROTO_IPV6) take_v6(header, info);
  }
  return info;
}

/// Writes control data one after the other into the room that a program gave.
class ControlWriter {
 public:
  explicit ControlWriter(msghdr& message)
      : message_(message), room_(message.msg_control != nullptr ? message.msg_controllen : 0) {}

  template <typename Info>
  void put(int level, int type, const Info& info) {
    full_ = full_ || room_ - used_ < CMSG_SPACE(sizeof info);
    if (full_) return;
    cmsghdr head{};
    head.cmsg_len = CMSG_LEN(sizeof info);
    head.cmsg_level = level;
    head.cmsg_type = type;
    auto* to = static_cast<std::uint8_t*>(message_.msg_control) + used_;
    std::memcpy(to, &head, sizeof head);
    std::memcpy(CMSG_DATA(reinterpret_cast<cmsghdr*>(to)), &info, sizeof info);
    used_ += static_cast<socklen_t>(CMSG_SPACE(sizeof info));
  }
  void finish() {
    if (full_) message_.msg_flags |= MSG_CTRUNC;
    message_.msg_controllen = used_;
  }

 private:
  msghdr& message_;
  socklen_t room_;
  socklen_t used_ = 0;
  bool full_ = false;
};

/// IP_PKTINFO, IPV6_RECVPKTINFO: where a datagram came to.
void put_info(ControlWriter& control, bool v6, const sockets::PacketInfo& info) {
  const unsigned int index = info.interface == ip::any_interface ? 0 : info.interface + 1u;
  if (!v6) return control.put(IPPROTO_IP, IP_PKTINFO, in_pktinfo{index, compat::in4_of(info.address)});
  control.put(IPPROTO_IPV6, IPV6_PKTINFO, in6_pktinfo{compat::in6_of(info.address), index});
}

/// What options ask for. As on Linux, a socket of AF_INET6 tells where a datagram of IPv4 came to, and no more of it.
void put_wanted(msghdr& message, std::uint8_t flags, const sockets::PacketInfo& info) {
  using namespace compat::descriptor_flag;
  ControlWriter control(message);
  const bool v6 = (flags & compat::descriptor_flag::v6) != 0;
  if ((flags & packet_info) != 0) put_info(control, v6, info);
  const bool same_family = v6 != info.address.is_v4();
  if ((flags & hop_limit) != 0 && same_family) {
    control.put(v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_HOPLIMIT : IP_TTL, int{info.ttl});
  }
  if ((flags & compat::descriptor_flag::traffic_class) != 0 && same_family) {
    if (v6) {
      control.put(IPPROTO_IPV6, IPV6_TCLASS, int{info.traffic_class});
    } else {
      control.put(IPPROTO_IP, IP_TOS, info.traffic_class);  // a byte, as on Linux
    }
  }
  control.finish();
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
  if (!stream) return put_wanted(message, flags, received.info);
  message.msg_controllen = 0;
}

/// lwIP's raw sockets of IPv6 give the packet from its header on, those of POSIX (RFC 3542 3) what is behind
/// it.
struct V6Header {
  static constexpr std::size_t size = 40;

  std::array<std::uint8_t, size> bytes{};

  V6Header(const sockets::ReceiveMessage& received, std::ptrdiff_t payload, int protocol) {
    bytes[0] = static_cast<std::uint8_t>(0x60 | received.info.traffic_class >> 4);
    bytes[1] = static_cast<std::uint8_t>(received.info.traffic_class << 4);
    store16(bytes.data() + 4, static_cast<std::uint16_t>(payload));
    bytes[6] = static_cast<std::uint8_t>(protocol);
    bytes[7] = received.info.ttl;
    const in6_addr from = compat::in6_of(received.from.address);
    const in6_addr to = compat::in6_of(received.info.address);
    std::memcpy(bytes.data() + 8, &from, sizeof from);
    std::memcpy(bytes.data() + 24, &to, sizeof to);
  }
};

int protocol_of(Sockets& sockets, int s) {
  int protocol = 0;
  std::size_t size = sizeof protocol;
  static_cast<void>(sockets.getsockopt(s, sockets::sol::socket, sockets::so::protocol, &protocol, &size));
  return protocol;
}

/// A packet with its header into parts. How many bytes of it there are; with MSG_TRUNC, how many it had.
std::ptrdiff_t receive_with_header(Sockets& sockets, int s, sockets::ReceiveMessage& received, int flags) {
  std::size_t room = 0;
  for (const MutableBytes& part : received.parts) room += part.size();
  std::vector<std::uint8_t> packet(std::max(room, V6Header::size));
  const MutableBytes behind = MutableBytes(packet).subspan(V6Header::size);
  const std::span<const MutableBytes> wanted = std::exchange(received.parts, std::span(&behind, 1));
  const std::ptrdiff_t count =
      sockets.recvmsg(s, received, flags | MSG_TRUNC);  // the header tells its length
  received.parts = wanted;
  if (count < 0) return count;
  const V6Header header(received, count, protocol_of(sockets, s));
  std::copy(header.bytes.begin(), header.bytes.end(), packet.begin());
  const std::size_t whole = V6Header::size + static_cast<std::size_t>(count);
  const std::size_t given = std::min(whole, room);
  if (given < whole) received.flags |= MSG_TRUNC;
  std::size_t at = 0;
  for (const MutableBytes& part : wanted) {
    const std::size_t size = std::min(part.size(), given - at);
    std::copy_n(packet.begin() + static_cast<std::ptrdiff_t>(at), size, part.begin());
    at += size;
  }
  return static_cast<std::ptrdiff_t>((flags & MSG_TRUNC) != 0 ? whole : given);
}

std::ptrdiff_t receive(Sockets& sockets, int s, sockets::ReceiveMessage& received, int flags) {
  const bool header = (compat::flags_of(s) & compat::descriptor_flag::raw_v6) != 0;
  return header ? receive_with_header(sockets, s, received, flags) : sockets.recvmsg(s, received, flags);
}

}  // namespace

namespace linnet::compat {

ssize_t receive_raw_v6(int s, void* mem, std::size_t size, int flags, sockaddr* from, socklen_t* from_size) {
  iovec part{mem, size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_name = from_size != nullptr ? from : nullptr;
  message.msg_namelen = from_size != nullptr ? *from_size : 0;
  const ssize_t count = lwip_recvmsg(s, &message, flags);
  if (count >= 0 && from_size != nullptr) *from_size = message.msg_namelen;
  return count;
}

}  // namespace linnet::compat

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
    const std::ptrdiff_t count = receive(sockets, s, received, flags);
    if (count >= 0) tell(s, *message, sockets, received);
    return count;
  });
}

ssize_t lwip_readv(int s, const struct iovec* iov, int iovcnt) {
  if ((compat::flags_of(s) & compat::descriptor_flag::raw_v6) != 0) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(iov);
    message.msg_iovlen = iovcnt;
    return lwip_recvmsg(s, &message, 0);
  }
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
