// SPDX-License-Identifier: Apache-2.0
// fcntl, ioctl, getsockopt, setsockopt.
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

class OptionsTest : public SocketsTest {
 protected:
  int get(int fd, int level, int name) { return s.option(fd, level, name); }
  /// Sets the value and reads it again.
  int round_trip(int fd, int level, int name, int value) {
    const int set = s.set_option(fd, level, name, value);
    return set != 0 ? set : get(fd, level, name);
  }
};

TEST_F(OptionsTest, stream_options_before_and_after_the_connection) {
  const int listening = listener();
  const auto [client, server] = connection(listening);
  const int fresh = tcp();
  for (const int fd : {fresh, client, server, listening}) {
    for (const int name : {so::keepalive, so::reuse_address, so::reuse_port, so::debug, so::broadcast, so::oob_inline}) {
      EXPECT_EQ(round_trip(fd, sol::socket, name, 7), 1) << fd << ' ' << name;
      EXPECT_EQ(round_trip(fd, sol::socket, name, 0), 0) << fd << ' ' << name;
    }
    EXPECT_EQ(round_trip(fd, sol::socket, so::receive_buffer, 4000), 4000);
    EXPECT_EQ(round_trip(fd, sol::socket, so::send_buffer, 4000), 4000);
    EXPECT_EQ(round_trip(fd, ipproto::tcp, tcp_option::no_delay, 1), 1);
    EXPECT_EQ(round_trip(fd, ipproto::tcp, tcp_option::keep_idle, 60), 60);
    EXPECT_EQ(get(fd, ipproto::tcp, tcp_option::keepalive), 60000) << "the same time in milliseconds";
    EXPECT_EQ(round_trip(fd, ipproto::tcp, tcp_option::keepalive, 1500), 1500);
    EXPECT_EQ(round_trip(fd, ipproto::tcp, tcp_option::keep_interval, 10), 10);
    EXPECT_EQ(round_trip(fd, ipproto::tcp, tcp_option::keep_count, 3), 3);
    EXPECT_EQ(round_trip(fd, ipproto::tcp, tcp_option::user_timeout, 30000), 30000);
    EXPECT_EQ(round_trip(fd, ipproto::ip, ip_option::ttl, 5), 5);
    EXPECT_EQ(round_trip(fd, ipproto::ip, ip_option::tos, 0x10), 0x10);
    EXPECT_EQ(get(fd, sol::socket, so::type), sock::stream);
    EXPECT_EQ(get(fd, sol::socket, so::accept_connections), fd == listening ? 1 : 0);
  }
  EXPECT_EQ(round_trip(fresh, ipproto::tcp, tcp_option::maximum_segment, 536), 536);
  for (const int fd : {fresh, client, server, listening}) s.close(fd);
}

TEST_F(OptionsTest, a_listener_hands_its_options_on) {
  const int listening = listener();
  EXPECT_EQ(s.set_option(listening, ipproto::tcp, tcp_option::no_delay, 1), 0);
  EXPECT_EQ(s.set_option(listening, ipproto::ip, ip_option::ttl, 9), 0);
  const auto [client, server] = connection(listening);
  EXPECT_EQ(get(server, ipproto::tcp, tcp_option::no_delay), 1);
  EXPECT_EQ(get(server, ipproto::ip, ip_option::ttl), 9);
  EXPECT_EQ(get(client, ipproto::tcp, tcp_option::no_delay), 0);
  EXPECT_EQ(get(client, ipproto::ip, ip_option::ttl), 64) << "the configured one";
  for (const int fd : {client, server, listening}) s.close(fd);
}

TEST_F(OptionsTest, options_of_a_failed_attempt_stay) {
  const int fd = tcp();
  EXPECT_EQ(s.set_option(fd, ipproto::tcp, tcp_option::no_delay, 1), 0);
  EXPECT_EQ(s.connect(fd, loopback(9)), -error::connection_refused);
  EXPECT_EQ(get(fd, ipproto::tcp, tcp_option::no_delay), 1);
  s.close(fd);
}

