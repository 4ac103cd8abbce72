// SPDX-License-Identifier: Apache-2.0
// TLS and DTLS over two stacks joined by a wire, in virtual time: a client that waits, a server that makes
// steps. LINNET_SEEDS=n plays so many seeds of the impaired wires.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/device/impair.hpp"
#include "sim/wire.hpp"
#include "sockets/host.hpp"
#include "sockets/single_thread_port.hpp"
#include "tls/stream.hpp"
#include "tls/test_tls.hpp"

namespace linnet::tls {
namespace {

using test::bytes_of;
using test::TestIdentity;
using test::year_2026;

constexpr std::uint16_t port_number = 443;

std::uint64_t seeds_to_play() {
  const char* text = std::getenv("LINNET_SEEDS");
  return text != nullptr ? std::strtoull(text, nullptr, 0) : 12;
}

struct Node {
  Node(std::uint8_t number, sim::WireEnd& device, const Impairments& faults, std::uint64_t seed)
      : memory(sockets::Host::memory_needed(Config::device(), {})),
        impair_memory(Impair::memory_needed(impair_config(faults, seed)) + Arena::alignment),
        port(test::seed_of(number), Instant::from_microseconds(1)),
        host(Config::device(), {}, memory, port),
        arena(impair_memory),
        impair(arena, device, impair_config(faults, seed)),
        clocked(impair),
        address(IpAddress::v4(192, 0, 2, number)),
        end(device) {
    port.set_wall_clock(Duration::seconds(year_2026));
    EXPECT_TRUE(host.ok());
    host.add(clocked);
    const auto added = host.stack().add_interface(impair);
    EXPECT_TRUE(added.has_value());
    interface = *added;
    EXPECT_TRUE(host.stack().ip().add_address(interface, {address, 24}, false, port.now()));
    device.register_pool(host.stack().pool());
  }
  ~Node() { end.detach(); }
  static IpAddress address6(std::uint8_t number) {
    return *IpAddress::parse("2001:db8::" + std::to_string(number));
  }
  void speak_ipv6(std::uint8_t number) {
    EXPECT_TRUE(host.stack().ip().enable_ipv6(interface, port.now()));
    EXPECT_TRUE(host.stack().ip().add_address(interface, {address6(number), 64}, false, port.now()));
  }
  static ImpairConfig impair_config(const Impairments& faults, std::uint64_t seed) {
    ImpairConfig config{.transmit = faults, .receive = {}, .seed = seed, .blocks = {}};
    config.blocks.small_count = 256;
    config.blocks.small_size = 2048;
    config.blocks.large_count = 0;
    return config;
  }

  std::vector<std::uint8_t> memory;
  std::vector<std::uint8_t> impair_memory;
  sockets::SingleThreadPort port;
  sockets::Host host;
  Arena arena;
  Impair impair;
  sockets::ClockedFor<Impair> clocked;
  IpAddress address;
  std::uint8_t interface = 0;
  sim::WireEnd& end;
  sockets::Sockets& s = host.sockets();
};

/// One end that makes its handshake in steps, and does nothing any more after `most` flights of its own.
struct Staller {
  void step() {
    if (flights >= most) return;
    const std::uint64_t before = stream->connection().bytes_sent();
    static_cast<void>(stream->connection().handshake());
    if (stream->connection().bytes_sent() != before) ++flights;
  }
  std::unique_ptr<Stream> stream;
  std::size_t most = 0;
  std::size_t flights = 0;
};

/// A server that accepts one connection, sends back what it gets, and ends when the client does.
class World {
 public:
  explicit World(const Impairments& faults = {}, std::uint64_t seed = 1)
      : a(1, wire.left(), faults, seed), b(2, wire.right(), faults, seed + 1000) {
    a.port.set_wait([](void* self, Instant until) { static_cast<World*>(self)->run(until); }, this);
    b.port.set_wait([](void* self, Instant until) { static_cast<World*>(self)->run(until); }, this);
  }
  ~World() { close_all(); }

