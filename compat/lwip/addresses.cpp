// SPDX-License-Identifier: Apache-2.0
// Texts of addresses: lwip/inet.h, ip_addr.h, ip4_addr.h, ip6_addr.h.
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "compat/lwip/calls.hpp"

using namespace linnet;

namespace {

/// Text into `size` bytes, or null.
char* put(std::string_view text, char* to, std::int64_t size) {
  if (to == nullptr || size <= static_cast<std::int64_t>(text.size())) return nullptr;
  std::memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
  return to;
}

/// One number of inet_aton: decimal, 0octal, 0xhexadecimal. `text` goes behind it.
std::optional<std::uint64_t> take_number(const char*& text) {
  if (std::isdigit(static_cast<unsigned char>(*text)) == 0) return std::nullopt;
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text, &end, 0);
  // "0x" without digits, and digits that are none of octal, leave something behind.
  text = end;
  return value;
}

std::string_view text_of(const AddressText& text) { return text.view(); }

constexpr ip_addr_t v4_constant(std::uint32_t number) {
  ip_addr_t result{};
  result.u_addr.ip6.addr[0] = number;
  result.type = IPADDR_TYPE_V4;
  return result;
}

constexpr ip_addr_t typed_constant(lwip_ip_addr_type type) {
  ip_addr_t result{};
  result.type = static_cast<u8_t>(type);
  return result;
}

}  // namespace

extern "C" {

const ip_addr_t ip_addr_any = v4_constant(0);
const ip_addr_t ip_addr_broadcast = v4_constant(IPADDR_BROADCAST);
const ip_addr_t ip_addr_any_type = typed_constant(IPADDR_TYPE_ANY);
const ip_addr_t ip6_addr_any = typed_constant(IPADDR_TYPE_V6);
const struct in6_addr in6addr_any = IN6ADDR_ANY_INIT;

void lwip_itoa(char* result, size_t size, int number) {
  if (size > 0) std::snprintf(result, size, "%d", number);
}

int ip4addr_aton(const char* text, ip4_addr_t* addr) {
  if (text == nullptr) return 0;
  std::uint64_t parts[4] = {};
  std::size_t count = 0;
  for (;;) {
    const auto number = take_number(text);
    if (!number || count == 4) return 0;
    parts[count++] = *number;
    if (*text != '.') break;
    ++text;
  }
  if (*text != '\0' && std::isspace(static_cast<unsigned char>(*text)) == 0) return 0;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (parts[i] > 255) return 0;
    value |= parts[i] << (24 - 8 * i);
  }
  // The last number fills what is left.
  if (parts[count - 1] >> (8 * (5 - count)) != 0) return 0;
  value |= parts[count - 1];
  if (addr != nullptr) addr->addr = lwip_htonl(static_cast<u32_t>(value));
  return 1;
}

u32_t ipaddr_addr(const char* text) {
  ip4_addr_t addr;
  return ip4addr_aton(text, &addr) != 0 ? addr.addr : IPADDR_NONE;
}

char* ip4addr_ntoa_r(const ip4_addr_t* addr, char* buffer, int size) {
  return put(text_of(AddressText(IpAddress::v4(lwip_ntohl(addr->addr)))), buffer, size);
}

char* ip4addr_ntoa(const ip4_addr_t* addr) {
  static thread_local char text[IP4ADDR_STRLEN_MAX];
  return ip4addr_ntoa_r(addr, text, sizeof text);
}

int ip6addr_aton(const char* text, ip6_addr_t* addr) {
  const auto parsed = text != nullptr ? IpAddress::parse(text) : std::nullopt;
  if (!parsed || std::strchr(text, ':') == nullptr) return 0;
  if (addr != nullptr) {
    std::memcpy(addr->addr, parsed->bytes().data(), sizeof addr->addr);
    addr->zone = parsed->zone();
  }
  return 1;
}

