// SPDX-License-Identifier: Apache-2.0
// What threads that wait find when others close, connect or shut down meanwhile, and what a call that waited
// does with the time that has passed.
#include "sockets/test_waits.hpp"

namespace linnet::sockets::test {
namespace {

class WaitEdges : public WaitsTest {
 protected:
  WaitEdges() : WaitsTest(Instant::from_microseconds(1'000'000)) {}
  /// All that has come.
  std::size_t drain(int fd) {
    std::size_t total = 0;
    std::vector<std::uint8_t> buffer(4096);
    for (;;) {
      const std::ptrdiff_t count = s.recv(fd, buffer, msg::dont_wait);
      if (count <= 0) return total;
      total += static_cast<std::size_t>(count);
    }
  }
  /// As much as both ends' buffers take.
  void fill() {
    for (int round = 0; round < 50; ++round) send(client, 1 << 16, msg::dont_wait), polls(5);
    EXPECT_EQ(send(client, 1, msg::dont_wait), -error::try_again);
  }
};

/// Asks to be polled again at once, so that who drives yields, as long as it says so.
class Restless final : public Service {
 public:
  Instant poll(Instant now) override { return done ? Instant::never() : now; }
  bool done = false;
};

TEST_F(WaitEdges, poll_finds_that_a_descriptor_was_closed_although_its_number_is_anothers_by_then) {
  Restless restless;
  host.add(restless);
  { const Host::Lock due(host); }
  int again = -1;
  stage.on_yield = [&] {
    if (again >= 0) return;
    s.close(receiver);
    again = s.socket(af::inet, sock::dgram);
    restless.done = true;
  };
  entry = {.fd = receiver, .events = event::in};
  stage.begin([this] { result = s.poll({&entry, 1}, std::nullopt); });
  EXPECT_EQ(again, receiver) << "the lowest free number";
  EXPECT_EQ(result, 1);
  EXPECT_EQ(entry.revents, event::nval);
  restless.unlink();
}

TEST_F(WaitEdges, POSIX_connect_that_AF_UNSPEC_ends_has_failed_and_not_with_EPIPE) {
  const int other = s.socket(af::inet, sock::stream);
  stage.on_yield = [&] { s.connect(other, Endpoint{}); };
  stage.begin([this, other] { result = s.connect(other, at(7)); });
  EXPECT_EQ(result, -error::connection_aborted);
}

TEST_F(WaitEdges, connect_whose_refusal_another_thread_was_told_has_failed_as_well) {
  const int other = s.socket(af::inet, sock::stream);
  int told = 0;
  stage.on_yield = [&] {
    polls(5);
    if (told == 0) told = s.option(other, sol::socket, so::error);
  };
  stage.begin([this, other] { result = s.connect(other, at(9)); });
  EXPECT_EQ(told, error::connection_refused);
  EXPECT_EQ(result, -error::connection_aborted);
}

TEST_F(WaitEdges, one_byte_that_was_taken_before_the_close_counts) {
  fill();
  const int size = s.option(client, sol::socket, so::send_buffer);
  EXPECT_EQ(s.set_option(client, sol::socket, so::send_buffer, size + 1), 0);
  stage.begin([this] { result = send(client, 2); });
  ASSERT_EQ(result, pending);
  s.close(client);
  stage.resume('A');
  EXPECT_EQ(result, 1);
}

TEST_F(WaitEdges, a_write_that_waits_for_room_leaves_TCP_QUICKACK_as_it_was) {
  EXPECT_EQ(s.set_option(client, ipproto::tcp, tcp_option::quick_ack, 1), 0);
  fill();
  EXPECT_EQ(s.set_option(client, ipproto::tcp, tcp_option::quick_ack, 1), 0);
  stage.begin([this] { result = send(client, 1); });
  ASSERT_EQ(result, pending);
  EXPECT_EQ(s.option(client, ipproto::tcp, tcp_option::quick_ack), 1);
}

TEST_F(WaitEdges, POSIX_a_write_that_may_not_wait_takes_what_there_is_room_for) {
  const int size = s.option(client, sol::socket, so::send_buffer);
  const auto most = static_cast<std::size_t>(size);
  EXPECT_EQ(send(client, most - 1, msg::dont_wait), size - 1);
  EXPECT_EQ(send(client, 2, msg::dont_wait), 1)
      << "what goes when the devices are looked at is the next call's";
}

TEST_F(WaitEdges, RFC7323_4_1_what_a_write_sends_after_a_wait_is_sent_then) {
  fill();
  stage.begin([this] { result = send(client, 40000); });
  ASSERT_EQ(result, pending);
  for (int second = 0; second < 10; ++second) {
    stage.advance(Duration::seconds(1));
    stage.resume('A');
  }
  ASSERT_EQ(result, pending);
  std::size_t total = 0;
  for (int round = 0; round < 100 && result == pending; ++round) {
    total += drain(server);
    polls(2);
    stage.resume('A');
  }
  EXPECT_EQ(result, 40000);
  const auto before = s.status(client)->retransmissions;
  polls(20);
  EXPECT_EQ(s.status(client)->retransmissions, before) << "nothing is late, for no time has passed";
}

}  // namespace
}  // namespace linnet::sockets::test
