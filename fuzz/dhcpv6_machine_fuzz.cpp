// SPDX-License-Identifier: Apache-2.0
// A DHCPv6 machine against servers that say anything, some of it in answer to what it asked, while time goes
// by.
#include <array>
#include <optional>

#include "fuzz/input.hpp"
#include "services/dhcpv6/machine.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using dhcpv6::MessageType;
using dhcpv6::State;

namespace {

constexpr MacAddress mac{{2, 0, 0, 0, 0, 1}};
constexpr std::uint32_t iaid = 1;
namespace option = dhcpv6::option;

/// RFC 8415 21.1: options end where their area does.
bool plain_options(Bytes area) {
  std::size_t at = 0;
  while (area.size() - at >= 4) {
    const std::size_t length = area[at + 2] * 256u + area[at + 3];
    if (length > area.size() - at - 4) return false;
    at += 4 + length;
  }
  return at == area.size();
}

class Run {
 public:
  explicit Run(std::uint8_t what)
      : random_(Random::Seed{what}),
        machine_({.iaid = iaid, .zone = 1, .rapid_commit = (what & 1) != 0}, mac, random_) {
    machine_.start((what & 2) != 0 ? dhcpv6::Mode::stateless : dhcpv6::Mode::stateful, now_);
  }

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    switch (what % 10) {
      case 0:
      case 1:
        answer(MessageType::advertise, input);
        break;
      case 2:
      case 3:
      case 4:
        answer(MessageType::reply, input);
        break;
      case 5:
        deliver(input.bytes(input.u8()));
        break;
      case 6:
        if (!machine_.status().addresses.empty()) {
          machine_.declined(machine_.status().addresses.front().address, now_);
        }
        break;
      case 7:
        pass(Duration::milliseconds(input.u16()));
        break;
      case 8:
        pass(Duration::seconds(input.u8() * std::int64_t{what}));
        break;
      default:
        call(what / 10);
    }
    pump();
    check();
  }
  void end() {
    machine_.stop(now_, true);
    pass(Duration::seconds(100));
    require(machine_.status().state == State::stopped && machine_.next_deadline().is_never(),
            "stopped for good");
    require(machine_.status().addresses.empty() && machine_.status().information == nullptr,
            "nothing is left");
    std::uint64_t counted = machine_.status().received;
    for (const std::uint32_t drops : machine_.status().drops) counted += drops;
    require(counted == delivered_, "each message was taken, or counted once with its reason");
  }

 private:
  void call(int which) {
    switch (which % 6) {
      case 0:
        return machine_.link_changed(false, now_);
      case 1:
        return machine_.link_changed(true, now_);
      case 2:
        return machine_.stop(now_, true);
      case 3:
        return machine_.stop(now_, false);
      default:
        return machine_.start(which % 6 == 4 ? dhcpv6::Mode::stateless : dhcpv6::Mode::stateful, now_);
    }
  }
  void pass(Duration duration) {
    const Instant end = now_ + duration;
    for (int rounds = 0; rounds < 2000; ++rounds) {
      pump();
      const Instant next = machine_.next_deadline();
      if (next > end) break;
      require(rounds < 1999, "a deadline that has come is done with");
      now_ = std::max(now_, next);
    }
    now_ = std::max(now_, end);
    pump();
  }
  void pump() {
    for (;;) {
      const Bytes message = machine_.next_message(now_);
      if (message.empty()) return;
      sent(message);
    }
  }
  /// What the machine says is read by a server's eyes.
  void sent(Bytes bytes) {
    require(bytes.size() >= 4 && plain_options(bytes.subspan(4)), "what is sent is well-formed");
    const auto parsed = dhcpv6::Message::parse(bytes);
    require(parsed.ok(), "and reads as it should");
    const MessageType type = parsed->type();
    require(type != MessageType::none && type != MessageType::advertise && type != MessageType::reply &&
                type != MessageType::reconfigure && type <= MessageType::information_request,
            "RFC 8415 7.3: of the types that a client sends");
    require(
        parsed->transaction_id() != 0 && parsed->has(option::client_id) && parsed->has(option::elapsed_time),
        "RFC 8415 18.2: a client identifier and the elapsed time");
    const bool one_server = type == MessageType::request || type == MessageType::renew ||
                            type == MessageType::decline || type == MessageType::release;
    require(parsed->has(option::server_id) == one_server,
            "RFC 8415 16: a server identifier where it MUST be");
    require(parsed->has(option::ia_na) == (type != MessageType::information_request), "RFC 8415 16.12");
    xid_ = parsed->transaction_id();
    if (const auto id = parsed->option(option::server_id)) server_ = (*id)[id->size() - 1];
    ++messages_;
  }

