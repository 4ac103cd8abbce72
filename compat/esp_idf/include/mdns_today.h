/* SPDX-License-Identifier: Apache-2.0 */
/* mdns.h from ESP-IDF 3 on. `service_type` is "_http", `proto` "_tcp" or "_udp"; a host's name has no ".local". Where a call
   takes an instance, NULL is any of the type; where it takes a host, NULL is the own one. What is said of errors in all:
   ESP_ERR_INVALID_STATE before mdns_init, ESP_ERR_INVALID_ARG for what can be no name, ESP_ERR_NOT_FOUND, ESP_ERR_NO_MEM. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <esp_event.h>
#include <esp_netif.h>
#include <lwip/era.h>
#include <sdkconfig.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MDNS_TYPE_A 0x0001
#define MDNS_TYPE_PTR 0x000C
#define MDNS_TYPE_TXT 0x0010
#define MDNS_TYPE_AAAA 0x001C
#define MDNS_TYPE_SRV 0x0021
#define MDNS_TYPE_OPT 0x0029
#define MDNS_TYPE_NSEC 0x002F
#define MDNS_TYPE_ANY 0x00FF
#define MDNS_NAME_MAX_LEN 64
#define MDNS_NAME_BUF_LEN (MDNS_NAME_MAX_LEN + 1)

typedef struct mdns_search_once_s mdns_search_once_t;
typedef struct mdns_browse_s mdns_browse_t;

typedef enum {
  MDNS_EVENT_ENABLE_IP4 = 1 << 1,
  MDNS_EVENT_ENABLE_IP6 = 1 << 2,
  MDNS_EVENT_ANNOUNCE_IP4 = 1 << 3,
  MDNS_EVENT_ANNOUNCE_IP6 = 1 << 4,
  MDNS_EVENT_DISABLE_IP4 = 1 << 5,
  MDNS_EVENT_DISABLE_IP6 = 1 << 6,
  MDNS_EVENT_IP4_REVERSE_LOOKUP = 1 << 7,
  MDNS_EVENT_IP6_REVERSE_LOOKUP = 1 << 8
} mdns_event_actions_t;
typedef enum { MDNS_IP_PROTOCOL_V4, MDNS_IP_PROTOCOL_V6, MDNS_IP_PROTOCOL_MAX } mdns_ip_protocol_t;
typedef enum { MDNS_IF_STA = 0, MDNS_IF_AP = 1, MDNS_IF_ETH = 2, MDNS_IF_MAX } mdns_if_t;
typedef enum { MDNS_QUERY_UNICAST, MDNS_QUERY_MULTICAST } mdns_query_transmission_type_t;

typedef struct {
#if LINNET_ESP_ERA < 4
  char* key;
  char* value;
#else
  const char* key;
  const char* value; /* NULL: the key alone */
#endif
} mdns_txt_item_t;
/* With the length of its value, which may have zeros within. */
typedef struct {
  const char* key;
  const char* value;
  uint8_t value_len;
} mdns_txt_item_explicit_t;
typedef struct {
  const char* subtype;
} mdns_subtype_item_t;
typedef struct mdns_ip_addr_s {
  esp_ip_addr_t addr;
  struct mdns_ip_addr_s* next;
} mdns_ip_addr_t;
/* What was heard by one version of IP; an instance that was heard by both is there twice. */
typedef struct mdns_result_s {
  struct mdns_result_s* next;
  esp_netif_t* esp_netif;
  uint32_t ttl;
  mdns_ip_protocol_t ip_protocol;
  char* instance_name; /* of a service */
  char* service_type;
  char* proto;
  char* hostname;
  uint16_t port;
  mdns_txt_item_t* txt; /* values have a zero behind them, and may have others within */
  uint8_t* txt_value_len;
  size_t txt_count;
  mdns_ip_addr_t* addr;
  mdns_if_t tcpip_if; /* until ESP-IDF 4 */
} mdns_result_t;
typedef void (*mdns_query_notify_t)(mdns_search_once_t* search);
typedef void (*mdns_browse_notify_t)(mdns_result_t* result);

