// SPDX-License-Identifier: Apache-2.0
// mdns.h from ESP-IDF 3 on, call by call, with a peer that speaks Multicast DNS.
#include "compat/lwip/calls.hpp"
#include "tests/esp_idf/test_segment.hpp"

#include <mdns_today.h>

namespace linnet::esp {
namespace {

using namespace test;
using mdns::Name;

class MdnsToday : public Segment {
 protected:
  ~MdnsToday() override { mdns_free(); }
  /// Ours, with its name its own.
  void begin(const char* name = "esp32") {
    ASSERT_EQ(mdns_init(), ESP_OK);
    ASSERT_EQ(mdns_hostname_set(name), ESP_OK);
  }
  /// The peer's: a host and a service.
  void begin_peer() {
    ASSERT_TRUE(peer.agent().start("peer", now()));
    std::array<std::uint8_t, 64> room{};
    mdns::TxtWriter txt(room);
    constexpr std::array<std::uint8_t, 3> binary = {'a', 0, 'b'};
    txt.add("rp", binary);
    txt.add("flag");
    printer_ = *peer.agent().machine().responder().add_service(
        {.instance = "My Printer",
         .type = "_ipp._tcp",
         .port = 631,
         .priority = 1,
         .weight = 2,
         .txt = txt.finish(),
         .subtypes = std::array<std::string_view, 1>{"_color"}},
        now());
    pass(Duration::seconds(5));
  }
  /// What the peer knows after asking: the data of the records, as text.
  std::vector<std::string> asked(const Name& name, std::uint16_t record_type) {
    if (!peer.agent().running()) {
      EXPECT_TRUE(peer.agent().start({}, now()));
    }
    const auto query = *peer.agent().machine().querier().query(name, record_type, now());
    pass(Duration::seconds(4));
    std::vector<std::string> all;
    std::as_const(peer.agent()).machine().for_each_answer(query, now(), [&](const mdns::RecordView& view) {
      all.emplace_back(reinterpret_cast<const char*>(view.data.data()), view.data.size());
    });
    peer.agent().machine().querier().release(query);
    return all;
  }
  static Name name_of(const char* text) { return *mdns::name_from_text(text); }
  std::size_t answers(const char* name, std::uint16_t record_type) {
    return asked(name_of(name), record_type).size();
  }
  std::string txt_of(const char* name) {
    const auto all = asked(name_of(name), mdns::type::txt);
    return all.size() == 1 ? all[0] : "";
  }
  mdns::ServiceHandle printer_;
};

mdns_ip_addr_t entry_of(const IpAddress& address, mdns_ip_addr_t* next = nullptr) {
  return {.addr = compat::ip_addr_of(address), .next = next};
}

TEST_F(MdnsToday, CallsBeforeInitSayThatItDoesNotRun) {
  char name[MDNS_NAME_BUF_LEN];
  mdns_result_t* results = nullptr;
  esp_ip4_addr_t address{};
  EXPECT_EQ(mdns_hostname_set("esp32"), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(mdns_hostname_get(name), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(mdns_instance_name_set("ESP32"), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(mdns_service_add(nullptr, "_http", "_tcp", 80, nullptr, 0), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(mdns_service_remove_all(), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(mdns_query_ptr("_http", "_tcp", 100, 1, &results), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(mdns_query_a("peer", 100, &address), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(mdns_query_async_new("peer", nullptr, nullptr, MDNS_TYPE_A, 100, 1, nullptr), nullptr);
  EXPECT_EQ(mdns_browse_new("_http", "_tcp", [](mdns_result_t*) {}), nullptr);
  EXPECT_FALSE(mdns_service_exists("_http", "_tcp", nullptr));
  EXPECT_FALSE(mdns_hostname_exists("esp32"));
}

TEST_F(MdnsToday, TheHostHasItsNameAndAnother) {
  begin();
  EXPECT_EQ(mdns_init(), ESP_OK) << "twice is as once";
  EXPECT_EQ(mdns_hostname_set(""), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_hostname_set("a.b"), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(answers("esp32.local", mdns::type::a), 1u);
  char name[MDNS_NAME_BUF_LEN];
  EXPECT_EQ(mdns_hostname_get(nullptr), ESP_ERR_INVALID_ARG);
  ASSERT_EQ(mdns_hostname_get(name), ESP_OK);
  EXPECT_STREQ(name, "esp32");
  EXPECT_TRUE(mdns_hostname_exists("ESP32"));
  ASSERT_EQ(mdns_hostname_set("other"), ESP_OK);
  EXPECT_EQ(answers("other.local", mdns::type::a), 1u);
  EXPECT_EQ(answers("esp32.local", mdns::type::a), 0u);
}

TEST_F(MdnsToday, WhereTheNameIsAnothersItTellsTheNewOne) {
  ASSERT_TRUE(peer.agent().start("esp32", now()));
  pass(Duration::seconds(5));
  begin("esp32");
  pass(Duration::seconds(10));
  char name[MDNS_NAME_BUF_LEN];
  ASSERT_EQ(mdns_hostname_get(name), ESP_OK);
  EXPECT_STREQ(name, "esp32-2");
}

TEST_F(MdnsToday, ServicesAreAnnouncedOnceTheHostHasAName) {
  ASSERT_EQ(mdns_init(), ESP_OK);
  ASSERT_EQ(mdns_service_add("Web", "_http", "_tcp", 80, nullptr, 0), ESP_OK);
  EXPECT_EQ(answers("_http._tcp.local", mdns::type::ptr), 0u);
  ASSERT_EQ(mdns_hostname_set("esp32"), ESP_OK);
  EXPECT_EQ(answers("_http._tcp.local", mdns::type::ptr), 1u);
}

TEST_F(MdnsToday, ServicesAreAddedChangedAndRemoved) {
  begin();
  ASSERT_EQ(mdns_instance_name_set("Default"), ESP_OK);
  mdns_txt_item_t items[] = {{"board", "esp32"}, {"flag", nullptr}};
  ASSERT_EQ(mdns_service_add(nullptr, "_http", "_tcp", 80, items, 2), ESP_OK);
  EXPECT_EQ(mdns_service_add(nullptr, "_http", "_tcp", 80, items, 2), ESP_ERR_INVALID_ARG) << "it is there";
  EXPECT_EQ(mdns_service_add(nullptr, "http", "_tcp", 80, nullptr, 0), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_service_add(nullptr, "_http", "_sctp", 80, nullptr, 0), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_service_add(nullptr, "_ftp", "_tcp", 0, nullptr, 0), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_service_add(nullptr, "_ftp", "_tcp", 21, nullptr, 1), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_service_add(nullptr, nullptr, "_tcp", 21, nullptr, 0), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_service_add_for_host(nullptr, "_ftp", "_tcp", "nobody", 21, nullptr, 0),
            ESP_ERR_INVALID_ARG);
  EXPECT_TRUE(mdns_service_exists("_http", "_tcp", nullptr));
  EXPECT_TRUE(mdns_service_exists_with_instance("Default", "_http", "_tcp", "esp32"));
  EXPECT_FALSE(mdns_service_exists_with_instance("Other", "_http", "_tcp", nullptr));
  EXPECT_EQ(txt_of("Default._http._tcp.local"),
            "\x0b"
            "board=esp32\x04"
            "flag");

  EXPECT_EQ(mdns_service_port_set("_http", "_tcp", 8080), ESP_OK);
  EXPECT_EQ(mdns_service_port_set("_http", "_tcp", 0), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_service_port_set("_ftp", "_tcp", 21), ESP_ERR_NOT_FOUND);
  const auto srv = asked(name_of("Default._http._tcp.local"), mdns::type::srv);
  ASSERT_EQ(srv.size(), 1u);
  EXPECT_EQ(load16(reinterpret_cast<const std::uint8_t*>(srv[0].data()) + 4), 8080);

  EXPECT_EQ(mdns_service_instance_name_set("_http", "_tcp", "Web"), ESP_OK);
  EXPECT_EQ(mdns_service_instance_name_set("_http", "_tcp", ""), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(answers("Web._http._tcp.local", mdns::type::srv), 1u);
  EXPECT_EQ(answers("Default._http._tcp.local", mdns::type::srv), 0u);
  EXPECT_EQ(mdns_service_instance_name_set_for_host("Web", "_http", "_tcp", nullptr, "Site"), ESP_OK);
  EXPECT_EQ(mdns_service_port_set_for_host("Site", "_http", "_tcp", nullptr, 81), ESP_OK);

  EXPECT_EQ(mdns_service_remove_for_host("Web", "_http", "_tcp", nullptr), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(mdns_service_remove("_http", "_tcp"), ESP_OK);
  EXPECT_EQ(mdns_service_remove("_http", "_tcp"), ESP_ERR_NOT_FOUND);
  pass(Duration::seconds(2));
  EXPECT_EQ(answers("_http._tcp.local", mdns::type::ptr), 0u);
}

TEST_F(MdnsToday, ServicesWithoutANameOfTheirOwnFollowTheDefault) {
  begin();
  ASSERT_EQ(mdns_service_add(nullptr, "_http", "_tcp", 80, nullptr, 0), ESP_OK);
  EXPECT_EQ(answers("esp32._http._tcp.local", mdns::type::srv), 1u);
  ASSERT_EQ(mdns_instance_name_set("Kitchen"), ESP_OK);
  EXPECT_EQ(answers("Kitchen._http._tcp.local", mdns::type::srv), 1u);
  EXPECT_EQ(answers("esp32._http._tcp.local", mdns::type::srv), 0u);
}

TEST_F(MdnsToday, TxtItemsAreSetChangedAndRemoved) {
  begin();
  ASSERT_EQ(mdns_service_add("Web", "_http", "_tcp", 80, nullptr, 0), ESP_OK);
  mdns_txt_item_t items[] = {{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(mdns_service_txt_set("_http", "_tcp", items, 2), ESP_OK);
  EXPECT_EQ(txt_of("Web._http._tcp.local"),
            "\x03"
            "a=1\x03"
            "b=2");
  EXPECT_EQ(mdns_service_txt_item_set("_http", "_tcp", "a", "9"), ESP_OK);
  EXPECT_EQ(mdns_service_txt_item_set_for_host("Web", "_http", "_tcp", nullptr, "c", nullptr), ESP_OK);
  EXPECT_EQ(txt_of("Web._http._tcp.local"),
            "\x03"
            "a=9\x03"
            "b=2\x01"
            "c");
  EXPECT_EQ(mdns_service_txt_item_remove("_http", "_tcp", "b"), ESP_OK);
  EXPECT_EQ(mdns_service_txt_item_remove("_http", "_tcp", "b"), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(mdns_service_txt_item_remove_for_host("Web", "_http", "_tcp", nullptr, "c"), ESP_OK);
  EXPECT_EQ(mdns_service_txt_item_set_with_explicit_value_len("_http", "_tcp", "a", "x\0y", 3), ESP_OK);
  EXPECT_EQ(mdns_service_txt_item_set_for_host_with_explicit_value_len("Web", "_http", "_tcp", nullptr, "d",
                                                                       "zz", 1),
            ESP_OK);
  EXPECT_EQ(txt_of("Web._http._tcp.local"), std::string("\x05"
                                                        "a=x\0y\x03"
                                                        "d=z",
                                                        10));
  mdns_txt_item_explicit_t exact[] = {{"e", "\0\1", 2}};
  EXPECT_EQ(mdns_service_txt_set_with_explicit_txt_item_value_len("_http", "_tcp", exact, 1), ESP_OK);
  EXPECT_EQ(txt_of("Web._http._tcp.local"), std::string("\x04"
                                                        "e=\0\1",
                                                        5));
  EXPECT_EQ(mdns_service_txt_set_for_host("Web", "_http", "_tcp", nullptr, items, 1), ESP_OK);
  EXPECT_EQ(txt_of("Web._http._tcp.local"),
            "\x03"
            "a=1");
  const std::string long_value(260, 'x');
  EXPECT_EQ(mdns_service_txt_item_set("_http", "_tcp", "f", long_value.c_str()), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_service_txt_item_set("_http", "_tcp", "", "1"), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_service_txt_item_set("_ftp", "_tcp", "a", "1"), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(txt_of("Web._http._tcp.local"),
            "\x03"
            "a=1")
      << "what was refused changed nothing";
}

TEST_F(MdnsToday, SubtypesComeAndGo) {
  begin();
  ASSERT_EQ(mdns_service_add("Web", "_http", "_tcp", 80, nullptr, 0), ESP_OK);
  EXPECT_EQ(mdns_service_subtype_add_for_host("Web", "_http", "_tcp", nullptr, "_one"), ESP_OK);
  EXPECT_EQ(mdns_service_subtype_add_for_host("Web", "_http", "_tcp", nullptr, "_one"), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_service_subtype_add_for_host("No", "_http", "_tcp", nullptr, "_one"), ESP_ERR_NOT_FOUND);
  mdns_subtype_item_t more[] = {{"_two"}, {"_three"}};
  EXPECT_EQ(mdns_service_subtype_add_multiple_items_for_host(nullptr, "_http", "_tcp", nullptr, more, 2),
            ESP_OK);
  for (const char* name :
       {"_one._sub._http._tcp.local", "_two._sub._http._tcp.local", "_three._sub._http._tcp.local"})
    EXPECT_EQ(answers(name, mdns::type::ptr), 1u) << name;
  EXPECT_EQ(mdns_service_subtype_remove_for_host("Web", "_http", "_tcp", nullptr, "_two"), ESP_OK);
  EXPECT_EQ(mdns_service_subtype_remove_for_host("Web", "_http", "_tcp", nullptr, "_two"), ESP_ERR_NOT_FOUND);
  pass(Duration::seconds(5));
  EXPECT_EQ(answers("_two._sub._http._tcp.local", mdns::type::ptr), 0u);
  EXPECT_EQ(answers("_one._sub._http._tcp.local", mdns::type::ptr), 1u);
  EXPECT_EQ(mdns_service_subtype_update_multiple_items_for_host("Web", "_http", "_tcp", nullptr, more, 1),
            ESP_OK);
  pass(Duration::seconds(5));
  EXPECT_EQ(answers("_two._sub._http._tcp.local", mdns::type::ptr), 1u);
  EXPECT_EQ(answers("_one._sub._http._tcp.local", mdns::type::ptr), 0u);
}

TEST_F(MdnsToday, DelegatedHostsHaveAddressesAndServices) {
  begin();
  mdns_ip_addr_t second = entry_of(*IpAddress::parse("fd11:22::1"));
  mdns_ip_addr_t first = entry_of(IpAddress::v4(10, 0, 0, 1), &second);
  EXPECT_EQ(mdns_delegate_hostname_add("esp32", &first), ESP_ERR_INVALID_ARG) << "that is ours";
  EXPECT_EQ(mdns_delegate_hostname_add("tv", nullptr), ESP_ERR_INVALID_ARG);
  ASSERT_EQ(mdns_delegate_hostname_add("tv", &first), ESP_OK);
  EXPECT_TRUE(mdns_hostname_exists("tv"));
  mdns_txt_item_t items[] = {{"k", "v"}};
  ASSERT_EQ(mdns_service_add_for_host("Screen", "_http", "_tcp", "tv", 1234, items, 1), ESP_OK);
  EXPECT_TRUE(mdns_service_exists("_http", "_tcp", "tv"));
  EXPECT_FALSE(mdns_service_exists("_http", "_tcp", nullptr));
  EXPECT_EQ(answers("tv.local", mdns::type::a), 1u);
  EXPECT_EQ(answers("tv.local", mdns::type::aaaa), 1u);
  EXPECT_EQ(answers("Screen._http._tcp.local", mdns::type::srv), 1u);

  mdns_result_t* results = nullptr;
  ASSERT_EQ(mdns_lookup_delegated_service(nullptr, "_http", "_tcp", 5, &results), ESP_OK);
  ASSERT_NE(results, nullptr);
  EXPECT_STREQ(results->hostname, "tv");
  EXPECT_EQ(results->port, 1234);
  EXPECT_STREQ(results->txt[0].value, "v");
  ASSERT_NE(results->addr, nullptr);
  mdns_query_results_free(results);
  ASSERT_EQ(mdns_lookup_selfhosted_service(nullptr, "_http", "_tcp", 5, &results), ESP_OK);
  EXPECT_EQ(results, nullptr);
  ASSERT_EQ(mdns_service_add("Own", "_http", "_tcp", 80, nullptr, 0), ESP_OK);
  ASSERT_EQ(mdns_lookup_selfhosted_service("Own", "_http", "_tcp", 5, &results), ESP_OK);
  ASSERT_NE(results, nullptr);
  EXPECT_STREQ(results->hostname, "esp32");
  mdns_query_results_free(results);

  mdns_ip_addr_t other = entry_of(IpAddress::v4(10, 0, 0, 2));
  EXPECT_EQ(mdns_delegate_hostname_set_address("radio", &other), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_delegate_hostname_set_address("tv", &other), ESP_OK);
  pass(Duration::seconds(4));
  EXPECT_EQ(asked(name_of("tv.local"), mdns::type::a),
            std::vector<std::string>{std::string("\x0a\0\0\x02", 4)});
  EXPECT_EQ(mdns_delegate_hostname_remove("tv"), ESP_OK);
  EXPECT_EQ(mdns_delegate_hostname_remove("tv"), ESP_ERR_INVALID_ARG);
  EXPECT_FALSE(mdns_service_exists("_http", "_tcp", "tv"));
  pass(Duration::seconds(2));
  EXPECT_EQ(answers("tv.local", mdns::type::a), 0u);
}

TEST_F(MdnsToday, QueriesFindHosts) {
  begin_peer();
  ASSERT_EQ(mdns_init(), ESP_OK);
  esp_ip4_addr_t address{};
  ASSERT_EQ(mdns_query_a("peer", 2000, &address), ESP_OK);
  EXPECT_EQ(address.addr, lwip_htonl(peer_address.v4_value()));
  EXPECT_EQ(mdns_query_a("peer.local", 2000, &address), ESP_OK);
  esp_ip6_addr_t address6{};
  ASSERT_EQ(mdns_query_aaaa("peer", 2000, &address6), ESP_OK);
  EXPECT_TRUE(ip6_addr_islinklocal(&address6));
  const Instant before = now();
  EXPECT_EQ(mdns_query_a("nobody", 700, &address), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(now() - before, Duration::milliseconds(700));
  EXPECT_EQ(mdns_query_a("peer", 0, &address), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_query_a(nullptr, 100, &address), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_query_aaaa("peer", 100, nullptr), ESP_ERR_INVALID_ARG);
}

TEST_F(MdnsToday, QueriesFindServicesWithAllThatBelongsToThem) {
  begin_peer();
  begin();
  ASSERT_EQ(mdns_service_add("Ours", "_ipp", "_tcp", 80, nullptr, 0), ESP_OK);
  mdns_result_t* results = nullptr;
  const Instant before = now();
  ASSERT_EQ(mdns_query_ptr("_ipp", "_tcp", 3000, 1, &results), ESP_OK);
  EXPECT_LT(now() - before, Duration::seconds(3)) << "as soon as it is whole";
  ASSERT_NE(results, nullptr);
  EXPECT_EQ(results->next, nullptr);
  EXPECT_STREQ(results->instance_name, "My Printer") << "not our own";
  EXPECT_STREQ(results->service_type, "_ipp");
  EXPECT_STREQ(results->proto, "_tcp");
  EXPECT_STREQ(results->hostname, "peer");
  EXPECT_EQ(results->port, 631);
  EXPECT_EQ(results->esp_netif, esp_netif_get_default_netif());
  EXPECT_GT(results->ttl, 0u);
  ASSERT_EQ(results->txt_count, 2u);
  EXPECT_STREQ(results->txt[0].key, "rp");
  ASSERT_EQ(results->txt_value_len[0], 3);
  EXPECT_EQ(std::string(results->txt[0].value, 3), std::string("a\0b", 3));
  EXPECT_STREQ(results->txt[1].key, "flag");
  EXPECT_EQ(results->txt[1].value, nullptr);
  std::size_t v4 = 0;
  for (const mdns_ip_addr_t* at = results->addr; at != nullptr; at = at->next)
    v4 += at->addr.type == IPADDR_TYPE_V4 ? 1 : 0;
  EXPECT_EQ(v4, 1u);
  mdns_query_results_free(results);

  ASSERT_EQ(mdns_query_ptr("_ipp", "_tcp", 500, 0, &results), ESP_OK);
  ASSERT_NE(results, nullptr);
  ASSERT_NE(results->next, nullptr) << "by IPv4 and by IPv6";
  EXPECT_EQ(results->ip_protocol, MDNS_IP_PROTOCOL_V4);
  EXPECT_EQ(results->next->ip_protocol, MDNS_IP_PROTOCOL_V6);
  mdns_query_results_free(results);
  ASSERT_EQ(mdns_query("_color", "_ipp", "_tcp", MDNS_TYPE_PTR, 2000, 1, &results), ESP_OK) << "a subtype";
  ASSERT_NE(results, nullptr);
  EXPECT_STREQ(results->instance_name, "My Printer");
  mdns_query_results_free(results);
  ASSERT_EQ(mdns_query_ptr("_services._dns-sd", "_udp", 1000, 0, &results), ESP_OK);
  ASSERT_NE(results, nullptr);
  EXPECT_STREQ(results->service_type, "_ipp");
  mdns_query_results_free(results);
  EXPECT_EQ(mdns_query_ptr("_none", "_tcp", 500, 1, &results), ESP_OK);
  EXPECT_EQ(results, nullptr) << "nobody";
}

TEST_F(MdnsToday, QueriesForSrvTxtAndAnythingOfAnInstance) {
  begin_peer();
  ASSERT_EQ(mdns_init(), ESP_OK);
  mdns_result_t* result = nullptr;
  ASSERT_EQ(mdns_query_srv("My Printer", "_ipp", "_tcp", 2000, &result), ESP_OK);
  ASSERT_NE(result, nullptr);
  EXPECT_STREQ(result->hostname, "peer");
  EXPECT_EQ(result->port, 631);
  mdns_query_results_free(result);
  ASSERT_EQ(mdns_query_txt("My Printer", "_ipp", "_tcp", 2000, &result), ESP_OK);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->txt_count, 2u);
  mdns_query_results_free(result);
  ASSERT_EQ(
      mdns_query_generic("My Printer", "_ipp", "_tcp", MDNS_TYPE_ANY, MDNS_QUERY_UNICAST, 2000, 1, &result),
      ESP_OK);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->port, 631);
  mdns_query_results_free(result);
  ASSERT_EQ(mdns_query("peer", nullptr, nullptr, MDNS_TYPE_ANY, 500, 0, &result), ESP_OK);
  ASSERT_NE(result, nullptr);
  ASSERT_NE(result->addr, nullptr);
  EXPECT_NE(result->addr->next, nullptr) << "both families";
  mdns_query_results_free(result);
  EXPECT_EQ(mdns_query("peer", "_ipp", nullptr, MDNS_TYPE_SRV, 500, 1, &result), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_query("peer", nullptr, nullptr, MDNS_TYPE_SRV, 500, 1, &result), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_query_srv(nullptr, "_ipp", "_tcp", 500, &result), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_query_ptr("_ipp", "_tcp", 0, 1, &result), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_query_ptr("_ipp", "_tcp", 100, 1, nullptr), ESP_ERR_INVALID_ARG);
}

TEST_F(MdnsToday, AsynchronousQueriesAreAskedForTheirResults) {
  begin_peer();
  ASSERT_EQ(mdns_init(), ESP_OK);
  mdns_search_once_t* search =
      mdns_query_async_new("nobody", nullptr, nullptr, MDNS_TYPE_A, 1000, 1, nullptr);
  ASSERT_NE(search, nullptr);
  mdns_result_t* results = nullptr;
  std::uint8_t count = 9;
  EXPECT_FALSE(mdns_query_async_get_results(search, 300, &results, &count));
  EXPECT_EQ(mdns_query_async_delete(search), ESP_ERR_INVALID_STATE) << "it goes on";
  EXPECT_TRUE(mdns_query_async_get_results(search, 2000, &results, &count));
  EXPECT_EQ(results, nullptr);
  EXPECT_EQ(count, 0);
  EXPECT_EQ(mdns_query_async_delete(search), ESP_OK);
  search = mdns_query_async_new("peer", nullptr, nullptr, MDNS_TYPE_AAAA, 1000, 1, nullptr);
  ASSERT_TRUE(mdns_query_async_get_results(search, 2000, &results, nullptr));
  ASSERT_NE(results, nullptr);
  EXPECT_EQ(results->addr->addr.type, IPADDR_TYPE_V6);
  mdns_query_results_free(results);
  EXPECT_EQ(mdns_query_async_delete(search), ESP_OK);
  EXPECT_EQ(mdns_query_async_delete(nullptr), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(mdns_query_async_new(nullptr, "_ipp", "_tcp", MDNS_TYPE_PTR, 0, 1, nullptr), nullptr);
}

TEST_F(MdnsToday, TheInterfaceIsSilentWhileItIsDisabled) {
  begin();
  esp_netif_t* netif = esp_netif_get_default_netif();
  EXPECT_EQ(mdns_register_netif(netif), ESP_ERR_INVALID_STATE) << "it is registered";
  EXPECT_EQ(mdns_unregister_netif(nullptr), ESP_ERR_NOT_FOUND);
  EXPECT_EQ(mdns_netif_action(nullptr, MDNS_EVENT_ENABLE_IP4), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(answers("esp32.local", mdns::type::a), 1u);
  EXPECT_EQ(mdns_netif_action(netif, MDNS_EVENT_DISABLE_IP4), ESP_OK);
  pass(Duration::seconds(2));
  EXPECT_EQ(answers("esp32.local", mdns::type::a), 0u);
  EXPECT_EQ(mdns_netif_action(netif, MDNS_EVENT_ENABLE_IP4), ESP_OK);
  pass(Duration::seconds(3));
  EXPECT_EQ(answers("esp32.local", mdns::type::a), 1u);
  EXPECT_EQ(mdns_netif_action(netif, MDNS_EVENT_ANNOUNCE_IP6), ESP_OK);
  EXPECT_EQ(mdns_netif_action(netif, MDNS_EVENT_IP4_REVERSE_LOOKUP), ESP_OK);
}

TEST_F(MdnsToday, RemoveAllAndFreeSayGoodbyeAndForget) {
  begin();
  ASSERT_EQ(mdns_service_add("Web", "_http", "_tcp", 80, nullptr, 0), ESP_OK);
  EXPECT_EQ(answers("_http._tcp.local", mdns::type::ptr), 1u);
  EXPECT_EQ(mdns_service_remove_all(), ESP_OK);
  pass(Duration::seconds(2));
  EXPECT_EQ(answers("_http._tcp.local", mdns::type::ptr), 0u);
  mdns_free();
  pass(Duration::seconds(2));
  EXPECT_EQ(answers("esp32.local", mdns::type::a), 0u);
  begin("again");
  EXPECT_FALSE(mdns_service_exists("_http", "_tcp", nullptr));
  EXPECT_EQ(answers("again.local", mdns::type::a), 1u);
}

TEST_F(MdnsToday, NamesUnderLocalAreAskedOfTheLink) {
  begin_peer();  // nobody called mdns_init
  const addrinfo hints{.ai_flags = 0, .ai_family = AF_INET};
  addrinfo* info = nullptr;
  ASSERT_EQ(lwip_getaddrinfo("peer.local", "80", &hints, &info), 0);
  EXPECT_EQ(reinterpret_cast<sockaddr_in*>(info->ai_addr)->sin_addr.s_addr,
            lwip_htonl(peer_address.v4_value()));
  lwip_freeaddrinfo(info);
  const hostent* entry = lwip_gethostbyname("PEER.local.");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(lwip_gethostbyname("nobody.local"), nullptr);
  EXPECT_EQ(lwip_getaddrinfo("nobody.local", "80", &hints, &info), EAI_NONAME) << "no server to ask then";
}

}  // namespace
}  // namespace linnet::esp
