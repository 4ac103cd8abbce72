// SPDX-License-Identifier: Apache-2.0
#include "sim/faults.hpp"

namespace linnet::sim {

namespace {

struct Words {
  std::string_view name;
  std::string_view text;
};
constexpr std::array<Words, fault_count> words{{
    {"F1", "independent loss"}, {"F2", "burst loss"},          {"F3", "targeted loss"},
    {"F4", "reordering"},       {"F5", "duplication"},         {"F6", "corruption"},
    {"F7", "delay and jitter"}, {"F8", "bandwidth and queue"}, {"F9", "path MTU"},
    {"F10", "link flap"},       {"F11", "address change"},     {"F12", "peer crash"},
    {"F13", "own crash"},       {"F14", "pool exhaustion"},    {"F15", "driver faults"},
    {"F16", "clock"},           {"F17", "timer skew"},         {"F18", "application behaviour"},
    {"F19", "adversary"},       {"F20", "service faults"},     {"F21", "scheduling"},
}};

}  // namespace

std::string_view fault_name(Fault fault) { return words[static_cast<std::size_t>(fault)].name; }
std::string_view fault_text(Fault fault) { return words[static_cast<std::size_t>(fault)].text; }

}  // namespace linnet::sim
