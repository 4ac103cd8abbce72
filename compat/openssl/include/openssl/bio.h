// SPDX-License-Identifier: Apache-2.0
/* BIOs in memory: buffers, and pairs of which each end reads what the other wrote. */
#ifndef LINNET_OPENSSL_BIO_H
#define LINNET_OPENSSL_BIO_H

#include <openssl/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BIO_TYPE_NONE 0
#define BIO_TYPE_MEM (1 | 0x0400)
#define BIO_TYPE_BIO (19 | 0x0400)

#define BIO_FLAGS_READ 0x01
#define BIO_FLAGS_WRITE 0x02
#define BIO_FLAGS_IO_SPECIAL 0x04
#define BIO_FLAGS_RWS (BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL)
#define BIO_FLAGS_SHOULD_RETRY 0x08

#define BIO_should_read(bio) BIO_test_flags(bio, BIO_FLAGS_READ)
#define BIO_should_write(bio) BIO_test_flags(bio, BIO_FLAGS_WRITE)
#define BIO_should_retry(bio) BIO_test_flags(bio, BIO_FLAGS_SHOULD_RETRY)
#define BIO_pending(bio) (int)BIO_ctrl_pending(bio)

const BIO_METHOD *BIO_s_mem(void);
BIO *BIO_new(const BIO_METHOD *method);
BIO *BIO_new_file(const char *name, const char *mode); /* the file's bytes as they are now; "r" and "rb" only, else null */
BIO *BIO_new_mem_buf(const void *buf, int len); /* read only; len -1: up to the zero */
int BIO_new_bio_pair(BIO **bio1, size_t writebuf1, BIO **bio2, size_t writebuf2);
int BIO_free(BIO *bio);
int BIO_read(BIO *bio, void *data, int len);
int BIO_write(BIO *bio, const void *data, int len);
size_t BIO_ctrl_pending(const BIO *bio);
size_t BIO_wpending(const BIO *bio);
size_t BIO_ctrl_get_write_guarantee(BIO *bio);
int BIO_method_type(const BIO *bio);
int BIO_test_flags(const BIO *bio, int flags);

#ifdef __cplusplus
}
#endif

#endif
