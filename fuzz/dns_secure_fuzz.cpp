// SPDX-License-Identifier: Apache-2.0
// A resolver whose servers have secure streams, which break, cut and lie as the input will have it: what is
// sent is whole questions, padded, and by nothing else where that is strict; only an answer resolves a name.
#include <array>
#include <deque>
#include <vector>

#include "fuzz/dns_answers.hpp"
#include "fuzz/host.hpp"
#include "services/dns/resolver.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dns::Error;
using dns::StreamState;

namespace {

constexpr dns::Config config{.queries = 4,
                             .cache_entries = 3,
                             .tries = 2,
                             .beside_after = Duration::seconds(2),
                             .message_size = 512,
                             .secure_servers = 2};
alignas(Arena::alignment)
    std::array<std::uint8_t, dns::Resolver::memory_needed(config) + Arena::alignment> memory;
constexpr std::array<IpAddress, 2> servers{peer_address, far_address};
constexpr std::array<std::string_view, 4> names{"www.example", "a.b", "another.name.example", "x.y.z"};

struct Question {
  std::uint16_t id = 0;
  std::uint16_t record_type = 0;
  std::vector<std::uint8_t> bytes;  // name, type and class
};

/// The stream holds its user to what secure_stream.hpp says.
class Stream final : public dns::SecureStream {
 public:
  void open(const IpAddress& server, Instant) override {
    require(!is_open_, "closed before it is opened anew");
    require(!server.is_unspecified(), "a server");
    is_open_ = true;
    told_ = StreamState::opening;
    out_.clear();
    in_.clear();
    questions_.clear();
  }
  StreamState poll(Instant) override {
    require(is_open_, "no poll of what nobody opened");
    told_ = next == StreamState::ended && !in_.empty() ? StreamState::open : next;
    return told_;
  }
  std::size_t send(Bytes bytes, Instant) override {
    require(is_open_ && told_ == StreamState::open && !bytes.empty(), "bytes into an open stream");
    const std::size_t size = std::min<std::size_t>(bytes.size(), takes);
    out_.insert(out_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    while (out_.size() >= 2 && out_.size() - 2 >= load16(out_.data())) take_question();
    return size;
  }
  std::size_t receive(MutableBytes to, Instant) override {
    require(is_open_ && told_ == StreamState::open && !to.empty(), "room, for an open stream's bytes");
    const std::size_t size = std::min<std::size_t>({to.size(), in_.size(), gives});
    std::copy_n(in_.begin(), size, to.begin());
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }
  void close(Instant) override {
    require(is_open_, "closed once");
    is_open_ = false;
  }
  std::uint16_t port() const override { return 853; }
  std::string_view words() const override { return {}; }

  void say(Bytes bytes) {
    if (is_open_ && in_.size() < 4000) in_.insert(in_.end(), bytes.begin(), bytes.end());
  }
  bool is_open() const { return is_open_; }
  const std::vector<Question>& questions() const { return questions_; }

  StreamState next = StreamState::open;  ///< what the next poll says
  std::uint8_t takes = 255;
  std::uint8_t gives = 255;

 private:
  void take_question() {
    const std::size_t size = load16(out_.data());
    const std::uint8_t* const message = out_.data() + 2;
    require(size >= dns::header_size + 1 + 4 && load16(message + 2) == 0x0100, "a recursive query");
    require(load16(message + 4) == 1, "one question");
    const bool extended = load16(message + 10) == 1;
    require(!extended || size % dns::padding_block == 0, "RFC 8467 4.1: padded to a multiple of 128");
    std::size_t end = dns::header_size;
    while (end < size && message[end] != 0) end += 1u + message[end];
    end += 5;
    require(end <= size && (extended || end == size), "a name, a type and a class");
    const std::uint16_t record_type = load16(message + end - 4);
    require(record_type == dns::type::a || record_type == dns::type::aaaa, "for A or AAAA records");
    require(load16(message + end - 2) == dns::class_in, "IN");
    questions_.push_back({load16(message), record_type, {message + dns::header_size, message + end}});
    out_.erase(out_.begin(), out_.begin() + 2 + static_cast<std::ptrdiff_t>(size));
  }

  bool is_open_ = false;
  StreamState told_ = StreamState::closed;
  std::vector<std::uint8_t> out_;
  std::deque<std::uint8_t> in_;
  std::vector<Question> questions_;  // of this opening
};

class Run {
 public:
  explicit Run(std::uint8_t what)
      : host_(0x5a),
        arena_(memory),
        privacy_((what & 1) != 0 ? dns::Privacy::strict : dns::Privacy::opportunistic),
        resolver_(host_.stack, config, arena_) {
    for (std::size_t i = 0; i < servers.size(); ++i) {
      require(resolver_.set_server(i, servers[i]), "room for a server");
      require(resolver_.set_secure_stream(i, &streams_[i]), "room for a stream");
    }
    resolver_.set_privacy(privacy_);
    host_.link.on_sent = [](void* self, Bytes frame) { static_cast<Run*>(self)->sent(frame); };
    host_.link.context = this;
    host_.service = [](void* self, Instant now) { return static_cast<Run*>(self)->resolver_.poll(now); };
    host_.context = this;
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    Stream& stream = streams_[what / 16 % streams_.size()];
    switch (what % 11) {
      case 0:
      case 1:
        resolve(what / 32 % names.size(), what % 11 == 0 ? dns::Families::both : dns::Families::v4);
        break;
      case 2:
      case 3:
        answer(stream, input);
        break;
      case 4:
        lie(stream, input);
        break;
      case 5:
        stream.next = std::array{StreamState::opening, StreamState::open, StreamState::ended,
                                 StreamState::failed}[what / 32 % 4];
        break;
      case 6:
        stream.takes = input.u8();
        stream.gives = input.u8();
        break;
      case 7:
        host_.pass(Duration::milliseconds(input.u16()));
        break;
      case 8:
        release(what / 16);
        break;
      case 9:
        resolver_.set_server(what / 16 % servers.size(), servers[input.below(servers.size())]);
        break;
      default:
        resolver_.close_streams(host_.now);
    }
    host_.settle();
    check();
  }
  void end() {
    while (!handles_.empty()) release(0);
    require(resolver_.lookups() == 0, "no lookup without a handle");
    resolver_.clear_cache();
    host_.pass(config.secure_idle + config.secure_opening);
    for (const Stream& stream : streams_) require(!stream.is_open(), "RFC 7858 3.4: idle streams are closed");
    host_.end();
  }

