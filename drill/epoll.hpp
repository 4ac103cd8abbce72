// SPDX-License-Identifier: Apache-2.0
// epoll over the facade's poll: level and edge triggered. The facade has none, and scripts use it a lot.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sockets/sockets.hpp"

namespace linnet::drill {

namespace epoll_event {
constexpr std::uint32_t in = 0x1, urgent = 0x2, out = 0x4, error = 0x8, hangup = 0x10, read_hangup = 0x2000;
constexpr std::uint32_t one_shot = 1u << 30, edge = 1u << 31;
}  // namespace epoll_event

namespace epoll_operation {
constexpr int add = 1, remove = 2, modify = 3;
}

/// One epoll instance. Descriptors are the stack's.
class Epoll {
 public:
  struct Ready {
    int fd = -1;
    std::uint32_t events = 0;
    std::uint64_t data = 0;
  };

  /// 0 or a negated errno.
  int control(sockets::Sockets& sockets, int operation, int fd, std::uint32_t events, std::uint64_t data);
  void forget(int fd) { watched_.erase(fd); }
  /// Looks at all descriptors: what became ready since is an edge. To be called after everything that may
  /// change their state.
  void look(sockets::Sockets& sockets);
  /// What epoll_wait yields now, at most `most`, and takes it away.
  std::vector<Ready> take(sockets::Sockets& sockets, std::size_t most);

 private:
  struct Watched {
    std::uint32_t events = 0;
    std::uint64_t data = 0;
    std::uint32_t seen = 0;     ///< ready when last looked at
    std::uint32_t pending = 0;  ///< edges that nobody has been told of
    std::uint64_t arrived = 0;  ///< bytes in: more of them are an edge, too
    bool disarmed = false;      ///< one-shot, told
  };
  static std::uint32_t ready(sockets::Sockets& sockets, int fd);
  static std::uint64_t arrived(sockets::Sockets& sockets, int fd);

  std::map<int, Watched> watched_{};
};

}  // namespace linnet::drill
