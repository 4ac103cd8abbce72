// SPDX-License-Identifier: Apache-2.0
// Which certificates are accepted, of servers and of clients.
#include "tls/connection.hpp"

#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::Pair;
using test::TestIdentity;
using test::TlsConnection;
using test::year_2026;

TEST_F(TlsConnection, C27_05_another_host_is_refused) {
  Options options = client_options();
  options.host_name = "other.example";
  Pair pair(options, server_options());
  EXPECT_FALSE(pair.shake());
  EXPECT_EQ(pair.client->error(), Error::certificate);
  EXPECT_EQ(pair.client->words(),
            "the certificate is for device.example, *.wild.example, 192.0.2.1, not for other.example");
  // In TLS 1.3 the alert comes encrypted before the server expects it, and mbedTLS takes it for nonsense.
  EXPECT_EQ(pair.server->error(), library::has_tls13 ? Error::protocol : Error::refused);
}

TEST_F(TlsConnection, C27_05_names_and_addresses_that_the_certificate_has) {
  for (const std::string_view host : {"DEVICE.example", "a.wild.example", "192.0.2.1"}) {
    Options options = client_options();
    options.host_name = host;
    Pair pair(options, server_options());
    EXPECT_TRUE(pair.shake()) << host << ": " << pair.client->words();
  }
  for (const std::string_view host :
       {"wild.example", "a.b.wild.example", "192.0.2.2", "::1", "device.example.org"}) {
    Options options = client_options();
    options.host_name = host;
    Pair pair(options, server_options());
    EXPECT_FALSE(pair.shake()) << host;
    EXPECT_EQ(pair.client->error(), Error::certificate) << host;
  }
}

TEST_F(TlsConnection, RFC6066_3_the_dot_of_the_root_is_not_in_the_name) {
  std::string asked;
  Options server = server_options();
  server.choose_context = &asked;
  server.choose = [](void* context, std::string_view name) -> const Identity* {
    *static_cast<std::string*>(context) = name;
    return nullptr;
  };
  Options options = client_options();
  options.host_name = "device.example.";
  Pair pair(options, server);
  EXPECT_TRUE(pair.shake()) << pair.client->words();
  EXPECT_EQ(asked, "device.example");
  for (const std::string_view nothing : {"other.example.", "device.example..", "."}) {
    options.host_name = nothing;
    Pair refused(options, server);
    EXPECT_FALSE(refused.shake()) << nothing;
  }
}

TEST_F(TlsConnection, RFC6874_an_address_is_checked_without_its_zone) {
  const TestIdentity local({}, {*IpAddress::parse("fe80::1")});
  for (const std::string_view host : {"fe80::1%net0", "fe80::1%3", "fe80::1", "fe80::2%net0"}) {
    Pair pair({.host_name = host, .trust = &local.trust}, {.identity = &local.identity});
    EXPECT_EQ(pair.shake(), host != "fe80::2%net0") << host << ": " << pair.client->words();
  }
}

TEST_F(TlsConnection, C27_05_an_address_that_is_only_a_name_is_refused) {
  const TestIdentity named({"192.0.2.7"});
  Options options{.host_name = "192.0.2.7", .trust = &named.trust};
  Pair pair(options, {.identity = &named.identity});
  EXPECT_FALSE(pair.shake());
  EXPECT_EQ(pair.client->error(), Error::certificate);
}

TEST_F(TlsConnection, C27_05_dates_are_those_of_our_clock) {
  struct Row {
    std::int64_t clock;
    std::string_view words;
  };
  for (const Row& row :
       {Row{year_2026 + 366 * test::day, "the certificate expired on 2027-01-01 00:00 UTC"},
        Row{year_2026 - 2 * test::day,
            "the certificate is not valid before 2025-12-31 00:00 UTC, and it is 2025-12-30 00:00 UTC"},
        Row{0,
            "the certificate is not valid before 2025-12-31 00:00 UTC, and this machine does not "
            "know the time"}}) {
    Pair pair(client_options(), server_options(), row.clock);
    EXPECT_FALSE(pair.shake());
    EXPECT_EQ(pair.client->error(), Error::certificate);
    EXPECT_EQ(pair.client->words(), row.words);
  }
}

TEST_F(TlsConnection, C27_05_dates_that_only_the_other_clock_finds_right) {
  // Expired for the C library's clock, valid for ours.
  const TestIdentity old({"old.example"}, {}, 1000000000, 1000000000 + test::day);
  Pair pair({.host_name = "old.example", .trust = &old.trust}, {.identity = &old.identity},
            1000000000 + 3600);
  EXPECT_TRUE(pair.shake()) << pair.client->words();
}

TEST_F(TlsConnection, C27_05_self_signed_by_nobody_known_is_refused) {
  const TestIdentity stranger({"device.example"}, {}, year_2026 - 1, year_2026 + 1, 7);
  Pair pair(client_options(), {.identity = &stranger.identity});
  EXPECT_FALSE(pair.shake());
  EXPECT_EQ(pair.client->error(), Error::certificate);
  EXPECT_EQ(pair.client->words(),
            "the certificate is self-signed, and not among those that are trusted: CN=a test");
}

