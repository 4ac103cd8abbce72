// SPDX-License-Identifier: Apache-2.0
// nvs.h: what is set is there, by its type, until it is erased; and, with a file, the next time too.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include <nvs_flash.h>
#include "compat/esp_idf/device.hpp"

namespace {

class EspNvs : public ::testing::Test {
 protected:
  EspNvs() {
    std::remove(file_.c_str());
    linnet::esp::set_nvs_file(file_);
    EXPECT_EQ(nvs_flash_init(), ESP_OK);
  }
  ~EspNvs() override {
    static_cast<void>(nvs_flash_deinit());
    std::remove(file_.c_str());
    linnet::esp::set_nvs_file("");
  }
  nvs_handle_t open(const char* name, nvs_open_mode_t mode = NVS_READWRITE) {
    nvs_handle_t handle = 0;
    EXPECT_EQ(nvs_open(name, mode, &handle), ESP_OK);
    return handle;
  }
  void restart() {
    EXPECT_EQ(nvs_flash_deinit(), ESP_OK);
    EXPECT_EQ(nvs_flash_init(), ESP_OK);
  }

  const std::string file_ = ::testing::TempDir() + "linnet_nvs_test";
};

TEST_F(EspNvs, EveryTypeOutlivesTheProgram) {
  nvs_handle_t handle = open("storage");
  EXPECT_EQ(nvs_set_i8(handle, "i8", -128), ESP_OK);
  EXPECT_EQ(nvs_set_u8(handle, "u8", 255), ESP_OK);
  EXPECT_EQ(nvs_set_i16(handle, "i16", -32768), ESP_OK);
  EXPECT_EQ(nvs_set_u16(handle, "u16", 65535), ESP_OK);
  EXPECT_EQ(nvs_set_i32(handle, "i32", INT32_MIN), ESP_OK);
  EXPECT_EQ(nvs_set_u32(handle, "u32", UINT32_MAX), ESP_OK);
  EXPECT_EQ(nvs_set_i64(handle, "i64", INT64_MIN), ESP_OK);
  EXPECT_EQ(nvs_set_u64(handle, "u64", UINT64_MAX), ESP_OK);
  EXPECT_EQ(nvs_set_str(handle, "str \n%", "a text\nof two lines"), ESP_OK);
  EXPECT_EQ(nvs_set_blob(handle, "blob", "\0\1\2", 3), ESP_OK);
  EXPECT_EQ(nvs_commit(handle), ESP_OK);
  EXPECT_EQ(nvs_set_i8(handle, "lost", 1), ESP_OK) << "not committed";
  restart();
  int8_t i8 = 0;
  EXPECT_EQ(nvs_get_i8(handle, "i8", &i8), ESP_ERR_NVS_INVALID_HANDLE) << "closed by the restart";
  handle = open("storage", NVS_READONLY);
  uint8_t u8 = 0;
  int16_t i16 = 0;
  uint16_t u16 = 0;
  int32_t i32 = 0;
  uint32_t u32 = 0;
  int64_t i64 = 0;
  uint64_t u64 = 0;
  EXPECT_TRUE(nvs_get_i8(handle, "i8", &i8) == ESP_OK && i8 == -128);
  EXPECT_TRUE(nvs_get_u8(handle, "u8", &u8) == ESP_OK && u8 == 255);
  EXPECT_TRUE(nvs_get_i16(handle, "i16", &i16) == ESP_OK && i16 == -32768);
  EXPECT_TRUE(nvs_get_u16(handle, "u16", &u16) == ESP_OK && u16 == 65535);
  EXPECT_TRUE(nvs_get_i32(handle, "i32", &i32) == ESP_OK && i32 == INT32_MIN);
  EXPECT_TRUE(nvs_get_u32(handle, "u32", &u32) == ESP_OK && u32 == UINT32_MAX);
  EXPECT_TRUE(nvs_get_i64(handle, "i64", &i64) == ESP_OK && i64 == INT64_MIN);
  EXPECT_TRUE(nvs_get_u64(handle, "u64", &u64) == ESP_OK && u64 == UINT64_MAX);
  char text[32];
  size_t size = 0;
  EXPECT_EQ(nvs_get_str(handle, "str \n%", nullptr, &size), ESP_OK);
  EXPECT_EQ(size, sizeof "a text\nof two lines");
  size = 5;
  EXPECT_EQ(nvs_get_str(handle, "str \n%", text, &size), ESP_ERR_NVS_INVALID_LENGTH);
  size = sizeof text;
  EXPECT_EQ(nvs_get_str(handle, "str \n%", text, &size), ESP_OK);
  EXPECT_STREQ(text, "a text\nof two lines");
  size = sizeof text;
  EXPECT_EQ(nvs_get_blob(handle, "blob", text, &size), ESP_OK);
  EXPECT_EQ(std::string(text, size), std::string("\0\1\2", 3));
  EXPECT_EQ(nvs_get_i8(handle, "lost", &i8), ESP_ERR_NVS_NOT_FOUND);
  EXPECT_EQ(nvs_get_i8(handle, "u8", &i8), ESP_ERR_NVS_TYPE_MISMATCH);
  EXPECT_EQ(i8, -128) << "as it was";
}

TEST_F(EspNvs, NamesModesAndErasing) {
  nvs_handle_t handle = 0;
  EXPECT_EQ(nvs_open("none", NVS_READONLY, &handle), ESP_ERR_NVS_NOT_FOUND);
  EXPECT_EQ(nvs_open("", NVS_READWRITE, &handle), ESP_ERR_NVS_INVALID_NAME);
  EXPECT_EQ(nvs_open("sixteen letters!", NVS_READWRITE, &handle), ESP_ERR_NVS_INVALID_NAME);
  EXPECT_EQ(nvs_open_from_partition("other", "a", NVS_READWRITE, &handle), ESP_ERR_NVS_PART_NOT_FOUND);
  handle = open("a");
  EXPECT_EQ(nvs_set_u8(handle, "sixteen letters!", 1), ESP_ERR_NVS_KEY_TOO_LONG);
  EXPECT_EQ(nvs_set_u8(handle, "", 1), ESP_ERR_NVS_INVALID_NAME);
  EXPECT_EQ(nvs_set_str(handle, "k", std::string(4000, 'x').c_str()), ESP_ERR_NVS_VALUE_TOO_LONG);
  EXPECT_EQ(nvs_set_u8(handle, "k", 1), ESP_OK);
  EXPECT_EQ(nvs_set_u16(handle, "k", 2), ESP_OK) << "another type replaces it";
  nvs_type_t type = NVS_TYPE_ANY;
  EXPECT_TRUE(nvs_find_key(handle, "k", &type) == ESP_OK && type == NVS_TYPE_U16);
  const nvs_handle_t reader = open("a", NVS_READONLY);
  EXPECT_EQ(nvs_set_u8(reader, "k", 1), ESP_ERR_NVS_READ_ONLY);
  EXPECT_EQ(nvs_erase_key(reader, "k"), ESP_ERR_NVS_READ_ONLY);
  EXPECT_EQ(nvs_erase_all(reader), ESP_ERR_NVS_READ_ONLY);
  EXPECT_EQ(nvs_erase_key(handle, "k"), ESP_OK);
  EXPECT_EQ(nvs_erase_key(handle, "k"), ESP_ERR_NVS_NOT_FOUND);
  nvs_close(handle);
  EXPECT_EQ(nvs_commit(handle), ESP_ERR_NVS_INVALID_HANDLE);
  EXPECT_EQ(nvs_flash_erase(), ESP_OK);
  EXPECT_EQ(nvs_open("a", NVS_READWRITE, &handle), ESP_ERR_NVS_NOT_INITIALIZED);
  EXPECT_EQ(nvs_flash_init(), ESP_OK);
  EXPECT_EQ(nvs_open("a", NVS_READONLY, &handle), ESP_ERR_NVS_NOT_FOUND) << "namespaces are erased, too";
}

TEST_F(EspNvs, IteratorsGoThroughANamespaceATypeOrAll) {
  EXPECT_EQ(nvs_set_u8(open("a"), "one", 1), ESP_OK);
  EXPECT_EQ(nvs_set_str(open("a"), "two", "2"), ESP_OK);
  EXPECT_EQ(nvs_set_str(open("b"), "three", "3"), ESP_OK);
  const auto keys = [](const char* space, nvs_type_t type) {
    std::string all;
    nvs_iterator_t iterator = nullptr;
    esp_err_t result = linnet_nvs_entry_find(NVS_DEFAULT_PART_NAME, space, type, &iterator);
    for (; result == ESP_OK; result = linnet_nvs_entry_next(&iterator)) {
      nvs_entry_info_t info{};
      EXPECT_EQ(nvs_entry_info(iterator, &info), ESP_OK);
      all += std::string(info.namespace_name) + ":" + info.key + " ";
    }
    EXPECT_EQ(result, ESP_ERR_NVS_NOT_FOUND);
    EXPECT_EQ(iterator, nullptr);
    return all;
  };
  EXPECT_EQ(keys(nullptr, NVS_TYPE_ANY), "a:one a:two b:three ");
  EXPECT_EQ(keys("a", NVS_TYPE_ANY), "a:one a:two ");
  EXPECT_EQ(keys(nullptr, NVS_TYPE_STR), "a:two b:three ");
  EXPECT_EQ(keys("c", NVS_TYPE_ANY), "");
}

TEST_F(EspNvs, APartitionHasAnEnd) {
  const nvs_handle_t handle = open("a");
  nvs_stats_t before{};
  EXPECT_EQ(nvs_get_stats(nullptr, &before), ESP_OK);
  EXPECT_EQ(before.total_entries, 756u);
  EXPECT_EQ(before.namespace_count, 1u);
  const std::string block(4096, 'x');
  int stored = 0;
  esp_err_t result = ESP_OK;
  for (; result == ESP_OK && stored < 100; ++stored) {
    result = nvs_set_blob(handle, ("k" + std::to_string(stored)).c_str(), block.data(), block.size());
  }
  EXPECT_EQ(result, ESP_ERR_NVS_NOT_ENOUGH_SPACE);
  EXPECT_EQ(stored, 5);
  size_t used = 0;
  EXPECT_EQ(nvs_get_used_entry_count(handle, &used), ESP_OK);
  EXPECT_EQ(used, 4u * 130);
  EXPECT_EQ(nvs_set_blob(handle, "k0", block.data(), block.size()), ESP_OK) << "in place of what is there";
}

TEST_F(EspNvs, AFileOfSomebodyElseIsLeftAlone) {
  EXPECT_EQ(nvs_flash_deinit(), ESP_OK);
  for (const char* text :
       {"something else\n", "linnet nvs 1\nx61 x62 3 x00\n", "linnet nvs 1\nx61 x62 1 x0\n",
        "linnet nvs 1\nx61 x62 33 x61\n", "linnet nvs 1\nx x62 1 x00\n"}) {
    std::ofstream(file_) << text;
    EXPECT_EQ(nvs_flash_init(), ESP_ERR_NVS_INVALID_STATE) << text;
    EXPECT_EQ(nvs_flash_erase(), ESP_ERR_NVS_INVALID_STATE) << text;
    std::string kept;
    std::getline(std::ifstream(file_), kept, '\0');
    EXPECT_EQ(kept, text);
  }
}

/// There is one partition.
TEST_F(EspNvs, PartitionsByNameAndTheEntriesOfAHandle) {
  EXPECT_EQ(nvs_flash_init_partition("nvs"), ESP_OK);
  EXPECT_EQ(nvs_flash_init_partition("other"), ESP_ERR_NOT_FOUND);
  const nvs_handle_t handle = open("storage");
  EXPECT_EQ(nvs_set_u8(handle, "one", 1), ESP_OK);
  EXPECT_EQ(nvs_set_u8(open("elsewhere"), "two", 2), ESP_OK);
  nvs_iterator_t at = nullptr;
  ASSERT_EQ(nvs_entry_find_in_handle(handle, NVS_TYPE_ANY, &at), ESP_OK);
  nvs_entry_info_t info{};
  EXPECT_EQ(nvs_entry_info(at, &info), ESP_OK);
  EXPECT_STREQ(info.key, "one");
  EXPECT_EQ(nvs_entry_next(&at), ESP_ERR_NVS_NOT_FOUND) << "the other is not this handle's";
  EXPECT_EQ(nvs_flash_erase_partition("other"), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(nvs_flash_erase_partition("nvs"), ESP_OK);
  EXPECT_EQ(nvs_flash_init(), ESP_OK);
  EXPECT_EQ(nvs_entry_find_in_handle(open("storage"), NVS_TYPE_ANY, &at), ESP_ERR_NVS_NOT_FOUND)
      << "everything went";
  EXPECT_EQ(nvs_flash_deinit_partition("nvs"), ESP_OK);
  EXPECT_EQ(nvs_flash_deinit_partition("nvs"), ESP_ERR_NVS_NOT_INITIALIZED);
}

}  // namespace
