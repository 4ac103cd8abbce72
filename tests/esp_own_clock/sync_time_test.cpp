// SPDX-License-Identifier: Apache-2.0
// A program with a sntp_sync_time of its own, which takes the place of ESP-IDF's: a program of its own, too.
#include "tests/esp_idf/test_time_peer.hpp"

namespace {

std::vector<timeval> given;

}  // namespace

extern "C" void sntp_sync_time(struct timeval* tv) { given.push_back(*tv); }

namespace linnet::esp {
namespace {

using namespace test;

TEST_F(Sntp, AProgramsOwnSyncTimeIsGivenTheTimeAndTheClockIsLeftToIt) {
  sntp_set_time_sync_notification_cb(tell);
  set_peer();
  sntp_init();
  pass_and_tell(Duration::seconds(5));
  ASSERT_EQ(given.size(), 1u);
  EXPECT_EQ(given[0].tv_sec, true_seconds());
  EXPECT_LT(linnet_time(nullptr), 60) << "it sets no clock";
  EXPECT_TRUE(told.empty()) << "nor does it tell";
  EXPECT_EQ(sntp_get_sync_status(), SNTP_SYNC_STATUS_RESET);
}

}  // namespace
}  // namespace linnet::esp
