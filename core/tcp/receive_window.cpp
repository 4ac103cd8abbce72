// SPDX-License-Identifier: Apache-2.0
// The window that is offered (RFC 9293 3.8.6, RFC 7323 2).
#include <algorithm>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {

/// The window of a SYN, which is unscaled. It depends on settings only, so that retransmissions and SYN cookies say the
/// same: what an empty pool could hold in segments of the smallest usual size.
std::uint16_t Tcp::first_window(const Options& options) const {
  std::uint32_t receive_buffer = options.receive_buffer != 0 ? options.receive_buffer : config_.receive_buffer;
  if (options.window_clamp != 0) receive_buffer = std::min(receive_buffer, options.window_clamp);
  const std::uint64_t memory = std::uint64_t{pool_.small_count() - std::min(pool_.small_reserve(), pool_.small_count())} * 536 +
                               std::uint64_t{pool_.large_count()} * pool_.large_size();
  return static_cast<std::uint16_t>(std::min({memory, std::uint64_t{receive_buffer}, std::uint64_t{config_.first_window}}));
}

/// What the window field can say (RFC 7323 2.2).
std::uint32_t Tcp::largest_window(const Connection& c) { return 65535u << c.rcv.scale; }

/// What the receive buffer takes and the pool can hold, a block for each segment: a window that is full of promises
/// which memory cannot keep would have the peer retransmit until it gives up, where a closed one is probed for ever.
std::uint32_t Tcp::receive_space(const Connection& c) const {
  const std::size_t held = c.receive_queue.size();
  std::uint32_t room = held >= c.receive_buffer ? 0 : c.receive_buffer - static_cast<std::uint32_t>(held);
  if (c.options.window_clamp != 0) room = std::min(room, c.options.window_clamp);
  room = std::min(room, largest_window(c));
  // What comes in is taken until only the reserve is left, but promised only beyond that: much is under way.
  const std::uint64_t memory = std::uint64_t{pool_.promisable_small()} * std::min<std::uint32_t>(c.receive_mss, pool_.small_size()) +
                               std::uint64_t{pool_.promisable_large()} * pool_.large_size();
  return memory < room ? static_cast<std::uint32_t>(memory) : room;
}

/// Room for data, told to the peer so that the right edge never moves left (SHLD-14) and moves right only by
/// worthwhile steps (MUST-39, 3.8.6.2.2).
std::uint16_t Tcp::window_field(Connection& c) {
  const std::uint32_t space = receive_space(c);
  const SequenceNumber edge = c.rcv.nxt + space;
  const std::uint32_t step = std::min<std::uint32_t>(c.receive_buffer / 2, c.receive_mss);
  std::uint32_t window = c.rcv.edge - c.rcv.nxt;
  if (edge > c.rcv.edge && edge - c.rcv.edge >= step) window = space;
  // Rounding up keeps the scaled edge from moving left (RFC 7323 2.4).
  const std::uint32_t unit = 1u << c.rcv.scale;
  const std::uint32_t field = std::min<std::uint32_t>((window + unit - 1) >> c.rcv.scale, 65535u);
  c.rcv.edge = max(c.rcv.edge, c.rcv.nxt + (field << c.rcv.scale));
  return static_cast<std::uint16_t>(field);
}

/// The reader made enough room that the peer should hear of it before it asks.
bool Tcp::window_update_due(const Connection& c) const {
  const std::uint32_t space = receive_space(c);
  const SequenceNumber edge = c.rcv.nxt + space;
  if (edge <= c.rcv.edge) return false;
  const std::uint32_t growth = edge - c.rcv.edge;
  const std::uint32_t most = std::min(c.receive_buffer, largest_window(c));
  return growth >= std::min(most / 2, std::max<std::uint32_t>(2u * c.receive_mss, most / 4));
}

std::uint8_t Tcp::window_shift(const Options& options) const {
  // The largest window that the connection may ever offer decides: the shift cannot change once a SYN has told it.
  const std::uint32_t grown = std::max(config_.receive_buffer, config_.maximum_receive_buffer);
  const std::uint32_t receive_buffer = options.receive_buffer != 0 ? options.receive_buffer : grown;
  std::uint8_t shift = 0;
  while (shift < 14 && (receive_buffer >> shift) > 65535) ++shift;
  return shift;
}

}  // namespace linnet::tcp
