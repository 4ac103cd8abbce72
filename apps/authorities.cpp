// SPDX-License-Identifier: Apache-2.0
#include "apps/authorities.hpp"

#include <fmt/format.h>

#include "apps/problem.hpp"

namespace linnet::apps {
namespace {

constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";

}  // namespace

bool load_system_authorities(tls::Trust& trust) { return trust.add_file(system_authorities) > 0; }

void load_authorities(const std::vector<std::string>& files, tls::Trust& trust, const char* option) {
  for (const std::string& name : files) {
    if (trust.add_file(name) == 0)
      throw Problem(fmt::format("{} {}: {}", option, name, trust.problem()), exit_code::usage);
  }
  if (!files.empty() || load_system_authorities(trust)) return;
  throw Problem(
      fmt::format("no certificates of authorities in {}: install ca-certificates, or name some by {} FILE",
                  system_authorities, option));
}

}  // namespace linnet::apps
