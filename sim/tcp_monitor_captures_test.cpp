// SPDX-License-Identifier: Apache-2.0
// The monitor accepts captures of Linux and lwIP.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "sim/tcp_monitor.hpp"

namespace linnet::sim {
namespace {

struct Captured {
  Instant at;
  std::vector<std::uint8_t> frame;
};

std::vector<Captured> read_pcap(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto little32 = [&bytes](std::size_t at) {
    return bytes[at] | std::uint32_t{bytes[at + 1]} << 8 | std::uint32_t{bytes[at + 2]} << 16 |
           std::uint32_t{bytes[at + 3]} << 24;
  };
  std::vector<Captured> frames;
  if (bytes.size() < 24 || little32(0) != 0xa1b2c3d4u) return frames;
  for (std::size_t at = 24; at + 16 <= bytes.size();) {
    const std::size_t size = little32(at + 8);
    const auto time = std::int64_t{little32(at)} * 1000000 + little32(at + 4);
    at += 16;
    if (size > bytes.size() - at) break;
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    frames.push_back({Instant::from_microseconds(time), {begin, begin + static_cast<std::ptrdiff_t>(size)}});
    at += size;
  }
  return frames;
}

/// Judges the host with 10.9.0.`host`, whose view the capture is.
void expect_accepted(const char* name, std::uint8_t host, TcpMonitorConfig config) {
  const auto path = std::filesystem::path("tests/captures") / name;
  const std::vector<Captured> frames = read_pcap(path);
  ASSERT_GT(frames.size(), 20u) << path;
  config.own = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, host}};
  TcpMonitor monitor(config);
  for (const Captured& captured : frames) {
    // A frame is from the host or to it; the monitor takes of each what concerns it.
    monitor.sent(captured.frame, captured.at);
    monitor.received(captured.frame, captured.at);
  }
  EXPECT_GT(monitor.segments(), 20u);
  EXPECT_FALSE(monitor.violation()) << name << ": " << monitor.violation()->rule << ": "
                                    << monitor.violation()->text;
}

TcpMonitorConfig linux_config() {
  TcpMonitorConfig config;
  config.window_in_segments = true;
  config.linear_syn_timeouts = true;
  config.reset_at_sack = true;
  config.lateness = Duration::milliseconds(50);
  return config;
}

TEST(TcpMonitorCaptures, linux_disturbed) { expect_accepted("linux_disturbed.pcap", 2, linux_config()); }
TEST(TcpMonitorCaptures, linux_lossy) { expect_accepted("linux_lossy.pcap", 2, linux_config()); }

TEST(TcpMonitorCaptures, lwip_disturbed) {
  TcpMonitorConfig config;
  config.lenient_acknowledgments = true;
  config.lateness = Duration::milliseconds(500);
  expect_accepted("lwip_disturbed.pcap", 1, config);
}

}  // namespace
}  // namespace linnet::sim
