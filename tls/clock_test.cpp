// SPDX-License-Identifier: Apache-2.0
// What mbedTLS measures in time follows the machine's wall clock, and never the C library's.
#include "tls/clock.hpp"

#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::Pair;
using test::seed_of;
using test::TlsConnection;
using test::year_2026;

class TlsClock : public TlsConnection {
 protected:
  void set(std::int64_t seconds) { port.set_wall_clock(Duration::seconds(seconds)); }
  /// Whether a session of a connection at year_2026 is resumed `later` seconds after it.
  bool resumes_after(std::int64_t later) {
    Tickets tickets(seed_of(3), Duration::seconds(3600));
    Options server = server_options();
    server.tickets = &tickets;
    std::vector<std::uint8_t> saved(4096);
    Pair first(client_options(), server, year_2026);
    EXPECT_TRUE(first.shake());
    EXPECT_EQ(test::carry(*first.server, *first.client, "first"), "first");
    saved.resize(first.client->save_session(saved));
    EXPECT_FALSE(saved.empty());
    Options again = client_options();
    again.session = saved;
    Pair second(again, server, year_2026 + later);
    EXPECT_TRUE(second.shake()) << "a ticket that is too old is a full handshake";
    EXPECT_EQ(second.client->resumed(), second.server->resumed());
    return second.server->resumed();
  }
  sockets::SingleThreadPort port{seed_of(9), Instant::from_microseconds(1)};
};

TEST_F(TlsClock, the_innermost_clock_in_force_is_read) {
  sockets::SingleThreadPort other{seed_of(8), Instant::from_microseconds(1)};
  other.set_wall_clock(Duration::seconds(7));
  set(year_2026);
  const std::int64_t before = std::time(nullptr);
  EXPECT_GE(clock_seconds(), before) << "without a machine: the C library's";
  attach_clock(&port);
  EXPECT_EQ(clock_seconds(), year_2026);
  {
    const ClockOf outer(other);
    EXPECT_EQ(clock_seconds(), 7);
    {
      const ClockOf inner(port);
      EXPECT_EQ(clock_seconds(), year_2026);
    }
    std::time_t told = 0;
    EXPECT_EQ(linnet_mbedtls_time(&told), 7);
    EXPECT_EQ(told, 7);
  }
  EXPECT_EQ(linnet_mbedtls_time(nullptr), year_2026);
  attach_clock(nullptr);
  EXPECT_GE(clock_seconds(), before);
}

TEST_F(TlsClock, RFC5077_a_ticket_lives_as_long_as_was_said) {
  if (library::has_tls13) GTEST_SKIP() << "3.6 measures tickets in the C library's milliseconds";
  EXPECT_TRUE(resumes_after(0));
  EXPECT_TRUE(resumes_after(3000));
  EXPECT_FALSE(resumes_after(3700));
  EXPECT_FALSE(resumes_after(7300)) << "the keys have changed twice";
}

TEST_F(TlsClock, RFC5246_the_random_begins_with_the_machines_time) {
  // 7.4.1.2: gmt_unix_time, which mbedTLS 2.28 still writes.
  if (library::has_tls13) GTEST_SKIP() << "3.6 has chance there";
  Pair pair(client_options(), server_options(), year_2026);
  EXPECT_EQ(pair.client->handshake(), Step::want_read);
  std::uint32_t seconds = 0;  // behind the heads of record and message and the version
  ASSERT_GT(pair.to_server.bytes.size(), 15u);
  for (std::size_t i = 11; i < 15; ++i) seconds = seconds << 8 | pair.to_server.bytes[i];
  EXPECT_EQ(seconds, static_cast<std::uint32_t>(year_2026));
}

TEST_F(TlsClock, RFC6347_a_cookie_is_good_for_a_minute) {
  Cookies cookies(seed_of(4));
  const std::array<std::uint8_t, 4> who{192, 0, 2, 1};
  const auto is_good = [&](std::int64_t later) {
    const ClockOf clock(port);
    std::array<std::uint8_t, 64> cookie{};
    std::uint8_t* end = cookie.data();
    set(year_2026);
    EXPECT_EQ(mbedtls_ssl_cookie_write(&cookies.context(), &end, cookie.data() + cookie.size(), who.data(),
                                       who.size()),
              0);
    set(year_2026 + later);
    return mbedtls_ssl_cookie_check(&cookies.context(), cookie.data(),
                                    static_cast<std::size_t>(end - cookie.data()), who.data(),
                                    who.size()) == 0;
  };
  EXPECT_TRUE(is_good(0));
  EXPECT_TRUE(is_good(MBEDTLS_SSL_COOKIE_TIMEOUT));
  EXPECT_FALSE(is_good(MBEDTLS_SSL_COOKIE_TIMEOUT + 1));
}

}  // namespace
}  // namespace linnet::tls
