// SPDX-License-Identifier: Apache-2.0
// The monitor refuses traces that break one rule each, and accepts captures of Linux and lwIP.
#include "sim/tcp_monitor.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace linnet::sim {
namespace {

using namespace tcp_flag;

constexpr std::uint32_t own_iss = 0xfffffff0u, peer_iss = 1000;
constexpr MonitorAddress own_address{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};

void add16(std::vector<std::uint8_t>& to, std::uint32_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8 & 0xff));
  to.push_back(static_cast<std::uint8_t>(value & 0xff));
}
void add32(std::vector<std::uint8_t>& to, std::uint32_t value) {
  add16(to, value >> 16);
  add16(to, value & 0xffff);
}
std::uint16_t checksum(Bytes bytes, std::uint32_t sum) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum & 0xffff);
}

/// A segment with numbers that count from the SYNs.
struct Segment {
  std::uint8_t flags = ack;
  std::int64_t seq = 1;
  std::int64_t acks = 1;
  std::size_t length = 0;
  std::uint16_t window = 8000;
  std::vector<std::pair<std::int64_t, std::int64_t>> sack{};
  std::optional<std::pair<std::uint32_t, std::uint32_t>> times{};
  std::optional<std::uint16_t> mss{};
  std::optional<std::uint8_t> scale{};
  bool sack_permitted = false;
  std::uint8_t fill = 0;  ///< added to each byte
};

std::vector<std::uint8_t> options_of(const Segment& s, std::uint32_t sacked_iss) {
  std::vector<std::uint8_t> options;
  const auto add = [&options](std::initializer_list<std::uint8_t> bytes) { options.insert(options.end(), bytes); };
  if (s.mss) add({2, 4, static_cast<std::uint8_t>(*s.mss >> 8), static_cast<std::uint8_t>(*s.mss & 0xff)});
  if (s.scale) add({1, 3, 3, *s.scale});
  if (s.sack_permitted) add({1, 1, 4, 2});
  if (s.times) {
    add({1, 1, 8, 10});
    add32(options, s.times->first);
    add32(options, s.times->second);
  }
  if (!s.sack.empty()) add({1, 1, 5, static_cast<std::uint8_t>(2 + 8 * s.sack.size())});
  for (const auto& [left, right] : s.sack) {
    add32(options, sacked_iss + static_cast<std::uint32_t>(left));
    add32(options, sacked_iss + static_cast<std::uint32_t>(right));
  }
  return options;
}

/// An IPv4 packet without link header.
std::vector<std::uint8_t> packet_of(const Segment& s, bool outgoing) {
  const std::uint32_t iss = outgoing ? own_iss : peer_iss;
  const std::uint32_t other = outgoing ? peer_iss : own_iss;
  std::vector<std::uint8_t> tcp;
  const std::vector<std::uint8_t> options = options_of(s, other);
  add16(tcp, outgoing ? 2000 : 80);
  add16(tcp, outgoing ? 80 : 2000);
  add32(tcp, iss + static_cast<std::uint32_t>(s.seq));
  add32(tcp, (s.flags & ack) != 0 ? other + static_cast<std::uint32_t>(s.acks) : 0);
  tcp.push_back(static_cast<std::uint8_t>((20 + options.size()) / 4 << 4));
  tcp.push_back(s.flags);
  add16(tcp, s.window);
  add32(tcp, 0);
  tcp.insert(tcp.end(), options.begin(), options.end());
  for (std::size_t i = 0; i < s.length; ++i) {
    tcp.push_back(static_cast<std::uint8_t>((static_cast<std::size_t>(s.seq) + i) * 7 + s.fill));
  }
  std::vector<std::uint8_t> ip{0x45, 0};
  add16(ip, static_cast<std::uint32_t>(20 + tcp.size()));
  add32(ip, 0);
  ip.insert(ip.end(), {64, 6, 0, 0, 10, 0, 0, static_cast<std::uint8_t>(outgoing ? 1 : 2), 10, 0, 0,
                       static_cast<std::uint8_t>(outgoing ? 2 : 1)});
  store16(ip.data() + 10, checksum(ip, 0));
  const std::uint32_t pseudo = 2 * 0x0a00 + 3 + 6 + static_cast<std::uint32_t>(tcp.size());
  store16(tcp.data() + 16, checksum(tcp, pseudo));
  ip.insert(ip.end(), tcp.begin(), tcp.end());
  return ip;
}

