// SPDX-License-Identifier: Apache-2.0
#include "sockets/connect_name.hpp"

#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

class ConnectName : public SocketsTest {
 protected:
  ConnectName() : memory_(dns::Resolver::memory_needed({}) + Arena::alignment), arena_(memory_) {
    host.add(service_);
  }
  ~ConnectName() { service_.unlink(); }
  Connected connect(std::string_view name, Duration patience = Duration::seconds(30)) {
    return connect_by_name(host, resolver_, name, test_port, port.now() + patience);
  }

  std::vector<std::uint8_t> memory_;
  Arena arena_;
  dns::Resolver resolver_{host.stack(), {}, arena_};
  ServiceFor<dns::Resolver> service_{resolver_};
};

TEST_F(ConnectName, descriptor_is_as_connect_makes_it) {
  const int listening = listener();
  const Connected made = connect("localhost");
  ASSERT_GE(made.fd, 0);
  EXPECT_EQ(made.remote, loopback(test_port)) << "nobody listens at ::1";
  Endpoint peer;
  EXPECT_EQ(s.getpeername(made.fd, peer), 0);
  EXPECT_EQ(peer, loopback(test_port));
  const int server = s.accept(listening);
  EXPECT_EQ(send(made.fd, "hello"), 5);
  EXPECT_EQ(recv(server), "hello");
  EXPECT_EQ(send(server, "back"), 4);
  EXPECT_EQ(recv(made.fd), "back");
  for (const int fd : {made.fd, server, listening}) s.close(fd);
}

TEST_F(ConnectName, refusals_and_names_without_addresses_are_told) {
  const Connected refused = connect("localhost");
  EXPECT_EQ(refused.fd, -error::connection_refused);
  EXPECT_EQ(refused.name_error, dns::Error::none);
  const Connected nameless = connect("a..b");
  EXPECT_EQ(nameless.fd, -error::host_unreachable);
  EXPECT_EQ(nameless.name_error, dns::Error::bad_name);
  EXPECT_EQ(connect("www.example").name_error, dns::Error::no_server);
  EXPECT_EQ(s.used(), 0u);
}

TEST_F(ConnectName, deadline_ends_it_and_leaves_nothing) {
  resolver_.set_server(0, IpAddress::v4(127, 0, 0, 9));
  const Instant began = port.now();
  EXPECT_EQ(connect("www.example", Duration::milliseconds(500)).fd, -error::timed_out);
  EXPECT_EQ(port.now() - began, Duration::milliseconds(500));
  EXPECT_EQ(resolver_.lookups(), 0u);
  EXPECT_EQ(s.used(), 0u);
}

TEST_F(ConnectName, addresses_that_are_known) {
  const int listening = listener();
  const std::array<IpAddress, 2> addresses = {IpAddress::v4(10, 9, 9, 9), IpAddress::loopback_v4()};
  const Connected made = connect_to_any(host, resolver_, addresses, test_port);
  ASSERT_GE(made.fd, 0);
  EXPECT_EQ(made.remote.address, IpAddress::loopback_v4());
  for (const int fd : {made.fd, listening}) s.close(fd);
}

TEST_F(ConnectName, without_a_free_descriptor_the_connection_is_aborted) {
  const int listening = listener();
  std::vector<int> all;
  for (int fd = tcp(); fd >= 0; fd = tcp()) all.push_back(fd);
  EXPECT_EQ(connect("localhost").fd, -error::file_table_overflow);
  for (const int fd : all) s.close(fd);
  s.close(listening);
  EXPECT_EQ(s.adopt({}), -error::bad_descriptor);
}

}  // namespace
}  // namespace linnet::sockets::test
