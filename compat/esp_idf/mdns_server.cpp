// SPDX-License-Identifier: Apache-2.0
#include "compat/esp_idf/mdns_server.hpp"

#include <algorithm>
#include <array>

namespace linnet::esp {

namespace {

esp_err_t err_of(mdns::Error error) {
  switch (error) {
    case mdns::Error::no_memory:
      return ESP_ERR_NO_MEM;
    case mdns::Error::closed:
      return ESP_ERR_NOT_FOUND;
    default:
      return ESP_ERR_INVALID_ARG;
  }
}
template <typename T>
esp_err_t err_of(const Result<T, mdns::Error>& result) {
  return result.ok() ? ESP_OK : err_of(result.error());
}

/// The text on the wire; nothing when an item cannot be one, or all together are too long.
std::optional<std::vector<std::uint8_t>> wire_of(const std::vector<TxtItem>& items) {
  std::vector<std::uint8_t> room(900);
  mdns::TxtWriter writer(room);
  for (const TxtItem& item : items) {
    const Bytes value =
        item.value ? Bytes(reinterpret_cast<const std::uint8_t*>(item.value->data()), item.value->size())
                   : Bytes();
    if (!(item.value ? writer.add(item.key, value) : writer.add(item.key))) return std::nullopt;
  }
  const std::size_t size = writer.finish().size();
  room.resize(size);
  return room;
}

/// Names are the same whatever the case of their letters (RFC 6762 16).
bool same(const std::string& a, const std::string& b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return small(x) == small(y); });
}

}  // namespace

MdnsServer& mdns_server() {
  static MdnsServer server;
  return server;
}

esp_err_t MdnsServer::start() {
  sockets::Host* host = compat::attached_host();
  mdns::Agent* agent = compat::attached_mdns();
  if (host == nullptr || agent == nullptr) return ESP_ERR_INVALID_STATE;
  const Lock lock(*host);
  if (running_) return ESP_OK;
  // One that looked up names for others before runs already.
  if (!agent->running() && !agent->start({}, lock.now())) return ESP_ERR_NO_MEM;
  agent_ = agent;
  running_ = true;
  return ESP_OK;
}

void MdnsServer::stop() {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return;
  const Lock lock(*host);
  if (!running_.exchange(false)) return;
  // Goodbyes of all that there is; then nothing of it is left.
  agent_->stop(lock.now());
  for (Service& service : services_) withdraw(service, lock.now());
  for (const Host& own : hosts_)
    static_cast<void>(agent_->machine().responder().remove_host(own.handle, lock.now()));
  services_.clear();
  hosts_.clear();
  own_name_.clear();
  default_instance_.clear();
}

esp_err_t MdnsServer::set_host_name(const std::string& label) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  if (label == own_name_) return ESP_OK;
  if (!mdns::Label::host(label) || find_host(label) != nullptr) return ESP_ERR_INVALID_ARG;
  if (!agent_->set_host_name(label, lock.now())) return ESP_ERR_NO_MEM;
  const std::string before = std::exchange(own_name_, label);
  for (Service& service : services_) {
    if (!before.empty() && service.host == before) service.host = label;
    if (!is_own(service.host)) continue;
    const esp_err_t done = service.handle ? rename(service, lock.now()) : publish(service, lock.now());
    if (done != ESP_OK) return done;
  }
  return ESP_OK;
}

std::string MdnsServer::host_name() const {
  if (!running()) return {};
  const Lock lock(*compat::attached_host());
  const mdns::Host* host = std::as_const(*agent_).machine().responder().host(agent_->host());
  return host != nullptr && host->claim.number > 1 ? std::string(host->label.text()) : own_name_;
}

esp_err_t MdnsServer::set_instance(const std::string& label) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  if (!mdns::Label::from(label)) return ESP_ERR_INVALID_ARG;
  const Lock lock(*compat::attached_host());
  default_instance_ = label;
  esp_err_t result = ESP_OK;
  for (Service& service : services_) {
    if (!service.instance.empty() || !service.handle) continue;
    if (const esp_err_t done = rename(service, lock.now()); done != ESP_OK) result = done;
  }
  return result;
}

MdnsServer::Host* MdnsServer::find_host(const std::string& label) {
  const auto found =
      std::find_if(hosts_.begin(), hosts_.end(), [&](const Host& host) { return same(host.label, label); });
  return found != hosts_.end() ? &*found : nullptr;
}
const MdnsServer::Host* MdnsServer::find_host(const std::string& label) const {
  return const_cast<MdnsServer*>(this)->find_host(label);
}