struct Handshake {
  std::optional<std::uint16_t> mss = 1000;
  std::uint16_t peer_window = 8000;
  bool times = false;
  bool sack = false;
};

/// A monitor and the connection that it watches; time goes on by a millisecond a segment.
class Trace {
 public:
  Trace() : Trace(Handshake{}) {}
  explicit Trace(const Handshake& handshake) : Trace(nullptr) {
    Segment syn{.flags = syn_flag, .seq = 0, .mss = handshake.mss, .sack_permitted = handshake.sack};
    Segment answer{.flags = syn_flag | ack,
                   .seq = 0,
                   .window = handshake.peer_window,
                   .mss = handshake.mss,
                   .sack_permitted = handshake.sack};
    if (handshake.times) {
      syn.times = {500, 0};
      answer.times = {100, 500};
    }
    out(syn).in(answer);
    Segment last;
    if (handshake.times) last.times = {501, 100};
    out(last);
    EXPECT_EQ(rule(), "") << text();
  }
  static Trace empty() { return Trace(nullptr); }

  Trace& out(const Segment& s) {
    now_ = now_ + Duration::milliseconds(1);
    monitor_->sent(packet_of(s, true), now_);
    return *this;
  }
  Trace& in(const Segment& s) {
    now_ = now_ + Duration::milliseconds(1);
    monitor_->received(packet_of(s, false), now_);
    return *this;
  }
  /// At once, without the millisecond that `out` takes.
  Trace& out_now(const Segment& s) {
    monitor_->sent(packet_of(s, true), now_);
    return *this;
  }
  Trace& turn() {
    monitor_->turn(now_);
    return *this;
  }
  Trace& wait(std::int64_t milliseconds) {
    now_ = now_ + Duration::milliseconds(milliseconds);
    return *this;
  }
  std::string rule() const { return monitor_->violation() ? monitor_->violation()->rule : ""; }
  std::string text() const { return monitor_->violation() ? monitor_->violation()->text : ""; }
  TcpMonitor& monitor() { return *monitor_; }

 private:
  static constexpr std::uint8_t syn_flag = tcp_flag::syn;
  explicit Trace(std::nullptr_t) {
    TcpMonitorConfig config;
    config.ethernet = false;
    config.own = {own_address};
    monitor_ = std::make_unique<TcpMonitor>(config);
  }
  std::unique_ptr<TcpMonitor> monitor_;
  Instant now_ = Instant::from_microseconds(1000000);
};

Segment data(std::int64_t seq, std::size_t length, std::int64_t acks = 1) {
  return {.flags = ack | psh, .seq = seq, .acks = acks, .length = length};
}
Segment bare(std::int64_t seq, std::int64_t acks, std::uint16_t window = 8000) {
  return {.seq = seq, .acks = acks, .window = window};
}

