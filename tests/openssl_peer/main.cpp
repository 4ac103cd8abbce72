// SPDX-License-Identifier: Apache-2.0
// openssl_peer: programs as the OpenSSL mapping's users write them, a client and a server with PEM files, on
// a linnet of their own. The client asks for / and prints what comes; the server answers one request.
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <CLI/CLI.hpp>

#include "apps/commands.hpp"
#include "apps/problem.hpp"
#include "apps/stream.hpp"
#include "tests/openssl_peer/programs.h"
#include "tls/attach.hpp"

#ifndef LINNET_OPENSSL_SSL_H
#error "<openssl/ssl.h> is not ours, though this target links compat_openssl"
#endif

namespace linnet::apps {
namespace {

struct PeerOptions {
  DeviceOptions device;
  bool server = false;
  bool program = false;  // that of programs.c
  int depth = 4;
  std::string host, name, authority, certificate, key;
  std::vector<std::string> protocols;  // that a server speaks, the preferred one first
  std::uint16_t port = 0;
  int connections = 1;  // a server's, one after the other
};

int fail(const char* what) {
  fmt::print("{}: {}\n", what, ERR_error_string(ERR_get_error(), nullptr));
  return exit_code::failure;
}

int client(SSL* ssl) {
  if (SSL_connect(ssl) != 1) {
    fmt::print("verify: {}\n", X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
    return fail("SSL_connect");
  }
  fmt::print("{} {}\n", SSL_get_version(ssl), SSL_get_cipher(ssl));
  const std::string request = "GET / HTTP/1.0\r\n\r\n";
  if (SSL_write(ssl, request.data(), static_cast<int>(request.size())) <= 0) return fail("SSL_write");
  std::array<char, 1024> buffer{};
  int n = 0;
  while ((n = SSL_read(ssl, buffer.data(), buffer.size())) > 0)
    fmt::print("{}", std::string_view(buffer.data(), static_cast<std::size_t>(n)));
  if (SSL_get_error(ssl, n) != SSL_ERROR_ZERO_RETURN) return fail("SSL_read");
  SSL_shutdown(ssl);
  fmt::print("closed\n");
  return exit_code::success;
}

int server(SSL* ssl) {
  if (SSL_accept(ssl) != 1) return fail("SSL_accept");
  std::array<char, 1024> buffer{};
  const int n = SSL_read(ssl, buffer.data(), buffer.size());
  if (n <= 0) return fail("SSL_read");
  const std::string text = fmt::format("{} bytes by {}\n", n, SSL_get_cipher(ssl));
  if (SSL_write(ssl, text.data(), static_cast<int>(text.size())) <= 0) return fail("SSL_write");
  while (SSL_shutdown(ssl) == 0) {
  }
  fmt::print("served\n");
  return exit_code::success;
}

std::string wire_form(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += static_cast<char>(name.size()) + name;
  return out;
}

/// As its documentation shows it: the first of ours that the client has, too.
int choose(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* in, unsigned int size,
           void* ours) {
  const auto& names = *static_cast<std::string*>(ours);
  int count = 0;
  for (unsigned int at = 0; at < size; at += 1u + in[at]) ++count;
  fmt::print("offered {}\n", count);
  const int result = SSL_select_next_proto(const_cast<unsigned char**>(out), length,
                                           reinterpret_cast<const unsigned char*>(names.data()),
                                           static_cast<unsigned int>(names.size()), in, size);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int with_context(Machine& machine, PeerOptions& o, SSL_CTX* ctx) {
  sockets::Sockets& s = machine.sockets();
  if (o.server) {
    if (SSL_CTX_use_certificate_chain_file(ctx, o.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, o.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1) {
      return fail("certificate");
    }
  } else {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(ctx, o.authority.c_str(), nullptr) != 1) return fail("--cacert");
  }
  int fd = s.socket(sockets::af::inet, sockets::sock::stream);
  int result = 0;
  if (o.server) {
    s.bind(fd, {IpAddress::any_v4(), o.port});
    s.listen(fd, 16);
    fmt::print("listening\n");
    std::fflush(stdout);
    while (--o.connections > 0) {  // of which nothing is asked but that they leave the server as it is
      const int visitor = s.accept(fd);
      if (visitor < 0) throw_socket_error("accept", visitor);
      SSL* ssl = SSL_new(ctx);
      SSL_set_fd(ssl, visitor);
      server(ssl);
      SSL_free(ssl);
      s.close(visitor);
    }
    const int accepted = s.accept(fd);
    s.close(fd);
    fd = accepted;
  } else {
    result = s.connect(fd, {*IpAddress::parse(o.host), o.port});
  }
  if (fd < 0 || result < 0) throw_socket_error("connection", std::min(fd, result));
  if (o.program) {
    const int code = o.server ? program_server(fd, o.certificate.c_str(), o.key.c_str())
                              : program_client(fd, o.name.c_str(), o.authority.c_str(), o.depth);
    s.close(fd);
    return code;
  }
  SSL* ssl = SSL_new(ctx);
  if (!o.server) SSL_set_tlsext_host_name(ssl, o.name.c_str());
  SSL_set_fd(ssl, fd);
  const int code = o.server ? server(ssl) : client(ssl);
  SSL_free(ssl);
  s.close(fd);
  return code;
}

int run(int argc, char** argv) {
  CLI::App app("programs of the OpenSSL mapping", "openssl_peer");
  PeerOptions o;
  app.add_flag("--server", o.server);
  app.add_flag("--program", o.program);
  app.add_option("--verify-depth", o.depth);
  app.add_option("--peer", o.host);
  app.add_option("--name", o.name);
  app.add_option("--port", o.port)->required();
  app.add_option("--cacert", o.authority);
  app.add_option("--cert", o.certificate);
  app.add_option("--key", o.key);
  app.add_option("--alpn", o.protocols);
  app.add_option("--connections", o.connections);
  add_device_options(app, o.device);
  CLI11_PARSE(app, argc, argv);
  try {
    return run_on_machine(app, o.device, [&o](Machine& machine) {
      tls::attach(machine.host());
      SSL_library_init();
      SSL_CTX* ctx = SSL_CTX_new(o.server ? TLS_server_method() : TLS_client_method());
      std::string protocols = wire_form(o.protocols);
      if (!protocols.empty()) SSL_CTX_set_alpn_select_cb(ctx, choose, &protocols);
      const int code = with_context(machine, o, ctx);
      SSL_CTX_free(ctx);
      std::fflush(stdout);
      tls::detach();
      return code;
    });
  } catch (const std::exception& error) {
    fmt::print(stderr, "openssl_peer: {}\n", error.what());
    return exit_code::failure;
  }
}

}  // namespace
}  // namespace linnet::apps

int main(int argc, char** argv) { return linnet::apps::run(argc, argv); }
