// SPDX-License-Identifier: Apache-2.0
// Two hosts joined by a wire, in virtual time, through their sockets: blocking calls of one run the other. Each test is
// run by IPv4 and by IPv6.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "sim/wire.hpp"
#include "sockets/host.hpp"
#include "sockets/single_thread_port.hpp"

namespace linnet::sockets {
namespace {

Random::Seed seed_of(std::uint8_t number) {
  Random::Seed seed{};
  seed.fill(number);
  return seed;
}

/// What differs between the families.
struct Family {
  const char* name;
  int domain;
  IpAddress any;
  IpAddress loopback;
  int icmp;
  std::uint8_t echo_request;
  std::uint8_t echo_reply;
  std::size_t raw_header;  ///< RFC 3542 3: a raw socket of IPv6 shows none
  std::uint8_t prefix_length;

  IpAddress host(std::uint8_t number) const {
    if (any.is_v4()) return IpAddress::v4(192, 0, 2, number);
    std::array<std::uint8_t, 16> bytes{0xfd};
    bytes[15] = number;
    return IpAddress::v6(bytes);
  }
};
constexpr Family families[] = {
    {"IPv4", af::inet, IpAddress::any_v4(), IpAddress::loopback_v4(), ipproto::icmp, 8, 0, 20, 24},
    {"IPv6", af::inet6, IpAddress::any_v6(), IpAddress::loopback_v6(), ipproto::icmpv6, 128, 129, 0, 64},
};

struct Node {
  Node(const Family& family, std::uint8_t number, sim::WireEnd& device, const linnet::Config& stack, const Config& config)
      : memory(Host::memory_needed(stack, config)),
        port(seed_of(number), Instant::from_microseconds(1)),
        host(stack, config, memory, port),
        address(family.host(number)),
        end(device) {
    EXPECT_TRUE(host.ok());
    const auto interface = host.stack().add_interface(device);
    EXPECT_TRUE(interface.has_value());
    if (!address.is_v4()) {
      EXPECT_TRUE(host.stack().ip().enable_ipv6(*interface, port.now()));
    }
    EXPECT_TRUE(host.stack().ip().add_address(*interface, {address, family.prefix_length}, false, port.now()));
    device.register_pool(host.stack().pool());
  }
  ~Node() { end.detach(); }

  std::vector<std::uint8_t> memory;
  SingleThreadPort port;
  Host host;
  IpAddress address;
  sim::WireEnd& end;
  Sockets& s = host.sockets();
};

class TwoHostsTest : public ::testing::TestWithParam<Family> {
 protected:
  explicit TwoHostsTest(const linnet::Config& stack = linnet::Config::device(), const Config& config = {})
      : a(GetParam(), 1, wire.left(), stack, config), b(GetParam(), 2, wire.right(), stack, config) {
    a.port.set_wait([](void* self, Instant until) { static_cast<TwoHostsTest*>(self)->run(until); }, this);
    b.port.set_wait([](void* self, Instant until) { static_cast<TwoHostsTest*>(self)->run(until); }, this);
  }

  /// The world while one host waits: the other is polled, and what `script` does happens; if nobody has
  /// anything to do now, time passes.
  void run(Instant until) {
    ASSERT_LT(++steps, 1000000u) << "nothing ends this wait";
    if (script) script();
    const Instant next = earlier(poll_both_once(), until);
    if (!wire.idle()) return;
    Instant now = a.port.now();
    // Somebody whose deadline is not told here (the waiting host's own is `until`) would be skipped by a
    // longer step.
    now = std::max(now, earlier(next, now + Duration::milliseconds(1)));
    a.port.set_time(now);
    b.port.set_time(now);
  }
  Instant poll_both_once() {
    const Instant first = a.host.poll_once();
    return earlier(first, b.host.poll_once());
  }
  void settle(Duration time) {
    const Instant end = a.port.now() + time;
    while (a.port.now() < end) run(end);
  }

  sim::Wire wire{sim::WireConfig{}};
  Node a;
  Node b;
  std::function<void()> script;
  std::size_t steps = 0;
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u) >> 24);
  return text;
}
Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
MutableBytes room_of(std::string& text) {
  return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}

