// SPDX-License-Identifier: Apache-2.0
// Browser: the services on a link, as they come and go (RFC 6763 4), told line by line.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "services/mdns/agent.hpp"
#include "sockets/service.hpp"

namespace linnet::apps {

class Browser final : public sockets::Service {
 public:
  /// `agent` must run, and outlive the browser. `resolve`: also where the services are, and their TXT
  /// records.
  Browser(mdns::Agent& agent, std::string interface, bool resolve)
      : agent_(&agent), interface_(std::move(interface)), resolve_(resolve) {}
  /// Services of one type, or of all types that there are.
  void begin(const std::optional<mdns::Name>& type, Instant now);
  Instant poll(Instant now) override;
  std::size_t found() const { return told_.size(); }

 private:
  struct Service {
    mdns::Name name{};
    std::string columns{};  // instance, type and domain
    mdns::QueryHandle srv{};
    mdns::QueryHandle txt{};
    std::map<std::string, mdns::QueryHandle> hosts{};  // two each: by name and type
    std::string told{};
  };
  void add_type(const mdns::Name& type, Instant now);
  void tell(char sign, const std::string& family, const Service& service);
  void look(Instant now);
  void tell_of_the_bound();
  void resolve(Service& service, Instant now);

  mdns::Agent* agent_;
  std::string interface_;
  bool resolve_;
  bool told_bound_ = false;
  bool told_unresolved_ = false;
  bool unresolved_ = false;  // there was no room to ask for all that belongs to the services
  Instant look_at_{};        // no sooner again
  std::optional<mdns::QueryHandle> all_types_{};
  std::map<std::string, mdns::QueryHandle> types_{};
  std::map<std::string, Service> services_{};
  std::set<std::pair<std::string, std::string>> told_{};  // service and family
};

/// "_http._tcp", or "_printer._sub._http._tcp". Nothing when it is no type.
std::optional<mdns::Name> browsed_type(const std::string& text);
/// A label without escapes; control characters as \ddd.
std::string label_text(Bytes label);
/// ["key=value" ...], bytes that are no text as \ddd.
std::string txt_text(Bytes txt);

}  // namespace linnet::apps
