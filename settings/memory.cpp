// SPDX-License-Identifier: Apache-2.0
// What a device of each profile needs, as docs/settings.md says it: checked wherever this is compiled, so
// also for the devices, whose pointers have 32 bits.
#include "linnet_profiles.hpp"
#include "settings/settings.hpp"

namespace linnet::settings {

// In KiB; the ESP32 text's device has 64 of them for one datagram of the largest size.
constexpr bool small_pointers = sizeof(void*) == 4;
static_assert(memory_needed(profile_esp32_seed) <= (small_pointers ? 142 : 145) * 1024);
static_assert(memory_needed(profile_esp32_today) <= (small_pointers ? 123 : 129) * 1024);

}  // namespace linnet::settings
