// SPDX-License-Identifier: Apache-2.0
// What each option takes, and what is read afterwards: one row a case.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

constexpr int invalid = -error::invalid;
constexpr int unknown = -error::no_such_option;

struct Row {
  int level;
  int name;
  int value;
  int result;  // of setsockopt
  int read;    // by getsockopt, afterwards
};
constexpr Row taken(int level, int name, int value, int read) { return {level, name, value, 0, read}; }
constexpr Row taken(int level, int name, int value) { return taken(level, name, value, value); }
/// The value stays what it is.
constexpr Row refused(int level, int name, int value, int error, int read) {
  return {level, name, value, error, read};
}

constexpr int range(int lowest, int highest) { return lowest | highest << 16; }

class OptionRows : public SocketsTest {
 protected:
  void check(int fd, std::span<const Row> rows) {
    for (const Row& row : rows) {
      SCOPED_TRACE(std::to_string(row.level) + '/' + std::to_string(row.name) + " = " +
                   std::to_string(row.value));
      EXPECT_EQ(s.set_option(fd, row.level, row.name, row.value), row.result);
      EXPECT_EQ(s.option(fd, row.level, row.name), row.read);
    }
    EXPECT_EQ(s.close(fd), 0);
  }
};

TEST_F(OptionRows, of_streams_at_level_ip) {
  using namespace ip_option;
  const int fd = tcp();
  const auto read = [&](int name) { return s.option(fd, ipproto::ip, name); };
  EXPECT_EQ(read(mtu_discover), mtu_discovery::want);
  EXPECT_EQ(read(bind_address_no_port), 0);
  EXPECT_EQ(read(local_port_range), 0);
  EXPECT_EQ(read(tos), 0);
  check(fd, std::array{
                taken(ipproto::ip, bind_address_no_port, 7, 1),
                taken(ipproto::ip, bind_address_no_port, 0),
                taken(ipproto::ip, local_port_range, range(30000, 32000)),
                taken(ipproto::ip, local_port_range, range(7, 7)),
                taken(ipproto::ip, local_port_range, range(0, 7)),
                taken(ipproto::ip, local_port_range, range(7, 0)),  // 0: the usual bound
                refused(ipproto::ip, local_port_range, range(8, 7), invalid, range(7, 0)),
                refused(ipproto::ip, local_port_range, range(2, 1), invalid, range(7, 0)),
                taken(ipproto::ip, mtu_discover, mtu_discovery::off),
                taken(ipproto::ip, mtu_discover, mtu_discovery::always),
                refused(ipproto::ip, mtu_discover, 3, invalid, mtu_discovery::always),
                refused(ipproto::ip, mtu_discover, -1, invalid, mtu_discovery::always),
                taken(ipproto::ip, ttl, 1),
                taken(ipproto::ip, ttl, 255),
                refused(ipproto::ip, ttl, 0, invalid, 255),
                refused(ipproto::ip, ttl, 256, invalid, 255),
                refused(ipproto::ip, ttl, -2, invalid, 255),
                taken(ipproto::ip, ttl, -1, 64),
                taken(ipproto::ip, tos, 0xff, 0xfc),  // RFC 3168: the last two bits are TCP's own
                taken(ipproto::ip, tos, 0),
                refused(ipproto::ip, tos, 256, invalid, 0),
                refused(ipproto::ip, multicast_ttl, 1, unknown, unknown),
                refused(ipproto::ip, multicast_loop, 1, unknown, unknown),
            });
}

TEST_F(OptionRows, a_range_of_high_ports_has_the_sign_bit_and_bounds_what_is_chosen) {
  const int fd = tcp();
  const auto wanted = static_cast<std::int32_t>(0xc002c000u);  // 49152 to 49154
  EXPECT_EQ(s.set_option(fd, ipproto::ip, ip_option::local_port_range, wanted), 0);
  std::int32_t read = 0;
  std::size_t length = sizeof read;
  EXPECT_EQ(s.getsockopt(fd, ipproto::ip, ip_option::local_port_range, &read, &length), 0);
  EXPECT_EQ(read, wanted);
  EXPECT_EQ(s.bind(fd, {IpAddress::any_v4(), 0}), 0);
  Endpoint name;
  EXPECT_EQ(s.getsockname(fd, name), 0);
  EXPECT_GE(name.port, 49152);
  EXPECT_LE(name.port, 49154);
  s.close(fd);
}

