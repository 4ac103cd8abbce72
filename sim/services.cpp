// SPDX-License-Identifier: Apache-2.0
#include "sim/services.hpp"

#include <algorithm>
#include <span>

namespace linnet::sim {

Instant Server::step(Instant now) {
  udp::Udp& udp = machine_.stack().udp();
  if (!socket_) {
    const auto socket = udp.open();
    if (!socket) return now + Duration::seconds(1);
    socket_ = *socket;
    udp.options(socket_)->broadcast = true;
    if (!udp.bind(socket_, {IpAddress::any_v4(), port_}, false)) return Instant::never();
  }
  bool any = false;
  while (const auto received = udp.receive(socket_, buffer_, false)) {
    any = true;
    take(Bytes(buffer_).first(received->size), received->source, now);
  }
  Instant next = any ? now : Instant::never();
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->at > now) {
      next = earlier(next, it->at);
      ++it;
      continue;
    }
    const Bytes payload = it->bytes;
    udp::SendOptions options;
    options.interface = machine_.interface();
    (void)udp.send(socket_, {&payload, 1}, &it->to, options, now);
    next = now;
    it = waiting_.erase(it);
  }
  return next;
}

void Server::take(Bytes request, const Endpoint& source, Instant now) {
  constexpr std::size_t most_waiting = 64;
  if (waiting_.size() >= most_waiting) return;
  ServiceMode mode = mode_;
  // What helps nobody comes about half the time, so that both are seen in one seed.
  if (mode != ServiceMode::right && mode != ServiceMode::silent && choices_.chance(40))
    mode = ServiceMode::right;
  if (mode != ServiceMode::right) machine_.port().count(Fault::service);
  if (mode == ServiceMode::silent) return;
  Buffer bytes = answer(request, mode == ServiceMode::wrong);
  if (bytes.empty()) return;
  if (mode == ServiceMode::truncated) bytes.resize(choices_.between(1, bytes.size() - 1));
  const Duration wait = mode == ServiceMode::slow
                            ? choices_.time_between(Duration::milliseconds(200), Duration::seconds(8))
                            : Duration();
  waiting_.push_back({now + wait, answer_to(source), std::move(bytes)});
}

namespace {

void option(Buffer& message, std::uint8_t code, std::uint32_t value) {
  const std::size_t at = message.size();
  message.resize(at + 6);
  message[at] = code;
  message[at + 1] = 4;
  store32(message.data() + at + 2, value);
}

/// The message type of a client's message; 0: it has none.
std::uint8_t dhcp_type(Bytes request) {
  for (std::size_t at = 240; at + 2 < request.size() && request[at] != 255;) {
    if (request[at] == 0) {
      ++at;
      continue;
    }
    if (request[at] == 53) return request[at + 2];
    at += 2 + std::size_t{request[at + 1]};
  }
  return 0;
}

}  // namespace

Buffer DhcpServer::answer(Bytes request, bool wrong) {
  constexpr std::uint8_t discover = 1, offer = 2, asks = 3, ack = 5, nak = 6;
  if (request.size() < 241 || request[0] != 1) return {};
  const std::uint8_t type = dhcp_type(request);
  if (type != discover && type != asks) return {};
  Buffer message(240);
  message[0] = 2;
  message[1] = 1;
  message[2] = 6;
  copy_bytes(message.data() + 4, request.subspan(4, 4));
  copy_bytes(message.data() + 28, request.subspan(28, 16));
  store32(message.data() + 236, 0x63825363);
  const bool refuses = wrong && type == asks;
  const std::uint8_t kind = type == discover ? offer : refuses ? nak : ack;
  message.insert(message.end(), {53, 1, kind});
  option(message, 54, address_);
  if (!refuses) {
    MacAddress mac;
    copy_bytes(mac.bytes.data(), request.subspan(28, 6));
    const IpAddress granted = address_for(mac);
    // An offer that is wrong is of an address that no host may have.
    store32(message.data() + 16, wrong ? 0x7f000001u : granted.v4_value());
    option(message, 51, lease_seconds_);
    option(message, 1, 0xffffff00u);
    option(message, 6, address_);
  }
  message.push_back(255);
  return message;
}

