// SPDX-License-Identifier: Apache-2.0
// What the transport may answer, at each of its calls.
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

}  // namespace
}  // namespace linnet::tls
