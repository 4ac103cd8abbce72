// SPDX-License-Identifier: Apache-2.0
// mdns.h of ESP-IDF 2.
#include <memory>

#include "compat/esp_idf/mdns_server.hpp"
#include "compat/esp_idf/mdns_text.hpp"
#include "compat/lwip/calls.hpp"

#include <mdns_era2.h>

using namespace linnet;
using esp::MdnsFound;
using esp::MdnsSearch;

struct mdns_server_s {
  struct Result {
    MdnsFound found{};
    std::string txt{};
    mdns_result_t view{};
  };
  std::unique_ptr<MdnsSearch> search{};
  std::vector<std::unique_ptr<Result>> results{};
};

namespace {

mdns_server_s the_server;

bool is_ours(const mdns_server_t* server) { return server == &the_server && esp::mdns_server().running(); }

esp::MdnsServer::Which which_of(const char* service, const char* proto) {
  return {.type = esp::text_of(service), .protocol = esp::text_of(proto)};
}

const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

void fill(mdns_server_s::Result& result) {
  const MdnsFound& found = result.found;
  for (const esp::TxtItem& item : found.txt) {
    if (!result.txt.empty()) result.txt += '&';
    result.txt += item.key;
    if (item.value) result.txt += "=" + *item.value;
  }
  result.view.host = text_or_null(found.host);
  result.view.instance = text_or_null(found.instance);
  result.view.txt = text_or_null(result.txt);
  result.view.priority = found.priority;
  result.view.weight = found.weight;
  result.view.port = found.port;
  for (const IpAddress& address : found.addresses) {
    const ip_addr_t own = compat::ip_addr_of(address);
    if (address.is_v4()) {
      if (result.view.addr.addr == 0) result.view.addr = own.u_addr.ip4;
    } else if (ip6_addr_isany(&result.view.addrv6)) {
      result.view.addrv6 = own.u_addr.ip6;
    }
  }
}

/// Ends the search and keeps what it found.
void keep_results(mdns_server_s& server) {
  std::vector<MdnsFound> found;
  {
    const sockets::Host::Lock lock(*compat::attached_host());
    found = server.search->found(lock.now());
    server.search.reset();
  }
  for (MdnsFound& one : found) {
    server.results.push_back(std::make_unique<mdns_server_s::Result>());
    server.results.back()->found = std::move(one);
    fill(*server.results.back());
  }
  for (std::size_t i = 1; i < server.results.size(); ++i)
    server.results[i - 1]->view.next = &server.results[i]->view;
}

}  // namespace

