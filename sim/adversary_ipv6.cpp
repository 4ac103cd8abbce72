// SPDX-License-Identifier: Apache-2.0
#include "sim/adversary_ipv6.hpp"

#include <algorithm>

#include "sim/frames_ipv6.hpp"

namespace linnet::sim {

namespace {

constexpr std::size_t link = 14;
constexpr std::size_t upper = link + 40;
constexpr std::uint8_t icmpv6 = 58;
constexpr std::uint16_t router_host = 0xbad;

void append(Buffer& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

std::uint16_t some_port(Choices& choices) {
  constexpr std::array<std::uint16_t, 6> known{7, 53, 1000, 1001, 2001, 2002};
  return known[choices.between(0, known.size() - 1)];
}

}  // namespace

IpAddress Ipv6Attacks::nobody(std::uint32_t host) const {
  std::array<std::uint8_t, 16> bytes = victims_.front().ipv6.bytes();
  store32(bytes.data() + 12, host);
  return IpAddress::v6(bytes);
}

FrameEnds Ipv6Attacks::between(const Victim& from, const Victim& to) const {
  return {.source_mac = mac_, .destination_mac = to.mac, .source = from.ipv6, .destination = to.ipv6};
}

FrameEnds Ipv6Attacks::between_any() {
  const Victim& to = victim();
  return between(victim(), to);
}

FrameEnds Ipv6Attacks::to_all(const IpAddress& source) const {
  const IpAddress all = all_nodes_group();
  return {.source_mac = mac_, .destination_mac = group_station(all), .source = source, .destination = all};
}

Buffer Ipv6Attacks::neighbour_discovery() {
  const std::uint64_t which = choices_.between(0, 3);
  const Buffer frame = which == 0   ? solicitation()
                       : which == 1 ? advertisement()
                       : which == 2 ? router()
                                    : redirect();
  return choices_.chance(30) ? damaged(frame) : frame;
}

/// In the name of nobody; on the path, of a victim with another station, or detecting whether a victim is
/// there.
Buffer Ipv6Attacks::solicitation() {
  const Victim& target = victim();
  FrameEnds ends = between(target, target);
  ends.source = on_path_ && choices_.chance(30) ? victim().ipv6 : nobody(some_host());
  if (choices_.chance(50)) {
    ends.destination = solicited_node_group(target.ipv6);
    ends.destination_mac = group_station(ends.destination);
    // RFC 4862 5.4.3: who has the address says so; who is detecting duplicates of it himself loses it.
    if (on_path_ && choices_.chance(30)) ends.source = {};
    if (ends.source.is_unspecified()) return neighbour_solicitation(ends, target.ipv6, {});
  }
  return neighbour_solicitation(ends, target.ipv6, choices_.chance(80) ? station_option(1, mac_) : Buffer{});
}

/// That nobody is here; on the path, that a victim is.
Buffer Ipv6Attacks::advertisement() {
  const IpAddress target = on_path_ && choices_.chance(40) ? victim().ipv6 : nobody(some_host());
  const Victim& to = victim();
  FrameEnds ends = choices_.chance(50) ? to_all(target) : between(to, to);
  ends.source = target;
  constexpr std::array<std::uint8_t, 5> flags{0, 0x20, 0x40, 0x60, 0xe0};
  const Buffer option = choices_.chance(80) ? station_option(2, mac_) : Buffer{};
  return neighbour_advertisement(ends, target, flags[choices_.between(0, flags.size() - 1)], option);
}

/// RFC 4861 4.6.2: of prefixes that the victims are not in, and not for long, so that nothing is left in the
/// end.
void Ipv6Attacks::append_prefix(Buffer& message) {
  Buffer option(32);
  option[0] = 3;
  option[1] = 4;
  option[2] = static_cast<std::uint8_t>(choices_.chance(80) ? 64 : choices_.between(48, 255));
  option[3] = static_cast<std::uint8_t>(choices_.between(0, 3) << 6);
  store32(option.data() + 4, static_cast<std::uint32_t>(choices_.between(0, 1800)));
  store32(option.data() + 8, static_cast<std::uint32_t>(choices_.between(0, 1800)));
  store32(option.data() + 16, 0x20010db8);
  store16(option.data() + 20, static_cast<std::uint16_t>(choices_.between(0, 20)));
  if (choices_.chance(5)) store32(option.data() + 16, 0xfe800000);
  append(message, option);
}

Buffer Ipv6Attacks::router() {
  Buffer message(16);
  message[0] = nd_type::router_advertisement;
  message[4] = static_cast<std::uint8_t>(choices_.next());  // the hop limit
  message[5] = static_cast<std::uint8_t>(choices_.next());
  store16(message.data() + 6,
          static_cast<std::uint16_t>(choices_.chance(50) ? 0 : choices_.between(1, 1800)));
  if (choices_.chance(30))
    store32(message.data() + 8, static_cast<std::uint32_t>(choices_.between(1000, 100000)));
  if (choices_.chance(30))
    store32(message.data() + 12, static_cast<std::uint32_t>(choices_.between(200, 4000)));
  if (choices_.chance(80)) append(message, station_option(1, mac_));
  for (std::uint64_t n = choices_.between(0, 3); n > 0; --n) append_prefix(message);
  if (choices_.chance(20)) {
    Buffer mtu{5, 1, 0, 0, 0, 0, 0, 0};
    store32(mtu.data() + 4, static_cast<std::uint32_t>(choices_.between(0, 3000)));
    append(message, mtu);
  }
  FrameEnds ends = to_all(link_local_address(router_host));
  if (choices_.chance(10)) ends.source = nobody(some_host());  // RFC 4861 6.1.2: not link-local
  return ipv6_frame(ends, icmpv6, message, 255);
}

/// For an address on the link, which no router leads to, or for one elsewhere.
Buffer Ipv6Attacks::redirect() {
  const Victim& to = victim();
  FrameEnds ends = between(to, to);
  ends.source = link_local_address(router_host);
  const bool on_link = choices_.chance(60);
  const IpAddress destination = on_link ? victim().ipv6 : *IpAddress::parse("2001:db8:77::1");
  Buffer message(8);
  message[0] = nd_type::redirect;
  append(message, (choices_.chance(50) ? destination : link_local_address(router_host + 1)).bytes());
  append(message, destination.bytes());
  if (choices_.chance(80)) append(message, station_option(2, mac_));
  return ipv6_frame(ends, icmpv6, message, 255);
}

/// What every host must discard: RFC 4861 6.1, 7.1, 8.1.
Buffer Ipv6Attacks::damaged(Buffer frame) {
  switch (choices_.between(0, 3)) {
    case 0:
      frame[link + 7] = static_cast<std::uint8_t>(choices_.between(0, 254));
      break;
    case 1:
      frame[upper + 1] = static_cast<std::uint8_t>(choices_.between(1, 255));
      break;
    case 2:
      append(frame, Buffer(8));  // an option without a length
      store16(frame.data() + link + 4, static_cast<std::uint16_t>(frame.size() - upper));
      break;
    default: {
      // RFC 6980 5: in a fragment, though it is the only one.
      const std::array<std::uint8_t, 8> header{icmpv6, 0, 0, 0, 1, 2, 3, 4};
      frame.insert(frame.begin() + upper, header.begin(), header.end());
      frame[link + 6] = 44;
      store16(frame.data() + link + 4, static_cast<std::uint16_t>(frame.size() - upper));
      return frame;
    }
  }
  fix_checksums(frame);
  return frame;
}

/// RFC 5722: what overlaps takes the whole datagram with it.
Buffer Ipv6Attacks::fragment() {
  Buffer payload(8);
  const bool more = choices_.chance(60);
  const std::uint64_t offset = choices_.chance(50) ? choices_.between(0, 40) : choices_.between(0, 8191);
  payload[0] = choices_.chance(80) ? 17 : static_cast<std::uint8_t>(choices_.next());
  store16(payload.data() + 2, static_cast<std::uint16_t>(offset << 3 | (more ? 1 : 0)));
  payload[7] = static_cast<std::uint8_t>(choices_.between(0, 3));
  const std::uint64_t odd = choices_.chance(10) ? choices_.between(1, 7) : 0;
  payload.resize(8 + choices_.between(0, 60) * 8 + odd, 'f');
  return ipv6_frame(between_any(), 44, payload);
}

/// RFC 8200 4: one extension header of a type; most are as they should be.
void Ipv6Attacks::append_extension(Buffer& chain, std::uint8_t type, std::uint8_t next) {
  const std::uint64_t eights = choices_.between(0, 3);
  Buffer header(8 + eights * 8);
  header[0] = next;
  header[1] = static_cast<std::uint8_t>(choices_.chance(90) ? eights : choices_.next());
  if (type == 43) {
    constexpr std::array<std::uint8_t, 4> types{0, 2, 3, 253};  // RFC 5095: type 0 is not to be obeyed
    header[2] = types[choices_.between(0, types.size() - 1)];
    header[3] = static_cast<std::uint8_t>(choices_.between(0, 3));
  } else if (type == 0 || type == 60) {
    // One option over all of it: PadN, Router Alert, Jumbo Payload, or one that the host does not know.
    constexpr std::array<std::uint8_t, 8> options{1, 1, 5, 0x1e, 0x3e, 0x5e, 0x9e, 0xc2};
    header[2] = choices_.chance(80) ? options[choices_.between(0, options.size() - 1)]
                                    : static_cast<std::uint8_t>(choices_.next());
    header[3] = static_cast<std::uint8_t>(choices_.chance(90) ? header.size() - 4 : choices_.next());
  }
  append(chain, header);
}

Buffer Ipv6Attacks::extensions() {
  constexpr std::array<std::uint8_t, 6> types{0, 43, 60, 60, 51, 135};
  std::vector<std::uint8_t> order;
  for (std::uint64_t n = choices_.chance(10) ? 12 : choices_.between(1, 4); n > 0; --n) {
    order.push_back(types[choices_.between(0, types.size() - 1)]);
  }
  if (choices_.chance(50)) std::stable_sort(order.begin(), order.end());
  const bool nothing = choices_.chance(20);
  order.push_back(nothing ? 59 : 17);
  Buffer chain;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) append_extension(chain, order[i], order[i + 1]);
  const std::uint16_t to = nothing ? 0 : some_port(choices_);
  if (!nothing) append(chain, udp_datagram(some_port(choices_), to, Buffer(16, 'e')));
  Buffer frame = ipv6_frame(between_any(), order.front(), chain);
  if (choices_.chance(10)) store16(frame.data() + link + 4, 0);  // RFC 2675: jumbo, or nothing at all
  if (choices_.chance(10)) frame.resize(choices_.between(upper, frame.size()));
  return frame;
}

Buffer Ipv6Attacks::icmp_error() {
  // About a segment of the victim's to another, which it might have sent.
  const Victim& target = victim();
  const Victim& other = victim();
  const Buffer segment = tcp_segment({.source_port = some_port(choices_),
                                      .destination_port = some_port(choices_),
                                      .seq = static_cast<std::uint32_t>(choices_.next())},
                                     {}, {});
  const Buffer quoted = ipv6_frame(between(target, other), choices_.chance(80) ? 6 : 17, segment);
  Buffer message(8);
  constexpr std::array<std::uint8_t, 7> types{1, 2, 3, 4, 100, 128, 200};
  message[0] = types[choices_.between(0, types.size() - 1)];
  message[1] = static_cast<std::uint8_t>(choices_.between(0, 8));
  store32(message.data() + 4, static_cast<std::uint32_t>(choices_.between(0, 2000)));
  append(message, Bytes(quoted).subspan(link, choices_.between(0, quoted.size() - link)));
  if (choices_.chance(5)) message.resize(choices_.between(0, 7));
  return ipv6_frame(between(other, target), icmpv6, message);
}

Buffer Ipv6Attacks::martian() {
  constexpr std::array<std::string_view, 8> wrong{"::",      "::1",         "ff02::1",         "ff01::1",
                                                  "ff05::2", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1"};
  const auto one = [&] { return *IpAddress::parse(wrong[choices_.between(0, wrong.size() - 1)]); };
  const Victim& target = victim();
  FrameEnds ends = between(target, target);
  if (choices_.chance(80)) ends.source = one();
  if (choices_.chance(30)) ends.destination = one();
  if (choices_.chance(30))
    ends.destination_mac = choices_.chance(50) ? MacAddress::broadcast() : group_station(all_nodes_group());
  if (choices_.chance(40)) return ipv6_frame(ends, 17, udp_datagram(7, some_port(choices_), Buffer(64, 'm')));
  if (choices_.chance(50)) {
    return ipv6_frame(
        ends, 6, tcp_segment({.source_port = 9, .destination_port = 1000, .flags = tcp_flag::syn}, {}, {}));
  }
  Buffer echo(16);
  echo[0] = 128;
  return ipv6_frame(ends, icmpv6, echo);
}

/// RFC 2710 3 and RFC 3810 5.1, from a router, or from who is none, which every host must discard.
Buffer Ipv6Attacks::listener_query() {
  Buffer message(choices_.chance(30) ? 24 : 28);
  message[0] = 130;
  store16(message.data() + 4, static_cast<std::uint16_t>(choices_.between(0, 20000)));
  const IpAddress group = choices_.chance(50) ? solicited_node_group(victim().ipv6) : IpAddress::any_v6();
  copy_bytes(message.data() + 8, group.bytes());
  if (message.size() == 28) {
    const std::uint64_t sources = choices_.chance(30) ? choices_.between(1, 3) : 0;
    message[24] = static_cast<std::uint8_t>(choices_.next());
    message[25] = static_cast<std::uint8_t>(choices_.next());
    store16(message.data() + 26, static_cast<std::uint16_t>(sources + (choices_.chance(5) ? 1 : 0)));
    for (std::uint64_t n = sources; n > 0; --n) append(message, nobody(some_host()).bytes());
  }
  FrameEnds ends = to_all(choices_.chance(85) ? link_local_address(router_host) : nobody(some_host()));
  if (!group.is_unspecified() && choices_.chance(50)) {
    ends.destination = group;
    ends.destination_mac = group_station(group);
  }
  const std::uint8_t hop_limit = choices_.chance(90) ? 1 : 64;
  if (choices_.chance(10)) return ipv6_frame(ends, icmpv6, message, hop_limit);
  Buffer packet{icmpv6, 0, 5, 2, 0, 0, 1, 0};  // Router Alert (RFC 2711)
  append(packet, message);
  return ipv6_frame(ends, 0, packet, hop_limit);
}

}  // namespace linnet::sim
