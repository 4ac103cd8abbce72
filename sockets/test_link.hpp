// SPDX-License-Identifier: Apache-2.0
// A host with a point-to-point link beside loopback, whose other side is the test.
#pragma once

#include "core/device/test_frames.hpp"
#include "sockets/test_host.hpp"

namespace linnet::sockets::test {

inline constexpr std::uint8_t link_interface = 1;
inline constexpr IpAddress link_address = IpAddress::v4(192, 0, 2, 2);
inline constexpr IpAddress link_peer = IpAddress::v4(192, 0, 2, 9);

struct OwnsLink {
  linnet::test::TestDevice link{{.link = LinkType::ip}};
};

/// The device outlives the host.
class LinkTest : protected OwnsLink, public SocketsTest {
 protected:
  explicit LinkTest(const Config& config = {}, const linnet::Config& stack = linnet::Config::device())
      : SocketsTest(config, stack) {
    EXPECT_EQ(host.stack().add_interface(link), link_interface);
    EXPECT_TRUE(host.stack().ip().add_address(link_interface, {link_address, 24}, false, now()));
    settle();
  }
  /// Lets pass what the stack itself sends at first, and forgets it.
  void settle() {
    for (int round = 0; round < 10; ++round) {
      port.set_time(now() + Duration::seconds(1));
      host.poll_once();
    }
    link.sent.clear();
  }
  /// The last IPv4 packet that went out; empty when none did.
  linnet::test::Octets last() const { return link.sent.empty() ? linnet::test::Octets() : link.sent.back(); }
};

}  // namespace linnet::sockets::test
