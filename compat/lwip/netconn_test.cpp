// SPDX-License-Identifier: Apache-2.0
// lwip/api.h as programs use it, on one thread.
#include "compat/lwip/test_compat.hpp"

#include <lwip/api.h>
#include <lwip/inet_chksum.h>
#include <lwip/netif.h>

namespace linnet::compat::test {
namespace {

class Netconn : public CompatTest {
 protected:
  static ip_addr_t home() {
    ip_addr_t address;
    IP_ADDR4(&address, 127, 0, 0, 1);
    return address;
  }
  static netconn* listening() {
    netconn* conn = netconn_new(NETCONN_TCP);
    EXPECT_EQ(netconn_bind(conn, IP_ADDR_ANY, port), ERR_OK);
    EXPECT_EQ(netconn_listen(conn), ERR_OK);
    return conn;
  }
  struct Pair {
    netconn* client = nullptr;
    netconn* server = nullptr;
  };
  static Pair connection(netconn* listener) {
    Pair pair{.client = netconn_new(NETCONN_TCP)};
    const ip_addr_t address = home();
    EXPECT_EQ(netconn_connect(pair.client, &address, port), ERR_OK);
    EXPECT_EQ(netconn_accept(listener, &pair.server), ERR_OK);
    return pair;
  }
  static std::string received(netconn* conn) {
    netbuf* buf = nullptr;
    if (const err_t error = netconn_recv(conn, &buf); error != ERR_OK) return lwip_strerr(error);
    std::string text(netbuf_len(buf), '\0');
    netbuf_copy(buf, text.data(), static_cast<u16_t>(text.size()));
    netbuf_delete(buf);
    return text;
  }
};

TEST_F(Netconn, ServerAndClientOfAStream) {
  netconn* const listener = listening();
  const auto [client, server] = connection(listener);
  EXPECT_EQ(netconn_write(client, "hello", 5, NETCONN_COPY), ERR_OK);
  netbuf* buf = nullptr;
  ASSERT_EQ(netconn_recv(server, &buf), ERR_OK);
  void* data = nullptr;
  u16_t length = 0;
  do {
    ASSERT_EQ(netbuf_data(buf, &data, &length), ERR_OK);
    EXPECT_EQ(netconn_write(server, data, length, NETCONN_COPY), ERR_OK);
  } while (netbuf_next(buf) >= 0);
  netbuf_delete(buf);
  EXPECT_EQ(received(client), "hello");
  ip_addr_t address;
  u16_t number = 0;
  EXPECT_EQ(netconn_peer(client, &address, &number), ERR_OK);
  EXPECT_STREQ(ipaddr_ntoa(&address), "127.0.0.1");
  EXPECT_EQ(number, port);
  EXPECT_EQ(netconn_shutdown(client, 0, 1), ERR_OK);
  EXPECT_EQ(received(server), "Closed");
  EXPECT_EQ(netconn_close(server), ERR_OK);
  EXPECT_EQ(netconn_close(server), ERR_CONN) << "it is closed";
  EXPECT_EQ(received(server), "Not connected");
  EXPECT_EQ(received(client), "Closed");
  EXPECT_EQ(netconn_delete(server), ERR_OK);
  EXPECT_EQ(netconn_delete(client), ERR_OK);
  EXPECT_EQ(netconn_delete(listener), ERR_OK);
  EXPECT_EQ(host_.s.used(), 0U);
}

TEST_F(Netconn, DatagramsGoBackWhereTheyCameFrom) {
  netconn* const server = netconn_new(NETCONN_UDP);
  netconn* const client = netconn_new(NETCONN_UDP);
  EXPECT_EQ(netconn_bind(server, nullptr, port), ERR_OK);
  const ip_addr_t address = home();
  EXPECT_EQ(netconn_connect(client, &address, port), ERR_OK);
  netbuf* const buf = netbuf_new();
  std::memcpy(netbuf_alloc(buf, 4), "ping", 4);
  EXPECT_EQ(netconn_send(client, buf), ERR_OK) << "to the peer";
  netbuf* got = nullptr;
  ASSERT_EQ(netconn_recv(server, &got), ERR_OK);
  EXPECT_STREQ(ipaddr_ntoa(netbuf_fromaddr(got)), "127.0.0.1");
  EXPECT_NE(netbuf_fromport(got), 0);
  EXPECT_EQ(netbuf_destport(got), port);
  EXPECT_STREQ(ipaddr_ntoa(netbuf_destaddr(got)), "127.0.0.1");
  EXPECT_EQ(netconn_send(server, got), ERR_OK) << "to where it came from";
  netbuf_delete(got);
  EXPECT_EQ(received(client), "ping");
  static const char whole[] = "front and back";
  EXPECT_EQ(netbuf_ref(buf, whole, 5), ERR_OK);
  netbuf* const tail = netbuf_new();
  EXPECT_EQ(netbuf_ref(tail, whole + 10, 4), ERR_OK);
  netbuf_chain(buf, tail);
  EXPECT_EQ(netconn_sendto(client, buf, &address, port), ERR_OK);
  EXPECT_EQ(received(server), "frontback");
  EXPECT_EQ(netconn_close(server), ERR_CONN) << "of streams only";
  netbuf_delete(buf);
  netconn_delete(server);
  netconn_delete(client);
}

TEST_F(Netconn, WhatFailsSaysWhy) {
  const ip_addr_t address = home();
  netconn* const client = netconn_new(NETCONN_TCP);
  EXPECT_EQ(netconn_connect(client, &address, port), ERR_RST) << "nobody listens";
  EXPECT_EQ(netconn_err(client), ERR_RST);
  EXPECT_EQ(netconn_err(client), ERR_OK) << "asking clears it";
  EXPECT_EQ(received(client), "Not connected");
  EXPECT_EQ(netconn_write(client, "x", 1, NETCONN_COPY), ERR_CONN);
  netconn* const first = listening();
  netconn* const second = netconn_new(NETCONN_TCP);
  EXPECT_EQ(netconn_bind(second, IP_ADDR_ANY, port), ERR_USE);
  netconn* none = nullptr;
  EXPECT_EQ(netconn_accept(second, &none), ERR_CLSD) << "it does not listen";
  netconn_set_recvtimeout(first, 50);
  EXPECT_EQ(netconn_get_recvtimeout(first), 50U);
  EXPECT_EQ(netconn_accept(first, &none), ERR_TIMEOUT);
  netconn_set_nonblocking(first, 1);
  EXPECT_TRUE(netconn_is_nonblocking(first));
  EXPECT_EQ(netconn_accept(first, &none), ERR_WOULDBLOCK);
  EXPECT_EQ(netconn_new(NETCONN_UDPLITE), nullptr);
  EXPECT_EQ(netconn_delete(nullptr), ERR_OK);
  EXPECT_EQ(netconn_bind(nullptr, nullptr, 1), ERR_ARG);
  for (netconn* conn : {client, first, second}) netconn_delete(conn);
}

TEST_F(Netconn, WritesPartlyWhatIsTaken) {
  netconn* const listener = listening();
  const auto [client, server] = connection(listener);
  const std::string much(1000000, 'x');
  netconn_set_nonblocking(client, 1);
  EXPECT_EQ(netconn_write(client, much.data(), much.size(), NETCONN_COPY), ERR_VAL);
  size_t written = 0;
  EXPECT_EQ(netconn_write_partly(client, much.data(), much.size(), NETCONN_COPY, &written), ERR_OK);
  EXPECT_GT(written, 0U);
  EXPECT_LT(written, much.size());
  size_t more = 1;
  err_t error = ERR_OK;
  while (error == ERR_OK) {
    error = netconn_write_partly(client, much.data(), much.size(), NETCONN_COPY, &more);
    written += more;
  }
  EXPECT_EQ(error, ERR_WOULDBLOCK);
  netconn_set_recvtimeout(server, 50);
  std::size_t total = 0;
  for (std::string text = received(server); text[0] == 'x'; text = received(server)) total += text.size();
  EXPECT_EQ(total, written);
  pbuf* p = nullptr;
  EXPECT_EQ(netconn_recv_tcp_pbuf_flags(server, &p, NETCONN_DONTBLOCK), ERR_WOULDBLOCK);
  netvector vectors[] = {{"ab", 2}, {"cde", 3}};
  EXPECT_EQ(netconn_write_vectors_partly(client, vectors, 2, NETCONN_COPY, &written), ERR_OK);
  EXPECT_EQ(written, 5U);
  EXPECT_EQ(netconn_recv_tcp_pbuf(server, &p), ERR_OK);
  EXPECT_EQ(pbuf_memcmp(p, 0, "abcde", 5), 0);
  pbuf_free(p);
  for (netconn* conn : {client, server, listener}) netconn_delete(conn);
}

TEST_F(Netconn, GroupsNamesAndBothFamilies) {
  netconn* const conn = netconn_new(NETCONN_UDP);
  ip_addr_t group, other;
  IP_ADDR4(&group, 239, 1, 2, 3);
  IP_ADDR4(&other, 10, 1, 2, 3);
  EXPECT_EQ(netconn_join_leave_group_netif(conn, &group, 1, NETCONN_JOIN), ERR_OK);
  EXPECT_EQ(netconn_join_leave_group_netif(conn, &group, 1, NETCONN_JOIN), ERR_USE);
  EXPECT_EQ(netconn_join_leave_group_netif(conn, &group, 1, NETCONN_LEAVE), ERR_OK);
  EXPECT_EQ(netconn_join_leave_group(conn, &group, &other, NETCONN_JOIN), ERR_VAL) << "no interface has it";
  netconn_delete(conn);
  ip_addr_t found;
  EXPECT_EQ(netconn_gethostbyname("127.0.0.1", &found), ERR_OK);
  EXPECT_STREQ(ipaddr_ntoa(&found), "127.0.0.1");
  EXPECT_EQ(netconn_gethostbyname_addrtype("127.0.0.1", &found, NETCONN_DNS_IPV6), ERR_VAL);
  EXPECT_EQ(netconn_gethostbyname_addrtype("127.0.0.1", &found, 9), ERR_ARG);
  netconn* const both = netconn_new(NETCONN_TCP_IPV6);
  EXPECT_EQ(netconn_bind(both, IP_ANY_TYPE, port), ERR_OK);
  EXPECT_EQ(netconn_listen(both), ERR_OK);
  const auto [client, server] = connection(both);
  EXPECT_EQ(netconn_write(client, "v4", 2, NETCONN_COPY), ERR_OK);
  EXPECT_EQ(received(server), "v4");
  for (netconn* each : {client, server, both}) netconn_delete(each);
}

TEST_F(Netconn, EachIsASocketOfTheHosts) {
  std::vector<netconn*> all;
  for (int i = 0; i < 10; ++i) all.push_back(netconn_new(NETCONN_UDP));
  EXPECT_EQ(netconn_new(NETCONN_UDP), nullptr);
  for (netconn* conn : all) netconn_delete(conn);
}

TEST(Pbuf, AllocatesChainsShortensAndFrees) {
  pbuf* const p = pbuf_alloc(PBUF_TRANSPORT, 4, PBUF_RAM);
  EXPECT_EQ(pbuf_take(p, "abcd", 4), ERR_OK);
  EXPECT_EQ(pbuf_take(p, "abcde", 5), ERR_MEM);
  pbuf* const q = pbuf_alloc_reference(const_cast<char*>("efgh"), 4, PBUF_ROM);
  pbuf_chain(p, q);
  EXPECT_EQ(p->tot_len, 8);
  EXPECT_EQ(pbuf_clen(p), 2);
  EXPECT_EQ(pbuf_get_at(p, 5), 'f');
  EXPECT_EQ(pbuf_try_get_at(p, 8), -1);
  EXPECT_EQ(pbuf_memcmp(p, 2, "cdef", 4), 0);
  EXPECT_EQ(pbuf_memcmp(p, 2, "cdxf", 4), 3);
  EXPECT_EQ(pbuf_strstr(p, "de"), 3);
  EXPECT_EQ(pbuf_strstr(p, "xy"), 0xffff);
  char bytes[4];
  EXPECT_EQ(pbuf_get_contiguous(p, bytes, sizeof bytes, 4, 2), bytes);
  EXPECT_EQ(std::string(bytes, 4), "cdef");
  EXPECT_EQ(pbuf_get_contiguous(p, nullptr, 0, 2, 5), static_cast<char*>(q->payload) + 1);
  EXPECT_EQ(pbuf_remove_header(p, 1), 0);
  EXPECT_EQ(p->tot_len, 7);
  EXPECT_EQ(pbuf_add_header(p, 1), 0);
  EXPECT_EQ(pbuf_add_header(p, 100), 1) << "there is no such room";
  pbuf_put_at(p, 1, 'B');
  pbuf* const copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
  EXPECT_EQ(pbuf_memcmp(copy, 0, "aBcdefgh", 8), 0);
  pbuf_realloc(p, 3);
  EXPECT_EQ(p->tot_len, 3);
  EXPECT_EQ(p->next, nullptr);
  EXPECT_EQ(pbuf_free(p), 1);
  EXPECT_EQ(q->ref, 1) << "our own reference";
  EXPECT_EQ(pbuf_free(q), 1);
  EXPECT_EQ(pbuf_free(copy), 1);
}

TEST(InetChecksum, OverWholeDataIsZero) {
  u8_t data[] = {8, 0, 0, 0, 0x12, 0x34, 0, 1, 'x'};
  const u16_t sum = inet_chksum(data, sizeof data);
  std::memcpy(data + 2, &sum, 2);
  EXPECT_EQ(inet_chksum(data, sizeof data), 0);
  EXPECT_NE(sum, 0);
  pbuf* const p = pbuf_alloc_reference(data, 3, PBUF_REF);
  pbuf_cat(p, pbuf_alloc_reference(data + 3, sizeof data - 3, PBUF_REF));
  EXPECT_EQ(inet_chksum_pbuf(p), 0) << "pieces of odd lengths";
  pbuf_free(p);
}

class Netif : public CompatTest {};

TEST_F(Netif, ListsWhatTheHostHas) {
  netif* it = nullptr;
  int count = 0;
  NETIF_FOREACH(it)++ count;
  ASSERT_EQ(count, 1);
  it = netif_list;
  EXPECT_EQ(it, netif_find("lo0"));
  EXPECT_EQ(netif_find("st1"), nullptr);
  EXPECT_EQ(netif_get_index(it), 1);
  EXPECT_STREQ(ip4addr_ntoa(netif_ip4_addr(it)), "127.0.0.1");
  EXPECT_STREQ(ip4addr_ntoa(netif_ip4_netmask(it)), "255.0.0.0");
  EXPECT_TRUE(ip4_addr_isany(netif_ip4_gw(it)));
  EXPECT_TRUE(netif_is_up(it));
  EXPECT_TRUE(netif_is_link_up(it));
  EXPECT_TRUE(ip6_addr_isloopback(netif_ip6_addr(it, 0)));
  EXPECT_TRUE(ip6_addr_isvalid(netif_ip6_addr_state(it, 0)));
  EXPECT_EQ(netif_default, nullptr) << "loopback is nobody's default";
}

TEST_F(Netif, TakesOtherAddresses) {
  netif* const it = netif_list;
  ip4_addr_t address, mask, gateway;
  IP4_ADDR(&address, 10, 0, 0, 2);
  IP4_ADDR(&mask, 255, 255, 255, 0);
  IP4_ADDR(&gateway, 10, 0, 0, 1);
  netif_set_addr(it, &address, &mask, &gateway);
  EXPECT_STREQ(ip4addr_ntoa(netif_ip4_addr(it)), "10.0.0.2");
  EXPECT_STREQ(ip4addr_ntoa(netif_ip4_netmask(netif_list)), "255.255.255.0");
  EXPECT_STREQ(ip4addr_ntoa(netif_ip4_gw(it)), "10.0.0.1");
  EXPECT_EQ(netif_default, it);
  IP4_ADDR(&address, 10, 0, 0, 3);
  netif_set_ipaddr(it, &address);
  EXPECT_STREQ(ip4addr_ntoa(netif_ip4_addr(it)), "10.0.0.3");
  netif_set_addr(it, nullptr, nullptr, nullptr);
  EXPECT_TRUE(ip4_addr_isany(netif_ip4_addr(netif_list)));
}

}  // namespace
}  // namespace linnet::compat::test
