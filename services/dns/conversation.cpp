// SPDX-License-Identifier: Apache-2.0
#include "services/dns/conversation.hpp"

#include <algorithm>

namespace linnet::dns {

void Conversation::set_stream(SecureStream* stream, Instant now) {
  close(now);
  stream_ = stream;
  avoid_until = Instant();
}

void Conversation::want(const IpAddress& server, Instant now) {
  idle_at = Instant::never();
  if (state_ == StreamState::opening || state_ == StreamState::open) return;
  since_ = now;
  fresh_ = true;
  state_ = StreamState::opening;
  stream_->open(server, now);
}

StreamState Conversation::poll(Instant now) {
  if (state_ != StreamState::opening && state_ != StreamState::open) return state_;
  fresh_ = false;
  const StreamState before = state_;
  state_ = stream_->poll(now);
  if (before == StreamState::opening && state_ == StreamState::open) {
    heard_at_ = now;
    avoid_until = Instant();
  }
  flush(now);
  return state_;
}

void Conversation::close(Instant now) {
  if (stream_ != nullptr && state_ != StreamState::closed) stream_->close(now);
  state_ = StreamState::closed;
  idle_at = Instant::never();
  out_left_ = {};
  have_ = 0;
}

void Conversation::send(std::size_t size, Instant now) {
  store16(out_.data(), static_cast<std::uint16_t>(size));
  out_left_ = Bytes(out_).first(length_size + size);  // RFC 7858 3.3: both at once
  flush(now);
}

void Conversation::flush(Instant now) {
  while (state_ == StreamState::open && !out_left_.empty()) {
    const std::size_t taken = stream_->send(out_left_, now);
    if (taken == 0) return;
    out_left_ = out_left_.subspan(std::min(taken, out_left_.size()));
  }
}

std::optional<Conversation::Incoming> Conversation::receive(Instant now) {
  if (state_ != StreamState::open) return std::nullopt;
  if (complete()) have_ = 0;  // it was given out
  while (!complete()) {
    const std::size_t came = stream_->receive(next_bytes(), now);
    if (came == 0) return std::nullopt;
    have_ += came;
  }
  heard_at_ = now;
  const std::size_t size = load16(length_.data());
  return Incoming{Bytes(in_).first(std::min(size, in_.size())), size > in_.size()};
}

bool Conversation::complete() const {
  return have_ >= length_size && have_ - length_size >= load16(length_.data());
}

/// Where the bytes go that come next: first the length, then the message, then what has no room.
MutableBytes Conversation::next_bytes() {
  if (have_ < length_size) return MutableBytes(length_).subspan(have_);
  const std::size_t size = load16(length_.data());
  const std::size_t got = have_ - length_size;
  if (got < std::min(size, in_.size())) return in_.subspan(got, std::min(size, in_.size()) - got);
  return MutableBytes(rest_).first(std::min(rest_.size(), size - got));
}

}  // namespace linnet::dns
