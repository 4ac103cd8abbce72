// SPDX-License-Identifier: Apache-2.0
// Connections by name (RFC 8305): a name server, servers and forgers answer what they like, or not. It
// connects to nothing but what an answer said, to not too many at once, and only who has agreed is connected.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "fuzz/dns_answers.hpp"
#include "fuzz/host.hpp"
#include "services/dns/connector.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dns::Connector;

namespace {

constexpr dns::Config config{.queries = 2, .cache_entries = 3, .tries = 2};
alignas(Arena::alignment)
    std::array<std::uint8_t, dns::Resolver::memory_needed(config) + Arena::alignment> memory;
constexpr std::uint16_t port = 80;
constexpr std::uint8_t tcp_protocol = 6, icmpv6_protocol = 58;
constexpr IpAddress v6(std::uint16_t front, std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[0] = static_cast<std::uint8_t>(front >> 8);
  bytes[1] = static_cast<std::uint8_t>(front);
  bytes[15] = last;
  return IpAddress::v6(std::span<const std::uint8_t, 16>(bytes));
}
const IpAddress own_v6 = v6(0x2002, 1), router_v6 = v6(0xfe80, 0x99);

class Run {
 public:
  explicit Run(std::uint8_t what) : host_(0x5a), arena_(memory), resolver_(host_.stack, config, arena_) {
    host_.link.speaks_ipv6 = true;
    host_.link.on_sent = [](void* self, Bytes frame) { static_cast<Run*>(self)->sent(frame); };
    host_.link.context = this;
    if ((what & 1) != 0) {
      ip::Ip& ip = host_.stack.ip();
      require(ip.enable_ipv6(host_.interface, host_.now), "room for IPv6");
      require(ip.add_address(host_.interface, {own_v6, 64}, false, host_.now), "and an address");
      require(ip.add_route({IpAddress::any_v6(), 0}, router_v6, host_.interface), "and a route");
      host_.pass(Duration::seconds(60));
      host_.fresh = host_.stack.digest();
    }
    require(resolver_.set_server(0, peer_address), "room for a server");
    host_.service = [](void* self, Instant now) { return static_cast<Run*>(self)->serve(now); };
    host_.context = this;
    start(what / 2);
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    switch (what % 8) {
      case 0:
      case 1:
        answer_query(input, what / 8 % 2 != 0);
        break;
      case 2:
      case 3:
        answer_attempt(input, what / 8);
        break;
      case 4:
        host_.pass(Duration::milliseconds(input.u16() % 1000));
        break;
      case 5:
        host_.pass(Duration::seconds(input.u8() % 32));
        break;
      case 6:
        neighbours_answer_ = !neighbours_answer_;
        always_answered_ = false;
        host_.link.answers_arp = neighbours_answer_;
        break;
      default:
        if (what / 8 % 4 != 0) {
          start(what / 32);
        } else {
          cancel();
        }
    }
    host_.settle();
    check();
  }
  void end() {
    neighbours_answer_ = true;
    cancel();
    connector_.reset();
    require(resolver_.lookups() == 0, "no lookup without a handle");
    resolver_.clear_cache();
    host_.end();
  }

 private:
  struct Query {
    std::uint16_t port = 0;
    std::uint16_t id = 0;
    std::uint16_t record_type = 0;
    std::vector<std::uint8_t> question;
  };
  struct Attempt {
    IpAddress remote;
    std::uint16_t local_port = 0;
    std::uint32_t seq = 0;
    Instant at;
    bool agreed = false;  // a SYN and ACK of its own was delivered
    bool over = false;    // it was told no, or somebody else won
  };