TEST(TcpMonitor, accepts_a_short_connection_and_counts_its_cells) {
  Trace t;
  t.out(data(1, 100)).in(bare(1, 101)).turn().in(data(1, 200, 101)).out(bare(101, 201)).turn();
  t.out({.flags = ack | fin, .seq = 101, .acks = 201})
      .in({.flags = ack | fin, .seq = 201, .acks = 102})
      .out(bare(102, 202));
  EXPECT_EQ(t.rule(), "") << t.text();
  const auto cell = [&](TcpState state, TcpEvent event) {
    return t.monitor().cells()[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
  };
  EXPECT_EQ(cell(TcpState::syn_sent, TcpEvent::receive_syn_ack), 1u);
  EXPECT_EQ(cell(TcpState::established, TcpEvent::receive_data), 1u);
  EXPECT_EQ(cell(TcpState::established, TcpEvent::send_fin), 1u);
  EXPECT_EQ(cell(TcpState::fin_wait_1, TcpEvent::receive_fin), 1u);
  EXPECT_EQ(cell(TcpState::time_wait, TcpEvent::send_ack), 1u);
}

TEST(TcpMonitor, a_corrupted_frame_was_not_received) {
  Trace t;
  std::vector<std::uint8_t> damaged = packet_of(data(1, 100), false);
  damaged.back() ^= 1;
  t.monitor().received(damaged, Instant::from_microseconds(2000000));
  EXPECT_EQ(t.out(bare(1, 101)).rule(), "RFC9293.3.4.ack");
}

TEST(TcpMonitor, MUST_2_a_sent_checksum_is_right) {
  Trace t;
  std::vector<std::uint8_t> damaged = packet_of(data(1, 100), true);
  damaged.back() ^= 1;
  t.monitor().sent(damaged, Instant::from_microseconds(2000000));
  EXPECT_EQ(t.rule(), "RFC9293.MUST-2");
}

TEST(TcpMonitor, what_no_state_sends) {
  EXPECT_EQ(Trace::empty().out(data(1, 10)).rule(), "RFC9293.3.10");
  Trace reset;
  reset.out({.flags = rst | ack}).out(data(1, 10));
  EXPECT_EQ(reset.rule(), "RFC9293.3.10");
  Trace server = Trace::empty();  // no data before the handshake is over
  server.in({.flags = syn, .seq = 0}).out({.flags = syn | ack, .seq = 0}).out(data(1, 10));
  EXPECT_EQ(server.rule(), "RFC9293.3.10");
  Trace closed;
  closed.out({.flags = ack | fin, .seq = 1})
      .in(bare(1, 2))
      .in({.flags = ack | fin, .seq = 1, .acks = 2})
      .out(bare(2, 2))
      .turn();
  EXPECT_EQ(closed.rule(), "");
  EXPECT_EQ(closed.out({.flags = ack | fin, .seq = 1, .acks = 2}).rule(), "RFC9293.3.8.1") << "TIME-WAIT sends no FIN";
  Trace early;  // a FIN is acknowledged before it came
  early.in(data(1, 10));
  EXPECT_EQ(early.out(bare(1, 12)).rule(), "RFC9293.3.4.ack");
}

TEST(TcpMonitor, acknowledgments) {
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 12)).rule(), "RFC9293.3.4.ack");
  EXPECT_EQ(Trace().in(data(11, 10)).out(bare(1, 21)).rule(), "RFC9293.3.4.ack") << "there is a gap";
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 11)).out(bare(1, 5)).rule(), "RFC9293.3.4.ack-back");
  Trace stale;
  stale.in(data(1, 10)).turn().out(data(1, 5, 1)).turn().out(bare(6, 11));
  EXPECT_EQ(stale.rule(), "RFC9293.3.10.7.4.ack");
  Trace kept_back;  // the same is right when the data came twice: the first was not taken
  kept_back.in(data(1, 10)).turn().out(data(1, 5, 1)).turn().in(data(1, 10)).out(bare(6, 11));
  EXPECT_EQ(kept_back.rule(), "") << kept_back.text();
}

TEST(TcpMonitor, SHLD_14_the_right_edge_stays) {
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 11, 7980)).rule(), "RFC9293.SHLD-14");
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 11, 7990)).rule(), "");
  EXPECT_EQ(Trace().in(data(1, 10)).out(bare(1, 1, 0)).rule(), "") << "without memory it may close";
}

