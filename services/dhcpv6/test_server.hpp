// SPDX-License-Identifier: Apache-2.0
// A machine on a link with DHCPv6 servers that do as a test tells them, in virtual time.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>

#include "services/dhcpv6/machine.hpp"
#include "services/dhcpv6/test_message.hpp"

namespace linnet::dhcpv6::test {

/// A message of the client's.
struct Sent {
  Buffer bytes;
  MessageType type = MessageType::none;
  std::uint32_t xid = 0;
  Instant at;

  Message message() const { return *Message::parse(bytes); }
  bool has(std::uint16_t code) const { return message().has(code); }
  Buffer value(std::uint16_t code) const {
    const auto bytes_of = message().option(code);
    return bytes_of ? Buffer(bytes_of->begin(), bytes_of->end()) : Buffer{};
  }
  std::uint16_t elapsed() const { return load16(message().option(option::elapsed_time)->data()); }
  bool asks_for(std::uint16_t code) const {
    const Buffer codes = value(option::option_request);
    for (std::size_t i = 0; i < codes.size(); i += 2) {
      if (load16(codes.data() + i) == code) return true;
    }
    return false;
  }
  std::vector<IpAddress> addresses() const {
    std::vector<IpAddress> found;
    if (const auto ia = message().ia_na(client_iaid)) {
      ia->for_each_address([&found](const IaAddress& address) { found.push_back(address.address()); });
    }
    return found;
  }
  bool is_for(std::uint8_t server) const { return value(option::server_id) == server_duid(server); }
};

struct Server {
  std::uint8_t number = 1;
  std::vector<Granted> addresses{};
  std::uint32_t t1 = 0;  // seconds
  std::uint32_t t2 = 0;
  int preference = -1;  // -1: no option
  Duration delay = Duration::milliseconds(1);
  bool answers = true;
  bool rapid = false;                               // answers a Rapid Commit with a Reply
  StatusCode confirm = StatusCode::success;         // of the Reply to a Confirm
  Buffer ia_options{};                              // of each IA in a Reply
  std::function<void(ServerMessage&)> edit{};       // last touch to each answer
  std::function<bool(const Sent&)> answers_this{};  // beside `answers`
};

class MachineTest : public ::testing::Test {
 protected:
  MachineTest() {
    make_machine({});
    servers.push_back({.addresses = {{.address = ip("2001:db8::50")}}});
  }
  void make_machine(const Config& config, std::uint8_t seed = 1) {
    random = Random(Random::Seed{seed});
    machine = std::make_unique<Machine>(config, client_mac, random);
  }

  // --- what the servers do ---
  ServerMessage head(MessageType type, std::uint32_t xid, std::uint8_t server = 1) const {
    ServerMessage message(type, xid);
    message.server(server).client(machine->duid().bytes());
    return message;
  }
  /// A good Reply or Advertise of the server.
  ServerMessage answer(const Server& server, MessageType type, std::uint32_t xid) const {
    ServerMessage message = head(type, xid, server.number);
    message.raw(ia_na(server.addresses, server.t1, server.t2, server.ia_options));
    if (server.preference >= 0) {
      message.add(option::preference, {static_cast<std::uint8_t>(server.preference)});
    }
    message.addresses(option::dns_servers, {ip("2001:db8::53")});
    return message;
  }
  std::optional<ServerMessage> answer_to(const Server& server, const Sent& message) const {
    switch (message.type) {
      case MessageType::solicit: {
        const bool rapid = server.rapid && message.has(option::rapid_commit);
        ServerMessage made = answer(server, rapid ? MessageType::reply : MessageType::advertise, message.xid);
        if (rapid) made.add(option::rapid_commit, {});
        return made;
      }
      case MessageType::request:
      case MessageType::renew:
        if (!message.is_for(server.number)) return std::nullopt;
        return answer(server, MessageType::reply, message.xid);
      case MessageType::rebind:
        return answer(server, MessageType::reply, message.xid);
      case MessageType::confirm:
        return head(MessageType::reply, message.xid, server.number).raw(status(server.confirm));
      case MessageType::release:
      case MessageType::decline:
        if (!message.is_for(server.number)) return std::nullopt;
        return head(MessageType::reply, message.xid, server.number);
      case MessageType::information_request:
        return head(MessageType::reply, message.xid, server.number)
            .addresses(option::dns_servers, {ip("2001:db8::53")});
      default:
        return std::nullopt;
    }
  }
  bool deliver(const Buffer& message, const IpAddress& from = ip("fe80::1")) {
    const Buffer exact(message.begin(), message.end());
    return machine->receive(exact, from, now);
  }
  bool deliver(const ServerMessage& message) { return deliver(message.bytes); }

