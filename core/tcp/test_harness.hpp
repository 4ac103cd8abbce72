// SPDX-License-Identifier: Apache-2.0
// For tests: one TCP over a bare IP link, with the test playing the peer segment by segment in virtual time.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "core/base/checksum.hpp"
#include "core/tcp/tcp.hpp"

namespace linnet::tcp::test {

/// A link that keeps what the stack sends.
class TestLink final : public Device {
 public:
  std::size_t receive(BlockPool&, std::span<Packet>) override { return 0; }
  Transmit transmit(const Frame& frame) override {
    if (busy || (refusals > 0 && refusals-- > 0)) return Transmit::busy;
    std::vector<std::uint8_t> bytes(frame.size());
    frame.gather(bytes.data());
    segment_sizes.push_back(frame.segment_size);
    frames.push_back(std::move(bytes));
    return Transmit::taken;
  }
  std::uint16_t mtu() const override { return link_mtu; }
  MacAddress mac() const override { return {{2, 0, 0, 0, 0, 1}}; }
  Capabilities capabilities() const override { return caps; }
  bool link_up() const override { return up; }

  Capabilities caps{.link = LinkType::ip};
  std::uint16_t link_mtu = 1500;
  bool busy = false;
  unsigned refusals = 0;  // so many frames more find it busy
  bool up = true;
  std::deque<std::vector<std::uint8_t>> frames;
  std::deque<std::uint16_t> segment_sizes;
};

/// A segment as the peer sees or sends it.
struct Wire {
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 65535;
  std::string data;
  std::vector<std::uint8_t> options;
  std::uint16_t urgent = 0;
  std::uint16_t local_port = 0;   // our side's
  std::uint16_t remote_port = 0;  // the peer's
  SegmentOptions parsed;
  std::uint8_t traffic_class = 0;
  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

inline std::vector<std::uint8_t> syn_options(std::uint16_t mss, int scale = -1, bool sack = false,
                                             bool timestamp = false, std::uint32_t value = 1000,
                                             std::uint32_t echo = 0) {
  OptionsWriter writer;
  writer.maximum_segment_size(mss);
  if (sack) writer.sack_permitted();
  if (timestamp) writer.timestamp(value, echo);
  if (scale >= 0) writer.window_scale(static_cast<std::uint8_t>(scale));
  const Bytes bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

inline std::vector<std::uint8_t> timestamp_option(std::uint32_t value, std::uint32_t echo) {
  OptionsWriter writer;
  writer.timestamp(value, echo);
  const Bytes bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

constexpr Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

struct HarnessOptions {
  Config tcp;
  BlockPoolConfig blocks{.small_size = 1664, .small_count = 256};
  Capabilities link{.link = LinkType::ip};
  Instant start = Instant::from_microseconds(1000000);
  std::uint8_t seed = 7;
  std::uint16_t mtu = 1500;
};

class Harness {
 public:
  static constexpr IpAddress our_address = IpAddress::v4(10, 0, 0, 1);
  static constexpr IpAddress peer_address = IpAddress::v4(10, 0, 0, 2);

  explicit Harness(const HarnessOptions& options = {})
      : memory(1u << 20),
        arena(memory),
        random(Random::Seed{options.seed}),
        pool(arena, options.blocks),
        ethernet({}, arena, pool, random, drops),
        ip({}, arena, pool, random, ethernet, drops),
        tcp(options.tcp, arena, pool, random, ip, drops),
        now(options.start) {
    link.caps = options.link;
    link.link_mtu = options.mtu;
    interface = ethernet.add_link(link).value();
    ip.add_interface(interface);
    EXPECT_TRUE(ip.add_address(interface, {our_address, 24}, false, now));
    EXPECT_FALSE(arena.exhausted());
    fresh = digest();
  }

  /// Delivers one segment of the peer's, then lets the stack answer.
  void inject(const Wire& wire) {
    deliver(wire);
    poll();
  }
  void deliver(const Wire& wire) {
    traffic_class = wire.traffic_class;
    std::vector<std::uint8_t> tcp_bytes(header_size + wire.options.size() + wire.data.size());
    write_header(tcp_bytes.data(),
                 {.source_port = wire.remote_port != 0 ? wire.remote_port : peer_port,
                  .destination_port = wire.local_port != 0 ? wire.local_port : our_port,
                  .seq = SequenceNumber(wire.seq),
                  .ack = SequenceNumber(wire.ack),
                  .flags = wire.flags,
                  .window = wire.window,
                  .urgent_pointer = wire.urgent},
                 wire.options.size());
    std::copy(wire.options.begin(), wire.options.end(), tcp_bytes.begin() + header_size);
    std::copy(wire.data.begin(), wire.data.end(),
              tcp_bytes.begin() + static_cast<std::ptrdiff_t>(header_size + wire.options.size()));
    Checksum checksum = pseudo_header_checksum(from, to, ip::protocol::tcp,
                                               static_cast<std::uint32_t>(tcp_bytes.size()));
    checksum.add(tcp_bytes);
    store16(tcp_bytes.data() + 16, checksum.finish());
    deliver_payload(ip::protocol::tcp, tcp_bytes);
  }
  void deliver_payload(std::uint8_t protocol, const std::vector<std::uint8_t>& payload) {
    const std::size_t header = to.is_v4() ? 20 : 40;
    std::vector<std::uint8_t> bytes(header + payload.size());
    if (to.is_v4()) {
      bytes[0] = 0x45;
      bytes[1] = traffic_class;
      store16(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size()));
      bytes[8] = 64;
      bytes[9] = protocol;
      store32(bytes.data() + 12, from.v4_value());
      store32(bytes.data() + 16, to.v4_value());
      Checksum checksum;
      checksum.add(Bytes(bytes).first(20));
      store16(bytes.data() + 10, checksum.finish());
    } else {
      bytes[0] = 0x60;
      store16(bytes.data() + 4, static_cast<std::uint16_t>(payload.size()));
      bytes[6] = protocol;
      bytes[7] = 64;
      std::copy(from.bytes().begin(), from.bytes().end(), bytes.begin() + 8);
      std::copy(to.bytes().begin(), to.bytes().end(), bytes.begin() + 24);
    }
    std::copy(payload.begin(), payload.end(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
    Block block = pool.allocate(bytes.size());
    ASSERT_TRUE(block);
    std::copy(bytes.begin(), bytes.end(), block.data());
    Packet packet(std::move(block), 0, static_cast<std::uint32_t>(bytes.size()));
    packet.info.interface = interface;
    packet.info.segment_size = coalesced;
    auto framed = ethernet.receive(std::move(packet), now);
    if (!framed) return;
    auto datagram = ip.receive(std::move(*framed), now);
    if (!datagram) return;
    if (datagram->error != ip::ErrorKind::none) {
      tcp.error(*datagram, now);
    } else {
      tcp.receive(std::move(*datagram), now);
    }
  }
  Instant poll() { return std::min({ethernet.poll(now), ip.poll(now), tcp.poll(now)}); }
  /// Lets time pass, with a poll at every deadline.
  void advance(Duration duration) {
    const Instant end = now + duration;
    for (unsigned polls = 0;; ++polls) {
      ASSERT_LT(polls, 1000000u) << "a timer that never rests";
      const Instant next = poll();
      if (next > end) break;
      now = std::max(next, now + Duration::microseconds(1));
    }
    now = end;
    poll();
  }
  /// The next segment that we sent, or nothing.
  std::optional<Wire> sent() {
    const auto is_tcp = [](const std::vector<std::uint8_t>& frame) {
      return frame[0] >> 4 == 4 || frame[6] == ip::protocol::tcp;  // not what IPv6 has to tell its neighbours
    };
    while (!link.frames.empty() && !is_tcp(link.frames.front())) {
      link.frames.pop_front();
      link.segment_sizes.pop_front();
    }
    if (link.frames.empty()) return std::nullopt;
    const std::vector<std::uint8_t> bytes = link.frames.front();
    link.frames.pop_front();
    last_segment_size = link.segment_sizes.front();
    link.segment_sizes.pop_front();
    const bool v4 = bytes[0] >> 4 == 4;
    if (v4) {
      Checksum header_sum;
      header_sum.add(Bytes(bytes).first(20));
      EXPECT_TRUE(header_sum.good());
      EXPECT_EQ(load16(bytes.data() + 2), bytes.size());
    }
    const Bytes segment = Bytes(bytes).subspan(v4 ? 20 : 40);
    if (!link.caps.transmit_checksum) {
      Checksum checksum = pseudo_header_checksum(to, from, ip::protocol::tcp,
                                                 static_cast<std::uint32_t>(segment.size()));
      checksum.add(segment);
      EXPECT_TRUE(checksum.good());
    }
    const std::size_t header = static_cast<std::size_t>(segment[12] >> 4) * 4;
    Wire wire{.seq = load32(segment.data() + 4),
              .ack = load32(segment.data() + 8),
              .flags = segment[13],
              .window = load16(segment.data() + 14),
              .data = std::string(segment.begin() + static_cast<std::ptrdiff_t>(header), segment.end()),
              .options = {segment.begin() + 20, segment.begin() + static_cast<std::ptrdiff_t>(header)},
              .urgent = load16(segment.data() + 18),
              .local_port = load16(segment.data()),
              .remote_port = load16(segment.data() + 2),
              .parsed = {},
              .traffic_class = v4 ? bytes[1] : std::uint8_t{0}};
    wire.parsed = SegmentOptions::parse(wire.options, wire.has(Flags::syn)).value();
    return wire;
  }
  Wire expect_sent() {
    auto wire = sent();
    EXPECT_TRUE(wire.has_value()) << "nothing was sent";
    return wire.value_or(Wire{});
  }
  void expect_silence() {
    const auto wire = sent();
    EXPECT_FALSE(wire.has_value()) << "sent flags " << int{wire->flags} << " length " << wire->data.size();
  }
  void discard_sent() {
    link.frames.clear();
    link.segment_sizes.clear();
  }

  // --- handshakes ---

  ListenerHandle listen(std::uint16_t port, std::uint16_t backlog = 8, const Options& options = {}) {
    our_port = port;
    const auto listener = tcp.bind({IpAddress::any_v4(), port}, false);
    EXPECT_TRUE(listener.ok());
    EXPECT_TRUE(tcp.listen(*listener, backlog, options).ok());
    return *listener;
  }
  /// Passive open up to ESTABLISHED; the peer's next sequence number is `peer_nxt`, ours `our_nxt`.
  ConnectionHandle accept(const std::vector<std::uint8_t>& options = syn_options(1460), const Options& user = {},
                          std::uint16_t window = 65535) {
    const ListenerHandle listener = listen(80, 8, user);
    inject({.seq = peer_iss, .flags = Flags::syn, .window = window, .options = options});
    const Wire reply = expect_sent();
    EXPECT_EQ(reply.flags, Flags::syn | Flags::ack);
    our_iss = reply.seq;
    our_nxt = our_iss + 1;
    peer_nxt = peer_iss + 1;
    timestamps = reply.parsed.has_timestamp;
    inject({.seq = peer_nxt, .ack = our_nxt, .flags = Flags::ack, .window = window,
            .options = timestamps ? timestamp_option(1001, reply.parsed.timestamp_value)
                                  : std::vector<std::uint8_t>{}});
    const auto connection = tcp.accept(listener);
    EXPECT_TRUE(connection.has_value());
    expect_silence();
    tcp.close(listener, now);
    return connection.value_or(ConnectionHandle{});
  }
  /// Active open up to SYN-SENT.
  ConnectionHandle connect(const Options& options = {}) {
    peer_port = 4321;
    const auto c = tcp.connect({}, {peer_address, peer_port}, options, now);
    EXPECT_TRUE(c.ok());
    const Wire syn = expect_sent();
    EXPECT_EQ(syn.flags, Flags::syn);
    our_port = syn.local_port;
    our_iss = syn.seq;
    our_nxt = our_iss + 1;
    peer_nxt = peer_iss + 1;
    return *c;
  }
  Wire ack_of(std::uint32_t ack) const { return {.seq = peer_nxt, .ack = ack, .flags = Flags::ack}; }
  State state(ConnectionHandle c) const {
    const auto status = tcp.status(c);
    return status ? status->state : State::closed;
  }
  std::string read(ConnectionHandle c, std::size_t most = 65536) {
    std::string out(most, '\0');
    const auto n = tcp.receive(c, MutableBytes(reinterpret_cast<std::uint8_t*>(out.data()), out.size()), false, now);
    out.resize(n.ok() ? *n : 0);
    return out;
  }
  std::size_t write(ConnectionHandle c, std::string_view text, SendFlags flags = {}) {
    const auto n = tcp.send(c, Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), flags, now);
    return n.ok() ? *n : 0;
  }
  Digest::Value digest() const {
    Digest d;
    tcp.digest(d);
    return d.value();
  }

  std::vector<std::uint8_t> memory;
  Arena arena;
  Random random;
  DropCounters drops;
  BlockPool pool;
  ethernet::Ethernet ethernet;
  ip::Ip ip;
  Tcp tcp;
  TestLink link;
  Instant now;
  Digest::Value fresh;
  std::uint8_t interface = 0;
  IpAddress from = peer_address;  // of the segments that the peer sends
  IpAddress to = our_address;
  std::uint8_t traffic_class = 0;  // of the next packet delivered
  std::uint16_t coalesced = 0;     // the segment size of those delivered that stand for several
  std::uint16_t our_port = 80;
  std::uint16_t peer_port = 4321;
  std::uint32_t peer_iss = 5000;
  std::uint32_t peer_nxt = 5001;
  std::uint32_t our_iss = 0;
  std::uint32_t our_nxt = 0;
  std::uint16_t last_segment_size = 0;
  bool timestamps = false;
};

}  // namespace linnet::tcp::test
