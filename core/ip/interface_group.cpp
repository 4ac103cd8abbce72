// SPDX-License-Identifier: Apache-2.0
#include "core/ip/interface_group.hpp"

namespace linnet::ip {

using membership::RecordType;

bool InterfaceGroup::active() const {
  return mode == FilterMode::exclude ||
         std::any_of(sources.begin(), sources.end(), [](const GroupSource& s) { return s.listed; });
}

bool InterfaceGroup::permits(const IpAddress& source) const {
  for (const GroupSource& s : sources) {
    if (s.listed && s.address == source) return mode == FilterMode::include;
  }
  return mode == FilterMode::exclude;
}

bool InterfaceGroup::reported() const {
  if (group.is_v4()) return group != all_systems;
  const std::uint8_t scope = group.bytes()[1] & 0x0f;
  if (scope < 2) return false;
  return group != all_nodes_link;
}

GroupSource* InterfaceGroup::find(const IpAddress& source) {
  for (GroupSource& s : sources) {
    if (s.needed() && s.address == source) return &s;
  }
  return nullptr;
}

GroupSource* InterfaceGroup::free_source() {
  for (GroupSource& s : sources) {
    if (!s.needed()) return &s;
  }
  return nullptr;
}

void InterfaceGroup::begin_change() {
  overflow_ = lost_ = false;
  for (GroupSource& s : sources) s.was_listed = std::exchange(s.listed, false);
}

void InterfaceGroup::list(const IpAddress& source) {
  GroupSource* entry = find(source);
  if (entry == nullptr) entry = free_source();
  for (GroupSource& s : sources) {
    if (entry != nullptr) break;
    if (s.listed) continue;
    lost_ = true;
    specific = specific && !s.queried;  // then the answer is the whole state
    s = {};
    entry = &s;
  }
  if (entry == nullptr) {
    overflow_ = true;
    return;
  }
  entry->address = source;
  entry->listed = true;
}

bool InterfaceGroup::end_change(FilterMode new_mode, std::uint8_t robustness) {
  if (overflow_) {
    new_mode = FilterMode::exclude;
    for (GroupSource& s : sources) s.listed = false;
  }
  // What is not known in detail is told as a whole, as a change of the mode is.
  const bool whole = lost_ || new_mode != mode;
  bool differs = whole;
  mode = new_mode;
  for (GroupSource& s : sources) {
    const bool changed = s.was_listed != s.listed;
    s.was_listed = false;
    differs = differs || changed;
    if (changed && !whole) s.left = robustness;
  }
  // RFC 3376 5.1: then the next [Robustness Variable] reports have filter-mode-change records.
  // They name all sources, so that none has to be remembered for them.
  if (whole && robustness > 0) mode_left = robustness;
  if (differs) change_cursor = {};
  return differs;
}

void InterfaceGroup::tell_again(std::uint8_t robustness) {
  if (mode == FilterMode::exclude) mode_left = robustness;
  for (GroupSource& s : sources) {
    if (s.listed && mode == FilterMode::include) s.left = robustness;
  }
  change_cursor = {};
}

bool InterfaceGroup::change_pending() const {
  return mode_left > 0 ||
         std::any_of(sources.begin(), sources.end(), [](const GroupSource& s) { return s.left > 0; });
}

void InterfaceGroup::change_sent() {
  if (mode_left > 0) --mode_left;
  // RFC 3376 5.1: a source is remembered until so many state-change reports are out, of whatever kind.
  for (GroupSource& s : sources) {
    if (s.left > 0) --s.left;
  }
  change_cursor = {};
}

void InterfaceGroup::queried(const membership::Sources& about, Instant at) {
  const bool pending = !answer_at.is_never();
  // Rule 4: who asks about the group, or has asked, is told about all of it.
  if (about.size() == 0 || (pending && !specific)) return answer_whole(earlier(answer_at, at));
  specific = true;
  answer_at = earlier(answer_at, at);
  for (std::size_t i = 0; i < about.size(); ++i) {
    GroupSource* entry = find(about[i]);
    if (entry == nullptr) entry = free_source();
    // More than can be remembered: then all of it, which answers the question as well.
    if (entry == nullptr) return answer_whole(answer_at);
    entry->address = about[i];
    entry->queried = true;
  }
}

void InterfaceGroup::answer_whole(Instant at) {
  answered();
  answer_at = at;
}

void InterfaceGroup::answered() {
  for (GroupSource& s : sources) s.queried = false;
  specific = false;
  answer_at = Instant::never();
  answer_cursor = {};
}

void InterfaceGroup::cancel() {
  answered();
  for (GroupSource& s : sources) s.left = 0;
  mode_left = 0;
  change_at = Instant::never();
  change_cursor = {};
}

void InterfaceGroup::settle() {
  if (active() || !change_at.is_never()) return;
  const std::span<GroupSource> room = sources;
  for (GroupSource& s : room) s = {};
  *this = {};
  sources = room;
}

bool InterfaceGroup::belongs(const GroupSource& source, RecordType type) const {
  const bool permitted = source.listed == (mode == FilterMode::include);
  switch (type) {
    case RecordType::is_include:
      // RFC 3376 5.2: A*B of INCLUDE (A), B-A of EXCLUDE (A), when asked about B.
      return specific ? source.queried && permitted : source.listed;
    case RecordType::is_exclude:
    case RecordType::to_include:
    case RecordType::to_exclude:
      return source.listed;
    case RecordType::allow_new_sources:
      return source.left > 0 && permitted;
    case RecordType::block_old_sources:
      break;
  }
  return source.left > 0 && !permitted;
}

std::size_t InterfaceGroup::count(RecordType type, std::size_t from) const {
  std::size_t n = 0;
  for (std::size_t i = from; i < sources.size(); ++i) n += belongs(sources[i], type) ? 1 : 0;
  return n;
}

std::size_t InterfaceGroup::write_sources(Writer& writer, RecordType type, std::size_t from,
                                          std::size_t most) const {
  std::size_t i = from;
  for (; i < sources.size() && most > 0; ++i) {
    if (!belongs(sources[i], type)) continue;
    membership::write_address(writer, sources[i].address, group.is_v4());
    --most;
  }
  return i;
}

void InterfaceGroup::digest(Digest& digest) const {
  if (!used()) return;
  digest.add(group.bytes());
  digest.add((std::uint64_t{interface} << 32) | (std::uint64_t{own} << 24) |
             (std::uint64_t{mode_left} << 16) | (static_cast<std::uint64_t>(mode) << 8) |
             (last_reporter ? 2u : 0u) | (specific ? 1u : 0u));
  for (const GroupSource& s : sources) {
    if (!s.needed()) continue;
    digest.add(s.address.bytes());
    digest.add((std::uint64_t{s.left} << 2) | (s.listed ? 2u : 0u) | (s.queried ? 1u : 0u));
  }
}

}  // namespace linnet::ip
