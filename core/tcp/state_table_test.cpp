// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7: every state, every combination of the six control bits, every position relative to the window.
// The expectation is written here from the RFC's text, apart from the implementation.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

enum class Position { exact, inside, below, above };
constexpr Position positions[] = {Position::exact, Position::inside, Position::below, Position::above};

enum class Reply { nothing, ack, rst, syn_ack };

struct Outcome {
  State state;
  Reply reply = Reply::nothing;
};

struct Case {
  State state;
  std::uint8_t flags;
  Position position;
  bool bad_ack;  // for states where the ACK's value decides
};

bool has(const Case& c, std::uint8_t flag) { return (c.flags & flag) != 0; }

/// 3.10.7.1.
Outcome in_closed(const Case& c) { return {State::closed, has(c, Flags::rst) ? Reply::nothing : Reply::rst}; }

/// 3.10.7.2.
Outcome in_listen(const Case& c) {
  if (has(c, Flags::rst)) return {State::listen};
  if (has(c, Flags::ack)) return {State::listen, Reply::rst};
  if (has(c, Flags::syn) && !has(c, Flags::fin)) return {State::syn_received, Reply::syn_ack};
  return {State::listen};
}

/// 3.10.7.3.
Outcome in_syn_sent(const Case& c) {
  const bool rst = has(c, Flags::rst);
  if (has(c, Flags::ack) && c.bad_ack) return {State::syn_sent, rst ? Reply::nothing : Reply::rst};
  if (rst) return {has(c, Flags::ack) ? State::closed : State::syn_sent};
  if (!has(c, Flags::syn) || (has(c, Flags::fin) && !has(c, Flags::ack))) return {State::syn_sent};
  if (has(c, Flags::ack)) return {has(c, Flags::fin) ? State::close_wait : State::established, Reply::ack};
  return {State::syn_received, Reply::syn_ack};
}

/// 3.10.7.4 for SYN-RECEIVED after a passive open.
Outcome in_syn_received(const Case& c) {
  const bool rst = has(c, Flags::rst);
  const bool in_window = c.position == Position::exact || c.position == Position::inside;
  if (!in_window) return {State::syn_received, rst ? Reply::nothing : Reply::ack};
  if (rst) {
    if (c.position == Position::exact) return {State::listen};
    return {State::syn_received, Reply::ack};  // RFC 5961 3.2
  }
  if (has(c, Flags::syn)) return {State::listen};
  if (!has(c, Flags::ack)) return {State::syn_received};
  if (c.bad_ack) return {State::syn_received, Reply::rst};
  if (!has(c, Flags::fin)) return {State::established};
  if (c.position == Position::exact) return {State::close_wait, Reply::ack};
  return {State::established, Reply::ack};
}

/// RFC 9293 3.10.7.4 with RFC 1337.
Outcome in_time_wait(const Case& c) {
  if (has(c, Flags::rst)) return {State::time_wait};
  const bool empty = !has(c, Flags::syn) && !has(c, Flags::fin);
  if (empty && c.position == Position::exact) return {State::time_wait};
  if (!has(c, Flags::ack) && !has(c, Flags::syn)) return {State::time_wait};
  return {State::time_wait, Reply::ack};
}

/// 3.10.7.4 for the synchronized states; the ACK acknowledges nothing new unless it is bad.
Outcome in_synchronized(const Case& c) {
  const bool in_window = c.position == Position::exact || c.position == Position::inside;
  if (!in_window) return {c.state, has(c, Flags::rst) ? Reply::nothing : Reply::ack};
  if (has(c, Flags::rst)) {
    if (c.position == Position::exact) return {State::closed};
    return {c.state, Reply::ack};
  }
  if (has(c, Flags::syn)) return {c.state, Reply::ack};
  if (!has(c, Flags::ack)) return {c.state};
  if (c.bad_ack) return {c.state, Reply::ack};
  if (!has(c, Flags::fin)) return {c.state};
  const bool receiving =
      c.state == State::established || c.state == State::fin_wait_1 || c.state == State::fin_wait_2;
  if (!receiving) return {c.state};
  if (c.position == Position::inside) return {c.state, Reply::ack};
  if (c.state == State::established) return {State::close_wait, Reply::ack};
  if (c.state == State::fin_wait_1) return {State::closing, Reply::ack};
  return {State::time_wait, Reply::ack};
}

Outcome expected(const Case& c) {
  switch (c.state) {
    case State::closed:
      return in_closed(c);
    case State::listen:
      return in_listen(c);
    case State::syn_sent:
      return in_syn_sent(c);
    case State::syn_received:
      return in_syn_received(c);
    case State::time_wait:
      return in_time_wait(c);
    default:
      return in_synchronized(c);
  }
}

/// Brings a harness into a state by an exchange of segments.
class StateTable : public ::testing::Test {
 protected:
  struct Setup {
    Harness h;
    ConnectionHandle connection;
    ListenerHandle listener;
  };

