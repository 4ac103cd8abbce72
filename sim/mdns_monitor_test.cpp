// SPDX-License-Identifier: Apache-2.0
// The Multicast DNS monitor accepts what RFC 6762 asks for, and refuses traces that break one rule each: of
// the form of messages, and of records and questions.
#include "sim/test_mdns_trace.hpp"

namespace linnet::sim {
namespace {

using namespace test;

TEST(MdnsMonitor, form_of_messages) {
  play({
      {"a question", [](MdnsTrace& t) { t.sends(ask_host()); }},
      {"hops", [](MdnsTrace& t) { t.sends(ask_host(), {.hops = 254}); }, "RFC6762.11.hops"},
      {"hops of IPv6", [](MdnsTrace& t) { t.sends(ask_host(), {.ipv6 = true, .hops = 1}); },
       "RFC6762.11.hops"},
      {"source port", [](MdnsTrace& t) { t.sends(ask_host(), {.source_port = 5354}); }, "RFC6762.6.ports"},
      {"destination port", [](MdnsTrace& t) { t.sends(ask_host(), {.destination_port = 53}); },
       "RFC6762.6.ports"},
      {"opcode", [](MdnsTrace& t) { t.sends(Written(0x0800).ask("h.local", a)); }, "RFC6762.18.3.opcode"},
      {"rcode", [](MdnsTrace& t) { t.sends(Written(3).ask("h.local", a)); }, "RFC6762.18.3.opcode"},
      {"recursion", [](MdnsTrace& t) { t.sends(Written(0x0100).ask("h.local", a)); }, "RFC6762.18.flags"},
      {"no AA in a response", [](MdnsTrace& t) { t.sends(Written(0x8000)); }, "RFC6762.18.flags"},
      {"AA in a query", [](MdnsTrace& t) { t.sends(Written(0x0400).ask("h.local", a)); }, "RFC6762.18.flags"},
      {"TC in a response", [](MdnsTrace& t) { t.sends(Written(0x8600)); }, "RFC6762.18.flags"},
      {"id", [](MdnsTrace& t) { t.sends(Written(0, 7).ask("h.local", a)); }, "RFC6762.18.1.id"},
      {"question in a response", [](MdnsTrace& t) { t.sends(answers().ask("h.local", a)); },
       "RFC6762.6.question"},
      {"class", [](MdnsTrace& t) { t.sends(query().ask("h.local", a, 3)); }, "RFC6762.18.13.class"},
      {"fewer questions than it says", [](MdnsTrace& t) { t.sends(query().count(4)); }, "RFC6762.18.message"},
  });
}

TEST(MdnsMonitor, records) {
  play({
      {"a unique record without the bit", [](MdnsTrace& t) { t.probes(3).sends(host_record(120, in)); },
       "RFC6762.10.2.flush"},
      {"a shared record with it", [](MdnsTrace& t) { t.sends(pointer(4500, flush_in)); },
       "RFC6762.10.2.flush"},
      {"a reverse name is one host's",
       [](MdnsTrace& t) {
         t.sends(answers().answer("1.0.0.10.in-addr.arpa", ptr, name("h.local"), 120, flush_in));
       }},
      {"TTL of an address", [](MdnsTrace& t) { t.probes(3).sends(host_record(4500)); }, "RFC6762.10.ttl"},
      {"TTL of a pointer", [](MdnsTrace& t) { t.sends(pointer(120)); }, "RFC6762.10.ttl"},
      {"twice within a second", [](MdnsTrace& t) { t.sends(pointer()).after(999).sends(pointer()); },
       "RFC6762.6.rate"},
      {"by each family once",
       [](MdnsTrace& t) { t.sends(pointer()).after(1).sends(pointer(), {.ipv6 = true}); }},
      {"against a probe",
       [](MdnsTrace& t) {
         t.established().gets(probe()).sends(host_record()).after(250).gets(probe()).sends(host_record());
       }},
      {"against a probe, too fast",
       [](MdnsTrace& t) {
         t.established().gets(probe()).sends(host_record()).after(100).gets(probe()).sends(host_record());
       },
       "RFC6762.6.rate"},
      {"a goodbye",
       [](MdnsTrace& t) {
         t.established().sends(host_record(0)).sends(pointer(0)).sends(pointer(0), {.ipv6 = true});
       }},
      {"of what was never said", [](MdnsTrace& t) { t.sends(pointer(0)); }, "RFC6762.10.1.goodbye"},
      {"twice", [](MdnsTrace& t) { t.established().sends(pointer(0)).after(1000).sends(pointer(0)); },
       "RFC6762.10.1.goodbye"},
  });
}

TEST(MdnsMonitor, questions) {
  const auto known = [](std::uint32_t ttl, std::uint16_t cls = in) {
    return ask_service().answer("_http._tcp.local", ptr, instance, ttl, cls);
  };
  play({
      {"again after a second", [](MdnsTrace& t) { t.sends(ask_service()).after(1000).sends(ask_service()); }},
      {"sooner", [](MdnsTrace& t) { t.sends(ask_service()).after(999).sends(ask_service()); },
       "RFC6762.5.2.interval"},
      {"another question", [](MdnsTrace& t) { t.sends(ask_service()).after(10).sends(ask_host()); }},
      {"with what is known", [=](MdnsTrace& t) { t.gets(pointer()).after(2000000).sends(known(2500)); }},
      {"that nobody said", [=](MdnsTrace& t) { t.sends(known(4500)); }, "RFC6762.7.1.unheard"},
      {"for longer than it was said",
       [=](MdnsTrace& t) { t.gets(pointer()).after(1000000).sends(known(4500)); }, "RFC6762.7.1.unheard"},
      {"for less than half", [=](MdnsTrace& t) { t.gets(pointer()).after(2500000).sends(known(2000)); },
       "RFC6762.7.1.half"},
      {"with the bit", [=](MdnsTrace& t) { t.gets(pointer()).sends(known(4500, flush_in)); },
       "RFC6762.10.2.query"},
  });
}

TEST(MdnsMonitor, without_timing_only_the_form_is_judged) {
  MdnsMonitor lenient({.timing = false});
  EXPECT_FALSE(lenient.violation());
  MdnsTrace strict;
  strict.sends(pointer(0));
  EXPECT_TRUE(strict.monitor.violation());
}

TEST(MdnsMonitor, every_truncation_and_every_wrong_byte_is_survived) {
  MdnsTrace trace;
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
