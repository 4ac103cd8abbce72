// SPDX-License-Identifier: Apache-2.0
// mbedtls/net_sockets.h as a program of mbedTLS knows it: what each call yields, over our stack.
#include <mbedtls/net_sockets.h>

#include "sockets/test_host.hpp"
#include "tls/attach.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

class NetSockets : public sockets::test::SocketsTest {
 protected:
  NetSockets() {
    attach(host, {this, [](void*, std::string_view name, std::span<IpAddress> to) -> std::size_t {
                    if (name == "loop.example") to[0] = IpAddress::loopback_v4();
                    if (name == "far.example") {
                      to[0] = IpAddress::v4(203, 0, 113, 1);
                      to[1] = IpAddress::loopback_v4();
                      return 2;
                    }
                    return name == "loop.example" ? 1 : 0;
                  }});
    for (mbedtls_net_context* context : {&listening, &client, &server}) mbedtls_net_init(context);
  }
  ~NetSockets() {
    for (mbedtls_net_context* context : {&client, &server, &listening}) mbedtls_net_free(context);
    detach();
  }

  void connect_both() {
    ASSERT_EQ(mbedtls_net_bind(&listening, "127.0.0.1", "4433", MBEDTLS_NET_PROTO_TCP), 0);
    ASSERT_EQ(mbedtls_net_connect(&client, "127.0.0.1", "4433", MBEDTLS_NET_PROTO_TCP), 0);
    ASSERT_EQ(mbedtls_net_accept(&listening, &server, nullptr, 0, nullptr), 0);
  }
  static const unsigned char* raw(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

  mbedtls_net_context listening{};
  mbedtls_net_context client{};
  mbedtls_net_context server{};
  std::array<unsigned char, 64> buffer{};
};

TEST_F(NetSockets, init_and_free) {
  EXPECT_EQ(client.fd, -1);
  mbedtls_net_free(&client);
  mbedtls_net_close(&client);
  EXPECT_EQ(mbedtls_net_recv(&client, buffer.data(), 1), MBEDTLS_ERR_NET_INVALID_CONTEXT);
  EXPECT_EQ(mbedtls_net_send(&client, buffer.data(), 1), MBEDTLS_ERR_NET_INVALID_CONTEXT);
  EXPECT_EQ(mbedtls_net_recv_timeout(&client, buffer.data(), 1, 1), MBEDTLS_ERR_NET_INVALID_CONTEXT);
  EXPECT_EQ(mbedtls_net_poll(&client, MBEDTLS_NET_POLL_READ, 0), MBEDTLS_ERR_NET_INVALID_CONTEXT);
}

TEST_F(NetSockets, connect_bind_accept_send_recv) {
  connect_both();
  EXPECT_EQ(mbedtls_net_send(&client, raw("hello"), 5), 5);
  EXPECT_EQ(mbedtls_net_recv(&server, buffer.data(), buffer.size()), 5);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(buffer.data()), 5), "hello");
  mbedtls_net_close(&client);
  EXPECT_EQ(client.fd, -1);
  EXPECT_EQ(mbedtls_net_recv(&server, buffer.data(), buffer.size()), 0) << "the end of the stream";
}

TEST_F(NetSockets, names_are_looked_up_and_each_address_is_tried) {
  ASSERT_EQ(mbedtls_net_bind(&listening, nullptr, "4433", MBEDTLS_NET_PROTO_TCP), 0);
  EXPECT_EQ(mbedtls_net_connect(&client, "nowhere.example", "4433", MBEDTLS_NET_PROTO_TCP),
            MBEDTLS_ERR_NET_UNKNOWN_HOST);
  EXPECT_EQ(mbedtls_net_connect(&client, "127.0.0.1", "https", MBEDTLS_NET_PROTO_TCP),
            MBEDTLS_ERR_NET_UNKNOWN_HOST);
  EXPECT_EQ(mbedtls_net_connect(&client, "127.0.0.1", "65536", MBEDTLS_NET_PROTO_TCP),
            MBEDTLS_ERR_NET_UNKNOWN_HOST);
  EXPECT_EQ(mbedtls_net_connect(&client, "127.0.0.1", "4434", MBEDTLS_NET_PROTO_TCP),
            MBEDTLS_ERR_NET_CONNECT_FAILED);
  EXPECT_EQ(client.fd, -1);
  EXPECT_EQ(mbedtls_net_connect(&client, "far.example", "4433", MBEDTLS_NET_PROTO_TCP), 0);
  std::array<unsigned char, 16> ip{};
  std::size_t length = 0;
  EXPECT_EQ(mbedtls_net_accept(&listening, &server, ip.data(), ip.size(), &length), 0);
  EXPECT_EQ(length, 4u);
  EXPECT_EQ(ip[0], 127);
}

