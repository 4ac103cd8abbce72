// SPDX-License-Identifier: Apache-2.0
// Rows C15 and C16 of docs/hostile-packets.csv: headers, options and urgent pointers that lie.
#include <array>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

using Octets = std::vector<std::uint8_t>;

std::string pattern(std::size_t size, std::size_t from = 0) {
  std::string text(size, 0);
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (from + i) % 26);
  return text;
}

/// The bytes of a segment from the peer whose checksum is right whatever its header says.
Octets raw_segment(const Harness& h, std::size_t size, std::uint8_t offset, std::uint8_t flags) {
  Octets bytes(std::max<std::size_t>(size, 20), 1);  // options: no operation
  store16(bytes.data(), h.peer_port);
  store16(bytes.data() + 2, h.our_port);
  store32(bytes.data() + 4, h.peer_nxt);
  store32(bytes.data() + 8, h.our_nxt);
  bytes[12] = static_cast<std::uint8_t>(offset << 4);
  bytes[13] = flags;
  store16(bytes.data() + 14, 65535);
  store16(bytes.data() + 16, 0);
  store16(bytes.data() + 18, 0);
  bytes.resize(size);
  if (size >= 18) {
    Checksum checksum =
        pseudo_header_checksum(h.from, h.to, ip::protocol::tcp, static_cast<std::uint32_t>(size));
    checksum.add(bytes);
    store16(bytes.data() + 16, checksum.finish());
  }
  return bytes;
}

/// Sees that a segment is dropped for one reason, with nothing said and nothing changed.
void expect_rejected(Harness& h, Drop reason, const std::function<void()>& deliver) {
  const auto before = h.digest();
  const std::uint64_t total = h.drops.total();
  const std::uint32_t free = h.pool.small_free();
  deliver();
  h.poll();
  EXPECT_EQ(h.drops.total(), total + 1);
  EXPECT_EQ(h.drops.last(), reason) << drop_text(h.drops.last());
  EXPECT_EQ(h.digest(), before);
  EXPECT_EQ(h.pool.small_free(), free);
  h.expect_silence();
}

TEST(TcpHostile, C15_01_every_data_offset_against_every_length) {
  for (const bool established : {false, true}) {
    Harness h;
    if (established) {
      h.accept();
    } else {
      h.listen(80);
    }
    for (std::size_t size = 0; size <= 60; ++size) {
      for (std::uint8_t offset = 0; offset < 16; ++offset) {
        if (size >= 20 && offset >= 5 && offset * 4u <= size) continue;
        SCOPED_TRACE(testing::Message() << "length " << size << " offset " << int{offset});
        const Octets bytes = raw_segment(h, size, offset, established ? Flags::ack : Flags::syn);
        expect_rejected(h, Drop::tcp_header_length, [&] { h.deliver_payload(ip::protocol::tcp, bytes); });
      }
    }
  }
}

TEST(TcpHostile, C15_02_options_of_length_0_and_1_end_the_segment) {
  Harness h;
  const auto c = h.accept();
  for (unsigned kind = 2; kind < 256; ++kind) {
    for (const std::uint8_t length : {0, 1}) {
      const auto k = static_cast<std::uint8_t>(kind);
      for (const Octets& options :
           {Octets{k, length, 1, 1}, Octets{1, 1, k, length}, Octets{k, length, 0, 0, 1, 1, 1, 1}}) {
        expect_rejected(h, Drop::tcp_options, [&] {
          h.deliver(
              {.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "x", .options = options});
        });
      }
    }
  }
  EXPECT_EQ(h.read(c), "");
}

TEST(TcpHostile, C15_03_option_area_ends_after_a_kind_byte) {
  for (const bool syn : {false, true}) {
    for (unsigned kind = 2; kind < 256; ++kind) {
      for (std::size_t before = 0; before < 40; ++before) {
        // What lies behind the area would make the option whole.
        Octets bytes(before, 1);
        bytes.push_back(static_cast<std::uint8_t>(kind));
        bytes.insert(bytes.end(), {2, 2, 2, 2});
        EXPECT_FALSE(SegmentOptions::parse(Bytes(bytes).first(before + 1), syn)) << kind;
        const Octets exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(before) + 1);
        EXPECT_FALSE(SegmentOptions::parse(exact, syn));
      }
    }
  }
}

