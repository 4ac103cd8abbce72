// SPDX-License-Identifier: Apache-2.0
// TLS and DTLS over a transport that answers each call as the input says: would block, an end, an error, a
// short write, more than was asked for. What arrives is what was sent, and whatever breaks is told, once and
// for ever.
#include <deque>
#include <memory>
#include <vector>

#include "fuzz/input.hpp"
#include "sockets/single_thread_port.hpp"
#include "tls/connection.hpp"

using namespace linnet;
using namespace linnet::fuzz;
using tls::Connection;
using tls::Error;
using tls::Step;
using tls::Transport;

namespace {

constexpr std::int64_t year_2026 = 1767225600;
constexpr int most_rounds = 4000;

Random::Seed seed_of(std::uint8_t number) {
  Random::Seed seed{};
  seed.fill(number);
  return seed;
}
Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// What happened to an end that it must have noticed.
enum class Blow : std::uint8_t { none, end, error };

/// One end of the wire: datagrams or pieces of a stream. The script's bytes are its answers; none: it works.
struct End {
  std::deque<std::vector<std::uint8_t>>* in = nullptr;
  std::deque<std::vector<std::uint8_t>>* out = nullptr;
  Input* script = nullptr;
  bool datagram = false;
  Blow blow = Blow::none;
  bool moved = false;
  bool lost = false;  // a datagram

  static constexpr std::uint8_t kinds = 16;

  std::ptrdiff_t broken(std::ptrdiff_t result) {
    blow = Blow::error;
    return result;
  }

  /// Answers that both directions have; nullopt: it is to work.
  std::optional<std::ptrdiff_t> spoil(std::uint8_t kind, std::size_t size) {
    switch (kind) {
      case 1:
      case 2:
        return Transport::would_block;
      case 3:
        return broken(Transport::failed);
      case 4:
        return broken(-0x7880);  // what means something to mbedTLS
      case 5:
        return broken(static_cast<std::ptrdiff_t>(size) + 1);
      default:
        return std::nullopt;
    }
  }

  static std::ptrdiff_t send(void* self, Bytes bytes) {
    End& end = *static_cast<End*>(self);
    const auto kind = static_cast<std::uint8_t>(end.script->u8() % kinds);
    if (const auto result = end.spoil(kind, bytes.size())) return *result;
    end.moved = true;
    if (kind == 6) return 0;
    if (end.datagram && kind == 7) {
      end.lost = true;
      return static_cast<std::ptrdiff_t>(bytes.size());
    }
    const std::size_t size = kind == 8 && !end.datagram ? 1 : bytes.size();
    end.out->emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    return static_cast<std::ptrdiff_t>(size);
  }

  static std::ptrdiff_t receive(void* self, MutableBytes to) {
    End& end = *static_cast<End*>(self);
    const auto kind = static_cast<std::uint8_t>(end.script->u8() % kinds);
    if (const auto result = end.spoil(kind, to.size())) return *result;
    if (kind == 6) {
      if (!end.datagram && end.blow == Blow::none) end.blow = Blow::end;
      return 0;
    }
    if (end.in->empty()) return Transport::would_block;
    end.moved = true;
    std::vector<std::uint8_t>& first = end.in->front();
    const std::size_t size = std::min(kind == 8 && !end.datagram ? std::size_t{1} : to.size(), first.size());
    std::copy_n(first.begin(), size, to.begin());
    first.erase(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(size));
    if (first.empty() || end.datagram) end.in->pop_front();
    return static_cast<std::ptrdiff_t>(size);
  }
};

/// What is costly, and the same for all inputs: a certificate, and sessions to come back to.
struct Shared {
  Shared() {
    const std::string names[] = {"device.example"};
    const tls::SelfSigned made = tls::make_self_signed(
        {.names = names, .not_before = year_2026 - 1, .not_after = year_2026 + 86400}, seed_of(1));
    require(identity.load(bytes_of(made.certificate), bytes_of(made.key), seed_of(2)), "an identity");
    require(trust.add(bytes_of(made.certificate)) == 1, "that is trusted");
  }
  tls::Identity identity;
  tls::Trust trust;
  tls::Tickets tickets{seed_of(3)};
  tls::Cookies cookies{seed_of(4)};
  std::vector<std::uint8_t> sessions[2];  // of a stream, of datagrams
};

struct Pair {
  Pair(Shared& shared, Input& script, bool datagram, bool resume, bool cookies)
      : port(seed_of(9), Instant::from_microseconds(1)) {
    port.set_wall_clock(Duration::seconds(year_2026));
    ends[0] = {&queues[0], &queues[1], &script, datagram};
    ends[1] = {&queues[1], &queues[0], &script, datagram};
    tls::Options client{.datagram = datagram, .host_name = "device.example", .trust = &shared.trust};
    if (resume) client.session = shared.sessions[datagram ? 1 : 0];
    tls::Options server{.role = tls::Role::server,
                        .datagram = datagram,
                        .identity = &shared.identity,
                        .tickets = &shared.tickets};
    if (cookies) server.cookies = &shared.cookies;
    server.client_id = bytes_of("a client");
    sides[0] = std::make_unique<Connection>(port, client, Transport{&ends[0], End::send, End::receive});
    sides[1] = std::make_unique<Connection>(port, server, Transport{&ends[1], End::send, End::receive});
  }

