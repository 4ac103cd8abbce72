// SPDX-License-Identifier: Apache-2.0
// What the owner changes of hosts and services, and what has to be said of it (RFC 6762 8.4, 10.1).
#include <algorithm>

#include "services/mdns/responder.hpp"

namespace linnet::mdns {

Host* Responder::find(HostHandle handle) {
  if (handle.index >= records_.hosts().size()) return nullptr;
  Host& host = records_.hosts()[handle.index];
  return host.used && host.generation == handle.generation ? &host : nullptr;
}
Service* Responder::find(ServiceHandle handle) {
  if (handle.index >= records_.services().size()) return nullptr;
  Service& service = records_.services()[handle.index];
  return service.used && service.generation == handle.generation ? &service : nullptr;
}
const Host* Responder::host(HostHandle handle) const { return const_cast<Responder*>(this)->find(handle); }
const Service* Responder::service(ServiceHandle handle) const {
  return const_cast<Responder*>(this)->find(handle);
}

Result<HostHandle, Error> Responder::add_host(std::string_view text, Instant now) {
  const auto label = Label::host(text);
  if (!label) return Failure{Error::bad_name};
  Host* room = nullptr;
  for (Host& host : records_.hosts()) {
    if (host.used && host_name(host.base).same_as(host_name(*label))) return Failure{Error::exists};
    if (!host.used && room == nullptr) room = &host;
  }
  if (room == nullptr) return Failure{Error::no_memory};
  room->used = true;
  room->base = room->label = *label;
  room->claim = {};
  for (HostAddress& own : room->addresses) own = {};
  const auto index = static_cast<std::uint8_t>(room - records_.hosts().data());
  begin_if_ready({true, index}, now);
  return handle_of(index);
}

Result<void, Error> Responder::set_host_name(HostHandle handle, std::string_view text, Instant now) {
  Host* host = find(handle);
  if (host == nullptr || (host->leaving && host->next.empty())) return Failure{Error::closed};
  const auto label = Label::host(text);
  if (!label) return Failure{Error::bad_name};
  host->next = *label;
  leave({true, handle.index}, now);
  return {};
}

Result<void, Error> Responder::remove_host(HostHandle handle, Instant now) {
  Host* host = find(handle);
  if (host == nullptr) return Failure{Error::closed};
  host->next = {};
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) {
    Service& service = records_.services()[i];
    if (!service.used || service.host != handle.index) continue;
    service.next = {};
    leave({false, i}, now);
  }
  leave({true, handle.index}, now);
  return {};
}

Result<void, Error> Responder::set_addresses(HostHandle handle, std::span<const IpAddress> addresses,
                                             Instant now) {
  Host* host = find(handle);
  if (host == nullptr) return Failure{Error::closed};
  const Owner owner{true, handle.index};
  bool changed = false;
  for (std::size_t i = 0; i < host->addresses.size(); ++i) {
    const auto number = static_cast<std::uint8_t>(i);
    HostAddress& own = host->addresses[i];
    if (!own.live || std::find(addresses.begin(), addresses.end(), own.address) != addresses.end()) continue;
    own.live = false;
    changed = true;
    // What is owed already of a host that is on its way out is owed still.
    RecordState& reverse = states_[records_.number({Kind::reverse, owner.index, number})];
    if (!reverse.goodbye) reverse = {};
    RecordState& state = states_[records_.number({Kind::address, owner.index, number})];
    if (!state.goodbye) state = {};
    if (host->claim.announced) {
      state.goodbye = true;
      state.due = now;
    }
    own.leaving = state.goodbye;
  }
  for (const IpAddress& address : addresses) {
    const auto is_it = [&](const HostAddress& own) {
      return (own.live || own.leaving) && own.address == address;
    };
    auto place = std::find_if(host->addresses.begin(), host->addresses.end(), is_it);
    if (place != host->addresses.end() && place->live) continue;
    if (place == host->addresses.end()) {
      place = std::find_if(host->addresses.begin(), host->addresses.end(),
                           [](const HostAddress& own) { return !own.live && !own.leaving; });
    }
    if (place == host->addresses.end()) break;
    *place = {.address = address, .live = true};
    const auto item = static_cast<std::uint8_t>(place - host->addresses.begin());
    for (const Kind kind : {Kind::address, Kind::reverse})
      states_[records_.number({kind, owner.index, item})] = {};
    changed = true;
  }
  if (!changed) return {};
  if (!host->has_address()) {
    // Nobody can be reached by these names now: what is known of the addresses ends by their goodbyes.
    host->claim.state = ClaimState::idle;
    host->claim.announced = false;
    for (std::uint16_t i = 0; i < records_.services().size(); ++i) {
      Service& service = records_.services()[i];
      if (!service.used || service.host != owner.index) continue;
      say_goodbye({false, i}, now);
      service.claim.state = ClaimState::idle;
    }
    return {};
  }
  if (host->claim.state != ClaimState::idle) {
    announce_again(owner, now);  // RFC 6762 8.4
    return {};
  }
  const Instant due = now + random_.between(Duration(), Duration::milliseconds(250));
  begin_if_ready(owner, due);
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) {
    if (records_.services()[i].host == owner.index) begin_if_ready({false, i}, due);
  }
  return {};
}

