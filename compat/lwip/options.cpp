// SPDX-License-Identifier: Apache-2.0
// getsockopt, setsockopt, fcntl, ioctl: the values that are C structures, and the numbers that programs get
// from the host's headers.
#include <cstring>

#include "compat/lwip/calls.hpp"

using namespace linnet;
using compat::with_sockets;
using sockets::Sockets;

namespace {

constexpr int lwip_nonblock = 1;
constexpr int host_nonblock = O_NONBLOCK;
// lwIP's requests, as made where a long has eight bytes.
constexpr unsigned long wide_bytes_readable = 0x4008667f, wide_set_nonblocking = 0x8008667e,
                        wide_at_mark = 0x40087307;

bool is_timeout(int level, int name) {
  return level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO);
}

/// The descriptor's flag for an option that asks for control data; 0: it is no such option.
std::uint8_t control_flag(int level, int name) {
  const bool v4 = level == IPPROTO_IP;
  if (!v4 && level != IPPROTO_IPV6) return 0;
  if (name == (v4 ? IP_PKTINFO : IPV6_RECVPKTINFO)) return compat::descriptor_flag::packet_info;
  if (name == (v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT)) return compat::descriptor_flag::hop_limit;
  if (name == (v4 ? IP_RECVTOS : IPV6_RECVTCLASS)) return compat::descriptor_flag::traffic_class;
  return 0;
}

/// LWIP_SO_REUSE, LWIP_NETBUF_RECVINFO.
bool is_left_out(int level, int name) {
  const compat::Settings& settings = compat::attached_settings();
  if (level == SOL_SOCKET && name == SO_REUSEADDR) return !settings.reuse_address;
  return level == IPPROTO_IP && name == IP_PKTINFO && !settings.packet_information;
}

std::optional<sockets::GroupChange> change_of(int name) {
  using sockets::GroupChange;
  switch (name) {
    case MCAST_JOIN_GROUP:
      return GroupChange::join;
    case MCAST_LEAVE_GROUP:
      return GroupChange::leave;
    case MCAST_JOIN_SOURCE_GROUP:
      return GroupChange::join_source;
    case MCAST_LEAVE_SOURCE_GROUP:
      return GroupChange::leave_source;
    case MCAST_BLOCK_SOURCE:
      return GroupChange::block_source;
    case MCAST_UNBLOCK_SOURCE:
      return GroupChange::unblock_source;
    default:
      return std::nullopt;
  }
}

compat::EndpointOf endpoint_of(const sockaddr_storage& storage) {
  return compat::endpoint_of(reinterpret_cast<const sockaddr*>(&storage), sizeof storage);
}

/// RFC 3678 5: the MCAST_ options of either level.
int change_group(Sockets& sockets, int s, sockets::GroupChange change, const void* value, socklen_t size) {
  const bool sourced = change != sockets::GroupChange::join && change != sockets::GroupChange::leave;
  group_source_req request{};
  if (size < (sourced ? sizeof request : sizeof(group_req))) return -sockets::error::invalid;
  std::memcpy(&request, value, sourced ? sizeof request : sizeof(group_req));
  static_assert(offsetof(group_source_req, gsr_group) == offsetof(group_req, gr_group));
  const auto group = endpoint_of(request.gsr_group);
  const auto source = sourced ? endpoint_of(request.gsr_source) : compat::EndpointOf{};
  if (group.error != 0 || source.error != 0) return -sockets::error::invalid;
  if (request.gsr_interface > ip::any_interface) return -sockets::error::no_such_device;
  const auto interface =
      request.gsr_interface == 0 ? ip::any_interface : static_cast<std::uint8_t>(request.gsr_interface - 1);
  return sockets.change_group(s, change, group.endpoint.address, interface, source.endpoint.address);
}

