#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each function and macro that the headers of compat/openssl declare is called by a test; those that ESP-IDF's layer had are
declared."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = re.compile(r"\b((?:SSL|TLS|SSLv\d+|TLSv1(?:_\d)?|X509|EVP|BIO|PEM|ERR|d2i|OPENSSL|RSA)_\w+)\(")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
# What ESP-IDF's components/openssl defines in v2.0 and v4.4, or declares there and a program cannot do without; {a,b} and {,a}
# stand for each of these words.
LISTED = """
SSL_CTX_{new,free,up_ref,set_ssl_version,get_ssl_method,set_options,get_options,clear_options,set_timeout,get_timeout}
SSL_CTX_{set_read_ahead,get_read_ahead,get_default_read_ahead,set_default_read_buffer_len,set_verify,get_verify_mode}
SSL_CTX_{set_verify_depth,get_verify_depth,add_client_CA,use_certificate,use_certificate_ASN1,use_certificate_file}
SSL_CTX_{use_PrivateKey,use_PrivateKey_ASN1,use_PrivateKey_file,use_RSAPrivateKey_ASN1}
SSL_{new,free,clear,connect,accept,do_handshake,shutdown,read,write,pending,has_pending,set_fd,set_rfd,set_wfd,get_fd,get_rfd}
SSL_{get_wfd,get_error,get_state,want,want_nothing,want_read,want_write,want_x509_lookup,version,get_version,get_SSL_CTX}
SSL_{get_ssl_method,set_ssl_method,get_shutdown,set_shutdown,set_options,clear_options,get_options,set_read_ahead}
SSL_{get_read_ahead,set_default_read_buffer_len,set_time,set_timeout,set_info_callback,set_security_level,get_security_level}
SSL_{set_verify,set_verify_depth,get_verify_depth,get_verify_result,get_peer_certificate,get_certificate,add_client_CA}
SSL_{use_certificate,use_certificate_ASN1,use_certificate_file,use_PrivateKey,use_PrivateKey_ASN1,use_PrivateKey_file}
SSL_{alert_desc_string,alert_type_string,rstate_string,state_string}{,_long}
{TLS,TLSv1_2,TLSv1_1,TLSv1,SSLv3,SSLv23}{_client,_server,}_method
X509_{new,free} d2i_X509 EVP_PKEY_{new,free} d2i_PrivateKey SSL_SESSION_{new,free} OPENSSL_sk_{new,new_null,free}
SSL_CTX_{set_min_proto_version,set_max_proto_version,set_alpn_protos,use_certificate_chain_file,add_extra_chain_cert}
SSL_CTX_{get_cert_store,get_verify_callback,set_app_data,get_app_data,get_ex_data} X509_STORE_add_cert
SSL_{set_tlsext_host_name,set_bio,set_mode,get_verify_callback,set_app_data,get_app_data,get0_param}
X509_VERIFY_PARAM_{set1_host,set_hostflags,clear_hostflags}
BIO_{new,s_mem,new_mem_buf,new_bio_pair,free,read,write,ctrl_pending,wpending,ctrl_get_write_guarantee,method_type,test_flags}
PEM_read_bio_{X509,X509_AUX,PrivateKey,RSAPrivateKey} d2i_{PrivateKey,RSAPrivateKey}_bio
ERR_{get_error,peek_error,peek_last_error,clear_error,put_error,get_error_line_data,peek_error_line_data,reason_error_string}
SSL_library_init ERR_load_SSL_strings ERR_error_string SSL_CTX_{load_verify_locations,set_cipher_list,set_default_verify_paths}
SSL_CTX_{check_private_key,set_alpn_select_cb,set_mode} SSL_{set_cipher_list,get_cipher,get_current_cipher,peek,renegotiate}
SSL_set_accept_state
SSL_CTX_{set_next_proto_select_cb,set_client_CA_list,get_client_CA_list,use_serverinfo,use_serverinfo_file,ctrl,get_ciphers}
SSL_CTX_{set_client_cert_cb,use_psk_identity_hint,set_psk_server_callback,set_cert_store,use_RSAPrivateKey}
SSL_CTX_{use_RSAPrivateKey_file,get_quiet_shutdown,set_quiet_shutdown,set_default_read_ahead,set_default_verify_dir}
SSL_CTX_{set_default_verify_file,set_ex_data,get0_certificate,get0_privatekey} SSL_select_next_proto SSL_load_client_CA_file
SSL_{set_client_CA_list,get_client_CA_list,get_privatekey,get_cipher_list,get_cipher_bits,get_cipher_name,get_cipher_version}
SSL_{get_ex_data,get_ex_data_X509_STORE_CTX_idx,get_peer_cert_chain,get_quiet_shutdown,get_rbio,get_wbio,get_shared_ciphers}
SSL_{get_time,get_timeout,get_verify_mode,up_ref,set_quiet_shutdown,total_renegotiations,use_psk_identity_hint}
SSL_get_psk_{identity_hint,identity} RSA_free BIO_new_file
"""


def expanded(word):
    found = re.fullmatch(r"([^{]*)\{([^}]*)\}(.*)", word)
    if not found:
        return {word}
    return {name for each in found[2].split(",") for name in expanded(found[1] + each + found[3])}


def code(path):
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


class Header(unittest.TestCase):
    def declared(self):
        names = set()
        for header in (ROOT / "compat/openssl/include/openssl").glob("*.h"):
            names.update(NAME.findall(code(header)))
        self.assertGreater(len(names), 200)
        return names

    def test_each_function_is_called(self):
        tests = [*(ROOT / "compat/openssl").glob("*test*.?pp"), ROOT / "tests/openssl_peer/main.cpp"]
        called = set(re.findall(r"\b(\w+)\(", "".join(map(code, tests))))
        self.assertEqual(sorted(self.declared() - called), [])

    def test_each_function_of_esp_idf_is_declared(self):
        listed = set().union(*map(expanded, LISTED.split()))
        self.assertGreater(len(listed), 170)
        self.assertEqual(sorted(listed - self.declared()), [])


if __name__ == "__main__":
    unittest.main()
