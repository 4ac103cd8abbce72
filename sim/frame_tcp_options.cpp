// SPDX-License-Identifier: Apache-2.0
// TCP options: RFC 9293 3.2, RFC 2018, RFC 2883, RFC 7323, RFC 7413.
#include "sim/frame_tcp_options.hpp"

namespace linnet::sim {
namespace {

enum Kind : std::uint8_t {
  end = 0,
  no_operation = 1,
  segment_size = 2,
  window_scale = 3,
  sack_permitted = 4,
  sack = 5,
  timestamps = 8,
  fast_open = 34,
  experimental = 254,
};
constexpr std::uint16_t fast_open_experiment = 0xf989;  // RFC 6994; before RFC 7413 gave it a kind

/// The options that a segment has, where each begins; empty: absent.
struct Seen {
  Bytes segment_size, window_scale, sack_permitted, sack, timestamps, cookie;

  Bytes* of(std::uint8_t kind) {
    switch (kind) {
      case Kind::segment_size:
        return &segment_size;
      case Kind::window_scale:
        return &window_scale;
      case Kind::sack_permitted:
        return &sack_permitted;
      case Kind::sack:
        return &sack;
      case Kind::timestamps:
        return &timestamps;
      case Kind::fast_open:
      case Kind::experimental:
        return &cookie;
      default:
        return nullptr;
    }
  }
};

constexpr std::size_t cookie_header(Bytes option) { return option[0] == Kind::experimental ? 4 : 2; }

bool length_fits(Bytes option) {
  const std::size_t length = option.size();
  switch (option[0]) {
    case Kind::segment_size:
      return length == 4;
    case Kind::window_scale:
      return length == 3;
    case Kind::sack_permitted:
      return length == 2;
    case Kind::timestamps:
      return length == 10;
    case Kind::sack:
      return length >= 10 && (length - 2) % 8 == 0;
    case Kind::experimental:
      return length >= 4;
    default:
      return true;
  }
}

/// Takes one option with a length; its size, or 0 when there is no going on.
std::size_t take(FrameJudge& judge, Bytes options, std::size_t at, Seen& seen) {
  const std::size_t left = options.size() - at;
  const std::size_t length = left < 2 ? 0 : options[at + 1];
  if (!judge.require(length >= 2 && length <= left, Rule::tcp_option_length, options, at, length,
                     "an option that fits")) {
    return 0;
  }
  const Bytes option = options.subspan(at, length);
  Bytes* place = seen.of(option[0]);
  const bool fast_open_or_other =
      option[0] != Kind::experimental || length < 4 || load16(option.data() + 2) == fast_open_experiment;
  judge.require(place != nullptr && fast_open_or_other, Rule::tcp_option_kind, options, at, option[0],
                "a known kind");
  judge.require(length_fits(option), Rule::tcp_option_length, options, at + 1, length,
                "the length of its kind");
  if (!judge.ok()) return 0;
  judge.require(place->empty(), Rule::tcp_option_twice, options, at, option[0], "each kind once");
  *place = option;
  return length;
}

Seen collect(FrameJudge& judge, Bytes options) {
  Seen seen;
  for (std::size_t at = 0; at < options.size();) {
    if (options[at] == Kind::end) {
      judge.zero(Rule::tcp_option_padding, options, at, options.size());
      break;
    }
    if (options[at] == Kind::no_operation) {
      ++at;
      continue;
    }
    const std::size_t size = take(judge, options, at, seen);
    if (size == 0) break;
    at += size;
  }
  return seen;
}

bool before(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; }

/// RFC 2018 3: blocks that make sense (that they are no more than four, or three beside timestamps, the
/// header's size sees to), behind the acknowledgment but for RFC 2883's first one, and apart.
void check_sack(FrameJudge& judge, Bytes sack, const TcpParts& tcp) {
  const std::size_t count = (sack.size() - 2) / 8;
  judge.require((tcp.flags & tcp_flag::syn) == 0, Rule::tcp_sack_in_syn, sack, 0, tcp.flags,
                "no SACK in a SYN");
  const auto left = [&](std::size_t i) { return load32(sack.data() + 2 + 8 * i); };
  const auto right = [&](std::size_t i) { return load32(sack.data() + 6 + 8 * i); };
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = 2 + 8 * i;
    judge.require(before(left(i), right(i)), Rule::tcp_sack_block, sack, at, left(i),
                  "a left edge before the right");
    judge.require(i == 0 || before(tcp.ack, left(i)), Rule::tcp_sack_below_ack, sack, at, left(i),
                  "a block behind the acknowledgment");
    for (std::size_t j = 0; j < i; ++j) {
      const bool apart = !before(left(j), right(i)) || !before(left(i), right(j));
      // RFC 2883 4: a block that holds all of the first one, when that is what came twice; it should be the second, but when
      // several segments are answered at once, the one that came last has that place (RFC 2018 4).
      const bool within = j == 0 && !before(left(0), left(i)) && !before(right(i), right(0));
      judge.require(apart || within, Rule::tcp_sack_overlap, sack, at, left(i),
                    "blocks apart from each other");
    }
  }
}

/// RFC 7413 4.1.1: none to ask for one, else 4 to 16 bytes, an even number; in segments with SYN.
void check_cookie(FrameJudge& judge, Bytes option, const TcpParts& tcp) {
  const std::size_t size = option.size() - cookie_header(option);
  const bool asks = size == 0 && (tcp.flags & tcp_flag::ack) == 0;
  judge.require((tcp.flags & tcp_flag::syn) != 0, Rule::tcp_cookie_in_data, option, 0, tcp.flags, "a SYN");
  judge.require(asks || (size >= 4 && size <= 16 && size % 2 == 0), Rule::tcp_cookie, option, 1, size,
                "no cookie in a SYN, or 4 to 16 bytes");
}

/// What only a SYN has.
void check_syn_options(FrameJudge& judge, const Seen& seen, bool syn, const TcpOptionLimits& limits) {
  if (!seen.segment_size.empty()) {
    const std::uint16_t size = load16(seen.segment_size.data() + 2);
    judge.require(syn, Rule::tcp_mss, seen.segment_size, 0, 2, "no maximum segment size without SYN");
    judge.require(size != 0 && size + limits.ip_and_tcp <= limits.mtu, Rule::tcp_mss_value, seen.segment_size,
                  2, size, limits.ip_and_tcp == 40 ? "at most the MTU less 40" : "at most the MTU less 60");
  }
  if (!seen.window_scale.empty()) {
    judge.require(syn, Rule::tcp_window_scale, seen.window_scale, 0, 3, "no window scale without SYN");
    judge.require(seen.window_scale[2] <= 14, Rule::tcp_window_shift, seen.window_scale, 2,
                  seen.window_scale[2], "14 at most");
  }
  if (!seen.sack_permitted.empty()) {
    judge.require(syn, Rule::tcp_sack_permitted, seen.sack_permitted, 0, 4, "no SACK-permitted without SYN");
  }
}

}  // namespace

void check_tcp_options(FrameJudge& judge, Bytes segment, Bytes options, const TcpParts& tcp,
                       const TcpOptionLimits& limits) {
  const Seen seen = collect(judge, options);
  if (!judge.ok()) return;
  const bool syn = (tcp.flags & tcp_flag::syn) != 0;
  const bool ack = (tcp.flags & tcp_flag::ack) != 0;
  check_syn_options(judge, seen, syn, limits);
  if (!seen.sack.empty()) check_sack(judge, seen.sack, tcp);
  if (!seen.timestamps.empty() && !ack) judge.equal32(Rule::tcp_timestamp_echo, seen.timestamps, 6, 0);
  if (!seen.cookie.empty()) check_cookie(judge, seen.cookie, tcp);
  if (syn && !ack && tcp.text > 0) {
    const bool cookie = !seen.cookie.empty() && seen.cookie.size() > cookie_header(seen.cookie);
    judge.require(cookie || limits.data_without_cookie, Rule::tcp_syn_data, segment, 12, tcp.text,
                  "no data in a SYN without a cookie");
  }
}

}  // namespace linnet::sim
