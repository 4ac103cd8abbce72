// SPDX-License-Identifier: Apache-2.0
// What a connection may be told beside whom to trust: keep-alive, a shared key, suites, address family, TCP
// alone; hardware keys, which there are none of; and the server's steps, tickets and hook.
#include "compat/esp_tls/test_esp_tls.hpp"

namespace linnet::esp_tls {
namespace {

using test::EspTls;
using test::port_number;

class EspTlsSettings : public EspTls {
 protected:
  void destroy() {
    esp_tls_conn_destroy(std::exchange(handle, nullptr));
    next_client();
  }
  int fd() {
    int descriptor = -1;
    EXPECT_EQ(esp_tls_get_conn_sockfd(handle, &descriptor), ESP_OK);
    return descriptor;
  }
  int tcp(int name) { return s.option(fd(), sockets::ipproto::tcp, name); }
  std::string echo(std::string_view text) {
    std::array<char, 64> buffer{};
    EXPECT_EQ(esp_tls_conn_write(handle, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    const ssize_t n = esp_tls_conn_read(handle, buffer.data(), buffer.size());
    return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : std::to_string(n);
  }
};

TEST_F(EspTlsSettings, keep_alive) {
  tls_keep_alive_cfg_t alive{true, 7, 3, 4};
  esp_tls_cfg_t cfg = trusting();
  cfg.keep_alive_cfg = &alive;
  ASSERT_EQ(connect(cfg), 1);
  EXPECT_EQ(s.option(fd(), sockets::sol::socket, sockets::so::keepalive), 1);
  EXPECT_EQ(tcp(sockets::tcp_option::keep_idle), 7);
  EXPECT_EQ(tcp(sockets::tcp_option::keep_interval), 3);
  EXPECT_EQ(tcp(sockets::tcp_option::keep_count), 4);
  destroy();
  alive.keep_alive_enable = false;
  ASSERT_EQ(connect(cfg), 1);
  EXPECT_EQ(s.option(fd(), sockets::sol::socket, sockets::so::keepalive), 0);
  destroy();
  alive = {true, -5, 0, 0};
  EXPECT_EQ(connect(cfg), -1);
  EXPECT_EQ(last_error(), ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED);
  destroy();
}

TEST_F(EspTlsSettings, RFC4279_a_shared_key_instead_of_certificates) {
  const tls::SharedKey known{.identity = "a device", .key = tls::test::bytes_of("0123456789abcdef")};
  key = &known;
  const psk_hint_key_t right{known.key.data(), known.key.size(), "a device"};
  const psk_hint_key_t wrong{known.key.data(), known.key.size() - 1, "a device"};
  const psk_hint_key_t none{known.key.data(), 0, "a device"};
  esp_tls_cfg_t cfg{};
  cfg.psk_hint_key = &right;
  ASSERT_EQ(connect(cfg), 1);
  EXPECT_EQ(echo("hello"), "hello");
  destroy();
  cfg.psk_hint_key = &wrong;
  EXPECT_EQ(connect(cfg), -1);
  EXPECT_EQ(last_error(), ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED);
  destroy();
  cfg.psk_hint_key = &none;
  EXPECT_EQ(connect(cfg), -1);
  EXPECT_EQ(last_error(), ESP_ERR_MBEDTLS_SSL_CONF_PSK_FAILED);
  destroy();
  key = nullptr;
  cfg = trusting();
  cfg.psk_hint_key = &right;
  ASSERT_EQ(connect(cfg), 1) << "certificates come first, as in ESP-IDF";
  EXPECT_EQ(echo("hello"), "hello");
  destroy();
}

TEST_F(EspTlsSettings, suites_and_versions) {
  const int* spoken = esp_tls_get_ciphersuites_list();
  ASSERT_NE(spoken[0], 0);
  const int only[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, 0};
  esp_tls_cfg_t cfg = trusting();
  cfg.ciphersuites_list = only;
  cfg.tls_version = ESP_TLS_VER_TLS_1_2;
  ASSERT_EQ(connect(cfg), 1);
  EXPECT_EQ(echo("x"), "x");
  EXPECT_EQ(server->connection().suite(), "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384");
  destroy();
  cfg = trusting();
  cfg.tls_version = ESP_TLS_VER_TLS_1_3;
  EXPECT_EQ(connect(cfg), tls::library::has_tls13 ? 1 : -1);
  destroy();
}

TEST_F(EspTlsSettings, address_families) {
  esp_tls_cfg_t cfg = trusting();
  cfg.addr_family = ESP_TLS_AF_INET;
  EXPECT_EQ(connect(cfg), 1);
  destroy();
  cfg.addr_family = ESP_TLS_AF_INET6;
  EXPECT_EQ(connect(cfg), -1);
  EXPECT_EQ(last_error(), ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME) << "it has an address of IPv4 only";
  destroy();
}

TEST_F(EspTlsSettings, tcp_alone) {
  plain = true;
  for (const bool without : {true, false}) {
    esp_tls_cfg_t cfg{};
    cfg.is_plain_tcp = true;
    cfg.timeout_ms = 300;
    handle = esp_tls_init();
    ASSERT_EQ(esp_tls_conn_new_sync("device.example", 14, port_number, without ? nullptr : &cfg, handle), 1);
    EXPECT_EQ(echo("plain"), "plain");
    EXPECT_EQ(esp_tls_get_ssl_context(handle), nullptr);
    char byte = 0;
    EXPECT_EQ(esp_tls_conn_read(handle, &byte, 1), ESP_TLS_ERR_SSL_TIMEOUT);
    destroy();
  }
  esp_tls_cfg_t cfg{};
  cfg.is_plain_tcp = cfg.non_block = true;
  handle = esp_tls_init();
  ASSERT_EQ(esp_tls_conn_new_async("device.example", 14, port_number, &cfg, handle), 1);
  char byte = 0;
  EXPECT_EQ(esp_tls_conn_read(handle, &byte, 1), ESP_TLS_ERR_SSL_WANT_READ);
  destroy();
}

TEST_F(EspTlsSettings, what_is_not_there_is_refused) {
  int thing = 0;
  for (int which = 0; which < 4; ++which) {
    esp_tls_cfg_t cfg = trusting();
    cfg.use_ecdsa_peripheral = which == 0;
    cfg.use_secure_element = which == 1;
    if (which == 2) cfg.ds_data = &thing;
    if (which == 3) cfg.if_name = reinterpret_cast<ifreq*>(&thing);
    EXPECT_EQ(connect(cfg), -1) << which;
    EXPECT_EQ(last_error(), which == 3 ? ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED : ESP_ERR_ESP_TLS_SE_FAILED);
    destroy();
  }
  esp_tls_cfg_server_t server_cfg{};
  server_cfg.use_secure_element = true;
  handle = esp_tls_init();
  EXPECT_EQ(esp_tls_server_session_init(&server_cfg, 1000, handle), ESP_ERR_ESP_TLS_SE_FAILED);
  esp_tls_conn_destroy(handle);
}

TEST_F(EspTlsSettings, errors_by_their_kind) {
  esp_tls_cfg_t cfg = trusting();
  EXPECT_EQ(connect(cfg, "other.example"), -1);
  esp_tls_error_handle_t error = nullptr;
  ASSERT_EQ(esp_tls_get_error_handle(handle, &error), ESP_OK);
  int code = 0;
  EXPECT_EQ(esp_tls_get_and_clear_error_type(error, ESP_TLS_ERR_TYPE_MBEDTLS_CERT_FLAGS, &code), ESP_OK);
  EXPECT_EQ(code, MBEDTLS_X509_BADCERT_CN_MISMATCH);
  EXPECT_EQ(esp_tls_get_and_clear_error_type(error, ESP_TLS_ERR_TYPE_MBEDTLS, &code), ESP_OK);
  EXPECT_EQ(code, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
  EXPECT_EQ(esp_tls_get_and_clear_error_type(error, ESP_TLS_ERR_TYPE_ESP, &code), ESP_OK);
  EXPECT_EQ(code, ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED);
  EXPECT_EQ(esp_tls_get_and_clear_error_type(error, ESP_TLS_ERR_TYPE_ESP, &code), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(esp_tls_get_and_clear_error_type(error, ESP_TLS_ERR_TYPE_SYSTEM, &code), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(esp_tls_get_and_clear_error_type(nullptr, ESP_TLS_ERR_TYPE_ESP, &code), ESP_ERR_INVALID_STATE);
  destroy();
}

TEST_F(EspTlsSettings, the_calls_of_before_v5) {
  esp_tls_cfg_t cfg{};
  cfg.cacert_pem_buf = reinterpret_cast<const unsigned char*>(device.pem.c_str());
  cfg.cacert_pem_bytes = static_cast<unsigned>(device.pem.size() + 1);
  handle = esp_tls_conn_http_new("https://device.example/", &cfg);
  ASSERT_NE(handle, nullptr);
  EXPECT_EQ(echo("x"), "x");
  esp_tls_conn_delete(std::exchange(handle, nullptr));
  next_client();
  handle = esp_tls_conn_new("device.example", 14, port_number, &cfg);
  ASSERT_NE(handle, nullptr);
  destroy();
  EXPECT_EQ(esp_tls_conn_new("other.example", 13, port_number, &cfg), nullptr);
  next_client();
  EXPECT_EQ(esp_tls_conn_http_new("ftp://device.example/", &cfg), nullptr);
}

TEST_F(EspTlsSettings, descriptor_state_and_store) {
  handle = esp_tls_init();
  EXPECT_EQ(esp_tls_set_conn_sockfd(handle, -1), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_tls_set_conn_sockfd(nullptr, 1), ESP_ERR_INVALID_ARG);
  EXPECT_EQ(esp_tls_set_conn_sockfd(handle, 1000), ESP_OK);
  EXPECT_EQ(fd(), 1000);
  EXPECT_EQ(esp_tls_set_conn_state(handle, ESP_TLS_CONNECTING), ESP_OK);
  EXPECT_EQ(esp_tls_set_conn_state(nullptr, ESP_TLS_DONE), ESP_ERR_INVALID_ARG);
  esp_tls_conn_state_t state = ESP_TLS_INIT;
  EXPECT_EQ(esp_tls_get_conn_state(handle, &state), ESP_OK);
  EXPECT_EQ(state, ESP_TLS_CONNECTING);
  esp_tls_conn_destroy(handle);
  EXPECT_EQ(esp_tls_get_global_ca_store(), nullptr);
  EXPECT_EQ(esp_tls_set_global_ca_store(reinterpret_cast<const unsigned char*>(device.pem.c_str()),
                                        static_cast<unsigned>(device.pem.size() + 1)),
            ESP_OK);
  EXPECT_NE(esp_tls_get_global_ca_store(), nullptr);
  esp_tls_free_global_ca_store();
  esp_tls_cfg_t cfg = trusting();
  ASSERT_EQ(connect(cfg), 1);
  EXPECT_EQ(esp_tls_set_conn_sockfd(handle, 1000), ESP_ERR_INVALID_STATE);
  destroy();
}

int hooked = 0;

TEST_F(EspTlsSettings, a_server_by_steps_with_tickets_and_a_hook) {
  const tls::SelfSigned made = test::self_signed("server");
  tls::Trust trust;
  ASSERT_EQ(trust.add(tls::test::bytes_of(made.certificate)), 1);
  esp_tls_cfg_server_t cfg{};
  cfg.servercert_pem_buf = reinterpret_cast<const unsigned char*>(made.certificate.c_str());
  cfg.servercert_pem_bytes = static_cast<unsigned>(made.certificate.size() + 1);
  cfg.serverkey_pem_buf = reinterpret_cast<const unsigned char*>(made.key.c_str());
  cfg.serverkey_pem_bytes = static_cast<unsigned>(made.key.size() + 1);
  cfg.cert_select_cb = [](mbedtls_ssl_context* ssl) {
    EXPECT_NE(ssl, nullptr);
    ++hooked;
    return 0;
  };
  EXPECT_EQ(esp_tls_cfg_server_session_tickets_init(nullptr), ESP_ERR_INVALID_ARG);
  ASSERT_EQ(esp_tls_cfg_server_session_tickets_init(&cfg), ESP_OK);
  EXPECT_EQ(esp_tls_cfg_server_session_tickets_init(&cfg), ESP_ERR_INVALID_ARG);
  hooked = 0;
  std::vector<std::uint8_t> session;
  for (int round = 0; round < 2; ++round) {
    const int client_fd = s.socket(sockets::af::inet, sockets::sock::stream);
    ASSERT_EQ(s.connect(client_fd, {IpAddress::loopback_v4(), port_number}), 0);
    int accepted = -1;
    for (int i = 0; i < 100 && accepted < 0; ++i) {
      host.poll_once();
      accepted = s.accept(listening, nullptr, sockets::sock::nonblock);
    }
    ASSERT_GE(accepted, 0);
    s.set_non_blocking(client_fd, true);
    tls::Stream client(host, client_fd,
                       tls::Options{.verify = tls::Verify::chain,
                                    .host_name = "device.example",
                                    .trust = &trust,
                                    .session = session});
    handle = esp_tls_init();
    ASSERT_EQ(esp_tls_server_session_init(&cfg, accepted, handle), ESP_OK);
    int result = ESP_TLS_ERR_SSL_WANT_READ;
    tls::Step step = tls::Step::want_read;
    std::array<std::uint8_t, 8> bytes{};
    std::size_t count = 0;
    for (int i = 0; i < 1000 && (result != 0 || step != tls::Step::done); ++i) {
      if (result != 0) result = esp_tls_server_session_continue_async(handle);
      ASSERT_TRUE(result == 0 || result == ESP_TLS_ERR_SSL_WANT_READ || result == ESP_TLS_ERR_SSL_WANT_WRITE);
      if (step != tls::Step::done) step = client.connection().handshake();
      run(now() + Duration::milliseconds(1));
    }
    ASSERT_EQ(result, 0);
    EXPECT_EQ(esp_tls_server_session_continue_async(handle), 0) << "it is done";
    EXPECT_EQ(client.connection().resumed(), round == 1);
    EXPECT_EQ(esp_tls_conn_write(handle, "x", 1), 1);
    for (int i = 0; i < 100 && count == 0; ++i) {
      run(now() + Duration::milliseconds(1));
      client.connection().read(bytes, count);
    }
    session.resize(4096);
    session.resize(client.connection().save_session(session));
    esp_tls_server_session_delete(handle);
    s.close(client_fd);
  }
  EXPECT_GE(hooked, 1);
  EXPECT_EQ(esp_tls_server_session_continue_async(nullptr), -1);
  esp_tls_cfg_server_session_tickets_free(&cfg);
  EXPECT_EQ(cfg.ticket_ctx, nullptr);
  esp_tls_cfg_server_session_tickets_free(nullptr);
}

}  // namespace
}  // namespace linnet::esp_tls