TEST(TcpMonitor, the_stream) {
  Segment other = data(1, 100);
  other.fill = 1;
  EXPECT_EQ(Trace().out(data(1, 100)).wait(300).out(other).rule(), "RFC2525.2.4");
  EXPECT_EQ(Trace().out(data(1, 100)).wait(300).out(data(1, 100)).rule(), "");
  EXPECT_EQ(Trace().out(data(2, 100)).rule(), "RFC9293.3.4.seq");
  EXPECT_EQ(Trace().out(bare(2, 1)).rule(), "RFC9293.3.10.7.4.seq");
  EXPECT_EQ(Trace().out(data(1, 100)).out(bare(1, 1)).rule(), "RFC9293.3.10.7.4.seq");
  EXPECT_EQ(Trace().out({.flags = ack | fin}).out(data(2, 10)).rule(), "RFC9293.3.6.data");
  EXPECT_EQ(Trace()
                .out(data(1, 10))
                .out({.flags = ack | fin, .seq = 11})
                .wait(300)
                .out({.flags = ack | fin, .seq = 10})
                .rule(),
            "RFC9293.3.6.fin");
  EXPECT_EQ(Trace::empty().out({.flags = syn, .seq = 0, .length = 10}).rule(), "RFC9293.3.5.data");
}

TEST(TcpMonitor, limits_of_what_is_sent) {
  EXPECT_EQ(Trace({.peer_window = 500}).out(data(1, 501)).rule(), "RFC9293.3.8.6");
  EXPECT_EQ(Trace({.peer_window = 500}).out(data(1, 500)).rule(), "");
  EXPECT_EQ(Trace({.peer_window = 500}).out(data(1, 500)).out(data(501, 1)).rule(), "") << "a probe";
  EXPECT_EQ(Trace().out(data(1, 1001)).rule(), "RFC9293.MUST-16");
  EXPECT_EQ(Trace({.mss = std::nullopt}).out(data(1, 537)).rule(), "RFC9293.MUST-16")
      << "MUST-15: 536 without the option";
  Segment with_times = data(1, 989);
  with_times.times = {502, 100};
  EXPECT_EQ(Trace({.times = true}).out(with_times).rule(), "RFC9293.MUST-16") << "RFC 2525 2.18: less the options";
}

TEST(TcpMonitor, options_are_those_agreed_upon) {
  Trace server = Trace::empty();
  server.in({.flags = syn, .seq = 0});
  EXPECT_EQ(server.out({.flags = syn | ack, .seq = 0, .scale = 2}).rule(), "RFC7323.2.2");
  Segment times = data(1, 10);
  times.times = {502, 100};
  EXPECT_EQ(Trace().out(times).rule(), "RFC7323.3.2.unasked");
  EXPECT_EQ(Trace({.times = true}).out(data(1, 10)).rule(), "RFC7323.3.2.missing");
  EXPECT_EQ(Trace().in(data(11, 10)).out({.sack = {{11, 21}}}).rule(), "RFC2018.2");
}

TEST(TcpMonitor, timestamps) {
  const auto with = [](Segment s, std::uint32_t value, std::uint32_t echo) {
    s.times = {value, echo};
    return s;
  };
  EXPECT_EQ(Trace({.times = true}).out(with(data(1, 10), 499, 100)).rule(), "RFC7323.4.1");
  EXPECT_EQ(Trace({.times = true}).out(with(data(1, 10), 502, 101)).rule(), "RFC7323.4.3");
  Trace behind({.times = true});  // what came out of order is not echoed
  behind.in(with(data(11, 10), 150, 501)).out(with(bare(1, 1), 502, 150));
  EXPECT_EQ(behind.rule(), "RFC7323.4.3");
  Trace old({.times = true});
  old.in(with(data(1, 10), 150, 501)).out(with(bare(1, 11), 502, 100));
  EXPECT_EQ(old.rule(), "RFC7323.4.3.old");
  EXPECT_EQ(Trace({.times = true}).in(with(data(1, 10), 150, 501)).out(with(bare(1, 11), 502, 150)).rule(), "");
}

