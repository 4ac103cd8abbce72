// SPDX-License-Identifier: Apache-2.0
#include "compat/lwip/service_names.hpp"

#include <array>

namespace linnet::compat {

namespace {

constexpr unsigned tcp = 1;
constexpr unsigned udp = 2;

struct Service {
  std::string_view name;
  std::uint16_t port;
  unsigned by;
};

// Of those that a device meets. The first name of a port is the one it has.
constexpr auto services = std::to_array<Service>({
    {"echo", 7, tcp | udp},
    {"discard", 9, tcp | udp},
    {"daytime", 13, tcp | udp},
    {"chargen", 19, tcp | udp},
    {"ftp-data", 20, tcp},
    {"ftp", 21, tcp},
    {"ssh", 22, tcp},
    {"telnet", 23, tcp},
    {"smtp", 25, tcp},
    {"time", 37, tcp | udp},
    {"domain", 53, tcp | udp},
    {"bootps", 67, udp},
    {"bootpc", 68, udp},
    {"tftp", 69, udp},
    {"http", 80, tcp},
    {"www", 80, tcp},
    {"pop3", 110, tcp},
    {"ntp", 123, udp},
    {"imap2", 143, tcp},
    {"imap", 143, tcp},
    {"snmp", 161, tcp | udp},
    {"snmp-trap", 162, tcp | udp},
    {"https", 443, tcp | udp},
    {"syslog", 514, udp},
    {"submission", 587, tcp},
    {"domain-s", 853, tcp | udp},
    {"imaps", 993, tcp},
    {"pop3s", 995, tcp},
    {"radius", 1812, tcp | udp},
    {"mqtt", 1883, tcp},
    {"mdns", 5353, udp},
    {"coap", 5683, udp},
    {"coaps", 5684, udp},
    {"http-alt", 8080, tcp | udp},
    {"secure-mqtt", 8883, tcp},
});

bool goes_by(const Service& service, Transport transport) {
  return transport == Transport::any || (service.by & (transport == Transport::tcp ? tcp : udp)) != 0;
}

}  // namespace

std::optional<std::uint16_t> service_port(std::string_view name, Transport transport) {
  for (const Service& service : services) {
    if (service.name == name && goes_by(service, transport)) return service.port;
  }
  return std::nullopt;
}

std::string_view service_name(std::uint16_t port, Transport transport) {
  for (const Service& service : services) {
    if (service.port == port && goes_by(service, transport)) return service.name;
  }
  return {};
}

}  // namespace linnet::compat
