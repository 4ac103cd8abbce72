// SPDX-License-Identifier: Apache-2.0
// What the user sets: of the stack while it runs, and of a connection.
#include <algorithm>
#include <utility>

#include "core/tcp/tcp.hpp"

namespace linnet::tcp {

void Tcp::reconfigure(const Config& config) {
  const Config old = config_;
  config_ = config;
  config_.connections = old.connections;
  config_.listeners = old.listeners;
  config_.syn_records = old.syn_records;
  config_.time_wait_records = old.time_wait_records;
  config_.transmissions = old.transmissions;
  config_.recoveries = old.recoveries;
  config_.fast_open_cache = old.fast_open_cache;
  config_.receive_buffer = old.receive_buffer;
  config_.maximum_receive_buffer = old.maximum_receive_buffer;
  config_.first_window = old.first_window;
  config_.maximum_segment_lifetime = old.maximum_segment_lifetime;
}

const Options* Tcp::options(ConnectionHandle handle) const {
  const Connection* c = find(handle);
  return c == nullptr ? nullptr : &c->options;
}

void Tcp::set_options(ConnectionHandle handle, const Options& options, Instant now) {
  Connection* c = find(handle);
  if (c == nullptr) return;
  receive_budget_.change(receive_grant(*c), 0);
  c->options = settled(options);
  if (options.send_buffer != 0) c->send_buffer = options.send_buffer;
  // The window offered before stays (SHLD-14): window_field never moves the edge left.
  if (options.receive_buffer != 0) c->receive_buffer = options.receive_buffer;
  receive_budget_.change(0, receive_grant(*c));
  if (!c->synchronized()) return;
  set_segment_size(*c);
  choose_congestion_control(*c);
  const Duration idle = options.keepalive_idle > Duration() ? options.keepalive_idle : config_.keepalive_idle;
  c->keepalive_at = options.keepalive ? std::max(c->last_received + idle, now) : Instant::never();
  arm(*c);
  queue_output(*c);  // no_delay, or the end of a cork, may let a short segment go
}

void Tcp::push(ConnectionHandle handle, Instant now) {
  Connection* c = find(handle);
  if (c == nullptr || !c->open()) return;
  c->push_more = false;
  const bool cork = std::exchange(c->options.cork, false);
  const bool no_delay = std::exchange(c->options.no_delay, true);
  output(*c, now);
  c->options.cork = cork;
  c->options.no_delay = no_delay;
}

void Tcp::set_quick_ack(ConnectionHandle handle, bool on, Instant now) {
  Connection* c = find(handle);
  if (c == nullptr) return;
  c->pingpong = !on;
  const bool open = c->state == State::established || c->state == State::close_wait;
  if (!on || !open || c->ack_at.is_never()) return;
  c->ack_now = true;
  output(*c, now);
}

bool Tcp::quick_ack(ConnectionHandle handle) const {
  const Connection* c = find(handle);
  return c != nullptr && !c->pingpong;
}

void Tcp::set_tag(ConnectionHandle handle, std::uint32_t tag) {
  Connection* c = find(handle);
  if (c == nullptr) return;
  c->tag = tag;
  changed(*c);
}

void Tcp::set_tag(ListenerHandle handle, std::uint32_t tag) {
  Listener* l = listeners_.find(handle);
  if (l == nullptr) return;
  l->tag = tag;
  changed(*l);
}

}  // namespace linnet::tcp
