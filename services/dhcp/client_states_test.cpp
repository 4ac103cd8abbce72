// SPDX-License-Identifier: Apache-2.0
// RFC 2131 Figure 5 as a table: every state, and what each event makes of it.
#include <gtest/gtest.h>

#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

enum class Event : std::uint8_t { offer, ack, nak, link_down, stop };
constexpr std::array<const char*, 5> event_names = {"DHCPOFFER", "DHCPACK", "DHCPNAK", "the link goes down",
                                                    "stop"};

struct Row {
  State state;
  std::array<State, 5> next;  // by event
};

using enum State;
// A DHCPNAK leads to INIT, and at once on to SELECTING.
constexpr Row table[] = {
    {stopped, {stopped, stopped, stopped, stopped, stopped}},
    {init, {init, init, init, init, stopped}},
    {selecting, {requesting, selecting, selecting, init, stopped}},
    {requesting, {requesting, checking, selecting, init, stopped}},
    {checking, {checking, checking, checking, init, stopped}},
    {declined, {declined, declined, declined, init, stopped}},
    {rebooting, {rebooting, checking, selecting, rebooting, stopped}},
    {bound, {bound, bound, bound, rebooting, stopped}},
    {renewing, {renewing, bound, selecting, rebooting, stopped}},
    {rebinding, {rebinding, bound, selecting, rebooting, stopped}},
};

class DhcpStates : public DhcpTest {
 protected:
  static Config checked() {
    Config config;
    config.probe = Probe::arp_check;
    return config;
  }

  /// A new client in that state, which then hears of nobody.
  void reach(State wished) {
    make_client(checked());
    answers = true;
    on_message = nullptr;
    link.device.up = wished != init;
    link.run_for(Duration::seconds(1));
    link.stations.erase(first_address);
    if (wished == declined) link.stations[first_address] = MacAddress{{0x02, 0, 0, 0, 0, 0x77}};
    if (wished == selecting || wished == rebooting) answers = false;
    if (wished == requesting) {
      on_message = [this](const Sent& message) { answers = message.type == MessageType::discover; };
    }
    if (wished == stopped) return;
    ASSERT_TRUE(client->start(link.now, wished == rebooting ? std::optional(first_address) : std::nullopt));
    const bool held = wished == bound || wished == renewing || wished == rebinding;
    const State first = held ? bound : wished;
    link.run_for(Duration::milliseconds(5));  // what it has to say first is said
    for (int i = 0; i < 2000 && state() != first; ++i) link.run_for(Duration::milliseconds(5));
    ASSERT_EQ(state(), first);
    answers = false;
    on_message = nullptr;
    if (wished == renewing) link.run_until(client->status().renew_at + Duration::seconds(1));
    if (wished == rebinding) link.run_until(client->status().rebind_at + Duration::seconds(1));
    ASSERT_EQ(state(), wished);
  }

  void happen(Event event) {
    const std::uint32_t xid = sent.empty() ? 1 : sent.back().xid;
    switch (event) {
      case Event::offer:
        send(reply(MessageType::offer, xid));
        break;
      case Event::ack:
        send(reply(MessageType::ack, xid));
        break;
      case Event::nak:
        send(reply(MessageType::nak, xid));
        break;
      case Event::link_down:
        link.device.up = false;
        break;
      case Event::stop:
        client->stop(link.now, false);
        break;
    }
    link.run_for(Duration::milliseconds(10));
  }
};

TEST_F(DhcpStates, RFC2131_Figure_5_every_state_and_every_event) {
  for (const Row& row : table) {
    for (std::size_t event = 0; event < row.next.size(); ++event) {
      SCOPED_TRACE(std::string(state_text(row.state)) + ", " + event_names[event]);
      reach(row.state);
      happen(static_cast<Event>(event));
      EXPECT_EQ(state(), row.next[event])
          << state_text(state()) << " instead of " << state_text(row.next[event]);
      const bool holds = row.state == bound || row.state == renewing || row.state == rebinding;
      const bool kept = holds && row.next[event] != stopped && row.next[event] != selecting;
      EXPECT_EQ(client->status().lease != nullptr, kept) << "an address is held, or not";
      client->stop(link.now, false);
      EXPECT_EQ(addresses(), 0u);
    }
  }
}

}  // namespace
}  // namespace linnet::dhcp::test
