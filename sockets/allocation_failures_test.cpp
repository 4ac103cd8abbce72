// SPDX-License-Identifier: Apache-2.0
// A program's calls while the k-th take of a pool fails, for every k until the program needs no more of them:
// a call fails with an error that it is documented to have or goes on, and in the end nothing is left behind.
#include <algorithm>
#include <initializer_list>

#include "sockets/test_host.hpp"

namespace linnet::sockets::test {
namespace {

constexpr Duration patience = Duration::seconds(100);

/// One run of the program, with what went wrong in it.
class Program : HostFixture {
 public:
  explicit Program(const linnet::Config& stack) : HostFixture({}, stack) {}

  /// False: the take number `first` never came.
  bool run(std::uint64_t first, std::uint64_t in_a_row) {
    const Digest::Value fresh = host.stack().digest();
    failing_allocations.begin(first, in_a_row);
    listening_ = opened(s.socket(af::inet, sock::stream));
    if (expect("bind", s.bind(listening_, {IpAddress::any_v4(), test_port}), {error::no_buffers}) == 0) {
      expect("listen", s.listen(listening_, 2), {error::no_buffers});
      for (int round = 0; round < 2; ++round) stream();
    }
    datagrams();
    raw();
    for (const int fd : open_) expect("close", s.close(fd), {});
    // A peer that was told nothing gives up, and TIME-WAIT ends.
    host.wait_until([] { return false; }, port.now() + Duration::seconds(1200));
    const bool came = failing_allocations.seen() >= first;
    failing_allocations.begin(0);
    EXPECT_EQ(s.used(), 0u);
    EXPECT_EQ(host.stack().digest().high, fresh.high) << "something is left of what was closed";
    return came;
  }
  unsigned errors() const { return errors_; }

 private:
  std::ptrdiff_t expect(const char* call, std::ptrdiff_t result, std::initializer_list<int> errors) {
    if (result >= 0) return result;
    ++errors_;
    EXPECT_TRUE(std::find(errors.begin(), errors.end(), static_cast<int>(-result)) != errors.end())
        << call << " fails with " << error_name(static_cast<int>(-result));
    return result;
  }
  int opened(int fd) {
    if (expect("socket", fd, {error::no_buffers}) < 0) return fd;
    open_.push_back(fd);
    s.set_receive_timeout(fd, patience);
    s.set_send_timeout(fd, patience);
    return fd;
  }

  /// A connection, bytes in both directions, and its end.
  void stream() {
    const int client = opened(s.socket(af::inet, sock::stream));
    if (client < 0) return;
    if (expect("connect", s.connect(client, loopback(test_port)),
               {error::no_buffers, error::connection_refused, error::timed_out, error::in_progress}) < 0) {
      return;
    }
    const int server = s.accept(listening_);
    if (expect("accept", server, {error::try_again}) < 0) return;
    open_.push_back(server);
    s.set_receive_timeout(server, patience);
    const std::string sent(3000, 'x');
    for (const auto& [from, to] : {std::pair{client, server}, std::pair{server, client}}) {
      if (expect("send", s.send(from, bytes_of(sent)), {error::try_again, error::connection_reset}) < 0)
        return;
      std::size_t count = 0;
      while (count < sent.size()) {
        const std::ptrdiff_t got = expect("recv", s.recv(to, buffer_), {error::connection_reset});
        if (got <= 0) return;
        count += static_cast<std::size_t>(got);
      }
    }
    s.shutdown(client, shut::write);
    EXPECT_EQ(expect("recv", s.recv(server, buffer_), {error::connection_reset}), 0);
  }

  void datagrams() {
    const int receiver = opened(s.socket(af::inet, sock::dgram));
    const int sender = opened(s.socket(af::inet, sock::dgram));
    if (receiver < 0 || sender < 0) return;
    expect("bind", s.bind(receiver, loopback(test_port)), {error::no_buffers});
    const Endpoint to = loopback(test_port);
    for (int i = 0; i < 3; ++i) {
      if (expect("sendto", s.sendto(sender, bytes_of("datagram"), 0, &to), {error::no_buffers}) < 0) continue;
      expect("recv", s.recv(receiver, buffer_), {error::try_again});  // one may be lost
    }
  }

  void raw() {
    const int fd = opened(s.socket(af::inet, sock::raw, ipproto::icmp));
    if (fd < 0) return;
    const std::array<std::uint8_t, 8> echo{8, 0, 0xf7, 0xff, 0, 0, 0, 0};
    const Endpoint to = loopback(0);
    if (expect("sendto", s.sendto(fd, echo, 0, &to), {error::no_buffers}) < 0) return;
    expect("recv", s.recv(fd, buffer_), {error::try_again});
  }

  int listening_ = -1;
  std::vector<int> open_;
  std::array<std::uint8_t, 4096> buffer_{};
  unsigned errors_ = 0;
};

void sweep(const linnet::Config& stack, std::uint64_t in_a_row) {
  if (!FailingAllocations::possible) GTEST_SKIP() << "only a build with sanitizers lets allocations fail";
  std::uint64_t k = 1;
  unsigned errors = 0;
  for (bool came = true; came; ++k) {
    SCOPED_TRACE(::testing::Message() << "take " << k << ", " << in_a_row << " in a row");
    Program program(stack);
    came = program.run(k, in_a_row);
    errors += program.errors();
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(k, 30u) << "the program takes so many";
  EXPECT_GT(errors, 5u) << "and some calls say so";
}

TEST(AllocationFailures, each_one_of_a_program) { sweep(linnet::Config::device(), 1); }

TEST(AllocationFailures, some_in_a_row) {
  for (const std::uint64_t in_a_row : {2u, 5u, 20u}) sweep(linnet::Config::device(), in_a_row);
}

TEST(AllocationFailures, with_large_blocks) {
  linnet::Config config = linnet::Config::device();
  config.blocks.large_size = 16384;
  config.blocks.large_count = 8;
  sweep(config, 1);
}

}  // namespace
}  // namespace linnet::sockets::test
