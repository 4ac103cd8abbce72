// SPDX-License-Identifier: Apache-2.0
#include "core/ip/nd_wire.hpp"

namespace linnet::ip::nd {
namespace {

// The rules of RFC 4861 6.1.1, 6.1.2, 7.1.1, 7.1.2 and 8.1, one a function.

/// 255: no router can have forwarded it.
bool from_this_link(const Envelope& envelope) { return envelope.hop_limit == 255; }

bool code_zero(Bytes message) { return message[1] == 0; }

/// What RFC 4291 knows as an address of one interface, or of anycast; not one that would be taken for IPv4.
bool is_unicast(const IpAddress& address) {
  return address.is_v6() && !address.is_multicast() && !address.is_unspecified();
}

/// 6.1.1, 7.1.1: who has no address (yet) has no link-layer address to be learned with it.
bool no_source_address_option(Bytes options) {
  return !Options::find(options, option::source_link_layer_address);
}

/// 7.1.1: duplicate address detection asks the solicited-node group.
bool to_solicited_node(const Envelope& envelope) {
  return envelope.destination.bytes() == solicited_node(envelope.destination).bytes();
}

/// 7.1.2: a group did not solicit anything.
bool solicited_by_one(const NeighbourAdvertisement& message, const Envelope& envelope) {
  return !envelope.destination.is_multicast() || !message.flags().solicited;
}

/// 8.1: a router by its link-local address, or the destination itself.
bool target_fits(const Redirect& message) { return message.target().is_link_local() || message.on_link(); }

/// What all messages have in common.
Drop check(Bytes message, std::uint8_t type, std::size_t size, const Envelope& envelope) {
  if (!from_this_link(envelope)) return Drop::nd_hop_limit;
  if (message.size() < size || message[0] != type || !code_zero(message)) return Drop::nd_malformed;
  return Options::good(message.subspan(size)) ? Drop::none : Drop::nd_malformed;
}

}  // namespace

std::optional<RouterSolicitation> RouterSolicitation::parse(Bytes message, const Envelope& envelope,
                                                            Drop& reason) {
  reason = check(message, icmpv6::router_solicitation, size, envelope);
  if (reason != Drop::none) return std::nullopt;
  const RouterSolicitation parsed(message);
  const bool good = !envelope.source.is_unspecified() || no_source_address_option(parsed.options());
  if (good) return parsed;
  reason = Drop::nd_malformed;
  return std::nullopt;
}

std::optional<RouterAdvertisement> RouterAdvertisement::parse(Bytes message, const Envelope& envelope,
                                                              Drop& reason) {
  reason = check(message, icmpv6::router_advertisement, size, envelope);
  if (reason != Drop::none) return std::nullopt;
  // 6.1.2: routers are known by their link-local addresses, so that renumbering does not change who they are.
  if (envelope.source.is_link_local()) return RouterAdvertisement(message);
  reason = Drop::nd_malformed;
  return std::nullopt;
}

std::optional<NeighbourSolicitation> NeighbourSolicitation::parse(Bytes message, const Envelope& envelope,
                                                                  Drop& reason) {
  reason = check(message, icmpv6::neighbour_solicitation, size, envelope);
  if (reason != Drop::none) return std::nullopt;
  const NeighbourSolicitation parsed(message);
  const bool has_source = !envelope.source.is_unspecified();
  const bool good =
      is_unicast(parsed.target()) &&
      (has_source || (to_solicited_node(envelope) && no_source_address_option(parsed.options())));
  if (good) return parsed;
  reason = Drop::nd_malformed;
  return std::nullopt;
}

std::optional<NeighbourAdvertisement> NeighbourAdvertisement::parse(Bytes message, const Envelope& envelope,
                                                                    Drop& reason) {
  reason = check(message, icmpv6::neighbour_advertisement, size, envelope);
  if (reason != Drop::none) return std::nullopt;
  const NeighbourAdvertisement parsed(message);
  if (is_unicast(parsed.target()) && solicited_by_one(parsed, envelope)) return parsed;
  reason = Drop::nd_malformed;
  return std::nullopt;
}

std::optional<Redirect> Redirect::parse(Bytes message, const Envelope& envelope, Drop& reason) {
  reason = check(message, icmpv6::redirect, size, envelope);
  if (reason != Drop::none) return std::nullopt;
  const Redirect parsed(message);
  const bool good = envelope.source.is_link_local() && is_unicast(parsed.destination()) &&
                    is_unicast(parsed.target()) && target_fits(parsed);
  if (good) return parsed;
  reason = Drop::nd_malformed;
  return std::nullopt;
}

Preference RouterAdvertisement::preference() const {
  switch ((fields_.get8<5>() >> 3) & 3) {
    case 1:
      return Preference::high;
    case 3:
      return Preference::low;
    default:
      return Preference::medium;
  }
}

void RouterSolicitation::write(Writer& writer, const std::optional<MacAddress>& source_address) {
  icmpv6::write_header(writer, icmpv6::router_solicitation, 0);
  if (source_address) write_link_layer_address(writer, option::source_link_layer_address, *source_address);
}

void NeighbourSolicitation::write(Writer& writer, const IpAddress& target) {
  icmpv6::write_header(writer, icmpv6::neighbour_solicitation, 0);
  writer.bytes(target.bytes());
}

void NeighbourAdvertisement::write(Writer& writer, const IpAddress& target, const Flags& flags) {
  const std::uint32_t bits = (flags.router ? 0x80000000u : 0u) | (flags.solicited ? 0x40000000u : 0u) |
                             (flags.override ? 0x20000000u : 0u);
  icmpv6::write_header(writer, icmpv6::neighbour_advertisement, bits);
  writer.bytes(target.bytes());
}

}  // namespace linnet::ip::nd
