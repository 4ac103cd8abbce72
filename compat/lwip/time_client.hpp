// SPDX-License-Identifier: Apache-2.0
// TimeClient: what stands behind lwip/apps/sntp.h and ESP-IDF's additions: the servers that a program set,
// and the SNTP client that asks them while it runs.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "compat/lwip/host.hpp"
#include "services/sntp/client.hpp"

namespace linnet::compat {

/// Names of time servers lead to the resolver, or to Multicast DNS.
class TimeNames final : public sntp::Names {
 public:
  std::optional<std::uint32_t> begin(std::string_view name, Instant now) override;
  Outcome result(std::uint32_t lookup, Addresses& addresses) override;
  void release(std::uint32_t lookup) override;
};

/// From any thread; only while a host is attached. Each call takes its lock.
class TimeClient final : public sockets::Service {
 public:
  static constexpr std::size_t most_servers = 8;
  struct Server {
    IpAddress address{};
    std::string name{};
    bool set() const { return !name.empty() || !address.is_unspecified(); }
  };
  /// What is known of the server at an index.
  struct View {
    IpAddress address{};
    std::uint8_t reach = 0;
    bool refused = false;
  };

  void set_operation(sntp::Operation operation);
  sntp::Operation operation() const;
  void start();
  void stop();
  bool running() const;
  void set_server(std::size_t index, Server server);
  View view(std::size_t index) const;
  /// Stays until the index is set anew; null: none.
  const char* name(std::size_t index) const;
  void set_from_dhcp(bool from_dhcp);
  void set_interval(Duration interval);
  Duration interval() const;
  /// The time is known, and the clock was set.
  bool synchronised() const { return synchronised_; }
  void set_synchronised(bool synchronised) { synchronised_ = synchronised; }

  /// The time, when there is news.
  std::optional<sntp::UnixTime> take_news();

  Instant poll(Instant now) override;

 private:
  void follow_lease(Instant now);
  std::span<const IpAddress> offered() const;

  sntp::Operation operation_ = sntp::Operation::poll;
  std::array<Server, most_servers> servers_;
  bool from_dhcp_ = false;
  std::optional<Duration> interval_;
  std::atomic<bool> synchronised_{false};
  TimeNames names_;
  std::vector<std::uint8_t> memory_;
  std::unique_ptr<sntp::Client> client_;  // while it runs
  std::uint32_t lease_version_ = 0;
  bool lease_taken_ = false;
  std::uint32_t told_ = 0;  // the client's version
  std::uint32_t start_ = 0;  // counts them
  std::thread teller_;
};
TimeClient& time_client();

/// Hands the time that has come to sntp_sync_time, without any lock; false: there is none. For those who
/// attached a host without threads.
bool deliver_time();

}  // namespace linnet::compat
