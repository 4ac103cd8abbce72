// SPDX-License-Identifier: Apache-2.0
#include "drill/plugin/instance.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace linnet::drill {
namespace {

using namespace std::chrono_literals;

constexpr Instant start = Instant::from_microseconds(1'000'000'000);
sockets::Config sockets_config(const Settings& settings) {
  const bool linux = settings.personality == Personality::linux;
  return {.max_sockets = 256,
          .first_descriptor = Instance::first_descriptor,
          .error_rule = sockets::ErrorRule::asynchronous,
          .doubled_buffers = linux,
          .linger_always = linux};
}
/// A packet that has not left after so long will not.
constexpr Duration longest_wait = Duration::seconds(300);
constexpr int first_epoll = Instance::first_descriptor + 1000;

}  // namespace

Settings settings_of(const char* flags) {
  Settings settings;
  std::string text = flags != nullptr ? flags : "";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string option = text.substr(begin, end - begin);
    const std::size_t equals = option.find('=');
    const std::string name = option.substr(0, equals);
    std::optional<std::string> value;
    if (equals != std::string::npos) value = option.substr(equals + 1);
    if (apply_option(settings, name, value) != OptionResult::taken)
      throw std::runtime_error("the flag '" + option + "' is not accepted");
    begin = end + 1;
  }
  return settings;
}

Instance::Instance(const Settings& settings)
    : clock_(start),
      network_(clock_, settings.link_mtu(), settings.mss),
      memory_(sockets::Host::memory_needed(stack_config(settings), sockets_config(settings))),
      host_(stack_config(settings), sockets_config(settings), memory_, clock_) {
  Stack& stack = host_.stack();
  const auto interface = stack.add_interface(network_);
  const Prefix own{settings.local(), settings.local_prefix_length()};
  const Prefix everything{own.address.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6(), 0};
  const bool good = host_.ok() && interface &&
                    (own.address.is_v4() || stack.ip().enable_ipv6(*interface, start)) &&
                    stack.ip().add_address(*interface, own, false, start) &&
                    stack.ip().add_route(everything, settings.gateway(), *interface);
  if (!good) throw std::runtime_error("the stack does not start");
  poll();
  network_.carried().clear();
}

Instant Instance::poll() {
  do {
    deadline_ = host_.poll_once();
  } while (deadline_ <= clock_.now());
  return earlier(deadline_, clock_.earliest_sleeper());
}

void Instance::send(Bytes packet) {
  clock_.settle();
  clock_.lock();
  network_.inject({packet.begin(), packet.end()});
  clock_.unlock();
  poll();
  clock_.settle();
}

bool Instance::take(MutableBytes to, std::size_t& size, std::int64_t& time) {
  clock_.lock();
  bool found = false;
  for (auto& carried : network_.carried()) {
    if (carried.inbound || carried.taken) continue;
    carried.taken = true;
    size = std::min(to.size(), carried.bytes.size());
    copy_bytes(to.data(), Bytes(carried.bytes).first(size));
    time = carried.at.as_microseconds();
    found = true;
    break;
  }
  clock_.unlock();
  return found;
}

std::size_t Instance::receive(MutableBytes to, std::int64_t& time) {
  const Instant limit = clock_.now() + longest_wait;
  std::size_t size = 0;
  bool looked = false;
  for (;;) {
    clock_.settle();
    if (take(to, size, time)) return size;
    const Instant next = poll();
    clock_.settle();
    if (take(to, size, time)) return size;
    // A call of another thread may be about to begin: the program cannot know how far it has come.
    const bool over = next > limit;
    if (!looked || over) {
      if (clock_.somebody_enters(over ? 100ms : 1ms)) continue;
      looked = true;
      if (over) return 0;
    }
    clock_.set_time(next);
  }
}

void Instance::sleep(Duration time) {
  const Instant until = clock_.now() + time;
  for (;;) {
    clock_.settle();
    const Instant next = poll();
    clock_.settle();
    if (next >= until) break;
    clock_.set_time(next);
  }
  clock_.set_time(until);
  poll();
  clock_.settle();
}

/// A program may wait for a time by asking again and again: each look takes a microsecond.
Instant Instance::look_at_clock() {
  if (!clock_.is_owner()) {
    const Instant now = clock_.now();
    clock_.stamp();
    return now;
  }
  clock_.settle();
  clock_.set_time(clock_.now() + Duration::microseconds(1));
  if (clock_.now() >= deadline_) poll();
  return clock_.now();
}

int Instance::epoll_create() {
  int number = first_epoll;
  while (epolls_.contains(number)) ++number;
  epolls_[number] = {};
  return number;
}

Epoll* Instance::epoll(int number) {
  const auto found = epolls_.find(number);
  return found != epolls_.end() ? &found->second : nullptr;
}

void Instance::forget(int fd) {
  for (auto& [number, instance] : epolls_) instance.forget(fd);
}

}  // namespace linnet::drill
