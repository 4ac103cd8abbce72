// SPDX-License-Identifier: Apache-2.0
// Certificates for tests, and a client and a server joined by two queues of bytes, in virtual time.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sockets/single_thread_port.hpp"
#include "tls/connection.hpp"

namespace linnet::tls::test {

inline constexpr std::int64_t year_2026 = 1767225600;
inline constexpr std::int64_t day = 86400;

inline Random::Seed seed_of(std::uint8_t number) {
  Random::Seed seed{};
  seed.fill(number);
  return seed;
}
inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A machine with a certificate that it signed itself; whoever trusts it adds `pem`.
struct TestIdentity {
  explicit TestIdentity(const std::vector<std::string>& names, const std::vector<IpAddress>& addresses = {},
                        std::int64_t from = year_2026 - day, std::int64_t to = year_2026 + 365 * day,
                        std::uint8_t seed = 1) {
    const SelfSigned made = make_self_signed({.common_name = "a test",
                                              .names = names,
                                              .addresses = addresses,
                                              .not_before = from,
                                              .not_after = to},
                                             seed_of(seed));
    pem = made.certificate;
    EXPECT_TRUE(identity.load(bytes_of(made.certificate), bytes_of(made.key), seed_of(2)))
        << identity.problem();
    EXPECT_EQ(trust.add(bytes_of(pem)), 1) << trust.problem();
  }
  std::string pem;
  Identity identity;
  Trust trust;
};

/// One direction of a wire of bytes.
struct Queue {
  std::deque<std::uint8_t> bytes;
  bool ended = false;
  std::size_t most = 1 << 20;  ///< that one call moves
};

/// One end: what a Connection sends goes to `out`, what it gets comes from `in`. `spoil` may replace a call's
/// result.
struct End {
  Queue* in = nullptr;
  Queue* out = nullptr;
  std::function<std::optional<std::ptrdiff_t>(bool sending)> spoil;

  Transport transport() { return {this, send, receive}; }
  static std::ptrdiff_t send(void* self, Bytes bytes) {
    End& end = *static_cast<End*>(self);
    if (end.spoil) {
      if (const auto result = end.spoil(true)) return *result;
    }
    const std::size_t size = std::min(bytes.size(), end.out->most);
    end.out->bytes.insert(end.out->bytes.end(), bytes.begin(),
                          bytes.begin() + static_cast<std::ptrdiff_t>(size));
    return static_cast<std::ptrdiff_t>(size);
  }
  static std::ptrdiff_t receive(void* self, MutableBytes to) {
    End& end = *static_cast<End*>(self);
    if (end.spoil) {
      if (const auto result = end.spoil(false)) return *result;
    }
    auto& bytes = end.in->bytes;
    if (bytes.empty()) return end.in->ended ? 0 : Transport::would_block;
    const std::size_t size = std::min({bytes.size(), to.size(), end.in->most});
    std::copy_n(bytes.begin(), size, to.begin());
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    return static_cast<std::ptrdiff_t>(size);
  }
};

struct Pair {
  Pair(Options client_options, Options server_options, std::int64_t clock = year_2026)
      : port(seed_of(9), Instant::from_microseconds(1)) {
    port.set_wall_clock(Duration::seconds(clock));
    client_end = {&to_client, &to_server, nullptr};
    server_end = {&to_server, &to_client, nullptr};
    client_options.role = Role::client;
    server_options.role = Role::server;
    client = std::make_unique<Connection>(port, client_options, client_end.transport());
    server = std::make_unique<Connection>(port, server_options, server_end.transport());
  }
  /// Both make steps until both have ended their handshake.
  bool shake(int rounds = 100000) {
    Step c = Step::want_read;
    Step s = Step::want_read;
    for (int i = 0; i < rounds && (c != Step::done || s != Step::done); ++i) {
      if (c != Step::done) c = client->handshake();
      if (s != Step::done) s = server->handshake();
      if (c == Step::failed && s == Step::failed) return false;
      if ((c == Step::failed && s == Step::done) || (c == Step::done && s == Step::failed)) return false;
      if (c == Step::failed) to_server.ended = true;
      if (s == Step::failed) to_client.ended = true;
    }
    return c == Step::done && s == Step::done;
  }

  sockets::SingleThreadPort port;
  Queue to_client;
  Queue to_server;
  End client_end;
  End server_end;
  std::unique_ptr<Connection> client;
  std::unique_ptr<Connection> server;
};

/// Bytes that follow no rule, and are the same each time.
inline std::string text_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u) >> 24);
  return text;
}

/// A device that a client trusts.
class TlsConnection : public ::testing::Test {
 protected:
  Options client_options() { return {.host_name = "device.example", .trust = &device.trust}; }
  Options server_options() { return {.identity = &device.identity}; }

  TestIdentity device{{"device.example", "*.wild.example"}, {IpAddress::v4(192, 0, 2, 1)}};
};

/// Sends `text` from one to the other; what arrived.
inline std::string carry(Connection& from, Connection& to, const std::string& text) {
  std::string got;
  std::size_t sent = 0;
  std::array<std::uint8_t, 20000> buffer{};
  for (int i = 0; i < 200000 && got.size() < text.size(); ++i) {
    std::size_t count = 0;
    if (sent < text.size()) {
      const Step step = from.write(bytes_of(text).subspan(sent), count);
      if (step == Step::failed) return std::string("write: ").append(from.words());
      sent += count;
    }
    const Step step = to.read(buffer, count);
    if (step == Step::failed) return std::string("read: ").append(to.words());
    got.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return got;
}

}  // namespace linnet::tls::test