  // --- time ---
  void run_for(Duration duration) { run_until(now + duration); }
  void run_until(Instant end) {
    int at_once = 0;
    for (;;) {
      pump();
      Instant next = machine->next_deadline();
      for (const Pending& message : pending) next = earlier(next, message.at);
      if (next > end) break;
      if (next > now) {
        at_once = 0;
        now = next;
      } else if (++at_once > 100) {
        FAIL() << "the machine goes round in circles in " << state_text(state());
      }
      arrive();
    }
    now = std::max(now, end);
  }
  /// What is due is sent.
  void pump() {
    for (;;) {
      const Bytes bytes = machine->next_message(now);
      if (bytes.empty()) return;
      record(bytes);
    }
  }
  void record(Bytes bytes) {
    Sent message;
    message.bytes.assign(bytes.begin(), bytes.end());
    const auto parsed = Message::parse(message.bytes);
    ASSERT_TRUE(parsed.ok()) << "what the client sends must be well-formed";
    message.type = parsed->type();
    message.xid = parsed->transaction_id();
    message.at = now;
    sent.push_back(message);
    for (const Server& server : servers) {
      if (!server.answers || (server.answers_this && !server.answers_this(message))) continue;
      auto made = answer_to(server, message);
      if (!made) continue;
      if (server.edit) server.edit(*made);
      pending.push_back({.at = now + server.delay, .bytes = made->bytes});
    }
  }
  void arrive() {
    for (std::size_t i = 0; i < pending.size();) {
      if (pending[i].at > now) {
        ++i;
        continue;
      }
      const Buffer bytes = pending[i].bytes;
      pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(i));
      deliver(bytes);
    }
  }

  // --- what came of it ---
  State state() const { return machine->status().state; }
  std::vector<IpAddress> addresses() const {
    std::vector<IpAddress> found;
    for (const Address& address : machine->status().addresses) found.push_back(address.address);
    return found;
  }
  std::vector<Sent> sent_of(MessageType type) const {
    std::vector<Sent> found;
    for (const Sent& message : sent) {
      if (message.type == type) found.push_back(message);
    }
    return found;
  }
  std::size_t count(MessageType type) const { return sent_of(type).size(); }
  std::uint32_t all_drops() const {
    std::uint32_t sum = 0;
    for (const std::uint32_t drops : machine->status().drops) sum += drops;
    return sum;
  }
  Digest::Value digest() const {
    Digest digest;
    machine->digest(digest);
    return digest.value();
  }
  Server& server() { return servers.front(); }

  /// Becomes bound to `server()`, and forgets how.
  void bind() {
    machine->start(Mode::stateful, now);
    run_for(Duration::seconds(5));
    ASSERT_EQ(state(), State::bound);
    ASSERT_FALSE(addresses().empty());
    bound_at = sent.back().at + server().delay;
    sent.clear();
  }
  /// The machine in this state, its message sent and no answer given.
  void reach(State wanted) {
    server().answers_this = nullptr;
    server().answers = true;
    switch (wanted) {
      case State::stopped:
        return;
      case State::soliciting:
        server().answers = false;
        machine->start(Mode::stateful, now);
        return run_for(Duration::milliseconds(1001));
      case State::requesting:
        server().answers_this = [](const Sent& message) { return message.type == MessageType::solicit; };
        machine->start(Mode::stateful, now);
        return run_for(Duration::milliseconds(2500));
      case State::informing:
        server().answers = false;
        machine->start(Mode::stateless, now);
        return run_for(Duration::milliseconds(1001));
      case State::informed:
        machine->start(Mode::stateless, now);
        return run_for(Duration::seconds(5));
      default:
        break;
    }
    bind();
    server().answers = wanted == State::bound;
    switch (wanted) {
      case State::renewing:
        return run_until(machine->status().renew_at + Duration::seconds(1));
      case State::rebinding:
        return run_until(machine->status().rebind_at + Duration::seconds(1));
      case State::confirming:
        machine->link_changed(false, now);
        machine->link_changed(true, now);
        return run_for(Duration::milliseconds(1001));
      case State::declining:
        machine->declined(addresses().front(), now);
        return run_for(Duration::milliseconds(1));
      case State::releasing:
        machine->stop(now, true);
        return run_for(Duration::milliseconds(1));
      default:
        return;
    }
  }

  struct Pending {
    Instant at;
    Buffer bytes;
  };

  Instant now = Instant::from_microseconds(1000000);
  Random random{Random::Seed{1}};
  std::unique_ptr<Machine> machine;
  std::vector<Server> servers;
  std::vector<Pending> pending;
  std::vector<Sent> sent;
  Instant bound_at;
};

constexpr State all_states[] = {State::stopped,   State::soliciting, State::requesting, State::bound,
                                State::renewing,  State::rebinding,  State::confirming, State::declining,
                                State::releasing, State::informing,  State::informed};

}  // namespace linnet::dhcpv6::test
