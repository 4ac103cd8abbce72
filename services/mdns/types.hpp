// SPDX-License-Identifier: Apache-2.0
// The words that users of Multicast DNS need.
#pragma once

#include <string_view>

#include "core/base/handle.hpp"
#include "services/mdns/wire.hpp"

namespace linnet::mdns {

enum class Error : std::uint8_t {
  no_memory,  ///< Config says how many there may be
  bad_name,   ///< no label, or no service type; both together always fit a name
  bad_value,  ///< a TXT record that is too long or no row of strings, or port 0
  exists,     ///< the own instance or host of that name is there already
  closed,     ///< the handle is stale
};

struct Host;
struct Service;
struct Query;
struct Lookup;
using HostHandle = Handle<Host>;
using ServiceHandle = Handle<Service>;
using QueryHandle = Handle<Query>;
using LookupHandle = Handle<Lookup>;

/// How far a name has become one's own (RFC 6762 8).
enum class ClaimState : std::uint8_t {
  idle,         ///< no link, or no address
  waiting,      ///< for its first probe
  probing,      ///< up to 250 ms after the third
  announcing,   ///< it is ours
  established,  ///< and has been announced as often as it should
};

struct ServiceOptions {
  std::string_view instance{};  ///< 1 to 63 bytes of UTF-8; empty: the host's name
  std::string_view type{};      ///< "_http._tcp"
  std::uint16_t port = 0;
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  Bytes txt{};                                   ///< strings as on the wire (TxtWriter); empty: none
  std::span<const std::string_view> subtypes{};  ///< "_printer", ...
  HostHandle host{};                             ///< where it runs, when that is not the own host
};

/// How a message arrived.
struct Arrival {
  Endpoint source{};
  bool multicast = true;  ///< it was sent to the group
  bool on_link = true;    ///< its source is a neighbour (RFC 6762 11)
};

struct Outgoing {
  Bytes message{};               ///< valid until the next call
  std::optional<Endpoint> to{};  ///< nothing: to the groups
};

/// A record that is known, valid until the next call of whoever yields it.
struct RecordView {
  Name name{};
  std::uint16_t type = 0;
  Bytes data{};          ///< names spelled out
  Duration ttl;          ///< what is left of it
  bool own = false;      ///< we say so ourselves
  bool over_v4 = false;  ///< heard by IPv4
  bool over_v6 = false;  ///< heard by IPv6
};

/// Why a message that arrived changed nothing. Exactly one is counted for each.
enum class Drop : std::uint8_t {
  too_short,    ///< no header
  opcode,       ///< RFC 6762 18.3
  rcode,        ///< RFC 6762 18.11
  source_port,  ///< a response from another port than 5353 (RFC 6762 6)
  off_link,     ///< sent to us alone, and not from a neighbour (RFC 6762 11)
  own,          ///< sent by this host, by another of its interfaces
  malformed,
  count,
};

struct Status {
  std::uint32_t sent = 0;  ///< messages
  std::uint32_t received = 0;
  std::uint32_t conflicts = 0;
  std::uint32_t evicted = 0;  ///< records of others, for want of room
  std::array<std::uint32_t, static_cast<std::size_t>(Drop::count)> drops{};
  std::uint32_t dropped(Drop drop) const { return drops[static_cast<std::size_t>(drop)]; }
};

/// Strings of a TXT record one after the other (RFC 6763 6): "key", "key=" or "key=value", values of any
/// bytes.
class TxtWriter {
 public:
  explicit TxtWriter(MutableBytes room) : writer_(room) {}
  /// False when it does not fit, or breaks RFC 6763 6.4: an empty key, '=' or control characters in it, more
  /// than 255 bytes together.
  bool add(std::string_view key);
  bool add(std::string_view key, Bytes value);
  Bytes finish() const { return writer_.written(); }

 private:
  bool begin(std::string_view key, std::size_t more);
  Writer writer_;
};
/// The value of a key, whatever the case of its letters; the first counts (RFC 6763 6.4). Nothing without the
/// key, empty without a value.
std::optional<Bytes> txt_value(Bytes txt, std::string_view key);
/// Strings that fill it exactly.
bool is_txt(Bytes txt);

}  // namespace linnet::mdns
