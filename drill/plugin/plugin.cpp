// SPDX-License-Identifier: Apache-2.0
// liblinnet_packetdrill.so: the functions that the original packetdrill calls.
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>

#include "drill/plugin/instance.hpp"
#include "drill/plugin/interface.h"
#include "drill/plugin/translate.hpp"
#include "sockets/constants.hpp"
#include "sockets/errno.hpp"

namespace linnet::drill {
namespace {

/// The one that getsockopt and close, taken from the C library by preloading, belong to.
std::atomic<Instance*> running{nullptr};

/// A call of the program: others may let the time pass only when it sleeps or has returned.
class Entry {
 public:
  explicit Entry(void* userdata) : instance_(static_cast<Instance*>(userdata)) { instance_->clock().enter(); }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() { instance_->clock().leave(); }
  Instance* operator->() const { return instance_; }
  sockets::Sockets& sockets() const { return instance_->sockets(); }

 private:
  Instance* instance_;
};

/// The facade's results to those of POSIX.
template <typename Number>
Number posix(Number result) {
  if (result >= 0) return result;
  errno = static_cast<int>(-result);
  return -1;
}
int fail(int error) {
  errno = error;
  return -1;
}

int on_socket(void* u, int domain, int type, int protocol) {
  const Entry entry(u);
  return posix(entry.sockets().socket(domain, type, protocol));  // the numbers are Linux's
}

int on_bind(void* u, int fd, const sockaddr* address, socklen_t length) {
  const Entry entry(u);
  const auto local = endpoint_of(address, length);
  return local ? posix(entry.sockets().bind(fd, *local)) : fail(EAFNOSUPPORT);
}

int on_listen(void* u, int fd, int backlog) {
  const Entry entry(u);
  return posix(entry.sockets().listen(fd, backlog));
}

int on_accept(void* u, int fd, sockaddr* address, socklen_t* length) {
  const Entry entry(u);
  Endpoint peer;
  const int result = posix(entry.sockets().accept(fd, &peer));
  if (result >= 0) store_endpoint(peer, address, length);
  return result;
}

int on_connect(void* u, int fd, const sockaddr* address, socklen_t length) {
  const Entry entry(u);
  const auto remote = endpoint_of(address, length);
  return remote ? posix(entry.sockets().connect(fd, *remote)) : fail(EAFNOSUPPORT);
}

MutableBytes room(void* buffer, std::size_t size) { return {static_cast<std::uint8_t*>(buffer), size}; }
Bytes content(const void* buffer, std::size_t size) {
  return {static_cast<const std::uint8_t*>(buffer), size};
}

ssize_t on_recvfrom(void* u, int fd, void* buffer, size_t size, int flags, sockaddr* from,
                    socklen_t* length) {
  const Entry entry(u);
  const auto own = message_flags_of(flags);
  if (!own) return fail(EOPNOTSUPP);
  if (buffer == nullptr && size > 0) return fail(EFAULT);
  Endpoint peer;
  const ssize_t result = posix(entry.sockets().recvfrom(fd, room(buffer, size), *own, &peer));
  if (result >= 0) store_endpoint(peer, from, length);
  return result;
}
ssize_t on_recv(void* u, int fd, void* buffer, size_t size, int flags) {
  return on_recvfrom(u, fd, buffer, size, flags, nullptr, nullptr);
}
ssize_t on_read(void* u, int fd, void* buffer, size_t size) { return on_recv(u, fd, buffer, size, 0); }

ssize_t on_recvmsg(void* u, int fd, msghdr* message, int flags) {
  const Entry entry(u);
  const auto own = message_flags_of(flags);
  if (message == nullptr) return fail(EFAULT);
  if (!own) return fail(EOPNOTSUPP);
  std::vector<MutableBytes> parts;
  for (std::size_t i = 0; i < message->msg_iovlen; ++i)
    parts.push_back(room(message->msg_iov[i].iov_base, message->msg_iov[i].iov_len));
  sockets::ReceiveMessage received;
  received.parts = parts;
  const ssize_t result = posix(entry.sockets().recvmsg(fd, received, *own));
  if (result < 0) return result;
  store_endpoint(received.from, static_cast<sockaddr*>(message->msg_name), &message->msg_namelen);
  message->msg_flags = message_flags_to(received.flags);
  message->msg_controllen = 0;
  return result;
}
ssize_t on_readv(void* u, int fd, const iovec* parts, int count) {
  if (count < 0) return fail(EINVAL);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  return on_recvmsg(u, fd, &message, 0);
}

ssize_t on_sendto(void* u, int fd, const void* buffer, size_t size, int flags, const sockaddr* to,
                  socklen_t length) {
  const Entry entry(u);
  const auto own = message_flags_of(flags);
  if (!own) return fail(EOPNOTSUPP);
  if (buffer == nullptr && size > 0) return fail(EFAULT);
  const auto remote = endpoint_of(to, length);
  return posix(entry.sockets().sendto(fd, content(buffer, size), *own, remote ? &*remote : nullptr));
}
ssize_t on_send(void* u, int fd, const void* buffer, size_t size, int flags) {
  return on_sendto(u, fd, buffer, size, flags, nullptr, 0);
}
ssize_t on_write(void* u, int fd, const void* buffer, size_t size) { return on_send(u, fd, buffer, size, 0); }

ssize_t on_sendmsg(void* u, int fd, const msghdr* message, int flags) {
  const Entry entry(u);
  const auto own = message_flags_of(flags);
  if (message == nullptr) return fail(EFAULT);
  if (!own || message->msg_controllen != 0) return fail(EOPNOTSUPP);
  std::vector<Bytes> parts;
  for (std::size_t i = 0; i < message->msg_iovlen; ++i)
    parts.push_back(content(message->msg_iov[i].iov_base, message->msg_iov[i].iov_len));
  const auto remote = endpoint_of(static_cast<const sockaddr*>(message->msg_name), message->msg_namelen);
  return posix(entry.sockets().sendmsg(fd, {.parts = parts, .to = remote ? &*remote : nullptr}, *own));
}
ssize_t on_writev(void* u, int fd, const iovec* parts, int count) {
  if (count < 0) return fail(EINVAL);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  return on_sendmsg(u, fd, &message, 0);
}

int on_fcntl(void* u, int fd, int command, ...) {
  const Entry entry(u);
  va_list arguments;
  va_start(arguments, command);
  const int flags = command == F_SETFL ? va_arg(arguments, int) : 0;
  va_end(arguments);
  namespace own = sockets::status_flag;
  if (command == F_SETFL) {
    const int mode = O_RDWR | ((flags & O_NONBLOCK) != 0 ? own::nonblock : 0);
    return posix(entry.sockets().fcntl(fd, sockets::fcntl_command::set_flags, mode));
  }
  if (command != F_GETFL) return fail(EINVAL);
  const int result = posix(entry.sockets().fcntl(fd, sockets::fcntl_command::get_flags));
  return result < 0 ? result : O_RDWR | ((result & own::nonblock) != 0 ? O_NONBLOCK : 0);
}

int on_ioctl(void* u, int fd, unsigned long request, ...) {
  const Entry entry(u);
  va_list arguments;
  va_start(arguments, request);
  int* value = va_arg(arguments, int*);
  va_end(arguments);
  const auto own = request_of(request);
  return own ? posix(entry.sockets().ioctl(fd, *own, value)) : fail(ENOTTY);
}

int on_close(void* u, int fd) {
  const Entry entry(u);
  {
    const std::lock_guard lock(entry->epoll_mutex());
    if (entry->close_epoll(fd)) return 0;
    entry->forget(fd);
  }
  return posix(entry.sockets().close(fd));
}

int on_shutdown(void* u, int fd, int how) {
  const Entry entry(u);
  return posix(entry.sockets().shutdown(fd, how));
}

bool is_time(int level, int name) {
  return level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO);
}

int on_getsockopt(void* u, int fd, int level, int name, void* value, socklen_t* length) {
  const Entry entry(u);
  if (value == nullptr || length == nullptr) return fail(EFAULT);
  if (level == IPPROTO_TCP && name == TCP_INFO) {
    const auto status = entry.sockets().status(fd);
    if (!status) return fail(ENOTCONN);
    store_tcp_info(*status, value, length);
    return 0;
  }
  const auto own = option_of(level, name);
  if (!own) return fail(ENOPROTOOPT);
  std::size_t size = *length;
  if (is_time(level, name)) {
    sockets::TimeValue time;
    size = sizeof time;
    if (*length < sizeof(timeval)) return fail(EINVAL);
    const int result = posix(entry.sockets().getsockopt(fd, own->level, own->name, &time, &size));
    const timeval theirs{.tv_sec = time.seconds, .tv_usec = time.microseconds};
    std::memcpy(value, &theirs, sizeof theirs);
    *length = sizeof theirs;
    return result;
  }
  const int result = posix(entry.sockets().getsockopt(fd, own->level, own->name, value, &size));
  *length = static_cast<socklen_t>(size);
  return result;
}

int on_setsockopt(void* u, int fd, int level, int name, const void* value, socklen_t length) {
  const Entry entry(u);
  const auto own = option_of(level, name);
  if (!own) return fail(ENOPROTOOPT);
  if (value == nullptr) return fail(EFAULT);
  if (!is_time(level, name))
    return posix(entry.sockets().setsockopt(fd, own->level, own->name, value, length));
  timeval theirs{};
  if (length < sizeof theirs) return fail(EINVAL);
  std::memcpy(&theirs, value, sizeof theirs);
  const sockets::TimeValue time{theirs.tv_sec, static_cast<std::int32_t>(theirs.tv_usec)};
  return posix(entry.sockets().setsockopt(fd, own->level, own->name, &time, sizeof time));
}

int on_poll(void* u, pollfd* entries, nfds_t count, int timeout) {
  const Entry entry(u);
  std::vector<sockets::PollEntry> own;
  for (nfds_t i = 0; i < count; ++i)
    own.push_back({.fd = entries[i].fd, .events = events_of(entries[i].events)});
  const int result = posix(entry.sockets().poll(own, sockets::poll_timeout(timeout)));
  for (nfds_t i = 0; result >= 0 && i < count; ++i)
    entries[i].revents =
        static_cast<short>(events_to(own[i].revents) & (entries[i].events | POLLERR | POLLHUP | POLLNVAL));
  return result;
}

int on_netdev_send(void* u, const void* packet, size_t size) {
  static_cast<Instance*>(u)->send(content(packet, size));
  return 0;
}

int on_netdev_receive(void* u, void* packet, size_t* size, long long* time_usecs) {
  std::int64_t time = 0;
  *size = static_cast<Instance*>(u)->receive(room(packet, *size), time);
  if (time_usecs != nullptr) *time_usecs = time;
  return 0;
}

int on_usleep(void* u, useconds_t microseconds) {
  static_cast<Instance*>(u)->sleep(Duration::microseconds(microseconds));
  return 0;
}

int on_gettimeofday(void* u, timeval* time, struct timezone*) {
  const std::int64_t now = static_cast<Instance*>(u)->look_at_clock().as_microseconds();
  *time = {.tv_sec = now / 1000000, .tv_usec = now % 1000000};
  return 0;
}

int on_epoll_create(void* u, int size) {
  const Entry entry(u);
  const std::lock_guard lock(entry->epoll_mutex());
  return size > 0 ? entry->epoll_create() : fail(EINVAL);
}

int on_epoll_ctl(void* u, int number, int operation, int fd, ::epoll_event* event) {
  const Entry entry(u);
  const std::lock_guard lock(entry->epoll_mutex());
  Epoll* epoll = entry->epoll(number);
  if (epoll == nullptr) return fail(EBADF);
  if (event == nullptr && operation != EPOLL_CTL_DEL) return fail(EFAULT);
  return posix(epoll->control(entry.sockets(), operation, fd, event != nullptr ? event->events : 0,
                              event != nullptr ? event->data.u64 : 0));
}

int on_epoll_wait(void* u, int number, ::epoll_event* events, int most, int timeout) {
  const Entry entry(u);
  if (most < 1) return fail(EINVAL);
  const Instant deadline =
      timeout < 0 ? Instant::never() : entry->clock().now() + Duration::milliseconds(timeout);
  for (;;) {
    std::unique_lock lock(entry->epoll_mutex());
    Epoll* epoll = entry->epoll(number);  // may have been closed meanwhile
    if (epoll == nullptr) return fail(EBADF);
    const auto ready = epoll->take(entry.sockets(), static_cast<std::size_t>(most));
    for (std::size_t i = 0; i < ready.size(); ++i) {
      events[i].events = ready[i].events;
      events[i].data.u64 = ready[i].data;
    }
    if (!ready.empty() || entry->clock().now() >= deadline) return static_cast<int>(ready.size());
    lock.unlock();
    // Nothing tells of edges: look again every millisecond of virtual time.
    const Instant next = earlier(deadline, entry->clock().now() + Duration::milliseconds(1));
    const int result = entry.sockets().poll({}, next - entry->clock().now());
    if (result < 0) return posix(result);
  }
}

int on_pipe(void*, int*) { return fail(ENOSYS); }
int on_splice(void*, int, loff_t*, int, loff_t*, size_t, unsigned int) { return fail(ENOSYS); }

void on_free(void* u) {
  Instance* instance = static_cast<Instance*>(u);
  Instance* expected = instance;
  running.compare_exchange_strong(expected, nullptr);
  delete instance;
}

}  // namespace
}  // namespace linnet::drill

