// SPDX-License-Identifier: Apache-2.0
#include "services/mdns/own_records.hpp"

#include <algorithm>

namespace linnet::mdns {

namespace {

constexpr std::uint32_t host_ttl = 120;    // RFC 6762 10: records with a host's name in them
constexpr std::uint32_t other_ttl = 4500;  // 75 minutes

bool same_letters(Bytes a, Bytes b) {
  const auto small = [](std::uint8_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : int{c}; };
  const auto same = [&](std::uint8_t x, std::uint8_t y) { return small(x) == small(y); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

}  // namespace

bool Host::has_address() const { return has(true) || has(false); }

bool Host::has(bool v4) const {
  for (const HostAddress& own : addresses) {
    if (own.live && own.address.is_v4() == v4) return true;
  }
  return false;
}

OwnRecords::OwnRecords(const Config& config, Arena& arena)
    : config_(config),
      hosts_(arena.make_array<Host>(config.hosts)),
      services_(arena.make_array<Service>(config.services)) {
  const auto addresses = arena.make_array<HostAddress>(std::size_t{config.hosts} * config.addresses);
  const auto subtypes = arena.make_array<Label>(std::size_t{config.services} * config.subtypes);
  const auto txt = arena.make_array<std::uint8_t>(std::size_t{config.services} * config.txt_size);
  if (arena.exhausted()) {
    hosts_ = {};
    services_ = {};
    return;
  }
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    hosts_[i].addresses = addresses.subspan(i * config.addresses, config.addresses);
  }
  for (std::size_t i = 0; i < services_.size(); ++i) {
    services_[i].subtypes = subtypes.subspan(i * config.subtypes, config.subtypes);
    services_[i].txt = txt.subspan(i * config.txt_size, config.txt_size);
  }
}

RecordKey OwnRecords::key(std::size_t number) const {
  const std::size_t per_host = host_records(config_);
  const std::size_t of_hosts = hosts_.size() * per_host;
  const auto u8 = [](std::size_t value) { return static_cast<std::uint8_t>(value); };
  const auto u16 = [](std::size_t value) { return static_cast<std::uint16_t>(value); };
  if (number < of_hosts) {
    const std::size_t place = number % per_host;
    const std::size_t addresses = config_.addresses;
    if (place == 2 * addresses) return {Kind::host_nsec, u16(number / per_host), 0};
    return {place < addresses ? Kind::address : Kind::reverse, u16(number / per_host), u8(place % addresses)};
  }
  number -= of_hosts;
  const std::size_t per_service = service_records(config_);
  const std::size_t place = number % per_service;
  const std::uint16_t service = u16(number / per_service);
  if (place >= 5) return {Kind::subtype, service, u8(place - 5)};
  return {static_cast<Kind>(static_cast<std::size_t>(Kind::srv) + place), service, 0};
}

std::size_t OwnRecords::number(const RecordKey& key) const {
  const std::size_t addresses = config_.addresses;
  if (key.of_host()) {
    const std::size_t place = key.kind == Kind::address   ? key.item
                              : key.kind == Kind::reverse ? addresses + key.item
                                                          : 2 * addresses;
    return key.owner * host_records(config_) + place;
  }
  const std::size_t place = key.kind == Kind::subtype
                                ? std::size_t{5} + key.item
                                : static_cast<std::size_t>(key.kind) - static_cast<std::size_t>(Kind::srv);
  return hosts_.size() * host_records(config_) + key.owner * service_records(config_) + place;
}

std::size_t OwnRecords::first_of(bool host, std::uint16_t owner) const {
  if (host) return owner * host_records(config_);
  return hosts_.size() * host_records(config_) + owner * service_records(config_);
}

/// Several services of a type are told of by one record.
bool OwnRecords::first_of_type(std::uint16_t service) const {
  for (std::uint16_t i = 0; i < service; ++i) {
    const Service& other = services_[i];
    if (other.used && !other.leaving && other.claim.ours() && other.type.same_as(services_[service].type))
      return false;
  }
  return true;
}

bool OwnRecords::exists(const RecordKey& key) const {
  if (key.of_host()) {
    const Host& host = hosts_[key.owner];
    return host.used && !host.leaving && (key.kind == Kind::host_nsec || host.addresses[key.item].live);
  }
  const Service& service = services_[key.owner];
  if (!service.used || service.leaving) return false;
  if (key.kind == Kind::subtype) return key.item < service.subtype_count;
  return key.kind != Kind::enumeration || first_of_type(key.owner);
}

const Claim& OwnRecords::claim(const RecordKey& key) const {
  return key.of_host() ? hosts_[key.owner].claim : services_[key.owner].claim;
}

Name OwnRecords::name(const RecordKey& key) const {
  switch (key.kind) {
    case Kind::address:
    case Kind::host_nsec:
      return host_name_of(key.owner);
    case Kind::reverse:
      return reverse_name(hosts_[key.owner].addresses[key.item].address);
    case Kind::srv:
    case Kind::txt:
    case Kind::service_nsec:
      return instance_name_of(key.owner);
    case Kind::pointer:
      return services_[key.owner].type;
    case Kind::enumeration:
      return enumeration_name();
    case Kind::subtype:
      break;
  }
  return subtype_name(services_[key.owner].subtypes[key.item], services_[key.owner].type);
}

std::uint16_t OwnRecords::record_type(const RecordKey& key) const {
  switch (key.kind) {
    case Kind::address:
      return hosts_[key.owner].addresses[key.item].address.is_v4() ? type::a : type::aaaa;
    case Kind::host_nsec:
    case Kind::service_nsec:
      return type::nsec;
    case Kind::srv:
      return type::srv;
    case Kind::txt:
      return type::txt;
    case Kind::reverse:
    case Kind::pointer:
    case Kind::enumeration:
    case Kind::subtype:
      break;
  }
  return type::ptr;
}

std::uint32_t OwnRecords::ttl(const RecordKey& key) const {
  return key.of_host() || key.kind == Kind::srv || key.kind == Kind::service_nsec ? host_ttl : other_ttl;
}

Bytes OwnRecords::data(const RecordKey& key, MutableBytes room) const {
  Writer writer(room);
  const auto types_of = [&](std::span<const std::uint16_t> types) {
    return Bytes(room).first(write_nsec(room, name(key), types));
  };
  switch (key.kind) {
    case Kind::address: {
      const IpAddress& address = hosts_[key.owner].addresses[key.item].address;
      if (address.is_v4()) {
        writer.bytes(address.v4_bytes());
      } else {
        writer.bytes(address.bytes());
      }
      break;
    }
    case Kind::reverse:
      writer.bytes(host_name_of(key.owner).wire());
      break;
    case Kind::host_nsec: {
      const Host& host = hosts_[key.owner];
      std::array<std::uint16_t, 2> types{};
      std::size_t count = 0;
      if (host.has(true)) types[count++] = type::a;
      if (host.has(false)) types[count++] = type::aaaa;
      return types_of(std::span(types).first(count));
    }
    case Kind::srv: {
      const Service& service = services_[key.owner];
      writer.u16(service.priority);
      writer.u16(service.weight);
      writer.u16(service.port);
      writer.bytes(host_name_of(service.host).wire());
      break;
    }
    case Kind::txt: {
      const Service& service = services_[key.owner];
      // RFC 6763 6.1: a TXT record without a string does not exist; one of an empty string stands for it.
      if (service.txt_length == 0) writer.u8(0);
      writer.bytes(service.txt.first(service.txt_length));
      break;
    }
    case Kind::service_nsec: {
      constexpr std::array<std::uint16_t, 2> types = {type::txt, type::srv};
      return types_of(types);
    }
    case Kind::pointer:
    case Kind::subtype:
      writer.bytes(instance_name_of(key.owner).wire());
      break;
    case Kind::enumeration:
      writer.bytes(services_[key.owner].type.wire());
      break;
  }
  return writer.written();
}

bool OwnRecords::is_instance(std::uint16_t service, const Name& name) const {
  return same_letters(services_[service].label.bytes(), name.first_label()) &&
         instance_name_of(service).same_as(name);
}

bool OwnRecords::may_point_to(const RecordKey& key, Bytes data) const {
  if (key.kind != Kind::pointer && key.kind != Kind::subtype) return true;
  const Bytes label = services_[key.owner].label.bytes();
  return data.size() > label.size() && data[0] == label.size() &&
         same_letters(label, data.subspan(1, label.size()));
}

void OwnRecords::digest(Digest& digest) const {
  const auto add_claim = [&digest](const Claim& claim) {
    digest.add(static_cast<std::uint64_t>(claim.state));
    digest.add(claim.left);
    digest.add(claim.number);
  };
  for (const Host& host : hosts_) {
    digest.add(host.used);
    if (!host.used) continue;
    digest.add(host.label.bytes());
    add_claim(host.claim);
    for (const HostAddress& own : host.addresses) {
      if (own.live) digest.add(own.address.bytes());
    }
  }
  for (const Service& service : services_) {
    digest.add(service.used);
    if (!service.used) continue;
    digest.add(service.label.bytes());
    digest.add(service.txt.first(service.txt_length));
    add_claim(service.claim);
  }
}

}  // namespace linnet::mdns