esp_err_t mdns_init(void);
/* Says goodbye, and forgets all that was set. */
void mdns_free(void);
/* Nothing is announced before it is called. */
esp_err_t mdns_hostname_set(const char* hostname);
/* Into room for MDNS_NAME_BUF_LEN; another one than was set when somebody else had that. */
esp_err_t mdns_hostname_get(char* hostname);
esp_err_t mdns_delegate_hostname_add(const char* hostname, const mdns_ip_addr_t* address_list);
esp_err_t mdns_delegate_hostname_set_address(const char* hostname, const mdns_ip_addr_t* address_list);
/* Its services go, too. */
esp_err_t mdns_delegate_hostname_remove(const char* hostname);
bool mdns_hostname_exists(const char* hostname);
/* What services are called that have no name of their own. */
esp_err_t mdns_instance_name_set(const char* instance_name);

/* ESP_ERR_INVALID_ARG: there is one of this name. */
esp_err_t mdns_service_add(const char* instance_name, const char* service_type, const char* proto, uint16_t port,
                           mdns_txt_item_t txt[], size_t num_items);
esp_err_t mdns_service_add_for_host(const char* instance_name, const char* service_type, const char* proto,
                                    const char* hostname, uint16_t port, mdns_txt_item_t txt[], size_t num_items);
esp_err_t mdns_service_add_with_explicit_txt_item_value_len(const char* instance_name, const char* service_type,
                                                            const char* proto, uint16_t port, mdns_txt_item_explicit_t txt[],
                                                            size_t num_items);
esp_err_t mdns_service_add_for_host_with_explicit_txt_item_value_len(const char* instance_name, const char* service_type,
                                                                     const char* proto, const char* hostname, uint16_t port,
                                                                     mdns_txt_item_explicit_t txt[], size_t num_items);
bool mdns_service_exists(const char* service_type, const char* proto, const char* hostname);
bool mdns_service_exists_with_instance(const char* instance, const char* service_type, const char* proto,
                                       const char* hostname);
esp_err_t mdns_service_remove(const char* service_type, const char* proto);
esp_err_t mdns_service_remove_for_host(const char* instance, const char* service_type, const char* proto,
                                       const char* hostname);
esp_err_t mdns_service_remove_all(void);
esp_err_t mdns_service_instance_name_set(const char* service_type, const char* proto, const char* instance_name);
esp_err_t mdns_service_instance_name_set_for_host(const char* instance_old, const char* service_type, const char* proto,
                                                  const char* hostname, const char* instance_name);
esp_err_t mdns_service_port_set(const char* service_type, const char* proto, uint16_t port);
esp_err_t mdns_service_port_set_for_host(const char* instance, const char* service_type, const char* proto,
                                         const char* hostname, uint16_t port);

esp_err_t mdns_service_txt_set(const char* service_type, const char* proto, mdns_txt_item_t txt[], uint8_t num_items);
esp_err_t mdns_service_txt_set_for_host(const char* instance, const char* service_type, const char* proto,
                                        const char* hostname, mdns_txt_item_t txt[], uint8_t num_items);
esp_err_t mdns_service_txt_set_with_explicit_txt_item_value_len(const char* service_type, const char* proto,
                                                                mdns_txt_item_explicit_t txt[], uint8_t num_items);
esp_err_t mdns_service_txt_set_for_host_with_explicit_txt_item_value_len(const char* instance, const char* service_type,
                                                                         const char* proto, const char* hostname,
                                                                         mdns_txt_item_explicit_t txt[], uint8_t num_items);
esp_err_t mdns_service_txt_item_set(const char* service_type, const char* proto, const char* key, const char* value);
esp_err_t mdns_service_txt_item_set_with_explicit_value_len(const char* service_type, const char* proto, const char* key,
                                                            const char* value, uint8_t value_len);
esp_err_t mdns_service_txt_item_set_for_host(const char* instance, const char* service_type, const char* proto,
                                             const char* hostname, const char* key, const char* value);
esp_err_t mdns_service_txt_item_set_for_host_with_explicit_value_len(const char* instance, const char* service_type,
                                                                     const char* proto, const char* hostname,
                                                                     const char* key, const char* value, uint8_t value_len);
esp_err_t mdns_service_txt_item_remove(const char* service_type, const char* proto, const char* key);
esp_err_t mdns_service_txt_item_remove_for_host(const char* instance, const char* service_type, const char* proto,
                                                const char* hostname, const char* key);

esp_err_t mdns_service_subtype_add_for_host(const char* instance_name, const char* service_type, const char* proto,
                                            const char* hostname, const char* subtype);
esp_err_t mdns_service_subtype_remove_for_host(const char* instance_name, const char* service_type, const char* proto,
                                               const char* hostname, const char* subtype);