  Options client_options() {
    return {.datagram = datagram, .host_name = "device.example", .trust = &identity().trust};
  }
  Options server_options() {
    Options options{.role = Role::server, .datagram = datagram, .identity = own};
    options.cookies = cookies ? &cookie_keys : nullptr;
    options.client_id = bytes_of("192.0.2.1");
    return options;
  }
  static TestIdentity& identity() {
    static TestIdentity made({"device.example"});
    return made;
  }

  void speak_ipv6() {
    ipv6 = true;
    a.speak_ipv6(1);
    b.speak_ipv6(2);
  }
  int family() const { return ipv6 ? sockets::af::inet6 : sockets::af::inet; }
  IpAddress server_address() const { return ipv6 ? Node::address6(2) : b.address; }

  void listen() {
    listener = b.s.socket(family(), sockets::sock::stream | sockets::sock::nonblock);
    ASSERT_EQ(b.s.bind(listener, {server_address(), port_number}), 0);
    ASSERT_EQ(b.s.listen(listener, 2), 0);
  }
  /// DTLS: both ends have sockets from the start.
  int open_datagrams() {
    datagram = true;
    listener = b.s.socket(sockets::af::inet, sockets::sock::dgram | sockets::sock::nonblock);
    EXPECT_EQ(b.s.bind(listener, {IpAddress::any_v4(), port_number}), 0);
    client_fd = a.s.socket(sockets::af::inet, sockets::sock::dgram);
    EXPECT_EQ(a.s.connect(client_fd, {b.address, port_number}), 0);
    return client_fd;
  }
  int connect() {
    client_fd = a.s.socket(family(), sockets::sock::stream);
    EXPECT_EQ(a.s.connect(client_fd, {server_address(), port_number}), 0);
    return client_fd;
  }

  /// The world while the client waits.
  void run(Instant until) {
    ASSERT_LT(++steps, 3000000u) << "nothing ends this wait";
    serve();
    if (staller.stream != nullptr) staller.step();
    const Instant first = a.host.poll_once();
    const Instant next = earlier(earlier(first, b.host.poll_once()), until);
    if (!wire.idle()) return;
    const Instant now = std::max(a.port.now(), earlier(next, a.port.now() + Duration::milliseconds(1)));
    a.port.set_time(now);
    b.port.set_time(now);
  }

  void serve() {
    if (!serving || (listener < 0 && server_fd < 0)) return;
    if (server_fd < 0 && datagram) {
      std::array<std::uint8_t, 1> first{};
      Endpoint peer;
      if (b.s.recvfrom(listener, first, sockets::msg::peek, &peer) < 0) return;
      EXPECT_EQ(b.s.connect(listener, peer), 0);
      server_fd = std::exchange(listener, -1);
      server = std::make_unique<Stream>(b.host, server_fd, server_options());
    } else if (server_fd < 0) {
      server_fd = b.s.accept(listener, nullptr, sockets::sock::nonblock);
      if (server_fd < 0) return;
      server = std::make_unique<Stream>(b.host, server_fd, server_options());
    }
    echo();
  }

  /// A record's head that promises 16 KiB, and then a byte of it each 100 ms.
  void trickle_some() {
    if (b.port.now() < next_trickle) return;
    next_trickle = b.port.now() + Duration::milliseconds(100);
    constexpr std::array<std::uint8_t, 5> head{22, 3, 3, 0x3f, 0xff};
    b.s.send(server_fd, trickled++ == 0 ? Bytes(head) : Bytes(head).first(1));
  }

