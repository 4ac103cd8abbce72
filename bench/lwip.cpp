// SPDX-License-Identifier: Apache-2.0
// lwIP as Debian packages it, by its raw API on one thread: two Ethernet interfaces of its one stack, and a wire in
// memory between them that copies each frame once. The user's bytes are copied in by tcp_write and out of the
// received pbufs.
#include <fmt/format.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "bench/stream.hpp"

namespace linnet::bench {
namespace {

constexpr std::uint16_t port_number = 5001;
constexpr double patience = 10;

/// The wire and what is at its ends. lwIP's state is global, so there is one of them.
class World {
 public:
  static World& get() {
    static World world;
    return world;
  }

  /// Delivers what is on the wire; true when there was anything.
  bool deliver() {
    const bool any = !flying_.empty();
    for (std::size_t count = flying_.size(); count > 0; --count) {
      const Flying frame = flying_.front();
      flying_.pop_front();
      if (frame.to->input(frame.packet, frame.to) != ERR_OK) pbuf_free(frame.packet);
    }
    return any;
  }
  void poll() {
    deliver();
    sys_check_timeouts();
  }
  template <typename Done>
  void until(Done done) {
    const double begun = wall_seconds();
    while (!done()) {
      if (wall_seconds() - begun > patience) throw Failure("lwIP's two ends wait for each other");
      poll();
    }
  }

  /// A connection from one interface to the other. Both ends are lwIP's; the callbacks are the caller's to set.
  struct Connection {
    tcp_pcb* client = nullptr;
    tcp_pcb* server = nullptr;
  };
  Connection connect() {
    accepted_ = nullptr;
    connected_ = false;
    Connection c{.client = tcp_new()};
    if (c.client == nullptr) throw Failure("lwIP: no memory for a connection");
    // Both addresses are the stack's own: the interface must be named or the packets would not leave it.
    tcp_bind_netif(c.client, &left_);
    const auto connected = [](void* world, tcp_pcb*, err_t) -> err_t {
      static_cast<World*>(world)->connected_ = true;
      return ERR_OK;
    };
    tcp_arg(c.client, this);
    if (tcp_connect(c.client, netif_ip_addr4(&right_), port_number, connected) != ERR_OK) {
      throw Failure("lwIP: cannot connect");
    }
    until([&] { return accepted_ != nullptr && connected_; });
    c.server = accepted_;
    return c;
  }

 private:
  struct Flying {
    netif* to = nullptr;
    pbuf* packet = nullptr;
  };

  World() {
    lwip_init();
    add(left_, 1);
    add(right_, 2);
    listen();
  }

  void add(netif& interface, std::uint8_t number) {
    ip4_addr_t address;
    ip4_addr_t mask;
    ip4_addr_t gateway;
    IP4_ADDR(&address, 10, 0, 0, number);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 0, 0, 0, 0);
    number_ = number;
    const bool added = netif_add(&interface, &address, &mask, &gateway, this, begin, ethernet_input) != nullptr;
    if (!added) throw Failure("lwIP: cannot add an interface");
    netif_set_up(&interface);
    netif_set_link_up(&interface);
  }

  static err_t begin(netif* interface) {
    auto& world = *static_cast<World*>(interface->state);
    interface->name[0] = 'b';
    interface->name[1] = static_cast<char>('0' + world.number_);
    interface->mtu = 1500;
    interface->hwaddr_len = 6;
    const std::uint8_t mac[6] = {2, 0, 0, 0, 0, world.number_};
    std::copy(mac, mac + 6, interface->hwaddr);
    interface->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    interface->output = etharp_output;
    interface->linkoutput = transmit;
    return ERR_OK;
  }

  /// The driver's one copy.
  static err_t transmit(netif* interface, pbuf* packet) {
    auto& world = *static_cast<World*>(interface->state);
    pbuf* copy = pbuf_alloc(PBUF_RAW, packet->tot_len, PBUF_RAM);
    if (copy == nullptr) return ERR_MEM;
    if (pbuf_copy(copy, packet) != ERR_OK) {
      pbuf_free(copy);
      return ERR_BUF;
    }
    world.flying_.push_back({interface == &world.left_ ? &world.right_ : &world.left_, copy});
    return ERR_OK;
  }

