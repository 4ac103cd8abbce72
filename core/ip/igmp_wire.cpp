// SPDX-License-Identifier: Apache-2.0
#include "core/ip/igmp_wire.hpp"

#include "core/base/checksum.hpp"

namespace linnet::ip::igmp {
namespace {

constexpr std::size_t query_v3_size = 12;
constexpr IpAddress all_systems = IpAddress::v4(224, 0, 0, 1);
/// RFC 2236 4: what a router of version 1 means by a time of zero.
constexpr std::uint32_t version_1_delay = 10000;

IpAddress group_of(Bytes message) { return membership::address_at(message.data() + 4, true); }

/// What every message has to be: long enough, intact, and of this link (RFC 3376 4: a TTL of 1).
bool acceptable(Bytes message, const Envelope& envelope, Drop& reason) {
  reason = Drop::igmp_malformed;
  if (message.size() < minimum_size) return false;
  if (checksum_sum(message) != 0xffff) {
    reason = Drop::igmp_checksum;
    return false;
  }
  return envelope.ttl == 1;
}

/// RFC 3376 7.1 tells versions apart by length and time, and ignores what is of none.
std::uint8_t version_of(Bytes message) {
  if (message.size() == minimum_size) return message[1] == 0 ? 1 : 2;
  return message.size() >= query_v3_size ? 3 : 0;
}

/// RFC 3376 4.1.5 to 4.1.9; false when there are fewer sources than it says.
bool read_version_3(Bytes message, Query& query) {
  query.maximum_delay = maximum_response_time(message[1]);
  query.suppress = (message[8] & 8) != 0;
  query.robustness = message[8] & 7;
  query.interval = query_interval(message[9]);
  const std::size_t length = load16(message.data() + 10) * std::size_t{4};
  if (length > message.size() - query_v3_size) return false;
  query.sources = Sources(message.subspan(query_v3_size, length), true);
  // 4.1.8: a general query has none.
  return query.sources.size() == 0 || !query.group.is_unspecified();
}

/// RFC 3376 9.1: what keeps out queries that somebody forged from off the link.
bool believable(const Query& query, const Envelope& envelope) {
  if (query.version > 1 && !envelope.router_alert) return false;
  if (envelope.destination.is_limited_broadcast()) return false;
  return !query.group.is_unspecified() || !envelope.destination.is_multicast() ||
         envelope.destination == all_systems;
}

}  // namespace

std::optional<Query> Query::parse(Bytes message, const Envelope& envelope, Drop& reason) {
  if (!acceptable(message, envelope, reason)) return std::nullopt;
  const std::uint8_t version = version_of(message);
  if (version == 0 || message[0] != membership_query) return std::nullopt;
  Query query{.version = version, .maximum_delay = message[1] * std::uint32_t{100}};
  if (version == 1) {
    query.maximum_delay = version_1_delay;  // RFC 1112 appendix I: its group is ignored
  } else {
    query.group = group_of(message);
  }
  if (!query.group.is_unspecified() && !query.group.is_multicast()) return std::nullopt;
  if (version == 3 && !read_version_3(message, query)) return std::nullopt;
  if (!believable(query, envelope)) return std::nullopt;
  reason = Drop::none;
  return query;
}

std::optional<Report> Report::parse(Bytes message, const Envelope& envelope, Drop& reason) {
  if (!acceptable(message, envelope, reason)) return std::nullopt;
  const Report report{message[0], group_of(message)};
  if (report.type != report_v1 && report.type != report_v2 && report.type != leave_group) return std::nullopt;
  if (!report.group.is_multicast()) return std::nullopt;
  // RFC 2236 2.5 and 10: a report goes to its group, and has Router Alert unless it is of version 1.
  if (report.type != report_v1 && !envelope.router_alert) return std::nullopt;
  if (report.type != leave_group && envelope.destination != report.group) return std::nullopt;
  reason = Drop::none;
  return report;
}

void Report::write(Writer& writer, std::uint8_t type, const IpAddress& group) {
  writer.u8(type);
  writer.fill(0, 3);
  writer.bytes(group.v4_bytes());
}

std::optional<ReportV3> ReportV3::parse(Bytes message, const Envelope& envelope, Drop& reason) {
  if (!acceptable(message, envelope, reason)) return std::nullopt;
  if (message[0] != report_v3 || !envelope.router_alert) return std::nullopt;
  const ReportV3 report(message);
  Records records = report.records();
  while (records.next()) {
  }
  if (!records.ok()) return std::nullopt;
  reason = Drop::none;
  return report;
}

void ReportV3::write(Writer& writer, std::uint16_t records) {
  writer.u8(report_v3);
  writer.fill(0, 5);
  writer.u16(records);
}

void finish(MutableBytes message) {
  store16(message.data() + 2, 0);
  store16(message.data() + 2, static_cast<std::uint16_t>(~checksum_sum(message)));
}

}  // namespace linnet::ip::igmp
