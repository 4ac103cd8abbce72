// SPDX-License-Identifier: Apache-2.0
// TCP_INFO: each number of tcp::Status where struct tcp_info of Linux has it, in its unit.
#include "sockets/tcp_info.hpp"

#include <gtest/gtest.h>

#include "core/tcp/congestion.hpp"

namespace linnet::sockets {
namespace {

constexpr Instant at = Instant::from_microseconds(10'000'000);

TcpInfo info_of(const tcp::Status& status) { return tcp_info(status, at); }

TEST(TcpInfoOf, states_have_the_numbers_of_linux) {
  using enum tcp::State;
  struct Row {
    tcp::State state;
    int number;  // enum of net/tcp_states.h
  };
  for (const auto& [state, number] : {Row{established, 1},
                                      {syn_sent, 2},
                                      {syn_received, 3},
                                      {fin_wait_1, 4},
                                      {fin_wait_2, 5},
                                      {time_wait, 6},
                                      {closed, 7},
                                      {close_wait, 8},
                                      {last_ack, 9},
                                      {listen, 10},
                                      {closing, 11}}) {
    tcp::Status status;
    status.state = state;
    EXPECT_EQ(info_of(status).state, number) << tcp::state_text(state);
  }
}

TEST(TcpInfoOf, each_negotiated_option_has_its_bit) {
  EXPECT_EQ(info_of({}).options, 0);
  struct Row {
    bool tcp::Status::*flag;
    int bit;  // TCPI_OPT_
  };
  for (const auto& [flag, bit] : {Row{&tcp::Status::timestamps, 1},
                                  {&tcp::Status::sack, 2},
                                  {&tcp::Status::window_scaling, 4},
                                  {&tcp::Status::ecn, 8},
                                  {&tcp::Status::ecn_seen, 16},
                                  {&tcp::Status::syn_data, 32}}) {
    tcp::Status status;
    status.*flag = true;
    EXPECT_EQ(info_of(status).options, bit);
  }
}

TEST(TcpInfoOf, segments_and_bytes_are_where_they_belong) {
  tcp::Status s;
  s.send_scale = 3;
  s.receive_scale = 7;
  s.segment_size = 1001;
  s.receive_segment_size = 1002;
  s.announced_segment_size = 1003;
  s.path_mtu = 1004;
  s.outstanding = 1005;
  s.window_limit = 1006;
  s.retransmissions = 1007;
  s.bytes_acknowledged = 1008;
  s.bytes_in = 1009;
  s.segments_out = 1010;
  s.segments_in = 1011;
  s.unsent = 1012;
  s.data_segments_in = 1013;
  s.data_segments_out = 1014;
  s.out_of_order = 1015;
  s.send_window = 1016;
  s.receive_window = 1017;
  s.bytes_out = 5000;
  s.measured.bytes_retransmitted = 300;
  const TcpInfo info = info_of(s);
  EXPECT_EQ(info.window_scales, 0x73) << "the peer's in the low four bits";
  EXPECT_EQ(info.snd_mss, 1001u);
  EXPECT_EQ(info.rcv_mss, 1002u);
  EXPECT_EQ(info.advmss, 1003u);
  EXPECT_EQ(info.pmtu, 1004u);
  EXPECT_EQ(info.unacked, 1005u);
  EXPECT_EQ(info.rcv_ssthresh, 1006u);
  EXPECT_EQ(info.total_retrans, 1007u);
  EXPECT_EQ(info.bytes_acked, 1008u);
  EXPECT_EQ(info.bytes_received, 1009u);
  EXPECT_EQ(info.segs_out, 1010u);
  EXPECT_EQ(info.segs_in, 1011u);
  EXPECT_EQ(info.notsent_bytes, 1012u);
  EXPECT_EQ(info.data_segs_in, 1013u);
  EXPECT_EQ(info.data_segs_out, 1014u);
  EXPECT_EQ(info.rcv_ooopack, 1015u);
  EXPECT_EQ(info.snd_wnd, 1016u);
  EXPECT_EQ(info.rcv_wnd, 1017u);
  EXPECT_EQ(info.bytes_retrans, 300u);
  EXPECT_EQ(info.bytes_sent, 5300u) << "Linux: retransmissions are counted again";
}

TEST(TcpInfoOf, measurements_are_where_they_belong) {
  tcp::Status s;
  s.measured = {.state = tcp::CongestionState::recovery,
                .sacked = 11,
                .lost = 12,
                .retransmitted = 13,
                .reordering = 14,
                .reorderings_seen = 15,
                .duplicates_reported = 16,
                .delivered = 17,
                .delivered_marked = 18,
                .pacing_rate = 19,
                .delivery_rate = 20,
                .application_limited = true,
                .receive_space = 21};
  const TcpInfo info = info_of(s);
  EXPECT_EQ(info.ca_state, 3) << "TCP_CA_Recovery";
  EXPECT_EQ(info.sacked, 11u);
  EXPECT_EQ(info.lost, 12u);
  EXPECT_EQ(info.retrans, 13u);
  EXPECT_EQ(info.reordering, 14u);
  EXPECT_EQ(info.reord_seen, 15u);
  EXPECT_EQ(info.dsack_dups, 16u);
  EXPECT_EQ(info.delivered, 17u);
  EXPECT_EQ(info.delivered_ce, 18u);
  EXPECT_EQ(info.pacing_rate, 19u);
  EXPECT_EQ(info.delivery_rate, 20u);
  EXPECT_EQ(info.flags, 1) << "tcpi_delivery_rate_app_limited";
  EXPECT_EQ(info.rcv_space, 21u);
  EXPECT_EQ(info_of({}).flags, 0);
  EXPECT_EQ(info_of({}).max_pacing_rate, UINT64_MAX) << "no limit was set";
}

TEST(TcpInfoOf, times_are_microseconds_and_the_last_ones_milliseconds) {
  tcp::Status s;
  s.retransmission_timeout = Duration::microseconds(200'001);
  s.ack_delay = Duration::microseconds(40'002);
  s.smoothed_rtt = Duration::microseconds(1'003);
  s.rtt_variation = Duration::microseconds(504);
  s.measured.minimum_rtt = Duration::microseconds(905);
  s.measured.receive_rtt = Duration::microseconds(706);
  s.last_data_sent = at - Duration::microseconds(1'999);
  s.last_data_received = at - Duration::milliseconds(2);
  s.last_received = at - Duration::milliseconds(3);
  const TcpInfo info = info_of(s);
  EXPECT_EQ(info.rto, 200'001u);
  EXPECT_EQ(info.ato, 40'002u);
  EXPECT_EQ(info.rtt, 1'003u);
  EXPECT_EQ(info.rttvar, 504u);
  EXPECT_EQ(info.min_rtt, 905u);
  EXPECT_EQ(info.rcv_rtt, 706u);
  EXPECT_EQ(info.last_data_sent, 1u);
  EXPECT_EQ(info.last_data_recv, 2u);
  EXPECT_EQ(info.last_ack_recv, 3u);
}

TEST(TcpInfoOf, no_time_is_zero_and_what_32_bits_do_not_hold_is_the_most_they_do) {
  tcp::Status s;
  s.last_received = at;
  s.last_data_received = at + Duration::seconds(1);
  s.smoothed_rtt = Duration::seconds(5000);
  s.retransmissions = 0x1'0000'0000u;
  const TcpInfo info = info_of(s);
  EXPECT_EQ(info.last_ack_recv, 0u);
  EXPECT_EQ(info.last_data_recv, 0u) << "not before now";
  EXPECT_EQ(info.rttvar, 0u);
  EXPECT_EQ(info.rtt, UINT32_MAX);
  EXPECT_EQ(info.total_retrans, UINT32_MAX);
  EXPECT_EQ(info.min_rtt, UINT32_MAX) << "not measured yet";
}

TEST(TcpInfoOf, timeouts_and_probes_back_off) {
  tcp::Status s;
  s.timeouts = 4;
  s.probes = 2;
  EXPECT_EQ(info_of(s).retransmits, 4);
  EXPECT_EQ(info_of(s).probes, 2);
  EXPECT_EQ(info_of(s).backoff, 4);
  s.probes = 6;
  EXPECT_EQ(info_of(s).backoff, 6);
}

TEST(TcpInfoOf, windows_of_congestion_control_are_segments) {
  struct Row {
    std::uint16_t size;
    std::uint32_t bytes;
    std::uint32_t segments;
  };
  for (const auto& [size, bytes, segments] :
       {Row{1460, 14'600, 10}, {1460, 14'599, 9}, {1, 77, 77}, {0, 4, 4}, {536, UINT32_MAX, 0x7fffffff}}) {
    tcp::Status s;
    s.segment_size = size;
    s.congestion_window = bytes;
    s.slow_start_threshold = bytes;
    EXPECT_EQ(info_of(s).snd_cwnd, segments) << bytes;
    EXPECT_EQ(info_of(s).snd_ssthresh, segments) << bytes;
  }
  tcp::Status s;
  s.segment_size = 1460;
  s.slow_start_threshold = tcp::Congestion::unlimited;
  EXPECT_EQ(info_of(s).snd_ssthresh, 0x7fffffffu) << "TCP_INFINITE_SSTHRESH";
}

TEST(TcpInfoOf, a_listener_tells_of_its_queue) {
  const TcpInfo info = tcp_info(tcp::ListenerStatus{.listening = true, .backlog = 16, .waiting = 3});
  EXPECT_EQ(info.state, 10);
  EXPECT_EQ(info.unacked, 3u);
  EXPECT_EQ(info.sacked, 16u);
  EXPECT_EQ(tcp_info(tcp::ListenerStatus{}).state, 7) << "bound only: CLOSE";
}

}  // namespace
}  // namespace linnet::sockets
