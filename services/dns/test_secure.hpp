// SPDX-License-Identifier: Apache-2.0
// A resolver whose servers have secure streams, which a test plays.
#pragma once

#include <deque>

#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {

/// A stream and the server at its other end.
class FakeStream final : public SecureStream {
 public:
  enum class Kind : std::uint8_t { good, refuses, silent };
  struct Question {
    std::uint16_t id = 0;
    std::string name;
    std::uint16_t record_type = 0;
    Buffer message;
  };

  void open(const IpAddress& server, Instant) override {
    ++opened;
    at = server;
    in.clear();
    out.clear();
    hung_up = false;
    is_open = true;
  }
  StreamState poll(Instant) override {
    if (const auto step = on_poll) step();
    if (kind == Kind::refuses) return StreamState::failed;
    if (kind == Kind::silent) return StreamState::opening;
    return hung_up && in.empty() ? StreamState::ended : StreamState::open;
  }
  std::size_t send(Bytes bytes, Instant) override {
    ++sends;
    const std::size_t size = std::min(bytes.size(), takes);
    out.insert(out.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    while (out.size() >= 2 && out.size() - 2 >= load16(out.data())) take_question();
    return size;
  }
  std::size_t receive(MutableBytes to, Instant) override {
    const std::size_t size = std::min({to.size(), in.size(), gives});
    std::copy_n(in.begin(), size, to.begin());
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }
  void close(Instant) override { is_open = false; }
  std::uint16_t port() const override { return 853; }
  std::string_view words() const override { return kind == Kind::good ? "" : "not there"; }

  void say(const Buffer& message, std::size_t length) {
    in.push_back(static_cast<std::uint8_t>(length >> 8));
    in.push_back(static_cast<std::uint8_t>(length & 0xff));
    in.insert(in.end(), message.begin(), message.end());
  }
  void say(const ServerMessage& message) { say(message.finish(), message.finish().size()); }
  void say_good(const Question& question) {
    say(ServerMessage(question.id, question.name, question.record_type).a(question.name, result_address));
  }

  Kind kind = Kind::good;
  std::size_t takes = 10'000;
  std::size_t gives = 10'000;
  std::function<void(const Question&)> on_question;
  std::function<void()> on_poll;
  std::vector<Question> questions;
  std::deque<std::uint8_t> in;  ///< what the resolver is to hear
  Buffer out;
  IpAddress at;
  std::size_t opened = 0;
  std::size_t sends = 0;
  bool is_open = false;
  bool hung_up = false;

 private:
  void take_question() {
    const std::size_t size = load16(out.data());
    Question question{.id = load16(out.data() + 2),
                      .name = {},
                      .message = {out.begin() + 2, out.begin() + 2 + static_cast<std::ptrdiff_t>(size)}};
    std::size_t position = 12;
    for (; question.message.at(position) != 0; position += 1u + question.message[position]) {
      if (!question.name.empty()) question.name += '.';
      question.name.append(reinterpret_cast<const char*>(question.message.data()) + position + 1,
                           question.message[position]);
    }
    question.record_type = load16(question.message.data() + position + 1);
    out.erase(out.begin(), out.begin() + 2 + static_cast<std::ptrdiff_t>(size));
    questions.push_back(question);
    if (on_question) on_question(question);
  }
};

class DnsSecure : public DnsResolver {
 protected:
  DnsSecure() { make_secure({}); }
  ~DnsSecure() override { resolver.reset(); }
  void make_secure(Config config, Privacy privacy = Privacy::strict) {
    config.secure_servers = 2;
    make_resolver(config);
    EXPECT_TRUE(resolver->set_secure_stream(0, &first));
    EXPECT_TRUE(resolver->set_secure_stream(1, &second));
    EXPECT_FALSE(resolver->set_secure_stream(2, &second)) << "Config::secure_servers";
    resolver->set_privacy(privacy);
    link.service = [this](Instant now) {
      const Instant next = resolver->poll(now);
      return heard(first) || heard(second) ? now : next;
    };
  }
  /// The stack would poll the resolver.
  static bool heard(const FakeStream& stream) {
    return stream.is_open && (!stream.in.empty() || stream.hung_up);
  }
  static void answer_all(FakeStream& stream) {
    stream.on_question = [&stream](const FakeStream::Question& question) { stream.say_good(question); };
  }

  FakeStream first;
  FakeStream second;
};

}  // namespace linnet::dns::test
