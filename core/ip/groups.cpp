// SPDX-License-Identifier: Apache-2.0
#include "core/ip/groups.hpp"

namespace linnet::ip {
namespace {

bool is_of_all_hosts(const IpAddress& group) {
  return group == all_systems || group == all_nodes_interface || group == all_nodes_link;
}

bool acceptable_source(const IpAddress& source, const IpAddress& group) {
  return source.is_v4() == group.is_v4() && !source.is_unspecified() && !source.is_multicast() &&
         !source.is_limited_broadcast();
}

Membership without_zone(const Membership& who) { return {who.owner, who.interface, who.group.with_zone(0)}; }

GroupQuery neutral(const igmp::Query& query) {
  constexpr std::array versions{HostMode::igmp_v1, HostMode::older, HostMode::newest};
  return {versions[query.version - 1u],
          Duration::milliseconds(query.maximum_delay),
          query.group,
          query.robustness,
          query.interval,
          query.sources};
}

GroupQuery neutral(const mld::Query& query) {
  return {query.version == 1 ? HostMode::older : HostMode::newest,
          Duration::milliseconds(query.maximum_delay),
          query.group,
          query.robustness,
          query.interval,
          query.sources};
}

}  // namespace

Groups::Groups(const Config& config, Arena& arena, Random& random)
    : interfaces_(config.interfaces),
      rows_(arena.make_array<InterfaceGroup>(config.groups)),
      requests_(arena.make_array<Request>(config.group_requests)),
      reports_(config, arena, random, rows_) {
  const std::size_t each = config.group_sources;
  const auto of_rows = arena.make_array<GroupSource>(rows_.size() * each);
  const auto of_requests = arena.make_array<IpAddress>(requests_.size() * each);
  if (arena.exhausted()) return;  // the owner says so
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i].sources = of_rows.subspan(i * each, each);
  for (std::size_t i = 0; i < requests_.size(); ++i)
    requests_[i].sources = SourceList(of_requests.subspan(i * each, each));
}

const Groups::Request* Groups::find(const Membership& who) const {
  const Membership wanted = without_zone(who);
  for (const Request& request : requests_) {
    if (request.used && request.who == wanted) return &request;
  }
  return nullptr;
}

Groups::Request* Groups::find(const Membership& who) {
  return const_cast<Request*>(std::as_const(*this).find(who));
}

const InterfaceGroup* Groups::row(std::uint8_t interface, const IpAddress& group) const {
  const IpAddress wanted = group.with_zone(0);
  for (const InterfaceGroup& row : rows_) {
    if (row.used() && row.interface == interface && row.group == wanted) return &row;
  }
  return nullptr;
}

InterfaceGroup* Groups::row(std::uint8_t interface, const IpAddress& group) {
  return const_cast<InterfaceGroup*>(std::as_const(*this).row(interface, group));
}

GroupError Groups::check(std::uint8_t interface, const IpAddress& group) const {
  if (interface >= interfaces_) return GroupError::no_interface;
  return group.is_multicast() ? GroupError::none : GroupError::not_a_group;
}

GroupError Groups::check(const Membership& who, std::span<const IpAddress> sources) const {
  for (const IpAddress& source : sources) {
    if (!acceptable_source(source, who.group)) return GroupError::bad_source;
  }
  return check(who.interface, who.group);
}

InterfaceGroup* Groups::row_for(std::uint8_t interface, const IpAddress& group) {
  if (InterfaceGroup* present = row(interface, group)) return present;
  InterfaceGroup* found = nullptr;
  for (InterfaceGroup& free : rows_) {
    if (found == nullptr && !free.used()) found = &free;
  }
  // A group that was left waits only for its reports to be repeated: routers notice without them as well,
  // later.
  for (InterfaceGroup& left : rows_) {
    if (found != nullptr) break;
    if (left.active()) continue;
    left.cancel();
    left.settle();
    found = &left;
  }
  if (found == nullptr) return nullptr;
  found->group = group.with_zone(0);
  found->interface = interface;
  return found;
}

/// A request of `who`, with room in the table of groups as well; null: `error` says why.
Groups::Request* Groups::request_for(const Membership& who, GroupError& error) {
  error = GroupError::none;
  if (Request* present = find(who)) return present;
  error = GroupError::no_request_room;
  for (Request& request : requests_) {
    if (request.used) continue;
    error = GroupError::no_group_room;
    if (!is_of_all_hosts(who.group.with_zone(0)) && row_for(who.interface, who.group) == nullptr)
      return nullptr;
    request.used = true;
    request.who = without_zone(who);
    error = GroupError::none;
    return &request;
  }
  return nullptr;
}

GroupError Groups::set(const Membership& who, const SourceFilter& filter, Instant now) {
  const GroupError bad = check(who, filter.sources);
  if (bad != GroupError::none) return bad;
  if (filter.wants_nothing()) {
    if (Request* present = find(who)) drop(*present, now);
    return GroupError::none;
  }
  if (!requests_.empty() && filter.sources.size() > requests_.front().sources.capacity())
    return GroupError::no_source_room;
  GroupError error = GroupError::none;
  Request* request = request_for(who, error);
  if (request == nullptr) return error;
  request->mode = filter.mode;
  request->sources.clear();
  for (const IpAddress& source : filter.sources) request->sources.add(source.with_zone(0));
  update(who.interface, who.group, now);
  return GroupError::none;
}

