// SPDX-License-Identifier: Apache-2.0
// A stack in a static arena, on a link whose other end is the input. What it sends is checked by code of our
// own.
#pragma once

#include <array>
#include <cstring>
#include <optional>

#include "core/base/siphash.hpp"
#include "core/stack.hpp"
#include "fuzz/input.hpp"

namespace linnet::fuzz {

constexpr MacAddress our_mac{{0x02, 0, 0, 0, 0, 1}};
constexpr MacAddress peer_mac{{0x02, 0, 0, 0, 0, 0x99}};
constexpr IpAddress our_address = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress peer_address = IpAddress::v4(192, 0, 2, 2);
constexpr IpAddress gateway_address = IpAddress::v4(192, 0, 2, 254);
constexpr IpAddress far_address = IpAddress::v4(198, 51, 100, 7);
constexpr std::size_t ethernet_size = 14;

/// RFC 793, RFC 768: the pseudo header's sum over IPv4.
inline std::uint16_t plain_transport_sum(Bytes ip_header, Bytes transport) {
  std::array<std::uint8_t, 12> pseudo{};
  copy_bytes(pseudo.data(), ip_header.subspan(12, 8));
  pseudo[9] = ip_header[9];
  store16(pseudo.data() + 10, static_cast<std::uint16_t>(transport.size()));
  return plain_sum(transport, plain_sum(pseudo));
}

/// RFC 8200 8.1: likewise over IPv6, of what its Next Header names.
inline std::uint16_t plain_ipv6_sum(Bytes ip_header, Bytes transport) {
  std::array<std::uint8_t, 40> pseudo{};
  copy_bytes(pseudo.data(), ip_header.subspan(8, 32));
  store32(pseudo.data() + 32, static_cast<std::uint32_t>(transport.size()));
  pseudo[39] = ip_header[6];
  return plain_sum(transport, plain_sum(pseudo));
}

/// What the stack last said of a connection, as its peer sees it.
struct Flow {
  std::uint32_t peer = 0;
  std::uint16_t our_port = 0;
  std::uint16_t peer_port = 0;
  std::uint32_t first = 0;  ///< sequence number of the last segment that was not empty
  std::uint32_t next = 0;   ///< one past all it sent
  std::uint32_t ack = 0;    ///< what it wants next
};

/// The link of the stack under test.
class Link final : public Device {
 public:
  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    if (waiting_ == 0 || batch.empty()) return 0;
    Block block = pool.allocate(waiting_);
    if (!block) return 0;
    copy_bytes(block.data(), Bytes(in_).first(waiting_));
    batch[0] = Packet(std::move(block), 0, static_cast<std::uint32_t>(waiting_));
    waiting_ = 0;
    return 1;
  }
  Transmit transmit(const Frame& frame) override {
    if (busy) return Transmit::busy;
    require(frame.size() <= last_.size(), "no frame is larger than the link takes");
    require(frame.segment_size == 0 && frame.checksum.header_from_end == 0,
            "a plain device gets plain frames");
    frame.gather(last_.data());
    last_size_ = frame.size();
    ++sent_;
    if (on_sent != nullptr) on_sent(context, Bytes(last_).first(last_size_));
    check(Bytes(last_).first(last_size_));
    return Transmit::taken;
  }
  std::uint16_t mtu() const override { return 1500; }
  MacAddress mac() const override { return our_mac; }
  Capabilities capabilities() const override { return {}; }
  bool link_up() const override { return up; }

  void put(Bytes frame) {
    waiting_ = std::min(frame.size(), in_.size());
    copy_bytes(in_.data(), frame.first(waiting_));
  }
  bool waiting() const { return waiting_ > 0; }
  /// A frame that found no block is lost.
  void forget() { waiting_ = 0; }
  std::uint64_t sent() const { return sent_; }
  Bytes last() const { return Bytes(last_).first(last_size_); }
  std::span<Flow> flows() { return std::span(flows_).first(flow_count_); }
  /// Of all bytes that were sent.
  std::uint64_t digest() const {
    SecretHasher copy = hasher_;
    return copy.finish();
  }

  bool busy = false;
  bool up = true;
  bool speaks_ipv6 = false;
  bool answers_arp = true;
  bool arp_asked = false;  ///< for `arp_target`
  std::array<std::uint8_t, 4> arp_target{};
  std::array<std::uint8_t, 4> arp_sender{};
  void (*on_sent)(void* context, Bytes frame) = nullptr;  ///< sees each frame, before it is checked
  void* context = nullptr;

