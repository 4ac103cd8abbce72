// SPDX-License-Identifier: Apache-2.0
// Opening a packet socket: what it may hear, and how much the kernel queues for it.
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <cerrno>
#include <cstring>

#include "platform/linux/entropy.hpp"
#include "platform/linux/mac.hpp"
#include "platform/linux/packet_socket.hpp"

namespace linnet::platform {
namespace {

// A window of super-segments each way; the default of about 200 KB holds three.
constexpr int queue_bytes = 8 << 20;

OpenError socket_failed(const std::string& name, int error) {
  if (error == EPERM || error == EACCES) {
    return {
        OpenFailure::permission,
        "no permission for a packet socket on " + name +
            ": run as root, grant the right (setcap cap_net_raw,cap_net_admin+ep on the program), or use the "
            "user-mode network, which needs no privileges"};
  }
  if (error == EAFNOSUPPORT || error == EPROTONOSUPPORT) {
    return {OpenFailure::no_driver,
            "this kernel has no packet sockets (CONFIG_PACKET): use a tap or the user-mode network"};
  }
  return {OpenFailure::system, "cannot open a packet socket on " + name + ": " + std::strerror(error)};
}

/// Only what is for `mac` or for many, and nothing that this host sends: the rest of a promiscuous
/// interface's traffic costs a filter's run instead of a copy and a wake-up.
bool attach_filter(int fd, const MacAddress& mac) {
  const std::uint32_t mac_high = load16(mac.bytes.data());
  const std::uint32_t mac_low = load32(mac.bytes.data() + 2);
  constexpr auto packet_type = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE);
  std::array<sock_filter, 10> program = {{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, packet_type),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 7, 0), BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mac_low, 0, 2), BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mac_high, 2, 0), BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),  // the group bit of the destination
      BPF_STMT(BPF_RET | BPF_K, 0x40000),             // all of it
      BPF_STMT(BPF_RET | BPF_K, 0),                   // nothing
  }};
  const sock_fprog filter{program.size(), program.data()};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

bool join(int fd, int index, std::uint16_t kind) {
  packet_mreq membership{};
  membership.mr_ifindex = index;
  membership.mr_type = kind;
  return ::setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) == 0;
}

void enlarge_queue(int fd, int forced, int polite) {
  if (::setsockopt(fd, SOL_SOCKET, forced, &queue_bytes, sizeof queue_bytes) == 0) return;
  ::setsockopt(fd, SOL_SOCKET, polite, &queue_bytes, sizeof queue_bytes);  // up to the system's limit
}

}  // namespace

Result<std::unique_ptr<PacketSocket>, OpenError> PacketSocket::open(const std::string& name,
                                                                    const PacketSocketOptions& options) {
  const auto info = interface_info(name);
  if (!info)
    return Failure{OpenError{OpenFailure::no_interface, "there is no network interface '" + name + "'"}};
  if (!info->ethernet)
    return Failure{OpenError{OpenFailure::bad_name, "the interface " + name + " is not an Ethernet"}};

  // Protocol 0: nothing is queued before the filter stands and the socket is bound.
  FileDescriptor fd(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Failure{socket_failed(name, errno)};
  const MacAddress mac =
      options.mac ? *options.mac : local_mac(options.mac_seed ? *options.mac_seed : entropy64());
  constexpr int on = 1;
  ::setsockopt(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
               sizeof on);  // Linux 4.20; the filter does it too
  enlarge_queue(fd.get(), SO_RCVBUFFORCE, SO_RCVBUF);
  enlarge_queue(fd.get(), SO_SNDBUFFORCE, SO_SNDBUF);
  if (::setsockopt(fd.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0 ||
      ::setsockopt(fd.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0 ||
      !attach_filter(fd.get(), mac)) {
    return Failure{socket_failed(name, errno)};
  }

  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = info->index;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return Failure{socket_failed(name, errno)};
  }
  // The stack, not the interface's hardware, chooses among multicast groups.
  const bool other_mac = mac != info->mac;
  if (!join(fd.get(), info->index, other_mac ? PACKET_MR_PROMISC : PACKET_MR_ALLMULTI)) {
    return Failure{socket_failed(name, errno)};
  }
  return std::unique_ptr<PacketSocket>(new PacketSocket(std::move(fd), *info, mac, options.offload));
}

}  // namespace linnet::platform