TEST(TcpMonitor, timers) {
  Trace syn_soon = Trace::empty();
  syn_soon.out({.flags = syn, .seq = 0}).wait(500).out({.flags = syn, .seq = 0});
  EXPECT_EQ(syn_soon.rule(), "RFC6298.2.1");
  Trace syn_flat = Trace::empty();
  syn_flat.out({.flags = syn, .seq = 0})
      .wait(1000)
      .out({.flags = syn, .seq = 0})
      .wait(1000)
      .out({.flags = syn, .seq = 0});
  EXPECT_EQ(syn_flat.rule(), "RFC6298.5.5");
  Trace two_answers = Trace::empty();
  two_answers.in({.flags = syn, .seq = 0, .mss = 1000}).out_now({.flags = syn | ack, .seq = 0, .acks = 1});
  two_answers.wait(500).in({.flags = syn, .seq = 0, .mss = 1000});
  two_answers.out_now({.flags = syn | ack, .seq = 0, .acks = 1}).out_now({.flags = syn | ack, .seq = 0, .acks = 1});
  EXPECT_EQ(two_answers.rule(), "") << "two SYNs may come at once";
  EXPECT_EQ(two_answers.wait(200).out({.flags = syn | ack, .seq = 0, .acks = 1}).rule(), "RFC6298.2.1");
  Trace flat;
  flat.out(data(1, 10)).wait(300).out(data(1, 10)).wait(300).out(data(1, 10)).wait(300).out(data(1, 10));
  EXPECT_EQ(flat.rule(), "RFC6298.5.5");
  Trace doubling;
  doubling.out(data(1, 10)).wait(300).out(data(1, 10)).wait(600).out(data(1, 10)).wait(1200).out(data(1, 10));
  EXPECT_EQ(doubling.rule(), "");
  // RFC 8985 7: what an acknowledgment makes go again, then a probe of the tail, and only then a timeout.
  Trace probed;
  probed.out(data(1, 10)).wait(50).in(bare(1, 1)).out_now(data(1, 10));
  probed.wait(300).out(data(1, 10)).wait(300).out(data(1, 10)).wait(600).out(data(1, 10));
  EXPECT_EQ(probed.rule(), "");
  EXPECT_EQ(probed.wait(600).out(data(1, 10)).rule(), "RFC6298.5.5");
  Trace hasty;
  hasty.out(data(1, 10)).wait(20).out(data(1, 10)).wait(40).out(data(1, 10)).wait(90).out(data(1, 10));
  EXPECT_EQ(hasty.rule(), "RFC6298.2.4");
  Trace slow;
  slow.out(data(1, 10)).wait(40000).out(data(1, 10)).wait(80000).out(data(1, 10)).wait(160000).out(data(1, 10));
  EXPECT_EQ(slow.rule(), "RFC6298.2.5");
  Trace burst;
  burst.out(data(1, 1000)).out(data(1001, 1000)).out(data(2001, 1000));
  burst.wait(300).out(data(1, 1000)).wait(600).out(data(1, 1000)).out(data(1001, 1000));
  EXPECT_EQ(burst.rule(), "RFC2525.2.14");
}

TEST(TcpMonitor, what_arrived_is_not_sent_again) {
  EXPECT_EQ(Trace().out(data(1, 100)).in(bare(1, 101)).turn().wait(300).out(data(1, 100)).rule(), "RFC9293.3.8.1");
  EXPECT_EQ(Trace().out(data(1, 100)).in(bare(1, 101)).wait(50).out(data(1, 100)).rule(), "") << "not processed yet";
  EXPECT_EQ(Trace().out(data(1, 100)).in(bare(1, 101)).wait(150).out(data(1, 100)).rule(), "RFC9293.3.8.1");
}

TEST(TcpMonitor, RFC6675_what_was_selectively_acknowledged_is_not_sent_again) {
  Trace t({.sack = true});
  t.out(data(1, 100)).out(data(101, 100)).out(data(201, 100)).in({.acks = 1, .sack = {{101, 301}}}).turn();
  t.in({.acks = 1, .sack = {{101, 301}}});
  t.out_now(data(201, 100));
  EXPECT_EQ(t.rule(), "RFC6675.5");
}