  /// With addresses, or by the name that the name server is asked for.
  void start(unsigned what) {
    cancel();
    attempts_.clear();
    failures_ = 0;
    taken_ = false;
    connector_.emplace(host_.stack, resolver_);
    if (what % 4 == 3) {
      const std::array<IpAddress, 3> some{IpAddress::v4(203, 0, 113, 1), v6(0x2001, 2),
                                          IpAddress::v4(203, 0, 113, 3)};
      told_.insert(told_.end(), some.begin(), some.end());
      connector_->start(std::span(some).first(what / 4 % 4), port, {}, host_.now);
    } else {
      constexpr std::array<dns::Families, 3> families{dns::Families::both, dns::Families::v4,
                                                      dns::Families::v6};
      connector_->start("www.example", port, families[what % 4], {}, host_.now);
    }
    host_.settle();
  }
  void cancel() {
    if (!connector_) return;
    connector_->cancel();
    require(connector_->done() && !connector_->take() && connector_->attempts() == 0, "nothing is under way");
    for (Attempt& attempt : attempts_) attempt.over = true;
  }
  Instant serve(Instant now) {
    Instant next = resolver_.poll(now);
    if (connector_) next = earlier(next, connector_->poll(now));
    answer_neighbours();  // of what was asked just now, too
    return next;
  }
  void check() {
    take();
    if (!connector_) return;
    require(connector_->attempts() <= Connector::maximum_attempts, "not too many at a time");
    if (!connector_->done()) return;
    require(connector_->attempts() == 0 && connector_->poll(host_.now).is_never(), "what is done is over");
    require(resolver_.lookups() == 0, "and asks no longer");
    if (taken_) return;
    require(connector_->error() != dns::Error::none || connector_->connect_error() != tcp::Error::none ||
                attempts_.empty() || std::ranges::any_of(attempts_, &Attempt::over),
            "why there is no connection");
  }
  void take() {
    if (!connector_ || !connector_->done()) return;
    const tcp::ConnectionHandle won = connector_->take();
    if (!won) return;
    const auto attempt = std::ranges::find_if(attempts_, [&](const Attempt& one) {
      return one.agreed && one.remote.bytes() == connector_->remote().address.bytes();
    });
    require(attempt != attempts_.end(), "only who has agreed is connected");
    require(connector_->remote().port == port && connector_->connect_error() == tcp::Error::none,
            "to its port");
    require(host_.stack.tcp().status(won).has_value(), "a connection that is there");
    for (Attempt& other : attempts_) other.over = true;
    host_.stack.tcp().abort(won, host_.now);
    taken_ = true;
  }

