// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/interface_info.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "platform/linux/file_descriptor.hpp"

namespace linnet::platform {

bool valid_interface_name(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == "..") return false;
  return std::none_of(name.begin(), name.end(),
                      [](char c) { return c == '/' || c == ':' || static_cast<unsigned char>(c) <= ' '; });
}

std::optional<InterfaceInfo> interface_info(const std::string& name) {
  if (!valid_interface_name(name)) return std::nullopt;
  const FileDescriptor query(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!query) return std::nullopt;
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), name.size());

  InterfaceInfo info;
  if (::ioctl(query.get(), SIOCGIFINDEX, &request) != 0) return std::nullopt;
  info.index = request.ifr_ifindex;
  if (::ioctl(query.get(), SIOCGIFMTU, &request) != 0) return std::nullopt;
  info.mtu = static_cast<std::uint16_t>(std::clamp(request.ifr_mtu, 0, 65535));
  // IFF_RUNNING may lag a second behind the carrier, of a tap that was just opened for instance. Who asks for the link
  // has the kernel bring it up to date; a driver that knows nothing of links refuses, and need not be asked.
  ethtool_value link{.cmd = ETHTOOL_GLINK, .data = 0};
  request.ifr_data = reinterpret_cast<char*>(&link);
  static_cast<void>(::ioctl(query.get(), SIOCETHTOOL, &request));
  if (::ioctl(query.get(), SIOCGIFFLAGS, &request) != 0) return std::nullopt;
  info.up = (request.ifr_flags & IFF_UP) != 0 && (request.ifr_flags & IFF_RUNNING) != 0;
  if (::ioctl(query.get(), SIOCGIFHWADDR, &request) == 0) {
    info.ethernet = request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
    if (info.ethernet) std::memcpy(info.mac.bytes.data(), request.ifr_hwaddr.sa_data, 6);
  }
  return info;
}

}  // namespace linnet::platform
