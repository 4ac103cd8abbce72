// SPDX-License-Identifier: Apache-2.0
// mdns_console.h: its commands, with a peer that speaks Multicast DNS.
#include "tests/esp_idf/test_segment.hpp"

#include <esp_console.h>
#include <mdns_console.h>
#include <mdns_today.h>

namespace linnet::esp {
namespace {

using namespace test;

class MdnsConsole : public Segment {
 protected:
  MdnsConsole() {
    const esp_console_config_t config = ESP_CONSOLE_CONFIG_DEFAULT();
    EXPECT_EQ(esp_console_init(&config), ESP_OK);
    mdns_console_register();
  }
  ~MdnsConsole() override {
    mdns_free();
    esp_console_deinit();
  }
  /// What a line prints, and behind it what it yields unless that is 0.
  static std::string run(const char* line) {
    int result = 0;
    testing::internal::CaptureStdout();
    EXPECT_EQ(esp_console_run(line, &result), ESP_OK) << line;
    std::fflush(stdout);
    const std::string text = testing::internal::GetCapturedStdout();
    return result == 0 ? text : text + esp_err_to_name(result);
  }
};

TEST_F(MdnsConsole, ESP_2_5_TheCommandsFindAPeerAndItsService) {
  EXPECT_EQ(run("mdns_query_a peer"), "ESP_ERR_INVALID_STATE");
  EXPECT_EQ(run("mdns_init"), "");
  EXPECT_EQ(run("mdns_set_hostname esp32"), "");
  ASSERT_TRUE(peer.agent().start("peer", now()));
  std::array<std::uint8_t, 64> room{};
  mdns::TxtWriter txt(room);
  txt.add("flag");
  const auto printer = peer.agent().machine().responder().add_service({.instance = "My Printer",
                                                                       .type = "_ipp._tcp",
                                                                       .port = 631,
                                                                       .priority = 1,
                                                                       .weight = 2,
                                                                       .txt = txt.finish(),
                                                                       .subtypes = {}},
                                                                      now());
  ASSERT_TRUE(static_cast<bool>(printer));
  pass(Duration::seconds(5));
  EXPECT_EQ(run("mdns_query_a peer -t 500"), "192.0.2.20\n");
  EXPECT_EQ(run("mdns_query_a nobody -t 500"), "nobody answered\n");
  EXPECT_NE(run("mdns_query_aaaa peer").find("fe80::"), std::string::npos);
  const std::string found = run("mdns_query_ptr _ipp _tcp -m 1");
  EXPECT_NE(found.find("My Printer (V"), std::string::npos) << found;
  EXPECT_NE(found.find("  peer.local:631\n"), std::string::npos) << found;
  EXPECT_NE(run("mdns_query_srv \"My Printer\" _ipp _tcp").find("  peer.local:631\n"), std::string::npos);
  EXPECT_NE(run("mdns_query_txt \"My Printer\" _ipp _tcp").find("  flag\n"), std::string::npos);
  EXPECT_EQ(run("mdns_query_txt Other _ipp _tcp --timeout=300"), "nobody answered\n");
}

TEST_F(MdnsConsole, ESP_2_5_TheCommandsAnnounceAndTakeBack) {
  EXPECT_EQ(run("mdns_init"), "");
  EXPECT_EQ(run("mdns_set_hostname esp32"), "");
  EXPECT_EQ(run("mdns_set_instance \"A board\""), "");
  EXPECT_EQ(run("mdns_service_add _http _tcp 80 -i Pages path=/ plain"), "");
  EXPECT_EQ(run("mdns_service_add _http _tcp 70000"), "ESP_ERR_INVALID_ARG");
  const auto own = [](const char* instance) {
    mdns_result_t* found = nullptr;
    EXPECT_EQ(mdns_lookup_selfhosted_service(instance, "_http", "_tcp", 5, &found), ESP_OK);
    std::string text;
    if (found != nullptr) {
      text = std::to_string(found->port);
      for (std::size_t i = 0; i < found->txt_count; ++i)
        text += std::string(" ") + found->txt[i].key +
                (found->txt[i].value != nullptr ? found->txt[i].value : "");
    }
    mdns_query_results_free(found);
    return text;
  };
  EXPECT_EQ(own("Pages"), "80 path/ plain");
  EXPECT_EQ(run("mdns_service_port_set _http _tcp 8080"), "");
  EXPECT_EQ(run("mdns_service_txt_remove _http _tcp plain"), "");
  EXPECT_EQ(own("Pages"), "8080 path/");
  EXPECT_EQ(run("mdns_service_txt_set _http _tcp a=1 b=2=3"), "");
  EXPECT_EQ(run("mdns_service_instance_set _http _tcp Leaves"), "");
  EXPECT_EQ(own("Pages"), "");
  EXPECT_EQ(own("Leaves"), "8080 a1 b2=3");
  EXPECT_EQ(run("mdns_service_remove _http _tcp"), "");
  EXPECT_EQ(run("mdns_service_remove _http _tcp"), "ESP_ERR_NOT_FOUND");
  EXPECT_EQ(run("mdns_service_remove_all"), "");
  EXPECT_EQ(run("mdns_free"), "");
}

}  // namespace
}  // namespace linnet::esp