#define LINNET_EXPORT extern "C" __attribute__((visibility("default")))

LINNET_EXPORT void packetdrill_interface_init(const char* flags, packetdrill_interface* out) {
  using namespace linnet::drill;
  try {
    running = new Instance(settings_of(flags));
  } catch (const std::exception& problem) {
    // The interface has no way to say so.
    std::fprintf(stderr, "liblinnet_packetdrill: %s\n", problem.what());
    std::exit(EXIT_FAILURE);
  }
  *out = {.userdata = running,
          .free = on_free,
          .socket = on_socket,
          .bind = on_bind,
          .listen = on_listen,
          .accept = on_accept,
          .connect = on_connect,
          .read = on_read,
          .readv = on_readv,
          .recv = on_recv,
          .recvfrom = on_recvfrom,
          .recvmsg = on_recvmsg,
          .write = on_write,
          .writev = on_writev,
          .send = on_send,
          .sendto = on_sendto,
          .sendmsg = on_sendmsg,
          .fcntl = on_fcntl,
          .ioctl = on_ioctl,
          .close = on_close,
          .shutdown = on_shutdown,
          .getsockopt = on_getsockopt,
          .setsockopt = on_setsockopt,
          .poll = on_poll,
          .netdev_send = on_netdev_send,
          .netdev_receive = on_netdev_receive,
          .usleep = on_usleep,
          .gettimeofday = on_gettimeofday,
          .epoll_create = on_epoll_create,
          .epoll_ctl = on_epoll_ctl,
          .epoll_wait = on_epoll_wait,
          .pipe = on_pipe,
          .splice = on_splice};
}

// With LD_PRELOAD: code blocks ask the C library for TCP_INFO, and what a script leaves open is closed with
// its close.
LINNET_EXPORT int getsockopt(int fd, int level, int name, void* value, socklen_t* length) noexcept {
  using namespace linnet::drill;
  if (fd >= Instance::first_descriptor && running.load() != nullptr)
    return on_getsockopt(running.load(), fd, level, name, value, length);
  using Function = int (*)(int, int, int, void*, socklen_t*);
  static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getsockopt"));
  return next(fd, level, name, value, length);
}

LINNET_EXPORT int close(int fd) {
  using namespace linnet::drill;
  if (fd >= Instance::first_descriptor && running.load() != nullptr) return on_close(running.load(), fd);
  using Function = int (*)(int);
  static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "close"));
  return next(fd);
}
