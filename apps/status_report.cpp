// SPDX-License-Identifier: Apache-2.0
#include "apps/status_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/address_news.hpp"

namespace linnet::apps {
namespace {

using nlohmann::json;

template <typename T>
std::string text(const T& address) {
  return std::string(AddressText(address).view());
}

std::string text(const Prefix& prefix) { return fmt::format("{}/{}", text(prefix.address), prefix.length); }

/// An endpoint as ss shows it: "*:80" for every address.
std::string endpoint_text(const Endpoint& endpoint) {
  const std::string port = endpoint.port == 0 ? "*" : std::to_string(endpoint.port);
  if (endpoint.address.is_unspecified()) return "*:" + port;
  return endpoint.port == 0 ? text(endpoint.address) + ":*" : text(endpoint);
}

std::string_view network_text(const DeviceOptions& options) {
  switch (options.network) {
    case Network::user:
      return "user-mode network";
    case Network::tap:
      return "tap";
    case Network::packet:
      return "packet socket";
  }
  return "";
}

std::string_view state_text(ethernet::AddressState state) {
  switch (state) {
    case ethernet::AddressState::absent:
      return "absent";
    case ethernet::AddressState::probing:
      return "probing";
    case ethernet::AddressState::usable:
      return "usable";
    case ethernet::AddressState::conflict:
      return "conflict";
  }
  return "";
}

std::string_view state_text(ethernet::NeighbourState state) {
  switch (state) {
    case ethernet::NeighbourState::incomplete:
      return "incomplete";
    case ethernet::NeighbourState::reachable:
      return "reachable";
    case ethernet::NeighbourState::stale:
      return "stale";
    case ethernet::NeighbourState::probe:
      return "probe";
    case ethernet::NeighbourState::failed:
      return "failed";
  }
  return "";
}

json interfaces(Machine& machine, Stack& stack) {
  json rows = json::array();
  for (const ethernet::Link& link : stack.ethernet().links()) {
    const bool loopback = link.interface == Stack::loopback_interface;
    rows.push_back({{"name", machine.interface_name(link.interface)},
                    {"kind", loopback ? "loopback" : network_text(machine.options())},
                    {"mac", link.framed() ? text(link.mac) : ""},
                    {"mtu", link.mtu},
                    {"vlan", link.vlan == 0 ? "" : std::to_string(link.vlan)},
                    {"state", link.up ? "up" : "down"},
                    {"segmentation", link.capabilities.segmentation}});
  }
  return rows;
}

json addresses(Machine& machine, Stack& stack) {
  json rows = json::array();
  for (const ip::AddressView& view : stack.ip().addresses()) {
    const bool leased = !machine.options().address && view.interface == machine.interface();
    rows.push_back({{"address", text(view.prefix)},
                    {"interface", machine.interface_name(view.interface)},
                    {"state", state_text(view.state)},
                    {"origin", view.interface == Stack::loopback_interface ? ""
                               : leased && view.prefix.address.is_link_local() ? "link-local"
                               : leased                                    ? "DHCP"
                                                                           : "fixed"}});
  }
  for (const ip::Ipv6Address& own : stack.ip().neighbour_discovery().addresses().all()) {
    if (own.state == ip::Ipv6AddressState::absent) continue;
    rows.push_back({{"address", text(Prefix{own.address, own.prefix_length})},
                    {"interface", machine.interface_name(own.interface)},
                    {"state", apps::state_text(own.state)},
                    {"origin", own.interface == Stack::loopback_interface ? "" : origin_text(own.origin)}});
  }
  return rows;
}

json routes(Machine& machine, Stack& stack) {
  json rows = json::array();
  for (const ip::Route& route : stack.ip().routes()) {
    rows.push_back({{"destination", route.destination.length == 0 ? "default" : text(route.destination)},
                    {"gateway", route.gateway.is_unspecified() ? "on link" : text(route.gateway)},
                    {"interface", machine.interface_name(route.interface)},
                    {"metric", route.metric}});
  }
  return rows;
}

json neighbours(Machine& machine, Stack& stack, Instant now) {
  json rows = json::array();
  stack.ethernet().for_each_neighbour([&](const ethernet::NeighbourView& view) {
    const bool known = !view.mac.is_zero();
    rows.push_back({{"address", text(view.address)},
                    {"mac", known ? text(view.mac) : ""},
                    {"interface", machine.interface_name(view.interface)},
                    {"state", state_text(view.state)},
                    {"confirmed_s", known ? (now - view.updated).as_seconds() : 0}});
  });
  return rows;
}

json connections(Stack& stack) {
  json rows = json::array();
  stack.tcp().for_each_connection([&](const tcp::Status& status) {
    rows.push_back({{"local", endpoint_text(status.local)},
                    {"remote", endpoint_text(status.remote)},
                    {"state", tcp::state_text(status.state)},
                    {"send_queue", status.send_queue},
                    {"receive_queue", status.receive_queue},
                    {"rtt_us", status.smoothed_rtt.as_microseconds()},
                    {"rto_us", status.retransmission_timeout.as_microseconds()},
                    {"congestion_window", status.congestion_window},
                    {"send_window", status.send_window},
                    {"segment_size", status.segment_size},
                    {"bytes_in", status.bytes_in},
                    {"bytes_out", status.bytes_out},
                    {"retransmissions", status.retransmissions}});
  });
  return rows;
}

json listeners(Stack& stack) {
  json rows = json::array();
  stack.tcp().for_each_listener([&](const tcp::ListenerStatus& status) {
    rows.push_back({{"local", endpoint_text(status.local)},
                    {"state", status.listening ? "LISTEN" : "bound"},
                    {"waiting", status.waiting},
                    {"handshakes", status.handshakes},
                    {"backlog", status.backlog}});
  });
  return rows;
}

json udp_sockets(Stack& stack) {
  json rows = json::array();
  stack.udp().for_each([&](const udp::SocketView& view) {
    rows.push_back({{"local", endpoint_text(view.local)},
                    {"remote", endpoint_text(view.remote)},
                    {"queued", view.queued},
                    {"queued_bytes", view.queued_bytes},
                    {"dropped", view.dropped}});
  });
  return rows;
}

json drops(Stack& stack) {
  json rows = json::array();
  for (std::size_t i = 1; i < static_cast<std::size_t>(Drop::count_); ++i) {
    const auto reason = static_cast<Drop>(i);
    const std::uint64_t count = stack.drops().of(reason);
    if (count > 0) rows.push_back({{"reason", drop_text(reason)}, {"count", count}});
  }
  return rows;
}

json pool(Stack& stack) {
  const BlockPool& blocks = stack.pool();
  json rows = json::array();
  const auto add = [&](const char* name, std::uint32_t size, std::uint32_t count, std::uint32_t free) {
    if (count > 0) rows.push_back({{"name", name}, {"size", size}, {"used", count - free}, {"total", count}});
  };
  add("small blocks", blocks.small_size(), blocks.small_count(), blocks.small_free());
  add("large blocks", blocks.large_size(), blocks.large_count(), blocks.large_free());
  return rows;
}

json dhcp(Machine& machine, Instant now) {
  if (machine.dhcp() == nullptr) return nullptr;
  const dhcp::Status status = machine.dhcp()->status();
  json object = {{"state", dhcp::state_text(status.state)},
                 {"sent", status.sent},
                 {"received", status.received},
                 {"ignored", status.ignored},
                 {"conflicts", status.conflicts},
                 {"refusals", status.refusals}};
  if (status.lease == nullptr) return object;
  object["server"] = text(status.lease->server);
  object["domain"] = status.lease->domain_name.view();
  object["search"] = json::array();
  for (const std::string_view domain : status.lease->search_list) object["search"].push_back(domain);
  object["ntp"] = json::array();
  for (const IpAddress& server : status.lease->ntp_servers) object["ntp"].push_back(text(server));
  if (status.lease->mtu != 0) object["mtu"] = status.lease->mtu;
  if (!status.expires_at.is_never()) object["expires_s"] = (status.expires_at - now).as_seconds();
  if (!status.renew_at.is_never()) object["renew_s"] = (status.renew_at - now).as_seconds();
  return object;
}

json clat(Stack& stack) {
  const ip::Clat& clat = stack.ip().clat();
  if (!clat.enabled) return nullptr;
  return {{"state", clat.active() ? "active" : clat.nat64.length != 0 ? "no address yet" : "no NAT64 is advertised"},
          {"nat64", clat.nat64.length != 0 ? text(clat.nat64) : ""},
          {"address", clat.active() ? text(clat.address) : ""}};
}

json faults(Machine& machine) {
  json rows = json::array();
  const auto add = [&](const char* direction, const ImpairModel::Counters* counters) {
    if (counters == nullptr) return;
    rows.push_back({{"direction", direction},
                    {"packets", counters->packets},
                    {"lost", counters->lost + counters->burst},
                    {"overflow", counters->overflow},
                    {"reordered", counters->reordered},
                    {"duplicated", counters->duplicated},
                    {"corrupted", counters->corrupted}});
  };
  add("transmit", machine.transmit_faults());
  add("receive", machine.receive_faults());
  return rows;
}

}  // namespace

json status_report(Machine& machine) {
  const std::size_t descriptors = machine.sockets().used();
  const sockets::Host::Lock lock(machine.host());
  Stack& stack = lock.stack();
  const Instant now = lock.now();
  json servers = json::array();
  for (const IpAddress& server : machine.names().servers()) servers.push_back(text(server));
  return {{"host_name", machine.options().host_name},
          {"version", LINNET_VERSION},
          {"uptime_s", machine.uptime().as_seconds()},
          {"interfaces", interfaces(machine, stack)},
          {"addresses", addresses(machine, stack)},
          {"routes", routes(machine, stack)},
          {"neighbours", neighbours(machine, stack, now)},
          {"dhcp", dhcp(machine, now)},
          {"clat", clat(stack)},
          {"dns_servers", servers},
          {"search_domains", machine.names().search_domains()},
          {"connections", connections(stack)},
          {"listeners", listeners(stack)},
          {"udp", udp_sockets(stack)},
          {"drops", drops(stack)},
          {"dropped_total", stack.drops().total()},
          {"pool", pool(stack)},
          {"descriptors", {{"used", descriptors}, {"total", machine.sockets().capacity()}}},
          {"faults", faults(machine)}};
}

}  // namespace linnet::apps
