// SPDX-License-Identifier: Apache-2.0
// The DHCP monitor accepts what RFC 2131 asks for, and refuses traces that break one rule each.
#include <gtest/gtest.h>

#include <functional>

#include "sim/dhcp_monitor.hpp"
#include "sim/frames.hpp"

namespace linnet::sim {
namespace {

const MacAddress own_mac{{2, 0, 0, 0, 0, 1}}, server_mac{{2, 0, 0, 0, 0, 2}}, other_mac{{2, 0, 0, 0, 0, 3}};
const IpAddress server = IpAddress::v4(10, 0, 0, 4), leased = IpAddress::v4(10, 0, 0, 150);
constexpr std::uint8_t discover = 1, offer = 2, request = 3, decline = 4, ack = 5, release = 7;

struct Message {
  std::uint8_t type = discover;
  std::uint32_t xid = 77;
  std::uint16_t secs = 0;
  IpAddress client = IpAddress::any_v4(), yours = IpAddress::any_v4();
  std::optional<IpAddress> requested{}, server_id{};
  std::optional<std::uint32_t> lease{}, renewal{}, rebinding{};
  MacAddress hardware = own_mac;
  bool reply = false;

  Buffer bytes() const {
    Buffer message(240);
    message[0] = reply ? 2 : 1;
    store32(message.data() + 4, xid);
    store16(message.data() + 8, secs);
    store32(message.data() + 12, client.v4_value());
    store32(message.data() + 16, yours.v4_value());
    copy_bytes(message.data() + 28, hardware.bytes);
    store32(message.data() + 236, 0x63825363);
    message.insert(message.end(), {53, 1, type});
    const auto option = [&message](std::uint8_t code, std::uint32_t value) {
      message.insert(message.end(), {code, 4, 0, 0, 0, 0});
      store32(message.data() + message.size() - 4, value);
    };
    if (requested) option(50, requested->v4_value());
    if (server_id) option(54, server_id->v4_value());
    if (lease) option(51, *lease);
    if (renewal) option(58, *renewal);
    if (rebinding) option(59, *rebinding);
    message.push_back(255);
    return message;
  }
};

Message asks(std::uint16_t secs = 0, std::uint32_t xid = 77) {
  return {.type = discover, .xid = xid, .secs = secs};
}
Message takes(std::uint16_t secs = 0, const IpAddress& address = leased, std::uint32_t xid = 77) {
  return {.type = request, .xid = xid, .secs = secs, .requested = address, .server_id = server};
}
Message extends(std::uint32_t xid) { return {.type = request, .xid = xid, .client = leased}; }
Message offers(std::uint32_t xid = 77) {
  return {.type = offer, .xid = xid, .yours = leased, .server_id = server, .lease = 800, .reply = true};
}
Message grants(std::uint32_t xid = 77) {
  return {.type = ack,
          .xid = xid,
          .yours = leased,
          .server_id = server,
          .lease = 800,
          .renewal = 400,
          .rebinding = 700,
          .reply = true};
}

class Trace {
 public:
  explicit Trace(const DhcpMonitorConfig& config) : monitor(config) {}
  Trace& after(std::int64_t milliseconds) {
    now_ = now_ + Duration::milliseconds(milliseconds);
    return *this;
  }
  /// By broadcast, or to one.
  Trace& sends(const Message& message, const IpAddress& to = IpAddress::broadcast_v4()) {
    const bool all = to == IpAddress::broadcast_v4();
    monitor.sent(frame({.source_mac = own_mac,
                        .destination_mac = all ? MacAddress::broadcast() : server_mac,
                        .source = message.client,
                        .destination = to},
                       message),
                 now_);
    return *this;
  }
  Trace& gets(const Message& message) {
    monitor.received(frame({.source_mac = server_mac,
                            .destination_mac = MacAddress::broadcast(),
                            .source = server,
                            .destination = IpAddress::broadcast_v4()},
                           message),
                     now_);
    return *this;
  }
  /// Has a lease of 800 s, from 77's DHCPREQUEST on.
  Trace& bound() { return sends(asks()).gets(offers()).sends(takes()).after(10).gets(grants()).after(-10); }
  Trace& asks_by_arp(const IpAddress& target) {
    const FrameEnds ends{.source_mac = own_mac,
                         .destination_mac = MacAddress::broadcast(),
                         .source = leased,
                         .destination = target};
    monitor.sent(arp_frame(1, ends, {}), now_);
    return *this;
  }
  DhcpMonitor monitor;

