// SPDX-License-Identifier: Apache-2.0
// mdns.h of ESP-IDF 2, call by call, with a peer that speaks Multicast DNS.
#include "compat/lwip/calls.hpp"

#include "apps/seed/seed.h"
#include "compat/esp_idf/mdns_server.hpp"
#include "tests/esp_idf/test_segment.hpp"

#include <mdns_era2.h>

namespace linnet::esp {
namespace {

using namespace test;

class MdnsEra2 : public Segment {
 protected:
  MdnsEra2() {
    EXPECT_TRUE(peer.agent().start("peer", now()));
    std::array<std::uint8_t, 64> room{};
    mdns::TxtWriter txt(room);
    constexpr std::array<std::uint8_t, 1> one = {'1'};
    txt.add("a", one);
    txt.add("b");
    EXPECT_TRUE(peer.agent().machine().responder().add_service({.instance = "Printer",
                                                                .type = "_ipp._tcp",
                                                                .port = 631,
                                                                .priority = 3,
                                                                .weight = 4,
                                                                .txt = txt.finish()},
                                                               now()));
    pass(Duration::seconds(5));
  }
  ~MdnsEra2() override { mdns_free(server_); }
  void begin() { ASSERT_EQ(mdns_init(TCPIP_ADAPTER_IF_STA, &server_), ESP_OK); }
  /// Whether the peer finds records of a name.
  bool known(const char* name, std::uint16_t record_type) {
    const auto query =
        *peer.agent().machine().querier().query(*mdns::name_from_text(name), record_type, now());
    pass(Duration::seconds(4));
    bool any = false;
    std::as_const(peer.agent()).machine().for_each_answer(query, now(), [&](const mdns::RecordView&) {
      any = true;
    });
    peer.agent().machine().querier().release(query);
    return any;
  }
  mdns_server_t* server_ = nullptr;
};

TEST_F(MdnsEra2, OneServerAtATime) {
  mdns_server_t* other = nullptr;
  EXPECT_EQ(mdns_init(TCPIP_ADAPTER_IF_MAX, &other), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_init(TCPIP_ADAPTER_IF_STA, nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_set_hostname(nullptr, "esp32"), ESP_ERR_INVALID_ARG);
  begin();
  EXPECT_EQ(mdns_init(TCPIP_ADAPTER_IF_STA, &other), ESP_ERR_INVALID_STATE);
  mdns_free(server_);
  EXPECT_EQ(mdns_set_hostname(server_, "esp32"), ESP_ERR_INVALID_ARG);
  begin();
}

TEST_F(MdnsEra2, HostAndServicesAreAnnounced) {
  begin();
  EXPECT_EQ(mdns_set_hostname(server_, "esp32"), ESP_OK);
  EXPECT_EQ(mdns_set_hostname(server_, nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_set_instance(server_, "Thing"), ESP_OK);
  EXPECT_EQ(mdns_service_add(server_, "_http", "_tcp", 80), ESP_OK);
  EXPECT_EQ(mdns_service_add(server_, "_http", "_tcp", 81), ESP_OK) << "the port changes";
  EXPECT_EQ(mdns_service_add(server_, "", "_tcp", 80), ESP_ERR_INVALID_ARG);
  const char* txt[] = {"board=esp32", "flag"};
  EXPECT_EQ(mdns_service_txt_set(server_, "_http", "_tcp", 2, txt), ESP_OK);
  EXPECT_EQ(mdns_service_txt_set(server_, "_ftp", "_tcp", 2, txt), ESP_ERR_NOT_FOUND);
  EXPECT_TRUE(known("esp32.local", mdns::type::a));
  EXPECT_TRUE(known("Thing._http._tcp.local", mdns::type::srv));
  EXPECT_EQ(mdns_service_instance_set(server_, "_http", "_tcp", "Web"), ESP_OK);
  EXPECT_EQ(mdns_service_instance_set(server_, "_ftp", "_tcp", "Web"), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(mdns_service_port_set(server_, "_http", "_tcp", 8080), ESP_OK);
  EXPECT_TRUE(known("Web._http._tcp.local", mdns::type::txt));
  EXPECT_EQ(mdns_service_remove(server_, "_ftp", "_tcp"), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(mdns_service_remove(server_, "_http", "_tcp"), ESP_OK);
  pass(Duration::seconds(2));
  EXPECT_FALSE(known("_http._tcp.local", mdns::type::ptr));
  EXPECT_EQ(mdns_service_add(server_, "_http", "_tcp", 80), ESP_OK);
  EXPECT_EQ(mdns_service_remove_all(server_), ESP_OK);
}

TEST_F(MdnsEra2, ESP_1_10_89_TheTextsCallsAnnounceAHostAndItsServices) {
  ASSERT_EQ(seed_mdns("chip1", "Chip"), ESP_OK);
  EXPECT_TRUE(known("chip1.local", mdns::type::a));
  EXPECT_TRUE(known("Web._http._tcp.local", mdns::type::srv));
  EXPECT_TRUE(known("Chip._ftp._tcp.local", mdns::type::txt));
  mdns_server().stop();
}

TEST_F(MdnsEra2, WithoutAHostNameItIsEspressif) {
  begin();
  EXPECT_EQ(mdns_service_add(server_, "_http", "_tcp", 80), ESP_OK);
  EXPECT_TRUE(known("espressif.local", mdns::type::a));
}

TEST_F(MdnsEra2, QueriesKeepTheirResults) {
  begin();
  ASSERT_EQ(mdns_query(server_, "peer", nullptr, 1000), 1u);
  const mdns_result_t* host = mdns_result_get(server_, 0);
  ASSERT_NE(host, nullptr);
  EXPECT_STREQ(host->host, "peer");
  EXPECT_EQ(host->instance, nullptr);
  EXPECT_EQ(host->addr.addr, lwip_htonl(peer_address.v4_value()));
  EXPECT_TRUE(ip6_addr_islinklocal(&host->addrv6));
  EXPECT_EQ(mdns_result_free(server_), ESP_OK);
  EXPECT_EQ(mdns_result_free(server_), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_result_get(server_, 0), nullptr);

  ASSERT_EQ(mdns_query(server_, "_ipp", "_tcp", 1000), 1u);
  EXPECT_EQ(mdns_result_get_count(server_), 1u);
  const mdns_result_t* service = mdns_result_get(server_, 0);
  EXPECT_STREQ(service->host, "peer");
  EXPECT_STREQ(service->instance, "Printer");
  EXPECT_STREQ(service->txt, "a=1&b");
  EXPECT_EQ(service->port, 631);
  EXPECT_EQ(service->priority, 3);
  EXPECT_EQ(service->weight, 4);
  EXPECT_EQ(service->next, nullptr);
  EXPECT_EQ(mdns_query(server_, "nobody", nullptr, 300), 0u);
}

TEST_F(MdnsEra2, AQueryWithoutATimeEndsWhenItIsEnded) {
  begin();
  EXPECT_EQ(mdns_query(server_, "_ipp", "_tcp", 0), 0u);
  EXPECT_EQ(mdns_query(server_, "peer", nullptr, 100), 0u) << "one at a time";
  EXPECT_EQ(mdns_result_free(server_), ESP_ERR_INVALID_ARG);
  pass(Duration::seconds(3));
  EXPECT_EQ(mdns_query_end(server_), 1u);
  EXPECT_EQ(mdns_query_end(server_), 0u);
  EXPECT_EQ(mdns_result_get_count(server_), 1u);
}

}  // namespace
}  // namespace linnet::esp