TEST(TcpHostile, C15_03_option_is_cut_by_the_end_of_the_area) {
  for (const bool syn : {false, true}) {
    for (const std::uint8_t kind : {2, 3, 4, 5, 8, 29, 34, 254}) {
      for (std::uint8_t length = 3; length < 45; ++length) {
        for (std::size_t there = 2; there < length && there <= 40; ++there) {
          Octets exact(there, 7);
          exact[0] = kind;
          exact[1] = length;
          ASSERT_FALSE(SegmentOptions::parse(exact, syn)) << int{kind} << " " << int{length} << " " << there;
        }
      }
    }
  }
}

/// Reads all that the stack sends and acknowledges it, until `bytes` have come; yields how many segments it
/// took.
std::size_t drain(Harness& h, ConnectionHandle c, std::size_t bytes) {
  std::size_t written = 0;
  std::size_t segments = 0;
  const std::string text = pattern(2920);
  std::uint32_t expected = h.our_nxt;
  for (unsigned turn = 0; expected - h.our_nxt < bytes && turn < 100000; ++turn) {
    if (written < bytes)
      written += h.write(c, std::string_view(text).substr(0, std::min(text.size(), bytes - written)));
    h.poll();
    bool any = false;
    while (auto wire = h.sent()) {
      any = true;
      ++segments;
      if (wire->seq == expected) expected += static_cast<std::uint32_t>(wire->data.size());
    }
    if (any) {
      h.inject({.seq = h.peer_nxt, .ack = expected, .flags = Flags::ack});
    } else {
      h.advance(Duration::milliseconds(50));
    }
  }
  EXPECT_EQ(expected - h.our_nxt, bytes);
  h.our_nxt = expected;
  return segments;
}

TEST(TcpHostile, C15_05_a_peer_that_announces_zero_gets_the_default_and_all_its_data) {
  for (const bool active : {false, true}) {
    Harness h;
    ConnectionHandle c;
    if (active) {
      c = h.connect();
      h.inject(
          {.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack, .options = syn_options(0)});
      h.discard_sent();
    } else {
      c = h.accept(syn_options(0));
    }
    EXPECT_EQ(h.tcp.status(c)->segment_size, 536);
    constexpr std::size_t bytes = 1 << 20;
    EXPECT_LE(drain(h, c, bytes), bytes / 536 * 3 / 2);
    EXPECT_TRUE(h.pool.full());
  }
}

TEST(TcpHostile, C15_06_a_segment_size_of_any_other_length_is_none) {
  for (std::uint8_t length = 2; length <= 40; ++length) {
    Octets options(length, 1);
    options[0] = 2;
    options[1] = length;
    const auto parsed = SegmentOptions::parse(options, true);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->maximum_segment_size.has_value(), length == 4) << int{length};
    EXPECT_FALSE(SegmentOptions::parse(Bytes(options).first(length - 1u), true));
  }
  for (unsigned length = 41; length < 256; ++length) {
    Octets options(40, 1);
    options[0] = 2;
    options[1] = static_cast<std::uint8_t>(length);
    EXPECT_FALSE(SegmentOptions::parse(options, true));
  }
}

TEST(TcpHostile, C15_07_authentication_option_of_any_length_is_ignored) {
  Harness h;
  const auto c = h.accept();
  for (unsigned length = 0; length < 256; ++length) {
    Octets options(40, 0xff);
    options[0] = 29;  // RFC 5925
    options[1] = static_cast<std::uint8_t>(length);
    for (std::size_t i = std::max(length, 2u); i < 40; ++i) options[i] = 0;
    const auto parsed = SegmentOptions::parse(options, false);
    EXPECT_EQ(parsed.has_value(), length >= 2 && length <= 40) << length;
    if (parsed) {
      EXPECT_FALSE(parsed->maximum_segment_size || parsed->window_scale || parsed->sack_permitted ||
                   parsed->has_timestamp || parsed->sack_count != 0);
    }
    const std::string text = pattern(5, length);
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text, .options = options});
    EXPECT_FALSE(h.tcp.readiness(c).urgent);
    EXPECT_EQ(h.read(c), parsed ? text : "");
    if (parsed) h.peer_nxt += 5;
  }
}

