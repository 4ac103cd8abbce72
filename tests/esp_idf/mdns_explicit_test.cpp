// SPDX-License-Identifier: Apache-2.0
// mdns.h's calls that take the length of a TXT record's values, and what ESP-IDF 3 and 4 had: as a program of
// era 4.
#define LINNET_ESP_ERA 4
#include "compat/lwip/calls.hpp"
#include "tests/esp_idf/test_segment.hpp"

#include <mdns_today.h>

namespace linnet::esp {
namespace {

using namespace test;

class MdnsExplicit : public Segment {
 protected:
  MdnsExplicit() {
    EXPECT_EQ(mdns_init(), ESP_OK);
    EXPECT_EQ(mdns_hostname_set("esp32"), ESP_OK);
    EXPECT_TRUE(peer.agent().start({}, now()));
  }
  ~MdnsExplicit() override { mdns_free(); }
  /// What the peer is told when it asks.
  std::vector<std::string> asked(const char* name, std::uint16_t record_type) {
    const auto query =
        *peer.agent().machine().querier().query(*mdns::name_from_text(name), record_type, now());
    pass(Duration::seconds(4));
    std::vector<std::string> all;
    std::as_const(peer.agent()).machine().for_each_answer(query, now(), [&](const mdns::RecordView& view) {
      all.emplace_back(reinterpret_cast<const char*>(view.data.data()), view.data.size());
    });
    peer.agent().machine().querier().release(query);
    return all;
  }
};

using Texts = std::vector<std::string>;

// "a=", a zero and a one; then "b" without a value.
const std::string binary(
    "\x04"
    "a=\0\1"
    "\x01"
    "b",
    7);
mdns_txt_item_explicit_t binary_items[] = {{"a", "\0\1", 2}, {"b", nullptr, 0}};

TEST_F(MdnsExplicit, AServiceIsAddedWithValuesOfAnyBytes) {
  ASSERT_EQ(mdns_service_add_with_explicit_txt_item_value_len("Web", "_http", "_tcp", 80, binary_items, 2),
            ESP_OK);
  EXPECT_EQ(asked("Web._http._tcp.local", mdns::type::txt), Texts{binary});
  EXPECT_EQ(mdns_service_add_with_explicit_txt_item_value_len("Web", "_http", "_tcp", 80, binary_items, 2),
            ESP_ERR_INVALID_ARG)
      << "it is there";
  EXPECT_EQ(mdns_service_add_with_explicit_txt_item_value_len("Ftp", "_ftp", "_tcp", 21, nullptr, 1),
            ESP_ERR_INVALID_ARG);
  mdns_txt_item_explicit_t no_key[] = {{"", "1", 1}};
  EXPECT_EQ(mdns_service_add_with_explicit_txt_item_value_len("Ftp", "_ftp", "_tcp", 21, no_key, 1),
            ESP_ERR_INVALID_ARG);
  EXPECT_FALSE(mdns_service_exists("_ftp", "_tcp", nullptr));
}

TEST_F(MdnsExplicit, AServiceOfAnotherHostIsAddedAndChangedWithValuesOfAnyBytes) {
  mdns_ip_addr_t address{};
  address.addr = compat::ip_addr_of(IpAddress::v4(192, 0, 2, 77));
  ASSERT_EQ(mdns_delegate_hostname_add("printer", &address), ESP_OK);
  ASSERT_EQ(mdns_service_add_for_host_with_explicit_txt_item_value_len("Print", "_ipp", "_tcp", "printer",
                                                                       631, binary_items, 2),
            ESP_OK);
  EXPECT_TRUE(mdns_service_exists("_ipp", "_tcp", "printer"));
  EXPECT_FALSE(mdns_service_exists("_ipp", "_tcp", nullptr)) << "it is not the own host's";
  EXPECT_EQ(asked("Print._ipp._tcp.local", mdns::type::txt), Texts{binary});
  EXPECT_EQ(mdns_service_add_for_host_with_explicit_txt_item_value_len("Print", "_ipp", "_tcp", "nobody", 631,
                                                                       binary_items, 2),
            ESP_ERR_INVALID_ARG);

  mdns_txt_item_explicit_t other[] = {{"c", "x\0y", 3}};
  EXPECT_EQ(mdns_service_txt_set_for_host_with_explicit_txt_item_value_len("Print", "_ipp", "_tcp", "printer",
                                                                           other, 1),
            ESP_OK);
  EXPECT_EQ(asked("Print._ipp._tcp.local", mdns::type::txt), Texts{std::string("\x05"
                                                                               "c=x\0y",
                                                                               6)});
  EXPECT_EQ(mdns_service_txt_set_for_host_with_explicit_txt_item_value_len("Print", "_ipp", "_tcp", nullptr,
                                                                           other, 1),
            ESP_ERR_NOT_FOUND)
      << "the own host has no such service";
  EXPECT_EQ(mdns_service_txt_set_for_host_with_explicit_txt_item_value_len("Print", "_ipp", "_tcp", "printer",
                                                                           nullptr, 1),
            ESP_ERR_INVALID_ARG);
}

TEST_F(MdnsExplicit, EventsOfEra4ChangeNothingSinceTheLinkIsWatched) {
  pass(Duration::seconds(5));
  system_event_t event{};
  event.event_id = SYSTEM_EVENT_STA_DISCONNECTED;
  EXPECT_EQ(mdns_handle_system_event(nullptr, &event), ESP_OK);
  EXPECT_EQ(asked("esp32.local", mdns::type::a).size(), 1u) << "the link is up, whatever the event says";
}

}  // namespace
}  // namespace linnet::esp