TEST_F(OptionRows, of_streams_at_level_socket) {
  using namespace so;
  check(tcp(), std::array{
                   taken(sol::socket, receive_low_water, 2),
                   taken(sol::socket, receive_low_water, 0, 1),  // Linux: none is one
                   taken(sol::socket, receive_low_water, 1),
                   taken(sol::socket, receive_low_water, -1, INT32_MAX),
                   taken(sol::socket, send_buffer, 1),
                   taken(sol::socket, receive_buffer, 1),
                   refused(sol::socket, receive_buffer, 0, invalid, 1),
                   taken(sol::socket, receive_buffer, 2),
                   refused(sol::socket, no_check, 1, unknown, unknown),
               });
}

TEST_F(OptionRows, of_streams_at_level_tcp) {
  using namespace tcp_option;
  const int fd = tcp();
  const auto read = [&](int name) { return s.option(fd, ipproto::tcp, name); };
  EXPECT_EQ(read(maximum_segment), host.stack().tcp().config().maximum_segment_size) << "as configured";
  EXPECT_EQ(read(user_timeout), 0);
  EXPECT_EQ(read(keep_idle), host.stack().tcp().config().keepalive_idle.as_seconds());
  EXPECT_EQ(read(keep_interval), host.stack().tcp().config().keepalive_interval.as_seconds());
  check(fd, std::array{
                taken(ipproto::tcp, keepalive, 1),
                refused(ipproto::tcp, keepalive, 0, invalid, 1),
                taken(ipproto::tcp, keep_idle, 1),
                taken(ipproto::tcp, keep_idle, 32767),
                refused(ipproto::tcp, keep_idle, 0, invalid, 32767),
                taken(ipproto::tcp, keep_interval, 1),
                taken(ipproto::tcp, keep_interval, 32767),
                refused(ipproto::tcp, keep_interval, 32768, invalid, 32767),
                taken(ipproto::tcp, keep_count, 1),
                taken(ipproto::tcp, keep_count, 127),
                refused(ipproto::tcp, keep_count, 0, invalid, 127),
                taken(ipproto::tcp, maximum_segment, 88),
                taken(ipproto::tcp, maximum_segment, 32767),
                refused(ipproto::tcp, maximum_segment, 32768, invalid, 32767),
                taken(ipproto::tcp, user_timeout, 1),
                taken(ipproto::tcp, user_timeout, 0),
                taken(ipproto::tcp, syn_count, 1),
                taken(ipproto::tcp, syn_count, 127),
                taken(ipproto::tcp, linger2, 120),
                taken(ipproto::tcp, window_clamp, 1151, 1152),
                taken(ipproto::tcp, window_clamp, 1153),
                refused(ipproto::tcp, window_clamp, -1, invalid, 1153),
                taken(ipproto::tcp, window_clamp, 0,
                      static_cast<int>(host.stack().tcp().config().receive_buffer)),
                taken(ipproto::tcp, fast_open, 7),
                taken(ipproto::tcp, fast_open, 0),
                taken(ipproto::tcp, fast_open_no_cookie, 1),
                taken(ipproto::tcp, fast_open_no_cookie, 0),
                refused(ipproto::tcp, fast_open_no_cookie, 2, invalid, 0),
                taken(ipproto::tcp, fast_open_connect, 1),
                taken(ipproto::tcp, fast_open_connect, 0),
            });
}

TEST_F(OptionRows, of_datagram_sockets) {
  using namespace ip_option;
  const int fd = udp();
  EXPECT_EQ(s.option(fd, sol::socket, so::broadcast), 0);
  EXPECT_EQ(s.option(fd, ipproto::ip, multicast_ttl), 1) << "RFC 1112 6.1";
  EXPECT_EQ(s.option(fd, ipproto::ip, multicast_loop), 1);
  check(fd, std::array{
                taken(sol::socket, so::broadcast, 2, 1),
                taken(sol::socket, so::receive_buffer, 1),
                refused(sol::socket, so::send_buffer, 1, unknown, unknown),
                refused(sol::socket, so::keepalive, 1, unknown, unknown),
                refused(sol::socket, so::receive_low_water, 1, unknown, unknown),
                taken(ipproto::ip, multicast_loop, 0),
                taken(ipproto::ip, multicast_loop, 9, 1),
                taken(ipproto::ip, multicast_ttl, 255),
                taken(ipproto::ip, multicast_ttl, -1, 1),
                refused(ipproto::ip, multicast_ttl, 256, invalid, 1),
                taken(ipproto::ip, ttl, 1),
                taken(ipproto::ip, tos, 0xff),  // all eight bits, which UDP leaves to its user
                refused(ipproto::ip, mtu_discover, 1, unknown, unknown),
                refused(ipproto::ip, bind_address_no_port, 1, unknown, unknown),
            });
}

