// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "apps/problem.hpp"
#include "apps/small_services.hpp"

namespace linnet::apps {
namespace {

constexpr int datagrams_per_turn = 64;

int bound_socket(sockets::Sockets& sockets, std::uint16_t port) {
  const int fd = sockets.socket(sockets::af::inet6, sockets::sock::dgram | sockets::sock::nonblock);
  const int result = fd < 0 ? fd : sockets.bind(fd, {IpAddress::any_v6(), port});
  if (result >= 0) return fd;
  if (fd >= 0) sockets.close(fd);
  throw Problem(fmt::format("cannot use UDP port {}: {}", port, sockets::error_text(-result)));
}

}  // namespace

UdpSmallService::UdpSmallService(sockets::Sockets& sockets, SmallService service, std::uint16_t port)
    : sockets_(&sockets), service_(service), fd_(bound_socket(sockets, port)), scratch_(65536) {}

bool UdpSmallService::may_answer(std::uint16_t source_port) {
  // echo, discard, daytime, quotd, chargen, time, DNS, TFTP, NTP, SNMP, mDNS.
  constexpr std::array<std::uint16_t, 12> answering = {0, 7, 9, 13, 17, 19, 37, 53, 69, 123, 161, 5353};
  return std::find(answering.begin(), answering.end(), source_port) == answering.end();
}

void UdpSmallService::fill(std::vector<sockets::PollEntry>& entries) {
  entries.push_back({.fd = fd_, .events = sockets::event::in});
}

void UdpSmallService::process(std::span<const sockets::PollEntry> entries, Instant) {
  if (entries[0].revents == 0) return;
  for (int i = 0; i < datagrams_per_turn; ++i) {
    const MutableBytes part = scratch_;
    sockets::ReceiveMessage message;
    message.parts = {&part, 1};
    const std::ptrdiff_t n = sockets_->recvmsg(fd_, message);
    if (n == -sockets::error::try_again) return;
    if (n >= 0) answer(Bytes(scratch_).first(static_cast<std::size_t>(n)), message);
  }
}

void UdpSmallService::answer(Bytes datagram, const sockets::ReceiveMessage& message) {
  const IpAddress& to = message.info.address;
  if (service_ == SmallService::discard || !may_answer(message.from.port)) return;
  if (to.is_multicast() || to.is_limited_broadcast()) return;  // or a whole network would answer one datagram
  std::vector<std::uint8_t> lines;
  if (service_ == SmallService::chargen) {
    // RFC 864: any number of characters up to 512. What is longer than the request would make this an
    // amplifier.
    lines = chargen_lines(lines_sent_++, 7);
    lines.resize(std::min(lines.size(), std::max<std::size_t>(datagram.size(), 74)));
    datagram = lines;
  }
  // From the address that was asked; the stack refuses if that was a directed broadcast.
  static_cast<void>(
      sockets_->sendmsg(fd_, {.parts = {&datagram, 1}, .to = &message.from, .info = {.address = to}}));
}

void UdpSmallService::stop() {
  if (fd_ >= 0) sockets_->close(fd_);
  fd_ = -1;
}

}  // namespace linnet::apps
