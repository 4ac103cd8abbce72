// SPDX-License-Identifier: Apache-2.0
#include "sim/adversary.hpp"

#include "sim/frames_ipv6.hpp"

namespace linnet::sim {

namespace {

constexpr std::size_t link = 14;

template <typename Unsigned>
Unsigned any(Choices& choices) {
  return static_cast<Unsigned>(choices.next());
}

/// What programs of the world listen on, or any port.
std::uint16_t some_port(Choices& choices) {
  constexpr std::array<std::uint16_t, 9> known{0, 7, 53, 67, 68, 1000, 1001, 2000, 3000};
  return choices.chance(70) ? known[choices.between(0, known.size() - 1)] : any<std::uint16_t>(choices);
}

}  // namespace

Adversary::Adversary(Lan& lan, const AdversaryPlan& plan, std::vector<Victim> victims, std::uint64_t seed)
    : lan_(lan),
      port_(lan.add_port({}, seed)),
      plan_(plan),
      victims_(std::move(victims)),
      choices_(seed, "adversary"),
      ipv6_(victims_, port_.mac(), plan.on_path, mixed(seed, 6)) {
  port_.set_deaf();
}

void Adversary::saw(Bytes frame) {
  if (plan_.on_path && (seen_.empty() || choices_.chance(20))) seen_.assign(frame.begin(), frame.end());
}

Instant Adversary::step(Instant now) {
  if (stopped_) return Instant::never();
  if (now >= due_) {
    const Kind kind = choose();
    // Now and then a flood.
    for (std::uint64_t n = choices_.chance(3) ? choices_.between(10, 60) : 1; n > 0; --n) {
      if ((plan_.kinds >> static_cast<unsigned>(kind) & 1) != 0 && lan_.fires(0, Fault::adversary)) act(kind);
    }
    const auto mean = static_cast<std::uint64_t>(plan_.gap.as_microseconds());
    due_ = now + Duration::microseconds(static_cast<std::int64_t>(choices_.between(1, 2 * mean)));
  }
  return due_;
}

Adversary::Kind Adversary::choose() {
  constexpr auto first_of_ipv6 = static_cast<std::uint64_t>(Kind::neighbour_discovery);
  if (plan_.ipv6 && choices_.chance(50)) return static_cast<Kind>(choices_.between(first_of_ipv6, kinds - 1));
  const Kind last = plan_.on_path ? Kind::reset : Kind::martian;
  return static_cast<Kind>(choices_.between(0, static_cast<std::uint64_t>(last)));
}

FrameEnds Adversary::between(const Victim& from, const Victim& to) {
  return {.source_mac = port_.mac(), .destination_mac = to.mac, .source = from.ipv4, .destination = to.ipv4};
}

FrameEnds Adversary::between_any() {
  const Victim& to = victim();
  return between(victim(), to);
}

FrameEnds Adversary::either_of_any() {
  const Victim& to = victim();
  const Victim& from = victim();
  FrameEnds ends = between(from, to);
  if (!plan_.ipv6 || choices_.chance(50)) return ends;
  ends.source = from.ipv6;
  ends.destination = to.ipv6;
  return ends;
}

IpAddress Adversary::nobody(bool ipv6) {
  const auto host = static_cast<std::uint32_t>(200 + choices_.between(0, 50));
  return ipv6 ? ipv6_.nobody(host) : IpAddress::v4(0x0a000000u + host);
}

Buffer Adversary::frame_of(Kind kind) {
  switch (kind) {
    case Kind::tcp_guess:
      return tcp_guess(false);
    case Kind::syn_flood:
      return tcp_guess(true);
    case Kind::udp_guess: {
      const auto filling = any<std::uint8_t>(choices_);
      const Buffer payload(choices_.between(0, 600), filling);
      const std::uint16_t to = some_port(choices_);
      const Buffer datagram = udp_datagram(some_port(choices_), to, payload);
      return ip_frame(either_of_any(), 17, datagram);
    }
    case Kind::icmp_error:
      return icmp_error();
    case Kind::arp_scan: {
      const Victim target = victim();
      return arp_frame(1,
                       {.source_mac = port_.mac(),
                        .destination_mac = MacAddress::broadcast(),
                        .source = nobody(),
                        .destination = target.ipv4},
                       {});
    }
    case Kind::fragments:
      return fragment();
    case Kind::malformed:
      return malformed();
    case Kind::martian:
      return martian();
    case Kind::repeat:
      return seen_;
    case Kind::change:
      return changed();
    case Kind::reset:
      return reset();
    case Kind::neighbour_discovery:
      return ipv6_.neighbour_discovery();
    case Kind::ipv6_fragments:
      return ipv6_.fragment();
    case Kind::ipv6_extensions:
      return ipv6_.extensions();
    case Kind::icmpv6_error:
      return ipv6_.icmp_error();
    case Kind::ipv6_martian:
      return ipv6_.martian();
    case Kind::listener_query:
      return ipv6_.listener_query();
  }
  return {};
}

void Adversary::act(Kind kind) {
  const Buffer frame = frame_of(kind);
  if (frame.empty()) return;
  ++sent_[static_cast<std::size_t>(kind)];
  port_.inject(frame);
}

Buffer Adversary::tcp_guess(bool syn) {
  FrameEnds addresses = either_of_any();
  if (syn) addresses.source = nobody(addresses.destination.is_v6());
  const std::uint8_t flags = syn ? tcp_flag::syn : any<std::uint8_t>(choices_);
  TcpView fields{.source = addresses.source,
                 .destination = addresses.destination,
                 .source_port = choices_.chance(50) ? some_port(choices_) : any<std::uint16_t>(choices_),
                 .destination_port = some_port(choices_),
                 .seq = any<std::uint32_t>(choices_),
                 .ack = any<std::uint32_t>(choices_),
                 .window = any<std::uint16_t>(choices_),
                 .flags = flags};
  Buffer options(choices_.between(0, 10) * 4);
  for (std::uint8_t& byte : options) byte = static_cast<std::uint8_t>(choices_.next() % 12);
  const Buffer payload(syn || choices_.chance(50) ? 0 : choices_.between(1, 100), 'x');
  return ip_frame(addresses, 6, tcp_segment(fields, options, payload));
}

Buffer Adversary::icmp_error() {
  const Victim& target = victim();
  // About a segment of the victim's to another, which it might have sent.
  const Victim& other = victim();
  const Buffer quoted = ipv4_frame(
      {.source_mac = {}, .destination_mac = {}, .source = target.ipv4, .destination = other.ipv4}, 6,
      tcp_segment({.source_port = some_port(choices_),
                   .destination_port = some_port(choices_),
                   .seq = any<std::uint32_t>(choices_)},
                  {}, {}));
  Buffer message(8);
  constexpr std::array<std::uint8_t, 6> types{3, 4, 5, 11, 12, 8};
  message[0] = types[choices_.between(0, types.size() - 1)];
  message[1] = static_cast<std::uint8_t>(choices_.between(0, 15));
  store16(message.data() + 6, any<std::uint16_t>(choices_));
  message.insert(message.end(), quoted.begin() + link,
                 quoted.begin() + static_cast<std::ptrdiff_t>(link + choices_.between(0, 40)));
  if (choices_.chance(5)) message.resize(choices_.between(0, 7));
  return ipv4_frame(between(other, target), 1, message);
}

Buffer Adversary::fragment() {
  Buffer payload(choices_.between(1, 60) * 8, 'f');
  const auto identification = static_cast<std::uint16_t>(choices_.between(0, 3));
  Buffer frame = ipv4_frame(between_any(), 17, payload, identification);
  const bool more = choices_.chance(60);
  const std::uint64_t offset = choices_.chance(50) ? choices_.between(0, 40) : choices_.between(0, 8191);
  store16(frame.data() + link + 6, static_cast<std::uint16_t>((more ? 0x2000 : 0) | offset));
  fix_checksums(frame);
  return frame;
}

Buffer Adversary::malformed() {
  Buffer frame = choices_.chance(50) ? tcp_guess(choices_.chance(50)) : fragment();
  for (std::uint64_t changes = choices_.between(1, 3); changes > 0; --changes) {
    frame[choices_.between(link, frame.size() - 1)] = any<std::uint8_t>(choices_);
  }
  if (choices_.chance(30)) frame.resize(choices_.between(1, frame.size()));
  if (choices_.chance(50)) fix_checksums(frame);
  return frame;
}

/// RFC 791 3.1: by a loose source route of two addresses.
Buffer Adversary::source_routed(const FrameEnds& addresses) {
  Buffer frame = ipv4_frame(addresses, 17, udp_datagram(7, some_port(choices_), Buffer(16, 's')));
  const std::array<std::uint8_t, 12> option{131, 11, 4, 10, 0, 0, 1, 10, 0, 0, 2, 0};
  frame.insert(frame.begin() + link + 20, option.begin(), option.end());
  frame[link] = 0x48;
  store16(frame.data() + link + 2, static_cast<std::uint16_t>(frame.size() - link));
  fix_checksums(frame);
  return frame;
}

Buffer Adversary::martian() {
  constexpr std::array<std::uint32_t, 8> wrong{0,          0x7f000001, 0xffffffff, 0xe0000001,
                                               0x0a0000ff, 0xf0000001, 0x0a000000, 0xa9fe0101};
  const Victim target = victim();
  FrameEnds addresses = between(target, target);
  if (choices_.chance(80)) addresses.source = IpAddress::v4(wrong[choices_.between(0, wrong.size() - 1)]);
  if (choices_.chance(30))
    addresses.destination = IpAddress::v4(wrong[choices_.between(0, wrong.size() - 1)]);
  if (choices_.chance(30)) addresses.destination_mac = MacAddress::broadcast();
  const Buffer payload(64, 'm');
  if (choices_.chance(20)) return source_routed(addresses);
  if (choices_.chance(40)) return ipv4_frame(addresses, 17, udp_datagram(7, some_port(choices_), payload));
  if (choices_.chance(50)) {
    return ipv4_frame(
        addresses, 6,
        tcp_segment({.source_port = 9, .destination_port = 1000, .flags = tcp_flag::syn}, {}, {}));
  }
  Buffer echo(16);
  echo[0] = 8;
  return ipv4_frame(addresses, 1, echo);
}

Buffer Adversary::changed() {
  Buffer frame = seen_;
  if (frame.size() <= link) return {};
  const std::size_t at = choices_.between(link, std::min<std::size_t>(frame.size(), link + 60) - 1);
  constexpr std::array<std::uint8_t, 6> edges{0, 1, 0x7f, 0x80, 0xfe, 0xff};
  frame[at] =
      choices_.chance(60) ? edges[choices_.between(0, edges.size() - 1)] : any<std::uint8_t>(choices_);
  if (choices_.chance(20)) frame.resize(choices_.between(link, frame.size()));
  fix_checksums(frame);
  return frame;
}

Buffer Adversary::reset() {
  const auto seen = tcp_view(seen_);
  if (!seen) return {};
  TcpView fields = *seen;
  constexpr std::array<std::uint8_t, 6> flags{
      tcp_flag::rst, tcp_flag::rst | tcp_flag::ack, tcp_flag::fin, tcp_flag::fin | tcp_flag::ack,
      tcp_flag::syn, tcp_flag::syn | tcp_flag::ack};
  fields.flags = flags[choices_.between(0, flags.size() - 1)];
  if (choices_.chance(60)) fields.seq += static_cast<std::uint32_t>(seen->size);
  FrameEnds addresses{.source_mac = port_.mac(),
                      .destination_mac = {},
                      .source = seen->source,
                      .destination = seen->destination};
  copy_bytes(addresses.destination_mac.bytes.data(), Bytes(seen_).first(6));
  return ip_frame(addresses, 6, tcp_segment(fields, {}, {}));
}

}  // namespace linnet::sim
