// SPDX-License-Identifier: Apache-2.0
// A host of ours, its sockets called as they are or by lwIP's names in compat/. Its numbers are lwIP's where
// lwIP has the thing; the cases speak Linux's.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "platform/linux/sockets_port.hpp"
#include "sockets/host.hpp"
#include "sockets/single_thread_port.hpp"
#include "tests/conformance/test_api.hpp"
#include "tests/conformance/test_lwip_calls.hpp"

#ifndef SIOCOUTQNSD
#define SIOCOUTQNSD 0x894b
#endif

namespace linnet::conformance {

namespace {

using sockets::Sockets;
namespace so = sockets::so;
namespace ip_option = sockets::ip_option;
namespace ipv6_option = sockets::ipv6_option;
namespace tcp_option = sockets::tcp_option;
namespace event = sockets::event;

struct Pair {
  int of_linux;
  int ours;
};

int mapped(std::span<const Pair> table, int number) {
  for (const Pair& row : table) {
    if (row.of_linux == number) return row.ours;
  }
  return number;
}

constexpr int no_such_name = 0x7ffffff0;  // an option that we do not have, of whatever number

constexpr Pair socket_options[] = {
    {SO_DEBUG, so::debug},
    {SO_ACCEPTCONN, so::accept_connections},
    {SO_REUSEADDR, so::reuse_address},
    {SO_REUSEPORT, so::reuse_port},
    {SO_KEEPALIVE, so::keepalive},
    {SO_DONTROUTE, so::dont_route},
    {SO_BROADCAST, so::broadcast},
    {SO_LINGER, so::linger},
    {SO_OOBINLINE, so::oob_inline},
    {SO_SNDBUF, so::send_buffer},
    {SO_RCVBUF, so::receive_buffer},
    {SO_SNDLOWAT, so::send_low_water},
    {SO_RCVLOWAT, so::receive_low_water},
    {SO_SNDTIMEO, so::send_timeout},
    {SO_RCVTIMEO, so::receive_timeout},
    {SO_ERROR, so::error},
    {SO_TYPE, so::type},
    {SO_NO_CHECK, so::no_check},
    {SO_PROTOCOL, no_such_name},
    {SO_DOMAIN, no_such_name},
};
constexpr Pair ip_options[] = {
    {IP_TOS, ip_option::tos},
    {IP_TTL, ip_option::ttl},
    {IP_ADD_MEMBERSHIP, ip_option::add_membership},
    {IP_DROP_MEMBERSHIP, ip_option::drop_membership},
    {IP_MULTICAST_TTL, ip_option::multicast_ttl},
    {IP_MULTICAST_IF, ip_option::multicast_if},
    {IP_MULTICAST_LOOP, ip_option::multicast_loop},
    {IP_MTU_DISCOVER, ip_option::mtu_discover},
};
constexpr Pair ipv6_options[] = {
    {IPV6_JOIN_GROUP, ipv6_option::join_group},
    {IPV6_LEAVE_GROUP, ipv6_option::leave_group},
    {IPV6_V6ONLY, ipv6_option::v6_only},
    {IPV6_MULTICAST_IF, ipv6_option::multicast_if},
    {IPV6_MULTICAST_HOPS, ipv6_option::multicast_hops},
    {IPV6_MULTICAST_LOOP, ipv6_option::multicast_loop},
    {IPV6_UNICAST_HOPS, ipv6_option::unicast_hops},
    {IPV6_TCLASS, ipv6_option::traffic_class},
};
constexpr Pair tcp_options[] = {
    {TCP_NODELAY, tcp_option::no_delay},
    {TCP_MAXSEG, tcp_option::maximum_segment},
    {TCP_CORK, tcp_option::cork},
    {TCP_KEEPIDLE, tcp_option::keep_idle},
    {TCP_KEEPINTVL, tcp_option::keep_interval},
    {TCP_KEEPCNT, tcp_option::keep_count},
    {TCP_SYNCNT, tcp_option::syn_count},
    {TCP_LINGER2, tcp_option::linger2},
    {TCP_DEFER_ACCEPT, tcp_option::defer_accept},
    {TCP_WINDOW_CLAMP, tcp_option::window_clamp},
    {TCP_INFO, tcp_option::info},
    {TCP_QUICKACK, tcp_option::quick_ack},
    {TCP_CONGESTION, tcp_option::congestion},
    {TCP_USER_TIMEOUT, tcp_option::user_timeout},
};
constexpr Pair poll_bits[] = {
    {POLLIN, event::in},
    {POLLOUT, event::out},
    {POLLERR, event::err},
    {POLLNVAL, event::nval},
    {POLLRDNORM, event::read_normal},
    {POLLRDBAND, event::read_band},
    {POLLPRI, event::pri},
    {POLLWRNORM, event::write_normal},
    {POLLWRBAND, event::write_band},
    {POLLHUP, event::hup},
    {POLLRDHUP, event::read_hup},
};

struct Option {
  int level;
  int name;
};

Option option_of(int level, int name) {
  switch (level) {
    case SOL_SOCKET:
      return {sockets::sol::socket, mapped(socket_options, name)};
    case IPPROTO_IP:
      return {level, mapped(ip_options, name)};
    case IPPROTO_IPV6:
      return {level, mapped(ipv6_options, name)};
    case IPPROTO_TCP:
      return {level, mapped(tcp_options, name)};
    default:
      return {level, name};
  }
}

bool is_time(int level, int name) {
  return level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO);
}

constexpr Pair send_flags[] = {{MSG_OOB, sockets::msg::oob},
                               {MSG_DONTWAIT, sockets::msg::dont_wait},
                               {MSG_MORE, sockets::msg::more},
                               {MSG_NOSIGNAL, sockets::msg::no_signal}};

/// A host with its memory. The stack is configured as on Linux, with less room.
linnet::Config stack_config() {
  linnet::Config config = linnet::Config::linux_host();
  config.blocks = {.small_size = 2048, .small_count = 512, .large_size = 66048, .large_count = 24};
  config.udp.sockets = 64;
  config.tcp.connections = 64;
  config.tcp.listeners = 32;
  config.tcp.syn_records = 32;
  config.tcp.time_wait_records = 64;
  config.tcp.transmissions = 512;
  config.tcp.recoveries = 16;
  config.tcp.backlog_policy = tcp::BacklogPolicy::drop;
  return config;
}

sockets::Config sockets_config() {
  sockets::Config config = sockets::Config::linux_host();
  config.max_sockets = 64;
  return config;
}

/// The host's own sockets, without a copy of theirs.
class OwnCalls {
 public:
  explicit OwnCalls(sockets::Host& host) : sockets_(host.sockets()) {}
  Sockets* operator->() { return &sockets_; }

