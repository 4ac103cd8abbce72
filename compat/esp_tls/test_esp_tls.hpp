// SPDX-License-Identifier: Apache-2.0
// A server for the tests of esp_tls, and what they have in common.
#pragma once

#include <esp_crt_bundle.h>
#include <esp_tls.h>

#include <cstring>

#include "sockets/test_host.hpp"
#include "tls/attach.hpp"
#include "tls/stream.hpp"
#include "tls/test_tls.hpp"

namespace linnet::esp_tls::test {

inline constexpr std::uint16_t port_number = 443;

/// A certificate in this name that vouches for itself, and its key.
inline tls::SelfSigned self_signed(std::string_view name) {
  return tls::make_self_signed({.common_name = name,
                                .not_before = tls::test::year_2026 - 1,
                                .not_after = tls::test::year_2026 + 9999},
                               tls::test::seed_of(8));
}

/// A server on the same host, which makes its steps while the client waits: it sends back what it gets.
class EspTls : public sockets::test::SocketsTest {
 protected:
  EspTls() {
    port.set_wall_clock(Duration::seconds(tls::test::year_2026));
    tls::attach(host, {nullptr, [](void*, std::string_view name, std::span<IpAddress> to) -> std::size_t {
                         to[0] = IpAddress::loopback_v4();
                         return name.ends_with(".example") ? 1 : 0;
                       }});
    listening = listener(port_number);
    s.set_non_blocking(listening, true);
    port.set_wait([](void* self, Instant until) { static_cast<EspTls*>(self)->run(until); }, this);
  }
  ~EspTls() {
    server.reset();
    if (server_fd >= 0) s.close(server_fd);
    s.close(listening);
    tls::detach();
  }

  void run(Instant until) {
    ASSERT_LT(++steps, 100000) << "nothing ends this wait";
    serve();
    const Instant next = earlier(host.poll_once(), until);
    port.set_time(std::max(now(), earlier(next, now() + Duration::milliseconds(1))));
  }
  /// Whoever has gone may still wait at the listener.
  void next_client() {
    for (int i = 0; i < 100; ++i) host.poll_once();
    server.reset();
    if (server_fd >= 0) s.close(std::exchange(server_fd, -1));
    for (int fd = s.accept(listening); fd >= 0; fd = s.accept(listening)) s.close(fd);
  }
  void serve() {
    if (server_fd < 0) {
      server_fd = s.accept(listening, nullptr, sockets::sock::nonblock);
      if (server_fd < 0) return;
      tls::Options options{.role = tls::Role::server, .identity = &device.identity, .tickets = &tickets};
      if (key != nullptr) options.shared_key = key;
      if (ask_client) {
        options.client_certificate = tls::ClientCertificate::required;
        options.trust = &person.trust;
      }
      server = std::make_unique<tls::Stream>(host, server_fd, options);
    }
    if (silent) return;
    if (plain) {
      std::array<std::uint8_t, 256> bytes{};
      const std::ptrdiff_t n = s.recv(server_fd, bytes, sockets::msg::dont_wait);
      if (n > 0) s.send(server_fd, Bytes(bytes).first(static_cast<std::size_t>(n)));
      return;
    }
    std::array<std::uint8_t, 256> buffer{};
    std::size_t count = 0;
    const tls::Step step = server->connection().read(buffer, count);
    std::size_t sent = 0;
    if (count > 0) static_cast<void>(server->connection().write(Bytes(buffer).first(count), sent));
    if (step == tls::Step::closed) static_cast<void>(server->connection().close());
  }
  int connect(esp_tls_cfg_t& cfg, const char* name = "device.example") {
    handle = esp_tls_init();
    return esp_tls_conn_new_sync(name, static_cast<int>(std::strlen(name)), port_number, &cfg, handle);
  }
  esp_err_t last_error() {
    esp_tls_error_handle_t error = nullptr;
    EXPECT_EQ(esp_tls_get_error_handle(handle, &error), ESP_OK);
    return esp_tls_get_and_clear_last_error(error, nullptr, nullptr);
  }
  esp_tls_cfg_t trusting() {
    esp_tls_cfg_t cfg{};
    cfg.cacert_buf = reinterpret_cast<const unsigned char*>(device.pem.c_str());
    cfg.cacert_bytes = static_cast<unsigned>(device.pem.size() + 1);
    return cfg;
  }

  tls::test::TestIdentity device{{"device.example"}};
  tls::test::TestIdentity person{
      {"person.example"}, {}, tls::test::year_2026 - 1, tls::test::year_2026 + 9999, 8};
  tls::Tickets tickets{tls::test::seed_of(3)};
  const tls::SharedKey* key = nullptr;  // of the server
  bool silent = false;
  bool plain = false;
  bool ask_client = false;
  int listening = -1;
  int server_fd = -1;
  int steps = 0;
  std::unique_ptr<tls::Stream> server;
  esp_tls_t* handle = nullptr;
};

}  // namespace linnet::esp_tls::test
