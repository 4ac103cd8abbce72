// SPDX-License-Identifier: Apache-2.0
// A router between two links with a host on each, in virtual time; and a transfer of bytes of which every one
// is known.
#pragma once

#include <gtest/gtest.h>

#include "tests/test_transfer.hpp"

namespace linnet::test {

constexpr Instant routed_start = Instant::from_microseconds(1000000);

inline IpAddress address_of(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress{});
}

struct RoutedConfig {
  Config router = router_config();
  std::uint16_t inside_mtu = 1500;
  std::uint16_t outside_mtu = 1500;  ///< of the router's end
  std::uint16_t far_mtu = 0;         ///< of the far host's; 0: the same
  Capabilities inside{};             ///< of the two ends of the inner link
  Capabilities outside{};
  bool route_back = true;  ///< the far host knows the way to the inner network

  static Config host_config() {
    Config c = Config::device();
    c.blocks = {.small_size = 1664, .small_count = 256, .large_size = 66048, .large_count = 16};
    c.tcp.send_buffer = 65536;
    c.tcp.receive_buffer = 65536;
    return c;
  }
  static Config router_config() {
    Config c = host_config();
    c.ip.interfaces = 3;
    c.ethernet.links = 3;
    c.ip.forward = true;
    c.ip.forward_v6 = true;
    c.ip.napt_entries = 16;
    c.ip.port_maps = 4;
    return c;
  }
};

/// Both ends of a connection: one sends, the other checks what comes.
class Transfer final : public sim::Program {
 public:
  Transfer(sim::Host& client, sim::Host& server, std::uint64_t bytes)
      : client_(client), server_(server), bytes_(bytes) {}

  /// `port`: of the server; `remote`: where the client finds it.
  void begin(std::uint16_t port, const Endpoint& remote, Instant now) {
    const IpAddress any = remote.address.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6();
    const auto listener = server_.tcp().bind({any, port}, false);
    ASSERT_TRUE(listener);
    listener_ = *listener;
    ASSERT_TRUE(server_.tcp().listen(listener_, 4, {}));
    const auto connection = client_.tcp().connect({}, remote, {}, now);
    ASSERT_TRUE(connection);
    sending_ = *connection;
  }
  Instant step(Instant now) override {
    bool moved = accept(now);
    moved = send(now) || moved;
    return receive(now) || moved ? now : Instant::never();
  }
  bool done() const { return received_ == bytes_ && good_ && closed_; }
  std::uint64_t received() const { return received_; }
  /// Who the server sees.
  Endpoint seen() const { return seen_; }
  tcp::ConnectionHandle sender() const { return sending_; }

 private:
  bool accept(Instant now) {
    if (accepted_) return false;
    const auto connection = server_.tcp().accept(listener_);
    if (!connection) return false;
    receiving_ = *connection;
    accepted_ = true;
    seen_ = server_.tcp().status(receiving_)->remote;
    server_.tcp().close(listener_, now);
    return true;
  }
  bool send(Instant now) {
    if (sent_ == bytes_) return false;
    std::array<std::uint8_t, 4096> buffer;
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes_ - sent_));
    fill_pattern(MutableBytes(buffer).first(piece), 7, sent_);
    const auto result = client_.tcp().send(sending_, Bytes(buffer).first(piece), {}, now);
    if (!result) return false;
    sent_ += *result;
    if (sent_ == bytes_) client_.tcp().close(sending_, now);
    return *result != 0;
  }
  bool receive(Instant now) {
    if (!accepted_ || closed_) return false;
    std::array<std::uint8_t, 4096> buffer;
    const auto result = server_.tcp().receive(receiving_, buffer, false, now);
    if (!result) return false;
    good_ = good_ && sim::is_pattern(Bytes(buffer).first(*result), 7, received_);
    received_ += *result;
    if (*result != 0) return true;
    server_.tcp().close(receiving_, now);
    closed_ = true;
    return true;
  }

  sim::Host& client_;
  sim::Host& server_;
  std::uint64_t bytes_;
  tcp::ListenerHandle listener_;
  tcp::ConnectionHandle sending_;
  tcp::ConnectionHandle receiving_;
  Endpoint seen_;
  bool accepted_ = false;
  bool closed_ = false;
  bool good_ = true;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

