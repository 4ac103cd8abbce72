// SPDX-License-Identifier: Apache-2.0
// esp_log.h, esp_check.h, esp_err.h, esp_system.h, esp_heap_caps.h, esp_random.h and driver/gpio.h: what
// every program for ESP-IDF calls (sets S0 and S3 of the shim).
#include "compat/esp_idf/device.hpp"
#include "compat/lwip/test_compat.hpp"

#include <driver/gpio.h>
#include <esp_check.h>
#include <esp_deep_sleep.h>
#include <esp_heap_caps.h>
#include <esp_log.h>
#include <esp_mac.h>
#include <esp_system.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include <algorithm>
#include <array>
#include <regex>
#include <string>

namespace linnet::esp {
namespace {

template <typename Function>
std::string printed(Function function) {
  testing::internal::CaptureStdout();
  function();
  std::fflush(stdout);
  return testing::internal::GetCapturedStdout();
}

TEST(EspLog, LinesHaveALetterATimeAndATag) {
  const std::string line = printed([] { ESP_LOGI("tag", "number %d", 7); });
  EXPECT_TRUE(std::regex_match(line, std::regex("I \\(\\d+\\) tag: number 7\n"))) << line;
  const std::string others = printed([] {
    ESP_LOGE("tag", "bad");
    ESP_LOGW("tag", "odd");
    ESP_LOG_LEVEL(ESP_LOG_WARN, "tag", "by level");
    ESP_EARLY_LOGE("tag", "early");
  });
  EXPECT_TRUE(
      std::regex_match(others, std::regex("E [^\n]*bad\nW [^\n]*odd\nW [^\n]*by level\nE [^\n]*early\n")))
      << others;
  EXPECT_STREQ(LOG_COLOR(LOG_COLOR_E) LOG_RESET_COLOR, "") << "no colours";
  const std::uint32_t before = esp_log_timestamp();
  EXPECT_GE(esp_log_timestamp(), before);
}

TEST(EspLog, LevelsAreOfATagOrOfAll) {
  EXPECT_EQ(esp_log_level_get("some"), ESP_LOG_INFO) << "the default";
  EXPECT_EQ(printed([] {
              ESP_LOGD("some", "no");
              ESP_LOGV("some", "no");
            }),
            "");
  esp_log_level_set("some", ESP_LOG_VERBOSE);
  EXPECT_NE(printed([] { ESP_LOGV("some", "yes"); }), "");
  EXPECT_EQ(printed([] { ESP_LOGD("other", "no"); }), "");
  esp_log_level_set("*", ESP_LOG_ERROR);
  EXPECT_EQ(esp_log_level_get("some"), ESP_LOG_ERROR) << "all tags";
  EXPECT_EQ(printed([] { ESP_LOGW("some", "no"); }), "");
  EXPECT_EQ(printed([] { esp_log_write(ESP_LOG_ERROR, "some", "as %s", "it is"); }), "as it is");
  EXPECT_EQ(printed([] { esp_log_write(ESP_LOG_INFO, "some", "no"); }), "");
  esp_log_level_set("some", ESP_LOG_NONE);
  EXPECT_EQ(printed([] { ESP_LOGE("some", "no"); }), "");
  esp_log_level_set("*", ESP_LOG_INFO);
}

TEST(EspLog, BuffersInHexAndAsText) {
  const char bytes[] = "0123456789abcdefgh";
  const std::string hex = printed([&] { ESP_LOG_BUFFER_HEX("tag", bytes, 18); });
  EXPECT_EQ(std::count(hex.begin(), hex.end(), '\n'), 2) << "16 in a line";
  EXPECT_NE(hex.find("30 31 32"), std::string::npos);
  EXPECT_NE(hex.find("67 68"), std::string::npos);
  EXPECT_NE(printed([&] { ESP_LOG_BUFFER_HEXDUMP("tag", bytes, 2, ESP_LOG_WARN); }).find("30 31"),
            std::string::npos);
  EXPECT_EQ(printed([&] { ESP_LOG_BUFFER_HEX_LEVEL("tag", bytes, 2, ESP_LOG_DEBUG); }), "");
  EXPECT_NE(printed([&] { ESP_LOG_BUFFER_CHAR("tag", bytes, 3); }).find("tag: 012\n"), std::string::npos);
}

esp_err_t checked(esp_err_t code) {
  ESP_RETURN_ON_ERROR(code, "check", "it failed");
  return 77;
}
esp_err_t demanded(bool holds) {
  ESP_RETURN_ON_FALSE(holds, ESP_ERR_INVALID_STATE, "check", "it does not hold");
  return ESP_OK;
}
esp_err_t left(esp_err_t code, bool holds, bool& cleaned) {
  esp_err_t ret = ESP_OK;
  ESP_GOTO_ON_ERROR(code, out, "check", "it failed");
  ESP_GOTO_ON_FALSE(holds, ESP_ERR_INVALID_SIZE, out, "check", "it does not hold");
  ret = 77;
out:
  cleaned = true;
  return ret;
}

TEST(EspCheck, ReturnsLeavesOrEndsAndSaysWhy) {
  EXPECT_EQ(checked(ESP_OK), 77);
  EXPECT_NE(printed([] { EXPECT_EQ(checked(ESP_ERR_NO_MEM), ESP_ERR_NO_MEM); }).find("check: it failed"),
            std::string::npos);
  EXPECT_EQ(demanded(true), ESP_OK);
  EXPECT_NE(printed([] { EXPECT_EQ(demanded(false), ESP_ERR_INVALID_STATE); }).find("does not hold"),
            std::string::npos);
  bool cleaned = false;
  EXPECT_EQ(left(ESP_OK, true, cleaned), 77);
  const std::string said = printed([&] {
    EXPECT_EQ(left(ESP_FAIL, true, cleaned), ESP_FAIL);
    EXPECT_EQ(left(ESP_OK, false, cleaned), ESP_ERR_INVALID_SIZE);
  });
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2);
  EXPECT_TRUE(cleaned);
  ESP_ERROR_CHECK(ESP_OK);
  EXPECT_EQ(ESP_ERROR_CHECK_WITHOUT_ABORT(ESP_ERR_TIMEOUT), ESP_ERR_TIMEOUT);
  EXPECT_STREQ(esp_err_to_name(ESP_ERR_TIMEOUT), "ESP_ERR_TIMEOUT");
  EXPECT_STREQ(esp_err_to_name(0x7777), "UNKNOWN ERROR");
  configASSERT(cleaned);
}

TEST(EspCheckDeathTest, EndsOfTheProgram) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(ESP_ERROR_CHECK(ESP_ERR_NOT_FOUND), testing::ExitedWithCode(1), "ESP_ERR_NOT_FOUND");
  EXPECT_EXIT(esp_restart(), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(esp_deep_sleep(1000), testing::ExitedWithCode(0), "");
}

TEST(EspSystem, TheVersionIsThatOfTheEra) {
  EXPECT_STREQ(esp_get_idf_version(), LINNET_ESP_ERA == 5 ? "v5.0" : "");
  EXPECT_STREQ(IDF_VER, esp_get_idf_version());
  EXPECT_GE(ESP_IDF_VERSION, ESP_IDF_VERSION_VAL(5, 0, 0));
  EXPECT_EQ(esp_reset_reason(), ESP_RST_POWERON);
}

/// esp_system.h: as a device has them, the base address and the next three.
TEST(EspSystem, EachKindHasItsMacAddress) {
  set_device({.interface = 0, .mac = {{2, 0, 0, 0, 0, 0xfe}}});
  std::uint8_t mac[6];
  const esp_mac_type_t types[] = {ESP_MAC_WIFI_STA, ESP_MAC_WIFI_SOFTAP, ESP_MAC_BT, ESP_MAC_ETH};
  std::uint8_t last = 0xfe;
  for (const esp_mac_type_t type : types) {
    EXPECT_EQ(esp_read_mac(mac, type), ESP_OK);
    EXPECT_EQ(mac[0], 2);
    EXPECT_EQ(mac[5], last++) << type;
  }
  EXPECT_EQ(esp_read_mac(mac, static_cast<esp_mac_type_t>(9)), ESP_ERR_NOT_SUPPORTED);
  EXPECT_EQ(esp_read_mac(nullptr, ESP_MAC_ETH), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_efuse_mac_get_default(mac), ESP_OK);
  EXPECT_EQ(mac[5], 0xfe);
  EXPECT_EQ(esp_base_mac_addr_get(mac), ESP_OK);
  char text[18];
  std::snprintf(text, sizeof text, MACSTR, MAC2STR(mac));
  EXPECT_STREQ(text, "02:00:00:00:00:fe");
  forget_device();
}

TEST(EspSystem, RandomNumbersComeWithoutAStackToo) {
  ASSERT_EQ(compat::attached_host(), nullptr);
  std::array<std::uint8_t, 64> bytes{};
  esp_fill_random(bytes.data(), bytes.size());
  EXPECT_GT(std::count_if(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; }), 32);
  const std::uint32_t numbers[] = {esp_random(), esp_random(), esp_random(), esp_random()};
  EXPECT_FALSE(numbers[0] == numbers[1] && numbers[1] == numbers[2] && numbers[2] == numbers[3]);
  EXPECT_EQ(esp_get_free_heap_size(), 0u) << "no stack, no buffers";
}

