// SPDX-License-Identifier: Apache-2.0
#include "core/ip/mld_wire.hpp"

namespace linnet::ip::mld {
namespace {

constexpr std::size_t query_v1_size = 24;
constexpr std::size_t query_v2_size = 28;

IpAddress address_at(Bytes message, std::size_t offset) {
  return membership::address_at(message.data() + offset, false);
}

/// RFC 2710 3, RFC 3810 5: a hop limit of 1 and Router Alert, so that it comes from this link.
bool from_this_link(const Envelope& envelope) { return envelope.hop_limit == 1 && envelope.router_alert; }

/// RFC 3810 5.2.13, RFC 3590 4: a listener may have no address yet.
bool from_listener(const IpAddress& source) { return source.is_link_local() || source.is_unspecified(); }

bool is_group(const IpAddress& address) { return membership::is_group(address, false); }

/// RFC 3810 8.1 tells versions apart by length alone, and ignores what is of neither.
std::uint8_t version_of(std::size_t size) {
  if (size == query_v1_size) return 1;
  return size >= query_v2_size ? 2 : 0;
}

/// RFC 3810 5.1.6 to 5.1.11; false when there are fewer sources than it says.
bool read_version_2(Bytes message, Query& query) {
  const Fields<query_v2_size> fields(message.data());
  query.version = 2;
  query.maximum_delay = maximum_response_delay(fields.get16<4>());
  query.suppress = (fields.get8<24>() & 8) != 0;
  query.robustness = fields.get8<24>() & 7;
  query.interval = query_interval(fields.get8<25>());
  const std::size_t length = fields.get16<26>() * std::size_t{16};
  if (length > message.size() - query_v2_size) return false;
  query.sources = Sources(message.subspan(query_v2_size, length), false);
  // 5.1.10: a general query has none.
  return query.sources.size() == 0 || !query.group.is_unspecified();
}

}  // namespace

std::optional<Query> Query::parse(Bytes message, const Envelope& envelope, Drop& reason) {
  reason = Drop::mld_malformed;
  const std::uint8_t version = version_of(message.size());
  if (version == 0 || message[0] != icmpv6::listener_query) return std::nullopt;
  // RFC 3810 5.1.14, 6.2: of a router, by its link-local address.
  if (!from_this_link(envelope) || !envelope.source.is_link_local()) return std::nullopt;
  Query query{.maximum_delay = load16(message.data() + 4), .group = address_at(message, 8)};
  if (query.group != IpAddress{} && !is_group(query.group)) return std::nullopt;
  if (version == 2 && !read_version_2(message, query)) return std::nullopt;
  reason = Drop::none;
  return query;
}

std::optional<ReportV1> ReportV1::parse(Bytes message, const Envelope& envelope, Drop& reason) {
  reason = Drop::mld_malformed;
  if (message.size() < size) return std::nullopt;
  const bool done = message[0] == icmpv6::listener_done;
  if (!done && message[0] != icmpv6::listener_report) return std::nullopt;
  if (!from_this_link(envelope) || !from_listener(envelope.source)) return std::nullopt;
  const IpAddress group = address_at(message, 8);
  if (!is_group(group)) return std::nullopt;
  reason = Drop::none;
  return ReportV1{done, group};
}

void ReportV1::write(Writer& writer, std::uint8_t type, const IpAddress& group) {
  icmpv6::write_header(writer, type, 0);
  writer.bytes(group.bytes());
}

std::optional<ReportV2> ReportV2::parse(Bytes message, const Envelope& envelope, Drop& reason) {
  reason = Drop::mld_malformed;
  if (message.size() < header_size || message[0] != icmpv6::listener_report_v2) return std::nullopt;
  if (!from_this_link(envelope) || !from_listener(envelope.source)) return std::nullopt;
  const ReportV2 report(message);
  Records records = report.records();
  while (records.next()) {
  }
  if (!records.ok()) return std::nullopt;
  reason = Drop::none;
  return report;
}

void ReportV2::write(Writer& writer, std::uint16_t records) {
  icmpv6::write_header(writer, icmpv6::listener_report_v2, records);
}

}  // namespace linnet::ip::mld
