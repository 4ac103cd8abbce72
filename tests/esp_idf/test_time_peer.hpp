// SPDX-License-Identifier: Apache-2.0
// A host whose peer serves the time.
#pragma once

#include "compat/lwip/calls.hpp"
#include "compat/lwip/time_client.hpp"
#include "compat/lwip/wall_clock.hpp"
#include "services/sntp/server.hpp"
#include "tests/esp_idf/test_segment.hpp"

#include <apps/sntp/sntp.h>
#include <esp_netif_sntp.h>
#include <esp_sntp.h>

// As compat/posix/include renames it in programs.
extern "C" time_t linnet_time(time_t* at);

namespace linnet::esp::test {

inline constexpr std::int64_t true_time = 1800000000;  // where the peer's clock begins

inline std::vector<timeval> told;
inline void tell(timeval* tv) { told.push_back(*tv); }

class Sntp : public Segment {
 protected:
  Sntp() {
    told.clear();
    compat::attach(
        host_.host, &*resolver_,
        {.first_descriptor = 1000, .mdns = &*agent_, .sntp_startup = Duration(), .threads = false});
    Arena arena(client_memory_);
    client_.emplace(peer.stack(), sntp::Config{}, arena);
    client_->set_unix_time(sntp::UnixTime::from_seconds(true_time), now());
    began_ = now();
    Arena server_arena(server_memory_);
    server_.emplace(peer.stack(), sntp::ServerConfig{.local_stratum = 3}, *client_, server_arena);
    EXPECT_TRUE(server_->start());
    peer.service = [this](Instant at) { return server_->poll(at); };
  }
  ~Sntp() override {
    esp_netif_sntp_deinit();
    sntp_stop();
    sntp_set_time_sync_notification_cb(nullptr);
    sntp_set_sync_mode(SNTP_SYNC_MODE_IMMED);
    sntp_set_sync_status(SNTP_SYNC_STATUS_RESET);
    sntp_servermode_dhcp(0);
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_set_sync_interval(3600000);
    for (u8_t i = 0; i < 8; ++i) sntp_setserver(i, nullptr);
    peer.service = nullptr;
    server_->stop();
  }
  std::int64_t true_seconds() { return true_time + (now() - began_).as_seconds(); }
  /// Lets time pass; what comes is told as a thread would.
  void pass_and_tell(Duration duration) {
    pass(duration);
    while (compat::deliver_time()) {
    }
  }
  static void set_peer(u8_t index = 0) {
    const ip_addr_t address = compat::ip_addr_of(peer_address);
    sntp_setserver(index, &address);
  }

  std::vector<std::uint8_t> client_memory_ =
      std::vector<std::uint8_t>(sntp::Client::memory_needed({}) + Arena::alignment);
  std::optional<sntp::Client> client_;
  std::vector<std::uint8_t> server_memory_ =
      std::vector<std::uint8_t>(sntp::Server::memory_needed({}) + Arena::alignment);
  std::optional<sntp::Server> server_;
  Instant began_;
};

}  // namespace linnet::esp::test
