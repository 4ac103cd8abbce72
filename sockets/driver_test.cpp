// SPDX-License-Identifier: Apache-2.0
// Who polls, who sleeps until when, and who is woken, with threads that run one at a time.
#include <gtest/gtest.h>

#include "sockets/host.hpp"
#include "sockets/test_stage.hpp"

namespace linnet::sockets::test {
namespace {

constexpr std::uint16_t port_of_a = 500;
constexpr std::uint16_t port_of_b = 501;
constexpr std::uint16_t port_of_c = 502;

Random::Seed some_seed() {
  Random::Seed seed{};
  seed.fill(7);
  return seed;
}

class DriverTest : public ::testing::Test {
 protected:
  DriverTest()
      : memory(Host::memory_needed(linnet::Config::device(), config)),
        host(linnet::Config::device(), config, memory, stage) {
    // Until nothing is due any more.
    for (Instant next = host.poll_once(); !next.is_never(); next = host.poll_once()) stage.set_time(next);
    stage.set_time(Instant::from_microseconds(1'000'000'000));
    host.poll_once();
    a = bound(port_of_a);
    b = bound(port_of_b);
    c = bound(port_of_c);
    sender = s.socket(af::inet, sock::dgram);
  }
  ~DriverTest() override { stage.finish(); }
  int bound(std::uint16_t port) {
    const int fd = s.socket(af::inet, sock::dgram);
    EXPECT_EQ(s.bind(fd, {IpAddress::loopback_v4(), port}), 0);
    return fd;
  }
  /// A datagram of one byte, by the test's own thread.
  void send_to(std::uint16_t port) {
    const Endpoint to{IpAddress::loopback_v4(), port};
    const std::uint8_t byte = 1;
    EXPECT_EQ(s.sendto(sender, {&byte, 1}, 0, &to), 1);
  }
  /// A thread that waits for a datagram.
  void begin_receive(int fd, std::ptrdiff_t& result) {
    stage.begin([this, fd, &result] {
      std::uint8_t byte = 0;
      result = s.recv(fd, {&byte, 1});
    });
  }

  static constexpr Config config{.background_grace = Duration::milliseconds(5)};
  static constexpr Instant begun = Instant::from_microseconds(1'000'000'000);
  std::vector<std::uint8_t> memory;
  std::ptrdiff_t of_a = 99;  // before the threads: they write it
  std::ptrdiff_t of_b = 99;
  std::ptrdiff_t of_c = 99;
  Stage stage{some_seed()};
  Host host;
  Sockets& s = host.sockets();
  int a = -1;
  int b = -1;
  int c = -1;
  int sender = -1;
};

/// Counts its polls, and says when it wants the next.
class Clockwork final : public Service {
 public:
  Instant poll(Instant) override {
    ++polls;
    return next;
  }
  int polls = 0;
  Instant next = Instant::never();
};

class Watch final : public Clocked {
 public:
  void set_time(Instant now) override { told = now; }
  Instant next_deadline() const override { return next; }
  Instant told;
  Instant next = Instant::never();
};

TEST_F(DriverTest, who_waits_polls_and_sleeps_until_its_time_is_over) {
  s.set_receive_timeout(a, Duration::milliseconds(50));
  begin_receive(a, of_a);
  EXPECT_EQ(stage.log(), "A waits until 1000050;");
  stage.advance(Duration::milliseconds(50));
  stage.resume('A');
  EXPECT_EQ(of_a, -error::try_again);
  EXPECT_EQ(stage.log(), "");
}

TEST_F(DriverTest, the_sleeping_driver_is_woken_once) {
  begin_receive(a, of_a);
  EXPECT_EQ(stage.log(), "A waits;") << "what it marks itself needs no waking";
  send_to(port_of_b);
  EXPECT_EQ(stage.log(), "") << "not its";
  send_to(port_of_a);
  EXPECT_EQ(stage.log(), "wake;");
  send_to(port_of_a);
  EXPECT_EQ(stage.log(), "");
  stage.resume('A');
  EXPECT_EQ(of_a, 1);
}

TEST_F(DriverTest, others_park_until_their_turn_has_come) {
  begin_receive(a, of_a);
  begin_receive(b, of_b);
  EXPECT_EQ(stage.log(), "A waits;B parks;");
  send_to(port_of_b);
  EXPECT_EQ(stage.log(), "unpark B;") << "the driver sleeps on";
  stage.resume('B');
  EXPECT_EQ(of_b, 1);
  EXPECT_EQ(stage.log(), "") << "the seat is taken";
  EXPECT_EQ(of_a, 99);
}

TEST_F(DriverTest, a_parked_wait_ends_at_its_time) {
  begin_receive(a, of_a);
  s.set_receive_timeout(b, Duration::milliseconds(20));
  begin_receive(b, of_b);
  EXPECT_EQ(stage.log(), "A waits;B parks until 1000020;");
  stage.advance(Duration::milliseconds(19));
  stage.resume('B');
  EXPECT_EQ(stage.log(), "B parks until 1000020;") << "it returned early for no reason";
  stage.advance(Duration::milliseconds(1));
  stage.resume('B');
  EXPECT_EQ(of_b, -error::try_again);
}

TEST_F(DriverTest, closing_ends_a_parked_wait) {
  begin_receive(a, of_a);
  begin_receive(b, of_b);
  stage.log();
  EXPECT_EQ(s.close(b), 0);
  EXPECT_EQ(stage.log(), "unpark B;");
  stage.resume('B');
  EXPECT_EQ(of_b, -error::bad_descriptor);
}

TEST_F(DriverTest, who_leaves_offers_the_seat_to_one_that_waits) {
  s.set_receive_timeout(a, Duration::milliseconds(10));
  begin_receive(a, of_a);
  begin_receive(b, of_b);
  begin_receive(c, of_c);
  EXPECT_EQ(stage.log(), "A waits until 1000010;B parks;C parks;");
  send_to(port_of_b);
  EXPECT_EQ(stage.log(), "unpark B;");
  stage.advance(Duration::milliseconds(10));
  stage.resume('A');
  EXPECT_EQ(stage.log(), "unpark C;") << "B is about to leave";
  stage.resume('C');
  EXPECT_EQ(stage.log(), "C waits;");
  stage.resume('B');
  EXPECT_EQ(stage.log(), "");
  send_to(port_of_c);
  EXPECT_EQ(stage.log(), "wake;") << "it is parked no more";
  stage.resume('C');
  EXPECT_EQ(of_c, 1);
}

TEST_F(DriverTest, an_interruption_ends_every_wait) {
  begin_receive(a, of_a);
  begin_receive(b, of_b);
  stage.log();
  stage.interrupt();
  stage.resume('A');
  EXPECT_EQ(stage.log(), "unpark B;") << "the seat is not offered to one that is about to leave";
  stage.resume('B');
  EXPECT_EQ(of_a, -error::interrupted);
  EXPECT_EQ(of_b, -error::interrupted);
}

TEST_F(DriverTest, work_that_a_call_leaves_is_done_before_it_waits) {
  const int listening = s.socket(af::inet, sock::stream);
  ASSERT_EQ(s.bind(listening, {IpAddress::loopback_v4(), 7}), 0);
  ASSERT_EQ(s.listen(listening, 1), 0);
  begin_receive(a, of_a);
  stage.begin([this] {
    const int fd = s.socket(af::inet, sock::stream);
    of_b = s.connect(fd, {IpAddress::loopback_v4(), 7});
  });
  EXPECT_EQ(stage.log(), "A waits;wake;B parks;") << "its SYN waits at the loopback device";
  stage.resume('A');
  EXPECT_NE(stage.log().find("unpark B;"), std::string::npos);
  stage.resume('B');
  EXPECT_TRUE(stage.ended('B'));
  EXPECT_EQ(of_b, 0);
}

TEST_F(DriverTest, what_is_due_earlier_than_the_driver_thinks_wakes_it) {
  Clockwork service;
  host.add(service);
  s.set_receive_timeout(a, Duration::milliseconds(100));
  begin_receive(a, of_a);
  EXPECT_EQ(stage.log(), "A waits until 1000100;");
  service.next = begun + Duration::milliseconds(100);
  { const Host::Lock lock(host); }
  EXPECT_EQ(stage.log(), "") << "not earlier";
  service.next = begun + Duration::milliseconds(30);
  { const Host::Lock lock(host); }
  EXPECT_EQ(stage.log(), "wake;");
  stage.resume('A');
  EXPECT_EQ(stage.log(), "A waits until 1000030;");
  service.unlink();
}

TEST_F(DriverTest, services_are_polled_when_due_or_when_something_of_theirs_may_have_happened) {
  Clockwork service;
  host.add(service);
  service.next = begun + Duration::milliseconds(10);
  { const Host::Lock lock(host); }
  EXPECT_EQ(host.poll_once(), service.next);
  const int before = service.polls;
  stage.advance(Duration::milliseconds(9));
  host.poll_once();
  host.poll_once();
  EXPECT_EQ(service.polls, before) << "nothing has happened";
  stage.advance(Duration::milliseconds(1));
  service.next = Instant::never();
  host.poll_once();
  EXPECT_EQ(service.polls, before + 1) << "at its deadline";
  send_to(port_of_a);
  host.poll_once();
  EXPECT_EQ(service.polls, before + 1) << "what came was for a descriptor";
  { const Host::Lock lock(host); }
  host.poll_once();
  EXPECT_EQ(service.polls, before + 2);
  service.unlink();
}

TEST_F(DriverTest, devices_with_a_clock_are_told_the_time_and_asked_for_theirs) {
  Watch watch;
  host.add(watch);
  stage.advance(Duration::milliseconds(3));
  watch.next = begun + Duration::milliseconds(8);
  EXPECT_EQ(host.poll_once(), watch.next);
  EXPECT_EQ(watch.told, stage.now());
  watch.unlink();
}

TEST_F(DriverTest, what_is_due_at_once_is_a_reason_to_yield_not_to_sleep) {
  Watch watch;
  host.add(watch);
  watch.next = begun;
  stage.on_yield = [&] { watch.next = Instant::never(); };
  begin_receive(a, of_a);
  EXPECT_EQ(stage.log(), "A yields;A waits;");
  watch.unlink();
}

TEST_F(DriverTest, conditions_are_asked_whoever_has_waited_before) {
  begin_receive(a, of_a);
  send_to(port_of_a);
  stage.resume('A');
  ASSERT_EQ(of_a, 1);
  bool fulfilled = false;
  stage.begin([&] { of_b = host.wait_until([&] { return fulfilled; }, Instant::never()) ? 1 : 0; });
  stage.log();
  fulfilled = true;
  { const Host::Lock lock(host); }
  EXPECT_EQ(stage.log(), "wake;");
  stage.resume('B');
  EXPECT_EQ(of_b, 1);
}

class BackgroundDriver : public DriverTest {
 protected:
  /// Thread A, which drives.
  void begin_background() {
    stage.advance(config.background_grace);
    stage.begin([this] { host.run_background(); });
    EXPECT_EQ(stage.log(), "A waits;");
  }
  void end_background() {
    host.stop_background();
    stage.resume('A');
    EXPECT_TRUE(stage.ended('A'));
  }
};

TEST_F(BackgroundDriver, drives_once_nobody_has_polled_for_a_grace) {
  stage.begin([this] { host.run_background(); });
  EXPECT_EQ(stage.log(), "A parks until 1000005;");
  stage.advance(Duration::milliseconds(4));
  host.poll_once();
  stage.advance(Duration::milliseconds(1));
  stage.resume('A');
  EXPECT_EQ(stage.log(), "A parks until 1000009;") << "somebody polled meanwhile";
  stage.advance(Duration::milliseconds(4));
  stage.resume('A');
  EXPECT_EQ(stage.log(), "A waits;");
  host.stop_background();
  EXPECT_EQ(stage.log(), "wake;");
  stage.resume('A');
  EXPECT_TRUE(stage.ended('A'));
}

TEST_F(BackgroundDriver, sleeps_until_the_next_deadline_and_yields_when_that_is_now) {
  begin_background();
  Watch watch;
  host.add(watch);
  watch.next = stage.now() + Duration::milliseconds(12);
  stage.resume('A');
  EXPECT_EQ(stage.log(), "A waits until 1000017;");
  watch.next = stage.now();
  stage.on_yield = [&] { watch.next = Instant::never(); };
  stage.resume('A');
  EXPECT_EQ(stage.log(), "A yields;A waits;");
  watch.unlink();
  end_background();
}

TEST_F(BackgroundDriver, gives_its_seat_to_a_caller_and_rests_until_callers_are_away) {
  begin_background();
  begin_receive(b, of_b);
  EXPECT_EQ(stage.log(), "wake;B parks;");
  stage.resume('A');
  EXPECT_EQ(stage.log(), "unpark B;A parks until 1000010;");
  stage.resume('B');
  EXPECT_EQ(stage.log(), "B waits;");
  stage.advance(Duration::milliseconds(4));
  stage.resume('A');
  EXPECT_EQ(stage.log(), "A parks until 1000014;") << "B polled less than a grace ago";
  stage.advance(Duration::milliseconds(1));
  stage.resume('A');
  EXPECT_EQ(stage.log(), "A parks;") << "B has had nothing to do for a grace";
  send_to(port_of_b);
  EXPECT_EQ(stage.log(), "wake;");
  stage.resume('B');
  EXPECT_EQ(of_b, 1);
  EXPECT_EQ(stage.log(), "unpark A;") << "nobody else drives now";
  stage.resume('A');
  EXPECT_EQ(stage.log(), "A parks until 1000015;");
  begin_receive(b, of_b);
  EXPECT_EQ(stage.log(), "C waits;");
  send_to(port_of_b);
  stage.resume('C');
  EXPECT_EQ(stage.log(), "wake;") << "A looks by itself when its grace is over";
  host.stop_background();
  EXPECT_EQ(stage.log(), "unpark A;");
  stage.resume('A');
  EXPECT_TRUE(stage.ended('A'));
}

TEST_F(BackgroundDriver, that_ends_leaves_the_seat_to_who_waits) {
  begin_background();
  begin_receive(b, of_b);
  EXPECT_EQ(stage.log(), "wake;B parks;");
  host.stop_background();
  stage.resume('A');
  EXPECT_TRUE(stage.ended('A'));
  EXPECT_EQ(stage.log(), "unpark B;");
  stage.resume('B');
  EXPECT_EQ(stage.log(), "B waits;");
  send_to(port_of_b);
  stage.resume('B');
  EXPECT_EQ(of_b, 1);
}

TEST_F(BackgroundDriver, may_be_stopped_before_it_has_begun) {
  host.stop_background();
  stage.begin([this] { host.run_background(); });
  EXPECT_TRUE(stage.ended('A'));
  EXPECT_EQ(stage.log(), "");
}

TEST_F(BackgroundDriver, is_woken_once_although_several_callers_leave) {
  begin_background();
  begin_receive(b, of_b);
  stage.resume('A');
  stage.resume('B');
  stage.advance(Duration::milliseconds(5));
  stage.resume('A');
  send_to(port_of_b);
  stage.log();
  stage.resume('B');
  EXPECT_EQ(stage.log(), "unpark A;");
  begin_receive(c, of_c);
  EXPECT_EQ(stage.log(), "C waits;");
  send_to(port_of_c);
  stage.resume('C');
  EXPECT_EQ(of_c, 1);
  EXPECT_EQ(stage.log(), "wake;") << "it has been told, and has not run yet";
  end_background();
}

TEST_F(BackgroundDriver, may_be_followed_by_another_and_nobody_is_told_of_one_that_has_ended) {
  begin_background();
  end_background();
  stage.log();
  stage.begin([this] { host.run_background(); });
  EXPECT_EQ(stage.log(), "B parks until 1000010;") << "that one has not been stopped";
  host.stop_background();
  stage.resume('B');
  EXPECT_TRUE(stage.ended('B'));
  stage.log();
  host.stop_background();
  EXPECT_EQ(stage.log(), "") << "there is none to wake";
}

TEST_F(BackgroundDriver, that_ended_while_it_rested_is_not_woken_by_who_leaves_afterwards) {
  begin_background();
  begin_receive(b, of_b);
  stage.resume('A');
  stage.resume('B');
  stage.advance(Duration::milliseconds(5));
  stage.log();
  stage.resume('A');
  EXPECT_EQ(stage.log(), "A parks;");
  end_background();
  send_to(port_of_b);
  stage.log();
  stage.resume('B');
  EXPECT_EQ(of_b, 1);
  EXPECT_EQ(stage.log(), "");
}

}  // namespace
}  // namespace linnet::sockets::test
