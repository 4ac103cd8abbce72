// SPDX-License-Identifier: Apache-2.0
// What mdns.h says of this device: its names and services, kept here as programs gave them, and told to the
// agent that the host is attached with. Both eras' calls lead here.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include <esp_err.h>
#include "compat/esp_idf/mdns_search.hpp"
#include "compat/lwip/host.hpp"

namespace linnet::esp {

/// From any thread; each call takes the host's lock. Errors are those of mdns.h: ESP_ERR_INVALID_STATE when
/// it does not run, ESP_ERR_INVALID_ARG for what can be no name, port or text, or is there already,
/// ESP_ERR_NOT_FOUND, ESP_ERR_NO_MEM.
class MdnsServer {
 public:
  /// Which service: an empty instance is any, an empty host the own one.
  struct Which {
    std::string instance{};
    std::string type{};
    std::string protocol{};
    std::string host{};
  };
  struct Service {
    std::string instance{};  ///< empty: the default's, or the host's name
    std::string type{};
    std::string protocol{};
    std::string host{};
    std::uint16_t port = 0;
    std::vector<TxtItem> txt{};
    std::vector<std::string> subtypes{};
    mdns::ServiceHandle handle{};  ///< stale as long as its host has no name
  };

  /// ESP_OK when it runs already.
  esp_err_t start();
  void stop();
  bool running() const { return running_; }

  esp_err_t set_host_name(const std::string& label);
  /// As it is now, which others may have made another; empty: none.
  std::string host_name() const;
  esp_err_t set_instance(const std::string& label);
  esp_err_t add_host(const std::string& label, const std::vector<IpAddress>& addresses);
  esp_err_t set_host_addresses(const std::string& label, const std::vector<IpAddress>& addresses);
  esp_err_t remove_host(const std::string& label);
  bool has_host(const std::string& label) const;

  esp_err_t add_service(Service service);
  bool has_service(const Which& which) const;
  esp_err_t remove_service(const Which& which);
  esp_err_t remove_services();
  esp_err_t set_service_instance(const Which& which, const std::string& label);
  esp_err_t set_port(const Which& which, std::uint16_t port);
  /// `change` gets the items as they are.
  esp_err_t change_txt(const Which& which, const std::function<void(std::vector<TxtItem>&)>& change);
  /// ESP_ERR_NOT_FOUND is what `change` may yield, too.
  esp_err_t change_subtypes(const Which& which,
                            const std::function<esp_err_t(std::vector<std::string>&)>& change);
  /// Of the own host, or of those that are spoken for.
  std::vector<MdnsFound> look_up(const Which& which, bool delegated) const;

  /// Off: goodbyes, and silence. On: everything is claimed and announced anew.
  esp_err_t enable(bool on);

 private:
  struct Host {
    std::string label;
    std::vector<IpAddress> addresses;
    mdns::HostHandle handle;
  };
  using Lock = sockets::Host::Lock;

  Host* find_host(const std::string& label);
  const Host* find_host(const std::string& label) const;
  bool fits(const Service& service, const Which& which) const;
  Service* find(const Which& which);
  mdns::HostHandle handle_of(const std::string& host) const;
  std::string instance_of(const Service& service) const;
  esp_err_t publish(Service& service, Instant now);
  void withdraw(Service& service, Instant now);
  esp_err_t rename(Service& service, Instant now);
  bool is_own(const std::string& host) const { return host.empty() || host == own_name_; }

  std::atomic<bool> running_{false};
  mdns::Agent* agent_ = nullptr;  // from the first start on
  std::string own_name_;          // as wished
  std::string default_instance_;
  std::vector<Host> hosts_;
  std::vector<Service> services_;
};

/// The process's, as compat's attached host is.
MdnsServer& mdns_server();

}  // namespace linnet::esp
