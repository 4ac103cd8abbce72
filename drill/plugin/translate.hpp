// SPDX-License-Identifier: Apache-2.0
// Linux's numbers and structures to the facade's, and back.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "core/tcp/types.hpp"
#include "sockets/message.hpp"

namespace linnet::drill {

/// Nothing: of another family. AF_UNSPEC is Endpoint{}.
std::optional<Endpoint> endpoint_of(const sockaddr* address, socklen_t length);
void store_endpoint(const Endpoint& endpoint, sockaddr* address, socklen_t* length);

/// Nothing: the stack has none.
struct OptionName {
  int level = 0;
  int name = 0;
};
std::optional<OptionName> option_of(int level, int name);
std::optional<unsigned long> request_of(unsigned long request);
/// Nothing: a flag that the stack does not have.
std::optional<int> message_flags_of(int flags);
int message_flags_to(int flags);
std::uint16_t events_of(short events);
short events_to(std::uint16_t events);

/// Fills as much of Linux's struct tcp_info as there is room and knowledge for.
void store_tcp_info(const tcp::Status& status, void* value, socklen_t* length);

}  // namespace linnet::drill
