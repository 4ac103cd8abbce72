// SPDX-License-Identifier: Apache-2.0
// Lookup: a name on its way to a result, by one question for each family that is wanted.
#pragma once

#include "core/tcp/tcp.hpp"
#include "core/udp/udp.hpp"
#include "services/dns/types.hpp"

namespace linnet::dns {

/// One server being asked, by UDP or its secure stream.
struct Exchange {
  bool asking() const { return static_cast<bool>(socket) || secure; }

  std::uint16_t id = 0;
  std::uint8_t server = 0;
  bool secure : 1 = false;     ///< it is being asked by its secure stream
  bool sent : 1 = false;       ///< which has the question
  udp::SocketHandle socket;    ///< while it is being asked
  std::uint64_t capitals = 0;  ///< of the question's letters
};

/// The records of one type of a name: asked for by queries of its own (RFC 5452 5: an id and a port that the
/// other type's query does not share), at servers of its own, so that one that breaks about AAAA (RFC 4074 4)
/// delays nothing else.
struct Question : Exchange {
  std::uint16_t record_type = type::a;
  std::uint8_t tries = 0;  ///< of that server
  // Bits, since a device pays for each byte with every lookup that it has room for.
  std::uint8_t turns : 4 = 0;      ///< bits of the servers that have had their turn, or have it
  bool failed : 1 = false;         ///< that server answered, but not usefully
  bool any_failed : 1 = false;     ///< likewise any of them
  bool any_insecure : 1 = false;   ///< one of them could not be reached by a secure stream
  bool again : 1 = false;          ///< asked once more by a stream, since the one before ended
  bool plain : 1 = false;          ///< asked without EDNS, which that server does not understand
  bool small_letters : 1 = false;  ///< asked without capitals, which a server did not keep
  bool streamed : 1 = false;       ///< that server was turned to by TCP
  bool stream_asked : 1 = false;   ///< and has the question
  tcp::ConnectionHandle
      connection;                  ///< to that server by TCP, while the socket stays open for a better answer
  Error error = Error::no_data;    ///< pending while it is asked; a family that nobody wants has no addresses
  Instant due = Instant::never();  ///< then the next try
  Exchange beside;                 ///< with the next server, while the one in turn is silent
  Instant beside_due = Instant::never();  ///< then it begins
  Answer answer;

  /// It is this server's turn.
  void turn_to(std::uint8_t index) {
    server = index;
    turns = (turns | 1u << index) & 0xfu;
  }
};

/// How far a name has come that is completed with the domains of the search list.
struct Search {
  bool on = false;
  bool as_is_asked = false;   ///< the name as it is was, or is, asked about
  bool no_data = false;       ///< one of the names exists
  bool failed = false;        ///< a server failed about one of them
  Error as_is = Error::none;  ///< what was said of the name as it is, when that came first
  std::size_t next = 0;       ///< domain of the list
};

/// Shared by all who asked for the same families of the name meanwhile.
struct Lookup {
  Lookup() { v6.record_type = type::aaaa; }

  template <typename Visit>
  void for_each_question(Visit&& visit) {
    visit(v4);
    visit(v6);
  }
  /// Adds an address that is known without a question.
  void add(const IpAddress& address, Duration ttl);
  /// What the questions say together, as far as they are known: an answer of either family counts, and so
  /// does the word of either that there is no such name (RFC 8020 2); no_data only where nobody has more to
  /// say.
  Error outcome() const;
  /// True when the result is there, or would be but for a family that is still pending.
  bool is_of_use() const;
  /// The addresses of both families: IPv6 before IPv4 (RFC 6724 2.1 prefers it), each as the server put them.
  /// Of more than there is room for, each family keeps half of the room at least.
  Answer answer() const;
  /// Whether it was begun for this name.
  bool is_for(const Name& asked) const { return asked.wire().size() == own_size && name.begins_with(asked); }

  Name name;                  ///< that servers are asked about
  std::uint8_t own_size = 1;  ///< bytes of Name::wire() of the one that was given: its first labels
  Search search;
  Families families = Families::v4;
  Error error = Error::pending;
  std::uint32_t references = 1;           ///< handles given out and not released
  Instant partial_at = Instant::never();  ///< then what is known must do
  MutableBytes message;                   ///< of a query for records: room for what the server says
  bool message_by_stream = false;
  bool message_secure = false;
  std::size_t message_size = 0;  ///< bytes of it that are there
  Question v4;                   ///< or for records of any type
  Question v6;
};

}  // namespace linnet::dns
