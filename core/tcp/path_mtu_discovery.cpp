// SPDX-License-Identifier: Apache-2.0
// RFC 4821 (and RFC 8899 5): when segments of full size time out again and again, smaller ones are sent, and from then
// on larger ones are tried, one at a time. RFC 5927 7.2: which ICMP messages are believed.
#include <algorithm>
#include <utility>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {

/// 7.2: gets through nearly everywhere.
constexpr std::uint16_t safe_size = 1024;
/// RFC 8200 5: every path takes it.
constexpr std::uint16_t least_ipv6_size = 1280;
/// 7.3: what is left to be won is not worth a lost probe.
constexpr std::uint16_t close_enough = 32;
/// 7.7 takes R1 of RFC 1122 4.2.3.5: three retransmissions went unanswered.
constexpr std::uint8_t full_stop = 4;
/// After a full stop: it may have been an outage, so the search begins soon after data flows again.
constexpr Duration first_probe = Duration::seconds(5);
/// RFC 8899 5.1.1: PMTU_RAISE_TIMER.
constexpr Duration raise_timer = Duration::seconds(600);
/// RFC 4821 7.4: so many segments behind a probe show its loss without a timeout.
constexpr std::uint32_t segments_behind = 3;

/// What an IP packet with a segment has beside the payload.
std::uint32_t overhead(const Connection& c) {
  const std::size_t options = c.timestamps ? timestamp_option_size : 0;
  return c.fixed_headers() + static_cast<std::uint32_t>(options);
}

std::uint16_t packet_size(const Connection& c, std::uint32_t payload) {
  return static_cast<std::uint16_t>(payload + overhead(c));  // at most the path's MTU
}

std::uint16_t at_least(const Connection& c, std::uint16_t size) {
  return c.remote.address.is_v4() ? size : std::max(size, least_ipv6_size);
}

SequenceNumber probe_end(const Connection& c) { return c.path_mtu.probe + (c.path_mtu.probing - overhead(c)); }

std::uint16_t middle(std::uint32_t low, std::uint32_t high) { return static_cast<std::uint16_t>((low + high) / 2); }

}  // namespace

/// The handshake is over. 7.2: where ICMP is not relied upon at all, the search begins at once, from below. A path MTU
/// that is known to be small needs no such care.
void Tcp::begin_path_mtu_search(Connection& c, Instant now) {
  const std::uint16_t size = packet_size(c, c.send_mss);
  const std::uint16_t base = at_least(c, config_.base_path_mtu);
  if (config_.path_mtu_probing != PathMtuProbing::always || size <= base) return;
  c.path_mtu.used = size <= safe_size ? size : base;
  c.path_mtu.next = now;
  set_segment_size(c);
}

/// A retransmission timeout.
void Tcp::size_timed_out(Connection& c, Instant now) {
  PathMtuSearch& search = c.path_mtu;
  if (search.told != 0) {
    // RFC 5927 7.2: what ICMP told is believed now that the segment has timed out.
    ip_.path_mtu_update(c.remote.address, search.told, now);
    search.told = 0;
    return refresh_path(c, now);
  }
  if (search.probing != 0 && c.snd.una == search.probe) {
    const std::uint16_t high = search.high;
    probe_failed(c, now);
    // 7.6.3: a timeout is a high price. Where nothing at all has arrived, it is not the probe's size.
    search.next = search.next + (search.next - now) * 4;
    if (c.sack && c.scoreboard.sacked() == 0) search.high = high;
  }
  search.probing = 0;
  search.probe_lost = false;
  if (c.backoffs >= full_stop && config_.path_mtu_probing != PathMtuProbing::off) black_hole_suspected(c, now);
}

/// 7.7: a full-stop timeout. Of a shorter segment it says nothing about sizes.
void Tcp::black_hole_suspected(Connection& c, Instant now) {
  PathMtuSearch& search = c.path_mtu;
  const Transmission* first = c.scoreboard.first();
  if (first == nullptr || first->end - c.snd.una < c.send_mss) return;
  search.next = now + first_probe;
  search.proven = 0;
  const std::uint16_t used = packet_size(c, c.send_mss);
  const std::uint16_t base = at_least(c, config_.base_path_mtu);
  const std::uint16_t least = std::min(used, at_least(c, config_.least_path_mtu));
  search.used = used > base ? base : std::max(static_cast<std::uint16_t>(used / 2), least);
  set_segment_size(c);
}

/// The size of the next probe; 0: there is nothing to search for.
std::uint16_t Tcp::next_probe_size(const Connection& c) const {
  const PathMtuSearch& search = c.path_mtu;
  const std::uint32_t limit = largest_packet(c);
  if (search.used >= limit) return 0;
  const bool unknown = search.high == 0 || search.high > limit;
  // 7.3: after an outage, or where ICMP is silent without need, the largest is what one probe wins back.
  if (unknown && config_.largest_probe_first) return static_cast<std::uint16_t>(limit);
  const std::uint32_t high = unknown ? limit : search.high;
  if (high <= std::uint32_t{search.used} + close_enough) return 0;
  // search_low: what is used, unless that has shown nothing yet.
  std::uint16_t low = search.used;
  if (search.proven == 0) low = std::min(low, at_least(c, config_.base_path_mtu));
  const std::uint16_t size = middle(low, high);
  return size > search.used ? size : middle(search.used, high);
}

