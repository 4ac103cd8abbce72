// SPDX-License-Identifier: Apache-2.0
// The four-tuple that names a connection, and its keyed hash.
#pragma once

#include "core/base/address.hpp"
#include "core/base/siphash.hpp"

namespace linnet::tcp {

template <typename Hasher>
constexpr void hash_endpoints(Hasher& hasher, const Endpoint& local, const Endpoint& remote) {
  if (remote.address.is_v4()) {
    hasher.word((static_cast<std::uint64_t>(local.address.v4_value()) << 32) | remote.address.v4_value());
  } else {
    hasher.word(load64(local.address.bytes().data()));
    hasher.word(load64(local.address.bytes().data() + 8));
    hasher.word(load64(remote.address.bytes().data()));
    hasher.word(load64(remote.address.bytes().data() + 8));
  }
  hasher.word((static_cast<std::uint64_t>(local.port) << 16) | remote.port);
}

constexpr std::uint32_t tuple_hash(SipKey key, const Endpoint& local, const Endpoint& remote) {
  TableHasher hasher(key);
  hash_endpoints(hasher, local, remote);
  return static_cast<std::uint32_t>(hasher.finish());
}

}  // namespace linnet::tcp
