// SPDX-License-Identifier: Apache-2.0
// Reassembly of IPv4 datagrams: fragments in any order, wrong ones among them, against a model of 8-byte
// units.
#include <array>
#include <optional>

#include "core/ip/fragments.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr std::uint32_t block_size = 2048;
constexpr std::uint32_t room = block_size - ip::Holes::header_room - 8;
constexpr std::size_t keys = 16;  // as many as there are reassemblies: none gives way to another
alignas(Arena::alignment) std::array<std::uint8_t, 80000> memory;

/// All bytes of a unit are the same here, so that one of them stands for it.
struct Datagram {
  bool open = false;
  bool discarded = false;
  bool marked = false;        // RFC 3168: a fragment with CE came
  std::uint32_t highest = 0;  // one past the last byte that came
  std::size_t units = 0;
  std::array<std::int16_t, 256> unit{};  // -1: not there
  std::optional<std::uint32_t> end{};
  std::array<std::uint8_t, 28> header{};
  std::size_t header_length = 0;
  Instant expires{};

  void clear() {
    open = discarded = marked = false;
    highest = 0;
    units = header_length = 0;
    end.reset();
  }
  void begin(Instant when) {
    open = true;
    expires = when;
    unit.fill(-1);
  }
  std::int16_t at(std::uint32_t offset) const { return open ? unit[offset / 8] : std::int16_t{-1}; }
};
std::array<Datagram, keys> datagrams;

class Run {
 public:
  Run() {
    for (Datagram& model : datagrams) model.clear();
  }
  void fragment(Input& input) {
    const std::size_t key = input.below(keys);
    const std::uint32_t offset = input.below(250) * 8;
    const std::uint8_t what = input.u8();
    const bool more = (what & 1) != 0;
    std::size_t size = input.below(400);
    if (more && (what & 6) != 0) size = size / 8 * 8;  // a length that is none for the others
    const std::size_t options = (what & 0x18) == 0x18 ? 8 : 0;
    Block block = pool_.allocate(20 + options + size);
    require(static_cast<bool>(block), "a block for each datagram, and one for a fragment");
    std::uint8_t* p = block.data();
    ip::Ipv4Header::write(p, {.traffic_class = static_cast<std::uint8_t>(what >> 6),
                              .total_length = static_cast<std::uint16_t>(20 + options + size),
                              .identification = static_cast<std::uint16_t>(key % 4),
                              .fragment = static_cast<std::uint16_t>((more ? 0x2000u : 0u) | offset / 8),
                              .ttl = 64,
                              .protocol = 17,
                              .source = 0xc0000201u + static_cast<std::uint32_t>(key / 4),
                              .destination = 0xc0000202u});
    p[0] = static_cast<std::uint8_t>(0x45 + options / 4);
    std::fill_n(p + 20, options, std::uint8_t{1});
    const std::uint8_t mark = input.u8();
    for (std::size_t i = 0; i < size; ++i) p[20 + options + i] = static_cast<std::uint8_t>(mark + i / 8);
    std::array<std::uint8_t, 28> first;
    copy_bytes(first.data(), Bytes(p, 20 + options));
    Packet packet(std::move(block), 0, static_cast<std::uint32_t>(20 + options + size));
    Drop reason = Drop::none;
    const auto header = ip::Ipv4Header::parse(packet.bytes(), reason);

    Datagram& model = datagrams[key];
    const std::uint32_t end = offset + static_cast<std::uint32_t>(size);
    const Drop right = judge(model, mark, offset, end, more);
    const std::uint64_t before = drops_.total();
    const auto whole = fragments_.receive(std::move(packet), *header, now_);
    const Drop found = drops_.total() == before ? Drop::none : drops_.last();
    require(drops_.total() <= before + 1, "one reason at most");
    require(found == right, "accepted or dropped as RFC 791, RFC 815 and RFC 5722 say");
    if (right == Drop::none) {
      if (!model.open) model.begin(now_ + timeout);
      model.marked = model.marked || what >> 6 == 3;
      model.highest = std::max(model.highest, end);
      for (std::uint32_t at = offset; at < end; at += 8, ++model.units)
        model.unit[at / 8] = value(mark, at - offset);
      if (!more) model.end = end;
      if (offset == 0) {
        model.header = first;
        model.header_length = 20 + options;
      }
    }
    const bool complete = model.end && model.units == (*model.end + 7) / 8;
    require(whole.has_value() == (right == Drop::none && complete), "a datagram comes when it is complete");
    if (!whole) return;
    check(model, *whole);
    model.clear();
  }
  void expire(std::uint32_t seconds) {
    now_ = now_ + Duration::seconds(seconds);
    std::size_t reports = 0;
    for (Datagram& model : datagrams) {
      if (!model.open || model.expires > now_) continue;
      if (!model.discarded) ++reports;
      model.clear();
    }
    const std::uint64_t counted = drops_.of(Drop::fragment_timeout) + reports;
    while (const auto packet = fragments_.expire(now_)) {
      --reports;
      if (packet->begin() == packet->end()) continue;  // the first fragment has not come
      const auto header = ip::Ipv4Header::parse_quoted(packet->bytes());
      require(header.has_value() && header->length() <= packet->size(),
              "what the ICMP message quotes has its header");
    }
    require(reports == 0, "RFC 1122 3.3.2: each datagram whose time is up, once");
    require(drops_.of(Drop::fragment_timeout) == counted, "and counted");
    require(fragments_.next_deadline() > now_, "nothing that is due is left");
  }
  void end() {
    expire(3600);
    require(fragments_.count() == 0 && pool_.full(),
            "after an hour nothing is half here, all blocks are back");
    require(fragments_.next_deadline().is_never(), "and nothing is due");
  }

