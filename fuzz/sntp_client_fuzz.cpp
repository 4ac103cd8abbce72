// SPDX-License-Identifier: Apache-2.0
// An SNTP client against servers and forgers: without an answer to its own request there is no time.
#include <array>

#include "fuzz/host.hpp"
#include "services/sntp/client.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr sntp::Config config{
    .servers = 2, .offered_servers = 2, .name_size = 8, .compared = 2, .interval = Duration::seconds(64)};
alignas(
    Arena::alignment) std::array<std::uint8_t, sntp::Client::memory_needed(config) + Arena::alignment> memory;
constexpr std::array<IpAddress, 3> servers{peer_address, far_address, IpAddress::v4(192, 0, 2, 77)};

class Run {
 public:
  explicit Run(std::uint8_t what)
      : host_(0x5a), arena_(memory), client_(host_.stack, config_of(what), arena_) {
    host_.link.on_sent = [](void* self, Bytes frame) { static_cast<Run*>(self)->sent(frame); };
    host_.link.context = this;
    host_.service = [](void* self, Instant now) { return static_cast<Run*>(self)->client_.poll(now); };
    host_.context = this;
    client_.set_server(0, servers[0], host_.now);
    client_.set_server(1, servers[1], host_.now);
    require(client_.start(host_.now), "memory and a socket");
    host_.settle();
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
        answer(input, what / 8);
        break;
      case 3:
        host_.deliver_udp({servers[input.below(3)], sntp::ntp_port}, {our_address, last_[what / 8 % 3].port},
                          input.bytes(input.u8()));
        break;
      case 4:
        host_.pass(Duration::milliseconds(input.u16()));
        break;
      case 5:
        host_.pass(Duration::seconds(input.u8()));
        break;
      case 6:
        client_.set_offered_servers(std::span(servers).first(what / 8 % 3), host_.now);
        client_.synchronise(host_.now);
        break;
      default:
        if (what / 8 % 3 == 0) client_.stop();
        if (what / 8 % 3 == 1) static_cast<void>(client_.start(host_.now));
        if (what / 8 % 3 == 2)
          client_.set_server(what / 24 % 3, input.flag() ? servers[2] : IpAddress(), host_.now);
    }
    host_.settle();
    check();
  }
  void end() {
    client_.stop();
    require(client_.poll(host_.now).is_never(), "stopped for good");
    host_.end();
  }

 private:
  struct Request {
    std::uint16_t port = 0;
    std::uint64_t cookie = 0;
    Instant at;
  };
  static sntp::Config config_of(std::uint8_t what) {
    sntp::Config chosen = config;
    if ((what & 1) != 0) chosen.sync_mode = sntp::SyncMode::smooth;
    if ((what & 2) != 0) chosen.compared = 1;
    if ((what & 4) != 0) chosen.startup_delay = Duration();
    return chosen;
  }
  void sent(Bytes frame) {
    if (frame.size() < 42 || load16(frame.data() + 12) != 0x0800 || frame[23] != 17) return;
    if (load16(frame.data() + 36) != sntp::ntp_port) return;
    const Bytes message = frame.subspan(42);
    require(message.size() == 48 && message[0] == 0x23, "a request of a client");
    for (std::size_t i = 1; i < 40; ++i) require(message[i] == 0, "that tells nothing of it");
    const IpAddress to = IpAddress::v4(frame.subspan<30, 4>());
    for (std::size_t i = 0; i < servers.size(); ++i) {
      if (servers[i] == to) last_[i] = {load16(frame.data() + 34), load64(message.data() + 40), host_.now};
    }
    ++requests_;
  }
  void answer(Input& input, unsigned what) {
    const std::size_t which = what % 3;
    const std::uint8_t how = input.u8();
    const bool right_cookie = (how & 3) != 3;
    const bool right_port = (how & 12) != 12;
    sntp::Message message{.leap = static_cast<sntp::Leap>((how & 0x30) == 0x30 ? 3 : 0),
                          .mode = (how & 0xc0) == 0xc0 ? static_cast<sntp::PacketMode>(input.u8() & 7)
                                                       : sntp::PacketMode::server,
                          .stratum = static_cast<std::uint8_t>(input.below(18)),
                          .root_delay = input.u16(),
                          .root_dispersion = input.u16(),
                          .reference_id = sntp::kiss::rate,
                          .origin = right_cookie ? last_[which].cookie : input.u64()};
    message.receive = std::uint64_t{input.u32()} << 32;
    message.transmit = message.receive + (std::uint64_t{input.u16()} << 17);
    if (input.flag()) message.reference_id = input.flag() ? sntp::kiss::deny : input.u32();
    std::array<std::uint8_t, sntp::message_size> bytes;
    message.write(bytes);
    const std::uint16_t port = right_port ? last_[which].port : input.u16();
    if (message.origin == last_[which].cookie && port == last_[which].port && port != 0) ++genuine_;
    host_.deliver_udp({servers[which], sntp::ntp_port}, {our_address, port}, bytes);
  }
  void check() {
    const auto time = client_.unix_time(host_.now);
    require(!time || genuine_ > 0, "RFC 4330 5: no time but in answer to our own request");
    if (time) require(*time >= sntp::default_earliest, "of an era that can be");
    const auto seconds = static_cast<std::uint64_t>((host_.now - began_).as_seconds());
    // Taken away and set again, a server is a new one.
    require(requests_ <= (seconds / 15 + 1) * 4 + 2 * ++steps_,
            "RFC 4330 10: not every 15 seconds more than once");
  }

  Host host_;
  Arena arena_;
  sntp::Client client_;
  Instant began_ = host_.now;
  std::array<Request, 3> last_{};
  std::uint64_t genuine_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.u8());
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
