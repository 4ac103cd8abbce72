// SPDX-License-Identifier: Apache-2.0
// Groups by socket options: struct ip_mreq, ip_mreqn, ipv6_mreq (RFC 3493 5.2), IP_MULTICAST_IF.
#include "sockets/test_link.hpp"

namespace linnet::sockets::test {
namespace {

constexpr IpAddress group = IpAddress::v4(239, 1, 2, 3);
constexpr IpAddress nowhere = IpAddress::v4(203, 0, 113, 1);
constexpr int no_device = -error::no_such_device;
constexpr int not_available = -error::address_not_available;
constexpr int in_use = -error::address_in_use;

/// Addresses and an index as they stand in the structures, as much of them as there is.
std::vector<std::uint8_t> structure(std::initializer_list<IpAddress> addresses,
                                    std::optional<std::uint32_t> index = {}) {
  std::vector<std::uint8_t> bytes;
  for (const IpAddress& address : addresses) {
    const auto part = address.v4_bytes();
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  if (index) {
    const auto* of_index = reinterpret_cast<const std::uint8_t*>(&*index);
    bytes.insert(bytes.end(), of_index, of_index + sizeof *index);
  }
  return bytes;
}

class MembershipTest : public LinkTest {
 protected:
  int set(int fd, int name, const std::vector<std::uint8_t>& value) {
    return s.setsockopt(fd, ipproto::ip, name, value.data(), value.size());
  }
  int join(int fd, const std::vector<std::uint8_t>& value) {
    return set(fd, ip_option::add_membership, value);
  }
  int leave(int fd, const std::vector<std::uint8_t>& value) {
    return set(fd, ip_option::drop_membership, value);
  }
  int send_by(int fd, const std::vector<std::uint8_t>& value) {
    return set(fd, ip_option::multicast_if, value);
  }
  /// IP_MULTICAST_IF as it is read.
  IpAddress sends_by(int fd) {
    std::array<std::uint8_t, 4> bytes{};
    std::size_t length = bytes.size();
    EXPECT_EQ(s.getsockopt(fd, ipproto::ip, ip_option::multicast_if, bytes.data(), &length), 0);
    EXPECT_EQ(length, 4u);
    return IpAddress::v4(bytes);
  }
};

TEST_F(MembershipTest, ip_mreq_names_the_interface_by_its_address) {
  const int fd = udp();
  const auto by_link = structure({group, link_address});
  const auto by_loopback = structure({group, IpAddress::loopback_v4()});
  EXPECT_EQ(join(fd, by_link), 0);
  EXPECT_EQ(join(fd, by_link), in_use);
  EXPECT_EQ(leave(fd, by_loopback), not_available) << "joined on the other interface";
  EXPECT_EQ(join(fd, by_loopback), 0);
  EXPECT_EQ(leave(fd, by_link), 0);
  EXPECT_EQ(leave(fd, by_link), not_available);
  EXPECT_EQ(leave(fd, by_loopback), 0);
  EXPECT_EQ(join(fd, structure({group, nowhere})), no_device) << "no address of ours";
  s.close(fd);
}

TEST_F(MembershipTest, ip_mreqn_names_the_interface_by_its_index) {
  const int fd = udp();
  EXPECT_EQ(join(fd, structure({group, IpAddress::any_v4()}, link_interface + 1)), 0);
  EXPECT_EQ(leave(fd, structure({group, link_address})), 0) << "it was that";
  EXPECT_EQ(join(fd, structure({group, link_address}, 1)), 0) << "the index counts, not the address";
  EXPECT_EQ(leave(fd, structure({group, IpAddress::loopback_v4()})), 0);
  EXPECT_EQ(join(fd, structure({group, link_address}, 0)), 0) << "0: none, so the address does";
  EXPECT_EQ(leave(fd, structure({group, link_address})), 0);
  EXPECT_EQ(join(fd, structure({group, link_address}, 3)), no_device);
  EXPECT_EQ(join(fd, structure({group, link_address}, 257)), no_device) << "not 1";
  s.close(fd);
}

TEST_F(MembershipTest, too_short_no_group_or_no_datagram_socket) {
  const int fd = udp();
  auto request = structure({group, link_address});
  request.pop_back();
  EXPECT_EQ(join(fd, request), -error::invalid);
  EXPECT_EQ(join(fd, structure({nowhere, link_address})), -error::invalid);
  const int stream = tcp();
  EXPECT_EQ(join(stream, structure({group, link_address})), -error::no_such_option);
  EXPECT_EQ(s.change_group(fd, GroupChange::join, IpAddress::v6(std::array<std::uint8_t, 16>{0xff, 0x15}),
                           link_interface),
            -error::invalid)
      << "a socket of AF_INET has no groups of IPv6";
  for (const int each : {fd, stream}) s.close(each);
}

TEST_F(MembershipTest, without_an_interface_it_is_where_the_socket_sends_or_where_groups_are) {
  const int fd = udp();
  const auto anywhere = structure({group, IpAddress::any_v4()});
  EXPECT_EQ(join(fd, anywhere), 0);
  EXPECT_EQ(leave(fd, structure({group, link_address})), 0) << "not at loopback";
  EXPECT_EQ(send_by(fd, structure({IpAddress::loopback_v4()})), 0);
  EXPECT_EQ(join(fd, anywhere), 0);
  EXPECT_EQ(leave(fd, structure({group, IpAddress::loopback_v4()})), 0) << "where the socket sends";
  s.close(fd);
}

using WithoutLinks = SocketsTest;

TEST_F(WithoutLinks, a_group_has_no_interface_of_itself) {
  const int fd = udp();
  EXPECT_EQ(s.change_group(fd, GroupChange::join, group), no_device);
  s.close(fd);
}

TEST_F(MembershipTest, RFC3493_5_2_ipv6_mreq_has_an_index_or_0) {
  const int fd = s.socket(af::inet6, sock::dgram);
  std::array<std::uint8_t, 16> bytes{0xff, 0x15};
  bytes[15] = 7;
  const auto set = [&](int name, std::uint32_t index) {
    std::array<std::uint8_t, 20> request{};
    std::copy(bytes.begin(), bytes.end(), request.begin());
    std::memcpy(request.data() + 16, &index, sizeof index);
    return s.setsockopt(fd, ipproto::ipv6, name, request.data(), request.size());
  };
  EXPECT_EQ(set(ipv6_option::join_group, 1), 0);
  EXPECT_EQ(set(ipv6_option::join_group, 1), in_use);
  EXPECT_EQ(set(ipv6_option::join_group, 3), no_device);
  EXPECT_EQ(set(ipv6_option::join_group, 257), no_device) << "not 1";
  EXPECT_EQ(s.set_option(fd, ipproto::ipv6, ipv6_option::multicast_if, 1), 0);
  EXPECT_EQ(set(ipv6_option::leave_group, 0), 0) << "where the socket sends";
  EXPECT_EQ(set(ipv6_option::leave_group, 1), not_available);
  s.close(fd);
}

TEST_F(MembershipTest, what_succeeds_leaves_the_last_error_to_SO_ERROR) {
  const int fd = udp();
  EXPECT_EQ(s.change_group(fd, GroupChange::join, nowhere, link_interface), -error::invalid);
  EXPECT_EQ(s.change_group(fd, GroupChange::join, group, link_interface), 0);
  EXPECT_EQ(s.option(fd, sol::socket, so::error), error::invalid);
  s.close(fd);
}

TEST_F(MembershipTest, RFC3678_each_change_of_the_sources) {
  const int fd = udp();
  constexpr IpAddress source = IpAddress::v4(192, 0, 2, 77);
  const auto change = [&](GroupChange what) {
    return s.change_group(fd, what, group, link_interface, source);
  };
  EXPECT_EQ(change(GroupChange::leave_source), not_available);
  EXPECT_EQ(change(GroupChange::join_source), 0) << "4.1.3: makes a member";
  EXPECT_EQ(change(GroupChange::join_source), not_available) << "listed already";
  EXPECT_EQ(change(GroupChange::block_source), -error::invalid) << "not in that mode";
  EXPECT_EQ(change(GroupChange::leave_source), 0) << "the last source: the group is left";
  EXPECT_EQ(change(GroupChange::leave), not_available);
  EXPECT_EQ(change(GroupChange::join), 0);
  EXPECT_EQ(change(GroupChange::unblock_source), not_available);
  EXPECT_EQ(change(GroupChange::block_source), 0);
  EXPECT_EQ(change(GroupChange::unblock_source), 0);
  EXPECT_EQ(change(GroupChange::leave), 0);
  s.close(fd);
}

TEST_F(MembershipTest, IP_MULTICAST_IF_takes_an_address_or_an_index) {
  const int fd = udp();
  EXPECT_EQ(sends_by(fd), IpAddress::any_v4());
  EXPECT_EQ(send_by(fd, structure({link_address})), 0);
  EXPECT_EQ(sends_by(fd), link_address);
  EXPECT_EQ(send_by(fd, structure({nowhere})), not_available);
  EXPECT_EQ(sends_by(fd), link_address) << "as it was";
  EXPECT_EQ(send_by(fd, structure({IpAddress::loopback_v4()})), 0);
  EXPECT_EQ(sends_by(fd), IpAddress::loopback_v4());
  EXPECT_EQ(send_by(fd, structure({group, link_address})), not_available)
      << "ip_mreq is none: its first word counts";
  EXPECT_EQ(send_by(fd, structure({group, link_address}, 0)), 0) << "of ip_mreqn the second";
  EXPECT_EQ(sends_by(fd), link_address);
  EXPECT_EQ(send_by(fd, structure({group, link_address}, 1)), 0) << "or the index";
  EXPECT_EQ(sends_by(fd), IpAddress::loopback_v4());
  EXPECT_EQ(send_by(fd, structure({group, IpAddress::any_v4()}, 2)), 0);
  EXPECT_EQ(sends_by(fd), link_address);
  EXPECT_EQ(send_by(fd, structure({group, link_address}, 3)), not_available);
  EXPECT_EQ(send_by(fd, structure({IpAddress::any_v4()})), 0);
  EXPECT_EQ(sends_by(fd), IpAddress::any_v4());
  EXPECT_EQ(send_by(fd, {192, 0, 2}), -error::invalid);
  const int stream = tcp();
  EXPECT_EQ(send_by(stream, structure({link_address})), -error::no_such_option);
  for (const int each : {fd, stream}) s.close(each);
}

TEST_F(MembershipTest, RFC3493_5_2_IPV6_MULTICAST_IF_is_an_index) {
  const int fd = s.socket(af::inet6, sock::dgram);
  for (const int index : {1, 2, 0}) {
    EXPECT_EQ(s.set_option(fd, ipproto::ipv6, ipv6_option::multicast_if, index), 0) << index;
    EXPECT_EQ(s.option(fd, ipproto::ipv6, ipv6_option::multicast_if), index);
  }
  EXPECT_EQ(s.set_option(fd, ipproto::ipv6, ipv6_option::multicast_if, 3), no_device);
  s.close(fd);
}

TEST_F(MembershipTest, datagrams_to_a_group_leave_by_the_chosen_interface) {
  const int fd = udp();
  const Endpoint to{group, 5000};
  ASSERT_EQ(send_by(fd, structure({link_address})), 0);
  ASSERT_EQ(s.set_option(fd, ipproto::ip, ip_option::multicast_ttl, 5), 0);
  EXPECT_EQ(s.sendto(fd, bytes_of("x"), 0, &to), 1);
  ASSERT_EQ(last().size(), 29u);
  EXPECT_EQ(last()[8], 5) << "IP_MULTICAST_TTL";
  EXPECT_EQ(IpAddress::v4(load32(&last()[12])), link_address);
  link.sent.clear();
  ASSERT_EQ(send_by(fd, structure({IpAddress::loopback_v4()})), 0);
  EXPECT_EQ(s.sendto(fd, bytes_of("x"), 0, &to), 1);
  EXPECT_TRUE(last().empty());
  s.close(fd);
}

TEST_F(MembershipTest, closing_leaves_all_groups) {
  const int fd = udp();
  ASSERT_EQ(join(fd, structure({group, link_address})), 0);
  settle();
  s.close(fd);
  host.poll_once();
  EXPECT_FALSE(link.sent.empty()) << "a report that the group is left";
  const int next = udp();
  EXPECT_EQ(next, fd);
  EXPECT_EQ(leave(next, structure({group, link_address})), not_available);
  s.close(next);
}

}  // namespace
}  // namespace linnet::sockets::test
