// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "compat/openssl/objects.hpp"

namespace {

struct AlertWords {
  int value;
  const char* brief;
  const char* full;
};
constexpr AlertWords alerts[] = {
    {0, "CN", "close notify"},
    {10, "UM", "unexpected message"},
    {20, "BM", "bad record mac"},
    {22, "RO", "record overflow"},
    {40, "HF", "handshake failure"},
    {42, "BC", "bad certificate"},
    {43, "UC", "unsupported certificate"},
    {44, "CR", "certificate revoked"},
    {45, "CE", "certificate expired"},
    {46, "CU", "certificate unknown"},
    {47, "IP", "illegal parameter"},
    {48, "CA", "unknown CA"},
    {49, "AD", "access denied"},
    {50, "DE", "decode error"},
    {51, "DC", "decrypt error"},
    {70, "PV", "protocol version"},
    {71, "IS", "insufficient security"},
    {80, "IE", "internal error"},
    {90, "US", "user canceled"},
    {100, "NR", "no renegotiation"},
    {110, "UE", "unsupported extension"},
    {112, "UN", "unrecognized name"},
    {120, "AP", "no application protocol"},
};
constexpr AlertWords unknown{0, "UK", "unknown"};

const AlertWords& words_of(int value) {
  const auto* found = std::find_if(std::begin(alerts), std::end(alerts),
                                   [value](const AlertWords& row) { return row.value == (value & 0xff); });
  return found != std::end(alerts) ? *found : unknown;
}

}  // namespace

extern "C" {

const char* SSL_alert_desc_string(int value) { return words_of(value).brief; }
const char* SSL_alert_desc_string_long(int value) { return words_of(value).full; }
const char* SSL_alert_type_string(int value) {
  const int level = value >> 8;
  return level == 1 ? "W" : level == 2 ? "F" : "U";
}
const char* SSL_alert_type_string_long(int value) {
  const int level = value >> 8;
  return level == 1 ? "warning" : level == 2 ? "fatal" : "unknown";
}
const char* SSL_rstate_string(SSL* ssl) { return ssl->want == SSL_READING ? "RB" : "RH"; }
const char* SSL_rstate_string_long(SSL* ssl) {
  return ssl->want == SSL_READING ? "read body" : "read header";
}
const char* SSL_state_string(const SSL* ssl) {
  return ssl->established ? "SSLOK " : ssl->set_up ? "TWHS  " : "PINIT ";
}
const char* SSL_state_string_long(const SSL* ssl) {
  return ssl->established ? "SSL negotiation finished successfully"
         : ssl->set_up    ? "SSL handshake in progress"
                          : "before SSL initialization";
}

}  // extern "C"