Buffer DnsServer::answer(Bytes request, bool wrong) {
  if (request.size() < 12 + 5 || load16(request.data() + 4) != 1) return {};
  // One label "hN" and one "sim".
  const std::size_t first = request[12];
  if (first < 2 || first > 4 || request.size() < 12 + 1 + first + 4 + 1 + 4) return {};
  unsigned number = 0;
  for (std::size_t i = 1; i < first; ++i) number = number * 10 + (request[13 + i] - '0') % 10u;
  const std::size_t question = 1 + first + 4 + 1 + 4;
  Buffer message(request.begin(), request.begin() + static_cast<std::ptrdiff_t>(12 + question));
  store16(message.data() + 2, wrong ? 0x8182 : 0x8180);  // wrong: SERVFAIL
  store16(message.data() + 6, wrong ? 0 : 1);
  store16(message.data() + 8, 0);
  store16(message.data() + 10, 0);
  if (wrong) return message;
  const auto n = static_cast<std::uint8_t>(number);
  message.insert(message.end(), {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 9, n, n});
  return message;
}

void DhcpProgram::start(const std::optional<IpAddress>& remembered) {
  client_.reset();
  memory_.reset();
  memory_.emplace(dhcp::Client::memory_needed(config_) + Arena::alignment);
  arena_.emplace(memory_->bytes());
  client_.emplace(machine_.stack(), machine_.interface(), config_, *arena_);
  had_ = remembered;
  started_ = false;
}

Instant DhcpProgram::step(Instant now) {
  if (stopped_) return Instant::never();
  if (!started_ && !client_->start(now, had_)) return now + Duration::seconds(1);
  started_ = true;
  const Instant next = client_->poll(now);
  if (const auto has = address()) had_ = has;
  return next;
}

void DhcpProgram::host_booted(bool remembers) {
  if (stopped_) return;
  const auto known = pooled_ ? had_ : std::optional(DhcpServer::address_for(machine_.port().mac()));
  start(remembers ? known : std::nullopt);
}

DnsProgram::DnsProgram(Machine& machine, const std::vector<IpAddress>& servers, unsigned count,
                       Duration interval, std::uint64_t seed)
    : machine_(machine), servers_(servers), count_(count), interval_(interval), choices_(seed, "names") {
  start();
}

void DnsProgram::start() {
  const dns::Config config;
  resolver_.reset();
  memory_.reset();
  memory_.emplace(dns::Resolver::memory_needed(config) + Arena::alignment);
  arena_.emplace(memory_->bytes());
  resolver_.emplace(machine_.stack(), config, *arena_);
  for (std::size_t i = 0; i < servers_.size(); ++i) resolver_->set_server(i, servers_[i]);
  asking_ = false;
}

void DnsProgram::host_booted() {
  if (!done_) start();
}

Instant DnsProgram::step(Instant now) {
  if (done_ || !problem_.empty()) return Instant::never();
  Instant next = resolver_->poll(now);
  if (asking_) take_result(now);
  if (!asking_ && now >= due_) {
    ask(now);
    next = earlier(now, resolver_->poll(now));
  }
  if (done_) {
    resolver_.reset();
    return now;
  }
  return asking_ ? next : earlier(next, due_);
}

void DnsProgram::ask(Instant now) {
  number_ = static_cast<unsigned>(choices_.between(1, 250));
  // After everything is right again, a name that no wrong answer was cached for.
  if (healed_) number_ = 251 + asked_ % 4;
  const auto query = resolver_->resolve("h" + std::to_string(number_) + ".sim", now);
  due_ = now + interval_;
  if (!query) return;
  query_ = *query;
  asking_ = true;
  asked_healed_ = healed_;
  asked_at_ = now;
  ++asked_;
}

void DnsProgram::take_result(Instant now) {
  const auto result = resolver_->result(query_);
  if (!result && result.error() == dns::Error::pending) {
    // The sum of the gaps for each server, 1 + 2 + 3 + 4 s, and what a machine that is polled late adds.
    const Duration most =
        Duration::seconds(10) * static_cast<std::int64_t>(servers_.size()) + Duration::seconds(60);
    if (now - asked_at_ > most) problem_ = "a name is neither resolved nor given up";
    return;
  }
  resolver_->release(query_);
  asking_ = false;
  due_ = now + interval_;
  const auto n = static_cast<std::uint8_t>(number_);
  if (result && (result->addresses()[0] != IpAddress::v4(10, 9, n, n)))
    problem_ = "a name has a wrong address";
  if (result && asked_healed_) done_ = true;
  if (asked_ >= count_ && !healed_) due_ = now + Duration::seconds(1);
}

}  // namespace linnet::sim
