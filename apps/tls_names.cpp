// SPDX-License-Identifier: Apache-2.0
#include "apps/tls_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/machine.hpp"
#include "apps/problem.hpp"
#include "tls/attach.hpp"

namespace linnet::apps {
namespace {

std::size_t resolve(void* machine, std::string_view name, std::span<IpAddress> to) {
  try {
    const dns::Answer answer = static_cast<Machine*>(machine)->names().resolve(std::string(name));
    const std::size_t count = std::min(answer.addresses().size(), to.size());
    std::copy_n(answer.addresses().begin(), count, to.begin());
    return count;
  } catch (const Problem& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 0;
  }
}

}  // namespace

void attach_tls(Machine& machine) { tls::attach(machine.host(), {&machine, resolve}); }

}  // namespace linnet::apps