esp_err_t mdns_service_subtype_add_multiple_items_for_host(const char* instance_name, const char* service_type,
                                                           const char* proto, const char* hostname,
                                                           mdns_subtype_item_t subtype[], uint8_t num_items);
/* In place of those that there are. */
esp_err_t mdns_service_subtype_update_multiple_items_for_host(const char* instance_name, const char* service_type,
                                                              const char* proto, const char* hostname,
                                                              mdns_subtype_item_t subtype[], uint8_t num_items);

/* A search in the background: of instances of a type (`name` NULL), an instance (`service_type` given) or a host, for
   `timeout` milliseconds or until there are `max_results`. `notifier` is called by a thread of its own at the end. NULL: no
   such name can be. */
mdns_search_once_t* mdns_query_async_new(const char* name, const char* service_type, const char* proto, uint16_t type,
                                         uint32_t timeout, size_t max_results, mdns_query_notify_t notifier);
/* ESP_ERR_INVALID_STATE: it has not ended. */
esp_err_t mdns_query_async_delete(mdns_search_once_t* search);
bool linnet_mdns_query_async_get_results(mdns_search_once_t* search, uint32_t timeout, mdns_result_t** results,
                                         uint8_t* num_results);
/* Waits for the end; false: it is not there after `timeout` milliseconds. */
#if LINNET_ESP_ERA < 5
static inline bool mdns_query_async_get_results(mdns_search_once_t* search, uint32_t timeout, mdns_result_t** results) {
  return linnet_mdns_query_async_get_results(search, timeout, results, NULL);
}
#else
static inline bool mdns_query_async_get_results(mdns_search_once_t* search, uint32_t timeout, mdns_result_t** results,
                                                uint8_t* num_results) {
  return linnet_mdns_query_async_get_results(search, timeout, results, num_results);
}
#endif
/* The same, waited for. ESP_OK and NULL: nobody answered. */
esp_err_t mdns_query_generic(const char* name, const char* service_type, const char* proto, uint16_t type,
                             mdns_query_transmission_type_t transmission_type, uint32_t timeout, size_t max_results,
                             mdns_result_t** results);
esp_err_t mdns_query(const char* name, const char* service_type, const char* proto, uint16_t type, uint32_t timeout,
                     size_t max_results, mdns_result_t** results);
void mdns_query_results_free(mdns_result_t* results);
esp_err_t mdns_query_ptr(const char* service_type, const char* proto, uint32_t timeout, size_t max_results,
                         mdns_result_t** results);
esp_err_t mdns_query_srv(const char* instance_name, const char* service_type, const char* proto, uint32_t timeout,
                         mdns_result_t** result);
esp_err_t mdns_query_txt(const char* instance_name, const char* service_type, const char* proto, uint32_t timeout,
                         mdns_result_t** result);
/* ESP_ERR_NOT_FOUND: nobody answered. */
esp_err_t mdns_query_a(const char* host_name, uint32_t timeout, esp_ip4_addr_t* addr);
esp_err_t mdns_query_aaaa(const char* host_name, uint32_t timeout, esp_ip6_addr_t* addr);
/* What was added here. */
esp_err_t mdns_lookup_delegated_service(const char* instance, const char* service_type, const char* proto,
                                        size_t max_results, mdns_result_t** result);
esp_err_t mdns_lookup_selfhosted_service(const char* instance, const char* service_type, const char* proto,
                                         size_t max_results, mdns_result_t** result);

/* Calls `notifier`, by a thread of its own, with what came, changed or (a ttl of 0) went; the list is gone after the call.
   NULL: no such type can be. */
mdns_browse_t* mdns_browse_new(const char* service, const char* proto, mdns_browse_notify_t notifier);
/* Waits for a call that goes on, unless it comes from it; there is none afterwards. ESP_FAIL: there is no such browse. */
esp_err_t mdns_browse_delete(mdns_browse_t* browse);

/* There is one interface, which is registered by mdns_init. Each action is for both versions of IP. */
esp_err_t mdns_register_netif(esp_netif_t* esp_netif);
esp_err_t mdns_unregister_netif(esp_netif_t* esp_netif);
esp_err_t mdns_netif_action(esp_netif_t* esp_netif, mdns_event_actions_t event_action);
#if LINNET_ESP_ERA < 5
/* The link is watched; nothing needs to be told. */
static inline esp_err_t mdns_handle_system_event(void* context, system_event_t* event) {
  return (void)context, (void)event, ESP_OK;
}
#endif

#ifdef __cplusplus
}
#endif
