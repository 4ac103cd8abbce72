// SPDX-License-Identifier: Apache-2.0
// A connection's numbers under the names of Linux's struct tcp_info.
#include "sockets/tcp_info.hpp"

#include <array>

#include "drill/python.hpp"

namespace linnet::drill {
namespace {

struct Row {
  const char* name;
  std::uint64_t (*value)(const sockets::TcpInfo& info);
};

#define LINNET_FIELD(field) \
  Row { "tcpi_" #field, [](const sockets::TcpInfo& info) { return std::uint64_t{info.field}; } }

/// A field more is a line more. Left out is what the stack does not count: a script that asks is refused.
constexpr std::array rows{
    LINNET_FIELD(state),
    LINNET_FIELD(ca_state),
    LINNET_FIELD(retransmits),
    LINNET_FIELD(probes),
    LINNET_FIELD(backoff),
    LINNET_FIELD(options),
    Row{"tcpi_snd_wscale", [](const sockets::TcpInfo& info) { return std::uint64_t{info.window_scales} & 15; }},
    Row{"tcpi_rcv_wscale", [](const sockets::TcpInfo& info) { return std::uint64_t{info.window_scales} >> 4; }},
    Row{"tcpi_delivery_rate_app_limited",
        [](const sockets::TcpInfo& info) { return std::uint64_t{info.flags} & 1; }},
    LINNET_FIELD(rto),
    LINNET_FIELD(ato),
    LINNET_FIELD(snd_mss),
    LINNET_FIELD(rcv_mss),
    LINNET_FIELD(unacked),
    LINNET_FIELD(sacked),
    LINNET_FIELD(lost),
    LINNET_FIELD(retrans),
    LINNET_FIELD(last_data_sent),
    LINNET_FIELD(last_ack_sent),
    LINNET_FIELD(last_data_recv),
    LINNET_FIELD(last_ack_recv),
    LINNET_FIELD(pmtu),
    LINNET_FIELD(rcv_ssthresh),
    LINNET_FIELD(rtt),
    LINNET_FIELD(rttvar),
    LINNET_FIELD(snd_ssthresh),
    LINNET_FIELD(snd_cwnd),
    LINNET_FIELD(advmss),
    LINNET_FIELD(reordering),
    LINNET_FIELD(rcv_rtt),
    LINNET_FIELD(rcv_space),
    LINNET_FIELD(total_retrans),
    LINNET_FIELD(pacing_rate),
    LINNET_FIELD(max_pacing_rate),
    LINNET_FIELD(bytes_acked),
    LINNET_FIELD(bytes_received),
    LINNET_FIELD(segs_out),
    LINNET_FIELD(segs_in),
    LINNET_FIELD(notsent_bytes),
    LINNET_FIELD(min_rtt),
    LINNET_FIELD(data_segs_in),
    LINNET_FIELD(data_segs_out),
    LINNET_FIELD(delivery_rate),
    LINNET_FIELD(delivered),
    LINNET_FIELD(delivered_ce),
    LINNET_FIELD(bytes_sent),
    LINNET_FIELD(bytes_retrans),
    LINNET_FIELD(dsack_dups),
    LINNET_FIELD(reord_seen),
    LINNET_FIELD(rcv_ooopack),
    LINNET_FIELD(snd_wnd),
    LINNET_FIELD(rcv_wnd),
};

#undef LINNET_FIELD

}  // namespace

std::string tcp_info_text(const sockets::TcpInfo& info) {
  std::string text;
  for (const Row& row : rows) text += std::string(row.name) + " = " + std::to_string(row.value(info)) + "\n";
  return text;
}

}  // namespace linnet::drill
