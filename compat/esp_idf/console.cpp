// SPDX-License-Identifier: Apache-2.0
// esp_console.h.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <argtable3/argtable3.h>
#include <esp_console.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include "compat/esp_idf/argtable.hpp"

namespace {

using linnet::esp::syntax;

struct Console {
  std::mutex mutex;
  std::optional<esp_console_config_t> config;
  std::map<std::string, esp_console_cmd_t> commands;
};
Console& console = *new Console;  // never destroyed: tasks outlive main

struct Repl {
  esp_console_repl_t base{};  // first: programs have its address
  std::string prompt = "esp> ";
  std::atomic<bool> started = false;
  std::atomic<bool> ended = false;
};
std::atomic<Repl*> current = nullptr;

std::optional<esp_console_cmd_t> find(const std::string& name) {
  const std::lock_guard lock(console.mutex);
  const auto found = console.commands.find(name);
  return found != console.commands.end() ? std::optional(found->second) : std::nullopt;
}

/// Its hint, or what its table of arguments says instead.
std::string hint_of(const esp_console_cmd_t& command) {
  if (command.hint != nullptr) return std::string(" ") + command.hint;
  return command.argtable != nullptr ? syntax(static_cast<void**>(command.argtable), false) : "";
}

void print_help(const esp_console_cmd_t& command) {
  if (command.help == nullptr) return;
  std::printf("%s %s\n  %s\n", command.command, hint_of(command).c_str(), command.help);
  if (command.argtable != nullptr)
    arg_print_glossary(stdout, static_cast<void**>(command.argtable), "  %12s  %s\n");
  std::printf("\n");
}

int help(int argc, char** argv) {
  if (argc > 1) {
    const auto command = find(argv[1]);
    if (command) print_help(*command);
    if (!command) std::printf("help: no command \"%s\"\n", argv[1]);
    return command ? 0 : 1;
  }
  std::vector<esp_console_cmd_t> all;
  {
    const std::lock_guard lock(console.mutex);
    for (const auto& [name, command] : console.commands) all.push_back(command);
  }
  for (const esp_console_cmd_t& command : all) print_help(command);
  return 0;
}

void run_line(const std::string& line) {
  int result = 0;
  const esp_err_t error = esp_console_run(line.c_str(), &result);
  if (error == ESP_ERR_NOT_FOUND) {
    std::printf("Unrecognized command\n");
  } else if (error == ESP_OK && result != ESP_OK) {
    std::printf("Command returned non-zero error code: 0x%x (%s)\n", static_cast<unsigned>(result),
                esp_err_to_name(result));
  } else if (error != ESP_OK && error != ESP_ERR_INVALID_ARG) {
    std::printf("Internal error: %s\n", esp_err_to_name(error));
  }
}

void loop(void* argument) {
  auto& repl = *static_cast<Repl*>(argument);
  std::string line;
  while (!repl.ended) {
    std::printf("%s", repl.prompt.c_str());
    std::fflush(stdout);
    if (!std::getline(std::cin, line) || repl.ended) break;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    run_line(line);
  }
  vTaskDelete(nullptr);
}

/// The loop is told, and goes when its line has come; it may be waiting for that, so that its structure
/// stays.
esp_err_t remove(esp_console_repl_t* repl) {
  auto* own = reinterpret_cast<Repl*>(repl);
  if (own == nullptr || own != current.load() || own->ended) return ESP_ERR_INVALID_STATE;
  own->ended = true;
  current = nullptr;
  return esp_console_deinit();
}

esp_err_t make(const esp_console_repl_config_t* config, esp_console_repl_t** repl) {
  if (config == nullptr || repl == nullptr) return ESP_ERR_INVALID_ARG;
  *repl = nullptr;
  if (current != nullptr) return ESP_ERR_INVALID_STATE;
  esp_console_config_t console_config = ESP_CONSOLE_CONFIG_DEFAULT();
  if (config->max_cmdline_length != 0) console_config.max_cmdline_length = config->max_cmdline_length;
  static_cast<void>(esp_console_init(&console_config));  // or the program did it itself
  static_cast<void>(esp_console_register_help_command());
  auto* made = new Repl;
  made->base.del = remove;
  if (config->prompt != nullptr) made->prompt = config->prompt;
  current = made;
  *repl = &made->base;
  return ESP_OK;
}

}  // namespace

