// SPDX-License-Identifier: Apache-2.0
// What a connection says to the neighbour cache: that its peer can be reached.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr std::size_t link_header = 14;
constexpr std::uint16_t arp_type = 0x0806;
constexpr std::uint16_t ipv4_type = 0x0800;

class OnEthernet : public Harness {
 public:
  OnEthernet() : Harness({.tcp = {}, .link = {.link = LinkType::ethernet}}) {}

  void inject_frame(std::uint16_t type, const std::vector<std::uint8_t>& payload) {
    std::vector<std::uint8_t> bytes = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 0};
    store16(bytes.data() + 12, type);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    Block block = pool.allocate(bytes.size());
    ASSERT_TRUE(block);
    std::copy(bytes.begin(), bytes.end(), block.data());
    Packet packet(std::move(block), 0, static_cast<std::uint32_t>(bytes.size()));
    packet.info.interface = interface;
    if (auto framed = ethernet.receive(std::move(packet), now)) {
      if (auto datagram = ip.receive(std::move(*framed), now)) tcp.receive(std::move(*datagram), now);
    }
    poll();
  }
  void inject_segment(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack) {
    std::vector<std::uint8_t> bytes(20 + header_size);
    bytes[0] = 0x45;
    store16(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size()));
    bytes[8] = 64;
    bytes[9] = ip::protocol::tcp;
    store32(bytes.data() + 12, from.v4_value());
    store32(bytes.data() + 16, to.v4_value());
    Checksum header;
    header.add(Bytes(bytes).first(20));
    store16(bytes.data() + 10, header.finish());
    write_header(bytes.data() + 20,
                 {.source_port = peer_port,
                  .destination_port = our_port,
                  .seq = SequenceNumber(seq),
                  .ack = SequenceNumber(ack),
                  .flags = flags,
                  .window = 65535,
                  .urgent_pointer = 0},
                 0);
    Checksum checksum = pseudo_header_checksum(from, to, ip::protocol::tcp, header_size);
    checksum.add(Bytes(bytes).subspan(20));
    store16(bytes.data() + 20 + 16, checksum.finish());
    inject_frame(ipv4_type, bytes);
  }
  /// The peer asks for us, and so is known.
  void inject_arp_request() {
    inject_frame(arp_type,
                 {0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1});
  }
  /// How many of the frames that were sent are of this type; they are taken away.
  unsigned take_sent(std::uint16_t type) {
    unsigned found = 0;
    for (const auto& frame : link.frames) found += load16(frame.data() + 12) == type ? 1 : 0;
    discard_sent();
    return found;
  }
};

TEST(TcpNeighbour, RFC4861_7_3_1_acknowledgments_of_new_data_spare_the_probes) {
  OnEthernet host;
  host.advance(Duration::seconds(10));  // its address is announced
  host.inject_arp_request();
  const ListenerHandle listener = host.listen(80);
  host.discard_sent();
  host.inject_segment(Flags::syn, 5000, 0);
  ASSERT_EQ(host.link.frames.size(), 1u);
  std::uint32_t nxt = load32(host.link.frames.front().data() + link_header + 20 + 4) + 1;
  host.inject_segment(Flags::ack, 5001, nxt);
  const auto connection = host.tcp.accept(listener);
  ASSERT_TRUE(connection);
  host.discard_sent();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(host.write(*connection, "x"), 1u);
    host.inject_segment(Flags::ack, 5001, ++nxt);
    host.advance(Duration::seconds(2));
    ASSERT_EQ(host.take_sent(arp_type), 0u) << "asked after " << 2 * i << " s";
  }
}

}  // namespace
}  // namespace linnet::tcp::test
