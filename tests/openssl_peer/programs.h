/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LINNET_TESTS_OPENSSL_PROGRAMS_H
#define LINNET_TESTS_OPENSSL_PROGRAMS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Over a connected descriptor, with PEM files: the client asks for / and prints what comes (`depth` is its verify depth), the server answers one request.
 * 0, or 1 with the reasons on stdout. */
int program_client(int fd, const char *name, const char *authority, int depth);
int program_server(int fd, const char *certificate, const char *key);

#ifdef __cplusplus
}
#endif

#endif
