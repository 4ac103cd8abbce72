// SPDX-License-Identifier: Apache-2.0
// An SNTP server against whoever asks: no more and no larger answers than requests, to the asker alone, and
// no time that it has not.
#include <array>

#include "fuzz/host.hpp"
#include "services/sntp/server.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr sntp::Config client_config{.servers = 1,
                                     .offered_servers = 0,
                                     .name_size = 8,
                                     .compared = 1,
                                     .startup_delay = Duration(),
                                     .interval = Duration::seconds(64)};
alignas(Arena::alignment) std::array<std::uint8_t, sntp::Client::memory_needed(client_config) + 4096> memory;
constexpr IpAddress time_source = IpAddress::v4(192, 0, 2, 77);
constexpr std::size_t askers = 6;

class Run {
 public:
  explicit Run(std::uint8_t what)
      : config_(config_of(what)),
        host_(0x5a),
        arena_(memory),
        client_(host_.stack, client_config, arena_),
        server_(host_.stack, config_, client_, arena_) {
    host_.link.on_sent = [](void* self, Bytes frame) { static_cast<Run*>(self)->sent(frame); };
    host_.link.context = this;
    host_.service = [](void* self, Instant now) {
      Run& run = *static_cast<Run*>(self);
      return earlier(run.client_.poll(now), run.server_.poll(now));
    };
    host_.context = this;
    require(client_.set_server(0, time_source, host_.now) && client_.start(host_.now), "memory and a socket");
    require(!arena_.exhausted() && server_.start() && server_.start(), "memory, and port 123; twice is once");
    host_.settle();
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
        compose(input);
        break;
      case 3:
        ask(what / 8, input.bytes(input.below(100)), our_address);
        break;
      case 4:
        host_.pass(Duration::milliseconds(input.u16()));
        break;
      case 5:
        host_.pass(Duration::seconds(input.u8()));
        break;
      case 6:
        tell_time(input);
        break;
      default:
        if (what / 8 % 3 == 0) client_.set_unix_time(sntp::UnixTime::from_seconds(input.u32()), host_.now);
        if (what / 8 % 3 == 1) server_.stop();
        if (what / 8 % 3 == 2) static_cast<void>(server_.start());
    }
    host_.settle();
  }
  void end() {
    server_.stop();
    client_.stop();
    require(server_.poll(host_.now).is_never(), "stopped for good");
    host_.end();
  }

 private:
  static sntp::ServerConfig config_of(std::uint8_t what) {
    return {.sources = static_cast<std::uint16_t>((what & 1) != 0 ? askers : 2),
            .least_gap = Duration::seconds(1 + what / 2 % 4),
            .burst = static_cast<std::uint8_t>(what / 8 % 4),
            .local_stratum = static_cast<std::uint8_t>((what & 32) != 0 ? 10 : 0)};
  }
  static IpAddress asker(std::size_t which) {
    return IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(100 + which % askers));
  }
  void compose(Input& input) {
    const std::uint8_t how = input.u8();
    const sntp::Message message{
        .leap = static_cast<sntp::Leap>(how & 3),
        .version = static_cast<std::uint8_t>((how & 4) != 0 ? input.u8() & 7 : 4),
        .mode = (how & 8) != 0 ? static_cast<sntp::PacketMode>(input.u8() & 7) : sntp::PacketMode::client,
        .stratum = input.u8(),
        .poll = static_cast<std::int8_t>(input.u8()),
        .transmit = input.u64()};
    std::array<std::uint8_t, sntp::message_size + 20> bytes{};
    message.write(std::span(bytes).first<sntp::message_size>());
    // With what may be extension fields behind it.
    const std::size_t more = (how & 16) != 0 ? input.below(21) : 0;
    constexpr std::array<IpAddress, 3> everybody{IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255),
                                                 IpAddress::v4(224, 0, 1, 1)};
    ask(input.u8(), Bytes(bytes).first(sntp::message_size + more),
        (how & 0xe0) == 0xe0 ? everybody[input.below(everybody.size())] : our_address);
  }
  void ask(std::size_t which, Bytes message, const IpAddress& to) {
    const std::uint16_t port = which % 5 == 0 ? sntp::ntp_port : 4000;
    request_ = message;
    from_ = {asker(which), port};
    to_us_ = to == our_address;
    answers_now_ = 0;
    host_.deliver_udp(from_, {to, sntp::ntp_port}, message);
    request_ = {};
  }
  void sent(Bytes frame) {
    if (frame.size() < 42 || load16(frame.data() + 12) != 0x0800 || frame[23] != 17) return;
    const Bytes message = frame.subspan(42);
    const IpAddress to = IpAddress::v4(frame.subspan<30, 4>());
    if (to == time_source && load16(frame.data() + 36) == sntp::ntp_port && message.size() == 48 &&
        (message[0] & 7) == 3) {
      question_ = {to, load16(frame.data() + 34)};
      cookie_ = load64(message.data() + 40);
      return;
    }
    require(load16(frame.data() + 34) == sntp::ntp_port, "answers come from the port of NTP");
    require(!request_.empty() && ++answers_now_ == 1, "an answer to a request, and one alone");
    require(to_us_, "what goes to many is not answered");
    require(Endpoint{to, load16(frame.data() + 36)} == from_, "the asker gets it");
    require(message.size() == sntp::message_size && message.size() <= request_.size(), "no larger than it");
    require((request_[0] & 7) == 3 && (message[0] & 7) == 4,
            "mode 3 is answered by mode 4, and nothing else is");
    require((message[0] >> 3 & 7) == (request_[0] >> 3 & 7) && message[2] == request_[2],
            "RFC 4330 6: version and poll interval as they came");
    require(same(message.subspan(24, 8), request_.subspan(40, 8)), "and the time of the request");
    const bool kiss = message[1] == 0;
    const bool time = message[1] > 0 && message[1] < sntp::unsynchronised_stratum;
    require(!time || client_.unix_time(host_.now).has_value(), "no time without one");
    require(time == (load64(message.data() + 40) != 0), "and no stratum without a time");
    require(time || message[0] >> 6 == 3, "who has none says so");
    count(to, kiss);
  }
  /// RFC 5905 7.4: no asker gets more than his burst and one each gap, and he is told that once until he has
  /// kept to it.
  void count(const IpAddress& to, bool kiss) {
    if (config_.sources < askers) return;  // those that are forgotten begin anew
    Asked& asked = asked_[to.v4_bytes()[3] - 100u];
    ++(kiss ? asked.kisses : asked.answers);
    const auto gaps = static_cast<std::uint64_t>((host_.now - began_).as_microseconds() /
                                                 config_.least_gap.as_microseconds());
    require(asked.answers <= std::max<std::uint64_t>(config_.burst, 1) + gaps + 1,
            "not more than is allowed");
    require(asked.kisses <= asked.answers + 1, "no kiss after a kiss");
  }
  void tell_time(Input& input) {
    if (question_.port == 0) return;
    const std::uint32_t seconds = 0xe0000000u + (input.u16() << 8);
    sntp::Message message{.mode = sntp::PacketMode::server,
                          .stratum = static_cast<std::uint8_t>(1 + input.below(15)),
                          .root_delay = input.u16(),
                          .origin = cookie_};
    message.receive = message.transmit = message.reference = std::uint64_t{seconds} << 32;
    std::array<std::uint8_t, sntp::message_size> bytes;
    message.write(bytes);
    host_.deliver_udp({time_source, sntp::ntp_port}, {our_address, question_.port}, bytes);
  }

  struct Asked {
    std::uint64_t answers = 0;
    std::uint64_t kisses = 0;
  };
  sntp::ServerConfig config_;
  Host host_;
  Arena arena_;
  sntp::Client client_;
  sntp::Server server_;
  Instant began_ = host_.now;
  Bytes request_;  // while it is delivered
  Endpoint from_;
  bool to_us_ = false;
  unsigned answers_now_ = 0;
  std::array<Asked, askers> asked_{};
  Endpoint question_;  // of our own client
  std::uint64_t cookie_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.u8());
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
