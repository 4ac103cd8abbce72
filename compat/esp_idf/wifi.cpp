// SPDX-License-Identifier: Apache-2.0
// esp_wifi.h, esp_eth.h and example_connect: ways onto a network that is there already.
#include "compat/esp_idf/netif.hpp"

#include <atomic>

#include <esp_log.h>
#include <esp_wifi.h>
#include <ethernet_init.h>
#include <protocol_examples_common.h>

using namespace linnet;

namespace {

std::atomic<wifi_mode_t> mode = WIFI_MODE_STA;
int port;  // its address is the Ethernet port's handle

bool is_station() { return mode == WIFI_MODE_STA || mode == WIFI_MODE_APSTA; }
bool is_access_point() { return mode == WIFI_MODE_AP || mode == WIFI_MODE_APSTA; }

esp_err_t post(esp_event_base_t base, std::int32_t id) {
  return esp_event_post(base, id, nullptr, 0, portMAX_DELAY);
}

}  // namespace

extern "C" {

esp_err_t esp_wifi_set_mode(wifi_mode_t wished) {
  if (wished > WIFI_MODE_APSTA) return ESP_ERR_INVALID_ARG;
  mode = wished;
  return ESP_OK;
}

esp_err_t esp_wifi_get_mode(wifi_mode_t* current) {
  if (current == nullptr) return ESP_ERR_INVALID_ARG;
  *current = mode;
  return ESP_OK;
}

esp_err_t esp_wifi_start(void) {
  if (mode == WIFI_MODE_APSTA && esp::device().lan_interface == 0) {
    ESP_LOGE("wifi", "an access point beside a station needs a network of its own: --lan");
    return ESP_ERR_NOT_SUPPORTED;
  }
  esp_err_t posted = is_station() ? post(WIFI_EVENT, WIFI_EVENT_STA_START) : ESP_OK;
  if (posted == ESP_OK && is_access_point()) {
    static_cast<void>(esp_netif_create_default_wifi_ap());  // ESP-IDF 2 and 3 have it without being asked
    posted = post(WIFI_EVENT, WIFI_EVENT_AP_START);
  }
  return posted;
}

esp_err_t esp_wifi_stop(void) {
  const esp_err_t posted = is_access_point() ? post(WIFI_EVENT, WIFI_EVENT_AP_STOP) : ESP_OK;
  return posted == ESP_OK && is_station() ? post(WIFI_EVENT, WIFI_EVENT_STA_STOP) : posted;
}

esp_err_t esp_wifi_connect(void) {
  if (!is_station()) return ESP_ERR_INVALID_STATE;
  return post(WIFI_EVENT, WIFI_EVENT_STA_CONNECTED);
}

esp_err_t esp_wifi_disconnect(void) {
  const wifi_event_sta_disconnected_t event{};
  return esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_DISCONNECTED, &event, sizeof event, portMAX_DELAY);
}

esp_err_t esp_eth_start(esp_eth_handle_t handle) {
  if (handle != &port) return ESP_ERR_INVALID_ARG;
  const esp_err_t posted = post(ETH_EVENT, ETHERNET_EVENT_START);
  return posted == ESP_OK
             ? esp_event_post(ETH_EVENT, ETHERNET_EVENT_CONNECTED, &handle, sizeof handle, portMAX_DELAY)
             : posted;
}

esp_err_t esp_eth_stop(esp_eth_handle_t handle) {
  if (handle != &port) return ESP_ERR_INVALID_ARG;
  const esp_err_t posted = post(ETH_EVENT, ETHERNET_EVENT_DISCONNECTED);
  return posted == ESP_OK ? post(ETH_EVENT, ETHERNET_EVENT_STOP) : posted;
}

esp_eth_netif_glue_handle_t esp_eth_new_netif_glue(esp_eth_handle_t handle) {
  return static_cast<esp_eth_netif_glue_handle_t>(handle);
}

esp_err_t ethernet_init_all(esp_eth_handle_t** handles, uint8_t* count) {
  if (handles == nullptr || count == nullptr) return ESP_ERR_INVALID_ARG;
  *handles = static_cast<esp_eth_handle_t*>(std::malloc(sizeof(esp_eth_handle_t)));
  if (*handles == nullptr) return ESP_ERR_NO_MEM;
  **handles = &port;
  *count = 1;
  return ESP_OK;
}

esp_err_t ethernet_deinit_all(esp_eth_handle_t* handles) {
  std::free(handles);
  return ESP_OK;
}

esp_err_t example_connect(void) {
  esp::await_network(Duration::seconds(5));
  esp_netif_t& station = esp::station();
  station.description = EXAMPLE_NETIF_DESC_STA;
  esp_netif_ip_info_t own;
  static_cast<void>(esp_netif_get_ip_info(&station, &own));
  ESP_LOGI("example_common", "Connected to %s: IPv4 address " IPSTR, EXAMPLE_NETIF_DESC_STA, IP2STR(&own.ip));
  if (const auto address = esp::link_local(station)) {
    ESP_LOGI("example_common", "IPv6 address %s", AddressText(address->with_zone(0)).c_str());
  }
  esp::bring_up(station);
  return ESP_OK;
}

esp_err_t example_disconnect(void) {
  esp::take_down(esp::station());
  return ESP_OK;
}

esp_netif_t* get_example_netif(void) { return &esp::station(); }
esp_netif_t* get_example_netif_from_desc(const char*) { return &esp::station(); }

}  // extern "C"