TEST_F(NetSockets, bind_tells_what_failed) {
  ASSERT_EQ(mbedtls_net_bind(&listening, "127.0.0.1", "4433", MBEDTLS_NET_PROTO_TCP), 0);
  EXPECT_EQ(mbedtls_net_bind(&server, "127.0.0.1", "4433", MBEDTLS_NET_PROTO_TCP),
            MBEDTLS_ERR_NET_BIND_FAILED);
  EXPECT_EQ(mbedtls_net_bind(&server, "203.0.113.9", "1", MBEDTLS_NET_PROTO_TCP),
            MBEDTLS_ERR_NET_BIND_FAILED);
  std::vector<int> all;
  for (int fd = s.socket(sockets::af::inet, sockets::sock::stream); fd >= 0;
       fd = s.socket(sockets::af::inet, sockets::sock::stream)) {
    all.push_back(fd);
  }
  EXPECT_EQ(mbedtls_net_bind(&server, "127.0.0.1", "1", MBEDTLS_NET_PROTO_TCP),
            MBEDTLS_ERR_NET_SOCKET_FAILED);
  EXPECT_EQ(mbedtls_net_connect(&client, "127.0.0.1", "4433", MBEDTLS_NET_PROTO_TCP),
            MBEDTLS_ERR_NET_SOCKET_FAILED);
  for (const int fd : all) s.close(fd);
}

TEST_F(NetSockets, accept_of_what_does_not_listen_and_of_too_small_a_buffer) {
  EXPECT_EQ(mbedtls_net_accept(&listening, &server, nullptr, 0, nullptr), MBEDTLS_ERR_NET_ACCEPT_FAILED);
  ASSERT_EQ(mbedtls_net_bind(&listening, "127.0.0.1", "4433", MBEDTLS_NET_PROTO_TCP), 0);
  ASSERT_EQ(mbedtls_net_set_nonblock(&listening), 0);
  EXPECT_EQ(mbedtls_net_accept(&listening, &server, nullptr, 0, nullptr), MBEDTLS_ERR_SSL_WANT_READ);
  ASSERT_EQ(mbedtls_net_connect(&client, "127.0.0.1", "4433", MBEDTLS_NET_PROTO_TCP), 0);
  std::array<unsigned char, 3> small{};
  std::size_t length = 0;
  EXPECT_EQ(mbedtls_net_accept(&listening, &server, small.data(), small.size(), &length),
            MBEDTLS_ERR_NET_BUFFER_TOO_SMALL);
}

TEST_F(NetSockets, blocking_and_not) {
  connect_both();
  ASSERT_EQ(mbedtls_net_set_nonblock(&server), 0);
  EXPECT_EQ(mbedtls_net_recv(&server, buffer.data(), 1), MBEDTLS_ERR_SSL_WANT_READ);
  ASSERT_EQ(mbedtls_net_set_nonblock(&client), 0);
  std::vector<unsigned char> much(100000);
  int result = 0;
  while ((result = mbedtls_net_send(&client, much.data(), much.size())) > 0) {
  }
  EXPECT_EQ(result, MBEDTLS_ERR_SSL_WANT_WRITE);
  while (mbedtls_net_recv(&server, much.data(), much.size()) > 0) {
  }
  ASSERT_EQ(mbedtls_net_set_block(&server), 0);
  s.set_receive_timeout(server.fd, Duration::milliseconds(10));
  while ((result = mbedtls_net_recv(&server, much.data(), much.size())) > 0) {
  }
  EXPECT_EQ(result, MBEDTLS_ERR_NET_RECV_FAILED) << "a blocking descriptor never would block";
  mbedtls_net_context closed{-1};
  EXPECT_NE(mbedtls_net_set_block(&closed), 0);
  EXPECT_NE(mbedtls_net_set_nonblock(&closed), 0);
}

