// SPDX-License-Identifier: Apache-2.0
// The exchange with the servers about one record type as a table: how a question is being asked, and what
// each answer does.
#include "core/test_states.hpp"
#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {
namespace {

/// How it is asked, and what came of it.
enum class Stage : std::uint8_t {
  first,   ///< of two servers, with EDNS
  plain,   ///< the first, without EDNS, which it did not understand
  small,   ///< the first, without capitals, which it did not keep
  stream,  ///< the first, by TCP, since its answer was truncated; by UDP it may still say more
  second,  ///< the second, with EDNS
  found,
  no_name,
  no_data,
  failure,
  silence,
};
constexpr std::array<const char*, 10> stage_names = {"first", "plain",   "small",   "stream",  "second",
                                                     "found", "no_name", "no_data", "failure", "silence"};
const char* text(Stage stage) { return stage_names[static_cast<std::size_t>(stage)]; }

enum class Event : std::uint8_t {
  answer,
  no_such_name,
  no_data,
  failure,
  not_understood,
  truncated,
  other_case,
  nonsense,
  silence
};
constexpr std::array<const char*, 9> event_names = {"an answer",     "NXDOMAIN",   "NODATA",
                                                    "SERVFAIL",      "FORMERR",    "a truncated answer",
                                                    "other letters", "another id", "nothing"};

using Row = linnet::test::StateRow<Stage, Stage, event_names.size()>;  // next when the gap is over

using enum Stage;
constexpr Row table[] = {
    // RFC 5452 9.1: nonsense is as if nothing had come: the first server is asked again.
    {first, {found, no_name, no_data, second, plain, stream, small, first, first}},
    // And capitals are left out beside.
    {plain, {found, no_name, no_data, second, second, stream, plain, plain, plain}},
    {small, {found, no_name, no_data, second, plain, stream, found, small, small}},
    // What was truncated serves as far as it goes, when TCP brings no more (4 s), or the question was put
    // anew (1 s).
    {stream, {found, no_name, no_data, stream, found, stream, found, stream, stream}},
    {second, {found, no_name, no_data, failure, plain, stream, second, second, second}},
};

class DnsExchangeStates : public DnsResolver {
 protected:
  void reach(Stage wished) {
    make_resolver({.mix_case = true});
    queries.clear();
    if (handle) resolver->release(*handle);
    handle = start("www.example");
    link.run_for(Duration::milliseconds(10));
    ASSERT_FALSE(queries.empty());
    if (wished == plain) say(Event::not_understood);
    if (wished == small) say(Event::other_case);
    if (wished == stream) say(Event::truncated);
    if (wished == second) {
      say(Event::failure);
      link.run_for(Duration::seconds(1));
    }
    ASSERT_EQ(stage(), wished) << text(stage());
  }
  Stage stage() {
    const auto result = resolver->result(*handle);
    if (result) return found;
    switch (result.error()) {
      case Error::no_such_name:
        return no_name;
      case Error::no_data:
        return no_data;
      case Error::server_failure:
        return failure;
      case Error::timeout:
        return silence;
      default:
        break;
    }
    if (connections() != 0) return stream;
    const Query& query = queries.back();
    if (query.announced == 0) return plain;
    if (query.server == second_server) return second;
    const bool capitals =
        std::any_of(query.name.begin(), query.name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return capitals ? first : small;
  }
  std::size_t connections() {
    std::size_t count = 0;
    link.stack.tcp().for_each_connection(
        [&](const tcp::Status& status) { count += status.state == tcp::State::syn_sent ? 1 : 0; });
    return count;
  }
  void say(Event event) {
    const Query query = queries.back();
    switch (event) {
      case Event::answer:
        send(query, good(query));
        break;
      case Event::no_such_name:
        send(query, ServerMessage(query.id, query.name).rcode(3));
        break;
      case Event::no_data:
        send(query, ServerMessage(query.id, query.name).soa(60, 60));
        break;
      case Event::failure:
        send(query, ServerMessage(query.id, query.name).rcode(2));
        break;
      case Event::not_understood:
        send(query, ServerMessage(query.id).rcode(1));
        break;
      case Event::truncated:
        send(query, good(query).truncated());
        break;
      case Event::other_case: {
        std::string name = query.name;
        for (char& c : name)
          c = c >= 'A' && c <= 'Z'   ? static_cast<char>(c + 32)
              : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32)
                                     : c;
        Query other = query;
        other.name = name;
        send(query, good(other));
        break;
      }
      case Event::nonsense:
        send(query, ServerMessage(static_cast<std::uint16_t>(query.id + 1), query.name)
                        .a(query.name, result_address));
        break;
      case Event::silence:
        break;
    }
    link.run_for(Duration::milliseconds(10));
  }

  std::optional<QueryHandle> handle;
};

TEST_F(DnsExchangeStates, RFC1035_7_2_every_way_to_ask_and_every_answer) {
  linnet::test::for_each_cell<Event>(table, event_names, text, [this](Stage from, Event event, Stage next) {
    reach(from);
    say(event);
    link.run_for(Duration::milliseconds(1100));  // the first gap is over
    EXPECT_EQ(stage(), next) << text(stage()) << " instead of " << text(next);
    const bool over = next >= found;
    if (from == stream && !over) {
      link.run_for(Duration::seconds(6));
      EXPECT_EQ(stage(), found) << "as far as it goes";
    }
  });
}

TEST_F(DnsExchangeStates, silence_of_both_servers_ends_it) {
  reach(second);
  link.run_for(Duration::seconds(10));
  EXPECT_EQ(stage(), failure) << "one of them had failed";
  make_resolver({});
  handle = start("other.example");
  link.run_for(Duration::seconds(25));
  EXPECT_EQ(stage(), silence);
}

}  // namespace
}  // namespace linnet::dns::test
