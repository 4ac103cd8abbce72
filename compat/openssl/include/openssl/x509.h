// SPDX-License-Identifier: Apache-2.0
/* Certificates, keys, and stores of those that are trusted. */
#ifndef LINNET_OPENSSL_X509_H
#define LINNET_OPENSSL_X509_H

#include <openssl/bio.h>
#include <openssl/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define X509_V_OK 0
#define X509_V_ERR_UNSPECIFIED 1
#define X509_V_ERR_CERT_NOT_YET_VALID 9
#define X509_V_ERR_CERT_HAS_EXPIRED 10
#define X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT 18
#define X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY 20
#define X509_V_ERR_CERT_CHAIN_TOO_LONG 22
#define X509_V_ERR_CERT_REVOKED 23
#define X509_V_ERR_INVALID_PURPOSE 26
#define X509_V_ERR_HOSTNAME_MISMATCH 62
#define X509_V_ERR_EE_KEY_TOO_SMALL 66

/* Names of certificates, as they are written there. */
X509_NAME *X509_get_subject_name(const X509 *x509); /* the certificate's, not to be freed */
X509_NAME *X509_get_issuer_name(const X509 *x509);
X509_NAME *X509_NAME_dup(const X509_NAME *name);
void X509_NAME_free(X509_NAME *name);
int X509_NAME_cmp(const X509_NAME *a, const X509_NAME *b); /* 0: the same bytes */
/* "/CN=name/O=..." in `buffer`, cut to `size` bytes with their zero; with a null buffer in memory that OPENSSL_free gives
 * back. */
char *X509_NAME_oneline(const X509_NAME *name, char *buffer, int size);
void OPENSSL_free(void *text);

#define sk_X509_NAME_new_null() OPENSSL_sk_new_null()
#define sk_X509_NAME_push(stack, name) OPENSSL_sk_push(stack, name)
#define sk_X509_NAME_num(stack) OPENSSL_sk_num(stack)
#define sk_X509_NAME_value(stack, i) ((X509_NAME *)OPENSSL_sk_value(stack, i))
#define sk_X509_NAME_free(stack) OPENSSL_sk_free(stack)
#define sk_X509_num(stack) OPENSSL_sk_num(stack)
#define sk_X509_value(stack, i) ((X509 *)OPENSSL_sk_value(stack, i))

X509 *X509_new(void);
void X509_free(X509 *x509);
X509 *d2i_X509(X509 **x509, const unsigned char **in, long length);
EVP_PKEY *EVP_PKEY_new(void);
void EVP_PKEY_free(EVP_PKEY *key);
EVP_PKEY *d2i_PrivateKey(int type, EVP_PKEY **key, const unsigned char **in, long length);
EVP_PKEY *d2i_PrivateKey_bio(BIO *bio, EVP_PKEY **key);
RSA *d2i_RSAPrivateKey_bio(BIO *bio, RSA **key);
void RSA_free(RSA *key);

X509_STORE *X509_STORE_new(void);
void X509_STORE_free(X509_STORE *store);
int X509_STORE_add_cert(X509_STORE *store, X509 *x509);

int X509_STORE_CTX_get_error(const X509_STORE_CTX *ctx);
int X509_STORE_CTX_get_error_depth(const X509_STORE_CTX *ctx);
X509 *X509_STORE_CTX_get_current_cert(const X509_STORE_CTX *ctx);
/* At the index that SSL_get_ex_data_X509_STORE_CTX_idx names: the SSL whose peer is looked at. Else null. */
void *X509_STORE_CTX_get_ex_data(const X509_STORE_CTX *ctx, int index);
const char *X509_verify_cert_error_string(long error);

#define X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT 0x1
#define X509_CHECK_FLAG_NO_WILDCARDS 0x2
#define X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS 0x4
int X509_VERIFY_PARAM_set1_host(X509_VERIFY_PARAM *param, const char *name, size_t length);
int X509_VERIFY_PARAM_set_hostflags(X509_VERIFY_PARAM *param, unsigned int flags);
int X509_VERIFY_PARAM_clear_hostflags(X509_VERIFY_PARAM *param, unsigned int flags);

#ifdef __cplusplus
}
#endif

#endif
