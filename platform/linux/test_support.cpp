// SPDX-License-Identifier: Apache-2.0
#include "platform/linux/test_support.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/base/checksum.hpp"
#include "platform/linux/clock.hpp"

namespace linnet::platform::test {

Namespace::Namespace() : before_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
  if (!before_) {
    reason_ = "no network namespaces: " + std::string(std::strerror(errno));
    return;
  }
  if (::unshare(CLONE_NEWNET) != 0) {
    reason_ = "may not make a network namespace (needs root): " + std::string(std::strerror(errno));
    before_.reset();
    return;
  }
  if (!run("ip link set lo up")) reason_ = "no 'ip' command: install iproute2";
}

Namespace::~Namespace() {
  if (before_ && ::setns(before_.get(), CLONE_NEWNET) != 0) std::abort();
}

bool run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Payload pattern(std::size_t size) {
  Payload bytes(size);
  std::uint32_t x = 12345;
  for (std::uint8_t& b : bytes) {
    x = x * 1664525 + 1013904223;
    b = static_cast<std::uint8_t>(x >> 24);
  }
  return bytes;
}

std::uint8_t* prepend_zeros(Frame& frame, std::size_t size) {
  std::uint8_t* header = frame.prepend(size);
  if (header == nullptr) std::abort();
  std::fill_n(header, size, std::uint8_t{0});
  return header;
}

namespace {

void prepend_ip_and_ethernet(Frame& frame, const Flow& flow, std::uint8_t protocol) {
  const std::size_t length = frame.size();
  if (flow.our_address.is_v4()) {
    std::uint8_t* ip = prepend_zeros(frame, 20);
    ip[0] = 0x45;
    store16(ip + 2, static_cast<std::uint16_t>(20 + length));
    store16(ip + 4, 0x1000);
    ip[8] = 64;
    ip[9] = protocol;
    store32(ip + 12, flow.our_address.v4_value());
    store32(ip + 16, flow.peer_address.v4_value());
    store16(ip + 10, static_cast<std::uint16_t>(~checksum_sum({ip, 20})));
  } else {
    std::uint8_t* ip = prepend_zeros(frame, 40);
    ip[0] = 0x60;
    store16(ip + 4, static_cast<std::uint16_t>(length));
    ip[6] = protocol;
    ip[7] = 64;
    std::memcpy(ip + 8, flow.our_address.bytes().data(), 16);
    std::memcpy(ip + 24, flow.peer_address.bytes().data(), 16);
  }
  std::uint8_t* ethernet = prepend_zeros(frame, 14);
  std::memcpy(ethernet, flow.peer_mac.bytes.data(), 6);
  std::memcpy(ethernet + 6, flow.our_mac.bytes.data(), 6);
  store16(ethernet + 12, flow.our_address.is_v4() ? 0x0800 : 0x86dd);
}

void finish_transport(Frame& frame, const Flow& flow, std::uint8_t* header, std::size_t header_size,
                      std::uint8_t protocol, std::uint16_t field, bool offload) {
  Checksum sum = pseudo_header_checksum(flow.our_address, flow.peer_address, protocol,
                                        static_cast<std::uint32_t>(header_size + frame.payload_size()));
  if (offload) {
    store16(header + field, sum.sum());
    frame.checksum = {static_cast<std::uint16_t>(header_size), field};
    return;
  }
  store16(header + field, 0);
  sum.add({header, header_size});
  for (const Bytes span : frame.payload()) sum.add(span);
  store16(header + field, sum.finish());
}

struct Ipv4View {
  Bytes header;
  Bytes transport;
};
std::optional<Ipv4View> parse_ipv4(Bytes frame, std::uint8_t protocol) {
  if (frame.size() < 34 || load16(frame.data() + 12) != 0x0800) return std::nullopt;
  const Bytes ip = frame.subspan(14);
  const std::size_t header = static_cast<std::size_t>(ip[0] & 15) * 4;
  const std::size_t total = load16(ip.data() + 2);
  if (ip[9] != protocol || total > ip.size() || header > total) return std::nullopt;
  return Ipv4View{ip.first(header), ip.subspan(header, total - header)};
}

}  // namespace

