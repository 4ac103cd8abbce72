// SPDX-License-Identifier: Apache-2.0
#include "services/autoip/client.hpp"

#include "core/base/siphash.hpp"

namespace linnet::autoip {
namespace {

// RFC 3927 2.1: 169.254.1.0 to 169.254.254.255.
constexpr std::uint32_t first_address = 0xa9fe0100;
constexpr std::uint32_t address_count = 254 * 256;
constexpr std::uint8_t prefix_length = 16;

}  // namespace

std::string_view state_text(State state) {
  constexpr std::array<std::string_view, 3> texts = {"stopped", "probing", "bound"};
  return texts[static_cast<std::size_t>(state)];
}

/// RFC 3927 2.1: of the MAC address, so that a host comes back to its own, and two hosts seldom meet.
void Client::choose() {
  TableHasher hasher(SipKey{});  // no secret: whoever sees the address knows it
  hasher.word(choices_++);
  const std::uint64_t hash = hasher.finish(stack_.ethernet().link(interface_).mac.bytes);
  address_ = IpAddress::v4(first_address + static_cast<std::uint32_t>(hash % address_count));
}

bool Client::start(Instant now) {
  if (state_ != State::stopped) return true;
  if (address_.is_unspecified()) choose();
  link_was_up_ = link_up();
  return probe(now);
}

bool Client::probe(Instant now) {
  const bool begun = stack_.ip().add_address(interface_, {address_, prefix_length}, true, now);
  state_ = begun ? State::probing : State::stopped;
  return begun;
}

void Client::stop() {
  if (state_ == State::stopped) return;
  stack_.ip().remove_address(interface_, address_);
  state_ = State::stopped;
}

Instant Client::poll(Instant now) {
  if (state_ == State::stopped) return Instant::never();
  const bool up = link_up();
  // RFC 3927 2.2: a link that is up again may be another one.
  if (std::exchange(link_was_up_, up) != up && up && !probe(now)) return Instant::never();
  switch (stack_.ip().address_state(interface_, address_)) {
    case ethernet::AddressState::usable:
      state_ = State::bound;
      break;
    case ethernet::AddressState::probing:
      state_ = State::probing;
      break;
    case ethernet::AddressState::absent:
    case ethernet::AddressState::conflict:  // RFC 3927 2.2.1, 2.5: another one
      ++conflicts_;
      stop();
      choose();
      if (!probe(now)) return Instant::never();
  }
  return state_ == State::probing && up ? now + check_interval : Instant::never();
}

void Client::digest(Digest& digest) const {
  digest.add(static_cast<std::uint64_t>(state_));
  digest.add(address_.bytes());
}

}  // namespace linnet::autoip
