// SPDX-License-Identifier: Apache-2.0
// What a segment looks like, by requirement of RFC 9293 3.1, 3.2 and 3.7.1: checksums, options, segment sizes.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

using Octets = std::vector<std::uint8_t>;

/// One option as it stands on the wire; EOL and NOP have no length.
struct RawOption {
  std::uint8_t kind = 0;
  std::size_t length = 0;
};

/// Walks options by the rule that every kind but 0 and 1 has a length (MUST-68).
std::vector<RawOption> walk(const Octets& options) {
  std::vector<RawOption> found;
  std::size_t at = 0;
  while (at < options.size()) {
    const std::uint8_t kind = options[at];
    if (kind < 2) {
      found.push_back({kind, 1});
      ++at;
      continue;
    }
    EXPECT_LT(at + 1, options.size());
    const std::size_t length = at + 1 < options.size() ? options[at + 1] : 0;
    EXPECT_GE(length, 2u);
    EXPECT_LE(at + length, options.size());
    if (length < 2) break;
    found.push_back({kind, length});
    at += length;
  }
  return found;
}

std::size_t count_of(const Octets& options, std::uint8_t kind) {
  std::size_t count = 0;
  for (const RawOption& option : walk(options)) count += option.kind == kind ? 1u : 0u;
  return count;
}

/// A data segment's TCP bytes with a right checksum, to be damaged.
Octets segment_bytes(const Harness& h, std::string_view data) {
  Octets bytes(header_size + data.size());
  write_header(bytes.data(),
               {.source_port = h.peer_port,
                .destination_port = h.our_port,
                .seq = SequenceNumber(h.peer_nxt),
                .ack = SequenceNumber(h.our_nxt),
                .flags = Flags::ack,
                .window = 65535,
                .urgent_pointer = 0},
               0);
  std::copy(data.begin(), data.end(), bytes.begin() + header_size);
  Checksum checksum = pseudo_header_checksum(Harness::peer_address, Harness::our_address, ip::protocol::tcp,
                                             static_cast<std::uint32_t>(bytes.size()));
  checksum.add(bytes);
  store16(bytes.data() + 16, checksum.finish());
  return bytes;
}

TEST(RequirementsWire, RFC9293_MUST_2_every_kind_of_segment_has_a_checksum) {
  // The harness verifies the checksum of each segment that it takes off the link.
  Harness h;
  const auto c = h.accept(syn_options(1460, 7, true, true));  // SYN-ACK
  h.write(c, "odd");
  EXPECT_EQ(h.expect_sent().data, "odd");
  h.inject({.seq = h.peer_nxt + 10, .ack = h.our_nxt, .flags = Flags::ack, .data = "gap",
            .options = timestamp_option(1002, 0)});
  EXPECT_EQ(h.expect_sent().parsed.sack_count, 1);  // a bare ACK with SACK
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 3, .flags = Flags::ack, .data = "0123456789",
            .options = timestamp_option(1003, 0)});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 13);
  h.tcp.abort(c, h.now);
  EXPECT_TRUE(h.expect_sent().has(Flags::rst));
  h.inject({.seq = 1, .ack = 2, .flags = Flags::ack, .local_port = 7});
  EXPECT_EQ(h.expect_sent().flags, Flags::rst);
}

TEST(RequirementsWire, RFC9293_MUST_3_every_single_bit_error_is_discarded_silently) {
  Harness h;
  const auto c = h.accept();
  const Octets good = segment_bytes(h, "ab");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Octets bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << bit % 8));
    h.deliver_payload(ip::protocol::tcp, bad);
    h.poll();
  }
  h.advance(Duration::seconds(1));
  h.expect_silence();
  EXPECT_EQ(h.read(c), "");
  EXPECT_EQ(h.state(c), State::established);
  // The data offset's high bits make a header longer than the segment; all else is the checksum's.
  EXPECT_EQ(h.drops.of(Drop::tcp_checksum) + h.drops.of(Drop::tcp_header_length), good.size() * 8);
  h.deliver_payload(ip::protocol::tcp, good);
  EXPECT_EQ(h.read(c), "ab");
}

TEST(RequirementsWire, RFC9293_MUST_3_the_pseudo_header_counts) {
  Harness h;
  const auto c = h.accept();
  const Octets good = segment_bytes(h, "ab");
  h.from = IpAddress::v4(10, 0, 0, 3);  // the checksum was made for another source
  h.deliver_payload(ip::protocol::tcp, good);
  EXPECT_EQ(h.drops.of(Drop::tcp_checksum), 1u);
  h.from = Harness::peer_address;
  EXPECT_EQ(h.read(c), "");
}

