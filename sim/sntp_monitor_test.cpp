// SPDX-License-Identifier: Apache-2.0
// The SNTP monitor accepts what RFC 4330 asks for, and refuses traces that break one rule each.
#include <gtest/gtest.h>

#include <functional>

#include "sim/frames.hpp"
#include "sim/sntp_monitor.hpp"

namespace linnet::sim {
namespace {

const MacAddress own_mac{{2, 0, 0, 0, 0, 1}}, peer_mac{{2, 0, 0, 0, 0, 2}};
const IpAddress own = IpAddress::v4(10, 0, 0, 1), peer = IpAddress::v4(10, 0, 0, 2);
constexpr std::uint64_t cookies[] = {0x1234567890abcdef, 0xfedcba0987654321, 0x0123cdef45678ab9,
                                     0x9b3c55aa10ff7e21, 0x51f00d5eed5a1ad5, 0xc0ffee1234999911,
                                     0x77aa3311dd00ff22, 0x3141592653589793};

/// A message, byte by byte.
struct Message {
  std::uint8_t first = 0x23;  ///< version 4, mode 3
  std::uint8_t stratum = 0;
  std::uint8_t poll = 0;
  std::uint32_t reference_id = 0;
  std::uint64_t reference = 0, originate = 0, receive = 0, transmit = 0;
  std::size_t size = 48;

  Buffer bytes() const {
    Buffer message(68);
    message[0] = first;
    message[1] = stratum;
    message[2] = poll;
    store32(message.data() + 12, reference_id);
    store64(message.data() + 16, reference);
    store64(message.data() + 24, originate);
    store64(message.data() + 32, receive);
    store64(message.data() + 40, transmit);
    message.resize(size);
    return message;
  }
};

Message request(std::size_t number = 0) { return {.transmit = cookies[number]}; }
Message answer(std::size_t number = 0) {
  return {.first = 0x24,
          .stratum = 2,
          .reference = 0xec00000000000000,
          .originate = cookies[number],
          .receive = 0xec00000100000000,
          .transmit = 0xec00000100000001};
}
Message kiss(std::uint32_t code, std::size_t number = 0) {
  return {.first = 0xe4, .stratum = 0, .reference_id = code, .originate = cookies[number]};
}

class Trace {
 public:
  explicit Trace(const SntpMonitorConfig& config) : monitor(config) {}
  Trace& after(std::int64_t milliseconds) {
    now_ = now_ + Duration::milliseconds(milliseconds);
    return *this;
  }
  Trace& asks(const Message& message) {
    monitor.sent(frame(own_mac, own, peer, 40000, 123, message), now_);
    return *this;
  }
  Trace& told(const Message& message, std::uint16_t port = 40000) {
    monitor.received(frame(own_mac, peer, own, 123, port, message), now_);
    return *this;
  }
  Trace& asked(const Message& message) {
    monitor.received(frame(own_mac, peer, own, 50000, 123, message), now_);
    return *this;
  }
  Trace& tells(const Message& message, std::uint16_t port = 50000) {
    monitor.sent(frame(peer_mac, own, peer, 123, port, message), now_);
    return *this;
  }
  Trace& busy() {
    monitor.busy(now_);
    return *this;
  }
  Trace& asks_by_arp() {
    FrameEnds ends{.source_mac = own_mac,
                   .destination_mac = MacAddress::broadcast(),
                   .source = own,
                   .destination = peer};
    monitor.sent(arp_frame(1, ends, {}), now_);
    return *this;
  }
  SntpMonitor monitor;