void build_tcp(Frame& frame, const Flow& flow, const Segment& segment) {
  for (const Bytes span : segment.payload) ASSERT_TRUE(frame.add_payload(span));
  const std::size_t size = 20 + segment.options.size();
  std::uint8_t* tcp = prepend_zeros(frame, size);
  store16(tcp, flow.our_port);
  store16(tcp + 2, flow.peer_port);
  store32(tcp + 4, segment.sequence);
  store32(tcp + 8, segment.acknowledgement);
  tcp[12] = static_cast<std::uint8_t>(size / 4 << 4);
  tcp[13] = segment.flags;
  store16(tcp + 14, 65535);
  copy_bytes(tcp + 20, segment.options);
  finish_transport(frame, flow, tcp, size, 6, 16, segment.offload);
  frame.segment_size = segment.segment_size;
  prepend_ip_and_ethernet(frame, flow, 6);
}

void build_udp(Frame& frame, const Flow& flow, Bytes payload, bool offload) {
  ASSERT_TRUE(frame.add_payload(payload));
  std::uint8_t* udp = prepend_zeros(frame, 8);
  store16(udp, flow.our_port);
  store16(udp + 2, flow.peer_port);
  store16(udp + 4, static_cast<std::uint16_t>(8 + payload.size()));
  finish_transport(frame, flow, udp, 8, 17, 6, offload);
  prepend_ip_and_ethernet(frame, flow, 17);
}

std::optional<TcpView> parse_tcp(Bytes frame) {
  const auto ip = parse_ipv4(frame, 6);
  if (!ip || ip->transport.size() < 20) return std::nullopt;
  const Bytes tcp = ip->transport;
  TcpView view;
  view.source_port = load16(tcp.data());
  view.destination_port = load16(tcp.data() + 2);
  view.sequence = load32(tcp.data() + 4);
  view.acknowledgement = load32(tcp.data() + 8);
  view.flags = tcp[13];
  view.ip_checksum_good = checksum_sum(ip->header) == 0xffff;
  Checksum sum = pseudo_header_checksum(IpAddress::v4(load32(ip->header.data() + 12)),
                                        IpAddress::v4(load32(ip->header.data() + 16)), 6,
                                        static_cast<std::uint32_t>(tcp.size()));
  sum.add(tcp);
  view.checksum_good = sum.good();
  const std::size_t header = static_cast<std::size_t>(tcp[12] >> 4) * 4;
  view.payload.assign(tcp.begin() + static_cast<std::ptrdiff_t>(header), tcp.end());
  return view;
}

std::optional<Payload> parse_udp(Bytes frame, std::uint16_t source_port) {
  const auto ip = parse_ipv4(frame, 17);
  if (!ip || ip->transport.size() < 8) return std::nullopt;
  if (source_port != 0 && load16(ip->transport.data()) != source_port) return std::nullopt;
  return Payload(ip->transport.begin() + 8, ip->transport.end());
}

std::optional<Packet> Station::next(Duration limit) {
  const Instant deadline = monotonic_now() + limit;
  while (waiting_.empty()) {
    std::array<Packet, 8> batch;
    const std::size_t n = device_.receive(pool_, batch);
    for (std::size_t i = n; i-- > 0;) waiting_.push_back(std::move(batch[i]));
    if (n != 0) break;
    if (monotonic_now() >= deadline) return std::nullopt;
    poller_.wait(deadline);
  }
  Packet packet = std::move(waiting_.back());
  waiting_.pop_back();
  return packet;
}

std::optional<TcpView> Station::next_tcp(std::uint16_t port, ReceiveInfo* info) {
  while (auto packet = next()) {
    auto view = parse_tcp(packet->bytes());
    if (!view || view->destination_port != port) continue;
    if (info != nullptr) *info = packet->info;
    return view;
  }
  return std::nullopt;
}

void Station::send(const Frame& frame) {
  for (int i = 0; i < 10000; ++i) {
    const Transmit result = device_.transmit(frame);
    if (result == Transmit::taken) return;
    ASSERT_EQ(result, Transmit::busy);
    poller_.wait(monotonic_now() + Duration::milliseconds(1));
  }
  FAIL() << "busy for ever";
}

}  // namespace linnet::platform::test