TEST_F(OptionsTest, values_out_of_range) {
  const int stream = tcp();
  const int datagram = udp();
  EXPECT_EQ(s.set_option(stream, sol::socket, so::receive_buffer, 0), -error::invalid);
  EXPECT_EQ(s.set_option(stream, sol::socket, so::send_buffer, -1), -error::invalid);
  EXPECT_EQ(s.set_option(datagram, sol::socket, so::receive_buffer, 0), -error::invalid);
  EXPECT_EQ(s.set_option(stream, ipproto::ip, ip_option::ttl, 0), -error::invalid);
  EXPECT_EQ(s.set_option(stream, ipproto::ip, ip_option::ttl, 256), -error::invalid);
  EXPECT_EQ(s.set_option(stream, ipproto::ip, ip_option::ttl, 3), 0);
  EXPECT_EQ(s.set_option(stream, ipproto::ip, ip_option::ttl, -1), 0);
  EXPECT_EQ(s.option(stream, ipproto::ip, ip_option::ttl), 64) << "-1 is what is configured";
  EXPECT_EQ(s.option(stream, sol::socket, so::protocol), ipproto::tcp);
  EXPECT_EQ(s.option(stream, sol::socket, so::domain), af::inet);
  EXPECT_EQ(s.set_option(stream, sol::socket, so::domain, af::inet6), -error::no_such_option);
  EXPECT_EQ(s.set_option(stream, ipproto::ip, ip_option::tos, -1), -error::invalid);
  EXPECT_EQ(s.set_option(stream, ipproto::tcp, tcp_option::keepalive, 0), -error::invalid);
  EXPECT_EQ(s.set_option(stream, ipproto::tcp, tcp_option::keep_idle, 32768), -error::invalid);
  EXPECT_EQ(s.set_option(stream, ipproto::tcp, tcp_option::keep_interval, 0), -error::invalid);
  EXPECT_EQ(s.set_option(stream, ipproto::tcp, tcp_option::keep_count, 128), -error::invalid);
  EXPECT_EQ(s.set_option(stream, ipproto::tcp, tcp_option::maximum_segment, 87), -error::invalid);
  EXPECT_EQ(s.set_option(stream, ipproto::tcp, tcp_option::user_timeout, -1), -error::invalid);
  EXPECT_EQ(s.set_option(stream, sol::socket, so::bind_to_device, 200), -error::no_such_device);
  s.close(stream);
  s.close(datagram);
}

TEST_F(OptionsTest, unknown_options) {
  const int stream = tcp();
  const int datagram = udp();
  const int raw = s.socket(af::inet, sock::raw, ipproto::icmp);
  for (const int fd : {stream, datagram, raw}) {
    for (const int name : {so::dont_route, 0x7777}) {
      EXPECT_EQ(s.set_option(fd, sol::socket, name, 1), -error::no_such_option) << name;
      EXPECT_EQ(get(fd, sol::socket, name), -error::no_such_option) << name;
    }
    EXPECT_EQ(s.set_option(fd, 12345, 1, 1), -error::no_such_option);
    EXPECT_EQ(s.set_option(fd, ipproto::ip, 99, 1), -error::no_such_option);
  }
  EXPECT_EQ(get(datagram, ipproto::tcp, tcp_option::no_delay), -error::no_such_option);
  EXPECT_EQ(s.set_option(stream, ipproto::tcp, 99, 1), -error::no_such_option);
  EXPECT_EQ(s.set_option(raw, sol::socket, so::keepalive, 1), -error::no_such_option);
  EXPECT_EQ(s.set_option(stream, ipproto::ip, ip_option::multicast_ttl, 1), -error::no_such_option);
  EXPECT_EQ(s.set_linger(datagram, Duration::seconds(1)), -error::no_such_option);
  for (const int fd : {stream, datagram, raw}) s.close(fd);
}

