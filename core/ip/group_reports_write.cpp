// SPDX-License-Identifier: Apache-2.0
// The messages of GroupReports: what goes into one, and what has to wait for the next (RFC 3376 4.2.16, RFC
// 3810 5.2.15).
#include "core/ip/group_reports.hpp"
#include "core/ip/igmp_wire.hpp"
#include "core/ip/mld_wire.hpp"

namespace linnet::ip {
namespace {

using membership::Record;
using membership::RecordType;

/// Fills one report with records.
class RecordPacker {
 public:
  explicit RecordPacker(Writer& writer) : writer_(writer) {}

  std::uint16_t records() const { return records_; }

  /// State-change records of `row`; false: the rest belongs into another message.
  bool changes(InterfaceGroup& row) {
    const bool include = row.mode == FilterMode::include;
    if (row.mode_left > 0)
      return put(row, include ? RecordType::to_include : RecordType::to_exclude, row.change_cursor);
    if (row.change_cursor.record == 0) {
      if (!put(row, RecordType::allow_new_sources, row.change_cursor)) return false;
      row.change_cursor.record = 1;
    }
    return put(row, RecordType::block_old_sources, row.change_cursor);
  }
  /// The current-state record.
  bool answer(InterfaceGroup& row) {
    const bool whole = row.mode == FilterMode::exclude && !row.specific;
    return put(row, whole ? RecordType::is_exclude : RecordType::is_include, row.answer_cursor);
  }

 private:
  static bool tells_mode(RecordType type) {
    return type == RecordType::to_include || type == RecordType::to_exclude || type == RecordType::is_exclude;
  }

  bool put(const InterfaceGroup& row, RecordType type, ReportCursor& cursor) {
    const bool v4 = row.group.is_v4();
    const std::size_t wanted = row.count(type, cursor.source);
    if (wanted == 0 && (!tells_mode(type) || cursor.source > 0)) return done(cursor);
    const std::size_t header = Record::size(v4);
    const bool header_fits = writer_.room() >= header;
    const std::size_t fit = header_fits ? (writer_.room() - header) / membership::address_size(v4) : 0;
    if (!header_fits || fit < wanted) {
      if (records_ > 0) return false;
      // Into an empty message nothing fits: no message can tell it.
      if (!header_fits || fit == 0) return done(cursor);
    }
    const std::size_t taken = std::min(wanted, fit);
    Record::write(writer_, type, row.group, static_cast<std::uint16_t>(taken));
    const std::size_t next = row.write_sources(writer_, type, cursor.source, taken);
    ++records_;
    // RFC 3376 4.2.16: one EXCLUDE record with what fits; of the other kinds as many records as are needed.
    if (taken == wanted || type == RecordType::is_exclude || type == RecordType::to_exclude)
      return done(cursor);
    cursor.source = static_cast<std::uint8_t>(next);
    return false;
  }
  static bool done(ReportCursor& cursor) {
    cursor.source = 0;
    return true;
  }

  Writer& writer_;
  std::uint16_t records_ = 0;
};

void write_report_header(Writer& writer, bool v4) {
  if (v4) {
    igmp::ReportV3::write(writer, 0);
  } else {
    mld::ReportV2::write(writer, 0);
  }
}

}  // namespace

std::size_t GroupReports::write(const GroupMessage& message, MutableBytes room, Instant now) {
  const bool records = message.kind == Kind::changes || message.kind == Kind::answers;
  const std::size_t size = records ? write_records(message, room, now) : write_older(message, room, now);
  if (message.v4 && size > 0) igmp::finish(room.first(size));
  look_ahead();
  return size;
}

std::size_t GroupReports::write_records(const GroupMessage& message, MutableBytes room, Instant now) {
  Writer writer(room);
  write_report_header(writer, message.v4);
  RecordPacker packer(writer);
  bool full = false;
  each(message.interface, message.v4, [&](InterfaceGroup& row) {
    const bool changes = message.kind == Kind::changes;
    if (full || (changes ? row.change_at : row.answer_at) > now) return;
    full = !(changes ? packer.changes(row) : packer.answer(row));
    if (!full) sent(row, message.kind, now);
  });
  if (packer.records() == 0 || !writer.ok()) return 0;
  constexpr std::size_t number_of_records = 6;  // RFC 3376 4.2, RFC 3810 5.2
  writer.patch16(number_of_records, packer.records());
  return writer.size();
}

std::size_t GroupReports::write_older(const GroupMessage& message, MutableBytes room, Instant now) {
  InterfaceGroup* row = find(message.interface, message.group);
  if (row == nullptr) return 0;
  const bool leave = message.kind == Kind::leave;
  Writer writer(room);
  if (message.v4) {
    const bool oldest = querier(*row).mode() == HostMode::igmp_v1;
    const std::uint8_t report = oldest ? igmp::report_v1 : igmp::report_v2;
    igmp::Report::write(writer, leave ? igmp::leave_group : report, row->group);
  } else {
    mld::ReportV1::write(writer, leave ? icmpv6::listener_done : icmpv6::listener_report, row->group);
  }
  sent(*row, message.kind, now);
  return writer.ok() ? writer.size() : 0;
}

/// The message about `row` is out: when is the next?
void GroupReports::sent(InterfaceGroup& row, Kind kind, Instant now) {
  row.last_reporter = true;
  const bool older = kind == Kind::report;
  if (kind == Kind::answers || (older && row.answer_at <= now)) row.answered();
  if (kind != Kind::answers && row.change_at <= now) {
    row.change_sent();
    const Duration most = older ? older_unsolicited_interval : unsolicited_interval;
    row.change_at = row.change_pending() ? now + up_to(most) : Instant::never();
  }
  row.settle();
}

}  // namespace linnet::ip
