// SPDX-License-Identifier: Apache-2.0
// The ESP32 text's device in a static array of the size that settings::memory_needed says, with guards at
// both ends: an address by DHCP, a name by DNS, the time by SNTP, four sockets busy, a datagram of 64 KiB, on
// a link that loses frames. Nothing is allocated beside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/device/impair.hpp"
#include "linnet_profiles.hpp"
#include "services/sntp/server.hpp"
#include "settings/settings.hpp"
#include "sim/wire.hpp"
#include "sockets/service.hpp"
#include "sockets/single_thread_port.hpp"
#include "tests/test_allocations.hpp"

namespace linnet::test {
namespace {

constexpr settings::Settings profile = settings::profile_esp32_seed;
constexpr linnet::Config stack_config = settings::stack_config(profile);
constexpr sockets::Config sockets_config = settings::sockets_config(profile);
constexpr std::size_t needed = settings::memory_needed(profile);
constexpr std::size_t guard = 4096;
constexpr std::uint8_t guard_byte = 0xa5;
alignas(64) std::array<std::uint8_t, guard + needed + guard> device_memory;

constexpr IpAddress peer_address = IpAddress::v4(192, 0, 2, 1);
constexpr Prefix peer_prefix{peer_address, 24};
constexpr std::uint16_t echo_port = 7, source_port = 9, datagram_port = 5000;
constexpr std::size_t stream_bytes = 100000;
constexpr std::size_t largest_datagram = 65507;
constexpr std::int64_t true_time = 1800000000;

Random::Seed seed_of(std::uint8_t number) {
  Random::Seed seed{};
  seed.fill(number);
  return seed;
}

std::uint8_t pattern(std::size_t at) { return static_cast<std::uint8_t>(at * 7 + at / 251); }

/// One stream of the peer's: sends the pattern, and wants it back.
struct PeerStream {
  int fd = -1;
  std::size_t sent = 0;
  std::size_t back = 0;
  bool right = true;

  void step(sockets::Sockets& s) {
    if (fd < 0) return;
    std::uint8_t buffer[2000];
    while (sent < stream_bytes) {
      const std::size_t count = std::min(sizeof buffer, stream_bytes - sent);
      for (std::size_t i = 0; i < count; ++i) buffer[i] = pattern(sent + i);
      const std::ptrdiff_t taken = s.send(fd, {buffer, count});
      if (taken <= 0) break;
      sent += static_cast<std::size_t>(taken);
    }
    for (;;) {
      const std::ptrdiff_t got = s.recv(fd, buffer);
      if (got <= 0) break;
      for (std::ptrdiff_t i = 0; i < got; ++i, ++back) right = right && buffer[i] == pattern(back);
    }
  }
  bool done() const { return back == stream_bytes; }
};

/// Everybody else: a DHCP server, a name server, a time server, and the other ends of the sockets. As large
/// as it likes.
class Peer {
 public:
  explicit Peer(sim::WireEnd& device)
      : memory_(sockets::Host::memory_needed(config_, {})),
        port_(seed_of(2), start()),
        host_(config_, {}, memory_, port_),
        services_memory_(65536),
        arena_(services_memory_) {
    device.register_pool(host_.stack().pool());
    interface_ = *host_.stack().add_interface(device);
    EXPECT_TRUE(host_.stack().ip().add_address(interface_, peer_prefix, false, start()));
    dhcps::Config leases{.first = IpAddress::v4(192, 0, 2, 50), .last = IpAddress::v4(192, 0, 2, 60)};
    leases.dns_servers.add(peer_address);
    leases.probe_time = Duration();
    dhcp_.emplace(host_.stack(), interface_, leases, arena_);
    EXPECT_TRUE(dhcp_->start());
    clock_.emplace(host_.stack(), sntp::Config{}, arena_);
    clock_->set_unix_time(sntp::UnixTime::from_seconds(true_time), start());
    time_.emplace(host_.stack(), sntp::ServerConfig{.local_stratum = 3}, *clock_, arena_);
    EXPECT_TRUE(time_->start());
    host_.add(dhcp_service_.emplace(*dhcp_));
    host_.add(time_service_.emplace(*time_));
    names_ = bound(sockets::sock::dgram, 53);
    datagrams_ = bound(sockets::sock::dgram, datagram_port);
    listener_ = bound(sockets::sock::stream, source_port);
    EXPECT_EQ(s_.listen(listener_, 1), 0);
  }
  static Instant start() { return Instant::from_microseconds(1000000); }

