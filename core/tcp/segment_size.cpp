// SPDX-License-Identifier: Apache-2.0
// How large a segment may be: path, peer and user (RFC 9293 3.7.1, RFC 6691).
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {
/// Whatever peer and path say, headers shall not be most of what is sent (C17-03). Linux's tcp_min_snd_mss.
constexpr std::uint32_t least_segment_size = 48;
}  // namespace

bool Tcp::has_lost_addresses(const Connection& c) const {
  return !ip_.is_own(c.local.address) || ip_.is_broadcast(c.remote.address, ip::any_interface);
}

void Tcp::refresh_path(Connection& c, Instant now) {
  if (has_lost_addresses(c)) {
    c.give_up_at = now;  // the path stays outdated, so that `transmit` sends nothing by it
    return;
  }
  const auto path = ip_.path(c.remote.address, c.local.address, c.options.interface);
  c.path.generation = ip_.generation();
  if (!path) return;  // the link may be down only for now: the timers decide
  if (path->mtu > c.path.mtu) c.path_mtu.next = now;  // a new range to search
  c.path = *path;
  const std::uint16_t before = c.send_mss;
  set_segment_size(c);
  if (c.send_mss < before && c.flight() > 0) {
    // RFC 1191 6.4: what was sent in larger segments is lost; that is no sign of congestion, but the window governs.
    send_all_again(c);
  }
}

/// The largest IP packet with a segment that path, peer and user allow.
std::uint32_t Tcp::largest_packet(const Connection& c) {
  std::uint32_t payload = c.peer_mss;
  if (c.options.maximum_segment_size != 0) payload = std::min<std::uint32_t>(payload, c.options.maximum_segment_size);
  return std::min<std::uint32_t>(c.path.mtu, payload + c.fixed_headers());
}

/// Eff.snd.MSS of 3.7.1: min(peer's MSS, path MTU less headers) less the options that every segment carries.
void Tcp::set_segment_size(Connection& c) {
  std::uint32_t packet = largest_packet(c);
  if (c.path_mtu.used != 0) packet = std::min<std::uint32_t>(packet, c.path_mtu.used);
  const std::uint32_t headers = c.fixed_headers() + (c.timestamps ? std::uint32_t{timestamp_option_size} : 0u);
  const std::uint32_t size = std::max(packet, headers + least_segment_size) - headers;
  if (size != c.send_mss) c.path_mtu.watching = false;
  c.send_mss = static_cast<std::uint16_t>(size);
  if (c.synchronized()) c.congestion.set_segment_size(size);
}

std::uint16_t Tcp::announced_mss(std::uint16_t mtu, const Endpoint& remote, std::uint16_t limit) const {
  // MUST-67 and RFC 6691: the MTU less fixed headers; options are the sender's affair.
  const std::uint32_t headers = (remote.address.is_v4() ? 20u : 40u) + header_size;
  const std::uint32_t by_mtu = mtu > headers ? mtu - headers : 536u;
  std::uint32_t size = std::min<std::uint32_t>(by_mtu, config_.maximum_segment_size);
  if (limit != 0) size = std::min<std::uint32_t>(size, limit);
  return static_cast<std::uint16_t>(size);
}

}  // namespace linnet::tcp
