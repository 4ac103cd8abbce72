// SPDX-License-Identifier: Apache-2.0
#include "tls/connection.hpp"

#include "tls/calendar.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::carry;
using test::Pair;
using test::TestIdentity;
using test::year_2026;

class TlsConnection : public ::testing::Test {
 protected:
  Options client_options() { return {.host_name = "device.example", .trust = &device.trust}; }
  Options server_options() { return {.identity = &device.identity}; }

  TestIdentity device{{"device.example", "*.wild.example"}, {IpAddress::v4(192, 0, 2, 1)}};
};

std::string text_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u) >> 24);
  return text;
}

TEST_F(TlsConnection, handshake_and_data_both_ways) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake()) << pair.client->words() << " | " << pair.server->words();
  EXPECT_EQ(pair.client->version(), "TLSv1.2");
  EXPECT_EQ(pair.client->suite(), "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256");
  EXPECT_TRUE(pair.client->peer_verified());
  EXPECT_FALSE(pair.client->resumed());
  const std::string text = text_of(100000);
  EXPECT_TRUE(carry(*pair.client, *pair.server, text) == text);
  EXPECT_TRUE(carry(*pair.server, *pair.client, text) == text);
}

TEST_F(TlsConnection, RFC5246_7_2_1_close_notify_is_the_clean_end) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake());
  ASSERT_EQ(pair.server->close(), Step::done);
  std::array<std::uint8_t, 8> buffer{};
  std::size_t count = 0;
  EXPECT_EQ(pair.client->read(buffer, count), Step::closed);
  EXPECT_EQ(pair.client->read(buffer, count), Step::closed);
  EXPECT_EQ(pair.client->error(), Error::none);
  EXPECT_TRUE(carry(*pair.client, *pair.server, "after it") == "after it")
      << "the other direction is still open";
}

TEST_F(TlsConnection, C27_03_an_end_without_close_notify_is_an_error) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake());
  ASSERT_EQ(carry(*pair.server, *pair.client, "half of it"), "half of it");
  pair.to_client.ended = true;
  std::array<std::uint8_t, 8> buffer{};
  std::size_t count = 0;
  EXPECT_EQ(pair.client->read(buffer, count), Step::failed);
  EXPECT_EQ(pair.client->error(), Error::truncated);
  EXPECT_EQ(pair.client->read(buffer, count), Step::failed) << "and stays one";
}

TEST_F(TlsConnection, C27_03_an_end_inside_a_record_or_the_handshake_is_an_error) {
  Pair whole(client_options(), server_options());
  ASSERT_TRUE(whole.shake());
  std::size_t count = 0;
  ASSERT_EQ(whole.server->write(test::bytes_of("0123456789"), count), Step::done);
  whole.to_client.bytes.pop_back();
  whole.to_client.ended = true;
  std::array<std::uint8_t, 16> buffer{};
  EXPECT_EQ(whole.client->read(buffer, count), Step::failed);
  EXPECT_EQ(whole.client->error(), Error::truncated);

  Pair early(client_options(), server_options());
  ASSERT_EQ(early.client->handshake(), Step::want_read);
  early.to_client.ended = true;
  EXPECT_EQ(early.client->handshake(), Step::failed);
  EXPECT_EQ(early.client->error(), Error::truncated);
}

TEST_F(TlsConnection, C27_02_calls_that_move_nothing_are_no_end) {
  // Both ends: before every call that does something, one that does not; one byte a call; 0 from send.
  Pair pair(client_options(), server_options());
  pair.to_client.most = pair.to_server.most = 1;
  const auto lazy = [](int& call, bool sending) -> std::optional<std::ptrdiff_t> {
    if (++call % 2 == 0) return std::nullopt;
    return sending ? 0 : Transport::would_block;
  };
  int client_calls = 0;
  int server_calls = 0;
  pair.client_end.spoil = [&](bool sending) { return lazy(client_calls, sending); };
  pair.server_end.spoil = [&](bool sending) { return lazy(server_calls, sending); };
  ASSERT_TRUE(pair.shake()) << pair.client->words() << " | " << pair.server->words();
  const std::string text = text_of(3000);
  EXPECT_TRUE(carry(*pair.client, *pair.server, text) == text);
  EXPECT_TRUE(carry(*pair.server, *pair.client, text) == text);
}

