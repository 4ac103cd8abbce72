// SPDX-License-Identifier: Apache-2.0
#include "apps/server.hpp"

#include <fmt/format.h>

#include "apps/problem.hpp"

namespace linnet::apps {

int ServerLoop::wait(Instant now) {
  entries_.clear();
  ends_.clear();
  Instant deadline = Instant::never();
  for (Server* server : servers_) {
    server->fill(entries_);
    ends_.push_back(entries_.size());
    deadline = earlier(deadline, server->deadline());
  }
  if (deadline.is_never()) return sockets_->poll(entries_, std::nullopt);
  return sockets_->poll(entries_, deadline > now ? deadline - now : Duration());
}

void ServerLoop::run(const std::function<bool()>& ended) {
  while (!ended()) {
    const int ready = wait(now_());
    if (ready < 0 && ready != -sockets::error::interrupted) {
      throw Problem(fmt::format("waiting for sockets failed: {}", sockets::error_text(-ready)));
    }
    const Instant now = now_();
    if (ready > 0) {
      std::size_t begin = 0;
      for (std::size_t i = 0; i < servers_.size(); ++i) {
        servers_[i]->process(std::span<const sockets::PollEntry>(entries_).subspan(begin, ends_[i] - begin),
                             now);
        begin = ends_[i];
      }
    }
    for (Server* server : servers_) {
      if (server->deadline() <= now) server->expire(now);
    }
  }
}

int listen_on(sockets::Sockets& sockets, std::uint16_t port, int backlog) {
  const int fd = sockets.socket(sockets::af::inet6, sockets::sock::stream | sockets::sock::nonblock);
  int result = fd;
  if (fd >= 0) {
    sockets.set_option(fd, sockets::sol::socket, sockets::so::reuse_address, 1);
    result = sockets.bind(fd, {IpAddress::any_v6(), port});
    if (result >= 0) result = sockets.listen(fd, backlog);
  }
  if (result >= 0) return fd;
  if (fd >= 0) sockets.close(fd);
  throw Problem(fmt::format("cannot listen on TCP port {}: {}", port, sockets::error_text(-result)));
}

}  // namespace linnet::apps