GroupError Groups::change_source(const Membership& who, SourceChange change, const IpAddress& source,
                                 Instant now) {
  const GroupError bad = check(who, {&source, 1});
  if (bad != GroupError::none) return bad;
  const bool includes = change == SourceChange::join || change == SourceChange::leave;
  const bool adds = change == SourceChange::join || change == SourceChange::block;
  const FilterMode mode = includes ? FilterMode::include : FilterMode::exclude;
  const IpAddress plain = source.with_zone(0);
  Request* request = find(who);
  if (request == nullptr) {
    if (change == SourceChange::join) return set(who, {mode, {&plain, 1}}, now);
    return includes ? GroupError::not_listed : GroupError::wrong_mode;
  }
  if (request->mode != mode) return GroupError::wrong_mode;
  if (request->filter().lists(plain) == adds)
    return adds ? GroupError::already_listed : GroupError::not_listed;
  if (adds && !request->sources.add(plain)) return GroupError::no_source_room;
  if (!adds) request->sources.remove(plain);
  if (request->filter().wants_nothing()) {
    drop(*request, now);
  } else {
    update(who.interface, who.group, now);
  }
  return GroupError::none;
}

void Groups::drop(Request& request, Instant now) {
  request.used = false;
  update(request.who.interface, request.who.group, now);
}

void Groups::leave_all(std::uint32_t owner, Instant now) {
  for (Request& request : requests_) {
    if (request.used && request.who.owner == owner) drop(request, now);
  }
}

std::optional<SourceFilter> Groups::filter_of(const Membership& who) const {
  const Request* request = find(who);
  if (request == nullptr) return std::nullopt;
  return request->filter();
}

GroupError Groups::join_own(std::uint8_t interface, const IpAddress& group, Instant now) {
  const GroupError bad = check(interface, group);
  if (bad != GroupError::none || is_of_all_hosts(group.with_zone(0))) return bad;
  InterfaceGroup* joined = row_for(interface, group);
  if (joined == nullptr || joined->own == 0xff) return GroupError::no_group_room;
  ++joined->own;
  update(interface, group, now);
  return GroupError::none;
}

void Groups::leave_own(std::uint8_t interface, const IpAddress& group, Instant now) {
  InterfaceGroup* joined = row(interface, group);
  if (joined == nullptr || joined->own == 0) return;
  --joined->own;
  update(interface, group, now);
}

void Groups::update(std::uint8_t interface, const IpAddress& group, Instant now) {
  InterfaceGroup* changed = row(interface, group);
  if (changed == nullptr) return;  // of all hosts
  const bool was_active = changed->active();
  changed->begin_change();
  const FilterMode mode = merge_filters(
      [&](const auto& visit) {
        if (changed->own > 0) visit(SourceFilter{.mode = FilterMode::exclude});
        for (const Request& request : requests_) {
          if (request.used && request.who.interface == interface && request.who.group == changed->group)
            visit(request.filter());
        }
      },
      [&](const IpAddress& source) { changed->list(source); });
  const bool differs = changed->end_change(mode, reports_.robustness(*changed));
  reports_.changed(*changed, was_active, differs, now);
}

bool Groups::wants(std::uint8_t interface, const IpAddress& group, const IpAddress& source) const {
  if (is_of_all_hosts(group.with_zone(0))) return true;
  const InterfaceGroup* wanted = row(interface, group);
  return wanted != nullptr && wanted->permits(source.with_zone(0));
}

bool Groups::allows(const Membership& who, const IpAddress& source) const {
  const Request* request = find(who);
  if (request == nullptr) return is_of_all_hosts(who.group.with_zone(0));
  return request->filter().permits(source.with_zone(0));
}

Drop Groups::receive_igmp(std::uint8_t interface, Bytes message, const igmp::Envelope& envelope,
                          Instant now) {
  Drop reason = Drop::igmp_malformed;
  if (message.empty()) return reason;
  const std::uint8_t type = message[0];
  if (type == igmp::membership_query) {
    if (const auto query = igmp::Query::parse(message, envelope, reason))
      reports_.query(interface, true, neutral(*query), now);
    return reason;
  }
  if (type != igmp::report_v1 && type != igmp::report_v2) return Drop::igmp_type;
  if (const auto report = igmp::Report::parse(message, envelope, reason))
    reports_.heard_report(interface, report->group);
  return reason;
}

Drop Groups::receive_mld(std::uint8_t interface, Bytes message, const mld::Envelope& envelope, Instant now) {
  Drop reason = Drop::mld_malformed;
  if (message.empty()) return reason;
  const std::uint8_t type = message[0];
  if (type == icmpv6::listener_query) {
    if (const auto query = mld::Query::parse(message, envelope, reason))
      reports_.query(interface, false, neutral(*query), now);
    return reason;
  }
  if (type != icmpv6::listener_report) return Drop::icmp_type;
  if (const auto report = mld::ReportV1::parse(message, envelope, reason))
    reports_.heard_report(interface, report->group);
  return reason;
}

void Groups::digest(Digest& digest) const {
  for (const InterfaceGroup& row : rows_) row.digest(digest);
  for (const Request& request : requests_) {
    if (!request.used) continue;
    digest.add(request.who.group.bytes());
    digest.add((std::uint64_t{request.who.owner} << 16) | (std::uint64_t{request.who.interface} << 8) |
               static_cast<std::uint64_t>(request.mode));
    for (const IpAddress& source : request.sources.all()) digest.add(source.bytes());
  }
  reports_.digest(digest);
}

}  // namespace linnet::ip