TEST(TcpHostile, C15_08_malformed_options_end_no_connection) {
  Harness h;
  const auto c = h.accept();
  const Octets malformed[] = {{2, 0, 1, 1}, {8, 11, 1, 1}, {5, 255, 1, 1},
                              {1, 1, 1, 3}, {29, 1, 1, 1}, {34, 200, 0, 0}};
  for (const Octets& options : malformed) {
    for (const std::uint32_t offset : {0u, 1u, 0u - 1, 100000u, 0u - 100000, 0x80000000u}) {
      for (const std::uint8_t flags : {Flags::ack, Flags::rst, Flags::syn, Flags::fin, std::uint8_t{0x3f}}) {
        expect_rejected(h, Drop::tcp_options, [&] {
          h.deliver({.seq = h.peer_nxt + offset,
                     .ack = h.our_nxt,
                     .flags = flags,
                     .data = "x",
                     .options = options});
        });
        ASSERT_EQ(h.state(c), State::established);
      }
    }
  }
}

TEST(TcpHostile, C15_09_sack_of_any_length_and_any_range) {
  for (std::uint8_t length = 2; length <= 40; ++length) {
    Octets options(length, 1);
    options[0] = 5;
    options[1] = length;
    const auto parsed = SegmentOptions::parse(options, false);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->sack_count, (length - 2) % 8 == 0 ? (length - 2) / 8 : 0) << int{length};
    EXPECT_EQ(SegmentOptions::parse(options, true)->sack_count, 0) << "not on a SYN";
  }
  for (const bool negotiated : {false, true}) {
    Harness h;
    const auto c = h.accept(syn_options(536, -1, negotiated));
    const std::string text = pattern(4 * 536);
    ASSERT_EQ(h.write(c, text), text.size());
    h.discard_sent();
    const std::uint32_t una = h.our_nxt;
    const std::uint32_t nxt = una + 4 * 536;
    const std::pair<std::uint32_t, std::uint32_t> ranges[] = {
        {una + 1072, una + 536}, {una + 536, una + 536}, {una - 536, una}, {una - 536, una + 536},
        {nxt, nxt + 536},        {nxt - 536, nxt + 1},   {una + 1, una},   {0, 0xffffffff}};
    for (const auto& [left, right] : ranges) {
      OptionsWriter writer;
      const SackBlock block{SequenceNumber(left), SequenceNumber(right)};
      writer.sack(std::array{block, block, block, block});
      const Bytes bytes = writer.finish();
      // Data with it, so that it is no duplicate acknowledgment: what comes again comes of the block.
      h.inject({.seq = h.peer_nxt,
                .ack = una,
                .flags = Flags::ack,
                .data = "x",
                .options = {bytes.begin(), bytes.end()}});
      h.peer_nxt += 1;
      while (auto wire = h.sent()) EXPECT_EQ(wire->data, "") << left - una << " to " << right - una;
    }
    EXPECT_EQ(h.tcp.status(c)->retransmissions, 0u);
    EXPECT_EQ(h.read(c), std::string(std::size(ranges), 'x'));
    h.inject({.seq = h.peer_nxt, .ack = nxt, .flags = Flags::ack});
    EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
    EXPECT_TRUE(h.pool.full());
  }
}

TEST(TcpHostile, C15_12_numbers_at_the_end_of_their_space) {
  for (const std::uint32_t iss : {0xffffffffu, 0xfffffffeu, 0u, 0x7fffffffu, 0x80000000u}) {
    Harness h;
    h.peer_iss = iss;
    const auto listener = h.listen(80);
    h.inject({.seq = iss, .flags = Flags::syn});
    const Wire reply = h.expect_sent();
    EXPECT_EQ(reply.ack, iss + 1);
    h.inject({.seq = iss + 1, .ack = reply.seq, .flags = Flags::ack});  // one too low
    EXPECT_EQ(h.expect_sent().flags, Flags::rst);
    EXPECT_FALSE(h.tcp.accept(listener).has_value());
    h.inject({.seq = iss + 1, .ack = reply.seq + 1, .flags = Flags::ack});
    const auto c = h.tcp.accept(listener);
    ASSERT_TRUE(c.has_value());
    h.inject({.seq = iss + 1, .ack = reply.seq + 1, .flags = Flags::ack, .data = "data"});
    EXPECT_EQ(h.read(*c), "data");
  }
}

TEST(TcpHostile, C15_12_an_acknowledgment_one_too_low_ends_no_simultaneous_open) {
  Harness h;
  h.peer_iss = 0xffffffff;
  const auto c = h.connect();
  h.inject({.seq = h.peer_iss, .flags = Flags::syn});
  ASSERT_EQ(h.state(c), State::syn_received);
  h.discard_sent();
  h.inject({.seq = h.peer_iss + 1, .ack = h.our_iss, .flags = Flags::ack});
  EXPECT_EQ(h.expect_sent().flags, Flags::rst);
  EXPECT_EQ(h.state(c), State::syn_received);
  h.inject({.seq = h.peer_iss + 1, .ack = h.our_iss + 1, .flags = Flags::ack});
  EXPECT_EQ(h.state(c), State::established);
}

