// SPDX-License-Identifier: Apache-2.0
// The Multicast DNS monitor on names that are probed for, announced and contested (RFC 6762 8, 9).
#include "sim/test_mdns_trace.hpp"

namespace linnet::sim {
namespace {

using namespace test;

TEST(MdnsMonitor, who_had_no_room_may_not_have_heard) {
  for (const bool room : {true, false}) {
    MdnsTrace trace;
    trace.probes(3);
    if (!room) trace.monitor.no_room();
    trace.gets(probe("h.local", later_a)).sends(host_record());
    EXPECT_EQ(trace.rule(), room ? "RFC6762.8.1.first" : "");
  }
}

TEST(MdnsMonitor, probing_and_announcing) {
  play({
      {"as it should be", [](MdnsTrace& t) { t.established(); }},
      {"by both families",
       [](MdnsTrace& t) {
         for (int i = 0; i < 3; ++i) t.sends(probe()).sends(probe(), {.ipv6 = true}).after(250);
         t.sends(host_record()).sends(host_record(), {.ipv6 = true});
       }},
      {"two probes", [](MdnsTrace& t) { t.probes(2).sends(host_record()); }, "RFC6762.8.1.first"},
      {"two by each family are two",
       [](MdnsTrace& t) {
         for (int i = 0; i < 2; ++i) t.sends(probe()).sends(probe(), {.ipv6 = true}).after(250);
         t.sends(host_record());
       },
       "RFC6762.8.1.first"},
      {"too soon after the third",
       [](MdnsTrace& t) { t.probes(2).sends(probe()).after(200).sends(host_record()); }, "RFC6762.8.1.first"},
      {"a shared record needs no probe", [](MdnsTrace& t) { t.sends(pointer()); }},
      {"too fast", [](MdnsTrace& t) { t.sends(probe()).after(249).sends(probe()); }, "RFC6762.8.1.interval"},
      {"on another link",
       [](MdnsTrace& t) {
         t.sends(probe()).after(9).monitor.link_came_up();
         t.sends(probe());
       }},
      {"records of another name",
       [](MdnsTrace& t) {
         t.sends(query().ask("h.local", any).authority("h.local", a, own_a).authority("x.local", a, own_a));
       },
       "RFC6762.8.2.records"},
      {"a question without records",
       [](MdnsTrace& t) {
         t.sends(query().ask("h.local", any).ask("x.local", any).authority("h.local", a, own_a));
       },
       "RFC6762.8.2.records"},
      {"cache-flush bit in a probe",
       [](MdnsTrace& t) { t.sends(query().ask("h.local", any).authority("h.local", a, own_a, flush_in)); },
       "RFC6762.10.2.query"},
      {"no probing on another link",
       [](MdnsTrace& t) {
         t.established().monitor.link_came_up();
         t.sends(host_record());
       },
       "RFC6762.8.1.first"},
  });
}

TEST(MdnsMonitor, conflicts) {
  play({
      {"theirs is later, and we wait",
       [](MdnsTrace& t) {
         t.sends(probe())
             .after(100)
             .gets(probe("h.local", later_a))
             .after(1000)
             .probes(3)
             .sends(host_record());
       }},
      {"and do not wait",
       [](MdnsTrace& t) {
         t.sends(probe()).after(100).gets(probe("h.local", later_a)).after(150).sends(probe());
       },
       "RFC6762.8.2.defer"},
      {"what was asked before does not count",
       [](MdnsTrace& t) {
         t.sends(probe())
             .after(100)
             .gets(probe("h.local", later_a))
             .after(1000)
             .probes(2)
             .sends(host_record());
       },
       "RFC6762.8.1.first"},
      {"theirs is earlier",
       [](MdnsTrace& t) {
         t.sends(probe()).after(100).gets(probe("h.local", earlier_a)).after(150).sends(probe());
       }},
      {"theirs is the same",
       [](MdnsTrace& t) { t.sends(probe()).after(100).gets(probe()).after(150).sends(probe()); }},
      {"another has the name",
       [](MdnsTrace& t) {
         t.probes(2)
             .gets(answers().answer("H.local", a, later_a, 120, flush_in))
             .after(30)
             .sends(probe("h-2.local"));
       }},
      {"and we take it all the same",
       [](MdnsTrace& t) {
         t.probes(3)
             .gets(answers().answer("H.local", a, later_a, 120, flush_in))
             .after(30)
             .sends(host_record());
       },
       "RFC6762.9.conflict"},
      {"what was ours is probed for again",
       [](MdnsTrace& t) {
         t.established()
             .gets(answers().answer("h.local", a, later_a, 120, flush_in))
             .after(30)
             .probes(3)
             .sends(host_record());
       }},
      {"or not",
       [](MdnsTrace& t) {
         t.established()
             .gets(answers().answer("h.local", a, later_a, 120, flush_in))
             .after(30)
             .gets(ask_host())
             .sends(host_record());
       },
       "RFC6762.9.conflict"},
      {"for the station that it was before it began anew",
       [](MdnsTrace& t) {
         t.probes(3)
             .gets(answers().answer("h.local", a, later_a, 120, flush_in), {.alone = true, .station = 7})
             .after(30)
             .sends(host_record());
       }},
      {"another's goodbye is none",
       [](MdnsTrace& t) {
         t.established()
             .gets(answers().answer("h.local", a, later_a, 0, flush_in))
             .after(30)
             .gets(ask_host())
             .sends(host_record());
       }},
      {"another type is none",
       [](MdnsTrace& t) {
         t.established()
             .gets(answers().answer("h.local", txt, {0}, 120, in))
             .after(30)
             .gets(ask_host())
             .sends(host_record());
       }},
  });
}

/// A service of the host `target`: port 80, and the target's name.
Buffer service_at(std::string_view target) {
  Buffer data{0, 0, 0, 0, 0, 80};
  const Buffer its = name(target);
  data.insert(data.end(), its.begin(), its.end());
  return data;
}
Written service_probe(std::string_view target) {
  return query().ask("s._http._tcp.local", any).authority("s._http._tcp.local", srv, service_at(target));
}
Written service_record(std::string_view target) {
  return answers().answer("s._http._tcp.local", srv, service_at(target), 120, flush_in);
}

TEST(MdnsMonitor, a_service_has_another_target_once_the_name_of_its_host_was_lost) {
  const auto loses_host = [](MdnsTrace& t) -> MdnsTrace& {
    return t.gets(answers().answer("h.local", a, later_a, 120, flush_in)).after(30);
  };
  play({
      {"a tie-break is between records that nobody saw",
       [&](MdnsTrace& t) {
         t.sends(probe()).sends(service_probe("h.local"));
         loses_host(t).gets(service_probe("h-2.local")).after(220).sends(service_probe("h-2.local"));
       }},
      {"not if the name is still there",
       [&](MdnsTrace& t) {
         t.sends(probe()).sends(service_probe("h.local")).after(30);
         t.gets(service_probe("h-2.local")).after(220).sends(service_probe("h.local"));
       },
       "RFC6762.8.2.defer"},
      {"not if the new target was probed for since",
       [&](MdnsTrace& t) {
         t.sends(probe()).sends(service_probe("h.local"));
         loses_host(t).after(220).sends(service_probe("h-2.local")).after(30);
         t.gets(service_probe("h-22.local")).after(220).sends(service_probe("h-2.local"));
       },
       "RFC6762.8.2.defer"},
      {"nor is it known which record conflicts",
       [&](MdnsTrace& t) {
         for (int i = 0; i < 3; ++i) t.sends(service_probe("h.local")).after(250);
         t.sends(service_record("h.local")).after(30).sends(probe());
         loses_host(t).gets(service_record("h-2.local")).after(30).sends(service_record("h-2.local"));
       }},
      {"but that it does once it was told",
       [&](MdnsTrace& t) {
         for (int i = 0; i < 3; ++i) t.sends(service_probe("h.local")).after(250);
         t.sends(service_record("h.local")).after(30).sends(probe());
         loses_host(t).sends(service_record("h-2.local")).after(30);
         t.gets(service_record("h-3.local")).after(1000).sends(service_record("h-2.local"));
       },
       "RFC6762.9.conflict"},
  });
}

}  // namespace
}  // namespace linnet::sim
