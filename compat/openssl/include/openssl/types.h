// SPDX-License-Identifier: Apache-2.0
/* The types of the OpenSSL mapping. All of them are opaque. */
#ifndef LINNET_OPENSSL_TYPES_H
#define LINNET_OPENSSL_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ssl_method_st SSL_METHOD;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;
typedef struct ssl_session_st SSL_SESSION;
typedef struct ssl_cipher_st SSL_CIPHER;
typedef struct x509_st X509;
typedef struct x509_store_st X509_STORE;
typedef struct x509_store_ctx_st X509_STORE_CTX;
typedef struct x509_verify_param_st X509_VERIFY_PARAM;
typedef struct x509_name_st X509_NAME;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_st RSA; /* a key is a key here */
typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;
typedef struct stack_st OPENSSL_STACK;

#define STACK_OF(type) OPENSSL_STACK
typedef OPENSSL_STACK STACK;

typedef int (*OPENSSL_sk_compfunc)(const void *, const void *);
typedef int pem_password_cb(char *buf, int size, int rwflag, void *userdata);

OPENSSL_STACK *OPENSSL_sk_new(OPENSSL_sk_compfunc compare);
OPENSSL_STACK *OPENSSL_sk_new_null(void);
void OPENSSL_sk_free(OPENSSL_STACK *stack);
int OPENSSL_sk_push(OPENSSL_STACK *stack, const void *item);
int OPENSSL_sk_num(const OPENSSL_STACK *stack);
void *OPENSSL_sk_value(const OPENSSL_STACK *stack, int index);

#ifdef __cplusplus
}
#endif

#endif
