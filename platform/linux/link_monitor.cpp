// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/link_monitor.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace linnet::platform {

LinkMonitor::LinkMonitor(const InterfaceInfo& info)
    : netlink_(::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE)),
      index_(info.index),
      up_(info.up),
      mtu_(info.mtu) {
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (netlink_ && ::bind(netlink_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    netlink_.reset();
    return;
  }
  requery();  // what changed between the caller's look and the subscription
}

void LinkMonitor::requery() {
  std::array<char, IF_NAMESIZE> name{};
  if (::if_indextoname(static_cast<unsigned>(index_), name.data()) == nullptr) return;
  if (const auto info = interface_info(name.data())) {
    up_ = info->up;
    mtu_ = info->mtu;
  }
}

void LinkMonitor::update() {
  alignas(nlmsghdr) std::array<char, 16384> buffer;
  while (netlink_) {
    const ssize_t n = ::recv(netlink_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == ENOBUFS) {  // the kernel lost notices because we were slow
      requery();
      continue;
    }
    if (n <= 0) return;
    read_messages(buffer.data(), static_cast<std::size_t>(n));
  }
}

void LinkMonitor::read_messages(const char* bytes, std::size_t size) {
  auto left = static_cast<unsigned>(size);
  for (auto* m = reinterpret_cast<const nlmsghdr*>(bytes); NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
    if (m->nlmsg_type != RTM_NEWLINK && m->nlmsg_type != RTM_DELLINK) continue;
    const auto* link = static_cast<const ifinfomsg*>(NLMSG_DATA(m));
    if (link->ifi_index != index_ || link->ifi_family != AF_UNSPEC) continue;
    if (m->nlmsg_type == RTM_DELLINK) {
      up_ = true;
      continue;
    }
    up_ = (link->ifi_flags & IFF_UP) != 0 && (link->ifi_flags & IFF_RUNNING) != 0;
    auto length = static_cast<int>(IFLA_PAYLOAD(m));
    for (const rtattr* a = IFLA_RTA(link); RTA_OK(a, length); a = RTA_NEXT(a, length)) {
      if (a->rta_type != IFLA_MTU) continue;
      const auto mtu = *static_cast<const std::uint32_t*>(RTA_DATA(a));
      mtu_ = static_cast<std::uint16_t>(std::min<std::uint32_t>(mtu, 65535));
    }
  }
}

}  // namespace linnet::platform
