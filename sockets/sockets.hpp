// SPDX-License-Identifier: Apache-2.0
// Sockets: the calls of the sockets interface (esp32-surface 1.2, 1.5, 1.6) over one host's stack.
#pragma once

#include "sockets/config.hpp"
#include "sockets/constants.hpp"
#include "sockets/descriptor.hpp"
#include "sockets/driver.hpp"
#include "sockets/errno.hpp"
#include "sockets/fd_set.hpp"
#include "sockets/message.hpp"

namespace linnet::sockets {

/// Every call may be made by any thread at any time, `close` included. Results are what POSIX says, at least
/// 0, or an errno value of errno.hpp negated. A call that would wait on a non-blocking descriptor (or with
/// msg::dont_wait) looks at the devices once and then fails with error::try_again; so does one whose
/// SO_RCVTIMEO or SO_SNDTIMEO ran out. A waiting call whose descriptor is closed by another thread fails with
/// error::bad_descriptor, once. Bytes are given as spans, addresses as Endpoints; the C forms are in compat/.
class Sockets {
 public:
  Sockets(Stack& stack, DescriptorTable& table, Driver& driver, Port& port, const Config& config)
      : stack_(stack), table_(table), driver_(driver), port_(port), config_(config) {}
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  // --- opening and closing ---

  /// The lowest free descriptor. `domain` af::inet; `type` sock::stream, dgram or raw, sock::nonblock may be
  /// added; `protocol` 0 or the one that fits, for raw ipproto::icmp or any other number of a protocol above
  /// IP. Errors: EAFNOSUPPORT, EPROTOTYPE, EPROTONOSUPPORT, EINVAL, ENFILE (descriptors), ENOBUFS (the
  /// stack's sockets).
  int socket(int domain, int type, int protocol = 0);
  /// Threads that wait for the descriptor fail with EBADF. With SO_LINGER and a time, and unless
  /// non-blocking, waits until all is sent and acknowledged or the time is over; what is left then is sent
  /// later. EBADF.
  int close(int fd);
  /// Reading of a listener: it listens no more (who waits in accept gets EINVAL), and keeps its name. EBADF, ENOTCONN, EINVAL.
  int shutdown(int fd, int how);

  // --- naming and connecting ---

  /// Port 0: an ephemeral one. EADDRINUSE, EADDRNOTAVAIL, EINVAL (has a name already), EAFNOSUPPORT, ENOBUFS.
  int bind(int fd, const Endpoint& local);
  /// A backlog below 1 is 1. EOPNOTSUPP, EINVAL (connected), EADDRINUSE, ENOBUFS.
  int listen(int fd, int backlog);
  /// The new descriptor; `flags` may be sock::nonblock. EAGAIN, EINVAL (does not listen), EOPNOTSUPP, ENFILE
  /// (the connection stays waiting).
  int accept(int fd, Endpoint* peer = nullptr, int flags = 0);
  /// Stream: EINPROGRESS (non-blocking, or SO_SNDTIMEO ran out: the handshake goes on), EALREADY, EISCONN,
  /// ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, EADDRINUSE, ENOBUFS, EOPNOTSUPP (listens).
  /// After a failure the descriptor may be used for another attempt. Datagram: names the only peer. `Endpoint{}`
  /// (AF_UNSPEC) dissolves both: a stream's connection is reset, and its name is gone; a listener listens no more.
  int connect(int fd, const Endpoint& remote);
  /// A descriptor for a connection that was made in another way, and whose owner it becomes; on an error it is
  /// aborted. `flags` may be sock::nonblock. ENFILE, EBADF (the handle is stale).
  int adopt(tcp::ConnectionHandle connection, int flags = 0);
  int getsockname(int fd, Endpoint& local);
  /// ENOTCONN.
  int getpeername(int fd, Endpoint& remote);

  // --- data ---

