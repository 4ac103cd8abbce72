// SPDX-License-Identifier: Apache-2.0
#include "sim/test_tcp_trace.hpp"

namespace linnet::sim::test {
namespace {

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

std::vector<std::uint8_t> options_of(const Segment& s, std::uint32_t sacked_iss) {
  std::vector<std::uint8_t> options;
  const auto add = [&options](std::initializer_list<std::uint8_t> bytes) {
    options.insert(options.end(), bytes);
  };
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

}  // namespace

std::vector<std::uint8_t> packet_of(const Segment& s, bool outgoing) {
  const std::uint32_t iss = outgoing ? own_iss : peer_iss;
  const std::uint32_t other = outgoing ? peer_iss : own_iss;
  std::vector<std::uint8_t> tcp;
  const std::vector<std::uint8_t> options = options_of(s, other);
  add16(tcp, outgoing ? 2000 : 80);
  add16(tcp, outgoing ? 80 : 2000);
  add32(tcp, iss + static_cast<std::uint32_t>(s.seq));
  add32(tcp, (s.flags & tcp_flag::ack) != 0 ? other + static_cast<std::uint32_t>(s.acks) : 0);
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

Trace::Trace(const Handshake& handshake) : Trace(handshake.config) {
  Segment syn{.flags = tcp_flag::syn,
              .seq = 0,
              .mss = handshake.mss,
              .scale = handshake.scale,
              .sack_permitted = handshake.sack};
  Segment answer{.flags = tcp_flag::syn | tcp_flag::ack,
                 .seq = 0,
                 .window = handshake.peer_window,
                 .mss = handshake.mss,
                 .scale = handshake.scale,
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

Trace::Trace(TcpMonitorConfig config) {
  config.ethernet = false;
  config.own = {own_address};
  monitor_ = std::make_unique<TcpMonitor>(config);
}

}  // namespace linnet::sim::test