TEST(TcpHostile, C15_12_round_trips_of_any_length_leave_the_timeout_within_its_bounds) {
  for (const std::int64_t milliseconds :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{59999}, std::int64_t{1} << 31}) {
    HarnessOptions options;
    options.tcp.syn_retransmissions = 255;
    Harness h(options);
    const auto c = h.accept();
    ASSERT_EQ(h.write(c, "x"), 1u);
    h.discard_sent();
    h.now = h.now + Duration::milliseconds(milliseconds);  // a machine that slept: no timer ran
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack});
    const Duration timeout = h.tcp.status(c)->retransmission_timeout;
    EXPECT_GE(timeout, options.tcp.minimum_rto) << milliseconds;
    EXPECT_LE(timeout, options.tcp.maximum_rto) << milliseconds;
    EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
  }
}

TEST(TcpHostile, C15_13_an_echo_from_the_future_measures_nothing) {
  Harness h;
  const auto c = h.accept(syn_options(1460, -1, false, true));
  std::uint32_t value = 1002;
  for (int round = 0; round < 20; ++round) {
    ASSERT_EQ(h.write(c, "x"), 1u);
    const std::uint32_t ours = h.expect_sent().parsed.timestamp_value;
    h.now = h.now + Duration::milliseconds(20);
    // Sent again, so that only the echo could tell which copy is acknowledged.
    h.advance(h.tcp.status(c)->retransmission_timeout + Duration::milliseconds(1));
    h.discard_sent();
    const Duration before = h.tcp.status(c)->smoothed_rtt;
    const std::uint32_t bogus[] = {ours + 10000000, ours + 0x7fffffff, ours + 0x80000000u, ours - 0x70000000u,
                                   0};
    h.our_nxt += 1;
    h.inject({.seq = h.peer_nxt,
              .ack = h.our_nxt,
              .flags = Flags::ack,
              .options = timestamp_option(++value, bogus[round % 5])});
    EXPECT_EQ(h.tcp.status(c)->smoothed_rtt, before) << "echo " << bogus[round % 5] - ours;
  }
}

TEST(TcpHostile, C16_02_urgent_pointers_beside_syn_fin_and_rst) {
  for (const std::uint16_t pointer : {0, 1, 5, 65535}) {
    for (const bool in_line : {true, false}) {
      Harness h;
      const Options user{.urgent_inline = in_line};
      const auto listener = h.listen(80, 8, user);
      h.inject({.seq = h.peer_iss, .flags = Flags::syn | Flags::urg, .data = "early", .urgent = pointer});
      const Wire reply = h.expect_sent();
      EXPECT_EQ(reply.ack, h.peer_iss + 1);
      h.inject({.seq = h.peer_iss + 1, .ack = reply.seq + 1, .flags = Flags::ack});
      const auto c = h.tcp.accept(listener);
      ASSERT_TRUE(c.has_value());
      EXPECT_FALSE(h.tcp.readiness(*c).urgent) << "a pointer of the handshake is none of the stream";
      h.inject({.seq = h.peer_iss + 1, .ack = reply.seq + 1, .flags = Flags::ack, .data = pattern(10)});
      std::string text = h.read(*c);
      h.discard_sent();
      // A FIN with a pointer, ahead of the text before it, and both again.
      h.inject({.seq = h.peer_iss + 21,
                .ack = reply.seq + 1,
                .flags = Flags::ack | Flags::fin | Flags::urg,
                .urgent = pointer});
      h.inject({.seq = h.peer_iss + 11, .ack = reply.seq + 1, .flags = Flags::ack, .data = pattern(10, 10)});
      EXPECT_EQ(h.state(*c), State::close_wait);
      h.inject({.seq = h.peer_iss + 21,
                .ack = reply.seq + 1,
                .flags = Flags::ack | Flags::fin | Flags::urg,
                .urgent = pointer});
      const std::uint64_t in = h.tcp.status(*c)->bytes_in;
      EXPECT_EQ(in, 20u);
      for (std::string more = h.read(*c); !more.empty(); more = h.read(*c)) text += more;
      // The FIN's pointer of 0 names the byte before it, which is read apart when that is asked for.
      const bool apart = !in_line && pointer == 0;
      EXPECT_EQ(text, pattern(apart ? 19 : 20)) << pointer << in_line;
      if (apart) {
        EXPECT_EQ(h.tcp.receive_urgent(*c).value(), pattern(20).back());
      }
      h.inject({.seq = h.peer_iss + 22,
                .ack = reply.seq + 1,
                .flags = Flags::rst | Flags::urg,
                .urgent = pointer});
      EXPECT_EQ(h.state(*c), State::closed);
      EXPECT_TRUE(h.pool.full());
    }
  }
}

