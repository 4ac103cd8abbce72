// SPDX-License-Identifier: Apache-2.0
#include "apps/announced_service.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <fstream>

#include "apps/device_options.hpp"
#include "apps/text.hpp"
#include "services/mdns/types.hpp"

namespace linnet::apps {

namespace {

constexpr std::size_t most_services = 4000;
constexpr const char* form =
    "NAME;TYPE;PORT and then KEY=VALUE strings, as in 'My Printer;_ipp._tcp;631;note=a b'";

}  // namespace

std::optional<AnnouncedService> parse_announced_service(const std::string& text) {
  const std::vector<std::string> parts = CLI::detail::split(text, ';');
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

void add_service_options(CLI::App& command, std::vector<AnnouncedService>& services) {
  add_repeatable_option(command, "--service", "NAME;TYPE;PORT[;KEY=VALUE...]", form,
                        "Tell others of a service by Multicast DNS, beside the web site; repeatable",
                        [&services](const std::string& text) {
                          auto service = parse_announced_service(text);
                          if (!service || services.size() >= most_services) return false;
                          services.push_back(*std::move(service));
                          return true;
                        })
      ->group("Options");
  command
      .add_option_function<std::string>(
          "--services",
          [&services](const std::string& name) {
            std::ifstream file(name);
            std::string line;
            for (int number = 1; std::getline(file, line); ++number) {
              if (line.empty() || line[0] == '#') continue;
              auto service = parse_announced_service(line);
              if (!service)
                throw CLI::ValidationError("--services",
                                           fmt::format("{}:{}: accepted is {}", name, number, form));
              if (services.size() >= most_services)
                throw CLI::ValidationError("--services",
                                           fmt::format("accepted are {} of them", most_services));
              services.push_back(*std::move(service));
            }
            if (!file.eof()) throw CLI::ValidationError("--services", fmt::format("cannot read {}", name));
          },
          "The same from a file, one a line")
      ->type_name("FILE")
      ->group("Options");
}

}  // namespace linnet::apps
