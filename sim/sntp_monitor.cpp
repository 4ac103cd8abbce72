// SPDX-License-Identifier: Apache-2.0
#include "sim/sntp_monitor.hpp"

#include <algorithm>
#include <utility>

namespace linnet::sim {

namespace {

constexpr std::uint16_t ntp_port = 123;
constexpr std::size_t message_size = 48;
constexpr std::uint8_t mode_client = 3, mode_server = 4;
constexpr Duration least_interval = Duration::seconds(15);
// RFC 1122 2.3.2.2: a packet waits for its neighbour for three requests of ARP, a second each.
constexpr Duration arp_wait = Duration::seconds(4);
constexpr std::size_t remembered = 64;

std::uint8_t mode_of(Bytes message) { return message[0] & 7; }
std::uint8_t version_of(Bytes message) { return message[0] >> 3 & 7; }
unsigned leap_of(Bytes message) { return message[0] >> 6; }
std::int64_t later(std::uint64_t a, std::uint64_t b) { return static_cast<std::int64_t>(a - b); }

constexpr std::uint32_t kiss_deny = 0x44454e59, kiss_rstr = 0x52535452, kiss_rate = 0x52415445;

}  // namespace

Duration SntpMonitor::longest_wait() const { return arp_wait + config_.lateness; }

bool SntpMonitor::waits_for(std::uint32_t address, Instant now) const {
  const auto found = arp_.find(address);
  if (busy_ && now - *busy_ < longest_wait()) return true;
  return found != arp_.end() && now - found->second < longest_wait();
}

void SntpMonitor::sent(Bytes frame, Instant now) {
  if (const std::uint32_t target = asked_by_arp(frame); target != 0) {
    if (arp_.size() < 1024 || arp_.contains(target)) arp_[target] = now;
    return;
  }
  const auto udp = read_udp_v4(frame);
  if (!udp) return;
  if (udp->source_port == ntp_port) {
    if (config_.serves) sent_answer(*udp);
  } else if (udp->destination_port == ntp_port) {
    sent_request(*udp, now);
  }
}

void SntpMonitor::received(Bytes frame, Instant now) {
  const auto udp = read_udp_v4(frame);
  if (!udp || !udp->is_for(config_.mac) || udp->payload.size() < message_size) return;
  if (udp->destination_port == ntp_port) {
    heard_request(*udp);
  } else if (udp->source_port == ntp_port) {
    heard_answer(*udp, now);
  }
}

void SntpMonitor::sent_request(const UdpSeen& udp, Instant now) {
  const Bytes message = udp.payload;
  if (!judge_.require(message.size() == message_size, SntpRule::request_length, message.size())) return;
  judge_.require(mode_of(message) == mode_client && version_of(message) == 4 && leap_of(message) == 0,
                 SntpRule::request_mode, message[0]);
  judge_.require(
      std::all_of(message.begin() + 1, message.begin() + 40, [](std::uint8_t b) { return b == 0; }),
      SntpRule::request_fields, load64(message.data()));
  const std::uint64_t transmit = load64(message.data() + 40);
  check_transmit(transmit, now);
  Server& server = servers_[udp.destination];
  if (server.ever) check_pace(server, udp.destination, now);
  server.ever = true;
  server.asked = now;
  server.waited = waits_for(udp.destination, now);
  server.own = udp.source;
  server.port = udp.source_port;
  server.transmit = transmit;
  server.answered = server.slower = false;
}

void SntpMonitor::check_transmit(std::uint64_t transmit, Instant now) {
  const bool repeated = std::find(transmits_.begin(), transmits_.end(), transmit) != transmits_.end();
  judge_.require(transmit != 0 && !repeated, SntpRule::transmit_new, transmit);
  const bool in_steps = high_steps_.foretold(static_cast<std::uint32_t>(transmit >> 32), 0xffffffffu) ||
                        low_steps_.foretold(static_cast<std::uint32_t>(transmit), 0xffffffffu);
  // Of a clock, its seconds would have gone on by those that passed.
  bool by_clock = false;
  if (last_request_) {
    const auto went_on = static_cast<std::int32_t>((transmit >> 32) - (transmits_.back() >> 32));
    const std::int64_t passed = (now - *last_request_).as_seconds();
    by_clock = std::abs(went_on - passed) <= 2;
  }
  if (last_request_) judge_.require(!in_steps && !by_clock, SntpRule::transmit_unpredictable, transmit);
  last_request_ = now;
  transmits_.push_back(transmit);
  if (transmits_.size() > remembered) transmits_.pop_front();
}

/// What waited for ARP the last time left later than it was sent.
void SntpMonitor::check_pace(const Server& server, std::uint32_t address, Instant now) {
  const Duration gap = now - server.asked + (server.waited ? longest_wait() : Duration());
  judge_.require(gap >= least_interval, SntpRule::interval, address);
  if (server.denied) judge_.require(false, SntpRule::denied, address);
  if (server.slower) judge_.require(gap >= config_.interval * 2, SntpRule::rate, address);
}

void SntpMonitor::heard_answer(const UdpSeen& udp, Instant now) {
  const auto found = servers_.find(udp.source);
  if (found == servers_.end()) return;
  Server& server = found->second;
  const Bytes message = udp.payload;
  if (udp.destination != server.own || udp.destination_port != server.port ||
      mode_of(message) != mode_server || load64(message.data() + 24) != server.transmit) {
    return;
  }
  const bool first = !std::exchange(server.answered, true);
  if (message[1] != 0) {  // no kiss
    // A copy may be what was taken, when the first was not.
    ++own_answers_;
    server.ways.emplace_back(now, now - server.asked + (server.waited ? longest_wait() : Duration()));
    if (server.ways.size() > 8) server.ways.pop_front();
    return;
  }
  // The client waits 3 s for an answer, from when it sent its request.
  const bool in_time = !server.waited && now - server.asked < Duration::seconds(2);
  if (!config_.kisses || !first || !in_time) return;
  const std::uint32_t code = load32(message.data() + 12);
  if (code == kiss_deny || code == kiss_rstr) {
    server.denied = true;
    judge_.require(true, SntpRule::denied, udp.source);
  } else if (code == kiss_rate) {
    server.slower = true;
  }
}

void SntpMonitor::took(std::uint64_t answers) {
  if (answers == took_) return;
  took_ = answers;
  judge_.require(took_ <= own_answers_, SntpRule::own_answer, took_);
}

std::optional<SntpMonitor::Measured> SntpMonitor::measured() const {
  std::optional<Measured> all;
  for (const auto& [address, server] : servers_) {
    for (const auto& [at, way] : server.ways) {
      if (!all) all = Measured{.error = {}, .since = at};
      all->error = std::max(all->error, way / 2);
      all->since = std::min(all->since, at);
    }
  }
  return all;
}

void SntpMonitor::heard_request(const UdpSeen& udp) {
  const Bytes message = udp.payload;
  asked_.push_back({.source = udp.source,
                    .port = udp.source_port,
                    .version = version_of(message),
                    .poll = message[2],
                    .size = message.size(),
                    .transmit = load64(message.data() + 40)});
  if (asked_.size() <= remembered) return;
  asked_.pop_front();
  forgot_ = true;
}

void SntpMonitor::sent_answer(const UdpSeen& udp) {
  const Bytes message = udp.payload;
  if (!judge_.require(message.size() >= message_size, SntpRule::answer_length, message.size())) return;
  const std::uint64_t originate = load64(message.data() + 24);
  const auto answered = [&](const Asked& asked) {
    return asked.source == udp.destination && asked.port == udp.destination_port &&
           asked.transmit == originate;
  };
  auto found = std::find_if(asked_.begin(), asked_.end(), answered);
  // Who is on the path may have changed a copy of it.
  const auto fitting = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& asked) {
    return answered(asked) && asked.version == version_of(message) && asked.poll == message[2];
  });
  if (fitting != asked_.end()) found = fitting;
  judge_.require(found != asked_.end() || forgot_, SntpRule::answer_asked, originate);
  if (found == asked_.end()) return;
  const Asked asked = *found;
  asked_.erase(found);
  judge_.require(message.size() <= asked.size, SntpRule::answer_length, message.size());
  judge_.require(mode_of(message) == mode_server && version_of(message) == asked.version,
                 SntpRule::answer_mode, message[0]);
  judge_.require(message[2] == asked.poll, SntpRule::answer_poll, message[2]);
  const std::uint8_t stratum = message[1];
  const bool has_time = stratum >= 1 && stratum <= 15;
  judge_.require(has_time ? leap_of(message) != 3 : (stratum == 0 || stratum == 16) && leap_of(message) == 3,
                 SntpRule::answer_stratum, stratum);
  if (!has_time) return;
  const std::uint64_t reference = load64(message.data() + 16), receive = load64(message.data() + 32),
                      transmit = load64(message.data() + 40);
  judge_.require(receive != 0 && later(transmit, receive) >= 0 && later(receive, reference) >= 0,
                 SntpRule::answer_order, transmit);
}

}  // namespace linnet::sim
