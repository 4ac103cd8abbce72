// SPDX-License-Identifier: Apache-2.0
// Sockets with a type that close themselves: what each call yields, and what happens to the descriptor.
#include "sockets/typed_sockets.hpp"

#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

const Endpoint here{IpAddress::loopback_v4(), 4711};

Bytes typed_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(const std::uint8_t* data, std::ptrdiff_t size) {
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

class TypedSockets : public ::testing::Test {
 protected:
  Sockets& s() { return host.host.sockets(); }
  HostFixture host{Config{.max_sockets = 4}};
};

TEST_F(TypedSockets, a_server_and_a_client_read_like_the_text) {
  TcpListener listener(s());
  ASSERT_EQ(listener.listen(here, 2), 0);
  TcpSocket client(s());
  ASSERT_TRUE(client.ok());
  EXPECT_EQ(client.error(), 0);
  EXPECT_EQ(client.set_no_delay(true), 0);
  EXPECT_EQ(client.option(ipproto::tcp, tcp_option::no_delay), 1);
  ASSERT_EQ(client.connect(here), 0);
  Endpoint peer;
  TcpSocket server = listener.accept(&peer);
  ASSERT_TRUE(server.ok());
  EXPECT_EQ(peer, client.local());
  EXPECT_EQ(client.remote(), here);
  EXPECT_EQ(server.remote(), client.local());
  EXPECT_EQ(client.send(typed_bytes("question")), 8);
  std::uint8_t got[16];
  ASSERT_EQ(server.receive(got), 8);
  EXPECT_EQ(text_of(got, 8), "question");
  EXPECT_EQ(server.send(typed_bytes("answer")), 6);
  EXPECT_EQ(server.shutdown(shut::write), 0);
  ASSERT_EQ(client.receive(got, msg::peek), 6);
  ASSERT_EQ(client.receive(got), 6);
  EXPECT_EQ(text_of(got, 6), "answer");
  EXPECT_EQ(client.receive(got), 0) << "the end";
}

TEST_F(TypedSockets, the_end_of_the_scope_closes) {
  for (int round = 0; round < 10; ++round) {
    TcpListener listener(s());
    ASSERT_EQ(listener.listen(here, 1), 0)
        << "with four descriptors, none of which stays; the name may be in TIME-WAIT";
    TcpSocket client(s());
    ASSERT_EQ(client.connect(here), 0);
    const TcpSocket server = listener.accept();
    ASSERT_TRUE(server.ok());
  }
  EXPECT_EQ(s().socket(af::inet, sock::dgram), 0) << "all are free";
}

TEST_F(TypedSockets, one_that_could_not_be_made_says_why_and_refuses_everything) {
  const UdpSocket taken[4] = {UdpSocket(s()), UdpSocket(s()), UdpSocket(s()), UdpSocket(s())};
  EXPECT_TRUE(taken[3].ok());
  UdpSocket fifth(s());
  EXPECT_FALSE(fifth.ok());
  EXPECT_EQ(fifth.error(), error::file_table_overflow);
  EXPECT_EQ(fifth.bind(here), -error::bad_descriptor);
  std::uint8_t got[1];
  EXPECT_EQ(fifth.receive(got), -error::bad_descriptor);
  EXPECT_EQ(fifth.send(typed_bytes("x")), -error::bad_descriptor);
  EXPECT_EQ(fifth.close(), -error::bad_descriptor);
  EXPECT_EQ(fifth.local().port, 0);
}

TEST_F(TypedSockets, datagrams_with_and_without_a_peer) {
  UdpSocket receiver(s());
  ASSERT_EQ(receiver.bind(here), 0);
  UdpSocket sender(s());
  EXPECT_EQ(sender.send(typed_bytes("x")), -error::destination_required);
  EXPECT_EQ(sender.send_to(typed_bytes("to somebody"), here), 11);
  std::uint8_t got[16];
  Endpoint from;
  ASSERT_EQ(receiver.receive_from(got, &from), 11);
  EXPECT_EQ(from, (Endpoint{IpAddress::loopback_v4(), sender.local().port}));
  EXPECT_EQ(sender.connect(here), 0);
  EXPECT_EQ(sender.send(typed_bytes("to the peer")), 11);
  ASSERT_EQ(receiver.receive(got), 11);
  EXPECT_EQ(text_of(got, 11), "to the peer");
  EXPECT_EQ(receiver.set_receive_timeout(Duration::milliseconds(50)), 0);
  EXPECT_EQ(receiver.receive(got), -error::try_again) << "nobody sent anything in time";
  EXPECT_EQ(receiver.set_non_blocking(true), 0);
  EXPECT_EQ(receiver.receive_from(got), -error::try_again);
}

TEST_F(TypedSockets, moving_hands_the_descriptor_over_and_closes_what_was_there) {
  TcpSocket first(s());
  const int fd = first.fd();
  TcpSocket second(std::move(first));
  EXPECT_FALSE(first.ok());
  EXPECT_EQ(first.error(), error::bad_descriptor);
  EXPECT_EQ(second.fd(), fd);
  TcpSocket third(s());
  const int closed = third.fd();
  third = std::move(second);
  EXPECT_EQ(third.fd(), fd);
  EXPECT_EQ(s().close(closed), -error::bad_descriptor) << "it was closed";
  const int given = third.release();
  EXPECT_FALSE(third.ok());
  EXPECT_EQ(s().close(given), 0) << "the caller's now";
  EXPECT_EQ(third.close(), -error::bad_descriptor);
}

TEST_F(TypedSockets, a_linger_of_zero_resets_and_a_refused_connection_says_so) {
  TcpSocket nobody(s());
  EXPECT_EQ(nobody.connect(here), -error::connection_refused);
  TcpListener listener(s());
  ASSERT_EQ(listener.listen(here, 1), 0);
  TcpSocket client(s());
  ASSERT_EQ(client.connect(here), 0);
  nobody.close();
  TcpSocket server = listener.accept();
  EXPECT_EQ(client.set_linger(Duration()), 0);
  EXPECT_EQ(client.set_send_timeout(Duration::seconds(1)), 0);
  EXPECT_EQ(client.close(), 0);
  std::uint8_t got[1];
  EXPECT_EQ(server.receive(got), -error::connection_reset);
}

TEST_F(TypedSockets, groups_are_joined_and_left) {
  UdpSocket socket(s());
  const IpAddress group = IpAddress::v4(239, 1, 2, 3);
  const auto wants = [&] {
    return host.host.stack().ip().groups().wants(Stack::loopback_interface, group, IpAddress::loopback_v4());
  };
  EXPECT_EQ(socket.change_group(GroupChange::join, group, Stack::loopback_interface), 0);
  EXPECT_TRUE(wants());
  EXPECT_EQ(socket.change_group(GroupChange::leave, group, Stack::loopback_interface), 0);
  EXPECT_FALSE(wants());
}

}  // namespace
}  // namespace linnet::sockets::test
