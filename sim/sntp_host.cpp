// SPDX-License-Identifier: Apache-2.0
#include "sim/sntp_host.hpp"

namespace linnet::sim {

namespace {

constexpr sntp::ServerConfig server_config{.local_stratum = 2};
constexpr sntp::Config clock_config{.servers = 1, .offered_servers = 0};

/// 32 bits of seconds since 1900 and 32 of their fraction (RFC 4330 3), rounded down.
std::uint64_t ntp_timestamp(sntp::UnixTime time) {
  const auto us = static_cast<std::uint64_t>(time.microseconds);  // after 1970
  const std::uint64_t seconds = us / 1000000 + 2208988800u;
  return seconds << 32 | ((us % 1000000) << 32) / 1000000;
}

}  // namespace

SntpProgram::SntpProgram(Machine& machine, const std::vector<IpAddress>& servers, Duration interval,
                         bool impatient)
    : machine_(machine), servers_(servers), impatient_(impatient) {
  config_.servers = static_cast<std::uint8_t>(servers.size());
  config_.offered_servers = 0;
  config_.interval = interval;
  begin();
}

void SntpProgram::begin() {
  client_.reset();
  memory_.reset();
  memory_.emplace(sntp::Client::memory_needed(config_) + Arena::alignment);
  arena_.emplace(memory_->bytes());
  client_.emplace(machine_.stack(), config_, *arena_);
  started_ = false;
}

Instant SntpProgram::step(Instant now) {
  if (stopped_) return Instant::never();
  if (!started_) {
    for (std::size_t i = 0; i < servers_.size(); ++i) client_->set_server(i, servers_[i], now);
    started_ = client_->start(now);
    wish_ = now;
  }
  if (!impatient_) return client_->poll(now);
  if (now >= wish_) {
    client_->synchronise(now);
    wish_ = now + Duration::seconds(7);
  }
  return earlier(client_->poll(now), wish_);
}

bool SntpProgram::settled(Instant since) const {
  bool refused = true;
  client_->for_each_server([&](const sntp::ServerStatus& server) { refused = refused && server.refused; });
  const Instant had = client_->status(since).synchronised_at;
  return (started_ && refused) || (!had.is_never() && had > since);
}

SntpServerProgram::SntpServerProgram(Machine& machine, const TrueTime& time)
    : machine_(machine), time_(time) {
  begin();
}

void SntpServerProgram::begin() {
  server_.reset();
  clock_.reset();
  memory_.reset();
  memory_.emplace(sntp::Client::memory_needed(clock_config) + sntp::Server::memory_needed(server_config) +
                  2 * Arena::alignment);
  arena_.emplace(memory_->bytes());
  clock_.emplace(machine_.stack(), clock_config, *arena_);
  server_.emplace(machine_.stack(), server_config, *clock_, *arena_);
}

Instant SntpServerProgram::step(Instant now) {
  if (stopped_) return Instant::never();
  if (!server_->start()) return now + Duration::seconds(1);
  clock_->set_unix_time(time_.at(machine_.world(now)), now);
  return server_->poll(now);
}

Buffer SntpServer::answer(Bytes request, bool wrong) {
  if (request.size() < 48 || (request[0] & 7) != 3) return {};
  const std::uint64_t time = ntp_timestamp(time_.at(simulation_.now()));
  Buffer message(48);
  message[0] = static_cast<std::uint8_t>((request[0] & 0x38) | 4);
  message[1] = 1;
  message[2] = request[2];
  message[3] = 0xec;
  copy_bytes(message.data() + 12, std::array<std::uint8_t, 4>{'S', 'I', 'M', 0});
  store64(message.data() + 16, time);
  copy_bytes(message.data() + 24, request.subspan(40, 8));
  store64(message.data() + 32, time);
  store64(message.data() + 40, time);
  if (wrong) spoil(message);
  return message;
}

void SntpServer::spoil(Buffer& message) {
  const std::uint64_t kind = choices_.between(0, lies_ ? 8 : 7);
  const std::uint64_t false_time = load64(message.data() + 40) + (std::uint64_t{7200} << 32);
  if (kind <= 3) {  // RFC 4330 8
    constexpr std::array<std::uint32_t, 4> codes{0x52415445, 0x52415445, 0x44454e59,
                                                 0x52535452};  // RATE, DENY, RSTR
    message[0] |= 0xc0;
    message[1] = 0;
    store32(message.data() + 12, codes[kind]);
    return;
  }
  if (kind == 4) store64(message.data() + 24, choices_.next());  // an answer to something else,
  if (kind == 5) store64(message.data() + 24, 0);                // or to nothing
  if (kind == 6) message[0] = static_cast<std::uint8_t>((message[0] & 0xf8) | 5);
  if (kind == 7) {
    message[0] |= 0xc0;
    message[1] = 16;
  }
  // Two hours off: also where it must not be believed anyway.
  for (const std::size_t at : {16, 32, 40}) store64(message.data() + at, false_time);
}

}  // namespace linnet::sim