class EspHeap : public compat::test::CompatTest {};

TEST_F(EspHeap, WhatIsFreeAreTheStacksBuffers) {
  const std::uint32_t at_first = esp_get_free_heap_size();
  EXPECT_EQ(at_first, heap_caps_get_total_size(MALLOC_CAP_8BIT)) << "nothing is under way";
  EXPECT_EQ(heap_caps_get_free_size(MALLOC_CAP_INTERNAL), at_first);
  EXPECT_EQ(esp_get_minimum_free_heap_size(), at_first);
  EXPECT_GE(heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT), 1500u);
  const int receiver = bound(SOCK_DGRAM);
  const int sender = socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in address = loopback();
  EXPECT_EQ(sendto(sender, "held", 4, 0, generic(address), sizeof address), 4);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(receiver, &set);
  EXPECT_EQ(select(receiver + 1, &set, nullptr, nullptr, nullptr), 1);
  const std::uint32_t held = esp_get_free_heap_size();
  EXPECT_LT(held, at_first) << "a datagram waits";
  char text[8];
  EXPECT_EQ(recv(receiver, text, sizeof text, 0), 4);
  EXPECT_EQ(esp_get_free_heap_size(), at_first);
  EXPECT_EQ(esp_get_minimum_free_heap_size(), held) << "the least that was seen";
  EXPECT_EQ(heap_caps_get_minimum_free_size(MALLOC_CAP_8BIT), held);
  std::uint32_t numbers[2] = {esp_random(), esp_random()};
  EXPECT_NE(numbers[0], numbers[1]) << "from the attached host's source";
  close(sender);
  close(receiver);
}