TEST_P(TwoHostsTest, a_blocking_client_and_a_scripted_server) {
  const int listening = b.s.socket(GetParam().domain, sock::stream | sock::nonblock);
  ASSERT_EQ(b.s.bind(listening, {GetParam().any, 7}), 0);
  ASSERT_EQ(b.s.listen(listening, 2), 0);
  int server = -1;
  std::string echoed;
  script = [&] {  // echo, non-blocking
    if (server < 0) {
      server = b.s.accept(listening, nullptr, sock::nonblock);
      return;
    }
    if (echoed.empty()) {
      std::string buffer(1000, '\0');
      const auto count = b.s.recv(server, room_of(buffer));
      if (count == 0) b.s.shutdown(server, shut::write);
      if (count > 0) echoed = buffer.substr(0, static_cast<std::size_t>(count));
    }
    if (!echoed.empty()) {
      const auto sent = b.s.send(server, bytes_of(echoed));
      if (sent > 0) echoed.erase(0, static_cast<std::size_t>(sent));
    }
  };
  const int client = a.s.socket(GetParam().domain, sock::stream);
  ASSERT_EQ(a.s.connect(client, {b.address, 7}), 0);
  const std::string data = pattern(3000);
  for (int round = 0; round < 20; ++round) {
    ASSERT_EQ(a.s.send(client, bytes_of(data)), 3000);
    std::string got(3000, '\0');
    ASSERT_EQ(a.s.recv(client, room_of(got), msg::wait_all), 3000);
    ASSERT_TRUE(got == data);
  }
  EXPECT_EQ(a.s.shutdown(client, shut::write), 0);
  std::string end(1, '\0');
  EXPECT_EQ(a.s.recv(client, room_of(end)), 0);
  EXPECT_EQ(a.s.close(client), 0);
  EXPECT_EQ(b.s.close(server), 0);
  EXPECT_EQ(b.s.close(listening), 0);
  script = nullptr;
  settle(Duration::seconds(5));
  EXPECT_TRUE(a.host.stack().pool().full());
  EXPECT_TRUE(b.host.stack().pool().full());
}

TEST_P(TwoHostsTest, connect_waits_for_a_silent_host_no_longer_than_it_may) {
  const int client = a.s.socket(GetParam().domain, sock::stream);
  ASSERT_EQ(a.s.set_send_timeout(client, Duration::milliseconds(300)), 0);
  wire.set_up(false);
  wire.set_up(true);
  const Instant before = a.port.now();
  const int result = a.s.connect(client, {GetParam().host(77), 7});  // nobody answers for it
  EXPECT_EQ(result, -error::in_progress);
  EXPECT_GE(a.port.now() - before, Duration::milliseconds(300));
  EXPECT_LT(a.port.now() - before, Duration::milliseconds(310));
  EXPECT_EQ(a.s.close(client), 0);
}

TEST_P(TwoHostsTest, linger_gives_up_when_its_time_is_over) {
  const int listening = b.s.socket(GetParam().domain, sock::stream | sock::nonblock);
  ASSERT_EQ(b.s.bind(listening, {GetParam().any, 7}), 0);
  ASSERT_EQ(b.s.listen(listening, 2), 0);
  const int client = a.s.socket(GetParam().domain, sock::stream);
  ASSERT_EQ(a.s.connect(client, {b.address, 7}), 0);
  const int server = b.s.accept(listening);
  ASSERT_GE(server, 0);
  ASSERT_EQ(a.s.set_linger(client, Duration::seconds(2)), 0);
  wire.set_up(false);
  ASSERT_EQ(a.s.send(client, bytes_of("nobody hears this")), 17);
  const Instant before = a.port.now();
  bool was_closed = false;
  script = [&] { was_closed = a.s.send(client, {}) == -error::bad_descriptor; };
  EXPECT_EQ(a.s.close(client), 0);
  script = nullptr;
  EXPECT_TRUE(was_closed) << "to everybody else the descriptor is closed from the start";
  EXPECT_GE(a.port.now() - before, Duration::seconds(2));
  EXPECT_LT(a.port.now() - before, Duration::milliseconds(2100));
  EXPECT_EQ(a.s.used(), 0u);
  wire.set_up(true);
  settle(Duration::seconds(10));
  std::string got(100, '\0');
  EXPECT_EQ(b.s.recv(server, room_of(got)), 17) << "what was left is sent later";
  EXPECT_EQ(b.s.recv(server, room_of(got)), 0);
  b.s.close(server);
  b.s.close(listening);
}

TEST_P(TwoHostsTest, a_waiting_call_whose_descriptor_is_closed_is_EBADF_once) {
  const int fd = a.s.socket(GetParam().domain, sock::dgram);
  int rounds = 0;
  int reused = -1;
  script = [&] {
    if (++rounds != 3) return;
    EXPECT_EQ(a.s.close(fd), 0);
    reused = a.s.socket(GetParam().domain, sock::dgram);  // C26-07: the same number
    EXPECT_EQ(a.s.bind(reused, {GetParam().any, 500}), 0);
    const Endpoint self{GetParam().loopback, 500};
    EXPECT_EQ(a.s.sendto(reused, bytes_of("new"), 0, &self), 3);
  };
  std::string got(10, '\0');
  EXPECT_EQ(a.s.recv(fd, room_of(got)), -error::bad_descriptor);
  script = nullptr;
  EXPECT_EQ(reused, fd);
  EXPECT_EQ(a.s.recv(reused, room_of(got)), 3) << "what came for the new socket is the new socket's";
  EXPECT_EQ(a.s.close(reused), 0);
}

