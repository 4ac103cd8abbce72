// SPDX-License-Identifier: Apache-2.0
#include "sim/mdns_monitor.hpp"

#include <algorithm>

namespace linnet::sim {
namespace {

constexpr Duration kept = Duration::seconds(3);  // RFC 6762 6, 7.2: an answer waits no longer
// RFC 4861 7.2.2, RFC 1122 2.3.2.2: what is sent to one host may wait for its neighbour.
constexpr Duration unseen = Duration::seconds(10);
constexpr std::size_t most_kept = 4096;
// What comes while the host is at work is seen in its next turn.
constexpr Duration turn = Duration::milliseconds(20);

/// RFC 6762 8.2: class, type and data, in order.
std::vector<std::pair<std::uint16_t, std::string>> ordered(const std::set<MdnsFact>& facts) {
  std::vector<std::pair<std::uint16_t, std::string>> list;
  for (const MdnsFact& fact : facts) list.emplace_back(fact.type, fact.data);
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

void MdnsMonitor::sent(Bytes frame, Instant now) {
  const auto datagram = read_mdns_datagram(frame);
  if (!datagram || (datagram->source_port != mdns_port && !datagram->to_group)) return;
  ++messages_;
  station_.emplace();
  std::copy_n(frame.begin() + 6, station_->size(), station_->begin());
  tidy(now);
  const auto message = parse_mdns(datagram->payload);
  if (!judge_.require(message.has_value(), MdnsRule::message,
                      std::to_string(datagram->payload.size()) + " bytes"))
    return;
  check_form(*datagram, *message);
  const std::size_t family = datagram->ipv6 ? 1 : 0;
  if (!datagram->to_group) {
    if (message->is_response()) sent_alone(*datagram, *message, now);
  } else if (message->is_response()) {
    sent_response(*message, family, now);
  } else if (message->has_authority()) {
    sent_probe(*message, family, now);
  } else {
    sent_query(*message, family, now);
  }
}

void MdnsMonitor::check_form(const MdnsDatagram& datagram, const MdnsMessage& message) {
  const std::string flags = "flags " + std::to_string(message.flags);
  judge_.require(datagram.hops == 255, MdnsRule::hops, std::to_string(datagram.hops));
  judge_.require((message.flags & 0x780f) == 0, MdnsRule::opcode, flags);
  const bool authoritative = (message.flags & 0x0400) != 0;
  const bool truncation = !message.truncated() || !message.is_response() || !datagram.to_group;
  judge_.require(authoritative == message.is_response() && truncation && (message.flags & 0x01f0) == 0,
                 MdnsRule::flags, flags);
  judge_.require(datagram.payload.size() <= (datagram.ipv6 ? 8952u : 8972u), MdnsRule::size,
                 std::to_string(datagram.payload.size()) + " bytes");
  if (datagram.to_group) {
    judge_.require(datagram.source_port == mdns_port && datagram.destination_port == mdns_port,
                   MdnsRule::ports,
                   std::to_string(datagram.source_port) + " to " + std::to_string(datagram.destination_port));
    judge_.require(message.id == 0, MdnsRule::id, std::to_string(message.id));
    judge_.require(!message.is_response() || message.questions.empty(), MdnsRule::question_in_response,
                   std::to_string(message.questions.size()) + " questions");
  }
  for (const MdnsQuestion& question : message.questions) {
    judge_.require(question.record_class == 1 || question.record_class == 255, MdnsRule::record_class,
                   mdns_name_text(question.name));
  }
  for (const MdnsRecord& record : message.records) {
    judge_.require(record.record_class == 1, MdnsRule::record_class, mdns_name_text(record.fact.name));
    if (!message.is_response())
      judge_.require(!record.flush, MdnsRule::flush_in_query, mdns_name_text(record.fact.name));
  }
}

void MdnsMonitor::received(Bytes frame, Instant now) {
  const auto datagram = read_mdns_datagram(frame);
  if (!datagram || datagram->destination_port != mdns_port) return;
  // A neighbour may know it by the station that it was before it began anew.
  const bool to_one = (frame[0] & 1) == 0;
  if (to_one && station_ && !std::equal(station_->begin(), station_->end(), frame.begin())) return;
  auto message = parse_mdns(datagram->payload);
  if (!message || (message->flags & 0x780f) != 0) return;
  tidy(now);
  if (!message->is_response()) {
    heard_query(*datagram, std::move(*message), now);
  } else if (datagram->source_port == mdns_port) {
    heard_response(*message, now);
  }
}

void MdnsMonitor::heard_response(const MdnsMessage& message, Instant now) {
  for (const MdnsRecord& record : message.records) {
    if (record.record_class != 1) continue;
    if (record.ttl < 2250 && announced_.contains(record.fact)) changed_ = now;  // 6.6: it may be said again
    if (record.part != MdnsPart::authority && heard_.size() < most_kept)
      heard_[record.fact] = {now, record.ttl};
    if (record.ttl != 0 && record.fact.type != mdns_type::nsec) heard_claim(record, now);
  }
}

/// The name of the service's host was lost since the service's records were told: what they are by now nobody
/// saw.
bool MdnsMonitor::has_new_target(const Claim& service) const {
  if (!service.proposes(mdns_type::srv)) return false;
  return std::any_of(claims_.begin(), claims_.end(), [&](const auto& entry) {
    const Claim& host = entry.second;
    return host.conflict >= service.told && (host.proposes(mdns_type::a) || host.proposes(mdns_type::aaaa));
  });
}

/// RFC 6762 9: another's record of a name that the host wants.
void MdnsMonitor::heard_claim(const MdnsRecord& record, Instant now) {
  const auto found = claims_.find(record.fact.name);
  if (found == claims_.end()) return;
  Claim& claim = found->second;
  const bool same = claim.proposed.contains(record.fact) || announced_.contains(record.fact);
  if (same || (claim.announced && !claim.proposes(record.fact.type)) || has_new_target(claim)) return;
  claim.conflict = now;
  claim.probes = 0;
  changed_ = now;
}

void MdnsMonitor::heard_query(const MdnsDatagram& datagram, MdnsMessage message, Instant now) {
  if (message.has_authority()) {
    for (const MdnsQuestion& question : message.questions) heard_probe(message, question.name, now);
  }
  if (asked_.size() < most_kept)
    asked_.push_back({now, datagram.source, datagram.source_port, std::move(message)});
}

/// RFC 6762 8.2: whose records come later goes on.
void MdnsMonitor::heard_probe(const MdnsMessage& message, const std::string& name, Instant now) {
  const auto found = claims_.find(name);
  if (found == claims_.end() || found->second.announced || found->second.probes == 0) return;
  std::set<MdnsFact> theirs;
  for (const MdnsRecord& record : message.records) {
    if (record.part == MdnsPart::authority && record.fact.name == name) theirs.insert(record.fact);
  }
  if (theirs.empty() || ordered(theirs) <= ordered(found->second.proposed) || has_new_target(found->second))
    return;
  found->second.lost = now;
  found->second.probes = 0;
}

void MdnsMonitor::link_came_up() {
  claims_.clear();
  for (auto& of_family : sent_) of_family.clear();
  heard_.clear();
  for (auto& of_family : questions_) of_family.clear();
}

/// Queries are kept for as long as they may be answered.
void MdnsMonitor::tidy(Instant now) {
  while (!asked_.empty() && now - asked_.front().at > kept + unseen + turn) asked_.pop_front();
}

}  // namespace linnet::sim
