// SPDX-License-Identifier: Apache-2.0
#include "sim/mdns_rules.hpp"

namespace linnet::sim {
namespace {

struct Entry {
  std::string_view id;
  std::string_view text;
};

constexpr std::array<Entry, mdns_rules> entries{{
    {"RFC6762.18.message", "a message is as long as its counts say, with names that end"},
    {"RFC6762.11.hops", "the IP TTL is 255"},
    {"RFC6762.6.ports", "what goes to the group goes from port 5353 to port 5353"},
    {"RFC6762.18.3.opcode", "OPCODE and RCODE are 0"},
    {"RFC6762.18.flags", "AA is set in responses alone, TC in queries alone, RD, RA, Z, AD and CD nowhere"},
    {"RFC6762.18.1.id", "the ID of what goes to the group is 0"},
    {"RFC6762.17.size", "with its headers a message has at most 9,000 bytes"},
    {"RFC6762.6.question", "a response to the group holds no question"},
    {"RFC6762.18.13.class", "records are of class IN, and questions of IN or ANY"},
    {"RFC6762.8.2.records",
     "a probe tells the records that are wanted, of the names it asks for, and nothing else"},
    {"RFC6762.8.1.interval", "probes for a name are 250 ms apart"},
    {"RFC6762.8.1.first", "a unique record is sent after three probes and 250 ms"},
    {"RFC6762.8.2.defer", "who lost a tie-break waits a second before it probes for the name again"},
    {"RFC6762.9.conflict", "after a conflicting response a name is probed for anew before it is used"},
    {"RFC6762.10.1.goodbye", "only what was announced is said goodbye to"},
    {"RFC6762.10.2.flush", "unique records have the cache-flush bit, shared ones have not"},
    {"RFC6762.10.2.query", "no record of a query has the cache-flush bit"},
    {"RFC6762.10.ttl", "records with a host's name live 120 s, others 75 minutes"},
    {"RFC6762.6.rate", "a record goes to the group at most once a second, or every 250 ms against a probe"},
    {"RFC6762.6.unasked", "a record that has not changed is sent when it is asked for"},
    {"RFC6762.7.1.known", "what the asker knows for half of its time is not told"},
    {"RFC6762.6.delay", "an answer of shared records waits 20 ms at least"},
    {"RFC6762.5.2.interval", "a question is not asked again within a second"},
    {"RFC6762.7.1.unheard", "a known answer was heard, and is told with no more time than it has"},
    {"RFC6762.7.1.half", "a known answer has half of its time left at least"},
    {"RFC6762.5.4.unasked", "a response to one host alone answers its question"},
    {"RFC6762.6.7.legacy",
     "a legacy asker gets its ID and question back, and records without cache-flush bit for 10 s"},
}};

constexpr bool all_there() {
  for (const Entry& entry : entries) {
    if (entry.id.empty() || entry.text.empty()) return false;
  }
  return true;
}
static_assert(all_there());

}  // namespace

std::string_view rule_id(MdnsRule rule) { return entries[static_cast<std::size_t>(rule)].id; }
std::string_view rule_text(MdnsRule rule) { return entries[static_cast<std::size_t>(rule)].text; }

}  // namespace linnet::sim
