// SPDX-License-Identifier: Apache-2.0
// What a TLS connection allocates with small_config.h, client and server each from a memory of its own:
// tools/mbedtls memory, which compiles it for 32 bits. `memory CHAIN KEY AUTHORITY`, PEM files.
#include "tls/memory.hpp"

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/base/random.hpp"

namespace {

using linnet::tls::Memory;

int random_bytes(void* random, unsigned char* to, std::size_t size) {
  static_cast<linnet::Random*>(random)->fill({to, size});
  return 0;
}

/// With the zero that mbedTLS wants behind PEM.
std::vector<unsigned char> file(const char* name) {
  std::ifstream in(name, std::ios::binary);
  std::vector<unsigned char> text((std::istreambuf_iterator<char>(in)), {});
  text.push_back(0);
  return text;
}

struct Wire {
  std::deque<unsigned char> bytes;
};

/// One end. Whatever it does is done with its memory attached.
struct End {
  explicit End(std::size_t seed)
      : memory(area), random(linnet::Random::Seed{static_cast<std::uint8_t>(seed)}) {}

  static int send(void* self, const unsigned char* bytes, std::size_t size) {
    auto& out = static_cast<End*>(self)->out->bytes;
    out.insert(out.end(), bytes, bytes + size);
    return static_cast<int>(size);
  }
  static int receive(void* self, unsigned char* to, std::size_t size) {
    auto& in = static_cast<End*>(self)->in->bytes;
    if (in.empty()) return MBEDTLS_ERR_SSL_WANT_READ;
    const std::size_t count = std::min(size, in.size());
    std::copy_n(in.begin(), count, to);
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(count));
    return static_cast<int>(count);
  }

  bool set_up(int role, const char* chain, const char* key_file) {
    attach(memory);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    mbedtls_x509_crt_init(&certificates);
    mbedtls_pk_init(&key);
    {
      const std::vector<unsigned char> text = file(chain);
      if (mbedtls_x509_crt_parse(&certificates, text.data(), text.size()) != 0) return false;
    }
    if (mbedtls_ssl_config_defaults(&config, role, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
      return false;
    if (role == MBEDTLS_SSL_IS_SERVER) {
      const std::vector<unsigned char> text = file(key_file);
      if (mbedtls_pk_parse_key(&key, text.data(), text.size(), nullptr, 0) != 0) return false;
      if (mbedtls_ssl_conf_own_cert(&config, &certificates, &key) != 0) return false;
    } else {
      mbedtls_ssl_conf_ca_chain(&config, &certificates, nullptr);
      mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
    }
    mbedtls_ssl_conf_rng(&config, random_bytes, &random);
    credentials = memory.used();
    if (mbedtls_ssl_setup(&ssl, &config) != 0) return false;
    if (role == MBEDTLS_SSL_IS_CLIENT && mbedtls_ssl_set_hostname(&ssl, "device.example") != 0) return false;
    mbedtls_ssl_set_bio(&ssl, this, send, receive, nullptr);
    memory.begin_peak();
    return true;
  }
  int shake() {
    attach(memory);
    return mbedtls_ssl_handshake(&ssl);
  }
  void tell(const char* role) const {
    std::printf("%s: %zu bytes after the handshake, %zu at most in it, beside %zu of certificates and keys\n",
                role, memory.used() - credentials, memory.peak() - credentials, credentials);
  }

  alignas(Memory::alignment) std::uint8_t area[128 * 1024];
  Memory memory;
  linnet::Random random;
  Wire* in = nullptr;
  Wire* out = nullptr;
  std::size_t credentials = 0;
  mbedtls_ssl_context ssl;
  mbedtls_ssl_config config;
  mbedtls_x509_crt certificates;
  mbedtls_pk_context key;
};

End client(1);
End server(2);

}  // namespace

int main(int count, char** words) {
  Wire up;
  Wire down;
  client.in = server.out = &down;
  client.out = server.in = &up;
  if (count != 4 || !client.set_up(MBEDTLS_SSL_IS_CLIENT, words[3], nullptr) ||
      !server.set_up(MBEDTLS_SSL_IS_SERVER, words[1], words[2])) {
    std::puts("memory CHAIN KEY AUTHORITY, or there is too little");
    return 2;
  }
  int of_client = MBEDTLS_ERR_SSL_WANT_READ;
  int of_server = MBEDTLS_ERR_SSL_WANT_READ;
  for (int i = 0; i < 100 && (of_client != 0 || of_server != 0); ++i) {
    if (of_client != 0) of_client = client.shake();
    if (of_server != 0) of_server = server.shake();
  }
  if (of_client != 0 || of_server != 0) {
    std::printf("no handshake: client -0x%04x, server -0x%04x\n", static_cast<unsigned>(-of_client),
                static_cast<unsigned>(-of_server));
    return 1;
  }
  client.tell("client");
  server.tell("server");
  std::printf("objects: %zu bytes for mbedtls_ssl_context and mbedtls_ssl_config\n",
              sizeof(mbedtls_ssl_context) + sizeof(mbedtls_ssl_config));
}
