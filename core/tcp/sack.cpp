// SPDX-License-Identifier: Apache-2.0
// What an acknowledgment says has arrived: SACK blocks (RFC 2018, 6675), D-SACK (RFC 2883), and SEG.ACK itself, each told
// to the scoreboard and to RACK (RFC 8985 6.2 steps 1 to 3).
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {

/// RFC 2883 4: the first block is a D-SACK when it lies below SEG.ACK, or within the second.
bool is_duplicate_report(std::span<const SackBlock> blocks, SequenceNumber ack) {
  if (blocks[0].right <= ack) return true;
  return blocks.size() > 1 && blocks[0].left >= blocks[1].left && blocks[0].right <= blocks[1].right;
}

/// Ascending, so that what one acknowledgment tells of several gaps is no reordering.
void sort(std::span<SackBlock> blocks) {
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    for (std::size_t k = i; k > 0 && blocks[k].left < blocks[k - 1].left; --k) std::swap(blocks[k], blocks[k - 1]);
  }
}

}  // namespace

void Tcp::take_sack(Connection& c, AckNews& news) {
  const SegmentOptions& options = news.segment.options;
  if (!c.sack || options.sack_count == 0) return;
  std::array<SackBlock, SegmentOptions::maximum_sack_blocks> copy = options.sack;
  std::span<SackBlock> blocks = std::span(copy).first(options.sack_count);
  // A range that was never sent, or that is far older than anything outstanding, is no report of ours.
  const SequenceNumber oldest = c.snd.una - static_cast<std::uint32_t>(std::min<std::uint64_t>(c.bytes_out, c.snd.max_wnd));
  const SackBlock first = blocks[0];
  if (first.left < first.right && first.left >= oldest && first.right <= c.snd.nxt &&
      is_duplicate_report(blocks, news.segment.ack)) {
    take_duplicate_report(c, first, news);
    blocks = blocks.subspan(1);
  }
  sort(blocks);
  const SequenceNumber una = max(c.snd.una, news.segment.ack);
  for (const SackBlock& block : blocks) {
    // RFC 2018 4 and C17: only what is outstanding can be held by the receiver.
    if (block.left >= block.right || block.left < una || block.right > c.snd.nxt) continue;
    c.scoreboard.sack(transmissions_, c.snd.una, block.left, block.right,
                      [&](const Transmission& t, SequenceNumber begin, std::uint32_t length) {
                        news.sacked = true;
                        if (!t.retransmitted) news.first_sacked = std::min(news.first_sacked, t.sent);
                        arrived(c, news, t, begin, length);
                      });
  }
}

/// A run that was outstanding is known to have arrived.
void Tcp::arrived(Connection& c, AckNews& news, const Transmission& t, SequenceNumber begin, std::uint32_t length) {
  const SequenceNumber end = begin + length;
  news.delivered += length;
  if (!t.retransmitted) {
    news.last_sent = news.last_sent.is_never() ? t.sent : std::max(news.last_sent, t.sent);
    // RFC 8985 6.2 step 3: it was sent once, and something that was sent later was here before. What the same acknowledgment
    // tells of both is no reordering.
    if (news.sacked_before && end <= news.highest_before && c.rack.sent_before(t.sent, end)) {
      const std::uint32_t segments = (news.highest_before - begin + c.send_mss - 1u) / c.send_mss;
      c.rack.reordered(t.sent, segments, !std::exchange(news.reordered, true), news.now);
    }
    if (end <= c.high_seq) news.original_arrived = true;
  }
  c.rack.delivered(t.sent, end, t.retransmitted, c.rtt.minimum(), news.now);
}

void Tcp::take_duplicate_report(Connection& c, const SackBlock& block, AckNews& news) {
  news.duplicate_sacked = true;
  ++c.duplicates_reported;
  c.rack.duplicate_sacked(c.snd.una, c.snd.nxt);
  if (c.probing && c.probe_is_copy && block.right == c.probe_end) news.probe_duplicated = true;
  Recovery* recovery = c.recovery;
  if (recovery == nullptr || !recovery->may_undo || block.right <= recovery->began_at) return;
  // RFC 3708: a retransmission whose duplicate is reported was not needed.
  recovery->unaccounted -= std::min(recovery->unaccounted, block.right - block.left);
}

/// What SEG.ACK passes. The scoreboard's first record begins at SND.UNA, which moves right after this.
void Tcp::take_delivered(Connection& c, AckNews& news) {
  c.scoreboard.acknowledge(transmissions_, c.snd.una, news.segment.ack,
                           [&](const Transmission& t, SequenceNumber begin, std::uint32_t length) {
                             if (t.retransmitted) {
                               news.retransmission_acked = true;
                             } else if (!t.sacked) {
                               news.first_sent = std::min(news.first_sent, t.sent);
                             }
                             if (!t.sacked) arrived(c, news, t, begin, length);
                           });
}

}  // namespace linnet::tcp
