// SPDX-License-Identifier: Apache-2.0
// Whole frames, and calls between them, into a stack in any state. When all is closed, hours later it is as
// new.
#include <array>

#include "fuzz/host.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr std::array<IpAddress, 4> peers{peer_address, far_address, gateway_address,
                                         IpAddress::v4(192, 0, 2, 77)};
constexpr std::uint16_t listening_port = 80;
constexpr std::uint16_t udp_port = 53;

class Run {
 public:
  explicit Run(std::uint8_t stale) : host_(stale) {}

  std::uint64_t execute(Input input) {
    begin(input.u8());
    while (!input.empty()) step(input);
    close_all();
    host_.end();
    return host_.link.digest();
  }

 private:
  /// The state that the first frame meets.
  void begin(std::uint8_t what) {
    if ((what & 1) != 0) listen();
    if ((what & 2) != 0) connect(0);
    if ((what & 4) != 0) {
      connect(1);
      answer_syn();
    }
    if ((what & 8) != 0) open_udp(true);
    if ((what & 16) != 0) fragment(7, 1, true, 64);
    if ((what & 32) != 0) open_raw();
    if ((what & 64) != 0 && !host_.link.flows().empty()) shut(0);
    host_.link.answers_arp = (what & 128) == 0;
    host_.settle();
  }
  void step(Input& input) {
    switch (input.u8() % 20) {
      case 0:
        raw_frame(input.bytes(input.u8()));
        break;
      case 1:
        framed(input);
        break;
      case 2:
        packet(input);
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        segment(input);
        break;
      case 7:
        syn(input);
        break;
      case 8:
        host_.deliver_udp({peer(input), input.flag() ? udp_port : input.u16()}, {our_address, udp(input)},
                          input.bytes(input.u8()));
        break;
      case 9:
        icmp_error(input);
        break;
      case 10:
        fragment(input.u8(), input.below(64), input.flag(), input.below(256));
        break;
      case 11:
        arp(input);
        break;
      case 12:
        host_.pass(Duration::milliseconds(input.u8() * 10));
        break;
      case 13:
        host_.pass(Duration::seconds(input.u8()));
        break;
      case 14:
        send(input);
        break;
      case 15:
        receive(input);
        break;
      case 16:
        open(input.u8());
        break;
      case 17:
        close(input.u8());
        break;
      case 18:
        options(input);
        break;
      default:
        link(input.u8());
    }
  }
  static IpAddress peer(Input& input) { return peers[input.u8() % peers.size()]; }
  static std::uint16_t udp(Input& input) { return input.flag() ? udp_port : input.u16(); }

  // --- frames ---

