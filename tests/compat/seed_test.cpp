// SPDX-License-Identifier: Apache-2.0
// The snippets of the ESP32 text (apps/seed), compiled as they are, between threads of one host.
#include <gtest/gtest.h>

#include <cstring>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "apps/seed/seed.h"
#include "compat/lwip/time_client.hpp"
#include "tests/compat/test_threads_host.hpp"

namespace linnet::compat {
namespace {

constexpr u16_t port = 9876;

class Seed : public ::testing::Test {
 protected:
  static void release(void* ready) { static_cast<std::binary_semaphore*>(ready)->release(); }

  test::ThreadsHost host_;
  std::binary_semaphore ready_{0};
};

/// Counts what comes until the end of the stream, and tells how much it was.
void count_bytes(int fd, void* context) {
  char data[1000];
  std::size_t& total = *static_cast<std::size_t*>(context);
  for (int count = 0; (count = static_cast<int>(recv(fd, data, sizeof data, 0))) > 0;)
    total += static_cast<std::size_t>(count);
  const std::string answer = std::to_string(total);
  send(fd, answer.data(), answer.size(), 0);
}

TEST_F(Seed, ESP_1_2_ServerAndClientOverALongConnection) {
  struct Context {
    std::binary_semaphore* ready;
    std::size_t total = 0;
  } context{&ready_};
  int result = -1;
  std::thread server([&] {
    result = seed_tcp_server(
        port, 4, 2, [](int fd, void* own) { count_bytes(fd, &static_cast<Context*>(own)->total); },
        [](void* own) { static_cast<Context*>(own)->ready->release(); }, &context);
  });
  ready_.acquire();
  const std::string many(65000, 'X');  // 1.12 110
  for (const char* expected : {"65000", "130000"}) {
    const int fd = seed_tcp_connect("127.0.0.1", port);
    ASSERT_GE(fd, 0) << lwip_strerror(errno);
    EXPECT_EQ(send(fd, many.data(), many.size(), 0), 65000);
    EXPECT_EQ(shutdown(fd, SHUT_WR), 0);
    char text[16] = {};
    EXPECT_GT(recv(fd, text, sizeof text - 1, MSG_WAITALL), 0);
    EXPECT_STREQ(text, expected);
    close(fd);
  }
  server.join();
  EXPECT_EQ(result, 0);
}

TEST_F(Seed, ESP_1_3_33_LastErrnoOfARefusedConnection) {
  errno = 0;
  EXPECT_EQ(seed_tcp_connect("127.0.0.1", port), -1);
  EXPECT_EQ(errno, 111);
}

TEST_F(Seed, ESP_1_2_17_TheSecondServerOfAPortIsTold) {
  const int first = lwip_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_port = htons(port);
  ASSERT_EQ(lwip_bind(first, reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
  ASSERT_EQ(lwip_listen(first, 1), 0);
  EXPECT_EQ(seed_tcp_server(port, 1, 1, nullptr, nullptr, nullptr), EADDRINUSE);
  lwip_close(first);
}

TEST_F(Seed, ESP_1_6_43_DatagramsOfUpTo64Kilobytes) {
  int result = -1;
  std::thread server([&] { result = seed_udp_server(port, 3, release, &ready_); });
  ready_.acquire();
  std::vector<char> data(65507);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 7 + i / 256);
  for (const int size : {1, 1473, 65507}) {
    std::vector<char> answer(data.size() + 1);
    EXPECT_EQ(
        seed_udp_client("127.0.0.1", port, data.data(), size, answer.data(), static_cast<int>(answer.size())),
        size);
    EXPECT_TRUE(std::equal(data.begin(), data.begin() + size, answer.begin()));
  }
  server.join();
  EXPECT_EQ(result, 0);
}

TEST_F(Seed, ESP_1_5_40_SelectWakesOnTheFirstThatIsReady) {
  int pairs[3][2];
  int ours[3];
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(lwip_socketpair(AF_INET, SOCK_STREAM, 0, pairs[i]), 0);
    ours[i] = pairs[i][0];
  }
  EXPECT_EQ(seed_select(ours, 3, 0), -1);
  int found = -1;
  std::thread waiter([&] { found = seed_select(ours, 3, 60); });
  EXPECT_EQ(lwip_send(pairs[1][1], "x", 1, 0), 1);
  waiter.join();
  EXPECT_EQ(found, ours[1]);
  for (auto& pair : pairs) {
    for (const int fd : pair) lwip_close(fd);
  }
}

/// Answers one query with 192.0.2.77.
void answer_one_query(int fd) {
  std::uint8_t message[512];
  sockaddr_in peer;
  socklen_t size = sizeof peer;
  const ssize_t count =
      lwip_recvfrom(fd, message, sizeof message, 0, reinterpret_cast<sockaddr*>(&peer), &size);
  ASSERT_GT(count, 12);
  // The question has no additional records: its end is the end of the message.
  const std::uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 77};
  message[2] = 0x81;
  message[3] = 0x80;
  message[7] = 1;
  std::size_t end = 12;
  while (message[end] != 0) end += message[end] + 1u;
  end += 5;
  message[8] = message[9] = message[10] = message[11] = 0;
  std::memcpy(message + end, record, sizeof record);
  EXPECT_GT(lwip_sendto(fd, message, end + sizeof record, 0, reinterpret_cast<sockaddr*>(&peer), size), 0);
}

TEST_F(Seed, ESP_1_9_78_TheSecondServerAnswersWhereTheFirstIsNotThere) {
  const int fd = lwip_socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_port = htons(53);
  own.sin_addr.s_addr = inet_addr("127.0.0.2");
  ASSERT_EQ(lwip_bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
  std::thread server([fd] { answer_one_query(fd); });
  seed_set_dns_servers("127.0.0.1", "127.0.0.2");  // port 53 of the first is closed
  EXPECT_EQ(seed_resolve("device.example"), inet_addr("192.0.2.77"));
  server.join();
  EXPECT_EQ(seed_resolve("device.example"), inet_addr("192.0.2.77")) << "and from the cache";
  lwip_close(fd);
}

/// Answers one time request: it is `seconds` since 1970.
void answer_one_time_request(int fd, std::uint32_t seconds) {
  std::uint8_t message[48];
  sockaddr_in peer;
  socklen_t size = sizeof peer;
  ASSERT_EQ(lwip_recvfrom(fd, message, sizeof message, 0, reinterpret_cast<sockaddr*>(&peer), &size), 48);
  std::uint8_t answer[48] = {0x24, 1, 6, 0xec};
  std::memcpy(answer + 24, message + 40, 8);
  for (const std::size_t at : {16, 32, 40}) store32(answer + at, seconds + 2208988800u);
  EXPECT_EQ(lwip_sendto(fd, answer, sizeof answer, 0, reinterpret_cast<sockaddr*>(&peer), size), 48);
}

TEST_F(Seed, ESP_1_11_106_TheTimeIsHadSomeTimeAfterItsExample) {
  const int fd = lwip_socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_port = htons(123);
  own.sin_addr.s_addr = inet_addr("127.0.0.3");
  ASSERT_EQ(lwip_bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
  std::thread server([fd] { answer_one_time_request(fd, 1800000000); });
  EXPECT_EQ(seed_timestamp(), 0u);
  seed_sntp("127.0.0.3");
  server.join();
  while (seed_timestamp() == 0) std::this_thread::yield();
  EXPECT_NEAR(seed_timestamp(), 1800000000, 60);
  seed_sntp_names("", "", -6);
  EXPECT_EQ(std::string(seed_real_time()).substr(0, 10), "Fri Jan 15");
  time_client().stop();
  lwip_close(fd);
}

}  // namespace
}  // namespace linnet::compat
