// SPDX-License-Identifier: Apache-2.0
// TCP, DHCP and DNS across frames: numbers that must not come again, nor be guessed.
#include <algorithm>
#include <bit>

#include "sim/frame_dhcp_options.hpp"
#include "sim/frame_history.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t dhcp_options_offset = 240;
constexpr Duration isn_clock_tick = Duration::microseconds(4);  // RFC 9293 3.4.1

/// Of a message that arrived: the value of an option, empty when there is none.
Bytes option_of(Bytes message, std::uint8_t code) {
  for (std::size_t at = dhcp_options_offset; at + 1 < message.size() && message[at] != dhcp_option::end;) {
    if (message[at] == dhcp_option::pad) {
      ++at;
      continue;
    }
    const std::size_t size = message[at + 1];
    if (message.size() - at - 2 < size) return {};
    if (message[at] == code) return message.subspan(at + 2, size);
    at += size + 2;
  }
  return {};
}

/// Without a mask that says something, the address's class does (RFC 1122 3.3.1.1).
std::uint8_t class_of(std::uint32_t address) { return address >> 31 == 0 ? 8 : address >> 30 == 2 ? 16 : 24; }

}  // namespace

bool Steps::foretold(std::uint32_t value, std::uint32_t mask) {
  const std::uint32_t step = (value - last_) & mask;
  repeated_ = count_ >= 2 && step == step_ ? repeated_ + 1 : 0;
  if (count_ < 2) ++count_;
  step_ = step;
  last_ = value;
  return repeated_ >= allowed_;
}

void FrameHistory::sent_tcp(FrameJudge& judge, const Carrier& ip, const TcpParts& tcp, Instant now) {
  if (!judge.ok()) return;
  const Tuple tuple{ip.source, ip.destination, (std::uint32_t{tcp.source_port} << 16) | tcp.destination_port};
  if ((tcp.flags & tcp_flag::syn) != 0) return sent_syn(judge, ip.payload, flows_.get(tuple), tcp, now);
  if ((tcp.flags & tcp_flag::rst) != 0) return;
  Flow* flow = flows_.find(tuple);
  if (flow == nullptr) return;
  const std::uint32_t advanced = tcp.seq - flow->isn;
  flow->synchronized = flow->synchronized || (advanced != 0 && advanced < 0x80000000u);
}

/// A SYN behind a synchronized connection begins another one (RFC 9293 3.4.1). SYN cookies come again with
/// the same SYN, and must not with another one.
void FrameHistory::sent_syn(FrameJudge& judge, Bytes segment, Flow& flow, const TcpParts& tcp, Instant now) {
  const bool answers = (tcp.flags & tcp_flag::ack) != 0;
  const bool comparable = flow.begun && flow.answered == answers;
  const bool another = comparable && (answers ? tcp.ack != flow.ack : flow.synchronized);
  judge.require(!another || tcp.seq != flow.isn || now - flow.at < isn_clock_tick, Rule::tcp_isn_repeated,
                segment, 4, tcp.seq, "another initial sequence number than the last connection's");
  const bool first = !flow.begun;
  flow = {.begun = true, .answered = answers, .isn = tcp.seq, .ack = tcp.ack, .at = now};
  // RFC 6528 3: neither a counter, nor a clock that everybody knows. Of one four-tuple it is a clock, for its
  // peer alone.
  if (!first) return;
  const auto clock = static_cast<std::uint32_t>(now.as_microseconds() / 4);
  const bool counts = isn_steps_.foretold(tcp.seq, 0xffffffffu);
  const bool clocked = isn_clock_steps_.foretold((tcp.seq - clock) >> 8, 0xffffffu);
  judge.require(!counts && !clocked, Rule::tcp_isn_predictable, segment, 4, tcp.seq,
                "a number that nobody foretells");
}

void FrameHistory::sent_dhcp(FrameJudge& judge, Bytes message, const DhcpParts& dhcp, FrameAddresses& own) {
  if (!judge.ok()) return;
  if (dhcp.type == dhcp_type::discover && (transaction_ended_ || dhcp.xid != transaction_)) {
    for (std::uint32_t i = 0; i < std::min<std::uint32_t>(ended_count_, 8); ++i) {
      const bool near = dhcp.xid - ended_transactions_[i] <= 16;
      judge.require(!near, Rule::dhcp_transaction, message, 4, dhcp.xid,
                    "a random number that no exchange had");
    }
  }
  // A renewal may wait for its server's station, and leave after the broadcast that follows it.
  if (dhcp.type == dhcp_type::request && dhcp.xid != transaction_ && requested_ && !transaction_ended_)
    request_before_ = transaction_;
  transaction_ = dhcp.xid;
  requested_ = dhcp.type == dhcp_type::request;
  transaction_ended_ = dhcp.type == dhcp_type::decline || dhcp.type == dhcp_type::release;
  if (dhcp.type == dhcp_type::release) own.remove(dhcp.client_address);
  if (transaction_ended_) ended_transactions_[ended_count_++ % 8] = dhcp.xid;
}

/// A DHCPACK to the client's last DHCPREQUEST, or to the one before, is the right to its address; both it and
/// a DHCPNAK end an exchange.
void FrameHistory::received_dhcp(Bytes message, Station own_station, FrameAddresses& own, Instant now) {
  if (message.size() <= dhcp_options_offset || message[0] != 2 || station(message.data() + 28) != own_station)
    return;
  const Bytes type = option_of(message, dhcp_option::message_type);
  const std::uint32_t xid = load32(message.data() + 4);
  const bool last = xid == transaction_ && requested_;
  if ((!last && xid != request_before_) || type.empty()) return;
  if (type[0] != dhcp_type::ack && type[0] != dhcp_type::nak) return;
  if (last) {
    if (!transaction_ended_) ended_transactions_[ended_count_++ % 8] = transaction_;
    transaction_ended_ = true;
  }
  const std::uint32_t address = load32(message.data() + 16);
  const Bytes seconds = option_of(message, dhcp_option::lease_time);
  if (type[0] != dhcp_type::ack || address == 0 || seconds.size() != 4) return;
  const Bytes mask = option_of(message, dhcp_option::subnet_mask);
  const int ones = mask.size() == 4 ? std::countl_one(load32(mask.data())) : 0;
  const bool usable = ones > 0 && ones < 32;
  const std::uint8_t length = usable ? static_cast<std::uint8_t>(ones) : class_of(address);
  const std::uint32_t lease = load32(seconds.data());
  own.lease(address, length, lease == 0xffffffffu ? Instant::never() : now + Duration::seconds(lease));
}

/// RFC 5452 9.2: what is asked again may look the same; another question has other numbers, and none that go
/// in steps.
void FrameHistory::sent_dns(FrameJudge& judge, const Carrier& ip, const UdpParts& udp, const DnsParts& dns) {
  if (!judge.ok()) return;
  const std::uint32_t key = (std::uint32_t{udp.source_port} << 16) | dns.id;
  const bool again = asked_dns_ && key == dns_key_ && ip.destination == dns_server_;
  judge.require(!again || dns.question == dns_question_, Rule::dns_repeated, udp.payload, 0, dns.id,
                "another id or port for another question");
  if (again) return;
  asked_dns_ = true;
  dns_server_ = ip.destination;
  dns_key_ = key;
  dns_question_ = dns.question;
  const bool ids = dns_ids_.foretold(dns.id, 0xffff);
  const bool ports = dns_ports_.foretold(udp.source_port, 0xffff);
  judge.require(!ids && !ports, Rule::dns_predictable, udp.payload, 0, dns.id,
                "an id and a port that nobody foretells");
}

}  // namespace linnet::sim
