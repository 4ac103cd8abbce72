/* SPDX-License-Identifier: Apache-2.0 */
/* The peer that a person, or a test, types: of ESP-IDF's examples with CONFIG_EXAMPLE_SOCKET_IP_INPUT_STDIN. */
#pragma once

#include <esp_err.h>
#include <lwip/sockets.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reads lines of standard input until one is not empty: an address, or a name. Fills in the first address of it, with `port`, and
   with the index of the network's interface for IPv6; *ip_protocol is IPPROTO_IP or IPPROTO_IPV6. ESP_FAIL: no address, or
   the end of the input. */
esp_err_t get_addr_from_stdin(int port, int sock_type, int* ip_protocol, int* addr_family, struct sockaddr_storage* dest_addr);

#ifdef __cplusplus
}
#endif
