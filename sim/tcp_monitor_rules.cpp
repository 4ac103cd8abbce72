// SPDX-License-Identifier: Apache-2.0
#include "sim/tcp_monitor_rules.hpp"

namespace linnet::sim {
namespace {

struct Entry {
  std::string_view id;
  std::string_view text;
};

constexpr std::array<Entry, tcp_rules> entries{{
    {"RFC9293.MUST-2", "a sent segment has right checksums"},
    {"RFC9293.3.10", "no state that the endpoint can be in sends this segment"},
    {"RFC9293.3.4.ack", "only what was received is acknowledged: ACK is at most the end of what came without a gap"},
    {"RFC9293.3.4.ack-back", "RCV.NXT never goes back: ACK is at least what was acknowledged before"},
    {"RFC9293.3.10.7.4.ack", "ACK is RCV.NXT: what was taken before is acknowledged by every segment"},
    {"RFC9293.SHLD-14", "the right edge of the window does not move left (in units of the window scale)"},
    {"RFC2525.2.4", "a retransmission carries the same bytes as before"},
    {"RFC9293.3.5.data", "no data before the handshake is over, without Fast Open"},
    {"RFC9293.3.4.seq", "new data begins at SND.NXT"},
    {"RFC9293.3.10.7.4.seq",
     "a segment without data has SND.NXT as its number (SND.UNA - 1: a probe; less at a closed window)"},
    {"RFC9293.3.6.data", "nothing is sent after the FIN"},
    {"RFC9293.3.6.fin", "the FIN keeps its sequence number"},
    {"RFC9293.3.8.6", "nothing is sent beyond the right edge that the peer offered, but a probe of one byte"},
    {"RFC9293.MUST-16", "a segment is no longer than the peer's MSS less the options"},
    {"RFC7323.2.2", "a SYN-ACK has a window scale only when the SYN had one"},
    {"RFC7323.3.2.unasked", "timestamps are sent only when both SYNs had them"},
    {"RFC7323.3.2.missing", "once agreed upon, timestamps are in every segment but a RST"},
    {"RFC2018.2", "SACK is used only when the peer's SYN permitted it"},
    {"RFC7323.4.1", "TSval does not go back"},
    {"RFC7323.4.3", "TSecr is the TSval of a segment that did not begin after the last ACK sent"},
    {"RFC7323.4.3.old", "TSecr is not older than the segment that advanced the acknowledgment, and does not go back"},
    {"RFC6298.2.1", "a SYN is not sent again before the initial timeout"},
    {"RFC6298.5.5", "the retransmission timeout doubles each time it expires"},
    {"RFC6298.2.4", "the retransmission timeout is not below its minimum"},
    {"RFC6298.2.5", "the retransmission timeout is not above its maximum"},
    {"RFC2525.2.14", "a timeout sends one segment again, and nothing more until something arrives"},
    {"RFC9293.3.8.1", "what was acknowledged is not sent again"},
    {"RFC6675.5", "what was selectively acknowledged is not sent again before a timeout"},
    {"RFC6928.2", "no more than the initial window is sent before the first acknowledgment"},
    {"RFC5681.3.1", "the window grows by no more than what was acknowledged"},
    {"RFC9293.MUST-40", "an acknowledgment is delayed by less than 0.5 s"},
    {"RFC9293.SHLD-19", "every second full-sized segment is acknowledged"},
    {"RFC5681.4.2.gap", "what arrives out of order is acknowledged at once"},
    {"RFC5681.4.2.fill", "what fills a gap is acknowledged at once"},
    {"RFC2018.3", "a SACK block holds only bytes that were received"},
    {"RFC2018.4", "the first SACK block holds the segment that arrived last"},
    {"RFC2883.4", "a D-SACK block is the first one"},
    {"RFC9293.3.5.2", "a RST has SND.NXT, or answers a segment with its ACK (or 0 and the segment's end)"},
    {"RFC9293.3.5.2.reason", "a connection that nothing has ended is not treated as if there was none"},
    {"RFC5961.3.2", "a RST in the window, but not at RCV.NXT, is answered by a challenge ACK"},
    {"RFC5961.4.2", "a SYN in a synchronized state is answered by a challenge ACK"},
    {"RFC5961.4.2.isn", "a synchronized connection does not begin anew with another initial sequence number"},
    {"RFC6528.3", "initial sequence numbers of different connections do not follow one clock"},
    {"RFC9293.MUST-39", "the window opens by a segment or half of the buffer, not by a few bytes"},
    {"RFC9293.SHLD-7", "small segments are gathered while others are under way (Nagle)"},
    {"RFC9293.SHLD-30", "the time between two probes of a closed window doubles"},
    {"RFC9293.MUST-25", "a connection is kept alive only when its user asked for that"},
    {"RFC2883.4.told", "what came twice is told by a D-SACK block"},
}};

constexpr bool all_there() {
  for (const Entry& entry : entries) {
    if (entry.id.empty() || entry.text.empty()) return false;
  }
  return true;
}
static_assert(all_there());

}  // namespace

std::string_view rule_id(TcpRule rule) { return entries[static_cast<std::size_t>(rule)].id; }
std::string_view rule_text(TcpRule rule) { return entries[static_cast<std::size_t>(rule)].text; }

}  // namespace linnet::sim
