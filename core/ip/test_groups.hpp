// SPDX-License-Identifier: Apache-2.0
// A host with its Groups, a router's queries put together by hand, and what the host sends as short text: the
// last byte of each group, the kind of record, the last bytes of the sources: "5:TO_EX(1 2)".
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/ip/groups.hpp"
#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::test {

using test6::Buffer;

constexpr std::uint32_t socket = 7;
constexpr std::uint8_t stale = 0xa5;  ///< of memory that nobody wrote; only a checksum may have it as well
constexpr Duration second = Duration::seconds(1);
constexpr Duration millisecond = Duration::milliseconds(1);

inline IpAddress group(bool v4, std::uint8_t n) {
  return v4 ? IpAddress::v4(239, 0, 0, n) : well_known_group(0x0e, n);
}
inline IpAddress source(bool v4, std::uint8_t n) {
  if (v4) return IpAddress::v4(192, 0, 2, n);
  std::array<std::uint8_t, 16> bytes = test6::address("2001:db8::").bytes();
  bytes[15] = n;
  return IpAddress::v6(bytes);
}

/// A filter of sources whose last bytes are these.
struct Filter {
  FilterMode mode = FilterMode::include;
  std::vector<std::uint8_t> sources{};

  std::vector<IpAddress> addresses(bool v4) const {
    std::vector<IpAddress> all;
    for (const std::uint8_t n : sources) all.push_back(source(v4, n));
    return all;
  }
  bool permits(std::uint8_t n) const {
    return (std::find(sources.begin(), sources.end(), n) != sources.end()) == (mode == FilterMode::include);
  }
};
inline Filter include(std::vector<std::uint8_t> sources = {}) {
  return {FilterMode::include, std::move(sources)};
}
inline Filter exclude(std::vector<std::uint8_t> sources = {}) {
  return {FilterMode::exclude, std::move(sources)};
}

/// All filters with sources of 1 to `most`.
inline std::vector<Filter> all_filters(std::uint8_t most) {
  std::vector<Filter> filters;
  for (const FilterMode mode : {FilterMode::include, FilterMode::exclude}) {
    for (unsigned set = 0; set < 1u << most; ++set) {
      Filter filter{mode, {}};
      for (std::uint8_t n = 1; n <= most; ++n) {
        if ((set >> (n - 1) & 1) != 0) filter.sources.push_back(n);
      }
      filters.push_back(filter);
    }
  }
  return filters;
}

inline std::string text(const char* name, std::vector<std::uint8_t> sources) {
  std::sort(sources.begin(), sources.end());
  std::string all;
  for (const std::uint8_t n : sources) all += (all.empty() ? "" : " ") + std::to_string(n);
  return name + ("(" + all + ")");
}

struct QueryFields {
  HostMode version = HostMode::newest;
  std::uint8_t about = 0;  ///< a group; 0: a general query
  std::vector<std::uint8_t> sources{};
  std::uint8_t robustness = 2;
  std::uint8_t interval = 125;
  std::uint16_t delay = 10000;  ///< milliseconds
};

inline Buffer query_bytes(bool v4, const QueryFields& q) {
  const auto last = [](const IpAddress& a) {
    std::array<std::uint8_t, 16> room;
    Writer to(room);
    membership::write_address(to, a, a.is_v4());
    return Buffer(to.written().begin(), to.written().end());
  };
  const auto code = static_cast<std::uint8_t>(q.version == HostMode::igmp_v1 ? 0 : q.delay / 100);
  Buffer message = v4 ? Buffer{0x11, code, 0, 0} : Buffer{130,
                                                          0,
                                                          0,
                                                          0,
                                                          static_cast<std::uint8_t>(q.delay >> 8),
                                                          static_cast<std::uint8_t>(q.delay & 0xff),
                                                          0,
                                                          0};
  const IpAddress none = v4 ? IpAddress::any_v4() : IpAddress{};
  message = test6::joined({message, last(q.about == 0 ? none : group(v4, q.about))});
  if (q.version == HostMode::newest) {
    message =
        test6::joined({message, {q.robustness, q.interval, 0, static_cast<std::uint8_t>(q.sources.size())}});
    for (const std::uint8_t n : q.sources) message = test6::joined({message, last(source(v4, n))});
  }
  if (v4) igmp::finish(message);
  message.shrink_to_fit();
  return message;
}

struct Sent {
  Instant at;
  std::string text;
};

class Listener {
 public:
  explicit Listener(bool is_v4 = true, const Config& c = {}, bool up = true)
      : v4(is_v4),
        memory(Groups::memory_needed(c) + Arena::alignment),
        arena(memory),
        groups(c, arena, random) {
    EXPECT_FALSE(arena.exhausted());
    if (up) groups.set_link(0, true, now);
  }

  GroupError set(const Filter& filter, std::uint8_t n = 5, std::uint32_t owner = socket) {
    const std::vector<IpAddress> addresses = filter.addresses(v4);
    return groups.set({owner, 0, group(v4, n)}, {filter.mode, addresses}, now);
  }
  GroupError join(std::uint8_t n = 5, std::uint32_t owner = socket) { return set(exclude(), n, owner); }
  GroupError leave(std::uint8_t n = 5, std::uint32_t owner = socket) { return set(include(), n, owner); }
  bool wants(std::uint8_t from, std::uint8_t n = 5) const {
    return groups.wants(0, group(v4, n), source(v4, from));
  }