  sockets::SingleThreadPort port;
  std::deque<std::vector<std::uint8_t>> queues[2];
  End ends[2];
  std::unique_ptr<Connection> sides[2];
};

/// An end that fails says so, again and again, and why.
void check_failed(Connection& side, const End& end, bool datagram) {
  require(side.error() != Error::none && !side.words().empty(), "a failure has a reason");
  std::array<std::uint8_t, 4> buffer{};
  std::size_t count = 0;
  require(side.handshake() == Step::failed && side.read(buffer, count) == Step::failed, "and stays one");
  require(side.write(buffer, count) == Step::failed && count == 0 && side.close() == Step::failed,
          "in all calls");
  if (datagram) return;
  if (end.blow == Blow::error) require(side.error() == Error::transport, "what broke is named");
  if (end.blow == Blow::end) require(side.error() == Error::truncated, "an end is one that came too early");
}

/// Steps of both ends: the handshake, then `text` each way. True: all of it arrived.
bool converse(Pair& pair, bool datagram, const std::string& text) {
  std::string got[2];
  std::size_t sent[2] = {};
  bool failed[2] = {};
  std::vector<std::uint8_t> buffer(2048);
  for (int round = 0; round < most_rounds; ++round) {
    bool moved = false;
    for (int i = 0; i < 2; ++i) {
      Connection& side = *pair.sides[i];
      End& end = pair.ends[i];
      if (failed[i]) continue;
      end.moved = false;
      std::size_t count = 0;
      Step step = side.handshake();
      if (step == Step::done && sent[i] < text.size()) {
        step = side.write(bytes_of(text).subspan(sent[i]), count);
        require(count <= text.size() - sent[i], "no more was taken than there was");
        sent[i] += count;
      }
      if (step != Step::failed && side.established()) {
        step = side.read(buffer, count);
        require((step == Step::done) == (count > 0) && count <= buffer.size(), "bytes, or none");
        got[i].append(reinterpret_cast<const char*>(buffer.data()), count);
        if (!datagram) require(text.starts_with(got[i]), "what arrives is what was sent");
      }
      require(step != Step::closed, "nobody has closed");
      failed[i] = step == Step::failed;
      if (failed[i]) check_failed(side, end, datagram);
      require(datagram || failed[i] || end.blow == Blow::none, "what broke was noticed");
      moved |= end.moved;
    }
    if (got[0].size() >= text.size() && got[1].size() >= text.size()) return true;
    if (failed[0] && failed[1]) return false;
    // Datagrams that were lost are sent again in time.
    if (!moved) pair.port.set_time(pair.port.now() + Duration::milliseconds(200));
    if (!moved && (failed[0] || failed[1]) && pair.ends[0].script->empty()) return false;
  }
  require(datagram, "a stream gets on, or breaks");
  return false;
}

Shared& shared() {
  static Shared made;
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // Two handshakes without faults, for the sessions that make the others cheap.
  for (const bool datagram : {false, true}) {
    Input none(nullptr, 0);
    Pair pair(shared(), none, datagram, false, datagram);
    require(converse(pair, datagram, "first"), "it works where nothing is wrong");
    std::vector<std::uint8_t>& session = shared().sessions[datagram ? 1 : 0];
    session.resize(4096);
    session.resize(pair.sides[0]->save_session(session));
    require(!session.empty(), "a session");
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input script(data, size);
  const std::uint8_t how = script.u8();
  const bool datagram = (how & 1) != 0;
  const bool resume = (how & 6) != 0;
  Pair pair(shared(), script, datagram, resume, (how & 8) != 0);
  const std::string text(1 + script.below(datagram ? 1000 : 40000), static_cast<char>('a' + how % 26));
  const bool arrived = converse(pair, datagram, text);
  const bool harmless = pair.ends[0].blow == Blow::none && pair.ends[1].blow == Blow::none;
  if (harmless && !datagram) require(arrived, "calls that move nothing do no harm");
  if (arrived && resume && !datagram) require(pair.sides[0]->resumed(), "the session was good");
  return 0;
}
