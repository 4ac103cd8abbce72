// SPDX-License-Identifier: Apache-2.0
// The attributes of an mDNS entry as the text lists them, by the calls that it names. Later versions of ESP-IDF have others.
#include <mdns.h>

#include "apps/seed/seed.h"

int seed_mdns(const char* hostname, const char* instance) {
  mdns_server_t* server = NULL;
  const char* txt[] = {"board=esp32", "version=1"};
  esp_err_t err = mdns_init(TCPIP_ADAPTER_IF_STA, &server);
  if (err == ESP_OK) err = mdns_set_hostname(server, hostname);
  if (err == ESP_OK) err = mdns_set_instance(server, instance);
  if (err == ESP_OK) err = mdns_service_add(server, "_http", "_tcp", 80);
  if (err == ESP_OK) err = mdns_service_add(server, "_ftp", "_tcp", 21);
  if (err == ESP_OK) err = mdns_service_instance_set(server, "_http", "_tcp", "Web");
  if (err == ESP_OK) err = mdns_service_txt_set(server, "_http", "_tcp", 2, txt);
  if (err == ESP_OK) err = mdns_service_port_set(server, "_http", "_tcp", 8080);
  return err;
}