char* lwip_inet6_ntoa_r(const struct in6_addr* addr, char* buffer, int size) {
  const IpAddress address = linnet::compat::address_of(*addr);
  // A mapped address is one of IPv6 here (RFC 5952 5).
  std::array<char, IP6ADDR_STRLEN_MAX> mapped{"::ffff:"};
  if (!address.is_v4()) return put(text_of(AddressText(address)), buffer, size);
  const ip4_addr_t last{addr->un.u32_addr[3]};
  ip4addr_ntoa_r(&last, mapped.data() + 7, static_cast<int>(mapped.size()) - 7);
  return put(mapped.data(), buffer, size);
}

char* lwip_inet6_ntoa(const struct in6_addr* addr) {
  static thread_local char text[IP6ADDR_STRLEN_MAX];
  return lwip_inet6_ntoa_r(addr, text, sizeof text);
}

int lwip_inet6_aton(const char* text, struct in6_addr* addr) {
  ip6_addr_t parsed;
  if (ip6addr_aton(text, &parsed) == 0) return 0;
  if (addr != nullptr) std::memcpy(addr->un.u32_addr, parsed.addr, sizeof addr->un.u32_addr);
  return 1;
}

char* ip6addr_ntoa_r(const ip6_addr_t* addr, char* buffer, int size) {
  in6_addr own;
  std::memcpy(own.un.u32_addr, addr->addr, sizeof own.un.u32_addr);
  return lwip_inet6_ntoa_r(&own, buffer, size);
}

char* ip6addr_ntoa(const ip6_addr_t* addr) {
  static thread_local char text[IP6ADDR_STRLEN_MAX];
  return ip6addr_ntoa_r(addr, text, sizeof text);
}

int ipaddr_aton(const char* text, ip_addr_t* addr) {
  if (text == nullptr || addr == nullptr) return 0;
  const bool v6 = std::strchr(text, ':') != nullptr;
  const int done = v6 ? ip6addr_aton(text, ip_2_ip6(addr)) : ip4addr_aton(text, ip_2_ip4(addr));
  if (done != 0) IP_SET_TYPE(addr, v6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4);
  return done;
}

char* ipaddr_ntoa_r(const ip_addr_t* addr, char* buffer, int size) {
  if (addr == nullptr) return nullptr;
  return IP_IS_V6(addr) ? ip6addr_ntoa_r(ip_2_ip6(addr), buffer, size)
                        : ip4addr_ntoa_r(ip_2_ip4(addr), buffer, size);
}

char* ipaddr_ntoa(const ip_addr_t* addr) {
  static thread_local char text[IPADDR_STRLEN_MAX];
  return ipaddr_ntoa_r(addr, text, sizeof text);
}

const char* lwip_inet_ntop(int af, const void* src, char* dst, socklen_t size) {
  const char* text = nullptr;
  if (af != AF_INET && af != AF_INET6) {
    linnet::compat::set_error(EAFNOSUPPORT);
    return nullptr;
  }
  const auto limit = static_cast<int>(size < 1024 ? size : 1024);
  if (af == AF_INET) {
    text = ip4addr_ntoa_r(static_cast<const ip4_addr_t*>(src), dst, limit);
  } else {
    text = lwip_inet6_ntoa_r(static_cast<const in6_addr*>(src), dst, limit);
  }
  if (text == nullptr) linnet::compat::set_error(ENOSPC);
  return text;
}

int lwip_inet_pton(int af, const char* src, void* dst) {
  if (af == AF_INET) {
    const auto parsed = src != nullptr ? IpAddress::parse(src) : std::nullopt;
    if (!parsed || std::strchr(src, ':') != nullptr) return 0;
    const in_addr address = linnet::compat::in4_of(*parsed);
    std::memcpy(dst, &address, sizeof address);
    return 1;
  }
  if (af == AF_INET6) return lwip_inet6_aton(src, static_cast<in6_addr*>(dst));
  linnet::compat::set_error(EAFNOSUPPORT);
  return -1;
}

}  // extern "C"