  /// Bytes taken. Stream: waits until all are taken; what was taken before an error, a time-out or an
  /// interruption counts. ENOTCONN, EPIPE (shut down, or the connection is over), ECONNRESET, ... ; datagram:
  /// EDESTADDRREQ, EMSGSIZE. msg::fast_open (stream): connects to `to` with the data (EINPROGRESS, EISCONN, EALREADY).
  std::ptrdiff_t send(int fd, Bytes data, int flags = 0) { return sendto(fd, data, flags, nullptr); }
  std::ptrdiff_t sendto(int fd, Bytes data, int flags, const Endpoint* to);
  std::ptrdiff_t sendmsg(int fd, const SendMessage& message, int flags = 0);
  std::ptrdiff_t write(int fd, Bytes data) { return send(fd, data); }
  std::ptrdiff_t writev(int fd, std::span<const Bytes> parts) { return sendmsg(fd, {.parts = parts}); }
  /// Bytes copied; 0 is end of file on streams. msg::wait_all: waits for all. msg::trunc (not stream): the
  /// datagram's whole length. msg::discard (stream): reads without copying. msg::oob (stream): the urgent byte, EINVAL when there is none.
  std::ptrdiff_t recv(int fd, MutableBytes to, int flags = 0) { return recvfrom(fd, to, flags, nullptr); }
  std::ptrdiff_t recvfrom(int fd, MutableBytes to, int flags, Endpoint* from);
  std::ptrdiff_t recvmsg(int fd, ReceiveMessage& message, int flags = 0);
  std::ptrdiff_t read(int fd, MutableBytes to) { return recv(fd, to); }
  std::ptrdiff_t readv(int fd, std::span<const MutableBytes> parts);

  // --- waiting for several ---

  /// `count`: one more than the highest member. Sets may be null; they are left as they are on an error.
  /// No timeout: waits for ever. Yields how many members stay in all sets. EBADF, EINVAL, EINTR.
  int select(int count, FdSet* read, FdSet* write, FdSet* except, std::optional<Duration> timeout);
  /// Yields how many entries have revents. With `or_when`, also returns once that is true: somebody set it
  /// under the lock, as what the port calls while it waits does. EINTR.
  int poll(std::span<PollEntry> entries, std::optional<Duration> timeout, const bool* or_when = nullptr);

  // --- settings ---

  /// fcntl_command::get_flags, set_flags. EINVAL.
  int fcntl(int fd, int command, int argument = 0);
  /// ENOTTY, EFAULT, EINVAL.
  int ioctl(int fd, unsigned long request, int* argument);
  /// Values are int, but TimeValue, Linger, TcpInfo, a name for TCP_CONGESTION, and a byte for those options that lwIP accepts one for. `length`
  /// is what `value` has room for, and then what it got. ENOPROTOOPT, EINVAL, EFAULT.
  int getsockopt(int fd, int level, int name, void* value, std::size_t* length);
  int setsockopt(int fd, int level, int name, const void* value, std::size_t length);
  /// The same for int values.
  int set_option(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value);
  }
  /// Joins, leaves or filters a multicast group on an interface (any_interface: where a zone of the group,
  /// IP_MULTICAST_IF or a route says). `source` is of the last four. EINVAL: no group, no source, or not in that mode (RFC
  /// 3678 4.1); EADDRINUSE: joined already; EADDRNOTAVAIL: not joined, or the source is (not) in the list; ENODEV; ENOBUFS.
  int change_group(int fd, GroupChange change, const IpAddress& group, std::uint8_t interface = ip::any_interface,
                   const IpAddress& source = {});
  /// The value, or a negated errno.
  int option(int fd, int level, int name);
  int set_non_blocking(int fd, bool on);
  int set_receive_timeout(int fd, Duration timeout);  ///< zero: for ever
  int set_send_timeout(int fd, Duration timeout);     ///< zero: for ever
  int set_linger(int fd, std::optional<Duration> time);

  /// 3.10.6 STATUS of a stream's connection; nothing when it has none.
  std::optional<tcp::Status> status(int fd);
  /// Descriptors in use, and how many there are.
  std::size_t used() const;
  std::size_t capacity() const { return table_.capacity(); }

 private:
  class Call;     // holds the lock while a call runs
  class Waiting;  // how long a call may wait, and for what

  int fail(Descriptor& row, int error);
  bool offers(int level, int name) const;
  std::ptrdiff_t fail_or(std::ptrdiff_t done, Descriptor& row, int error);

  // open.cpp
  int open(const SocketState& state, int type, int protocol);
  void linger(Descriptor& row, Instant now);
  int shut_stream(Descriptor& row, bool read, bool write);
  void stop_listening(Descriptor& row);

