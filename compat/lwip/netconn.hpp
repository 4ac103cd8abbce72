// SPDX-License-Identifier: Apache-2.0
// What the sources of netconns share.
#pragma once

#include "compat/lwip/calls.hpp"

#include <lwip/api.h>

#include <atomic>

namespace linnet::compat {

/// The socket; -1 when it is closed, which any thread may do at any time.
inline int fd_of(const netconn& conn) {
  return std::atomic_ref<int>(const_cast<int&>(conn.linnet_fd)).load();
}

/// The err_t for what a call of sockets::Sockets gave: negative values are errno numbers.
err_t err_of(std::ptrdiff_t result);
/// Of a lookup (dns.cpp).
err_t err_of(dns::Error error);

/// The connection is there, comes or is waited for: from here on its callback is told.
void events_begin(netconn& conn);
/// Something was received or accepted (RCVMINUS).
void events_taken(netconn& conn, std::size_t length);
/// Nothing could be sent (SENDMINUS).
void events_refused(netconn& conn);
/// After the descriptor was closed: the callback is not called any more.
void events_end(netconn& conn);

}  // namespace linnet::compat
