// SPDX-License-Identifier: Apache-2.0
// Secure streams (RFC 7858) under an input's control: what the servers say, in what pieces, and when they
// end.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "fuzz/input.hpp"
#include "services/dns/resolver.hpp"

namespace linnet::fuzz {

class DnsStream final : public dns::SecureStream {
 public:
  void open(const IpAddress&, Instant) override {
    state = as_opened;
    in_.clear();
    closed_ = false;
  }
  dns::StreamState poll(Instant) override {
    require(!closed_, "nobody polls a stream that is closed");
    return state;
  }
  std::size_t send(Bytes bytes, Instant) override {
    require(!closed_ && state == dns::StreamState::open, "only what is open is sent to");
    require(!bytes.empty(), "something is sent");
    const std::size_t taken = std::min<std::size_t>(bytes.size(), takes);
    for (const std::uint8_t byte : bytes.first(taken)) {
      if (sent_ < question_.size()) question_[sent_] = byte;
      ++sent_;
      if (sent_ < 2 || sent_ < 2u + load16(question_.data())) continue;
      const std::size_t size = load16(question_.data());
      require(size + 2 <= question_.size() && size >= 12 + 1 + 4, "a question of a size that has room");
      require(load16(question_.data() + 12) == 0 || size % dns::padding_block == 0,
              "padded where there is EDNS");
      sent_ = 0;
      if (asked != nullptr) asked(context, *this, Bytes(question_).subspan(2, size));
    }
    return taken;
  }
  std::size_t receive(MutableBytes to, Instant) override {
    require(!closed_ && !to.empty(), "there is room for what is read");
    const std::size_t size = std::min({to.size(), in_.size(), std::size_t{gives}});
    std::copy_n(in_.begin(), size, to.begin());
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }
  void close(Instant) override {
    closed_ = true;
    sent_ = 0;
    in_.clear();
  }
  std::uint16_t port() const override { return 853; }
  std::string_view words() const override { return {}; }

  void say(Bytes bytes) {
    if (!closed_ && in_.size() < 4096) in_.insert(in_.end(), bytes.begin(), bytes.end());
  }
  bool waits() const { return !closed_ && state == dns::StreamState::open && !in_.empty(); }

  dns::StreamState state = dns::StreamState::closed;
  dns::StreamState as_opened = dns::StreamState::open;
  std::uint8_t takes = 255;  ///< bytes at once, at least 1
  std::uint8_t gives = 255;
  void (*asked)(void* context, DnsStream& stream, Bytes question) = nullptr;
  void* context = nullptr;

 private:
  std::vector<std::uint8_t> in_;
  std::array<std::uint8_t, 2 + dns::maximum_padded_query> question_{};
  std::size_t sent_ = 0;
  bool closed_ = true;
};

}  // namespace linnet::fuzz
