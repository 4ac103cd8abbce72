// SPDX-License-Identifier: Apache-2.0
#include "sim/dhcp_monitor.hpp"

#include <algorithm>

#include "sim/frame_dhcp_options.hpp"

namespace linnet::sim {

namespace {

constexpr std::uint16_t server_port = 67, client_port = 68;
constexpr std::uint8_t offer_type = 2;
constexpr std::uint32_t everybody = 0xffffffff, for_ever = 0xffffffff;
// RFC 1122 2.3.2.2: a packet waits for its neighbour for three requests of ARP, a second each.
constexpr Duration arp_wait = Duration::seconds(4);
constexpr Duration second = Duration::seconds(1), minute = Duration::seconds(60);
// A clock may tell the time in steps of 250 ms.
constexpr Duration step = Duration::milliseconds(500);
constexpr std::size_t remembered = 64;

}  // namespace

DhcpMonitor::Kind DhcpMonitor::kind_of(const DhcpSeen& message, bool to_all) {
  if (message.type == dhcp_type::discover) return Kind::discover;
  if (message.type == dhcp_type::decline) return Kind::decline;
  if (message.type != dhcp_type::request) return Kind::other;
  // RFC 2131 4.3.2, table 4.
  if (message.server != 0) return Kind::selecting;
  if (message.client == 0) return Kind::rebooting;
  return to_all ? Kind::rebinding : Kind::renewing;
}

void DhcpMonitor::sent(Bytes frame, Instant now) {
  if (lease_) check_use(frame, now);
  const auto udp = read_udp_v4(frame);
  if (!udp || (udp->destination_port != server_port && udp->source_port != server_port)) return;
  const auto message = read_dhcp(udp->payload);
  if (!message) return;
  if (message->operation == 1) return sent_by_client(*udp, *message, now);
  if (config_.pool_first != 0) sent_by_server(*message, now);
}

void DhcpMonitor::received(Bytes frame, Instant) {
  const auto udp = read_udp_v4(frame);
  if (!udp || !udp->is_for(config_.mac)) return;
  if (udp->destination_port != server_port && udp->destination_port != client_port) return;
  const auto message = read_dhcp(udp->payload);
  if (!message) return;
  if (message->operation == 2 && message->hardware == own_) heard_by_client(*message);
  if (message->operation == 1 && config_.pool_first != 0) heard_by_server(*message);
}

/// RFC 2131 4.4.5: "the client MUST immediately stop any other network processing" with the address.
void DhcpMonitor::check_use(Bytes frame, Instant now) {
  if (frame.size() < 42) return;
  const std::uint16_t type = load16(frame.data() + 12);
  const std::uint32_t source = type == ether_type::ipv4  ? load32(frame.data() + 26)
                               : type == ether_type::arp ? load32(frame.data() + 28)
                                                         : 0;
  // In the turn in which the lease ends the stack may come before the client.
  if (source == lease_->address) judge_.require(now <= lease_->expires + second + config_.lateness, DhcpRule::expired, source);
}

void DhcpMonitor::sent_by_client(const UdpSeen& udp, const DhcpSeen& message, Instant now) {
  const Kind kind = kind_of(message, udp.destination == everybody);
  if (kind == Kind::other) return last_.reset();
  if (kind == Kind::discover && last_ && last_->kind == Kind::decline)
    judge_.require(now - last_->at >= Duration::seconds(10), DhcpRule::decline_wait, last_->xid);
  check_repeated(message, kind, now);
  if (kind == Kind::renewing || kind == Kind::rebinding) check_extension(udp, kind, now);
  if (kind == Kind::decline) lease_.reset();
  const bool again = last_ && last_->kind == kind && last_->xid == message.xid;
  if (kind != Kind::discover && kind != Kind::decline) note_request(message, kind, now);
  last_ = {.kind = kind,
           .xid = message.xid,
           .secs = message.secs,
           .at = now,
           .sent = again ? last_->sent + 1 : 1,
           .first = again ? last_->first : now};
}

/// RFC 2131 4.1 and 4.4.1: messages that are sent again, and a DHCPREQUEST behind its DHCPDISCOVER.
void DhcpMonitor::check_repeated(const DhcpSeen& message, Kind kind, Instant now) {
  if (kind == Kind::selecting) {
    const bool offered = std::any_of(offers_.begin(), offers_.end(), [&](const Offer& offer) {
      return offer.xid == message.xid && offer.server == message.server && offer.address == message.requested;
    });
    judge_.require(offered, DhcpRule::offer, message.requested);
  }
  if (!last_ || last_->xid != message.xid) return;
  // The latest DHCPDISCOVER may have found the transmit ring full.
  const bool repeats = config_.timing ? message.secs == last_->secs : message.secs >= last_->secs;
  if (kind == Kind::selecting) judge_.require(repeats, DhcpRule::secs, message.secs);
  if (kind != last_->kind || (kind != Kind::discover && kind != Kind::selecting && kind != Kind::rebooting))
    return;
  check_back_off(kind, now);
  if (kind == Kind::selecting) judge_.require(last_->sent < 4, DhcpRule::request_tries, last_->sent);
  if (kind != Kind::discover) return;
  const std::int64_t passed = std::min<std::int64_t>((now - last_->first).as_seconds(), 0xffff);
  if (config_.timing) judge_.require(std::abs(passed - message.secs) <= 1, DhcpRule::secs, message.secs);
}

/// "4 seconds [...] randomized by the value of a uniform random number [...] -1 to +1", doubled each time up
/// to 64.
void DhcpMonitor::check_back_off(Kind kind, Instant now) {
  const bool discover = kind == Kind::discover;
  const Duration wait = Duration::seconds(std::int64_t{4} << std::min(last_->sent - 1, 4u));
  const Duration gap = now - last_->at;
  const auto about = static_cast<std::uint64_t>(gap.as_milliseconds());
  judge_.require(gap >= wait - second - step,
                 discover ? DhcpRule::discover_soonest : DhcpRule::request_soonest, about);
  if (!config_.timing) return;
  judge_.require(gap <= wait + second + step, discover ? DhcpRule::discover_latest : DhcpRule::request_latest,
                 about);
}

void DhcpMonitor::check_extension(const UdpSeen& udp, Kind kind, Instant now) {
  if (!lease_) return;
  judge_.require(now >= lease_->renew_soonest, DhcpRule::renewal_time, udp.source);
  if (kind == Kind::renewing)
    judge_.require(udp.destination == lease_->server, DhcpRule::renewal_server, udp.destination);
  if (kind == Kind::rebinding)
    judge_.require(now >= lease_->rebind_soonest, DhcpRule::rebinding_time, udp.source);
  if (config_.timing && kind == Kind::renewing)
    judge_.require(now <= lease_->rebind_latest + arp_wait, DhcpRule::rebinding_time, udp.source);
  if (lease_->extending) check_half(kind, now);
  lease_->extending = true;
}

Duration DhcpMonitor::longest_wait() const { return arp_wait + config_.lateness; }

/// "one-half of the remaining time until T2 (in RENEWING state) and one-half of the remaining lease time (in
/// REBINDING state), down to a minimum of 60 seconds".
void DhcpMonitor::check_half(Kind kind, Instant now) {
  if (!last_ || last_->kind != kind) return;
  const bool renewing = kind == Kind::renewing;
  const Duration left_least = (renewing ? lease_->rebind_soonest : lease_->expires_soonest) - last_->at;
  const Duration gap = now - last_->at;
  const auto about = static_cast<std::uint64_t>(gap.as_seconds());
  judge_.require(gap + longest_wait() >= std::max(left_least / 2, minute), DhcpRule::extension_soonest, about);
}

void DhcpMonitor::note_request(const DhcpSeen& message, Kind kind, Instant now) {
  // Those before it may have found the transmit ring full: after 4, 8 and 16 s, a second more each.
  const Duration unseen = config_.timing            ? Duration()
                          : kind == Kind::selecting ? Duration::seconds(31)
                          : kind == Kind::rebooting ? Duration::seconds(5)
                                                    : Duration();
  const Instant soonest = now - (kind == Kind::renewing ? longest_wait() : unseen);
  for (Requested& request : requests_) {
    if (request.xid != message.xid) continue;
    request.latest = now;
    return;
  }
  requests_.push_back({.xid = message.xid, .soonest = soonest, .latest = now});
  if (requests_.size() > 8) requests_.pop_front();
}

void DhcpMonitor::heard_by_client(const DhcpSeen& message) {
  if (message.type == offer_type) {
    offers_.push_back({.xid = message.xid, .server = message.server, .address = message.yours});
    if (offers_.size() > remembered) offers_.pop_front();
    return;
  }
  const auto request = std::find_if(requests_.begin(), requests_.end(),
                                    [&](const Requested& r) { return r.xid == message.xid; });
  if (request == requests_.end()) return;
  if (message.type == dhcp_type::ack && message.lease && message.yours != 0) granted(message, *request);
}

/// Where it may be one that the client does not take, what it has goes on, and it is judged by both.
void DhcpMonitor::granted(const DhcpSeen& message, const Requested& request) {
  const auto after = [](Instant from, std::int64_t seconds) {
    return seconds >= for_ever ? Instant::never() : from + Duration::seconds(seconds);
  };
  const std::int64_t lease = *message.lease;
  const bool valid_rebinding = message.rebinding && *message.rebinding > 0 && *message.rebinding < lease;
  // "Times T1 and T2 SHOULD be chosen with some random fuzz": of the client's own.
  const std::int64_t rebind = valid_rebinding ? *message.rebinding : lease * 27 / 32;
  const bool valid_renewal = message.renewal && *message.renewal > 0 && *message.renewal < rebind;
  const std::int64_t renew = valid_renewal ? *message.renewal : lease * 15 / 32;
  Lease granted{.address = message.yours,
                .server = message.server,
                .renew_soonest = after(request.soonest, renew),
                .rebind_soonest = after(request.soonest, rebind),
                .rebind_latest =
                    after(request.latest, std::max(valid_rebinding ? rebind : lease * 7 / 8 + 1, renew + 61)),
                .expires_soonest = after(request.soonest, lease),
                .expires = after(request.latest, lease)};
  const bool taken = config_.timing && message.complete && last_ && last_->xid == message.xid;
  if (!taken && lease_ && lease_->address == granted.address) {
    granted.renew_soonest = std::min(granted.renew_soonest, lease_->renew_soonest);
    granted.rebind_soonest = std::min(granted.rebind_soonest, lease_->rebind_soonest);
    granted.expires_soonest = std::min(granted.expires_soonest, lease_->expires_soonest);
    granted.expires = std::max(granted.expires, lease_->expires);
  }
  lease_ = granted;
}

void DhcpMonitor::heard_by_server(const DhcpSeen& message) {
  asked_.emplace_back(message.xid, message.hardware);
  if (asked_.size() > remembered) asked_.pop_front();
  // RFC 2131 4.3.3 and 4.3.4: then it may be given to others, or is somebody's already.
  const bool gives_up = message.type == dhcp_type::decline || message.type == dhcp_type::release;
  if (gives_up) given_.erase(message.type == dhcp_type::decline ? message.requested : message.client);
}

void DhcpMonitor::sent_by_server(const DhcpSeen& message, Instant now) {
  const bool known =
      std::find(asked_.begin(), asked_.end(), std::pair(message.xid, message.hardware)) != asked_.end();
  judge_.require(known || asked_.size() == remembered, DhcpRule::asked, message.xid);
  if (message.yours == 0) return;
  judge_.require(config_.pool_first <= message.yours && message.yours <= config_.pool_last, DhcpRule::pool,
                 message.yours);
  const auto found = given_.find(message.yours);
  const bool anothers = found != given_.end() && found->second.client != message.hardware &&
                        now + arp_wait < found->second.until;
  judge_.require(!anothers, DhcpRule::one_client, message.yours);
  if (message.type == dhcp_type::ack && message.lease)
    given_[message.yours] = {.client = message.hardware, .until = now + Duration::seconds(*message.lease)};
}

}  // namespace linnet::sim
