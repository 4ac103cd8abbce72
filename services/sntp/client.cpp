// SPDX-License-Identifier: Apache-2.0
// What owners call.
#include "services/sntp/client.hpp"

#include <algorithm>

namespace linnet::sntp {

Client::Client(Stack& stack, const Config& config, Arena& arena, Names* names)
    : stack_(stack),
      config_(config),
      names_(names),
      servers_(arena.make_array<Association>(server_count(config))) {
  const std::size_t own = own_servers(config);
  const MutableBytes room = arena.make_array<std::uint8_t>(std::size_t{config.name_size} * own);
  if (arena.exhausted()) servers_ = {};
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (i < own) servers_[i].name_room = room.subspan(i * config.name_size, config.name_size);
    servers_[i].offered = i >= own && i + 1 < servers_.size();
  }
  retry_ = std::max(config.first_retry, minimum_interval);
}

Client::~Client() { stop(); }

bool Client::set_server(std::size_t index, const IpAddress& address, Instant now) {
  if (index >= own_servers(config_) || servers_.empty()) return false;
  Association& server = servers_[index];
  if (server.name_length == 0 && server.address == address) return true;
  close(server);
  server.forget();
  if (!address.is_unspecified()) server.address = address;
  servers_changed(now);
  return true;
}

bool Client::set_server_name(std::size_t index, std::string_view name, Instant now) {
  if (index >= own_servers(config_) || servers_.empty()) return false;
  if (const auto address = IpAddress::parse(name)) return set_server(index, *address, now);
  Association& server = servers_[index];
  if (name.size() > server.name_room.size() || (names_ == nullptr && !name.empty())) return false;
  if (!name.empty() && server.name() == name) return true;
  close(server);
  server.forget();
  for (std::size_t i = 0; i < name.size(); ++i) server.name_room[i] = static_cast<std::uint8_t>(name[i]);
  server.name_length = static_cast<std::uint8_t>(name.size());
  servers_changed(now);
  return true;
}

bool Client::set_security(std::size_t index, Security& security) {
  if (index >= own_servers(config_) || servers_.empty() || !servers_[index].set()) return false;
  Association& server = servers_[index];
  close(server);
  server.phase = Phase::idle;
  server.filter.clear();
  server.security = &security;
  return true;
}

void Client::set_offered_servers(std::span<const IpAddress> addresses, Instant now) {
  if (servers_.empty()) return;
  bool changed = false;
  std::size_t next = 0;
  for (Association& server : servers_.subspan(own_servers(config_), offered_servers(config_))) {
    const IpAddress address = next < addresses.size() ? addresses[next++] : IpAddress();
    if (server.address == address) continue;  // what is known of it stays
    close(server);
    server.forget();
    server.address = address;
    changed = true;
  }
  if (changed) servers_changed(now);
}

/// A round that goes on takes the new ones in if it needs them; else the next one begins early.
void Client::servers_changed(Instant now) {
  if (in_round_) return fill_round(now);
  if (status_.rounds != 0) synchronise(now);  // else the random wait at the start goes on
}

bool Client::start(Instant now) {
  if (running_) return true;
  if (servers_.empty()) return false;
  if (config_.operation == Operation::listen) {
    if (!open_listener()) return false;
    running_ = true;
    return true;
  }
  running_ = true;
  const auto most = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(config_.startup_delay.as_milliseconds(), 0, 3600000));
  due_ = now + Duration::milliseconds(stack_.random().below(most + 1));
  return true;
}

void Client::stop() {
  for (Association& server : servers_) {
    close(server);
    server.phase = Phase::idle;
  }
  if (listener_) stack_.udp().close(listener_);
  listener_ = {};
  running_ = in_round_ = false;
  due_ = Instant::never();
}

void Client::synchronise(Instant now) {
  // The end of a round that goes on, and `start`, set another time; who listens has none.
  // RFC 4330 10: no server is asked twice in 15 s, whoever wishes it; `usable` sees to that.
  due_ = std::min(due_, now);
}

Status Client::status(Instant now) const {
  Status status = status_;
  status.running = running_;
  if (!status.synchronised_at.is_never()) {
    status.progress = clock_.slewing(now) == Duration() ? Progress::complete : Progress::slewing;
  }
  return status;
}

ServerStatus Client::view(const Association& server) const {
  ServerStatus view{.name = server.name(),
                    .address = server.address,
                    .offered = server.offered,
                    .refused = server.refused,
                    .reach = server.reach,
                    .opinion = server.opinion,
                    .stratum = server.stratum,
                    .reference_id = server.reference_id,
                    .offset = server.offset};
  if (const Sample* sample = server.filter.best(server.sent_at)) {
    view.delay = sample->delay;
    view.answered_at = sample->at;
  }
  return view;
}

void Client::digest(Digest& digest) const {
  digest.add(running_);
  digest.add(in_round_);
  digest.add(applied_);
  digest.add(suspected_);
  digest.add(static_cast<std::uint64_t>(last_offset_.as_microseconds()));
  for (const Association& server : servers_) {
    digest.add(server.address.bytes());
    digest.add(static_cast<std::uint64_t>(server.phase));
    digest.add(server.refused);
    digest.add(server.reach);
    digest.add(server.rates);
    digest.add(server.stratum);
    digest.add(server.cookie);
    const Sample* sample = server.filter.best(server.sent_at);
    digest.add(sample == nullptr ? 0u : static_cast<std::uint64_t>(sample->offset.as_microseconds()));
  }
}

}  // namespace linnet::sntp
