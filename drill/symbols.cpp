// SPDX-License-Identifier: Apache-2.0
#include "drill/symbols.hpp"

#include <array>

#include "drill/epoll.hpp"
#include "sockets/constants.hpp"
#include "sockets/errno.hpp"

namespace linnet::drill {
namespace {

using namespace sockets;

struct Row {
  std::string_view name;
  std::int64_t value = 0;
};

/// A name more is a line more.
constexpr std::array rows{
    Row{"AF_UNSPEC", af::unspec},
    Row{"AF_INET", af::inet},
    Row{"AF_INET6", af::inet6},
    Row{"PF_INET", af::inet},
    Row{"PF_INET6", af::inet6},
    Row{"SOCK_STREAM", sock::stream},
    Row{"SOCK_DGRAM", sock::dgram},
    Row{"SOCK_RAW", sock::raw},
    Row{"SOCK_NONBLOCK", sock::nonblock},
    Row{"SOCK_CLOEXEC", sock::cloexec},
    Row{"IPPROTO_IP", ipproto::ip},
    Row{"IPPROTO_ICMP", ipproto::icmp},
    Row{"IPPROTO_TCP", ipproto::tcp},
    Row{"IPPROTO_UDP", ipproto::udp},
    Row{"IPPROTO_IPV6", ipproto::ipv6},
    Row{"IPPROTO_ICMPV6", ipproto::icmpv6},
    Row{"SOL_IP", ipproto::ip},
    Row{"SOL_IPV6", ipproto::ipv6},
    Row{"SOL_TCP", ipproto::tcp},
    Row{"SOL_UDP", ipproto::udp},
    Row{"SOL_SOCKET", sol::socket},
    Row{"SO_DEBUG", so::debug},
    Row{"SO_REUSEPORT", so::reuse_port},
    Row{"SO_ACCEPTCONN", so::accept_connections},
    Row{"SO_REUSEADDR", so::reuse_address},
    Row{"SO_KEEPALIVE", so::keepalive},
    Row{"SO_BROADCAST", so::broadcast},
    Row{"SO_LINGER", so::linger},
    Row{"SO_OOBINLINE", so::oob_inline},
    Row{"SO_SNDBUF", so::send_buffer},
    Row{"SO_RCVBUF", so::receive_buffer},
    Row{"SO_SNDTIMEO", so::send_timeout},
    Row{"SO_RCVTIMEO", so::receive_timeout},
    Row{"SO_RCVLOWAT", so::receive_low_water},
    Row{"SO_SNDLOWAT", so::send_low_water},
    Row{"SO_BINDTODEVICE", so::bind_to_device},
    Row{"SO_ERROR", so::error},
    Row{"SO_TYPE", so::type},
    Row{"SO_NO_CHECK", so::no_check},
    Row{"IP_TOS", ip_option::tos},
    Row{"IP_TTL", ip_option::ttl},
    Row{"IPV6_TCLASS", ipv6_option::traffic_class},
    Row{"IPV6_UNICAST_HOPS", ipv6_option::unicast_hops},
    Row{"IPV6_V6ONLY", ipv6_option::v6_only},
    Row{"IP_MTU_DISCOVER", ip_option::mtu_discover},
    Row{"IP_PMTUDISC_DONT", mtu_discovery::off},
    Row{"IP_PMTUDISC_WANT", mtu_discovery::want},
    Row{"IP_PMTUDISC_DO", mtu_discovery::always},
    Row{"IP_BIND_ADDRESS_NO_PORT", ip_option::bind_address_no_port},
    Row{"IP_LOCAL_PORT_RANGE", ip_option::local_port_range},
    Row{"IP_MULTICAST_TTL", ip_option::multicast_ttl},
    Row{"IPTOS_LOWDELAY", 0x10},
    Row{"IPTOS_THROUGHPUT", 0x08},
    Row{"IPTOS_RELIABILITY", 0x04},
    Row{"IPTOS_MINCOST", 0x02},
    Row{"IPTOS_DSCP_AF11", 0x28},
    Row{"IPTOS_DSCP_AF12", 0x30},
    Row{"IPTOS_DSCP_AF13", 0x38},
    Row{"IPTOS_DSCP_AF21", 0x48},
    Row{"IPTOS_DSCP_AF22", 0x50},
    Row{"IPTOS_DSCP_AF23", 0x58},
    Row{"IPTOS_DSCP_AF31", 0x68},
    Row{"IPTOS_DSCP_AF32", 0x70},
    Row{"IPTOS_DSCP_AF33", 0x78},
    Row{"IPTOS_DSCP_AF41", 0x88},
    Row{"IPTOS_DSCP_AF42", 0x90},
    Row{"IPTOS_DSCP_AF43", 0x98},
    Row{"IPTOS_DSCP_CS0", 0x00},
    Row{"IPTOS_DSCP_CS1", 0x20},
    Row{"IPTOS_DSCP_CS2", 0x40},
    Row{"IPTOS_DSCP_CS3", 0x60},
    Row{"IPTOS_DSCP_CS4", 0x80},
    Row{"IPTOS_DSCP_CS5", 0xa0},
    Row{"IPTOS_DSCP_CS6", 0xc0},
    Row{"IPTOS_DSCP_CS7", 0xe0},
    Row{"IPTOS_DSCP_EF", 0xb8},
    Row{"TCP_NODELAY", tcp_option::no_delay},
    Row{"TCP_KEEPIDLE", tcp_option::keep_idle},
    Row{"TCP_KEEPINTVL", tcp_option::keep_interval},
    Row{"TCP_KEEPCNT", tcp_option::keep_count},
    Row{"TCP_MAXSEG", tcp_option::maximum_segment},
    Row{"TCP_USER_TIMEOUT", tcp_option::user_timeout},
    Row{"TCP_CORK", tcp_option::cork},
    Row{"TCP_SYNCNT", tcp_option::syn_count},
    Row{"TCP_LINGER2", tcp_option::linger2},
    Row{"TCP_DEFER_ACCEPT", tcp_option::defer_accept},
    Row{"TCP_WINDOW_CLAMP", tcp_option::window_clamp},
    Row{"TCP_INFO", tcp_option::info},
    Row{"TCP_QUICKACK", tcp_option::quick_ack},
    Row{"TCP_CONGESTION", tcp_option::congestion},
    Row{"TCP_NOTSENT_LOWAT", tcp_option::unsent_low_water},
    Row{"TCP_FASTOPEN", tcp_option::fast_open},
    Row{"TCP_FASTOPEN_CONNECT", tcp_option::fast_open_connect},
    Row{"TCP_FASTOPEN_KEY", tcp_option::fast_open_key},
    Row{"TCP_FASTOPEN_NO_COOKIE", tcp_option::fast_open_no_cookie},
    Row{"MSG_PEEK", msg::peek},
    Row{"MSG_WAITALL", msg::wait_all},
    Row{"MSG_OOB", msg::oob},
    Row{"MSG_TRUNC", msg::trunc},
    Row{"MSG_CTRUNC", msg::control_trunc},
    Row{"MSG_DONTWAIT", msg::dont_wait},
    Row{"MSG_MORE", msg::more},
    Row{"MSG_NOSIGNAL", msg::no_signal},
    Row{"MSG_FASTOPEN", msg::fast_open},
    Row{"F_GETFL", fcntl_command::get_flags},
    Row{"F_SETFL", fcntl_command::set_flags},
    Row{"O_NONBLOCK", status_flag::nonblock},
    Row{"O_RDWR", status_flag::read_write},
    Row{"O_RDONLY", 0},
    Row{"FIONREAD", ioctl_request::bytes_readable},
    Row{"SIOCINQ", ioctl_request::bytes_readable},
    Row{"FIONBIO", ioctl_request::set_nonblocking},
    Row{"SIOCATMARK", ioctl_request::at_mark},
    Row{"SIOCOUTQ", ioctl_request::bytes_unacknowledged},
    Row{"SIOCOUTQNSD", ioctl_request::bytes_unsent},
    Row{"TIOCOUTQ", ioctl_request::bytes_unacknowledged},
    Row{"SHUT_RD", shut::read},
    Row{"SHUT_WR", shut::write},
    Row{"SHUT_RDWR", shut::both},
    Row{"POLLIN", event::in},
    Row{"POLLOUT", event::out},
    Row{"POLLERR", event::err},
    Row{"POLLNVAL", event::nval},
    Row{"POLLPRI", event::pri},
    Row{"POLLHUP", event::hup},
    Row{"POLLRDHUP", event::read_hup},
    Row{"POLLRDNORM", event::read_normal},
    Row{"POLLRDBAND", event::read_band},
    Row{"POLLWRNORM", event::write_normal},
    Row{"POLLWRBAND", event::write_band},
    Row{"EPOLLIN", epoll_event::in},
    Row{"EPOLLOUT", epoll_event::out},
    Row{"EPOLLERR", epoll_event::error},
    Row{"EPOLLHUP", epoll_event::hangup},
    Row{"EPOLLRDHUP", epoll_event::read_hangup},
    Row{"EPOLLPRI", epoll_event::urgent},
    Row{"EPOLLET", epoll_event::edge},
    Row{"EPOLLONESHOT", epoll_event::one_shot},
    Row{"EPOLL_CTL_ADD", epoll_operation::add},
    Row{"EPOLL_CTL_DEL", epoll_operation::remove},
    Row{"EPOLL_CTL_MOD", epoll_operation::modify},
    Row{"NULL", 0},
};

}  // namespace

std::optional<std::int64_t> symbol(std::string_view name) {
  for (const Row& row : rows) {
    if (row.name == name) return row.value;
  }
  return errno_of_name(name);
}

std::optional<int> errno_of_name(std::string_view name) {
  if (name == "EWOULDBLOCK") return error::try_again;
  if (name == "ENOTSUP") return error::not_supported;
  for (const ErrorRow& row : error_table()) {
    if (row.name == name) return row.number;
  }
  return std::nullopt;
}

std::string errno_description(int number) {
  const std::string_view name = error_name(number);
  if (name.empty()) return std::to_string(number);
  return std::string(name) + " (" + std::string(error_text(number)) + ")";
}

}  // namespace linnet::drill
