// SPDX-License-Identifier: Apache-2.0
#include "sockets/coro/names.hpp"

#include "sockets/coro/test_coro.hpp"

namespace linnet::sockets::coro::test {
namespace {

using sockets::test::loopback;
using sockets::test::test_port;

class CoroNames : public CoroTest {
 protected:
  CoroNames() : memory_(dns::Resolver::memory_needed({}) + Arena::alignment), arena_(memory_) {
    host.add(service_);
  }
  ~CoroNames() override { service_.unlink(); }

  std::vector<std::uint8_t> memory_;
  Arena arena_;
  dns::Resolver resolver_{host.stack(), {}, arena_};
  ServiceFor<dns::Resolver> service_{resolver_};
};

Task resolve(Executor& executor, dns::Resolver& resolver, std::string_view name, std::span<IpAddress> to,
             dns::Error* why) {
  co_return co_await Resolve(executor, resolver, name, to, dns::Families::both, why);
}

Task connect(Executor& executor, dns::Resolver& resolver, std::string_view name, dns::Error* why,
             Instant deadline) {
  const Outcome fd =
      co_await ConnectByName(executor, resolver, name, test_port, dns::Families::both, why, deadline);
  if (fd < 0) co_return fd;
  TcpSocket socket(executor, fd);
  Endpoint peer;
  executor.sockets().getpeername(static_cast<int>(fd), peer);
  co_return peer == loopback(test_port) ? 1 : 0;
}

TEST_F(CoroNames, addresses_of_a_name) {
  std::array<IpAddress, 1> to;
  dns::Error why = dns::Error::none;
  EXPECT_EQ(executor.run(resolve(executor, resolver_, "localhost", to, &why)), 2)
      << "more than there is room for";
  EXPECT_TRUE(to[0].is_loopback());
  EXPECT_EQ(executor.run(resolve(executor, resolver_, "a..b", to, &why)), -error::host_unreachable);
  EXPECT_EQ(why, dns::Error::bad_name);
  EXPECT_EQ(resolver_.lookups(), 0u);
}

TEST_F(CoroNames, name_that_takes_time_is_waited_for) {
  resolver_.set_server(0, IpAddress::v4(127, 0, 0, 9));
  const Instant began = port.now();
  dns::Error why = dns::Error::none;
  EXPECT_EQ(executor.run(resolve(executor, resolver_, "www.example", {}, &why)), -error::host_unreachable);
  EXPECT_EQ(why, dns::Error::timeout);
  EXPECT_EQ(port.now() - began, Duration::seconds(10)) << "until the resolver gives up, and no longer";
}

TEST_F(CoroNames, connection_by_name) {
  const int listening = listener();
  EXPECT_EQ(executor.run(connect(executor, resolver_, "localhost", nullptr, Instant::never())), 1);
  s.close(listening);
  EXPECT_EQ(executor.run(connect(executor, resolver_, "localhost", nullptr, Instant::never())),
            -error::connection_refused);
}

TEST_F(CoroNames, deadline_and_cancelling_end_it) {
  resolver_.set_server(0, IpAddress::v4(127, 0, 0, 9));
  const Instant began = port.now();
  const Instant deadline = began + Duration::milliseconds(300);
  EXPECT_EQ(executor.run(connect(executor, resolver_, "www.example", nullptr, deadline)), -error::timed_out);
  EXPECT_EQ(port.now(), deadline);
  EXPECT_EQ(executor.spawn(connect(executor, resolver_, "www.example", nullptr, Instant::never())), 0);
  executor.run_until(port.now() + Duration::milliseconds(100));
  executor.cancel_all();
  EXPECT_TRUE(executor.run());
  EXPECT_EQ(resolver_.lookups(), 0u);
}

}  // namespace
}  // namespace linnet::sockets::coro::test
