// SPDX-License-Identifier: Apache-2.0
// mdns.h from ESP-IDF 3 on: what others say.
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "compat/esp_idf/mdns_server.hpp"
#include "compat/esp_idf/mdns_text.hpp"
#include "compat/lwip/calls.hpp"

#include <mdns_today.h>

using namespace linnet;
using esp::is_empty;
using esp::MdnsFound;
using esp::MdnsSearch;
using esp::text_of;

struct mdns_search_once_s {
  std::unique_ptr<MdnsSearch> search{};
  Instant until{};
  std::thread notifying{};
};

struct mdns_browse_s {
  std::unique_ptr<MdnsSearch> search{};
  mdns_browse_notify_t notify = nullptr;
  std::map<std::string, MdnsFound> told{};  // by instance and version of IP
  bool ended = false;                       // under the host's lock
  std::thread telling{};
};

namespace {

char* copy_of(const std::string& text) { return text.empty() ? nullptr : ::strdup(text.c_str()); }

template <typename T>
T* zeroed(std::size_t count) {
  return static_cast<T*>(std::calloc(count == 0 ? 1 : count, sizeof(T)));
}

void copy_txt(mdns_result_t& result, const std::vector<esp::TxtItem>& items) {
  if (items.empty()) return;
  result.txt = zeroed<mdns_txt_item_t>(items.size());
  result.txt_value_len = zeroed<std::uint8_t>(items.size());
  for (const esp::TxtItem& item : items) {
    result.txt[result.txt_count].key = ::strdup(item.key.c_str());
    if (item.value) {
      char* value = zeroed<char>(item.value->size() + 1);
      std::memcpy(value, item.value->data(), item.value->size());
      result.txt[result.txt_count].value = value;
      result.txt_value_len[result.txt_count] = static_cast<std::uint8_t>(item.value->size());
    }
    ++result.txt_count;
  }
}

mdns_result_t* result_of(const MdnsFound& found, mdns_ip_protocol_t protocol) {
  auto* result = zeroed<mdns_result_t>(1);
  result->esp_netif = esp_netif_get_default_netif();
  result->tcpip_if = MDNS_IF_STA;
  result->ttl = found.ttl;
  result->ip_protocol = protocol;
  result->instance_name = copy_of(found.instance);
  result->service_type = copy_of(found.type);
  result->proto = copy_of(found.protocol);
  result->hostname = copy_of(found.host);
  result->port = found.port;
  copy_txt(*result, found.txt);
  mdns_ip_addr_t** next = &result->addr;
  for (const IpAddress& address : found.addresses) {
    *next = zeroed<mdns_ip_addr_t>(1);
    (*next)->addr = compat::ip_addr_of(address);
    next = &(*next)->next;
  }
  return result;
}

/// At most `most` (0: all), one for each version of IP that it was heard by.
mdns_result_t* list_of(const std::vector<MdnsFound>& all, std::size_t most, std::size_t* count = nullptr) {
  mdns_result_t* first = nullptr;
  mdns_result_t** next = &first;
  std::size_t made = 0;
  const auto put = [&](const MdnsFound& found, mdns_ip_protocol_t protocol) {
    if (most != 0 && made >= most) return;
    *next = result_of(found, protocol);
    next = &(*next)->next;
    ++made;
  };
  for (const MdnsFound& found : all) {
    if (found.over_v4) put(found, MDNS_IP_PROTOCOL_V4);
    if (found.over_v6) put(found, MDNS_IP_PROTOCOL_V6);
  }
  if (count != nullptr) *count = made;
  return first;
}

MdnsSearch::Wanted wanted_of(const char* name, const char* type, const char* proto, std::uint16_t record_type,
                             std::size_t most) {
  // "local" is understood, and not part of a host's name here.
  std::string text = text_of(name);
  constexpr std::string_view domain = ".local";
  if (is_empty(type) && text.ends_with(domain)) text.resize(text.size() - domain.size());
  const std::uint16_t of_type = record_type == MDNS_TYPE_ANY ? mdns::type::any : record_type;
  return {
      .name = text, .type = text_of(type), .protocol = text_of(proto), .record_type = of_type, .most = most};
}

/// Begins a search that the host polls from now on; null when it cannot be.
std::unique_ptr<MdnsSearch> begin(MdnsSearch::Wanted wanted, Duration timeout, Instant& until) {
  sockets::Host& host = *compat::attached_host();
  const sockets::Host::Lock lock(host);
  until = timeout == Duration::max() ? Instant::never() : lock.now() + timeout;
  auto search = std::make_unique<MdnsSearch>(*compat::attached_mdns(), std::move(wanted));
  if (!search->begin(lock.now(), until)) return nullptr;
  host.add(*search);
  return search;
}

std::vector<MdnsFound> end(std::unique_ptr<MdnsSearch> search) {
  const sockets::Host::Lock lock(*compat::attached_host());
  std::vector<MdnsFound> found = search->found(lock.now());
  search.reset();
  return found;
}

/// Waits for the end of a search of a host's addresses; the first of them.
std::optional<IpAddress> address_of_host(const char* host_name, std::uint32_t timeout,
                                         std::uint16_t record_type) {
  Instant until;
  auto search =
      begin(wanted_of(host_name, nullptr, nullptr, record_type, 1), Duration::milliseconds(timeout), until);
  if (search == nullptr) return std::nullopt;
  static_cast<void>(compat::attached_host()->wait_until([&] { return search->done(); }, until));
  const std::vector<MdnsFound> found = end(std::move(search));
  if (found.empty() || found.front().addresses.empty()) return std::nullopt;
  return found.front().addresses.front();
}

bool same_results(const MdnsFound& a, const MdnsFound& b) {
  return a.host == b.host && a.port == b.port && a.txt == b.txt && a.addresses == b.addresses;
}

/// What came, changed or went since it was last told; under the host's lock.
std::vector<std::pair<MdnsFound, mdns_ip_protocol_t>> news_of(mdns_browse_s& browse, Instant now) {
  std::map<std::string, MdnsFound> there;
  for (const MdnsFound& found : browse.search->found(now)) {
    if (found.host.empty() || found.addresses.empty()) continue;  // nothing to be done with it yet
    if (found.over_v4) there[found.instance + "/4"] = found;
    if (found.over_v6) there[found.instance + "/6"] = found;
  }
  std::vector<std::pair<MdnsFound, mdns_ip_protocol_t>> news;
  const auto add = [&](const std::string& key, const MdnsFound& found) {
    news.emplace_back(found, key.back() == '4' ? MDNS_IP_PROTOCOL_V4 : MDNS_IP_PROTOCOL_V6);
  };
  for (const auto& [key, found] : there) {
    const auto told = browse.told.find(key);
    if (told == browse.told.end() || !same_results(told->second, found)) add(key, found);
  }
  for (auto& [key, found] : browse.told) {
    if (there.contains(key)) continue;
    found.ttl = 0;
    add(key, found);
  }
  browse.told = std::move(there);
  return news;
}

/// The thread of a browse.
void tell_news(const std::shared_ptr<mdns_browse_s>& browse) {
  sockets::Host& host = *compat::attached_host();
  for (;;) {
    std::vector<std::pair<MdnsFound, mdns_ip_protocol_t>> news;
    const auto any = [&] {
      if (!browse->ended) news = news_of(*browse, host.port().now());
      return browse->ended || !news.empty();
    };
    static_cast<void>(host.wait_until(any, Instant::never()));
    mdns_result_t* first = nullptr;
    mdns_result_t** next = &first;
    for (const auto& [found, protocol] : news) {
      *next = result_of(found, protocol);
      next = &(*next)->next;
    }
    if (first == nullptr) return;  // it has ended
    browse->notify(first);
    mdns_query_results_free(first);
  }
}

/// Waits for its end, unless the caller is that thread: a callback may delete what calls it.
void finish(std::thread& thread) {
  if (!thread.joinable()) return;
  if (thread.get_id() == std::this_thread::get_id()) {
    thread.detach();
  } else {
    thread.join();
  }
}

std::mutex browses_mutex;
std::map<mdns_browse_t*, std::shared_ptr<mdns_browse_s>> browses;

}  // namespace

