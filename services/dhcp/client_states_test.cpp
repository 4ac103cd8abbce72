// SPDX-License-Identifier: Apache-2.0
// RFC 2131 Figure 5, and 3.4 beside it, as a table: every state, and what each event makes of it.
#include "core/test_states.hpp"
#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

/// `silence`: until a lease comes to its next time (T1, T2, its end), or for 200 s.
enum class Event : std::uint8_t { offer, ack, nak, silence, conflict, link_down, link_flaps, stop };
constexpr std::array<const char*, 8> event_names = {"DHCPOFFER",
                                                    "DHCPACK",
                                                    "DHCPNAK",
                                                    "nobody says anything",
                                                    "another has the address",
                                                    "the link goes down",
                                                    "the link goes down and comes back",
                                                    "stop"};

using Row = linnet::test::StateRow<State, State, event_names.size()>;

using enum State;
// A DHCPNAK, and the end of a lease, lead to INIT, and at once on to SELECTING. `init` is without a link:
// what flaps there is up in the end.
constexpr Row table[] = {
    // state, OFFER, ACK, NAK, silence, conflict, link down, flap, stop
    {stopped, {stopped, stopped, stopped, stopped, stopped, stopped, stopped, stopped}},
    {init, {init, init, init, init, init, init, selecting, stopped}},
    {selecting, {requesting, selecting, selecting, selecting, selecting, init, selecting, stopped}},
    {requesting, {requesting, checking, selecting, selecting, requesting, init, selecting, stopped}},
    {checking, {checking, checking, checking, bound, declined, init, selecting, stopped}},
    {declined, {declined, declined, declined, selecting, declined, init, selecting, stopped}},
    {rebooting, {rebooting, checking, selecting, selecting, rebooting, rebooting, rebooting, stopped}},
    {bound, {bound, bound, bound, renewing, declined, rebooting, rebooting, stopped}},
    {renewing, {renewing, bound, selecting, rebinding, declined, rebooting, rebooting, stopped}},
    {rebinding, {rebinding, bound, selecting, selecting, declined, rebooting, rebooting, stopped}},
    {informing, {informing, informed, informing, uninformed, informing, informing, informing, stopped}},
    {informed, {informed, informed, informed, informed, informed, informing, informing, stopped}},
    {uninformed, {uninformed, uninformed, uninformed, uninformed, uninformed, informing, informing, stopped}},
};
constexpr Prefix own{IpAddress::v4(192, 0, 2, 9), 24};
bool informs(State state) { return state == informing || state == informed || state == uninformed; }

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
    if (informs(wished)) return reach_informing(wished);
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

  void reach_informing(State wished) {
    answers = false;
    if (wished == informed)
      on_message = [this](const Sent& message) { send(reply(MessageType::ack, message.xid)); };
    ASSERT_TRUE(link.stack.ip().add_address(link.interface, own, false, link.now));
    ASSERT_TRUE(client->inform(link.now));
    link.run_for(wished == uninformed ? Duration::seconds(100) : Duration::seconds(1));
    ASSERT_EQ(state(), wished);
    on_message = nullptr;
  }

  /// When a lease in force comes to its next time.
  Instant next_time() const {
    const Status status = client->status();
    const Instant next = status.state == bound      ? status.renew_at
                         : status.state == renewing ? status.rebind_at
                                                    : status.expires_at;
    return next.is_never() ? link.now + Duration::seconds(200) : next;
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
      case Event::silence:
        link.stations.erase(first_address);
        link.run_until(next_time());
        break;
      case Event::conflict:  // RFC 5227 2.4: what is in use is defended once
        for (int i = 0; i < 2; ++i) {
          link.inject_arp({.operation = 1,
                           .sender_mac = {{0x02, 0, 0, 0, 0, 0x77}},
                           .sender = first_address,
                           .target = first_address},
                          {}, MacAddress::broadcast());
          link.run_for(Duration::milliseconds(10));
        }
        break;
      case Event::link_down:
        link.device.up = false;
        break;
      case Event::link_flaps:
        link.device.up = false;
        link.run_for(Duration::milliseconds(10));
        link.device.up = true;
        break;
      case Event::stop:
        client->stop(link.now, false);
        break;
    }
    link.run_for(Duration::milliseconds(10));
  }
};

TEST_F(DhcpStates, RFC2131_Figure_5_every_state_and_every_event) {
  linnet::test::for_each_cell<Event>(
      table, event_names, state_text, [this](State from, Event event, State next) {
        reach(from);
        happen(event);
        EXPECT_EQ(state(), next) << state_text(state()) << " instead of " << state_text(next);
        const bool held = from == bound || from == renewing || from == rebinding || from == informed;
        const bool kept = held && next != stopped && next != selecting && next != declined;
        const bool come = !held && (next == bound || next == informed);
        EXPECT_EQ(client->status().lease != nullptr, kept || come) << "an address is held, or not";
        client->stop(link.now, false);
        EXPECT_EQ(addresses(), informs(from) ? 1u : 0u) << "the owner's stays";
        link.stack.ip().remove_address(link.interface, own.address);
      });
}

}  // namespace
}  // namespace linnet::dhcp::test
