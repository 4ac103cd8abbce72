// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/relay.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "platform/linux/clock.hpp"

namespace linnet::platform {
namespace {

Result<TunFile, OpenError> open_end(const std::string& text) {
  const std::size_t at = text.find('@');
  // Room for what comes while this process does not run: the link is to lose what it was asked to, and no
  // more.
  const TunOptions options{.vnet_header = false, .queue = 8192};
  if (at == std::string::npos) return open_tap(text, options);
  return open_tap_in(text.substr(at + 1), text.substr(0, at), options);
}

std::string line(const std::string& from, const std::string& to, const RelayPath& path) {
  const ImpairModel::Counters& model = path.model().counters();
  const RelayPath::Counters& own = path.counters();
  std::string text = from + " -> " + to + ": " + std::to_string(model.packets) + " frames in, " +
                     std::to_string(own.delivered) + " out (" + std::to_string(own.bytes) + " bytes)";
  const auto add = [&text](std::uint64_t count, const char* what) {
    if (count != 0) text += ", " + std::to_string(count) + " " + what;
  };
  add(model.lost, "lost");
  add(model.burst, "lost in bursts");
  add(model.overflow, "over the queue");
  add(model.reordered, "reordered");
  add(model.duplicated, "duplicated");
  add(model.corrupted, "corrupted");
  add(own.bad_link, "of these discarded by the link");
  add(own.no_room, "without room");
  add(own.too_long, "too long");
  add(own.undelivered, "undeliverable (link down)");
  add(path.under_way(), "under way");
  return text;
}

}  // namespace

Result<std::unique_ptr<Relay>, OpenError> Relay::open(const RelayOptions& options) {
  auto a = open_end(options.a);
  if (!a) return Failure{a.error()};
  auto b = open_end(options.b);
  if (!b) return Failure{b.error()};
  return std::unique_ptr<Relay>(new Relay(std::move(*a), std::move(*b), options));
}

Relay::Relay(TunFile a, TunFile b, const RelayOptions& options)
    : files_{std::move(a), std::move(b)}, stop_event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!stop_event_) throw std::system_error(errno, std::generic_category(), "eventfd");
  const int a_fd = files_[0].fd.get();
  const int b_fd = files_[1].fd.get();
  paths_[0] = std::make_unique<RelayPath>(a_fd, b_fd, options.a_to_b, options.seed, options);
  // The other direction's faults must not mirror this one's.
  paths_[1] = std::make_unique<RelayPath>(b_fd, a_fd, options.b_to_a, ~options.seed, options);
}

Instant Relay::first_report(Duration interval) {
  return interval > Duration() ? monotonic_now() + interval : Instant::never();
}

bool Relay::serve_until(Instant limit) {
  // The kernel may otherwise end each wait up to 50 microseconds late to save wake-ups.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  while (!stopped_.load(std::memory_order_relaxed)) {
    bool more = false;
    Instant due = limit;
    for (const auto& path : paths_) {
      if (!path->serve()) {
        gone_ = true;
        return false;
      }
      more = more || path->more();
      due = earlier(due, path->next_due());
    }
    if (!limit.is_never() && monotonic_now() >= limit) return true;
    if (!more) wait(due);
  }
  return false;
}

void Relay::wait(Instant until) {
  std::array<pollfd, 3> fds{
      {{files_[0].fd.get(), POLLIN, 0}, {files_[1].fd.get(), POLLIN, 0}, {stop_event_.get(), POLLIN, 0}}};
  timespec time{};
  if (!until.is_never()) {
    const Duration left = std::max(Duration(), until - monotonic_now());
    time.tv_sec = left.as_seconds();
    time.tv_nsec = (left.as_microseconds() % 1000000) * 1000;
  }
  // Only memory can be short here; the loop then simply looks again.
  ::ppoll(fds.data(), fds.size(), until.is_never() ? nullptr : &time, nullptr);
}

void Relay::stop() {
  stopped_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  // A full counter, the only failure, ends the wait as well.
  [[maybe_unused]] const ssize_t written = ::write(stop_event_.get(), &one, sizeof one);
}

std::string Relay::summary() const {
  return line(a_name(), b_name(), a_to_b()) + "\n" + line(b_name(), a_name(), b_to_a());
}

}  // namespace linnet::platform