  static void close_ours(Setup& s) {
    EXPECT_TRUE(s.h.tcp.shutdown_send(s.connection, s.h.now).ok());
    EXPECT_TRUE(s.h.expect_sent().has(Flags::fin));
    s.h.our_nxt += 1;
  }
  static void close_theirs(Setup& s, std::uint32_t ack) {
    s.h.inject({.seq = s.h.peer_nxt, .ack = ack, .flags = Flags::fin | Flags::ack});
    s.h.peer_nxt += 1;
    s.h.discard_sent();
  }
  static void reach(Setup& s, State state) {
    Harness& h = s.h;
    switch (state) {
      case State::closed:
        return;
      case State::listen:
        s.listener = h.listen(80);
        return;
      case State::syn_sent:
        s.connection = h.connect();
        return;
      case State::syn_received:
        s.listener = h.listen(80);
        h.inject({.seq = h.peer_iss, .flags = Flags::syn});
        h.our_iss = h.expect_sent().seq;
        h.our_nxt = h.our_iss + 1;
        return;
      default:
        s.connection = h.accept();
    }
    const std::uint32_t before_fin = h.our_nxt;
    if (state == State::fin_wait_1 || state == State::fin_wait_2 || state == State::closing ||
        state == State::time_wait) {
      close_ours(s);
    }
    if (state == State::fin_wait_2 || state == State::time_wait) h.inject(h.ack_of(h.our_nxt));
    if (state == State::close_wait || state == State::last_ack || state == State::time_wait) {
      close_theirs(s, h.our_nxt);
    }
    if (state == State::closing) close_theirs(s, before_fin);
    if (state == State::last_ack) close_ours(s);
    ASSERT_EQ(h.state(s.connection), state);
    h.discard_sent();
  }
  /// An acknowledgment number that acknowledges nothing new, or the right one of a handshake.
  static std::uint32_t neutral_ack(const Setup& s, State state) {
    switch (state) {
      case State::syn_sent:
      case State::syn_received:
        return s.h.our_iss + 1;
      case State::fin_wait_1:
      case State::closing:
      case State::last_ack:
        return s.h.our_nxt - 1;  // all but the FIN
      default:
        return s.h.our_nxt;
    }
  }
  static std::uint32_t sequence(const Setup& s, Position position) {
    switch (position) {
      case Position::inside:
        return s.h.peer_nxt + 100;
      case Position::below:
        return s.h.peer_nxt - 100;
      case Position::above:
        return s.h.peer_nxt + 70000;
      default:
        return s.h.peer_nxt;
    }
  }
  static State state_after(const Setup& s, State before) {
    if (s.connection) {
      const auto status = s.h.tcp.status(s.connection);
      return status ? status->state : State::closed;
    }
    if (before == State::closed) return State::closed;
    const auto listener = s.h.tcp.status(s.listener);
    if (listener->waiting > 0) {
      State found = State::closed;
      s.h.tcp.for_each_connection([&](const Status& status) { found = status.state; });
      return found;
    }
    return listener->handshakes > 0 ? State::syn_received : State::listen;
  }
  static Reply reply_of(Harness& h) {
    const auto wire = h.sent();
    if (!wire) return Reply::nothing;
    h.expect_silence();
    if (wire->has(Flags::rst)) return Reply::rst;
    if (wire->has(Flags::syn)) return Reply::syn_ack;
    return Reply::ack;
  }

  static void run(const Case& c) {
    Setup s;
    ASSERT_NO_FATAL_FAILURE(reach(s, c.state));
    const std::uint32_t bad = s.h.our_nxt + 100000;
    s.h.inject({.seq = sequence(s, c.position),
                .ack = c.bad_ack ? bad : neutral_ack(s, c.state),
                .flags = c.flags});
    const Outcome want = expected(c);
    SCOPED_TRACE(testing::Message() << state_text(c.state) << " flags " << int{c.flags} << " position "
                                    << static_cast<int>(c.position) << " bad_ack " << c.bad_ack);
    EXPECT_EQ(state_text(state_after(s, c.state)), state_text(want.state));
    EXPECT_EQ(static_cast<int>(reply_of(s.h)), static_cast<int>(want.reply));
  }
};

TEST_F(StateTable, RFC9293_3_10_7_every_state_every_flag_every_position) {
  for (int state = 0; state <= static_cast<int>(State::time_wait); ++state) {
    for (int flags = 0; flags < 64; ++flags) {
      for (const Position position : positions) {
        for (const bool bad_ack : {false, true}) {
          run({static_cast<State>(state), static_cast<std::uint8_t>(flags), position, bad_ack});
          if (HasFailure()) return;  // one failure with its trace says enough
        }
      }
    }
  }
}

}  // namespace
}  // namespace linnet::tcp::test
