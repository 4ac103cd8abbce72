// SPDX-License-Identifier: Apache-2.0
// The program's choice among the protocols that a client offers (RFC 7301).
#include <algorithm>
#include <optional>

#include "compat/openssl/setup.hpp"
#include "core/base/reader.hpp"

namespace linnet::openssl {
namespace {

/// Whether `name` is in `list`, whose names stand behind their lengths.
bool contains(Bytes list, Bytes name) {
  Reader r(list);
  while (!r.at_end()) {
    const Bytes each = r.bytes(r.u8());
    if (r.ok() && std::ranges::equal(each, name)) return true;
  }
  return false;
}

/// Of `wanted`, the first that is in `offered`, too; null: none is.
std::optional<Bytes> first_common(Bytes wanted, Bytes offered) {
  Reader r(wanted);
  while (!r.at_end()) {
    const Bytes name = r.bytes(r.u8());
    if (r.ok() && !name.empty() && contains(offered, name)) return name;
  }
  return std::nullopt;
}

}  // namespace

void choose_protocol(SSL& s) {
  const std::vector<std::uint8_t>& offered = s.hello.offered();
  if (offered.empty()) return;
  const AlpnSelection& selection = s.ctx->alpn;
  const unsigned char* name = nullptr;
  unsigned char length = 0;
  const int answer = selection.select(&s, &name, &length, offered.data(),
                                      static_cast<unsigned int>(offered.size()), selection.argument);
  if (answer == SSL_TLSEXT_ERR_NOACK) return;
  s.selected.clear();
  if (answer == SSL_TLSEXT_ERR_OK && name != nullptr)
    s.selected.assign(reinterpret_cast<const char*>(name), length);
  // A list in which mbedTLS finds nothing that was offered makes it send no_application_protocol (RFC 7301
  // 3.2). Its names end with a zero: it would know one with a zero inside for another.
  s.protocols.clear();
  if (!s.selected.empty() && s.selected.find('\0') == std::string::npos)
    s.protocols.push_back(s.selected.c_str());
  s.protocols.push_back(nullptr);
  mbedtls_ssl_conf_alpn_protocols(&s.config, s.protocols.data());
}

}  // namespace linnet::openssl

extern "C" {

void SSL_CTX_set_alpn_select_cb(SSL_CTX* ctx, SSL_CTX_alpn_select_cb_func select, void* argument) {
  ctx->alpn = {select, argument};
}

int SSL_select_next_proto(unsigned char** out, unsigned char* length, const unsigned char* server,
                          unsigned int server_length, const unsigned char* client,
                          unsigned int client_length) {
  using linnet::Bytes;
  const Bytes offered(client, client_length);
  std::optional<Bytes> name = linnet::openssl::first_common(Bytes(server, server_length), offered);
  const bool common = name.has_value();
  if (!common) {  // as OpenSSL has it: the client's first, if it has one
    linnet::Reader r(offered);
    name = r.bytes(r.u8());
  }
  *out = const_cast<unsigned char*>(name->data());
  *length = static_cast<unsigned char>(name->size());
  return common ? OPENSSL_NPN_NEGOTIATED : OPENSSL_NPN_NO_OVERLAP;
}

}  // extern "C"