esp_err_t MdnsServer::add_host(const std::string& label, const std::vector<IpAddress>& addresses) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  if (same(label, own_name_)) return ESP_ERR_INVALID_ARG;
  mdns::Responder& responder = agent_->machine().responder();
  const auto handle = responder.add_host(label, lock.now());
  if (!handle) return err_of(handle.error());
  hosts_.push_back({.label = label, .addresses = addresses, .handle = *handle});
  return err_of(responder.set_addresses(*handle, addresses, lock.now()));
}

esp_err_t MdnsServer::set_host_addresses(const std::string& label, const std::vector<IpAddress>& addresses) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  Host* host = find_host(label);
  if (host == nullptr) return ESP_ERR_INVALID_ARG;
  host->addresses = addresses;
  return err_of(agent_->machine().responder().set_addresses(host->handle, addresses, lock.now()));
}

esp_err_t MdnsServer::remove_host(const std::string& label) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  Host* host = find_host(label);
  if (host == nullptr) return ESP_ERR_INVALID_ARG;
  static_cast<void>(agent_->machine().responder().remove_host(host->handle, lock.now()));
  std::erase_if(services_, [&](const Service& service) { return same(service.host, label); });
  hosts_.erase(hosts_.begin() + (host - hosts_.data()));
  return ESP_OK;
}

bool MdnsServer::has_host(const std::string& label) const {
  if (!running()) return false;
  const Lock lock(*compat::attached_host());
  return (!own_name_.empty() && same(label, own_name_)) || find_host(label) != nullptr;
}

bool MdnsServer::fits(const Service& service, const Which& which) const {
  const bool host = is_own(which.host) ? is_own(service.host) : same(service.host, which.host);
  return host && same(service.type, which.type) && same(service.protocol, which.protocol) &&
         (which.instance.empty() || same(instance_of(service), which.instance));
}

MdnsServer::Service* MdnsServer::find(const Which& which) {
  const auto found = std::find_if(services_.begin(), services_.end(),
                                  [&](const Service& service) { return fits(service, which); });
  return found != services_.end() ? &*found : nullptr;
}

mdns::HostHandle MdnsServer::handle_of(const std::string& label) const {
  if (is_own(label)) return agent_->host();
  const Host* host = find_host(label);
  return host != nullptr ? host->handle : mdns::HostHandle{};
}

std::string MdnsServer::instance_of(const Service& service) const {
  if (!service.instance.empty()) return service.instance;
  if (!default_instance_.empty()) return default_instance_;
  return is_own(service.host) ? own_name_ : service.host;
}

/// Tells the link of it, if its host has a name.
esp_err_t MdnsServer::publish(Service& service, Instant now) {
  const mdns::HostHandle host = handle_of(service.host);
  if (!host) return ESP_OK;
  const auto txt = wire_of(service.txt);
  if (!txt) return ESP_ERR_INVALID_ARG;
  const std::vector<std::string_view> subtypes(service.subtypes.begin(), service.subtypes.end());
  const std::string instance = instance_of(service);
  const std::string type = service.type + "." + service.protocol;
  const auto handle = agent_->machine().responder().add_service({.instance = instance,
                                                                 .type = type,
                                                                 .port = service.port,
                                                                 .txt = *txt,
                                                                 .subtypes = subtypes,
                                                                 .host = host},
                                                                now);
  if (!handle) return err_of(handle.error());
  service.handle = *handle;
  return ESP_OK;
}

void MdnsServer::withdraw(Service& service, Instant now) {
  static_cast<void>(agent_->machine().responder().remove_service(service.handle, now));
  service.handle = {};
}

esp_err_t MdnsServer::rename(Service& service, Instant now) {
  mdns::Responder& responder = agent_->machine().responder();
  const std::string instance = instance_of(service);
  const mdns::Service* known = std::as_const(responder).service(service.handle);
  if (known != nullptr && known->base.text() == instance) return ESP_OK;
  return err_of(responder.set_instance(service.handle, instance, now));
}

esp_err_t MdnsServer::add_service(Service service) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  if (!is_own(service.host) && find_host(service.host) == nullptr) return ESP_ERR_INVALID_ARG;
  if (service.port == 0 || !mdns::service_type(service.type + "." + service.protocol) ||
      !wire_of(service.txt))
    return ESP_ERR_INVALID_ARG;
  const std::string instance = instance_of(service);
  for (const Service& other : services_) {
    if (same(other.type, service.type) && same(other.protocol, service.protocol) &&
        same(instance_of(other), instance))
      return ESP_ERR_INVALID_ARG;
  }
  services_.push_back(std::move(service));
  const esp_err_t done = publish(services_.back(), lock.now());
  if (done != ESP_OK) services_.pop_back();
  return done;
}

