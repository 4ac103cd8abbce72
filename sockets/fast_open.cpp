// SPDX-License-Identifier: Apache-2.0
// TCP Fast Open (RFC 7413) on the client's side: MSG_FASTOPEN and TCP_FASTOPEN_CONNECT.
#include <algorithm>

#include "sockets/call.hpp"

namespace linnet::sockets {

/// TCP_FASTOPEN_CONNECT: when the first write may travel on the SYN, connect only notes where to. True: that is done.
bool Sockets::defer_connection(Descriptor& row, const Endpoint& remote) {
  if (!row.fast_open_connect || remote.port == 0) return false;
  tcp::Options options = row.options;
  options.fast_open = true;
  if (!stack_.tcp().fast_open_ready(remote, options, driver_.now())) return false;
  row.deferred = remote;
  return true;
}

namespace {

std::size_t total_size(std::span<const Bytes> parts) {
  std::size_t size = 0;
  for (const Bytes& part : parts) size += part.size();
  return size;
}

}  // namespace

/// Connects with the beginning of the data on the SYN, if the server's cookie is known. Yields how much that
/// was, or a negated errno value; `connected` tells whether the rest may follow at once.
std::ptrdiff_t Sockets::connect_with_data(Descriptor& row, std::span<const Bytes> parts, int flags,
                                          const Endpoint* to, bool& connected) {
  connected = false;
  const bool asked = (flags & msg::fast_open) != 0;
  if (row.listening || (asked && (stack_.tcp().config().fast_open & tcp::FastOpen::client) == 0)) {
    return fail(row, error::not_supported);
  }
  if (asked && to != nullptr && *to == Endpoint{}) return fail(row, error::not_supported);
  if (row.connection) {
    const auto status = stack_.tcp().status(row.connection);
    if (status && opening(status->state)) return fail(row, error::already);
    if (!std::exchange(row.connecting, false)) return fail(row, error::is_connected);
    connected = true;  // since the call that could not wait for it
    return 0;
  }
  if (row.deferred.port == 0 && to == nullptr) return fail(row, error::destination_required);
  const Endpoint remote = row.deferred.port != 0 ? row.deferred : *to;
  if (const int wrong = family_error(row, remote.address); wrong != 0) return fail(row, wrong);
  const int begun = begin_connection(row, remote, true, parts);
  if (begun < 0) return begun;
  const auto status = stack_.tcp().status(row.connection);
  const auto taken = static_cast<std::ptrdiff_t>(status ? status->send_queue : 0);
  if (row.non_blocking || (flags & msg::dont_wait) != 0) {
    row.connecting = true;
    return taken > 0 ? taken : fail(row, error::in_progress);
  }
  // The rest goes with the acknowledgment of the SYN-ACK (as on Linux).
  if (static_cast<std::size_t>(taken) < total_size(parts)) stack_.tcp().set_quick_ack(row.connection, false, driver_.now());
  const int result = await_connection(row, error::in_progress);
  if (result < 0) return result;
  connected = true;
  return taken;
}

}  // namespace linnet::sockets
