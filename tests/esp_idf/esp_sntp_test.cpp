// SPDX-License-Identifier: Apache-2.0
// The names that esp_sntp.h gives to the calls of the time client, each with what it does.
#include "tests/esp_idf/test_time_peer.hpp"

namespace linnet::esp {
namespace {

using namespace test;

TEST_F(Sntp, EspNamesBeginAndEndIt) {
  const ip_addr_t address = compat::ip_addr_of(peer_address);
  esp_sntp_setserver(0, &address);
  EXPECT_EQ(compat::address_of(*esp_sntp_getserver(0)), peer_address);
  EXPECT_FALSE(esp_sntp_enabled());
  EXPECT_FALSE(esp_sntp_restart()) << "it does not run";
  esp_sntp_init();
  EXPECT_TRUE(esp_sntp_enabled());
  EXPECT_EQ(esp_sntp_getreachability(0), 0);
  pass_and_tell(Duration::seconds(5));
  EXPECT_EQ(linnet_time(nullptr), true_seconds());
  EXPECT_EQ(esp_sntp_getreachability(0), 1);
  EXPECT_EQ(esp_sntp_get_sync_status(), SNTP_SYNC_STATUS_COMPLETED);
  esp_sntp_set_time_sync_notification_cb(tell);
  EXPECT_TRUE(esp_sntp_restart());
  pass_and_tell(Duration::seconds(20));
  EXPECT_EQ(told.size(), 1u) << "it was asked anew";
  esp_sntp_stop();
  EXPECT_FALSE(esp_sntp_enabled());
  EXPECT_FALSE(esp_sntp_restart());
}

TEST_F(Sntp, EspNamesOfTheSettings) {
  esp_sntp_setoperatingmode(ESP_SNTP_OPMODE_LISTENONLY);
  EXPECT_EQ(esp_sntp_getoperatingmode(), ESP_SNTP_OPMODE_LISTENONLY);
  EXPECT_EQ(sntp_getoperatingmode(), SNTP_OPMODE_LISTENONLY);
  esp_sntp_setoperatingmode(ESP_SNTP_OPMODE_POLL);
  EXPECT_EQ(sntp_getoperatingmode(), SNTP_OPMODE_POLL);
  esp_sntp_setservername(1, "time.example");
  EXPECT_STREQ(esp_sntp_getservername(1), "time.example");
  EXPECT_STREQ(sntp_getservername(1), "time.example");
  EXPECT_EQ(esp_sntp_getservername(0), nullptr);
  esp_sntp_set_sync_interval(20000);
  EXPECT_EQ(esp_sntp_get_sync_interval(), 20000u);
  esp_sntp_set_sync_mode(SNTP_SYNC_MODE_SMOOTH);
  EXPECT_EQ(esp_sntp_get_sync_mode(), SNTP_SYNC_MODE_SMOOTH);
  EXPECT_EQ(sntp_get_sync_mode(), SNTP_SYNC_MODE_SMOOTH);
  esp_sntp_set_sync_status(SNTP_SYNC_STATUS_COMPLETED);
  EXPECT_EQ(esp_sntp_get_sync_status(), SNTP_SYNC_STATUS_COMPLETED);
  EXPECT_EQ(esp_sntp_get_sync_status(), SNTP_SYNC_STATUS_RESET) << "told once";
}

TEST_F(Sntp, EspSyncTimeSetsTheClockAndTells) {
  esp_sntp_set_time_sync_notification_cb(tell);
  timeval set{.tv_sec = 1234567890, .tv_usec = 0};
  esp_sntp_sync_time(&set);
  EXPECT_EQ(linnet_time(nullptr), 1234567890);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].tv_sec, 1234567890);
}

TEST_F(Sntp, EspServersOfALeaseAreAskedOnceThatIsWanted) {
  std::vector<std::uint8_t> memory(dhcp::Client::memory_needed({}) + Arena::alignment);
  Arena arena(memory);
  dhcp::Client client(host_.host.stack(), interface_, {}, arena);  // without a lease
  compat::attach(host_.host, &*resolver_,
                 {.first_descriptor = 1000, .mdns = &*agent_, .dhcp = &client, .threads = false});
  const ip_addr_t address = compat::ip_addr_of(peer_address);
  esp_sntp_setserver(0, &address);
  esp_sntp_servermode_dhcp(true);
  EXPECT_EQ(compat::address_of(*esp_sntp_getserver(0)), peer_address) << "what was set stays";
  esp_sntp_servermode_dhcp(false);
  EXPECT_EQ(compat::address_of(*esp_sntp_getserver(0)), peer_address);
  compat::attach(host_.host, &*resolver_, {.first_descriptor = 1000, .mdns = &*agent_, .threads = false});
}

}  // namespace
}  // namespace linnet::esp
