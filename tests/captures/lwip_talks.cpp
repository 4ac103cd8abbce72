// SPDX-License-Identifier: Apache-2.0
// For make.sh: two interfaces of one lwIP, as Debian packages it, joined by a wire that loses, reorders and duplicates.
// Writes what the left interface sends and receives as a pcap file.
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint16_t port = 5001;
constexpr std::size_t total = 12000;

struct World {
  netif ends[2]{};
  std::multimap<Clock::time_point, std::pair<netif*, pbuf*>> flying;
  std::mt19937 choices{1};
  std::FILE* file = nullptr;
  Clock::time_point begin = Clock::now();
  tcp_pcb* accepted = nullptr;
  std::size_t received[2] = {};
  std::size_t written[2] = {};
  bool ended[2] = {};
};
World world;

void write32(std::uint32_t value) { std::fwrite(&value, 4, 1, world.file); }

void capture(pbuf* packet) {
  std::uint8_t bytes[2048];
  const std::uint32_t size = pbuf_copy_partial(packet, bytes, sizeof bytes, 0);
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - world.begin).count();
  write32(static_cast<std::uint32_t>(now / 1000000));
  write32(static_cast<std::uint32_t>(now % 1000000));
  write32(size);
  write32(size);
  std::fwrite(bytes, 1, size, world.file);
}

err_t transmit(netif* from, pbuf* packet) {
  if (from == &world.ends[0]) capture(packet);
  const auto chance = [](unsigned percent) { return world.choices() % 100 < percent; };
  std::uint8_t type[2] = {};
  pbuf_copy_partial(packet, type, 2, 12);
  const bool ip = type[0] == 8 && type[1] == 0;
  if (ip && chance(5)) return ERR_OK;
  for (unsigned copies = ip && chance(2) ? 2 : 1; copies > 0; --copies) {
    pbuf* copy = pbuf_alloc(PBUF_RAW, packet->tot_len, PBUF_RAM);
    if (copy == nullptr || pbuf_copy(copy, packet) != ERR_OK) return ERR_MEM;
    const auto delay = std::chrono::milliseconds(ip && chance(10) ? 5 + world.choices() % 15 : 5);
    world.flying.emplace(Clock::now() + delay,
                         std::pair{from == &world.ends[0] ? &world.ends[1] : &world.ends[0], copy});
  }
  return ERR_OK;
}

err_t begin(netif* interface) {
  const auto number = static_cast<std::uint8_t>(interface == &world.ends[0] ? 1 : 2);
  interface->name[0] = 'b';
  interface->name[1] = static_cast<char>('0' + number);
  interface->mtu = 1500;
  interface->hwaddr_len = 6;
  const std::uint8_t mac[6] = {2, 0, 0, 0, 0, number};
  std::copy(mac, mac + 6, interface->hwaddr);
  interface->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
  interface->output = etharp_output;
  interface->linkoutput = transmit;
  return ERR_OK;
}

void poll() {
  while (!world.flying.empty() && world.flying.begin()->first <= Clock::now()) {
    const auto [to, packet] = world.flying.begin()->second;
    world.flying.erase(world.flying.begin());
    if (to == &world.ends[0]) capture(packet);
    if (to->input(packet, to) != ERR_OK) pbuf_free(packet);
  }
  sys_check_timeouts();
}

err_t received(void* side, tcp_pcb* pcb, pbuf* packet, err_t) {
  const auto i = reinterpret_cast<std::uintptr_t>(side);
  if (packet == nullptr) {
    world.ended[i] = true;
    return ERR_OK;
  }
  world.received[i] += packet->tot_len;
  tcp_recved(pcb, packet->tot_len);
  pbuf_free(packet);
  return ERR_OK;
}

void write_some(tcp_pcb* pcb, unsigned side) {
  static const std::vector<std::uint8_t> bytes = [] {
    std::vector<std::uint8_t> made(total);
    for (std::size_t i = 0; i < total; ++i) made[i] = static_cast<std::uint8_t>(i * 31 % 253);
    return made;
  }();
  std::size_t& written = world.written[side];
  while (written < total) {
    const auto size =
        static_cast<std::uint16_t>(std::min({total - written, std::size_t{tcp_sndbuf(pcb)}, std::size_t{900}}));
    if (size == 0 || tcp_write(pcb, bytes.data() + written, size, TCP_WRITE_FLAG_COPY) != ERR_OK) break;
    written += size;
    if (written == total) tcp_shutdown(pcb, 0, 1);
  }
  tcp_output(pcb);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 || (world.file = std::fopen(arguments[1], "wb")) == nullptr) return 2;
  for (const std::uint32_t word : {0xa1b2c3d4u, 0x00040002u, 0u, 0u, 65535u, 1u}) write32(word);
  lwip_init();
  for (std::uint8_t i = 0; i < 2; ++i) {
    ip4_addr_t address, mask, gateway;
    IP4_ADDR(&address, 10, 9, 0, i + 1);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 0, 0, 0, 0);
    netif_add(&world.ends[i], &address, &mask, &gateway, nullptr, begin, ethernet_input);
    netif_set_up(&world.ends[i]);
    netif_set_link_up(&world.ends[i]);
  }
  tcp_pcb* bound = tcp_new();
  tcp_bind(bound, netif_ip_addr4(&world.ends[1]), port);
  tcp_pcb* listener = tcp_listen_with_backlog(bound, 4);
  reinterpret_cast<tcp_pcb_listen*>(listener)->netif_idx = netif_get_index(&world.ends[1]);
  tcp_accept(listener, [](void*, tcp_pcb* pcb, err_t) -> err_t {
    world.accepted = pcb;
    tcp_arg(pcb, reinterpret_cast<void*>(1));
    tcp_recv(pcb, received);
    return ERR_OK;
  });
  // Both addresses are the stack's own: the interface must be named, or the packets would not leave it.
  tcp_pcb* client = tcp_new();
  tcp_bind_netif(client, &world.ends[0]);
  tcp_arg(client, nullptr);
  tcp_recv(client, received);
  tcp_connect(client, netif_ip_addr4(&world.ends[1]), port, [](void*, tcp_pcb*, err_t) -> err_t { return ERR_OK; });
  const auto limit = Clock::now() + std::chrono::seconds(60);
  while (!(world.ended[0] && world.ended[1]) && Clock::now() < limit) {
    poll();
    if (client->state == ESTABLISHED && world.written[0] < total) write_some(client, 0);
    if (world.accepted != nullptr && world.written[1] < total) write_some(world.accepted, 1);
  }
  for (const auto quiet = Clock::now() + std::chrono::seconds(2); Clock::now() < quiet;) poll();
  std::printf("received %zu and %zu bytes\n", world.received[0], world.received[1]);
  std::fclose(world.file);
}
