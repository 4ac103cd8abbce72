// SPDX-License-Identifier: Apache-2.0
// An agent of Multicast DNS on a stack's link, where others say anything by UDP, links and addresses come and
// go, and its owner changes things: what it sends is for this link alone, and when it stops nothing is left.
#include <array>
#include <memory>

#include "fuzz/host.hpp"
#include "fuzz/mdns_messages.hpp"
#include "services/mdns/agent.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr mdns::Config config{
    .hosts = 2, .addresses = 3, .services = 2, .queries = 4, .cache_records = 8, .record_size = 200};
alignas(
    Arena::alignment) std::array<std::uint8_t, mdns::Agent::memory_needed(config) + Arena::alignment> memory;
constexpr IpAddress second_address = IpAddress::v4(198, 51, 100, 9);
constexpr std::array<IpAddress, 4> askers{peer_address, far_address, our_address,
                                          IpAddress::v4(198, 51, 100, 20)};

class Run {
 public:
  explicit Run(std::uint8_t what)
      : host_(0x5a), arena_(memory), agent_(host_.stack, host_.interface, config, arena_) {
    require(!arena_.exhausted(), "memory_needed is enough");
    host_.link.on_sent = [](void* self, Bytes frame) { static_cast<Run*>(self)->sent(frame); };
    host_.link.context = this;
    host_.service = [](void* self, Instant now) { return static_cast<Run*>(self)->agent_.poll(now); };
    host_.context = this;
    start((what & 1) != 0);
    if ((what & 2) != 0) add_service();
    if ((what & 4) != 0) host_.pass(Duration::seconds(5));
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    switch (what % 8) {
      case 0:
        deliver(input.bytes(input.u8()), input);
        break;
      case 1:
      case 2:
      case 3:
        deliver(put_mdns_message(input, room_), input);
        break;
      case 4:
        host_.pass(Duration::milliseconds(input.u16() % 2000));
        break;
      case 5:
        host_.pass(Duration::seconds(input.u8()));
        break;
      default:
        call(what / 8, input);
    }
    host_.settle();
    require(agent_.machine().querier().cache().used() <= config.cache_records, "the cache is bounded");
  }
  void end() {
    host_.link.up = true;
    host_.link.busy = false;
    stop();
    require(agent_.poll(host_.now).is_never(), "stopped for good");
    require(agent_.machine().querier().cache().used() == 0, "nothing is kept");
    static_cast<void>(host_.stack.ip().remove_address(host_.interface, second_address));
    host_.end();
  }

 private:
  void start(bool named) {
    const bool was = agent_.running();
    require(agent_.start(named ? "host" : "", host_.now) == !was, "a socket and memory, once");
  }
  void stop() {
    agent_.stop(host_.now);
    host_.settle();
  }
  void add_service() {
    const auto service = agent_.machine().responder().add_service(
        {.instance = "Web", .type = "_http._tcp", .port = 80}, host_.now);
    if (service) service_ = *service;
  }
  void deliver(Bytes message, Input& input) {
    const std::uint8_t how = input.u8();
    const Endpoint from{askers[how % askers.size()],
                        (how & 0x30) == 0x30 ? std::uint16_t{40000} : mdns::port};
    const bool to_group = (how & 0x40) == 0;
    const std::uint32_t before = counted();
    const bool ours = agent_.running() && !from_us(from.address);
    host_.deliver_udp(from, {to_group ? mdns::group_v4 : our_address, mdns::port}, message);
    if (to_group && ours && host_.link.up)
      require(counted() <= before + 1, "each message is counted once at most");
  }
  bool from_us(const IpAddress& address) { return host_.stack.ip().is_own(address); }
  std::uint32_t counted() const {
    const mdns::Status status = agent_.status();
    std::uint32_t count = status.received;
    for (const std::uint32_t drops : status.drops) count += drops;
    return count;
  }
  void call(unsigned what, Input& input) {
    mdns::Machine& machine = agent_.machine();
    ip::Ip& ip = host_.stack.ip();
    switch (what % 12) {
      case 0:
        host_.link.up = !host_.link.up;
        return;
      case 1:
        host_.link.busy = !host_.link.busy;
        return;
      case 2:
        static_cast<void>(ip.add_address(host_.interface, {second_address, 24}, false, host_.now));
        return;
      case 3:
        static_cast<void>(ip.remove_address(host_.interface, second_address));
        return;
      case 4:
        static_cast<void>(agent_.set_host_name(input.flag() ? "host" : "x", host_.now));
        return;
      case 5:
        return add_service();
      case 6:
        static_cast<void>(machine.responder().remove_service(service_, host_.now));
        return;
      case 7:
        static_cast<void>(machine.querier().query(mdns_name(input), mdns_type(input), host_.now));
        return;
      case 8: {
        const auto lookup = machine.lookup(mdns_name(input), dns::Families::both, host_.now);
        if (lookup && input.flag()) machine.release(*lookup);
        return;
      }
      case 9:
        agent_.leave(host_.now);
        return;
      case 10:
        return stop();
      default:
        if (!agent_.running()) start(input.flag());
    }
  }
  void sent(Bytes frame) {
    if (frame.size() < 42 || load16(frame.data() + 12) != 0x0800 || frame[23] != 17) return;
    require(load16(frame.data() + 34) == mdns::port, "what it sends comes from port 5353");
    require(frame[22] == mdns::hop_limit, "RFC 6762 11: with a TTL of 255");
    const IpAddress to = IpAddress::v4(frame.subspan<30, 4>());
    const auto message = mdns::Message::parse(frame.subspan(42));
    require(message && message->header().opcode() == 0 && message->header().rcode() == 0, "a message");
    require(frame.size() - 42 <= config.message_size, "no longer than it may be");
    const bool response = message->header().is_response();
    message->for_each_record([&](const mdns::Record& record) {
      require(message->data_of(record, scratch_).has_value(), "records with data");
      require(response || !record.flush, "no cache-flush bit in a query");
    });
    if (to.is_multicast()) {
      require(to == mdns::group_v4 && load16(frame.data() + 36) == mdns::port,
              "to the group, or to one host");
      return;
    }
    require(response, "questions go to all");
    const auto path = host_.stack.ip().path(to, {}, host_.interface);
    require(path && path->next_hop.bytes() == to.bytes(),
            "RFC 6762 11: one host is answered on this link alone");
  }
  Host host_;
  Arena arena_;
  mdns::Agent agent_;
  mdns::ServiceHandle service_;
  std::array<std::uint8_t, 1500> room_{};
  std::array<std::uint8_t, mdns::maximum_data> scratch_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto run = std::make_unique<Run>(input.u8());
  for (int steps = 0; steps < 200 && !input.empty(); ++steps) run->step(input);
  run->end();
  return 0;
}
