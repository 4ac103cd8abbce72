// SPDX-License-Identifier: Apache-2.0
// The relay between two taps; packet sockets on the kernel's ends send and hear. Real time: the bounds are
// wide above, where a busy machine may be late, and exact below.
#include "platform/linux/relay.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <thread>

#include "platform/linux/clock.hpp"
#include "platform/linux/interface_info.hpp"
#include "platform/linux/test_support.hpp"

namespace linnet::platform {
namespace {

using namespace test;

constexpr std::uint16_t test_ethertype = 0x88b5;  // IEEE 802: local experiments

/// A raw socket on an interface, for frames of one EtherType.
class Raw {
 public:
  explicit Raw(const std::string& name) : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
    address_.sll_family = AF_PACKET;
    address_.sll_protocol = htons(test_ethertype);
    address_.sll_ifindex = interface_info(name)->index;
    const int on = 1;
    EXPECT_EQ(::setsockopt(fd_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on), 0);
    const int room = 16 << 20;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address_), sizeof address_), 0);
  }
  void send(std::uint32_t number, std::size_t size = 60) {
    Payload frame = pattern(size);
    std::fill_n(frame.begin(), 6, std::uint8_t{0xff});
    frame[6] = 2;
    store16(frame.data() + 12, test_ethertype);
    store32(frame.data() + 14, number);
    ASSERT_EQ(::send(fd_.get(), frame.data(), frame.size(), 0), static_cast<ssize_t>(size));
  }
  /// The number in the next frame, and its size; nothing when none comes in time.
  std::optional<std::uint32_t> next(Duration limit, std::size_t* size = nullptr) {
    pollfd fd{fd_.get(), POLLIN, 0};
    if (::poll(&fd, 1, static_cast<int>(limit.as_milliseconds())) <= 0) return std::nullopt;
    Payload frame(70000);
    const ssize_t n = ::recv(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    if (n < 18) return std::nullopt;
    if (size != nullptr) *size = static_cast<std::size_t>(n);
    return load32(frame.data() + 14);
  }
  std::vector<std::uint32_t> all(std::size_t expected, Duration limit = Duration::seconds(5)) {
    std::vector<std::uint32_t> numbers;
    while (numbers.size() < expected) {
      const auto number = next(limit);
      if (!number) break;
      numbers.push_back(*number);
    }
    return numbers;
  }

 private:
  FileDescriptor fd_;
  sockaddr_ll address_{};
};

class RelayTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!namespace_.reason().empty()) GTEST_SKIP() << namespace_.reason();
  }
  void TearDown() override { stop(); }

  void start(const Impairments& a_to_b, RelayOptions options = {}) {
    options.a = "linnet-a";
    options.b = "linnet-b";
    options.a_to_b = a_to_b;
    options.seed = 1;
    auto relay = Relay::open(options);
    if (!relay && relay.error().failure == OpenFailure::no_driver) GTEST_SKIP() << relay.error().text;
    ASSERT_TRUE(relay.ok()) << relay.error().text;
    relay_ = std::move(*relay);
    ASSERT_TRUE(
        run("for i in linnet-a linnet-b; do sysctl -q -w net.ipv6.conf.$i.disable_ipv6=1 2>/dev/null; "
            "ip link set $i up || exit 1; done"));
    a_.emplace("linnet-a");
    b_.emplace("linnet-b");
    thread_ = std::thread([this] { alive_ = relay_->run(); });
  }
  void stop() {
    if (relay_) relay_->stop();
    if (thread_.joinable()) thread_.join();
  }

  Namespace namespace_;
  std::unique_ptr<Relay> relay_;
  std::optional<Raw> a_;
  std::optional<Raw> b_;
  std::thread thread_;
  bool alive_ = false;
};

std::vector<std::uint32_t> count_to(std::uint32_t n) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < n; ++i) numbers.push_back(i);
  return numbers;
}

TEST_F(RelayTest, without_faults_every_frame_crosses_in_order_both_ways) {
  start({});
  if (!relay_) return;
  for (std::uint32_t i = 0; i < 200; ++i) {
    a_->send(i, 60 + i % 1455);
    b_->send(1000 + i);
  }
  EXPECT_EQ(b_->all(200), count_to(200));
  EXPECT_EQ(a_->all(200).size(), 200u);
  stop();
  EXPECT_TRUE(alive_);
  EXPECT_EQ(relay_->a_to_b().counters().delivered, 200u);
  EXPECT_EQ(relay_->b_to_a().counters().delivered, 200u);
  EXPECT_NE(relay_->summary().find("linnet-a -> linnet-b: 200 frames in, 200 out"), std::string::npos)
      << relay_->summary();
}