bool MdnsServer::has_service(const Which& which) const {
  if (!running()) return false;
  const Lock lock(*compat::attached_host());
  return const_cast<MdnsServer*>(this)->find(which) != nullptr;
}

esp_err_t MdnsServer::remove_service(const Which& which) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  Service* service = find(which);
  if (service == nullptr) return ESP_ERR_NOT_FOUND;
  withdraw(*service, lock.now());
  services_.erase(services_.begin() + (service - services_.data()));
  return ESP_OK;
}

esp_err_t MdnsServer::remove_services() {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  for (Service& service : services_) withdraw(service, lock.now());
  services_.clear();
  return ESP_OK;
}

esp_err_t MdnsServer::set_service_instance(const Which& which, const std::string& label) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  if (!mdns::Label::from(label)) return ESP_ERR_INVALID_ARG;
  const Lock lock(*compat::attached_host());
  Service* service = find(which);
  if (service == nullptr) return ESP_ERR_NOT_FOUND;
  service->instance = label;
  return service->handle ? rename(*service, lock.now()) : ESP_OK;
}

esp_err_t MdnsServer::set_port(const Which& which, std::uint16_t port) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  if (port == 0) return ESP_ERR_INVALID_ARG;
  const Lock lock(*compat::attached_host());
  Service* service = find(which);
  if (service == nullptr) return ESP_ERR_NOT_FOUND;
  service->port = port;
  return service->handle ? err_of(agent_->machine().responder().set_port(service->handle, port, lock.now()))
                         : ESP_OK;
}

esp_err_t MdnsServer::change_txt(const Which& which,
                                 const std::function<void(std::vector<TxtItem>&)>& change) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  Service* service = find(which);
  if (service == nullptr) return ESP_ERR_NOT_FOUND;
  std::vector<TxtItem> items = service->txt;
  change(items);
  const auto txt = wire_of(items);
  if (!txt) return ESP_ERR_INVALID_ARG;
  service->txt = std::move(items);
  return service->handle ? err_of(agent_->machine().responder().set_txt(service->handle, *txt, lock.now()))
                         : ESP_OK;
}

esp_err_t MdnsServer::change_subtypes(const Which& which,
                                      const std::function<esp_err_t(std::vector<std::string>&)>& change) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  Service* service = find(which);
  if (service == nullptr) return ESP_ERR_NOT_FOUND;
  std::vector<std::string> before = service->subtypes;
  if (const esp_err_t wrong = change(service->subtypes); wrong != ESP_OK) {
    service->subtypes = std::move(before);
    return wrong;
  }
  if (!service->handle) return ESP_OK;
  const bool only_more = service->subtypes.size() >= before.size() &&
                         std::equal(before.begin(), before.end(), service->subtypes.begin());
  if (!only_more) {
    // What others know of those that are gone ends by the goodbyes of the whole service.
    withdraw(*service, lock.now());
    return publish(*service, lock.now());
  }
  for (std::size_t i = before.size(); i < service->subtypes.size(); ++i) {
    const auto added =
        agent_->machine().responder().add_subtype(service->handle, service->subtypes[i], lock.now());
    if (added.ok()) continue;
    service->subtypes.resize(i);
    return err_of(added.error());
  }
  return ESP_OK;
}

std::vector<MdnsFound> MdnsServer::look_up(const Which& which, bool delegated) const {
  std::vector<MdnsFound> all;
  if (!running()) return all;
  const Lock lock(*compat::attached_host());
  for (const Service& service : services_) {
    Which of_host = which;
    of_host.host = service.host;
    if (is_own(service.host) == delegated || !fits(service, of_host)) continue;
    const Host* host = find_host(service.host);
    all.push_back({.instance = instance_of(service),
                   .type = service.type,
                   .protocol = service.protocol,
                   .host = delegated ? service.host : own_name_,
                   .port = service.port,
                   .has_txt = true,
                   .txt = service.txt,
                   .addresses = host != nullptr ? host->addresses : std::vector<IpAddress>{},
                   .over_v4 = true});
  }
  return all;
}

esp_err_t MdnsServer::enable(bool on) {
  if (!running()) return ESP_ERR_INVALID_STATE;
  const Lock lock(*compat::attached_host());
  if (on) {
    agent_->machine().start(lock.now());
  } else {
    agent_->machine().stop(lock.now());
  }
  return ESP_OK;
}

}  // namespace linnet::esp