TEST_F(NetSockets, poll_and_recv_timeout) {
  connect_both();
  EXPECT_EQ(mbedtls_net_poll(&server, MBEDTLS_NET_POLL_READ, 0), 0);
  EXPECT_EQ(mbedtls_net_poll(&server, MBEDTLS_NET_POLL_WRITE, 0), MBEDTLS_NET_POLL_WRITE);
  EXPECT_EQ(mbedtls_net_poll(&server, 4, 0), MBEDTLS_ERR_NET_BAD_INPUT_DATA);
  const Instant before = now();
  EXPECT_EQ(mbedtls_net_recv_timeout(&server, buffer.data(), 1, 250), MBEDTLS_ERR_SSL_TIMEOUT);
  EXPECT_GE(now() - before, Duration::milliseconds(250));
  EXPECT_EQ(mbedtls_net_send(&client, raw("x"), 1), 1);
  EXPECT_EQ(mbedtls_net_poll(&server, MBEDTLS_NET_POLL_READ | MBEDTLS_NET_POLL_WRITE, 0xffffffffu),
            MBEDTLS_NET_POLL_READ | MBEDTLS_NET_POLL_WRITE);
  EXPECT_EQ(mbedtls_net_recv_timeout(&server, buffer.data(), 8, 0), 1);
  const mbedtls_net_context stale{s.socket(sockets::af::inet, sockets::sock::stream)};
  s.close(stale.fd);
  mbedtls_net_context copy = stale;
  EXPECT_EQ(mbedtls_net_poll(&copy, MBEDTLS_NET_POLL_READ, 0), MBEDTLS_ERR_NET_POLL_FAILED);
  EXPECT_EQ(mbedtls_net_recv_timeout(&copy, buffer.data(), 1, 1), MBEDTLS_ERR_NET_RECV_FAILED);
}

TEST_F(NetSockets, a_reset_is_told) {
  connect_both();
  s.set_linger(client.fd, Duration());
  mbedtls_net_close(&client);
  EXPECT_EQ(mbedtls_net_recv(&server, buffer.data(), 1), MBEDTLS_ERR_NET_CONN_RESET);
  EXPECT_EQ(mbedtls_net_send(&server, buffer.data(), 1), MBEDTLS_ERR_NET_CONN_RESET);
}

TEST_F(NetSockets, usleep_takes_its_time) {
  const Instant before = now();
  mbedtls_net_usleep(1500);
  EXPECT_EQ(now() - before, Duration::microseconds(1500));
}

TEST_F(NetSockets, datagrams_make_their_sender_the_only_peer) {
  ASSERT_EQ(mbedtls_net_bind(&listening, "127.0.0.1", "4433", MBEDTLS_NET_PROTO_UDP), 0);
  ASSERT_EQ(mbedtls_net_set_nonblock(&listening), 0);
  EXPECT_EQ(mbedtls_net_accept(&listening, &server, nullptr, 0, nullptr), MBEDTLS_ERR_SSL_WANT_READ);
  ASSERT_EQ(mbedtls_net_set_block(&listening), 0);
  ASSERT_EQ(mbedtls_net_connect(&client, "loop.example", "4433", MBEDTLS_NET_PROTO_UDP), 0);
  ASSERT_EQ(mbedtls_net_send(&client, raw("first"), 5), 5);
  std::array<unsigned char, 16> ip{};
  std::size_t length = 0;
  ASSERT_EQ(mbedtls_net_accept(&listening, &server, ip.data(), ip.size(), &length), 0);
  EXPECT_EQ(length, 4u);
  EXPECT_GE(listening.fd, 0);
  EXPECT_NE(listening.fd, server.fd);
  EXPECT_EQ(mbedtls_net_recv(&server, buffer.data(), buffer.size()), 5);
  EXPECT_EQ(mbedtls_net_send(&server, raw("second"), 6), 6);
  EXPECT_EQ(mbedtls_net_recv(&client, buffer.data(), buffer.size()), 6);
}

TEST(NetSocketsDetached, nothing_works_and_nothing_falls_over) {
  mbedtls_net_context context;
  mbedtls_net_init(&context);
  EXPECT_EQ(mbedtls_net_connect(&context, "127.0.0.1", "1", MBEDTLS_NET_PROTO_TCP),
            MBEDTLS_ERR_NET_UNKNOWN_HOST);
  EXPECT_EQ(mbedtls_net_bind(&context, nullptr, "1", MBEDTLS_NET_PROTO_TCP), MBEDTLS_ERR_NET_UNKNOWN_HOST);
  mbedtls_net_usleep(1);
  mbedtls_net_free(&context);
}

}  // namespace
}  // namespace linnet::tls
