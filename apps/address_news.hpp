// SPDX-License-Identifier: Apache-2.0
// AddressNews: says which addresses a device gets and loses while it runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/stack.hpp"
#include "sockets/service.hpp"

namespace linnet::apps {

class AddressNews final : public sockets::Service {
 public:
  AddressNews(Stack& stack, std::uint8_t interface) : stack_(&stack), interface_(interface) {}
  Instant poll(Instant now) override;

 private:
  void follow_v4();

  Stack* stack_;
  std::uint8_t interface_;
  std::uint32_t version_ = 0;
  std::vector<std::string> known_;
  std::optional<std::uint32_t> version_v4_;
  std::vector<std::string> known_v4_;
};

/// Where an address comes from, and what may be done with it, in words.
std::string_view origin_text(ip::AddressOrigin origin);
std::string_view state_text(ip::Ipv6AddressState state);

}  // namespace linnet::apps
