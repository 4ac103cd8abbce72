// SPDX-License-Identifier: Apache-2.0
// What a host sends, held against what it sent and got before.
#include <algorithm>

#include "sim/mdns_monitor.hpp"

namespace linnet::sim {
namespace {

constexpr Duration probe_interval = Duration::milliseconds(250);
constexpr Duration second = Duration::seconds(1);
// What came this shortly before may not have been seen yet.
constexpr Duration turn = Duration::milliseconds(20);
// For so long after a change there are announcements (RFC 6762 8.3).
constexpr Duration announcing = Duration::seconds(10);
constexpr Duration answered_by =
    Duration::seconds(3);  // RFC 6762 6, 7.2: an answer to the group waits no longer
constexpr Duration shared_delay = Duration::milliseconds(20);
constexpr std::uint32_t host_ttl = 120, other_ttl = 4500, legacy_ttl = 10;

bool is_reverse(const std::string& name) {
  constexpr std::string_view end = "\4arpa";
  return name.size() > end.size() + 1 &&
         std::string_view(name).substr(name.size() - end.size() - 1, end.size()) == end;
}
/// RFC 6762 2: of names that are one host's alone.
bool is_unique(const MdnsFact& fact) { return fact.type != mdns_type::ptr || is_reverse(fact.name); }

}  // namespace

void MdnsMonitor::sent_query(const MdnsMessage& message, std::size_t family, Instant now) {
  for (const MdnsQuestion& question : message.questions) {
    Instant& last = questions_[family].try_emplace({question.name, question.type}, never_was).first->second;
    if (config_.timing)
      judge_.require(now - last >= second, MdnsRule::query_interval, mdns_name_text(question.name));
    last = now;
  }
  if (!config_.timing) return;  // the link may have gone and come back unseen by the host
  for (const MdnsRecord& record : message.records) {
    const auto heard = heard_.find(record.fact);
    const std::string name = mdns_name_text(record.fact.name);
    const auto left = [&] { return Duration::seconds(heard->second.ttl) - (now - heard->second.at); };
    const Duration told = Duration::seconds(record.ttl);
    if (!judge_.require(heard != heard_.end() && told <= left() + second, MdnsRule::known_unheard, name))
      continue;
    judge_.require(told + second >= Duration::seconds(heard->second.ttl) / 2, MdnsRule::known_half, name);
  }
}

void MdnsMonitor::sent_probe(const MdnsMessage& message, std::size_t family, Instant now) {
  const auto asked_for = [&](const std::string& name) {
    return std::any_of(message.questions.begin(), message.questions.end(),
                       [&](const MdnsQuestion& question) { return question.name == name; });
  };
  for (const MdnsRecord& record : message.records) {
    judge_.require(record.part == MdnsPart::authority && asked_for(record.fact.name), MdnsRule::probe_records,
                   mdns_name_text(record.fact.name));
  }
  for (const MdnsQuestion& question : message.questions) {
    Claim& claim = claims_[question.name];
    const std::string name = mdns_name_text(question.name);
    claim.proposed.clear();
    for (const MdnsRecord& record : message.records) {
      if (record.fact.name == question.name) claim.proposed.insert(record.fact);
    }
    judge_.require(!claim.proposed.empty(), MdnsRule::probe_records, name);
    if (config_.timing) {
      judge_.require(now - claim.last_probe[family] >= probe_interval, MdnsRule::probe_interval, name);
      const Duration since = now - claim.lost;
      judge_.require(since <= turn || since >= second, MdnsRule::deferring, name);
    }
    if (now != claim.probed()) ++claim.probes;  // by both families it is one
    claim.last_probe[family] = claim.told = now;
    if (claim.announced) claim.probes = 1;  // anew
    claim.announced = false;
  }
  changed_ = now;
}

void MdnsMonitor::sent_response(const MdnsMessage& message, std::size_t family, Instant now) {
  // RFC 6762 8.4: with what is new or gone, all of its owner's may be announced, in any order.
  for (const MdnsRecord& record : message.records) {
    if (record.ttl == 0 ? announced_.contains(record.fact) : announced_.insert(record.fact).second)
      changed_ = now;
  }
  for (const MdnsRecord& record : message.records) sent_record(record, family, now);
}

void MdnsMonitor::sent_record(const MdnsRecord& record, std::size_t family, Instant now) {
  check_kind(record);
  if (record.ttl == 0) {
    if (config_.timing)
      judge_.require(announced_.contains(record.fact) || now == changed_, MdnsRule::goodbye,
                     mdns_name_text(record.fact.name));
    announced_.erase(record.fact);
    sent_[0].erase(record.fact);
    sent_[1].erase(record.fact);
    changed_ = now;
    return;
  }
  if (config_.timing) {
    check_claim(record, now);
    check_rate(record, family, now);
    check_cause(record, now);
  }
  sent_[family][record.fact] = now;
}

void MdnsMonitor::check_kind(const MdnsRecord& record) {
  const MdnsFact& fact = record.fact;
  const std::string name = mdns_name_text(fact.name);
  // 10.1: of a goodbye's the RFC does not say.
  if (record.ttl != 0) judge_.require(record.flush == is_unique(fact), MdnsRule::flush, name);
  using namespace mdns_type;
  const bool of_host = fact.type == a || fact.type == aaaa || fact.type == srv || is_reverse(fact.name);
  if (fact.type == nsec || record.ttl == 0) return;
  judge_.require(record.ttl == (of_host ? host_ttl : other_ttl), MdnsRule::ttl,
                 name + " " + std::to_string(record.ttl) + " s");
}

/// RFC 6762 8.1, 8.3. Reverse names are their address's, of which ARP and ND are the judges.
void MdnsMonitor::check_claim(const MdnsRecord& record, Instant now) {
  if (!record.flush || is_reverse(record.fact.name)) return;
  Claim& claim = claims_[record.fact.name];
  const std::string name = mdns_name_text(record.fact.name);
  claim.told = now;
  const bool again = claim.conflict != never_was && now - claim.conflict > turn;
  if (again && claim.probes == 0) {
    judge_.require(false, MdnsRule::conflict, name);
  } else if (claim.probes != 0 || claim.conflict == never_was) {
    const bool probed = claim.announced || (claim.probes >= 3 && now - claim.probed() >= probe_interval);
    judge_.require(probed, MdnsRule::probe_first, name);
    if (again) judge_.require(true, MdnsRule::conflict, name);
    claim.conflict = never_was;
    claim.announced = claim.once_own = true;
  }
}

/// RFC 6762 6.
void MdnsMonitor::check_rate(const MdnsRecord& record, std::size_t family, Instant now) {
  const auto last = sent_[family].find(record.fact);
  if (last == sent_[family].end() || last->second == now) return;
  const bool defence = std::any_of(asked_.begin(), asked_.end(), [&](const Asked& asked) {
    const auto is_it = [&](const MdnsQuestion& question) { return question.name == record.fact.name; };
    const auto& questions = asked.message.questions;
    if (now - asked.at > answered_by + turn) return false;
    return asked.message.has_authority() && std::any_of(questions.begin(), questions.end(), is_it);
  });
  judge_.require(now - last->second >= (defence ? probe_interval : second), MdnsRule::rate,
                 mdns_name_text(record.fact.name));
}

/// Of what was announced long ago: somebody asks for it (RFC 6762 6), does not know it (7.1), and where
/// others may answer, has not got the answer at once.
void MdnsMonitor::check_cause(const MdnsRecord& record, Instant now) {
  if (record.part != MdnsPart::answer || now - changed_ < announcing) return;
  const MdnsFact& fact = record.fact;
  bool asked_for = false;
  bool unknown = false;
  bool waited = false;
  for (const Asked& asked : asked_) {
    const MdnsMessage& message = asked.message;
    // Who defends its name against a probe tells it to all once more, a second after whatever it told of it
    // last.
    const Duration by = message.has_authority() ? answered_by + second : answered_by;
    if (now - asked.at > by + turn) continue;
    const bool asks =
        std::any_of(message.questions.begin(), message.questions.end(),
                    [&](const MdnsQuestion& question) { return question.asks(fact.name, fact.type); });
    if (!asks) continue;
    asked_for = true;
    const bool known =
        std::any_of(message.records.begin(), message.records.end(), [&](const MdnsRecord& known_one) {
          return known_one.part == MdnsPart::answer && known_one.fact == fact &&
                 known_one.ttl >= record.ttl / 2;
        });
    unknown = unknown || !known;
    waited =
        waited || now - asked.at >= shared_delay || message.has_authority() || asked.source_port != mdns_port;
  }
  const std::string name = mdns_name_text(fact.name);
  if (!judge_.require(asked_for, MdnsRule::unasked, name)) return;
  // 10.2: of addresses, all are told where one is not known.
  const bool of_set = fact.type == mdns_type::a || fact.type == mdns_type::aaaa;
  if (!of_set && !judge_.require(unknown, MdnsRule::known_answer, name)) return;
  if (!is_unique(fact)) judge_.require(waited, MdnsRule::shared_delay, name);
}

/// RFC 6762 5.4, 5.5, 6.7.
void MdnsMonitor::sent_alone(const MdnsDatagram& datagram, const MdnsMessage& message, Instant now) {
  const bool legacy = datagram.destination_port != mdns_port;
  bool asked_for = false;
  bool like_server = false;
  for (const Asked& asked : asked_) {
    if (asked.source != datagram.destination || asked.source_port != datagram.destination_port) continue;
    asked_for = true;
    const auto& theirs = asked.message.questions;
    const auto& ours = message.questions;
    like_server =
        like_server || (asked.message.id == message.id && !theirs.empty() && !ours.empty() &&
                        theirs.front().name == ours.front().name && theirs.front().type == ours.front().type);
  }
  const std::string to = "to port " + std::to_string(datagram.destination_port);
  if (config_.timing && !judge_.require(asked_for, MdnsRule::unicast_unasked, to)) return;
  for (const MdnsRecord& record : message.records) {
    if (legacy) {
      like_server = like_server && !record.flush && record.ttl <= legacy_ttl;
    } else {
      check_kind(record);
      // What was its own once may have been when this was written: it may have waited for a neighbour unseen.
      if (config_.timing && !claims_[record.fact.name].once_own) check_claim(record, now);
    }
  }
  if (legacy && asked_for) judge_.require(like_server, MdnsRule::legacy, to);
}

}  // namespace linnet::sim