  /// A frame that cannot be for us is counted once and changes nothing.
  void raw_frame(Bytes frame) {
    const std::uint64_t drops = host_.stack.drops().total();
    const Digest::Value before = host_.stack.digest();
    const std::uint64_t sent = host_.link.sent();
    const bool hopeless = frame.empty() ? false : hopeless_frame(frame);
    const bool room = host_.stack.pool().small_free() > 0;
    host_.deliver(frame);
    if (!hopeless || !room || host_.link.busy) return;
    require(host_.stack.drops().total() == drops + 1, "what is thrown away is counted, once");
    require(host_.stack.digest() == before, "and changes nothing");
    require(host_.link.sent() == sent, "nor is it answered");
  }
  static bool hopeless_frame(Bytes frame) {
    if (frame.size() < 14) return true;
    if ((frame[0] & 1) == 0 && !same(frame.first(6), our_mac.bytes)) return true;
    const std::uint16_t type = load16(frame.data() + 12);
    if (type != 0x0800) return type != 0x0806 && type != 0x8100;
    const Bytes ip = frame.subspan(14);
    if (ip.size() < 20 || ip[0] >> 4 != 4 || (ip[0] & 15) < 5 || (ip[0] & 15) * 4u > ip.size()) return true;
    return plain_sum(ip.first((ip[0] & 15) * 4u)) != 0xffff;
  }
  void framed(Input& input) {
    std::array<std::uint8_t, 14 + 255> frame;
    const std::array<std::uint16_t, 4> types{0x0800, 0x0806, 0x8100, 0x86dd};
    const std::uint16_t type = types[input.below(4)];
    Host::begin_frame(frame.data(), type, input.flag());
    const Bytes payload = input.bytes(input.u8());
    copy_bytes(frame.data() + 14, payload);
    if (type == 0x0800 && payload.size() >= 20 && (payload[0] & 15) * 4u <= payload.size() &&
        (payload[0] & 15) >= 5) {
      std::uint8_t* ip = frame.data() + 14;
      const std::size_t header = (payload[0] & 15) * 4u;
      store16(ip + 10, 0);
      store16(ip + 10, static_cast<std::uint16_t>(~plain_sum({ip, header})));
    }
    raw_frame(Bytes(frame).first(14 + payload.size()));
  }
  void packet(Input& input) {
    const std::array<std::uint8_t, 4> protocols{1, 6, 17, 99};
    const std::uint8_t protocol = protocols[input.below(4)];
    const std::uint8_t to = input.u8();
    const IpAddress destination = to < 200   ? our_address
                                  : to < 210 ? IpAddress::broadcast_v4()
                                  : to < 220 ? IpAddress::v4(192, 0, 2, 255)
                                  : to < 230 ? IpAddress::v4(224, 0, 0, 1)
                                             : IpAddress::v4(input.u32());
    const IpAddress source = input.flag() ? peer(input) : IpAddress::v4(input.u32());
    host_.deliver_ip(protocol, source, destination, input.bytes(input.u8()));
  }
  static std::uint32_t near(Input& input, std::uint32_t base) {
    const std::uint8_t how = input.u8();
    if (how < 170) return base;
    if (how < 250) return base + static_cast<std::uint32_t>(static_cast<std::int16_t>(input.u16()));
    return input.u32();
  }
  void segment(Input& input) {
    const auto flows = host_.link.flows();
    if (flows.empty()) return syn(input);
    const Flow flow = flows[input.below(static_cast<std::uint32_t>(flows.size()))];
    const std::uint8_t flags = input.u8();
    const std::uint32_t seq = near(input, flow.ack);
    const std::uint32_t ack = near(input, (flags & 0x20) != 0 ? flow.first : flow.next);
    write_segment(IpAddress::v4(flow.peer), flow.peer_port, flow.our_port, seq, ack, flags, input);
  }
  void syn(Input& input) {
    const std::uint16_t port = static_cast<std::uint16_t>(1024 + input.below(8));
    const std::uint32_t seq = input.u8() * 0x01000000u;
    write_segment(peer(input), port, listening_port, seq, 0, input.u8() < 240 ? 2 : 0xc2, input);
  }
  void write_segment(const IpAddress& from, std::uint16_t source, std::uint16_t destination,
                     std::uint32_t seq, std::uint32_t ack, std::uint8_t flags, Input& input) {
    std::array<std::uint8_t, 1480> tcp;
    const std::uint8_t shape = input.u8();
    const Bytes given = input.bytes(shape % 41 / 4 * 4);
    std::array<std::uint8_t, 40> area{};
    copy_bytes(area.data(), given);
    const std::size_t options = (given.size() + 3) / 4 * 4;
    store16(tcp.data(), source);
    store16(tcp.data() + 2, destination);
    store32(tcp.data() + 4, seq);
    store32(tcp.data() + 8, ack);
    tcp[12] = static_cast<std::uint8_t>((20 + options) / 4 << 4);
    tcp[13] = flags;
    store16(tcp.data() + 14, shape < 200 ? std::uint16_t{8192} : input.u16());
    store16(tcp.data() + 18, (flags & 0x20) != 0 ? input.u8() : std::uint16_t{0});
    copy_bytes(tcp.data() + 20, Bytes(area).first(options));
    const std::size_t size = shape % 3 == 0 ? 0 : shape % 3 == 1 ? input.u8() : input.below(1441);
    const std::size_t fits = std::min(size, 1480 - 20 - options);
    std::fill_n(tcp.data() + 20 + options, fits, static_cast<std::uint8_t>(seq));
    host_.deliver_ip(6, from, our_address, Bytes(tcp).first(20 + options + fits), 0, 0, shape & 3);
  }
  /// The peer agrees to the last connection that we asked for.
  void answer_syn() {
    if (host_.link.flows().empty()) return;
    const Flow flow = host_.link.flows().back();
    std::array<std::uint8_t, 24> tcp{};
    store16(tcp.data(), flow.peer_port);
    store16(tcp.data() + 2, flow.our_port);
    store32(tcp.data() + 4, 0xfffffff0u);
    store32(tcp.data() + 8, flow.next);
    tcp[12] = 0x60;
    tcp[13] = 0x12;
    store16(tcp.data() + 14, 4096);
    store32(tcp.data() + 20, 0x01010402u);  // SACK permitted
    host_.deliver_ip(6, IpAddress::v4(flow.peer), our_address, tcp);
  }
  void icmp_error(Input& input) {
    const Bytes last = host_.link.last();
    if (last.size() < 34 + 8 || load16(last.data() + 12) != 0x0800) return;
    std::array<std::uint8_t, 8 + 128> icmp{};
    const std::array<std::uint8_t, 6> types{3, 3, 3, 11, 12, 4};
    icmp[0] = types[input.below(6)];
    icmp[1] = static_cast<std::uint8_t>(input.below(16));
    store32(icmp.data() + 4, input.flag() ? input.u16() : input.u32());
    const Bytes quoted = last.subspan(14, std::min<std::size_t>(last.size() - 14, 28u + input.below(100)));
    copy_bytes(icmp.data() + 8, quoted);
    if (input.u8() > 250) icmp[8 + input.below(28)] = input.u8();
    host_.deliver_ip(1, peer(input), our_address, Bytes(icmp).first(8 + quoted.size()));
  }
  void fragment(std::uint8_t what, std::uint32_t offset, bool more, std::size_t size) {
    std::array<std::uint8_t, 256> payload;
    payload.fill(what);
    if (offset == 0) {  // a UDP header, for when it is whole
      store16(payload.data(), 5353);
      store16(payload.data() + 2, udp_port);
      store16(payload.data() + 4, static_cast<std::uint16_t>(16 * (what % 32)));
      store16(payload.data() + 6, 0);
    }
    if (more) size = size / 8 * 8;
    host_.deliver_ip(17, peers[what % 2], our_address, Bytes(payload).first(size),
                     static_cast<std::uint16_t>((more ? 0x2000u : 0u) | offset), what % 4);
  }
  void arp(Input& input) {
    const std::array<std::uint8_t, 4> sender = address_bytes(input);
    const std::array<std::uint8_t, 4> target = address_bytes(input);
    const MacAddress mac{{static_cast<std::uint8_t>(input.u8()), 0, 0, 0, 0, 5}};
    host_.deliver_arp(static_cast<std::uint16_t>(1 + input.below(3)), mac, sender, target);
    host_.settle();
  }
  static std::array<std::uint8_t, 4> address_bytes(Input& input) {
    std::array<std::uint8_t, 4> bytes{192, 0, 2, 1};
    const std::uint8_t how = input.u8();
    if (how < 240) bytes[3] = how % 4 == 0 ? std::uint8_t{1} : how;
    if (how >= 240) store32(bytes.data(), input.u32());
    return bytes;
  }