TEST_F(OptionRows, of_raw_sockets) {
  using namespace ip_option;
  const int fd = s.socket(af::inet, sock::raw, ipproto::icmp);
  EXPECT_EQ(s.option(fd, ipproto::ip, ttl), 64);
  EXPECT_EQ(s.option(fd, sol::socket, so::broadcast), 0);
  check(fd, std::array{
                taken(sol::socket, so::broadcast, 1),
                refused(sol::socket, so::receive_buffer, 1, unknown, unknown),
                refused(sol::socket, so::send_buffer, 1, unknown, unknown),
                refused(sol::socket, so::no_check, 1, unknown, unknown),
                taken(ipproto::ip, ttl, 1),
                taken(ipproto::ip, tos, 0xff),
                refused(ipproto::ip, multicast_loop, 1, unknown, unknown),
                refused(ipproto::ip, multicast_ttl, 1, unknown, unknown),
            });
}

TEST_F(OptionRows, RFC3493_5_at_level_ipv6) {
  using namespace ipv6_option;
  const int stream = s.socket(af::inet6, sock::stream);
  EXPECT_EQ(s.option(stream, ipproto::ipv6, v6_only), 0);
  check(stream, std::array{
                    taken(ipproto::ipv6, v6_only, 7, 1),
                    taken(ipproto::ipv6, v6_only, 0),
                    refused(ipproto::ipv6, multicast_if, 0, unknown, unknown),
                    taken(ipproto::ipv6, unicast_hops, 1),
                    taken(ipproto::ipv6, traffic_class, 0x40),
                    taken(ipproto::ipv6, traffic_class, -1, 0),  // RFC 3542 6.5: the default
                    refused(ipproto::ipv6, traffic_class, -2, invalid, 0),
                });
  const int datagram = s.socket(af::inet6, sock::dgram);
  EXPECT_EQ(s.option(datagram, ipproto::ipv6, v6_only), 0);
  EXPECT_EQ(s.option(datagram, ipproto::ipv6, multicast_if), 0) << "5.2: none in particular";
  check(datagram, std::array{
                      taken(ipproto::ipv6, v6_only, 1),
                      taken(ipproto::ipv6, v6_only, 0),
                      taken(ipproto::ipv6, multicast_if, 1),
                      refused(ipproto::ipv6, multicast_if, -1, -error::no_such_device, 1),
                      taken(ipproto::ipv6, multicast_if, 0),
                      taken(ipproto::ipv6, traffic_class, 0x41),
                      taken(ipproto::ipv6, traffic_class, -1, 0),
                      taken(ipproto::ipv6, multicast_hops, -1, 1),
                  });
  const int raw = s.socket(af::inet6, sock::raw, ipproto::icmpv6);
  EXPECT_EQ(s.option(raw, ipproto::ipv6, v6_only), 1) << "it never speaks IPv4";
  check(raw, std::array{
                 taken(ipproto::ipv6, v6_only, 1),
                 refused(ipproto::ipv6, v6_only, 0, invalid, 1),
                 refused(ipproto::ipv6, multicast_if, 1, unknown, unknown),
             });
  const int four = udp();
  check(four, std::array{refused(ipproto::ipv6, v6_only, 1, unknown, unknown)});
}

TEST_F(OptionRows, RFC3493_5_3_v6_only_is_fixed_once_the_socket_has_an_address) {
  const auto set = [&](int fd) { return s.set_option(fd, ipproto::ipv6, ipv6_option::v6_only, 1); };
  const int bound = s.socket(af::inet6, sock::stream);
  EXPECT_EQ(s.bind(bound, {IpAddress::any_v6(), 7}), 0);
  EXPECT_EQ(set(bound), invalid);
  EXPECT_EQ(s.listen(bound, 1), 0);
  const int connected = s.socket(af::inet6, sock::stream);
  EXPECT_EQ(s.connect(connected, {IpAddress::loopback_v6(), 7}), 0);
  EXPECT_EQ(set(connected), invalid);
  for (const int fd : {bound, connected}) s.close(fd);
}

