// SPDX-License-Identifier: Apache-2.0
// What a program with settings of its own (sdkconfig.defaults) is told of them by the headers, and what the calls do.
#include <errno.h>
#include <stdio.h>

#include "lwip/dns.h"
#include "lwip/opt.h"
#include "lwip/sockets.h"
#include "sdkconfig.h"

#if LWIP_SO_LINGER || LWIP_SO_RCVBUF || LWIP_NETBUF_RECVINFO || LWIP_DHCP_GET_NTP_SRV || LWIP_IPV6
#error "these are off in sdkconfig.defaults"
#endif
#if DNS_MAX_SERVERS != 3 || DNS_FALLBACK_SERVER_INDEX != 2
#error "three servers, the last of which is the fallback"
#endif

static int failures = 0;

static void check(int holds, const char* what) {
  printf("%s: %s\n", holds ? "right" : "WRONG", what);
  if (!holds) ++failures;
}

static int refused(int s, int level, int option, const void* value, socklen_t size) {
  return setsockopt(s, level, option, value, size) == -1 && errno == ENOPROTOOPT;
}

void app_main(void) {
  const int number = 4096;
  const struct linger wait = {1, 1};
  int sockets[5];
  const int stream = socket(AF_INET, SOCK_STREAM, 0);
  const int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  check(refused(stream, SOL_SOCKET, SO_LINGER, &wait, sizeof wait), "no SO_LINGER");
  check(refused(stream, SOL_SOCKET, SO_RCVBUF, &number, sizeof number), "no SO_RCVBUF");
  check(refused(datagrams, IPPROTO_IP, IP_PKTINFO, &number, sizeof number), "no IP_PKTINFO");
  close(stream);
  close(datagrams);

  for (int i = 0; i < 4; ++i) sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
  check(sockets[3] >= 0, "four sockets");
  sockets[4] = socket(AF_INET, SOCK_DGRAM, 0);
  check(sockets[4] == -1 && errno == ENFILE, "the fifth is ENFILE");
  for (int i = 0; i < 4; ++i) close(sockets[i]);

  const ip_addr_t* server = dns_getserver(0);
  check(!ip_addr_isany(server), "the network's server is the first");
  server = dns_getserver(DNS_FALLBACK_SERVER_INDEX);
  check(ip_2_ip4(server)->addr == inet_addr("192.0.2.53"), "the fallback server is the last");
  ip_addr_t other = IPADDR4_INIT_BYTES(192, 0, 2, 54);
  dns_setserver(DNS_MAX_SERVERS, &other);
  check(ip_addr_isany(dns_getserver(DNS_MAX_SERVERS)), "there is no fourth");
  printf("%d failures\n", failures);
}
