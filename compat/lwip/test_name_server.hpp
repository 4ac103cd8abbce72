// SPDX-License-Identifier: Apache-2.0
// A name server on a stack of the test, at one of its addresses: it says what a function says.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "core/stack.hpp"
#include "services/dns/name.hpp"
#include "services/dns/test_message.hpp"
#include "sockets/service.hpp"

namespace linnet::compat::test {

struct AskedServer {
  std::uint16_t id = 0;
  std::string name;  ///< in small letters, without the last dot
  std::uint16_t record_type = 0;
};

class NameServer final : public sockets::Service {
 public:
  /// What is answered; nothing where it is empty.
  using Say = std::function<dns::test::Buffer(const AskedServer&)>;

  NameServer(Stack& stack, const IpAddress& address, Say say) : stack_(stack), say_(std::move(say)) {
    socket_ = *stack_.udp().open();
    EXPECT_TRUE(stack_.udp().bind(socket_, {address, 53}, false));
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  ~NameServer() {
    unlink();
    stack_.udp().close(socket_);
  }

  Instant poll(Instant now) override {
    std::array<std::uint8_t, 512> bytes;
    while (const auto received = stack_.udp().receive(socket_, bytes, false)) {
      const AskedServer asked = read(Bytes(bytes).first(received->size));
      queries.push_back(asked);
      const dns::test::Buffer message = say_(asked);
      const Bytes payload = message;
      if (!message.empty()) {
        EXPECT_TRUE(stack_.udp().send(socket_, {&payload, 1}, &received->source, {}, now));
      }
    }
    return Instant::never();
  }

  std::vector<AskedServer> queries;

 private:
  static AskedServer read(Bytes query) {
    AskedServer asked{.id = load16(query.data()), .name = {}};
    std::size_t at = 12;
    for (; query[at] != 0; at += 1u + query[at]) {
      if (!asked.name.empty()) asked.name += '.';
      asked.name.append(reinterpret_cast<const char*>(query.data()) + at + 1, query[at]);
    }
    std::ranges::transform(asked.name, asked.name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    asked.record_type = load16(query.data() + at + 1);
    return asked;
  }

  Stack& stack_;
  Say say_;
  udp::SocketHandle socket_;
};

/// The answer with no record yet, to the question that was asked.
inline dns::test::ServerMessage reply_to(const AskedServer& asked) {
  return dns::test::ServerMessage(asked.id, asked.name, asked.record_type);
}

}  // namespace linnet::compat::test
