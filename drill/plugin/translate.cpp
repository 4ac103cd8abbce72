// SPDX-License-Identifier: Apache-2.0
#include "drill/plugin/translate.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "sockets/constants.hpp"

namespace linnet::drill {
namespace {

struct Option {
  int level;
  int name;
  OptionName own;
};

/// An option more is a line more.
constexpr std::array options{
    Option{SOL_SOCKET, SO_ACCEPTCONN, {sockets::sol::socket, sockets::so::accept_connections}},
    Option{SOL_SOCKET, SO_REUSEADDR, {sockets::sol::socket, sockets::so::reuse_address}},
    Option{SOL_SOCKET, SO_KEEPALIVE, {sockets::sol::socket, sockets::so::keepalive}},
    Option{SOL_SOCKET, SO_BROADCAST, {sockets::sol::socket, sockets::so::broadcast}},
    Option{SOL_SOCKET, SO_LINGER, {sockets::sol::socket, sockets::so::linger}},
    Option{SOL_SOCKET, SO_OOBINLINE, {sockets::sol::socket, sockets::so::oob_inline}},
    Option{SOL_SOCKET, SO_SNDBUF, {sockets::sol::socket, sockets::so::send_buffer}},
    Option{SOL_SOCKET, SO_RCVBUF, {sockets::sol::socket, sockets::so::receive_buffer}},
    Option{SOL_SOCKET, SO_SNDTIMEO, {sockets::sol::socket, sockets::so::send_timeout}},
    Option{SOL_SOCKET, SO_RCVTIMEO, {sockets::sol::socket, sockets::so::receive_timeout}},
    Option{SOL_SOCKET, SO_ERROR, {sockets::sol::socket, sockets::so::error}},
    Option{SOL_SOCKET, SO_TYPE, {sockets::sol::socket, sockets::so::type}},
    Option{SOL_SOCKET, SO_NO_CHECK, {sockets::sol::socket, sockets::so::no_check}},
    Option{IPPROTO_IP, IP_TOS, {sockets::ipproto::ip, sockets::ip_option::tos}},
    Option{IPPROTO_IP, IP_TTL, {sockets::ipproto::ip, sockets::ip_option::ttl}},
    Option{IPPROTO_IP, IP_MULTICAST_TTL, {sockets::ipproto::ip, sockets::ip_option::multicast_ttl}},
    Option{IPPROTO_TCP, TCP_NODELAY, {sockets::ipproto::tcp, sockets::tcp_option::no_delay}},
    Option{IPPROTO_TCP, TCP_MAXSEG, {sockets::ipproto::tcp, sockets::tcp_option::maximum_segment}},
    Option{IPPROTO_TCP, TCP_KEEPIDLE, {sockets::ipproto::tcp, sockets::tcp_option::keep_idle}},
    Option{IPPROTO_TCP, TCP_KEEPINTVL, {sockets::ipproto::tcp, sockets::tcp_option::keep_interval}},
    Option{IPPROTO_TCP, TCP_KEEPCNT, {sockets::ipproto::tcp, sockets::tcp_option::keep_count}},
    Option{IPPROTO_TCP, TCP_USER_TIMEOUT, {sockets::ipproto::tcp, sockets::tcp_option::user_timeout}},
};

struct Pair {
  int linux_flag;
  int own;
};
constexpr std::array flags_of_messages{Pair{MSG_PEEK, sockets::msg::peek},
                                       Pair{MSG_WAITALL, sockets::msg::wait_all},
                                       Pair{MSG_OOB, sockets::msg::oob},
                                       Pair{MSG_TRUNC, sockets::msg::trunc},
                                       Pair{MSG_DONTWAIT, sockets::msg::dont_wait},
                                       Pair{MSG_MORE, sockets::msg::more},
                                       Pair{MSG_NOSIGNAL, sockets::msg::no_signal}};
constexpr std::array events_of_poll{Pair{POLLIN, sockets::event::in},
                                    Pair{POLLOUT, sockets::event::out},
                                    Pair{POLLERR, sockets::event::err},
                                    Pair{POLLHUP, sockets::event::hup},
                                    Pair{POLLPRI, sockets::event::pri},
                                    Pair{POLLNVAL, sockets::event::nval},
                                    Pair{POLLRDNORM, sockets::event::read_normal},
                                    Pair{POLLWRNORM, sockets::event::write_normal}};

std::uint8_t linux_state(tcp::State state) {
  constexpr std::array<std::uint8_t, 11> states{7, 10, 2, 3, 1, 4, 5, 8, 11, 9, 6};
  return states[static_cast<std::size_t>(state)];
}

}  // namespace

std::optional<Endpoint> endpoint_of(const sockaddr* address, socklen_t length) {
  if (address == nullptr || length < sizeof(sa_family_t)) return std::nullopt;
  if (address->sa_family == AF_UNSPEC) return Endpoint{};
  sockaddr_in v4{};
  if (address->sa_family != AF_INET || length < sizeof v4) return std::nullopt;
  std::memcpy(&v4, address, sizeof v4);
  return Endpoint{IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
}

void store_endpoint(const Endpoint& endpoint, sockaddr* address, socklen_t* length) {
  if (address == nullptr || length == nullptr || !endpoint.address.is_v4()) return;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(endpoint.port);
  v4.sin_addr.s_addr = htonl(endpoint.address.v4_value());
  std::memcpy(address, &v4, std::min<std::size_t>(*length, sizeof v4));
  *length = sizeof v4;
}

std::optional<OptionName> option_of(int level, int name) {
  for (const Option& option : options) {
    if (option.level == level && option.name == name) return option.own;
  }
  return std::nullopt;
}

std::optional<unsigned long> request_of(unsigned long request) {
  namespace own = sockets::ioctl_request;
  if (request == FIONREAD) return own::bytes_readable;
  if (request == FIONBIO) return own::set_nonblocking;
  if (request == SIOCATMARK) return own::at_mark;
  if (request == SIOCOUTQ) return own::bytes_unacknowledged;
  return std::nullopt;
}

std::optional<int> message_flags_of(int flags) {
  int own = 0;
  for (const Pair& pair : flags_of_messages) {
    if ((flags & pair.linux_flag) != 0) own |= pair.own;
    flags &= ~pair.linux_flag;
  }
  return flags == 0 ? std::optional(own) : std::nullopt;
}

int message_flags_to(int flags) { return (flags & sockets::msg::trunc) != 0 ? MSG_TRUNC : 0; }

std::uint16_t events_of(short events) {
  unsigned own = 0;
  for (const Pair& pair : events_of_poll) {
    if ((events & pair.linux_flag) != 0) own |= static_cast<unsigned>(pair.own);
  }
  return static_cast<std::uint16_t>(own);
}

short events_to(std::uint16_t events) {
  int linux_events = 0;
  for (const Pair& pair : events_of_poll) {
    if ((events & pair.own) != 0) linux_events |= pair.linux_flag;
  }
  return static_cast<short>(linux_events);
}

void store_tcp_info(const tcp::Status& status, void* value, socklen_t* length) {
  tcp_info info{};
  const std::uint32_t mss = std::max<std::uint32_t>(status.segment_size, 1);
  const auto us = [](Duration time) { return static_cast<std::uint32_t>(time.as_microseconds()); };
  info.tcpi_state = linux_state(status.state);
  info.tcpi_rto = us(status.retransmission_timeout);
  info.tcpi_snd_mss = status.segment_size;
  info.tcpi_unacked = (status.send_queue - std::min(status.unsent, status.send_queue) + mss - 1) / mss;
  info.tcpi_rtt = us(status.smoothed_rtt);
  info.tcpi_rttvar = us(status.rtt_variation);
  info.tcpi_snd_ssthresh =
      status.slow_start_threshold >= 0x7fffffff ? 0x7fffffff : status.slow_start_threshold / mss;
  info.tcpi_snd_cwnd = status.congestion_window / mss;
  info.tcpi_total_retrans = static_cast<std::uint32_t>(status.retransmissions);
  info.tcpi_bytes_received = status.bytes_in;
  info.tcpi_segs_in = static_cast<std::uint32_t>(status.segments_in);
  info.tcpi_segs_out = static_cast<std::uint32_t>(status.segments_out);
  info.tcpi_notsent_bytes = status.unsent;
  const std::size_t size = std::min<std::size_t>(*length, sizeof info);
  std::memcpy(value, &info, size);
  *length = static_cast<socklen_t>(size);
}

}  // namespace linnet::drill
