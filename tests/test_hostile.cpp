// SPDX-License-Identifier: Apache-2.0
#include "tests/test_hostile.hpp"

#include "services/dhcp/test_message.hpp"
#include "services/dns/test_message.hpp"

namespace linnet::test {
namespace {

using ethernet::ArpPacket;
using ethernet::test::arp_frame;
using ethernet::test::ethernet_frame;
using ip::test::icmp_message;
using ip::test::ipv4_packet;
using ip::test::PacketOptions;
using ip::test::pattern;

constexpr MacAddress server_mac{{2, 0, 0, 0, 0, 0x53}};
constexpr std::uint8_t fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32;

Buffer framed(const Buffer& packet, const MacAddress& to = our_mac) {
  return ethernet_frame(to, peer_mac, ethernet::ethertype::ipv4, packet);
}

Buffer sack_option(std::uint32_t left, std::uint32_t right) {
  Buffer option{1, 1, 5, 10};
  option.resize(12);
  store32(option.data() + 4, left);
  store32(option.data() + 8, right);
  return option;
}

Buffer timestamp_option(std::uint32_t value, std::uint32_t echo) {
  Buffer option{1, 1, 8, 10};
  option.resize(12);
  store32(option.data() + 4, value);
  store32(option.data() + 8, echo);
  return option;
}

}  // namespace

Target::Target(unsigned state, const Config& config) : Victim(config) {
  learn(name_server, server_mac);
  learn(dhcp_server, server_mac);
  idle_ = stack.digest();
  socket_ = *stack.udp().open();
  EXPECT_TRUE(stack.udp().bind(*socket_, {IpAddress::any_v4(), 7}, false));
  start_resolver(state % 3);
  start_client(state % 4);
  service = [this](Instant at) { return earlier(resolver_->poll(at), client_->poll(at)); };
  more_state = [this](Digest& digest) {
    resolver_->digest(digest);
    client_->digest(digest);
  };
  reach(state == orphan ? tcp::State::fin_wait_2 : static_cast<tcp::State>(state));
  if (state == orphan) {
    stack.tcp().close(*connection_, now);
    connection_.reset();
  }
  settle();
  device.out.clear();
}

Target::~Target() {
  service = nullptr;
  more_state = nullptr;
}

Buffer Target::datagram_to(std::uint16_t port) {
  Buffer found;
  for (const Buffer& frame : device.out) {
    if (frame.size() >= 42 && load16(frame.data() + 12) == ethernet::ethertype::ipv4 && frame[23] == 17 &&
        load16(frame.data() + 36) == port) {
      found.assign(frame.begin() + 34, frame.end());
    }
  }
  device.out.clear();
  EXPECT_FALSE(found.empty()) << "nothing was sent to port " << port;
  found.resize(std::max<std::size_t>(found.size(), 20));
  return found;
}

/// 0: nothing asked; 1: a query waits; 2: it was answered.
void Target::start_resolver(unsigned state) {
  dns_memory_.resize(dns::Resolver::memory_needed({}) + Arena::alignment);
  Arena arena(dns_memory_);
  resolver_ = std::make_unique<dns::Resolver>(stack, dns::Config{}, arena);
  EXPECT_TRUE(resolver_->set_server(0, name_server));
  if (state == 0) return;
  query_ = *resolver_->resolve("www.example", now);
  const Buffer asked = datagram_to(53);
  query_port_ = load16(asked.data());
  query_id_ = load16(asked.data() + 8);
  if (state == 1) return;
  const Buffer answer = dns::test::ServerMessage(query_id_, "www.example").a("www.example", peer).finish();
  stack.receive(
      wire.packet(framed(transport_packet(17, udp_bytes(53, query_port_, answer), name_server)), interface),
      now);
  resolver_->poll(now);
  EXPECT_TRUE(resolver_->result(*query_).ok());
}

/// 0: stopped; 1: selecting; 2: requesting; 3: bound.
void Target::start_client(unsigned state) {
  dhcp::Config config;
  config.probe = dhcp::Probe::none;
  dhcp_memory_.resize(dhcp::Client::memory_needed(config) + Arena::alignment);
  Arena arena(dhcp_memory_);
  client_ = std::make_unique<dhcp::Client>(stack, interface, config, arena);
  if (state == 0) return;
  EXPECT_TRUE(client_->start(now));
  while (client_->status().state == dhcp::State::init) {
    now = now + Duration::milliseconds(100);
    client_->poll(now);
  }
  xid_ = load32(datagram_to(67).data() + 8 + 4);
  for (const auto type : {dhcp::MessageType::offer, dhcp::MessageType::ack}) {
    if (state < (type == dhcp::MessageType::offer ? 2u : 3u)) return;
    dhcp::test::ServerMessage message(type, xid_);
    message.address(54, dhcp_server)
        .yiaddr(offered)
        .u32(51, 3600)
        .address(1, IpAddress::v4(255, 255, 255, 0));
    stack.receive(wire.packet(framed(transport_packet(17, udp_bytes(67, 68, message.finish()), dhcp_server,
                                                      IpAddress::broadcast_v4()),
                                     MacAddress::broadcast()),
                              interface),
                  now);
    client_->poll(now);
  }
  EXPECT_EQ(client_->status().state, dhcp::State::bound);
}

Buffer Target::segment(std::uint8_t flags, std::uint32_t seq, std::uint32_t acknowledged,
                       const Buffer& payload, const Buffer& options) const {
  return framed(transport_packet(6, tcp_bytes({.source_port = peer_port,
                                               .destination_port = our_port,
                                               .seq = seq,
                                               .ack = acknowledged,
                                               .flags = flags,
                                               .options = options,
                                               .payload = payload})));
}

void Target::reach(tcp::State state) {
  const auto pass = [this](const Buffer& frame) {
    stack.receive(wire.packet(frame, interface), now);
    settle();
  };
  tcp::Tcp& tcp = stack.tcp();
  if (state == tcp::State::closed) return;
  if (state == tcp::State::syn_sent) {
    device.out.clear();
    connection_ = *tcp.connect({}, {peer, peer_port}, {}, now);
    ASSERT_FALSE(device.out.empty());
    our_port = load16(device.out.back().data() + 34);
    our_nxt = load32(device.out.back().data() + 38) + 1;
    return;
  }
  listener_ = *tcp.bind({IpAddress::any_v4(), our_port}, false);
  ASSERT_TRUE(tcp.listen(*listener_, 4, {}).ok());
  if (state == tcp::State::listen) return;
  device.out.clear();
  pass(segment(syn, peer_nxt - 1, 0, {}, {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0}));
  ASSERT_FALSE(device.out.empty());
  our_nxt = load32(device.out.back().data() + 38) + 1;
  if (state == tcp::State::syn_received) return;
  pass(segment(ack, peer_nxt, our_nxt));
  connection_ = tcp.accept(*listener_);
  ASSERT_TRUE(connection_.has_value());
  const Buffer text = pattern(100);
  ASSERT_TRUE(tcp.send(*connection_, text, {}, now).ok());
  our_nxt += 100;
  if (state != tcp::State::established) pass(segment(ack, peer_nxt, our_nxt));
  const bool ours = state == tcp::State::fin_wait_1 || state == tcp::State::fin_wait_2 ||
                    state == tcp::State::closing || state == tcp::State::time_wait;
  const std::uint32_t before_fin = our_nxt;
  if (ours) {
    ASSERT_TRUE(tcp.shutdown_send(*connection_, now).ok());
    our_nxt += 1;
  }
  if (state == tcp::State::fin_wait_2 || state == tcp::State::time_wait)
    pass(segment(ack, peer_nxt, our_nxt));
  if (state == tcp::State::close_wait || state == tcp::State::last_ack || state == tcp::State::time_wait) {
    pass(segment(fin | ack, peer_nxt++, our_nxt));
  }
  if (state == tcp::State::closing) pass(segment(fin | ack, peer_nxt++, before_fin));
  if (state == tcp::State::last_ack) {
    ASSERT_TRUE(tcp.shutdown_send(*connection_, now).ok());
    our_nxt += 1;
  }
  ASSERT_EQ(tcp_state(), state);
}

tcp::State Target::tcp_state() const {
  if (!connection_) return tcp::State::closed;
  const auto status = const_cast<Stack&>(stack).tcp().status(*connection_);
  return status ? status->state : tcp::State::closed;
}

void Target::read_all() {
  Buffer to(66000);
  while (stack.udp().receive(*socket_, to, false)) continue;
  if (!connection_) return;
  for (auto n = stack.tcp().receive(*connection_, to, false, now); n.ok() && *n > 0;) {
    n = stack.tcp().receive(*connection_, to, false, now);
  }
}

void Target::finish() {
  read_all();
  if (query_) resolver_->release(*query_);
  client_->stop(now, false);
  if (connection_) stack.tcp().abort(*connection_, now);
  if (listener_) {
    while (const auto waiting = stack.tcp().accept(*listener_)) stack.tcp().abort(*waiting, now);
    stack.tcp().close(*listener_, now);
  }
  stack.udp().close(*socket_);
  // Somebody may have claimed our address: it is ours again.
  stack.ip().remove_address(interface, our_address);
  EXPECT_TRUE(stack.ip().add_address(interface, {our_address, 24}, false, now));
  run_for(Duration::seconds(1000));  // handshakes, TIME-WAIT and reassemblies end, path MTUs are forgotten
  stack.ethernet().forget_neighbours(ethernet::Ethernet::every_interface);
  EXPECT_TRUE(stack.pool().full()) << "O3";
  EXPECT_EQ(wire.held(), 0u) << "O3";
  learn(peer, peer_mac);
  learn(name_server, server_mac);
  learn(dhcp_server, server_mac);
  EXPECT_EQ(stack.digest(), idle_) << "O4";
}

std::vector<Golden> Target::golden() const {
  std::vector<Golden> all;
  add_arp(all);
  add_ip(all);
  add_icmp(all);
  add_udp(all);
  add_tcp(all);
  add_dhcp(all);
  add_dns(all);
  return all;
}

void Target::add_arp(std::vector<Golden>& all) const {
  const IpAddress third = IpAddress::v4(192, 0, 2, 3);
  const MacAddress third_mac{{2, 0, 0, 0, 0, 3}};
  all.push_back({"ARP request", arp_frame(MacAddress::broadcast(),
                                          {ArpPacket::request, third_mac, third, {}, our_address})});
  all.push_back({"ARP request for another",
                 arp_frame(MacAddress::broadcast(), {ArpPacket::request, peer_mac, peer, {}, third})});
  all.push_back({"ARP reply", arp_frame(our_mac, {ArpPacket::reply, peer_mac, peer, our_mac, our_address})});
  all.push_back({"ARP reply of another",
                 arp_frame(our_mac, {ArpPacket::reply, third_mac, peer, our_mac, our_address})});
  all.push_back(
      {"ARP probe", arp_frame(MacAddress::broadcast(),
                              {ArpPacket::request, third_mac, IpAddress::any_v4(), {}, our_address})});
  all.push_back({"ARP announcement",
                 arp_frame(MacAddress::broadcast(), {ArpPacket::request, third_mac, third, {}, third})});
  all.push_back(
      {"ARP from a group",
       arp_frame(our_mac, {ArpPacket::request, peer_mac, IpAddress::v4(224, 0, 0, 1), {}, our_address})});
  all.push_back({"ARP from our address",
                 arp_frame(MacAddress::broadcast(), {ArpPacket::request, third_mac, our_address, {}, peer})});
  Buffer tagged = all[0].frame;
  tagged.insert(tagged.begin() + 12, {0x81, 0, 0, 0});
  all.push_back({"ARP with a priority tag", tagged});
  tagged[15] = 9;
  all.push_back({"ARP of another VLAN", tagged});
  all.push_back({"reverse ARP", ethernet_frame(our_mac, peer_mac, 0x8035, pattern(46))});
  all.push_back({"802.3", ethernet_frame(our_mac, peer_mac, 100, pattern(100))});
  all.push_back(
      {"a frame too long", ethernet_frame(our_mac, peer_mac, ethernet::ethertype::ipv4, pattern(1501))});
  all.push_back(
      {"a frame for another", ethernet_frame(peer_mac, server_mac, ethernet::ethertype::ipv4, pattern(40))});
}

void Target::add_ip(std::vector<Golden>& all) const {
  const Buffer udp = udp_bytes(5000, 7, pattern(24));
  const auto add = [&](const char* name, const PacketOptions& options, const Buffer& payload) {
    all.push_back({name, framed(ipv4_packet(options, payload))});
  };
  add("unknown protocol", {.protocol = 253}, pattern(20));
  add("IPv4 with record route", {.protocol = 17, .options = {7, 7, 4, 0, 0, 0, 0, 0}}, udp);
  add("IPv4 with timestamps", {.protocol = 17, .options = {68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0}}, udp);
  add("IPv4 with a router alert", {.protocol = 17, .options = {148, 4, 0, 0}}, udp);
  add("IPv4 with a source route", {.protocol = 17, .options = {131, 7, 4, 10, 0, 0, 1, 0}}, udp);
  add("first fragment", {.protocol = 17, .identification = 77, .more = true}, pattern(64));
  add("fragment in the midst", {.protocol = 17, .identification = 77, .more = true, .offset = 64},
      pattern(64));
  add("overlapping fragment", {.protocol = 17, .identification = 78, .more = true, .offset = 32},
      pattern(64));
  add("last fragment", {.protocol = 17, .identification = 77, .offset = 128}, pattern(33));
  add("from nobody", {.source = IpAddress::loopback_v4(), .protocol = 17}, udp);
  add("to another", {.destination = IpAddress::v4(198, 51, 100, 9), .protocol = 17}, udp);
  Buffer inner = ipv4_packet({.protocol = 17}, udp);
  add("IP in IP", {.protocol = 4}, inner);
}

void Target::add_icmp(std::vector<Golden>& all) const {
  const auto add = [&](const std::string& name, std::uint8_t type, std::uint8_t code, std::uint32_t rest,
                       const Buffer& body, const IpAddress& to = our_address) {
    all.push_back(
        {name, framed(ipv4_packet({.destination = to, .protocol = 1}, icmp_message(type, code, rest, body)),
                      to == our_address ? our_mac : MacAddress::broadcast())});
  };
  add("echo", 8, 0, 0x00010001, pattern(56));
  add("echo to everybody", 8, 0, 0x00010001, pattern(56), IpAddress::broadcast_v4());
  add("echo reply", 0, 0, 0x00010001, pattern(56));
  for (const std::uint8_t type : {9, 10, 13, 14, 15, 16, 17, 18, 40}) {
    add("ICMP " + std::to_string(type), type, 0, 0, pattern(12));
  }
  const Buffer tcp_quote = ipv4_packet(
      {.source = our_address, .destination = peer, .protocol = 6},
      tcp_bytes({.source_port = our_port, .destination_port = peer_port, .seq = our_nxt - 1, .flags = ack}));
  const Buffer udp_quote = ipv4_packet({.source = our_address, .destination = name_server, .protocol = 17},
                                       udp_bytes(query_port_, 53, pattern(8)));
  for (const auto& [what, quote] : {std::pair<std::string, Buffer>{"TCP", tcp_quote}, {"UDP", udp_quote}}) {
    for (const std::uint8_t code : {0, 1, 2, 3, 13})
      add("unreachable " + std::to_string(code) + " " + what, 3, code, 0, quote);
    add("fragmentation needed " + what, 3, 4, 900, quote);
    add("source quench " + what, 4, 0, 0, quote);
    add("redirect " + what, 5, 1, peer.v4_value(), quote);
    add("time exceeded " + what, 11, 0, 0, quote);
    add("parameter problem " + what, 12, 0, 0x14000000, quote);
  }
}

void Target::add_udp(std::vector<Golden>& all) const {
  const auto add = [&](const char* name, const Buffer& bytes, const IpAddress& to = our_address) {
    all.push_back({name, framed(transport_packet(17, bytes, peer, to),
                                to == our_address ? our_mac : MacAddress::broadcast())});
  };
  add("UDP", udp_bytes(5000, 7, pattern(40)));
  add("UDP of nothing", udp_bytes(5000, 7, {}));
  add("UDP of 1472 bytes", udp_bytes(5000, 7, pattern(1472)));
  add("UDP to nobody", udp_bytes(5000, 9999, pattern(8)));
  add("UDP to port 0", udp_bytes(5000, 0, pattern(8)));
  add("UDP from port 0", udp_bytes(0, 7, pattern(8)));
  add("UDP to everybody", udp_bytes(5000, 7, pattern(8)), IpAddress::broadcast_v4());
  Buffer bare = framed(ipv4_packet({.protocol = 17}, udp_bytes(5000, 7, pattern(9))));
  all.push_back({"UDP without checksum", bare});
}

void Target::add_tcp(std::vector<Golden>& all) const {
  const Buffer syn_options{2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
  const auto add = [&](const char* name, const Buffer& frame) { all.push_back({name, frame}); };
  add("SYN", segment(syn, peer_nxt - 1, 0, {}, syn_options));
  add("SYN of nothing", segment(syn, peer_nxt - 1, 0));
  add("SYN with text", segment(syn, peer_nxt - 1, 0, pattern(20), syn_options));
  add("SYN with a cookie",
      segment(syn, peer_nxt - 1, 0, pattern(20), {2, 4, 5, 0xb4, 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}));
  add("SYN with FIN", segment(syn | fin, peer_nxt - 1, 0));
  add("SYN-ACK", segment(syn | ack, peer_nxt - 1, our_nxt, {}, syn_options));
  add("SYN-ACK of something else", segment(syn | ack, peer_nxt - 1, our_nxt + 9));
  add("ACK", segment(ack, peer_nxt, our_nxt));
  add("ACK of a part", segment(ack, peer_nxt, our_nxt - 1));
  add("ACK of what was not sent", segment(ack, peer_nxt, our_nxt + 1000));
  add("text", segment(ack | psh, peer_nxt, our_nxt, pattern(200)));
  add("text without ACK", segment(psh, peer_nxt, 0, pattern(20)));
  add("text behind a gap", segment(ack | psh, peer_nxt + 100, our_nxt, pattern(200)));
  add("old text", segment(ack | psh, peer_nxt - 50, our_nxt, pattern(30)));
  add("text beyond the window", segment(ack | psh, peer_nxt + 100000, our_nxt, pattern(30)));
  add("urgent text", segment(ack | urg, peer_nxt, our_nxt, pattern(20)));
  add("FIN", segment(ack | fin, peer_nxt, our_nxt));
  add("FIN with text", segment(ack | fin | psh, peer_nxt, our_nxt, pattern(20)));
  add("RST", segment(rst, peer_nxt, 0));
  add("RST elsewhere in the window", segment(rst, peer_nxt + 10, 0));
  add("RST with ACK", segment(rst | ack, peer_nxt, our_nxt));
  add("SACK", segment(ack, peer_nxt, our_nxt - 100, {}, sack_option(our_nxt - 50, our_nxt)));
  add("SACK of what was not sent",
      segment(ack, peer_nxt, our_nxt - 100, {}, sack_option(our_nxt + 50, our_nxt + 90)));
  add("timestamps", segment(ack, peer_nxt, our_nxt, {}, timestamp_option(200, 6)));
  add("old timestamps", segment(ack, peer_nxt, our_nxt, pattern(9), timestamp_option(5, 6)));
  add("all flags", segment(0x3f, peer_nxt, our_nxt, pattern(5)));
  add("no flags", segment(0, peer_nxt, our_nxt));
  add("a keep-alive probe", segment(ack, peer_nxt - 1, our_nxt));
  Buffer closed = tcp_bytes({.source_port = peer_port,
                             .destination_port = our_port,
                             .seq = peer_nxt,
                             .ack = our_nxt,
                             .flags = ack,
                             .window = 0});
  add("closed window", framed(transport_packet(6, closed)));
  store16(closed.data() + 2, 0);
  add("TCP to port 0", framed(transport_packet(6, closed)));
  add("SYN to everybody",
      framed(transport_packet(6, tcp_bytes({.flags = syn}), peer, IpAddress::broadcast_v4()),
             MacAddress::broadcast()));
  add("SYN of another", framed(transport_packet(6, tcp_bytes({.source_port = 999, .flags = syn}))));
}

void Target::add_dhcp(std::vector<Golden>& all) const {
  for (unsigned type = 1; type <= 8; ++type) {
    dhcp::test::ServerMessage message(static_cast<dhcp::MessageType>(type), xid_);
    message.address(54, dhcp_server).yiaddr(offered).u32(51, 3600).u32(58, 1800).u32(59, 3000);
    message.address(1, IpAddress::v4(255, 255, 255, 0))
        .address(3, dhcp_server)
        .address(6, name_server)
        .u16(26, 1400);
    message.text(15, "example").option(121, {8, 10, 192, 0, 2, 1}).option(52, {3}).option(43, pattern(20));
    all.push_back(
        {"DHCP " + std::to_string(type), framed(transport_packet(17, udp_bytes(67, 68, message.finish()),
                                                                 dhcp_server, IpAddress::broadcast_v4()),
                                                MacAddress::broadcast())});
  }
}

void Target::add_dns(std::vector<Golden>& all) const {
  using dns::test::ServerMessage;
  const auto message = [&] { return ServerMessage(query_id_, "www.example"); };
  const auto add = [&](const char* name, const ServerMessage& m) {
    all.push_back({name, framed(transport_packet(17, udp_bytes(53, query_port_, m.finish()), name_server))});
  };
  add("DNS answer", message().a("www.example", peer).a("www.example", name_server));
  add("DNS alias", message().cname("www.example", "b.example").a("b.example", peer));
  add("DNS pointer", message().record({0xc0, 12}, 1, 300, {192, 0, 2, 9}).count(6));
  add("DNS no such name", message().rcode(3).soa(60, 60));
  add("DNS no data", message().soa(60, 60));
  add("DNS failure", message().rcode(2));
  add("DNS format error", ServerMessage(query_id_).rcode(1));
  add("DNS truncated", message().truncated());
  add("DNS referral",
      message().record(dns::test::labels("example"), 2, 60, dns::test::labels("ns.example")).count(8));
  add("DNS with EDNS", message().a("www.example", peer).record({0}, 41, 0, {0, 3, 0, 1, 1}, 1232).count(10));
}

void fix_checksums(Buffer& frame) {
  if (frame.size() < 34 || load16(frame.data() + 12) != ethernet::ethertype::ipv4) return;
  std::uint8_t* ip = frame.data() + 14;
  const std::size_t there = frame.size() - 14;
  const std::size_t header = std::clamp<std::size_t>((ip[0] & 15u) * 4u, 20, there);
  const std::size_t end = std::clamp<std::size_t>(load16(ip + 2), header, there);
  store16(ip + 10, 0);
  store16(ip + 10, ip::test::reference_checksum({ip, header}));
  if ((load16(ip + 6) & 0x3fff) != 0) return;  // a fragment's transport is not all there
  const std::uint8_t protocol = ip[9];
  std::size_t length = end - header;
  const std::size_t field = protocol == 1 ? 2 : protocol == 6 ? 16 : 6;
  if ((protocol != 1 && protocol != 6 && protocol != 17) || length < field + 2) return;
  std::uint8_t* transport = ip + header;
  // UDP sums what its own length says.
  if (protocol == 17) length = std::clamp<std::size_t>(load16(transport + 4), 8, length);
  store16(transport + field, 0);
  const std::uint32_t pseudo = protocol == 1
                                   ? 0
                                   : ip::test::pseudo_sum(IpAddress::v4(load32(ip + 12)),
                                                          IpAddress::v4(load32(ip + 16)), protocol, length);
  store16(transport + field, ip::test::reference_checksum({transport, length}, pseudo));
}

std::uint32_t LengthField::get(const Buffer& frame) const {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | frame[offset + i];
  return value >> shift & mask;
}

void LengthField::set(Buffer& frame, std::uint32_t value) const {
  std::uint32_t whole = 0;
  for (std::size_t i = 0; i < size; ++i) whole = whole << 8 | frame[offset + i];
  whole = (whole & ~(mask << shift)) | (value & mask) << shift;
  for (std::size_t i = 0; i < size; ++i)
    frame[offset + i] = static_cast<std::uint8_t>(whole >> (8 * (size - 1 - i)));
}

std::vector<LengthField> length_fields(const Buffer& frame) {
  std::vector<LengthField> fields;
  const auto word = [&](std::size_t at) {
    if (at + 2 <= frame.size()) fields.push_back({.offset = at, .size = 2, .mask = 0xffff});
  };
  const auto byte = [&](std::size_t at) {
    if (at < frame.size()) fields.push_back({.offset = at});
  };
  const std::uint16_t type = frame.size() < 14 ? std::uint16_t{0} : load16(frame.data() + 12);
  if (type == ethernet::ethertype::arp) {
    byte(18);  // lengths of the addresses
    byte(19);
  }
  if (type != ethernet::ethertype::ipv4 || frame.size() < 34) return fields;
  fields.push_back({.offset = 14, .mask = 0xf});              // header length
  fields.push_back({.offset = 14, .mask = 0xf, .shift = 4});  // version
  word(16);
  fields.push_back(
      {.offset = 20, .size = 2, .mask = 0x3fff});  // where the fragment belongs, and whether more come
  const std::size_t header = (frame[14] & 15u) * 4u;
  for (std::size_t at = 34; at + 1 < std::min(14 + header, frame.size()) && frame[at] > 1;
       at += std::max<std::size_t>(frame[at + 1], 2))
    byte(at + 1);
  const std::size_t transport = 14 + header;
  if (frame[23] == 1 && frame.size() > transport + 28) {
    fields.push_back({.offset = transport + 8, .mask = 0xf});  // of the packet that is quoted
    word(transport + 10);
    word(transport + 6);  // an MTU
  }
  if (frame[23] == 6 && frame.size() >= transport + 20) {
    fields.push_back({.offset = transport + 12, .mask = 0xf, .shift = 4});
    word(transport + 18);
    word(transport + 14);
    const std::size_t end = transport + (frame[transport + 12] >> 4) * 4u;
    for (std::size_t at = transport + 20; at < end && at < frame.size();) {
      if (frame[at] <= 1) {
        ++at;
        continue;
      }
      byte(at + 1);
      at += at + 1 < frame.size() ? std::max<std::size_t>(frame[at + 1], 2) : 2;
    }
  }
  if (frame[23] != 17 || frame.size() < transport + 8) return fields;
  word(transport + 4);
  const std::size_t payload = transport + 8;
  if (load16(frame.data() + transport) == 67 && frame.size() > payload + 240) {
    byte(payload + 2);  // length of the hardware address
    for (std::size_t at = payload + 240; at + 1 < frame.size() && frame[at] != 255; at += 2u + frame[at + 1])
      byte(at + 1);
  }
  if (load16(frame.data() + transport) == 53 && frame.size() >= payload + 12) {
    for (const std::size_t at : {4u, 6u, 8u, 10u}) word(payload + at);
    byte(payload + 12);  // the first label
    // The last record's RDLENGTH lies in front of its data: near enough, each pair of bytes that could be
    // one.
    for (std::size_t at = payload + 12 + 17; at + 2 <= frame.size() && at < payload + 60; at += 3) word(at);
  }
  return fields;
}

}  // namespace linnet::test
