// SPDX-License-Identifier: Apache-2.0
// What mbedtls_net_send and mbedtls_net_recv may answer beneath SSL_set_fd, at each of their calls (C27-02,
// C27-03). The linker gives us the mapping's calls of both (--wrap); those of other tests go on to the real
// ones.
#include <mbedtls/net_sockets.h>

#include <algorithm>
#include <deque>

#include "compat/openssl/test_connections.hpp"

namespace linnet::openssl {
namespace {

/// Which end, which of its calls, and what that call gives instead of what it would.
struct Fault {
  int end = 0;   // 0: the client, 1: the server, which are their descriptors, too
  int call = 0;  // 0: none
  int sent = 0;  // if it is one that sends
  int received = 0;
};

struct Net {
  std::array<std::deque<unsigned char>, 2> to;
  std::array<int, 2> calls{};
  Fault fault;
  bool met = false, sending = false;

  /// What the fault gives, if it is this call; else 1.
  int spoilt(int end, bool send) {
    if (++calls[static_cast<std::size_t>(end)] != fault.call || end != fault.end) return 1;
    met = true;
    sending = send;
    return send ? fault.sent : fault.received;
  }
};
Net* net = nullptr;

}  // namespace
}  // namespace linnet::openssl

extern "C" {
int __real_mbedtls_net_send(void* context, const unsigned char* bytes, std::size_t size);
int __real_mbedtls_net_recv(void* context, unsigned char* to, std::size_t size);

int __wrap_mbedtls_net_send(void* context, const unsigned char* bytes, std::size_t size) {
  using linnet::openssl::net;
  if (net == nullptr) return __real_mbedtls_net_send(context, bytes, size);
  const int fd = static_cast<mbedtls_net_context*>(context)->fd;
  if (const int result = net->spoilt(fd, true); result <= 0) return result;
  auto& to = net->to[static_cast<std::size_t>(1 - fd)];
  to.insert(to.end(), bytes, bytes + size);
  return static_cast<int>(size);
}

int __wrap_mbedtls_net_recv(void* context, unsigned char* to, std::size_t size) {
  using linnet::openssl::net;
  if (net == nullptr) return __real_mbedtls_net_recv(context, to, size);
  const int fd = static_cast<mbedtls_net_context*>(context)->fd;
  if (const int result = net->spoilt(fd, false); result <= 0) return result;
  auto& from = net->to[static_cast<std::size_t>(fd)];
  if (from.empty()) return MBEDTLS_ERR_SSL_WANT_READ;
  const std::size_t count = std::min(size, from.size());
  std::copy_n(from.begin(), count, to);
  from.erase(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(count));
  return static_cast<int>(count);
}
}

namespace linnet::openssl {
namespace {

using namespace test;

/// What ended a conversation, if it did not come to its end.
struct Outcome {
  bool done = false;
  int end = -1;
  int error = SSL_ERROR_NONE;
  std::array<int, 2> calls{};
};

class OpensslTransport : public Connections {
 protected:
  ~OpensslTransport() override {
    drop();
    SSL_SESSION_free(session);
    net = nullptr;
  }

