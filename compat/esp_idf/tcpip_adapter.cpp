// SPDX-License-Identifier: Apache-2.0
// tcpip_adapter.h: esp_netif's interfaces by their numbers.
#include "compat/esp_idf/netif.hpp"

#include <algorithm>
#include <cstring>

#include <esp_netif_net_stack.h>
#include <tcpip_adapter.h>

using namespace linnet;

extern "C" {

esp_netif_t* linnet_tcpip_adapter_netif(tcpip_adapter_if_t interface) {
  if (interface == TCPIP_ADAPTER_IF_STA) return &esp::station();
  if (interface == TCPIP_ADAPTER_IF_AP) return esp_netif_create_default_wifi_ap();
  if (interface != TCPIP_ADAPTER_IF_ETH) return nullptr;
  esp_netif_t* ethernet = esp::find_netif(linnet_netif_ethernet.if_key);
  const esp_netif_config_t config = ESP_NETIF_DEFAULT_ETH();
  return ethernet != nullptr ? ethernet : esp_netif_new(&config);
}

esp_err_t tcpip_adapter_get_netif(tcpip_adapter_if_t interface, void** netif) {
  if (netif == nullptr) return ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS;
  *netif = esp_netif_get_netif_impl(linnet_tcpip_adapter_netif(interface));
  return *netif != nullptr ? ESP_OK : ESP_ERR_TCPIP_ADAPTER_IF_NOT_READY;
}

tcpip_adapter_if_t tcpip_adapter_get_esp_if(void* device) {
  const esp_netif_t* netif = esp_netif_get_handle_from_netif_impl(device);
  if (netif == nullptr) return TCPIP_ADAPTER_IF_MAX;
  if (netif->is_server()) return TCPIP_ADAPTER_IF_AP;
  return netif == &esp::station() ? TCPIP_ADAPTER_IF_STA : TCPIP_ADAPTER_IF_ETH;
}

esp_err_t tcpip_adapter_get_sta_list(const wifi_sta_list_t* stations, tcpip_adapter_sta_list_t* addresses) {
  const bool valid = stations != nullptr && addresses != nullptr && stations->num >= 0 &&
                     stations->num <= ESP_WIFI_MAX_CONN_NUM;
  if (!valid) return ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS;
  esp_netif_t* access_point = linnet_tcpip_adapter_netif(TCPIP_ADAPTER_IF_AP);
  *addresses = {};
  addresses->num = stations->num;
  for (int i = 0; i < stations->num; ++i) {
    std::memcpy(addresses->sta[i].mac, stations->sta[i].mac, sizeof addresses->sta[i].mac);
    static_cast<void>(
        dhcp_search_ip_on_mac(&access_point->server, addresses->sta[i].mac, &addresses->sta[i].ip));
  }
  return ESP_OK;
}

esp_err_t tcpip_adapter_eth_input(void*, uint16_t, void*) { return ESP_ERR_NOT_SUPPORTED; }
esp_err_t tcpip_adapter_sta_input(void*, uint16_t, void*) { return ESP_ERR_NOT_SUPPORTED; }
esp_err_t tcpip_adapter_ap_input(void*, uint16_t, void*) { return ESP_ERR_NOT_SUPPORTED; }

}  // extern "C"
