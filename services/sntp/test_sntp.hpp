// SPDX-License-Identifier: Apache-2.0
// A client on a scripted link, with servers that answer as a test says, in virtual time.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/test_link.hpp"
#include "services/sntp/client.hpp"

namespace linnet::sntp::test {

using linnet::test::Buffer;
using linnet::test::ScriptedLink;
using linnet::test::UdpFrame;

inline constexpr IpAddress own_address = IpAddress::v4(192, 0, 2, 50);
inline constexpr MacAddress own_mac{{0x02, 0, 0, 0, 0, 1}};
constexpr IpAddress server_at(int index) {
  return IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(index + 1));
}

/// 2026-11-26 12:00:00 UTC.
inline constexpr UnixTime noon = UnixTime::from_seconds(1795694400);

struct Server {
  bool answers = true;
  Duration error;  ///< of its clock
  Duration one_way = Duration::milliseconds(10);
  std::function<void(Message&)> edit;  ///< last touch to each answer
  std::function<void(const UdpFrame&)> instead;
  std::vector<UdpFrame> requests;
};

/// Names that resolve as a test says; a name that is not there is not found.
class TestNames final : public Names {
 public:
  std::optional<std::uint32_t> begin(std::string_view name, Instant) override {
    if (refuses) return std::nullopt;
    asked.emplace_back(name);
    ++open;
    return static_cast<std::uint32_t>(asked.size() - 1);
  }
  Outcome result(std::uint32_t lookup, Addresses& addresses) override {
    if (pending) return Outcome::pending;
    const auto found = known.find(asked.at(lookup));
    if (found == known.end()) return Outcome::failed;
    for (const IpAddress& address : found->second) addresses.add(address);
    return Outcome::found;
  }
  void release(std::uint32_t) override { --open; }

  std::map<std::string, std::vector<IpAddress>> known;
  std::vector<std::string> asked;
  int open = 0;
  bool pending = false;
  bool refuses = false;
};

class SntpTest : public ::testing::Test {
 protected:
  SntpTest() {
    for (int i = 0; i < 8; ++i) link.stations[server_at(i)] = link.station_mac;
    EXPECT_TRUE(link.stack.ip().add_address(link.interface, {own_address, 24}, false, link.now));
    link.run_for(Duration::seconds(5));
    begin = link.now;
    link.on_udp = [this](const UdpFrame& frame) { on_udp(frame); };
    make_client(quick());
  }
  static Config quick() {
    Config config;
    config.startup_delay = Duration();
    return config;
  }
  void make_client(const Config& config) {
    client.reset();
    memory.assign(Client::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    client = std::make_unique<Client>(link.stack, config, arena, &names);
    EXPECT_FALSE(arena.exhausted());
    link.service = [this](Instant now) { return poll(now); };
  }
  /// The first `count` servers are set and the client begun.
  void start(int count = 1) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(client->set_server(static_cast<std::size_t>(i), server_at(i), link.now));
    }
    ASSERT_TRUE(client->start(link.now));
  }
  /// What UTC is, in the test's world.
  UnixTime truth() const { return epoch + (link.now - begin); }
  UnixTime truth_at(Instant at) const { return epoch + (at - begin); }
  /// How far off the client's clock is.
  Duration error() const { return client->unix_time(link.now).value() - truth(); }
  Digest::Value digest() const {
    Digest d;
    client->digest(d);
    return d.value();
  }
  /// Of UDP, in use by whomever.
  std::size_t sockets() {
    std::size_t count = 0;
    link.stack.udp().for_each([&](const udp::SocketView&) { ++count; });
    return count;
  }
  bool synchronised() const { return !client->status(link.now).synchronised_at.is_never(); }
  ServerStatus server_status(int index) const {
    ServerStatus found;
    client->for_each_server([&](const ServerStatus& status) {
      if (status.address == server_at(index)) found = status;
    });
    return found;
  }
  std::size_t requests() const {
    std::size_t count = 0;
    for (const auto& [address, server] : servers) count += server.requests.size();
    return count;
  }

  /// The answer of a good server to `request`, as it leaves now.
  Message answer_to(const UdpFrame& request, const Server& server) {
    const Message asked = Message::parse(request.payload).value();
    const Timestamp time = to_timestamp(truth() + server.error);
    return {.version = asked.version,
            .mode = PacketMode::server,
            .stratum = 2,
            .precision = -20,
            .root_delay = to_short(Duration::milliseconds(5)),
            .root_dispersion = to_short(Duration::milliseconds(2)),
            .reference_id = 0x0a000001,
            .reference = time - (std::uint64_t{10} << 32),
            .origin = asked.transmit,
            .receive = time,
            .transmit = time};
  }
  static Buffer bytes_of(const Message& message) {
    Buffer bytes(message_size);
    message.write(std::span<std::uint8_t, message_size>(bytes.data(), message_size));
    return bytes;
  }
  void send(const UdpFrame& request, const Buffer& payload) {
    link.inject_udp(request.destination, request.source, payload, own_mac);
  }
  void send(const UdpFrame& request, const Message& message) { send(request, bytes_of(message)); }

  ScriptedLink link;
  Instant begin;
  UnixTime epoch = noon;
  std::map<IpAddress, Server> servers;
  TestNames names;
  std::vector<std::uint8_t> memory;
  std::unique_ptr<Client> client;

 private:
  struct Late {
    Instant at;
    UdpFrame request;
    Message message;
    Duration back;
  };
  void on_udp(const UdpFrame& frame) {
    if (frame.destination.port != ntp_port) return;
    Server& server = servers[frame.destination.address];
    server.requests.push_back(frame);
    if (server.instead) return server.instead(frame);
    if (!server.answers) return;
    late.push_back({link.now + server.one_way, frame, {}, server.one_way});
    link.device.in.emplace_back(60);  // a frame of nothing, so that the link asks us for our new deadline
  }
  Instant poll(Instant now) {
    Instant next = Instant::never();
    for (std::size_t i = 0; i < late.size();) {
      Late& item = late[i];
      if (item.at > now) {
        next = earlier(next, item.at);
        ++i;
        continue;
      }
      const Late due = item;
      late.erase(late.begin() + static_cast<std::ptrdiff_t>(i));
      if (due.back == Duration()) {
        send(due.request, due.message);
        next = now;  // the stack has to take it, and then the client
        continue;
      }
      Server& server = servers[due.request.destination.address];
      Message message = answer_to(due.request, server);
      if (server.edit) server.edit(message);
      late.push_back({now + due.back, due.request, message, Duration()});
    }
    return earlier(next, client->poll(now));
  }
  std::vector<Late> late;
};

}  // namespace linnet::sntp::test