TEST_P(TwoHostsTest, close_inside_poll_and_select) {
  const int fd = a.s.socket(GetParam().domain, sock::dgram);
  int rounds = 0;
  int reused = -1;
  script = [&] {
    if (++rounds != 3) return;
    EXPECT_EQ(a.s.close(fd), 0);
    reused = a.s.socket(GetParam().domain, sock::dgram);
  };
  PollEntry entry{.fd = fd, .events = event::in};
  EXPECT_EQ(a.s.poll({&entry, 1}, std::nullopt), 1);
  EXPECT_EQ(entry.revents, event::nval);
  EXPECT_EQ(reused, fd);
  rounds = 0;
  FdSet read;
  read.add(fd);
  EXPECT_EQ(a.s.select(fd + 1, &read, nullptr, nullptr, std::nullopt), -error::bad_descriptor);
  script = nullptr;
  EXPECT_EQ(a.s.close(reused), 0);
}

TEST_P(TwoHostsTest, a_service_runs_with_the_waiting_calls) {
  struct Ticker {
    Instant poll(Instant now) {
      if (now >= due) {
        ++ticks;
        due = now + Duration::seconds(1);
      }
      return due;
    }
    int ticks = 0;
    Instant due;
  } ticker;
  ServiceFor service(ticker);
  a.host.add(service);
  const int fd = a.s.socket(GetParam().domain, sock::dgram);
  EXPECT_EQ(a.s.set_receive_timeout(fd, Duration::milliseconds(5500)), 0);
  std::string got(10, '\0');
  EXPECT_EQ(a.s.recv(fd, room_of(got)), -error::try_again);
  EXPECT_EQ(ticker.ticks, 6);
  EXPECT_TRUE(a.host.wait_until([&] { return ticker.ticks == 9; }, Instant::never()));
  EXPECT_FALSE(a.host.wait_until([&] { return false; }, a.port.now() + Duration::seconds(1)));
  service.unlink();
  a.s.close(fd);
}

TEST_P(TwoHostsTest, a_clocked_device_knows_the_time_and_is_waited_for) {
  struct Held {
    void set_time(Instant now) { time = now; }
    Instant next_deadline() const { return time < due ? due : Instant::never(); }
    Instant time;
    Instant due;
  } held;
  ClockedFor clocked(held);
  a.host.add(clocked);
  held.due = a.port.now() + Duration::milliseconds(700);
  EXPECT_LE(a.host.poll_once(), held.due);  // IPv6 asks for routers meanwhile
  EXPECT_EQ(held.time, a.port.now());
  clocked.unlink();
}

TEST_P(TwoHostsTest, ping_reaches_the_other_host_through_a_raw_socket) {
  const int raw = a.s.socket(GetParam().domain, sock::raw, GetParam().icmp);
  ASSERT_EQ(a.s.set_receive_timeout(raw, Duration::seconds(1)), 0);
  std::vector<std::uint8_t> request{GetParam().echo_request, 0, 0, 0, 1, 2, 0, 1, 'd', 'a', 't', 'a'};
  const Endpoint to{b.address, 0};
  ASSERT_EQ(a.s.sendto(raw, request, 0, &to), 12);
  std::array<std::uint8_t, 100> reply{};
  Endpoint from;
  const std::size_t header = GetParam().raw_header;
  ASSERT_EQ(a.s.recvfrom(raw, reply, 0, &from), static_cast<std::ptrdiff_t>(header + 12));
  EXPECT_EQ(from, to);
  EXPECT_EQ(reply[header], GetParam().echo_reply);
  EXPECT_EQ(reply[header + 8], 'd');
  EXPECT_EQ(a.s.close(raw), 0);
}

/// A group of the link, and hosts that have joined it or not.
class GroupsTest : public TwoHostsTest {
 protected:
  IpAddress group() const {
    if (GetParam().any.is_v4()) return IpAddress::v4(239, 1, 2, 3);
    std::array<std::uint8_t, 16> bytes{0xff, 0x15};
    bytes[15] = 3;
    return IpAddress::v6(bytes);
  }
  int member(Node& node, GroupChange change = GroupChange::join, const IpAddress& source = {}) {
    const int fd = node.s.socket(GetParam().domain, sock::dgram);
    EXPECT_EQ(node.s.bind(fd, {GetParam().any, 500}), 0);
    EXPECT_EQ(node.s.change_group(fd, change, group(), 1, source), 0);
    EXPECT_EQ(node.s.set_receive_timeout(fd, Duration::milliseconds(50)), 0);
    return fd;
  }
  std::ptrdiff_t send(Node& node, int fd) {
    const Endpoint to{group(), 500};
    return node.s.sendto(fd, bytes_of("hello"), 0, &to);
  }
  bool hears(Node& node, int fd) {
    std::string got(5, '\0');
    return node.s.recv(fd, room_of(got)) == 5 && got == "hello";
  }
};

