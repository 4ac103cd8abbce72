// SPDX-License-Identifier: Apache-2.0
#include "services/dhcp/lease.hpp"

#include <algorithm>

#include "core/base/reader.hpp"

namespace linnet::dhcp {

namespace {

constexpr std::uint32_t infinite = 0xffffffff;  // RFC 2131 3.3

bool is_host_address(const IpAddress& address) {
  const std::uint32_t value = address.v4_value();
  return value >> 24 != 0 && !address.is_loopback() &&
         value < 0xe0000000u;  // not 0/8, 127/8, class D, class E
}

/// RFC 2132 3.3; a mask that is none gives way to that of the address's class (RFC 950 2.1).
std::uint8_t read_prefix_length(const Message& message, const IpAddress& address) {
  if (const std::optional<std::uint32_t> mask = message.u32(option::subnet_mask)) {
    const std::optional<std::uint8_t> length = prefix_length_of_mask(*mask);
    if (length && *length != 0 && *length != 32) return *length;
  }
  const std::uint8_t first = address.v4_bytes()[0];
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/// False for the subnet's own number and its broadcast address; RFC 3021: a /31 has neither.
bool is_host_of(const Prefix& prefix) {
  if (prefix.length >= 31) return true;
  const std::uint32_t host = prefix.address.v4_value() & ~mask_of_prefix_length(prefix.length);
  return host != 0 && host != ~mask_of_prefix_length(prefix.length);
}

template <std::size_t Capacity>
void read_addresses(const Message& message, std::uint8_t code, List<IpAddress, Capacity>& list) {
  std::array<std::uint8_t, 255> scratch;
  const std::optional<Bytes> value = message.option(code, scratch);
  if (!value) return;
  // What is left behind the last whole address is not one.
  for (std::size_t at = 0; value->size() - at >= 4; at += 4) {
    const IpAddress address = IpAddress::v4(value->subspan(at).first<4>());
    if (is_host_address(address) && !list.add(address)) return;
  }
}

template <std::size_t Capacity>
void read_name(const Message& message, std::uint8_t code, Text<Capacity>& name) {
  std::array<std::uint8_t, 255> scratch;
  const std::optional<Bytes> value = message.option(code, scratch);
  if (!value) return;
  std::string_view text{reinterpret_cast<const char*>(value->data()), value->size()};
  // RFC 2132 2: trailing zeros are to be removed; some servers write a domain with its root dot.
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (is_host_name(text)) name.assign(text);
}

/// RFC 2131 4.4.5: T1 half, T2 seven eighths of the lease unless the server says otherwise, T1 < T2 < lease.
void read_times(const Message& message, std::uint32_t seconds, const Config& config, Random& random,
                Lease& lease) {
  if (seconds == infinite) {
    lease.duration = lease.renewal = lease.rebinding = Duration::max();
    return;
  }
  const Duration duration = Duration::seconds(seconds);
  // "Some random fuzz around a fixed value": only around our own; a server's is its own choice.
  const Duration fuzz =
      Duration::milliseconds(random.below(1000)) * std::min<std::int64_t>(seconds / 32, 3600);
  const auto before = [&message](std::uint8_t code, Duration end) -> std::optional<Duration> {
    const Duration told = Duration::seconds(message.u32(code).value_or(0));
    if (told <= Duration() || told >= end) return std::nullopt;
    return told;
  };
  Duration t2 = before(option::rebinding_time, duration).value_or(duration * 7 / 8 - fuzz);
  const Duration own_t1 = duration / 2 - fuzz;
  Duration t1 = before(option::renewal_time, t2).value_or(own_t1 < t2 ? own_t1 : t2 * 4 / 7);
  // However early the server wants to be asked: no sooner than the shortest gap between two requests.
  const Duration gap = config.minimum_renewal_gap;
  t1 = std::max(t1, std::min(gap, duration / 2));
  t2 = std::max(t2, t1 + std::min(gap, (duration - t1) / 2));
  lease.duration = duration;
  lease.renewal = t1;
  lease.rebinding = t2;
}

void read_mtu(const Message& message, std::uint16_t link_mtu, Lease& lease) {
  const std::uint16_t mtu = message.u16(option::interface_mtu).value_or(0);
  if (mtu >= 68 && mtu <= link_mtu) lease.mtu = mtu;
}

// These two have large arrays, and are not to lie on the stack together (tools/stack-depth).
[[gnu::noinline]] void read_routes(const Message& message, Lease& lease) {
  // Eight routes of nine bytes at most would fit 72; a server may send more, of which the first are taken.
  std::array<std::uint8_t, 510> scratch;
  const std::optional<Bytes> value = message.option(option::classless_routes, scratch);
  if (!value) return;
  if (const auto routes = read_classless_routes(*value)) lease.routes = *routes;
}

[[gnu::noinline]] void read_search(const Message& message, Lease& lease) {
  std::array<std::uint8_t, 510> scratch;
  if (const std::optional<Bytes> value = message.option(option::domain_search, scratch)) {
    read_search_list(*value, lease.search_list);
  }
}

/// What is said of the link and of others on it; false when we would be our own gateway.
bool read_parameters(const Message& message, const Config& config, std::uint16_t link_mtu, Lease& lease) {
  read_addresses(message, option::router, lease.routers);
  for (const IpAddress& router : lease.routers) {
    if (router == lease.prefix.address) return false;
  }
  read_addresses(message, option::dns_servers, lease.dns_servers);
  read_addresses(message, option::ntp_servers, lease.ntp_servers);
  read_name(message, option::domain_name, lease.domain_name);
  read_search(message, lease);
  read_name(message, option::host_name, lease.host_name);
  read_mtu(message, link_mtu, lease);
  if (config.classless_routes) read_routes(message, lease);
  return true;
}

}  // namespace

std::optional<List<Route, 8>> read_classless_routes(Bytes value) {
  List<Route, 8> routes;
  Reader reader(value);
  while (!reader.at_end()) {
    const std::uint8_t width = reader.u8();
    if (width > 32) return std::nullopt;
    std::array<std::uint8_t, 4> destination{};
    copy_bytes(destination.data(), reader.bytes((width + 7u) / 8));  // significant octets only
    const std::uint32_t gateway = reader.u32();
    if (!reader.ok()) return std::nullopt;
    const std::uint32_t subnet = load32(destination.data()) & mask_of_prefix_length(width);
    routes.add({.destination = {IpAddress::v4(subnet), width}, .gateway = IpAddress::v4(gateway)});
  }
  if (routes.empty()) return std::nullopt;
  return routes;
}

std::optional<Lease> read_lease(const Message& message, const Config& config, std::uint16_t link_mtu,
                                Random& random) {
  Lease lease;
  const std::optional<IpAddress> server = message.address(option::server_id);
  const std::optional<std::uint32_t> seconds = message.u32(option::lease_time);
  if (!server || !is_host_address(*server) || !seconds) return std::nullopt;
  if (Duration::seconds(*seconds) < config.minimum_lease) return std::nullopt;

  const IpAddress address = message.yiaddr();
  if (!is_host_address(address) || address == *server) return std::nullopt;
  lease.server = *server;
  lease.prefix = {address, read_prefix_length(message, address)};
  if (!is_host_of(lease.prefix)) return std::nullopt;

  if (!read_parameters(message, config, link_mtu, lease)) return std::nullopt;
  read_times(message, *seconds, config, random, lease);
  return lease;
}

std::optional<Lease> read_information(const Message& message, const Config& config, std::uint16_t link_mtu,
                                      const Prefix& own) {
  Lease lease;
  const std::optional<IpAddress> server = message.address(option::server_id);
  if (!server || !is_host_address(*server)) return std::nullopt;
  lease.server = *server;
  lease.prefix = own;
  lease.duration = lease.renewal = lease.rebinding = Duration::max();
  if (!read_parameters(message, config, link_mtu, lease)) return std::nullopt;
  return lease;
}

}  // namespace linnet::dhcp
