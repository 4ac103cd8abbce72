// SPDX-License-Identifier: Apache-2.0
// lwIP as Debian packages it, by its raw API on one thread, at the sending end of a transfer: a station of its own on an
// interface, by a packet socket.
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "bench/goodput/ends.hpp"
#include "bench/measure.hpp"
#include "core/base/bytes.hpp"
#include "platform/linux/file_descriptor.hpp"
#include "platform/linux/interface_info.hpp"

namespace linnet::bench {
namespace {

constexpr std::array<std::uint8_t, 6> own_mac{0x02, 0x6c, 0x77, 0x49, 0x50, 0x01};
constexpr std::size_t longest_frame = 1514;
constexpr int queue_bytes = 8 << 20;
constexpr std::uint32_t turn_milliseconds = 50;  // so often an end looks whether it is to leave
constexpr double patience = 60;                  // seconds for a connection to be made

/// lwIP's one interface, on an Ethernet of the kernel's.
class LwipStation {
 public:
  explicit LwipStation(const Station& station) {
    const auto info = platform::interface_info(station.interface);
    if (!info || !info->ethernet) throw Failure("there is no Ethernet interface " + station.interface);
    open_socket(info->index);
    lwip_init();
    ip4_addr_t address;
    ip4_addr_t mask;
    ip4_addr_t gateway;
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 0, 0, 0, 0);
    if (ip4addr_aton(station.address.c_str(), &address) != 1) throw Failure("not an IPv4 address: " + station.address);
    if (netif_add(&interface_, &address, &mask, &gateway, this, begin, ethernet_input) == nullptr) {
      throw Failure("lwIP: cannot add an interface");
    }
    netif_set_default(&interface_);
    netif_set_up(&interface_);
    netif_set_link_up(&interface_);
  }

  /// Waits for frames until lwIP's next timer at most, and lets it work.
  void poll() {
    pollfd entry{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    const std::uint32_t sleep = std::min<std::uint32_t>(sys_timeouts_sleeptime(), turn_milliseconds);
    if (::poll(&entry, 1, static_cast<int>(sleep)) > 0) {
      for (int i = 0; i < 32 && receive_one(); ++i) {
      }
    }
    sys_check_timeouts();
  }
  std::uint64_t segments() const { return segments_; }
  std::uint64_t retransmissions() const { return retransmissions_; }

 private:
  void open_socket(int index) {
    fd_ = platform::FileDescriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    constexpr int on = 1;
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = lwip_htons(ETH_P_ALL);
    address.sll_ifindex = index;
    const bool good =
        fd_ && ::setsockopt(fd_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) == 0 &&
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof queue_bytes) == 0 &&
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &queue_bytes, sizeof queue_bytes) == 0 &&
        ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (!good) throw Failure(fmt::format("packet socket: {}", std::strerror(errno)));
  }

  static err_t begin(netif* interface) {
    interface->name[0] = 'g';
    interface->name[1] = 'p';
    interface->mtu = 1500;
    interface->hwaddr_len = 6;
    std::copy(own_mac.begin(), own_mac.end(), interface->hwaddr);
    interface->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    interface->output = etharp_output;
    interface->linkoutput = transmit;
    return ERR_OK;
  }
  static err_t transmit(netif* interface, pbuf* packet) {
    auto& self = *static_cast<LwipStation*>(interface->state);
    std::array<std::uint8_t, longest_frame> frame;
    if (packet->tot_len > frame.size()) return ERR_BUF;
    pbuf_copy_partial(packet, frame.data(), packet->tot_len, 0);
    self.count({frame.data(), packet->tot_len});
    const ssize_t sent = ::send(self.fd_.get(), frame.data(), packet->tot_len, 0);
    return sent == packet->tot_len ? ERR_OK : ERR_MEM;  // a full queue: lwIP tries again
  }
  /// A segment that begins before what was sent already is one sent again.
  void count(Bytes frame) {
    if (frame.size() < 54 || load16(frame.data() + 12) != ETH_P_IP || frame[23] != 6) return;
    const std::uint32_t length = load16(frame.data() + 16) - 20u - (frame[46] >> 4) * 4u;
    if (length == 0 || length > longest_frame) return;
    const std::uint32_t seq = load32(frame.data() + 38);
    ++segments_;
    if (next_ && static_cast<std::int32_t>(seq - *next_) < 0) ++retransmissions_;
    if (!next_ || static_cast<std::int32_t>(seq + length - *next_) > 0) next_ = seq + length;
  }

