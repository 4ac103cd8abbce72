// SPDX-License-Identifier: Apache-2.0
// A resolver and servers that answer about A and AAAA records of a name as a test says.
#pragma once

#include <algorithm>

#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {

inline constexpr Duration brief = Duration::milliseconds(10);

inline IpAddress six(std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes[15] = last;
  return IpAddress::v6(bytes);
}
inline IpAddress four(std::uint8_t last) { return IpAddress::v4(198, 51, 100, last); }

class DnsFamilies : public DnsResolver {
 protected:
  static ServerMessage empty(const Query& query) {
    return ServerMessage(query.id, query.name, query.record_type);
  }
  static ServerMessage answer(const Query& query) {
    return is_a(query) ? empty(query).a(query.name, four(1)) : empty(query).aaaa(query.name, six(1));
  }
  static bool is_a(const Query& query) { return query.record_type == type::a; }
  std::size_t asked(std::uint16_t record_type) const {
    return static_cast<std::size_t>(std::count_if(queries.begin(), queries.end(), [&](const Query& query) {
      return query.record_type == record_type;
    }));
  }
  /// A server that knows both families.
  void answer_all() {
    on_query = [this](const Query& query) { send(query, answer(query)); };
  }
  /// A server that is right about A, and does this about AAAA.
  template <typename Broken>
  void break_aaaa(Broken broken) {
    on_query = [this, broken](const Query& query) {
      if (is_a(query)) {
        send(query, answer(query));
      } else {
        broken(query);
      }
    };
  }
  unsigned open_sockets() {
    unsigned open = 0;
    link.stack.udp().for_each([&open](const udp::SocketView&) { ++open; });
    return open;
  }
};

}  // namespace linnet::dns::test
