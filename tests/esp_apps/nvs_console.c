// SPDX-License-Identifier: Apache-2.0
// The shape of two of ESP-IDF's programs in one: how often it was started, kept in NVS, and commands on a console.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_console.h"
#include "esp_log.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "nvs.h"
#include "nvs_flash.h"

static const char* TAG = "nvs_console";

static void count_starts(void) {
  nvs_handle_t handle;
  int32_t counter = 0;
  ESP_ERROR_CHECK(nvs_open("storage", NVS_READWRITE, &handle));
  esp_err_t err = nvs_get_i32(handle, "restart_counter", &counter);
  switch (err) {
    case ESP_OK:
      printf("Restart counter = %" PRIi32 "\n", counter);
      break;
    case ESP_ERR_NVS_NOT_FOUND:
      printf("The value is not initialized yet!\n");
      break;
    default:
      printf("Error (%s) reading!\n", esp_err_to_name(err));
  }
  ESP_ERROR_CHECK(nvs_set_i32(handle, "restart_counter", counter + 1));
  ESP_ERROR_CHECK(nvs_commit(handle));
  nvs_close(handle);
}

static int set_value(int argc, char** argv) {
  nvs_handle_t handle;
  if (argc != 3) return ESP_ERR_INVALID_ARG;
  esp_err_t err = nvs_open("console", NVS_READWRITE, &handle);
  if (err == ESP_OK) err = nvs_set_str(handle, argv[1], argv[2]);
  if (err == ESP_OK) err = nvs_commit(handle);
  nvs_close(handle);
  return err;
}

static int list_values(int argc, char** argv) {
  (void)argc, (void)argv;
#if LINNET_ESP_ERA < 5
  nvs_iterator_t it = nvs_entry_find("nvs", NULL, NVS_TYPE_ANY);
  while (it != NULL) {
#else
  nvs_iterator_t it = NULL;
  esp_err_t res = nvs_entry_find("nvs", NULL, NVS_TYPE_ANY, &it);
  while (res == ESP_OK) {
#endif
    nvs_entry_info_t info;
    nvs_entry_info(it, &info);
    printf("namespace '%s', key '%s', type 0x%x\n", info.namespace_name, info.key, info.type);
#if LINNET_ESP_ERA < 5
    it = nvs_entry_next(it);
  }
#else
    res = nvs_entry_next(&it);
  }
  nvs_release_iterator(it);
#endif
  return 0;
}

static void register_command(const char* name, const char* help, esp_console_cmd_func_t function) {
  const esp_console_cmd_t command = {.command = name, .help = help, .hint = NULL, .func = function};
  ESP_ERROR_CHECK(esp_console_cmd_register(&command));
}

void app_main(void) {
  esp_err_t err = nvs_flash_init();
  if (err == ESP_ERR_NVS_NO_FREE_PAGES || err == ESP_ERR_NVS_NEW_VERSION_FOUND) {
    ESP_ERROR_CHECK(nvs_flash_erase());
    err = nvs_flash_init();
  }
  ESP_ERROR_CHECK(err);
  count_starts();
  esp_console_repl_t* repl = NULL;
  esp_console_repl_config_t repl_config = ESP_CONSOLE_REPL_CONFIG_DEFAULT();
  esp_console_dev_uart_config_t uart = ESP_CONSOLE_DEV_UART_CONFIG_DEFAULT();
  repl_config.prompt = "linnet> ";
  ESP_ERROR_CHECK(esp_console_new_repl_uart(&uart, &repl_config, &repl));
  register_command("set", "Sets a value", set_value);
  register_command("list", "Lists the values", list_values);
  ESP_LOGI(TAG, "ready");
  ESP_ERROR_CHECK(esp_console_start_repl(repl));
}