TEST_F(OptionsTest, datagram_and_raw_options) {
  const int datagram = udp();
  EXPECT_EQ(round_trip(datagram, sol::socket, so::broadcast, 1), 1);
  EXPECT_EQ(round_trip(datagram, sol::socket, so::no_check, 1), 1);
  EXPECT_EQ(round_trip(datagram, sol::socket, so::no_check, 0), 0);
  EXPECT_EQ(round_trip(datagram, sol::socket, so::receive_buffer, 9000), 9000);
  EXPECT_EQ(round_trip(datagram, ipproto::ip, ip_option::multicast_ttl, 0), 0);
  EXPECT_EQ(round_trip(datagram, ipproto::ip, ip_option::multicast_ttl, 4), 4);
  EXPECT_EQ(round_trip(datagram, ipproto::ip, ip_option::ttl, 3), 3);
  EXPECT_EQ(get(datagram, sol::socket, so::type), sock::dgram);
  const int raw = s.socket(af::inet, sock::raw, ipproto::icmp);
  EXPECT_EQ(round_trip(raw, sol::socket, so::broadcast, 1), 1);
  EXPECT_EQ(round_trip(raw, ipproto::ip, ip_option::tos, 8), 8);
  EXPECT_EQ(get(raw, sol::socket, so::type), sock::raw);
  s.close(datagram);
  s.close(raw);
}

TEST_F(OptionsTest, byte_values_of_level_ip_and_lengths) {
  const int fd = udp();
  const std::uint8_t byte = 17;
  EXPECT_EQ(s.setsockopt(fd, ipproto::ip, ip_option::multicast_ttl, &byte, 1), 0)
      << "as multicast examples do";
  std::uint8_t got = 0;
  std::size_t length = 1;
  EXPECT_EQ(s.getsockopt(fd, ipproto::ip, ip_option::multicast_ttl, &got, &length), 0);
  EXPECT_EQ(got, 17);
  EXPECT_EQ(s.setsockopt(fd, sol::socket, so::broadcast, &byte, 1), -error::invalid);
  length = 2;
  std::array<std::uint8_t, 8> room{};
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::broadcast, room.data(), &length), -error::invalid);
  length = 8;
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::broadcast, room.data(), &length), 0);
  EXPECT_EQ(length, sizeof(int));
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::broadcast, nullptr, &length), -error::bad_address);
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::broadcast, room.data(), nullptr), -error::bad_address);
  EXPECT_EQ(s.setsockopt(fd, sol::socket, so::broadcast, nullptr, 4), -error::bad_address);
  s.close(fd);
}

TEST_F(OptionsTest, time_outs_and_linger) {
  const int fd = tcp();
  TimeValue time{.seconds = 3, .microseconds = 250000};
  EXPECT_EQ(s.setsockopt(fd, sol::socket, so::receive_timeout, &time, sizeof time), 0);
  TimeValue got;
  std::size_t length = sizeof got;
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::receive_timeout, &got, &length), 0);
  EXPECT_EQ(got.seconds, 3);
  EXPECT_EQ(got.microseconds, 250000);
  length = sizeof got;
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::send_timeout, &got, &length), 0);
  EXPECT_EQ(got.seconds, 0);
  EXPECT_EQ(got.microseconds, 0);
  for (const std::int32_t wrong : {-1, 1000000}) {
    time.microseconds = wrong;
    EXPECT_EQ(s.setsockopt(fd, sol::socket, so::send_timeout, &time, sizeof time), -error::out_of_domain);
  }
  time = {.seconds = std::numeric_limits<std::int64_t>::max(), .microseconds = 0};
  EXPECT_EQ(s.setsockopt(fd, sol::socket, so::send_timeout, &time, sizeof time), 0);
  EXPECT_EQ(s.setsockopt(fd, sol::socket, so::send_timeout, &time, 4), -error::invalid);
  EXPECT_EQ(s.set_linger(fd, Duration::seconds(9)), 0);
  Linger linger;
  length = sizeof linger;
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::linger, &linger, &length), 0);
  EXPECT_EQ(linger.on, 1);
  EXPECT_EQ(linger.seconds, 9);
  EXPECT_EQ(s.set_linger(fd, std::nullopt), 0);
  length = sizeof linger;
  EXPECT_EQ(s.getsockopt(fd, sol::socket, so::linger, &linger, &length), 0);
  EXPECT_EQ(linger.on, 0);
  linger = {.on = 1, .seconds = -1};
  EXPECT_EQ(s.setsockopt(fd, sol::socket, so::linger, &linger, sizeof linger), -error::invalid);
  s.close(fd);
}

