// SPDX-License-Identifier: Apache-2.0
// lwip/apps/sntp.h, esp_sntp.h, and what the ESP8266 had (apps/sntp/sntp.h).
#include <atomic>
#include <cstdio>

#include "compat/lwip/calls.hpp"
#include "compat/lwip/time_client.hpp"
#include "compat/lwip/wall_clock.hpp"

#include <apps/sntp/sntp.h>
#include <esp_sntp.h>

using namespace linnet;

namespace {

constexpr std::int64_t million = 1000000;

std::atomic<sntp_sync_mode_t> mode{SNTP_SYNC_MODE_IMMED};
std::atomic<sntp_sync_status_t> status{SNTP_SYNC_STATUS_RESET};
std::atomic<sntp_sync_time_cb_t> notify{nullptr};
std::atomic<std::int8_t> zone{0};

bool attached() { return compat::attached_host() != nullptr; }

}  // namespace

namespace linnet::compat {

bool deliver_time() {
  const auto time = time_client().take_news();
  if (!time) return false;
  timeval value{.tv_sec = time->seconds(), .tv_usec = time->microseconds - time->seconds() * million};
  sntp_sync_time(&value);
  time_client().set_synchronised(true);
  return true;
}

}  // namespace linnet::compat

extern "C" {

void sntp_setoperatingmode(u8_t operating_mode) {
  if (!attached()) return;
  compat::time_client().set_operation(operating_mode == SNTP_OPMODE_LISTENONLY ? sntp::Operation::listen
                                                                               : sntp::Operation::poll);
}
u8_t sntp_getoperatingmode(void) {
  const bool listens = attached() && compat::time_client().operation() == sntp::Operation::listen;
  return listens ? SNTP_OPMODE_LISTENONLY : SNTP_OPMODE_POLL;
}

void sntp_init(void) {
  if (attached()) compat::time_client().start();
}
void sntp_stop(void) {
  if (attached()) compat::time_client().stop();
}
u8_t sntp_enabled(void) { return attached() && compat::time_client().running() ? 1 : 0; }

void sntp_setserver(u8_t idx, const ip_addr_t* addr) {
  if (!attached()) return;
  IpAddress address = addr != nullptr ? compat::address_of(*addr) : IpAddress();
  if (address.is_v4() && address.is_unspecified()) address = {};
  compat::time_client().set_server(idx, {.address = address, .name = {}});
}
void linnet_sntp_setservername(u8_t idx, const char* server) {
  if (!attached()) return;
  compat::time_client().set_server(idx, {.address = {}, .name = server != nullptr ? server : ""});
}
const ip_addr_t* linnet_sntp_getserver(u8_t idx) {
  static thread_local ip_addr_t server;
  server = ip_addr_any;
  if (!attached()) return &server;
  const IpAddress address = compat::time_client().view(idx).address;
  if (!address.is_unspecified()) server = compat::ip_addr_of(address);
  return &server;
}
const char* linnet_sntp_getservername(u8_t idx) {
  return attached() ? compat::time_client().name(idx) : nullptr;
}
u8_t sntp_getreachability(u8_t idx) { return attached() ? compat::time_client().view(idx).reach : u8_t{0}; }
u8_t sntp_getkodreceived(u8_t idx) { return attached() && compat::time_client().view(idx).refused ? 1 : 0; }
void sntp_servermode_dhcp(int set_servers_from_dhcp) {
  if (attached()) compat::time_client().set_from_dhcp(set_servers_from_dhcp != 0);
}

/// The program's own, if it has one.
__attribute__((weak)) void sntp_sync_time(struct timeval* tv) {
  const sntp::UnixTime time{tv->tv_sec * million + tv->tv_usec};
  compat::WallClock& clock = compat::wall_clock();
  if (mode == SNTP_SYNC_MODE_SMOOTH && clock.adjust(time - clock.now())) {
    status = SNTP_SYNC_STATUS_IN_PROGRESS;
  } else {
    clock.set(time);
    status = SNTP_SYNC_STATUS_COMPLETED;
  }
  if (const sntp_sync_time_cb_t callback = notify) callback(tv);
}

void sntp_set_sync_mode(sntp_sync_mode_t sync_mode) { mode = sync_mode; }
sntp_sync_mode_t sntp_get_sync_mode(void) { return mode; }

sntp_sync_status_t sntp_get_sync_status(void) {
  sntp_sync_status_t now = status;
  if (now == SNTP_SYNC_STATUS_IN_PROGRESS && compat::wall_clock().adjusting() == Duration())
    now = SNTP_SYNC_STATUS_COMPLETED;
  if (now == SNTP_SYNC_STATUS_COMPLETED) status = SNTP_SYNC_STATUS_RESET;
  return now;
}
void sntp_set_sync_status(sntp_sync_status_t sync_status) { status = sync_status; }
void sntp_set_time_sync_notification_cb(sntp_sync_time_cb_t callback) { notify = callback; }

void sntp_set_sync_interval(uint32_t interval_ms) {
  if (attached()) compat::time_client().set_interval(Duration::milliseconds(interval_ms));
}
uint32_t sntp_get_sync_interval(void) {
  return attached() ? static_cast<uint32_t>(compat::time_client().interval().as_milliseconds()) : 0;
}
bool sntp_restart(void) {
  if (sntp_enabled() == 0) return false;
  sntp_stop();
  sntp_init();
  return true;
}

bool sntp_set_timezone(int8_t hours) {
  if (hours < -11 || hours > 13) return false;
  zone = hours;
  return true;
}
int8_t sntp_get_timezone(void) { return zone; }

uint32_t sntp_get_current_timestamp(void) {
  if (!attached() || !compat::time_client().synchronised()) return 0;
  return static_cast<uint32_t>(compat::wall_clock().now().seconds());
}

char* linnet_sntp_get_real_time(time_t stamp) {
  static thread_local char text[64];
  const time_t local = stamp + zone * 3600;
  tm parts{};
  if (::gmtime_r(&local, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y\n", &parts) == 0)
    text[0] = '\0';
  return text;
}

}  // extern "C"
