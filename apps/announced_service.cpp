// SPDX-License-Identifier: Apache-2.0
#include "apps/announced_service.hpp"

#include <array>

#include "apps/text.hpp"
#include "services/mdns/types.hpp"

namespace linnet::apps {

std::optional<AnnouncedService> parse_announced_service(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at != std::string::npos;) {
    const std::size_t end = text.find(';', at);
    parts.push_back(text.substr(at, end == std::string::npos ? end : end - at));
    at = end == std::string::npos ? end : end + 1;
  }
  if (parts.size() < 3) return std::nullopt;
  const auto port = parse_port(parts[2]);
  if (!mdns::Label::from(parts[0]) || !mdns::service_type(parts[1]) || !port || *port == 0)
    return std::nullopt;
  AnnouncedService service{.instance = parts[0], .type = parts[1], .port = *port, .txt = {}};
  std::array<std::uint8_t, 512> room{};
  mdns::TxtWriter txt(room);
  for (std::size_t i = 3; i < parts.size(); ++i) {
    const std::size_t at = parts[i].find('=');
    const std::string value = at == std::string::npos ? "" : parts[i].substr(at + 1);
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
    if (!(at == std::string::npos ? txt.add(parts[i]) : txt.add(parts[i].substr(0, at), bytes)))
      return std::nullopt;
  }
  const Bytes whole = txt.finish();
  service.txt.assign(whole.begin(), whole.end());
  return service;
}

}  // namespace linnet::apps
