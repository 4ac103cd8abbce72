// SPDX-License-Identifier: Apache-2.0
// A TCP peer of hand-written segments against the kernel's TCP.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>

#include "platform/linux/test_support.hpp"

namespace linnet::platform::test {
namespace {

// Maximum segment size 1460, window scale 10 (RFC 9293 3.2, RFC 7323 2.2).
constexpr std::array<std::uint8_t, 8> syn_options = {2, 4, 0x05, 0xb4, 1, 3, 3, 10};

FileDescriptor connect_to(const Flow& flow) {
  FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int room = 4 << 20;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(flow.our_port);
  to.sin_addr.s_addr = htonl(flow.our_address.v4_value());
  ::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
  return fd;
}

void send_segment(Station& station, const Flow& flow, const Segment& segment) {
  Frame frame;
  build_tcp(frame, flow, segment);
  station.send(frame);
}

}  // namespace

BulkResult exchange_bulk(Station& station, Flow flow, std::size_t size, std::uint16_t send_segment_size) {
  BulkResult result;
  const FileDescriptor kernel = connect_to(flow);
  const auto request = station.next_tcp(flow.our_port);
  if (!request || request->flags != syn) {
    ADD_FAILURE() << "no SYN from the kernel";
    return result;
  }
  flow.peer_port = request->source_port;
  const std::uint32_t iss = 0xfffff000;  // wraps early
  std::uint32_t received = request->sequence + 1;
  send_segment(station, flow,
               {.sequence = iss,
                .acknowledgement = received,
                .flags = syn | ack,
                .options = syn_options,
                .payload = {}});

  // Kernel to us.
  const Payload data = pattern(size);
  Payload got;
  std::size_t written = 0;
  while (got.size() < size) {
    const ssize_t n = ::write(kernel.get(), data.data() + written, size - written);
    if (n > 0) written += static_cast<std::size_t>(n);
    ReceiveInfo info;
    const auto segment = station.next_tcp(flow.our_port, &info);
    if (!segment) {
      ADD_FAILURE() << "the kernel stopped after " << got.size() << " bytes";
      return result;
    }
    result.largest_received = std::max(result.largest_received, segment->payload.size());
    result.segment_size = std::max(result.segment_size, info.segment_size);
    result.all_verified = result.all_verified && info.checksum_verified;
    EXPECT_TRUE(segment->ip_checksum_good);
    EXPECT_TRUE(info.checksum_verified || segment->checksum_good);
    if (segment->payload.empty() || segment->sequence != received) continue;
    got.insert(got.end(), segment->payload.begin(), segment->payload.end());
    received += static_cast<std::uint32_t>(segment->payload.size());
    send_segment(
        station, flow,
        {.sequence = iss + 1, .acknowledgement = received, .flags = ack, .options = {}, .payload = {}});
  }
  EXPECT_TRUE(got == data) << "bytes differ on the way from the kernel";

  // We to the kernel, the payload in three spans.
  const Payload ours = pattern(std::min<std::size_t>(size, 60000));
  const Bytes all(ours);
  const std::size_t third = ours.size() / 3;
  std::size_t step = send_segment_size == 0 ? 1460 : ours.size();
  for (std::size_t at = 0; at < ours.size(); at += step) {
    const std::size_t n = std::min(step, ours.size() - at);
    const bool last = at + n == ours.size();
    Segment segment{.sequence = iss + 1 + static_cast<std::uint32_t>(at),
                    .acknowledgement = received,
                    .flags = static_cast<std::uint8_t>(last ? ack | psh | fin : ack),
                    .options = {},
                    .segment_size = send_segment_size,
                    .offload = send_segment_size != 0,
                    .payload = {}};
    if (send_segment_size == 0) {
      segment.payload = {all.subspan(at, n)};
    } else {
      segment.payload = {all.first(third), all.subspan(third, third + 1), all.subspan(2 * third + 1)};
    }
    send_segment(station, flow, segment);
  }
  Payload arrived;
  std::array<std::uint8_t, 65536> buffer;
  for (int quiet = 0; quiet < 500;) {
    const ssize_t n = ::read(kernel.get(), buffer.data(), buffer.size());
    if (n == 0) break;
    if (n > 0) {
      arrived.insert(arrived.end(), buffer.begin(), buffer.begin() + n);
      quiet = 0;
      continue;
    }
    ++quiet;
    station.next(Duration::milliseconds(10));
  }
  EXPECT_TRUE(arrived == ours) << "bytes differ on the way to the kernel: " << arrived.size() << " of "
                               << ours.size();
  return result;
}

}  // namespace linnet::platform::test
