// SPDX-License-Identifier: Apache-2.0
// MdnsMonitor: watches the frames of one host and judges its Multicast DNS by RFC 6762, without knowing the
// stack. It accuses only where every right responder or querier would have done otherwise: what was received
// may be lost on the way to it, records may change at any time, and then are announced.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "core/base/time.hpp"
#include "sim/mdns_message.hpp"
#include "sim/mdns_rules.hpp"

namespace linnet::sim {

struct MdnsMonitorConfig {
  /// What depends on the order and the time of messages is judged: the host is polled in time, and what it
  /// sends leaves.
  bool timing = true;
};

class MdnsMonitor {
 public:
  explicit MdnsMonitor(const MdnsMonitorConfig& config = {}) : config_(config) {}

  /// A frame that the host handed to its link. What is no Multicast DNS is ignored.
  void sent(Bytes frame, Instant now);
  /// A frame that the host got.
  void received(Bytes frame, Instant now);
  /// The link may be another one: everything begins anew (RFC 6762 8).
  void link_came_up();
  /// The host had no room for some datagram that came: from now on nobody knows what it has heard.
  void no_room() { config_.timing = false; }

  const std::optional<MdnsViolation>& violation() const { return judge_.violation(); }
  const std::array<std::uint64_t, mdns_rules>& exercised() const { return judge_.exercised(); }
  std::uint64_t messages() const { return messages_; }

 private:
  /// A name that the host wants for itself.
  struct Claim {
    unsigned probes = 0;                                      ///< since it was given up last
    std::array<Instant, 2> last_probe{never_was, never_was};  ///< by family
    std::set<MdnsFact> proposed{};
    Instant lost = never_was;  ///< a tie-break
    Instant conflict = never_was;
    Instant told = never_was;  ///< its records, in a probe or a response
    bool announced = false;
    bool once_own = false;  ///< announced at some time since the link came up
    Instant probed() const { return std::max(last_probe[0], last_probe[1]); }
    bool proposes(std::uint16_t type) const {
      return std::any_of(proposed.begin(), proposed.end(), [&](const MdnsFact& fact) { return fact.type == type; });
    }
  };
  struct Heard {
    Instant at;
    std::uint32_t ttl = 0;
  };
  /// What others asked.
  struct Asked {
    Instant at;
    std::string source;
    std::uint16_t source_port = 0;
    MdnsMessage message;
  };
  static constexpr Instant never_was =
      Instant::from_microseconds(std::numeric_limits<std::int64_t>::min() / 4);

  // mdns_monitor.cpp: what is received, and the form of what is sent
  void check_form(const MdnsDatagram& datagram, const MdnsMessage& message);
  void heard_response(const MdnsMessage& message, Instant now);
  void heard_query(const MdnsDatagram& datagram, MdnsMessage message, Instant now);
  void heard_claim(const MdnsRecord& record, Instant now);
  void heard_probe(const MdnsMessage& message, const std::string& name, Instant now);
  bool has_new_target(const Claim& service) const;
  void tidy(Instant now);

  // mdns_monitor_sent.cpp: what is sent, against what was before
  void sent_query(const MdnsMessage& message, std::size_t family, Instant now);
  void sent_probe(const MdnsMessage& message, std::size_t family, Instant now);
  void sent_response(const MdnsMessage& message, std::size_t family, Instant now);
  void sent_record(const MdnsRecord& record, std::size_t family, Instant now);
  void sent_alone(const MdnsDatagram& datagram, const MdnsMessage& message, Instant now);
  void check_kind(const MdnsRecord& record);
  void check_claim(const MdnsRecord& record, Instant now);
  void check_rate(const MdnsRecord& record, std::size_t family, Instant now);
  void check_cause(const MdnsRecord& record, Instant now);

  MdnsMonitorConfig config_;
  MdnsJudge judge_;
  std::optional<std::array<std::uint8_t, 6>> station_;  ///< its own, once it has sent
  std::map<std::string, Claim> claims_;
  std::map<MdnsFact, Instant> sent_[2];  ///< to the group, when last
  std::set<MdnsFact> announced_;         ///< and not taken back
  std::map<MdnsFact, Heard> heard_;
  std::map<std::pair<std::string, std::uint16_t>, Instant> questions_[2];
  std::deque<Asked> asked_;
  Instant changed_ = never_was;  ///< the own records
  std::uint64_t messages_ = 0;
};

}  // namespace linnet::sim
