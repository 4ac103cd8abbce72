// SPDX-License-Identifier: Apache-2.0
#include "drill/commands.hpp"

#include <gtest/gtest.h>

#include "drill/error.hpp"

namespace linnet::drill {
namespace {

linnet::Config after(const std::string& text) {
  Settings settings;
  Commands commands(settings, "");
  commands.run(text, 1);
  return commands.config();
}

std::string refused(const std::string& text) {
  try {
    after(text);
  } catch (const Unsupported& problem) {
    return problem.what();
  }
  return "";
}

TEST(Commands, AllFormsOfASetting) {
  EXPECT_FALSE(after("sysctl -q net.ipv4.tcp_sack=0").tcp.selective_acknowledgment);
  EXPECT_FALSE(after("sysctl -w net.ipv4.tcp_sack=0 > /dev/null 2>&1").tcp.selective_acknowledgment);
  EXPECT_FALSE(
      after("../../common/set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0").tcp.selective_acknowledgment);
  const auto several = after(
      "./defaults.sh\n./set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0 \\\n  "
      "/proc/sys/net/ipv4/tcp_timestamps=0\n");
  EXPECT_FALSE(several.tcp.selective_acknowledgment);
  EXPECT_FALSE(several.tcp.timestamps);
}

TEST(Commands, NumbersAsShellsWriteThem) {
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_rmem=\"4096 131072 $((32*1024*1024))\"").tcp.receive_buffer,
            32u << 20);
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_retries2=0x5").tcp.retransmissions, 5);
}

TEST(Commands, SettingsOfLossRecovery) {
  EXPECT_TRUE(after("").tcp.tail_loss_probe);
  EXPECT_FALSE(after("sysctl -q net.ipv4.tcp_early_retrans=0").tcp.tail_loss_probe);
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_recovery=5").tcp.rack.duplicate_threshold, 0);
  EXPECT_FALSE(after("sysctl -q net.ipv4.tcp_frto=0").tcp.forward_rto);
  EXPECT_TRUE(after("sysctl -q net.ipv4.tcp_slow_start_after_idle=1").tcp.slow_start_after_idle);
  EXPECT_FALSE(after("sysctl -q net.ipv4.tcp_dsack=0").tcp.duplicate_sack);
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_ecn=1").tcp.ecn, tcp::Ecn::request);
  EXPECT_EQ(refused("sysctl -q net.ipv4.tcp_ecn=3"), "the setting tcp_ecn=3");
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_congestion_control=reno").tcp.congestion, tcp::CongestionControl::reno);
  EXPECT_EQ(refused("sysctl -q net.ipv4.tcp_congestion_control=bbr"), "the congestion control bbr");
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_notsent_lowat=4294967295").tcp.unsent_low_water, 0u);
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_notsent_lowat=16384").tcp.unsent_low_water, 16384u);
}

TEST(Commands, TheRouteHasNumbersToo) {
  EXPECT_EQ(after("ip route change 192.0.2.0/24 via 192.168.0.2 dev tun0 initcwnd 4").tcp.initial_window, 4);
  EXPECT_EQ(after("ip route replace default via 192.168.0.2 rto_min 40ms").tcp.minimum_rto, Duration::milliseconds(40));
  // Linux would still announce what the link takes.
  EXPECT_NE(refused("ip route change default via 192.168.0.2 mtu 1000"), "");
  EXPECT_NE(refused("ip route change 192.0.2.7 via 192.168.0.2 mtu lock 1000 advmss 960"), "") << "not the peer";
}

