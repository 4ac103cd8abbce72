// SPDX-License-Identifier: Apache-2.0
#ifndef LINNET_OPENSSL_PEM_H
#define LINNET_OPENSSL_PEM_H

#include <openssl/bio.h>
#include <openssl/x509.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The next certificate or key of the BIO; null at its end. */
X509 *PEM_read_bio_X509(BIO *bio, X509 **x509, pem_password_cb *callback, void *userdata);
X509 *PEM_read_bio_X509_AUX(BIO *bio, X509 **x509, pem_password_cb *callback, void *userdata);
EVP_PKEY *PEM_read_bio_PrivateKey(BIO *bio, EVP_PKEY **key, pem_password_cb *callback, void *userdata);
RSA *PEM_read_bio_RSAPrivateKey(BIO *bio, RSA **key, pem_password_cb *callback, void *userdata);

#ifdef __cplusplus
}
#endif

#endif
