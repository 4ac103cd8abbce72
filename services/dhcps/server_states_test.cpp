// SPDX-License-Identifier: Apache-2.0
// A lease's states (RFC 2131 2.1, 4.3) as a table: what each message of its client makes of it, and what is
// answered.
#include "core/test_states.hpp"
#include "services/dhcps/test_dhcps.hpp"

namespace linnet::dhcps::test {
namespace {

enum class Event : std::uint8_t {
  discover,
  selecting,  ///< DHCPREQUEST for our offer
  elsewhere,  ///< DHCPREQUEST for another server's
  reboot,     ///< INIT-REBOOT with the address
  renew,
  decline,
  release,
  inform,
  somebody,  ///< else is heard to have the address
  time,      ///< longer than the state lasts
};
constexpr std::array<const char*, 10> event_names = {"DHCPDISCOVER",
                                                     "DHCPREQUEST in SELECTING",
                                                     "DHCPREQUEST for another server",
                                                     "DHCPREQUEST in INIT-REBOOT",
                                                     "DHCPREQUEST in RENEWING",
                                                     "DHCPDECLINE",
                                                     "DHCPRELEASE",
                                                     "DHCPINFORM",
                                                     "another has the address",
                                                     "time goes by"};

struct Cell {
  LeaseState next;
  MessageType answer;  // none: silence
};
using Row = linnet::test::StateRow<LeaseState, Cell, event_names.size()>;

constexpr auto none = MessageType::none;
constexpr auto offer = MessageType::offer;
constexpr auto ack = MessageType::ack;
constexpr auto nak = MessageType::nak;
using enum LeaseState;
// Of a declined address the client has no lease any more: it is offered another one, and what it says of the
// old one is refused. While it is looked for, nobody answers for the client's address: an answer to
// DHCPINFORM waits.
// clang-format off
constexpr Row table[] = {
    // DISCOVER, SELECTING, another's, INIT-REBOOT, RENEWING, DECLINE, RELEASE, INFORM, somebody, time
    {free, {{{probing, none}, {bound, ack}, {free, none}, {bound, ack}, {bound, ack},
             {declined, none}, {free, none}, {free, ack}, {free, none}, {free, none}}}},
    {probing, {{{probing, none}, {probing, nak}, {probing, none}, {probing, nak}, {probing, nak},
                {declined, none}, {probing, none}, {probing, none}, {declined, none}, {free, offer}}}},
    {offered, {{{offered, offer}, {bound, ack}, {free, none}, {bound, ack}, {bound, ack},
                {declined, none}, {offered, none}, {offered, ack}, {offered, none}, {free, none}}}},
    {bound, {{{bound, offer}, {bound, ack}, {bound, none}, {bound, ack}, {bound, ack},
              {declined, none}, {free, none}, {bound, ack}, {bound, none}, {free, none}}}},
    {declined, {{{declined, offer}, {declined, nak}, {declined, none}, {declined, nak}, {declined, nak},
                 {declined, none}, {declined, none}, {declined, ack}, {declined, none}, {free, none}}}},
};
// clang-format on

class DhcpServerStates : public DhcpServerTest {
 protected:
  const IpAddress address = address_at(10);

  /// A new server, whose only lease so far, of client 1, is in that state.
  void reach(LeaseState wished) {
    Config config = quick();
    config.lease_time = Duration::seconds(3600);
    make_server(config);
    link.stations.clear();
    link.stations[address] = mac_of(1);
    link.run_for(Duration::seconds(1));
    if (wished == probing || wished == free) config.probe_time = Duration::milliseconds(500);
    make_server(config);
    if (wished == probing) {
      link.stations.clear();
      discover(1);
    } else {
      ASSERT_TRUE(send({.requested = address}, Duration::seconds(1)));
    }
    const bool granted = wished == free || wished == bound || wished == declined;
    if (granted) {
      ASSERT_TRUE(select(1, address));
    }
    if (wished == free) send({.type = MessageType::release, .ciaddr = address, .server = own_address});
    if (wished == declined) send({.type = MessageType::decline, .requested = address, .server = own_address});
    ASSERT_EQ(state_of(address), wished);
  }
  /// A moment is waited for the answer, which may have to look for the client first.
  std::optional<Answer> send(const Asked& asked, Duration wait = Duration::milliseconds(20)) {
    return DhcpServerTest::send(asked.bytes(), {IpAddress::any_v4(), 68}, wait);
  }

  std::optional<Answer> happen(Event event) {
    switch (event) {
      case Event::discover:
        return send({});
      case Event::selecting:
        return send({.type = MessageType::request, .requested = address, .server = own_address});
      case Event::elsewhere:
        return send({.type = MessageType::request, .requested = address, .server = address_at(200)});
      case Event::reboot:
        return send({.type = MessageType::request, .requested = address});
      case Event::renew:
        return send({.type = MessageType::request, .ciaddr = address});
      case Event::decline:
        return send({.type = MessageType::decline, .requested = address, .server = own_address});
      case Event::release:
        return send({.type = MessageType::release, .ciaddr = address, .server = own_address});
      case Event::inform:
        return send({.type = MessageType::inform, .ciaddr = address});
      case Event::somebody:
        link.udp_sent.clear();
        link.inject_arp({.operation = 2, .sender_mac = mac_of(77), .sender = address, .target = own_address},
                        link.device.mac(), link.device.mac());
        link.run_for(Duration::milliseconds(100));
        return answered();
      case Event::time:
        link.udp_sent.clear();
        link.run_for(Duration::seconds(3700));
        return answered();
    }
    return std::nullopt;
  }
  std::optional<Answer> answered() const {
    if (link.udp_sent.empty()) return std::nullopt;
    return Answer{link.udp_sent.back()};
  }
};

std::string text(LeaseState state) { return "state " + std::to_string(static_cast<int>(state)); }

TEST_F(DhcpServerStates, RFC2131_4_3_every_state_of_a_lease_and_every_message) {
  linnet::test::for_each_cell<Event>(
      table, event_names, text, [this](LeaseState from, Event event, const Cell& cell) {
        reach(from);
        const std::optional<Answer> answer = happen(event);
        EXPECT_EQ(state_of(address), cell.next);
        EXPECT_EQ(answer ? answer->type() : MessageType::none, cell.answer);
        EXPECT_TRUE(server->status().running);
        server->stop();
        EXPECT_FALSE(server->status().running);
        const LeaseState left = state_of(address);
        EXPECT_TRUE(left != probing && left != offered) << "offers end with the server";
      });
}

}  // namespace
}  // namespace linnet::dhcps::test