  Instant step(Instant now) {
    port_.set_time(now);
    answer_names();
    if (accepted.fd < 0) accepted.fd = s_.accept(listener_, nullptr, sockets::sock::nonblock);
    accepted.step(s_);
    connected.step(s_);
    std::uint8_t small[16];
    if (s_.recv(datagrams_, small) > 0) ++thanks;
    return host_.poll_once();
  }
  void connect_to(const IpAddress& device) {
    connected.fd = s_.socket(sockets::af::inet, sockets::sock::stream | sockets::sock::nonblock);
    EXPECT_EQ(s_.connect(connected.fd, {device, echo_port}), -sockets::error::in_progress);
  }
  void send_datagram(const IpAddress& device) {
    for (std::size_t i = 0; i < large_.size(); ++i) large_[i] = pattern(i);
    const Endpoint to{device, datagram_port};
    static_cast<void>(s_.sendto(datagrams_, large_, 0, &to));
  }

  PeerStream accepted;
  PeerStream connected;
  int thanks = 0;

 private:
  int bound(int type, std::uint16_t number) {
    const int fd = s_.socket(sockets::af::inet, type | sockets::sock::nonblock);
    EXPECT_EQ(s_.bind(fd, {IpAddress::any_v4(), number}), 0);
    return fd;
  }
  /// Any name is the peer's (RFC 1035 4.1: the question, and one record that points to its name).
  void answer_names() {
    std::uint8_t message[512];
    Endpoint from;
    const std::ptrdiff_t size = s_.recvfrom(names_, message, 0, &from);
    if (size < 17) return;
    std::size_t end = 12;
    while (message[end] != 0) end += message[end] + std::size_t{1};
    end += 5;
    message[2] = 0x81;
    message[3] = 0x80;
    message[7] = 1;                  // an answer
    std::memset(message + 8, 0, 4);  // no more
    const std::uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1};
    std::memcpy(message + end, record, sizeof record);
    static_cast<void>(s_.sendto(names_, {message, end + sizeof record}, 0, &from));
  }

  linnet::Config config_ = linnet::Config::linux_host();
  std::vector<std::uint8_t> memory_;
  sockets::SingleThreadPort port_;
  sockets::Host host_;
  sockets::Sockets& s_ = host_.sockets();
  std::uint8_t interface_ = 0;
  std::vector<std::uint8_t> services_memory_;
  Arena arena_;
  std::optional<dhcps::Server> dhcp_;
  std::optional<sntp::Client> clock_;
  std::optional<sntp::Server> time_;
  std::optional<sockets::ServiceFor<dhcps::Server>> dhcp_service_;
  std::optional<sockets::ServiceFor<sntp::Server>> time_service_;
  std::vector<std::uint8_t> large_ = std::vector<std::uint8_t>(largest_datagram);
  int names_ = -1, datagrams_ = -1, listener_ = -1;
};

/// The device's pieces, one behind the other in its array.
class Pieces {
 public:
  MutableBytes take(std::size_t bytes) {
    EXPECT_LE(used_ + bytes, needed);
    EXPECT_EQ(used_ % Arena::alignment, 0u);
    const MutableBytes piece{device_memory.data() + guard + used_, bytes};
    used_ += bytes;
    return piece;
  }
  std::size_t used() const { return used_; }

