// SPDX-License-Identifier: Apache-2.0
// For tests of the Multicast DNS monitor: a trace made by hand, message by message.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "sim/frames_ipv6.hpp"
#include "sim/mdns_monitor.hpp"

namespace linnet::sim::test {

using namespace mdns_type;

inline const IpAddress own = IpAddress::v4(10, 0, 0, 1), peer = IpAddress::v4(10, 0, 0, 2);
inline const IpAddress own_v6 = *IpAddress::parse("fe80::1"), group_v6 = *IpAddress::parse("ff02::fb");
inline const IpAddress group = IpAddress::v4(224, 0, 0, 251);
inline constexpr std::uint16_t in = 1, flush_in = 0x8001, response = 0x8400;

inline Buffer name(std::string_view text) {
  Buffer bytes;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('.'), text.size());
    bytes.push_back(static_cast<std::uint8_t>(length));
    bytes.insert(bytes.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  bytes.push_back(0);
  return bytes;
}
/// A message that is written section by section.
class Written {
 public:
  explicit Written(std::uint16_t flags, std::uint16_t id = 0) : bytes_(12) {
    store16(bytes_.data(), id);
    store16(bytes_.data() + 2, flags);
  }
  Written& ask(std::string_view of, std::uint16_t type, std::uint16_t cls = in) {
    add(name(of), type, cls);
    return count(4);
  }
  Written& answer(std::string_view of, std::uint16_t type, const Buffer& data, std::uint32_t ttl,
                  std::uint16_t cls) {
    record(of, type, data, ttl, cls);
    return count(6);
  }
  Written& authority(std::string_view of, std::uint16_t type, const Buffer& data, std::uint16_t cls = in) {
    record(of, type, data, 120, cls);
    return count(8);
  }
  /// One more, of the section whose count is at `at`.
  Written& count(std::size_t at) {
    ++bytes_[at + 1];
    return *this;
  }
  const Buffer& bytes() const { return bytes_; }

 private:
  void add16(std::uint16_t value) {
    bytes_.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes_.push_back(static_cast<std::uint8_t>(value & 0xff));
  }
  void add(const Buffer& of, std::uint16_t type, std::uint16_t cls) {
    bytes_.insert(bytes_.end(), of.begin(), of.end());
    add16(type);
    add16(cls);
  }
  void record(std::string_view of, std::uint16_t type, const Buffer& data, std::uint32_t ttl,
              std::uint16_t cls) {
    add(name(of), type, cls);
    add16(static_cast<std::uint16_t>(ttl >> 16));
    add16(static_cast<std::uint16_t>(ttl & 0xffff));
    add16(static_cast<std::uint16_t>(data.size()));
    bytes_.insert(bytes_.end(), data.begin(), data.end());
  }
  Buffer bytes_;
};

inline const Buffer own_a{10, 0, 0, 1}, later_a{10, 0, 0, 200}, earlier_a{10, 0, 0, 0};
inline Written query() { return Written(0); }
inline Written answers() { return Written(response); }
inline Written probe(std::string_view of = "h.local", const Buffer& data = own_a) {
  return query().ask(of, any, 0x8001).authority(of, a, data);
}
inline Written host_record(std::uint32_t ttl = 120, std::uint16_t cls = flush_in) {
  return answers().answer("h.local", a, own_a, ttl, cls);
}
inline const Buffer instance = name("w._http._tcp.local");
inline Written pointer(std::uint32_t ttl = 4500, std::uint16_t cls = in) {
  return answers().answer("_http._tcp.local", ptr, instance, ttl, cls);
}
inline Written ask_host() { return query().ask("h.local", a); }
inline Written ask_service() { return query().ask("_http._tcp.local", ptr); }

struct Way {
  bool ipv6 = false;
  std::uint8_t hops = 255;
  std::uint16_t source_port = 5353;
  std::uint16_t destination_port = 5353;
  bool alone = false;        ///< not to the group
  std::uint8_t station = 1;  ///< of the host, at the end of its MAC address
};

class MdnsTrace {
 public:
  MdnsTrace& after(int ms) {
    now_ = now_ + Duration::milliseconds(ms);
    return *this;
  }
  MdnsTrace& sends(const Written& message, const Way& way = {}) {
    monitor.sent(frame(message, way, way.ipv6 ? own_v6 : own,
                       way.alone  ? peer
                       : way.ipv6 ? group_v6
                                  : group),
                 now_);
    return *this;
  }
  MdnsTrace& gets(const Written& message, const Way& way = {}) {
    monitor.received(frame(message, way, peer, way.alone ? own : group), now_);
    return *this;
  }
  MdnsTrace& probes(int times) {
    for (int i = 0; i < times; ++i) sends(probe()).after(250);
    return *this;
  }
  /// Its name and its service are announced, and nothing happens for a while.
  MdnsTrace& established() {
    probes(3).sends(host_record()).sends(pointer()).after(1000).sends(host_record()).sends(pointer());
    return after(60000);
  }
  std::string rule() const { return monitor.violation() ? monitor.violation()->rule : ""; }

  MdnsMonitor monitor;

 private:
  static Buffer frame(const Written& message, const Way& way, const IpAddress& from, const IpAddress& to) {
    const auto mac = [&](const IpAddress& of) {
      return of.is_multicast() ? group_station(of)
                               : MacAddress{{2, 0, 0, 0, 0, of == peer ? std::uint8_t{2} : way.station}};
    };
    const FrameEnds ends{
        .source_mac = mac(from), .destination_mac = mac(to), .source = from, .destination = to};
    Buffer bytes = ip_frame(ends, 17, udp_datagram(way.source_port, way.destination_port, message.bytes()));
    bytes[way.ipv6 ? 21 : 22] = way.hops;
    fix_checksums(bytes);
    return bytes;
  }
  Instant now_ = Instant::from_microseconds(1000000);
};

struct Row {
  const char* name;
  std::function<void(MdnsTrace&)> play;
  const char* rule = "";  ///< none: nothing is wrong
};

inline void play(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    MdnsTrace trace;
    row.play(trace);
    EXPECT_EQ(trace.rule(), row.rule) << (trace.monitor.violation() ? trace.monitor.violation()->text : "");
    EXPECT_GT(trace.monitor.messages(), 0u);
  }
}

}  // namespace linnet::sim::test