  /// All that the server's handshake has to say, but a byte each `byte_each`.
  void speak_slowly() {
    if (slow == nullptr) {
      const Transport transport{.context = this,
                                .send =
                                    [](void* self, Bytes bytes) {
                                      auto& said = static_cast<World*>(self)->pending;
                                      said.insert(said.end(), bytes.begin(), bytes.end());
                                      return static_cast<std::ptrdiff_t>(bytes.size());
                                    },
                                .receive =
                                    [](void* self, MutableBytes to) {
                                      World& world = *static_cast<World*>(self);
                                      const std::ptrdiff_t got = world.b.s.recv(world.server_fd, to, 0);
                                      return got == -sockets::error::try_again ? Transport::would_block : got;
                                    }};
      slow = std::make_unique<Connection>(b.port, server_options(), transport);
    }
    static_cast<void>(slow->handshake());
    if (pending.empty() || b.port.now() < next_trickle) return;
    next_trickle = b.port.now() + byte_each;
    if (b.s.send(server_fd, Bytes(pending).first(1)) == 1) pending.erase(pending.begin());
    ++trickled;
  }

  void echo() {
    if (trickle) return trickle_some();
    if (byte_each > Duration()) return speak_slowly();
    if (served_bytes >= stall_after) return;
    std::array<std::uint8_t, 4096> buffer{};
    std::size_t count = 0;
    if (pending.empty()) {
      const Step step = server->connection().read(buffer, count);
      pending.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
      if (step == Step::closed && truncate) b.s.shutdown(server_fd, sockets::shut::write);
      if (step == Step::closed && !truncate) static_cast<void>(server->connection().close());
    }
    if (!pending.empty() && server->connection().write(pending, count) == Step::done) {
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(count));
    }
    served_bytes = server->connection().bytes_sent();
  }

  void close_all() {
    server.reset();
    slow.reset();
    staller.stream.reset();
    for (Node* node : {&a, &b}) {
      for (const int fd : {node == &a ? client_fd : server_fd, node == &b ? listener : -1}) {
        if (fd >= 0) node->s.close(fd);
      }
    }
  }