 private:
  struct Handle {
    dns::QueryHandle handle;
    std::size_t name = 0;
  };
  void resolve(std::size_t name, dns::Families families) {
    const auto made = resolver_.resolve(names[name], host_.now, families);
    if (made) {
      handles_.push_back({*made, name});
    } else {
      require(made.error() == Error::no_memory, "why it cannot begin");
    }
  }
  void release(std::size_t which) {
    if (handles_.empty()) return;
    which %= handles_.size();
    resolver_.release(handles_[which].handle);
    handles_.erase(handles_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void sent(Bytes frame) {
    const bool udp = frame.size() >= 42 && load16(frame.data() + 12) == 0x0800 && frame[23] == 17;
    if (!udp || load16(frame.data() + 36) != dns::server_port) return;
    require(privacy_ != dns::Privacy::strict, "RFC 8310 5: nothing in clear where that is strict");
  }
  /// To one of the questions of this connection, or with an id of its own.
  void answer(Stream& stream, Input& input) {
    if (stream.questions().empty()) return;
    const std::uint8_t how = input.u8();
    const Question& question = stream.questions()[how % stream.questions().size()];
    const std::uint16_t id = how < 240 ? question.id : input.u16();
    std::array<std::uint8_t, 2 + longest_dns_answer> bytes{};
    const std::size_t size =
        put_dns_answer(input, bytes.data() + 2, id, question.bytes, question.record_type);
    store16(bytes.data(), static_cast<std::uint16_t>(size));
    for (const Question& other : stream.questions()) {
      if (other.id == id) answered_[name_of(other)] = true;
    }
    stream.say(Bytes(bytes).first(2 + size));
  }
  static std::size_t name_of(const Question& question) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (question.bytes.size() != names[i].size() + 2 + 4) continue;
      if (question.bytes[1] == static_cast<std::uint8_t>(names[i][0])) return i;
    }
    require(false, "a question that somebody asked");
    return 0;
  }
  /// A length, and bytes that it may not be about; who knows what they answer.
  void lie(Stream& stream, Input& input) {
    answered_.fill(true);
    std::array<std::uint8_t, 2> length{};
    store16(length.data(), input.u16());
    stream.say(length);
    stream.say(input.bytes(input.below(64)));
  }
  void check() {
    require(resolver_.lookups() <= config.queries, "as many lookups as configured");
    for (const Handle& handle : handles_) {
      const auto result = resolver_.result(handle.handle);
      if (!result) {
        require(result.error() != Error::none && result.error() != Error::closed,
                "a handle that is held is not stale");
        continue;
      }
      require(!result->addresses().empty() && answered_[handle.name],
              "nothing but an answer resolves a name");
    }
  }

  Host host_;
  Arena arena_;
  std::array<Stream, servers.size()> streams_;
  dns::Privacy privacy_;
  dns::Resolver resolver_;
  std::vector<Handle> handles_;
  std::array<bool, names.size()> answered_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.u8());
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
