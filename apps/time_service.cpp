// SPDX-License-Identifier: Apache-2.0
#include "apps/time_service.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/problem.hpp"
#include "platform/linux/clock.hpp"

namespace linnet::apps {

std::optional<std::uint32_t> ResolverNames::begin(std::string_view name, Instant now) {
  const auto query = names_->resolver().resolve(name, now, names_->families());
  if (!query) return std::nullopt;
  return std::uint32_t{query->index} << 16 | query->generation;
}

namespace {
dns::QueryHandle handle_of(std::uint32_t lookup) {
  dns::QueryHandle handle;
  handle.index = static_cast<std::uint16_t>(lookup >> 16);
  handle.generation = static_cast<std::uint16_t>(lookup & 0xffff);
  return handle;
}
}  // namespace

sntp::Names::Outcome ResolverNames::result(std::uint32_t lookup, Addresses& addresses) {
  const auto answer = names_->resolver().result(handle_of(lookup));
  if (!answer) return answer.error() == dns::Error::pending ? Outcome::pending : Outcome::failed;
  for (const IpAddress& address : answer->addresses()) addresses.add(address);
  return Outcome::found;
}

void ResolverNames::release(std::uint32_t lookup) { names_->resolver().release(handle_of(lookup)); }

TimeService::TimeService(Machine& machine, const sntp::Config& config)
    : machine_(machine),
      names_(machine.names()),
      memory_(sntp::Client::memory_needed(config) + Arena::alignment) {
  Arena arena(memory_);
  client_ = std::make_unique<sntp::Client>(machine.host().stack(), config, arena, &names_);
}

TimeService::~TimeService() {
  const sockets::Host::Lock lock(machine_.host());
  unlink();
  server_.reset();
  client_.reset();
}

void TimeService::add_server(const std::string& server, Instant now) {
  if (!client_->set_server_name(count_++, machine_.with_numeric_zone(server), now)) {
    throw Problem(
        fmt::format("'{}' cannot be a time server: a name of 1 to 253 characters, or too many servers",
                    server),
        exit_code::usage);
  }
}

void TimeService::start(Instant now) {
  if (!client_->start(now)) throw Problem("the time client could not begin: no memory");
}

void TimeService::serve(Instant now) {
  const sntp::ServerConfig config{.sources = 256, .local_stratum = 10};
  server_memory_.resize(sntp::Server::memory_needed(config) + Arena::alignment);
  Arena arena(server_memory_);
  client_->set_unix_time({platform::wall_clock_now().as_microseconds()}, now);
  server_ = std::make_unique<sntp::Server>(machine_.host().stack(), config, *client_, arena);
  if (!server_->start()) throw Problem("the time server could not begin: no socket");
}

Instant TimeService::poll(Instant now) {
  follow_lease(now);
  const Instant next = client_->poll(now);
  tell_news(now);
  return server_ == nullptr ? next : earlier(next, server_->poll(now));
}

void TimeService::follow_lease(Instant now) {
  if (machine_.dhcp() == nullptr) return;
  const dhcp::Status status = machine_.dhcp()->status();
  if (status.version == lease_version_) return;
  lease_version_ = status.version;
  if (status.lease == nullptr) return client_->set_offered_servers({}, now);
  client_->set_offered_servers({status.lease->ntp_servers.begin(), status.lease->ntp_servers.size()}, now);
}

void TimeService::tell_news(Instant now) {
  const sntp::Status status = client_->status(now);
  if (told_ || status.synchronised_at.is_never()) return;
  told_ = true;
  fmt::print("  {:<13}{} (from {}, stratum {})\n", "time", time_text(*client_->unix_time(now)),
             AddressText(status.server).view(), status.stratum);
  std::fflush(stdout);
}

nlohmann::json TimeService::report(Instant now) const {
  nlohmann::json servers = nlohmann::json::array();
  constexpr std::array<const char*, 5> opinions = {"", "silent", "outvoted", "agrees", "chosen"};
  client_->for_each_server([&](const sntp::ServerStatus& server) {
    servers.push_back({{"name", server.name},
                       {"address", AddressText(server.address).view()},
                       {"offered", server.offered},
                       {"refused", server.refused},
                       {"reach", server.reach},
                       {"stratum", server.stratum},
                       {"offset_us", server.offset.as_microseconds()},
                       {"delay_us", server.delay.as_microseconds()},
                       {"opinion", opinions.at(static_cast<std::size_t>(server.opinion))}});
  });
  if (servers.empty() && server_ == nullptr) return nullptr;
  const sntp::Status status = client_->status(now);
  const auto time = client_->unix_time(now);
  const bool had = !status.synchronised_at.is_never();
  return {{"utc", time ? time_text(*time) : ""},
          {"unix_us", time ? time->microseconds : 0},
          {"synchronised", had},
          {"server", had ? std::string(AddressText(status.server).view()) : ""},
          {"stratum", status.stratum},
          {"correction_us", status.correction.as_microseconds()},
          {"synchronised_s", had ? (now - status.synchronised_at).as_seconds() : 0},
          {"servers", servers},
          {"answered", server_ != nullptr ? server_->counters().answered : 0},
          {"kisses", server_ != nullptr ? server_->counters().kisses : 0}};
}

std::string time_text(sntp::UnixTime time) {
  const auto seconds = static_cast<std::time_t>(time.seconds());
  const auto rest = (time.microseconds - time.seconds() * 1000000) / 1000;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} UTC", fmt::gmtime(seconds), rest);
}

std::string reference_text(std::uint32_t id, std::uint8_t stratum) {
  if (stratum > 1) return std::string(AddressText(IpAddress::v4(id)).view());
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char c = static_cast<char>((id >> shift) & 0xff);
    if (c > ' ' && c < 0x7f) text += c;
  }
  return text.empty() ? "-" : text;
}

std::string offset_text(Duration offset) {
  const std::int64_t us = offset.as_microseconds();
  const std::uint64_t magnitude =
      us < 0 ? 0 - static_cast<std::uint64_t>(us) : static_cast<std::uint64_t>(us);
  return fmt::format("{}{}.{:06} s", us < 0 ? '-' : '+', magnitude / 1000000, magnitude % 1000000);
}

}  // namespace linnet::apps