std::optional<sockets::GroupChange> change_of_v4(int level, int name) {
  using sockets::GroupChange;
  if (level != IPPROTO_IP) return std::nullopt;
  switch (name) {
    case IP_ADD_SOURCE_MEMBERSHIP:
      return GroupChange::join_source;
    case IP_DROP_SOURCE_MEMBERSHIP:
      return GroupChange::leave_source;
    case IP_BLOCK_SOURCE:
      return GroupChange::block_source;
    case IP_UNBLOCK_SOURCE:
      return GroupChange::unblock_source;
    default:
      return std::nullopt;
  }
}

/// RFC 3678 4.1: the same for IPv4 alone, with an address of the interface.
int change_group_v4(Sockets& sockets, int s, sockets::GroupChange change, const void* value, socklen_t size) {
  ip_mreq_source request{};
  if (size < sizeof request) return -sockets::error::invalid;
  std::memcpy(&request, value, sizeof request);
  std::uint8_t interface = ip::any_interface;
  if (request.imr_interface.s_addr != INADDR_ANY) {
    const sockets::Host::Lock lock(*compat::attached_host());
    const auto own = lock.stack().ip().interfaces().interface_of(compat::address_of(request.imr_interface));
    if (!own) return -sockets::error::no_such_device;
    interface = *own;
  }
  return sockets.change_group(s, change, compat::address_of(request.imr_multiaddr), interface,
                              compat::address_of(request.imr_sourceaddr));
}

/// SO_BINDTODEVICE: struct ifreq, or the name alone; an empty one frees the socket.
int bind_to_device(Sockets& sockets, int s, const void* value, socklen_t size) {
  char name[IFNAMSIZ + 1] = {};
  std::memcpy(name, value, size < IFNAMSIZ ? size : IFNAMSIZ);
  int interface = -1;
  if (name[0] != '\0') {
    const unsigned int index = lwip_if_nametoindex(name);
    if (index == 0) return -sockets::error::no_such_device;
    interface = static_cast<int>(index) - 1;
  }
  return sockets.set_option(s, SOL_SOCKET, SO_BINDTODEVICE, interface);
}

