// SPDX-License-Identifier: Apache-2.0
// --service and --services: what `linnet up` tells others of.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "apps/announced_service.hpp"
#include "apps/device_options.hpp"

namespace linnet::apps {

namespace {

constexpr std::size_t most_services = 4000;
constexpr const char* form =
    "NAME;TYPE;PORT and then KEY=VALUE strings, as in 'My Printer;_ipp._tcp;631;note=a b'";

}  // namespace

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
