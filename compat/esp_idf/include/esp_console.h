/* SPDX-License-Identifier: Apache-2.0 */
/* Commands by name, and a loop that reads them from standard input: lines as they come, without editing, history, hints
   and completion. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <esp_err.h>
#include <sdkconfig.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  size_t max_cmdline_length; /* longer lines are refused */
  size_t max_cmdline_args;   /* further ones are left out */
  int hint_color;
  int hint_bold;
} esp_console_config_t;
#define ESP_CONSOLE_CONFIG_DEFAULT() {.max_cmdline_length = 256, .max_cmdline_args = 32, .hint_color = 39, .hint_bold = 0}

typedef struct {
  uint32_t max_history_len;
  const char* history_save_path;
  uint32_t task_stack_size;
  uint32_t task_priority;
  const char* prompt;        /* NULL: "esp> " */
  size_t max_cmdline_length; /* 0: 256 */
} esp_console_repl_config_t;
#define ESP_CONSOLE_REPL_CONFIG_DEFAULT()                                                            \
  {.max_history_len = 32, .history_save_path = NULL, .task_stack_size = 4096, .task_priority = 2,    \
   .prompt = NULL, .max_cmdline_length = 0}

/* Whichever is taken: it is standard input. */
typedef struct {
  int channel;
  int baud_rate;
  int tx_gpio_num;
  int rx_gpio_num;
} esp_console_dev_uart_config_t;
#define ESP_CONSOLE_DEV_UART_CONFIG_DEFAULT() {.channel = 0, .baud_rate = 115200, .tx_gpio_num = -1, .rx_gpio_num = -1}
typedef struct {
  int unused;
} esp_console_dev_usb_cdc_config_t;
#define ESP_CONSOLE_DEV_CDC_CONFIG_DEFAULT() {0}
typedef struct {
  int unused;
} esp_console_dev_usb_serial_jtag_config_t;
#define ESP_CONSOLE_DEV_USB_SERIAL_JTAG_CONFIG_DEFAULT() {0}

typedef int (*esp_console_cmd_func_t)(int argc, char** argv);
typedef int (*esp_console_cmd_func_with_context_t)(void* context, int argc, char** argv);
typedef struct {
  const char* command; /* without spaces; as the other texts, valid until esp_console_deinit */
  const char* help;    /* NULL: not in the list of "help" */
  const char* hint;
  esp_console_cmd_func_t func; /* or the one with a context */
  void* argtable;              /* of argtable3: "help" shows it */
  esp_console_cmd_func_with_context_t func_w_context;
  void* context;
} esp_console_cmd_t;

/* ESP_ERR_INVALID_STATE: done already. */
esp_err_t esp_console_init(const esp_console_config_t* config);
/* The commands go. */
esp_err_t esp_console_deinit(void);
/* The same name again replaces it. ESP_ERR_INVALID_ARG: no name, or one with a space, or not exactly one function,
   or a table with an entry that is NULL. */
esp_err_t esp_console_cmd_register(const esp_console_cmd_t* command);
esp_err_t esp_console_cmd_deregister(const char* name);
/* ESP_ERR_INVALID_ARG: an empty line. ESP_ERR_NOT_FOUND: no such command. ESP_ERR_INVALID_SIZE: too long. */
esp_err_t esp_console_run(const char* line, int* result);
/* In place: words, "with spaces", and \ before a space, a quote or another \. At most `size` - 1, with a null behind. */
size_t esp_console_split_argv(char* line, char** argv, size_t size);
/* "help": all commands; "help NAME": one. */
esp_err_t esp_console_register_help_command(void);

typedef struct esp_console_repl_s esp_console_repl_t;
struct esp_console_repl_s {
  esp_err_t (*del)(esp_console_repl_t* repl);
};
/* These initialise the console where nobody did, and have "help" there. At most one loop at a time. */
esp_err_t esp_console_new_repl_uart(const esp_console_dev_uart_config_t* device, const esp_console_repl_config_t* config,
                                    esp_console_repl_t** repl);
esp_err_t esp_console_new_repl_usb_cdc(const esp_console_dev_usb_cdc_config_t* device, const esp_console_repl_config_t* config,
                                       esp_console_repl_t** repl);
esp_err_t esp_console_new_repl_usb_serial_jtag(const esp_console_dev_usb_serial_jtag_config_t* device,
                                               const esp_console_repl_config_t* config, esp_console_repl_t** repl);
/* A task of its own, until the end of standard input or `del`. */
esp_err_t esp_console_start_repl(esp_console_repl_t* repl);
static inline esp_err_t esp_console_stop_repl(esp_console_repl_t* repl) { return repl->del(repl); }

#ifdef __cplusplus
}
#endif