  Drop receive(const Buffer& message) {
    if (v4)
      return groups.receive_igmp(0, message, {source(v4, 99), IpAddress::v4(224, 0, 0, 1), 1, true}, now);
    return groups.receive_mld(0, message, {test6::address("fe80::1"), 1, true}, now);
  }
  void query(const QueryFields& fields) { EXPECT_EQ(receive(query_bytes(v4, fields)), Drop::none); }
  /// Another member's report, of an older version.
  void hear_report(std::uint8_t n = 5, std::uint8_t type = igmp::report_v2) {
    std::array<std::uint8_t, 24> room;
    Writer writer(room);
    if (v4) {
      igmp::Report::write(writer, type, group(v4, n));
      igmp::finish(writer.written());
      EXPECT_EQ(groups.receive_igmp(0, writer.written(), {source(v4, 98), group(v4, n), 1, true}, now),
                Drop::none);
    } else {
      mld::ReportV1::write(writer, icmpv6::listener_report, group(v4, n));
      EXPECT_EQ(groups.receive_mld(0, writer.written(), {test6::address("fe80::2"), 1, true}, now),
                Drop::none);
    }
  }

  /// What is due now, a message an element.
  std::vector<std::string> collect() {
    std::vector<std::string> texts;
    for (int turns = 0; turns < 1000; ++turns) {
      const auto message = groups.next_due(now);
      if (!message) return texts;
      Buffer room(mtu, stale);
      room.resize(groups.write(*message, room, now));
      EXPECT_TRUE(!room.empty() || mtu < 64) << "due for nothing";
      if (!room.empty()) texts.push_back(read(*message, room));
    }
    ADD_FAILURE() << "it never ends";
    return texts;
  }
  /// Lets the time pass, deadline by deadline.
  std::vector<Sent> run_for(Duration duration) {
    std::vector<Sent> sent;
    const Instant end = now + duration;
    for (int turns = 0; turns < 10000; ++turns) {
      for (const std::string& text : collect()) sent.push_back({now, text});
      EXPECT_GT(groups.next_deadline(), now) << "a deadline that does not move";
      if (groups.next_deadline() > end) break;
      now = groups.next_deadline();
    }
    now = end;
    return sent;
  }
  std::vector<std::string> texts_for(Duration duration) {
    std::vector<std::string> texts;
    for (const Sent& sent : run_for(duration)) texts.push_back(sent.text);
    return texts;
  }
  Digest::Value digest() const {
    Digest digest;
    groups.digest(digest);
    return digest.value();
  }

  bool v4;
  std::size_t mtu = 1400;  ///< of IGMP's or MLD's message
  Instant now = Instant::from_microseconds(1000000);
  Random random{Random::Seed{1, 2, 3}};
  std::vector<std::uint8_t> memory;
  Arena arena;
  Groups groups;

 private:
  std::string read(const GroupMessage& message, const Buffer& bytes) const {
    EXPECT_EQ(message.v4, v4);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      EXPECT_TRUE(bytes[i] != stale || i == 2 || i == 3) << "hostile-packets C13-03, at " << i;
    const IpAddress routers = v4 ? IpAddress::v4(224, 0, 0, 2) : test6::address("ff02::2");
    const IpAddress newest = v4 ? IpAddress::v4(224, 0, 0, 22) : test6::address("ff02::16");
    Drop reason = Drop::none;
    if (v4 ? bytes[0] == igmp::report_v3 : bytes[0] == icmpv6::listener_report_v2) {
      EXPECT_EQ(message.destination, newest);
      return v4 ? records(igmp::ReportV3::parse(bytes, {{}, message.destination, 1, true}, reason))
                : records(mld::ReportV2::parse(bytes, {{}, 1, true}, reason));
    }
    const bool leave = v4 ? bytes[0] == igmp::leave_group : bytes[0] == icmpv6::listener_done;
    IpAddress about;
    if (v4) {
      const auto report = igmp::Report::parse(bytes, {{}, message.destination, 1, true}, reason);
      if (report) about = report->group;
    } else {
      const auto report = mld::ReportV1::parse(bytes, {{}, 1, true}, reason);
      if (report) about = report->group;
    }
    EXPECT_EQ(reason, Drop::none);
    EXPECT_EQ(bytes.size(), v4 ? 8u : 24u);
    EXPECT_EQ(message.destination, leave ? routers : about);
    const bool first = v4 && bytes[0] == igmp::report_v1;
    return std::to_string(about.bytes()[15]) + (leave ? ":leave" : first ? ":v1" : ":older");
  }
  template <typename Report>
  std::string records(const Report& report) const {
    EXPECT_TRUE(report);
    if (!report) return "malformed";
    static constexpr const char* names[] = {"?", "IS_IN", "IS_EX", "TO_IN", "TO_EX", "ALLOW", "BLOCK"};
    std::string all;
    auto records = report->records();
    while (const auto record = records.next()) {
      std::vector<std::uint8_t> sources;
      for (std::size_t i = 0; i < record->sources.size(); ++i) {
        // A source of MLD may look like a mapped address.
        EXPECT_EQ(record->sources[i], source(v4 || record->sources[i].is_v4(), record->sources[i].bytes()[15]));
        sources.push_back(record->sources[i].bytes()[15]);
      }
      if (!all.empty()) all += ' ';
      all += std::to_string(record->group.bytes()[15]) + ':' +
             text(names[static_cast<std::size_t>(record->type)], sources);
    }
    return all;
  }
};

using Texts = std::vector<std::string>;

inline std::string family_name(const testing::TestParamInfo<bool>& family) {
  return family.param ? "IGMP" : "MLD";
}

}  // namespace linnet::ip::test
