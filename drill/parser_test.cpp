// SPDX-License-Identifier: Apache-2.0
#include "drill/parser.hpp"

#include <gtest/gtest.h>

#include "drill/error.hpp"

namespace linnet::drill {
namespace {

Script parsed(const std::string& text, Definitions definitions = {}) { return parse(text, definitions); }

PacketSpec packet(const std::string& text) {
  return std::get<PacketSpec>(parsed("0 " + text).events.at(0).action);
}
SystemCall call(const std::string& text) {
  return std::get<SystemCall>(parsed("0 " + text).events.at(0).action);
}

/// What is wrong with a script, with its line.
std::string problem(const std::string& text) {
  try {
    parsed(text);
  } catch (const ScriptError& error) {
    return std::to_string(error.line) + ": " + error.what();
  }
  return "";
}

TEST(Parser, PacketsComeBackAsTheyWereWritten) {
  for (const char* text :
       {"< S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>", "> P. 1:1001(1000) ack 1",
        "> . 1:1(0) ack 1 <nop,nop,sack 2001:3001 5001:6001>", "< [ect0] P. 1:2(1) ack 1 win 5",
        "> [ce] . 1:1(0) ack 1", "> 8080 > 5000 FR. 1:1(0) ack 1", "> PU. 1:6(5) ack 1 urg 5",
        "< - 1:1001(1000) win 9", "< SEW 0:0(0) win 1 <mss 1460,sackOK,TS val 10 ecr 0,nop,wscale 7>",
        "< S 0:0(0) win 1 <FO aabbccddeeff0011,nop,nop>", "> S 0:0(0) <FOEXP>", "> S. 0:0(0) ack 1 <...>",
        "< udp (1000)", "> udp 1 > 2 (1)", "< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]",
        "> icmp unreachable port_unreachable [udp (100)]", "< icmp echo_request id 7"}) {
    EXPECT_EQ(packet_text(packet(text)), text);
  }
}

TEST(Parser, OlderFormsOfPackets) {
  EXPECT_EQ(packet_text(packet("< [1:1461(1460)] icmp unreachable frag_needed mtu 1200")),
            "< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]");
  EXPECT_EQ(packet_text(packet("> [udp (100)] icmp unreachable port_unreachable")),
            "> icmp unreachable port_unreachable [udp (100)]");
  EXPECT_EQ(packet("< icmp information_request id 1").icmp_type, 15);
  EXPECT_EQ(packet("< S 0:0(0) win 1 <FO 01020304050607080910111213141516,nop,nop>").options[0].data.size(), 16u);
  EXPECT_TRUE(packet("> . 1:1(0) ack 1 <nop,nop,TS val ... ecr ...>").options[2].any_echo);
}

TEST(Parser, BracketsOfTheIpHeader) {
  EXPECT_EQ(packet("> (tos 0x1c) . 1:1(0) ack 1").ip.value, 0x1c);
  EXPECT_EQ(packet("> [ttl 5] . 1:1(0) ack 1").ip.ttl, 5);
  EXPECT_EQ(packet("> [ect01] . 1:1(0) ack 1").ip.check, IpInfo::Check::ect0_or_1);
  EXPECT_EQ(packet("> [noecn] . 1:1(0) ack 1").ip.check, IpInfo::Check::ecn);
  EXPECT_EQ(packet("> [ect0, flowlabel 0x1f] . 1:1(0) ack 1").ip.flow_label, 0x1fu);
}

TEST(Parser, RFC9768_AceFieldIsThreeFlags) {
  EXPECT_EQ(packet("> S.5 0:0(0) ack 1").flags, tcp_flag::syn | tcp_flag::ack | tcp_flag::ae | tcp_flag::ece);
  EXPECT_EQ(packet("> .2 0:0(0) ack 1").flags, tcp_flag::ack | tcp_flag::cwr);
}

TEST(Parser, Times) {
  const Script script =
      parsed("0 `a`\n+.5 `b`\n* > . 1:1(0) ack 1\n1.5~2 > . 1:1(0) ack 1\n+0~+.1 > . 1:1(0) ack 1\n");
  EXPECT_EQ(script.events[0].time.kind, TimeKind::absolute);
  EXPECT_EQ(script.events[1].time.begin, 500000);
  EXPECT_EQ(script.events[2].time.kind, TimeKind::any);
  EXPECT_EQ(script.events[3].time.end, 2000000);
  EXPECT_EQ(script.events[4].time.kind, TimeKind::relative_range);
}

TEST(Parser, SystemCalls) {
  const SystemCall connect = call("...0.200 connect(3, ..., ...) = -1 ECONNREFUSED (Connection refused)");
  EXPECT_TRUE(connect.blocks);
  EXPECT_EQ(connect.end, 200000);
  EXPECT_EQ(connect.error_name, "ECONNREFUSED");
  EXPECT_EQ(connect.arguments.size(), 3u);
  EXPECT_EQ(call("fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)").result.integer, 2);
  EXPECT_EQ(call("f(A|B|4, [1, X], {fd=3, events=POLLIN}, htons(80), \"a\" \"b\"...) = 0").arguments[4].str(),
            "\"ab\"...");
}

TEST(Parser, StructuresOfMessages) {
  const Expression header =
      call("recvmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 10}, {..., 20}], msg_flags=MSG_TRUNC}, 0) = 5")
          .arguments[1];
  ASSERT_NE(header.field("msg_iov"), nullptr);
  EXPECT_EQ(header.field("msg_iov")->items[1].items[1].integer, 20);
  EXPECT_EQ(header.field("msg_flags")->text, "MSG_TRUNC");
  EXPECT_EQ(header.field("msg_control"), nullptr);
}

TEST(Parser, FirstAndLastCommandsHaveNoTime) {
  const Script script = parsed("--mtu=1000\n`first`\n0 `timed`\n`last`");
  EXPECT_EQ(std::get<Command>(script.first_command->action).text, "first");
  EXPECT_EQ(script.events.size(), 1u);
  EXPECT_EQ(std::get<Command>(script.last_command->action).text, "last");
  EXPECT_EQ(script.options[0].name, "mtu");
}

TEST(Parser, DefinedWords) {
  const Script script = parsed("--define=N=5\n0 write(FD, ..., N) = N", {{"FD", "7"}});
  const SystemCall& write = std::get<SystemCall>(script.events[0].action);
  EXPECT_EQ(write.arguments[0].integer, 7);
  EXPECT_EQ(write.result.integer, 5);
}

TEST(Parser, ErrorsNameLineAndReason) {
  EXPECT_EQ(problem("0 `a`\n+0 > . 1:5(3) ack 1"),
            "2: the sequence numbers and the payload's size do not agree");
  EXPECT_EQ(problem("0 > Q 1:1(0)"), "1: 'Q' is no TCP flag");
  EXPECT_EQ(problem("0 < . 1:1(0) ack 1 win 70000"),
            "1: the window is 70000, which is not between 0 and 65535");
  EXPECT_EQ(problem("0 < . 1:1(0) ack 1 <nop,nop,TS val 1 ecr ...>"),
            "1: expected TS ecr, found '...'");
  EXPECT_EQ(problem("0 < . 1:1(0) ack 1 <...>"), "1: <...> is for outbound packets only");
  EXPECT_EQ(problem("* < . 1:1(0) ack 1"), "1: the time * is for outbound packets only");
  EXPECT_EQ(problem("0~1 f() = 0"), "1: a time range is for outbound packets only");
  EXPECT_EQ(problem("+2~+1 > . 1:1(0) ack 1"), "1: the time range is backwards");
  EXPECT_EQ(problem("-1 f() = 0"), "1: a time cannot be negative: -1");
  EXPECT_EQ(problem("0 < S 0:0(0) win 1 <sackOK>"),
            "1: the TCP options take 2 bytes, which is no multiple of 4: nop or eol is missing");
  EXPECT_EQ(problem("0 < S 0:0(0) win 1 <FO abc>"), "1: an odd number of hexadecimal digits: abc");
  EXPECT_EQ(problem("0 < icmp nonsense"), "1: 'nonsense' is no type of ICMP message");
  EXPECT_EQ(problem("0 f(1"), "1: expected ')', found the end");
  EXPECT_EQ(problem("// nothing"), "1: the script holds no event");
  EXPECT_EQ(problem("0 f() = 0\nnonsense"),
            "2: expected an event, which begins with a time, found 'nonsense'");
}

TEST(Parser, WhatIsOfTheLanguageButNotHereIsUnsupported) {
  EXPECT_THROW(parsed("0 < ipv4 192.0.2.1 > 192.0.2.2: . 1:1(0) ack 1"), Unsupported);
  EXPECT_THROW(parsed("0 < gre: . 1:1(0) ack 1"), Unsupported);
  EXPECT_THROW(parsed("0 < . 1:1(0) ack 1 {mut tcp mss}"), Unsupported);
  EXPECT_THROW(parsed("0 < S 0:0(0) win 1 <mp_capable a>"), Unsupported);
  EXPECT_THROW(parsed("0 < udplite (10)"), Unsupported);
  EXPECT_THROW(parsed("0 < udp (0) {ins ipv4 20 0x0303030303030303030303}"), Unsupported);
}

/// Whatever a script is cut to, it is parsed or refused.
TEST(Parser, EveryTruncationEndsWithAWord) {
  const std::string whole =
      "--mtu=1000\n`a`\n0...1 f(3, {a=1, b(2)=[\"x\"]}, [A|B], htons(1)) = -1 E (w)\n"
      "+0 < 1 > 2 [ect0] S.1 0:5(5) ack 1 win 2 urg 3 <mss 1,TS val 1 ecr 2,nop,nop,sack 1:2 3:4>\n"
      "* > icmp unreachable frag_needed mtu 5 id 1 [udp (1)]\n+0 %{ a }%\n`b`";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    try {
      parsed(whole.substr(0, size));
    } catch (const ScriptError&) {
    }
  }
}

}  // namespace
}  // namespace linnet::drill