TEST_F(OptionRows, what_succeeds_leaves_the_last_error_to_SO_ERROR) {
  const int fd = tcp();
  EXPECT_EQ(s.connect(fd, loopback(9)), -error::connection_refused);
  EXPECT_EQ(s.set_option(fd, sol::socket, so::keepalive, 1), 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::keepalive), 1);
  Linger linger;
  std::size_t length = sizeof linger;
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::linger, &linger, &length), 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::error), error::connection_refused);
  s.close(fd);
}

TEST_F(OptionRows, lengths_that_structures_and_names_take_and_give) {
  const int fd = tcp();
  int seconds = 0;
  std::size_t length = 8;
  std::array<std::uint8_t, 64> room{};
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::linger2, room.data(), &length), 0);
  EXPECT_EQ(length, sizeof seconds);
  length = 3;
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::linger2, room.data(), &length), invalid);
  length = 64;
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::congestion, room.data(), &length), 0);
  EXPECT_EQ(length, 16u) << "TCP_CA_NAME_MAX";
  length = 3;
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::congestion, room.data(), &length), 0);
  EXPECT_EQ(length, 3u);
  EXPECT_EQ(s.setsockopt(fd, ipproto::tcp, tcp_option::congestion, "r", 1), -error::no_entry);
  length = 16;
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::fast_open_key, room.data(), &length), 0) << "one key";
  EXPECT_EQ(length, 16u);
  length = 15;
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::fast_open_key, room.data(), &length), invalid);
  std::array<std::uint8_t, 300> much{};
  length = much.size();
  EXPECT_EQ(s.getsockopt(fd, ipproto::tcp, tcp_option::info, much.data(), &length), 0);
  EXPECT_EQ(length, 280u);
  length = 1;
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::type, room.data(), &length), invalid)
      << "bytes are for level IP";
  s.close(fd);
}

TEST_F(OptionRows, linger_off_forgets_its_time) {
  const int fd = tcp();
  Linger linger{.on = 0, .seconds = 5};
  EXPECT_EQ(s.setsockopt(fd, sol::socket, so::linger, &linger, sizeof linger), 0);
  std::size_t length = sizeof linger;
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::linger, &linger, &length), 0);
  EXPECT_EQ(linger.on, 0);
  EXPECT_EQ(linger.seconds, 0);
  s.close(fd);
}

TEST_F(OptionRows, a_negative_time_out_is_over_at_once) {
  const int fd = udp();
  const TimeValue time{.seconds = -1, .microseconds = 0};
  EXPECT_EQ(s.setsockopt(fd, sol::socket, so::receive_timeout, &time, sizeof time), 0);
  const Instant before = now();
  EXPECT_EQ(recv(fd), std::to_string(-error::try_again));
  EXPECT_EQ(now() - before, Duration::microseconds(1));
  s.close(fd);
}

class WithoutPacketInformation : public SocketsTest {
 protected:
  WithoutPacketInformation() : SocketsTest({.offers = {.packet_information = false}}) {}
};

TEST_F(WithoutPacketInformation, the_rest_of_level_ip_is_there) {
  const int fd = tcp();
  EXPECT_EQ(s.option(fd, ipproto::ip, ip_option::ttl), 64);
  EXPECT_EQ(s.set_option(fd, ipproto::ip, ip_option::ttl, 7), 0);
  s.close(fd);
}

class Doubled : public SocketsTest {
 protected:
  Doubled() : SocketsTest({.doubled_buffers = true}) {}
};

TEST_F(Doubled, least_sizes_of_streams_and_of_datagrams) {
  const int fd = tcp();
  EXPECT_EQ(s.set_option(fd, sol::socket, so::send_buffer, 0), 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::send_buffer), 4608);
  EXPECT_EQ(s.set_option(fd, sol::socket, so::receive_buffer, 1153), 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::receive_buffer), 2306);
  const int datagram = udp();
  EXPECT_EQ(s.option(datagram, sol::socket, so::send_buffer), unknown);
  for (const int each : {fd, datagram}) s.close(each);
}

}  // namespace
}  // namespace linnet::sockets::test