TEST(RequirementsWire, RFC9293_MUST_4_MUST_64_eol_nop_and_mss_at_any_alignment) {
  for (std::size_t nops = 0; nops < 4; ++nops) {
    Harness h;
    h.listen(80);
    Octets options(nops, 1);
    options.insert(options.end(), {2, 4, 0x03, 0xe8});  // MSS 1000
    options.insert(options.end(), 8 - options.size(), 0);
    // Behind the end of the list nothing counts, not even what would be wrong.
    if (nops < 3) options.back() = 2;
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = options});
    const Wire reply = h.expect_sent();
    h.inject({.seq = h.peer_iss + 1, .ack = reply.seq + 1, .flags = Flags::ack});
    std::uint16_t size = 0;
    h.tcp.for_each_connection([&](const Status& status) { size = status.segment_size; });
    EXPECT_EQ(size, 1000) << nops;
  }
}

TEST(RequirementsWire, RFC9293_MUST_5_MUST_6_unknown_options_in_any_segment_are_ignored) {
  const Octets unknown{254, 4, 0xde, 0xad, 77, 3, 1, 1};  // an experiment's, nobody's, NOP
  Harness h;
  const auto listener = h.listen(80);
  Octets syn = unknown;
  syn.insert(syn.end(), {2, 4, 0x03, 0xe8});
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn});
  const Wire reply = h.expect_sent();
  ASSERT_EQ(reply.flags, Flags::syn | Flags::ack);
  h.inject({.seq = h.peer_iss + 1, .ack = reply.seq + 1, .flags = Flags::ack, .options = unknown});
  const auto c = h.tcp.accept(listener);
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(h.tcp.status(*c)->segment_size, 1000);
  h.inject({.seq = h.peer_iss + 1, .ack = reply.seq + 1, .flags = Flags::ack, .data = "data", .options = unknown});
  EXPECT_EQ(h.read(*c), "data");
  h.discard_sent();
  h.inject({.seq = h.peer_iss + 5, .ack = reply.seq + 1, .flags = Flags::fin | Flags::ack, .options = unknown});
  EXPECT_EQ(h.state(*c), State::close_wait);
  h.discard_sent();
  h.inject({.seq = h.peer_iss + 6, .flags = Flags::rst, .options = unknown});
  EXPECT_EQ(h.tcp.take_error(*c), Error::reset);
}

TEST(RequirementsWire, RFC9293_MUST_7_illegal_option_lengths_harm_nobody) {
  Harness h;
  const auto c = h.accept();
  std::uint64_t expected = 0;
  for (const std::uint8_t kind : {2, 3, 4, 5, 8, 254}) {
    for (const std::uint8_t length : {0, 1, 5, 40, 255}) {  // only four bytes are there
      h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "x",
                .options = {kind, length, 1, 1}});
      EXPECT_EQ(h.drops.of(Drop::tcp_options), ++expected) << int{kind} << ' ' << int{length};
    }
    // The kind is the last byte: its length is missing.
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "x", .options = {1, 1, 1, kind}});
    EXPECT_EQ(h.drops.of(Drop::tcp_options), ++expected) << int{kind};
  }
  EXPECT_EQ(h.read(c), "");
  EXPECT_EQ(h.state(c), State::established);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "y"});
  EXPECT_EQ(h.read(c), "y");
}

TEST(RequirementsWire, RFC9293_MUST_7_a_known_option_of_another_length_is_no_option) {
  // MSS of 3 and 6 bytes, window scale of 4, SACK permitted of 3, timestamps of 9.
  const Octets wrong[] = {{2, 3, 9, 1}, {2, 6, 1, 1, 1, 1, 1, 1}, {3, 4, 7, 7}, {4, 3, 1, 1},
                          {8, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
  for (const Octets& options : wrong) {
    Harness h;
    const auto c = h.accept(options);
    EXPECT_EQ(h.tcp.status(c)->segment_size, 536);
    EXPECT_EQ(h.tcp.status(c)->send_window, 65535u);
    EXPECT_FALSE(h.timestamps);
  }
}

TEST(RequirementsWire, RFC9293_MUST_68_MUST_69_our_options_have_lengths_and_zero_padding) {
  Harness h;
  ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now).ok());
  const Wire syn = h.expect_sent();
  EXPECT_EQ(syn.options.size() % 4, 0u);
  const auto length_of = [&](std::uint8_t kind) {
    for (const RawOption& option : walk(syn.options)) {
      if (option.kind == kind) return option.length;
    }
    return std::size_t{0};
  };
  EXPECT_EQ(length_of(2), 4u);
  EXPECT_EQ(length_of(3), 3u);
  EXPECT_EQ(length_of(4), 2u);
  EXPECT_EQ(length_of(8), 10u);
  // MUST-69: each option is written as whole words, with NOPs in front: there is nothing left to pad.
  OptionsWriter writer;
  writer.window_scale(7);
  EXPECT_EQ(writer.finish().size(), 4u);
  writer.sack_permitted();
  EXPECT_EQ(writer.finish().size(), 8u);
  writer.maximum_segment_size(1460);
  EXPECT_EQ(writer.finish().size(), 12u);
  const SackBlock block{SequenceNumber(1), SequenceNumber(2)};
  writer.sack({&block, 1});
  EXPECT_EQ(writer.finish().size(), 24u);
  writer.timestamp(1, 2);
  EXPECT_EQ(writer.finish().size(), 36u);
}

