// SPDX-License-Identifier: Apache-2.0
// select and poll.
#include <vector>

#include "compat/lwip/calls.hpp"

using namespace linnet;
using compat::with_sockets;
using sockets::FdSet;
using sockets::Sockets;

namespace {

constexpr int most_sockets = FdSet::capacity < FD_SETSIZE ? FdSet::capacity : FD_SETSIZE;

/// Null for null.
FdSet* to_ours(const fd_set* set, int count, FdSet& ours) {
  if (set == nullptr) return nullptr;
  for (int fd = 0; fd < count; ++fd) {
    if (FD_ISSET(fd, set)) ours.add(fd);
  }
  return &ours;
}

void to_theirs(const FdSet& ours, int count, fd_set* set) {
  if (set == nullptr) return;
  FD_ZERO(set);
  for (int fd = 0; fd < count; ++fd) {
    if (ours.contains(fd)) FD_SET(fd, set);
  }
}

}  // namespace

extern "C" {

int lwip_select(int maxfdp1, fd_set* readset, fd_set* writeset, fd_set* exceptset, struct timeval* timeout) {
  return with_sockets([&](Sockets& sockets) {
    if (maxfdp1 < 0 || maxfdp1 > most_sockets) return -sockets::error::invalid;
    if (timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) return -sockets::error::invalid;
    std::optional<Duration> time;
    if (timeout != nullptr)
      time = Duration::seconds(timeout->tv_sec) + Duration::microseconds(timeout->tv_usec);
    FdSet read, write, except;
    const int ready =
        sockets.select(maxfdp1, to_ours(readset, maxfdp1, read), to_ours(writeset, maxfdp1, write),
                       to_ours(exceptset, maxfdp1, except), time);
    if (ready < 0) return ready;
    to_theirs(read, maxfdp1, readset);
    to_theirs(write, maxfdp1, writeset);
    to_theirs(except, maxfdp1, exceptset);
    return ready;
  });
}

int lwip_poll(struct pollfd* fds, nfds_t nfds, int timeout) {
  return with_sockets([&](Sockets& sockets) {
    if (fds == nullptr && nfds > 0) return -sockets::error::bad_address;
    std::vector<sockets::PollEntry> entries;
    entries.reserve(nfds);
    for (nfds_t i = 0; i < nfds; ++i) {
      entries.push_back({.fd = fds[i].fd, .events = static_cast<std::uint16_t>(fds[i].events)});
    }
    const int ready = sockets.poll(entries, sockets::poll_timeout(timeout));
    if (ready < 0) return ready;
    for (nfds_t i = 0; i < nfds; ++i) fds[i].revents = static_cast<short>(entries[i].revents);
    return ready;
  });
}

}  // extern "C"