 private:
  void check(Bytes frame) {
    for (std::size_t i = 0; i < frame.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, frame.data() + i, std::min<std::size_t>(8, frame.size() - i));
      hasher_.word(word);
    }
    require(frame.size() >= ethernet_size, "a frame has a header");
    require(same(frame.subspan(6, 6), our_mac.bytes), "it comes from us");
    const std::uint16_t type = load16(frame.data() + 12);
    if (speaks_ipv6 && type == 0x86dd) return check_ipv6(frame.subspan(ethernet_size));
    require(type == 0x0800 || type == 0x0806, "and is IPv4 or ARP");
    if (type == 0x0806) return check_arp(frame.subspan(ethernet_size));
    check_ipv4(frame.subspan(ethernet_size));
  }
  void check_arp(Bytes arp) {
    require(arp.size() >= 28 && load32(arp.data()) == 0x00010800u && load16(arp.data() + 4) == 0x0604,
            "RFC 826");
    require(same(arp.subspan(8, 6), our_mac.bytes), "the sender is us");
    if (load16(arp.data() + 6) != 1 || load32(arp.data() + 14) == load32(arp.data() + 24)) return;
    arp_asked = true;
    std::copy_n(arp.begin() + 24, 4, arp_target.begin());
    std::copy_n(arp.begin() + 14, 4, arp_sender.begin());
  }
  void check_ipv4(Bytes ip) {
    require(ip.size() >= 20 && ip[0] >> 4 == 4, "a whole IPv4 header");
    const std::size_t header = (ip[0] & 15u) * 4;
    require(header >= 20 && header <= ip.size() && load16(ip.data() + 2) == ip.size(),
            "lengths that are true");
    require(plain_sum(ip.first(header)) == 0xffff, "a right header checksum");
    require(ip[8] > 0, "RFC 1122 3.2.1.7: no TTL of zero");
    const std::uint32_t source = load32(ip.data() + 12);
    require(source >> 24 != 127 && load32(ip.data() + 16) >> 24 != 127,
            "RFC 1122 3.2.1.3 (g): loopback stays inside");
    const Bytes transport = ip.subspan(header);
    const bool fragment = (load16(ip.data() + 6) & 0x3fff) != 0;
    if (fragment) return;
    if (ip[9] == 1) require(plain_sum(transport) == 0xffff && transport.size() >= 8, "a right ICMP checksum");
    if (ip[9] == 17) {
      require(transport.size() >= 8 && load16(transport.data() + 4) == transport.size(), "RFC 768: Length");
      require(load16(transport.data() + 6) == 0 || plain_transport_sum(ip, transport) == 0xffff,
              "a right UDP checksum");
    }
    if (ip[9] == 6) check_tcp(ip, transport);
  }
  /// Without extension headers but for the hop-by-hop options of MLD.
  void check_ipv6(Bytes ip) {
    require(ip.size() >= 40 && ip[0] >> 4 == 6 && load16(ip.data() + 4) == ip.size() - 40, "a whole IPv6 header");
    require(ip[7] > 0, "RFC 8200 3: no hop limit of zero");
    const Bytes upper = ip.subspan(40);
    if (ip[6] == 0) return;
    require(ip[6] == 6 || ip[6] == 17 || ip[6] == 58, "TCP, UDP or ICMPv6");
    require(plain_ipv6_sum(ip, upper) == 0xffff, "RFC 8200 8.1: a right checksum");
  }
  void check_tcp(Bytes ip, Bytes tcp) {
    require(tcp.size() >= 20, "a whole TCP header");
    const std::size_t header = (tcp[12] >> 4) * 4u;
    require(header >= 20 && header <= tcp.size(), "RFC 9293 3.1: Data Offset");
    require(plain_transport_sum(ip, tcp) == 0xffff, "a right TCP checksum");
    const std::uint8_t flags = tcp[13];
    require((flags & 6) != 6 && (flags & 3) != 3, "no SYN with RST or FIN");
    for (std::size_t i = 20; i < header && tcp[i] != 0;) {  // options that anybody can read
      if (tcp[i] == 1) {
        ++i;
        continue;
      }
      require(i + 1 < header && tcp[i + 1] >= 2 && i + tcp[i + 1] <= header, "options within the header");
      i += tcp[i + 1];
    }
    if ((flags & 4) != 0) {
      require(tcp.size() == header, "a reset without data");
      return;
    }
    Flow& flow = flow_of(load32(ip.data() + 16), load16(tcp.data()), load16(tcp.data() + 2));
    const std::uint32_t seq = load32(tcp.data() + 4);
    const auto length = static_cast<std::uint32_t>(tcp.size() - header) + (flags & 1) + (flags >> 1 & 1);
    if (length > 0) flow.first = seq;
    if ((flags & 2) != 0 || static_cast<std::int32_t>(seq + length - flow.next) > 0) flow.next = seq + length;
    if ((flags & 16) != 0) flow.ack = load32(tcp.data() + 8);
  }
  Flow& flow_of(std::uint32_t peer, std::uint16_t our_port, std::uint16_t peer_port) {
    for (Flow& flow : flows()) {
      if (flow.peer == peer && flow.our_port == our_port && flow.peer_port == peer_port) return flow;
    }
    Flow& flow = flow_count_ < flows_.size() ? flows_[flow_count_++] : flows_[replaced_++ % flows_.size()];
    return flow = {.peer = peer, .our_port = our_port, .peer_port = peer_port};
  }

  std::array<std::uint8_t, 1600> in_;
  std::size_t waiting_ = 0;
  std::array<std::uint8_t, 1514> last_;
  std::size_t last_size_ = 0;
  std::uint64_t sent_ = 0;
  std::array<Flow, 8> flows_{};
  std::size_t flow_count_ = 0;
  std::size_t replaced_ = 0;
  SecretHasher hasher_{SipKey{5, 6}};
};