extern "C" {

esp_err_t linnet_mdns2_init(tcpip_adapter_if_t tcpip_if, mdns_server_t** server) {
  if (tcpip_if >= TCPIP_ADAPTER_IF_MAX || server == nullptr) return ESP_ERR_INVALID_ARG;
  if (esp::mdns_server().running()) return ESP_ERR_INVALID_STATE;
  const esp_err_t started = esp::mdns_server().start();
  if (started == ESP_OK) *server = &the_server;
  return started;
}

void linnet_mdns2_free(mdns_server_t* server) {
  if (!is_ours(server)) return;
  static_cast<void>(mdns_query_end(server));
  server->results.clear();
  esp::mdns_server().stop();
}

esp_err_t mdns_set_hostname(mdns_server_t* server, const char* hostname) {
  if (!is_ours(server) || hostname == nullptr) return ESP_ERR_INVALID_ARG;
  return esp::mdns_server().set_host_name(hostname);
}

esp_err_t mdns_set_instance(mdns_server_t* server, const char* instance) {
  if (!is_ours(server) || instance == nullptr) return ESP_ERR_INVALID_ARG;
  return esp::mdns_server().set_instance(instance);
}

esp_err_t linnet_mdns2_service_add(mdns_server_t* server, const char* service, const char* proto,
                                   uint16_t port) {
  if (!is_ours(server) || esp::is_empty(service) || esp::is_empty(proto)) return ESP_ERR_INVALID_ARG;
  esp::MdnsServer& own = esp::mdns_server();
  if (own.host_name().empty()) {
    if (const esp_err_t named = own.set_host_name("espressif"); named != ESP_OK) return named;
  }
  // One of a type only, which a second call changes.
  if (own.has_service(which_of(service, proto))) return own.set_port(which_of(service, proto), port);
  return own.add_service({.type = service, .protocol = proto, .port = port});
}

esp_err_t linnet_mdns2_service_remove(mdns_server_t* server, const char* service, const char* proto) {
  if (!is_ours(server)) return ESP_ERR_INVALID_ARG;
  return esp::mdns_server().remove_service(which_of(service, proto));
}

esp_err_t mdns_service_instance_set(mdns_server_t* server, const char* service, const char* proto,
                                    const char* instance) {
  if (!is_ours(server) || instance == nullptr) return ESP_ERR_INVALID_ARG;
  return esp::mdns_server().set_service_instance(which_of(service, proto), instance);
}

esp_err_t linnet_mdns2_service_txt_set(mdns_server_t* server, const char* service, const char* proto,
                                       uint8_t num_items, const char** txt) {
  if (!is_ours(server) || (txt == nullptr && num_items != 0)) return ESP_ERR_INVALID_ARG;
  std::vector<esp::TxtItem> items;
  for (std::size_t i = 0; i < num_items; ++i) {
    const std::string string = esp::text_of(txt[i]);
    const std::size_t sign = string.find('=');
    items.push_back({.key = string.substr(0, sign), .value = std::nullopt});
    if (sign != std::string::npos) items.back().value = string.substr(sign + 1);
  }
  return esp::mdns_server().change_txt(which_of(service, proto),
                                       [&](std::vector<esp::TxtItem>& own) { own = items; });
}

esp_err_t linnet_mdns2_service_port_set(mdns_server_t* server, const char* service, const char* proto,
                                        uint16_t port) {
  if (!is_ours(server)) return ESP_ERR_INVALID_ARG;
  return esp::mdns_server().set_port(which_of(service, proto), port);
}

esp_err_t linnet_mdns2_service_remove_all(mdns_server_t* server) {
  if (!is_ours(server)) return ESP_ERR_INVALID_ARG;
  return esp::mdns_server().remove_services();
}

size_t linnet_mdns2_query(mdns_server_t* server, const char* service, const char* proto, uint32_t timeout) {
  if (!is_ours(server) || service == nullptr || server->search != nullptr) return 0;
  server->results.clear();
  mdns::Agent& agent = *compat::attached_mdns();
  sockets::Host& host = *compat::attached_host();
  MdnsSearch::Wanted wanted{.type = service, .protocol = esp::text_of(proto), .record_type = mdns::type::ptr};
  if (proto == nullptr) wanted = {.name = service, .record_type = mdns::type::any};
  Instant until = Instant::never();
  {
    const sockets::Host::Lock lock(host);
    if (timeout != 0) until = lock.now() + Duration::milliseconds(timeout);
    auto search = std::make_unique<MdnsSearch>(agent, std::move(wanted));
    if (!search->begin(lock.now(), until)) return 0;
    host.add(*search);
    server->search = std::move(search);
  }
  if (timeout == 0) return 0;
  MdnsSearch& search = *server->search;
  static_cast<void>(host.wait_until([&] { return search.done(); }, until));
  return mdns_query_end(server);
}

size_t mdns_query_end(mdns_server_t* server) {
  if (!is_ours(server) || server->search == nullptr) return 0;
  keep_results(*server);
  return server->results.size();
}

size_t mdns_result_get_count(mdns_server_t* server) { return is_ours(server) ? server->results.size() : 0; }

const mdns_result_t* mdns_result_get(mdns_server_t* server, size_t num) {
  return is_ours(server) && num < server->results.size() ? &server->results[num]->view : nullptr;
}

esp_err_t mdns_result_free(mdns_server_t* server) {
  if (!is_ours(server) || server->search != nullptr || server->results.empty()) return ESP_ERR_INVALID_ARG;
  server->results.clear();
  return ESP_OK;
}

}  // extern "C"