  /// The call at this end, as often as it wants to be called again, while the other end does what it last
  /// could not do. False: it has failed.
  template <typename Call>
  bool step(Outcome& outcome, int end, Call call, int wanted) {
    for (int i = 0; i < 100; ++i) {
      const int result = call(end == 0 ? client : server);
      if (result == wanted) return true;
      outcome.end = end;
      outcome.error = SSL_get_error(end == 0 ? client : server, result);
      const bool again = outcome.error == SSL_ERROR_WANT_READ || outcome.error == SSL_ERROR_WANT_WRITE;
      if (!again) return false;
    }
    ADD_FAILURE() << "it wants the same again and again";
    return false;
  }
  bool shake_hands(Outcome& outcome) {
    std::array<int, 2> result{};
    for (int i = 0; i < 100 && result != std::array{1, 1}; ++i) {
      for (int end = 0; end < 2; ++end) {
        int& mine = result[static_cast<std::size_t>(end)];
        if (mine == 1) continue;
        SSL* ssl = end == 0 ? client : server;
        mine = end == 0 ? SSL_connect(ssl) : SSL_accept(ssl);
        outcome.end = end;
        outcome.error = SSL_get_error(ssl, mine);
        if (mine != 1 && outcome.error != SSL_ERROR_WANT_READ && outcome.error != SSL_ERROR_WANT_WRITE)
          return false;
      }
    }
    return result == std::array{1, 1};
  }
  /// Bytes each way, and the end in both directions.
  bool converse(Outcome& outcome) {
    if (!shake_hands(outcome)) return false;
    if (session == nullptr) session = SSL_get1_session(client);
    const std::string text(2000, 'x');
    std::array<char, 4000> got{};
    const auto write = [&](SSL* ssl) { return SSL_write(ssl, text.data(), 2000); };
    const auto read = [&](SSL* ssl) { return SSL_read(ssl, got.data(), 4000); };
    for (int end = 0; end < 2; ++end) {
      if (!step(outcome, end, write, 2000) || !step(outcome, 1 - end, read, 2000)) return false;
      EXPECT_EQ(std::string(got.data(), 2000), text);
    }
    if (!step(outcome, 0, SSL_shutdown, 0)) return false;
    if (!step(outcome, 1, read, 0)) return false;
    EXPECT_EQ(SSL_get_error(server, 0), SSL_ERROR_ZERO_RETURN);
    return step(outcome, 1, SSL_shutdown, 1) && step(outcome, 0, SSL_shutdown, 1);
  }
  Outcome run(const Fault& fault) {
    Net wire;
    wire.fault = fault;
    net = &wire;
    client = SSL_new(client_ctx);
    server = SSL_new(server_ctx);
    EXPECT_EQ(SSL_set_fd(client, 0) + SSL_set_fd(server, 1), 2);
    SSL_set_tlsext_host_name(client, "device.example");
    EXPECT_EQ(SSL_set_session(client, session), session != nullptr ? 1 : 0);
    ERR_clear_error();
    Outcome outcome;
    outcome.done = converse(outcome);
    outcome.calls = wire.calls;
    met = wire.met;
    received_end = (SSL_get_shutdown(fault.end == 0 ? client : server) & SSL_RECEIVED_SHUTDOWN) != 0;
    sending = wire.sending;
    drop();
    net = nullptr;
    return outcome;
  }
  /// Each call of each end, in a full handshake and in one that resumes.
  template <typename Check>
  void sweep(int sent, int received, Check check) {
    for (const bool resumes : {false, true}) {
      SSL_SESSION_free(std::exchange(session, nullptr));
      Outcome whole = run({});
      ASSERT_TRUE(whole.done) << whole.end << " " << whole.error;
      if (!resumes) SSL_SESSION_free(std::exchange(session, nullptr));
      if (resumes) whole = run({});
      ASSERT_TRUE(whole.done);
      for (int end = 0; end < 2; ++end) {
        const int calls = whole.calls[static_cast<std::size_t>(end)];
        ASSERT_GT(calls, 10);
        for (int call = 1; call <= calls; ++call) {
          const Outcome outcome = run({end, call, sent, received});
          if (!resumes) SSL_SESSION_free(std::exchange(session, nullptr));
          ASSERT_TRUE(met) << end << " " << call;
          check(outcome, end);
          if (HasFailure())
            FAIL() << (resumes ? "resuming, " : "") << (end == 0 ? "client" : "server") << "'s call " << call;
        }
      }
    }
  }

  SSL_SESSION* session = nullptr;
  bool met = false, sending = false, received_end = false;
};

TEST_F(OpensslTransport, C27_02_calls_that_move_nothing_are_no_end) {
  sweep(MBEDTLS_ERR_SSL_WANT_WRITE, MBEDTLS_ERR_SSL_WANT_READ,
        [](const Outcome& outcome, int) { EXPECT_TRUE(outcome.done) << "it ended with " << outcome.error; });
}

TEST_F(OpensslTransport, C27_02_each_error_at_each_call_is_an_error_and_no_end) {
  struct Row {
    int sent, received;
  };
  for (const Row& row : {Row{MBEDTLS_ERR_NET_CONN_RESET, MBEDTLS_ERR_NET_CONN_RESET},
                         {MBEDTLS_ERR_NET_SEND_FAILED, MBEDTLS_ERR_NET_RECV_FAILED},
                         {MBEDTLS_ERR_NET_INVALID_CONTEXT, MBEDTLS_ERR_NET_INVALID_CONTEXT}}) {
    sweep(row.sent, row.received, [this](const Outcome& outcome, int end) {
      EXPECT_FALSE(outcome.done);
      EXPECT_EQ(outcome.end, end) << "who met it tells of it";
      EXPECT_EQ(outcome.error, SSL_ERROR_SYSCALL);
      EXPECT_NE(ERR_peek_error(), 0u) << "and why";
      EXPECT_FALSE(!sending && received_end) << "no close_notify has come";
    });
    if (HasFailure()) return;
  }
}

TEST_F(OpensslTransport, C27_03_a_FIN_at_each_call_is_no_clean_end) {
  sweep(MBEDTLS_ERR_NET_CONN_RESET, 0, [this](const Outcome& outcome, int end) {
    EXPECT_FALSE(outcome.done);
    EXPECT_EQ(outcome.end, end);
    EXPECT_EQ(outcome.error, SSL_ERROR_SYSCALL);
    EXPECT_FALSE(!sending && received_end);
  });
}

}  // namespace
}  // namespace linnet::openssl
