// SPDX-License-Identifier: Apache-2.0
// The host whose sockets programs use that know lwIP's calls. It is the process's: the one global of the
// project.
#pragma once

#include "services/dhcp/client.hpp"
#include "services/dns/resolver.hpp"
#include "services/mdns/agent.hpp"
#include "sockets/host.hpp"

namespace linnet::compat {

struct Settings {
  int first_descriptor = 0;   ///< that of the host's sockets::Config: lower ones are the operating system's
  bool reuse_address = true;  ///< LWIP_SO_REUSE: false, SO_REUSEADDR is no option (ENOPROTOOPT)
  bool packet_information = true;  ///< LWIP_NETBUF_RECVINFO: likewise IP_PKTINFO
  std::uint8_t name_servers = 4;  ///< LWIP_DNS_MAX_SERVERS: dns_setserver has no more indexes
  // Polled by the host, and stay until `detach`.
  mdns::Agent* mdns = nullptr;         ///< who is asked for names under "local", running or not; may be null
  bool mdns_names = true;              ///< LWIP_DNS_SUPPORT_MDNS_QUERIES: false, only DNS is asked for those
  dhcp::Client* dhcp = nullptr;  ///< whose leases name time servers, and that programs start and stop; null: none
  // LWIP_SNTP_MAXIMUM_STARTUP_DELAY and LWIP_SNTP_UPDATE_DELAY.
  Duration sntp_startup = Duration::seconds(5);
  Duration sntp_interval = Duration::seconds(3600);
  bool threads = true;  ///< callbacks have threads of their own; false: all is one thread (deliver_time)
};

/// From here on the calls of lwip/*.h use `host`, and look up names by `resolver` (null: no names but
/// addresses), which the host polls. Both must stay until `detach`. At most one at a time, and not while any
/// thread is in a call.
void attach(sockets::Host& host, dns::Resolver* resolver, const Settings& settings = {});
void detach();

/// Null: none is attached.
sockets::Host* attached_host();
dns::Resolver* attached_resolver();
const Settings& attached_settings();
/// The one of the settings.
mdns::Agent* attached_mdns();
/// True when the number is one of the attached host's sockets, open or not.
bool is_socket(int fd);

/// What a descriptor has beside what sockets keep: bits, cleared when a number is given out.
namespace descriptor_flag {
constexpr std::uint8_t v6 = 1;           ///< AF_INET6: addresses are told as sockaddr_in6
constexpr std::uint8_t packet_info = 2;  ///< IP_PKTINFO, IPV6_RECVPKTINFO
constexpr std::uint8_t hop_limit = 4;      ///< IP_RECVTTL, IPV6_RECVHOPLIMIT
constexpr std::uint8_t traffic_class = 8;  ///< IP_RECVTOS, IPV6_RECVTCLASS
constexpr std::uint8_t raw_v6 = 16;        ///< what is read begins with the header of IPv6, as with lwIP
}  // namespace descriptor_flag
std::uint8_t flags_of(int fd);
void set_flags(int fd, std::uint8_t flags);

/// Sets errno.
void set_error(int number);
/// A result of sockets::Sockets as C calls give it: a negated errno value goes to errno, and -1 is left.
template <typename T>
T told(T result) {
  if (result >= 0) return result;
  set_error(static_cast<int>(-result));
  return T{-1};
}

}  // namespace linnet::compat
