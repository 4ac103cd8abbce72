// SPDX-License-Identifier: Apache-2.0
#include "compat/lwip/host.hpp"

#include <atomic>
#include <cerrno>

#include "compat/lwip/time_client.hpp"
#include "compat/lwip/wall_clock.hpp"

namespace linnet::compat {

namespace {

constexpr std::size_t most_descriptors = 65536;

struct Attachment {
  std::atomic<sockets::Host*> host{nullptr};
  dns::Resolver* resolver = nullptr;
  Settings settings;
  std::array<std::atomic<std::uint8_t>, most_descriptors> flags{};
};

Attachment current;

}  // namespace

void attach(sockets::Host& host, dns::Resolver* resolver, const Settings& settings) {
  current.resolver = resolver;
  current.settings = settings;
  for (auto& flags : current.flags) flags = 0;
  current.host = &host;
  wall_clock().restart();
  time_client().set_synchronised(false);
}

void detach() {
  current.host = nullptr;
  current.resolver = nullptr;
  current.settings = {};
}

sockets::Host* attached_host() { return current.host; }
dns::Resolver* attached_resolver() { return current.resolver; }
const Settings& attached_settings() { return current.settings; }
mdns::Agent* attached_mdns() { return current.settings.mdns; }

bool is_socket(int fd) {
  sockets::Host* host = attached_host();
  if (host == nullptr) return false;
  const std::int64_t index = std::int64_t{fd} - current.settings.first_descriptor;
  return index >= 0 && index < static_cast<std::int64_t>(host->sockets().capacity());
}

std::uint8_t flags_of(int fd) {
  return fd >= 0 && fd < static_cast<int>(most_descriptors)
             ? current.flags[static_cast<std::size_t>(fd)].load()
             : std::uint8_t{0};
}

void set_flags(int fd, std::uint8_t flags) {
  if (fd >= 0 && fd < static_cast<int>(most_descriptors)) current.flags[static_cast<std::size_t>(fd)] = flags;
}

void set_error(int number) { errno = number; }

}  // namespace linnet::compat
