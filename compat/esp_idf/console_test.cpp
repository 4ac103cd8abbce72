// SPDX-License-Identifier: Apache-2.0
// esp_console.h: command lines and who is called with them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <esp_console.h>

namespace {

std::vector<std::string> words;

int remember(int argc, char** argv) {
  words.assign(argv, argv + argc);
  return argv[argc] == nullptr ? argc : -1;
}

int remember_context(void* context, int, char**) { return *static_cast<int*>(context); }

std::vector<std::string> split(std::string line, std::size_t room = 9) {
  std::vector<char*> argv(room);
  const std::size_t count = esp_console_split_argv(line.data(), argv.data(), room);
  EXPECT_EQ(argv[count], nullptr);
  return {argv.begin(), argv.begin() + static_cast<std::ptrdiff_t>(count)};
}

TEST(EspConsole, LinesAreSplitIntoWords) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split("abc def 1 20 .3"), (Words{"abc", "def", "1", "20", ".3"}));
  EXPECT_EQ(split(R"(  abc "123 456"   def  )"), (Words{"abc", "123 456", "def"}));
  EXPECT_EQ(split(R"(a\ b\\c\" \x)"), (Words{R"(a b\c")", R"(\x)"}));
  EXPECT_EQ(split(R"(x "" "open end)"), (Words{"x", "", "open end"}));
  EXPECT_EQ(split("1 2 3", 3), (Words{"1", "2"}));
  EXPECT_EQ(split("  "), Words{});
}

TEST(EspConsole, CommandsRunByTheirNames) {
  int result = 0;
  EXPECT_EQ(esp_console_run("echo", &result), ESP_ERR_INVALID_STATE) << "nobody began";
  esp_console_config_t config = ESP_CONSOLE_CONFIG_DEFAULT();
  config.max_cmdline_length = 20;
  ASSERT_EQ(esp_console_init(&config), ESP_OK);
  EXPECT_EQ(esp_console_init(&config), ESP_ERR_INVALID_STATE);
  esp_console_cmd_t command{};
  command.command = "echo";
  EXPECT_EQ(esp_console_cmd_register(&command), ESP_ERR_INVALID_ARG) << "no function";
  command.func = remember;
  void* table[] = {nullptr};
  command.argtable = table;
  EXPECT_EQ(esp_console_cmd_register(&command), ESP_ERR_INVALID_ARG) << "a table without memory";
  command.argtable = nullptr;
  ASSERT_EQ(esp_console_cmd_register(&command), ESP_OK);
  EXPECT_EQ(esp_console_run("echo \"a b\" c", &result), ESP_OK);
  EXPECT_EQ(result, 3);
  EXPECT_EQ(words, (std::vector<std::string>{"echo", "a b", "c"}));
  EXPECT_EQ(esp_console_run("other", &result), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(esp_console_run(" ", &result), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_console_run("echo 45678901234567890", &result), ESP_ERR_INVALID_SIZE);
  int context = 77;
  command = {};
  command.command = "echo";
  command.func_w_context = remember_context;
  command.context = &context;
  ASSERT_EQ(esp_console_cmd_register(&command), ESP_OK) << "the same name replaces it";
  EXPECT_EQ(esp_console_run("echo", &result), ESP_OK);
  EXPECT_EQ(result, 77);
  EXPECT_EQ(esp_console_cmd_deregister("echo"), ESP_OK);
  EXPECT_EQ(esp_console_run("echo", &result), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(esp_console_deinit(), ESP_OK);
}

}  // namespace