TEST(EspHeapCaps, MemoryIsOfOneKind) {
  auto* bytes = static_cast<char*>(heap_caps_malloc(10, MALLOC_CAP_8BIT));
  ASSERT_NE(bytes, nullptr);
  std::fill_n(bytes, 10, 'x');
  bytes = static_cast<char*>(heap_caps_realloc(bytes, 1000, MALLOC_CAP_SPIRAM));
  ASSERT_NE(bytes, nullptr);
  EXPECT_EQ(std::string(bytes, 10), "xxxxxxxxxx");
  heap_caps_free(bytes);
  auto* zeros = static_cast<char*>(heap_caps_calloc(4, 25, MALLOC_CAP_DEFAULT));
  ASSERT_NE(zeros, nullptr);
  EXPECT_EQ(std::count(zeros, zeros + 100, 0), 100);
  heap_caps_free(zeros);
}

/// driver/gpio.h: nothing is wired, inputs are high.
TEST(EspGpio, InputsAreHighAndOutputsGoNowhere) {
  gpio_config_t config{};
  config.pin_bit_mask = BIT64(GPIO_NUM_0) | BIT(5);
  config.mode = GPIO_MODE_INPUT;
  EXPECT_EQ(config.pin_bit_mask, 33u);
  EXPECT_EQ(gpio_config(&config), ESP_OK);
  EXPECT_EQ(gpio_config(nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(gpio_set_direction(GPIO_NUM_0, GPIO_MODE_OUTPUT), ESP_OK);
  EXPECT_EQ(gpio_set_level(GPIO_NUM_0, 0), ESP_OK);
  EXPECT_EQ(gpio_get_level(GPIO_NUM_0), 1);
}

TEST(EspSystem, OldWordsOfTicks) {
  EXPECT_EQ(portTICK_RATE_MS, portTICK_PERIOD_MS);
  portYIELD_FROM_ISR();
  portMUX_TYPE mux;
  vPortCPUInitializeMutex(&mux);
  spinlock_initialize(&mux);
  portENTER_CRITICAL(&mux);
  portEXIT_CRITICAL(&mux);
  StackType_t stack[4];
  StaticTask_t memory;
  const auto body = [](void*) {};
  EXPECT_NE(xTaskCreateStaticPinnedToCore(body, "pinned", 4, nullptr, 1, stack, &memory, 1), nullptr);
  esp_timer_create_args_t args = {};
  args.callback = body;
  esp_timer_handle_t timer = nullptr;
  ASSERT_EQ(esp_timer_create(&args, &timer), ESP_OK);
  EXPECT_FALSE(esp_timer_is_active(timer));
  EXPECT_EQ(esp_timer_start_once(timer, 3600000000ULL), ESP_OK);
  EXPECT_TRUE(esp_timer_is_active(timer));
  EXPECT_EQ(esp_timer_stop(timer), ESP_OK);
  EXPECT_EQ(esp_timer_delete(timer), ESP_OK);
}

}  // namespace
}  // namespace linnet::esp
