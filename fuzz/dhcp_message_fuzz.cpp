// SPDX-License-Identifier: Apache-2.0
// DHCP messages: options against a second reader, leases that a host can live with, requests read as written.
#include <array>
#include <vector>

#include "fuzz/input.hpp"
#include "services/dhcp/lease.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dhcp::Message;

namespace {

/// RFC 3396: the values of an option in one field, joined; true at the end option or an option that is cut
/// off.
bool plain_options(Bytes field, std::uint8_t code, std::vector<std::uint8_t>& value, int& instances) {
  for (std::size_t i = 0; i < field.size();) {
    if (field[i] == 255) return true;
    if (field[i] == 0) {
      ++i;
      continue;
    }
    if (i + 1 == field.size() || i + 2 + field[i + 1] > field.size()) return true;
    const Bytes body = field.subspan(i + 2, field[i + 1]);
    if (field[i] == code) {
      value.insert(value.end(), body.begin(), body.end());
      ++instances;
    }
    i += 2u + body.size();
  }
  return false;
}

std::uint8_t plain_overload(Bytes field) {
  std::uint8_t overload = 0;
  for (std::size_t i = 0; i < field.size() && field[i] != 255;) {
    if (field[i] == 0) {
      ++i;
      continue;
    }
    if (i + 1 == field.size() || i + 2 + field[i + 1] > field.size()) break;
    if (field[i] == 52 && field[i + 1] == 1 && field[i + 2] <= 3) overload = field[i + 2];
    i += 2u + field[i + 1];
  }
  return overload;
}

void check_option(const Message& message, Bytes bytes, std::uint8_t code) {
  std::vector<std::uint8_t> value;
  int instances = 0;
  plain_options(bytes.subspan(240), code, value, instances);
  const std::uint8_t overload = plain_overload(bytes.subspan(240));
  if ((overload & 1) != 0) plain_options(bytes.subspan(108, 128), code, value, instances);
  if ((overload & 2) != 0) plain_options(bytes.subspan(44, 64), code, value, instances);
  std::array<std::uint8_t, 512> scratch;
  const auto found = message.option(code, scratch);
  const bool fits = instances == 1 || value.size() <= scratch.size();
  require(found.has_value() == (instances > 0 && fits), "RFC 3396: there, or not");
  if (found) require(same(*found, value), "RFC 3396 7: all instances, joined in order");
  const auto number = message.u32(code);
  if (number) require(value.size() == 4 && *number == load32(value.data()), "a number of 32 bits");
}

bool is_host(const IpAddress& address) {
  const std::uint8_t first = address.v4_bytes()[0];
  return address.is_v4() && first != 0 && first != 127 && first < 224;
}

void check_lease(const Message& message, Input& numbers) {
  Random random(Random::Seed{1});
  const dhcp::Config config{.classless_routes = numbers.flag()};
  const std::uint16_t mtu = static_cast<std::uint16_t>(576 + numbers.below(1000));
  const auto lease = dhcp::read_lease(message, config, mtu, random);
  if (!lease) return;
  require(is_host(lease->prefix.address) && is_host(lease->server),
          "RFC 1122 3.2.1.3: addresses that a host may have");
  require(lease->prefix.length >= 1 && lease->prefix.length <= 31, "a prefix with room for a host");
  require(lease->duration >= config.minimum_lease, "a lease that is no storm");
  require(Duration() < lease->renewal && lease->renewal <= lease->rebinding &&
              lease->rebinding <= lease->duration,
          "RFC 2131 4.4.5: T1, T2, the end");
  require(lease->duration == Duration::max() || lease->renewal < lease->rebinding, "T1 and T2 apart");
  require(lease->mtu == 0 || (lease->mtu >= 68 && lease->mtu <= mtu), "RFC 2132 5.1");
  for (const IpAddress& address : lease->routers) require(is_host(address), "a router is a host");
  for (const IpAddress& address : lease->dns_servers) require(is_host(address), "a server is a host");
  require(lease->host_name.empty() || dhcp::is_host_name(lease->host_name.view()),
          "a name that is safe to print");
  require(lease->domain_name.empty() || dhcp::is_host_name(lease->domain_name.view()),
          "and so is the domain's");
  require(config.classless_routes || lease->routes.empty(), "RFC 3442 only where it is wanted");
}

void check_routes(Bytes value) {
  const auto routes = dhcp::read_classless_routes(value);
  if (!routes) return;
  for (const dhcp::Route& route : *routes) {
    require(route.destination.length <= 32, "no prefix is longer than its address");
    const std::uint32_t address = route.destination.address.v4_value();
    require((address & ~mask_of_prefix_length(route.destination.length)) == 0, "RFC 3442: masked");
  }
}

void check_writer(Input& input) {
  std::vector<std::uint8_t> buffer(input.below(700));
  const dhcp::RequestHeader header{.xid = input.u32(),
                                   .secs = input.u16(),
                                   .broadcast = input.flag(),
                                   .ciaddr = IpAddress::v4(input.u32()),
                                   .mac = {{2, input.u8(), 0, 0, 0, input.u8()}}};
  const auto type = static_cast<dhcp::MessageType>(1 + input.below(8));
  dhcp::MessageWriter writer(buffer, header, type);
  std::array<std::vector<std::uint8_t>, 255> written;
  std::size_t size = 243;
  while (!input.empty()) {
    const std::uint8_t code = static_cast<std::uint8_t>(1 + input.below(254));
    if (code == 52 || code == 53) continue;
    const Bytes value = input.bytes(input.u8());
    writer.bytes(code, value);
    written[code].insert(written[code].end(), value.begin(), value.end());
    size += 2 + value.size();
  }
  const Bytes bytes = writer.finish();
  require(bytes.empty() == (std::max<std::size_t>(size + 1, 300) > buffer.size()), "all of it, or nothing");
  if (bytes.empty()) return;
  const auto message = Message::parse(bytes);
  require(message.has_value() && message->op() == dhcp::Op::request && message->type() == type, "read again");
  require(message->xid() == header.xid && message->secs() == header.secs &&
              message->ciaddr() == header.ciaddr && message->mac() == header.mac &&
              (message->flags() == 0x8000) == header.broadcast,
          "the fixed part, read again");
  for (std::uint8_t code = 1; code < 255; ++code) {
    if (written[code].empty()) continue;
    std::array<std::uint8_t, 700> scratch;
    const auto value = message->option(code, scratch);
    require(value.has_value() && same(*value, written[code]), "each option, read again");
  }
}

void check_message(Input& input, bool patch) {
  Input numbers = input;
  input.bytes(4);
  const std::uint8_t code = input.u8();
  const Bytes rest = input.rest();
  std::vector<std::uint8_t> patched;
  if (patch) {  // a whole fixed part costs the fuzzer much, its options are what is interesting
    patched.assign(240, 0);
    store32(patched.data() + 236, dhcp::magic_cookie);
    const std::size_t fixed = std::min<std::size_t>(rest.size() / 2, 128);
    copy_bytes(patched.data() + 16, rest.first(std::min<std::size_t>(fixed, 4)));
    copy_bytes(patched.data() + 108, rest.first(fixed));
    copy_bytes(patched.data() + 44, rest.first(std::min<std::size_t>(fixed, 64)));
    patched.insert(patched.end(), rest.begin(), rest.end());
    patched.push_back(255);
    patched.shrink_to_fit();
  }
  const Bytes bytes = patch ? Bytes(patched) : rest;
  const auto message = Message::parse(bytes);
  std::vector<std::uint8_t> ignored;
  int instances = 0;
  const bool right = bytes.size() > 240 && load32(bytes.data() + 236) == 0x63825363u &&
                     plain_options(bytes.subspan(240), 0, ignored, instances);
  require(message.has_value() == right, "RFC 2131 3: cookie and end option");
  if (!message) return;
  require(message->xid() == load32(bytes.data() + 4), "xid");
  check_option(*message, bytes, code);
  check_option(*message, bytes, dhcp::option::message_type);
  check_lease(*message, numbers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  switch (input.u8() % 4) {
    case 0:
      check_message(input, true);
      break;
    case 1:
      check_message(input, false);
      break;
    case 2:
      check_routes(input.rest());
      break;
    default:
      check_writer(input);
  }
  return 0;
}