 private:
  static Buffer frame(const FrameEnds& ends, const Message& message) {
    return ipv4_frame(ends, 17,
                      udp_datagram(message.reply ? 67 : 68, message.reply ? 68 : 67, message.bytes()));
  }
  Instant now_ = Instant::from_microseconds(5000000);
};

struct Row {
  const char* name;
  std::function<void(Trace&)> play;
  const char* rule = "";  ///< that is broken; empty: none
};

void play(const std::vector<Row>& rows, const DhcpMonitorConfig& config = {.mac = own_mac.bytes}) {
  for (const Row& row : rows) {
    Trace trace(config);
    row.play(trace);
    const auto& violation = trace.monitor.violation();
    EXPECT_EQ(violation ? violation->rule : "", row.rule)
        << row.name << (violation ? ": " + violation->text : "");
  }
}

TEST(DhcpMonitor, back_off) {
  play({
      {"4, 8, 16, 32, 64, 64",
       [](Trace& t) {
         std::uint16_t secs = 0;
         for (const std::uint16_t wait : {4, 8, 16, 32, 64, 64, 0}) {
           t.sends(asks(secs)).after(wait * 1000);
           secs = static_cast<std::uint16_t>(secs + wait);
         }
       }},
      {"too soon", [](Trace& t) { t.sends(asks()).after(2400).sends(asks(2)); }, "RFC2131.4.1.discover"},
      {"not doubled", [](Trace& t) { t.sends(asks()).after(4000).sends(asks(4)).after(4000).sends(asks(8)); },
       "RFC2131.4.1.discover"},
      {"too late", [](Trace& t) { t.sends(asks()).after(5600).sends(asks(5)); },
       "RFC2131.4.1.discover_latest"},
      {"another exchange", [](Trace& t) { t.sends(asks()).after(9).sends(asks(0, 78)); }},
      {"another link",
       [](Trace& t) {
         t.sends(asks()).monitor.link_came_up();
         t.after(9).sends(asks());
       }},
      {"a request",
       [](Trace& t) { t.sends(asks()).gets(offers()).sends(takes()).after(4000).sends(takes()); }},
      {"a request too soon",
       [](Trace& t) { t.sends(asks()).gets(offers()).sends(takes()).after(2000).sends(takes()); },
       "RFC2131.4.1.request"},
      {"a request too late",
       [](Trace& t) { t.sends(asks()).gets(offers()).sends(takes()).after(6000).sends(takes()); },
       "RFC2131.4.1.request_latest"},
      {"five requests",
       [](Trace& t) {
         t.sends(asks()).gets(offers());
         for (const std::int64_t wait : {4000, 8000, 16000, 32000, 0}) t.sends(takes()).after(wait);
       },
       "RFC2131.3.1.tries"},
  });
  // RFC 2131 4.1: the first may have been refused by the device; the lease counts from it.
  play({{"a request that nobody saw",
         [](Trace& t) {
           t.sends(asks()).gets(offers()).after(4000).sends(takes()).gets(grants()).after(396000).sends(
               extends(1), server);
         }},
        {"a DHCPDISCOVER that nobody saw",
         [](Trace& t) { t.sends(asks()).after(4000).gets(offers()).sends(takes(4)); }},
        {"nobody polls it", [](Trace& t) { t.sends(asks()).after(90000).sends(asks(3)); }}},
       {.mac = own_mac.bytes, .timing = false});
}

TEST(DhcpMonitor, exchanges) {
  play({
      {"an address that nobody offered",
       [](Trace& t) { t.sends(asks()).gets(offers()).sends(takes(0, IpAddress::v4(10, 0, 0, 9))); },
       "RFC2131.4.3.2.offer"},
      {"with another number", [](Trace& t) { t.sends(asks()).gets(offers()).sends(takes(0, leased, 78)); },
       "RFC2131.4.3.2.offer"},
      {"seconds of its own", [](Trace& t) { t.sends(asks()).gets(offers()).after(3000).sends(takes(3)); },
       "RFC2131.4.4.1.secs"},
      {"no seconds", [](Trace& t) { t.sends(asks()).after(4000).sends(asks()); }, "RFC2131.4.4.1.secs"},
      {"begun anew at once",
       [](Trace& t) {
         t.bound()
             .sends({.type = decline, .xid = 5, .requested = leased, .server_id = server})
             .after(9900)
             .sends(asks(0, 6));
       },
       "RFC2131.3.1.decline"},
      {"begun anew after ten seconds",
       [](Trace& t) {
         t.bound()
             .sends({.type = decline, .xid = 5, .requested = leased, .server_id = server})
             .after(10000)
             .sends(asks(0, 6));
       }},
  });
}

TEST(DhcpMonitor, extension) {
  play({
      {"as it should be",
       [](Trace& t) {
         t.bound().after(400000).sends(extends(1), server).after(150000).sends(extends(2), server);
         t.after(75000).sends(extends(3), server).after(75000).sends(extends(4)).after(60000).gets(grants(4));
       }},
      {"before T1", [](Trace& t) { t.bound().after(395000).sends(extends(1), server); }, "RFC2131.4.4.5.T1"},
      {"another server",
       [](Trace& t) { t.bound().after(400000).sends(extends(1), IpAddress::v4(10, 0, 0, 5)); },
       "RFC2131.4.4.5.renewing"},
      {"everybody before T2",
       [](Trace& t) { t.bound().after(400000).sends(extends(1), server).after(150000).sends(extends(2)); },
       "RFC2131.4.4.5.T2"},
      {"the server after T2",
       [](Trace& t) {
         t.bound().after(400000).sends(extends(1), server).after(150000).sends(extends(2), server);
         t.after(75000).sends(extends(3), server).after(90000).sends(extends(4), server);
       },
       "RFC2131.4.4.5.T2"},
      {"again too soon",
       [](Trace& t) {
         t.bound().after(400000).sends(extends(1), server).after(100000).sends(extends(2), server);
       },
       "RFC2131.4.4.5.half"},
      {"from T1 of the lease that was extended",
       [](Trace& t) {
         t.bound()
             .after(400000)
             .sends(extends(1), server)
             .gets(grants(1))
             .after(300000)
             .sends(extends(2), server);
       },
       "RFC2131.4.4.5.T1"},
      {"used to its end", [](Trace& t) { t.bound().after(800000).asks_by_arp(server); }},
      {"used longer", [](Trace& t) { t.bound().after(802000).asks_by_arp(server); }, "RFC2131.4.4.5.expired"},
  });
  // What was asked for again while it waited for ARP leaves with it, and nobody has told it that the lease is over.
  play({{"again when it is polled",
         [](Trace& t) {
           t.bound().after(400000).sends(extends(1), server).after(116000).sends(extends(2), server);
         }},
        {"and sooner",
         [](Trace& t) {
           t.bound().after(400000).sends(extends(1), server).after(115000).sends(extends(2), server);
         },
         "RFC2131.4.4.5.half"},
        {"used until it is polled", [](Trace& t) { t.bound().after(831000).asks_by_arp(server); }},
        {"used longer", [](Trace& t) { t.bound().after(832000).asks_by_arp(server); },
         "RFC2131.4.4.5.expired"}},
       {.mac = own_mac.bytes, .lateness = Duration::seconds(30)});
}

TEST(DhcpMonitor, server) {
  const DhcpMonitorConfig config{
      .mac = own_mac.bytes, .pool_first = leased.v4_value(), .pool_last = leased.v4_value() + 3};
  const auto for_other = [](Message message) {
    message.hardware = other_mac;
    return message;
  };
  play(
      {
          {"two clients",
           [&](Trace& t) {
             Message second = grants();
             second.yours = IpAddress::v4(leased.v4_value() + 1);
             t.gets(asks())
                 .sends(offers())
                 .gets(takes())
                 .sends(grants())
                 .gets(for_other(asks()))
                 .sends(for_other(second));
           }},
          {"not of the pool",
           [](Trace& t) {
             Message outside = offers();
             outside.yours = IpAddress::v4(leased.v4_value() + 4);
             t.gets(asks()).sends(outside);
           },
           "RFC2131.4.3.1.pool"},
          {"twice the same",
           [&](Trace& t) {
             t.gets(asks()).sends(grants()).gets(for_other(asks())).sends(for_other(offers()));
           },
           "RFC2131.1.6.one"},
          {"when its time is over",
           [&](Trace& t) {
             t.gets(asks()).sends(grants()).after(800000).gets(for_other(asks())).sends(for_other(offers()));
           }},
          {"when it was given back",
           [&](Trace& t) {
             t.gets(asks()).sends(grants()).gets({.type = release, .client = leased});
             t.gets(for_other(asks())).sends(for_other(offers()));
           }},
          {"nobody asked", [](Trace& t) { t.sends(offers()); }, "RFC2131.4.3.xid"},
          {"another did", [&](Trace& t) { t.gets(for_other(asks())).sends(offers()); }, "RFC2131.4.3.xid"},
      },
      config);
}

}  // namespace
}  // namespace linnet::sim
