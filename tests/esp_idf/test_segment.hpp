// SPDX-License-Identifier: Apache-2.0
// A host that programs' calls are attached to, and a peer on the same wire, on one thread and in virtual
// time: while a call waits, the peer goes on.
#pragma once

#include <functional>

#include "compat/esp_idf/device.hpp"
#include "compat/lwip/host.hpp"
#include "sim/wire.hpp"
#include "sockets/test_host.hpp"

namespace linnet::esp::test {

constexpr IpAddress own_address = IpAddress::v4(192, 0, 2, 10);
constexpr IpAddress peer_address = IpAddress::v4(192, 0, 2, 20);
constexpr mdns::Config mdns_config{
    .hosts = 4, .services = 6, .subtypes = 4, .txt_size = 900, .queries = 64, .cache_records = 64};

/// The other host: a stack, and what polls its services.
class Peer {
 public:
  explicit Peer(sim::WireEnd& device)
      : memory_(Stack::memory_needed(config_)),
        stack_(config_, memory_, sockets::test::seed_of(2)),
        agent_memory_(mdns::Agent::memory_needed(mdns_config) + Arena::alignment) {
    device.register_pool(stack_.pool());
    interface_ = *stack_.add_interface(device);
    Arena arena(agent_memory_);
    agent_.emplace(stack_, interface_, mdns_config, arena);
  }
  /// After the host's start, so that both clocks are one.
  void begin(Instant now) {
    EXPECT_TRUE(stack_.ip().add_address(interface_, {peer_address, 24}, false, now));
    stack_.ip().enable_ipv6(interface_, now);
  }
  Instant poll(Instant now) {
    Instant next = earlier(stack_.poll(now), agent_->poll(now));
    if (service) next = earlier(next, service(now));
    return earlier(next, stack_.poll(now));
  }
  Stack& stack() { return stack_; }
  mdns::Agent& agent() { return *agent_; }

  std::function<Instant(Instant)> service;

 private:
  linnet::Config config_ = linnet::Config::device();
  std::vector<std::uint8_t> memory_;
  Stack stack_;
  std::uint8_t interface_ = 0;
  std::vector<std::uint8_t> agent_memory_;
  std::optional<mdns::Agent> agent_;
};

class Segment : public ::testing::Test {
 protected:
  Segment()
      : memory_(mdns::Agent::memory_needed(mdns_config) + Arena::alignment),
        names_memory_(dns::Resolver::memory_needed({}) + Arena::alignment) {
    wire_.left().register_pool(host_.host.stack().pool());
    interface_ = *host_.host.stack().add_interface(wire_.left());
    EXPECT_TRUE(host_.host.stack().ip().add_address(interface_, {own_address, 24}, false, host_.port.now()));
    host_.host.stack().ip().enable_ipv6(interface_, host_.port.now());
    peer.begin(host_.port.now());
    Arena arena(memory_);
    agent_.emplace(host_.host.stack(), interface_, mdns_config, arena);
    service_.emplace(*agent_);
    host_.host.add(*service_);
    Arena names_arena(names_memory_);
    resolver_.emplace(host_.host.stack(), dns::Config{}, names_arena);
    resolver_service_.emplace(*resolver_);
    host_.host.add(*resolver_service_);
    host_.port.set_wait([](void* self, Instant deadline) { static_cast<Segment*>(self)->wait(deadline); },
                        this);
    compat::attach(host_.host, &*resolver_, {.first_descriptor = 1000, .mdns = &*agent_});
    set_device({.interface = interface_, .mac = wire_.left().mac()});
    pass(Duration::seconds(5));  // addresses of IPv6 have to prove that nobody has them
  }
  ~Segment() override {
    forget_device();
    compat::detach();
    service_->unlink();
    resolver_service_->unlink();
    wire_.left().detach();
    wire_.right().detach();
  }

  /// Lets time pass.
  void pass(Duration duration) {
    static_cast<void>(host_.host.wait_until([] { return false; }, host_.port.now() + duration));
  }
  Instant now() { return host_.port.now(); }

  sim::Wire wire_;  // outlives the host, which is polled to its end
  sockets::test::HostFixture host_{sockets::Config{.max_sockets = 8, .first_descriptor = 1000}};
  std::uint8_t interface_ = 0;
  std::vector<std::uint8_t> memory_;
  std::optional<mdns::Agent> agent_;
  std::optional<sockets::ServiceFor<mdns::Agent>> service_;
  std::vector<std::uint8_t> names_memory_;
  std::optional<dns::Resolver> resolver_;
  std::optional<sockets::ServiceFor<dns::Resolver>> resolver_service_;
  Peer peer{wire_.right()};

 private:
  void wait(Instant deadline) {
    if (wire_.idle()) {
      const Instant next = earlier(deadline, peer_next_);
      if (next.is_never()) return host_.port.interrupt();
      if (next > host_.port.now()) host_.port.set_time(next);
    }
    peer_next_ = peer.poll(host_.port.now());
  }
  Instant peer_next_{};
};

}  // namespace linnet::esp::test
