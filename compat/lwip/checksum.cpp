// SPDX-License-Identifier: Apache-2.0
// lwip/inet_chksum.h.
#include "core/base/checksum.hpp"

#include "compat/lwip/calls.hpp"

#include <lwip/inet_chksum.h>

using namespace linnet;

namespace {

void add(Checksum& sum, const pbuf* p, std::size_t length) {
  for (; p != nullptr && length > 0; p = p->next) {
    const std::size_t count = length < p->len ? length : p->len;
    sum.add({static_cast<const std::uint8_t*>(p->payload), count});
    length -= count;
  }
}

u16_t pseudo(const pbuf* p, u8_t proto, u16_t length, const IpAddress& source, const IpAddress& destination) {
  Checksum sum = pseudo_header_checksum(source, destination, proto, length);
  add(sum, p, length);
  return lwip_htons(sum.finish());
}

ip_addr_t generic(const ip4_addr_t& address) {
  ip_addr_t result = ip_addr_any;
  result.u_addr.ip4 = address;
  return result;
}

ip_addr_t generic(const ip6_addr_t& address) {
  ip_addr_t result = ip6_addr_any;
  result.u_addr.ip6 = address;
  return result;
}

}  // namespace

extern "C" {

u16_t inet_chksum(const void* data, u16_t length) {
  Checksum sum;
  sum.add({static_cast<const std::uint8_t*>(data), length});
  return lwip_htons(sum.finish());
}

u16_t inet_chksum_pbuf(pbuf* p) {
  Checksum sum;
  if (p != nullptr) add(sum, p, p->tot_len);
  return lwip_htons(sum.finish());
}

u16_t ip_chksum_pseudo(pbuf* p, u8_t proto, u16_t proto_len, const ip_addr_t* src, const ip_addr_t* dest) {
  return pseudo(p, proto, proto_len, compat::address_of(*src), compat::address_of(*dest));
}

u16_t inet_chksum_pseudo(pbuf* p, u8_t proto, u16_t proto_len, const ip4_addr_t* src,
                         const ip4_addr_t* dest) {
  const ip_addr_t from = generic(*src), to = generic(*dest);
  return ip_chksum_pseudo(p, proto, proto_len, &from, &to);
}

u16_t ip6_chksum_pseudo(pbuf* p, u8_t proto, u16_t proto_len, const ip6_addr_t* src, const ip6_addr_t* dest) {
  const ip_addr_t from = generic(*src), to = generic(*dest);
  return ip_chksum_pseudo(p, proto, proto_len, &from, &to);
}

}  // extern "C"
