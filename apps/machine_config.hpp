// SPDX-License-Identifier: Apache-2.0
// The numbers of a machine's parts, from its options.
#pragma once

#include "apps/device_options.hpp"
#include "core/base/siphash.hpp"
#include "core/config.hpp"
#include "core/device/impair.hpp"
#include "services/mdns/config.hpp"
#include "services/dhcp/config.hpp"
#include "sockets/config.hpp"

namespace linnet::apps {

Config stack_config(const DeviceOptions& options, const Device& device);
/// What IPv6 addresses are made of, so that a device with the same Ethernet address has the same ones again (RFC 7217 5); nothing:
/// this machine has no identity to make it of.
std::optional<SipKey> address_secret();
sockets::Config sockets_config(const DeviceOptions& options);
/// Its views are those of `options`.
dhcp::Config dhcp_config(const DeviceOptions& options);
mdns::Config mdns_config(const DeviceOptions& options);
ImpairConfig impair_config(const DeviceOptions& options, const Device& device, std::uint64_t seed);

}  // namespace linnet::apps