TEST(TcpMonitor, windows_of_congestion) {
  Trace first({.peer_window = 60000});
  for (int i = 0; i < 10; ++i) first.out(data(1 + i * 1000, 1000));
  EXPECT_EQ(first.rule(), "");
  EXPECT_EQ(first.out(data(10001, 1000)).out(data(11001, 1000)).rule(), "RFC6928.2");
  Trace sacked({.peer_window = 60000, .sack = true});
  for (int i = 0; i < 10; ++i) sacked.out(data(1 + i * 1000, 1000));
  sacked.in({.acks = 1, .window = 60000, .sack = {{1001, 10001}}});
  EXPECT_EQ(sacked.out(data(10001, 1000)).out(data(11001, 1000)).rule(), "");
  Trace growth({.peer_window = 60000});
  for (int i = 0; i < 10; ++i) growth.out(data(1 + i * 1000, 1000));
  growth.in(bare(1, 2001, 60000));
  for (int i = 10; i < 16; ++i) growth.out(data(1 + i * 1000, 1000));
  EXPECT_EQ(growth.rule(), "");
  EXPECT_EQ(growth.out(data(16001, 1000)).rule(), "RFC5681.3.1");
}

TEST(TcpMonitor, acknowledgments_in_time) {
  EXPECT_EQ(Trace().in(data(1, 100)).wait(600).out(bare(1, 101)).rule(), "RFC9293.MUST-40");
  Trace stretch;
  stretch.in(data(1, 1000)).turn().in(data(1001, 1000)).turn().in(data(2001, 1000)).turn().out(bare(1, 3001));
  EXPECT_EQ(stretch.rule(), "RFC9293.SHLD-19");
  Trace batch;
  batch.in(data(1, 1000)).in(data(1001, 1000)).in(data(2001, 1000)).out(bare(1, 3001)).turn();
  EXPECT_EQ(batch.rule(), "") << "one for a batch";
  EXPECT_EQ(Trace().in(data(101, 100)).turn().rule(), "RFC5681.4.2.gap");
  EXPECT_EQ(Trace().in(data(101, 100)).out(bare(1, 1)).turn().rule(), "");
  Trace fills({.sack = true});
  fills.in(data(101, 100)).out({.sack = {{101, 201}}}).turn().in(data(1, 100)).turn();
  EXPECT_EQ(fills.rule(), "RFC5681.4.2.fill");
}

TEST(TcpMonitor, selective_acknowledgments) {
  EXPECT_EQ(Trace({.sack = true}).in(data(101, 100)).out({.sack = {{101, 202}}}).rule(), "RFC2018.3");
  EXPECT_EQ(Trace({.sack = true}).in(data(101, 100)).out({.sack = {{1, 101}}}).rule(), "RFC2018.3");
  Trace order({.sack = true});
  order.in(data(101, 100)).out({.sack = {{101, 201}}}).in(data(301, 100)).out({.sack = {{101, 201}, {301, 401}}});
  EXPECT_EQ(order.rule(), "RFC2018.4");
  Trace second({.sack = true});
  second.in(data(1, 100))
      .out(bare(1, 101))
      .in(data(301, 100))
      .in(data(1, 100))
      .out({.acks = 101, .sack = {{301, 401}, {1, 101}}});
  EXPECT_EQ(second.rule(), "RFC2883.4");
  Trace duplicate({.sack = true});
  duplicate.in(data(1, 100)).out(bare(1, 101)).in(data(1, 100)).out({.acks = 101, .sack = {{1, 101}}});
  EXPECT_EQ(duplicate.rule(), "") << duplicate.text();
}

