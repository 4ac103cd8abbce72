// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/poller.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "platform/linux/clock.hpp"

namespace linnet::platform {

Pollable::~Pollable() {
  if (poller_ != nullptr) poller_->remove(*this);
}

void Pollable::changed() {
  if (poller_ != nullptr) poller_->wake_if_waiting();
}

Poller::Poller() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Poller::~Poller() {
  for (Pollable* device : devices_) device->poller_ = nullptr;
}

void Poller::add(Pollable& device) {
  devices_.push_back(&device);
  device.poller_ = this;
  wake_if_waiting();
}

void Poller::remove(Pollable& device) {
  std::erase(devices_, &device);
  device.poller_ = nullptr;
  wake_if_waiting();
}

void Poller::add_fd(int fd, short events, std::function<void(short revents)> ready) {
  std::erase_if(watches_, [fd](const Watch& watch) { return watch.fd == fd; });
  watches_.push_back({fd, events, std::move(ready)});
  wake_if_waiting();
}

void Poller::remove_fd(int fd) {
  std::erase_if(watches_, [fd](const Watch& watch) { return watch.fd == fd; });
  wake_if_waiting();
}

void Poller::prepare(Instant deadline) {
  fds_.clear();
  shares_.clear();
  fds_.push_back({event_.get(), POLLIN, 0});
  for (const Watch& watch : watches_) fds_.push_back({watch.fd, watch.events, 0});
  watch_count_ = watches_.size();
  timeout_ = Duration::max();
  if (!deadline.is_never()) timeout_ = std::max(Duration(), deadline - monotonic_now());
  for (Pollable* device : devices_) {
    const std::size_t begin = fds_.size();
    device->fill(fds_, timeout_);
    shares_.push_back({device, begin, fds_.size()});
  }
  waiting_ = true;
}

void Poller::block() {
  timespec t{};
  const timespec* limit = nullptr;
  if (timeout_ != Duration::max()) {
    t.tv_sec = timeout_.as_seconds();
    t.tv_nsec = (timeout_.as_microseconds() % 1000000) * 1000;
    limit = &t;
  }
  result_ = ::ppoll(fds_.data(), fds_.size(), limit, nullptr);
  error_ = result_ < 0 ? errno : 0;
}

bool Poller::dispatch() {
  waiting_ = false;
  if (error_ != 0 && error_ != EINTR) throw std::system_error(error_, std::generic_category(), "ppoll");
  if (error_ == EINTR) {  // nothing is known of any descriptor
    for (pollfd& fd : fds_) fd.revents = 0;
  }
  if (fds_[0].revents != 0) take_wake();
  for (const Share& share : shares_) {
    // Another thread may have removed the device while this one waited.
    if (std::find(devices_.begin(), devices_.end(), share.device) == devices_.end()) continue;
    share.device->process(std::span(fds_).subspan(share.begin, share.end - share.begin));
  }
  for (std::size_t i = 1; i <= watch_count_; ++i) {
    if (fds_[i].revents == 0) continue;
    const auto watch =
        std::find_if(watches_.begin(), watches_.end(), [&](const Watch& w) { return w.fd == fds_[i].fd; });
    if (watch == watches_.end()) continue;
    const auto call = watch->ready;  // a copy: it may remove itself
    call(fds_[i].revents);
  }
  return result_ != 0;  // descriptors that are ready, the event's among them, or a signal
}

void Poller::wake() {
  if (woken_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  // A full counter, the only failure, wakes as well.
  [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

void Poller::take_wake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = ::read(event_.get(), &count, sizeof count);
  // After the read: a wake in between finds the flag still set, writes nothing, and is part of this one. The
  // exchange (not a store) makes what the waker wrote before it visible here.
  woken_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace linnet::platform
