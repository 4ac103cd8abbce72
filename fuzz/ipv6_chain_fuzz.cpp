// SPDX-License-Identifier: Apache-2.0
// IPv6 headers and their chain of extension headers, whole or quoted.
#include <array>
#include <vector>

#include "core/ip/icmpv6_wire.hpp"
#include "core/ip/ipv6_wire.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

bool mapped(Bytes address) {
  for (std::size_t i = 0; i < 10; ++i) {
    if (address[i] != 0) return false;
  }
  return address[10] == 0xff && address[11] == 0xff;
}

/// RFC 8200 3.
Drop plain_header(Bytes p) {
  if (p.size() < 40) return Drop::ip_short;
  if (p[0] >> 4 != 6) return Drop::ip_version;
  const std::size_t length = load16(p.data() + 4);
  if (length == 0 && p[6] == 0) return Drop::ipv6_jumbo;
  if (40 + length > p.size()) return Drop::ip_length;
  return mapped(p.subspan(8, 16)) || mapped(p.subspan(24, 16)) ? Drop::ip_martian : Drop::none;
}

/// RFC 8200 4.2: whether a header's options let the packet pass.
bool plain_options(Bytes h, bool hop_by_hop, const ip::ExtensionLimits& limits) {
  unsigned count = 0, padding = 0, alerts = 0;
  for (std::size_t i = 2; i < h.size();) {
    const std::size_t size = h[i] == 0 ? 1 : i + 1 < h.size() ? 2u + h[i + 1] : 256;
    if (i + size > h.size()) return false;
    if (h[i] <= 1) {
      padding += static_cast<unsigned>(size);
      if (padding > limits.padding) return false;
    } else {
      padding = 0;
      if (++count > limits.options) return false;
      if (h[i] == 5 && hop_by_hop && (size != 4 || ++alerts > 1)) return false;
      if (h[i] >= 0x40) return false;
    }
    i += size;
  }
  return true;
}

/// What a second reader makes of the chain: whether it is good, and where the upper layer begins.
struct Plain {
  bool good = false;
  std::size_t offset = 40;
  std::uint8_t protocol = 0;
  bool fragment = false, first = true, whole = true;
};

/// Of a fragment header at `p.offset`; false when the walk ends.
bool plain_fragment(Plain& p, Bytes packet, bool quoted) {
  if (p.fragment || p.offset + 8 > packet.size()) return p.good = false;
  const unsigned word = load16(packet.data() + p.offset + 2);
  const std::size_t at = word & 0xfff8;
  const std::size_t length = packet.size() - p.offset - 8;
  p.fragment = true;
  p.first = at == 0;
  p.whole = (word & 0xfff9) == 0;
  const bool size_good =
      length > 0 && ((word & 1) == 0 || length % 8 == 0) && p.offset - 40 + at + length <= 65535;
  p.good = quoted || p.whole || size_good;
  p.protocol = packet[p.offset];
  p.offset += 8;
  return p.good && p.first;
}

Plain plain_chain(Bytes packet, bool quoted, const ip::ExtensionLimits& limits) {
  Plain p{.good = true, .protocol = packet[6]};
  for (unsigned count = 1;; ++count) {
    const std::uint8_t type = p.protocol;
    if (type != 0 && type != 43 && type != 44 && type != 51 && type != 60) return p;
    if (count > limits.headers || type == 51 || (type == 0 && count > 1)) return p.good = false, p;
    if (type == 44) {
      if (!plain_fragment(p, packet, quoted)) return p;
      continue;
    }
    const std::size_t left = packet.size() - p.offset;
    if (left < 8 || (packet[p.offset + 1] + 1u) * 8 > left) return p.good = false, p;
    const Bytes header = packet.subspan(p.offset, (packet[p.offset + 1] + 1u) * 8);
    const bool effective = !quoted && p.whole;
    if (effective && type == 43 && header[3] != 0) return p.good = false, p;
    if (effective && type != 43 && !plain_options(header, type == 0, limits)) return p.good = false, p;
    p.protocol = header[0];
    p.offset += header.size();
  }
}

