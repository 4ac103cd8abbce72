// SPDX-License-Identifier: Apache-2.0
// A machine of Multicast DNS on a link where others say anything, while time goes by and its owner changes
// things.
#include <array>
#include <memory>
#include <vector>

#include "fuzz/mdns_messages.hpp"
#include "services/mdns/machine.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

constexpr mdns::Config config{
    .hosts = 2, .addresses = 3, .services = 2, .queries = 4, .cache_records = 8, .record_size = 200};

class Run {
 public:
  explicit Run(std::uint8_t what)
      : random_(Random::Seed{what, 1}),
        memory_(mdns::Machine::memory_needed(config) + Arena::alignment),
        arena_(memory_),
        machine_(config, arena_, random_, std::uint8_t{2}) {
    require(!arena_.exhausted(), "memory_needed is enough");
    machine_.start(now_);
    host_ = machine_.responder().add_host("host", now_).value();
    set_addresses(1);
    add_service();
    query_ =
        machine_.querier().query(*mdns::name_from_text("_http._tcp.local"), mdns::type::ptr, now_).value();
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    switch (what % 8) {
      case 0:
      case 1:
        deliver(input.bytes(input.u16() % 1500u), input);
        break;
      case 2:
      case 3:
        deliver(put_mdns_message(input, room_), input);
        break;
      case 4:
        pass(Duration::milliseconds(input.u16() % 2000));
        break;
      case 5:
        pass(Duration::seconds(input.u16()));
        break;
      default:
        call(what / 8, input);
    }
    pump();
  }
  void end() {
    machine_.stop(now_);
    pump();
    machine_.halt();
    pump();
    require(machine_.next_deadline().is_never() || machine_.querier().find(query_) != nullptr,
            "nothing is left to do");
    require(machine_.querier().cache().used() == 0, "nothing is kept");
  }

 private:
  void set_addresses(std::uint8_t what) {
    const std::array<IpAddress, 2> all = {IpAddress::v4(192, 0, 2, what), IpAddress::v4(192, 0, 2, 200)};
    static_cast<void>(machine_.responder().set_addresses(host_, std::span(all).first(what % 3u), now_));
  }
  void add_service() {
    const auto service =
        machine_.responder().add_service({.instance = "Web", .type = "_http._tcp", .port = 80}, now_);
    if (service) service_ = *service;
  }
  void deliver(Bytes bytes, Input& input) {
    const std::uint8_t how = input.u8();
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());  // so that a read past the end is seen
    const mdns::Arrival arrival{
        .source = {IpAddress::v4(192, 0, 2, how % 8u), (how & 0x80) != 0 ? std::uint16_t{40000} : mdns::port},
        .multicast = (how & 0x10) == 0,
        .on_link = (how & 0x20) == 0};
    const std::uint32_t before = counted();
    const bool taken = machine_.receive(exact, arrival, now_);
    require(counted() == before + 1, "each message is taken or counted once");
    if (!taken) return;
    require(machine_.querier().cache().used() <= config.cache_records, "the cache is bounded");
  }
  std::uint32_t counted() const {
    const mdns::Status status = machine_.status();
    std::uint32_t count = status.received;
    for (const std::uint32_t drops : status.drops) count += drops;
    return count;
  }
  void call(unsigned what, Input& input) {
    switch (what % 8) {
      case 0:
        return set_addresses(input.u8());
      case 1:
        return static_cast<void>(machine_.responder().remove_service(service_, now_));
      case 2:
        return add_service();
      case 3:
        return machine_.halt();
      case 4:
        return machine_.start(now_);
      case 5:
        return static_cast<void>(
            machine_.responder().set_host_name(host_, input.flag() ? "host" : "x", now_));
      case 6: {
        const auto lookup = machine_.lookup(mdns_name(input), dns::Families::both, now_);
        if (lookup && input.flag()) machine_.release(*lookup);
        return;
      }
      default:
        return machine_.stop(now_);
    }
  }
  void pass(Duration duration) {
    const Instant end = now_ + duration;
    for (unsigned turns = 0; turns < 2000; ++turns) {
      pump();
      if (machine_.next_deadline() > end) break;
      now_ = std::max(now_, machine_.next_deadline());
    }
    now_ = end;
  }
  void pump() {
    unsigned messages = 0;
    while (const auto message = machine_.next_message(now_)) {
      require(++messages < 100, "no end of messages");
      require(message->message.size() <= config.message_size, "no message is too long");
      const auto parsed = mdns::Message::parse(message->message);
      require(parsed && parsed->header().opcode() == 0 && parsed->header().rcode() == 0,
              "our messages are well-formed");
      const bool response = parsed->header().is_response();
      require(!message->to || response, "questions go to all");
      parsed->for_each_record([&](const mdns::Record& record) {
        require(parsed->data_of(record, scratch_).has_value(), "and so is their data");
        require(response || !record.flush, "no cache-flush bit in a query");
      });
    }
    require(machine_.next_deadline() > now_, "all that is due has been done");
  }

  Random random_;
  std::vector<std::uint8_t> memory_;
  Arena arena_;
  mdns::Machine machine_;
  mdns::HostHandle host_;
  mdns::ServiceHandle service_;
  mdns::QueryHandle query_;
  Instant now_ = Instant::from_microseconds(1000000);
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