TEST(TcpMonitor, resets) {
  EXPECT_EQ(Trace().out(data(1, 100)).out({.flags = rst | ack, .seq = 50}).rule(), "RFC9293.3.5.2");
  EXPECT_EQ(Trace::empty().in(data(1, 100, 7)).out({.flags = rst, .seq = 8}).rule(), "RFC9293.3.5.2");
  EXPECT_EQ(Trace::empty().in(data(1, 100, 7)).out({.flags = rst, .seq = 7}).rule(), "");
  Trace blind;  // not RCV.NXT: the connection goes on
  blind.in({.flags = rst, .seq = 50}).in(bare(1, 1)).out({.flags = rst, .seq = 1});
  EXPECT_EQ(blind.rule(), "RFC9293.3.5.2.reason");
  Trace exact;
  exact.in({.flags = rst, .seq = 1}).in(bare(1, 1)).out({.flags = rst, .seq = 1});
  EXPECT_EQ(exact.rule(), "") << exact.text();
  EXPECT_EQ(Trace().in({.flags = rst, .seq = 50}).turn().rule(), "RFC5961.3.2");
  EXPECT_EQ(Trace().in({.flags = rst, .seq = 50}).out(bare(1, 1)).turn().rule(), "");
  EXPECT_EQ(Trace().in({.flags = syn, .seq = 70}).turn().rule(), "RFC5961.4.2");
  EXPECT_EQ(Trace().in({.flags = syn, .seq = 70}).out({.flags = syn | ack, .seq = 500, .acks = 71}).rule(),
            "RFC5961.4.2.isn");
}

TEST(TcpMonitor, a_violation_tells_the_rule_the_connection_and_its_segments) {
  Trace t;
  t.in(data(1, 10)).out(bare(1, 12));
  EXPECT_NE(t.text().find("only what was received is acknowledged"), std::string::npos);
  EXPECT_NE(t.text().find("10.0.0.1 port 2000 -> 10.0.0.2 port 80"), std::string::npos);
  EXPECT_NE(t.text().find("seq 1 ack 12 len 0"), std::string::npos);
}

// ---- captures

struct Captured {
  Instant at;
  std::vector<std::uint8_t> frame;
};

std::vector<Captured> read_pcap(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto little32 = [&bytes](std::size_t at) {
    return bytes[at] | std::uint32_t{bytes[at + 1]} << 8 | std::uint32_t{bytes[at + 2]} << 16 |
           std::uint32_t{bytes[at + 3]} << 24;
  };
  std::vector<Captured> frames;
  if (bytes.size() < 24 || little32(0) != 0xa1b2c3d4u) return frames;
  for (std::size_t at = 24; at + 16 <= bytes.size();) {
    const std::size_t size = little32(at + 8);
    const auto time = std::int64_t{little32(at)} * 1000000 + little32(at + 4);
    at += 16;
    if (size > bytes.size() - at) break;
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    frames.push_back({Instant::from_microseconds(time), {begin, begin + static_cast<std::ptrdiff_t>(size)}});
    at += size;
  }
  return frames;
}

/// Judges the host with 10.9.0.`host`, whose view the capture is.
void expect_accepted(const char* name, std::uint8_t host, TcpMonitorConfig config) {
  const auto path = std::filesystem::path("tests/captures") / name;
  const std::vector<Captured> frames = read_pcap(path);
  ASSERT_GT(frames.size(), 20u) << path;
  config.own = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, host}};
  TcpMonitor monitor(config);
  for (const Captured& captured : frames) {
    // A frame is from the host or to it; the monitor takes of each what concerns it.
    monitor.sent(captured.frame, captured.at);
    monitor.received(captured.frame, captured.at);
  }
  EXPECT_GT(monitor.segments(), 20u);
  EXPECT_FALSE(monitor.violation()) << name << ": " << monitor.violation()->rule << ": " << monitor.violation()->text;
}

TcpMonitorConfig linux_config() {
  TcpMonitorConfig config;
  config.window_in_segments = true;
  config.linear_syn_timeouts = true;
  config.reset_at_sack = true;
  config.lateness = Duration::milliseconds(50);
  return config;
}

TEST(TcpMonitorCaptures, linux_disturbed) { expect_accepted("linux_disturbed.pcap", 2, linux_config()); }
TEST(TcpMonitorCaptures, linux_lossy) { expect_accepted("linux_lossy.pcap", 2, linux_config()); }

TEST(TcpMonitorCaptures, lwip_disturbed) {
  TcpMonitorConfig config;
  config.lenient_acknowledgments = true;
  config.lateness = Duration::milliseconds(500);
  expect_accepted("lwip_disturbed.pcap", 1, config);
}

}  // namespace
}  // namespace linnet::sim
