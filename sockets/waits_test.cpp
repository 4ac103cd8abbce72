// SPDX-License-Identifier: Apache-2.0
// What ends a call that waits, done by another thread: data, shutdown, AF_UNSPEC, close.
#include "sockets/test_waits.hpp"

namespace linnet::sockets::test {
namespace {

class Waits : public WaitsTest {
 protected:
  Waits() { EXPECT_EQ(s.connect(receiver, at(600)), 0); }  // to itself
  /// A thread that reads up to 10 bytes.
  void begin_receive(int fd, int flags = 0) {
    stage.begin([this, fd, flags] {
      std::array<std::uint8_t, 10> buffer{};
      result = s.recv(fd, buffer, flags);
    });
    EXPECT_EQ(result, pending);
  }
  /// A thread that writes `size` bytes.
  void begin_send(int fd, std::size_t size) {
    stage.begin([this, fd, size] { result = send(fd, size); });
    EXPECT_EQ(result, pending);
  }
};

TEST_F(Waits, close_ends_a_read_that_got_nothing_with_EBADF) {
  begin_receive(server, msg::wait_all);
  s.close(server);
  stage.resume('A');
  EXPECT_EQ(result, -error::bad_descriptor);
}

TEST_F(Waits, what_was_read_before_the_close_counts) {
  begin_receive(server, msg::wait_all);
  EXPECT_EQ(send(client, 1), 1);
  polls(2);
  stage.resume('A');
  EXPECT_EQ(result, pending) << "MSG_WAITALL";
  s.close(server);
  stage.resume('A');
  EXPECT_EQ(result, 1);
}

TEST_F(Waits, close_ends_a_write_and_what_was_taken_counts) {
  begin_send(client, 1 << 20);
  s.close(client);
  stage.resume('A');
  EXPECT_GT(result, 1);
  EXPECT_LT(result, 1 << 20);
}

TEST_F(Waits, close_ends_a_write_of_which_nothing_was_taken_with_EBADF) {
  for (int round = 0; round < 50; ++round) send(client, 1 << 16, msg::dont_wait), polls(5);
  begin_send(client, 1);
  s.close(client);
  stage.resume('A');
  EXPECT_EQ(result, -error::bad_descriptor);
}

TEST_F(Waits, shutdown_ends_a_read_with_the_end) {
  begin_receive(receiver);
  EXPECT_EQ(s.shutdown(receiver, shut::read), 0);
  stage.resume('A');
  EXPECT_EQ(result, 0);
}

TEST_F(Waits, shutdown_of_a_listener_ends_accept_with_EINVAL) {
  stage.begin([this] { result = s.accept(listening); });
  EXPECT_EQ(result, pending);
  EXPECT_EQ(s.shutdown(listening, shut::write), 0);
  stage.resume('A');
  EXPECT_EQ(result, pending) << "writing is nothing to a listener";
  EXPECT_EQ(s.shutdown(listening, shut::read), 0);
  stage.resume('A');
  EXPECT_EQ(result, -error::invalid);
}

TEST_F(Waits, AF_UNSPEC_ends_a_read) {
  begin_receive(client);
  EXPECT_EQ(s.connect(client, Endpoint{}), 0);
  stage.resume('A');
  EXPECT_LT(result, 0);
  EXPECT_NE(result, pending);
}

TEST_F(Waits, poll_returns_when_one_entry_is_ready_and_says_which) {
  entry = {.fd = receiver, .events = event::in};
  stage.begin([this] { result = s.poll({&entry, 1}, std::nullopt); });
  EXPECT_EQ(result, pending);
  EXPECT_EQ(send(receiver, 1), 1);
  polls(2);
  stage.resume('A');
  EXPECT_EQ(result, 1);
  EXPECT_EQ(entry.revents, event::in);
}

TEST_F(Waits, poll_sees_that_a_descriptor_is_closed) {
  entry = {.fd = receiver, .events = event::in};
  stage.begin([this] { result = s.poll({&entry, 1}, std::nullopt); });
  EXPECT_EQ(result, pending);
  s.close(receiver);
  stage.resume('A');
  EXPECT_EQ(result, 1);
  EXPECT_EQ(entry.revents, event::nval);
}

TEST_F(Waits, poll_whose_time_is_over_yields_none) {
  entry = {.fd = receiver, .events = event::in};
  stage.begin([this] { result = s.poll({&entry, 1}, Duration::milliseconds(10)); });
  EXPECT_EQ(result, pending);
  stage.advance(Duration::milliseconds(10));
  stage.resume('A');
  EXPECT_EQ(result, 0);
  EXPECT_EQ(entry.revents, 0);
}

TEST_F(Waits, select_returns_when_a_member_is_ready) {
  set.add(receiver);
  stage.begin([this] { result = s.select(receiver + 1, &set, nullptr, nullptr, std::nullopt); });
  EXPECT_EQ(result, pending);
  EXPECT_EQ(send(receiver, 1), 1);
  polls(2);
  stage.resume('A');
  EXPECT_EQ(result, 1);
  EXPECT_TRUE(set.contains(receiver));
}

TEST_F(Waits, select_on_a_descriptor_that_is_closed_is_EBADF) {
  set.add(receiver);
  stage.begin([this] { result = s.select(receiver + 1, &set, nullptr, nullptr, std::nullopt); });
  EXPECT_EQ(result, pending);
  s.close(receiver);
  stage.resume('A');
  EXPECT_EQ(result, -error::bad_descriptor);
  EXPECT_TRUE(set.contains(receiver)) << "the sets are as they were";
}

}  // namespace
}  // namespace linnet::sockets::test
