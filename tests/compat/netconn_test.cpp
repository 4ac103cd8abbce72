// SPDX-License-Identifier: Apache-2.0
// Netconns of several threads, and their callbacks; what tcpip_callback does.
#include <gtest/gtest.h>

#include <lwip/api.h>
#include <lwip/tcpip.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/compat/test_threads_host.hpp"

namespace linnet::compat::test {
namespace {

constexpr std::uint16_t port = 4712;

ip_addr_t home() {
  ip_addr_t address;
  IP_ADDR4(&address, 127, 0, 0, 1);
  return address;
}

/// What callbacks told, kept as lwIP's own sockets do.
struct Told {
  std::mutex mutex;
  std::condition_variable changed;
  int readable = 0;
  bool writable = false;
  int errors = 0;

  template <typename Condition>
  bool within_seconds(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), condition);
  }
};
Told* told = nullptr;

extern "C" void count(netconn*, netconn_evt event, u16_t) {
  {
    const std::lock_guard lock(told->mutex);
    if (event == NETCONN_EVT_RCVPLUS) ++told->readable;
    if (event == NETCONN_EVT_RCVMINUS) --told->readable;
    if (event == NETCONN_EVT_SENDPLUS) told->writable = true;
    if (event == NETCONN_EVT_SENDMINUS) told->writable = false;
    if (event == NETCONN_EVT_ERROR) ++told->errors;
  }
  told->changed.notify_all();
}

class NetconnThreads : public ::testing::Test {
 protected:
  NetconnThreads() { told = &told_; }
  netconn* listening(netconn_callback callback) {
    netconn* conn = netconn_new_with_callback(NETCONN_TCP, callback);
    EXPECT_EQ(netconn_bind(conn, IP_ADDR_ANY, port), ERR_OK);
    EXPECT_EQ(netconn_listen(conn), ERR_OK);
    return conn;
  }

  Told told_;
  ThreadsHost host_;
};

TEST_F(NetconnThreads, CallbacksTellWhatMayBeAcceptedAndReceived) {
  netconn* const listener = listening(count);
  netconn* const client = netconn_new(NETCONN_TCP);
  const ip_addr_t address = home();
  ASSERT_EQ(netconn_connect(client, &address, port), ERR_OK);
  ASSERT_TRUE(told_.within_seconds([&] { return told_.readable == 1; }));
  netconn* server = nullptr;
  ASSERT_EQ(netconn_accept(listener, &server), ERR_OK);
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(netconn_write(client, "0123456789", 10, NETCONN_COPY), ERR_OK);
    ASSERT_TRUE(told_.within_seconds([&] { return told_.readable == 1; })) << round;
    netbuf* buf = nullptr;
    ASSERT_EQ(netconn_recv(server, &buf), ERR_OK);
    netbuf_delete(buf);
  }
  netconn_delete(client);
  EXPECT_TRUE(told_.within_seconds([&] { return told_.readable == 1; })) << "the end can be received";
  netconn_delete(server);
  netconn_delete(listener);
}

TEST_F(NetconnThreads, CallbacksTellWhenThereIsRoomAgain) {
  netconn* const listener = listening(nullptr);
  netconn* const client = netconn_new_with_callback(NETCONN_TCP, count);
  netconn_set_nonblocking(client, 1);
  const ip_addr_t address = home();
  const err_t begun = netconn_connect(client, &address, port);
  ASSERT_TRUE(begun == ERR_INPROGRESS || begun == ERR_OK);
  netconn* server = nullptr;
  ASSERT_EQ(netconn_accept(listener, &server), ERR_OK);
  ASSERT_TRUE(told_.within_seconds([&] { return told_.writable; })) << "connected";
  const std::vector<char> much(100000, 'x');
  size_t written = 0;
  while (netconn_write_partly(client, much.data(), much.size(), NETCONN_COPY, &written) == ERR_OK) {
  }
  netconn_set_recvtimeout(server, 100);
  netbuf* buf = nullptr;
  std::size_t total = 0;
  while (netconn_recv(server, &buf) == ERR_OK) {
    total += netbuf_len(buf);
    netbuf_delete(buf);
  }
  EXPECT_GT(total, much.size());
  EXPECT_TRUE(told_.within_seconds([&] { return told_.writable; }));
  for (netconn* conn : {client, server, listener}) netconn_delete(conn);
}

TEST_F(NetconnThreads, CloseEndsWhoWaits) {
  netconn* const listener = listening(nullptr);
  netconn* const client = netconn_new(NETCONN_TCP);
  const ip_addr_t address = home();
  ASSERT_EQ(netconn_connect(client, &address, port), ERR_OK);
  err_t answer = ERR_OK;
  std::thread waiting([&] {
    netbuf* buf = nullptr;
    answer = netconn_recv(client, &buf);
  });
  std::this_thread::yield();
  EXPECT_EQ(netconn_close(client), ERR_OK);
  waiting.join();
  EXPECT_TRUE(answer == ERR_CLSD || answer == ERR_CONN);
  netconn_delete(client);
  netconn_delete(listener);
}

TEST(TcpipCallback, RunsInOrderUnderTheCoresLock) {
  static std::atomic<int> done{0};
  LOCK_TCPIP_CORE();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(tcpip_callback([](void*) { ++done; }, nullptr), ERR_OK);
  EXPECT_EQ(done, 0);
  UNLOCK_TCPIP_CORE();
  int seen = 0;
  EXPECT_EQ(tcpip_callback_wait([](void* context) { *static_cast<int*>(context) = done; }, &seen), ERR_OK);
  EXPECT_EQ(seen, 10);
  EXPECT_EQ(tcpip_callback(nullptr, nullptr), ERR_ARG);
}

}  // namespace
}  // namespace linnet::compat::test