TEST(Commands, TheRoutesMtuMayChangeLate) {
  Settings settings;
  Commands commands(settings, "");
  EXPECT_EQ(commands.mtu(), 1500);
  commands.run("ip route add 192.0.2.1 via 192.168.0.2 dev tun0 advmss 600 mtu lock 640 initcwnd 11", 1);
  EXPECT_EQ(commands.mtu(), 640);
  EXPECT_EQ(commands.config().tcp.initial_window, 11);
  commands.run_late("ip route change 192.0.2.1 via 192.168.0.2 dev tun0 mtu 1500 advmss 1460", 2);
  EXPECT_EQ(commands.mtu(), 1500);
  EXPECT_THROW(commands.run_late("ip route change 192.0.2.1 via 192.168.0.2 initcwnd 4", 3), Unsupported);
}

TEST(Commands, PathMtuProbing) {
  EXPECT_EQ(after("").tcp.path_mtu_probing, tcp::PathMtuProbing::off);
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_mtu_probing=1").tcp.path_mtu_probing, tcp::PathMtuProbing::on_black_hole);
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_mtu_probing=2").tcp.path_mtu_probing, tcp::PathMtuProbing::always);
  EXPECT_NE(refused("sysctl -q net.ipv4.tcp_mtu_probing=3"), "");
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_base_mss=512 net.ipv4.tcp_mtu_probe_floor=100").tcp.base_path_mtu, 552);
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_mtu_probe_floor=100").tcp.least_path_mtu, 140);
  EXPECT_NE(refused("sysctl -q net.ipv4.tcp_base_mss=40"), "");
}

TEST(Commands, FastOpenKeysAndListeners) {
  Settings settings;
  Commands commands(settings, "");
  commands.run("sysctl -q net.ipv4.tcp_fastopen=0x603 net.ipv4.tcp_fastopen_key=04030201-08070605-0c0b0a09-100f0e0d", 1);
  EXPECT_EQ(commands.config().tcp.fast_open, 0x203);
  EXPECT_TRUE(commands.fast_open_listeners());
  EXPECT_EQ(commands.fast_open_keys(),
            (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
  EXPECT_NE(refused("sysctl -q net.ipv4.tcp_fastopen_key=04030201"), "");
}

TEST(Commands, WhatOnlyLinuxHasIsTaken) {
  EXPECT_EQ(refused("tc qdisc add dev tun0 root pfifo; ip tcp_metrics flush all; true && sysctl -q "
                    "net.ipv4.tcp_frto=2"),
            "");
  EXPECT_EQ(refused("/tmp/sysctl_restore_${PPID}.sh"), "");
  EXPECT_EQ(refused("# sysctl nonsense"), "");
}

TEST(Commands, WhatWouldChangeTheWireIsRefused) {
  EXPECT_EQ(refused("tc qdisc add dev tun0 root pfifo limit 0"),
            "the command 'tc qdisc add dev tun0 root pfifo limit 0'");
  EXPECT_EQ(refused("ip route add 10.0.0.0/8 dev tun0"), "the command 'ip route add 10.0.0.0/8 dev tun0'");
  EXPECT_EQ(refused("sysctl -q net.ipv4.tcp_nonsense=1"), "the setting tcp_nonsense");
  EXPECT_EQ(refused("sysctl -q net.ipv4.ip_forward=1"), "the setting ip_forward=1");
  EXPECT_EQ(refused("sysctl -q net.ipv4.tcp_rmem=5"), "the setting tcp_rmem=5");
  EXPECT_EQ(refused("sysctl -q net.ipv4.tcp_sack=$(cat x)"), "the setting tcp_sack=$(cat x)");
  EXPECT_NE(refused("iptables -A INPUT -j DROP"), "");
}

TEST(Commands, LateSettingsMustNotChangeAnything) {
  Settings settings;
  Commands commands(settings, "");
  commands.run("sysctl -q net.ipv4.tcp_sack=1", 1);
  EXPECT_NO_THROW(commands.run_late("sysctl -q net.ipv4.tcp_sack=1", 2));
  EXPECT_THROW(commands.run_late("sysctl -q net.ipv4.tcp_sack=0", 3), Unsupported);
}

}  // namespace
}  // namespace linnet::drill
