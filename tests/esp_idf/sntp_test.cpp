// SPDX-License-Identifier: Apache-2.0
// lwip/apps/sntp.h, esp_sntp.h, esp_netif_sntp.h and POSIX' time, call by call, with a peer that serves the
// time.
#include "tests/esp_idf/test_time_peer.hpp"

#include <cerrno>

// As compat/posix/include renames them in programs.
extern "C" {
int linnet_gettimeofday(struct timeval* time, void* zone);
int linnet_settimeofday(const struct timeval* time, const struct timezone* zone);
int linnet_adjtime(const struct timeval* delta, struct timeval* before);
int linnet_clock_gettime(clockid_t clock, struct timespec* time);
int linnet_clock_settime(clockid_t clock, const struct timespec* time);
int linnet_timespec_get(struct timespec* time, int base);
}

namespace linnet::esp {
namespace {

using namespace test;

TEST_F(Sntp, BeforeTheTimeIsKnownItIs1970) {
  const time_t began = linnet_time(nullptr);
  EXPECT_LT(began, 60);
  pass(Duration::seconds(10));
  EXPECT_EQ(linnet_time(nullptr), began + 10);
  EXPECT_EQ(sntp_get_current_timestamp(), 0u);
  EXPECT_EQ(sntp_get_sync_status(), SNTP_SYNC_STATUS_RESET);
}

TEST_F(Sntp, ESP_1_11_106_TheTextsSnippet) {
  ip_addr_t addr;
  std::memset(&addr, 0x5a, sizeof addr);  // uninitialised in the text
  sntp_setoperatingmode(SNTP_OPMODE_POLL);
  lwip_inet_pton(AF_INET, "192.0.2.20", &addr);
  sntp_setserver(0, &addr);
  EXPECT_EQ(sntp_enabled(), 0);
  sntp_init();
  EXPECT_EQ(sntp_enabled(), 1);
  EXPECT_LT(linnet_time(nullptr), 60) << "it comes later";
  pass_and_tell(Duration::seconds(5));
  EXPECT_EQ(linnet_time(nullptr), true_seconds());
  EXPECT_EQ(sntp_get_current_timestamp(), true_seconds());
  time_t at = 0;
  EXPECT_EQ(linnet_time(&at), at);
  sntp_stop();
  EXPECT_EQ(sntp_enabled(), 0);
  pass(Duration::seconds(100));
  EXPECT_EQ(linnet_time(nullptr), true_seconds()) << "the clock goes on";
}

TEST_F(Sntp, PosixCallsAgree) {
  set_peer();
  sntp_init();
  pass_and_tell(Duration::seconds(5));
  timeval tv{};
  timespec ts{};
  timespec other{};
  EXPECT_EQ(linnet_gettimeofday(&tv, nullptr), 0);
  EXPECT_EQ(linnet_clock_gettime(CLOCK_REALTIME, &ts), 0);
  EXPECT_EQ(linnet_timespec_get(&other, TIME_UTC), TIME_UTC);
  EXPECT_EQ(tv.tv_sec, true_seconds());
  EXPECT_EQ(ts.tv_sec, tv.tv_sec);
  EXPECT_EQ(ts.tv_nsec, tv.tv_usec * 1000);
  EXPECT_EQ(other.tv_nsec, ts.tv_nsec);
  EXPECT_EQ(linnet_timespec_get(&other, 99), 0);
  EXPECT_EQ(linnet_clock_gettime(CLOCK_MONOTONIC, &ts), 0);
  EXPECT_NE(ts.tv_sec, tv.tv_sec) << "the host's";
}

TEST_F(Sntp, ProgramsSetTheirClock) {
  const timeval set{.tv_sec = 1000000000, .tv_usec = 250000};
  EXPECT_EQ(linnet_settimeofday(&set, nullptr), 0);
  EXPECT_EQ(linnet_time(nullptr), 1000000000);
  const timespec later{.tv_sec = 1100000000, .tv_nsec = 5000};
  EXPECT_EQ(linnet_clock_settime(CLOCK_REALTIME, &later), 0);
  EXPECT_EQ(linnet_time(nullptr), 1100000000);
  const timeval wrong{.tv_sec = 0, .tv_usec = 1000000};
  EXPECT_EQ(linnet_settimeofday(&wrong, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(linnet_clock_settime(CLOCK_MONOTONIC, &later), -1);
  EXPECT_EQ(linnet_clock_settime(CLOCK_REALTIME, nullptr), -1);
  const timeval before_1970{.tv_sec = -2, .tv_usec = 500000};
  EXPECT_EQ(linnet_settimeofday(&before_1970, nullptr), 0);
  timeval tv{};
  linnet_gettimeofday(&tv, nullptr);
  EXPECT_EQ(tv.tv_sec, -2);
  EXPECT_EQ(tv.tv_usec, 500000);
}

TEST_F(Sntp, AdjtimeRunsFasterUntilItIsRight) {
  const timeval set{.tv_sec = 1000000000, .tv_usec = 0};
  linnet_settimeofday(&set, nullptr);
  const timeval delta{.tv_sec = 1, .tv_usec = 0};
  timeval before{};
  EXPECT_EQ(linnet_adjtime(&delta, &before), 0);
  EXPECT_EQ(before.tv_sec, 0);
  pass(Duration::seconds(32));
  EXPECT_EQ(linnet_adjtime(nullptr, &before), 0);
  EXPECT_EQ(before.tv_usec, 500000) << "a 64th";
  pass(Duration::seconds(32));
  EXPECT_EQ(linnet_time(nullptr), 1000000065);
  const timeval too_much{.tv_sec = 36 * 60, .tv_usec = 0};
  EXPECT_EQ(linnet_adjtime(&too_much, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(Sntp, TheStatusIsCompleteOnceAndTheCallbackIsTold) {
  sntp_set_time_sync_notification_cb(tell);
  set_peer();
  sntp_init();
  pass_and_tell(Duration::seconds(5));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].tv_sec, true_seconds());
  EXPECT_EQ(sntp_get_sync_status(), SNTP_SYNC_STATUS_COMPLETED);
  EXPECT_EQ(sntp_get_sync_status(), SNTP_SYNC_STATUS_RESET);
  EXPECT_FALSE(compat::deliver_time()) << "told once";
}

TEST_F(Sntp, SmoothModeSlewsSmallErrorsAndStepsLargeOnes) {
  sntp_set_sync_mode(SNTP_SYNC_MODE_SMOOTH);
  EXPECT_EQ(sntp_get_sync_mode(), SNTP_SYNC_MODE_SMOOTH);
  set_peer();
  sntp_init();
  pass_and_tell(Duration::seconds(5));
  EXPECT_EQ(linnet_time(nullptr), true_seconds()) << "from 1970 at once";
  EXPECT_EQ(sntp_get_sync_status(), SNTP_SYNC_STATUS_COMPLETED);
  const timeval wrong{.tv_sec = true_seconds() - 10, .tv_usec = 0};
  linnet_settimeofday(&wrong, nullptr);
  EXPECT_TRUE(sntp_restart());
  pass_and_tell(Duration::seconds(20));
  EXPECT_EQ(sntp_get_sync_status(), SNTP_SYNC_STATUS_IN_PROGRESS);
  EXPECT_LT(linnet_time(nullptr), true_seconds() - 5);
  pass(Duration::seconds(660));
  EXPECT_EQ(sntp_get_sync_status(), SNTP_SYNC_STATUS_COMPLETED);
  EXPECT_EQ(linnet_time(nullptr), true_seconds());
}

TEST_F(Sntp, ServersAreKeptByIndex) {
  set_peer(0);
  sntp_setservername(1, "time.example");
  EXPECT_EQ(sntp_getserver(0)->u_addr.ip4.addr, lwip_htonl(peer_address.v4_value()));
  EXPECT_EQ(sntp_getservername(0), nullptr);
  EXPECT_STREQ(sntp_getservername(1), "time.example");
  EXPECT_TRUE(ip_addr_isany(sntp_getserver(1)));
  EXPECT_EQ(sntp_getservername(200), nullptr);
  EXPECT_TRUE(ip_addr_isany(sntp_getserver(200)));
  sntp_setserver(200, IP_ADDR_ANY);
  sntp_setservername(1, nullptr);
  EXPECT_EQ(sntp_getservername(1), nullptr);
  sntp_init();
  pass_and_tell(Duration::seconds(5));
  EXPECT_EQ(sntp_getserver(0)->u_addr.ip4.addr, lwip_htonl(peer_address.v4_value()));
  EXPECT_EQ(sntp_getreachability(0), 1);
  EXPECT_EQ(sntp_getreachability(1), 0);
  EXPECT_EQ(sntp_getkodreceived(0), 0);
  sntp_setserver(0, IP_ADDR_ANY);
  EXPECT_TRUE(ip_addr_isany(sntp_getserver(0)));
}

TEST_F(Sntp, ANameUnderLocalIsResolvedOnTheLink) {
  ASSERT_TRUE(peer.agent().start("clock", now()));
  pass(Duration::seconds(5));
  sntp_setservername(2, "clock.local");
  sntp_init();
  pass_and_tell(Duration::seconds(10));
  EXPECT_EQ(linnet_time(nullptr), true_seconds());
  EXPECT_EQ(sntp_getreachability(2), 1);
  EXPECT_FALSE(ip_addr_isany(sntp_getserver(2))) << "its address is known now";
}

TEST_F(Sntp, TheModeIsChosenBeforeItBegins) {
  sntp_setoperatingmode(SNTP_OPMODE_LISTENONLY);
  EXPECT_EQ(sntp_getoperatingmode(), SNTP_OPMODE_LISTENONLY);
  EXPECT_EQ(esp_sntp_getoperatingmode(), ESP_SNTP_OPMODE_LISTENONLY);
  sntp_init();
  sntp_setoperatingmode(SNTP_OPMODE_POLL);
  EXPECT_EQ(sntp_getoperatingmode(), SNTP_OPMODE_LISTENONLY) << "it runs";
}

TEST_F(Sntp, TheIntervalIsAtLeast15Seconds) {
  EXPECT_EQ(sntp_get_sync_interval(), 3600000u);
  sntp_set_sync_interval(1000);
  EXPECT_EQ(sntp_get_sync_interval(), 15000u);
  EXPECT_FALSE(sntp_restart()) << "it does not run";
  sntp_set_time_sync_notification_cb(tell);
  set_peer();
  sntp_init();
  sntp_init();
  for (int i = 0; i < 70; ++i) pass_and_tell(Duration::seconds(1));
  EXPECT_GE(told.size(), 4u);
}

TEST_F(Sntp, AServerThatComesLateIsFound) {
  server_->stop();
  set_peer();
  sntp_init();
  pass_and_tell(Duration::seconds(60));
  EXPECT_LT(linnet_time(nullptr), 100);
  ASSERT_TRUE(server_->start());
  pass_and_tell(Duration::seconds(300));
  EXPECT_EQ(linnet_time(nullptr), true_seconds());
}

TEST_F(Sntp, ESP_1_11_101_TheZoneOfTheOldCalls) {
  EXPECT_FALSE(sntp_set_timezone(14));
  EXPECT_FALSE(sntp_set_timezone(-12));
  EXPECT_TRUE(sntp_set_timezone(-5));
  EXPECT_EQ(sntp_get_timezone(), -5);
  EXPECT_STREQ(sntp_get_real_time(1480204800), "Sat Nov 26 19:00:00 2016\n");
  EXPECT_STREQ(sntp_get_real_time(), "Wed Dec 31 19:00:00 1969\n") << "the time is not known";
  EXPECT_TRUE(sntp_set_timezone(0));
}

TEST_F(Sntp, EspNetifTakesAllInOneStructure) {
  unsigned int reach = 0;
  EXPECT_EQ(esp_netif_sntp_start(), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(esp_netif_sntp_sync_wait(0), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(esp_netif_sntp_reachability(0, &reach), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(esp_netif_sntp_init(nullptr), ESP_ERR_INVALID_ARG);
  esp_sntp_config_t config =
      ESP_NETIF_SNTP_DEFAULT_CONFIG_MULTIPLE(2, ESP_SNTP_SERVER_LIST("192.0.2.20", "192.0.2.99"));
  config.start = false;
  config.index_of_first_server = 1;
  config.sync_cb = tell;
  ASSERT_EQ(esp_netif_sntp_init(&config), ESP_OK);
  EXPECT_EQ(esp_netif_sntp_init(&config), ESP_ERR_INVALID_STATE);
  EXPECT_FALSE(esp_sntp_enabled());
  EXPECT_STREQ(esp_sntp_getservername(1), "192.0.2.20");
  EXPECT_EQ(esp_netif_sntp_start(), ESP_OK);
  EXPECT_EQ(esp_netif_sntp_sync_wait(0), ESP_ERR_TIMEOUT);
  pass_and_tell(Duration::seconds(10));
  EXPECT_EQ(esp_netif_sntp_sync_wait(0), ESP_OK);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(esp_netif_sntp_reachability(1, &reach), ESP_OK);
  EXPECT_EQ(reach, 1u);
  EXPECT_EQ(esp_netif_sntp_reachability(8, &reach), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_netif_sntp_reachability(0, nullptr), ESP_ERR_INVALID_ARG);
  esp_netif_sntp_deinit();
  EXPECT_FALSE(esp_sntp_enabled());
  EXPECT_EQ(esp_sntp_getservername(1), nullptr);
  esp_sntp_config_t many = ESP_NETIF_SNTP_DEFAULT_CONFIG("192.0.2.20");
  many.index_of_first_server = 8;
  EXPECT_EQ(esp_netif_sntp_init(&many), ESP_ERR_INVALID_ARG);
}

TEST_F(Sntp, EspNetifSaysThatASmoothChangeGoesOn) {
  const timeval wrong{.tv_sec = true_seconds() - 60, .tv_usec = 0};
  linnet_settimeofday(&wrong, nullptr);
  esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG("192.0.2.20");
  config.smooth_sync = true;
  ASSERT_EQ(esp_netif_sntp_init(&config), ESP_OK);
  EXPECT_TRUE(esp_sntp_enabled());
  pass_and_tell(Duration::seconds(10));
  EXPECT_EQ(esp_netif_sntp_sync_wait(0), ESP_ERR_NOT_FINISHED);
}

}  // namespace
}  // namespace linnet::esp
