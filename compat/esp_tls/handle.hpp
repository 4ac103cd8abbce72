// SPDX-License-Identifier: Apache-2.0
// What an esp_tls_t is, and what client and server have in common.
#pragma once

#include <esp_crt_bundle.h>
#include <esp_tls.h>
#include <mbedtls/net_sockets.h>

#include <memory>
#include <string>
#include <vector>

#include "tls/attach.hpp"
#include "tls/stream.hpp"

struct esp_tls_server_session_ticket_ctx {
  linnet::tls::Tickets tickets;
};

struct esp_tls {
  std::string host;
  std::vector<const char*> protocols;
  linnet::tls::Trust trust;
  linnet::tls::Identity identity;
  mbedtls_net_context socket{-1};
  std::unique_ptr<linnet::tls::Stream> stream;  // null: TCP alone, or not yet
  bool plain = false;
  esp_tls_conn_state_t state = ESP_TLS_INIT;
  esp_tls_last_error_t error{};
  bool non_block = false;
  linnet::Instant until = linnet::Instant::never();  // of an asynchronous handshake
  esp_tls_handshake_callback named = nullptr;
};

struct esp_tls_client_session {
  std::vector<std::uint8_t> bytes;
};

namespace linnet::esp_tls {

inline constexpr int usual_timeout_ms = 10000;

Random::Seed new_seed();
int fail(::esp_tls& t, esp_err_t error, int code = 0);
bool load_identity(::esp_tls& t, Bytes certificate, Bytes key, const unsigned char* password,
                   unsigned int password_size);
void take_protocols(::esp_tls& t, const char** names);
bool takes_calls(const ::esp_tls* t, const void* arguments);
/// The whole handshake: 1, or -1.
int shake_hands(::esp_tls& t);
/// What of it can be done now: 1, 0 or -1.
int shake_hands_some(::esp_tls& t, tls::Step& step);
/// The authorities of ESP-IDF's one store for the whole program, and of its bundle; null: there is none.
const tls::Trust* global_authorities();
const tls::Trust* bundled_authorities();

}  // namespace linnet::esp_tls