 private:
  std::size_t used_ = 0;
};

class SeedDevice : public ::testing::Test {
 protected:
  SeedDevice()
      : host(stack_config, sockets_config,
             pieces.take(sockets::Host::memory_needed(stack_config, sockets_config)), port) {
    EXPECT_TRUE(host.ok());
    // What is under way is in no block of the device's: the wire has its own.
    Arena air_arena(air_memory);
    air.emplace(air_arena, wire.left(), air_config);
    host.add(clocked.emplace(*air));
    interface = *host.stack().add_interface(*air);
    dhcp_arena.emplace(pieces.take(dhcp::Client::memory_needed(settings::dhcp_config(profile))));
    dhcp.emplace(host.stack(), interface, settings::dhcp_config(profile), *dhcp_arena);
    host.add(dhcp_service.emplace(*dhcp));
    names_arena.emplace(pieces.take(dns::Resolver::memory_needed(settings::dns_config(profile))));
    names.emplace(host.stack(), settings::dns_config(profile), *names_arena);
    host.add(names_service.emplace(*names));
    time_arena.emplace(pieces.take(sntp::Client::memory_needed(settings::sntp_config(profile))));
    time.emplace(host.stack(), settings::sntp_config(profile), *time_arena);
    host.add(time_service.emplace(*time));
    server_arena.emplace(pieces.take(dhcps::Server::memory_needed(settings::dhcps_config(profile))));
    server.emplace(host.stack(), interface, settings::dhcps_config(profile), *server_arena);
    for (const auto* arena : {&dhcp_arena, &names_arena, &time_arena, &server_arena})
      EXPECT_FALSE((*arena)->exhausted());
    port.set_wait([](void* self, Instant deadline) { static_cast<SeedDevice*>(self)->wait(deadline); }, this);
  }
  ~SeedDevice() override {
    dhcp_service->unlink();
    names_service->unlink();
    time_service->unlink();
    wire.left().detach();
    wire.right().detach();
  }
  /// The rest of the world goes on; what it allocates is its own.
  void wait(Instant deadline) {
    const AllocationsUncounted pause;
    if (wire.idle()) {
      const Instant next = earlier(deadline, earlier(peer_next, air->next_deadline()));
      if (next.is_never()) return port.interrupt();
      // A frame that nobody has a block for yet stays due: time passes all the same.
      port.set_time(std::max(next, port.now() + Duration::microseconds(100)));
    }
    peer_next = peer.step(port.now());
  }
  template <typename Condition>
  bool await(Condition condition, Duration patience) {
    return host.wait_until(condition, port.now() + patience);
  }
  IpAddress own() { return dhcp->status().lease->prefix.address; }

  static std::array<std::uint8_t, guard + needed + guard>& filled() {
    device_memory.fill(guard_byte);
    return device_memory;
  }
  static bool guards_are_whole() {
    const auto is_guard = [](std::uint8_t byte) { return byte == guard_byte; };
    return std::all_of(device_memory.begin(), device_memory.begin() + guard, is_guard) &&
           std::all_of(device_memory.end() - guard, device_memory.end(), is_guard);
  }