TEST_F(TlsConnection, C27_02_empty_records_are_no_end) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake());
  std::array<std::uint8_t, 8> buffer{};
  const auto empty_record = [&] {
    ASSERT_EQ(mbedtls_ssl_write(&pair.server->library(), buffer.data(), 0), 0);
  };
  empty_record();
  empty_record();
  std::size_t count = 0;
  ASSERT_EQ(pair.server->write(test::bytes_of("x"), count), Step::done);
  EXPECT_EQ(pair.client->read(buffer, count), Step::done) << pair.client->words();
  EXPECT_EQ(count, 1u);
}

TEST_F(TlsConnection, C27_02_each_result_at_each_call_of_the_transport) {
  // The handshake's calls are counted, then each of them in turn fails in each way: it goes on, or ends with
  // an error.
  int calls = 0;
  {
    Pair pair(client_options(), server_options());
    pair.client_end.spoil = [&calls](bool) { return ++calls, std::nullopt; };
    ASSERT_TRUE(pair.shake());
  }
  ASSERT_GT(calls, 8);
  for (int at = 1; at <= calls; ++at) {
    for (const std::ptrdiff_t result : {0, -1, -2, -3, -26880, -80, 1 << 20}) {
      Pair pair(client_options(), server_options());
      int call = 0;
      bool sent = false;
      pair.client_end.spoil = [&](bool sending) -> std::optional<std::ptrdiff_t> {
        if (++call != at) return std::nullopt;
        sent = sending;
        return result;
      };
      const bool goes_on = result == -1;
      const bool done = pair.shake(1000);
      const bool harmless = goes_on || (result == 0 && sent);
      EXPECT_EQ(done, harmless) << "call " << at << ", result " << result << ": " << pair.client->words();
      if (harmless) {
        EXPECT_EQ(carry(*pair.client, *pair.server, "works"), "works");
      } else {
        EXPECT_EQ(pair.client->error(), result == 0 ? Error::truncated : Error::transport)
            << at << " " << result;
      }
    }
  }
}