/// The stack, its link and its time.
class Host {
 public:
  static constexpr Config config() {
    Config c;
    c.blocks = {.small_size = 1664, .small_count = 40};
    c.tcp.fast_open_cache = 0;  // it remembers servers for ever
    return c;
  }
  /// `stale`: what the memory holds before the stack gets it, which must not matter. `addressed`: with an
  /// address.
  explicit Host(std::uint8_t stale, bool addressed = true)
      : stack(config(), prepare(stale), Random::Seed{9, 1}), addressed_(addressed) {
    require(stack.ok(), "enough memory");
    interface = stack.add_interface(link).value();
    if (addressed) {
      require(stack.ip().add_address(interface, {our_address, 24}, false, now), "room for an address");
      require(stack.ip().add_route({IpAddress::any_v4(), 0}, gateway_address, interface), "room for a route");
    }
    pass(Duration::seconds(10));
    fresh = stack.digest();
  }

  /// Lets everything happen that is due now, ARP answers included.
  void settle() {
    for (unsigned turns = 0;; ++turns) {
      require(turns < 2000, "a stack that is never done");
      answer_arp();
      const Instant next = stack.poll(now);
      const Instant served = service != nullptr ? service(context, now) : Instant::never();
      if (earlier(next, served) > now && !link.arp_asked && !link.waiting()) return;
      if (link.waiting() && stack.pool().small_free() == 0) link.forget();
    }
  }
  /// Time goes by, from one deadline to the next.
  void pass(Duration duration) {
    // A busy device is asked again every half millisecond: no device is busy for minutes.
    if (link.busy) duration = std::min(duration, Duration::milliseconds(50));
    const Instant end = now + duration;
    for (unsigned turns = 0;; ++turns) {
      require(turns < 20000, "a timer that never rests");
      settle();
      Instant next = stack.poll(now);
      if (service != nullptr) next = earlier(next, service(context, now));
      if (link.waiting()) continue;  // the service has put something there
      if (next > end) break;
      now = std::max(next, now + Duration::microseconds(1));
    }
    now = end;
    settle();
  }
  void deliver(Bytes frame) {
    link.put(frame);
    settle();
  }
  /// A packet of the peer's, its IP header made here and its checksums right.
  void deliver_ip(std::uint8_t protocol, const IpAddress& from, const IpAddress& to, Bytes payload,
                  std::uint16_t fragment = 0, std::uint16_t identification = 0,
                  std::uint8_t traffic_class = 0) {
    std::array<std::uint8_t, 1514> frame;
    payload = payload.first(std::min<std::size_t>(payload.size(), 1480));
    begin_frame(frame.data(), 0x0800, to.is_limited_broadcast());
    if (to.is_multicast()) {  // RFC 1112 6.4
      store16(frame.data(), 0x0100);
      store32(frame.data() + 2, 0x5e000000u | (to.v4_value() & 0x7fffffu));
    }
    std::uint8_t* ip = frame.data() + ethernet_size;
    std::fill_n(ip, 20, std::uint8_t{0});
    ip[0] = 0x45;
    ip[1] = traffic_class;
    store16(ip + 2, static_cast<std::uint16_t>(20 + payload.size()));
    store16(ip + 4, identification);
    store16(ip + 6, fragment);
    ip[8] = 64;
    ip[9] = protocol;
    store32(ip + 12, from.v4_value());
    store32(ip + 16, to.v4_value());
    store16(ip + 10, static_cast<std::uint16_t>(~plain_sum({ip, 20})));
    std::uint8_t* transport = ip + 20;
    copy_bytes(transport, payload);
    const MutableBytes all(transport, payload.size());
    if ((fragment & 0x3fff) == 0) fix_checksum(protocol, {ip, 20}, all);
    deliver({frame.data(), ethernet_size + 20 + payload.size()});
  }
  void deliver_udp(const Endpoint& from, const Endpoint& to, Bytes payload) {
    std::array<std::uint8_t, 1480> datagram;
    payload = payload.first(std::min<std::size_t>(payload.size(), 1472));
    store16(datagram.data(), from.port);
    store16(datagram.data() + 2, to.port);
    store16(datagram.data() + 4, static_cast<std::uint16_t>(8 + payload.size()));
    store16(datagram.data() + 6, 0);
    copy_bytes(datagram.data() + 8, payload);
    deliver_ip(17, from.address, to.address, Bytes(datagram).first(8 + payload.size()));
  }
  void deliver_arp(std::uint16_t operation, const MacAddress& mac, Bytes sender, Bytes target) {
    std::array<std::uint8_t, 42> frame{};
    begin_frame(frame.data(), 0x0806, false);
    std::uint8_t* arp = frame.data() + ethernet_size;
    store32(arp, 0x00010800u);
    store16(arp + 4, 0x0604);
    store16(arp + 6, operation);
    copy_bytes(arp + 8, mac.bytes);
    copy_bytes(arp + 14, sender);
    copy_bytes(arp + 18, our_mac.bytes);
    copy_bytes(arp + 24, target);
    link.put(frame);
  }
  /// The same over IPv6, in at most 200 bytes; neighbours' messages need a hop limit of 255 (RFC 4861 7.1). It waits on
  /// the link.
  void put_ipv6(std::uint8_t protocol, const IpAddress& from, const IpAddress& to, Bytes payload,
                std::size_t checksum_at) {
    std::array<std::uint8_t, ethernet_size + 40 + 200> frame{};
    begin_frame(frame.data(), 0x86dd, false);
    std::uint8_t* ip = frame.data() + ethernet_size;
    ip[0] = 0x60;
    store16(ip + 4, static_cast<std::uint16_t>(payload.size()));
    ip[6] = protocol;
    ip[7] = 255;
    copy_bytes(ip + 8, from.bytes());
    copy_bytes(ip + 24, to.bytes());
    copy_bytes(ip + 40, payload);
    store16(ip + 40 + checksum_at, 0);
    const std::uint16_t sum = plain_ipv6_sum({ip, 40}, {ip + 40, payload.size()});
    store16(ip + 40 + checksum_at, static_cast<std::uint16_t>(~sum));
    link.put({frame.data(), ethernet_size + 40 + payload.size()});
  }
  static void begin_frame(std::uint8_t* frame, std::uint16_t type, bool broadcast) {
    copy_bytes(frame, broadcast ? MacAddress::broadcast().bytes : our_mac.bytes);
    copy_bytes(frame + 6, peer_mac.bytes);
    store16(frame + 12, type);
  }
  static void fix_checksum(std::uint8_t protocol, Bytes ip, MutableBytes transport) {
    const auto store = [&](std::size_t at, bool pseudo) {
      if (transport.size() < at + 2) return;
      store16(transport.data() + at, 0);
      const std::uint16_t sum = pseudo ? plain_transport_sum(ip, transport) : plain_sum(transport);
      store16(transport.data() + at, static_cast<std::uint16_t>(~sum));
    };
    if (protocol == 1) store(2, false);
    if (protocol == 6) store(16, true);
    if (protocol == 17) store(6, true);
  }