 private:
  Sockets& sockets_;
};

class CallsByName : public LwipCalls {
 public:
  using LwipCalls::LwipCalls;
  LwipCalls* operator->() { return this; }
};

template <typename Port, typename Calls>
class OurApi final : public Api {
 public:
  template <typename... Arguments>
  explicit OurApi(Arguments&&... arguments)
      : port_(std::forward<Arguments>(arguments)...),
        memory_(sockets::Host::memory_needed(stack_config(), sockets_config())),
        host_(stack_config(), sockets_config(), memory_, port_) {
    EXPECT_TRUE(host_.ok());
  }
  ~OurApi() override {
    EXPECT_EQ(host_.sockets().used(), 0u) << "a case left sockets open";
    EXPECT_TRUE(
        host_.wait_until([&] { return host_.stack().pool().full(); }, port_.now() + Duration::seconds(5)))
        << "memory is left behind";
  }

  long socket(int domain, int type, int protocol) override { return s_->socket(domain, type, protocol); }
  long close(int fd) override { return s_->close(fd); }
  long bind(int fd, const Endpoint& local) override { return s_->bind(fd, local); }
  long connect(int fd, const Endpoint& remote) override { return s_->connect(fd, remote); }
  long listen(int fd, int backlog) override { return s_->listen(fd, backlog); }
  long accept(int fd, int flags, Endpoint* peer) override { return s_->accept(fd, peer, flags); }
  long shutdown(int fd, int how) override { return s_->shutdown(fd, how); }
  long getsockname(int fd, Endpoint& local) override { return s_->getsockname(fd, local); }
  long getpeername(int fd, Endpoint& remote) override { return s_->getpeername(fd, remote); }

