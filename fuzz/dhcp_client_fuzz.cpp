// SPDX-License-Identifier: Apache-2.0
// A DHCP client against servers that say anything, some of it in answer to what it asked, while time goes by;
// or one that only asks for parameters, of a host with an address of its own.
#include <array>

#include "fuzz/host.hpp"
#include "services/dhcp/client.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dhcp::MessageType;

namespace {

constexpr dhcp::Config fast{.probe = dhcp::Probe::none};
constexpr dhcp::Config careful{.host_name = "host",
                               .probe = dhcp::Probe::full,
                               .classless_routes = true,
                               .use_unconfirmed_lease = true,
                               .startup_delay = Duration::seconds(10)};
alignas(
    Arena::alignment) std::array<std::uint8_t, dhcp::Client::memory_needed(fast) + Arena::alignment> memory;

class Run {
 public:
  explicit Run(std::uint8_t what)
      : host_(0x5a, false),
        arena_(memory),
        client_(host_.stack, host_.interface, (what & 1) != 0 ? careful : fast, arena_),
        informs_((what & 4) != 0) {
    host_.link.on_sent = [](void* self, Bytes frame) { static_cast<Run*>(self)->sent(frame); };
    host_.link.context = this;
    host_.service = [](void* self, Instant now) { return static_cast<Run*>(self)->client_.poll(now); };
    host_.context = this;
    if (informs_)
      require(host_.stack.ip().add_address(host_.interface, own, false, host_.now), "its own address");
    start((what & 2) != 0);
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    switch (what % 10) {
      case 0:
      case 1:
        answer(MessageType::offer, input);
        break;
      case 2:
      case 3:
        answer(MessageType::ack, input);
        break;
      case 4:
        answer(MessageType::nak, input);
        break;
      case 5: {
        const Bytes raw = input.bytes(input.u8());
        deliver(raw);
        break;
      }
      case 6: {
        std::array<std::uint8_t, 4> sender{192, 0, 2, static_cast<std::uint8_t>(50 + input.below(4))};
        host_.deliver_arp(static_cast<std::uint16_t>(1 + input.below(2)), peer_mac, sender, sender);
        host_.settle();
        break;
      }
      case 7:
        host_.pass(Duration::milliseconds(input.u16()));
        break;
      case 8:
        host_.pass(Duration::seconds(input.u8() * 8));
        break;
      default:
        if (what / 10 % 4 == 0) host_.link.up = !host_.link.up;
        if (what / 10 % 4 == 1) client_.stop(host_.now, (what & 1) != 0);
        if (what / 10 % 4 == 2) start((what & 1) != 0);
        if (what / 10 % 4 == 3) client_.link_changed((what & 1) != 0, host_.now);
        host_.settle();
    }
    check();
  }
  void end() {
    host_.link.up = true;
    host_.settle();
    client_.stop(host_.now, true);
    require(client_.status().state == dhcp::State::stopped && client_.poll(host_.now).is_never(),
            "stopped for good");
    require(addresses() == (informs_ ? 1u : 0u), "the address is gone, unless it is the owner's");
    if (informs_) host_.stack.ip().remove_address(host_.interface, own.address);
    host_.end();
    require(addresses() == 0, "the owner's was the last");
    for (const ip::Route& route : host_.stack.ip().routes())
      require(route.interface != host_.interface, "and its routes");
  }

 private:
  static constexpr Prefix own{IpAddress::v4(192, 0, 2, 9), 24};