  /// Everything was closed: after hours nothing is left of it.
  void end() {
    link.busy = false;
    link.up = true;
    link.answers_arp = true;
    settle();
    // RFC 5227 2.4: that an address was defended, or lost, is remembered; it is begun anew.
    if (addressed_)
      require(stack.ip().add_address(interface, {our_address, 24}, false, now), "its place is there");
    pass(Duration::seconds(4 * 3600));
    require(stack.pool().full(), "all blocks are back");
    require(stack.digest() == fresh, "the stack is as it was at first");
  }

  Instant now = Instant::from_microseconds(1000000);
  Link link;
  Instant (*service)(void* context, Instant now) = nullptr;  ///< polled beside the stack
  void* context = nullptr;

 private:
  static MutableBytes prepare(std::uint8_t stale) {
    alignas(Arena::alignment) static std::array<std::uint8_t, Stack::memory_needed(config())> memory;
    std::memset(memory.data(), stale, memory.size());
    return memory;
  }
  void answer_arp() {
    if (!link.arp_asked || link.waiting()) return;
    link.arp_asked = false;
    if (link.answers_arp && !same(link.arp_sender, std::array<std::uint8_t, 4>{})) {
      deliver_arp(2, peer_mac, link.arp_target, link.arp_sender);
    }
  }

 public:
  Stack stack;
  std::uint8_t interface = 0;
  Digest::Value fresh;

 private:
  bool addressed_;
};

}  // namespace linnet::fuzz
