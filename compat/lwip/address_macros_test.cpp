// SPDX-License-Identifier: Apache-2.0
// The macros of lwIP's address headers, its byte order, and the headers of packets: what programs that take
// packets apart use.
#include <gtest/gtest.h>

#include <cstring>

#include <lwip/inet.h>
#include <lwip/netif.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/sys.h>

namespace {

ip4_addr_t v4(u8_t a, u8_t b, u8_t c, u8_t d) {
  ip4_addr_t address;
  IP4_ADDR(&address, a, b, c, d);
  return address;
}

ip6_addr_t v6(const char* text) {
  ip6_addr_t address{};
  EXPECT_NE(ip6addr_aton(text, &address), 0) << text;
  return address;
}

TEST(AddressMacros, ByteOrderAndNumbers) {
  EXPECT_EQ(lwip_htons(9876), 0x9426) << "the ESP32 text's example: 0x26 is first on the wire";
  EXPECT_EQ(lwip_ntohs(lwip_htons(9876)), 9876);
  EXPECT_EQ(PP_NTOHS(PP_HTONS(1)), 1);
  EXPECT_EQ(PP_NTOHL(PP_HTONL(0x01020304UL)), 0x01020304UL);
  EXPECT_EQ(LWIP_MAKEU32(1, 2, 3, 4), 0x01020304UL);
  EXPECT_EQ(LWIP_MAX(3, 4), 4);
  EXPECT_EQ(LWIP_MIN(3, 4), 3);
  const int four[4] = {};
  EXPECT_EQ(LWIP_ARRAYSIZE(four), 4u);
  LWIP_UNUSED_ARG(four);
  char text[12] = {};
  lwip_itoa(text, sizeof text, -1234);
  EXPECT_STREQ(text, "-1234");
}

TEST(AddressMacros, Ipv4IsOneNumberOfFourBytes) {
  const ip4_addr_t address = v4(192, 0, 2, 77);
  EXPECT_EQ(ip4_addr1(&address), 192);
  EXPECT_EQ(ip4_addr2(&address), 0);
  EXPECT_EQ(ip4_addr3(&address), 2);
  EXPECT_EQ(ip4_addr4(&address), 77);
  EXPECT_EQ(ip4_addr1_16(&address) << 8 | ip4_addr2_16(&address), 0xc000);
  EXPECT_EQ(ip4_addr3_16(&address) << 8 | ip4_addr4_16(&address), 0x024d);
  EXPECT_EQ(ip4_addr_get_byte(&address, 3), 77);
  EXPECT_EQ(ip4_addr_get_u32(&address), PP_HTONL(0xc000024dUL));
  ip4_addr_t other;
  ip4_addr_copy(other, address);
  EXPECT_TRUE(ip4_addr_cmp(&other, &address));
  ip4_addr_set_zero(&other);
  EXPECT_FALSE(ip4_addr_eq(&other, &address));
  EXPECT_TRUE(ip4_addr_isany_val(other));
  ip4_addr_set(&other, &address);
  EXPECT_TRUE(ip4_addr_eq(&other, &address));
  ip4_addr_set(&other, static_cast<const ip4_addr_t*>(nullptr));
  EXPECT_TRUE(ip4_addr_isany(&other)) << "NULL is any";
  ip4_addr_set_u32(&other, PP_HTONL(0xc0000201UL));
  const ip4_addr_t mask = v4(255, 255, 255, 0);
  EXPECT_TRUE(ip4_addr_netcmp(&address, &other, &mask));
  ip4_addr_set_loopback(&other);
  EXPECT_TRUE(ip4_addr_isloopback(&other));
  EXPECT_FALSE(ip4_addr_netcmp(&address, &other, &mask));
  ip4_addr_set_any(&other);
  EXPECT_TRUE(ip4_addr_isany_val(other));
  other = v4(224, 0, 0, 251);
  EXPECT_TRUE(ip4_addr_ismulticast(&other));
  EXPECT_FALSE(ip4_addr_ismulticast(&address));
  other = v4(169, 254, 1, 2);
  EXPECT_TRUE(ip4_addr_islinklocal(&other));
  EXPECT_FALSE(ip4_addr_islinklocal(&address));
  char text[IP4ADDR_STRLEN_MAX];
  EXPECT_STREQ(ip4addr_ntoa_r(&address, text, sizeof text), "192.0.2.77");
  EXPECT_EQ(ip4addr_ntoa_r(&address, text, 5), nullptr) << "it does not fit";
}

/// RFC 791 3.2, and groups.
TEST(AddressMacros, ClassesAreThoseOfTheFirstBits) {
  const struct {
    u32_t address;
    bool a, b, c, d, experimental;
  } rows[] = {
      {0x7f000001, true, false, false, false, false}, {0xbfffffff, false, true, false, false, false},
      {0xc0000201, false, false, true, false, false}, {0xe0000001, false, false, false, true, false},
      {0xf0000000, false, false, false, false, true},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(IP_CLASSA(row.address), row.a) << row.address;
    EXPECT_EQ(IN_CLASSA(row.address), row.a) << row.address;
    EXPECT_EQ(IP_CLASSB(row.address), row.b) << row.address;
    EXPECT_EQ(IN_CLASSB(row.address), row.b) << row.address;
    EXPECT_EQ(IP_CLASSC(row.address), row.c) << row.address;
    EXPECT_EQ(IN_CLASSC(row.address), row.c) << row.address;
    EXPECT_EQ(IP_CLASSD(row.address), row.d) << row.address;
    EXPECT_EQ(IN_CLASSD(row.address), row.d) << row.address;
    EXPECT_EQ(IP_MULTICAST(row.address), row.d) << row.address;
    EXPECT_EQ(IN_MULTICAST(row.address), row.d) << row.address;
    EXPECT_EQ(IP_EXPERIMENTAL(row.address), row.experimental) << row.address;
    EXPECT_EQ(IN_EXPERIMENTAL(row.address), row.experimental) << row.address;
    EXPECT_EQ(IP_BADCLASS(row.address), row.experimental) << row.address;
    EXPECT_EQ(IN_BADCLASS(row.address), row.experimental) << row.address;
  }
}

TEST(AddressMacros, Ipv6HasEightBlocksAndAZone) {
  ip6_addr_t address = v6("2001:db8:3:4:5:6:7:8");
  EXPECT_EQ(IP6_ADDR_BLOCK1(&address), 0x2001);
  EXPECT_EQ(IP6_ADDR_BLOCK2(&address), 0x0db8);
  EXPECT_EQ(IP6_ADDR_BLOCK3(&address), 3);
  EXPECT_EQ(IP6_ADDR_BLOCK4(&address), 4);
  EXPECT_EQ(IP6_ADDR_BLOCK5(&address), 5);
  EXPECT_EQ(IP6_ADDR_BLOCK6(&address), 6);
  EXPECT_EQ(IP6_ADDR_BLOCK7(&address), 7);
  EXPECT_EQ(IP6_ADDR_BLOCK8(&address), 8);
  EXPECT_EQ(IP6_ADDR_PART_16(address.addr[3], 0), 8);
  ip6_addr_t other;
  ip6_addr_copy(other, address);
  EXPECT_TRUE(ip6_addr_cmp(&other, &address));
  ip6_addr_set_zone(&other, 2);
  EXPECT_EQ(ip6_addr_zone(&other), 2);
  EXPECT_FALSE(ip6_addr_eq(&other, &address)) << "on another link";
  EXPECT_TRUE(ip6_addr_cmp_zoneless(&other, &address));
  ip6_addr_clear_zone(&other);
  EXPECT_TRUE(ip6_addr_eq(&other, &address));
  ip6_addr_set_zero(&other);
  EXPECT_TRUE(ip6_addr_isany_val(other));
  EXPECT_FALSE(ip6_addr_isany(&address));
  ip6_addr_set_loopback(&other);
  EXPECT_TRUE(ip6_addr_isloopback(&other));
  ip6_addr_set_any(&other);
  EXPECT_TRUE(ip6_addr_isany(&other));
  IP6_ADDR(&other, PP_HTONL(0x20010db8UL), PP_HTONL(0x00030004UL), PP_HTONL(0x00050006UL),
           PP_HTONL(0x00070008UL));
  EXPECT_TRUE(ip6_addr_eq(&other, &address));
  EXPECT_STREQ(ip6addr_ntoa(&address), "2001:db8:3:4:5:6:7:8");
  char text[IP6ADDR_STRLEN_MAX];
  EXPECT_STREQ(ip6addr_ntoa_r(&address, text, sizeof text), "2001:db8:3:4:5:6:7:8");
  EXPECT_EQ(ip6addr_ntoa_r(&address, text, 8), nullptr);
  EXPECT_EQ(ip6addr_aton("2001:db8::x", &other), 0);
}

/// RFC 4291 2.4, RFC 3879, RFC 4193.
TEST(AddressMacros, TheKindsOfIpv6) {
  const struct {
    const char* text;
    bool global, link_local, site_local, unique_local, mapped, multicast;
  } rows[] = {
      {"2001:db8::1", true, false, false, false, false, false},
      {"fe80::1", false, true, false, false, false, false},
      {"fec0::1", false, false, true, false, false, false},
      {"fd00::1", false, false, false, true, false, false},
      {"::ffff:192.0.2.1", false, false, false, false, true, false},
      {"ff02::1", false, false, false, false, false, true},
  };
  for (const auto& row : rows) {
    const ip6_addr_t address = v6(row.text);
    EXPECT_EQ(ip6_addr_isglobal(&address), row.global) << row.text;
    EXPECT_EQ(ip6_addr_islinklocal(&address), row.link_local) << row.text;
    EXPECT_EQ(ip6_addr_issitelocal(&address), row.site_local) << row.text;
    EXPECT_EQ(ip6_addr_isuniquelocal(&address), row.unique_local) << row.text;
    EXPECT_EQ(ip6_addr_isipv4mappedipv6(&address), row.mapped) << row.text;
    EXPECT_EQ(ip6_addr_ismulticast(&address), row.multicast) << row.text;
    in6_addr of_sockets;
    inet6_addr_from_ip6addr(&of_sockets, &address);
    EXPECT_EQ(IN6_IS_ADDR_LINKLOCAL(&of_sockets), row.link_local) << row.text;
    EXPECT_EQ(IN6_IS_ADDR_MULTICAST(&of_sockets), row.multicast) << row.text;
    ip6_addr_t back;
    inet6_addr_to_ip6addr(&back, &of_sockets);
    EXPECT_TRUE(ip6_addr_eq(&back, &address)) << row.text;
  }
  EXPECT_TRUE(ip6_addr_isinvalid(IP6_ADDR_INVALID));
  EXPECT_TRUE(ip6_addr_istentative(IP6_ADDR_TENTATIVE));
  EXPECT_TRUE(ip6_addr_ispreferred(IP6_ADDR_PREFERRED));
  EXPECT_FALSE(ip6_addr_ispreferred(IP6_ADDR_DEPRECATED));
}

TEST(AddressMacros, AnAddressOfEitherFamilyHasItsType) {
  ip_addr_t four = IPADDR4_INIT(PP_HTONL(0xc0000201UL));
  ip_addr_t six = IPADDR6_INIT(PP_HTONL(0xff020000UL), 0, 0, PP_HTONL(1UL));
  EXPECT_TRUE(IP_IS_V4_VAL(four) && IP_IS_V4(&four) && !IP_IS_V6(&four));
  EXPECT_TRUE(IP_IS_V6_VAL(six) && IP_IS_V6(&six) && !IP_IS_V4(&six));
  EXPECT_TRUE(IP_IS_V4(static_cast<const ip_addr_t*>(nullptr))) << "NULL is IPv4's";
  EXPECT_TRUE(IP_IS_ANY_TYPE_VAL(ip_addr_any_type));
  EXPECT_EQ(IP_GET_TYPE(&six), IPADDR_TYPE_V6);
  EXPECT_EQ(ip_addr_get_ip4_u32(&four), PP_HTONL(0xc0000201UL));
  EXPECT_EQ(ip_addr_get_ip4_u32(&six), 0u);
  EXPECT_TRUE(ip_addr_ismulticast(&six) && !ip_addr_ismulticast(&four));
  EXPECT_FALSE(ip_addr_cmp(&four, &six));
  ip_addr_t other;
  ip_addr_copy(other, six);
  EXPECT_TRUE(ip_addr_eq(&other, &six));
  ip_addr_set(&other, &four);
  EXPECT_TRUE(ip_addr_cmp(&other, &four));
  ip_addr_set_any(true, &other);
  EXPECT_TRUE(IP_IS_V6(&other) && ip_addr_isany(&other));
  ip_addr_set_zero(&other);
  EXPECT_TRUE(IP_IS_V4(&other) && ip_addr_isany_val(other));
  ip_addr_set_ip4_u32(&other, PP_HTONL(0x7f000001UL));
  EXPECT_TRUE(ip_addr_isloopback(&other) && !ip_addr_isany(&other));
  IP_ADDR6(&other, PP_HTONL(0xfe800000UL), 0, 0, PP_HTONL(1UL));
  EXPECT_TRUE(ip_addr_islinklocal(&other));
  IP_ADDR4(&other, 169, 254, 0, 1);
  EXPECT_TRUE(ip_addr_islinklocal(&other));
  IP_SET_TYPE_VAL(other, IPADDR_TYPE_ANY);
  EXPECT_TRUE(IP_IS_ANY_TYPE_VAL(other));
  IP_SET_TYPE(&other, IPADDR_TYPE_V4);
  EXPECT_TRUE(IP_IS_V4_VAL(other));
}

TEST(AddressMacros, SocketsAddressesAreLwipsAndTheOtherWayRound) {
  const ip4_addr_t address = v4(192, 0, 2, 1);
  in_addr of_sockets;
  inet_addr_from_ip4addr(&of_sockets, &address);
  EXPECT_EQ(of_sockets.s_addr, inet_addr("192.0.2.1"));
  ip4_addr_t* seen = nullptr;
  inet_addr_to_ip4addr_p(seen, &of_sockets);
  EXPECT_TRUE(ip4_addr_eq(seen, &address));
  in6_addr six;
  EXPECT_NE(lwip_inet6_aton("2001:db8::1", &six), 0);
  EXPECT_STREQ(lwip_inet6_ntoa(&six), "2001:db8::1");
  char text[INET6_ADDRSTRLEN];
  EXPECT_STREQ(lwip_inet6_ntoa_r(&six, text, sizeof text), "2001:db8::1");
  EXPECT_EQ(inet6_ntoa_r(six, text, 4), nullptr);
  EXPECT_EQ(inet6_aton("2001:db8::1::", &six), 0);
}

/// RFC 791 3.1, RFC 792, RFC 8200 3: the bytes are those of the standards.
TEST(AddressMacros, HeadersOfPacketsAreReadByTheirMacros) {
  const u8_t four[20] = {0x46, 0x10, 0,   84, 0x12, 0x34, 0x40, 0, 63, 17,
                         0xab, 0xcd, 192, 0,  2,    1,    192,  0, 2,  2};
  ip_hdr header;
  static_assert(sizeof header == IP_HLEN);
  std::memcpy(&header, four, sizeof header);
  EXPECT_EQ(IPH_V(&header), 4);
  EXPECT_EQ(IPH_HL(&header), 6);
  EXPECT_EQ(IPH_HL_BYTES(&header), 24);
  EXPECT_EQ(IPH_TOS(&header), 0x10);
  EXPECT_EQ(lwip_ntohs(IPH_LEN(&header)), 84);
  EXPECT_EQ(lwip_ntohs(IPH_ID(&header)), 0x1234);
  EXPECT_EQ(lwip_ntohs(IPH_OFFSET(&header)), IP_DF);
  EXPECT_EQ(IPH_TTL(&header), 63);
  EXPECT_EQ(IPH_PROTO(&header), 17);
  EXPECT_EQ(lwip_ntohs(IPH_CHKSUM(&header)), 0xabcd);
  const u8_t six[8] = {0x6a, 0xb1, 0x23, 0x45, 0, 9, 58, 255};
  ip6_hdr header6{};
  std::memcpy(&header6, six, sizeof six);
  EXPECT_EQ(IP6H_V(&header6), 6u);
  EXPECT_EQ(IP6H_TC(&header6), 0xabu);
  EXPECT_EQ(IP6H_FL(&header6), 0x12345u);
  EXPECT_EQ(IP6H_PLEN(&header6), 9);
  EXPECT_EQ(IP6H_NEXTH(&header6), IP6_NEXTH_ICMP6);
  EXPECT_EQ(IP6H_HOPLIM(&header6), 255);
  icmp_echo_hdr echo{};
  ICMPH_TYPE_SET(&echo, ICMP_ECHO);
  ICMPH_CODE_SET(&echo, 3);
  EXPECT_EQ(ICMPH_TYPE(&echo), 8);
  EXPECT_EQ(ICMPH_CODE(&echo), 3);
}

TEST(AddressMacros, TimeAndTheOneLock) {
  const u32_t before = sys_now();
  sys_msleep(2);
  EXPECT_GE(sys_now() - before, 2u);
  SYS_ARCH_DECL_PROTECT(level);
  SYS_ARCH_PROTECT(level);
  const sys_prot_t inner = sys_arch_protect();  // recursive
  sys_arch_unprotect(inner);
  SYS_ARCH_UNPROTECT(level);
  EXPECT_TRUE(ERR_IS_FATAL(ERR_RST) && ERR_IS_FATAL(ERR_CLSD) && ERR_IS_FATAL(ERR_ABRT));
  EXPECT_FALSE(ERR_IS_FATAL(ERR_IF) || ERR_IS_FATAL(ERR_OK) || ERR_IS_FATAL(ERR_TIMEOUT));
}

}  // namespace