TEST(RequirementsWire, RFC9293_MUST_65_no_mss_option_without_syn) {
  Harness h;
  const auto c = h.accept(syn_options(1460, 7, true, true));
  h.write(c, std::string(3000, 'a'));
  h.inject({.seq = h.peer_nxt + 5, .ack = h.our_nxt, .flags = Flags::ack, .data = "x",
            .options = timestamp_option(1002, 0)});
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.advance(Duration::seconds(2));
  int seen = 0;
  while (const auto wire = h.sent()) {
    EXPECT_EQ(count_of(wire->options, 2), 0u);
    EXPECT_EQ(count_of(wire->options, 3), 0u);  // RFC 7323 2.2
    EXPECT_EQ(count_of(wire->options, 4), 0u);  // RFC 2018 2
    ++seen;
  }
  EXPECT_GE(seen, 5);
  // And one that comes in a segment without SYN says nothing.
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .options = syn_options(100)});
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1448);
}

TEST(RequirementsWire, RFC9293_MUST_67_the_mss_option_is_what_the_interface_takes_less_fixed_headers) {
  for (const std::uint16_t mtu : {576, 1000, 1400, 1500}) {
    HarnessOptions options;
    options.mtu = mtu;
    Harness h(options);
    ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now).ok());
    EXPECT_EQ(h.expect_sent().parsed.maximum_segment_size, mtu - 40);  // whatever options there are: RFC 6691
    h.listen(81);
    h.inject({.seq = 1, .flags = Flags::syn, .options = syn_options(1460, 7, true, true)});
    EXPECT_EQ(h.expect_sent().parsed.maximum_segment_size, mtu - 40);
  }
  HarnessOptions options;
  options.mtu = 9000;
  options.tcp.maximum_segment_size = 8960;
  Harness h(options);
  ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now).ok());
  EXPECT_EQ(h.expect_sent().parsed.maximum_segment_size, 8960);
}

TEST(RequirementsWire, RFC9293_MUST_16_the_effective_send_mss_is_the_smaller_side_less_options) {
  struct Row {
    std::uint16_t mtu;
    std::uint16_t peer_mss;
    bool timestamps;
    std::size_t expected;
  };
  for (const Row& row : {Row{1500, 1460, false, 1460}, Row{1500, 1460, true, 1448}, Row{1500, 800, true, 788},
                         Row{1000, 1460, false, 960}, Row{1000, 1460, true, 948}, Row{1500, 9000, false, 1460}}) {
    HarnessOptions options;
    options.mtu = row.mtu;
    Harness h(options);
    const auto c = h.accept(syn_options(row.peer_mss, -1, false, row.timestamps));
    h.write(c, std::string(4000, 'a'));
    const Wire first = h.expect_sent();
    EXPECT_EQ(first.data.size(), row.expected);
    EXPECT_LE(20 + header_size + first.options.size() + first.data.size(), row.mtu);
  }
}

TEST(RequirementsWire, RFC9293_3_1_reserved_bits_are_sent_as_zero_and_ignored) {
  Harness h;
  const auto c = h.accept();
  Octets bytes = segment_bytes(h, "ab");
  bytes[12] = static_cast<std::uint8_t>(bytes[12] | 0x0f);
  store16(bytes.data() + 16, 0);
  Checksum checksum = pseudo_header_checksum(Harness::peer_address, Harness::our_address, ip::protocol::tcp,
                                             static_cast<std::uint32_t>(bytes.size()));
  checksum.add(bytes);
  store16(bytes.data() + 16, checksum.finish());
  h.deliver_payload(ip::protocol::tcp, bytes);
  EXPECT_EQ(h.read(c), "ab");
  h.poll();
  ASSERT_FALSE(h.link.frames.empty());
  EXPECT_EQ(h.link.frames.front()[20 + 12] & 0x0f, 0);
}

}  // namespace
}  // namespace linnet::tcp::test
