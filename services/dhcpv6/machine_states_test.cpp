// SPDX-License-Identifier: Apache-2.0
// The exchanges of RFC 8415 18.2 as a table: every state, and what each event makes of it.
#include "core/test_states.hpp"
#include "services/dhcpv6/test_server.hpp"

namespace linnet::dhcpv6::test {
namespace {

/// `silence`: until what a state waits for at the longest.
enum class Event : std::uint8_t { advertise, reply, silence, link_down, link_flaps, taken, stop, release };
constexpr std::array<const char*, 8> event_names = {"Advertise",
                                                    "Reply",
                                                    "nobody says anything",
                                                    "the link goes down",
                                                    "the link goes down and comes back",
                                                    "another has the address",
                                                    "stop",
                                                    "stop, with a Release"};

using Row = linnet::test::StateRow<State, State, event_names.size()>;

using enum State;
// In the order of events, two seconds after them.
constexpr Row table[] = {
    {stopped, {stopped, stopped, stopped, stopped, stopped, stopped, stopped, stopped}},
    {soliciting, {requesting, soliciting, soliciting, soliciting, soliciting, soliciting, stopped, stopped}},
    {requesting, {requesting, bound, soliciting, requesting, soliciting, requesting, stopped, stopped}},
    {bound, {bound, bound, renewing, bound, confirming, declining, stopped, releasing}},
    {renewing, {renewing, bound, rebinding, renewing, confirming, declining, stopped, releasing}},
    {rebinding, {rebinding, bound, soliciting, rebinding, confirming, declining, stopped, releasing}},
    {confirming, {confirming, bound, bound, confirming, confirming, declining, stopped, releasing}},
    {declining, {declining, soliciting, soliciting, declining, declining, declining, stopped, stopped}},
    {releasing, {releasing, stopped, stopped, stopped, stopped, releasing, stopped, releasing}},
    {informing, {informing, informed, informing, informing, informing, informing, stopped, stopped}},
    {informed, {informed, informed, informing, informed, informing, informed, stopped, stopped}},
};

class Dhcpv6States : public MachineTest {
 protected:
  void begin(State wanted) {
    make_machine({});
    pending.clear();
    sent.clear();
    reach(wanted);
    ASSERT_EQ(state(), wanted);
    taken = addresses().empty() ? ip("2001:db8::50") : addresses().front();
    server().answers = false;
  }
  /// When what the state waits for is over.
  Duration patience() const {
    const Status status = machine->status();
    switch (status.state) {
      case bound:
        return status.renew_at - now;
      case renewing:
        return status.rebind_at - now;
      case rebinding:
        return status.addresses.front().valid_until - now;
      case confirming:
        return parameter::cnf_max_rd;
      case informed:
        return status.refresh_at - now;
      default:
        return Duration::seconds(2000);
    }
  }
  void happen(Event event) {
    const std::uint32_t xid = sent.empty() ? 1 : sent.back().xid;
    switch (event) {
      case Event::advertise:
        deliver(answer(server(), MessageType::advertise, xid));
        break;
      case Event::reply:
        if (state() == informing) {
          deliver(head(MessageType::reply, xid).addresses(option::dns_servers, {ip("2001:db8::53")}));
        } else {
          deliver(answer(server(), MessageType::reply, xid));
        }
        break;
      case Event::silence:
        run_for(patience());
        break;
      case Event::link_down:
        machine->link_changed(false, now);
        break;
      case Event::link_flaps:
        machine->link_changed(false, now);
        run_for(Duration::milliseconds(10));
        machine->link_changed(true, now);
        break;
      case Event::taken:
        machine->declined(taken, now);
        break;
      case Event::stop:
      case Event::release:
        machine->stop(now, event == Event::release);
        break;
    }
    run_for(event == Event::release ? Duration::milliseconds(500) : Duration::seconds(2));
  }

  IpAddress taken;
};

TEST_F(Dhcpv6States, RFC8415_18_2_every_state_and_every_event) {
  linnet::test::for_each_cell<Event>(
      table, event_names, state_text, [this](State from, Event event, State next) {
        begin(from);
        happen(event);
        EXPECT_EQ(state(), next) << state_text(state()) << " instead of " << state_text(next);
        const bool holds = next == bound || next == renewing || next == rebinding || next == confirming;
        EXPECT_EQ(!addresses().empty(), holds) << "an address is in use, or not";
      });
}

}  // namespace
}  // namespace linnet::dhcpv6::test
