/* SPDX-License-Identifier: Apache-2.0 */
/* The snippets of the ESP32 text, each inside a function of its own. The lines between "the text" comments are the text's, only
   their values (a port, an address) come as arguments under the text's names. */
#pragma once

#include <lwip/sockets.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Socket, bind, listen; then hands `count` clients, one after the other, to `serve` and closes what it leaves open. 0, or the
   errno value of the first call that failed. `ready` is told once clients may come. */
int seed_tcp_server(u16_t portNumber, int backlog, int count, void (*serve)(int clientSock, void* context),
                    void (*ready)(void* context), void* context);
/* A connection to the address, or -1. */
int seed_tcp_connect(const char* address, u16_t portNumber);
/* The last error that a socket met. */
int espx_last_socket_errno(int socket);

/* Answers `count` datagrams with what came in. 0, or an errno value. */
int seed_udp_server(u16_t portNumber, int count, void (*ready)(void* context), void* context);
/* Sends a datagram without any bind, and waits for the answer. Bytes, or -1. */
int seed_udp_client(const char* address, u16_t portNumber, const void* data, int size, void* answer, int room);

/* Waits for the first of several sockets that has something to be read; gives it, or -1 after the time. */
int seed_select(const int* sockets, int count, int seconds);

/* Names the two servers by hand. */
void seed_set_dns_servers(const char* first, const char* second);
/* The first address of a name in network order, or 0. */
u32_t seed_resolve(const char* name);

/* Sets the clock from a server, some time later. */
void seed_sntp(const char* server);
/* The other two servers, by name, and the zone of seed_real_time. */
void seed_sntp_names(const char* second, const char* third, int hours);
u32_t seed_timestamp(void);
const char* seed_real_time(void);

/* Of ESP-IDF 2 alone: announces a host with two services. 0, or an error of ESP-IDF. */
int seed_mdns(const char* hostname, const char* instance);

#ifdef __cplusplus
}
#endif
