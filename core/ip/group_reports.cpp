// SPDX-License-Identifier: Apache-2.0
#include "core/ip/group_reports.hpp"

namespace linnet::ip {

GroupReports::GroupReports(const Config& config, Arena& arena, Random& random, std::span<InterfaceGroup> rows)
    : random_(random), rows_(rows), links_(arena.make_array<Link>(config.interfaces)) {}

InterfaceGroup* GroupReports::find(std::uint8_t interface, const IpAddress& group) {
  for (InterfaceGroup& row : rows_) {
    if (row.used() && row.interface == interface && row.group == group) return &row;
  }
  return nullptr;
}

void GroupReports::cancel(std::uint8_t interface, bool v4) {
  querier(interface, v4).general_at = Instant::never();
  each(interface, v4, [](InterfaceGroup& row) {
    row.cancel();
    row.settle();
  });
}

void GroupReports::set_link(std::uint8_t interface, bool up, Instant now) {
  if (interface >= links_.size() || links_[interface].up == up) return;
  for (const bool v4 : {true, false}) {
    cancel(interface, v4);
    querier(interface, v4) = {};  // on another network there are other routers
  }
  links_[interface].up = up;
  for (const bool v4 : {true, false}) report_again(interface, v4, now);
}

void GroupReports::report_again(std::uint8_t interface, bool v4, Instant now) {
  if (interface >= links_.size()) return;
  const GroupQuerier& heard = querier(interface, v4);
  each(interface, v4, [&](InterfaceGroup& row) {
    if (!reports(row) || !row.active()) return;
    if (heard.mode() == HostMode::newest) {
      row.tell_again(heard.robustness());
    } else {
      row.mode_left = heard.robustness();
    }
    row.change_at = now;
  });
  look_ahead();
}

std::uint8_t GroupReports::robustness(const InterfaceGroup& row) const {
  const GroupQuerier& heard = querier(row);
  return reports(row) && heard.mode() == HostMode::newest ? heard.robustness() : std::uint8_t{0};
}

void GroupReports::changed(InterfaceGroup& row, bool was_active, bool differs, Instant now) {
  if (!reports(row)) {
    row.cancel();
  } else if (querier(row).mode() != HostMode::newest) {
    changed_older(row, was_active, now);
  } else if (differs) {
    row.change_at = now;  // RFC 3376 5.1: immediately
  }
  row.settle();
  look_ahead();
}

/// RFC 2236 3, RFC 2710 4: only who joins or leaves has something to tell, and version 1 knows no leaving.
void GroupReports::changed_older(InterfaceGroup& row, bool was_active, Instant now) {
  if (row.active() == was_active) return;
  const bool tell = row.active() || (querier(row).mode() == HostMode::older && row.last_reporter);
  row.cancel();
  if (!tell) return;
  row.mode_left = row.active() ? querier(row).robustness() : std::uint8_t{1};
  row.change_at = now;
}

void GroupReports::query(std::uint8_t interface, bool v4, const GroupQuery& query, Instant now) {
  if (interface >= links_.size() || !links_[interface].up) return;
  GroupQuerier& heard = querier(interface, v4);
  advance(now);
  if (heard.heard(query, now)) cancel(interface, v4);
  const Duration most = std::max(query.maximum_delay, least_delay);
  if (heard.mode() == HostMode::newest) {
    query_newest(interface, v4, query, most, now);
  } else {
    each(interface, v4, [&](InterfaceGroup& row) {
      if (query.general() || row.group == query.group) query_older(row, most, now);
    });
  }
  look_ahead();
}

/// RFC 3376 5.2, RFC 3810 6.2.
void GroupReports::query_newest(std::uint8_t interface, bool v4, const GroupQuery& query, Duration most,
                                Instant now) {
  const Instant at = now + up_to(most);
  Instant& general_at = querier(interface, v4).general_at;
  if (general_at <= at) return;  // rule 1
  if (query.general()) {
    general_at = at;  // rule 2
    return;
  }
  InterfaceGroup* row = find(interface, query.group);
  if (row != nullptr && row->active() && row->reported()) row->queried(query.sources, at);
}

/// RFC 2236 3, RFC 2710 4: a timer that runs is set anew only when the querier would not wait for it.
void GroupReports::query_older(InterfaceGroup& row, Duration most, Instant now) {
  if (!row.active() || !row.reported()) return;
  if (earlier(row.change_at, row.answer_at) > now + most) row.answer_at = now + up_to(most);
}

/// RFC 2236 3, RFC 2710 4: one report is enough for the routers of those versions. RFC 3376 7.2.2 would allow
/// that of the newest as well, but then sources that only we want might be lost.
void GroupReports::heard_report(std::uint8_t interface, const IpAddress& group) {
  InterfaceGroup* row = find(interface, group);
  if (row == nullptr || !row->active() || querier(*row).mode() == HostMode::newest) return;
  row->cancel();
  row->last_reporter = false;
  look_ahead();
}

/// What time alone brings about.
void GroupReports::advance(Instant now) {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const auto interface = static_cast<std::uint8_t>(i);
    for (const bool v4 : {true, false}) {
      GroupQuerier& heard = querier(interface, v4);
      if (heard.expire(now)) cancel(interface, v4);
      if (heard.general_at > now) continue;
      heard.general_at = Instant::never();
      // RFC 3376 5.2: a record for every group; what was asked about single ones is answered by that as well.
      each(interface, v4, [&](InterfaceGroup& row) {
        if (row.active() && row.reported()) row.answer_whole(now);
      });
    }
  }
}

