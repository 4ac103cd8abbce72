// SPDX-License-Identifier: Apache-2.0
// Callbacks of netconns: a thread for each netconn that has one, which polls its socket.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "compat/lwip/netconn.hpp"

using namespace linnet;

namespace {

struct Watch {
  netconn* conn = nullptr;
  int fd = -1;
  std::mutex mutex;
  std::condition_variable changed;
  // Under `mutex`:
  bool told_readable = false;  ///< until something is taken
  bool wants_room = false;
  bool over = false;  ///< an error was told
  bool closing = false;
  bool interrupt = false;  ///< under the host's lock: what is polled for is not what is wanted any more
};

void tell(const Watch& watch, netconn_evt event, std::size_t length) {
  watch.conn->callback(watch.conn, event, static_cast<u16_t>(length < 0xffff ? length : 0xffff));
}

/// What to poll for next; nothing: the netconn is closed.
std::optional<std::uint16_t> await_interest(Watch& watch) {
  using namespace sockets;
  std::unique_lock lock(watch.mutex);
  watch.changed.wait(
      lock, [&] { return watch.closing || (!watch.over && (!watch.told_readable || watch.wants_room)); });
  if (watch.closing) return std::nullopt;
  const unsigned read = watch.told_readable ? 0u : event::in;
  const unsigned write = watch.wants_room ? event::out : 0u;
  return static_cast<std::uint16_t>(read | write);
}

void tell_end(const Watch& watch) {
  tell(watch, NETCONN_EVT_ERROR, 0);
  tell(watch, NETCONN_EVT_RCVPLUS, 0);
  tell(watch, NETCONN_EVT_SENDPLUS, 0);
}

void tell_events(Watch& watch, sockets::Sockets& sockets, const sockets::PollEntry& entry) {
  using namespace sockets;
  bool readable = false, writable = false;
  const bool error = (entry.revents & event::err) != 0;
  {
    const std::lock_guard lock(watch.mutex);
    if (watch.closing) return;
    watch.over = error;
    readable = (entry.events & event::in) != 0 && (entry.revents & (event::in | event::hup)) != 0;
    writable = (entry.revents & event::out) != 0 && watch.wants_room;
    if (readable) watch.told_readable = true;
    if (writable) watch.wants_room = false;
  }
  if (error) return tell_end(watch);
  if (readable) {
    int length = 0;
    if (sockets.ioctl(watch.fd, ioctl_request::bytes_readable, &length) != 0) length = 0;
    tell(watch, NETCONN_EVT_RCVPLUS, static_cast<std::size_t>(length));
  }
  if (writable) tell(watch, NETCONN_EVT_SENDPLUS, 0);
}

void run(const std::shared_ptr<Watch>& watch, sockets::Host& host) {
  while (const auto events = await_interest(*watch)) {
    sockets::PollEntry entry{.fd = watch->fd, .events = *events};
    static_cast<void>(host.sockets().poll({&entry, 1}, std::nullopt, &watch->interrupt));
    {
      const sockets::Host::Lock lock(host);
      watch->interrupt = false;
    }
    if ((entry.revents & sockets::event::nval) != 0) return;
    tell_events(*watch, host.sockets(), entry);
  }
}

}  // namespace

struct linnet_netconn_events {
  std::shared_ptr<Watch> watch;
  std::thread thread;
};

namespace {

/// `change` says, under the mutex, what is wanted now.
template <typename Change>
void wake(netconn& conn, Change change) {
  if (conn.linnet_events == nullptr) return;
  Watch& watch = *conn.linnet_events->watch;
  {
    const std::lock_guard lock(watch.mutex);
    change(watch);
  }
  watch.changed.notify_all();
  if (sockets::Host* host = compat::attached_host(); host != nullptr) {
    const sockets::Host::Lock lock(*host);
    watch.interrupt = true;
  }
}

}  // namespace

namespace linnet::compat {

void events_begin(netconn& conn) {
  sockets::Host* host = attached_host();
  if (conn.callback == nullptr || conn.linnet_events != nullptr || host == nullptr) return;
  auto watch = std::make_shared<Watch>();
  watch->conn = &conn;
  watch->fd = conn.linnet_fd;
  conn.linnet_events = new linnet_netconn_events{.watch = watch, .thread = {}};
  conn.linnet_events->thread = std::thread([watch, host] { run(watch, *host); });
}

void events_taken(netconn& conn, std::size_t length) {
  if (conn.callback == nullptr) return;
  conn.callback(&conn, NETCONN_EVT_RCVMINUS, static_cast<u16_t>(length));
  wake(conn, [](Watch& watch) { watch.told_readable = false; });
}

void events_refused(netconn& conn) {
  if (conn.callback == nullptr) return;
  conn.callback(&conn, NETCONN_EVT_SENDMINUS, 0);
  wake(conn, [](Watch& watch) { watch.wants_room = true; });
}

void events_end(netconn& conn) {
  if (conn.linnet_events == nullptr) return;
  wake(conn, [](Watch& watch) { watch.closing = true; });
  linnet_netconn_events* const events = conn.linnet_events;
  conn.linnet_events = nullptr;
  if (events->thread.get_id() == std::this_thread::get_id())
    events->thread.detach();
  else
    events->thread.join();
  delete events;
}

}  // namespace linnet::compat
