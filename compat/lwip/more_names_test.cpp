// SPDX-License-Identifier: Apache-2.0
// The rest of netbuf.h, pbuf.h, api.h, tcpip.h, netif.h, netdb.h and inet_chksum.h: calls that no other test
// makes.
#include "compat/lwip/test_compat.hpp"

#include <apps/esp_netdb.h>
#include <lwip/api.h>
#include <lwip/inet_chksum.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>

#include <string>

namespace linnet::compat::test {
namespace {

class MoreNames : public CompatTest {
 protected:
  static ip_addr_t home() {
    ip_addr_t address;
    IP_ADDR4(&address, 127, 0, 0, 1);
    return address;
  }
};

std::string text_of(const pbuf* chain) {
  std::string text(chain->tot_len, '\0');
  EXPECT_EQ(pbuf_copy_partial(chain, text.data(), chain->tot_len, 0), chain->tot_len);
  return text;
}

pbuf* piece(const char* text) {
  pbuf* made = pbuf_alloc(PBUF_TRANSPORT, static_cast<u16_t>(std::strlen(text)), PBUF_RAM);
  EXPECT_EQ(pbuf_take(made, text, made->len), ERR_OK);
  return made;
}

TEST(MorePbufs, ChainsAreTakenApartAndPutTogether) {
  pbuf* head = piece("abc");
  pbuf* tail = piece("defg");
  pbuf_chain(head, tail);
  EXPECT_EQ(tail->ref, 2) << "chain makes another reference";
  EXPECT_EQ(text_of(head), "abcdefg");
  EXPECT_EQ(pbuf_memfind(head, "cde", 3, 0), 2) << "over the border";
  EXPECT_EQ(pbuf_memfind(head, "cde", 3, 3), 0xffff);
  u16_t rest = 9;
  EXPECT_EQ(pbuf_skip(head, 5, &rest), tail);
  EXPECT_EQ(rest, 2);
  EXPECT_EQ(pbuf_take_at(head, "XY", 2, 2), ERR_OK);
  EXPECT_EQ(text_of(head), "abXYefg");
  EXPECT_EQ(pbuf_take_at(head, "1234567", 7, 2), ERR_MEM) << "does not fit";
  EXPECT_EQ(pbuf_dechain(head), tail) << "somebody holds it";
  EXPECT_EQ(head->tot_len, 3);
  EXPECT_EQ(tail->ref, 1);
  pbuf_ref(tail);
  EXPECT_EQ(pbuf_free(tail), 0) << "another holder";
  pbuf_cat(head, tail);
  pbuf* one = pbuf_coalesce(head, PBUF_RAW);
  EXPECT_EQ(pbuf_clen(one), 1);
  EXPECT_EQ(text_of(one), "abXYefg");
  EXPECT_EQ(pbuf_header(one, -2), 0);
  EXPECT_EQ(text_of(one), "XYefg");
  EXPECT_EQ(pbuf_header(one, 2), 0);
  EXPECT_EQ(pbuf_header(one, 2000), 1) << "there is no room";
  EXPECT_EQ(pbuf_free(one), 1);
}

TEST(MoreNetbufs, AddressesPiecesAndTheirMemory) {
  netbuf* buf = netbuf_new();
  ASSERT_NE(netbuf_alloc(buf, 6), nullptr);
  EXPECT_EQ(netbuf_take(buf, "abcdef", 6), ERR_OK);
  char text[4] = {};
  EXPECT_EQ(netbuf_copy_partial(buf, text, 3, 2), 3);
  EXPECT_STREQ(text, "cde");
  netbuf* second = netbuf_new();
  ASSERT_NE(netbuf_alloc(second, 1), nullptr);
  netbuf_chain(buf, second);
  EXPECT_EQ(netbuf_len(buf), 7);
  EXPECT_EQ(netbuf_next(buf), 1) << "the last";
  EXPECT_EQ(netbuf_next(buf), -1);
  netbuf_first(buf);
  void* data = nullptr;
  u16_t length = 0;
  EXPECT_EQ(netbuf_data(buf, &data, &length), ERR_OK);
  EXPECT_EQ(length, 6) << "the first again";
  ip_addr_t address;
  IP_ADDR4(&address, 192, 0, 2, 1);
  netbuf_set_fromaddr(buf, &address);
  EXPECT_TRUE(ip_addr_cmp(netbuf_fromaddr(buf), &address));
  netbuf_set_destaddr(buf, &address);
  EXPECT_TRUE(ip_addr_cmp(netbuf_destaddr(buf), &address));
  netbuf_free(buf);
  EXPECT_EQ(netbuf_data(buf, &data, &length), ERR_BUF) << "it has none";
  netbuf_delete(buf);
}

TEST_F(MoreNames, NetconnsTellWhatTheyAreAndMayBeSetUp) {
  EXPECT_EQ(NETCONNTYPE_GROUP(NETCONN_UDP_IPV6), NETCONN_UDP);
  EXPECT_TRUE(NETCONNTYPE_ISIPV6(NETCONN_TCP_IPV6));
  EXPECT_FALSE(NETCONNTYPE_ISIPV6(NETCONN_TCP));
  netconn* conn = netconn_new_with_proto_and_callback(NETCONN_UDP, 0, nullptr);
  ASSERT_NE(conn, nullptr);
  EXPECT_EQ(netconn_type(conn), NETCONN_UDP);
  EXPECT_EQ(netconn_bind_if(conn, 1), ERR_OK);
  EXPECT_EQ(netconn_bind(conn, IP_ADDR_ANY, port), ERR_OK);
  ip_addr_t own;
  u16_t number = 0;
  EXPECT_EQ(netconn_addr(conn, &own, &number), ERR_OK);
  EXPECT_EQ(number, port);
  EXPECT_EQ(netconn_getaddr(conn, &own, &number, 0), ERR_CONN) << "there is no peer";
  netconn_set_recvbufsize(conn, 5000);
  EXPECT_GT(netconn_get_recvbufsize(conn), 0);
  netconn_set_sendtimeout(conn, 250);
  EXPECT_EQ(netconn_get_sendtimeout(conn), 250u);
  const ip_addr_t address = home();
  EXPECT_EQ(netconn_connect(conn, &address, port), ERR_OK);
  EXPECT_EQ(netconn_getaddr(conn, &own, &number, 0), ERR_OK);
  netbuf* buf = netbuf_new();
  EXPECT_EQ(netbuf_ref(buf, "to myself", 9), ERR_OK);
  EXPECT_EQ(netconn_send(conn, buf), ERR_OK);
  EXPECT_EQ(netconn_send(conn, buf), ERR_OK);
  netbuf_delete(buf);
  netbuf* got = nullptr;
  ASSERT_EQ(netconn_recv_udp_raw_netbuf(conn, &got), ERR_OK);
  EXPECT_EQ(netbuf_len(got), 9);
  netbuf_delete(got);
  ASSERT_EQ(netconn_recv_udp_raw_netbuf_flags(conn, &got, NETCONN_DONTBLOCK), ERR_OK);
  netbuf_delete(got);
  EXPECT_EQ(netconn_recv_udp_raw_netbuf_flags(conn, &got, NETCONN_DONTBLOCK), ERR_WOULDBLOCK);
  EXPECT_EQ(netconn_disconnect(conn), ERR_OK);
  EXPECT_EQ(netconn_getaddr(conn, &own, &number, 0), ERR_CONN);
  EXPECT_EQ(netconn_set_ipv6only(conn, 1), ERR_VAL) << "it is of IPv4";
  EXPECT_EQ(netconn_prepare_delete(conn), ERR_OK);
  EXPECT_EQ(netconn_delete(conn), ERR_OK);

  conn = netconn_new(NETCONN_TCP_IPV6);
  EXPECT_EQ(netconn_set_ipv6only(conn, 1), ERR_OK);
  EXPECT_EQ(netconn_get_ipv6only(conn), 1);
  EXPECT_EQ(netconn_bind(conn, IP6_ADDR_ANY, port), ERR_OK);
  EXPECT_EQ(netconn_listen_with_backlog(conn, 1), ERR_OK);
  EXPECT_EQ(netconn_tcp_recvd(conn, 10), ERR_OK);
  netconn* other = netconn_new(NETCONN_TCP);
  EXPECT_EQ(netconn_connect(other, &address, port), ERR_RST) << "IPv6 only";
  netconn_delete(other);
  netconn_delete(conn);
}

struct Done {
  std::string* text;
  char letter;
  static void add(void* self) { static_cast<Done*>(self)->text->push_back(static_cast<Done*>(self)->letter); }
};

TEST_F(MoreNames, CallbacksOfTheCoreComeInTheirOrder) {
  std::string text;
  Done a{&text, 'a'}, b{&text, 'b'}, c{&text, 'c'}, d{&text, 'd'}, e{&text, 'e'};
  tcpip_init(Done::add, &a);
  EXPECT_EQ(tcpip_callback(Done::add, &b), ERR_OK);
  EXPECT_EQ(tcpip_try_callback(Done::add, &c), ERR_OK);
  EXPECT_EQ(tcpip_callback_with_block(Done::add, &d, 1), ERR_OK);
  tcpip_callback_msg* message = tcpip_callbackmsg_new(Done::add, &e);
  EXPECT_EQ(tcpip_callbackmsg_trycallback(message), ERR_OK);
  EXPECT_EQ(tcpip_callbackmsg_trycallback_fromisr(message), ERR_OK);
  Done last{&text, '.'};
  EXPECT_EQ(tcpip_callback_wait(Done::add, &last), ERR_OK);
  EXPECT_EQ(text, "abcdee.");
  tcpip_callbackmsg_delete(message);
  EXPECT_EQ(tcpip_callback(nullptr, nullptr), ERR_ARG);
  LOCK_TCPIP_CORE();
  LWIP_ASSERT_CORE_LOCKED();
  UNLOCK_TCPIP_CORE();
}

TEST_F(MoreNames, InterfacesHaveNamesNumbersAndWhatIsSet) {
  netif* loop = netif_get_by_index(1);
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(netif_get_index(loop), 1);
  EXPECT_EQ(netif_get_by_index(99), nullptr);
  EXPECT_EQ(netif_name_to_index("lo0"), 1);
  EXPECT_EQ(netif_name_to_index("none9"), NETIF_NO_INDEX);
  char name[NETIF_NAMESIZE];
  EXPECT_STREQ(netif_index_to_name(1, name), "lo0");
  EXPECT_EQ(netif_index_to_name(99, name), nullptr);
  EXPECT_EQ(lwip_if_nametoindex("lo0"), 1u);
  EXPECT_STREQ(lwip_if_indextoname(1, name), "lo0");
  EXPECT_STREQ(ipaddr_ntoa(netif_ip_addr4(loop)), "127.0.0.1");
  EXPECT_STREQ(ipaddr_ntoa(netif_ip_netmask4(loop)), "255.0.0.0");
  EXPECT_TRUE(ip_addr_isany(netif_ip_gw4(loop)));
  EXPECT_STREQ(ipaddr_ntoa(netif_ip_addr6(loop, 0)), "::1");
  ip6_addr_t home6;
  ip6_addr_set_loopback(&home6);
  EXPECT_EQ(netif_get_ip6_addr_match(loop, &home6), 0);
  home6.addr[0] = 1;
  EXPECT_EQ(netif_get_ip6_addr_match(loop, &home6), -1);
  netif_set_hostname(loop, "thing");
  EXPECT_STREQ(netif_get_hostname(loop), "thing");
}

TEST_F(MoreNames, NamesByTheOldestCallAndItsErrors) {
  hostent room{};
  char buffer[256];
  hostent* found = nullptr;
  int reason = 0;
  EXPECT_EQ(lwip_gethostbyname_r("127.0.0.1", &room, buffer, sizeof buffer, &found, &reason), 0);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->h_length, 4);
  EXPECT_EQ(lwip_gethostbyname_r("127.0.0.1", &room, buffer, 4, &found, &reason), ERANGE);
  EXPECT_EQ(gethostbyname("no such name"), nullptr);
  EXPECT_EQ(*lwip_h_errno(), HOST_NOT_FOUND);
  EXPECT_EQ(h_errno, HOST_NOT_FOUND);
  EXPECT_STRNE(gai_strerror(EAI_NONAME), gai_strerror(EAI_MEMORY));
  EXPECT_STREQ(lwip_gai_strerror(EAI_NONAME), gai_strerror(EAI_NONAME));
  addrinfo* list = nullptr;
  ASSERT_EQ(esp_getaddrinfo("192.0.2.1", "80", nullptr, &list), 0);
  EXPECT_EQ(reinterpret_cast<sockaddr_in*>(list->ai_addr)->sin_port, htons(80));
  char host[32], service[8];
  EXPECT_EQ(lwip_getnameinfo(list->ai_addr, list->ai_addrlen, host, sizeof host, service, sizeof service,
                             NI_NUMERICHOST | NI_NUMERICSERV),
            0);
  EXPECT_STREQ(host, "192.0.2.1");
  EXPECT_STREQ(service, "80");
  esp_freeaddrinfo(list);
  dns_clear_cache();
  ip_addr_t server;
  IP_ADDR4(&server, 192, 0, 2, 53);
  dns_setserver(1, &server);
  EXPECT_TRUE(ip_addr_cmp(lwip_dns_getserver(1), &server));
  dns_setserver(200, &server);
  EXPECT_TRUE(ip_addr_isany(lwip_dns_getserver(200)));
  dns_setserver(1, nullptr);
  EXPECT_TRUE(ip_addr_isany(lwip_dns_getserver(1)));
}

/// LWIP_DNS_MAX_SERVERS of a program.
TEST_F(MoreNames, ServersAreAsManyAsTheSettingsSay) {
  attach(host_.host, &resolver_, {.first_descriptor = first_descriptor, .name_servers = 2});
  ip_addr_t server;
  IP_ADDR4(&server, 192, 0, 2, 53);
  dns_setserver(2, &server);
  EXPECT_TRUE(ip_addr_isany(lwip_dns_getserver(2)));
  EXPECT_TRUE(resolver_.server(2).is_unspecified());
  dns_setserver(1, &server);
  EXPECT_TRUE(ip_addr_cmp(lwip_dns_getserver(1), &server));
}

/// RFC 1071, with the pseudo headers of RFC 9293 3.1 and RFC 8200 8.1: over what has its checksum it comes to
/// nothing.
TEST(MoreChecksums, WithPseudoHeadersOfBothFamilies) {
  pbuf* p = piece("datagram");
  ip4_addr_t a, b;
  IP4_ADDR(&a, 192, 0, 2, 1);
  IP4_ADDR(&b, 192, 0, 2, 2);
  ip_addr_t general_a, general_b;
  IP_ADDR4(&general_a, 192, 0, 2, 1);
  IP_ADDR4(&general_b, 192, 0, 2, 2);
  const u16_t sum = inet_chksum_pseudo(p, 17, 8, &a, &b);
  EXPECT_EQ(ip_chksum_pseudo(p, 17, 8, &general_a, &general_b), sum);
  EXPECT_NE(inet_chksum_pseudo(p, 6, 8, &a, &b), sum) << "the protocol counts";
  EXPECT_NE(inet_chksum_pseudo(p, 17, 8, &a, &a), sum) << "so do the addresses";
  pbuf_free(p);
  p = pbuf_alloc(PBUF_RAW, 8, PBUF_RAM);
  std::memset(p->payload, 0, 8);
  std::memcpy(p->payload, "datagr", 6);
  ip6_addr_t c, d;
  ip6addr_aton("2001:db8::1", &c);
  ip6addr_aton("2001:db8::2", &d);
  const u16_t sum6 = ip6_chksum_pseudo(p, 58, 8, &c, &d);
  std::memcpy(static_cast<u8_t*>(p->payload) + 6, &sum6, 2);
  EXPECT_EQ(ip6_chksum_pseudo(p, 58, 8, &c, &d), 0);
  ip_addr_t six_c, six_d;
  IP_ADDR6(&six_c, c.addr[0], c.addr[1], c.addr[2], c.addr[3]);
  IP_ADDR6(&six_d, d.addr[0], d.addr[1], d.addr[2], d.addr[3]);
  EXPECT_EQ(ip_chksum_pseudo(p, 58, 8, &six_c, &six_d), 0);
  EXPECT_NE(ip_chksum_pseudo(p, 58, 8, &six_c, &six_c), 0);
  pbuf_free(p);
}

}  // namespace
}  // namespace linnet::compat::test
