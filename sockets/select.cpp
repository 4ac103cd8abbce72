// SPDX-License-Identifier: Apache-2.0
// poll and select: the level-triggered truth of several descriptors.
#include "sockets/call.hpp"
#include "sockets/events.hpp"

namespace linnet::sockets {

namespace {

/// What else an event is called.
constexpr std::uint16_t with_synonyms(std::uint16_t events) {
  unsigned all = events;
  if ((events & event::in) != 0) all |= event::read_normal;
  if ((events & event::out) != 0) all |= event::write_normal;
  if ((events & event::pri) != 0) all |= event::read_band;
  return static_cast<std::uint16_t>(all);
}

}  // namespace

std::uint16_t Sockets::revents_of(const PollEntry& entry) {
  if (entry.fd < 0) return 0;
  const Descriptor* row = table_.find(entry.fd);
  if (row == nullptr) return event::nval;
  constexpr unsigned always = event::err | event::hup;
  const unsigned asked = (entry.events | always) & ~unsigned{any_data};
  return static_cast<std::uint16_t>(with_synonyms(events_of(stack_, *row)) & asked);
}

int Sockets::look(std::span<PollEntry> entries) {
  int count = 0;
  for (PollEntry& entry : entries) {
    entry.revents = revents_of(entry);
    if (entry.revents != 0) ++count;
  }
  return count;
}

int Sockets::poll(std::span<PollEntry> entries, std::optional<Duration> timeout, const bool* or_when) {
  const Call call(*this);
  const Instant now = port_.now();
  driver_.poll(now);  // one ready descriptor must not hide what the devices hold for the others
  int count = look(entries);
  const Duration longest = timeout.value_or(Duration::max());
  if (count > 0 || longest <= Duration() || (or_when != nullptr && *or_when)) return count;

  struct Looker : Waiter {
    Sockets* sockets = nullptr;
    std::span<PollEntry> entries;
    const bool* or_when = nullptr;
    int found = 0;
  } looker;
  looker.sockets = this;
  looker.entries = entries;
  looker.or_when = or_when;
  looker.ready = [](Waiter& self) {
    Looker& me = static_cast<Looker&>(self);
    me.found = me.sockets->look(me.entries);
    return me.found > 0 || (me.or_when != nullptr && *me.or_when);
  };
  const Wake wake = driver_.wait(looker, timeout ? now + longest : Instant::never());
  if (wake == Wake::interrupted) return -error::interrupted;
  return wake == Wake::ready ? looker.found : 0;
}

/// Yields how many members of `asked` are ready, and fills `found`; or a negated errno value.
int Sockets::look(int count, const SelectSets& asked, SelectSets& found) {
  int ready = 0;
  found = {};
  for (int fd = 0; fd < count; ++fd) {
    const bool read = asked.read.contains(fd);
    const bool write = asked.write.contains(fd);
    const bool except = asked.except.contains(fd);
    if (!read && !write && !except) continue;
    const Descriptor* row = table_.find(fd);
    if (row == nullptr) return -error::bad_descriptor;
    const std::uint16_t events = events_of(stack_, *row);
    const auto check = [&](bool wanted, unsigned any_of, FdSet& set) {
      if (!wanted || (events & any_of) == 0) return;
      set.add(fd);
      ++ready;
    };
    check(read, event::in | event::hup | event::err, found.read);
    check(write, event::out | event::err, found.write);
    check(except, event::pri | event::err, found.except);  // POSIX: a pending error is exceptional
  }
  return ready;
}

int Sockets::select(int count, FdSet* read, FdSet* write, FdSet* except, std::optional<Duration> timeout) {
  if (count < 0 || count > FdSet::capacity || timeout.value_or(Duration()) < Duration())
    return -error::invalid;
  struct Looker : Waiter {
    Sockets* sockets = nullptr;
    int count = 0;
    SelectSets asked;
    SelectSets found;
    int result = 0;
    bool look() {
      result = sockets->look(count, asked, found);
      return result != 0;
    }
  } looker;
  looker.sockets = this;
  looker.count = count;
  if (read != nullptr) looker.asked.read = *read;
  if (write != nullptr) looker.asked.write = *write;
  if (except != nullptr) looker.asked.except = *except;
  looker.ready = [](Waiter& self) { return static_cast<Looker&>(self).look(); };

  const Call call(*this);
  const Instant now = port_.now();
  driver_.poll(now);
  if (!looker.look() && timeout != Duration()) {
    const Wake wake = driver_.wait(looker, timeout ? now + *timeout : Instant::never());
    if (wake == Wake::interrupted) return -error::interrupted;
  }
  if (looker.result < 0) return looker.result;
  if (read != nullptr) *read = looker.found.read;
  if (write != nullptr) *write = looker.found.write;
  if (except != nullptr) *except = looker.found.except;
  return looker.result;
}

}  // namespace linnet::sockets
