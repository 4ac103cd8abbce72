// SPDX-License-Identifier: Apache-2.0
// Descriptor: one row of the descriptor table. DescriptorTable: numbers to rows, and the stack's tags back to
// them.
#pragma once

#include "core/ip/raw.hpp"
#include "core/tcp/tcp.hpp"
#include "core/udp/udp.hpp"
#include "sockets/waiter.hpp"

namespace linnet::sockets {

enum class Kind : std::uint8_t {
  free,
  stream,     ///< TCP: `connection`, or else `listener`, or (before bind and connect) neither
  datagram,   ///< UDP
  raw,        ///< IP
  lingering,  ///< closed by its user, whose close() waits for what is queued to be sent; the number is taken
              ///< still
};

/// What a socket starts with.
struct SocketState {
  Kind kind = Kind::free;
  bool non_blocking = false;
  bool v6 = false;               ///< AF_INET6: of both families, unless IPV6_V6ONLY is set
  bool reuse_address = false;
  bool reuse_port = false;
  bool debug = false;            ///< SO_DEBUG, which does nothing
  bool bind_no_port = false;     ///< IP_BIND_ADDRESS_NO_PORT, neither
  bool broadcast = false;        ///< of a stream socket, where it means nothing
  bool listening = false;
  bool receive_shut = false;     ///< shutdown of a datagram or raw socket
  bool send_shut = false;
  bool fast_open_connect = false;  ///< TCP_FASTOPEN_CONNECT
  bool connecting = false;         ///< a call began a connection and did not wait for it, and none was told of its success
  std::uint16_t backlog = 0;
  std::uint8_t protocol = 0;
  int last_error = 0;            ///< errno, for ErrorRule::last_error
  int untold_error = 0;          ///< errno that came behind bytes that counted; the next call tells it
  tcp::ConnectionHandle connection{};
  tcp::ListenerHandle listener{};
  udp::SocketHandle datagram{};
  ip::RawHandle raw{};
  tcp::Options options{};        ///< of a stream socket without a connection
  std::optional<tcp::FastOpenKeys> fast_open_keys{};  ///< TCP_FASTOPEN_KEY, for when it listens
  Endpoint deferred{};           ///< with a port: connect() was called, the first write will do it
  Duration receive_timeout{};    ///< zero: for ever
  Duration send_timeout{};
};

struct Descriptor : SocketState {
  IntrusiveList<Waiter, OfDescriptor> waiters;
};

/// Numbers are given out lowest first, as POSIX wants.
class DescriptorTable {
 public:
  static constexpr std::size_t memory_needed(std::size_t descriptors) {
    return Arena::bytes_for<Descriptor>(descriptors) +
           Arena::bytes_for<std::uint32_t>((descriptors + 31) / 32);
  }
  DescriptorTable(Arena& arena, std::size_t descriptors, int first)
      : rows_(arena.make_array<Descriptor>(descriptors)),
        taken_(arena.make_array<std::uint32_t>((descriptors + 31) / 32)),
        first_(first) {}

  /// The lowest free row, or null when there is none.
  Descriptor* allocate(const SocketState& state);
  /// Wakes nobody: the waiters must be gone.
  void release(Descriptor& row);
  /// The row of an open socket, or null.
  Descriptor* find(int fd) {
    Descriptor* row = at(fd);
    return row == nullptr || row->kind == Kind::free || row->kind == Kind::lingering ? nullptr : row;
  }
  int number_of(const Descriptor& row) const { return first_ + static_cast<int>(&row - rows_.data()); }
  std::span<Descriptor> rows() { return rows_; }
  std::size_t capacity() const { return rows_.size(); }
  std::size_t used() const { return used_; }

  /// The stack's name for a row: its index plus one, so that 0, the tag of sockets that are not ours, is
  /// none.
  std::uint32_t tag_of(const Descriptor& row) const {
    return static_cast<std::uint32_t>(&row - rows_.data()) + 1;
  }
  Descriptor* of_tag(std::uint32_t tag) {
    return tag == 0 || tag > rows_.size() || rows_[tag - 1].kind == Kind::free ? nullptr : &rows_[tag - 1];
  }

 private:
  Descriptor* at(int fd) {
    const std::int64_t index = std::int64_t{fd} - first_;
    return index < 0 || index >= static_cast<std::int64_t>(rows_.size())
               ? nullptr
               : &rows_[static_cast<std::size_t>(index)];
  }

  std::span<Descriptor> rows_;
  std::span<std::uint32_t> taken_;
  int first_;
  std::size_t lowest_ = 0;  ///< no free row is in a word of taken_ below this
  std::size_t used_ = 0;
};

}  // namespace linnet::sockets
