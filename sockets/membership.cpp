// SPDX-License-Identifier: Apache-2.0
// Multicast groups of a datagram socket: RFC 3493 5.2, RFC 3678, and the older options of IPv4.
#include "sockets/call.hpp"

namespace linnet::sockets {

namespace {

int errno_of_group(ip::GroupError error) {
  switch (error) {
    case ip::GroupError::none: return 0;
    case ip::GroupError::no_interface: return error::no_such_device;
    case ip::GroupError::not_a_group:
    case ip::GroupError::bad_source:
    case ip::GroupError::wrong_mode: return error::invalid;
    case ip::GroupError::already_listed:
    case ip::GroupError::not_listed: return error::address_not_available;  // as on Linux
    case ip::GroupError::no_source_room:
    case ip::GroupError::no_request_room:
    case ip::GroupError::no_group_room: break;
  }
  return error::no_buffers;
}

std::optional<ip::SourceChange> source_change(GroupChange change) {
  switch (change) {
    case GroupChange::join_source: return ip::SourceChange::join;
    case GroupChange::leave_source: return ip::SourceChange::leave;
    case GroupChange::block_source: return ip::SourceChange::block;
    case GroupChange::unblock_source: return ip::SourceChange::unblock;
    case GroupChange::join:
    case GroupChange::leave: break;
  }
  return std::nullopt;
}

}  // namespace

int Sockets::change_group(int fd, GroupChange change, const IpAddress& group, std::uint8_t interface,
                          const IpAddress& source) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  const int result = change_group(*row, change, group, interface, source);
  return result == 0 ? 0 : fail(*row, -result);
}

int Sockets::change_group(Descriptor& row, GroupChange change, const IpAddress& group, std::uint8_t interface,
                          const IpAddress& source) {
  if (row.kind != Kind::datagram) return -error::no_such_option;
  if (!group.is_multicast() || (!row.v6 && !group.is_v4())) return -error::invalid;
  ip::Groups& groups = stack_.ip().groups();
  ip::Membership who{.owner = stack_.udp().owner_of(row.datagram), .interface = interface, .group = group};
  if (interface == ip::any_interface) {
    const auto chosen = interface_of_group(row, group);
    if (!chosen) return -error::no_such_device;
    who.interface = *chosen;
  }
  const Instant now = driver_.now();
  if (const auto what = source_change(change)) {
    return -errno_of_group(groups.change_source(who, *what, source, now));
  }
  const bool member = groups.filter_of(who).has_value();
  if (change == GroupChange::join) {
    if (member) return -error::address_in_use;
    return -errno_of_group(groups.set(who, {.mode = ip::FilterMode::exclude}, now));
  }
  if (!member) return -error::address_not_available;
  return -errno_of_group(groups.set(who, {}, now));
}

/// Where a group is when nobody says it: where the socket sends to groups, or where a route to it leads.
std::optional<std::uint8_t> Sockets::interface_of_group(const Descriptor& row, const IpAddress& group) {
  const udp::Options& options = *stack_.udp().options(row.datagram);
  const std::uint8_t zone = ip::interface_of_zone(group);
  if (zone != ip::any_interface) return zone;
  if (options.multicast_interface != ip::any_interface) return options.multicast_interface;
  const auto path = stack_.ip().path(group, {}, options.interface);
  return path ? std::optional(path->interface) : std::nullopt;
}

/// struct ip_mreq: group and an address of the interface; struct ip_mreqn has its index in the third word.
int Sockets::set_membership(Descriptor& row, int name, Bytes value) {
  const bool join = name == ip_option::add_membership;
  if (value.size() < 8) return -error::invalid;
  std::uint8_t interface = ip::any_interface;
  const IpAddress local = IpAddress::v4(value.subspan<4, 4>());
  std::uint32_t index = 0;
  if (value.size() >= 12) std::memcpy(&index, value.data() + 8, sizeof index);
  if (index > ip::any_interface) return -error::no_such_device;
  if (index != 0) {
    interface = static_cast<std::uint8_t>(index - 1);
  } else if (!local.is_unspecified()) {
    const auto own = stack_.ip().interfaces().interface_of(local);
    if (!own) return -error::no_such_device;
    interface = *own;
  }
  return change_group(row, join ? GroupChange::join : GroupChange::leave, IpAddress::v4(value.subspan<0, 4>()), interface,
                      {});
}

/// struct ipv6_mreq (RFC 3493 5.2): group and the index of the interface, 0 for none in particular.
int Sockets::set_membership_v6(Descriptor& row, int name, Bytes value) {
  if (value.size() < 20) return -error::invalid;
  std::uint32_t index = 0;
  std::memcpy(&index, value.data() + 16, sizeof index);
  if (index > ip::any_interface) return -error::no_such_device;
  const auto interface = index == 0 ? ip::any_interface : static_cast<std::uint8_t>(index - 1);
  return change_group(row, name == ipv6_option::join_group ? GroupChange::join : GroupChange::leave,
                      IpAddress::v6(value.subspan<0, 16>()), interface, {});
}

/// IP_MULTICAST_IF: struct in_addr, 0.0.0.0 for none in particular; struct ip_mreqn as above.
int Sockets::set_multicast_interface(Descriptor& row, Bytes value) {
  if (row.kind != Kind::datagram) return -error::no_such_option;
  if (value.size() < 4) return -error::invalid;
  const IpAddress local = IpAddress::v4(value.size() >= 12 ? value.subspan<4, 4>() : value.subspan<0, 4>());
  std::uint32_t index = 0;
  if (value.size() >= 12) std::memcpy(&index, value.data() + 8, sizeof index);
  std::uint8_t& chosen = stack_.udp().options(row.datagram)->multicast_interface;
  if (index == 0 && local.is_unspecified()) {
    chosen = ip::any_interface;
    return 0;
  }
  const auto own = index == 0 ? stack_.ip().interfaces().interface_of(local) : std::nullopt;
  const std::uint32_t wanted = index != 0 ? index - 1 : own.value_or(ip::any_interface);
  if (wanted >= stack_.ethernet().links().size()) return -error::address_not_available;
  chosen = static_cast<std::uint8_t>(wanted);
  return 0;
}

}  // namespace linnet::sockets
