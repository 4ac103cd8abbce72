// SPDX-License-Identifier: Apache-2.0
// The Multicast DNS monitor on answers, to all and to one alone (RFC 6762 5.4, 6, 7).
#include "sim/test_mdns_trace.hpp"

namespace linnet::sim {
namespace {

using namespace test;

TEST(MdnsMonitor, answers) {
  const auto known = [](std::uint32_t ttl) {
    return ask_service().answer("_http._tcp.local", ptr, instance, ttl, in);
  };
  play({
      {"what is asked", [](MdnsTrace& t) { t.established().gets(ask_host()).sends(host_record()); }},
      {"what is announced with a new address, in front of it",
       [](MdnsTrace& t) {
         t.established().sends(answers()
                                   .answer("h.local", a, own_a, 120, flush_in)
                                   .answer("h.local", a, later_a, 120, flush_in));
       }},
      {"what is announced with an address that is gone, in front of it",
       [](MdnsTrace& t) {
         const auto other = [] { return answers().answer("h.local", a, later_a, 120, flush_in); };
         t.established().sends(other()).after(60000).sends(other().answer("h.local", a, own_a, 0, flush_in));
       }},
      {"what another has probed for, once more",
       [](MdnsTrace& t) {
         t.established()
             .gets(probe("h.local", later_a))
             .sends(host_record())
             .after(3500)
             .sends(host_record());
       }},
      {"what was probed for long ago",
       [](MdnsTrace& t) {
         t.established()
             .gets(probe("h.local", later_a))
             .sends(host_record())
             .after(4100)
             .sends(host_record());
       },
       "RFC6762.6.unasked"},
      {"what nobody asked", [](MdnsTrace& t) { t.established().sends(host_record()); }, "RFC6762.6.unasked"},
      {"of another name",
       [](MdnsTrace& t) { t.established().gets(query().ask("x.local", a)).sends(host_record()); },
       "RFC6762.6.unasked"},
      {"of another type",
       [](MdnsTrace& t) { t.established().gets(query().ask("h.local", txt)).sends(host_record()); },
       "RFC6762.6.unasked"},
      {"whoever has a wrong TTL is told",
       [](MdnsTrace& t) { t.established().gets(host_record(30)).sends(host_record()); }},
      {"a shared record after 20 ms",
       [](MdnsTrace& t) { t.established().gets(ask_service()).after(20).sends(pointer()); }},
      {"and sooner", [](MdnsTrace& t) { t.established().gets(ask_service()).after(19).sends(pointer()); },
       "RFC6762.6.delay"},
      {"it is known", [known](MdnsTrace& t) { t.established().gets(known(2250)).after(20).sends(pointer()); },
       "RFC6762.7.1.known"},
      {"for less than half",
       [known](MdnsTrace& t) { t.established().gets(known(2249)).after(20).sends(pointer()); }},
      {"another does not know it",
       [known](MdnsTrace& t) {
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
       [=](MdnsTrace& t) {
         t.established().gets(query().ask("h.local", a, 0x8001)).sends(host_record(), alone);
       }},
      {"asked six seconds ago: it waited for a neighbour",
       [=](MdnsTrace& t) {
         t.established().gets(query().ask("h.local", a, 0x8001)).after(6000).sends(host_record(), alone);
       }},
      {"nobody asked", [=](MdnsTrace& t) { t.established().sends(host_record(), alone); },
       "RFC6762.5.4.unasked"},
      {"before it is ours", [=](MdnsTrace& t) { t.probes(1).gets(ask_host()).sends(host_record(), alone); },
       "RFC6762.8.1.first"},
      {"of what was its own when it was asked, and has waited for a neighbour",
       [=](MdnsTrace& t) {
         t.established()
             .gets(query().ask("h.local", a, 0x8001))
             .gets(answers().answer("h.local", a, later_a, 120, flush_in))
             .after(30)
             .sends(host_record(), alone);
       }},
      {"legacy",
       [=](MdnsTrace& t) {
         t.established().gets(legacy_query(), legacy_in).sends(legacy_answer(77, 10, in), legacy_out);
       }},
      {"legacy: id",
       [=](MdnsTrace& t) {
         t.established().gets(legacy_query(), legacy_in).sends(legacy_answer(78, 10, in), legacy_out);
       },
       "RFC6762.6.7.legacy"},
      {"legacy: TTL",
       [=](MdnsTrace& t) {
         t.established().gets(legacy_query(), legacy_in).sends(legacy_answer(77, 120, in), legacy_out);
       },
       "RFC6762.6.7.legacy"},
      {"legacy: bit",
       [=](MdnsTrace& t) {
         t.established().gets(legacy_query(), legacy_in).sends(legacy_answer(77, 10, flush_in), legacy_out);
       },
       "RFC6762.6.7.legacy"},
  });
}

}  // namespace
}  // namespace linnet::sim