/// near (10.1.0.2, fd01::2) -- router (.1, ::1 on both) -- far (203.0.113.2, fd02::2).
class Routed {
 public:
  explicit Routed(const RoutedConfig& config = {})
      : world(routed_start),
        near(world.add_host(RoutedConfig::host_config(), 1)),
        router(world.add_host(config.router, 2)),
        far(world.add_host(RoutedConfig::host_config(), 3)),
        inner(world.add_link(link(config.inside, config.inside_mtu), near, router)),
        outer(world.add_link(link(config.outside, config.outside_mtu, config.far_mtu), router, far)) {
    configure(near, inner.left_interface(), "10.1.0.2/24", "fd01::2/64");
    configure(router, inner.right_interface(), "10.1.0.1/24", "fd01::1/64");
    configure(router, outer.left_interface(), "203.0.113.1/24", "fd02::1/64");
    configure(far, outer.right_interface(), "203.0.113.2/24", "fd02::2/64");
    add_default(near, "10.1.0.1", "fd01::1", inner.left_interface());
    if (config.route_back) add_default(far, "203.0.113.1", "fd02::1", outer.right_interface());
    world.run_until(world.now() + Duration::seconds(5));  // link-local addresses prove that they are unique
  }
  ~Routed() {
    for (sim::Host* host : {&near, &router, &far}) {
      // Neighbours and groups hold no blocks once they are quiet.
      EXPECT_TRUE(host->stack().pool().full()) << "a block was lost";
    }
  }
  Transfer& add_transfer(sim::Host& client, sim::Host& server, std::uint64_t bytes) {
    transfers_.push_back(std::make_unique<Transfer>(client, server, bytes));
    world.add_program(*transfers_.back());
    return *transfers_.back();
  }
  void run_for(Duration duration) { world.run_until(world.now() + duration); }
  std::uint64_t dropped(Drop reason) { return router.stack().drops().of(reason); }

  sim::World world;
  sim::Host& near;
  sim::Host& router;
  sim::Host& far;
  sim::Link& inner;
  sim::Link& outer;
  static constexpr IpAddress far_v4 = IpAddress::v4(203, 0, 113, 2);
  static constexpr IpAddress near_v4 = IpAddress::v4(10, 1, 0, 2);
  static constexpr IpAddress outside_v4 = IpAddress::v4(203, 0, 113, 1);
  static constexpr IpAddress inside_v4 = IpAddress::v4(10, 1, 0, 1);

 private:
  static sim::LinkConfig link(const Capabilities& offers, std::uint16_t mtu, std::uint16_t right_mtu = 0) {
    sim::LinkConfig config;
    config.wire.left.capabilities = config.wire.right.capabilities = offers;
    config.wire.left.mtu = mtu;
    config.wire.right.mtu = right_mtu != 0 ? right_mtu : mtu;
    config.to_right.delay = config.to_left.delay = Duration::milliseconds(1);
    return config;
  }
  void configure(sim::Host& host, std::uint8_t interface, std::string_view v4, std::string_view v6) {
    ip::Ip& ip = host.stack().ip();
    EXPECT_TRUE(ip.add_address(interface, *Prefix::parse(v4), false, world.now()));
    if (!ip.enable_ipv6(interface, world.now())) return;  // a link too narrow for it
    EXPECT_TRUE(ip.add_address(interface, *Prefix::parse(v6), false, world.now()));
  }
  static void add_default(sim::Host& host, std::string_view v4, std::string_view v6, std::uint8_t interface) {
    EXPECT_TRUE(host.stack().ip().add_route({IpAddress::any_v4(), 0}, address_of(v4), interface));
    EXPECT_TRUE(host.stack().ip().add_route({IpAddress::any_v6(), 0}, address_of(v6), interface));
  }
  std::vector<std::unique_ptr<Transfer>> transfers_;
};

}  // namespace linnet::test