TEST_P(GroupsTest, RFC1112_7_members_hear_and_who_has_left_does_not) {
  const int receiver = member(b);
  const int sender = a.s.socket(GetParam().domain, sock::dgram);
  ASSERT_EQ(send(a, sender), 5);
  EXPECT_TRUE(hears(b, receiver));
  EXPECT_EQ(b.s.change_group(receiver, GroupChange::leave, group(), 1), 0);
  ASSERT_EQ(send(a, sender), 5);
  EXPECT_FALSE(hears(b, receiver));
}

TEST_P(GroupsTest, RFC3678_sources_are_wanted_or_blocked) {
  const int only = member(b, GroupChange::join_source, GetParam().host(99));
  const int sender = a.s.socket(GetParam().domain, sock::dgram);
  ASSERT_EQ(send(a, sender), 5);
  EXPECT_FALSE(hears(b, only));
  EXPECT_EQ(b.s.change_group(only, GroupChange::join_source, group(), 1, a.address), 0);
  ASSERT_EQ(send(a, sender), 5);
  EXPECT_TRUE(hears(b, only));
  EXPECT_EQ(b.s.close(only), 0);
  const int blocking = member(b);
  EXPECT_EQ(b.s.change_group(blocking, GroupChange::block_source, group(), 1, a.address), 0);
  ASSERT_EQ(send(a, sender), 5);
  EXPECT_FALSE(hears(b, blocking));
  EXPECT_EQ(b.s.change_group(blocking, GroupChange::unblock_source, group(), 1, a.address), 0);
  ASSERT_EQ(send(a, sender), 5);
  EXPECT_TRUE(hears(b, blocking));
}

TEST_P(GroupsTest, a_membership_is_the_sockets_own) {
  const int receiver = member(b);
  const int stranger = b.s.socket(GetParam().domain, sock::dgram);
  EXPECT_EQ(b.s.bind(stranger, {GetParam().any, 501}), 0);
  const int sender = a.s.socket(GetParam().domain, sock::dgram);
  const Endpoint other_port{group(), 501};
  ASSERT_EQ(a.s.sendto(sender, bytes_of("hello"), 0, &other_port), 5);
  EXPECT_EQ(b.s.set_receive_timeout(stranger, Duration::milliseconds(50)), 0);
  EXPECT_FALSE(hears(b, stranger)) << "that another socket has joined is nothing to this one";
  EXPECT_EQ(b.s.close(receiver), 0);
  EXPECT_EQ(b.host.stack().ip().groups().filter_of({0, 1, group()}), std::nullopt);
}

TEST_P(GroupsTest, RFC1112_6_4_members_on_the_same_host_get_a_copy) {
  const int receiver = member(a);
  const int sender = a.s.socket(GetParam().domain, sock::dgram);
  ASSERT_EQ(send(a, sender), 5);
  EXPECT_TRUE(hears(a, receiver));
  const bool six = !GetParam().any.is_v4();
  const int level = six ? ipproto::ipv6 : ipproto::ip;
  const int loop = six ? ipv6_option::multicast_loop : ip_option::multicast_loop;
  EXPECT_EQ(a.s.set_option(sender, level, loop, 0), 0);
  ASSERT_EQ(send(a, sender), 5);
  EXPECT_FALSE(hears(a, receiver));
}

TEST_P(GroupsTest, RFC1112_6_1_a_time_to_live_of_zero_stays_here) {
  const int here = member(a);
  const int there = member(b);
  const int sender = a.s.socket(GetParam().domain, sock::dgram);
  const bool six = !GetParam().any.is_v4();
  EXPECT_EQ(a.s.set_option(sender, six ? ipproto::ipv6 : ipproto::ip,
                           six ? ipv6_option::multicast_hops : ip_option::multicast_ttl, 0), 0);
  ASSERT_EQ(send(a, sender), 5);
  EXPECT_TRUE(hears(a, here));
  EXPECT_FALSE(hears(b, there));
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, GroupsTest, ::testing::ValuesIn(families),
                         [](const auto& test) { return std::string(test.param.name); });
INSTANTIATE_TEST_SUITE_P(BothFamilies, TwoHostsTest, ::testing::ValuesIn(families),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace linnet::sockets
