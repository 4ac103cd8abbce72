// SPDX-License-Identifier: Apache-2.0
// The names of well-known ports, as services(5) has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace linnet::compat {

enum class Transport : std::uint8_t { any, tcp, udp };

/// The port of that name. Nothing: there is none by this transport.
std::optional<std::uint16_t> service_port(std::string_view name, Transport transport);
/// The other way round; empty where a port has no name by this transport.
std::string_view service_name(std::uint16_t port, Transport transport);

}  // namespace linnet::compat
