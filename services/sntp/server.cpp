// SPDX-License-Identifier: Apache-2.0
#include "services/sntp/server.hpp"

#include <algorithm>

namespace linnet::sntp {

namespace {
constexpr std::uint32_t local_clock = 0x4c4f434c;   // "LOCL", RFC 4330 4
constexpr std::uint32_t initialising = 0x494e4954;  // "INIT"
constexpr std::int8_t microsecond_precision = -20;  // 2^-20 s
}  // namespace

Server::Server(Stack& stack, const ServerConfig& config, const Client& client, Arena& arena)
    : stack_(stack),
      config_(config),
      client_(client),
      sources_(arena.make_array<Source>(std::max<std::size_t>(config.sources, 1))) {}

bool Server::start() {
  if (socket_) return true;
  if (sources_.empty()) return false;
  const auto socket = stack_.udp().open();
  if (!socket) return false;
  if (!stack_.udp().bind(*socket, {IpAddress::any_v6(), ntp_port}, false)) {
    stack_.udp().close(*socket);
    return false;
  }
  socket_ = *socket;
  return true;
}

void Server::stop() {
  if (socket_) stack_.udp().close(socket_);
  socket_ = {};
}

Instant Server::poll(Instant now) {
  if (!socket_) return Instant::never();
  std::array<std::uint8_t, message_size> bytes;
  for (std::size_t i = 0; i < datagrams_per_poll; ++i) {
    const auto received = stack_.udp().receive(socket_, bytes, false);
    if (!received) break;  // nothing there: a socket that is not connected has no errors
    handle(*received, Bytes(bytes).first(received->size), now);
  }
  return stack_.udp().readable(socket_) ? now : Instant::never();
}

void Server::handle(const udp::Received& received, Bytes bytes, Instant now) {
  const std::optional<Message> request = Message::parse(bytes);
  // Only mode 3 is answered: an answer, or another server's packet, never is. Nor is what went to many at
  // once.
  const IpAddress& to = received.destination.address;
  const bool to_us = !to.is_multicast() && !stack_.ip().is_broadcast(to, received.interface);
  const auto time = client_.unix_time(now);
  if (!request || request->mode != PacketMode::client || request->version < 1 ||
      request->version > highest_version || received.source.port == 0 || !to_us) {
    ++counters_.ignored;
    return;
  }
  const Rate rate = rate_of(received.source.address, now);
  if (rate == Rate::silent) {
    ++counters_.ignored;
    return;
  }
  // RFC 4330 6: version and poll interval as they came, their transmit timestamp as our origin.
  Message answer{.version = request->version,
                 .mode = PacketMode::server,
                 .poll = request->poll,
                 .precision = microsecond_precision,
                 .origin = request->transmit};
  if (rate == Rate::kiss) {
    answer.leap = Leap::unsynchronised;
    answer.reference_id = kiss::rate;
    ++counters_.kisses;
  } else if (time && fill(answer, *time, now)) {
    ++counters_.answered;
  } else {
    // RFC 4330 6: without the time of its own it says so.
    answer.leap = Leap::unsynchronised;
    answer.stratum = unsynchronised_stratum;
    answer.reference_id = initialising;
  }
  std::array<std::uint8_t, message_size> out;
  answer.write(out);
  const Bytes payload(out);
  udp::SendOptions options;
  options.source = to;  // of which a client with a connected socket takes it alone
  options.interface = received.interface;
  static_cast<void>(stack_.udp().send(socket_, {&payload, 1}, &received.source, options, now));
}

/// The time, and how good it is. False when there is none that may be given.
bool Server::fill(Message& answer, UnixTime time, Instant now) const {
  const Status status = client_.status(now);
  if (!status.synchronised_at.is_never() && status.stratum + 1 < unsynchronised_stratum) {
    answer.leap = status.leap;
    answer.stratum = static_cast<std::uint8_t>(status.stratum + 1);
    // RFC 5905 7.3: by which a server sees that a client's time came from itself. (For IPv6 it is a digest's
    // start; ours is not MD5, and nobody could tell.)
    answer.reference_id =
        status.server.is_v4() ? status.server.v4_value() : load32(status.server.bytes().data() + 12);
    answer.root_delay = to_short(status.root_delay);
    answer.root_dispersion = to_short(status.distance + (now - status.synchronised_at) * 15 / 1000000);
    answer.reference = to_timestamp(time - (now - status.synchronised_at));
  } else if (config_.local_stratum >= 1 && config_.local_stratum < unsynchronised_stratum) {
    answer.stratum = config_.local_stratum;
    answer.reference_id = local_clock;
    answer.reference = to_timestamp(time);
  } else {
    return false;
  }
  answer.receive = answer.transmit = to_timestamp(time);
  return true;
}

Server::Source& Server::source(const IpAddress& address, Instant now) {
  Source* oldest = &sources_.front();
  for (Source& source : sources_) {
    if (source.address == address) return source;
    if (source.last < oldest->last) oldest = &source;
  }
  *oldest = {.address = address, .last = now, .owed = Duration(), .kissed = false};
  return *oldest;
}

/// RFC 5905 7.4: who asks too often is told once, then not answered until the rate is right again.
Server::Rate Server::rate_of(const IpAddress& address, Instant now) {
  Source& from = source(address, now);
  from.owed = std::max(from.owed - (now - from.last), Duration());
  from.last = now;
  const Duration most = config_.least_gap * std::max<std::int64_t>(config_.burst, 1);
  if (from.owed + config_.least_gap <= most) {
    from.owed = from.owed + config_.least_gap;
    from.kissed = false;
    return Rate::within;
  }
  if (from.kissed) return Rate::silent;
  from.kissed = true;
  return Rate::kiss;
}

}  // namespace linnet::sntp