extern "C" {

esp_err_t esp_console_init(const esp_console_config_t* config) {
  if (config == nullptr || config->max_cmdline_length == 0 || config->max_cmdline_args == 0)
    return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(console.mutex);
  if (console.config) return ESP_ERR_INVALID_STATE;
  console.config = *config;
  return ESP_OK;
}

esp_err_t esp_console_deinit(void) {
  const std::lock_guard lock(console.mutex);
  if (!console.config) return ESP_ERR_INVALID_STATE;
  console.config.reset();
  console.commands.clear();
  return ESP_OK;
}

esp_err_t esp_console_cmd_register(const esp_console_cmd_t* command) {
  if (command == nullptr || command->command == nullptr || command->command[0] == 0)
    return ESP_ERR_INVALID_ARG;
  const bool one = (command->func != nullptr) != (command->func_w_context != nullptr);
  if (!one || std::strchr(command->command, ' ') != nullptr) return ESP_ERR_INVALID_ARG;
  if (command->argtable != nullptr && arg_nullcheck(static_cast<void**>(command->argtable)) != 0)
    return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(console.mutex);
  if (!console.config) return ESP_ERR_INVALID_STATE;
  console.commands[command->command] = *command;
  return ESP_OK;
}

esp_err_t esp_console_cmd_deregister(const char* name) {
  if (name == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(console.mutex);
  return console.commands.erase(name) != 0 ? ESP_OK : ESP_ERR_NOT_FOUND;
}

esp_err_t esp_console_run(const char* line, int* result) {
  esp_console_config_t config;
  {
    const std::lock_guard lock(console.mutex);
    if (!console.config) return ESP_ERR_INVALID_STATE;
    config = *console.config;
  }
  if (line == nullptr) return ESP_ERR_INVALID_ARG;
  if (std::strlen(line) >= config.max_cmdline_length) return ESP_ERR_INVALID_SIZE;
  std::string own = line;
  std::vector<char*> arguments(config.max_cmdline_args + 1);
  const std::size_t count = esp_console_split_argv(own.data(), arguments.data(), arguments.size());
  if (count == 0) return ESP_ERR_INVALID_ARG;
  const auto command = find(arguments[0]);
  if (!command) return ESP_ERR_NOT_FOUND;
  const int number = static_cast<int>(count);
  const int value = command->func != nullptr
                        ? command->func(number, arguments.data())
                        : command->func_w_context(command->context, number, arguments.data());
  if (result != nullptr) *result = value;
  return ESP_OK;
}

size_t esp_console_split_argv(char* line, char** argv, size_t size) {
  if (size == 0) return 0;
  std::size_t count = 0;
  const char* in = line;
  char* out = line;  // never ahead of `in`
  while (count + 1 < size) {
    while (*in == ' ' || *in == '\t') ++in;
    if (*in == 0) break;
    argv[count++] = out;
    bool quoted = false;
    for (; *in != 0 && (quoted || (*in != ' ' && *in != '\t')); ++in) {
      const bool escaped = *in == '\\' && (in[1] == '\\' || in[1] == '"' || in[1] == ' ');
      if (escaped) {
        *out++ = *++in;
      } else if (*in == '"') {
        quoted = !quoted;
      } else {
        *out++ = *in;
      }
    }
    const bool last = *in == 0;
    if (!last) ++in;
    *out++ = 0;
    if (last) break;
  }
  argv[count] = nullptr;
  return count;
}

esp_err_t esp_console_register_help_command(void) {
  esp_console_cmd_t command{};
  command.command = "help";
  command.help = "Print the list of registered commands";
  command.func = help;
  return esp_console_cmd_register(&command);
}

esp_err_t esp_console_new_repl_uart(const esp_console_dev_uart_config_t*,
                                    const esp_console_repl_config_t* config, esp_console_repl_t** repl) {
  return make(config, repl);
}

esp_err_t esp_console_new_repl_usb_cdc(const esp_console_dev_usb_cdc_config_t*,
                                       const esp_console_repl_config_t* config, esp_console_repl_t** repl) {
  return make(config, repl);
}

esp_err_t esp_console_new_repl_usb_serial_jtag(const esp_console_dev_usb_serial_jtag_config_t*,
                                               const esp_console_repl_config_t* config,
                                               esp_console_repl_t** repl) {
  return make(config, repl);
}

esp_err_t esp_console_start_repl(esp_console_repl_t* repl) {
  auto* own = reinterpret_cast<Repl*>(repl);
  if (own == nullptr || own != current.load() || own->started.exchange(true)) return ESP_ERR_INVALID_STATE;
  const bool begun = xTaskCreate(loop, "console_repl", 4096, own, 2, nullptr) == pdPASS;
  return begun ? ESP_OK : ESP_FAIL;
}

}  // extern "C"
