// SPDX-License-Identifier: Apache-2.0
// The Multicast DNS monitor accepts what RFC 6762 asks for, and refuses traces that break one rule each.
#include "sim/mdns_monitor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "sim/frames_ipv6.hpp"

namespace linnet::sim {
namespace {

using namespace mdns_type;

const IpAddress own = IpAddress::v4(10, 0, 0, 1), peer = IpAddress::v4(10, 0, 0, 2);
const IpAddress own_v6 = *IpAddress::parse("fe80::1"), group_v6 = *IpAddress::parse("ff02::fb");
const IpAddress group = IpAddress::v4(224, 0, 0, 251);
constexpr std::uint16_t in = 1, flush_in = 0x8001, response = 0x8400;

Buffer name(std::string_view text) {
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

const Buffer own_a{10, 0, 0, 1}, later_a{10, 0, 0, 200}, earlier_a{10, 0, 0, 0};
Written query() { return Written(0); }
Written answers() { return Written(response); }
Written probe(std::string_view of = "h.local", const Buffer& data = own_a) {
  return query().ask(of, any, 0x8001).authority(of, a, data);
}
Written host_record(std::uint32_t ttl = 120, std::uint16_t cls = flush_in) {
  return answers().answer("h.local", a, own_a, ttl, cls);
}
const Buffer instance = name("w._http._tcp.local");
Written pointer(std::uint32_t ttl = 4500, std::uint16_t cls = in) {
  return answers().answer("_http._tcp.local", ptr, instance, ttl, cls);
}
Written ask_host() { return query().ask("h.local", a); }
Written ask_service() { return query().ask("_http._tcp.local", ptr); }

struct Way {
  bool ipv6 = false;
  std::uint8_t hops = 255;
  std::uint16_t source_port = 5353;
  std::uint16_t destination_port = 5353;
  bool alone = false;        ///< not to the group
  std::uint8_t station = 1;  ///< of the host, at the end of its MAC address
};

class Trace {
 public:
  Trace& after(int ms) {
    now_ = now_ + Duration::milliseconds(ms);
    return *this;
  }
  Trace& sends(const Written& message, const Way& way = {}) {
    monitor.sent(frame(message, way, way.ipv6 ? own_v6 : own,
                       way.alone  ? peer
                       : way.ipv6 ? group_v6
                                  : group),
                 now_);
    return *this;
  }
  Trace& gets(const Written& message, const Way& way = {}) {
    monitor.received(frame(message, way, peer, way.alone ? own : group), now_);
    return *this;
  }
  Trace& probes(int times) {
    for (int i = 0; i < times; ++i) sends(probe()).after(250);
    return *this;
  }
  /// Its name and its service are announced, and nothing happens for a while.
  Trace& established() {
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
  std::function<void(Trace&)> play;
  const char* rule = "";  ///< none: nothing is wrong
};

void play(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Trace trace;
    row.play(trace);
    EXPECT_EQ(trace.rule(), row.rule) << (trace.monitor.violation() ? trace.monitor.violation()->text : "");
    EXPECT_GT(trace.monitor.messages(), 0u);
  }
}

TEST(MdnsMonitor, form_of_messages) {
  play({
      {"a question", [](Trace& t) { t.sends(ask_host()); }},
      {"hops", [](Trace& t) { t.sends(ask_host(), {.hops = 254}); }, "RFC6762.11.hops"},
      {"hops of IPv6", [](Trace& t) { t.sends(ask_host(), {.ipv6 = true, .hops = 1}); }, "RFC6762.11.hops"},
      {"source port", [](Trace& t) { t.sends(ask_host(), {.source_port = 5354}); }, "RFC6762.6.ports"},
      {"destination port", [](Trace& t) { t.sends(ask_host(), {.destination_port = 53}); },
       "RFC6762.6.ports"},
      {"opcode", [](Trace& t) { t.sends(Written(0x0800).ask("h.local", a)); }, "RFC6762.18.3.opcode"},
      {"rcode", [](Trace& t) { t.sends(Written(3).ask("h.local", a)); }, "RFC6762.18.3.opcode"},
      {"recursion", [](Trace& t) { t.sends(Written(0x0100).ask("h.local", a)); }, "RFC6762.18.flags"},
      {"no AA in a response", [](Trace& t) { t.sends(Written(0x8000)); }, "RFC6762.18.flags"},
      {"AA in a query", [](Trace& t) { t.sends(Written(0x0400).ask("h.local", a)); }, "RFC6762.18.flags"},
      {"TC in a response", [](Trace& t) { t.sends(Written(0x8600)); }, "RFC6762.18.flags"},
      {"id", [](Trace& t) { t.sends(Written(0, 7).ask("h.local", a)); }, "RFC6762.18.1.id"},
      {"question in a response", [](Trace& t) { t.sends(answers().ask("h.local", a)); },
       "RFC6762.6.question"},
      {"class", [](Trace& t) { t.sends(query().ask("h.local", a, 3)); }, "RFC6762.18.13.class"},
      {"fewer questions than it says", [](Trace& t) { t.sends(query().count(4)); }, "RFC6762.18.message"},
  });
}

TEST(MdnsMonitor, probing_and_announcing) {
  play({
      {"as it should be", [](Trace& t) { t.established(); }},
      {"by both families",
       [](Trace& t) {
         for (int i = 0; i < 3; ++i) t.sends(probe()).sends(probe(), {.ipv6 = true}).after(250);
         t.sends(host_record()).sends(host_record(), {.ipv6 = true});
       }},
      {"two probes", [](Trace& t) { t.probes(2).sends(host_record()); }, "RFC6762.8.1.first"},
      {"two by each family are two",
       [](Trace& t) {
         for (int i = 0; i < 2; ++i) t.sends(probe()).sends(probe(), {.ipv6 = true}).after(250);
         t.sends(host_record());
       },
       "RFC6762.8.1.first"},
      {"too soon after the third",
       [](Trace& t) { t.probes(2).sends(probe()).after(200).sends(host_record()); }, "RFC6762.8.1.first"},
      {"a shared record needs no probe", [](Trace& t) { t.sends(pointer()); }},
      {"too fast", [](Trace& t) { t.sends(probe()).after(249).sends(probe()); }, "RFC6762.8.1.interval"},
      {"on another link",
       [](Trace& t) {
         t.sends(probe()).after(9).monitor.link_came_up();
         t.sends(probe());
       }},
      {"records of another name",
       [](Trace& t) {
         t.sends(query().ask("h.local", any).authority("h.local", a, own_a).authority("x.local", a, own_a));
       },
       "RFC6762.8.2.records"},
      {"a question without records",
       [](Trace& t) {
         t.sends(query().ask("h.local", any).ask("x.local", any).authority("h.local", a, own_a));
       },
       "RFC6762.8.2.records"},
      {"cache-flush bit in a probe",
       [](Trace& t) { t.sends(query().ask("h.local", any).authority("h.local", a, own_a, flush_in)); },
       "RFC6762.10.2.query"},
      {"no probing on another link",
       [](Trace& t) {
         t.established().monitor.link_came_up();
         t.sends(host_record());
       },
       "RFC6762.8.1.first"},
  });
}

TEST(MdnsMonitor, conflicts) {
  play({
      {"theirs is later, and we wait",
       [](Trace& t) {
         t.sends(probe())
             .after(100)
             .gets(probe("h.local", later_a))
             .after(1000)
             .probes(3)
             .sends(host_record());
       }},
      {"and do not wait",
       [](Trace& t) {
         t.sends(probe()).after(100).gets(probe("h.local", later_a)).after(150).sends(probe());
       },
       "RFC6762.8.2.defer"},
      {"what was asked before does not count",
       [](Trace& t) {
         t.sends(probe())
             .after(100)
             .gets(probe("h.local", later_a))
             .after(1000)
             .probes(2)
             .sends(host_record());
       },
       "RFC6762.8.1.first"},
      {"theirs is earlier",
       [](Trace& t) {
         t.sends(probe()).after(100).gets(probe("h.local", earlier_a)).after(150).sends(probe());
       }},
      {"theirs is the same",
       [](Trace& t) { t.sends(probe()).after(100).gets(probe()).after(150).sends(probe()); }},
      {"another has the name",
       [](Trace& t) {
         t.probes(2)
             .gets(answers().answer("H.local", a, later_a, 120, flush_in))
             .after(30)
             .sends(probe("h-2.local"));
       }},
      {"and we take it all the same",
       [](Trace& t) {
         t.probes(3)
             .gets(answers().answer("H.local", a, later_a, 120, flush_in))
             .after(30)
             .sends(host_record());
       },
       "RFC6762.9.conflict"},
      {"what was ours is probed for again",
       [](Trace& t) {
         t.established()
             .gets(answers().answer("h.local", a, later_a, 120, flush_in))
             .after(30)
             .probes(3)
             .sends(host_record());
       }},
      {"or not",
       [](Trace& t) {
         t.established()
             .gets(answers().answer("h.local", a, later_a, 120, flush_in))
             .after(30)
             .gets(ask_host())
             .sends(host_record());
       },
       "RFC6762.9.conflict"},
      {"for the station that it was before it began anew",
       [](Trace& t) {
         t.probes(3)
             .gets(answers().answer("h.local", a, later_a, 120, flush_in), {.alone = true, .station = 7})
             .after(30)
             .sends(host_record());
       }},
      {"another's goodbye is none",
       [](Trace& t) {
         t.established()
             .gets(answers().answer("h.local", a, later_a, 0, flush_in))
             .after(30)
             .gets(ask_host())
             .sends(host_record());
       }},
      {"another type is none",
       [](Trace& t) {
         t.established()
             .gets(answers().answer("h.local", txt, {0}, 120, in))
             .after(30)
             .gets(ask_host())
             .sends(host_record());
       }},
  });
}

TEST(MdnsMonitor, records) {
  play({
      {"a unique record without the bit", [](Trace& t) { t.probes(3).sends(host_record(120, in)); },
       "RFC6762.10.2.flush"},
      {"a shared record with it", [](Trace& t) { t.sends(pointer(4500, flush_in)); }, "RFC6762.10.2.flush"},
      {"a reverse name is one host's",
       [](Trace& t) {
         t.sends(answers().answer("1.0.0.10.in-addr.arpa", ptr, name("h.local"), 120, flush_in));
       }},
      {"TTL of an address", [](Trace& t) { t.probes(3).sends(host_record(4500)); }, "RFC6762.10.ttl"},
      {"TTL of a pointer", [](Trace& t) { t.sends(pointer(120)); }, "RFC6762.10.ttl"},
      {"twice within a second", [](Trace& t) { t.sends(pointer()).after(999).sends(pointer()); },
       "RFC6762.6.rate"},
      {"by each family once", [](Trace& t) { t.sends(pointer()).after(1).sends(pointer(), {.ipv6 = true}); }},
      {"against a probe",
       [](Trace& t) {
         t.established().gets(probe()).sends(host_record()).after(250).gets(probe()).sends(host_record());
       }},
      {"against a probe, too fast",
       [](Trace& t) {
         t.established().gets(probe()).sends(host_record()).after(100).gets(probe()).sends(host_record());
       },
       "RFC6762.6.rate"},
      {"a goodbye",
       [](Trace& t) {
         t.established().sends(host_record(0)).sends(pointer(0)).sends(pointer(0), {.ipv6 = true});
       }},
      {"of what was never said", [](Trace& t) { t.sends(pointer(0)); }, "RFC6762.10.1.goodbye"},
      {"twice", [](Trace& t) { t.established().sends(pointer(0)).after(1000).sends(pointer(0)); },
       "RFC6762.10.1.goodbye"},
  });
}

TEST(MdnsMonitor, answers) {
  const auto known = [](std::uint32_t ttl) {
    return ask_service().answer("_http._tcp.local", ptr, instance, ttl, in);
  };
  play({
      {"what is asked", [](Trace& t) { t.established().gets(ask_host()).sends(host_record()); }},
      {"what is announced with a new address, in front of it",
       [](Trace& t) {
         t.established().sends(answers()
                                   .answer("h.local", a, own_a, 120, flush_in)
                                   .answer("h.local", a, later_a, 120, flush_in));
       }},
      {"what nobody asked", [](Trace& t) { t.established().sends(host_record()); }, "RFC6762.6.unasked"},
      {"of another name",
       [](Trace& t) { t.established().gets(query().ask("x.local", a)).sends(host_record()); },
       "RFC6762.6.unasked"},
      {"of another type",
       [](Trace& t) { t.established().gets(query().ask("h.local", txt)).sends(host_record()); },
       "RFC6762.6.unasked"},
      {"whoever has a wrong TTL is told",
       [](Trace& t) { t.established().gets(host_record(30)).sends(host_record()); }},
      {"a shared record after 20 ms",
       [](Trace& t) { t.established().gets(ask_service()).after(20).sends(pointer()); }},
      {"and sooner", [](Trace& t) { t.established().gets(ask_service()).after(19).sends(pointer()); },
       "RFC6762.6.delay"},
      {"it is known", [known](Trace& t) { t.established().gets(known(2250)).after(20).sends(pointer()); },
       "RFC6762.7.1.known"},
      {"for less than half",
       [known](Trace& t) { t.established().gets(known(2249)).after(20).sends(pointer()); }},
      {"another does not know it",
       [known](Trace& t) {
         t.established().gets(known(4500)).after(5).gets(ask_service()).after(20).sends(pointer());
       }},
  });
}

TEST(MdnsMonitor, answers_to_one_alone) {
  const Way alone{.alone = true};
  const Way legacy_in{.source_port = 4000}, legacy_out{.destination_port = 4000, .alone = true};
  const auto legacy_query = [] { return Written(0x0100, 77).ask("h.local", a); };
  const auto legacy_answer = [](std::uint16_t id, std::uint32_t ttl, std::uint16_t cls) {
    return Written(response, id).ask("h.local", a).answer("h.local", a, own_a, ttl, cls);
  };
  play({
      {"QU",
       [=](Trace& t) {
         t.established().gets(query().ask("h.local", a, 0x8001)).sends(host_record(), alone);
       }},
      {"asked six seconds ago: it waited for a neighbour",
       [=](Trace& t) {
         t.established().gets(query().ask("h.local", a, 0x8001)).after(6000).sends(host_record(), alone);
       }},
      {"nobody asked", [=](Trace& t) { t.established().sends(host_record(), alone); }, "RFC6762.5.4.unasked"},
      {"before it is ours", [=](Trace& t) { t.probes(1).gets(ask_host()).sends(host_record(), alone); },
       "RFC6762.8.1.first"},
      {"of what was its own when it was asked, and has waited for a neighbour",
       [=](Trace& t) {
         t.established()
             .gets(query().ask("h.local", a, 0x8001))
             .gets(answers().answer("h.local", a, later_a, 120, flush_in))
             .after(30)
             .sends(host_record(), alone);
       }},
      {"legacy",
       [=](Trace& t) {
         t.established().gets(legacy_query(), legacy_in).sends(legacy_answer(77, 10, in), legacy_out);
       }},
      {"legacy: id",
       [=](Trace& t) {
         t.established().gets(legacy_query(), legacy_in).sends(legacy_answer(78, 10, in), legacy_out);
       },
       "RFC6762.6.7.legacy"},
      {"legacy: TTL",
       [=](Trace& t) {
         t.established().gets(legacy_query(), legacy_in).sends(legacy_answer(77, 120, in), legacy_out);
       },
       "RFC6762.6.7.legacy"},
      {"legacy: bit",
       [=](Trace& t) {
         t.established().gets(legacy_query(), legacy_in).sends(legacy_answer(77, 10, flush_in), legacy_out);
       },
       "RFC6762.6.7.legacy"},
  });
}

TEST(MdnsMonitor, questions) {
  const auto known = [](std::uint32_t ttl, std::uint16_t cls = in) {
    return ask_service().answer("_http._tcp.local", ptr, instance, ttl, cls);
  };
  play({
      {"again after a second", [](Trace& t) { t.sends(ask_service()).after(1000).sends(ask_service()); }},
      {"sooner", [](Trace& t) { t.sends(ask_service()).after(999).sends(ask_service()); },
       "RFC6762.5.2.interval"},
      {"another question", [](Trace& t) { t.sends(ask_service()).after(10).sends(ask_host()); }},
      {"with what is known", [=](Trace& t) { t.gets(pointer()).after(2000000).sends(known(2500)); }},
      {"that nobody said", [=](Trace& t) { t.sends(known(4500)); }, "RFC6762.7.1.unheard"},
      {"for longer than it was said", [=](Trace& t) { t.gets(pointer()).after(1000000).sends(known(4500)); },
       "RFC6762.7.1.unheard"},
      {"for less than half", [=](Trace& t) { t.gets(pointer()).after(2500000).sends(known(2000)); },
       "RFC6762.7.1.half"},
      {"with the bit", [=](Trace& t) { t.gets(pointer()).sends(known(4500, flush_in)); },
       "RFC6762.10.2.query"},
  });
}

TEST(MdnsMonitor, without_timing_only_the_form_is_judged) {
  MdnsMonitor lenient({.timing = false});
  EXPECT_FALSE(lenient.violation());
  Trace strict;
  strict.sends(pointer(0));
  EXPECT_TRUE(strict.monitor.violation());
}

TEST(MdnsMonitor, every_truncation_and_every_wrong_byte_is_survived) {
  Trace trace;
  const Buffer whole = probe().bytes();
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    EXPECT_EQ(parse_mdns(Bytes(whole).first(length)).has_value(), length == whole.size());
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const std::uint8_t byte : {0x00, 0x3f, 0x40, 0xc0, 0xff}) {
      Buffer wrong = whole;
      wrong[at] = static_cast<std::uint8_t>(byte);
      parse_mdns(wrong);
    }
  }
}

}  // namespace
}  // namespace linnet::sim
