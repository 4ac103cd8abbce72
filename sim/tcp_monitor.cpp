// SPDX-License-Identifier: Apache-2.0
#include "sim/tcp_monitor.hpp"

#include <algorithm>
#include <cstdio>

namespace linnet::sim {
namespace {

/// So long after the last question for a neighbour, what was held back for it may still come, or be lost.
constexpr Duration resolution_time = Duration::seconds(5);

std::string text_of(const MonitorAddress& a) {
  std::array<char, 64> text;
  if (a[0] == 0 && a[10] == 0xff) {
    std::snprintf(text.data(), text.size(), "%u.%u.%u.%u", a[12], a[13], a[14], a[15]);
    return text.data();
  }
  std::string out;
  for (std::size_t i = 0; i < 16; i += 2) {
    std::snprintf(text.data(), text.size(), "%s%x", i == 0 ? "" : ":", unsigned{load16(a.data() + i)});
    out += text.data();
  }
  return out;
}

}  // namespace

std::size_t TcpMonitor::KeyHash::operator()(const Key& key) const {
  std::uint64_t hash = (std::uint64_t{key.own_port} << 16 | key.peer_port) * 0x9e3779b97f4a7c15u;
  for (const std::uint64_t part : {load64(key.own.data() + 8), load64(key.peer.data()), load64(key.peer.data() + 8)}) {
    hash = (hash ^ part) * 0xbf58476d1ce4e5b9u;
    hash ^= hash >> 31;
  }
  return static_cast<std::size_t>(hash);
}

bool TcpMonitor::is_own(const MonitorAddress& address) const {
  return config_.own.empty() || std::find(config_.own.begin(), config_.own.end(), address) != config_.own.end();
}

HostContext TcpMonitor::context(const TcpMonitorConnection& c, Instant now) const {
  const bool lately = !resolving_.is_never() && now - resolving_ < resolution_time;
  const bool since = !resolving_.is_never() && (c.last_sent().is_never() || resolving_ >= c.last_sent());
  const bool busy = !busy_.is_never() && (busy_ >= now || c.last_sent().is_never() || busy_ >= c.last_sent());
  return {.hidden = lately || since || busy, .turns = turns_};
}

TcpMonitorConnection& TcpMonitor::connection(const Key& key) {
  const auto found = connections_.find(key);
  if (found != connections_.end()) return *found->second;
  if (connections_.size() >= connections_kept) {
    std::erase_if(connections_, [](const auto& entry) { return entry.second->gone() && !entry.second->dirty; });
  }
  auto made = std::make_unique<TcpMonitorConnection>(config_, judge_, cells_);
  return *connections_.emplace(key, std::move(made)).first->second;
}

void TcpMonitor::sent(Bytes frame, Instant now) {
  if (violation_) return;
  const MonitoredFrame read = read_frame(frame, config_.ethernet);
  if (read.kind == FrameKind::resolution) resolving_ = now;
  const MonitoredSegment& s = read.segment;
  if (read.kind != FrameKind::tcp || !is_own(s.source)) return;
  ++segments_;
  const Key key{s.source, s.destination, s.source_port, s.destination_port};
  TcpMonitorConnection& c = connection(key);
  if (s.has(tcp_flag::syn)) judge_initial(key, s.seq, now);
  c.sent(s, now, context(c, now));
  if (config_.sent_checksums) judge_.check(TcpRule::checksum, s.checksum_right);
  if (judge_.broken()) report(key, c, now);
}

/// RFC 6528 3: without a secret of the pair of endpoints, two that begin one after the other would differ by what the clock
/// of 4 us did between them. That is judged of the first few only, or chance would have its part in a flood of SYNs.
void TcpMonitor::judge_initial(const Key& key, std::uint32_t number, Instant now) {
  constexpr Duration near = Duration::milliseconds(50);
  constexpr std::int64_t tick = 4;  // us
  constexpr std::int32_t margin = 8;  // ticks
  for (std::size_t i = 0; i < initial_count_; ++i) {
    const Initial& other = initials_[i];
    if (other.key == key) return;
    if (now - other.at > near) continue;
    const auto ticks = static_cast<std::uint32_t>((now - other.at).as_microseconds() / tick);
    const auto apart = static_cast<std::int32_t>(number - other.number - ticks);
    judge_.check(TcpRule::initial_sequence, apart < -margin || apart > margin, number, other.number);
  }
  if (initial_count_ < initials_.size()) initials_[initial_count_++] = {.key = key, .number = number, .at = now};
}

void TcpMonitor::received(Bytes frame, Instant now) {
  if (violation_) return;
  const MonitoredFrame read = read_frame(frame, config_.ethernet);
  if (read.kind == FrameKind::icmp) {
    for (auto& entry : connections_) entry.second->disturbed();
  }
  const MonitoredSegment& s = read.segment;
  if (read.kind != FrameKind::tcp || !is_own(s.destination) || !s.checksum_right) return;
  ++segments_;
  const Key key{s.destination, s.source, s.destination_port, s.source_port};
  TcpMonitorConnection& c = connection(key);
  c.received(s, now, context(c, now));
  if (!c.dirty) dirty_.emplace_back(key, &c);
  c.dirty = true;
  if (judge_.broken()) report(key, c, now);
}

void TcpMonitor::turn(Instant now) {
  turns_ = true;
  for (const auto& [key, c] : dirty_) {
    if (violation_) break;
    c->turn(context(*c, now));
    if (judge_.broken()) report(key, *c, now);
    c->dirty = false;
  }
  dirty_.clear();
}

void TcpMonitor::report(const Key& key, const TcpMonitorConnection& c, Instant now) {
  const TcpRule rule = judge_.rule();
  std::array<char, 256> line;
  std::snprintf(line.data(), line.size(), " (%lld, %lld)\nat %.6f, connection ", static_cast<long long>(judge_.value()),
                static_cast<long long>(judge_.limit()), static_cast<double>(now.as_microseconds()) / 1e6);
  violation_ = TcpViolation{.rule = std::string(rule_id(rule)),
                            .text = std::string(rule_text(rule)) + line.data() + text_of(key.own) + " port " +
                                    std::to_string(key.own_port) + " -> " + text_of(key.peer) + " port " +
                                    std::to_string(key.peer_port) + "\n" + c.text()};
}

}  // namespace linnet::sim