  // --- calls ---

  tcp::Tcp& tcp() { return host_.stack.tcp(); }
  template <typename T, std::size_t N>
  static bool keep(std::array<T, N>& handles, std::size_t& count, const T& handle) {
    if (count == N) return false;
    handles[count++] = handle;
    return true;
  }
  void listen() {
    if (listener_) return;
    const auto bound = tcp().bind({IpAddress::any_v4(), listening_port}, true);
    if (!bound) return;
    listener_ = *bound;
    static_cast<void>(tcp().listen(listener_, 2, {.defer_accept = 0, .fast_open_queue = 1}));
  }
  void connect(std::uint8_t which) {
    const auto made =
        tcp().connect({}, {peers[which % peers.size()], static_cast<std::uint16_t>(8080 + which % 2)},
                      {.fast_open = (which & 8) != 0}, host_.now);
    if (made && !keep(connections_, connection_count_, *made)) tcp().abort(*made, host_.now);
    host_.settle();
  }
  void open_udp(bool bound) {
    const auto socket = host_.stack.udp().open();
    if (!socket) return;
    if (bound) static_cast<void>(host_.stack.udp().bind(*socket, {IpAddress::any_v4(), udp_port}, true));
    if (!keep(udp_, udp_count_, *socket)) host_.stack.udp().close(*socket);
  }
  void open_raw() {
    const auto socket = host_.stack.raw().open(1);
    if (socket && !keep(raw_, raw_count_, *socket)) host_.stack.raw().close(*socket);
  }
  void open(std::uint8_t what) {
    switch (what % 6) {
      case 0:
        listen();
        break;
      case 1:
        connect(what / 6);
        break;
      case 2:
        open_udp((what & 64) != 0);
        break;
      case 3:
        open_raw();
        break;
      default:
        if (const auto accepted = tcp().accept(listener_)) {
          if (!keep(connections_, connection_count_, *accepted)) tcp().abort(*accepted, host_.now);
        }
    }
    host_.settle();
  }
  void send(Input& input) {
    static constexpr std::array<std::uint8_t, 4096> data{};
    const std::uint8_t which = input.u8();
    const std::size_t size = which < 128 ? input.u8() : input.below(4096);
    const Bytes bytes = Bytes(data).first(size);
    if (which % 4 == 0 && udp_count_ > 0) {
      const Endpoint to{peer(input), udp_port};
      static_cast<void>(host_.stack.udp().send(udp_[which % udp_count_], {&bytes, 1}, &to, {}, host_.now));
    } else if (connection_count_ > 0) {
      const tcp::SendFlags flags{.more = (which & 16) != 0, .urgent = (which & 32) != 0};
      static_cast<void>(tcp().send(connections_[which % connection_count_], bytes, flags, host_.now));
    }
    host_.settle();
  }
  void receive(Input& input) {
    std::array<std::uint8_t, 2048> to;
    const std::uint8_t which = input.u8();
    const MutableBytes room = MutableBytes(to).first(input.below(2048));
    if (which % 4 == 0 && udp_count_ > 0) {
      const auto got = host_.stack.udp().receive(udp_[which % udp_count_], room, (which & 16) != 0);
      require(!got || got->size <= room.size(), "not more than there is room for");
    } else if (connection_count_ > 0) {
      const auto got =
          tcp().receive(connections_[which % connection_count_], room, (which & 16) != 0, host_.now);
      require(!got || *got <= room.size(), "not more than there is room for");
    }
    host_.settle();
  }
  void shut(std::uint8_t which) {
    if (connection_count_ > 0)
      static_cast<void>(tcp().shutdown_send(connections_[which % connection_count_], host_.now));
    host_.settle();
  }
  void close(std::uint8_t what) {
    if (what % 8 == 7) {
      tcp().close(std::exchange(listener_, {}), host_.now);
    } else if (what % 8 == 6 && udp_count_ > 0) {
      host_.stack.udp().close(udp_[--udp_count_]);
    } else if (what % 8 < 2) {
      shut(what / 8);
    } else if (connection_count_ > 0) {
      const tcp::ConnectionHandle connection = connections_[--connection_count_];
      if (what % 8 == 2)
        tcp().abort(connection, host_.now);
      else
        tcp().close(connection, host_.now);
    }
    host_.settle();
  }
  void options(Input& input) {
    if (connection_count_ == 0) return;
    const std::uint8_t what = input.u8();
    const tcp::ConnectionHandle connection = connections_[what % connection_count_];
    const tcp::Options* old = tcp().options(connection);
    if (old == nullptr) return;
    tcp::Options options = *old;
    const std::uint8_t bits = input.u8();
    options.no_delay = (bits & 1) != 0;
    options.cork = (bits & 2) != 0;
    options.keepalive = (bits & 4) != 0;
    options.keepalive_idle = Duration::seconds(1 + input.below(200));
    options.linger = (bits & 8) != 0;
    options.urgent_inline = (bits & 16) == 0;
    options.user_timeout = Duration::seconds((bits & 32) != 0 ? input.u8() : 0);
    options.send_buffer = (bits & 64) != 0 ? input.u16() : 0u;
    options.receive_buffer = (bits & 128) != 0 ? input.u16() : 0u;
    tcp().set_options(connection, options, host_.now);
    host_.settle();
  }
  void link(std::uint8_t what) {
    if (what % 4 == 0) host_.link.busy = !host_.link.busy;
    if (what % 4 == 1) host_.link.answers_arp = !host_.link.answers_arp;
    if (what % 4 == 2) host_.link.up = !host_.link.up;
    if (what % 4 == 3) host_.link.arp_asked = false;
    host_.settle();
  }
  void close_all() {
    for (std::size_t i = 0; i < connection_count_; ++i) tcp().close(connections_[i], host_.now);
    for (std::size_t i = 0; i < udp_count_; ++i) host_.stack.udp().close(udp_[i]);
    for (std::size_t i = 0; i < raw_count_; ++i) host_.stack.raw().close(raw_[i]);
    tcp().close(listener_, host_.now);
  }

  Host host_;
  tcp::ListenerHandle listener_;
  std::array<tcp::ConnectionHandle, 6> connections_;
  std::size_t connection_count_ = 0;
  std::array<udp::SocketHandle, 3> udp_;
  std::size_t udp_count_ = 0;
  std::array<ip::RawHandle, 2> raw_;
  std::size_t raw_count_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::uint64_t sent = Run(0x00).execute(Input(data, size));
  // The same inputs give the same bytes, whatever the memory held before: nothing stale goes out.
  if (size % 8 == 0) require(Run(0xa5).execute(Input(data, size)) == sent, "no stale byte was sent");
  return 0;
}
