// SPDX-License-Identifier: Apache-2.0
#include "services/dhcpv6/information.hpp"

#include "core/base/reader.hpp"

namespace linnet::dhcpv6 {

namespace {

constexpr std::size_t address_size = 16;
constexpr std::uint16_t ntp_address = 1;  // RFC 5908 4.1
constexpr std::uint16_t ntp_name = 3;     // RFC 5908 4.3

void add_server(Bytes bytes, std::uint8_t zone, List<IpAddress, 4>& list) {
  IpAddress address = IpAddress::v6(bytes.first<address_size>());
  if (!address.is_v6() || address.is_unspecified() || address.is_loopback() || address.is_multicast()) return;
  if (address.is_link_local()) address = address.with_zone(zone);
  list.add(address);
}

void read_servers(const Message& message, std::uint16_t code, std::uint8_t zone, List<IpAddress, 4>& list) {
  Bytes rest = message.option(code).value_or(Bytes());
  for (; rest.size() >= address_size; rest = rest.subspan(address_size)) add_server(rest, zone, list);
}

template <std::size_t Capacity>
void read_names(Bytes option, List<DomainName, Capacity>& list) {
  for (std::size_t at = 0; at < option.size();) {
    const std::optional<DomainName> name = DomainName::read(option, at);
    if (!name) return list.clear();
    list.add(*name);
  }
}

/// RFC 5908 4: one option for each time source, with one suboption; what it says more is not read.
void read_time_source(Bytes option, std::uint8_t zone, Information& information) {
  Reader reader(option);
  const std::uint16_t code = reader.u16();
  const Bytes value = reader.bytes(reader.u16());
  if (!reader.ok()) return;
  if (code == ntp_address && value.size() == address_size) add_server(value, zone, information.ntp_servers);
  if (code != ntp_name) return;
  std::size_t at = 0;
  const std::optional<DomainName> name = DomainName::read(value, at);
  if (name && at == value.size()) information.ntp_names.add(*name);
}

}  // namespace

Information read_information(const Message& message, std::uint8_t zone) {
  Information information;
  read_servers(message, option::dns_servers, zone, information.dns_servers);
  read_servers(message, option::sntp_servers, zone, information.sntp_servers);
  read_names(message.option(option::domain_list).value_or(Bytes()), information.domains);
  message.for_each(option::ntp_server, [&](Bytes value) { read_time_source(value, zone, information); });
  return information;
}

}  // namespace linnet::dhcpv6
