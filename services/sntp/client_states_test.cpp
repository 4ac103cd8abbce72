// SPDX-License-Identifier: Apache-2.0
// What becomes of a server that is asked for the time (RFC 4330 5, 8, 10) as a table: every phase, and each
// event.
#include "core/test_states.hpp"
#include "services/sntp/test_sntp.hpp"

namespace linnet::sntp::test {
namespace {

enum class Stage : std::uint8_t {
  waiting,  ///< for its first turn
  resolving,
  asking,
  answered,  ///< between two turns
  failed,    ///< likewise
  refused,   ///< it said DENY or RSTR
  stopped,
};
constexpr std::array<const char*, 7> stage_names = {"waiting", "resolving", "asking", "answered",
                                                    "failed",  "refused",   "stopped"};
const char* text(Stage stage) { return stage_names[static_cast<std::size_t>(stage)]; }

enum class Event : std::uint8_t {
  time,
  deny,
  rate,
  without_time,
  nonsense,
  silence,
  not_found,
  found,
  stop,
  replaced
};
constexpr std::array<const char*, 10> event_names = {"an answer",
                                                     "DENY",
                                                     "RATE",
                                                     "an answer of who has no time",
                                                     "nonsense",
                                                     "nobody answers",
                                                     "its name is not found",
                                                     "its name is found",
                                                     "stop",
                                                     "another server is set"};

using Row = linnet::test::StateRow<Stage, Stage, event_names.size()>;  // next by event

using enum Stage;
// Nothing that comes before it is asked, or after it has answered, counts: there is no socket for it.
constexpr Row table[] = {
    {waiting, {waiting, waiting, waiting, waiting, waiting, waiting, waiting, waiting, stopped, waiting}},
    {resolving,
     {resolving, resolving, resolving, resolving, resolving, failed, failed, asking, stopped, asking}},
    {asking, {answered, refused, failed, failed, asking, failed, asking, asking, stopped, asking}},
    {answered,
     {answered, answered, answered, answered, answered, answered, answered, answered, stopped, waiting}},
    {failed, {failed, failed, failed, failed, failed, failed, failed, failed, stopped, waiting}},
    {refused, {refused, refused, refused, refused, refused, refused, refused, refused, stopped, waiting}},
};

class SntpStates : public SntpTest {
 protected:
  /// One server, by name where it is to be resolved.
  void reach(Stage wished) {
    Config config = quick();
    if (wished == waiting) config.startup_delay = Duration::seconds(3600);
    config.interval = Duration::seconds(3600);
    make_client(config);
    servers.clear();
    names = {};
    names.known["ntp.example"] = {server_at(0)};
    names.pending = wished == resolving;
    Server& server = servers[server_at(0)];
    server.answers = wished == answered || wished == refused;
    if (wished == refused) server.edit = [](Message& message) { kiss(message, "DENY"); };
    ASSERT_TRUE(client->set_server_name(0, "ntp.example", link.now));
    ASSERT_TRUE(client->start(link.now));
    link.run_for(wished == failed ? Duration::seconds(4) : Duration::milliseconds(500));
    server.answers = false;
    server.edit = nullptr;
    ASSERT_EQ(stage(), wished) << text(stage());
  }
  static void kiss(Message& message, const char* code) {
    message.leap = Leap::unsynchronised;
    message.stratum = 0;
    message.reference_id = load32(reinterpret_cast<const std::uint8_t*>(code));
  }
  Stage stage() {
    if (!client->running()) return stopped;
    if (names.open > 0) return resolving;
    ServerStatus server;
    client->for_each_server([&](const ServerStatus& status) { server = status; });
    if (server.refused) return refused;
    if (sockets() != 0) return asking;
    if (server.opinion == Opinion::none && server.reach == 0) return waiting;
    return (server.reach & 1) != 0 ? answered : failed;
  }
  /// What the server would say to the last request; where there was none, to one that never was.
  void answer(const std::function<void(Message&)>& edit) {
    UdpFrame request;
    const auto& requests = servers[server_at(0)].requests;
    if (requests.empty()) {
      request.source = {own_address, 4000};
      request.destination = {server_at(0), ntp_port};
      request.payload = bytes_of({.transmit = 0x1234567890abcdef});
    } else {
      request = requests.back();
    }
    Message message = answer_to(request, {});
    if (edit) edit(message);
    send(request, message);
    link.run_for(Duration::milliseconds(20));
  }
  void happen(Event event) {
    switch (event) {
      case Event::time:
        return answer(nullptr);
      case Event::deny:
        return answer([](Message& message) { kiss(message, "DENY"); });
      case Event::rate:
        return answer([](Message& message) { kiss(message, "RATE"); });
      case Event::without_time:
        return answer([](Message& message) { message.leap = Leap::unsynchronised; });
      case Event::nonsense:
        return answer([](Message& message) { ++message.origin; });
      case Event::silence:
        return link.run_for(
            Duration::seconds(13));  // longer than a lookup is waited for, less than a retry takes
      case Event::not_found:
        names.known.clear();
        names.pending = false;
        break;
      case Event::found:
        names.pending = false;
        break;
      case Event::stop:
        client->stop();
        break;
      case Event::replaced:
        ASSERT_TRUE(client->set_server(0, server_at(1), link.now));
        return;
    }
    link.run_for(Duration::milliseconds(300));
  }
};

TEST_F(SntpStates, RFC4330_every_phase_of_a_server_and_every_event) {
  linnet::test::for_each_cell<Event>(table, event_names, text, [this](Stage from, Event event, Stage next) {
    reach(from);
    happen(event);
    EXPECT_EQ(stage(), next) << text(stage()) << " instead of " << text(next);
    client->stop();
    EXPECT_EQ(sockets(), 0u);
    EXPECT_EQ(names.open, 0);
  });
}

}  // namespace
}  // namespace linnet::sntp::test