/// As in lwIP, a socket of datagrams may still be told when it has its port, and receives from then on what it did before.
bool is_late_v6_only(Sockets& sockets, int s, int level, int name, int result) {
  return result == -sockets::error::invalid && level == IPPROTO_IPV6 && name == IPV6_V6ONLY &&
         sockets.option(s, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM;
}

/// TCP_WINDOW and TCP_SNDBUF are other names of two options of streams.
void rename_option(Sockets& sockets, int s, int& level, int& name) {
  if (level != IPPROTO_TCP || (name != TCP_WINDOW && name != TCP_SNDBUF)) return;
  if (sockets.option(s, SOL_SOCKET, SO_TYPE) != SOCK_STREAM) return;
  level = SOL_SOCKET;
  name = name == TCP_WINDOW ? SO_RCVBUF : SO_SNDBUF;
}

int set_option(Sockets& sockets, int s, int level, int name, const void* value, socklen_t size) {
  if (value == nullptr) return -sockets::error::bad_address;
  rename_option(sockets, s, level, name);
  if (is_left_out(level, name)) return -sockets::error::no_such_option;
  if (is_timeout(level, name)) {
    timeval time;
    if (size < sizeof time) return -sockets::error::invalid;
    std::memcpy(&time, value, sizeof time);
    const sockets::TimeValue own{time.tv_sec, static_cast<std::int32_t>(time.tv_usec)};
    return sockets.setsockopt(s, level, name, &own, sizeof own);
  }
  if (level == SOL_SOCKET && name == SO_BINDTODEVICE) return bind_to_device(sockets, s, value, size);
  const bool ip_level = level == IPPROTO_IP || level == IPPROTO_IPV6;
  if (const auto change = change_of(name); ip_level && change)
    return change_group(sockets, s, *change, value, size);
  if (const auto change = change_of_v4(level, name)) return change_group_v4(sockets, s, *change, value, size);
  if (level == IPPROTO_IPV6 && size == 1)
    return sockets.set_option(s, level, name, *static_cast<const std::uint8_t*>(value));
  const std::uint8_t flag = control_flag(level, name);
  if (flag == 0) {
    const int result = sockets.setsockopt(s, level, name, value, size);
    const bool late = size == sizeof(int) && is_late_v6_only(sockets, s, level, name, result);
    return late ? 0 : result;
  }
  int on = 0;
  const int type = sockets.option(s, SOL_SOCKET, SO_TYPE);
  if (type < 0) return type;
  if (type == SOCK_STREAM) return -sockets::error::no_such_option;
  if (size < sizeof on) return -sockets::error::invalid;
  std::memcpy(&on, value, sizeof on);
  const auto others = static_cast<std::uint8_t>(compat::flags_of(s) & ~flag);
  compat::set_flags(s, on != 0 ? static_cast<std::uint8_t>(others | flag) : others);
  return 0;
}

int get_option(Sockets& sockets, int s, int level, int name, void* value, socklen_t* size) {
  if (value == nullptr || size == nullptr) return -sockets::error::bad_address;
  rename_option(sockets, s, level, name);
  if (is_left_out(level, name)) return -sockets::error::no_such_option;
  std::size_t length = *size;
  int result = 0;
  if (is_timeout(level, name)) {
    if (length < sizeof(timeval)) return -sockets::error::invalid;
    sockets::TimeValue own;
    std::size_t own_size = sizeof own;
    result = sockets.getsockopt(s, level, name, &own, &own_size);
    const timeval time{own.seconds, own.microseconds};
    if (result == 0) std::memcpy(value, &time, length = sizeof time);
  } else if (const std::uint8_t flag = control_flag(level, name); flag != 0) {
    const int on = (compat::flags_of(s) & flag) != 0 ? 1 : 0;
    if (length < sizeof on) return -sockets::error::invalid;
    std::memcpy(value, &on, length = sizeof on);
  } else {
    result = sockets.getsockopt(s, level, name, value, &length);
  }
  if (result == 0) *size = static_cast<socklen_t>(length);
  return result;
}

}  // namespace

extern "C" {

int lwip_setsockopt(int s, int level, int optname, const void* optval, socklen_t optlen) {
  return with_sockets(
      [&](Sockets& sockets) { return set_option(sockets, s, level, optname, optval, optlen); });
}

int lwip_getsockopt(int s, int level, int optname, void* optval, socklen_t* optlen) {
  return with_sockets(
      [&](Sockets& sockets) { return get_option(sockets, s, level, optname, optval, optlen); });
}

int lwip_fcntl(int s, int cmd, int val) {
  return with_sockets([&](Sockets& sockets) {
    using sockets::status_flag::nonblock, sockets::status_flag::read_write;
    if (cmd == sockets::fcntl_command::set_flags) {
      const bool wanted = (val & (lwip_nonblock | host_nonblock)) != 0;
      return sockets.fcntl(s, cmd, (val & ~(lwip_nonblock | host_nonblock)) | (wanted ? nonblock : 0));
    }
    const int flags = sockets.fcntl(s, cmd, val);
    return flags < 0 ? flags : (flags & read_write) | ((flags & nonblock) != 0 ? host_nonblock : 0);
  });
}

int lwip_ioctl(int s, long cmd, void* argp) {
  using namespace sockets::ioctl_request;
  return with_sockets([&](Sockets& sockets) {
    auto request = static_cast<unsigned long>(cmd) & 0xffffffffUL;
    if (request == FIONBIO || request == wide_set_nonblocking) request = set_nonblocking;
    if (request == SIOCATMARK || request == wide_at_mark) request = at_mark;
    if (request == FIONREAD || request == wide_bytes_readable) request = bytes_readable;
    return sockets.ioctl(s, request, static_cast<int*>(argp));
  });
}

}  // extern "C"