  class Answer {
   public:
    void u8(std::uint8_t value) { bytes_[size_++] = value; }
    void u16(std::size_t value) {
      u8(static_cast<std::uint8_t>(value >> 8));
      u8(static_cast<std::uint8_t>(value & 0xff));
    }
    void u32(std::uint32_t value) {
      u16(value >> 16);
      u16(value & 0xffff);
    }
    void bytes(Bytes more) {
      copy_bytes(bytes_.data() + size_, more);
      size_ += more.size();
    }
    void option(std::uint16_t code, Bytes value) {
      u16(code);
      u16(value.size());
      bytes(value);
    }
    /// The length at `at` is of what follows it.
    void close(std::size_t at) { store16(bytes_.data() + at, static_cast<std::uint16_t>(size_ - at - 2)); }
    std::size_t size() const { return size_; }
    Bytes all() const { return Bytes(bytes_).first(size_); }

   private:
    std::array<std::uint8_t, 1024> bytes_{};
    std::size_t size_ = 0;
  };

  void answer(MessageType type, Input& input) {
    const std::uint8_t how = input.u8();
    Answer made;
    made.u32(static_cast<std::uint32_t>(type) << 24 | ((how & 0xf0) != 0xf0 ? xid_ : input.u32() & 0xffffff));
    made.option(option::client_id, machine_.duid().bytes());
    const std::array<std::uint8_t, 5> server{0, 2, 0, 9, (how & 8) != 0 ? input.u8() : server_};
    made.option(option::server_id, server);
    if ((how & 1) == 0) add_ia(made, input);
    if ((how & 2) != 0) made.option(option::rapid_commit, {});
    if ((how & 4) != 0) {
      made.u16(option::status_code);
      made.u16(2);
      made.u16(input.below(8));
    }
    made.bytes(input.bytes(input.below(128)));
    deliver(made.all());
  }
  void add_ia(Answer& made, Input& input) {
    const std::uint8_t what = input.u8();
    made.u16(option::ia_na);
    const std::size_t length_at = made.size();
    made.u16(0);
    made.u32(iaid);
    made.u32((what & 1) != 0 ? input.u16() : 0);
    made.u32((what & 2) != 0 ? input.u32() : 0);
    for (int count = what >> 4 & 7; count > 0; --count) {
      made.u16(option::ia_address);
      made.u16(24);
      made.u32(0x20010db8);
      made.u32(0);
      made.u32(0);
      made.u32(input.below(8));
      const std::uint32_t preferred = input.u16();
      made.u32(preferred);
      made.u32((what & 4) != 0 ? input.u32() : preferred * 2);
    }
    if ((what & 8) != 0) {
      made.u16(option::status_code);
      made.u16(2);
      made.u16(input.below(8));
    }
    made.close(length_at);
  }
  void deliver(Bytes message) {
    ++delivered_;
    // As exactly long as it is, so that AddressSanitizer sees a read past it.
    const std::string exact(message.begin(), message.end());
    machine_.receive({reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size()}, from_, now_);
    const auto parsed = dhcpv6::Message::parse(message);
    if (!parsed.ok() || message[0] == 12 || message[0] == 13) return;
    require(plain_options(message.subspan(4)), "RFC 8415 21.1: only what is framed is read");
  }
  void check() {
    const dhcpv6::Status status = machine_.status();
    require(status.state != State::bound || !status.addresses.empty(), "bound to an address");
    const bool without = status.state == State::stopped || status.state == State::soliciting ||
                         status.state == State::releasing || status.state == State::informing ||
                         status.state == State::informed;
    require(!without || status.addresses.empty(), "RFC 8415 18: no address while one is solicited");
    require(status.renew_at <= status.rebind_at, "T1, T2");
    for (const dhcpv6::Address& address : status.addresses) {
      require(dhcpv6::is_assignable(address.address), "an address that a host may have");
      require(address.valid_until > now_, "none is used after its end");
      require(address.preferred_until <= address.valid_until, "RFC 8415 21.6");
    }
    // RFC 8415 14.1
    const auto seconds = static_cast<std::uint64_t>((now_ - began_).as_seconds());
    require(messages_ <= 21 + seconds, "no storm of messages");
  }

  Random random_;
  Instant now_ = Instant::from_microseconds(1000000);
  Instant began_ = now_;
  IpAddress from_ =
      IpAddress::v6(std::array<std::uint8_t, 16>{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1);
  dhcpv6::Machine machine_;
  std::uint32_t xid_ = 1;
  std::uint8_t server_ = 1;
  std::uint64_t messages_ = 0;
  std::uint64_t delivered_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input.u8());
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
