/* SPDX-License-Identifier: Apache-2.0 */
/* Names to addresses. */
#pragma once

#include <lwip/sockets.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EAI_NONAME 200
#define EAI_SERVICE 201
#define EAI_FAIL 202
#define EAI_MEMORY 203
#define EAI_FAMILY 204
/* Not in lwIP. */
#define EAI_OVERFLOW 205
#define EAI_BADFLAGS 206
#define EAI_SOCKTYPE 207
#define EAI_AGAIN 208

#define HOST_NOT_FOUND 210
#define NO_DATA 211
#define NO_RECOVERY 212
#define TRY_AGAIN 213

#define AI_PASSIVE 0x01
#define AI_CANONNAME 0x02
#define AI_NUMERICHOST 0x04
#define AI_NUMERICSERV 0x08
#define AI_V4MAPPED 0x10
#define AI_ALL 0x20
#define AI_ADDRCONFIG 0x40

#define NI_NOFQDN 0x01
#define NI_NUMERICHOST 0x02
#define NI_NAMEREQD 0x04
#define NI_NUMERICSERV 0x08
#define NI_DGRAM 0x10
#define NI_NUMERICSCOPE 0x20 /* not in lwIP */

#define DNS_MAX_ADDRS_PER_NAME 8

struct hostent {
  char* h_name;
  char** h_aliases;
  int h_addrtype;
  int h_length;
  char** h_addr_list;
#define h_addr h_addr_list[0]
};

struct addrinfo {
  int ai_flags;
  int ai_family;
  int ai_socktype;
  int ai_protocol;
  socklen_t ai_addrlen;
  struct sockaddr* ai_addr; /* a whole sockaddr_storage */
  char* ai_canonname;
  struct addrinfo* ai_next;
};

/* Bytes of an addrinfo with its address and a name of any length: lwIP's pool has elements of this size. */
#define NETDB_ELEM_SIZE (sizeof(struct addrinfo) + sizeof(struct sockaddr_storage) + DNS_MAX_NAME_LENGTH + 1)

/* Of the thread. */
int* lwip_h_errno(void);
#define h_errno (*lwip_h_errno())

/* IPv4 addresses. What it yields is the thread's, until its next call. NULL: h_errno says why. */
struct hostent* lwip_gethostbyname(const char* name);
/* The same in `buffer`: 0, or a number of errno.h (ERANGE: it is too small), and *h_errnop. */
int lwip_gethostbyname_r(const char* name, struct hostent* ret, char* buffer, size_t size, struct hostent** result,
                         int* h_errnop);
/* All addresses, in the order in which they are to be tried (RFC 6724 6), each once, whatever types of sockets there are.
   `servname`: a number, or the name of a well-known port. 0, or EAI_... */
int lwip_getaddrinfo(const char* nodename, const char* servname, const struct addrinfo* hints, struct addrinfo** res);
void lwip_freeaddrinfo(struct addrinfo* first);
/* Unless they are wanted as numbers: the name of the address, as static names or servers have it, and of the port. 0, or
   EAI_... */
int lwip_getnameinfo(const struct sockaddr* addr, socklen_t addrlen, char* host, socklen_t hostlen, char* serv,
                     socklen_t servlen, int flags);
const char* lwip_gai_strerror(int error);

#if LWIP_COMPAT_SOCKETS == 1
#define gethostbyname(name) lwip_gethostbyname(name)
#define gethostbyname_r(name, ret, buffer, size, result, h_errnop) \
  lwip_gethostbyname_r(name, ret, buffer, size, result, h_errnop)
#define getaddrinfo(nodename, servname, hints, res) lwip_getaddrinfo(nodename, servname, hints, res)
#define freeaddrinfo(first) lwip_freeaddrinfo(first)
#define getnameinfo(addr, addrlen, host, hostlen, serv, servlen, flags) \
  lwip_getnameinfo(addr, addrlen, host, hostlen, serv, servlen, flags)
#define gai_strerror(error) lwip_gai_strerror(error)
#elif LWIP_COMPAT_SOCKETS == 2
static inline struct hostent* gethostbyname(const char* name) { return lwip_gethostbyname(name); }
static inline int gethostbyname_r(const char* name, struct hostent* ret, char* buffer, size_t size,
                                  struct hostent** result, int* h_errnop) {
  return lwip_gethostbyname_r(name, ret, buffer, size, result, h_errnop);
}
static inline int getaddrinfo(const char* nodename, const char* servname, const struct addrinfo* hints,
                              struct addrinfo** res) {
  return lwip_getaddrinfo(nodename, servname, hints, res);
}
static inline void freeaddrinfo(struct addrinfo* first) { lwip_freeaddrinfo(first); }
static inline int getnameinfo(const struct sockaddr* addr, socklen_t addrlen, char* host, socklen_t hostlen, char* serv,
                              socklen_t servlen, int flags) {
  return lwip_getnameinfo(addr, addrlen, host, hostlen, serv, servlen, flags);
}
static inline const char* gai_strerror(int error) { return lwip_gai_strerror(error); }
#endif

#ifdef __cplusplus
}
#endif
