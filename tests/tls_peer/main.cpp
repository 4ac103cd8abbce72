// SPDX-License-Identifier: Apache-2.0
// tls_peer: either end of a TLS or DTLS connection on a linnet of its own, for tests/interop/tls_*.py. The
// server sends back what it gets; the client sends --send bytes and hashes what comes back: 1 if it is not
// the same.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "apps/commands.hpp"
#include "apps/problem.hpp"
#include "apps/sha256.hpp"
#include "apps/stream.hpp"
#include "platform/linux/entropy.hpp"
#include "tls/memory.hpp"
#include "tls/stream.hpp"

namespace linnet::apps {
namespace {

struct PeerOptions {
  DeviceOptions device;
  bool server = false;
  bool datagram = false;
  bool insecure = false;
  bool truncate = false;    // ends without close_notify
  bool half_close = false;  // says that it is done before anything has come back; --send at most 65536
  bool once = false;        // a server that closes after its first answer
  bool idle = false;        // a client that only waits for the end
  bool text = false;        // what is sent are lines of 64 letters, for peers that echo lines
  bool list = false;        // prints the suites that are spoken, and ends
  bool ask_client = false;
  std::string host;
  std::uint16_t port = 0;
  std::string name;  // that the certificate must be for
  std::vector<std::string> authorities;
  std::vector<std::string> certificates, keys;  // connection i has those at i, and then again from the first
  std::string suite, session;
  std::string shared_key, key_name;  // the key in hexadecimal digits
  std::vector<std::string> protocols;
  std::uint16_t fragment = 0;
  std::uint64_t send = 0;
  std::size_t piece = 65536;
  int connections = 1;
  double flight = 10;
};

std::string contents(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class Peer {
 public:
  Peer(Machine& machine, const PeerOptions& options, tls::Memory& memory)
      : machine_(machine),
        options_(options),
        memory_(memory),
        tickets_(platform::entropy_seed()),
        cookies_(platform::entropy_seed()) {
    for (const std::string& name : options.authorities) {
      if (trust_.add_file(name) == 0) throw Problem(fmt::format("{}: {}", name, trust_.problem()));
    }
    for (std::size_t i = 0; i < options.certificates.size(); ++i) {
      identities_.push_back(std::make_unique<tls::Identity>());
      if (!identities_.back()->load(bytes_of(contents(options.certificates[i])),
                                    bytes_of(contents(options.keys.at(i))), platform::entropy_seed())) {
        throw Problem(std::string(identities_.back()->problem()));
      }
    }
    for (const std::string& protocol : options.protocols) protocols_.push_back(protocol.c_str());
    if (!options.suite.empty()) suites_[0] = mbedtls_ssl_get_ciphersuite_id(options.suite.c_str());
    for (std::size_t i = 0; i + 1 < options.shared_key.size(); i += 2)
      key_bytes_.push_back(
          static_cast<std::uint8_t>(std::stoi(options.shared_key.substr(i, 2), nullptr, 16)));
    key_ = {.identity = options.key_name, .key = key_bytes_};
    session_ = options.session.empty() ? std::string() : contents(options.session);
  }

  int run() { return options_.server ? serve() : connect(); }

 private:
  tls::Options tls_options() {
    tls::Options o{
        .role = options_.server ? tls::Role::server : tls::Role::client,
        .datagram = options_.datagram,
        .verify = options_.insecure ? tls::Verify::none : tls::Verify::full,
        .host_name = options_.name.empty() ? options_.host : options_.name,
        .trust = &trust_,
        .identity = identities_.empty() ? nullptr : identities_[number_ % identities_.size()].get(),
        .protocols = protocols_,
        .maximum_fragment = options_.fragment,
        .session = bytes_of(session_)};
    if (options_.server && options_.ask_client) o.client_certificate = tls::ClientCertificate::required;
    if (options_.server) o.tickets = &tickets_;
    if (suites_[0] != 0) o.suites = suites_.data();
    if (!key_bytes_.empty()) o.shared_key = &key_;
    return o;
  }
  tls::Limits limits() const {
    return {.flight = Duration::microseconds(static_cast<std::int64_t>(options_.flight * 1e6))};
  }

  /// What was agreed upon, and the bytes that mbedTLS has for this connection beside those that all share.
  void report(const tls::Stream& stream) const {
    fmt::print("memory: {} in use, {} at most, {} in the object\n", memory_.used() - shared_,
               memory_.peak() - shared_, sizeof(tls::Stream));
    const tls::Connection& c = stream.connection();
    fmt::print("{} {} alpn={} resumed={} verified={}\n", c.version(), c.suite(), c.alpn(),
               c.resumed() ? 1 : 0, c.peer_verified() ? 1 : 0);
    std::fflush(stdout);
  }

  void begin_measuring() {
    shared_ = memory_.used();
    memory_.begin_peak();
  }

  int failed(const tls::Stream& stream) {
    fmt::print("failed: {}\n", stream.words());
    std::fflush(stdout);
    return exit_code::failure;
  }

  int open(int type) { return machine_.sockets().socket(sockets::af::inet, type); }

  int connect() {
    std::unique_ptr<Stream> tcp;
    int fd = -1;
    if (options_.datagram) {
      fd = open(sockets::sock::dgram);
      const int result = machine_.sockets().connect(fd, {*IpAddress::parse(options_.host), options_.port});
      if (result < 0) throw_socket_error("connect", result);
    } else {
      tcp = std::make_unique<Stream>(machine_, options_.host, options_.port, Duration::seconds(10));
      fd = tcp->fd();
    }
    begin_measuring();
    tls::Stream stream(machine_.host(), fd, tls_options(), limits());
    if (!stream.handshake()) return failed(stream);
    report(stream);
    if (!options_.session.empty()) {
      std::vector<std::uint8_t> saved(16384);
      saved.resize(stream.connection().save_session(saved));
      std::ofstream(options_.session, std::ios::binary)
          .write(reinterpret_cast<const char*>(saved.data()), static_cast<std::streamsize>(saved.size()));
    }
    return exchange(stream);
  }

  std::uint8_t pattern(std::uint64_t at) const {
    const auto byte = static_cast<std::uint8_t>((at * 2654435761u) >> 16);
    if (!options_.text) return byte;
    return static_cast<std::uint8_t>(at % 64 == 63 ? '\n' : 'a' + byte % 26);
  }

  /// Sends the pattern while its echo comes back: no more than `window` of it is on its way.
  int exchange(tls::Stream& stream) {
    constexpr std::uint64_t window = 65536;
    Sha256 sent, got;
    std::uint64_t out = 0, in = 0;
    std::vector<std::uint8_t> buffer(65536);
    while (in < options_.send) {
      while (out < options_.send && out - in < window) {
        const auto size = static_cast<std::size_t>(
            std::min<std::uint64_t>({options_.piece, options_.send - out, window - (out - in)}));
        std::vector<std::uint8_t> piece(size);
        for (std::size_t i = 0; i < size; ++i) piece[i] = pattern(out + i);
        sent.add(piece);
        if (!stream.write(piece)) return failed(stream);
        out += size;
      }
      if (options_.half_close && out == options_.send && !stream.close()) return failed(stream);
      const std::ptrdiff_t n = stream.read(buffer);
      if (n < 0) return failed(stream);
      if (n == 0) break;
      got.add(Bytes(buffer).first(static_cast<std::size_t>(n)));
      in += static_cast<std::uint64_t>(n);
    }
    if (options_.idle) {
      const std::ptrdiff_t n = stream.read(buffer);
      if (n != 0) return failed(stream);
    }
    const std::string digest = got.finish_hex();
    const bool same = in == options_.send && digest == sent.finish_hex();
    fmt::print("{} {} bytes came back, {}\n", digest, in, same ? "the same" : "others");
    if (!stream.close()) return failed(stream);
    const std::ptrdiff_t end = options_.datagram ? 0 : stream.read(buffer);
    if (end != 0) return failed(stream);
    fmt::print("closed\n");
    return same ? exit_code::success : exit_code::failure;
  }

  int serve() {
    int worst = exit_code::success;
    int listener = open(options_.datagram ? sockets::sock::dgram : sockets::sock::stream);
    sockets::Sockets& s = machine_.sockets();
    s.bind(listener, {IpAddress::any_v4(), options_.port});
    if (!options_.datagram) s.listen(listener, 16);
    fmt::print("listening\n");
    std::fflush(stdout);
    for (int i = 0; i < options_.connections; ++i) {
      int fd = listener;
      Endpoint peer;
      if (options_.datagram) {
        std::array<std::uint8_t, 1> first{};
        s.recvfrom(fd, first, sockets::msg::peek, &peer);
        s.connect(fd, peer);
      } else {
        fd = s.accept(listener, &peer);
        if (fd < 0) throw_socket_error("accept", fd);
      }
      worst = std::max(worst, serve_one(fd, peer));
      ++number_;
      if (!options_.datagram) s.close(fd);
    }
    s.close(listener);
    return worst;
  }

  int serve_one(int fd, const Endpoint& peer) {
    tls::Options o = tls_options();
    const std::string id = endpoint_words(peer);
    if (options_.datagram) {
      o.cookies = &cookies_;
      o.client_id = bytes_of(id);
    }
    begin_measuring();
    tls::Stream stream(machine_.host(), fd, o, limits());
    if (!stream.handshake()) return failed(stream);
    report(stream);
    std::vector<std::uint8_t> buffer(65536);
    while (true) {
      const std::ptrdiff_t n = stream.read(buffer);
      if (n < 0) return failed(stream);
      if (n == 0) break;
      if (!stream.write(Bytes(buffer).first(static_cast<std::size_t>(n)))) return failed(stream);
      if (options_.truncate) return exit_code::success;
      if (options_.once) break;
    }
    if (!stream.close()) return failed(stream);
    fmt::print("closed\n");
    std::fflush(stdout);
    return exit_code::success;
  }

  Machine& machine_;
  const PeerOptions& options_;
  tls::Memory& memory_;
  tls::Trust trust_;
  std::vector<std::unique_ptr<tls::Identity>> identities_;
  std::size_t number_ = 0;  // of the connection
  tls::Tickets tickets_;
  tls::Cookies cookies_;
  std::vector<const char*> protocols_;
  std::array<int, 2> suites_{};
  std::vector<std::uint8_t> key_bytes_;
  tls::SharedKey key_;
  std::string session_;
  std::size_t shared_ = 0;
};

int run(int argc, char** argv) {
  CLI::App app("either end of a TLS connection", "tls_peer");
  PeerOptions o;
  app.add_flag("--server", o.server);
  app.add_flag("--dtls", o.datagram);
  app.add_flag("--insecure", o.insecure);
  app.add_flag("--truncate", o.truncate);
  app.add_flag("--half-close", o.half_close);
  app.add_flag("--once", o.once);
  app.add_flag("--idle", o.idle);
  app.add_flag("--text", o.text);
  app.add_flag("--list", o.list);
  app.add_flag("--ask-client", o.ask_client);
  app.add_option("--peer", o.host);
  app.add_option("--port", o.port);
  app.add_option("--name", o.name);
  app.add_option("--cacert", o.authorities);
  app.add_option("--cert", o.certificates);
  app.add_option("--key", o.keys);
  app.add_option("--suite", o.suite);
  app.add_option("--session", o.session);
  app.add_option("--psk", o.shared_key);
  app.add_option("--psk-identity", o.key_name);
  app.add_option("--alpn", o.protocols);
  app.add_option("--fragment", o.fragment);
  app.add_option("--send", o.send);
  app.add_option("--piece", o.piece);
  app.add_option("--connections", o.connections);
  app.add_option("--flight", o.flight);
  add_device_options(app, o.device);
  CLI11_PARSE(app, argc, argv);
  if (o.list) {
    for (const int* suite = tls::strong_suites; *suite != 0; ++suite)
      fmt::print("{}\n", mbedtls_ssl_get_ciphersuite_name(*suite));
    return exit_code::success;
  }
  std::vector<std::uint8_t> area(1 << 20);
  tls::Memory memory(area);
  tls::attach(memory);
  try {
    return run_on_machine(app, o.device, [&](Machine& machine) { return Peer(machine, o, memory).run(); });
  } catch (const std::exception& error) {
    fmt::print(stderr, "tls_peer: {}\n", error.what());
    return exit_code::failure;
  }
}

}  // namespace
}  // namespace linnet::apps

int main(int argc, char** argv) { return linnet::apps::run(argc, argv); }
