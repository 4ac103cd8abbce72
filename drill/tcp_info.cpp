// SPDX-License-Identifier: Apache-2.0
// A connection's numbers under the names of Linux's struct tcp_info.
#include <algorithm>
#include <array>

#include "drill/python.hpp"

namespace linnet::drill {
namespace {

/// Linux's numbers of the states: TCP_ESTABLISHED is 1.
constexpr std::int64_t linux_state(tcp::State state) {
  switch (state) {
    case tcp::State::established:
      return 1;
    case tcp::State::syn_sent:
      return 2;
    case tcp::State::syn_received:
      return 3;
    case tcp::State::fin_wait_1:
      return 4;
    case tcp::State::fin_wait_2:
      return 5;
    case tcp::State::time_wait:
      return 6;
    case tcp::State::closed:
      return 7;
    case tcp::State::close_wait:
      return 8;
    case tcp::State::last_ack:
      return 9;
    case tcp::State::listen:
      return 10;
    case tcp::State::closing:
      return 11;
  }
  return 0;
}

std::int64_t segments(std::uint32_t bytes, std::uint32_t size) {
  return size == 0 ? 0 : (bytes + size - 1) / size;
}

struct Row {
  const char* name;
  std::int64_t (*value)(const tcp::Status& s);
};

/// A field more is a line more.
constexpr std::array rows{
    Row{"tcpi_state", [](const tcp::Status& s) { return linux_state(s.state); }},
    Row{"tcpi_snd_mss", [](const tcp::Status& s) { return std::int64_t{s.segment_size}; }},
    Row{"tcpi_snd_cwnd",
        [](const tcp::Status& s) {
          return std::int64_t{s.segment_size == 0 ? 0 : s.congestion_window / s.segment_size};
        }},
    Row{"tcpi_snd_ssthresh",
        [](const tcp::Status& s) {
          // Linux calls the unset threshold TCP_INFINITE_SSTHRESH.
          const bool unset = s.slow_start_threshold >= 0x7fffffff;
          return unset || s.segment_size == 0 ? std::int64_t{0x7fffffff}
                                              : std::int64_t{s.slow_start_threshold / s.segment_size};
        }},
    Row{"tcpi_rtt", [](const tcp::Status& s) { return s.smoothed_rtt.as_microseconds(); }},
    Row{"tcpi_rttvar", [](const tcp::Status& s) { return s.rtt_variation.as_microseconds(); }},
    Row{"tcpi_rto", [](const tcp::Status& s) { return s.retransmission_timeout.as_microseconds(); }},
    Row{"tcpi_total_retrans",
        [](const tcp::Status& s) { return static_cast<std::int64_t>(s.retransmissions); }},
    Row{"tcpi_unacked",
        [](const tcp::Status& s) {
          return segments(s.send_queue - std::min(s.unsent, s.send_queue), s.segment_size);
        }},
    Row{"tcpi_notsent_bytes", [](const tcp::Status& s) { return std::int64_t{s.unsent}; }},
    Row{"tcpi_snd_wnd", [](const tcp::Status& s) { return std::int64_t{s.send_window}; }},
    Row{"tcpi_rcv_wnd", [](const tcp::Status& s) { return std::int64_t{s.receive_window}; }},
    Row{"tcpi_segs_in", [](const tcp::Status& s) { return static_cast<std::int64_t>(s.segments_in); }},
    Row{"tcpi_segs_out", [](const tcp::Status& s) { return static_cast<std::int64_t>(s.segments_out); }},
    Row{"tcpi_bytes_received", [](const tcp::Status& s) { return static_cast<std::int64_t>(s.bytes_in); }},
};

}  // namespace

std::string tcp_info_text(const tcp::Status& status) {
  std::string text;
  for (const Row& row : rows)
    text += std::string(row.name) + " = " + std::to_string(row.value(status)) + "\n";
  return text;
}

}  // namespace linnet::drill
