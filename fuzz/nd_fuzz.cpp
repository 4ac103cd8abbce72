// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery's messages against the rules of RFC 4861, and their options.
#include <array>

#include "core/ip/nd_wire.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;
namespace nd = ip::nd;

namespace {

/// The lengths of the options, by indices; `wanted` counts those of one type.
bool plain_options(Bytes o, std::uint8_t type = 0, std::size_t* wanted = nullptr) {
  std::size_t i = 0;
  while (i + 1 < o.size() && o[i + 1] != 0 && i + o[i + 1] * 8u <= o.size()) {
    if (wanted != nullptr && o[i] == type) ++*wanted;
    i += o[i + 1] * 8u;
  }
  return i == o.size();
}

bool link_local(const IpAddress& a) { return a.bytes()[0] == 0xfe && (a.bytes()[1] & 0xc0) == 0x80; }

/// RFC 4861 6.1.1, 6.1.2, 7.1.1, 7.1.2, 8.1 once more.
Drop plain(Bytes m, const nd::Envelope& e, std::uint8_t type, std::size_t size) {
  if (e.hop_limit != 255) return Drop::nd_hop_limit;
  if (m.size() < size || m[0] != type || m[1] != 0 || !plain_options(m.subspan(size)))
    return Drop::nd_malformed;
  std::size_t source_options = 0;
  plain_options(m.subspan(size), 1, &source_options);
  const auto usable = [](const IpAddress& a) {
    return a.is_v6() && !a.is_multicast() && !a.is_unspecified();
  };
  const auto at = [m](std::size_t i) {
    return IpAddress::v6(std::span<const std::uint8_t, 16>(m.data() + i, 16));
  };
  const bool nobody = e.source == IpAddress{};
  bool good = true;
  if (type == 133) good = !nobody || source_options == 0;
  if (type == 134) good = link_local(e.source);
  if (type == 135) {
    const Bytes to(e.destination.bytes());
    const bool solicited =
        load64(to.data()) == 0xff02000000000000u && load32(to.data() + 8) == 1 && to[12] == 0xff;
    good = usable(at(8)) && (!nobody || (source_options == 0 && solicited));
  }
  if (type == 136) good = usable(at(8)) && (!e.destination.is_multicast() || (m[4] & 0x40) == 0);
  if (type == 137)
    good = link_local(e.source) && usable(at(8)) && usable(at(24)) && (link_local(at(8)) || at(8) == at(24));
  return good ? Drop::none : Drop::nd_malformed;
}

void check_prefix(const Prefix& prefix) {
  require(prefix.length <= 128 && prefix.address.is_v6() && !prefix.address.is_multicast(),
          "a prefix of IPv6");
  for (std::size_t bit = prefix.length; bit < 128; ++bit)
    require((prefix.address.bytes()[bit / 8] & (0x80 >> bit % 8)) == 0, "and none of what is behind it");
}

void check_option(const nd::Option& option) {
  const std::size_t units = option.bytes.size() / 8;
  require(units >= 1 && option.bytes.size() % 8 == 0 && option.bytes[0] == option.type &&
              option.bytes[1] == units,
          "the cursor yields whole options");
  for (const std::uint8_t type :
       {nd::option::source_link_layer_address, nd::option::target_link_layer_address}) {
    const auto mac = nd::link_layer_address(option, type);
    require(!mac || (option.type == type && units == 1 && !mac->is_multicast()), "a station's address");
  }
  if (const auto prefix = nd::PrefixInformation::parse(option)) check_prefix(prefix->prefix);
  if (const auto route = nd::RouteInformation::parse(option)) {
    check_prefix(route->prefix);
    require(units <= 3 && route->prefix.length <= (units - 1) * 64, "RFC 4191 2.3: lengths");
  }
  if (const auto pref64 = nd::Pref64::parse(option)) {
    check_prefix(pref64->prefix);
    require(pref64->prefix.length >= 32 && pref64->prefix.length <= 96 && pref64->lifetime <= 65528,
            "RFC 8781 4");
  }
  const auto dns = nd::RecursiveDns::parse(option);
  require(dns.has_value() == (option.type == 25 && units >= 3 && units % 2 == 1), "RFC 8106 5.1");
  if (dns) {
    require(dns->size() == (units - 1) / 2, "and so many servers");
    for (std::size_t i = 0; i < dns->size(); ++i) (void)dns->server(i);
  }
  const auto names = nd::DnsSearchList::parse(option);
  require(!names || names->names.size() == option.bytes.size() - 8, "RFC 8106 5.2");
  require(nd::link_mtu(option).has_value() == (option.type == 5 && units == 1), "RFC 4861 4.6.4");
  const auto packet = nd::redirected_packet(option);
  require(!packet || packet->size() == option.bytes.size() - 8, "RFC 4861 4.6.3");
  const auto nonce = nd::nonce(option);
  require(!nonce || nonce->size() >= 6, "RFC 3971 5.3.2");
}

template <typename Message>
void check(Bytes message, const nd::Envelope& envelope, std::uint8_t type) {
  Drop reason = Drop::count_;
  const auto parsed = Message::parse(message, envelope, reason);
  require(reason == plain(message, envelope, type, Message::size), "valid exactly as RFC 4861 says");
  require(parsed.has_value() == (reason == Drop::none), "a reason when there is none");
  if (!parsed) return;
  nd::Options options(parsed->options());
  while (const auto option = options.next()) check_option(*option);
  require(options.ok(), "options of a valid message are well formed");
}

/// Any, with those that the rules tell apart being likely.
IpAddress address(Input& input) {
  std::array<std::uint8_t, 16> bytes{};
  const std::uint8_t kind = input.u8() % 6;
  if (kind == 1) bytes = {0xfe, 0x80};
  if (kind == 2) bytes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  if (kind == 3) bytes = {0xff, 2};
  if (kind == 4) bytes = {0x20, 1, 0xd, 0xb8};
  if (kind == 5) copy_bytes(bytes.data(), input.bytes(16));
  if (kind != 0) bytes[15] = input.u8();
  return IpAddress::v6(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const nd::Envelope envelope{address(input), address(input),
                              static_cast<std::uint8_t>(255 - input.u8() / 200)};
  const Bytes message = input.rest();
  switch (message.empty() ? 0 : message[0]) {
    case 133:
      check<nd::RouterSolicitation>(message, envelope, 133);
      break;
    case 134:
      check<nd::RouterAdvertisement>(message, envelope, 134);
      break;
    case 135:
      check<nd::NeighbourSolicitation>(message, envelope, 135);
      break;
    case 136:
      check<nd::NeighbourAdvertisement>(message, envelope, 136);
      break;
    case 137:
      check<nd::Redirect>(message, envelope, 137);
      break;
    default:
      require(nd::Options::good(message) == plain_options(message), "options of any bytes");
      check<nd::Redirect>(message, envelope, 137);
  }
  return 0;
}