  static constexpr ImpairConfig air_config{.transmit = {.loss = 20000, .delay = Duration::milliseconds(2)},
                                           .receive = {.loss = 20000, .delay = Duration::milliseconds(2)},
                                           .seed = 5,
                                           .blocks = {.small_count = 256}};
  std::array<std::uint8_t, guard + needed + guard>& memory = filled();
  Pieces pieces;
  sim::Wire wire;
  std::vector<std::uint8_t> air_memory =
      std::vector<std::uint8_t>(Impair::memory_needed(air_config) + Arena::alignment);
  std::optional<Impair> air;
  std::optional<sockets::ClockedFor<Impair>> clocked;
  sockets::SingleThreadPort port{seed_of(1), Peer::start()};
  sockets::Host host;
  std::uint8_t interface = 0;
  std::optional<Arena> dhcp_arena, names_arena, time_arena, server_arena;
  std::optional<dhcp::Client> dhcp;
  std::optional<dns::Resolver> names;
  std::optional<sntp::Client> time;
  std::optional<dhcps::Server> server;
  std::optional<sockets::ServiceFor<dhcp::Client>> dhcp_service;
  std::optional<sockets::ServiceFor<dns::Resolver>> names_service;
  std::optional<sockets::ServiceFor<sntp::Client>> time_service;
  Peer peer{wire.right()};
  Instant peer_next{};
};

TEST_F(SeedDevice, ESP_6_5_the_stack_never_exceeds_what_was_computed) {
  EXPECT_EQ(pieces.used(), needed) << "all of it, and no more";
  static std::uint8_t large[largest_datagram];
  sockets::Sockets& s = host.sockets();
  AllocationsCounted trap;

  {
    const sockets::Host::Lock lock(host);
    ASSERT_TRUE(dhcp->start(lock.now()));
  }
  ASSERT_TRUE(await([&] { return dhcp->status().lease != nullptr; }, Duration::seconds(120)));
  dns::QueryHandle query;
  {
    const sockets::Host::Lock lock(host);
    ASSERT_TRUE(names->set_server(0, dhcp->status().lease->dns_servers[0]));
    const auto begun = names->resolve("time.example", lock.now());
    ASSERT_TRUE(begun);
    query = *begun;
  }
  ASSERT_TRUE(
      await([&] { return names->result(query).error() != dns::Error::pending; }, Duration::seconds(60)));
  {
    const sockets::Host::Lock lock(host);
    ASSERT_TRUE(names->result(query));
    EXPECT_EQ(names->result(query)->addresses()[0], peer_address);
    ASSERT_TRUE(time->set_server(0, names->result(query)->addresses()[0], lock.now()));
    names->release(query);
    ASSERT_TRUE(time->start(lock.now()));
  }
  ASSERT_TRUE(
      await([&] { return !time->status(port.now()).synchronised_at.is_never(); }, Duration::seconds(300)));

  const int listener = s.socket(sockets::af::inet, sockets::sock::stream);
  ASSERT_EQ(s.bind(listener, {IpAddress::any_v4(), echo_port}), 0);
  ASSERT_EQ(s.listen(listener, 1), 0);
  const int datagrams = s.socket(sockets::af::inet, sockets::sock::dgram);
  ASSERT_EQ(s.bind(datagrams, {IpAddress::any_v4(), datagram_port}), 0);
  const int out = s.socket(sockets::af::inet, sockets::sock::stream);
  ASSERT_EQ(s.connect(out, {peer_address, source_port}), 0);
  {
    const AllocationsUncounted pause;
    peer.connect_to(own());
  }
  Endpoint caller;
  const int in = s.accept(listener, &caller);
  ASSERT_GE(in, 0);
  EXPECT_EQ(caller.address, peer_address);
  EXPECT_EQ(s.socket(sockets::af::inet, sockets::sock::dgram), -sockets::error::file_table_overflow)
      << "four are all";

  // Echoes on both streams, and between them datagrams of the largest size until one came whole.
  std::uint8_t buffer[700];
  int datagrams_whole = 0;
  std::size_t sent_at = 0;
  for (const int fd : {in, out}) ASSERT_EQ(s.set_non_blocking(fd, true), 0);
  ASSERT_EQ(s.set_non_blocking(datagrams, true), 0);
  const Instant limit = port.now() + Duration::seconds(3000);
  while (port.now() < limit &&
         !(peer.accepted.done() && peer.connected.done() && datagrams_whole > 0 && peer.thanks > 0)) {
    if (datagrams_whole == 0 && peer.accepted.back >= sent_at) {
      const AllocationsUncounted pause;
      peer.send_datagram(own());
      sent_at = peer.accepted.back + 1500;
    }
    sockets::PollEntry entries[] = {{.fd = in, .events = sockets::event::in},
                                    {.fd = out, .events = sockets::event::in},
                                    {.fd = datagrams, .events = sockets::event::in}};
    static_cast<void>(s.poll(entries, Duration::seconds(1)));
    for (const int fd : {in, out}) {
      const std::ptrdiff_t got = s.recv(fd, buffer);
      if (got <= 0) continue;
      ASSERT_EQ(s.set_non_blocking(fd, false), 0);
      EXPECT_EQ(s.send(fd, {buffer, static_cast<std::size_t>(got)}), got);
      ASSERT_EQ(s.set_non_blocking(fd, true), 0);
    }
    Endpoint from;
    const std::ptrdiff_t got = s.recvfrom(datagrams, large, 0, &from);
    if (got == static_cast<std::ptrdiff_t>(largest_datagram)) {
      ++datagrams_whole;
      for (std::size_t i = 0; i < largest_datagram; ++i) ASSERT_EQ(large[i], pattern(i)) << i;
    }
    if (datagrams_whole > 0 && peer.thanks == 0 && from.port != 0) {
      EXPECT_EQ(s.sendto(datagrams, {large, 10}, 0, &from), 10);
    }
  }
  for (const int fd : {in, out, datagrams, listener}) EXPECT_EQ(s.close(fd), 0);
  const std::uint64_t seen = trap.stop();

  EXPECT_EQ(peer.accepted.back, stream_bytes);
  EXPECT_EQ(peer.connected.back, stream_bytes);
  EXPECT_TRUE(peer.accepted.right && peer.connected.right) << "each byte as it was sent";
  EXPECT_GE(datagrams_whole, 1);
  EXPECT_GE(air->transmit_counters().lost + air->receive_counters().lost, 5u) << "the link did lose frames";
  EXPECT_GT(time->unix_time(port.now())->microseconds, true_time * 1000000);
  EXPECT_EQ(seen, 0u) << "allocations beside the array";
  EXPECT_TRUE(guards_are_whole());
}

}  // namespace
}  // namespace linnet::test
