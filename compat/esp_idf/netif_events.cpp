// SPDX-License-Identifier: Apache-2.0
// The events that tell programs of addresses, and what ESP-IDF's own handlers of Wi-Fi's and Ethernet's
// events do.
#include <algorithm>

#include "compat/esp_idf/last_address.hpp"
#include "compat/esp_idf/netif.hpp"

#include <esp_log.h>

using namespace linnet;

namespace {

esp::DeviceInfo info;

template <typename Event>
void post(std::uint32_t id, const Event& event) {
  static_cast<void>(
      esp_event_post(IP_EVENT, static_cast<std::int32_t>(id), &event, sizeof event, portMAX_DELAY));
}

bool same(const compat::Ipv4Setting& one, const compat::Ipv4Setting& other) {
  return one.prefix == other.prefix && one.gateway == other.gateway;
}

/// An address that is away for a while, as between two leases, is not lost yet. Yields when it will be.
Instant tell_loss(esp_netif_t& netif, Instant now) {
  if (netif.lost_at.is_never()) netif.lost_at = now + info.lost_after;
  if (now < netif.lost_at) return netif.lost_at;
  ip_event_got_ip_t lost{};
  lost.esp_netif = &netif;
  post(netif.lost_ip_event, lost);
  netif.told = {};
  netif.lost_at = Instant::never();
  return Instant::never();
}

Instant tell_ipv4(Stack& stack, esp_netif_t& netif, Instant now) {
  const compat::Ipv4Setting setting = compat::ipv4_setting(stack, netif.interface());
  if (!setting.prefix.address.is_v4())
    return netif.told.prefix.address.is_v4() ? tell_loss(netif, now) : Instant::never();
  netif.lost_at = Instant::never();
  if (same(setting, netif.told)) return Instant::never();
  ip_event_got_ip_t got{};
  got.esp_netif = &netif;
  got.ip_info = esp::ip_info_of(setting);
  got.ip_changed = setting.prefix != netif.told.prefix;
  netif.told = setting;
  post(netif.got_ip_event, got);
  return Instant::never();
}

void tell_ipv6(Stack& stack, esp_netif_t& netif) {
  std::vector<IpAddress> usable;
  compat::for_each_ipv6(stack, netif.interface(), [&](const ip::Ipv6Address& own) {
    if (own.usable()) usable.push_back(own.address);
  });
  for (std::size_t i = 0; i < usable.size(); ++i) {
    if (std::find(netif.told_v6.begin(), netif.told_v6.end(), usable[i]) != netif.told_v6.end()) continue;
    ip_event_got_ip6_t got{};
    got.esp_netif = &netif;
    got.ip6_info.ip = esp::ip6_of(usable[i]);
    got.ip_index = static_cast<int>(i);
    post(IP_EVENT_GOT_IP6, got);
  }
  netif.told_v6 = std::move(usable);
}

class Watcher final : public sockets::Service {
 public:
  Instant poll(Instant now) override {
    sockets::Host* host = compat::attached_host();
    if (host == nullptr) return Instant::never();
    Instant next = Instant::never();
    for (esp_netif_t* netif : esp::all_netifs()) {
      if (!netif->up) continue;
      tell_ipv6(host->stack(), *netif);
      if (!netif->is_server()) next = earlier(next, tell_ipv4(host->stack(), *netif, now));
    }
    keep_lease();
    return next;
  }
  void forget() { kept_ = {}; }