extern "C" {

void mdns_free(void) {
  for (;;) {
    mdns_browse_t* one = nullptr;
    {
      const std::lock_guard lock(browses_mutex);
      if (!browses.empty()) one = browses.begin()->first;
    }
    if (one == nullptr) break;
    static_cast<void>(mdns_browse_delete(one));
  }
  esp::mdns_server().stop();
}

mdns_search_once_t* mdns_query_async_new(const char* name, const char* service_type, const char* proto,
                                         uint16_t type, uint32_t timeout, size_t max_results,
                                         mdns_query_notify_t notifier) {
  if (!esp::mdns_server().running() || timeout == 0) return nullptr;
  auto search = std::make_unique<mdns_search_once_s>();
  search->search = begin(wanted_of(name, service_type, proto, type, max_results),
                         Duration::milliseconds(timeout), search->until);
  if (search->search == nullptr) return nullptr;
  mdns_search_once_t* handle = search.release();
  if (notifier == nullptr) return handle;
  // The notifier may end it, which needs the lock, before there is a thread to wait for.
  const sockets::Host::Lock lock(*compat::attached_host());
  handle->notifying = std::thread([handle, notifier, until = handle->until] {
    MdnsSearch& own = *handle->search;
    static_cast<void>(compat::attached_host()->wait_until([&] { return own.done(); }, until));
    notifier(handle);
  });
  return handle;
}

esp_err_t mdns_query_async_delete(mdns_search_once_t* search) {
  if (search == nullptr) return ESP_ERR_INVALID_ARG;
  {
    const sockets::Host::Lock lock(*compat::attached_host());
    if (!search->search->done() && lock.now() < search->until) return ESP_ERR_INVALID_STATE;
  }
  finish(search->notifying);
  {
    const sockets::Host::Lock lock(*compat::attached_host());
    search->search.reset();
  }
  delete search;
  return ESP_OK;
}

bool linnet_mdns_query_async_get_results(mdns_search_once_t* search, uint32_t timeout,
                                         mdns_result_t** results, uint8_t* num_results) {
  if (search == nullptr || results == nullptr) return false;
  *results = nullptr;
  if (num_results != nullptr) *num_results = 0;
  sockets::Host& host = *compat::attached_host();
  Instant until;
  {
    const sockets::Host::Lock lock(host);
    until = earlier(lock.now() + Duration::milliseconds(timeout), search->until);
  }
  MdnsSearch& own = *search->search;
  static_cast<void>(host.wait_until([&] { return own.done(); }, until));
  const sockets::Host::Lock lock(host);
  if (!own.done() && lock.now() < search->until) return false;
  std::size_t count = 0;
  *results = list_of(own.found(lock.now()), own.most(), &count);
  if (num_results != nullptr) *num_results = static_cast<std::uint8_t>(count > 255 ? 255 : count);
  return true;
}

esp_err_t mdns_query_generic(const char* name, const char* service_type, const char* proto, uint16_t type,
                             mdns_query_transmission_type_t, uint32_t timeout, size_t max_results,
                             mdns_result_t** results) {
  if (!esp::mdns_server().running()) return ESP_ERR_INVALID_STATE;
  if (results == nullptr || timeout == 0 || is_empty(service_type) != is_empty(proto))
    return ESP_ERR_INVALID_ARG;
  *results = nullptr;
  Instant until;
  auto search =
      begin(wanted_of(name, service_type, proto, type, max_results), Duration::milliseconds(timeout), until);
  if (search == nullptr) return ESP_ERR_INVALID_ARG;
  static_cast<void>(compat::attached_host()->wait_until([&] { return search->done(); }, until));
  *results = list_of(end(std::move(search)), max_results);
  return ESP_OK;
}

esp_err_t mdns_query(const char* name, const char* service_type, const char* proto, uint16_t type,
                     uint32_t timeout, size_t max_results, mdns_result_t** results) {
  return mdns_query_generic(name, service_type, proto, type, MDNS_QUERY_MULTICAST, timeout, max_results,
                            results);
}

void mdns_query_results_free(mdns_result_t* results) {
  while (results != nullptr) {
    mdns_result_t* next = results->next;
    std::free(results->instance_name);
    std::free(results->service_type);
    std::free(results->proto);
    std::free(results->hostname);
    for (std::size_t i = 0; i < results->txt_count; ++i) {
      std::free(const_cast<char*>(results->txt[i].key));
      std::free(const_cast<char*>(results->txt[i].value));
    }
    std::free(results->txt);
    std::free(results->txt_value_len);
    while (results->addr != nullptr) {
      mdns_ip_addr_t* after = results->addr->next;
      std::free(results->addr);
      results->addr = after;
    }
    std::free(results);
    results = next;
  }
}

esp_err_t mdns_query_ptr(const char* service_type, const char* proto, uint32_t timeout, size_t max_results,
                         mdns_result_t** results) {
  if (is_empty(service_type) || is_empty(proto)) return ESP_ERR_INVALID_ARG;
  return mdns_query(nullptr, service_type, proto, MDNS_TYPE_PTR, timeout, max_results, results);
}
esp_err_t mdns_query_srv(const char* instance_name, const char* service_type, const char* proto,
                         uint32_t timeout, mdns_result_t** result) {
  if (is_empty(instance_name) || is_empty(service_type) || is_empty(proto)) return ESP_ERR_INVALID_ARG;
  return mdns_query(instance_name, service_type, proto, MDNS_TYPE_SRV, timeout, 1, result);
}
esp_err_t mdns_query_txt(const char* instance_name, const char* service_type, const char* proto,
                         uint32_t timeout, mdns_result_t** result) {
  if (is_empty(instance_name) || is_empty(service_type) || is_empty(proto)) return ESP_ERR_INVALID_ARG;
  return mdns_query(instance_name, service_type, proto, MDNS_TYPE_TXT, timeout, 1, result);
}

esp_err_t mdns_query_a(const char* host_name, uint32_t timeout, esp_ip4_addr_t* addr) {
  if (is_empty(host_name) || addr == nullptr || timeout == 0) return ESP_ERR_INVALID_ARG;
  if (!esp::mdns_server().running()) return ESP_ERR_INVALID_STATE;
  const auto address = address_of_host(host_name, timeout, MDNS_TYPE_A);
  if (!address) return ESP_ERR_NOT_FOUND;
  *addr = compat::ip_addr_of(*address).u_addr.ip4;
  return ESP_OK;
}
esp_err_t mdns_query_aaaa(const char* host_name, uint32_t timeout, esp_ip6_addr_t* addr) {
  if (is_empty(host_name) || addr == nullptr || timeout == 0) return ESP_ERR_INVALID_ARG;
  if (!esp::mdns_server().running()) return ESP_ERR_INVALID_STATE;
  const auto address = address_of_host(host_name, timeout, MDNS_TYPE_AAAA);
  if (!address) return ESP_ERR_NOT_FOUND;
  *addr = compat::ip_addr_of(*address).u_addr.ip6;
  return ESP_OK;
}

esp_err_t mdns_lookup_delegated_service(const char* instance, const char* service_type, const char* proto,
                                        size_t max_results, mdns_result_t** result) {
  if (result == nullptr || is_empty(service_type) || is_empty(proto)) return ESP_ERR_INVALID_ARG;
  if (!esp::mdns_server().running()) return ESP_ERR_INVALID_STATE;
  *result = list_of(esp::mdns_server().look_up(
                        {.instance = text_of(instance), .type = service_type, .protocol = proto}, true),
                    max_results);
  return ESP_OK;
}
esp_err_t mdns_lookup_selfhosted_service(const char* instance, const char* service_type, const char* proto,
                                         size_t max_results, mdns_result_t** result) {
  if (result == nullptr || is_empty(service_type) || is_empty(proto)) return ESP_ERR_INVALID_ARG;
  if (!esp::mdns_server().running()) return ESP_ERR_INVALID_STATE;
  *result = list_of(esp::mdns_server().look_up(
                        {.instance = text_of(instance), .type = service_type, .protocol = proto}, false),
                    max_results);
  return ESP_OK;
}

mdns_browse_t* mdns_browse_new(const char* service, const char* proto, mdns_browse_notify_t notifier) {
  if (!esp::mdns_server().running() || is_empty(service) || is_empty(proto) || notifier == nullptr)
    return nullptr;
  auto browse = std::make_shared<mdns_browse_s>();
  Instant until;
  browse->notify = notifier;
  browse->search = begin(wanted_of(nullptr, service, proto, MDNS_TYPE_PTR, 0), Duration::max(), until);
  if (browse->search == nullptr) return nullptr;
  const std::lock_guard lock(browses_mutex);
  browses[browse.get()] = browse;
  browse->telling = std::thread([browse] { tell_news(browse); });
  return browse.get();
}

esp_err_t mdns_browse_delete(mdns_browse_t* browse) {
  std::shared_ptr<mdns_browse_s> own;
  {
    const std::lock_guard lock(browses_mutex);
    const auto found = browses.find(browse);
    if (found == browses.end()) return ESP_FAIL;
    own = std::move(found->second);
    browses.erase(found);
  }
  {
    const sockets::Host::Lock lock(*compat::attached_host());
    own->ended = true;
    own->search.reset();
  }
  finish(own->telling);
  return ESP_OK;
}

esp_err_t mdns_register_netif(esp_netif_t* esp_netif) {
  // The only one is there already.
  return esp_netif == nullptr ? ESP_ERR_INVALID_ARG : ESP_ERR_INVALID_STATE;
}
esp_err_t mdns_unregister_netif(esp_netif_t* esp_netif) {
  if (!esp::mdns_server().running()) return ESP_ERR_INVALID_STATE;
  return esp_netif == esp_netif_get_default_netif() ? ESP_OK : ESP_ERR_NOT_FOUND;
}
esp_err_t mdns_netif_action(esp_netif_t* esp_netif, mdns_event_actions_t event_action) {
  if (esp_netif != esp_netif_get_default_netif()) return ESP_ERR_INVALID_STATE;
  const auto any_of = [&](unsigned wanted) { return (static_cast<unsigned>(event_action) & wanted) != 0; };
  if (any_of(MDNS_EVENT_DISABLE_IP4 | MDNS_EVENT_DISABLE_IP6)) return esp::mdns_server().enable(false);
  if (any_of(MDNS_EVENT_ENABLE_IP4 | MDNS_EVENT_ENABLE_IP6 | MDNS_EVENT_ANNOUNCE_IP4 |
             MDNS_EVENT_ANNOUNCE_IP6))
    return esp::mdns_server().enable(true);
  return esp::mdns_server().running() ? ESP_OK : ESP_ERR_INVALID_STATE;  // reverse names are always there
}

}  // extern "C"
