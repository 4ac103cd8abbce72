// SPDX-License-Identifier: Apache-2.0
/* The error queue of a thread: what mbedTLS said, oldest first, 16 at most. */
#ifndef LINNET_OPENSSL_ERR_H
#define LINNET_OPENSSL_ERR_H

#include <openssl/types.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ERR_LIB_SYS 2
#define ERR_LIB_PEM 9
#define ERR_LIB_X509 11
#define ERR_LIB_SSL 20
#define ERR_LIB_USER 128

#define ERR_PACK(lib, func, reason) \
  ((((unsigned long)(lib) & 0xff) << 24) | (((unsigned long)(func) & 0xfff) << 12) | ((unsigned long)(reason) & 0xfff))
#define ERR_GET_LIB(error) ((int)(((unsigned long)(error) >> 24) & 0xff))
#define ERR_GET_FUNC(error) ((int)(((unsigned long)(error) >> 12) & 0xfff))
#define ERR_GET_REASON(error) ((int)((unsigned long)(error) & 0xfff))
#define PEM_R_NO_START_LINE 108
/* ERR_LIB_SSL's reason of a handshake: by the settings, or by mbedTLS, there is no version of TLS to speak. */
#define SSL_R_NO_PROTOCOLS_AVAILABLE 191
/* ERR_LIB_SSL's reason of a setting: a version of TLS that mbedTLS does not speak. */
#define SSL_R_UNSUPPORTED_PROTOCOL 258
/* ERR_LIB_SSL's reason of a call that is declared for programs to compile, and that mbedTLS has nothing for. */
#define SSL_R_UNSUPPORTED_HERE 0xfff
#define ERR_R_PEM_LIB ERR_LIB_PEM

unsigned long ERR_get_error(void);
unsigned long ERR_peek_error(void);
unsigned long ERR_peek_last_error(void);
unsigned long ERR_get_error_line_data(const char **file, int *line, const char **data, int *flags);
unsigned long ERR_peek_error_line_data(const char **file, int *line, const char **data, int *flags);
void ERR_clear_error(void);
void ERR_put_error(int lib, int func, int reason, const char *file, int line);
const char *ERR_reason_error_string(unsigned long error);
char *ERR_error_string(unsigned long error, char *buffer); /* at least 256 bytes, or null for its own */
void ERR_error_string_n(unsigned long error, char *buffer, size_t size);
void ERR_print_errors_fp(FILE *to); /* each in a line, the oldest first; the queue is empty then */
void ERR_load_SSL_strings(void);
void ERR_load_crypto_strings(void);
void ERR_free_strings(void);

#ifdef __cplusplus
}
#endif

#endif