  bool receive_one() {
    std::array<std::uint8_t, longest_frame> frame;
    const ssize_t size = ::recv(fd_.get(), frame.data(), frame.size(), 0);
    if (size <= 0) return false;
    const bool for_many = (frame[0] & 1) != 0;
    if (!for_many && !std::equal(own_mac.begin(), own_mac.end(), frame.begin())) return true;
    pbuf* packet = pbuf_alloc(PBUF_RAW, static_cast<u16_t>(size), PBUF_POOL);
    if (packet == nullptr) return true;  // lost for want of memory, as in a driver
    pbuf_take(packet, frame.data(), static_cast<u16_t>(size));
    if (interface_.input(packet, &interface_) != ERR_OK) pbuf_free(packet);
    return true;
  }

  platform::FileDescriptor fd_;
  netif interface_{};
  std::optional<std::uint32_t> next_;  // behind the highest data sent
  std::uint64_t segments_ = 0;
  std::uint64_t retransmissions_ = 0;
};

/// What the connection's callbacks set.
struct Progress {
  bool connected = false;
  bool peer_ended = false;
  std::optional<err_t> error{};

  static err_t on_connected(void* self, tcp_pcb*, err_t) {
    static_cast<Progress*>(self)->connected = true;
    return ERR_OK;
  }
  static err_t on_received(void* self, tcp_pcb* pcb, pbuf* packet, err_t) {
    if (packet == nullptr) {
      static_cast<Progress*>(self)->peer_ended = true;
      return ERR_OK;
    }
    tcp_recved(pcb, packet->tot_len);
    pbuf_free(packet);
    return ERR_OK;
  }
  static void on_error(void* self, err_t error) { static_cast<Progress*>(self)->error = error; }
};

std::uint64_t send_some(tcp_pcb* pcb, std::uint64_t left) {
  static const std::vector<std::uint8_t> piece(0xffff, 0x5a);
  std::uint64_t taken = 0;
  while (taken < left && tcp_sndbuf(pcb) > 0) {
    const auto wanted = std::min<std::uint64_t>({piece.size(), tcp_sndbuf(pcb), left - taken});
    const err_t result = tcp_write(pcb, piece.data(), static_cast<u16_t>(wanted), TCP_WRITE_FLAG_COPY);
    if (result == ERR_MEM) break;  // its queue of segments is full
    if (result != ERR_OK) throw Failure(fmt::format("lwIP: tcp_write: {}", static_cast<int>(result)));
    taken += wanted;
  }
  tcp_output(pcb);
  return taken;
}

std::uint64_t transfer(LwipStation& station, const SendOptions& options) {
  ip_addr_t to;
  if (ipaddr_aton(options.to.c_str(), &to) != 1) throw Failure("not an IPv4 address: " + options.to);
  tcp_pcb* pcb = tcp_new();
  if (pcb == nullptr) throw Failure("lwIP: no memory for a connection");
  Progress progress;
  tcp_arg(pcb, &progress);
  tcp_err(pcb, Progress::on_error);
  tcp_recv(pcb, Progress::on_received);
  if (tcp_connect(pcb, &to, options.port, Progress::on_connected) != ERR_OK) throw Failure("lwIP: cannot connect");
  const double begun = wall_seconds();
  const auto goes_on = [&] { return !asked_to_end && !progress.error && !progress.peer_ended; };
  while (goes_on() && !progress.connected && wall_seconds() - begun < patience) station.poll();
  std::uint64_t sent = 0;
  while (goes_on() && progress.connected && sent < options.bytes) {
    sent += send_some(pcb, options.bytes - sent);
    station.poll();
  }
  if (goes_on() && progress.connected) tcp_shutdown(pcb, 0, 1);
  while (goes_on() && progress.connected) station.poll();
  if (!asked_to_end && progress.error) {
    throw Failure(fmt::format("lwIP: the connection ended: {}", static_cast<int>(*progress.error)));
  }
  if (!progress.error) tcp_abort(pcb);
  return sent;
}

}  // namespace

void lwip_send(const SendOptions& options) {
  LwipStation station(options.station);
  const std::uint64_t sent = transfer(station, options);
  fmt::print("{{\"taken\": {}, \"retransmissions\": {}, \"segments_out\": {}}}\n", sent, station.retransmissions(),
             station.segments());
}

}  // namespace linnet::bench
