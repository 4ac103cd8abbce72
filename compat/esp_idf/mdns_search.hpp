// SPDX-License-Identifier: Apache-2.0
// What mdns.h's queries find: records of a name, and of what they point to.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/mdns/agent.hpp"
#include "sockets/service.hpp"

namespace linnet::esp {

struct TxtItem {
  std::string key;
  std::optional<std::string> value;  ///< any bytes; nothing: "key" alone
  bool operator==(const TxtItem&) const = default;
};

/// An instance of a service, or a host.
struct MdnsFound {
  std::string instance{};
  std::string type{};      ///< "_http"
  std::string protocol{};  ///< "_tcp"
  std::string host{};      ///< without ".local"
  std::uint16_t port = 0;
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  bool has_txt = false;
  std::vector<TxtItem> txt{};
  std::vector<IpAddress> addresses{};
  std::uint32_t ttl = 0;  ///< seconds that are left of the record that was asked for
  bool over_v4 = false;   ///< heard by IPv4
  bool over_v6 = false;
};
std::vector<TxtItem> txt_items(Bytes txt);

/// Asks from `begin` to `end`. All of it under the host's lock.
class MdnsSearch final : public sockets::Service {
 public:
  struct Wanted {
    std::string name{};  ///< an instance or a host; empty: instances of a type
    std::string type{};  ///< empty: a host
    std::string protocol{};
    std::uint16_t record_type = 0;
    std::size_t most = 0;  ///< results after which it is done; 0: as many as there are
  };
  MdnsSearch(mdns::Agent& agent, Wanted wanted) : agent_(&agent), wanted_(std::move(wanted)) {}
  MdnsSearch(const MdnsSearch&) = delete;
  MdnsSearch& operator=(const MdnsSearch&) = delete;
  ~MdnsSearch() { end(); }

  /// False: no such name can be, or there are too many questions.
  bool begin(Instant now, Instant until);
  void end();
  Instant poll(Instant now) override;
  /// As many as were wanted are whole, or the time is over.
  bool done() const { return done_; }
  std::size_t most() const { return wanted_.most; }
  /// What is known, in the order in which it was heard of.
  std::vector<MdnsFound> found(Instant now) const;

 private:
  /// By name and type.
  using Key = std::pair<std::string, std::uint16_t>;

  bool ask(const mdns::Name& name, std::uint16_t record_type, Instant now);
  template <typename Visit>
  void answers(const mdns::Name& name, std::uint16_t record_type, Instant now, Visit&& visit) const;
  void ask_for_host(const mdns::Name& service, Instant now);
  void fill_service(MdnsFound& found, const mdns::Name& service, Instant now) const;
  void fill_addresses(MdnsFound& found, const mdns::Name& host, Instant now) const;
  std::vector<MdnsFound> instances(Instant now) const;
  bool whole(const MdnsFound& found) const;

  mdns::Agent* agent_;
  Wanted wanted_;
  mdns::Name name_{};
  Instant until_ = Instant::never();
  bool done_ = false;
  std::map<Key, mdns::QueryHandle> queries_;
};

}  // namespace linnet::esp
