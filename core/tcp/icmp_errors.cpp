// SPDX-License-Identifier: Apache-2.0
// What ICMP says of segments of ours (RFC 9293 3.9.2.2, RFC 5927).
#include "core/tcp/tcp.hpp"

namespace linnet::tcp {

namespace {

/// What an ICMP error tells a user; nothing for those that TCP sees to itself or that say nothing of the peer.
Error reason_of(ip::ErrorKind kind) {
  switch (kind) {
    case ip::ErrorKind::port_unreachable:
    case ip::ErrorKind::protocol_unreachable: return Error::refused;
    case ip::ErrorKind::net_unreachable: return Error::net_unreachable;
    case ip::ErrorKind::host_unreachable:
    case ip::ErrorKind::time_exceeded:
    case ip::ErrorKind::administratively_prohibited: return Error::host_unreachable;
    default: return Error::none;
  }
}

/// The size of the packet that a message is about, by the IP header that it quotes.
std::uint16_t quoted_size(const std::uint8_t* header, const IpAddress& source) {
  return source.is_v4() ? load16(header + 2) : static_cast<std::uint16_t>(40u + load16(header + 4));
}

/// RFC 5461 4.1: nobody uses the connection yet. A Fast Open one is used from when it is accepted.
bool handshaking(const Connection& c) {
  const bool waits = static_cast<const ListNode<AcceptTag>&>(c).linked();
  return c.state == State::syn_sent || (c.state == State::syn_received && (waits || c.active_open));
}

}  // namespace

/// RFC 5461 4.1: an error about our SYN-ACK. True: that was its end.
bool Tcp::end_handshake(const Endpoint& local, const Endpoint& remote, SequenceNumber seq, Error reason) {
  const bool unreachable = reason == Error::net_unreachable || reason == Error::host_unreachable;
  if (!config_.soft_errors_end_handshakes || !unreachable) return false;
  SynRecord* record = syns_.find(tuple_hash(hash_key_, local, remote), local, remote);
  if (record == nullptr || seq != record->iss) return false;
  drop_record(*record);
  return true;
}

/// RFC 9293 3.9.2.2 and RFC 5927: only a message about a segment that is really in flight is believed, and none but
/// a refused connection attempt ends anything (MUST-54 to MUST-56, SHLD-25, SHLD-26).
void Tcp::error(const ip::Datagram& datagram, Instant now) {
  const Bytes quote = datagram.packet.bytes();
  if (quote.size() < 8) {
    drops_.add(Drop::icmp_quote);
    return;
  }
  const Fields<8> header(quote.data());
  const Endpoint local{datagram.source, header.get16<0>()};
  const Endpoint remote{datagram.destination, header.get16<2>()};
  const SequenceNumber seq(header.get32<4>());
  Connection* c = table_.find(tuple_hash(hash_key_, local, remote), [&](const Connection& other) {
    return other.remote == remote && other.local == local;
  });
  const Error reason = reason_of(datagram.error);
  if (c == nullptr && end_handshake(local, remote, seq, reason)) return;
  if (c == nullptr || seq < c->snd.una || seq >= c->snd.nxt) {
    drops_.add(Drop::icmp_quote);
    return;
  }
  if (config_.soft_errors_end_handshakes && reason != Error::none && handshaking(*c)) return end(*c, reason);
  switch (datagram.error) {
    case ip::ErrorKind::fragmentation_needed:
      if (c->state == State::syn_sent) {
        ip_.path_mtu_update(remote.address, datagram.mtu, now);
        return syn_too_large(*c, now);
      }
      return fragmentation_needed(*c, seq, datagram.mtu,
                                  quoted_size(quote.data() - datagram.header_length, local.address), now);
    case ip::ErrorKind::port_unreachable:
    case ip::ErrorKind::protocol_unreachable:
      if (c->state == State::syn_sent) return end(*c, Error::refused);
      [[fallthrough]];
    default:
      if (reason != Error::none) c->soft_error = reason;
  }
}

}  // namespace linnet::tcp
