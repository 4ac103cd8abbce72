// SPDX-License-Identifier: Apache-2.0
// A host of its own for each test, attached, on one thread and in virtual time; it talks to itself over
// loopback.
#pragma once

#include <lwip/netdb.h>

#include <cstring>

#include "compat/lwip/host.hpp"
#include "services/dns/resolver.hpp"
#include "sockets/test_host.hpp"

namespace linnet::compat::test {

constexpr std::uint16_t port = 4711;
constexpr int first_descriptor = 1000;

inline sockets::Config compat_config(std::uint16_t sockets) {
  return {.max_sockets = sockets, .first_descriptor = first_descriptor};
}

class CompatTest : public ::testing::Test {
 protected:
  explicit CompatTest(std::uint16_t sockets = 10, bool reuse_address = true)
      : host_(compat_config(sockets)),
        memory_(dns::Resolver::memory_needed(dns_config) + Arena::alignment),
        arena_(memory_),
        resolver_(host_.host.stack(), dns_config, arena_) {
    attach(host_.host, &resolver_, {.first_descriptor = first_descriptor, .reuse_address = reuse_address});
  }
  ~CompatTest() override { detach(); }

  static sockaddr_in loopback(std::uint16_t number = port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(number);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
  }
  static int bound(int type) {
    const int fd = socket(AF_INET, type, 0);
    const sockaddr_in address = loopback();
    EXPECT_EQ(bind(fd, generic(address), sizeof address), 0) << lwip_strerror(errno);
    return fd;
  }
  static int listener(int backlog = 4) {
    const int fd = bound(SOCK_STREAM);
    EXPECT_EQ(listen(fd, backlog), 0);
    return fd;
  }
  static int connected() {
    const int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    const sockaddr_in address = loopback();
    EXPECT_EQ(connect(fd, generic(address), sizeof address), 0) << lwip_strerror(errno);
    return fd;
  }

  static constexpr dns::Config dns_config{};
  sockets::test::HostFixture host_;
  std::vector<std::uint8_t> memory_;
  Arena arena_;
  dns::Resolver resolver_;
};

}  // namespace linnet::compat::test