 private:
  /// Again and again until the program has begun its storage.
  void keep_lease() {
    const dhcp::Client* client = compat::attached_settings().dhcp;
    const dhcp::Lease* lease = client != nullptr ? client->status().lease : nullptr;
    if (!info.restore_address || lease == nullptr || lease->prefix.address == kept_) return;
    if (esp::keep_address(lease->prefix.address)) kept_ = lease->prefix.address;
  }
  IpAddress kept_;
};

Watcher watcher;

/// An access point's network has its address and, unless the program stopped it, its DHCP server.
void start_access_point(esp_netif_t& netif) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return;
  esp::bring_up(netif);
  if (netif.interface() == info.interface) static_cast<void>(esp_netif_dhcpc_stop(&esp::station()));
  {
    const sockets::Host::Lock lock(*host);
    const auto setting = esp::setting_of(netif.wished);
    static_cast<void>(
        compat::set_ipv4(lock.stack(), netif.interface(), {.prefix = setting.prefix}, lock.now()));
  }
  if (netif.server_stopped) return;
  const esp_err_t started = esp_netif_dhcps_start(&netif);
  if (started != ESP_OK && started != ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED)
    ESP_LOGE("netif", "the DHCP server does not start: %s", esp_err_to_name(started));
}

void after_wifi_event(std::int32_t id) {
  esp_netif_t* access_point = esp::find_netif(linnet_netif_access_point.if_key);
  if (id == WIFI_EVENT_STA_CONNECTED) {
    esp::start_client_unless_stopped();
    esp::bring_up(esp::station());
  } else if (id == WIFI_EVENT_STA_DISCONNECTED || id == WIFI_EVENT_STA_STOP) {
    esp::take_down(esp::station());
  } else if (id == WIFI_EVENT_AP_START && access_point != nullptr) {
    start_access_point(*access_point);
  } else if (id == WIFI_EVENT_AP_STOP && access_point != nullptr) {
    static_cast<void>(dhcps_stop(&access_point->server, nullptr));
    esp::take_down(*access_point);
  }
}

}  // namespace

namespace linnet::esp {

void set_device(const DeviceInfo& device) {
  info = device;
  sockets::Host* host = compat::attached_host();
  if (host == nullptr || watcher.linked()) return;
  const sockets::Host::Lock lock(*host);
  host->add(watcher);
}

void forget_device() {
  sockets::Host* host = compat::attached_host();
  for (esp_netif_t* netif : all_netifs()) take_down(*netif);
  forget_name_servers();
  if (host == nullptr) return;
  const sockets::Host::Lock lock(*host);
  forget_client();
  watcher.forget();
  watcher.unlink();
}

const DeviceInfo& device() { return info; }

void bring_up(esp_netif_t& netif) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return;
  {
    const sockets::Host::Lock lock(*host);
    if (netif.up.exchange(true)) return;
    netif.told = {};
    netif.told_v6.clear();
    static_cast<void>(watcher.poll(lock.now()));
  }
  follow_default_netif();
}

void take_down(esp_netif_t& netif) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return;
  {
    const sockets::Host::Lock lock(*host);
    netif.up = false;
    netif.lost_at = Instant::never();
  }
  follow_default_netif();
}

void after_event(std::string_view base, std::int32_t id) {
  if (base == WIFI_EVENT) after_wifi_event(id);
  if (base != ETH_EVENT) return;
  esp_netif_t* ethernet = find_netif(linnet_netif_ethernet.if_key);
  if (id == ETHERNET_EVENT_CONNECTED) {
    start_client_unless_stopped();
    if (ethernet != nullptr) bring_up(*ethernet);
  } else if (id == ETHERNET_EVENT_DISCONNECTED && ethernet != nullptr) {
    take_down(*ethernet);
  }
}

void await_network(Duration patience_v6) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return;
  start_client_unless_stopped();
  const std::uint8_t interface = info.interface;
  const auto has_v4 = [&] { return compat::ipv4_setting(host->stack(), interface).prefix.address.is_v4(); };
  const auto has_v6 = [&] {
    bool found = false;
    compat::for_each_ipv6(host->stack(), interface, [&](const ip::Ipv6Address& own) {
      found = found || (own.usable() && own.address.is_link_local());
    });
    return found;
  };
  Instant until;
  {
    const sockets::Host::Lock lock(*host);
    until = lock.now() + patience_v6;
  }
  static_cast<void>(host->wait_until(has_v4, Instant::never()));
  static_cast<void>(host->wait_until(has_v6, until));
}

}  // namespace linnet::esp