  long send(int fd, std::span<const std::string_view> parts, int flags, const Endpoint* to) override {
    std::vector<Bytes> pieces;
    for (const std::string_view& part : parts) {
      pieces.emplace_back(reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
    }
    int ours = 0;
    for (const Pair& row : send_flags) ours |= (flags & row.of_linux) != 0 ? row.ours : 0;
    return s_->sendmsg(fd, {.parts = pieces, .to = to}, ours);
  }

  Received receive(int fd, std::size_t size, int flags) override {
    const bool stream = s_->option(fd, sockets::sol::socket, so::type) == sockets::sock::stream;
    const Pair table[] = {{MSG_PEEK, sockets::msg::peek},
                          {MSG_WAITALL, sockets::msg::wait_all},
                          {MSG_DONTWAIT, sockets::msg::dont_wait},
                          {MSG_OOB, stream ? sockets::msg::oob : 0},  // the number is TRUNC's on others
                          {MSG_TRUNC, stream ? sockets::msg::discard : sockets::msg::trunc}};
    int ours = 0;
    for (const Pair& row : table) ours |= (flags & row.of_linux) != 0 ? row.ours : 0;
    std::string buffer(size, '\0');
    MutableBytes piece{reinterpret_cast<std::uint8_t*>(buffer.data()), size};
    sockets::ReceiveMessage message;
    message.parts = {&piece, 1};
    Received received;
    received.result = s_->recvmsg(fd, message, ours);
    if (received.result < 0) return received;
    received.from = message.from;
    received.truncated = (message.flags & sockets::msg::trunc) != 0;
    buffer.resize(std::min(size, static_cast<std::size_t>(received.result)));
    received.data = std::move(buffer);
    return received;
  }

  long poll(std::span<pollfd> entries, int milliseconds) override {
    std::vector<sockets::PollEntry> ours;
    for (const pollfd& entry : entries) {
      unsigned events = 0;
      for (const Pair& row : poll_bits)
        events |= (entry.events & row.of_linux) != 0 ? unsigned(row.ours) : 0u;
      ours.push_back({.fd = entry.fd, .events = static_cast<std::uint16_t>(events)});
    }
    const long result = s_->poll(ours, sockets::poll_timeout(milliseconds));
    for (std::size_t i = 0; i < entries.size(); ++i) {
      int events = 0;
      for (const Pair& row : poll_bits) events |= (ours[i].revents & row.ours) != 0 ? row.of_linux : 0;
      entries[i].revents = static_cast<short>(events);
    }
    return result;
  }

  Selected select(int fd, const Selected& asked, int milliseconds) override {
    sockets::FdSet sets[3];
    const bool wanted[3] = {asked.read, asked.write, asked.except};
    for (int i = 0; i < 3; ++i) {
      if (wanted[i]) sets[i].add(fd);
    }
    Selected selected;
    selected.result = s_->select(fd + 1, &sets[0], &sets[1], &sets[2], Duration::milliseconds(milliseconds));
    if (selected.result < 0) return selected;
    selected.read = sets[0].contains(fd);
    selected.write = sets[1].contains(fd);
    selected.except = sets[2].contains(fd);
    return selected;
  }

  long set(int fd, int level, int name, const void* value, std::size_t length) override {
    const Option option = option_of(level, name);
    if (!has_own_time || !is_time(level, name) || length < sizeof(timeval) || value == nullptr) {
      return s_->setsockopt(fd, option.level, option.name, value, length);
    }
    timeval time{};
    std::memcpy(&time, value, sizeof time);
    const sockets::TimeValue ours{time.tv_sec, static_cast<std::int32_t>(time.tv_usec)};
    return s_->setsockopt(fd, option.level, option.name, &ours, sizeof ours);
  }
  long get(int fd, int level, int name, void* value, std::size_t* length) override {
    const Option option = option_of(level, name);
    if (!has_own_time || !is_time(level, name) || *length < sizeof(timeval) || value == nullptr) {
      return s_->getsockopt(fd, option.level, option.name, value, length);
    }
    sockets::TimeValue ours;
    std::size_t size = sizeof ours;
    const long result = s_->getsockopt(fd, option.level, option.name, &ours, &size);
    if (result < 0) return result;
    const timeval time{ours.seconds, ours.microseconds};
    std::memcpy(value, &time, sizeof time);
    *length = sizeof time;
    return 0;
  }

  long ioctl(int fd, unsigned long request, int* argument) override {
    switch (request) {
      case FIONREAD:
        request = sockets::ioctl_request::bytes_readable;
        break;
      case FIONBIO:
        request = sockets::ioctl_request::set_nonblocking;
        break;
      case SIOCATMARK:
        request = sockets::ioctl_request::at_mark;
        break;
      default:
        break;
    }
    return s_->ioctl(fd, request, argument);
  }
  long set_non_blocking(int fd, bool on) override { return s_->set_non_blocking(fd, on); }
  long non_blocking(int fd) override {
    const int flags = s_->fcntl(fd, sockets::fcntl_command::get_flags);
    return flags < 0 ? flags : (flags & sockets::status_flag::nonblock) != 0;
  }

 private:
  static constexpr bool has_own_time = std::is_same_v<Calls, OwnCalls>;  // compat/ takes the host's timeval

  Port port_;
  std::vector<std::uint8_t> memory_;
  sockets::Host host_;
  Calls s_{host_};
};

}  // namespace

namespace {

template <typename Calls>
std::unique_ptr<Api> on_one_thread() {
  Random::Seed seed{};
  seed.fill(7);
  return std::make_unique<OurApi<sockets::SingleThreadPort, Calls>>(seed,
                                                                    Instant::from_microseconds(1000000));
}
template <typename Calls>
std::unique_ptr<Api> on_many_threads() {
  return std::make_unique<OurApi<platform::SocketsPort, Calls>>();
}

}  // namespace

std::unique_ptr<Api> our_api(bool threads) {
  return threads ? on_many_threads<OwnCalls>() : on_one_thread<OwnCalls>();
}
std::unique_ptr<Api> lwip_api(bool threads) {
  return threads ? on_many_threads<CallsByName>() : on_one_thread<CallsByName>();
}

}  // namespace linnet::conformance