  void sent(Bytes frame) {
    const std::uint16_t type = load16(frame.data() + 12);
    const bool is_v6 = type == 0x86dd;
    if (type != 0x0800 && !is_v6) return;
    const Bytes ip = frame.subspan(ethernet_size);
    const std::uint8_t protocol = is_v6 ? ip[6] : ip[9];
    const Bytes upper = ip.subspan(is_v6 ? 40 : (ip[0] & 15u) * 4);
    if (protocol == icmpv6_protocol && upper.size() >= 24 && upper[0] == 135) return solicited(ip, upper);
    if (protocol == 17 && load16(upper.data() + 2) == dns::server_port) return asked(upper);
    if (protocol != tcp_protocol || (upper[13] & 0x17) != 2) return;
    const IpAddress to = is_v6 ? IpAddress::v6(ip.subspan<24, 16>()) : IpAddress::v4(ip.subspan<16, 4>());
    if (load16(upper.data() + 2) == dns::server_port) {  // for what was truncated
      return require(to == peer_address, "the name server is asked");
    }
    tried(to, load16(upper.data()), load32(upper.data() + 4), load16(upper.data() + 2));
  }
  void tried(const IpAddress& to, std::uint16_t local_port, std::uint32_t seq, std::uint16_t to_port) {
    const auto known = std::ranges::find_if(
        attempts_, [&](const Attempt& one) { return one.local_port == local_port && one.remote == to; });
    if (known != attempts_.end()) {
      // But for what waited for a neighbour.
      require((!known->over && known->seq == seq) || !always_answered_,
              "who was given up is not asked again");
      return;
    }
    require(to_port == port, "the port that was wanted");
    require(std::ranges::any_of(told_, [&](const IpAddress& one) { return one == to; }),
            "RFC 8305 4: only addresses that an answer has are tried");
    const bool waited = attempts_.empty() || host_.now - attempts_.back().at >= Duration::milliseconds(250);
    require(waited || failures_ > 0 || may_have_failed(),
            "RFC 8305 5: 250 ms from one to the next, unless one fails");
    if (!waited && failures_ > 0) --failures_;
    attempts_.push_back({to, local_port, seq, host_.now});
  }
  /// For want of a neighbour, or of an answer for long enough.
  bool may_have_failed() const {
    return !always_answered_ || std::ranges::any_of(attempts_, [&](const Attempt& one) {
      return host_.now - one.at > Duration::seconds(20);
    });
  }
  void asked(Bytes udp) {
    Bytes message = udp.subspan(8);
    if (load16(message.data() + 10) == 1) message = message.first(message.size() - dns::options_size);
    Query query{.port = load16(udp.data()),
                .id = load16(message.data()),
                .record_type = load16(message.data() + message.size() - 4),
                .question = {message.begin() + dns::header_size, message.end()}};
    (query.record_type == dns::type::a ? a_ : aaaa_) = std::move(query);
  }
  void answer_query(Input& input, bool for_v6) {
    const Query& query = for_v6 ? aaaa_ : a_;
    if (query.port == 0) return;
    const std::uint8_t how = input.u8();
    const std::uint16_t id = (how & 7) != 7 ? query.id : input.u16();
    std::array<std::uint8_t, longest_dns_answer> bytes{};
    const std::size_t size = put_dns_answer(input, bytes.data(), id, query.question, query.record_type);
    if (id == query.id) note_addresses(Bytes(bytes).first(size), query);
    host_.deliver_udp({peer_address, dns::server_port}, {our_address, query.port}, Bytes(bytes).first(size));
  }
  /// Whatever could be read as an address in it.
  void note_addresses(Bytes message, const Query& query) {
    const std::size_t length = query.record_type == dns::type::a ? 4 : 16;
    for (std::size_t i = dns::header_size + query.question.size(); i + length <= message.size(); ++i) {
      const IpAddress address = length == 4 ? IpAddress::v4(message.subspan(i).first<4>())
                                            : IpAddress::v6(message.subspan(i).first<16>());
      told_.push_back(address);
    }
  }
  void answer_attempt(Input& input, unsigned which) {
    if (attempts_.empty()) return;
    Attempt& attempt = attempts_[which % attempts_.size()];
    const std::uint8_t how = input.u8();
    const bool right = (how & 7) != 7;
    std::array<std::uint8_t, 20> tcp{};
    store16(tcp.data(), port);
    store16(tcp.data() + 2, attempt.local_port);
    store32(tcp.data() + 4, 1000);
    store32(tcp.data() + 8, right ? attempt.seq + 1 : input.u32());
    tcp[12] = 0x50;
    constexpr std::array<std::uint8_t, 4> flags{0x12, 0x14, 0x04,
                                                0x10};  // SYN and ACK, RST and ACK, RST, ACK
    tcp[13] = flags[how / 8 % 4];
    store16(tcp.data() + 14, 8192);
    const bool acknowledged = load32(tcp.data() + 8) == attempt.seq + 1;
    if (acknowledged && tcp[13] == 0x12) attempt.agreed = true;
    if (acknowledged && tcp[13] == 0x14) ++failures_;
    if (attempt.remote.is_v4()) {
      host_.deliver_ip(tcp_protocol, attempt.remote, our_address, tcp);
    } else {
      host_.put_ipv6(tcp_protocol, attempt.remote, own_v6, tcp, 16);
    }
  }
  /// RFC 4861 7.2: whose neighbours are all one.
  void solicited(Bytes ip, Bytes upper) {
    const IpAddress from = IpAddress::v6(ip.subspan<8, 16>());
    if (from.is_unspecified()) return;  // detection of duplicates
    asker_ = from;
    target_ = IpAddress::v6(upper.subspan<8, 16>());
  }
  void answer_neighbours() {
    if (!target_ || !neighbours_answer_ || host_.link.waiting()) return;
    std::array<std::uint8_t, 32> message{};
    message[0] = 136;
    message[4] = 0x60;  // solicited, override
    copy_bytes(message.data() + 8, target_->bytes());
    message[24] = 2;
    message[25] = 1;
    copy_bytes(message.data() + 26, peer_mac.bytes);
    host_.put_ipv6(icmpv6_protocol, *target_, asker_, message, 2);
    target_.reset();
  }

  Host host_;
  Arena arena_;
  dns::Resolver resolver_;
  std::optional<Connector> connector_;
  bool taken_ = false;
  bool neighbours_answer_ = true;
  bool always_answered_ = true;
  unsigned failures_ = 0;
  std::vector<Attempt> attempts_;
  std::vector<IpAddress> told_;  // from the beginning: answers are cached, and packets wait for neighbours
  Query a_, aaaa_;
  IpAddress asker_;
  std::optional<IpAddress> target_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.u8());
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