 private:
  static Buffer frame(const MacAddress& to, const IpAddress& source, const IpAddress& destination,
                      std::uint16_t from_port, std::uint16_t to_port, const Message& message) {
    const FrameEnds ends{.source_mac = to == own_mac ? peer_mac : own_mac,
                         .destination_mac = to,
                         .source = source,
                         .destination = destination};
    return ipv4_frame(ends, 17, udp_datagram(from_port, to_port, message.bytes()));
  }
  Instant now_ = Instant::from_microseconds(5000000);
};

struct Row {
  const char* name;
  std::function<void(Trace&)> play;
  const char* rule = "";  ///< that is broken; empty: none
};

void play(const std::vector<Row>& rows, const SntpMonitorConfig& config = {.mac = own_mac.bytes}) {
  for (const Row& row : rows) {
    Trace trace(config);
    row.play(trace);
    const auto& violation = trace.monitor.violation();
    EXPECT_EQ(violation ? violation->rule : "", row.rule)
        << row.name << (violation ? ": " + violation->text : "");
  }
}

Message with(Message message, const std::function<void(Message&)>& edit) {
  edit(message);
  return message;
}

TEST(SntpMonitor, requests) {
  play({
      {"a request", [](Trace& t) { t.asks(request()).after(15000).asks(request(1)); }},
      {"short", [](Trace& t) { t.asks(with(request(), [](Message& m) { m.size = 47; })); },
       "RFC4330.4.length"},
      {"with a key", [](Trace& t) { t.asks(with(request(), [](Message& m) { m.size = 68; })); },
       "RFC4330.4.length"},
      {"mode 1", [](Trace& t) { t.asks(with(request(), [](Message& m) { m.first = 0x21; })); },
       "RFC4330.5.mode"},
      {"version 3", [](Trace& t) { t.asks(with(request(), [](Message& m) { m.first = 0x1b; })); },
       "RFC4330.5.mode"},
      {"leap indicator", [](Trace& t) { t.asks(with(request(), [](Message& m) { m.first = 0xe3; })); },
       "RFC4330.5.mode"},
      {"stratum", [](Trace& t) { t.asks(with(request(), [](Message& m) { m.stratum = 3; })); },
       "RFC4330.5.fields"},
      {"what it was told before",
       [](Trace& t) { t.asks(with(request(), [](Message& m) { m.originate = 1; })); }, "RFC4330.5.fields"},
      {"no timestamp", [](Trace& t) { t.asks(with(request(), [](Message& m) { m.transmit = 0; })); },
       "RFC4330.5.new"},
      {"the same again", [](Trace& t) { t.asks(request()).after(20000).asks(request()); }, "RFC4330.5.new"},
      {"of a clock",
       [](Trace& t) {
         t.asks(request()).after(20000).asks({.transmit = cookies[0] + (std::uint64_t{20} << 32) + 12345});
       },
       "RFC4330.5.unpredictable"},
      {"in steps",
       [](Trace& t) {
         for (std::uint64_t i = 1; i < 8; ++i) t.asks({.transmit = i * 0x0500000007000000}).after(20000);
       },
       "RFC4330.5.unpredictable"},
  });
}

TEST(SntpMonitor, pace_and_kisses) {
  constexpr std::uint32_t deny = 0x44454e59, rstr = 0x52535452, rate = 0x52415445;
  play({
      {"too soon", [](Trace& t) { t.asks(request()).after(14999).asks(request(1)); }, "RFC4330.10.interval"},
      {"the one before had waited for ARP",
       [](Trace& t) { t.asks_by_arp().after(2000).asks(request()).after(13000).asks(request(1)); }},
      {"the one before had waited for the transmit ring, and then for ARP",
       [](Trace& t) { t.busy().after(2000).asks(request()).after(13000).asks(request(1)); }},
      {"denied", [](Trace& t) { t.asks(request()).after(9).told(kiss(deny)).after(90000).asks(request(1)); },
       "RFC4330.10.denied"},
      {"restricted",
       [](Trace& t) { t.asks(request()).after(9).told(kiss(rstr)).after(90000).asks(request(1)); },
       "RFC4330.10.denied"},
      {"a kiss that is no answer",
       [](Trace& t) { t.asks(request()).after(9).told(kiss(deny, 1)).after(90000).asks(request(1)); }},
      {"one to another port",
       [](Trace& t) { t.asks(request()).after(9).told(kiss(deny), 40001).after(90000).asks(request(1)); }},
      {"behind the answer",
       [](Trace& t) {
         t.asks(request()).after(9).told(answer()).told(kiss(deny)).after(90000).asks(request(1));
       }},
      {"one that comes late",
       [](Trace& t) { t.asks(request()).after(3100).told(kiss(deny)).after(90000).asks(request(1)); }},
      {"as often as before",
       [](Trace& t) { t.asks(request()).after(9).told(kiss(rate)).after(20000).asks(request(1)); },
       "RFC5905.7.4.rate"},
      {"half as often",
       [](Trace& t) { t.asks(request()).after(9).told(kiss(rate)).after(30000).asks(request(1)); }},
  });
  play({{"nothing is sure",
         [](Trace& t) { t.asks(request()).after(9).told(kiss(deny)).after(90000).asks(request(1)); }}},
       {.mac = own_mac.bytes, .kisses = false});
  play({{"the one before waited for ARP, and then for its host",
         [](Trace& t) { t.asks_by_arp().after(13000).asks(request()).after(1000).asks(request(1)); }},
        {"no longer than that",
         [](Trace& t) { t.asks_by_arp().after(13000).asks(request()).after(999).asks(request(1)); },
         "RFC4330.10.interval"}},
       {.mac = own_mac.bytes, .lateness = Duration::seconds(10)});
}

TEST(SntpMonitor, the_time_is_taken_from_answers_to_own_requests) {
  play({
      {"one", [](Trace& t) { t.asks(request()).after(9).told(answer()).monitor.took(1); }},
      {"none", [](Trace& t) { t.asks(request()).after(9).monitor.took(1); }, "RFC4330.5.originate"},
      {"to another", [](Trace& t) { t.asks(request()).after(9).told(answer(1)).monitor.took(1); },
       "RFC4330.5.originate"},
      {"twice",
       [](Trace& t) {
         t.asks(request()).after(9).told(answer()).monitor.took(1);
         t.monitor.took(2);
       },
       "RFC4330.5.originate"},
  });
  Trace trace({.mac = own_mac.bytes});
  trace.asks(request()).after(80).told(answer()).after(20000).asks(request(1)).after(20).told(answer(1));
  ASSERT_TRUE(trace.monitor.measured());
  EXPECT_EQ(trace.monitor.measured()->error, Duration::milliseconds(40));
}

TEST(SntpMonitor, answers) {
  play({
      {"an answer", [](Trace& t) { t.asked(request()).tells(answer()); }},
      {"nobody asked", [](Trace& t) { t.tells(answer()); }, "RFC4330.6.asked"},
      {"somebody else did", [](Trace& t) { t.asked(request()).tells(answer(), 50001); }, "RFC4330.6.asked"},
      {"something else", [](Trace& t) { t.asked(request()).tells(answer(1)); }, "RFC4330.6.asked"},
      {"twice", [](Trace& t) { t.asked(request()).tells(answer()).tells(answer()); }, "RFC4330.6.asked"},
      {"longer", [](Trace& t) { t.asked(request()).tells(with(answer(), [](Message& m) { m.size = 68; })); },
       "RFC4330.6.length"},
      {"mode 5",
       [](Trace& t) { t.asked(request()).tells(with(answer(), [](Message& m) { m.first = 0x25; })); },
       "RFC4330.6.mode"},
      {"version 3",
       [](Trace& t) { t.asked(request()).tells(with(answer(), [](Message& m) { m.first = 0x1c; })); },
       "RFC4330.6.mode"},
      {"poll", [](Trace& t) { t.asked(request()).tells(with(answer(), [](Message& m) { m.poll = 6; })); },
       "RFC4330.6.poll"},
      {"stratum 17",
       [](Trace& t) { t.asked(request()).tells(with(answer(), [](Message& m) { m.stratum = 17; })); },
       "RFC4330.6.stratum"},
      {"without a clock, and does not say so",
       [](Trace& t) { t.asked(request()).tells(with(answer(), [](Message& m) { m.stratum = 16; })); },
       "RFC4330.6.stratum"},
      {"a kiss", [](Trace& t) { t.asked(request()).tells(kiss(0x52415445)); }},
      {"answered before it was asked",
       [](Trace& t) {
         t.asked(request()).tells(with(answer(), [](Message& m) { m.receive = m.transmit + 1; }));
       },
       "RFC4330.6.order"},
      {"set after it answered",
       [](Trace& t) {
         t.asked(request()).tells(with(answer(), [](Message& m) { m.reference = m.transmit + 1; }));
       },
       "RFC4330.6.order"},
      {"over the end of an era",
       [](Trace& t) {
         t.asked(request()).tells(with(answer(), [](Message& m) {
           m.reference = 0xffffffff00000000;
           m.receive = 1;
           m.transmit = 2;
         }));
       }},
  });
}

}  // namespace
}  // namespace linnet::sim
