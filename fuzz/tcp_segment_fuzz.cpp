// SPDX-License-Identifier: Apache-2.0
// TCP headers and options: against a second reader of the options, and read again after being written.
#include <array>

#include "core/tcp/wire.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using tcp::SegmentOptions;

namespace {

void plain_option(std::uint8_t kind, Bytes body, bool syn, SegmentOptions& options) {
  if (kind == 254 && body.size() >= 2 && load16(body.data()) == 0xf989) {
    plain_option(34, body.subspan(2), syn, options);
    if (syn && options.fast_open && options.fast_open->size == body.size() - 2)
      options.fast_open->experimental = true;
    return;
  }
  const auto word = [&](std::size_t at) { return load32(body.data() + at); };
  if (syn && kind == 2 && body.size() == 2) options.maximum_segment_size = load16(body.data());
  if (syn && kind == 3 && body.size() == 1) options.window_scale = body[0] > 14 ? std::uint8_t{14} : body[0];
  if (syn && kind == 4 && body.empty()) options.sack_permitted = true;
  if (kind == 8 && body.size() == 8) {
    options.has_timestamp = true;
    options.timestamp_value = word(0);
    options.timestamp_echo = word(4);
  }
  if (!syn && kind == 5 && body.size() % 8 == 0) {
    for (std::size_t at = 0; at < body.size(); at += 8) {
      options.sack.at(options.sack_count++) = {SequenceNumber(word(at)), SequenceNumber(word(at + 4))};
    }
  }
  if (syn && kind == 34 && body.size() <= 16 && body.size() % 2 == 0 && (body.empty() || body.size() >= 4)) {
    options.fast_open.emplace().size = static_cast<std::uint8_t>(body.size());
    std::copy(body.begin(), body.end(), options.fast_open->bytes.begin());
  }
}

std::optional<SegmentOptions> plain_options(Bytes area, bool syn) {
  SegmentOptions options;
  for (std::size_t i = 0; i < area.size() && area[i] != 0;) {
    if (area[i] == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= area.size() || area[i + 1] < 2 || i + area[i + 1] > area.size()) return std::nullopt;
    plain_option(area[i], area.subspan(i + 2, area[i + 1] - 2u), syn, options);
    i += area[i + 1];
  }
  return options;
}

void require_equal(const SegmentOptions& a, const SegmentOptions& b) {
  require(a.maximum_segment_size == b.maximum_segment_size, "MSS");
  require(a.window_scale == b.window_scale, "window scale");
  require(a.sack_permitted == b.sack_permitted, "SACK permitted");
  require(a.fast_open == b.fast_open, "Fast Open");
  require(a.has_timestamp == b.has_timestamp && a.timestamp_value == b.timestamp_value &&
              a.timestamp_echo == b.timestamp_echo,
          "timestamps");
  require(a.sack_count == b.sack_count && a.sack == b.sack, "SACK blocks");
}

void check_options(Bytes area, bool syn) {
  const auto options = SegmentOptions::parse(area, syn);
  const auto plain = plain_options(area, syn);
  require(options.has_value() == plain.has_value(),
          "RFC 9293 MUST-7: malformed for both readers, or for none");
  if (options) require_equal(*options, *plain);
}

void check_round_trip(Input& input) {
  tcp::SynOptions syn;
  syn.maximum_segment_size = input.u16();
  const std::uint8_t what = input.u8();
  syn.sack_permitted = (what & 1) != 0;
  if ((what & 2) != 0) syn.timestamp = {.value = input.u32(), .echo = input.u32()};
  if ((what & 4) != 0) syn.window_scale = static_cast<std::uint8_t>(input.below(15));
  // With all others there is room for a cookie of 8 bytes (RFC 7413 4.1.1); without timestamps for any.
  if ((what & 8) != 0) {
    tcp::FastOpenCookie& cookie = syn.fast_open.emplace();
    cookie.experimental = (what & 16) != 0;
    const std::uint32_t sizes = syn.timestamp ? 4 : 8;  // 0, 4, 6, ...
    const std::uint32_t n = input.below(sizes);
    cookie.size = static_cast<std::uint8_t>(n == 0 ? 0 : 2 + 2 * n);
    for (std::uint8_t& byte : std::span(cookie.bytes).first(cookie.size)) byte = input.u8();
  }
  tcp::OptionsWriter writer;
  writer.syn(syn, (what & 32) != 0 ? tcp::OptionOrder::bsd : tcp::OptionOrder::compact);
  const Bytes area = writer.finish();
  require(area.size() % 4 == 0 && area.size() <= 40, "an option area is made of whole words");
  const auto read = SegmentOptions::parse(area, true);
  require(read.has_value(), "what is written can be read");
  require(read->maximum_segment_size == syn.maximum_segment_size, "MSS, read again");
  require(read->sack_permitted == syn.sack_permitted, "SACK permitted, read again");
  require(read->window_scale == syn.window_scale, "window scale, read again");
  require(read->has_timestamp == syn.timestamp.has_value(), "timestamps, read again");
  if (syn.timestamp) {
    require(read->timestamp_value == syn.timestamp->value && read->timestamp_echo == syn.timestamp->echo,
            "their values");
  }
  require(read->fast_open == syn.fast_open, "the cookie, read again");
}

/// 64 KiB of payload are enough for every segment; the pool is rebuilt for none.
alignas(Arena::alignment) std::array<std::uint8_t, 70000> memory;

void check_segment(Bytes bytes, bool fix) {
  Arena arena(memory);
  BlockPool pool(arena, {.small_size = 66000, .small_count = 1});
  if (bytes.size() > 65515) return;
  Block block = pool.allocate(bytes.size());
  copy_bytes(block.data(), bytes);
  const IpAddress source = IpAddress::v4(192, 0, 2, 1);
  const IpAddress destination = IpAddress::v4(192, 0, 2, 2);
  std::array<std::uint8_t, 12> pseudo{192, 0, 2, 1, 192, 0, 2, 2, 0, 6};
  store16(pseudo.data() + 10, static_cast<std::uint16_t>(bytes.size()));
  if (fix && bytes.size() >= 20) {
    store16(block.data() + 16, 0);
    store16(block.data() + 16,
            static_cast<std::uint16_t>(~plain_sum(Bytes(block.data(), bytes.size()), plain_sum(pseudo))));
  }
  const std::uint16_t sum = plain_sum(Bytes(block.data(), bytes.size()), plain_sum(pseudo));
  ip::Datagram datagram;
  datagram.source = source;
  datagram.destination = destination;
  datagram.protocol = ip::protocol::tcp;
  datagram.packet = Packet(std::move(block), 0, static_cast<std::uint32_t>(bytes.size()));
  const Bytes seen = datagram.packet.bytes();
  const auto segment = tcp::Segment::parse(datagram);
  if (!segment) {
    require(segment.error() != Drop::none, "a reason");
    if (sum == 0xffff && seen.size() >= 20)
      require(segment.error() != Drop::tcp_checksum, "the checksum is right");
    return;
  }
  require(sum == 0xffff, "RFC 9293 MUST-3: no segment with a wrong checksum");
  require(segment->header_length >= 20 && segment->header_length + segment->data_length == seen.size(),
          "lengths");
  require(segment->source_port != 0 && segment->destination_port != 0, "no port is zero");
  std::array<std::uint8_t, 20> again;
  tcp::write_header(again.data(),
                    {.source_port = segment->source_port,
                     .destination_port = segment->destination_port,
                     .seq = segment->seq,
                     .ack = segment->ack,
                     .flags = segment->flags,
                     .window = static_cast<std::uint16_t>(segment->wnd),
                     .urgent_pointer = segment->up},
                    segment->header_length - 20u);
  again[12] = static_cast<std::uint8_t>(again[12] | (seen[12] & 0x0f));  // the reserved bits are not read
  require(same(Bytes(again).first(16), seen.first(16)) && same(Bytes(again).last(2), seen.subspan(18, 2)),
          "TCP: written as it was read");
  const auto plain =
      plain_options(seen.subspan(20, segment->header_length - 20u), segment->has(tcp::Flags::syn));
  require(plain.has_value(), "no segment with malformed options");
  require_equal(segment->options, *plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t what = input.u8();
  switch (what % 5) {
    case 0:
      check_round_trip(input);
      break;
    case 1:
      check_options(input.bytes(40), true);
      break;
    case 2:
      check_options(input.bytes(40), false);
      break;
    case 3:
      check_segment(input.rest(), true);
      break;
    default:
      check_segment(input.rest(), false);
  }
  return 0;
}
