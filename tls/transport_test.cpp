// SPDX-License-Identifier: Apache-2.0
// What the transport may answer, at each of its calls.
#include <algorithm>
#include <span>

#include "tls/connection.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::carry;
using test::Pair;
using test::text_of;
using test::TlsConnection;

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

/// Which end, which of its calls, and what that call gives instead of what it would.
struct Fault {
  bool at_client = true;
  int call = 0;  // 0: none
  std::ptrdiff_t result = 0;
};

struct Outcome {
  bool done = false;
  int calls[2] = {};     // of the client's and the server's transport
  bool sending = false;  // what the fault met
  Error error = Error::none;
};

/// Handshake, data each way in several records, and the end in both directions, with a fault.
class TlsTransport : public TlsConnection {
 protected:
  static bool converse(Pair& pair) {
    const std::string text = text_of(20000);
    if (!pair.shake(1000) || carry(*pair.client, *pair.server, text) != text ||
        carry(*pair.server, *pair.client, text) != text) {
      return false;
    }
    std::array<std::uint8_t, 4> buffer{};
    for (Connection* one : {pair.client.get(), pair.server.get()}) {
      Connection& other = one == pair.client.get() ? *pair.server : *pair.client;
      std::size_t count = 0;
      Step closing = Step::want_write;
      Step reading = Step::want_read;
      for (int i = 0; i < 10 && (closing != Step::done || reading != Step::closed); ++i) {
        if (closing != Step::done) closing = one->close();
        if (reading != Step::closed) reading = other.read(buffer, count);
        if (closing == Step::failed || reading == Step::failed) return false;
      }
      if (closing != Step::done || reading != Step::closed) return false;
    }
    return true;
  }

  Outcome run(const Fault& fault, Bytes session) {
    Options client = client_options();
    client.session = session;
    Options server = server_options();
    server.tickets = &tickets;
    Pair pair(client, server);
    Outcome outcome;
    const auto spoil_of = [&](bool at_client) {
      return [&, at_client](bool sending) -> std::optional<std::ptrdiff_t> {
        const int call = ++outcome.calls[at_client ? 0 : 1];
        if (at_client != fault.at_client || call != fault.call) return std::nullopt;
        outcome.sending = sending;
        return fault.result;
      };
    };
    pair.client_end.spoil = spoil_of(true);
    pair.server_end.spoil = spoil_of(false);
    outcome.done = converse(pair);
    outcome.error = (fault.at_client ? pair.client : pair.server)->error();
    if (!session.empty() && fault.call == 0) {
      EXPECT_TRUE(pair.client->resumed());
    }
    return outcome;
  }

  /// Each of the calls of each end gives each of `results`: all goes on, or it ends with the right error.
  void sweep(std::span<const std::ptrdiff_t> results, Bytes session) {
    const Outcome clean = run({}, session);
    ASSERT_TRUE(clean.done);
    ASSERT_GT(std::min(clean.calls[0], clean.calls[1]), 15);
    for (const bool at_client : {true, false}) {
      for (int call = 1; call <= clean.calls[at_client ? 0 : 1]; ++call) {
        for (const std::ptrdiff_t result : results) {
          const Outcome outcome = run({at_client, call, result}, session);
          const bool harmless = result == Transport::would_block || (result == 0 && outcome.sending);
          const Error expected = harmless ? Error::none : result == 0 ? Error::truncated : Error::transport;
          ASSERT_EQ(outcome.done, harmless) << at_client << ", call " << call << ", result " << result;
          ASSERT_EQ(outcome.error, expected) << at_client << ", call " << call << ", result " << result;
        }
      }
    }
  }

  std::vector<std::uint8_t> session_of_before() {
    Options server = server_options();
    server.tickets = &tickets;
    Pair first(client_options(), server);
    EXPECT_TRUE(first.shake());
    EXPECT_EQ(carry(*first.server, *first.client, "first"), "first");
    std::vector<std::uint8_t> saved(4096);
    saved.resize(first.client->save_session(saved));
    return saved;
  }

  Tickets tickets{test::seed_of(3)};
};

TEST_F(TlsTransport, C27_02_each_result_at_each_call_of_the_transport) {
  // 0: nothing was taken, or the end; -1: would block; -26880 and -80 mean something to mbedTLS; more than
  // was asked.
  static constexpr std::ptrdiff_t results[] = {0, -1, -2, -26880, -80, 1 << 20};
  sweep(results, {});
}

TEST_F(TlsTransport, C27_02_each_of_the_librarys_codes_at_each_call_of_the_transport) {
  std::vector<std::ptrdiff_t> results{0, -1, 1 << 20};
  for (int code = 0x42; code <= 0x52; ++code) results.push_back(-code);            // MBEDTLS_ERR_NET_
  for (int code = 0x5e80; code <= 0x7f80; code += 0x80) results.push_back(-code);  // MBEDTLS_ERR_SSL_
  const std::vector<std::uint8_t> session = session_of_before();                   // which makes it quick
  sweep(results, session);
}

}  // namespace
}  // namespace linnet::tls