/// 7.4: a probe is new data that is to be sent anyway, with more behind it that shows its loss without a timeout. False
/// when no new data may go now: the device is busy, or what is under way must first make room for the probe.
bool Tcp::probe_path_mtu(Connection& c, Instant now) {
  PathMtuSearch& search = c.path_mtu;
  if (search.used == 0 || search.probing != 0 || now < search.next || c.fin_sent) return true;
  const std::uint16_t size = next_probe_size(c);
  if (size == 0) {
    search.high = 0;
    search.next = now + raise_timer;
    return true;
  }
  const std::uint32_t payload = size - overhead(c);
  const std::uint32_t all = payload + segments_behind * c.send_mss;
  const std::uint32_t unsent = c.data_end() - c.snd.nxt;
  const bool whole = !c.probing || c.flight() == 0;  // no tail loss probe is out that may show a loss yet
  const bool calm = c.congestion_state == CongestionState::open && whole && c.reassembly.empty();
  if (!calm || unsent < all || c.congestion.window() < all || c.snd.wnd < all || pacing_holds(c, now)) return true;
  if (c.congestion.window() < c.pipe() + payload || c.snd.wnd < c.flight() + payload) {
    note_usage(c, true);
    return false;
  }
  if (c.flight() == 0) note_idle(c, now);
  c.persist_at = Instant::never();
  Outgoing out{.seq = c.snd.nxt, .length = payload, .flags = 0, .whole = true};
  if (transmit(c, out, now) == Sent::busy) return false;
  const std::uint16_t sent = packet_size(c, out.length);
  if (sent > search.used) {
    search.probe = out.seq;
    search.probing = sent;
  }
  c.bytes_out += out.length;
  note_new(c, out.length, now);
  return true;
}

/// 7.6.2. Losses that do not count must be rarer than those of congestion control are: a round trip for each packet of
/// the window goes by before the next one (4).
void Tcp::probe_failed(Connection& c, Instant now) {
  PathMtuSearch& search = c.path_mtu;
  search.high = search.probing;
  const std::int64_t packets = c.congestion.window() / c.send_mss;
  search.next = now + std::max(c.rtt.smoothed() * packets, c.rtt.rto());
}

/// Something is lost. True when it is the probe, and nothing else: that is no congestion (7.6.2). Without SACK nobody
/// knows whether anything else was lost, so that congestion control takes its course (4).
bool Tcp::only_probe_lost(Connection& c, Instant now) {
  PathMtuSearch& search = c.path_mtu;
  if (search.probing == 0) return false;
  const SequenceNumber end = probe_end(c);
  bool alone = c.sack;
  c.scoreboard.for_each(c.snd.una, [&](const Transmission& t, SequenceNumber begin) {
    const bool repaired = t.again || !t.lost;
    if (!repaired && (begin < search.probe || t.end > end || t.retransmitted)) alone = false;
  });
  search.probe_lost = alone;
  if (alone) return true;
  if (!c.sack && c.snd.una == search.probe) probe_failed(c, now);
  // 7.6.4: with others lost around it, it says nothing: the same size is tried again when all is repaired.
  search.probing = 0;
  return false;
}

/// The part of transmit: what a segment that leaves means for the search.
void Tcp::note_segment_size(Connection& c, const Outgoing& out) {
  PathMtuSearch& search = c.path_mtu;
  if (out.seq < c.snd.nxt) {
    const bool copy = out.seq <= search.probe && search.probe < out.seq + out.length;
    if (copy && !search.probe_lost) search.probing = 0;
    if (search.watching && out.seq < search.watched) search.watching = false;  // Karn: which copy would it be?
  } else if (!search.watching && !out.whole && out.length >= c.send_mss && search.proven < packet_size(c, c.send_mss)) {
    search.watching = true;
    search.watched = out.seq + c.send_mss;
  }
}

/// SND.UNA has moved, or may have: what arrived proves its size.
void Tcp::sizes_acknowledged(Connection& c, Instant now) {
  PathMtuSearch& search = c.path_mtu;
  if (c.snd.una > search.told_about) search.told = 0;  // RFC 5927 7.2: it was no loss
  if (search.watching && c.snd.una >= search.watched) {
    search.watching = false;
    search.proven = std::max(search.proven, packet_size(c, c.send_mss));
  }
  if (search.probing == 0 || c.snd.una < probe_end(c)) return;
  if (search.probe_lost) probe_failed(c, now);
  const std::uint16_t size = std::exchange(search.probing, std::uint16_t{0});
  if (std::exchange(search.probe_lost, false)) return;
  // 7.6.1
  search.used = search.proven = size;
  if (size >= largest_packet(c)) search = PathMtuSearch{.proven = size};  // the search is over
  set_segment_size(c);
}

/// RFC 1191 and RFC 5927 7.2: `quoted` is the size of the packet that was too large.
void Tcp::fragmentation_needed(Connection& c, SequenceNumber seq, std::uint16_t mtu, std::uint16_t quoted,
                               Instant now) {
  // A packet of that size would have passed, or none so large is sent any more: forged, or about something long ago.
  if (mtu >= quoted || mtu >= c.path.mtu) {
    drops_.add(Drop::icmp_quote);
    return;
  }
  if (c.synchronized() && mtu < c.path_mtu.proven) {
    // Larger ones have arrived: only if this one does not.
    c.path_mtu.told = mtu;
    c.path_mtu.told_about = seq;
    return;
  }
  ip_.path_mtu_update(c.remote.address, mtu, now);
  queue_output(c);  // refresh_path finds the new MTU
}

}  // namespace linnet::tcp