void check_error(const ip::ExtensionHeaders& chain, const ip::Ipv6Header& header) {
  if (!chain.error) return;
  require(chain.reason != Drop::none, "an error is owed only for what is dropped");
  require(chain.error->type == 4 && chain.error->code <= 3, "RFC 4443 3.4");
  require(chain.error->pointer < header.total_length(), "the pointer points into the packet");
  const bool to_groups = chain.error->code == ip::icmpv6::unrecognized_option && chain.error->to_groups;
  require(!header.destination().is_multicast() || to_groups, "RFC 4443 2.4 (e.3)");
}

void check_chain(const ip::ExtensionHeaders& chain, const Plain& plain, Bytes packet) {
  require((chain.reason == Drop::none) == plain.good, "good exactly when a second reader says so");
  if (chain.reason != Drop::none) return;
  require(chain.offset == plain.offset && chain.protocol == plain.protocol, "the upper layer is found");
  require(chain.offset <= packet.size(), "inside of the packet");
  require(packet[chain.protocol_position] == chain.protocol, "the byte that tells the protocol");
  require(chain.fragment.has_value() == plain.fragment && chain.at_upper_layer() == plain.first &&
              chain.needs_reassembly() == !plain.whole,
          "what kind of a fragment");
  if (chain.fragment) {
    require(packet[chain.fragment_next_position] == 44 && chain.fragment_position + 8 <= chain.offset,
            "where the fragment header is");
  }
  (void)chain.upper_layer_complete(packet);
}

void check(Bytes packet, const ip::ExtensionLimits& limits) {
  Drop reason = Drop::count_;
  const auto header = ip::Ipv6Header::parse(packet, reason);
  require(reason == plain_header(packet) && header.has_value() == (reason == Drop::none), "RFC 8200 3");
  if (header) {
    const Bytes whole = packet.first(header->total_length());
    const auto chain = ip::ExtensionHeaders::walk(*header, packet, limits);
    check_chain(chain, plain_chain(whole, false, limits), whole);
    check_error(chain, *header);
    std::array<std::uint8_t, 40> again;
    ip::Ipv6Header::write(again.data(), {.traffic_class = header->traffic_class(),
                                         .flow_label = header->flow_label(),
                                         .payload_length = header->payload_length(),
                                         .next_header = header->next_header(),
                                         .hop_limit = header->hop_limit(),
                                         .source = header->source(),
                                         .destination = header->destination()});
    require(same(again, packet.first(40)), "written as it was read");
  }
  const auto quoted = ip::Ipv6Header::parse_quoted(packet);
  require(quoted || !header, "a whole packet could be a quoted one, too");
  if (!quoted) return;
  const Bytes there = packet.first(std::min(packet.size(), quoted->total_length()));
  const auto chain = ip::ExtensionHeaders::walk_quoted(*quoted, packet, limits);
  check_chain(chain, plain_chain(there, true, limits), there);
  require(!chain.error && (chain.reason == Drop::none || chain.reason == Drop::icmp_quote),
          "nothing is owed for a quote");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t what = input.u8();
  const ip::ExtensionLimits limits{.headers = static_cast<std::uint8_t>(what & 0x10 ? 40 : 8),
                                   .options = static_cast<std::uint8_t>(what & 0x20 ? 255 : 8),
                                   .padding = static_cast<std::uint8_t>(what & 0x40 ? 255 : 7)};
  if ((what & 1) == 0) {
    check(input.rest(), limits);
    return 0;
  }
  // A header that is right costs the fuzzer much; what follows is what is interesting.
  const std::uint8_t next = input.u8();
  const bool group = input.flag();
  const Bytes payload = input.rest();
  std::vector<std::uint8_t> packet(40 + payload.size());
  packet[0] = 0x60;
  store16(packet.data() + 4, static_cast<std::uint16_t>(payload.size()));
  packet[6] = next;
  packet[8] = 0xfe;
  packet[24] = group ? 0xff : 0xfe;
  copy_bytes(packet.data() + 40, payload);
  check(packet, limits);
  return 0;
}
