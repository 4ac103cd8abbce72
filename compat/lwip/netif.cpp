// SPDX-License-Identifier: Apache-2.0
// lwip/netif.h, lwip/sys.h: interfaces by name, the clock, the lock.
#include "compat/lwip/calls.hpp"

#include <lwip/sys.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>


using namespace linnet;

namespace {

std::recursive_mutex protection;

/// How many interfaces the host has; they are numbered from 1, and the first is loopback.
unsigned int interfaces() {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return 0;
  const sockets::Host::Lock lock(*host);
  return static_cast<unsigned int>(lock.stack().ethernet().links().size());
}

}  // namespace

extern "C" {

unsigned int lwip_if_nametoindex(const char* name) {
  if (name == nullptr) return 0;
  char known[NETIF_NAMESIZE];
  for (unsigned int index = 1; lwip_if_indextoname(index, known) != nullptr; ++index) {
    if (std::strcmp(known, name) == 0) return index;
  }
  return 0;
}

char* lwip_if_indextoname(unsigned int index, char* name) {
  if (name == nullptr || index == 0 || index > interfaces()) {
    compat::set_error(ENXIO);
    return nullptr;
  }
  std::snprintf(name, NETIF_NAMESIZE, "%s%u", index == 1 ? "lo" : "st", (index - 1) % 1000);
  return name;
}

u8_t netif_name_to_index(const char* name) { return static_cast<u8_t>(lwip_if_nametoindex(name)); }
char* netif_index_to_name(u8_t index, char* name) { return lwip_if_indextoname(index, name); }

u32_t sys_now(void) {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<u32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

void sys_msleep(u32_t milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

sys_prot_t sys_arch_protect(void) {
  protection.lock();
  return 0;
}

void sys_arch_unprotect(sys_prot_t) { protection.unlock(); }

}  // extern "C"
