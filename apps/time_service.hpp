// SPDX-License-Identifier: Apache-2.0
// TimeService: the SNTP client of a machine, with the servers of its lease; and an SNTP server of its own.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apps/machine.hpp"
#include "services/sntp/server.hpp"

namespace linnet::apps {

/// Leads names of time servers to the resolver.
class ResolverNames final : public sntp::Names {
 public:
  explicit ResolverNames(NameService& names) : names_(&names) {}
  std::optional<std::uint32_t> begin(std::string_view name, Instant now) override;
  Outcome result(std::uint32_t lookup, Addresses& addresses) override;
  void release(std::uint32_t lookup) override;

 private:
  NameService* names_;
};

class TimeService final : public sockets::Service {
 public:
  TimeService(Machine& machine, const sntp::Config& config);
  ~TimeService();

  /// What follows: under the host's lock. Throws Problem when `server` is none, or there are too many.
  void add_server(const std::string& server, Instant now);
  void start(Instant now);
  /// Answers requests, from the machine's own clock as long as no server gave the time. Throws Problem.
  void serve(Instant now);
  Instant poll(Instant now) override;
  sntp::Client& client() { return *client_; }
  /// For the status page; null when nobody asked for the time, or offered it.
  nlohmann::json report(Instant now) const;

 private:
  void follow_lease(Instant now);
  void tell_news(Instant now);

  Machine& machine_;
  ResolverNames names_;
  std::vector<std::uint8_t> memory_;
  std::unique_ptr<sntp::Client> client_;
  std::vector<std::uint8_t> server_memory_;
  std::unique_ptr<sntp::Server> server_;
  std::size_t count_ = 0;
  std::uint32_t lease_version_ = 0;
  bool told_ = false;
};

/// "2026-11-26 12:00:00.123 UTC"
std::string time_text(sntp::UnixTime time);
/// A reference identifier: "GPS" of a server with a clock of its own, else an address.
std::string reference_text(std::uint32_t id, std::uint8_t stratum);
/// Seconds with a sign and microseconds: "+0.001234 s".
std::string offset_text(Duration offset);

}  // namespace linnet::apps
