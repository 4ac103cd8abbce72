// SPDX-License-Identifier: Apache-2.0
// MLD's queries and reports of both versions.
#include <array>
#include <vector>

#include "core/ip/mld_wire.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;
namespace mld = ip::mld;

namespace {

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

/// RFC 3810 5.1, 6.2, 8.1 by indices.
bool plain_query(Bytes m, const mld::Envelope& e) {
  if (m[0] != 130 || (m.size() != 24 && m.size() < 28)) return false;
  if (e.hop_limit != 1 || !e.router_alert || !e.source.is_link_local()) return false;
  const bool general = is_zero(m.subspan(8, 16));
  if (!general && m[8] != 0xff) return false;
  if (m.size() == 24) return true;
  const std::size_t sources = load16(m.data() + 26);
  return 28 + sources * 16 <= m.size() && (!general || sources == 0);
}

/// RFC 3810 5.2 by indices.
bool plain_records(Bytes m) {
  std::size_t at = 8;
  for (unsigned left = load16(m.data() + 6); left > 0; --left) {
    if (at + 20 > m.size() || m[at + 4] != 0xff) return false;
    at += 20u + load16(m.data() + at + 2) * 16u + m[at + 1] * 4u;
    if (at > m.size()) return false;
  }
  return true;
}

bool plain_listener(const mld::Envelope& e) {
  return e.hop_limit == 1 && e.router_alert && (e.source.is_link_local() || e.source == IpAddress{});
}

void check_query(Bytes message, const mld::Envelope& envelope) {
  Drop reason = Drop::count_;
  const auto query = mld::Query::parse(message, envelope, reason);
  require(query.has_value() == (message.size() >= 24 && plain_query(message, envelope)), "RFC 3810 6.2, 8.1");
  require((reason == Drop::none) == query.has_value(), "a reason when there is none");
  if (!query) return;
  require(query->maximum_delay <= 8387584 && query->interval <= 31744 && query->robustness < 8,
          "bounds of codes");
  for (std::size_t i = 0; i < query->sources.size(); ++i)
    require(same(query->sources[i].bytes(), message.subspan(28 + i * 16, 16)), "the sources");
}

void check_reports(Bytes message, const mld::Envelope& envelope) {
  Drop reason = Drop::count_;
  const auto first = mld::ReportV1::parse(message, envelope, reason);
  const bool type = message.size() >= 24 && (message[0] == 131 || message[0] == 132);
  require(first.has_value() == (type && message[8] == 0xff && plain_listener(envelope)), "RFC 2710 3");
  const auto report = mld::ReportV2::parse(message, envelope, reason);
  const bool second = message.size() >= 8 && message[0] == 143;
  require(report.has_value() == (second && plain_listener(envelope) && plain_records(message)),
          "RFC 3810 5.2");
  if (!report) return;
  // Written again, it is the same but for reserved bytes and auxiliary data.
  std::vector<std::uint8_t> buffer(message.size());
  Writer writer(buffer);
  mld::ReportV2::write(writer, load16(message.data() + 6));
  mld::ReportV2::Records records = report->records();
  std::size_t at = 8;
  while (const auto record = records.next()) {
    std::vector<IpAddress> sources;
    for (std::size_t i = 0; i < record->sources.size(); ++i) sources.push_back(record->sources[i]);
    const std::size_t begin = writer.size();
    mld::ReportV2::write_record(writer, record->type, record->group, sources);
    require(writer.ok(), "no longer than it was");
    const Bytes written = Bytes(writer.written()).subspan(begin);
    require(
        written[0] == message[at] && same(written.subspan(2), message.subspan(at + 2, written.size() - 2)),
        "each record, as it was read");
    at += written.size() + message[at + 1] * 4u;
  }
  require(records.ok(), "records of a good report are good");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t what = input.u8();
  std::array<std::uint8_t, 16> source{};
  if ((what & 3) == 0) source = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if ((what & 3) == 1) source = {0x20, 1, 0xd, 0xb8};
  const mld::Envelope envelope{IpAddress::v6(source), static_cast<std::uint8_t>(what & 0x10 ? what : 1),
                               (what & 0x20) == 0};
  const Bytes message = input.rest();
  check_query(message, envelope);
  check_reports(message, envelope);
  return 0;
}