TEST(TcpHostile, C16_02_a_pointer_without_its_flag_is_none) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.urgent_inline = false});
  for (const std::uint16_t pointer : {1, 5, 10, 65535}) {
    h.inject(
        {.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(10), .urgent = pointer});
    h.peer_nxt += 10;
    EXPECT_FALSE(h.tcp.readiness(c).urgent);
    EXPECT_EQ(h.read(c), pattern(10));
  }
}

TEST(TcpHostile, C16_03_pointers_beyond_the_text_leave_the_stream_exact) {
  for (const bool in_line : {true, false}) {
    for (std::uint32_t pointer = 1; pointer <= 65535;
         pointer = pointer < 40 ? pointer + 1 : pointer * 2 + 1) {
      Harness h;
      const auto c = h.accept(syn_options(1460), {.urgent_inline = in_line});
      std::string want;
      for (std::size_t i = 0; i < 3; ++i) {
        h.inject({.seq = h.peer_nxt + static_cast<std::uint32_t>(10 * i),
                  .ack = h.our_nxt,
                  .flags = static_cast<std::uint8_t>(i == 0 ? Flags::ack | Flags::urg : Flags::ack),
                  .data = pattern(10, 10 * i),
                  .urgent = static_cast<std::uint16_t>(i == 0 ? pointer : 0)});
        want += pattern(10, 10 * i);
      }
      // The byte before the pointer is read apart when that is asked for, and it has come.
      if (!in_line && pointer <= 30) want.erase(pointer - 1, 1);
      std::string got;
      for (std::string more = h.read(c); !more.empty(); more = h.read(c)) got += more;
      EXPECT_EQ(got, want) << pointer << in_line;
      EXPECT_EQ(h.tcp.status(c)->bytes_in, 30u);
      if (!in_line && pointer <= 30) {
        EXPECT_EQ(h.tcp.receive_urgent(c).value(), pattern(30)[pointer - 1]);
      }
      EXPECT_TRUE(h.pool.full());
    }
  }
}

TEST(TcpHostile, C16_04_pointers_of_segments_out_of_order_and_without_text) {
  for (const bool in_line : {true, false}) {
    Harness h;
    const auto c = h.accept(syn_options(1460), {.urgent_inline = in_line});
    h.inject(
        {.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .urgent = 3});  // no text
    h.inject({.seq = h.peer_nxt + 10,
              .ack = h.our_nxt,
              .flags = Flags::ack | Flags::urg,
              .data = pattern(10, 10),
              .urgent = 5});
    h.inject(
        {.seq = h.peer_nxt + 40, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .urgent = 65535 - 40});
    h.inject({.seq = h.peer_nxt + 70000,
              .ack = h.our_nxt,
              .flags = Flags::ack | Flags::urg,
              .data = "x",
              .urgent = 1});
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(10)});
    std::string got;
    for (std::string more = h.read(c); !more.empty(); more = h.read(c)) got += more;
    EXPECT_EQ(got, pattern(20)) << "the latest pointer lies far ahead";
    EXPECT_TRUE(h.tcp.readiness(c).urgent);
    EXPECT_EQ(h.tcp.status(c)->bytes_in, 20u);
    EXPECT_TRUE(h.pool.full());
  }
  Harness h;
  const auto c = h.accept(syn_options(1460), {.urgent_inline = false});
  h.inject({.seq = h.peer_nxt + 10,
            .ack = h.our_nxt,
            .flags = Flags::ack | Flags::urg,
            .data = pattern(10, 10),
            .urgent = 5});
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(10)});
  std::string want = pattern(20);
  want.erase(14, 1);
  std::string got;
  for (std::string more = h.read(c); !more.empty(); more = h.read(c)) got += more;
  EXPECT_EQ(got, want);
  EXPECT_EQ(h.tcp.receive_urgent(c).value(), pattern(20)[14]) << "counted from its own segment";
}

}  // namespace
}  // namespace linnet::tcp::test
