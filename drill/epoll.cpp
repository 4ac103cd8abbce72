// SPDX-License-Identifier: Apache-2.0
#include "drill/epoll.hpp"

#include "sockets/constants.hpp"
#include "sockets/errno.hpp"

namespace linnet::drill {
namespace {

constexpr std::uint32_t always = epoll_event::error | epoll_event::hangup;

}  // namespace

std::uint32_t Epoll::ready(sockets::Sockets& sockets, int fd) {
  namespace event = sockets::event;
  sockets::PollEntry entry{.fd = fd, .events = 0xffff};
  static_cast<void>(sockets.poll({&entry, 1}, Duration()));
  std::uint32_t events = 0;
  if ((entry.revents & event::in) != 0) events |= epoll_event::in;
  if ((entry.revents & event::out) != 0) events |= epoll_event::out;
  if ((entry.revents & event::pri) != 0) events |= epoll_event::urgent;
  if ((entry.revents & event::err) != 0) events |= epoll_event::error;
  if ((entry.revents & event::hup) != 0) events |= epoll_event::hangup;
  if ((entry.revents & event::read_hup) != 0) events |= epoll_event::read_hangup;
  return events;
}

std::uint64_t Epoll::arrived(sockets::Sockets& sockets, int fd) {
  const auto status = sockets.status(fd);
  return status ? status->bytes_in : 0;
}

int Epoll::control(sockets::Sockets& sockets, int operation, int fd, std::uint32_t events,
                   std::uint64_t data) {
  namespace error = sockets::error;
  const auto found = watched_.find(fd);
  const bool known = found != watched_.end();
  if (operation == epoll_operation::remove) return watched_.erase(fd) != 0 ? 0 : -2;  // ENOENT
  if (operation != epoll_operation::add && operation != epoll_operation::modify) return -error::invalid;
  if (operation == epoll_operation::add && known) return -17;     // EEXIST
  if (operation == epoll_operation::modify && !known) return -2;  // ENOENT
  Watched& watched = watched_[fd];
  // What is ready already counts as an edge (epoll_ctl(2)).
  watched = {.events = events, .data = data, .seen = ready(sockets, fd), .arrived = arrived(sockets, fd)};
  watched.pending = watched.seen;
  return 0;
}

void Epoll::look(sockets::Sockets& sockets) {
  for (auto& [fd, watched] : watched_) {
    const std::uint32_t now = ready(sockets, fd);
    const std::uint64_t bytes = arrived(sockets, fd);
    watched.pending |= now & ~watched.seen;
    if (bytes != watched.arrived) watched.pending |= now & epoll_event::in;
    watched.pending &= now;
    watched.seen = now;
    watched.arrived = bytes;
  }
}

std::vector<Epoll::Ready> Epoll::take(sockets::Sockets& sockets, std::size_t most) {
  look(sockets);
  std::vector<Ready> all;
  for (auto& [fd, watched] : watched_) {
    if (watched.disarmed || all.size() == most) continue;
    const bool edge = (watched.events & epoll_event::edge) != 0;
    const std::uint32_t wanted = watched.events | always;
    // An edge wakes, and everything that is ready then is told.
    if (edge && (watched.pending & wanted) == 0) continue;
    const std::uint32_t events = watched.seen & wanted;
    if (events == 0) continue;
    watched.pending = 0;
    watched.disarmed = (watched.events & epoll_event::one_shot) != 0;
    all.push_back({fd, events, watched.data});
  }
  return all;
}

}  // namespace linnet::drill
