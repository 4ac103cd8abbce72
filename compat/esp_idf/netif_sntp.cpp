// SPDX-License-Identifier: Apache-2.0
// esp_netif_sntp.h.
#include <esp_netif_sntp.h>

#include <atomic>

#include <esp_sntp.h>
#include <freertos/semphr.h>

namespace {

// Of the library: the program's SNTP_MAX_SERVERS is another.
constexpr std::size_t most_servers = 8;

std::atomic<bool> initialised{false};
SemaphoreHandle_t synchronised = nullptr;  // while it is to be waited for
std::atomic<esp_sntp_time_cb_t> callback{nullptr};

void tell(timeval* tv) {
  if (const esp_sntp_time_cb_t own = callback) own(tv);
  if (synchronised != nullptr) xSemaphoreGive(synchronised);
}

}  // namespace

extern "C" {

esp_err_t esp_netif_sntp_init(const esp_sntp_config_t* config) {
  if (config == nullptr || config->index_of_first_server + config->num_of_servers > most_servers)
    return ESP_ERR_INVALID_ARG;
  if (initialised.exchange(true)) return ESP_ERR_INVALID_STATE;
  if (config->wait_for_sync) synchronised = xSemaphoreCreateBinary();
  callback = config->sync_cb;
  sntp_set_time_sync_notification_cb(tell);
  sntp_set_sync_mode(config->smooth_sync ? SNTP_SYNC_MODE_SMOOTH : SNTP_SYNC_MODE_IMMED);
  sntp_setoperatingmode(SNTP_OPMODE_POLL);
  for (std::size_t i = 0; i < config->num_of_servers; ++i) {
    linnet_sntp_setservername(static_cast<u8_t>(config->index_of_first_server + i), config->servers[i]);
  }
  sntp_servermode_dhcp(config->server_from_dhcp ? 1 : 0);
  if (config->start) sntp_init();
  return ESP_OK;
}

esp_err_t esp_netif_sntp_start(void) {
  if (!initialised) return ESP_ERR_INVALID_STATE;
  sntp_stop();
  sntp_init();
  return ESP_OK;
}

void esp_netif_sntp_deinit(void) {
  if (!initialised) return;
  sntp_stop();
  sntp_set_time_sync_notification_cb(nullptr);
  callback = nullptr;
  for (u8_t i = 0; i < most_servers; ++i) linnet_sntp_setservername(i, nullptr);
  sntp_servermode_dhcp(0);
  if (synchronised != nullptr) vSemaphoreDelete(synchronised);
  synchronised = nullptr;
  initialised = false;
}

esp_err_t esp_netif_sntp_sync_wait(TickType_t tout) {
  if (!initialised || synchronised == nullptr) return ESP_ERR_INVALID_STATE;
  if (xSemaphoreTake(synchronised, tout) != pdTRUE) return ESP_ERR_TIMEOUT;
  return sntp_get_sync_mode() == SNTP_SYNC_MODE_SMOOTH &&
                 sntp_get_sync_status() == SNTP_SYNC_STATUS_IN_PROGRESS
             ? ESP_ERR_NOT_FINISHED
             : ESP_OK;
}

esp_err_t esp_netif_sntp_reachability(unsigned int index, unsigned int* reachability) {
  if (!initialised) return ESP_ERR_INVALID_STATE;
  if (index >= most_servers || reachability == nullptr) return ESP_ERR_INVALID_ARG;
  *reachability = sntp_getreachability(static_cast<u8_t>(index));
  return ESP_OK;
}

}  // extern "C"
