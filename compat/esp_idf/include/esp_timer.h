/* SPDX-License-Identifier: Apache-2.0 */
/* Callbacks at a time, called by one thread for all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <esp_err.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct esp_timer* esp_timer_handle_t;
typedef void (*esp_timer_cb_t)(void* argument);
typedef enum { ESP_TIMER_TASK } esp_timer_dispatch_t;
typedef struct {
  esp_timer_cb_t callback;
  void* arg;
  esp_timer_dispatch_t dispatch_method;
  const char* name;
  bool skip_unhandled_events;
} esp_timer_create_args_t;

esp_err_t esp_timer_create(const esp_timer_create_args_t* args, esp_timer_handle_t* timer);
/* Microseconds. ESP_ERR_INVALID_STATE: it runs. */
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeout);
esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t period);
/* ESP_ERR_INVALID_STATE: it does not run. */
esp_err_t esp_timer_stop(esp_timer_handle_t timer);
/* ESP_ERR_INVALID_STATE: it runs. */
esp_err_t esp_timer_delete(esp_timer_handle_t timer);
bool esp_timer_is_active(esp_timer_handle_t timer);
/* Microseconds since the start. */
int64_t esp_timer_get_time(void);

#ifdef __cplusplus
}
#endif
