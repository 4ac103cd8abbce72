// SPDX-License-Identifier: Apache-2.0
// Super-segments cut in software: the pieces are the whole, with right numbers, lengths and checksums; wrong
// frames are refused.
#include <array>
#include <vector>

#include "core/device/segmentation.hpp"
#include "fuzz/input.hpp"
#include "platform/linux/super_frame_cutter.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr std::uint32_t block_size = 1664;
alignas(Arena::alignment) std::array<std::uint8_t, 8192> memory;

std::uint16_t pseudo_sum(Bytes ip, std::size_t transport_size) {
  const bool v6 = ip[0] >> 4 == 6;
  const Bytes addresses = v6 ? ip.subspan(8, 32) : ip.subspan(12, 8);
  std::array<std::uint8_t, 4> rest{0, 6};
  store16(rest.data() + 2, static_cast<std::uint16_t>(transport_size));
  return plain_sum(rest, plain_sum(addresses));
}

/// Where the headers stand, read once more.
struct Layout {
  std::size_t ip = 0;
  std::size_t tcp = 0;
  std::size_t payload = 0;
};

std::optional<Layout> plain_layout(Bytes frame) {
  Layout at{.ip = 14};
  for (int tags = 0; at.ip <= frame.size(); at.ip += 4, ++tags) {
    const std::uint16_t type = load16(frame.data() + at.ip - 2);
    if (type == 0x0800 || type == 0x86dd) break;
    if (tags == 2 || (type != 0x8100 && type != 0x88a8)) return std::nullopt;
  }
  if (at.ip > frame.size()) return std::nullopt;
  const Bytes ip = frame.subspan(at.ip);
  if (load16(frame.data() + at.ip - 2) == 0x0800) {
    if (ip.size() < 20 || (ip[0] & 15) < 5 || (ip[0] & 15) * 4u > ip.size() || ip[9] != 6)
      return std::nullopt;
    if ((load16(ip.data() + 6) & 0x3fff) != 0) return std::nullopt;
    at.tcp = at.ip + (ip[0] & 15) * 4u;
  } else {
    if (ip.size() < 40 || ip[6] != 6) return std::nullopt;  // extension headers are another reader's business
    at.tcp = at.ip + 40;
  }
  if (frame.size() < at.tcp + 20) return std::nullopt;
  at.payload = at.tcp + (frame[at.tcp + 12] >> 4) * 4u;
  if (at.payload < at.tcp + 20 || at.payload >= frame.size()) return std::nullopt;
  return at;
}

class Run {
 public:
  Run(Bytes frame, std::uint16_t segment_size)
      : frame_(frame), segment_size_(segment_size), layout_(plain_layout(frame)) {}

  void cut() {
    Arena arena(memory);
    BlockPool pool(arena, {.small_size = block_size, .small_count = 2});
    platform::SuperFrameCutter cutter;
    const bool started = cutter.start(frame_, {.segment_size = segment_size_}, block_size);
    if (segment_size_ == 0) require(!started, "no size, no segments");
    std::vector<std::uint8_t> joined;
    std::size_t count = 0;
    while (cutter.pending()) {
      Packet packet;
      require(cutter.next(pool, packet), "there is a block for each segment");
      require(packet.info.checksum_verified, "the kernel vouched for it");
      if (layout_) check(packet.bytes(), count, joined, false);
      ++count;
      require(count <= frame_.size(), "segments have payload");
    }
    require(pool.full(), "all blocks are back");
    if (!started || !layout_) return;
    require(same(joined, frame_.subspan(layout_->payload)), "the pieces are the whole");
    complete();
  }

