// SPDX-License-Identifier: Apache-2.0
// TCP Fast Open (RFC 7413): the server's cookies, and what a client remembers of its servers.
#pragma once

#include <span>

#include "core/base/arena.hpp"
#include "core/base/result.hpp"
#include "core/base/siphash.hpp"
#include "core/tcp/wire.hpp"

namespace linnet::tcp {

/// 4.1.2: a cookie is a MAC of the client's address (and ours, as Linux makes it, so that hosts that share a key behind one
/// address agree with it). Two keys let one be replaced: cookies of the older are still good.
class FastOpenKeys {
 public:
  static constexpr std::size_t key_size = 16;

  explicit FastOpenKeys(SipKey key) : keys_{key, {}} {}
  /// One key or two, of 16 bytes each, the one for new cookies first. False: another length.
  bool set(Bytes keys);
  /// Writes them, as many as fit whole; yields the bytes written.
  std::size_t get(MutableBytes to) const;

  FastOpenCookie cookie(const IpAddress& client, const IpAddress& server) const { return make(0, client, server); }
  enum class Check : std::uint8_t { wrong, good, old };
  Check check(const FastOpenCookie& cookie, const IpAddress& client, const IpAddress& server) const;

 private:
  FastOpenCookie make(std::size_t key, const IpAddress& client, const IpAddress& server) const;

  SipKey keys_[2];
  bool two_ = false;
};

/// 4.1.3: what the client knows of one server.
struct FastOpenEntry {
  IpAddress server;
  FastOpenCookie cookie;
  std::uint16_t maximum_segment_size = 0xffff;  ///< that it announced last: it bounds the data on a SYN
  std::uint8_t losses = 0;                   ///< SYNs with data that were lost in a row
  std::uint8_t try_experimental = 0;         ///< 1: it did not know option 34; 2: nor the experimental one
  Instant disabled_until;                    ///< 4.1.3.1: something on the path swallows such SYNs
  std::uint32_t used = 0;                    ///< larger is later; 0: the entry is free
};

/// A handful of servers, asked only when a connection is opened: the one unused longest gives way.
class FastOpenCache {
 public:
  static constexpr std::size_t memory_needed(std::size_t capacity) { return Arena::bytes_for<FastOpenEntry>(capacity); }
  FastOpenCache(Arena& arena, std::size_t capacity) : entries_(arena.make_array<FastOpenEntry>(capacity)) {}

  FastOpenEntry* find(const IpAddress& server);
  const FastOpenEntry* find(const IpAddress& server) const { return const_cast<FastOpenCache*>(this)->find(server); }
  /// The server's entry, new if need be; null when there is room for none at all.
  FastOpenEntry* obtain(const IpAddress& server);
  void clear();

 private:
  std::span<FastOpenEntry> entries_;
  std::uint32_t clock_ = 0;
};

}  // namespace linnet::tcp
