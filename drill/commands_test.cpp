// SPDX-License-Identifier: Apache-2.0
#include "drill/commands.hpp"

#include <gtest/gtest.h>

#include "drill/error.hpp"

namespace linnet::drill {
namespace {

linnet::Config after(const std::string& text) {
  Settings settings;
  Commands commands(settings);
  commands.run(text, 1);
  return commands.system().config;
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
  const auto sizes = after("sysctl -q net.ipv4.tcp_rmem=\"4096 131072 $((32*1024*1024))\"");
  EXPECT_EQ(sizes.tcp.receive_buffer, 65536u) << "half is for Linux's own";
  EXPECT_EQ(sizes.tcp.maximum_receive_buffer, 32u << 20);
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
  Settings settings;
  Commands commands(settings);
  commands.run("ip route change 192.0.2.2 via 192.168.0.2 dev tun0 advmss 1430 mtu lock 1470", 1);
  EXPECT_EQ(commands.system().config.tcp.maximum_segment_size, 1430);
  EXPECT_EQ(commands.system().mtu, 1470);
  EXPECT_NE(refused("ip route change default via 192.168.0.2 mtu 5"), "");
  EXPECT_NE(refused("ip route change default via 192.168.0.2 window 5"), "");
  EXPECT_EQ(after("ip route replace default via 192.168.0.2 rto_min 40ms").tcp.minimum_rto, Duration::milliseconds(40));
}

TEST(Commands, FastOpenKeysAndListeners) {
  Settings settings;
  Commands commands(settings);
  commands.run("sysctl -q net.ipv4.tcp_fastopen=0x603 net.ipv4.tcp_fastopen_key=04030201-08070605-0c0b0a09-100f0e0d", 1);
  EXPECT_EQ(commands.system().config.tcp.fast_open, 0x203);
  EXPECT_TRUE(commands.system().fast_open_listeners);
  EXPECT_EQ(commands.system().fast_open_keys,
            (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
  EXPECT_NE(refused("sysctl -q net.ipv4.tcp_fastopen_key=04030201"), "");
}

TEST(Commands, WhatOnlyLinuxHasIsTaken) {
  EXPECT_EQ(refused("tc qdisc add dev tun0 root pfifo; ip tcp_metrics flush all; true && sysctl -q "
                    "net.ipv4.tcp_frto=2"),
            "");
  EXPECT_EQ(refused("/tmp/sysctl_restore_${PPID}.sh"), "");
  EXPECT_EQ(refused("# sysctl nonsense"), "");
  EXPECT_EQ(refused("nstat -n; nstat > /dev/null"), "");
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
  EXPECT_NE(refused("nstat | grep TcpExtTCPRcvQDrop"), "");
}

TEST(Commands, LateSettingsMustNotTouchWhatMemoryWasMadeWith) {
  Settings settings;
  Commands commands(settings);
  commands.run("sysctl -q net.ipv4.tcp_rmem=\"4096 20000 40000\"", 1);
  EXPECT_NO_THROW(commands.run_late("sysctl -q net.ipv4.tcp_rmem=\"4096 20000 40000\"", 2));
  EXPECT_THROW(commands.run_late("sysctl -q net.ipv4.tcp_rmem=\"4096 30000 40000\"", 3), Unsupported);
  EXPECT_THROW(commands.run_late("ip route replace default via 192.168.0.2 initcwnd 4", 4), Unsupported);
}

TEST(Commands, LateSettingsCountFromThenOn) {
  Settings settings;
  Commands commands(settings);
  commands.run("sysctl -q net.ipv4.tcp_sack=1", 1);
  commands.run_late("sysctl -q net.ipv4.tcp_sack=0; sysctl -q net.ipv4.tcp_fastopen=0x403", 2);
  EXPECT_FALSE(commands.system().config.tcp.selective_acknowledgment);
  EXPECT_TRUE(commands.system().fast_open_listeners);
}

TEST(Commands, EchoIntoAFileOfTheKernelIsASetting) {
  EXPECT_FALSE(after("echo 0 > /proc/sys/net/ipv4/tcp_sack").tcp.selective_acknowledgment);
  EXPECT_FALSE(after("echo \"0\" >/proc/sys/net/ipv4/tcp_sack 2>&1").tcp.selective_acknowledgment);
  EXPECT_FALSE(after("echo -n 0 > /proc/sys/net/ipv4/tcp_sack").tcp.selective_acknowledgment);
  EXPECT_EQ(after("echo 4096 40000 80000 > /proc/sys/net/ipv4/tcp_rmem").tcp.maximum_receive_buffer, 80000u);
  EXPECT_FALSE(after("echo 0 > /sys/module/tcp_cubic/parameters/hystart_detect").tcp.hystart);
  EXPECT_TRUE(after("echo 3 > /sys/module/tcp_cubic/parameters/hystart_detect").tcp.hystart);
  EXPECT_EQ(refused("echo 1 > /sys/module/tcp_cubic/parameters/hystart_detect"),
            "the command 'echo 1 > /sys/module/tcp_cubic/parameters/hystart_detect'");
  EXPECT_NE(refused("echo x > /etc/passwd"), "");
  EXPECT_NE(refused("true > /proc/sys/net/ipv4/tcp_sack"), "");
  EXPECT_NE(refused("echo 0 | tee /proc/sys/net/ipv4/tcp_sack"), "");
  EXPECT_EQ(refused("echo hello; echo hello > /dev/null 2>&1; echo '>' hello > /dev/stderr"), "");
}

TEST(Commands, TimeWaitIsReusedAfterADelay) {
  EXPECT_EQ(after("").tcp.time_wait_reuse, Duration::max());
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_tw_reuse=1").tcp.time_wait_reuse, Duration::seconds(1));
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_tw_reuse_delay=50").tcp.time_wait_reuse, Duration::max());
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_tw_reuse_delay=50 net.ipv4.tcp_tw_reuse=1").tcp.time_wait_reuse,
            Duration::milliseconds(50));
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_tw_reuse=1 net.ipv4.tcp_tw_reuse_delay=50").tcp.time_wait_reuse,
            Duration::milliseconds(50));
}

TEST(Commands, CookiesForEverySyn) {
  EXPECT_GT(after("sysctl -q net.ipv4.tcp_syncookies=1").tcp.syn_records, 0);
  EXPECT_EQ(after("sysctl -q net.ipv4.tcp_syncookies=2").tcp.syn_records, 0);
  EXPECT_EQ(refused("sysctl -q net.ipv4.tcp_syncookies=3"), "the setting tcp_syncookies=3");
}

TEST(Commands, WithoutRackLossesAreCounted) {
  EXPECT_TRUE(after("").tcp.rack.enabled);
  EXPECT_FALSE(after("sysctl -q net.ipv4.tcp_recovery=0").tcp.rack.enabled);
  Settings settings;
  settings.personality = Personality::bsd;
  EXPECT_FALSE(stack_config(settings).tcp.rack.enabled);
}

TEST(Commands, SettingsOfTheBsds) {
  EXPECT_FALSE(after("sysctl -w net.inet.tcp.rfc1323=0").tcp.timestamps);
  EXPECT_FALSE(after("sysctl -w net.inet.tcp.rfc1323=0").tcp.window_scaling);
  EXPECT_FALSE(after("sysctl net.inet.tcp.sack.enable=0").tcp.selective_acknowledgment);
  EXPECT_EQ(after("sysctl net.inet.tcp.ecn.enable=1").tcp.ecn, tcp::Ecn::request);
  EXPECT_EQ(after("sysctl net.inet.tcp.rexmit_initial=2000").tcp.initial_rto, Duration::seconds(2));
  EXPECT_EQ(after("sysctl net.inet.tcp.rexmit_min=100").tcp.minimum_rto, Duration::milliseconds(300));
  EXPECT_EQ(after("sysctl net.inet.tcp.msl=500").tcp.maximum_segment_lifetime, Duration::milliseconds(500));
  EXPECT_EQ(after("sysctl net.inet.tcp.recvspace=65536").tcp.receive_buffer, 65536u);
  EXPECT_EQ(after("sysctl kern.ipc.maxsockbuf=4294967295").tcp.maximum_receive_buffer, 4294967295u);
  EXPECT_EQ(after("sysctl net.inet.tcp.fastopen.client_enable=0").tcp.fast_open, tcp::FastOpen::server);
  EXPECT_EQ(after("sysctl net.inet.tcp.cc.algorithm=newreno").tcp.congestion, tcp::CongestionControl::reno);
  EXPECT_EQ(refused("sync; sysctl net.inet.tcp.rexmit_slop=200 net.inet.tcp.hostcache.purgenow=1"), "");
  EXPECT_EQ(refused("sysctl net.inet.tcp.rexmit_slop=0"), "the setting net.inet.tcp.rexmit_slop=0");
  EXPECT_EQ(refused("sysctl net.inet.tcp.insecure_rst=1"), "the setting net.inet.tcp.insecure_rst=1");
}

TEST(Commands, WhatOnlyPutsSettingsBack) {
  EXPECT_TRUE(Commands::restores("sysctl -q net.ipv4.tcp_sack=1 && /tmp/sysctl_restore_5.sh"));
  EXPECT_FALSE(Commands::restores("nstat | grep TcpExtTCPRcvQDrop"));
}

}  // namespace
}  // namespace linnet::drill
