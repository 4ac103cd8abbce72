/* SPDX-License-Identifier: Apache-2.0 */
/* mdns.h of ESP-IDF 2. There is one network, and so one server. */
#pragma once

#include <stddef.h>

#include <tcpip_adapter.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mdns_server_s mdns_server_t;
/* What a search found; it stays until mdns_result_free, or the next search. */
typedef struct mdns_result_s {
  const char* host; /* without ".local"; NULL when it is not known */
  const char* instance;
  const char* txt; /* "key=value&key=value"; NULL: none */
  uint16_t priority;
  uint16_t weight;
  uint16_t port;
  struct ip4_addr addr; /* 0: none */
  struct ip6_addr addrv6;
  const struct mdns_result_s* next;
} mdns_result_t;

/* ESP_ERR_INVALID_ARG: no such interface. ESP_ERR_INVALID_STATE: no network, or it was taken by another server. */
esp_err_t linnet_mdns2_init(tcpip_adapter_if_t tcpip_if, mdns_server_t** server);
void linnet_mdns2_free(mdns_server_t* server);
esp_err_t linnet_mdns2_service_add(mdns_server_t* server, const char* service, const char* proto, uint16_t port);
esp_err_t linnet_mdns2_service_remove(mdns_server_t* server, const char* service, const char* proto);
esp_err_t linnet_mdns2_service_txt_set(mdns_server_t* server, const char* service, const char* proto, uint8_t num_items,
                                       const char** txt);
esp_err_t linnet_mdns2_service_port_set(mdns_server_t* server, const char* service, const char* proto, uint16_t port);
esp_err_t linnet_mdns2_service_remove_all(mdns_server_t* server);
size_t linnet_mdns2_query(mdns_server_t* server, const char* service, const char* proto, uint32_t timeout);

/* Until a name is set it is "espressif", from the first service on. */
esp_err_t mdns_set_hostname(mdns_server_t* server, const char* hostname);
/* What services are called that have no name of their own. */
esp_err_t mdns_set_instance(mdns_server_t* server, const char* instance);
/* `service` is "_http", `proto` "_tcp" or "_udp". ESP_ERR_NOT_FOUND: there is no such service. */
esp_err_t mdns_service_instance_set(mdns_server_t* server, const char* service, const char* proto, const char* instance);
/* Ends a search that was begun with a timeout of 0; how many results there are. */
size_t mdns_query_end(mdns_server_t* server);
size_t mdns_result_get_count(mdns_server_t* server);
const mdns_result_t* mdns_result_get(mdns_server_t* server, size_t num);
/* ESP_ERR_INVALID_ARG: there are none, or the search goes on. */
esp_err_t mdns_result_free(mdns_server_t* server);

static inline esp_err_t mdns_init(tcpip_adapter_if_t tcpip_if, mdns_server_t** server) {
  return linnet_mdns2_init(tcpip_if, server);
}
static inline void mdns_free(mdns_server_t* server) { linnet_mdns2_free(server); }
static inline esp_err_t mdns_service_add(mdns_server_t* server, const char* service, const char* proto, uint16_t port) {
  return linnet_mdns2_service_add(server, service, proto, port);
}
static inline esp_err_t mdns_service_remove(mdns_server_t* server, const char* service, const char* proto) {
  return linnet_mdns2_service_remove(server, service, proto);
}
/* "key=value" each. */
static inline esp_err_t mdns_service_txt_set(mdns_server_t* server, const char* service, const char* proto,
                                             uint8_t num_items, const char** txt) {
  return linnet_mdns2_service_txt_set(server, service, proto, num_items, txt);
}
static inline esp_err_t mdns_service_port_set(mdns_server_t* server, const char* service, const char* proto,
                                              uint16_t port) {
  return linnet_mdns2_service_port_set(server, service, proto, port);
}
static inline esp_err_t mdns_service_remove_all(mdns_server_t* server) { return linnet_mdns2_service_remove_all(server); }
/* Services of a type, or, when `proto` is NULL, a host of the name `service`: how many there are after `timeout`
   milliseconds. 0: the search goes on until mdns_query_end. */
static inline size_t mdns_query(mdns_server_t* server, const char* service, const char* proto, uint32_t timeout) {
  return linnet_mdns2_query(server, service, proto, timeout);
}

#ifdef __cplusplus
}
#endif