TEST_F(RelayTest, delays_each_frame_by_what_was_asked) {
  Impairments late;
  late.delay = Duration::milliseconds(30);
  start(late);
  if (!relay_) return;
  Duration least = Duration::max();
  for (std::uint32_t i = 0; i < 20; ++i) {
    const Instant sent = monotonic_now();
    a_->send(i);
    ASSERT_EQ(b_->next(Duration::seconds(5)), i);
    const Duration took = monotonic_now() - sent;
    EXPECT_GE(took, late.delay);
    least = std::min(least, took);
  }
  EXPECT_LT(least, late.delay + Duration::milliseconds(3)) << least.as_microseconds() << " us";
  Duration back = Duration::max();  // the other direction is as it was
  for (std::uint32_t i = 0; i < 20; ++i) {
    const Instant sent = monotonic_now();
    b_->send(i);
    ASSERT_EQ(a_->next(Duration::seconds(5)), i);
    back = std::min(back, monotonic_now() - sent);
  }
  EXPECT_LT(back, late.delay / 2);
}

TEST_F(RelayTest, loses_the_share_that_was_asked_for_and_counts_it) {
  Impairments lossy;
  lossy.loss = 200000;
  start(lossy);
  if (!relay_) return;
  std::size_t got = 0;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    a_->send(i);
    if (i % 100 == 99) got += b_->all(100, Duration::milliseconds(50)).size();
  }
  stop();
  EXPECT_NEAR(static_cast<double>(got), 1600, 80);
  EXPECT_EQ(relay_->a_to_b().model().counters().lost + got, 2000u);
}

TEST_F(RelayTest, duplicates_and_reorders) {
  Impairments faults;
  faults.duplicate = 1000000;
  start(faults);
  if (!relay_) return;
  for (std::uint32_t i = 0; i < 100; ++i) a_->send(i);
  EXPECT_EQ(b_->all(200).size(), 200u);
  stop();
  relay_.reset();
  a_.reset();
  b_.reset();

  faults = {};
  faults.reorder = 100000;
  start(faults);
  for (std::uint32_t i = 0; i < 300; ++i) a_->send(i);
  auto numbers = b_->all(300);
  EXPECT_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(numbers, count_to(300));
}

TEST_F(RelayTest, keeps_to_the_rate_and_drops_at_the_tail_of_its_queue) {
  Impairments slow;
  slow.rate = 100'000;  // 1,000 bytes in 10 ms
  slow.queue = 5;
  start(slow);
  if (!relay_) return;
  const Instant start_time = monotonic_now();
  for (std::uint32_t i = 0; i < 20; ++i) a_->send(i, 1000);
  const Duration sending = monotonic_now() - start_time;
  const auto numbers = b_->all(20, Duration::milliseconds(500));
  stop();
  EXPECT_GE(numbers.size(), 5u);
  EXPECT_LE(static_cast<std::int64_t>(numbers.size()), 7 + sending.as_milliseconds() / 10);
  EXPECT_EQ(relay_->a_to_b().model().counters().overflow + numbers.size(), 20u);
  EXPECT_GE(monotonic_now() - start_time,
            Duration::milliseconds(10) * static_cast<std::int64_t>(numbers.size()));
}

TEST_F(RelayTest, counts_what_is_longer_than_the_link_carries) {
  start({});
  if (!relay_) return;
  ASSERT_TRUE(run("ip link set linnet-a mtu 3000"));
  a_->send(1, 2000);
  a_->send(2, 1514);
  std::size_t size = 0;
  EXPECT_EQ(b_->next(Duration::seconds(5), &size), 2u);
  EXPECT_EQ(size, 1514u);
  stop();
  EXPECT_EQ(relay_->a_to_b().counters().too_long, 1u);
}

TEST_F(RelayTest, a_bounded_number_of_frames_is_under_way) {
  Impairments late;
  late.delay = Duration::milliseconds(500);
  RelayOptions options;
  options.held = 10;
  start(late, options);
  if (!relay_) return;
  for (std::uint32_t i = 0; i < 50; ++i) a_->send(i);
  EXPECT_EQ(b_->all(50, Duration::milliseconds(900)), count_to(10));
  stop();
  EXPECT_EQ(relay_->a_to_b().counters().no_room, 40u);
}

TEST_F(RelayTest, ends_when_a_tap_is_deleted) {
  start({});
  if (!relay_) return;
  ASSERT_TRUE(run("ip link del linnet-b"));
  thread_.join();
  EXPECT_FALSE(alive_);
}

TEST_F(RelayTest, says_which_namespace_is_missing) {
  const auto missing = Relay::open({.a = "linnet-a@no-such-namespace", .b = "linnet-b"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().failure, OpenFailure::no_interface);
  EXPECT_NE(missing.error().text.find("no-such-namespace"), std::string::npos);
  EXPECT_FALSE(Relay::open({.a = "linnet-a@../x", .b = "linnet-b"}).ok());
}

}  // namespace
}  // namespace linnet::platform
