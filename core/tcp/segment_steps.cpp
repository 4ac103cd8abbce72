// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7.4: the steps for all states but CLOSED, LISTEN and SYN-SENT, in the RFC's order. The fifth, the
// ACK field, is in acknowledgment.cpp.
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {
namespace {

/// RFC 7323 5.5: a timestamp this old says nothing any more.
constexpr Duration paws_idle_limit = Duration::seconds(std::int64_t{24} * 24 * 3600);
constexpr Duration challenge_period = Duration::seconds(5);

void count_in(Connection& c, std::uint32_t length, std::uint32_t coalesced) {
  const std::uint32_t segments = coalesced == 0 ? 1 : (length + coalesced - 1) / coalesced;
  c.segments_in += segments;
  if (length > 0) c.data_segments_in += segments;
}

/// Of `length` bytes at RCV.NXT, one is the urgent one, and the user reads it apart.
bool takes_out_urgent(const Connection& c, std::uint32_t length) {
  const SequenceNumber urgent = c.rcv.up - 1;
  return c.rcv.urgent && !c.options.urgent_inline && urgent >= c.rcv.nxt && urgent < c.rcv.nxt + length;
}

}  // namespace

bool Tcp::crosses_syn_ack(const Connection& c, const Segment& segment) {
  return c.state == State::syn_received && c.active_open && segment.has(Flags::syn) && segment.has(Flags::ack) &&
         !segment.has(Flags::rst) && segment.seq == c.rcv.irs && segment.ack > c.snd.una && segment.ack <= c.snd.nxt;
}

void Tcp::other_states_arrive(Connection& c, Arrival& a) {
  count_in(c, a.segment.data_length, a.datagram.packet.info.segment_size);
  if (c.fast_open_pending && a.segment.has(Flags::syn) && !a.segment.has(Flags::ack) && a.segment.seq == c.rcv.irs) {
    return send_syn(c, a.now);  // our SYN-ACK was lost
  }
  // A SYN-ACK that crosses ours ends a simultaneous open (3.5, figure 7), though its SYN lies before the window.
  const bool crossed = crosses_syn_ack(c, a.segment);
  if (crossed) {
    a.segment.seq += 1;
    a.segment.flags = static_cast<std::uint8_t>(a.segment.flags & ~(Flags::syn | Flags::ece | Flags::cwr));
  }
  if (!first_check_sequence_number(c, a)) return;
  c.last_received = a.now;
  c.unanswered_probes = 0;
  if (a.segment.has(Flags::rst)) return second_check_rst(c, a);
  // Third, security: RFC 9293 3.10.7.4 leaves it to whoever implements compartments.
  if (a.segment.has(Flags::syn)) {
    // Fourth: RFC 5961 4.2, in synchronized states a SYN is answered by a challenge ACK, whatever its number.
    drops_.add(Drop::tcp_challenged);
    return challenge(c, a.now);
  }
  if (!a.segment.has(Flags::ack)) {
    drops_.add(Drop::tcp_no_ack);
    return;
  }
  if (!fifth_check_ack(c, a)) return;
  if (crossed) c.snd.wnd = c.snd.max_wnd = a.segment.wnd;  // RFC 7323 2.2: of a SYN it is not scaled
  tune_send_buffer(c);
  sizes_acknowledged(c, a.now);
  sixth_check_urg(c, a);
  if (!seventh_process_text(c, a)) return;
  eighth_check_fin(c, a.now);
}

/// First: is the segment in the window (table 6), and not an old duplicate by its timestamp (RFC 7323 5.3 R1)?
bool Tcp::first_check_sequence_number(Connection& c, Arrival& a) {
  const Segment& segment = a.segment;
  const SegmentOptions& options = segment.options;
  const bool reset = segment.has(Flags::rst);
  const bool outdated = a.now - c.ts_recent_age >= paws_idle_limit;
  if (c.timestamps && options.has_timestamp && !reset) {
    const SequenceNumber value(options.timestamp_value);
    if (value < SequenceNumber(c.ts_recent) && !outdated) {
      drops_.add(Drop::tcp_paws);
      // Data is acknowledged at once (RFC 7323 5.3); what carries none might be one side of an endless echo.
      if (segment.data_length > 0 || may_challenge(c, a.now)) {
        note_old_data(c, segment, a.now);
        c.ack_now = true;
        queue_output(c);
      }
      return false;
    }
  }
  const std::uint32_t window = c.rcv.edge - c.rcv.nxt;
  const std::uint32_t length = segment.length();
  bool acceptable;
  if (length == 0) {
    // The edge itself is taken, too: whoever filled our window and lost it all acknowledges from there.
    acceptable = segment.seq >= c.rcv.nxt && segment.seq <= c.rcv.edge;
  } else if (window == 0) {
    // MUST-66: at a zero window no data is acceptable, but a valid ACK, URG or RST on it is.
    acceptable = segment.seq == c.rcv.nxt;
  } else {
    acceptable = segment.seq < c.rcv.edge && segment.seq + (length - 1) >= c.rcv.nxt;
  }
  if (!acceptable) {
    drops_.add(Drop::tcp_sequence);
    // "If an incoming segment is not acceptable, an acknowledgment should be sent in reply (unless RST)".
    if (!reset && (segment.data_length > 0 || segment.has(Flags::fin) || may_challenge(c, a.now))) {
      note_old_data(c, segment, a.now);
      c.ack_now = true;
      queue_output(c);
    }
    return false;
  }
  return true;
}

/// RFC 7323 4.3: the timestamp of what advances, or would advance, the acknowledgment is remembered. The first step let
/// none pass that is older than the last, unless that says nothing any more (5.5). Only with an acceptable ACK: whoever guesses a sequence number alone must not make all that
/// the peer sends old.
void Tcp::note_timestamp(Connection& c, const Segment& segment, Instant now) {
  const SegmentOptions& options = segment.options;
  if (!c.timestamps || !options.has_timestamp || c.rcv.acked < segment.seq) return;
  c.ts_recent = options.timestamp_value;
  c.ts_recent_age = now;
}

/// Second: RFC 5961 3.2, only a RST with exactly RCV.NXT resets; another one in the window is challenged.
void Tcp::second_check_rst(Connection& c, const Arrival& a) {
  if (a.segment.seq != c.rcv.nxt) {
    drops_.add(Drop::tcp_challenged);
    return challenge(c, a.now);
  }
  // In CLOSING and LAST-ACK our FIN, and maybe data before it, is not acknowledged: else all were over.
  end(c, c.state == State::syn_received && c.active_open ? Error::refused : Error::reset);
}

/// RFC 5961 7: at most so many challenge ACKs per connection and period; per connection, so that the count of one
/// tells nothing of another (CVE-2016-5696).
bool Tcp::may_challenge(Connection& c, Instant now) {
  if (now - c.challenge_window >= challenge_period) {
    c.challenge_window = now;
    c.challenges = 0;
  }
  if (c.challenges >= config_.challenge_acks) return false;
  ++c.challenges;
  return true;
}

void Tcp::challenge(Connection& c, Instant now) {
  if (!may_challenge(c, now)) return;
  c.ack_now = true;
  queue_output(c);
}

/// Sixth: RFC 6093: the urgent pointer names the byte behind the urgent one. Data stays in the stream.
void Tcp::sixth_check_urg(Connection& c, const Arrival& a) {
  if (!a.segment.has(Flags::urg) || c.state >= State::close_wait) return;
  const SequenceNumber up = a.segment.seq + a.segment.up;
  if (up <= c.rcv.nxt || (c.rcv.urgent && up <= c.rcv.up)) return;
  c.rcv.up = up;
  c.rcv.urgent = true;
  c.urgent_byte_valid = false;
  c.urgent_byte_taken = false;
  changed(c);
}

/// Seventh: the segment's text, trimmed to the window.
bool Tcp::seventh_process_text(Connection& c, Arrival& a) {
  Segment& segment = a.segment;
  const bool receiving =
      c.state == State::established || c.state == State::fin_wait_1 || c.state == State::fin_wait_2 ||
      c.fast_open_pending;
  if (!receiving) return false;  // the peer has closed: text and FIN are ignored
  const SequenceNumber fin = segment.seq + segment.data_length;
  if (segment.has(Flags::fin) && !c.rcv.fin_seen && fin <= c.rcv.edge) {
    c.rcv.fin = fin;
    c.rcv.fin_seen = true;
  }
  if (segment.data_length == 0) {
    if (segment.has(Flags::fin) && fin != c.rcv.nxt) {  // a FIN behind a gap is out of order like data
      c.ack_now = true;
      queue_output(c);
    }
    return true;
  }
  if (c.ecn) ecn_received(c, a);
  std::uint32_t begin = a.datagram.packet.begin() + segment.header_length;
  std::uint32_t end = a.datagram.packet.end();
  SequenceNumber seq = segment.seq;
  const SequenceNumber right = c.rcv.fin_seen ? min(c.rcv.edge, c.rcv.fin) : c.rcv.edge;
  DuplicateRange duplicate;
  if (seq < c.rcv.nxt) {  // what was received already
    const std::uint32_t old = std::min(c.rcv.nxt - seq, end - begin);
    duplicate.add(seq, seq + old);
    begin += old;
    seq += old;
  }
  if (seq + (end - begin) > right) {  // what lies behind the window (C18-07), or behind a FIN
    const std::uint32_t excess = std::min(seq + (end - begin) - right, end - begin);
    end -= excess;
  }
  if (begin == end) {  // nothing of it came before: the first step takes no such segment
    c.ack_now = true;
    queue_output(c);
    return true;
  }
  if (c.orphan) {
    // SHLD-3: data that nobody will ever read is answered by a reset (RFC 2525 2.17), whose number is what the peer expects
    // next whether it has our FIN or not (RFC 5961 3.2).
    drops_.add(Drop::tcp_after_close);
    send_reset_for(a);
    destroy(c);
    return false;
  }
  const std::uint32_t length = end - begin;
  if (length > c.receive_mss) {
    c.receive_mss = static_cast<std::uint16_t>(
        a.datagram.packet.info.segment_size != 0 ? a.datagram.packet.info.segment_size : std::min<std::uint32_t>(length, 65535u));
  }
  if (seq != c.rcv.nxt) {  // out of order: MAY queue (SHLD-31), MUST acknowledge at once (RFC 5681 4.2)
    ++c.out_of_order;
    Block block = a.datagram.packet.take_block();
    const bool large = block.capacity() > pool_.small_size();
    // It waits for a segment that needs memory, too: never the last blocks for it (C25-05).
    const bool tight = (large ? pool_.promisable_large() : pool_.promisable_small()) == 0;
    if (tight || !c.reassembly.insert(std::move(block), begin, end, seq, config_.reassembly_blocks, duplicate)) {
      drops_.add(duplicate.empty() ? Drop::tcp_memory : Drop::tcp_sequence);
    }
    note_duplicate(c, duplicate, a.now);
    c.ack_now = true;
    queue_output(c);
    return true;
  }
  const bool filled_gap = !c.reassembly.empty();
  const SequenceNumber before = c.rcv.nxt;
  if (!take_in_order(c, a.datagram.packet.take_block(), begin, end)) {
    drops_.add(Drop::tcp_memory);
    // SHLD-14 asks not to take back what was offered. But a peer that sees an open window retransmits until it gives the
    // connection up, and one that sees a closed window probes for as long as it takes (MUST-37).
    c.rcv.edge = c.rcv.nxt;
    c.ack_now = true;
    queue_output(c);
    changed(c);  // a part may have found room
    return true;
  }
  while (Block block = c.reassembly.take_front(c.rcv.nxt)) {
    BlockHeader& header = *block.header();
    const SequenceNumber start(header.sequence);
    const std::uint32_t old = std::min(c.rcv.nxt - start, header.size());
    duplicate.add(start, start + old);
    const std::uint32_t from = header.begin + old;
    const std::uint32_t to = header.end;
    take_block(c, std::move(block), from, to);  // it has had its memory all the time
  }
  time_reader(c, segment, a.now);
  // A coalesced packet stands for several segments: acknowledged at once (MUST-58 is about segments).
  note_duplicate(c, duplicate, a.now);
  const bool coalesced = a.datagram.packet.info.segment_size != 0;
  note_received(c, c.rcv.nxt - before, filled_gap || coalesced || !duplicate.empty(), a.now);
  changed(c);
  return true;
}

/// RFC 2883 4: what of an unacceptable segment lies before RCV.NXT came twice, as far as it ever came.
void Tcp::note_old_data(Connection& c, const Segment& segment, Instant now) {
  // All that has a sequence number, a FIN, too, but not the SYN.
  const std::uint64_t taken = c.bytes_in + (c.fin_received ? 1u : 0u);
  const SequenceNumber oldest = c.rcv.nxt - static_cast<std::uint32_t>(std::min<std::uint64_t>(taken, 1u << 30));
  const SequenceNumber left = max(segment.seq, oldest);
  const SequenceNumber right = min(segment.seq + segment.length(), c.rcv.nxt);
  DuplicateRange duplicate;
  if (left < right) duplicate.add(left, right);
  note_duplicate(c, duplicate, now);
}

/// RFC 2883 4 (2): the next acknowledgment reports the range, once. Ranges that several segments of one batch brought are
/// told apart by an acknowledgment each, unless they are contiguous.
void Tcp::note_duplicate(Connection& c, const DuplicateRange& range, Instant now) {
  if (range.empty() || !c.sack || !config_.duplicate_sack) return;
  DuplicateRange& pending = c.reassembly.duplicate;
  if (!pending.empty() && pending.right != range.left) send_acknowledgment(c, now);
  if (!pending.empty() && pending.right != range.left) pending = {};  // the device was busy
  pending.add(range.left, range.right);
}

/// Appends bytes at RCV.NXT to the receive queue. False when there is no memory for all of them.
bool Tcp::take_in_order(Connection& c, Block block, std::uint32_t begin, std::uint32_t end) {
  const std::uint32_t length = end - begin;
  const bool large = block.capacity() > pool_.small_size();
  const bool tight = large ? pool_.large_free() <= pool_.large_count() / 8 : !pool_.plenty();
  // What is read apart is taken out of the block: a byte of which there is one at a time.
  if (!tight || c.receive_shut || takes_out_urgent(c, length)) {
    take_block(c, std::move(block), begin, end);
    return true;
  }
  // The block is needed for the next packet: keep a copy in the queue's last block or in small ones.
  const Bytes bytes(block.data() + begin, length);
  const std::size_t copied = c.receive_queue.append(bytes);
  c.rcv.nxt += static_cast<std::uint32_t>(copied);
  c.bytes_in += copied;
  finish_urgent(c);
  if (copied == length) return true;
  // What lies behind a gap gives its block for what fills it: the peer has it still (RFC 2018 8). Else a peer whose segments
  // always come more at once than there is memory for would not get on.
  if (large || c.reassembly.empty()) return false;
  c.reassembly.drop_last();
  take_block(c, std::move(block), begin + static_cast<std::uint32_t>(copied), end);
  return true;
}

/// Bytes at RCV.NXT with the block that holds them.
void Tcp::take_block(Connection& c, Block block, std::uint32_t begin, std::uint32_t end) {
  if (!c.receive_shut) deliver(c, std::move(block), begin, end);
  c.rcv.nxt += end - begin;
  c.bytes_in += end - begin;
  finish_urgent(c);
}

void Tcp::deliver(Connection& c, Block block, std::uint32_t begin, std::uint32_t end) {
  if (!takes_out_urgent(c, end - begin)) {
    c.receive_queue.append(std::move(block), begin, end);
    return;
  }
  // RFC 6093 4 discourages it, but a user that asked for it reads the urgent byte apart.
  const std::uint32_t at = begin + (c.rcv.up - 1u - c.rcv.nxt);
  c.urgent_byte = block.data()[at];
  c.urgent_byte_valid = true;
  std::memmove(block.data() + at, block.data() + at + 1, end - at - 1);
  c.receive_queue.append(std::move(block), begin, end - 1);
}

/// The urgent mode ends when the byte before RCV.UP has come and was read.
void Tcp::finish_urgent(Connection& c) {
  if (c.rcv.urgent && c.rcv.up <= c.rcv.nxt && (c.receive_shut || !before_mark(c))) c.rcv.urgent = false;
}

/// When to acknowledge: at least every second full-sized segment, within the delay otherwise (MUST-58, SHLD-18,
/// RFC 5681 4.2), at once when a gap was filled.
void Tcp::note_received(Connection& c, std::uint32_t length, bool at_once, Instant now) {
  c.ack_bytes += length;
  c.last_data_received = now;
  if (at_once || (c.quick_acks > 0 && !c.pingpong) || c.ack_bytes >= 2u * c.receive_mss) {
    c.ack_now = true;
    queue_output(c);
  } else if (c.ack_at.is_never()) {
    c.ack_at = now + config_.delayed_ack;
    arm(c);
  }
}

/// Eighth: the FIN bit.
void Tcp::eighth_check_fin(Connection& c, Instant now) {
  if (!c.rcv.fin_seen || c.rcv.nxt != c.rcv.fin) return;
  c.fin_received = true;
  c.rcv.nxt += 1;
  c.rcv.edge = max(c.rcv.edge, c.rcv.nxt);
  changed(c);
  const bool open = c.state == State::established || c.state == State::syn_received;
  // The answer to a FIN is often the user's own; a second full segment, or a gap that it filled, was due before.
  const bool late = config_.late_fin_acknowledgment && open && c.data_segments_in > 0 && !c.ack_now;
  if (late) {
    c.pingpong = true;
    c.ack_at = std::min(c.ack_at, now + config_.delayed_ack);
    arm(c);
  } else {
    c.ack_now = true;
    queue_output(c);
  }
  switch (c.state) {
    case State::syn_received:
    case State::established:
      c.state = State::close_wait;
      break;
    case State::fin_wait_1:
      // Had our FIN been acknowledged, the fifth step would have made it FIN-WAIT-2.
      c.state = State::closing;
      break;
    default:  // FIN-WAIT-2: the seventh step let no other state get here
      enter_time_wait(c, now);
      break;
  }
}

}  // namespace linnet::tcp
