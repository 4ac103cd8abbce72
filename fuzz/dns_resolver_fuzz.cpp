// SPDX-License-Identifier: Apache-2.0
// A resolver against servers and forgers: what was not an answer to its own query is never taken for one.
// Some runs ask by secure streams alone, some where they can; search lists and static names change meanwhile.
#include <array>
#include <vector>

#include "fuzz/dns_streams.hpp"
#include "fuzz/host.hpp"
#include "services/dns/resolver.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dns::Error;

namespace {

constexpr dns::Config config{.queries = 4, .cache_entries = 3, .tries = 2, .secure_servers = 4};
constexpr dns::Config strict{
    .queries = 4, .cache_entries = 3, .tries = 2, .secure_servers = 4, .refuse_local_answers = true};
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
    host_.service = [](void* self, Instant now) { return static_cast<Run*>(self)->serve(now); };
    host_.context = this;
    if (what >= 216) use_streams(what >= 252 ? dns::Privacy::opportunistic : dns::Privacy::strict);
    resolve(names[what / 2 % names.size()], families_of(what / 12));
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    if (what >= 250) {
      change_names(input, what - 250u);
      host_.settle();
      return check();
    }
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
        if (by_stream() && what / 10 % 2 != 0) {
          say(streams_[what / 20 % 4], input.bytes(input.u8()));
          break;
        }
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
        if (by_stream() && what / 10 % 5 < 4) {
          change_stream(input, streams_[what / 10 % 5]);
          break;
        }
        const std::size_t index = what / 10 % 5;
        const bool known = resolver_.set_server(index, input.flag() ? servers[index % 3] : IpAddress());
        require(known == (index < dns::Resolver::maximum_servers), "indices 0 to 3");
      }
    }
    host_.settle();
    check();
  }
  void end() {
    for (std::size_t i = 0; i < streams_.size(); ++i) resolver_.set_secure_stream(i, nullptr);
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
  bool by_stream() const { return resolver_.privacy() != dns::Privacy::off; }
  void use_streams(dns::Privacy privacy) {
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      streams_[i].context = this;
      streams_[i].asked = [](void* self, DnsStream& stream, Bytes question) {
        static_cast<Run*>(self)->asked_by(stream, question);
      };
      require(resolver_.set_secure_stream(i, &streams_[i]), "room for a stream");
    }
    resolver_.set_privacy(privacy);
  }
  /// Bytes for a resolver are there: whoever drives it asks it again.
  Instant serve(Instant now) {
    const Instant next = resolver_.poll(now);
    for (const DnsStream& stream : streams_) {
      if (stream.waits()) return now;
    }
    return next;
  }
  void say(DnsStream& stream, Bytes bytes) {
    if (bytes.empty()) return;
    ++genuine_;  // nobody but the server speaks there
    stream.say(bytes);
  }
  static void change_stream(Input& input, DnsStream& stream) {
    using dns::StreamState;
    constexpr std::array states{StreamState::open, StreamState::opening, StreamState::ended,
                                StreamState::failed};
    const std::uint8_t how = input.u8();
    stream.as_opened = states[how % 4];
    if ((how & 4) != 0) stream.state = states[how / 8 % 4];
    stream.takes = static_cast<std::uint8_t>(1 + input.below(255));
    stream.gives = static_cast<std::uint8_t>(1 + input.below(255));
  }
  void asked_by(DnsStream& stream, Bytes message) {
    const std::size_t index = static_cast<std::size_t>(&stream - streams_.data());
    query_.server = resolver_.server(index);
    query_.port = 853;
    query_.id = load16(message.data());
    std::size_t end = 12;
    while (message[end] != 0) end += 1u + message[end];
    query_.record_type = load16(message.data() + end + 1);
    query_.question_size = end + 5 - 12;
    copy_bytes(query_.question.data(), message.subspan(12, query_.question_size));
    stream_ = &stream;
  }
  /// Search lists and tables of static names as they come from people and networks.
  void change_names(Input& input, unsigned what) {
    const Bytes text = input.bytes(input.below(80));
    const std::string_view words{reinterpret_cast<const char*>(text.data()), text.size()};
    dns::Hosts& hosts = resolver_.hosts();
    dns::SearchList& list = resolver_.search_list();
    const auto name = dns::Name::from_text(words);
    switch (what) {
      case 0:
        (void)hosts.add_line(words);
        break;
      case 1:
        if (name) (void)hosts.add(servers[input.below(3)], *name);
        break;
      case 2:
      case 3:
        if (name) {
          const std::size_t before = list.size();
          const Instant expires =
              what == 2 ? Instant::never() : host_.now + Duration::seconds(input.below(100));
          if (!list.add(*name, expires)) require(list.size() == before, "what has no room changes nothing");
        }
        break;
      case 4:
        input.flag() ? hosts.clear() : list.clear();
        break;
      default:
        resolve(words, families_of(input.u8()));
    }
    require(hosts.size() <= config.hosts && list.size() <= config.search_domains,
            "as many as there is room for");
    check_names(name);
  }
  void check_names(const std::optional<dns::Name>& name) {
    if (!name) return;
    for (const auto families : {dns::Families::v4, dns::Families::v6}) {
      for (const IpAddress& address : resolver_.hosts().find(*name, families).addresses()) {
        require(address.is_v4() == (families == dns::Families::v4), "of the family that was wanted");
        require(resolver_.hosts().name_of(address).has_value(), "the address of a name has a name");
      }
    }
    std::size_t index = 0;
    std::size_t count = 0;
    while (const auto whole = resolver_.search_list().complete(*name, index, host_.now)) {
      require(whole->begins_with(*name) && whole->wire().size() <= dns::Name::maximum_size,
              "a name is completed, and not too long");
      require(++count <= config.search_domains && index <= resolver_.search_list().size(),
              "each domain once");
    }
  }
  void sent(Bytes frame) {
    if (frame.size() < 42 || load16(frame.data() + 12) != 0x0800 || frame[23] != 17) return;
    if (load16(frame.data() + 36) != dns::server_port) return;
    require(resolver_.privacy() != dns::Privacy::strict, "RFC 8310 5: nobody is asked in clear");
    stream_ = nullptr;
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
    std::array<std::uint8_t, 800> bytes{};
    if (other && stream_ == nullptr) query_ = query_.record_type == dns::type::a ? last_aaaa_ : last_a_;
    const std::uint8_t how = input.u8();
    const bool right_id = (how & 7) != 7;
    const bool right_port = (how & 0x38) != 0x38;
    const bool right_server = (how & 0xc0) != 0xc0;
    store16(bytes.data(), right_id ? query_.id : input.u16());
    store16(bytes.data() + 2,
            static_cast<std::uint16_t>(0x8180 | (input.below(8) == 0 ? input.u16() & 0x020f : 0)));
    bytes[5] = 1;
    bytes[7] = static_cast<std::uint8_t>(input.below(5));
    bytes[9] = static_cast<std::uint8_t>(input.below(2));
    copy_bytes(bytes.data() + 12, Bytes(query_.question).first(query_.question_size));
    std::size_t at = 12 + query_.question_size;
    for (int i = 0; i < bytes[7]; ++i) at += record(input, bytes.data() + at, query_.record_type);
    const Bytes more = input.bytes(input.below(100));
    copy_bytes(bytes.data() + at, more);
    at += more.size();
    const bool genuine = load16(bytes.data()) == query_.id && right_port && right_server && query_.port != 0;
    if (stream_ != nullptr) {
      std::array<std::uint8_t, 2> length{};
      store16(length.data(), static_cast<std::uint16_t>(right_port ? at : input.u16()));
      say(*stream_, length);
      return say(*stream_, Bytes(bytes).first(at));
    }
    if (genuine) ++genuine_;
    const IpAddress from = right_server ? query_.server : IpAddress::v4(203, 0, 113, 1);
    const std::uint16_t to = right_port ? query_.port : input.u16();
    if (!right_port && to == query_.port) ++genuine_;
    host_.deliver_udp({from.is_v4() ? from : peer_address, dns::server_port}, {our_address, to},
                      Bytes(bytes).first(at));
  }
  /// An address or an alias, of the name that was asked for or of another.
  static std::size_t record(Input& input, std::uint8_t* to, std::uint16_t record_type) {
    const std::uint8_t how = input.u8();
    store16(to, static_cast<std::uint16_t>(0xc000 | ((how & 0x0f) == 0 ? input.u8() : 12)));
    const bool alias = (how & 0x30) == 0x30;
    const bool long_one = record_type == dns::type::aaaa;
    store16(to + 2, alias ? dns::type::cname : record_type);
    store16(to + 4, 1);
    store32(to + 6, (how & 0x40) != 0 ? input.u32() : 60);
    if (alias) {
      store16(to + 10, 2);
      store16(to + 12, static_cast<std::uint16_t>(0xc000 | input.u8()));
      return 14;
    }
    const std::uint8_t last = input.u8();
    if (!long_one) {
      store16(to + 10, 4);
      store32(to + 12, (how & 0x80) != 0 ? 0x7f000000u | last : 0xcb007100u | last);
      return 16;
    }
    // ::1, fe80::, mapped, multicast, and what may be an address.
    constexpr std::array<std::uint16_t, 4> fronts{0, 0xfe80, 0xff02, 0x2001};
    store16(to + 10, 16);
    std::fill_n(to + 12, 16, std::uint8_t{0});
    store16(to + 12, (how & 0x80) != 0 ? fronts[last % 4] : std::uint16_t{0x2001});
    if ((how & 0x80) != 0 && last % 8 == 0) store16(to + 22, 0xffff);
    to[27] = static_cast<std::uint8_t>(last / 8);
    return 28;
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
  std::array<DnsStream, 4> streams_;  // outlive the resolver
  DnsStream* stream_ = nullptr;       // by which query_ was asked; null: by UDP
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
