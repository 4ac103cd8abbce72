// SPDX-License-Identifier: Apache-2.0
// A conversation by itself: when its stream is closed, when it was heard, and how much of a message there is.
#include "services/dns/conversation.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace linnet::dns {
namespace {

class ScriptedStream final : public SecureStream {
 public:
  void open(const IpAddress&, Instant) override { ++opened; }
  StreamState poll(Instant) override { return next; }
  std::size_t send(Bytes bytes, Instant) override { return bytes.size(); }
  std::size_t receive(MutableBytes to, Instant) override {
    const std::size_t size = std::min(to.size(), in.size());
    std::copy_n(in.begin(), size, to.begin());
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }
  void close(Instant) override { ++closed; }
  std::uint16_t port() const override { return 853; }
  std::string_view words() const override { return ""; }

  StreamState next = StreamState::opening;
  std::vector<std::uint8_t> in;
  int opened = 0;
  int closed = 0;
};

class DnsConversation : public ::testing::Test {
 protected:
  static constexpr std::size_t message_size = 64;
  DnsConversation()
      : memory(Conversation::memory_needed(message_size) + Arena::alignment),
        arena(memory),
        conversation(arena, message_size) {
    conversation.set_stream(&stream, now);
  }
  void open() {
    conversation.want(IpAddress::v4(192, 0, 2, 1), now);
    stream.next = StreamState::open;
    EXPECT_EQ(conversation.poll(now), StreamState::open);
  }
  void say(std::size_t size) {
    stream.in.assign(2 + size, 0x55);
    stream.in[0] = 0;
    stream.in[1] = static_cast<std::uint8_t>(size);
  }

  Instant now = Instant::from_microseconds(1000000);
  std::vector<std::uint8_t> memory;
  Arena arena;
  Conversation conversation;
  ScriptedStream stream;
};

TEST_F(DnsConversation, another_stream_closes_the_one_before_if_it_is_open) {
  ScriptedStream other;
  EXPECT_EQ(stream.closed, 0) << "nothing was open";
  open();
  conversation.avoid_until = now + Duration::seconds(9);
  conversation.set_stream(&other, now);
  EXPECT_EQ(stream.closed, 1);
  EXPECT_EQ(conversation.avoid_until, Instant()) << "the other has not failed";
  EXPECT_EQ(conversation.state(), StreamState::closed);
  conversation.set_stream(nullptr, now);
  EXPECT_EQ(other.closed, 0) << "it was never wanted";
  conversation.close(now);
}

TEST_F(DnsConversation, what_is_closed_is_closed_once) {
  open();
  conversation.close(now);
  conversation.close(now);
  EXPECT_EQ(stream.closed, 1);
}

TEST_F(DnsConversation, it_is_heard_when_it_opens_and_when_a_message_comes) {
  open();
  const Instant opened = now;
  EXPECT_EQ(conversation.heard_at(), opened);
  now = now + Duration::seconds(1);
  conversation.poll(now);
  EXPECT_EQ(conversation.heard_at(), opened) << "to be open still is no word";
  say(5);
  EXPECT_TRUE(conversation.receive(now));
  EXPECT_EQ(conversation.heard_at(), now);
}

TEST_F(DnsConversation, what_does_not_open_is_not_heard_and_avoided_still) {
  const Instant avoided = now + Duration::seconds(9);
  conversation.want(IpAddress::v4(192, 0, 2, 1), now);
  conversation.avoid_until = avoided;
  conversation.poll(now);
  EXPECT_EQ(conversation.heard_at(), Instant()) << "it is opening";
  stream.next = StreamState::failed;
  conversation.poll(now);
  EXPECT_EQ(conversation.heard_at(), Instant());
  EXPECT_EQ(conversation.avoid_until, avoided);
  open();
  EXPECT_EQ(conversation.avoid_until, Instant());
}

TEST_F(DnsConversation, a_message_that_fills_the_room_is_whole_and_a_longer_one_is_cut) {
  open();
  for (const std::size_t size : {message_size - 1, message_size, message_size + 1, message_size + 40}) {
    say(size);
    const auto incoming = conversation.receive(now);
    ASSERT_TRUE(incoming) << size;
    EXPECT_EQ(incoming->message.size(), std::min(size, message_size)) << size;
    EXPECT_EQ(incoming->cut, size > message_size) << size;
    EXPECT_TRUE(stream.in.empty()) << size;
  }
}

}  // namespace
}  // namespace linnet::dns
