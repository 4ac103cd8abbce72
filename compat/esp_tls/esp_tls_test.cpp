// SPDX-License-Identifier: Apache-2.0
#include "compat/esp_tls/test_esp_tls.hpp"

namespace linnet::esp_tls {
namespace {

using test::EspTls;
using test::port_number;

TEST_F(EspTls, connect_write_read_destroy) {
  esp_tls_cfg_t cfg = trusting();
  ASSERT_EQ(connect(cfg), 1);
  esp_tls_conn_state_t state = ESP_TLS_INIT;
  EXPECT_EQ(esp_tls_get_conn_state(handle, &state), ESP_OK);
  EXPECT_EQ(state, ESP_TLS_DONE);
  int fd = -1;
  EXPECT_EQ(esp_tls_get_conn_sockfd(handle, &fd), ESP_OK);
  EXPECT_GE(fd, 0);
  EXPECT_NE(esp_tls_get_ssl_context(handle), nullptr);
  EXPECT_EQ(esp_tls_conn_write(handle, "hello", 5), 5);
  std::array<char, 16> buffer{};
  EXPECT_EQ(esp_tls_conn_read(handle, buffer.data(), 2), 2);
  EXPECT_EQ(esp_tls_get_bytes_avail(handle), 3);
  EXPECT_EQ(esp_tls_conn_read(handle, buffer.data() + 2, 14), 3);
  EXPECT_STREQ(buffer.data(), "hello");
  cfg.timeout_ms = 100;
  EXPECT_EQ(esp_tls_conn_destroy(handle), 0);
}

TEST_F(EspTls, urls) {
  esp_tls_cfg_t cfg = trusting();
  handle = esp_tls_init();
  EXPECT_EQ(esp_tls_conn_http_new_sync("http://device.example/", &cfg, handle), -1);
  EXPECT_EQ(esp_tls_conn_http_new_sync("https://device.example:x/", &cfg, handle), -1);
  esp_tls_conn_destroy(handle);
  handle = esp_tls_init();
  EXPECT_EQ(esp_tls_conn_http_new_sync("https://device.example/path", &cfg, handle), 1);
  esp_tls_conn_destroy(handle);
}

TEST_F(EspTls, another_host_is_refused_unless_the_name_does_not_matter) {
  esp_tls_cfg_t cfg = trusting();
  EXPECT_EQ(connect(cfg, "other.example"), -1);
  EXPECT_EQ(last_error(), ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED);
  EXPECT_EQ(last_error(), ESP_OK) << "it was cleared";
  esp_tls_conn_destroy(handle);
  next_client();
  cfg.skip_common_name = true;
  EXPECT_EQ(connect(cfg, "other.example"), 1);
  esp_tls_conn_destroy(handle);
}

TEST_F(EspTls, common_name_instead_of_the_host) {
  esp_tls_cfg_t cfg = trusting();
  cfg.common_name = "device.example";
  EXPECT_EQ(connect(cfg, "other.example"), 1);
  esp_tls_conn_destroy(handle);
}

TEST_F(EspTls, what_fails_is_told) {
  esp_tls_cfg_t cfg{};
  EXPECT_EQ(connect(cfg), -1) << "nobody is trusted";
  EXPECT_EQ(last_error(), ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED);
  esp_tls_conn_destroy(handle);
  EXPECT_EQ(connect(cfg, "nowhere.test"), -1);
  EXPECT_EQ(last_error(), ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME);
  esp_tls_conn_destroy(handle);
  handle = esp_tls_init();
  EXPECT_EQ(esp_tls_conn_new_sync("device.example", 14, 444, &cfg, handle), -1);
  EXPECT_EQ(last_error(), ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST);
  esp_tls_conn_destroy(handle);
  EXPECT_EQ(esp_tls_conn_destroy(nullptr), -1);
}

TEST_F(EspTls, C27_04_a_silent_server_is_given_up) {
  silent = true;
  esp_tls_cfg_t cfg = trusting();
  cfg.timeout_ms = 700;
  EXPECT_EQ(connect(cfg), -1);
  EXPECT_EQ(last_error(), ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT);
  esp_tls_conn_destroy(handle);
}

TEST_F(EspTls, global_store_and_bundle) {
  const auto* pem = reinterpret_cast<const unsigned char*>(device.pem.c_str());
  esp_tls_cfg_t cfg{};
  cfg.use_global_ca_store = true;
  EXPECT_EQ(connect(cfg), -1);
  esp_tls_conn_destroy(handle);
  next_client();
  EXPECT_EQ(esp_tls_init_global_ca_store(), ESP_OK);
  EXPECT_EQ(esp_tls_set_global_ca_store(pem, static_cast<unsigned>(device.pem.size() + 1)), ESP_OK);
  EXPECT_EQ(connect(cfg), 1);
  esp_tls_conn_destroy(handle);
  esp_tls_free_global_ca_store();
  next_client();
  EXPECT_EQ(esp_crt_bundle_set(pem, device.pem.size() + 1), ESP_OK);
  EXPECT_NE(esp_crt_bundle_set(nullptr, 0), ESP_OK);
  cfg = {};
  cfg.crt_bundle_attach = esp_crt_bundle_attach;
  EXPECT_EQ(connect(cfg), 1);
  esp_tls_conn_destroy(handle);
  esp_crt_bundle_detach(nullptr);
}

TEST_F(EspTls, client_certificates) {
  ask_client = true;
  const tls::SelfSigned made = test::self_signed("person");
  ASSERT_EQ(person.trust.add(tls::test::bytes_of(made.certificate)), 1);
  esp_tls_cfg_t cfg = trusting();
  cfg.alpn_protos = nullptr;
  cfg.clientcert_buf = reinterpret_cast<const unsigned char*>(made.certificate.c_str());
  cfg.clientcert_bytes = static_cast<unsigned>(made.certificate.size() + 1);
  cfg.clientkey_buf = reinterpret_cast<const unsigned char*>(made.key.c_str());
  cfg.clientkey_bytes = static_cast<unsigned>(made.key.size() + 1);
  ASSERT_EQ(connect(cfg), 1);
  EXPECT_EQ(esp_tls_conn_write(handle, "x", 1), 1);
  char back = 0;
  EXPECT_EQ(esp_tls_conn_read(handle, &back, 1), 1);
  EXPECT_TRUE(server->connection().peer_verified());
  esp_tls_conn_destroy(handle);
}

TEST_F(EspTls, async_makes_a_step_a_call_and_then_nothing_waits) {
  esp_tls_cfg_t cfg = trusting();
  cfg.non_block = true;
  handle = esp_tls_init();
  int result = 0;
  int calls = 0;
  for (; result == 0 && calls < 1000; ++calls) {
    result = esp_tls_conn_http_new_async("https://device.example/", &cfg, handle);
    run(now() + Duration::milliseconds(1));
  }
  ASSERT_EQ(result, 1);
  EXPECT_GE(calls, 2);
  EXPECT_EQ(esp_tls_conn_new_async("device.example", 14, port_number, &cfg, handle), 1) << "it is done";
  char byte = 0;
  EXPECT_EQ(esp_tls_conn_read(handle, &byte, 1), ESP_TLS_ERR_SSL_WANT_READ);
  EXPECT_EQ(esp_tls_conn_write(handle, "x", 1), 1);
  for (int i = 0; i < 100 && byte == 0; ++i) {
    run(now() + Duration::milliseconds(1));
    esp_tls_conn_read(handle, &byte, 1);
  }
  EXPECT_EQ(byte, 'x');
  esp_tls_conn_destroy(handle);
}

TEST_F(EspTls, C27_04_async_gives_a_silent_server_up) {
  silent = true;
  esp_tls_cfg_t cfg = trusting();
  cfg.timeout_ms = 700;
  handle = esp_tls_init();
  const Instant before = now();
  int result = 0;
  while (result == 0) {
    result = esp_tls_conn_new_async("device.example", 14, port_number, &cfg, handle);
    run(now() + Duration::milliseconds(10));
  }
  EXPECT_EQ(result, -1);
  EXPECT_EQ(last_error(), ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT);
  EXPECT_LE(now() - before, Duration::seconds(2));
  EXPECT_EQ(esp_tls_conn_new_async("device.example", 14, port_number, &cfg, handle), -1) << "and stays so";
  esp_tls_conn_destroy(handle);
}

TEST_F(EspTls, a_session_comes_back_without_certificates) {
  esp_tls_cfg_t cfg = trusting();
  EXPECT_EQ(esp_tls_get_client_session(nullptr), nullptr);
  ASSERT_EQ(connect(cfg), 1);
  char back = 0;
  EXPECT_EQ(esp_tls_conn_write(handle, "x", 1), 1);
  EXPECT_EQ(esp_tls_conn_read(handle, &back, 1), 1);
  EXPECT_FALSE(server->connection().resumed());
  esp_tls_client_session_t* session = esp_tls_get_client_session(handle);
  ASSERT_NE(session, nullptr);
  esp_tls_conn_destroy(handle);
  next_client();
  cfg.client_session = session;
  ASSERT_EQ(connect(cfg), 1);
  EXPECT_EQ(esp_tls_conn_write(handle, "x", 1), 1);
  EXPECT_EQ(esp_tls_conn_read(handle, &back, 1), 1);
  EXPECT_TRUE(server->connection().resumed());
  esp_tls_conn_destroy(handle);
  esp_tls_free_client_session(session);
}

TEST_F(EspTls, plain_tcp) {
  esp_tls_cfg_t cfg{};
  esp_tls_last_error_t error{};
  int fd = -1;
  EXPECT_EQ(esp_tls_plain_tcp_connect("device.example", 14, port_number, &cfg, &error, &fd), ESP_OK);
  EXPECT_EQ(s.send(fd, tls::test::bytes_of("plain")), 5);
  s.close(fd);
  EXPECT_EQ(esp_tls_plain_tcp_connect("nowhere.test", 12, port_number, &cfg, &error, &fd),
            ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME);
  EXPECT_EQ(error.last_error, ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME);
  EXPECT_EQ(esp_tls_plain_tcp_connect("device.example", 14, 444, &cfg, &error, &fd),
            ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST);
  EXPECT_EQ(esp_tls_plain_tcp_connect(nullptr, 0, 444, &cfg, &error, &fd), ESP_ERR_INVALID_ARG);
}

TEST_F(EspTls, a_server_session) {
  // The roles are changed: the server of the calls waits, and a client makes its steps meanwhile.
  const tls::SelfSigned made = test::self_signed("server");
  tls::Trust trust;
  ASSERT_EQ(trust.add(tls::test::bytes_of(made.certificate)), 1);
  const int client_fd = s.socket(sockets::af::inet, sockets::sock::stream);
  ASSERT_EQ(s.connect(client_fd, {IpAddress::loopback_v4(), port_number}), 0);
  for (int i = 0; i < 100 && server_fd < 0; ++i) {
    host.poll_once();
    server_fd = s.accept(listening, nullptr, 0);
  }
  ASSERT_GE(server_fd, 0);
  server = std::make_unique<tls::Stream>(
      host, client_fd,
      tls::Options{.verify = tls::Verify::chain, .host_name = "device.example", .trust = &trust});
  esp_tls_cfg_server_t cfg{};
  handle = esp_tls_init();
  EXPECT_EQ(esp_tls_server_session_create(&cfg, std::exchange(server_fd, 1000), handle), -1)
      << "no certificate";
  int fd = -1;
  ASSERT_EQ(esp_tls_get_conn_sockfd(handle, &fd), ESP_OK);
  cfg.servercert_buf = reinterpret_cast<const unsigned char*>(made.certificate.c_str());
  cfg.servercert_bytes = static_cast<unsigned>(made.certificate.size() + 1);
  cfg.serverkey_buf = reinterpret_cast<const unsigned char*>(made.key.c_str());
  cfg.serverkey_bytes = static_cast<unsigned>(made.key.size() + 1);
  esp_tls_t* second = esp_tls_init();
  ASSERT_EQ(esp_tls_server_session_create(&cfg, fd, second), 0);
  std::size_t count = 0;
  for (int i = 0; i < 100 && count == 0; ++i) {  // the client has not seen the server's last flight yet
    run(now() + Duration::milliseconds(1));
    server->connection().write(tls::test::bytes_of("hello"), count);
  }
  ASSERT_EQ(count, 5u) << server->words();
  std::array<char, 8> buffer{};
  EXPECT_EQ(esp_tls_conn_read(second, buffer.data(), buffer.size()), 5);
  EXPECT_STREQ(buffer.data(), "hello");
  esp_tls_server_session_delete(second);
  esp_tls_conn_destroy(handle);
  server.reset();
  s.close(client_fd);
  server_fd = -1;
}

}  // namespace
}  // namespace linnet::esp_tls