  sim::Wire wire{sim::WireConfig{}};
  Node a;
  Node b;
  int listener = -1;
  int client_fd = -1;
  int server_fd = -1;
  const Identity* own = &identity().identity;  ///< the server's
  bool ipv6 = false;
  bool serving = true;
  bool datagram = false;
  bool cookies = true;
  Cookies cookie_keys{test::seed_of(5)};
  bool truncate = false;
  bool trickle = false;
  Duration byte_each;
  std::unique_ptr<Connection> slow;
  std::size_t trickled = 0;
  Instant next_trickle;
  std::uint64_t stall_after =
      ~std::uint64_t{0};  ///< bytes of the server's, after which it does nothing any more
  std::uint64_t served_bytes = 0;
  std::unique_ptr<Stream> server;
  Staller staller;
  std::vector<std::uint8_t> pending;
  std::size_t steps = 0;
};

std::string read_all(Stream& stream, std::size_t size) {
  std::string got;
  std::array<std::uint8_t, 4096> buffer{};
  while (got.size() < size) {
    const std::ptrdiff_t n = stream.read(buffer);
    if (n <= 0) return std::string("end: ").append(stream.words());
    got.append(reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(n));
  }
  return got;
}

TEST(TlsStream, a_client_that_waits_and_a_server_in_steps) {
  World world;
  world.listen();
  Stream client(world.a.host, world.connect(), world.client_options());
  ASSERT_TRUE(client.handshake()) << client.words();
  ASSERT_TRUE(client.write(bytes_of("hello")));
  EXPECT_EQ(read_all(client, 5), "hello");
  EXPECT_TRUE(client.close());
  std::array<std::uint8_t, 1> end{};
  EXPECT_EQ(client.read(end), 0) << client.words();
}

TEST(TlsStream, C27_03_a_FIN_without_close_notify_is_an_error) {
  World world;
  world.truncate = true;
  world.listen();
  Stream client(world.a.host, world.connect(), world.client_options());
  ASSERT_TRUE(client.handshake()) << client.words();
  ASSERT_TRUE(client.close());
  std::array<std::uint8_t, 1> end{};
  EXPECT_EQ(client.read(end), -1);
  EXPECT_EQ(client.error(), Error::truncated);
}

TEST(TlsStream, RFC9110_4_3_5_over_IPv6_to_a_host_that_is_named_by_its_address) {
  static const TestIdentity numbered({"device.example"}, {Node::address6(2)});
  for (const std::string_view host : {"2001:db8::2", "2001:db8:0:0::0.0.0.2", "2001:db8::3", "::2"}) {
    World world;
    world.speak_ipv6();
    world.own = &numbered.identity;
    world.listen();
    const Options options{.host_name = host, .trust = &numbered.trust};
    Stream client(world.a.host, world.connect(), options);
    const bool right = IpAddress::parse(std::string(host)) == Node::address6(2);
    EXPECT_EQ(client.handshake(), right) << host << ": " << client.words();
    if (!right) {
      EXPECT_EQ(client.words(),
                "the certificate is for device.example, 2001:db8::2, not for " + std::string(host));
      continue;
    }
    ASSERT_TRUE(client.write(bytes_of("hello")));
    EXPECT_EQ(read_all(client, 5), "hello");
  }
}

enum class Kind : std::uint8_t { full, client_certificate, resumed };

/// A handshake of this kind in which one end stalls after `most` flights; true: the other has ended it
/// nevertheless. Else it has given up when the flight's time was over.
bool stalled_handshake(Kind kind, Role stalling, std::size_t most) {
  static const TestIdentity person({"person"}, {}, year_2026 - 1, year_2026 + test::day, 6);
  World world;
  world.serving = false;
  world.listen();
  Options client = world.client_options();
  Options server = world.server_options();
  Tickets tickets(test::seed_of(3));
  std::vector<std::uint8_t> saved(4096);
  if (kind == Kind::client_certificate) {
    client.identity = &person.identity;
    server.client_certificate = ClientCertificate::required;
    server.trust = &person.trust;
  } else if (kind == Kind::resumed) {
    server.tickets = &tickets;
    test::Pair first(client, server);
    EXPECT_TRUE(first.shake());
    EXPECT_EQ(test::carry(*first.server, *first.client, "first"), "first");
    saved.resize(first.client->save_session(saved));
    client.session = saved;
  }
  world.connect();
  world.server_fd = world.b.s.accept(world.listener, nullptr);
  EXPECT_GE(world.server_fd, 0);
  constexpr Limits limits{.flight = Duration::seconds(3)};
  auto at_client = std::make_unique<Stream>(world.a.host, world.client_fd, client, limits);
  auto at_server = std::make_unique<Stream>(world.b.host, world.server_fd, server, limits);
  if (stalling == Role::client) std::swap(at_client, at_server);
  Stream& waiting = *at_client;
  world.staller = {std::move(at_server), most, 0};
  const Instant before = world.a.port.now();
  const bool done = waiting.handshake();
  EXPECT_EQ(world.staller.flights, most) << "it is the flight that was meant";
  if (done) {
    EXPECT_EQ(waiting.connection().resumed(), kind == Kind::resumed);
    return true;
  }
  EXPECT_EQ(waiting.error(), Error::timed_out) << waiting.words();
  EXPECT_GE(world.a.port.now() - before, limits.flight);
  EXPECT_LE(world.a.port.now() - before, limits.flight + Duration::milliseconds(500))
      << "the flight's time, once";
  return false;
}

TEST(TlsStream, C27_04_a_stall_at_each_flight_ends_in_time) {
  // RFC 5246 7.3: who sends how many flights, the last of which ends the other's wait. (RFC 8446 2: TLS 1.3
  // has one of the server's, and the ticket after it.)
  const auto flights = [](Kind kind, Role role) -> std::size_t {
    if (role == Role::client) return 2;
    return kind == Kind::resumed || library::has_tls13 ? 1 : 2;
  };
  for (const Kind kind : {Kind::full, Kind::client_certificate, Kind::resumed}) {
    for (const Role role : {Role::client, Role::server}) {
      for (std::size_t most = 0; most <= flights(kind, role); ++most) {
        EXPECT_EQ(stalled_handshake(kind, role, most), most == flights(kind, role))
            << "kind " << static_cast<int>(kind) << (role == Role::client ? ", client" : ", server") << ", "
            << most;
      }
    }
  }
}

TEST(TlsStream, C27_04_bytes_that_trickle_in_are_no_excuse) {
  World world;
  world.trickle = true;
  world.listen();
  Stream client(world.a.host, world.connect(), world.client_options(), {.flight = Duration::seconds(3)});
  const Instant before = world.a.port.now();
  EXPECT_FALSE(client.handshake());
  EXPECT_EQ(client.error(), Error::timed_out) << client.words();
  EXPECT_GT(world.trickled, 20u);
  EXPECT_LE(world.a.port.now() - before, Duration::seconds(4));
}

TEST(TlsStream, C27_04_a_flight_that_comes_byte_by_byte_has_the_time_of_one) {
  // Every byte is right. The whole takes half a second, or a minute and a half.
  for (const bool in_time : {true, false}) {
    World world;
    world.byte_each = in_time ? Duration::microseconds(500) : Duration::milliseconds(100);
    world.listen();
    Stream client(world.a.host, world.connect(), world.client_options(), {.flight = Duration::seconds(3)});
    const Instant before = world.a.port.now();
    EXPECT_EQ(client.handshake(), in_time) << client.words();
    if (in_time) continue;
    EXPECT_EQ(client.error(), Error::timed_out) << client.words();
    EXPECT_EQ(client.words(), "the other side did nothing for too long");
    EXPECT_GE(world.trickled, 25u);
    EXPECT_GE(world.a.port.now() - before, Duration::seconds(3));
    EXPECT_LE(world.a.port.now() - before, Duration::milliseconds(3200));
  }
}

TEST(TlsStream, C27_04_a_server_does_not_wait_for_ever_either) {
  World world;
  world.serving = false;
  world.listen();
  world.connect();
  world.server_fd = world.b.s.accept(world.listener, nullptr);
  ASSERT_GE(world.server_fd, 0);
  Stream server(world.b.host, world.server_fd, world.server_options(), {.flight = Duration::seconds(2)});
  EXPECT_FALSE(server.handshake());
  EXPECT_EQ(server.error(), Error::timed_out);
}

TEST(TlsStream, read_has_its_own_time) {
  World world;
  world.listen();
  Stream client(world.a.host, world.connect(), world.client_options(), {.read = Duration::milliseconds(500)});
  ASSERT_TRUE(client.handshake()) << client.words();
  std::array<std::uint8_t, 8> buffer{};
  EXPECT_EQ(client.read(buffer), -1);
  EXPECT_EQ(client.error(), Error::timed_out);
  ASSERT_TRUE(client.write(bytes_of("later"))) << "a wait that was too long is not the end of the connection";
  EXPECT_EQ(client.read(buffer), 5);
}

TEST(DtlsStream, RFC6347_a_handshake_with_cookies_data_and_the_end) {
  for (const bool cookies : {true, false}) {
    World world;
    world.cookies = cookies;
    const int fd = world.open_datagrams();
    Stream client(world.a.host, fd, world.client_options());
    ASSERT_TRUE(client.handshake()) << client.words() << " | "
                                    << (world.server ? world.server->words() : "no server");
    EXPECT_EQ(client.connection().version(), "DTLSv1.2");
    for (const std::string text : {"one", "two", "three"}) {
      ASSERT_TRUE(client.write(bytes_of(text)));
      EXPECT_EQ(read_all(client, text.size()), text);
    }
    EXPECT_TRUE(client.close());
    std::array<std::uint8_t, 1> end{};
    EXPECT_EQ(client.read(end), 0) << client.words();
  }
}

TEST(DtlsStream, RFC6347_4_2_4_lost_flights_are_repeated) {
  std::uint64_t given_up =
      0;  // seven times a flight of several datagrams lost one of them: 1 to 60 s of waiting
  for (std::uint64_t seed = 1, last = seeds_to_play(); seed <= last; ++seed) {
    World world({.loss = 200000, .delay = Duration::milliseconds(5), .reorder = 50000, .duplicate = 50000},
                seed);
    const int fd = world.open_datagrams();
    Stream client(world.a.host, fd, world.client_options(), {.flight = Duration::seconds(300)});
    if (!client.handshake()) {
      ASSERT_EQ(client.error(), Error::timed_out) << seed << ": " << client.words();
      ++given_up;
      continue;
    }
    // The echo of something arrives in the end; datagrams may be lost.
    std::array<std::uint8_t, 64> buffer{};
    bool came = false;
    for (int i = 0; i < 50 && !came; ++i) {
      ASSERT_TRUE(client.write(bytes_of("again"))) << client.words();
      std::size_t count = 0;
      const Instant until = world.a.port.now() + Duration::milliseconds(50);
      while (!came && world.a.port.now() < until) {
        came = client.connection().read(buffer, count) == Step::done;
        world.run(until);
      }
    }
    EXPECT_TRUE(came) << seed;
  }
  EXPECT_LE(given_up, seeds_to_play() / 100);
}

TEST(DtlsStream, an_unreachable_port_is_a_lost_datagram_and_no_end) {
  World world;
  const int fd = world.open_datagrams();
  world.b.s.close(std::exchange(world.listener, -1));  // port unreachable (RFC 792)
  Stream client(world.a.host, fd, world.client_options(), {.flight = Duration::seconds(60)});
  Step step = client.connection().handshake();
  for (const Instant until = world.a.port.now() + Duration::milliseconds(100); world.a.port.now() < until;) {
    world.run(until);
    step = client.connection().handshake();
  }
  EXPECT_EQ(step, Step::want_read) << client.words();
  world.listener = world.b.s.socket(sockets::af::inet, sockets::sock::dgram | sockets::sock::nonblock);
  ASSERT_EQ(world.b.s.bind(world.listener, {IpAddress::any_v4(), port_number}), 0);
  EXPECT_TRUE(client.handshake()) << client.words();
}

TEST(DtlsStream, C27_04_silence_ends_in_time) {
  World world;
  world.serving = false;
  const int fd = world.open_datagrams();
  Stream client(world.a.host, fd, world.client_options(), {.flight = Duration::seconds(20)});
  const Instant before = world.a.port.now();
  EXPECT_FALSE(client.handshake());
  EXPECT_EQ(client.error(), Error::timed_out) << client.words();
  EXPECT_LE(world.a.port.now() - before, Duration::seconds(21));
}

TEST(DtlsStream, C27_05_another_host_is_refused) {
  World world;
  const int fd = world.open_datagrams();
  Options options = world.client_options();
  options.host_name = "other.example";
  Stream client(world.a.host, fd, options);
  EXPECT_FALSE(client.handshake());
  EXPECT_EQ(client.error(), Error::certificate);
}

TEST(TlsStream, many_seeds_of_an_impaired_wire) {
  const Impairments faults{.loss = 50000,
                           .delay = Duration::milliseconds(5),
                           .reorder = 50000,
                           .duplicate = 20000,
                           .corrupt = 20000};
  const std::string text = test::text_of(20000);
  for (std::uint64_t seed = 1, last = seeds_to_play(); seed <= last; ++seed) {
    World world(faults, seed);
    world.listen();
    Stream client(world.a.host, world.connect(), world.client_options(), {.flight = Duration::seconds(120)});
    ASSERT_TRUE(client.handshake()) << seed << client.words();
    for (std::size_t at = 0; at < text.size(); at += 2000) {
      ASSERT_TRUE(client.write(bytes_of(text).subspan(at, 2000))) << seed << client.words();
      ASSERT_TRUE(read_all(client, 2000) == text.substr(at, 2000)) << seed << client.words();
    }
    EXPECT_TRUE(client.close());
  }
}

}  // namespace
}  // namespace linnet::tls
