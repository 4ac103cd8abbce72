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

/// Connects with the beginning of the data on the SYN, if the server's cookie is known. Yields how much that was, or a
/// negated errno value; `connected` tells whether the rest may follow at once.
std::ptrdiff_t Sockets::connect_with_data(Descriptor& row, std::span<const Bytes> parts, int flags, const Endpoint* to,
                                          bool& connected) {
  connected = false;
  const bool asked = (flags & msg::fast_open) != 0;
  if (row.listening || (asked && (stack_.tcp().config().fast_open & tcp::FastOpen::client) == 0)) {
    return fail(row, error::not_supported);
  }
  if (row.connection) {
    const auto status = stack_.tcp().status(row.connection);
    const bool opening = status && (status->state == tcp::State::syn_sent || status->state == tcp::State::syn_received);
    return fail(row, opening ? error::already : error::is_connected);
  }
  if (row.deferred.port == 0 && to == nullptr) return fail(row, error::destination_required);
  const Endpoint remote = row.deferred.port != 0 ? row.deferred : *to;
  if (!remote.address.is_v4()) return fail(row, error::family_not_supported);
  const auto first = std::find_if(parts.begin(), parts.end(), [](const Bytes& part) { return !part.empty(); });
  const int begun = begin_connection(row, remote, true, first != parts.end() ? *first : Bytes());
  if (begun < 0) return begun;
  const auto status = stack_.tcp().status(row.connection);
  const auto taken = static_cast<std::ptrdiff_t>(status ? status->send_queue : 0);
  if (row.non_blocking || (flags & msg::dont_wait) != 0) return taken > 0 ? taken : fail(row, error::in_progress);
  const int result = await_connection(row);
  if (result < 0) return result;
  connected = true;
  return taken;
}

}  // namespace linnet::sockets
