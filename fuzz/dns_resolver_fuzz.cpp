// SPDX-License-Identifier: Apache-2.0
// A resolver against servers and forgers: what was not an answer to its own query is never taken for one.
#include <array>
#include <vector>

#include "fuzz/dns_answers.hpp"
#include "fuzz/host.hpp"
#include "services/dns/resolver.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dns::Error;

namespace {

constexpr dns::Config config{.queries = 4, .cache_entries = 3, .tries = 2};
constexpr dns::Config strict{.queries = 4, .cache_entries = 3, .tries = 2, .refuse_local_answers = true};
alignas(Arena::alignment)
    std::array<std::uint8_t, dns::Resolver::memory_needed(config) + Arena::alignment> memory;
constexpr std::array<IpAddress, 3> servers{peer_address, far_address, IpAddress::v4(192, 0, 2, 77)};
constexpr std::array<std::string_view, 6> names{"www.example", "a.b",         "localhost",
                                                "192.0.2.9",   "x.localhost", "bad..name"};

struct Query {
  IpAddress server;
  std::uint16_t port = 0;
  std::uint16_t id = 0;
  std::uint16_t record_type = 0;
  std::array<std::uint8_t, 300> question{};
  std::size_t question_size = 0;
};

class Run {
 public:
  explicit Run(std::uint8_t what)
      : host_(0x5a),
        arena_(memory),
        local_refused_((what & 1) != 0),
        resolver_(host_.stack, local_refused_ ? strict : config, arena_) {
    for (std::size_t i = 0; i < servers.size(); ++i)
      require(resolver_.set_server(i, servers[i]), "room for a server");
    host_.link.on_sent = [](void* self, Bytes frame) { static_cast<Run*>(self)->sent(frame); };
    host_.link.context = this;
    host_.service = [](void* self, Instant now) { return static_cast<Run*>(self)->resolver_.poll(now); };
    host_.context = this;
    resolve(names[what / 2 % names.size()], families_of(what / 12));
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    switch (what % 10) {
      case 0:
        resolve(names[input.below(names.size())], families_of(what / 10));
        break;
      case 1: {
        const Bytes text = input.bytes(input.below(64));
        resolve({reinterpret_cast<const char*>(text.data()), text.size()}, families_of(what / 10));
        break;
      }
      case 2:
      case 3:
      case 4:
        answer(input, what / 10 % 2 != 0);
        break;
      case 5:
        host_.deliver_udp({servers[input.below(3)], dns::server_port}, {our_address, query_.port},
                          input.bytes(input.u8()));
        break;
      case 6:
        host_.pass(Duration::milliseconds(input.u16()));
        break;
      case 7:
        host_.pass(Duration::seconds(input.u8()));
        break;
      case 8:
        release(what / 10);
        break;
      default: {
        const std::size_t index = what / 10 % 5;
        const bool known = resolver_.set_server(index, input.flag() ? servers[index % 3] : IpAddress());
        require(known == (index < dns::Resolver::maximum_servers), "indices 0 to 3");
      }
    }
    host_.settle();
    check();
  }
  void end() {
    while (!handles_.empty()) release(0);
    require(resolver_.lookups() == 0, "no lookup without a handle");
    resolver_.clear_cache();
    host_.end();
  }

 private:
  static dns::Families families_of(unsigned what) {
    return std::array{dns::Families::v4, dns::Families::both, dns::Families::v6}[what % 3];
  }
  struct Handle {
    dns::QueryHandle handle;
    dns::Families families = dns::Families::v4;
    bool literal = false;   // text of an address, or a name that means this host
    bool own_host = false;  // it was known at once: an address as text may be any
  };
  void resolve(std::string_view name, dns::Families families) {
    const auto made = resolver_.resolve(name, host_.now, families);
    if (!made) {
      require(made.error() == Error::bad_name || made.error() == Error::not_ascii ||
                  made.error() == Error::no_server ||
                  made.error() == Error::no_memory,
              "why it cannot begin");
      return;
    }
    const bool asked = resolver_.result(*made).error() == Error::pending && !resolver_.result(*made);
    handles_.push_back(
        {.handle = *made, .families = families, .literal = !asked && genuine_ == 0, .own_host = !asked});
    host_.settle();
  }
  void release(std::size_t which) {
    if (handles_.empty()) return;
    which %= handles_.size();
    resolver_.release(handles_[which].handle);
    handles_.erase(handles_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void sent(Bytes frame) {
    if (frame.size() < 42 || load16(frame.data() + 12) != 0x0800 || frame[23] != 17) return;
    if (load16(frame.data() + 36) != dns::server_port) return;
    Bytes message = frame.subspan(42);
    require(message.size() >= 12 + 1 + 4 && load16(message.data() + 2) == 0x0100, "a recursive query");
    if (load16(message.data() + 10) == 1) message = message.first(message.size() - dns::options_size);
    const std::uint16_t record_type = load16(message.data() + message.size() - 4);
    require(load16(message.data() + 4) == 1 && load16(message.data() + message.size() - 2) == dns::class_in,
            "one question");
    require(record_type == dns::type::a || record_type == dns::type::aaaa, "for A or AAAA records");
    Query& query = record_type == dns::type::a ? last_a_ : last_aaaa_;
    query.server = IpAddress::v4(frame.subspan<30, 4>());
    query.port = load16(frame.data() + 34);
    query.id = load16(message.data());
    query.record_type = record_type;
    query.question_size = message.size() - 12;
    copy_bytes(query.question.data(), message.subspan(12));
    query_ = query;
  }
  /// `other`: to the last query for the other record type.
  void answer(Input& input, bool other) {
    std::array<std::uint8_t, longest_dns_answer> bytes{};
    if (other) query_ = query_.record_type == dns::type::a ? last_aaaa_ : last_a_;
    const std::uint8_t how = input.u8();
    const bool right_id = (how & 7) != 7;
    const bool right_port = (how & 0x38) != 0x38;
    const bool right_server = (how & 0xc0) != 0xc0;
    const std::uint16_t id = right_id ? query_.id : input.u16();
    const std::size_t size = put_dns_answer(input, bytes.data(), id, Bytes(query_.question).first(query_.question_size),
                                            query_.record_type);
    const bool genuine = id == query_.id && right_port && right_server && query_.port != 0;
    if (genuine) ++genuine_;
    const IpAddress from = right_server ? query_.server : IpAddress::v4(203, 0, 113, 1);
    const std::uint16_t to = right_port ? query_.port : input.u16();
    if (!right_port && to == query_.port) ++genuine_;
    host_.deliver_udp({from.is_v4() ? from : peer_address, dns::server_port}, {our_address, to},
                      Bytes(bytes).first(size));
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
      require(!result->addresses().empty(), "a result has addresses");
      for (const IpAddress& address : result->addresses()) {
        const bool local = address.is_loopback() || (address.is_v6() && address.is_link_local());
        const bool wanted =
            dns::has(handle.families, address.is_v4() ? dns::Families::v4 : dns::Families::v6);
        require(wanted || handle.own_host, "of a family that is wanted, or an address as text");
        require(!local || !local_refused_ || handle.own_host,
                "addresses of this host are refused where that is wanted");
      }
      require(handle.literal || genuine_ > 0,
              "RFC 5452 9.1: nothing but an answer to our own query resolves a name");
    }
  }

  Host host_;
  Arena arena_;
  bool local_refused_;
  dns::Resolver resolver_;
  std::vector<Handle> handles_;
  Query query_;  // the one that answers are made for
  Query last_a_;
  Query last_aaaa_;
  std::uint64_t genuine_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.u8());
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