TEST_F(TlsConnection, C27_05_no_check_without_something_to_check_for) {
  Pair unnamed({.trust = &device.trust}, server_options());
  EXPECT_FALSE(unnamed.shake());
  EXPECT_EQ(unnamed.client->error(), Error::setup);
  Pair trustless({.host_name = "device.example"}, server_options());
  EXPECT_FALSE(trustless.shake());
  EXPECT_EQ(trustless.client->error(), Error::setup);
}

TEST_F(TlsConnection, a_chain_that_is_right_whoever_it_is_for) {
  Options options{.verify = Verify::chain, .host_name = "other.example", .trust = &device.trust};
  Pair pair(options, server_options());
  EXPECT_TRUE(pair.shake()) << pair.client->words();
  Pair late(options, server_options(), year_2026 + 366 * test::day);
  EXPECT_FALSE(late.shake());
  EXPECT_EQ(late.client->error(), Error::certificate);
}

TEST_F(TlsConnection, without_verification_all_doubts_are_told) {
  constexpr std::string_view stranger =
      "the certificate is self-signed, and not among those that are trusted: CN=a test";
  constexpr std::string_view other =
      "the certificate is for device.example, *.wild.example, 192.0.2.1, not for other.example";
  Pair pair({.verify = Verify::none, .host_name = "other.example"}, server_options());
  ASSERT_TRUE(pair.shake()) << pair.client->words();
  EXPECT_FALSE(pair.client->peer_verified());
  EXPECT_EQ(pair.client->certificate_words(), std::string(stranger) + "; " + std::string(other));

  Pair late({.verify = Verify::none, .host_name = "other.example"}, server_options(),
            year_2026 + 366 * test::day);
  ASSERT_TRUE(late.shake()) << late.client->words();
  EXPECT_EQ(late.client->certificate_words(), std::string(stranger) + "; " + std::string(other) +
                                                  "; the certificate expired on 2027-01-01 00:00 UTC");

  Pair unset({.verify = Verify::none, .host_name = "device.example", .trust = &device.trust},
             server_options(), 0);
  ASSERT_TRUE(unset.shake()) << unset.client->words();
  EXPECT_EQ(
      unset.client->certificate_words(),
      "the certificate is not valid before 2025-12-31 00:00 UTC, and this machine does not know the time");
}

TEST_F(TlsConnection, a_refusal_tells_all_that_is_wrong) {
  Options options = client_options();
  options.host_name = "other.example";
  Pair pair(options, server_options(), year_2026 + 366 * test::day);
  EXPECT_FALSE(pair.shake());
  EXPECT_EQ(pair.client->words(),
            "the certificate is for device.example, *.wild.example, 192.0.2.1, not for other.example; the "
            "certificate expired on 2027-01-01 00:00 UTC");
}

TEST_F(TlsConnection, RFC6066_3_the_name_chooses_the_certificate) {
  const TestIdentity other({"second.example"}, {}, year_2026 - 1, year_2026 + 1, 5);
  Options server = server_options();
  server.choose_context = const_cast<TestIdentity*>(&other);
  server.choose = [](void* context, std::string_view name) -> const Identity* {
    return name == "second.example" ? &static_cast<const TestIdentity*>(context)->identity : nullptr;
  };
  Pair second({.host_name = "second.example", .trust = &other.trust}, server);
  EXPECT_TRUE(second.shake()) << second.client->words();
  Pair first(client_options(), server);
  EXPECT_TRUE(first.shake()) << first.client->words();
}

TEST_F(TlsConnection, client_certificates) {
  const TestIdentity person({"person"}, {}, year_2026 - 1, year_2026 + 1, 6);
  Options server = server_options();
  server.client_certificate = ClientCertificate::required;
  server.trust = &person.trust;
  Options with = client_options();
  with.identity = &person.identity;
  Pair known(with, server);
  ASSERT_TRUE(known.shake()) << known.server->words();
  EXPECT_TRUE(known.server->peer_verified());

  Pair without(client_options(), server);
  EXPECT_FALSE(without.shake());
  EXPECT_EQ(without.server->error(), Error::certificate);
  EXPECT_EQ(without.server->words(), "the client showed no certificate");

  with.identity = &device.identity;
  Pair unknown(with, server);
  EXPECT_FALSE(unknown.shake());
  EXPECT_EQ(unknown.server->error(), Error::certificate);

  server.client_certificate = ClientCertificate::optional;
  Pair tolerated(client_options(), server);
  ASSERT_TRUE(tolerated.shake()) << tolerated.server->words();
  EXPECT_FALSE(tolerated.server->peer_verified());
}

}  // namespace
}  // namespace linnet::tls
