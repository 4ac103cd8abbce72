// SPDX-License-Identifier: Apache-2.0
// select and poll: level-triggered truth.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

using SelectTest = SocketsTest;

FdSet set_of(std::initializer_list<int> members) {
  FdSet set;
  for (const int fd : members) set.add(fd);
  return set;
}

TEST_F(SelectTest, readiness_is_true_as_long_as_it_is_true) {
  const int listening = listener();
  EXPECT_EQ(events(listening), 0);
  const int client = tcp();
  EXPECT_EQ(events(client), event::out | event::write_normal | event::hup) << "not connected, as on Linux";
  EXPECT_EQ(s.connect(client, loopback(test_port)), 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(events(listening) & event::in, event::in);
  const int server = s.accept(listening);
  EXPECT_EQ(events(listening), 0);
  EXPECT_EQ(events(server), event::out | event::write_normal);
  EXPECT_EQ(send(client, "ab"), 2);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(events(server) & event::in, event::in);
  EXPECT_EQ(recv(server, 1), "a");
  EXPECT_EQ(events(server) & event::in, event::in);
  EXPECT_EQ(recv(server, 1), "b");
  EXPECT_EQ(events(server) & event::in, 0);
  EXPECT_EQ(s.shutdown(client, shut::write), 0);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(events(server) & (event::in | event::hup), event::in) << "end of file";
  EXPECT_EQ(s.shutdown(server, shut::write), 0);
  EXPECT_EQ(events(server) & event::hup, event::hup);
  for (const int fd : {listening, client, server}) s.close(fd);
}

TEST_F(SelectTest, poll_counts_entries_and_masks_events) {
  const int a = udp_on(100);
  const int b = udp_on(200);
  const Endpoint to = loopback(100);
  EXPECT_EQ(s.sendto(b, bytes_of("x"), 0, &to), 1);
  std::array<PollEntry, 5> entries{
      PollEntry{.fd = a, .events = event::in}, PollEntry{.fd = b, .events = event::in},
      PollEntry{.fd = -1, .events = event::in}, PollEntry{.fd = 99, .events = event::in},
      PollEntry{.fd = b, .events = event::out}};
  entries[2].revents = 0x55;
  EXPECT_EQ(s.poll(entries, std::nullopt), 3);
  EXPECT_EQ(entries[0].revents, event::in);
  EXPECT_EQ(entries[1].revents, 0);
  EXPECT_EQ(entries[2].revents, 0);
  EXPECT_EQ(entries[3].revents, event::nval);
  EXPECT_EQ(entries[4].revents, event::out);
  s.close(a);
  s.close(b);
}

TEST_F(SelectTest, select_on_a_mix) {
  const int listening = listener();
  const int datagram = udp_on(100);
  const auto [client, server] = connection(listening);
  const int count = server + 1;
  FdSet read = set_of({listening, datagram, client, server});
  FdSet write = set_of({datagram, client});
  FdSet except = set_of({client, server});
  EXPECT_EQ(s.select(count, &read, &write, &except, Duration()), 2);
  EXPECT_EQ(read, FdSet());
  EXPECT_EQ(write, set_of({datagram, client}));
  EXPECT_EQ(except, FdSet());

  EXPECT_EQ(send(client, "x"), 1);
  const Endpoint to = loopback(100);
  EXPECT_EQ(s.sendto(datagram, bytes_of("y"), 0, &to), 1);
  const int second = tcp();
  EXPECT_EQ(s.connect(second, loopback(test_port)), 0);
  read = set_of({listening, datagram, client, server});
  EXPECT_EQ(s.select(count, &read, nullptr, nullptr, std::nullopt), 3);
  EXPECT_EQ(read, set_of({listening, datagram, server}));
  EXPECT_EQ(recv(datagram), "y");
  read = set_of({listening, datagram, client, server});
  EXPECT_EQ(s.select(server, &read, nullptr, nullptr, std::nullopt), 1)
      << "members from `count` on are not asked";
  EXPECT_EQ(read, set_of({listening}));
  for (const int fd : {listening, datagram, client, server, second}) s.close(fd);
}

TEST_F(SelectTest, an_error_is_readable_writable_and_exceptional) {
  const int client = udp();
  EXPECT_EQ(s.connect(client, loopback(99)), 0);
  EXPECT_EQ(send(client, "x"), 1);
  FdSet read = set_of({client});
  FdSet write = set_of({client});
  FdSet except = set_of({client});
  for (int i = 0; i < 3; ++i) host.poll_once();
  EXPECT_EQ(s.select(client + 1, &read, &write, &except, Duration()), 3);
  s.close(client);
}

TEST_F(SelectTest, C26_05_times) {
  const int fd = udp_on(100);
  PollEntry entry{.fd = fd, .events = event::in};
  FdSet read = set_of({fd});
  for (const std::int64_t ms :
       {std::int64_t{1}, std::int64_t{2147483647}, std::int64_t{2147483648}, std::int64_t{4294967295}}) {
    Instant before = now();
    EXPECT_EQ(s.poll({&entry, 1}, poll_timeout(ms)), 0);
    EXPECT_EQ((now() - before).as_milliseconds(), ms);
    before = now();
    read.add(fd);
    EXPECT_EQ(s.select(fd + 1, &read, nullptr, nullptr, Duration::milliseconds(ms)), 0);
    EXPECT_EQ((now() - before).as_milliseconds(), ms);
    EXPECT_EQ(read, FdSet());
  }
  const Instant before = now();
  EXPECT_EQ(s.poll({&entry, 1}, Duration()), 0);
  EXPECT_EQ(s.poll({}, Duration()), 0);
  EXPECT_EQ(s.select(fd + 1, &read, nullptr, nullptr, Duration()), 0);
  EXPECT_EQ(now(), before);
  EXPECT_EQ(poll_timeout(-1), std::nullopt);
  EXPECT_EQ(poll_timeout(std::numeric_limits<std::int64_t>::min()), std::nullopt);
  EXPECT_EQ(s.poll({&entry, 1}, poll_timeout(-1)), -error::interrupted)
      << "for ever: nothing could end it but that";
  EXPECT_EQ(s.poll({}, Duration::seconds(1)), 0);
  EXPECT_EQ(now() - before, Duration::seconds(1)) << "poll of nothing sleeps";
  s.close(fd);
}

TEST_F(SelectTest, C26_10_the_clock_where_32_bits_wrap) {
  for (const std::int64_t start :
       {std::int64_t{4294967295}, std::int64_t{4294967295} * 1000000, (std::int64_t{1} << 31) * 1000}) {
    port.set_time(Instant::from_microseconds(start - 500000));
    const int fd = udp_on(100);
    EXPECT_EQ(s.set_receive_timeout(fd, Duration::seconds(1)), 0);
    const Instant before = now();
    EXPECT_EQ(recv(fd), std::to_string(-error::try_again));
    EXPECT_EQ(now() - before, Duration::seconds(1));
    s.close(fd);
  }
}

TEST_F(SelectTest, bad_arguments) {
  FdSet read = set_of({5});
  EXPECT_EQ(s.select(6, &read, nullptr, nullptr, Duration()), -error::bad_descriptor);
  EXPECT_TRUE(read.contains(5)) << "left as it was";
  EXPECT_EQ(s.select(-1, &read, nullptr, nullptr, Duration()), -error::invalid);
  EXPECT_EQ(s.select(FdSet::capacity + 1, &read, nullptr, nullptr, Duration()), -error::invalid);
  EXPECT_EQ(s.select(6, &read, nullptr, nullptr, Duration() - Duration::seconds(1)), -error::invalid);
  EXPECT_EQ(s.select(0, nullptr, nullptr, nullptr, Duration()), 0);
}

TEST_F(SelectTest, a_flag_of_somebody_else_ends_a_poll) {
  const int fd = udp_on(100);
  PollEntry entry{.fd = fd, .events = event::in};
  struct World {
    SingleThreadPort* port;
    bool flag = false;
  } world{&port};
  port.set_wait(
      [](void* context, Instant) {
        World& w = *static_cast<World*>(context);
        w.port->set_time(w.port->now() + Duration::milliseconds(5));
        w.flag = true;
      },
      &world);
  const Instant before = now();
  EXPECT_EQ(s.poll({&entry, 1}, std::nullopt, &world.flag), 0);
  EXPECT_EQ(now() - before, Duration::milliseconds(5));
  EXPECT_EQ(s.poll({&entry, 1}, std::nullopt, &world.flag), 0) << "set already: no wait";
  EXPECT_EQ(now() - before, Duration::milliseconds(5));
  port.set_wait(nullptr, nullptr);
  s.close(fd);
}

}  // namespace
}  // namespace linnet::sockets::test