TEST_F(TlsConnection, C27_05_another_host_is_refused) {
  Options options = client_options();
  options.host_name = "other.example";
  Pair pair(options, server_options());
  EXPECT_FALSE(pair.shake());
  EXPECT_EQ(pair.client->error(), Error::certificate);
  EXPECT_EQ(pair.client->words(),
            "the certificate is for device.example, *.wild.example, 192.0.2.1, not for other.example");
  EXPECT_EQ(pair.server->error(), Error::refused);
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

TEST_F(TlsConnection, without_verification_the_doubts_are_told) {
  Pair pair({.verify = Verify::none, .host_name = "other.example"}, server_options());
  ASSERT_TRUE(pair.shake()) << pair.client->words();
  EXPECT_FALSE(pair.client->peer_verified());
  EXPECT_EQ(pair.client->certificate_words(),
            "the certificate is self-signed, and not among those that are trusted: CN=a test");
}

TEST_F(TlsConnection, RFC5077_a_saved_session_is_resumed) {
  Tickets tickets(test::seed_of(3));
  Options server = server_options();
  server.tickets = &tickets;
  std::vector<std::uint8_t> saved(4096);
  {
    Pair first(client_options(), server);
    ASSERT_TRUE(first.shake());
    saved.resize(first.client->save_session(saved));
    ASSERT_GT(saved.size(), 0u);
    EXPECT_FALSE(first.server->resumed());
  }
  Options again = client_options();
  again.session = saved;
  Pair second(again, server);
  ASSERT_TRUE(second.shake());
  EXPECT_TRUE(second.client->resumed());
  EXPECT_TRUE(second.server->resumed());
  EXPECT_TRUE(second.client->peer_verified());
  EXPECT_EQ(carry(*second.client, *second.server, "again"), "again");

  Tickets others(test::seed_of(4));
  server.tickets = &others;
  Pair elsewhere(again, server);
  ASSERT_TRUE(elsewhere.shake()) << "a ticket that nobody knows is a full handshake";
  EXPECT_FALSE(elsewhere.client->resumed());
}

TEST_F(TlsConnection, C27_05_a_session_proves_nothing_about_another_host) {
  Tickets tickets(test::seed_of(3));
  Options server = server_options();
  server.tickets = &tickets;
  std::vector<std::uint8_t> saved(4096);
  Pair first(client_options(), server);
  ASSERT_TRUE(first.shake());
  saved.resize(first.client->save_session(saved));
  Options other = client_options();
  other.host_name = "other2.example";
  other.session = saved;
  Pair second(other, server);
  EXPECT_FALSE(second.shake());
  EXPECT_EQ(second.client->error(), Error::certificate);

  Options careless{.verify = Verify::none, .host_name = "device.example"};
  Pair third(careless, server);
  ASSERT_TRUE(third.shake());
  saved.resize(4096);
  saved.resize(third.client->save_session(saved));
  const TestIdentity stranger({"device.example"}, {}, year_2026 - 1, year_2026 + 1, 7);
  Options careful{.host_name = "device.example", .trust = &stranger.trust, .session = saved};
  Pair fourth(careful, server);
  EXPECT_FALSE(fourth.shake()) << "what was not checked then is not trusted now";
}

TEST_F(TlsConnection, sessions_cut_short_or_of_somebody_else_are_ignored) {
  Tickets tickets(test::seed_of(3));
  Options server = server_options();
  server.tickets = &tickets;
  std::vector<std::uint8_t> saved(4096);
  Pair first(client_options(), server);
  ASSERT_TRUE(first.shake());
  saved.resize(first.client->save_session(saved));
  for (std::size_t size = 0; size < saved.size(); size += 37) {
    Options again = client_options();
    again.session = Bytes(saved).first(size);
    Pair pair(again, server);
    ASSERT_TRUE(pair.shake()) << size;
  }
}

TEST_F(TlsConnection, RFC7301_the_server_chooses_a_protocol) {
  const std::array<const char*, 2> offered{"h2", "http/1.1"};
  const std::array<const char*, 1> spoken{"http/1.1"};
  const std::array<const char*, 1> other{"mqtt"};
  Options client = client_options();
  client.protocols = offered;
  Options server = server_options();
  server.protocols = spoken;
  Pair pair(client, server);
  ASSERT_TRUE(pair.shake());
  EXPECT_EQ(pair.client->alpn(), "http/1.1");
  EXPECT_EQ(pair.server->alpn(), "http/1.1");
  server.protocols = other;
  Pair none(client, server);
  EXPECT_FALSE(none.shake());
  EXPECT_EQ(none.client->words(), "the other side refused: it speaks none of the application protocols");
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

TEST_F(TlsConnection, RFC6066_4_records_are_as_small_as_the_client_wants) {
  Options client = client_options();
  client.maximum_fragment = 512;
  Pair pair(client, server_options());
  ASSERT_TRUE(pair.shake());
  std::size_t count = 0;
  ASSERT_EQ(pair.server->write(test::bytes_of(std::string(2000, 'x')), count), Step::done);
  EXPECT_EQ(count, 512u);
}

TEST_F(TlsConnection, RFC5246_a_changed_record_is_an_error) {
  Pair pair(client_options(), server_options());
  ASSERT_TRUE(pair.shake());
  std::size_t count = 0;
  ASSERT_EQ(pair.server->write(test::bytes_of("0123456789"), count), Step::done);
  pair.to_client.bytes.back() ^= 1;
  std::array<std::uint8_t, 16> buffer{};
  EXPECT_EQ(pair.client->read(buffer, count), Step::failed);
  EXPECT_EQ(pair.client->error(), Error::protocol);
  EXPECT_EQ(pair.client->words(), "a record was changed on its way");
}

TEST_F(TlsConnection, C27_01_the_library_is_the_one_that_was_asked_for) {
  // All parsing of TLS and X.509 is mbedTLS's: library.hpp demands a version without the known holes.
  EXPECT_EQ(mbedtls_version_get_number(), static_cast<unsigned>(MBEDTLS_VERSION_NUMBER));
  EXPECT_GE(mbedtls_version_get_number(), 0x021c0300u);
}

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
