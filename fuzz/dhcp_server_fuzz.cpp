// SPDX-License-Identifier: Apache-2.0
// A DHCP server against clients that say anything, while time goes by: no address is two clients'.
#include <array>

#include "fuzz/host.hpp"
#include "services/dhcps/server.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dhcp::MessageType;

namespace {

dhcps::Config config_of(std::uint8_t what) {
  dhcps::Config config;
  config.first = IpAddress::v4(192, 0, 2, 50);
  config.last = IpAddress::v4(192, 0, 2, 53);
  config.leases = 5;
  config.authoritative = (what & 1) != 0;
  if ((what & 2) != 0) config.probe_time = Duration();
  config.lease_time = Duration::seconds(120);
  return config;
}

class Run {
 public:
  explicit Run(std::uint8_t what)
      : host_(0x5a), arena_(memory()), server_(host_.stack, host_.interface, config_of(what), arena_) {
    host_.link.on_sent = [](void* self, Bytes frame) { static_cast<Run*>(self)->sent(frame); };
    host_.link.context = this;
    host_.service = [](void* self, Instant now) { return static_cast<Run*>(self)->server_.poll(now); };
    host_.context = this;
    require(server_.start(), "memory and a socket");
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
      case 3:
        ask(static_cast<MessageType>(1 + what / 8 % 9), input);
        break;
      case 4:
        deliver(input.bytes(input.u8()));
        break;
      case 5:
        host_.pass(Duration::milliseconds(input.u16()));
        break;
      case 6:
        host_.pass(Duration::seconds(input.u8()));
        break;
      default:
        if (what / 8 % 2 == 0)
          static_cast<void>(server_.restore(input.bytes(input.u8()), Duration(), host_.now));
        if (what / 8 % 2 == 1) keep();
        while (server_.take_news()) {
        }
    }
    check();
  }
  void end() {
    server_.stop();
    host_.end();
  }

 private:
  static MutableBytes memory() {
    alignas(Arena::alignment) static std::array<std::uint8_t, 16384> bytes;
    return bytes;
  }
  void ask(MessageType type, Input& input) {
    std::array<std::uint8_t, 600> bytes;
    const std::uint8_t how = input.u8();
    MacAddress mac = peer_mac;
    mac.bytes[5] = static_cast<std::uint8_t>(input.below(8));
    const IpAddress address = IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(48 + input.below(8)));
    dhcp::MessageWriter writer(bytes,
                               dhcp::RequestHeader{.xid = input.u16(),
                                                   .broadcast = (how & 1) != 0,
                                                   .ciaddr = (how & 2) != 0 ? address : IpAddress::any_v4(),
                                                   .mac = mac},
                               type);
    if ((how & 4) != 0) writer.address(dhcp::option::requested_address, address);
    if ((how & 8) != 0) writer.address(dhcp::option::server_id, (how & 16) != 0 ? peer_address : our_address);
    if ((how & 32) != 0) writer.bytes(dhcp::option::client_id, input.bytes(input.below(40)));
    if ((how & 64) != 0) writer.bytes(dhcp::option::host_name, input.bytes(input.below(70)));
    const Bytes message = writer.finish();
    if ((how & 128) != 0 && message.size() > 28) {  // through a relay
      const std::array<std::uint8_t, 4> relay{192, 0, 2, 1};
      copy_bytes(bytes.data() + 24, relay);
    }
    deliver(message);
  }
  void deliver(Bytes message) {
    before_ = answers_;
    host_.deliver_udp({IpAddress::any_v4(), dhcp::client_port},
                      {IpAddress::broadcast_v4(), dhcp::server_port}, message);
    require(answers_ <= before_ + 1, "one answer at most");
  }
  void sent(Bytes frame) {
    if (frame.size() < 42 || load16(frame.data() + 12) != 0x0800 || frame[23] != 17) return;
    if (load16(frame.data() + 34) != dhcp::server_port || load16(frame.data() + 36) == 9) return;
    const auto message = dhcp::Message::parse(frame.subspan(42));
    require(message && message->op() == dhcp::Op::reply, "what a server sends is well-formed");
    require(message->address(dhcp::option::server_id) == our_address,
            "RFC 2131 Table 3: MUST name the server");
    const bool lease = message->type() == MessageType::offer ||
                       (message->type() == MessageType::ack && !message->yiaddr().is_unspecified());
    require(lease == message->u32(dhcp::option::lease_time).has_value(),
            "RFC 2131 Table 3: a time of each lease");
    ++answers_;
  }
  void keep() {
    std::array<std::uint8_t, 1024> kept;
    const std::size_t size = server_.save(kept, host_.now);
    require(server_.restore(Bytes(kept).first(size), Duration(), host_.now), "what was saved is read");
  }
  void check() {
    const auto leases = server_.leases();
    for (std::size_t i = 0; i < leases.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (leases[i].address.is_unspecified()) continue;
        require(leases[i].address != leases[k].address, "no address is in two rows");
      }
      if (leases[i].state == dhcps::LeaseState::bound)
        require(leases[i].until > host_.now, "no lease beyond its end");
      require(leases[i].address != our_address, "our own address is nobody's");
    }
  }

  Host host_;
  Arena arena_;
  dhcps::Server server_;
  std::uint64_t answers_ = 0;
  std::uint64_t before_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.u8());
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