std::optional<Error> Responder::fill_subtype(Service& service, std::string_view text) {
  if (service.subtype_count >= service.subtypes.size()) return Error::no_memory;
  const auto subtype = Label::from(text);
  if (!subtype) return Error::bad_name;
  service.subtypes[service.subtype_count++] = *subtype;
  return std::nullopt;
}

std::optional<Error> Responder::fill(Service& service, const ServiceOptions& options) {
  const auto type = service_type(options.type);
  if (!type) return Error::bad_name;
  const Host* host = options.host ? find(options.host) : nullptr;
  if (options.host && host == nullptr) return Error::closed;
  service.host = host != nullptr ? static_cast<std::uint8_t>(options.host.index) : std::uint8_t{0};
  const auto label = options.instance.empty() ? std::optional(records_.hosts()[service.host].label)
                                              : Label::from(options.instance);
  if (!label || label->empty()) return Error::bad_name;
  if (options.port == 0 || options.txt.size() > service.txt.size() || !is_txt(options.txt))
    return Error::bad_value;
  service.base = service.label = *label;
  service.type = *type;
  service.subtype_count = 0;
  for (const std::string_view subtype : options.subtypes) {
    if (const auto error = fill_subtype(service, subtype)) return error;
  }
  service.port = options.port;
  service.priority = options.priority;
  service.weight = options.weight;
  copy_bytes(service.txt.data(), options.txt);
  service.txt_length = static_cast<std::uint16_t>(options.txt.size());
  return std::nullopt;
}

Result<ServiceHandle, Error> Responder::add_service(const ServiceOptions& options, Instant now) {
  Service* room = nullptr;
  for (Service& service : records_.services()) {
    if (!service.used && room == nullptr) room = &service;
  }
  if (room == nullptr) return Failure{Error::no_memory};
  if (const auto error = fill(*room, options)) return Failure{*error};
  const Name name = instance_name(room->label, room->type);
  for (std::uint16_t i = 0; i < records_.services().size(); ++i) {
    const Service& other = records_.services()[i];
    if (other.used && !other.leaving && records_.is_instance(i, name)) return Failure{Error::exists};
  }
  room->used = true;
  room->claim = {};
  const auto index = static_cast<std::uint16_t>(room - records_.services().data());
  clear_records({false, index});
  // With its host's probes, if those are to come.
  const Claim& host = records_.hosts()[room->host].claim;
  const Instant due = host.state == ClaimState::waiting
                          ? host.due
                          : now + random_.between(Duration(), Duration::milliseconds(250));
  begin_if_ready({false, index}, due);
  return ServiceHandle{index, room->generation};
}

Result<void, Error> Responder::set_instance(ServiceHandle handle, std::string_view text, Instant now) {
  Service* service = find(handle);
  if (service == nullptr || (service->leaving && service->next.empty())) return Failure{Error::closed};
  const auto label = Label::from(text);
  if (!label) return Failure{Error::bad_name};
  service->next = *label;
  leave({false, handle.index}, now);
  return {};
}

Result<void, Error> Responder::set_txt(ServiceHandle handle, Bytes txt, Instant now) {
  Service* service = find(handle);
  if (service == nullptr) return Failure{Error::closed};
  if (txt.size() > service->txt.size() || !is_txt(txt)) return Failure{Error::bad_value};
  copy_bytes(service->txt.data(), txt);
  service->txt_length = static_cast<std::uint16_t>(txt.size());
  announce_again({false, handle.index}, now);
  return {};
}

Result<void, Error> Responder::set_port(ServiceHandle handle, std::uint16_t number, Instant now) {
  Service* service = find(handle);
  if (service == nullptr) return Failure{Error::closed};
  if (number == 0) return Failure{Error::bad_value};
  service->port = number;
  announce_again({false, handle.index}, now);
  return {};
}

Result<void, Error> Responder::add_subtype(ServiceHandle handle, std::string_view subtype, Instant now) {
  Service* service = find(handle);
  if (service == nullptr) return Failure{Error::closed};
  if (const auto error = fill_subtype(*service, subtype)) return Failure{*error};
  announce_again({false, handle.index}, now);
  return {};
}

Result<void, Error> Responder::remove_service(ServiceHandle handle, Instant now) {
  Service* service = find(handle);
  if (service == nullptr) return Failure{Error::closed};
  service->next = {};
  leave({false, handle.index}, now);
  return {};
}

}  // namespace linnet::mdns