 private:
  /// The same by a device that leaves nothing undone.
  void complete() {
    Frame super;
    std::uint8_t* header = super.prepend(layout_->payload);
    require(header != nullptr, "it was cut before");
    copy_bytes(header, frame_.first(layout_->payload));
    // In two pieces, as a queue would hold it.
    const Bytes payload = frame_.subspan(layout_->payload);
    super.add_payload(payload.first(payload.size() / 3));
    super.add_payload(payload.subspan(payload.size() / 3));
    super.segment_size = segment_size_;
    const auto segmenter = Segmenter::of(super, LinkType::ethernet);
    require(
        segmenter.has_value() && segmenter->count() == (payload.size() + segment_size_ - 1) / segment_size_,
        "as many");
    std::vector<std::uint8_t> joined;
    for (std::size_t i = 0; i < segmenter->count(); ++i) {
      Frame out;
      require(segmenter->write(i, out), "two pieces fit into a frame");
      require(out.checksum.header_from_end == 0, "nothing is left undone");
      std::vector<std::uint8_t> bytes(out.size());
      out.gather(bytes.data());
      check(bytes, i, joined, true);
    }
    require(same(joined, payload), "the pieces are the whole");
  }
  void check(Bytes segment, std::size_t index, std::vector<std::uint8_t>& joined, bool complete) const {
    require(segment.size() > layout_->payload && segment.size() - layout_->payload <= segment_size_,
            "of the right size");
    require(same(segment.first(layout_->ip), frame_.first(layout_->ip)), "the link's header stays");
    const Bytes ip = segment.subspan(layout_->ip);
    const Bytes tcp = segment.subspan(layout_->tcp);
    if (frame_[layout_->ip - 2] == 0x08) {
      require(load16(ip.data() + 2) == ip.size(), "RFC 791: Total Length");
      require(plain_sum(ip.first(layout_->tcp - layout_->ip)) == 0xffff, "RFC 791: Header Checksum");
    } else {
      require(load16(ip.data() + 4) + 40u == ip.size(), "RFC 8200: Payload Length");
    }
    const std::uint16_t pseudo = plain_pseudo(ip, tcp.size());
    if (complete) {
      require(plain_sum(tcp, pseudo) == 0xffff, "RFC 9293 3.1: Checksum");
    } else {
      require(load16(tcp.data() + 16) % 0xffff == pseudo % 0xffff,
              "the pseudo header's sum stands in the field");
    }
    const Bytes original = frame_.subspan(layout_->tcp);
    require(load32(tcp.data() + 4) == load32(original.data() + 4) + joined.size(),
            "RFC 9293 3.1: Sequence Number");
    joined.insert(joined.end(), segment.begin() + static_cast<std::ptrdiff_t>(layout_->payload),
                  segment.end());
    const bool last = joined.size() + layout_->payload == frame_.size();
    const std::uint8_t flags = tcp[13];
    require((flags & ~original[13]) == 0, "no flag that was not there");
    require((flags & 0x09) == (last ? original[13] & 0x09 : 0), "FIN and PSH belong to the last");
    require((flags & 0x80) == (index == 0 ? original[13] & 0x80 : 0), "RFC 3168 6.1.2: CWR is said once");
  }
  std::uint16_t plain_pseudo(Bytes ip, std::size_t transport_size) const {
    std::array<std::uint8_t, 40> header{};
    copy_bytes(header.data(), ip.first(std::min<std::size_t>(40, ip.size())));
    header[0] = frame_[layout_->ip - 2] == 0x08 ? 0x45 : 0x60;  // the type decides, not the version field
    return pseudo_sum(header, transport_size);
  }

  Bytes frame_;
  std::uint16_t segment_size_;
  std::optional<Layout> layout_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint16_t segment_size = input.u16() % 600;
  const std::uint8_t how = input.u8();
  const Bytes rest = input.rest();
  if (how == 0) {
    Run(rest, segment_size).cut();
    return 0;
  }
  // Headers that are right as far as the input lets them be, and its bytes behind them several times over.
  std::vector<std::uint8_t> frame(14 + ((how & 1) != 0 ? 40 : 20) + 20);
  frame[12] = (how & 1) != 0 ? 0x86 : 0x08;
  frame[13] = (how & 1) != 0 ? 0xdd : 0x00;
  std::uint8_t* ip = frame.data() + 14;
  ip[0] = (how & 1) != 0 ? 0x60 : 0x45;
  ip[(how & 1) != 0 ? 6 : 9] = 6;
  std::uint8_t* tcp = frame.data() + frame.size() - 20;
  tcp[12] = 0x50;
  tcp[13] = static_cast<std::uint8_t>(how | 0x10);
  tcp[18] = (how & 0x20) != 0 ? how : std::uint8_t{0};
  for (int i = 0; i <= how % 8; ++i) frame.insert(frame.end(), rest.begin(), rest.end());
  if ((how & 2) != 0 && !rest.empty())
    frame[rest[0] % frame.size()] ^= static_cast<std::uint8_t>(rest.size());
  Run(frame, segment_size).cut();
  return 0;
}