  void count() const {
    std::size_t open = 0;
    std::size_t held = 0;
    for (const Datagram& model : datagrams) {
      open += model.open ? 1 : 0;
      held += model.open && !model.discarded ? 1 : 0;
    }
    require(fragments_.count() == open, "as many datagrams as in the model");
    require(pool_.small_count() - pool_.small_free() == held, "each holds one block");
  }

 private:
  static constexpr Duration timeout = Duration::seconds(30);

  static std::int16_t value(std::uint8_t mark, std::uint32_t at) {
    return static_cast<std::uint8_t>(mark + at / 8);
  }
  /// What must become of a fragment; a datagram that is not to be trusted any more is discarded here.
  static Drop judge(Datagram& model, std::uint8_t mark, std::uint32_t offset, std::uint32_t end, bool more) {
    if (end == offset || (more && (end - offset) % 8 != 0)) return Drop::fragment_size;
    if (model.discarded) return Drop::fragment_overlap;
    if (end > room) return Drop::fragment_size;
    const bool known = model.end.has_value();
    bool overlap = known ? (more ? end >= *model.end : end != *model.end) : !more && end < model.highest;
    bool all_same = true;
    bool any = false;
    for (std::uint32_t at = offset; at < end; at += 8) {
      any = any || model.at(at) >= 0;
      all_same = all_same && model.at(at) == value(mark, at - offset);
    }
    // RFC 5722 4: the very same fragment again is no attack; one that newly claims to be the last is another
    // one.
    if (!overlap && all_same && (more || known)) return Drop::fragment_overlap;
    overlap = overlap || any;
    if (overlap || holes_with(model, offset, end, more) > ip::Holes::maximum) {
      model.discarded = true;
      return overlap ? Drop::fragment_overlap : Drop::fragment_limit;
    }
    return Drop::none;
  }
  /// How many holes there would be with the fragment in its place (RFC 815), the last one without end.
  static std::size_t holes_with(const Datagram& model, std::uint32_t offset, std::uint32_t end, bool more) {
    std::size_t holes = 0;
    bool hole = false;
    const std::uint32_t last = model.end.value_or(more ? room + 8 : end);
    for (std::uint32_t at = 0; at < last; at += 8) {
      const bool there = (at >= offset && at < end) || model.at(at) >= 0;
      holes += !there && !hole ? 1 : 0;
      hole = !there;
    }
    return holes;
  }
  static void check(const Datagram& model, const Packet& packet) {
    Drop reason = Drop::none;
    const auto header = ip::Ipv4Header::parse(packet.bytes(), reason);
    require(header.has_value() && header->checksum_good() && !header->is_fragment(),
            "the header of a whole datagram");
    require(header->total_length() == packet.size(), "which says how long it is");
    const Bytes payload = packet.bytes().subspan(header->length());
    require(payload.size() == *model.end, "as long as its last fragment said");
    for (std::size_t i = 0; i < payload.size(); ++i) {
      require(model.at(static_cast<std::uint32_t>(i)) == payload[i], "each byte as it came");
    }
    require(header->length() == model.header_length &&
                same(packet.bytes().subspan(12, 8), Bytes(model.header).subspan(12, 8)),
            "the first fragment's header");
    const std::uint8_t ecn = model.header[1] & 3;
    require((header->traffic_class() & 3) == (model.marked && ecn != 0 ? 3 : ecn),
            "RFC 3168 5.3: marked if one is");
  }
  Arena arena_{memory};
  BlockPool pool_{arena_, {.small_size = block_size, .small_count = 32}};
  DropCounters drops_;
  ip::Fragments fragments_{{.reassemblies = keys, .reassembly_timeout = timeout}, arena_, pool_, drops_};
  Instant now_ = Instant::from_microseconds(1000000);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run;
  while (!input.empty()) {
    const std::uint8_t step = input.u8();
    if (step < 0xf8) {
      run.fragment(input);
    } else {
      run.expire((step & 7u) * 6);
    }
    run.count();
  }
  run.end();
  return 0;
}