TEST_F(OptionsTest, fcntl_and_ioctl) {
  const int listening = listener();
  const auto [client, server] = connection(listening);
  EXPECT_EQ(s.fcntl(client, fcntl_command::set_flags, status_flag::nonblock), 0);
  EXPECT_EQ(s.fcntl(client, fcntl_command::get_flags), status_flag::read_write | status_flag::nonblock);
  EXPECT_EQ(recv(client), std::to_string(-error::try_again));
  EXPECT_EQ(s.fcntl(client, fcntl_command::set_flags, 0), 0);
  EXPECT_EQ(s.fcntl(client, fcntl_command::get_flags), status_flag::read_write);
  EXPECT_EQ(s.fcntl(client, fcntl_command::set_flags, 0x4000), -error::invalid);
  EXPECT_EQ(s.fcntl(client, 99), -error::invalid);

  EXPECT_EQ(send(server, "12345"), 5);
  host.poll_once();
  int count = -1;
  EXPECT_EQ(s.ioctl(client, ioctl_request::bytes_readable, &count), 0);
  EXPECT_EQ(count, 5);
  EXPECT_EQ(s.ioctl(server, ioctl_request::bytes_unacknowledged, &count), 0);
  EXPECT_EQ(count, 5) << "the acknowledgment is delayed";
  EXPECT_EQ(recv(client), "12345");
  EXPECT_EQ(s.ioctl(client, ioctl_request::bytes_readable, &count), 0);
  EXPECT_EQ(count, 0);
  EXPECT_EQ(s.ioctl(client, ioctl_request::at_mark, &count), 0);
  EXPECT_EQ(count, 0);
  EXPECT_EQ(s.ioctl(listening, ioctl_request::bytes_readable, &count), -error::invalid);
  EXPECT_EQ(s.ioctl(client, 0x1234, &count), -error::not_a_typewriter);
  EXPECT_EQ(s.ioctl(client, ioctl_request::bytes_readable, nullptr), -error::bad_address);
  for (const int fd : {client, server, listening}) s.close(fd);
}

class FewOptionsTest : public SocketsTest {
 protected:
  FewOptionsTest()
      : SocketsTest({.offers = {.reuse_address = false, .linger = false, .receive_buffer = false, .packet_information = false}}) {}
};

TEST_F(FewOptionsTest, what_a_device_is_built_without_is_unknown) {
  const int fd = tcp();
  for (const auto& [level, name] : {std::pair{sol::socket, so::reuse_address}, {sol::socket, so::linger},
                                    {sol::socket, so::receive_buffer}, {ipproto::ip, ip_option::packet_info}}) {
    const Linger value{1, 1};
    EXPECT_EQ(s.setsockopt(fd, level, name, &value, sizeof value), -error::no_such_option) << name;
    EXPECT_EQ(s.option(fd, level, name), -error::no_such_option) << name;
  }
  EXPECT_EQ(s.option(fd, sol::socket, so::keepalive), 0);
  EXPECT_EQ(s.close(fd), 0);
}

}  // namespace
}  // namespace linnet::sockets::test
