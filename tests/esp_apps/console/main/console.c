// SPDX-License-Identifier: Apache-2.0
// A console of the network: commands with arguments (argtable3), from standard input.
#include <stdio.h>

#include "argtable3/argtable3.h"
#include "commands.h"
#include "esp_console.h"
#include "esp_event.h"
#include "esp_idf_version.h"
#include "esp_timer.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"

#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 0, 0) || !CONFIG_EXAMPLE_LOOK || !CONFIG_IDF_TARGET_ESP32
#error "the settings of this project"
#endif

extern const char welcome[] asm("_binary_welcome_txt_start");
extern const char motto[] asm("_binary_motto_txt_start");
extern const char motto_end[] asm("_binary_motto_txt_end");
extern const uint32_t motto_txt_length;

static esp_console_repl_t* repl;

static struct {
  arg_lit_t* loud;
  arg_int_t* ticks;
  arg_end_t* end;
} wait_args;

/* How long so many ticks are. */
static int do_wait(int argc, char** argv) {
  if (arg_parse(argc, argv, (void**)&wait_args) != 0) {
    arg_print_errors(stdout, wait_args.end, argv[0]);
    return 1;
  }
  const TickType_t before = xTaskGetTickCount();
  const int64_t began = esp_timer_get_time();
  vTaskDelay(wait_args.ticks->ival[0]);
  const int milliseconds = (int)((esp_timer_get_time() - began) / 1000);
  const unsigned ticks = xTaskGetTickCount() - before;
  const int right = milliseconds >= wait_args.ticks->ival[0] * 2 && ticks >= (unsigned)wait_args.ticks->ival[0];
  printf("%s%d ticks of 2 ms: %s\n", wait_args.loud->count > 0 ? "WAITED " : "", wait_args.ticks->ival[0],
         right ? "long enough" : "too short");
  return 0;
}

static int do_quit(int argc, char** argv) {
  (void)argc, (void)argv;
  printf("%.*s, %u bytes, on %s\n", (int)(motto_end - motto), motto, (unsigned)motto_txt_length, CHIP);
  return repl->del(repl);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());

  esp_console_repl_config_t repl_config = ESP_CONSOLE_REPL_CONFIG_DEFAULT();
  repl_config.prompt = CONFIG_EXAMPLE_PROMPT;
  esp_console_dev_uart_config_t uart_config = ESP_CONSOLE_DEV_UART_CONFIG_DEFAULT();
  ESP_ERROR_CHECK(esp_console_new_repl_uart(&uart_config, &repl_config, &repl));

  wait_args.loud = arg_lit0("l", "loud", "In capitals");
  wait_args.ticks = arg_int1(NULL, NULL, "<ticks>", "How long");
  wait_args.end = arg_end(2);
  const esp_console_cmd_t wait = {.command = "wait", .help = "Waits", .func = do_wait, .argtable = &wait_args};
  ESP_ERROR_CHECK(esp_console_cmd_register(&wait));
  const esp_console_cmd_t quit = {.command = "quit", .help = "Leaves", .func = do_quit};
  ESP_ERROR_CHECK(esp_console_cmd_register(&quit));
  register_ping();
  register_look();
  printf("%s", welcome);
  ESP_ERROR_CHECK(esp_console_start_repl(repl));
}