  void listen() {
    tcp_pcb* pcb = tcp_new();
    if (pcb == nullptr || tcp_bind(pcb, netif_ip_addr4(&right_), port_number) != ERR_OK) {
      throw Failure("lwIP: cannot bind");
    }
    tcp_pcb* listening = tcp_listen_with_backlog(pcb, 64);
    if (listening == nullptr) throw Failure("lwIP: cannot listen");
    // What tcp_bind_netif does for an ordinary pcb: those that it accepts inherit the interface.
    reinterpret_cast<tcp_pcb_listen*>(listening)->netif_idx = netif_get_index(&right_);
    tcp_arg(listening, this);
    tcp_accept(listening, [](void* world, tcp_pcb* accepted, err_t error) -> err_t {
      if (error != ERR_OK) return error;
      static_cast<World*>(world)->accepted_ = accepted;
      return ERR_OK;
    });
  }

  netif left_{};
  netif right_{};
  std::uint8_t number_ = 0;
  std::deque<Flying> flying_;
  tcp_pcb* accepted_ = nullptr;
  bool connected_ = false;
};

/// What the server's callbacks fill.
struct Receiver {
  Sink* sink = nullptr;
  bool ended = false;
  std::optional<err_t> error{};

  static err_t received(void* argument, tcp_pcb* pcb, pbuf* packet, err_t) {
    auto& self = *static_cast<Receiver*>(argument);
    if (packet == nullptr) {
      self.ended = true;
      return ERR_OK;
    }
    for (u16_t at = 0; at < packet->tot_len;) {
      const u16_t count = pbuf_copy_partial(packet, self.sink->room().data(), packet->tot_len, at);
      self.sink->got(count);
      at = static_cast<u16_t>(at + count);
    }
    tcp_recved(pcb, packet->tot_len);
    pbuf_free(packet);
    return ERR_OK;
  }
  static void failed(void* argument, err_t error) { static_cast<Receiver*>(argument)->error = error; }
};

/// Ends a connection; the other end hears of it.
void reset(World& world, tcp_pcb* ending, tcp_pcb* other) {
  Receiver receiver;
  tcp_arg(other, &receiver);
  tcp_err(other, Receiver::failed);
  tcp_abort(ending);
  world.until([&] { return receiver.error.has_value(); });
  if (*receiver.error != ERR_RST) throw Failure("lwIP: a connection did not end by its reset");
}

void send_some(tcp_pcb* pcb, Source& source) {
  while (tcp_sndbuf(pcb) > 0) {
    const std::size_t wanted = std::min<std::size_t>({source.bytes().size(), tcp_sndbuf(pcb), 0xffff});
    const err_t result = tcp_write(pcb, source.bytes().data(), static_cast<u16_t>(wanted), TCP_WRITE_FLAG_COPY);
    if (result == ERR_MEM) break;  // its queue of segments is full
    if (result != ERR_OK) throw Failure(fmt::format("lwIP: tcp_write: {}", static_cast<int>(result)));
    source.taken(wanted);
  }
  tcp_output(pcb);
}

Measurement bulk(const Goal& goal) {
  World& world = World::get();
  const World::Connection c = world.connect();
  Source source(goal);
  Sink sink(goal);
  Receiver receiver{.sink = &sink};
  tcp_arg(c.server, &receiver);
  tcp_recv(c.server, Receiver::received);
  tcp_err(c.server, Receiver::failed);
  const Meter meter;
  while (goal.checks() ? source.total() < goal.checked_bytes : meter.wall() < goal.seconds) {
    send_some(c.client, source);
    world.poll();
  }
  const Measurement result = meter.stop(static_cast<double>(sink.total()));
  tcp_shutdown(c.client, 0, 1);
  world.until([&] { return receiver.ended || receiver.error; });
  require_equal(source.total(), sink.total());
  // Nothing may be under way when an end goes: lwIP would answer it, and look for a way to an address of its own.
  world.until([&] { return !world.deliver(); });
  tcp_err(c.server, nullptr);
  reset(world, c.server, c.client);
  return result;
}

Measurement ping_pong(double seconds) {
  World& world = World::get();
  const World::Connection c = world.connect();
  struct Echo {
    std::uint64_t rounds = 0;
    bool wrong = false;
  } echo;
  const auto answer = [](void*, tcp_pcb* pcb, pbuf* packet, err_t) -> err_t {
    if (packet == nullptr) return ERR_OK;
    std::uint8_t byte = 0;
    pbuf_copy_partial(packet, &byte, 1, 0);
    tcp_recved(pcb, packet->tot_len);
    pbuf_free(packet);
    if (tcp_write(pcb, &byte, 1, TCP_WRITE_FLAG_COPY) != ERR_OK) return ERR_OK;
    tcp_output(pcb);
    return ERR_OK;
  };
  const auto count = [](void* argument, tcp_pcb* pcb, pbuf* packet, err_t) -> err_t {
    auto& self = *static_cast<Echo*>(argument);
    if (packet == nullptr) return ERR_OK;
    std::uint8_t byte = 0;
    pbuf_copy_partial(packet, &byte, 1, 0);
    self.wrong = self.wrong || packet->tot_len != 1 || byte != static_cast<std::uint8_t>(self.rounds + 1);
    ++self.rounds;
    tcp_recved(pcb, packet->tot_len);
    pbuf_free(packet);
    return ERR_OK;
  };
  tcp_nagle_disable(c.client);
  tcp_nagle_disable(c.server);
  tcp_recv(c.server, answer);
  tcp_arg(c.client, &echo);
  tcp_recv(c.client, count);
  const Meter meter;
  while (meter.wall() < seconds) {
    for (int i = 0; i < 64; ++i) {
      const std::uint64_t before = echo.rounds;
      const auto byte = static_cast<std::uint8_t>(before + 1);
      if (tcp_write(c.client, &byte, 1, TCP_WRITE_FLAG_COPY) != ERR_OK) throw Failure("lwIP: tcp_write");
      tcp_output(c.client);
      while (echo.rounds == before) {
        if (!world.deliver()) throw Failure("lwIP: a byte did not come across");
      }
    }
    sys_check_timeouts();
  }
  const Measurement result = meter.stop(static_cast<double>(echo.rounds));
  if (echo.wrong) throw Failure("lwIP: the wrong byte came back");
  reset(world, c.client, c.server);
  return result;
}

Measurement connect_and_reset(double seconds) {
  World& world = World::get();
  std::uint64_t count = 0;
  const Meter meter;
  for (; meter.wall() < seconds; ++count) {
    const World::Connection c = world.connect();
    reset(world, c.client, c.server);
  }
  return meter.stop(static_cast<double>(count));
}

}  // namespace

std::vector<Row> lwip_rows() {
  const std::string built = fmt::format("lwIP {}, raw API, MSS {}, TCP_WND {}, TCP_SND_BUF {}", LWIP_VERSION_STRING,
                                        TCP_MSS, static_cast<unsigned>(TCP_WND), static_cast<unsigned>(TCP_SND_BUF));
  return {Row{.name = "lwip",
              .what = built + ", software checksums, libc malloc",
              .measure = [](double seconds) { return bulk({.seconds = seconds}); },
              .check = [] { bulk(check_goal); }},
          Row{.name = "lwip-ping-pong",
              .what = "lwIP, one byte there and back",
              .unit = Unit::nanoseconds,
              .measure = ping_pong},
          Row{.name = "lwip-connect-reset",
              .what = "lwIP, connections opened, accepted and reset",
              .unit = Unit::thousands,
              .measure = connect_and_reset}};
}

}  // namespace linnet::bench
