// SPDX-License-Identifier: Apache-2.0
#include "tls/credentials.hpp"

#include "tls/calendar.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::year_2026;

TEST(TlsCredentials, what_cannot_be_read_is_told) {
  Trust trust;
  EXPECT_EQ(trust.add(test::bytes_of("no certificate")), 0);
  EXPECT_FALSE(trust.problem().empty());
  EXPECT_EQ(trust.chain(), nullptr);
  EXPECT_EQ(trust.add_file("/nonexistent"), 0);
  const SelfSigned a = make_self_signed({.not_before = 0, .not_after = test::day}, test::seed_of(1));
  const SelfSigned b = make_self_signed({.not_before = 0, .not_after = test::day}, test::seed_of(2));
  Identity mixed;
  EXPECT_FALSE(mixed.load(test::bytes_of(a.certificate), test::bytes_of(b.key), test::seed_of(3)));
  EXPECT_TRUE(mixed.problem().starts_with("the key is not that of the certificate")) << mixed.problem();
  Identity good;
  ASSERT_TRUE(good.load(test::bytes_of(a.certificate), test::bytes_of(a.key), test::seed_of(3)));
  EXPECT_EQ(fingerprint_words(good.fingerprint()).size(), 95u);
}

TEST(TlsCalendar, there_and_back) {
  EXPECT_EQ(days_since_1970(1970, 1, 1), 0);
  EXPECT_EQ(days_since_1970(2000, 3, 1), 11017);
  EXPECT_EQ(days_since_1970(2026, 1, 1) * 86400, year_2026);
  for (std::int64_t seconds = 0; seconds < 4102444800; seconds += 86400 * 13 + 12345) {
    EXPECT_EQ(seconds_since_1970(date_of(seconds)), seconds);
  }
}

}  // namespace
}  // namespace linnet::tls
