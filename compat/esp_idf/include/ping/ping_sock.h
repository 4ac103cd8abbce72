/* SPDX-License-Identifier: Apache-2.0 */
/* Echo requests by a task of their own. */
#pragma once

#include <stdint.h>

#include <lwip/ip_addr.h>

#include <esp_err.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void* esp_ping_handle_t;
typedef struct {
  void* cb_args;
  void (*on_ping_success)(esp_ping_handle_t handle, void* args);
  void (*on_ping_timeout)(esp_ping_handle_t handle, void* args);
  void (*on_ping_end)(esp_ping_handle_t handle, void* args);
} esp_ping_callbacks_t;
typedef struct {
  uint32_t count; /* 0: until it is stopped */
  uint32_t interval_ms;
  uint32_t timeout_ms;
  uint32_t data_size;
  int tos;
  int ttl;
  ip_addr_t target_addr;
  uint32_t task_stack_size;
  uint32_t task_prio;
  uint32_t interface;
} esp_ping_config_t;
#define ESP_PING_COUNT_INFINITE 0
#define ESP_PING_DEFAULT_CONFIG() \
  {5, 1000, 1000, 64, 0, 64, *IP_ADDR_ANY, 2048 + 1024, 2, 0}
typedef enum {
  ESP_PING_PROF_SEQNO,
  ESP_PING_PROF_TOS,
  ESP_PING_PROF_TTL,
  ESP_PING_PROF_REQUEST,
  ESP_PING_PROF_REPLY,
  ESP_PING_PROF_IPADDR,
  ESP_PING_PROF_SIZE,
  ESP_PING_PROF_TIMEGAP,
  ESP_PING_PROF_DURATION
} esp_ping_profile_t;

esp_err_t esp_ping_new_session(const esp_ping_config_t* config, const esp_ping_callbacks_t* callbacks,
                               esp_ping_handle_t* handle);
/* Soon: by the task, which may be the caller (on_ping_end), once it is not inside a callback. */
esp_err_t esp_ping_delete_session(esp_ping_handle_t handle);
esp_err_t esp_ping_start(esp_ping_handle_t handle);
esp_err_t esp_ping_stop(esp_ping_handle_t handle);
esp_err_t esp_ping_get_profile(esp_ping_handle_t handle, esp_ping_profile_t profile, void* data, uint32_t size);

#ifdef __cplusplus
}
#endif
