// SPDX-License-Identifier: Apache-2.0
// OwnRecords: what this host says of itself, its services, and of hosts that it speaks for. Records are not
// stored but made of hosts and services when they are wanted; each has a number, under which the responder
// keeps its timers.
#pragma once

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/base/time.hpp"
#include "services/mdns/config.hpp"
#include "services/mdns/rivals.hpp"
#include "services/mdns/types.hpp"

namespace linnet::mdns {

/// A name that is to be ours alone, on its way through RFC 6762 8.
struct Claim {
  ClaimState state = ClaimState::idle;
  std::uint8_t left = 0;           ///< probes or announcements still to be sent
  Instant due = Instant::never();  ///< the next of them
  Instant announced_at;            ///< the last announcement
  bool announced = false;          ///< under this name: a goodbye is owed
  bool deferring = false;          ///< waiting, since another's probe won (RFC 6762 8.2)
  std::uint32_t number = 1;        ///< of the name that is tried: see `numbered`
  Rivals rivals;

  /// Another's record of the name ends the attempt to get it.
  bool contested() const {
    return state == ClaimState::probing || (state == ClaimState::waiting && deferring);
  }
  bool ours() const { return state == ClaimState::announcing || state == ClaimState::established; }
};

struct HostAddress {
  IpAddress address{};
  bool live = false;
  bool leaving = false;  ///< gone, and a goodbye is owed
};

struct Host {
  bool used = false;
  bool leaving = false;  ///< goodbyes first; then it is free, or takes `next` for its name
  std::uint16_t generation = 0;
  Label base;   ///< as wished
  Label label;  ///< as it is
  Label next;
  Claim claim;
  std::span<HostAddress> addresses;

  bool has_address() const;
  bool has(bool v4) const;
};

struct Service {
  bool used = false;
  bool leaving = false;
  std::uint16_t generation = 0;
  Label base;
  Label label;
  Label next;
  Claim claim;
  Name type{};  ///< "_http._tcp.local"
  std::uint8_t host = 0;
  std::uint16_t port = 0;
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  MutableBytes txt;
  std::uint16_t txt_length = 0;
  std::span<Label> subtypes;
  std::uint8_t subtype_count = 0;
};

enum class Kind : std::uint8_t {
  address,    ///< A or AAAA of a host
  reverse,    ///< the PTR of its address
  host_nsec,  ///< which of them there are
  srv,
  txt,
  pointer,      ///< from the type to the instance
  enumeration,  ///< from all services to the type (RFC 6763 9)
  service_nsec,
  subtype,  ///< from a subtype to the instance (RFC 6763 7.1)
};

struct RecordKey {
  Kind kind = Kind::address;
  std::uint16_t owner = 0;  ///< a host or a service
  std::uint8_t item = 0;    ///< an address or a subtype

  bool of_host() const { return kind <= Kind::host_nsec; }
  bool is_nsec() const { return kind == Kind::host_nsec || kind == Kind::service_nsec; }
  /// RFC 6762 2: nobody else has others under that name. The rest are pointers that many may have.
  bool is_unique() const { return kind <= Kind::txt || kind == Kind::service_nsec; }
};

class OwnRecords {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Host>(config.hosts) + Arena::bytes_for<Service>(config.services) +
           Arena::bytes_for<HostAddress>(std::size_t{config.hosts} * config.addresses) +
           Arena::bytes_for<Label>(std::size_t{config.services} * config.subtypes) +
           Arena::bytes_for<std::uint8_t>(std::size_t{config.services} * config.txt_size);
  }
  /// How many numbers there are.
  static constexpr std::size_t count(const Config& config) {
    return config.hosts * host_records(config) + config.services * service_records(config);
  }
  OwnRecords(const Config& config, Arena& arena);

  std::span<Host> hosts() { return hosts_; }
  std::span<const Host> hosts() const { return hosts_; }
  std::span<Service> services() { return services_; }
  std::span<const Service> services() const { return services_; }

  RecordKey key(std::size_t number) const;
  std::size_t number(const RecordKey& key) const;
  /// The records of one host or service have numbers that follow each other.
  std::size_t first_of(bool host, std::uint16_t owner) const;
  std::size_t count_of(bool host) const { return host ? host_records(config_) : service_records(config_); }
  /// There is such a record now.
  bool exists(const RecordKey& key) const;
  /// The claim on its name, or of the service that it points to.
  const Claim& claim(const RecordKey& key) const;

  Name name(const RecordKey& key) const;
  std::uint16_t record_type(const RecordKey& key) const;
  /// Seconds (RFC 6762 10).
  std::uint32_t ttl(const RecordKey& key) const;
  /// Its data with names spelled out, in `room`, which is maximum_data bytes.
  Bytes data(const RecordKey& key, MutableBytes room) const;

  Name host_name_of(std::uint16_t host) const { return host_name(hosts_[host].label); }
  Name instance_name_of(std::uint16_t service) const {
    return instance_name(services_[service].label, services_[service].type);
  }
  /// Whether a service is called so, without making its name where the first label shows that it is not.
  bool is_instance(std::uint16_t service, const Name& name) const;
  /// False: the data of this record are others, since it points to a service that is called otherwise. True:
  /// perhaps.
  bool may_point_to(const RecordKey& key, Bytes data) const;
  void digest(Digest& digest) const;

 private:
  static constexpr std::size_t host_records(const Config& config) {
    return 2 * std::size_t{config.addresses} + 1;
  }
  static constexpr std::size_t service_records(const Config& config) {
    return 5 + std::size_t{config.subtypes};
  }
  bool first_of_type(std::uint16_t service) const;

  Config config_;
  std::span<Host> hosts_;
  std::span<Service> services_;
};

}  // namespace linnet::mdns
