// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/user_network.hpp"

#include <slirp/libslirp.h>

#include <algorithm>

#include "platform/linux/clock.hpp"
#include "platform/linux/entropy.hpp"
#include "platform/linux/mac.hpp"

namespace linnet::platform {
namespace {

constexpr std::uint32_t headroom = 2;  // in front of a frame, so that its IP header is aligned to 4
constexpr std::size_t ethernet_header = 14;
constexpr Duration starved_retry = Duration::milliseconds(1);
constexpr std::uint8_t host_number = 2;
constexpr std::uint8_t name_server_number = 3;
constexpr std::uint8_t first_guest_number = 15;

in_addr to_in_addr(const IpAddress& address) { return {htonl(address.v4_value())}; }

short to_poll(int slirp_events) {
  int events = 0;
  if ((slirp_events & SLIRP_POLL_IN) != 0) events |= POLLIN;
  if ((slirp_events & SLIRP_POLL_OUT) != 0) events |= POLLOUT;
  if ((slirp_events & SLIRP_POLL_PRI) != 0) events |= POLLPRI;
  return static_cast<short>(events);  // errors and hang-ups are reported unasked
}

int to_slirp(short poll_events) {
  int events = 0;
  if ((poll_events & POLLIN) != 0) events |= SLIRP_POLL_IN;
  if ((poll_events & POLLOUT) != 0) events |= SLIRP_POLL_OUT;
  if ((poll_events & POLLPRI) != 0) events |= SLIRP_POLL_PRI;
  if ((poll_events & POLLERR) != 0) events |= SLIRP_POLL_ERR;
  if ((poll_events & POLLHUP) != 0) events |= SLIRP_POLL_HUP;
  return events;
}

struct FillContext {
  std::vector<pollfd>& fds;
  std::size_t begin;
};

int add_poll(int fd, int events, void* opaque) {
  auto& context = *static_cast<FillContext*>(opaque);
  context.fds.push_back({fd, to_poll(events), 0});
  return static_cast<int>(context.fds.size() - context.begin - 1);
}

int get_revents(int index, void* opaque) {
  const auto& fds = *static_cast<std::span<const pollfd>*>(opaque);
  const auto i = static_cast<std::size_t>(index);
  return index >= 0 && i < fds.size() ? to_slirp(fds[i].revents) : 0;
}

}  // namespace

struct UserNetwork::Timer {
  SlirpTimerId id = SLIRP_TIMER_RA;
  void* argument = nullptr;
  Instant due = Instant::never();
};

struct UserNetwork::Callbacks {
  static ssize_t send_packet(const void* bytes, std::size_t size, void* opaque) {
    auto& self = *static_cast<UserNetwork*>(opaque);
    // A full ring loses the frame, like any link; `transmit` and `pump` stop long before that.
    if (!self.ring_.push({static_cast<const std::uint8_t*>(bytes), size})) ++self.counters_.receive_dropped;
    return static_cast<ssize_t>(size);
  }
  static void guest_error(const char*, void*) {}  // what the stack sends wrong, its tests find
  static std::int64_t clock_get_ns(void*) { return monotonic_now().as_microseconds() * 1000; }
  static void* timer_new_opaque(SlirpTimerId id, void* argument, void* opaque) {
    auto& self = *static_cast<UserNetwork*>(opaque);
    self.timers_.push_back(std::make_unique<Timer>(Timer{id, argument, Instant::never()}));
    return self.timers_.back().get();
  }
  static void timer_free(void* timer, void* opaque) {
    auto& self = *static_cast<UserNetwork*>(opaque);
    std::erase_if(self.timers_, [timer](const auto& t) { return t.get() == timer; });
  }
  static void timer_mod(void* timer, std::int64_t expire_ms, void* opaque) {
    static_cast<Timer*>(timer)->due = Instant::from_microseconds(expire_ms * 1000);
    static_cast<UserNetwork*>(opaque)->changed();
  }
  static void register_poll_fd(int, void*) {}
  static void unregister_poll_fd(int, void*) {}
  static void notify(void* opaque) { static_cast<UserNetwork*>(opaque)->changed(); }
  static void init_completed(Slirp*, void*) {}
};

void UserNetwork::SlirpDeleter::operator()(Slirp* slirp) const { slirp_cleanup(slirp); }

Result<std::unique_ptr<UserNetwork>, OpenError> UserNetwork::open(const UserNetworkOptions& options) {
  // 65,521 is what libslirp takes; 576 is what every IPv4 host must (RFC 791 3.1).
  if (options.mtu < 576 || options.mtu > 65521) {
    return Failure{OpenError{OpenFailure::bad_name, "the user-mode network's MTU must be 576 to 65521"}};
  }
  if (!options.network.is_v4() || options.network.is_multicast() || options.network.is_loopback() ||
      options.network.is_unspecified()) {
    return Failure{OpenError{OpenFailure::bad_name, "the user-mode network must be an IPv4 unicast network"}};
  }
  const MacAddress mac =
      options.mac ? *options.mac : local_mac(options.mac_seed ? *options.mac_seed : entropy64());
  std::unique_ptr<UserNetwork> network(new UserNetwork(options, mac));
  if (!network->start()) return Failure{OpenError{OpenFailure::system, "libslirp could not be started"}};
  return network;
}

UserNetwork::UserNetwork(const UserNetworkOptions& options, MacAddress mac)
    : options_(options),
      mac_(mac),
      ring_(
          std::max<std::size_t>(options.ring_bytes, std::size_t{128} * (options.mtu + ethernet_header + 4))),
      gather_(new std::uint8_t[ethernet_header + options.mtu]) {}

UserNetwork::~UserNetwork() = default;

bool UserNetwork::start() {
  SlirpConfig config{};
  config.version = 4;
  config.restricted = options_.restricted ? 1 : 0;
  config.in_enabled = true;
  config.vnetwork = to_in_addr(address(0));
  config.vnetmask = {htonl(mask_of_prefix_length(24))};
  config.vhost = to_in_addr(host_address());
  config.vdhcp_start = to_in_addr(first_guest_address());
  config.vnameserver = to_in_addr(name_server_address());
  config.vhostname = options_.host_name.empty() ? nullptr : options_.host_name.c_str();
  config.in6_enabled = options_.ipv6;
  inet_pton(AF_INET6, "fec0::", &config.vprefix_addr6);
  config.vprefix_len = 64;
  inet_pton(AF_INET6, "fec0::2", &config.vhost6);
  inet_pton(AF_INET6, "fec0::3", &config.vnameserver6);
  config.if_mtu = options_.mtu;
  config.if_mru = options_.mtu;

  static constexpr SlirpCb callbacks = {
      .send_packet = &Callbacks::send_packet,
      .guest_error = &Callbacks::guest_error,
      .clock_get_ns = &Callbacks::clock_get_ns,
      .timer_new = nullptr,  // timer_new_opaque takes its place from version 4 on
      .timer_free = &Callbacks::timer_free,
      .timer_mod = &Callbacks::timer_mod,
      .register_poll_fd = &Callbacks::register_poll_fd,
      .unregister_poll_fd = &Callbacks::unregister_poll_fd,
      .notify = &Callbacks::notify,
      .init_completed = &Callbacks::init_completed,
      .timer_new_opaque = &Callbacks::timer_new_opaque,
  };
  slirp_.reset(slirp_new(&config, &callbacks, this));
  return slirp_ != nullptr;
}

IpAddress UserNetwork::address(std::uint8_t host) const {
  return IpAddress::v4((options_.network.v4_value() & mask_of_prefix_length(24)) | host);
}
IpAddress UserNetwork::host_address() const { return address(host_number); }
IpAddress UserNetwork::name_server_address() const { return address(name_server_number); }
IpAddress UserNetwork::first_guest_address() const { return address(first_guest_number); }

Capabilities UserNetwork::capabilities() const {
  Capabilities result;
  // What comes in never left this process: slirp's checksums are right, and summing them again finds nothing.
  result.receive_checksum = true;
  return result;
}

std::size_t UserNetwork::drain(BlockPool& pool, std::span<Packet> batch) {
  std::size_t count = 0;
  while (count < batch.size() && !ring_.empty()) {
    const Bytes frame = ring_.front();
    const std::size_t size = headroom + frame.size();
    if (size > pool.small_size() && size > pool.large_size()) {
      ++counters_.receive_dropped;
      ring_.pop();
      continue;
    }
    Block block = pool.allocate(size);
    if (!block) {
      starved_ = true;
      break;
    }
    copy_bytes(block.data() + headroom, frame);
    counters_.bytes_received += frame.size();
    ++counters_.frames_received;
    ring_.pop();
    Packet packet(std::move(block), headroom, static_cast<std::uint32_t>(size));
    packet.info.checksum_verified = true;
    batch[count++] = std::move(packet);
  }
  return count;
}

std::size_t UserNetwork::receive(BlockPool& pool, std::span<Packet> batch) {
  starved_ = false;
  // Owners that poll without waiting are served here too.
  if (ring_.empty()) pump();
  return drain(pool, batch);
}

Transmit UserNetwork::transmit(const Frame& frame) {
  // Each frame may make slirp answer with a window full of others: without room for those, it must wait.
  if (crowded()) return Transmit::busy;
  if (frame.size() > ethernet_header + options_.mtu) {
    ++counters_.transmit_dropped;
    return Transmit::taken;
  }
  frame.gather(gather_.get());
  slirp_input(slirp_.get(), gather_.get(), static_cast<int>(frame.size()));
  ++counters_.frames_transmitted;
  counters_.bytes_transmitted += frame.size();
  changed();  // slirp may have opened a socket that the wait in progress does not know
  return Transmit::taken;
}

void UserNetwork::fill(std::vector<pollfd>& fds, Duration& timeout) {
  if (!ring_.empty()) timeout = starved_ ? std::min(timeout, starved_retry) : Duration();
  outside_fill_valid_ = !crowded();
  if (!outside_fill_valid_) return;

  FillContext context{fds, fds.size()};
  constexpr std::uint32_t infinite = 0xffffffffu;
  std::uint32_t wait = infinite;
  slirp_pollfds_fill(slirp_.get(), &wait, &add_poll, &context);
  if (wait != infinite) timeout = std::min(timeout, Duration::milliseconds(wait));
  const Instant now = monotonic_now();
  for (const auto& timer : timers_) {
    if (!timer->due.is_never()) timeout = std::min(timeout, std::max(Duration(), timer->due - now));
  }
}

void UserNetwork::process(std::span<const pollfd> fds) {
  if (!outside_fill_valid_) {  // `receive` asked slirp anew in the meantime, or there was no room
    pump();
    return;
  }
  outside_fill_valid_ = false;
  slirp_pollfds_poll(slirp_.get(), 0, &get_revents, &fds);
  run_timers();
}

void UserNetwork::pump() {
  outside_fill_valid_ = false;
  if (crowded()) return;
  own_fds_.clear();
  FillContext context{own_fds_, 0};
  std::uint32_t wait = 0;
  slirp_pollfds_fill(slirp_.get(), &wait, &add_poll, &context);
  const int ready = ::poll(own_fds_.data(), own_fds_.size(), 0);
  std::span<const pollfd> fds(own_fds_);
  slirp_pollfds_poll(slirp_.get(), ready < 0 ? 1 : 0, &get_revents, &fds);
  run_timers();
}

void UserNetwork::run_timers() {
  const Instant now = monotonic_now();
  for (std::size_t i = 0; i < timers_.size(); ++i) {  // by index: handling one may add another
    Timer& timer = *timers_[i];
    if (timer.due > now) continue;
    timer.due = Instant::never();
    slirp_handle_timer(slirp_.get(), timer.id, timer.argument);
  }
}

}  // namespace linnet::platform