  // connect.cpp
  int family_error(const Descriptor& row, const IpAddress& address);
  int bind_stream(Descriptor& row, const Endpoint& local);
  int connect_stream(Descriptor& row, const Endpoint& remote);
  int begin_connection(Descriptor& row, Endpoint remote, bool fast_open = false, std::span<const Bytes> data = {});
  int await_connection(Descriptor& row, int when_late);
  bool connection_lives(const Descriptor& row) const;
  int connect_datagram(Descriptor& row, const Endpoint& remote);
  void forget_connection(Descriptor& row);
  int dissolve(Descriptor& row);

  // fast_open.cpp
  bool defer_connection(Descriptor& row, const Endpoint& remote);
  std::ptrdiff_t connect_with_data(Descriptor& row, std::span<const Bytes> parts, int flags, const Endpoint* to,
                                   bool& connected);

  // stream.cpp
  std::ptrdiff_t send_stream(Descriptor& row, std::span<const Bytes> parts, int flags, const Endpoint* to);
  std::ptrdiff_t receive_stream(Descriptor& row, std::span<const MutableBytes> parts, int flags);
  std::ptrdiff_t receive_urgent(Descriptor& row, MutableBytes to);
  bool window_closed(const Descriptor& row) const;
  std::ptrdiff_t least_read(const Descriptor& row, std::span<const MutableBytes> parts, bool all) const;

  // datagram.cpp
  std::ptrdiff_t send_datagram(Descriptor& row, const SendMessage& message, int flags);
  std::ptrdiff_t receive_datagram(Descriptor& row, ReceiveMessage& message, int flags);

  // select.cpp
  std::uint16_t revents_of(const PollEntry& entry);
  int look(std::span<PollEntry> entries);
  struct SelectSets {
    FdSet read;
    FdSet write;
    FdSet except;
  };
  int look(int count, const SelectSets& asked, SelectSets& found);

  // options.cpp, option_values.cpp
  int readable_bytes(const Descriptor& row, const std::optional<tcp::Status>& status);
  tcp::Options stream_options(const Descriptor& row) const;
  void set_stream_options(Descriptor& row, const tcp::Options& options);
  int pending_error(Descriptor& row);
  std::int64_t option_value(Descriptor& row, int level, int name);
  int socket_option(Descriptor& row, int name);
  std::int64_t ip_option_value(Descriptor& row, int name);
  std::int64_t tcp_option_value(Descriptor& row, int name);
  int buffer_option(const Descriptor& row, int name);
  int set_buffer_option(Descriptor& row, int name, int value);
  int get_tcp_structure(Descriptor& row, int name, void* value, std::size_t* length);
  int set_fast_open_option(Descriptor& row, int name, int value);
  int set_fast_open_keys(Descriptor& row, Bytes bytes);
  int set_congestion_option(Descriptor& row, const void* value, std::size_t length);
  int set_option_value(Descriptor& row, int level, int name, int value);
  int set_socket_option(Descriptor& row, int name, int value);
  int set_interface(Descriptor& row, int value);
  int set_stream_ip_option(Descriptor& row, int name, int value);
  int set_ip_option(Descriptor& row, int name, int value);
  int set_tcp_option(Descriptor& row, int name, int value);

  // membership.cpp
  int change_group(Descriptor& row, GroupChange change, const IpAddress& group, std::uint8_t interface,
                   const IpAddress& source);
  std::optional<std::uint8_t> interface_of_group(const Descriptor& row, const IpAddress& group);
  int set_membership(Descriptor& row, int name, Bytes value);
  int set_membership_v6(Descriptor& row, int name, Bytes value);
  int set_multicast_interface(Descriptor& row, Bytes value);

  // ipv6_options.cpp
  std::int64_t ipv6_option_value(Descriptor& row, int name);
  int set_ipv6_option(Descriptor& row, int name, int value);
  int set_v6_only(Descriptor& row, bool on);

  // option_values.cpp
  int set_timeout_option(Descriptor& row, int name, const TimeValue& time);
  int set_linger_option(Descriptor& row, const Linger& linger);

  Stack& stack_;
  DescriptorTable& table_;
  Driver& driver_;
  Port& port_;
  Config config_;
};

}  // namespace linnet::sockets
