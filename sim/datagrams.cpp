// SPDX-License-Identifier: Apache-2.0
#include "sim/datagrams.hpp"

#include <algorithm>
#include <span>

namespace linnet::sim {

namespace {

constexpr std::uint32_t late = 0x4c415445;  // the number of those that are sent again and again

}  // namespace

Instant EchoServer::step(Instant now) {
  if (!socket_) {
    const auto socket = host_.stack().udp().open();
    if (!socket) return now + Duration::seconds(1);
    socket_ = *socket;
    if (!host_.stack().udp().bind(socket_, local_, false)) return Instant::never();
  }
  bool any = false;
  while (const auto received = host_.stack().udp().receive(socket_, buffer_, false)) {
    any = true;
    // What says that it comes from a service is no client (CERT VU#417980: two that answer each other).
    if (received->source.port < 1024) continue;
    const Bytes payload = Bytes(buffer_).first(received->size);
    udp::SendOptions options;
    options.source = received->destination.address;
    // What finds no room is lost, as datagrams are.
    (void)host_.stack().udp().send(socket_, {&payload, 1}, &received->source, options, now);
  }
  return any ? now : Instant::never();
}

bool EchoClient::open() {
  if (socket_) return true;
  const auto socket = host_.stack().udp().open();
  if (!socket) return false;
  socket_ = *socket;
  // One in three finds the path's MTU itself.
  host_.stack().udp().options(socket_)->dont_fragment = plan_.flow % 3 == 0;
  return true;
}

void EchoClient::close() {
  if (socket_) host_.stack().udp().close(socket_);
  socket_ = {};
}

Instant EchoClient::step(Instant now) {
  if (done_ || failed()) return Instant::never();
  if (!open()) return now + Duration::seconds(1);
  const bool any = receive();
  if (now >= due_) {
    send(now);
    due_ = now + (sent_ < plan_.count ? plan_.interval
                  : healed_           ? Duration::seconds(1)
                                      : plan_.idle_interval);
  }
  return any ? now : due_;
}

/// Number, flow and size; then the pattern.
void EchoClient::send(Instant now) {
  const bool counted = sent_ < plan_.count;
  const std::size_t size =
      counted ? choices_.between(DatagramPlan::smallest, plan_.largest) : std::size_t{DatagramPlan::smallest};
  const std::uint32_t number = counted ? sent_ : healed_ ? late : late - 1;
  store32(buffer_.data(), number);
  store32(buffer_.data() + 4, plan_.flow);
  store32(buffer_.data() + 8, static_cast<std::uint32_t>(size));
  fill_pattern(MutableBytes(buffer_).subspan(12, size - 12), plan_.flow * 1000003ull + number, 0);
  const Bytes payload = Bytes(buffer_).first(size);
  (void)host_.stack().udp().send(socket_, {&payload, 1}, &server_, {}, now);
  if (counted) ++sent_;
}

bool EchoClient::receive() {
  bool any = false;
  while (const auto received = host_.stack().udp().receive(socket_, buffer_, false)) {
    any = true;
    if (received->source.address != server_.address || received->source.port != server_.port) continue;
    bytes_ += received->size;
    check(Bytes(buffer_).first(received->size));
  }
  return any;
}

void EchoClient::check(Bytes datagram) {
  if (plan_.may_be_forged) {
    done_ = done_ || healed_;
    return;
  }
  const auto wrong = [this](const char* what) { problem_ = what; };
  if (datagram.size() < 12) return wrong("a datagram that nobody sent");
  const std::uint32_t number = load32(datagram.data());
  if (load32(datagram.data() + 4) != plan_.flow) return wrong("a datagram of another flow");
  if (load32(datagram.data() + 8) != datagram.size()) return wrong("a datagram of another size");
  if (!is_pattern(datagram.subspan(12), plan_.flow * 1000003ull + number, 0))
    return wrong("a wrong byte in a datagram");
  if (number == late) {
    done_ = true;
  } else if (number < copies_.size()) {
    if (++copies_[number] > 1 && !plan_.copies_may_come) wrong("a datagram twice");
  }
}

}  // namespace linnet::sim