std::optional<GroupMessage> GroupReports::next_due(Instant now) {
  if (deadline_ > now) return std::nullopt;
  advance(now);
  std::optional<GroupMessage> message;
  for (InterfaceGroup& row : rows_) {
    if (row.used()) message = due(row, now);
    if (message) break;
  }
  look_ahead();
  return message;
}

std::optional<GroupMessage> GroupReports::due(InterfaceGroup& row, Instant now) {
  using membership::RecordType;
  const bool v4 = row.group.is_v4();
  const HostMode mode = querier(row).mode();
  // RFC 3376 5.2: none of the queried sources is wanted, or none of any.
  if (row.answer_at <= now && (!row.active() || (row.specific && row.count(RecordType::is_include) == 0)))
    row.answered();
  const bool change = row.change_at <= now;
  if (!change && row.answer_at > now) return std::nullopt;
  GroupMessage message{.interface = row.interface, .v4 = v4, .group = row.group};
  if (mode == HostMode::newest) {
    message.kind = change ? Kind::changes : Kind::answers;
    message.destination = v4 ? IpAddress::v4(224, 0, 0, 22) : well_known_group(2, 0x16);
  } else if (row.active()) {
    message.kind = Kind::report;
    message.destination = row.group;
  } else {
    message.kind = Kind::leave;
    message.destination = v4 ? IpAddress::v4(224, 0, 0, 2) : well_known_group(2, 2);
  }
  return message;
}

void GroupReports::look_ahead() {
  deadline_ = Instant::never();
  for (const InterfaceGroup& row : rows_) {
    if (row.used()) deadline_ = earlier(deadline_, earlier(row.change_at, row.answer_at));
  }
  for (const Link& link : links_) {
    for (const GroupQuerier& heard : link.queriers) deadline_ = earlier(deadline_, heard.next_deadline());
  }
}

void GroupReports::digest(Digest& digest) const {
  for (const Link& link : links_) {  // whether it is up, Interfaces has in its digest
    for (const GroupQuerier& heard : link.queriers)
      digest.add((static_cast<std::uint64_t>(heard.mode()) << 8) | heard.robustness());
  }
}

}  // namespace linnet::ip
