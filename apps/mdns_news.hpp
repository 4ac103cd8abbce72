// SPDX-License-Identifier: Apache-2.0
// MdnsNews: announces a device's name and its web site by Multicast DNS, and says what they are called, which
// others may have something to say about.
#pragma once

#include <string>
#include <vector>

#include "apps/announced_service.hpp"
#include "services/mdns/agent.hpp"
#include "sockets/service.hpp"

namespace linnet::apps {

class MdnsNews final : public sockets::Service {
 public:
  /// `agent`: null where there is no Multicast DNS.
  explicit MdnsNews(mdns::Agent* agent) : agent_(agent) {}
  /// "name.local", and "name" as a service of the type _http._tcp, and `others`. Says so when it cannot be.
  void begin(const std::string& name, std::uint16_t http_port, const std::vector<AnnouncedService>& others,
             Instant now);
  Instant poll(Instant now) override;

 private:
  void tell_of_others(const mdns::Responder& responder);

  mdns::Agent* agent_;
  mdns::ServiceHandle site_;
  std::vector<mdns::ServiceHandle> others_;
  bool told_of_others_ = false;
  std::string told_;
};

}  // namespace linnet::apps
