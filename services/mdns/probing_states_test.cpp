// SPDX-License-Identifier: Apache-2.0
// How far a name has become one's own (RFC 6762 8, 9) as a table: every state, and what each event makes of
// it.
#include "core/test_states.hpp"
#include "services/mdns/test_machine.hpp"

namespace linnet::mdns::test {
namespace {

/// ClaimState, and `deferring` apart from `waiting`.
enum class Stage : std::uint8_t { idle, waiting, deferring, probing, announcing, established };
constexpr std::array<const char*, 6> stage_names = {"idle",    "waiting",    "deferring",
                                                    "probing", "announcing", "established"};
const char* text(Stage stage) { return stage_names[static_cast<std::size_t>(stage)]; }

enum class Event : std::uint8_t {
  response,  ///< another has the name
  same,      ///< another says the very same
  goodbye,   ///< another gives the name up
  stronger,  ///< another probes for it, and its data come later
  weaker,
  time,  ///< nothing is heard for ten seconds
  link_down,
  address_gone,
  rename,
};
constexpr std::array<const char*, 9> event_names = {"a response with other data",
                                                    "a response with the same data",
                                                    "a goodbye",
                                                    "a probe that wins",
                                                    "a probe that loses",
                                                    "nothing is heard",
                                                    "the link goes down",
                                                    "the address goes",
                                                    "another name is wished"};

struct Cell {
  Stage stage;
  const char* name = "host";
};
using Row = linnet::test::StateRow<Stage, Cell, event_names.size()>;

using enum Stage;
constexpr const char* second = "host-2";
constexpr const char* other = "other";
// In the order of events. What is ours keeps its name when it is contested, and is probed for anew (9).
constexpr Row table[] = {
    {idle, {{{idle}, {idle}, {idle}, {idle}, {idle}, {idle}, {idle}, {idle}, {idle, other}}}},
    {waiting,
     {{{waiting},
       {waiting},
       {waiting},
       {waiting},
       {waiting},
       {established},
       {idle},
       {idle},
       {probing, other}}}},
    {deferring,
     {{{waiting, second},
       {deferring},
       {deferring},
       {deferring},
       {deferring},
       {established},
       {idle},
       {idle},
       {probing, other}}}},
    {probing,
     {{{waiting, second},
       {probing},
       {probing},
       {deferring},
       {probing},
       {established},
       {idle},
       {idle},
       {probing, other}}}},
    {announcing,
     {{{waiting},
       {announcing},
       {announcing},
       {announcing},
       {announcing},
       {established},
       {idle},
       {idle},
       {probing, other}}}},
    {established,
     {{{waiting},
       {established},
       {established},
       {established},
       {established},
       {established},
       {idle},
       {idle},
       {probing, other}}}},
};

class MdnsStates : public MdnsMachine {
 protected:
  static constexpr IpAddress lower = IpAddress::v4(192, 0, 2, 10);

  void reach(Stage wished) {
    make({});
    now = now + Duration::seconds(100);
    if (wished == idle) {
      machine->start(now);
      host = *machine->responder().add_host("host", now);
      return;
    }
    begin_host("host", {own_v4});
    if (wished == waiting) return;
    const Stage first = wished == deferring ? probing : wished;
    for (int i = 0; i < 2000 && stage() != first; ++i) run_for(Duration::milliseconds(5));
    if (wished == deferring) hear(probe(other_v4));
    ASSERT_EQ(stage(), wished);
  }
  Stage stage() const {
    const Claim& claim = machine->responder().host(host)->claim;
    switch (claim.state) {
      case ClaimState::idle:
        return idle;
      case ClaimState::waiting:
        return claim.deferring ? deferring : waiting;
      case ClaimState::probing:
        return probing;
      case ClaimState::announcing:
        return announcing;
      case ClaimState::established:
        break;
    }
    return established;
  }
  static ServerMessage response(const IpAddress& address, std::uint32_t ttl = 120) {
    return response_message().record(labels("host.local"), type::a, ttl, a_data(address), flush_in).count(6);
  }
  static ServerMessage probe(const IpAddress& address) {
    return query_message()
        .ask("host.local", type::any)
        .record(labels("host.local"), type::a, 120, a_data(address))
        .count(8);
  }

  void happen(Event event) {
    switch (event) {
      case Event::response:
        hear(response(other_v4));
        break;
      case Event::same:
        hear(response(own_v4));
        break;
      case Event::goodbye:
        hear(response(other_v4, 0));
        break;
      case Event::stronger:
        hear(probe(other_v4));
        break;
      case Event::weaker:
        hear(probe(lower));
        break;
      case Event::time:
        return run_for(Duration::seconds(10));
      case Event::link_down:
        machine->halt();
        break;
      case Event::address_gone:
        EXPECT_TRUE(machine->responder().set_addresses(host, {}, now));
        break;
      case Event::rename:
        EXPECT_TRUE(machine->responder().set_host_name(host, "other", now));
        return run_for({});  // goodbyes come first
    }
  }
};

TEST_F(MdnsStates, RFC6762_8_and_9_every_state_and_every_event) {
  linnet::test::for_each_cell<Event>(
      table, event_names, text, [this](Stage from, Event event, const Cell& next) {
        reach(from);
        happen(event);
        EXPECT_EQ(stage(), next.stage) << text(stage()) << " instead of " << text(next.stage);
        EXPECT_EQ(label_of(host), next.name);
      });
}

}  // namespace
}  // namespace linnet::mdns::test