  void start(bool remembered) {
    const auto address = remembered ? std::optional(IpAddress::v4(192, 0, 2, 50)) : std::nullopt;
    static_cast<void>(informs_ ? client_.inform(host_.now) : client_.start(host_.now, address));
    host_.settle();
  }
  /// What the client says is read by a server's eyes.
  void sent(Bytes frame) {
    if (frame.size() < 42 || load16(frame.data() + 12) != 0x0800 || frame[23] != 17) return;
    if (load16(frame.data() + 36) != dhcp::server_port) return;
    const auto message = dhcp::Message::parse(frame.subspan(42));
    require(message.has_value() && message->op() == dhcp::Op::request, "what a client sends is well-formed");
    require(message->mac() == our_mac && frame.size() - 42 >= 300,
            "RFC 951 3: with its address, and long enough");
    const MessageType type = message->type();
    const bool of_lease = type == MessageType::discover || type == MessageType::request ||
                          type == MessageType::decline || type == MessageType::release;
    require(informs_ ? type == MessageType::inform : of_lease,
            "RFC 2131 Table 3: of the types that a client sends");
    require(message->xid() != 0, "a transaction has a number");
    if (type == MessageType::release || type == MessageType::decline) {
      require(message->address(dhcp::option::server_id).has_value(),
              "RFC 2131 Table 5: MUST name the server");
    }
    xid_ = message->xid();
    ++messages_;
  }
  void answer(MessageType type, Input& input) {
    std::array<std::uint8_t, 700> bytes{};
    const std::uint8_t how = input.u8();
    bytes[0] = 2;
    bytes[1] = 1;
    bytes[2] = 6;
    store32(bytes.data() + 4, (how & 0xf0) != 0xf0 ? xid_ : input.u32());
    const std::array<std::uint8_t, 4> offered{192, 0, 2, static_cast<std::uint8_t>(50 + input.below(4))};
    copy_bytes(bytes.data() + 16, offered);
    copy_bytes(bytes.data() + 28, our_mac.bytes);
    store32(bytes.data() + 236, dhcp::magic_cookie);
    std::size_t at = 240;
    const auto option = [&](std::uint8_t code, std::uint32_t value) {
      bytes[at] = code;
      bytes[at + 1] = 4;
      store32(bytes.data() + at + 2, value);
      at += 6;
    };
    bytes[at++] = 53;
    bytes[at++] = 1;
    bytes[at++] = static_cast<std::uint8_t>(type);
    if ((how & 1) == 0) option(54, 0xc0000200u + 1 + (how >> 4 & 1));
    if ((how & 2) == 0) option(51, (how & 8) != 0 ? input.u32() : 60u + input.u16());
    if ((how & 4) == 0) option(1, 0xffffff00u);
    if ((how & 0x10) != 0) option(3, 0xc00002feu);
    if ((how & 0x20) != 0) option(58, input.u16());
    if ((how & 0x40) != 0) option(59, input.u16());
    const Bytes more = input.bytes(input.below(128));
    copy_bytes(bytes.data() + at, more);
    at += more.size();
    bytes[at++] = 255;
    deliver(Bytes(bytes).first(at));
  }
  void deliver(Bytes message) {
    ++delivered_;
    host_.deliver_udp({IpAddress::v4(192, 0, 2, 1), dhcp::server_port},
                      {IpAddress::broadcast_v4(), dhcp::client_port}, message);
  }
  std::size_t addresses() {
    std::size_t count = 0;
    for (const auto& view : host_.stack.ip().addresses()) count += view.interface == host_.interface ? 1 : 0;
    return count;
  }
  void check() {
    const dhcp::Status status = client_.status();
    require(addresses() <= 1, "one address at most");
    const bool bound = status.state == dhcp::State::bound || status.state == dhcp::State::renewing ||
                       status.state == dhcp::State::rebinding;
    require(!bound || status.lease != nullptr, "RFC 2131 Figure 5: a lease while bound");
    if (status.lease != nullptr) {
      require(addresses() == 1, "a lease in force has its address");
      require(status.renew_at <= status.rebind_at && status.rebind_at <= status.expires_at,
              "RFC 2131 4.4.5: in order");
      require(status.expires_at > host_.now, "no lease is used after its end");
    }
    // A storm would be worse than no address. Link changes and calls count as messages that came.
    const auto seconds = static_cast<std::uint64_t>((host_.now - began_).as_seconds());
    require(messages_ <= 16 + 4 * (delivered_ + ++steps_) + seconds, "no storm of messages");
  }

  Host host_;
  Arena arena_;
  dhcp::Client client_;
  bool informs_;
  Instant began_ = host_.now;
  std::uint32_t xid_ = 1;
  std::uint64_t messages_ = 0;
  std::uint64_t delivered_ = 0;
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
